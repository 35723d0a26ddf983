"""TCP sockets of the model: real data over loopback, errors, flow control, closing."""

import contextlib
import socket
import struct
import time

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost, accept, listener

EAGAIN, EBADF, ENSOCK, EINVAL = -11, -9, -10, -22
REFUSED, UNREACHABLE, ISCONN, NOTCONN, ALREADY, TIMEDOUT = -111, -101, -106, -107, -114, -110


@pytest.fixture
def host():
    host = NetHost(world=WORLD)
    yield host
    host.np.power(False)
    assert not host.np.groups["sockets"].has_real_io()


@pytest.fixture
def pair(host):
    """A connected socket of the device and its peer."""
    server = listener()
    sd = host.socket()
    assert host.connected(sd, server.getsockname()[1]) == 0
    peer = accept(server)
    server.close()
    yield sd, peer
    peer.close()


@pytest.fixture
def slow_pair(host):
    """As `pair`, with a peer whose receive buffer is small and stays so."""
    server = listener()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    sd = host.socket()
    assert host.connected(sd, server.getsockname()[1]) == 0
    peer = accept(server)
    server.close()
    yield sd, peer
    peer.close()


def fill(host, sd, credits):
    """Send until so few credits are left, and stay left; returns the number of bytes."""
    sent = 0
    while True:
        while host.np.header.credits > credits:
            host.post(sd, bytes(1460))
            sent += 1460
        time.sleep(0.02)
        host.np.service()
        if host.np.header.credits <= credits:
            host.drain()
            return sent


def test_data_goes_both_ways(host, pair):
    sd, peer = pair
    host.post(sd, b"from device \x00\xff")
    assert peer.recv(100) == b"from device \x00\xff"
    peer.sendall(b"to device")
    assert host.received(sd) == (9, b"to device")


def test_receive_gives_at_most_what_was_asked_for(host, pair):
    sd, peer = pair
    peer.sendall(b"0123456789")
    assert host.received(sd, 4) == (4, b"0123")
    assert host.received(sd, 100) == (6, b"456789")


def test_end_of_stream_is_zero_bytes(host, pair):
    sd, peer = pair
    peer.sendall(b"last")
    peer.close()
    assert host.received(sd) == (4, b"last")
    assert host.received(sd) == (0, b"")


def test_reset_by_peer_is_an_error(host, pair):
    sd, peer = pair
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    host.recv(sd)
    peer.close()
    assert host.wait("SOCKET_RECV_DONE")[0].status == -1


def test_nothing_there_without_waiting(host, pair):
    sd, _ = pair
    assert host.received(sd, flags=8) == (EAGAIN, b"")
    assert host.option(sd, 24, struct.pack("<I", 1)) == 0
    assert host.np.header.non_blocking == 1 << sd
    assert host.received(sd) == (EAGAIN, b"")


def test_receive_timeout_in_virtual_time(host, pair):
    sd, _ = pair
    assert host.option(sd, 20, struct.pack("<ii", 1, 500000)) == 0
    host.recv(sd)
    assert host.after(1.4) == []
    assert host.after(0.2) == ["SOCKET_RECV_DONE"]
    assert host.take("SOCKET_RECV_DONE")[0].status == EAGAIN


def test_a_second_receive_is_refused_while_one_waits(host, pair):
    sd, peer = pair
    host.recv(sd)
    assert host.received(sd)[0] == -8
    peer.sendall(b"x")
    assert host.wait("SOCKET_RECV_DONE")[0].status == 1


@pytest.mark.parametrize(("length", "status"), [(0, EINVAL), (16001, -7), (65535, -7)])
def test_receive_length_out_of_range(host, pair, length, status):
    assert host.received(pair[0], length)[0] == status


def test_closing_ends_the_pending_receive_first(host, pair):
    sd, _ = pair
    host.recv(sd)
    assert host.command("SOCKET_CLOSE", sd=sd).status == 0
    names = [e[0] for e in host.pump(lambda events: len(events) == 2)]
    assert names == ["SOCKET_RECV_DONE", "SOCKET_CLOSE_DONE"]
    assert host.events[0][1].status == EBADF
    assert host.command("SOCKET_CLOSE", sd=sd).status == EBADF


def test_refused_connection(host):
    server = listener()
    port = server.getsockname()[1]
    server.close()
    assert host.connected(host.socket(), port) == REFUSED


def test_connecting_twice(host, pair):
    assert host.connect(pair[0], 1) == ISCONN


def test_non_blocking_connect_is_polled(host):
    server = listener()
    port = server.getsockname()[1]
    sd = host.socket()
    host.option(sd, 24, struct.pack("<I", 1))
    assert host.connected(sd, port) in (0, ALREADY)
    peer = accept(server)
    host.pump(seconds=0.05)
    if host.np.groups["sockets"].slots[sd].connect_result is not None:
        assert host.connected(sd, port) == 0
    assert host.connect(sd, port) == ISCONN
    peer.close()


def test_offline_only_the_pc_itself_is_reached(host):
    assert host.connected(host.socket(), 80, bytes([10, 9, 9, 9])) == UNREACHABLE


def test_routes_lead_to_loopback():
    server = listener()
    port = server.getsockname()[1]
    routes = (
        f'routes: {{"10.1.0.7:80": "127.0.0.1:{port}", "10.1.0.8": silent, "10.1.0.9": refused}}'
    )
    host = NetHost(world=WORLD + routes)
    host.online()
    sd = host.socket()
    assert host.connected(sd, 80, bytes([10, 1, 0, 7])) == 0
    accept(server).close()
    assert host.connected(host.socket(), 80, bytes([10, 1, 0, 9])) == REFUSED
    assert host.connected(host.socket(), 81, bytes([10, 1, 0, 7])) == REFUSED
    assert host.connected(host.socket(), 80, bytes([10, 1, 0, 77])) == UNREACHABLE
    assert host.connect(host.socket(), 80, bytes([10, 1, 0, 8])) == 0
    assert host.after(29.0) == []
    host.after(2.0)
    assert host.take("SOCKET_CONNECT_DONE")[0].status == TIMEDOUT
    host.np.power(False)


def test_server_accepts_and_serves(host):
    sd = host.socket()
    assert host.bind(sd, 0) == 0
    assert host.listen(sd) == 0
    host.send("SOCKET_ACCEPT", sd=sd, family=2)
    client = socket.create_connection(("127.0.0.1", host.port_of(sd)), 3)
    fields, _ = host.wait("SOCKET_ACCEPT_DONE_V4")
    assert fields.sd == sd
    assert fields.family == 2
    assert struct.pack("<H", fields.port) == client.getsockname()[1].to_bytes(2, "big")
    client.sendall(b"hello")
    assert host.received(fields.status) == (5, b"hello")
    client.close()


def test_accept_without_waiting(host):
    sd = host.socket()
    assert host.listen(sd) == 0
    host.option(sd, 24, struct.pack("<I", 1))
    assert host.command("SOCKET_ACCEPT", sd=sd, family=2).status == 0
    assert host.wait("SOCKET_ACCEPT_DONE_V4")[0].status == EAGAIN


def test_the_port_of_another_program_is_in_use(host):
    server = listener()
    sd = host.socket()
    assert host.bind(sd, server.getsockname()[1]) == -98
    assert host.bind(sd, 0, bytes([10, 9, 9, 9])) == -99
    server.close()


def test_accept_over_ipv6_comes_as_0x1003_with_the_long_layout(host):
    sd = host.socket(domain=3)
    to = {"port": bytes(2), "ip": bytes(16), "family_flags": 0x30}
    assert host.command("SOCKET_BIND_V6", sd=sd, **to).status == 0
    assert host.listen(sd) == 0
    assert host.command("SOCKET_ACCEPT", sd=sd, family=3).status == 0
    client = socket.create_connection(("::1", host.port_of(sd)), 3)
    while not host.np.irq:
        host.np.service()
    raw = host.raw_message()
    assert raw[4:8] == struct.pack("<HH", 0x1003, 8 + 24)
    assert raw[19] == 3
    assert raw[24:40] == bytes(15) + b"\1"
    client.close()


def test_ipv6_client(host):
    server = socket.create_server(("::1", 0), family=socket.AF_INET6)
    port = server.getsockname()[1].to_bytes(2, "big")
    sd = host.socket(domain=3)
    to = {"port": port, "ip": bytes(15) + b"\1", "family_flags": 0x30}
    assert host.command("SOCKET_CONNECT_V6", sd=sd, **to).status == 0
    assert host.wait("SOCKET_CONNECT_DONE")[0].status == 0
    peer = server.accept()[0]
    host.post(sd, b"six")
    assert peer.recv(10) == b"six"
    peer.close()
    server.close()


def test_family_and_opcode_must_agree(host):
    sd = host.socket()
    to = {"port": b"\0\1", "ip": b"\x7f\0\0\1", "family_flags": 0x30}
    assert host.command("SOCKET_BIND_V4", sd=sd, **to).status == -97


def test_sixteen_sockets_and_no_more(host):
    sds = [host.socket() for _ in range(16)]
    assert sds == list(range(16))
    got = host.command("SOCKET_CREATE", domain=2, type=1, protocol=0)
    assert got.status == ENSOCK
    host.close(5)
    assert host.socket() == 5


def test_six_secure_sockets_and_no_more(host):
    for _ in range(6):
        host.socket(protocol=100)
    assert host.command("SOCKET_CREATE", domain=2, type=1, protocol=100).status == -460
    host.socket()


@pytest.mark.parametrize(
    ("shape", "status"),
    [
        ((9, 1, 0), -97),
        ((2, 9, 0), -94),
        ((2, 1, 17), -91),
        ((2, 2, 6), -91),
        ((2, 1, 99), -93),
        ((2, 2, 100), -93),
        ((6, 1, 1), -94),
        ((6, 3, 0), -93),
    ],
)
def test_sockets_that_cannot_be(host, shape, status):
    domain, kind, protocol = shape
    got = host.command("SOCKET_CREATE", domain=domain, type=kind, protocol=protocol)
    assert got.status == status


@pytest.mark.parametrize("sd", [0, 7, 16, 0x80, 0xFF])
def test_descriptors_that_were_never_opened(host, sd):
    assert host.command("SOCKET_CLOSE", sd=sd).status == EBADF
    assert host.command("SOCKET_LISTEN", sd=sd, backlog=1).status == EBADF
    assert host.connect(sd, 80) == EBADF
    got = host.command("SOCKET_ACCEPT", sd=sd, family=2)
    assert (got.status, got.sd) == (EBADF, sd)
    host.recv(sd)
    fields, _ = host.wait("SOCKET_RECV_DONE")
    assert (fields.status, fields.sd) == (EBADF, sd)
    parameters = bytes(4) if sd & 0xF0 == 0x80 else b""  # of a transceiver
    host.send("SOCKET_SEND", parameters + b"nowhere", sd=sd, len=7)
    event = host.wait("SOCKET_EV_TX_FAILED")[0]
    assert (event.status, event.sd) == (EBADF, sd)


def test_receive_on_a_socket_that_is_not_connected(host):
    assert host.received(host.socket())[0] == NOTCONN


def test_sending_unconnected_sets_the_failure_bit(host):
    sd = host.socket()
    host.post(sd, b"x")
    assert host.wait("SOCKET_EV_TX_FAILED")[0].status == NOTCONN
    assert host.np.header.tx_failure == 1 << sd
    host.post(sd, b"x")
    assert host.drain() == []
    host.close(sd)
    assert host.np.header.tx_failure == 0


def test_credits_run_out_against_a_peer_that_does_not_read_and_come_back(host, slow_pair):
    sd, peer = slow_pair
    full = host.np.header.credits
    sent = fill(host, sd, 3)
    got = 0
    while got < sent:
        got += len(peer.recv(65536))
        host.np.service()
    host.np.service()
    assert host.np.header.credits == full
    assert "DEVICE_DUMMY" in [e[0] for e in host.drain()]


def test_a_host_that_ignores_its_credits_loses_data_but_not_the_link(host, pair):
    sd, _ = pair
    while not host.np.header.tx_failure:
        host.post(sd, bytes(16000))
        assert all(event[1].header.credits <= 24 for event in host.drain())
    assert host.received(sd, flags=8)[0] == EAGAIN


def test_what_is_queued_still_goes_out_after_close(host, slow_pair):
    sd, peer = slow_pair
    total = fill(host, sd, 10)
    host.command("SOCKET_CLOSE", sd=sd)
    assert not any(e[0] == "SOCKET_CLOSE_DONE" for e in host.drain())
    got = 0
    while got < total:
        got += len(peer.recv(65536))
        host.np.service()
    assert host.wait("SOCKET_CLOSE_DONE")[0].status == 0


def test_close_gives_up_after_linger_and_says_so(host, slow_pair):
    sd, _ = slow_pair
    assert host.option(sd, 13, struct.pack("<II", 1, 2)) == 0
    fill(host, sd, 10)
    host.command("SOCKET_CLOSE", sd=sd)
    host.drain()
    assert host.after(1.9) == []
    host.after(0.2)
    assert host.take("SOCKET_CLOSE_DONE")[0].status == -15


def test_send_timeout(host, slow_pair):
    sd, _ = slow_pair
    host.option(sd, 21, struct.pack("<ii", 3, 0))
    fill(host, sd, 10)
    assert host.after(2.9) == []
    assert "SOCKET_EV_TX_FAILED" in host.after(0.2)
    assert host.take("SOCKET_EV_TX_FAILED")[0].status == TIMEDOUT


def test_both_directions_full_and_other_sockets_go_on(host, slow_pair):
    sd, peer = slow_pair
    peer.setblocking(False)
    try:
        while True:
            peer.send(bytes(65536))
    except BlockingIOError:
        pass
    fill(host, sd, 12)
    other = host.socket(kind=2)
    assert host.bind(other, 0) == 0
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.sendto(b"alive", ("127.0.0.1", host.port_of(other)))
    assert host.received(other) == (5, b"alive")
    assert host.received(sd)[0] > 0
    probe.close()


def test_a_megabyte_each_way(host, pair):
    sd, peer = pair
    peer.setblocking(False)
    pattern = bytes(i * 7 & 0xFF for i in range(1460))
    want = 1 << 20
    sent, got, back, received = 0, b"", 0, b""
    host.recv(sd, 1460)
    while len(got) < want or len(received) < want:
        if sent < want and host.np.header.credits > 4:
            piece = pattern[: want - sent]
            host.post(sd, piece)
            sent += len(piece)
        with contextlib.suppress(BlockingIOError):
            got += peer.recv(65536)
        if back < want:
            with contextlib.suppress(BlockingIOError):
                back += peer.send(pattern[: want - back])
        host.np.service()
        for name, fields, data in host.drain():
            if name == "SOCKET_RECV_DONE":
                received += data[: fields.status]
                if len(received) < want:
                    host.recv(sd, 1460)
    assert got == (pattern * 720)[:want]
    assert len(received) == want


def test_a_restore_says_nothing_about_sockets_that_still_had_to_send():
    """Their credits come back, which is news for a host; this one was never there."""
    host = NetHost(world=WORLD)
    state, server = host.np.snapshot(), listener()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    sd = host.socket()
    assert host.connected(sd, server.getsockname()[1]) == 0
    fill(host, sd, 8)
    host.levels.clear()
    host.np.restore(state)
    assert host.levels == [False] and not host.np.irq
    assert not host.np.groups["sockets"].has_real_io()
    server.close()


def test_snapshot_needs_closed_host_sockets(host, pair):
    from cc32at.nwp import SnapshotError

    with pytest.raises(SnapshotError, match="sockets"):
        host.np.snapshot()
    host.close(pair[0])
    idle = host.socket()
    state, sequence = host.np.snapshot(), host.sequence
    host.close(idle)
    host.np.restore(state)
    host.sequence = sequence
    assert host.command("SOCKET_CLOSE", sd=idle).status == 0
