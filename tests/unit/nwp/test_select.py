"""The device's select: what counts as ready, time-outs, the control socket."""

import socket
import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost, accept, listener

EVER = {"tv_sec": 0xFFFF, "tv_usec": 0xFFFF}


@pytest.fixture
def host():
    host = NetHost(world=WORLD)
    yield host
    host.np.power(False)


def start(host, read=0, write=0, tv_sec=0, tv_usec=0, nfds=16):
    fields = {"read_fds": read, "write_fds": write, "tv_sec": tv_sec, "tv_usec": tv_usec}
    return host.command("SOCKET_SELECT", nfds=nfds, **fields).status


def done(host):
    return host.wait("SOCKET_SELECT_DONE")[0]


def test_poll_and_timeout(host):
    sd = host.socket(kind=2)
    assert start(host, 1 << sd) == 0
    assert done(host).status == 0
    assert start(host, 1 << sd, tv_sec=2, tv_usec=488) == 0
    assert host.after(2.4) == []
    assert host.after(0.2) == ["SOCKET_SELECT_DONE"]


def test_short_waits_are_raised_to_ten_milliseconds(host):
    assert start(host, 1 << host.socket(kind=2), tv_usec=1) == 0
    assert host.after(0.009) == []
    assert host.after(0.002) == ["SOCKET_SELECT_DONE"]


def test_data_connection_and_end_of_stream_are_readable(host):
    server = listener()
    stream, quiet, door = host.socket(), host.socket(kind=2), host.socket()
    assert host.connected(stream, server.getsockname()[1]) == 0
    peer = accept(server)
    host.bind(door, 0)
    host.listen(door)
    everyone = 1 << stream | 1 << quiet | 1 << door
    assert start(host, everyone, **EVER) == 0
    peer.sendall(b"x")
    result = done(host)
    assert (result.status, result.read_fds) == (1, 1 << stream)
    assert host.received(stream) == (1, b"x")
    client = socket.create_connection(("127.0.0.1", host.port_of(door)), 3)
    assert start(host, everyone, **EVER) == 0
    assert done(host).read_fds == 1 << door
    peer.close()
    host.command("SOCKET_ACCEPT", sd=door, family=2)
    host.wait("SOCKET_ACCEPT_DONE_V4")
    assert start(host, everyone, **EVER) == 0
    assert done(host).read_fds == 1 << stream
    client.close()
    server.close()


def test_write_set_reports_the_end_of_a_connect(host):
    server = listener()
    sd = host.socket()
    assert start(host, write=1 << sd) == 0
    assert done(host).write_fds == 0
    host.option(sd, 24, struct.pack("<I", 1))
    host.connected(sd, server.getsockname()[1])
    assert start(host, write=1 << sd, **EVER) == 0
    result = done(host)
    assert (result.status, result.write_fds) == (1, 1 << sd)
    server.close()


def test_the_control_datagram_ends_a_running_select(host):
    control, other = host.socket(kind=2), host.socket(kind=2)
    assert host.bind(control, 12302) == 0
    assert start(host, 1 << control | 1 << other, nfds=0, **EVER) == 0
    assert host.drain() == []
    host.send_to(control, bytes(4), 12302)
    result = done(host)
    assert (result.status, result.read_fds) == (1, 1 << control)


def test_one_at_a_time(host):
    sd = host.socket(kind=2)
    assert start(host, 1 << sd, **EVER) == 0
    assert start(host, 1 << sd) == -8


def test_a_socket_that_is_not_open(host):
    assert start(host, 1 << 9, **EVER) == 0
    assert done(host).status == -9


def test_closing_a_member_ends_the_select(host):
    sd = host.socket(kind=2)
    assert start(host, 1 << sd, **EVER) == 0
    host.command("SOCKET_CLOSE", sd=sd)
    assert done(host).status == -9
