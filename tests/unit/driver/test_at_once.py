"""Many operations at a time, some cancelled: streams stay whole, nothing is left over.

Against the model, with real peers; what runs beside the streams is chosen by chance.
"""

import contextlib
import random
import socket
import threading
import time

import pytest

from cc32at.nwp import NetworkProcessor
from cc32at.world import World
from simplelink.errors import SlError
from tests.unit.driver.rig import Rig
from tests.unit.nwp.netsupport import WORLD

LOOPBACK, STREAMS, SIZE = b"\x7f\0\0\1", 4, 20_000


def echo(listener: socket.socket) -> None:
    """Send back what each of the connections brings."""

    def serve(peer):
        with contextlib.suppress(OSError), peer:
            while data := peer.recv(5000):
                peer.sendall(data)

    with contextlib.suppress(OSError):
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=serve, args=(peer,), daemon=True).start()


@pytest.fixture
def port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=echo, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture
def real():
    """The driver with the model, in a network."""
    rig = Rig(NetworkProcessor(World.parse(WORLD)))
    rig.run(rig.sl.device.start())
    rig.sl.wlan.connect(b"office", 2, b"correct-horse")
    rig.pump(3000)
    yield rig
    rig.model.power(False)


async def send_all(sl, chance, sd: int, data: bytes) -> None:
    at = 0
    while at < len(data):
        at += await sl.sockets.send(sd, data[at : at + chance.choice((1, 100, 1460, 9000))])


async def stream(rig, chance, port: int) -> None:
    """Send by one task, receive by another; sometimes ask select first."""
    sl, data, got = rig.sl, chance.randbytes(SIZE), bytearray()
    sd = sl.sockets.open(2, 1)
    await sl.sockets.connect(sd, port, LOOPBACK)
    rig.start(send_all(sl, chance, sd, data))
    buf = bytearray(chance.choice((100, 1460, 5000)))
    while len(got) < SIZE:
        if chance.random() < 0.2:
            assert await sl.sockets.select(16, 1 << sd, 0, 5) == (1, 1 << sd, 0)
        n = await sl.sockets.recv(sd, buf)
        assert n > 0
        got += buf[:n]
    assert got == data
    await sl.sockets.close(sd)


async def file(sl, chance) -> None:
    name = b"f%d" % chance.randrange(3)
    await sl.fs.store(name, chance.randbytes(chance.randrange(5000)), 8000)
    await sl.fs.load(name, 8000)


def beside(rig, chance, sd: int):
    """Something else to do, of which only SlError may come."""
    sl = rig.sl
    return chance.choice(
        (
            lambda: file(sl, chance),
            lambda: sl.netapp.dns_by_name(b"localhost"),
            lambda: sl.sockets.select(16, 1 << sd, 0, 0, chance.choice((0, 20_000, 500_000))),
            lambda: sl.netapp.ping(0x7F000001, attempts=2, interval=10),
            lambda: sl.sockets.recv(sd, bytearray(5), 8),
        )
    )()


@pytest.mark.parametrize("seed", range(3))
def test_streams_beside_everything_else(real, port, seed):
    rig, chance = real, random.Random(seed)
    idle = rig.sl.sockets.open(2, 2)
    rig.sl.sockets.bind(idle, 0, bytes(4))
    streams = [rig.start(stream(rig, chance, port)) for _ in range(STREAMS)]
    others, end = [], time.monotonic() + 60
    while not all(task.done for task in streams):
        assert time.monotonic() < end, "it hangs"
        if len(others) < 6:
            others.append(rig.start(beside(rig, chance, idle)))
        if chance.random() < 0.2:
            chance.choice(others).cancel()
        rig.tasks = [task for task in rig.tasks if not task.done]
        rig.pump(chance.choice((1, 5, 20)))
        assert all(task.error is None or isinstance(task.error, SlError) for task in others)
        others = [task for task in others if not task.done]
    assert [task.error for task in streams] == [None] * STREAMS
    for task in others:
        task.cancel()
    rig.tasks = []
    rig.pump(3000)
    assert rig.sl.link.idle() and not rig.sl.link.jobs and not rig.model.storage.handles
    assert rig.model.violations == []
