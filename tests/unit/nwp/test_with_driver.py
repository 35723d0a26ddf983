"""The project's own driver on the model: real data through driver, link and model at once."""

import contextlib
import socket
import threading

import pytest

from cc32at.nwp import NetworkProcessor
from cc32at.world import World
from tests.unit.driver.rig import Rig
from tests.unit.nwp.netsupport import LOOPBACK, WORLD
from tests.unit.nwp.pki import lab

NOT_VERIFIED = -453


@pytest.fixture
def rig():
    np = NetworkProcessor(World.parse(WORLD))
    rig = Rig(np)
    rig.np = np
    rig.run(rig.sl.device.start())
    yield rig
    assert rig.np.control.call("violations") == []
    np.power(False)
    assert not np.groups["sockets"].has_real_io()


def finish(rig, *tasks, turns=20000):
    """Pump until these tasks are done; their results."""
    for _ in range(turns):
        if all(task.done for task in tasks):
            break
        rig.pump(1)
    assert [task.error for task in tasks] == [None] * len(tasks)
    assert all(task.done for task in tasks)
    return [task.result for task in tasks]


def echo(server):
    with contextlib.suppress(OSError):
        peer, _ = server.accept()
        with peer:
            while data := peer.recv(65536):
                peer.sendall(data)


@pytest.fixture
def server():
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(60)
    threading.Thread(target=echo, args=(server,), daemon=True).start()
    yield server
    server.close()


@pytest.mark.parametrize("nul", [True, False])
def test_strings_come_with_and_without_their_nul(rig, nul):
    rig.np.world.device.string_nul = nul
    end = b"\0" if nul else b""
    rig.sl.netapp.set(16, 0, b"board-7")
    assert bytes(rig.sl.netapp.get(16, 0, 33)) == b"board-7" + end
    rig.sl.wlan.set(0, 0, b"mine")
    assert bytes(rig.sl.wlan.get(0, 0, 33)) == b"mine" + end
    assert bytes(rig.sl.wlan.get(0, 0, 4)) == b"mine"
    sd = rig.sl.sockets.open(2, 1, 100)
    rig.sl.sockets.setsockopt(sd, 1, 42, b"lab")
    assert bytes(rig.sl.sockets.getsockopt(sd, 1, 42, 255)) == b"lab" + end
    assert bytes(rig.sl.sockets.getsockopt(sd, 1, 42, 3)) == b"lab"


def test_joining_gives_the_events(rig):
    rig.sl.wlan.connect(b"office", 2, b"correct-horse")
    rig.pump(1000)
    assert [opcode for opcode, _ in rig.events] == [0x0880, 0x1825]


def test_half_a_megabyte_there_and_back(rig, server):
    sockets, total = rig.sl.sockets, 512 * 1024
    data = bytes(i * 13 & 0xFF for i in range(1460))
    sent = (data * (total // 1460 + 1))[:total]
    sd = sockets.open(2, 1, 0)
    rig.run(sockets.connect(sd, server.getsockname()[1], LOOPBACK))
    got = bytearray()

    async def send():
        for at in range(0, total, 1460):
            await sockets.send(sd, sent[at : at + 1460])

    async def receive():
        buffer = bytearray(1460)
        while len(got) < total:
            count = await sockets.recv(sd, buffer)
            got.extend(buffer[:count])

    finish(rig, rig.start(send()), rig.start(receive()))
    assert bytes(got) == sent
    rig.run(sockets.close(sd))


def test_select_wakes_for_data_and_for_a_second_caller(rig, server):
    sockets = rig.sl.sockets
    sd = sockets.open(2, 1, 0)
    rig.run(sockets.connect(sd, server.getsockname()[1], LOOPBACK))
    waiting = rig.start(sockets.select(16, 1 << sd, 0, 5, 0))
    rig.pump(20)
    assert not waiting.done
    rig.run(sockets.send(sd, b"echo me"))
    assert finish(rig, waiting)[0][1] == 1 << sd
    buffer = bytearray(100)
    assert rig.run(sockets.recv(sd, buffer)) == 7
    quiet = rig.start(sockets.select(16, 1 << sd, 0, 1, 0))
    assert finish(rig, quiet)[0][0] == 0


def test_accepting_and_closing_under_a_pending_receive(rig):
    sockets = rig.sl.sockets
    door = sockets.open(2, 1, 0)
    sockets.bind(door, 0, bytes(4))
    sockets.listen(door, 2)
    task = rig.start(sockets.accept(door, 2))
    port = rig.np.groups["sockets"].slots[door].local_port()
    client = socket.create_connection(("127.0.0.1", port), 3)
    result = finish(rig, task)[0]
    sd = result[0] if isinstance(result, tuple) else result
    pending = rig.start(sockets.recv(sd, bytearray(10)))
    rig.pump(5)
    rig.run(sockets.close(sd))
    rig.pump(5)
    assert pending.done
    assert pending.error.code == -9
    client.close()


def test_a_secure_connection(rig):
    import ssl

    from tests.unit.nwp.test_tls import load

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, lab()["server"])
    door = socket.create_server(("127.0.0.1", 0))

    def serve():
        with context.wrap_socket(door.accept()[0], server_side=True) as peer:
            peer.sendall(peer.recv(100)[::-1])

    threading.Thread(target=serve, daemon=True).start()
    sockets = rig.sl.sockets
    rig.np.storage.put(b"ca.pem", lab()["ca"].pem)
    sd = sockets.open(2, 1, 100)
    sockets.setsockopt(sd, 1, 32, b"ca.pem")
    sockets.setsockopt(sd, 1, 38, (1).to_bytes(4, "little"))
    rig.run(sockets.connect(sd, door.getsockname()[1], LOOPBACK))
    rig.run(sockets.send(sd, b"abc"))
    buffer = bytearray(10)
    assert rig.run(sockets.recv(sd, buffer)) == 3
    assert bytes(buffer[:3]) == b"cba"
    rig.run(sockets.close(sd))
    door.close()


def test_names_and_pings(rig):
    assert rig.run(rig.sl.netapp.dns_by_name(b"localhost")) is not None
    rig.sl.wlan.connect(b"office", 2, b"correct-horse")
    rig.pump(1000)
    with pytest.raises(Exception, match="-6154"):
        rig.run(rig.sl.netapp.dns_by_name(b"nobody.lab"))
