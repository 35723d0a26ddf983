"""Datagram, raw and RF sockets of the model."""

import socket
import struct

import pytest

from tests.unit.nwp.netsupport import LOOPBACK, PATIENCE_S, WORLD, NetHost

EAGAIN = -11
CONTROL = 12302


@pytest.fixture
def host():
    host = NetHost(world=WORLD)
    yield host
    host.np.power(False)
    assert not host.np.groups["sockets"].has_real_io()


@pytest.fixture
def peer():
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(PATIENCE_S)
    yield sock
    sock.close()


def received_from(host, sd, length=1000, family=2):
    host.send("SOCKET_RECVFROM", max_len=length, sd=sd, flags=family << 4)
    return host.wait(f"SOCKET_RECVFROM_DONE_V{4 if family == 2 else 6}")


def test_datagrams_with_addresses(host, peer):
    sd = host.socket(kind=2)
    port = peer.getsockname()[1]
    host.send_to(sd, b"ping", port)
    data, source = peer.recvfrom(100)
    assert data == b"ping"
    peer.sendto(b"pong!", source)
    fields, data = received_from(host, sd)
    assert (fields.status, data) == (5, b"pong!")
    assert struct.pack("<I", fields.ip) == LOOPBACK
    assert struct.pack("<H", fields.port) == port.to_bytes(2, "big")


def test_an_answer_comes_from_the_address_that_was_asked(peer):
    port = peer.getsockname()[1]
    host = NetHost(world=WORLD + f'routes: {{"10.1.0.7:53": "127.0.0.1:{port}"}}')
    host.online()
    sd = host.socket(kind=2)
    host.send_to(sd, b"q", 53, bytes([10, 1, 0, 7]))
    _, source = peer.recvfrom(10)
    peer.sendto(b"a", source)
    fields, _ = received_from(host, sd)
    assert struct.pack("<I", fields.ip) == bytes([10, 1, 0, 7])
    assert struct.pack("<H", fields.port) == (53).to_bytes(2, "big")
    host.np.power(False)


def test_the_rest_of_a_datagram_is_lost_unless_asked_for(host, peer):
    sd = host.socket(kind=2)
    host.bind(sd, 0)
    here = ("127.0.0.1", host.port_of(sd))
    peer.sendto(b"abcdef", here)
    peer.sendto(b"next", here)
    assert host.received(sd, 2) == (2, b"ab")
    assert host.received(sd) == (4, b"next")
    assert host.option(sd, 39, struct.pack("<i", 1)) == 0
    peer.sendto(b"abcdef", here)
    assert host.received(sd, 2) == (2, b"ab")
    assert host.received(sd) == (4, b"cdef")


def test_a_datagram_too_big_to_reassemble_is_dropped_and_reported(host, peer):
    sd = host.socket(kind=2)
    host.bind(sd, 0)
    host.recv(sd)
    peer.sendto(bytes(20000), ("127.0.0.1", host.port_of(sd)))
    fields, _ = host.wait("SOCKET_EV_ASYNC")
    assert (fields.sd, fields.type) == (sd, 1)
    peer.sendto(b"ok", ("127.0.0.1", host.port_of(sd)))
    assert host.wait("SOCKET_RECV_DONE")[0].status == 2


def test_connected_datagram_socket_hears_its_peer_only(host, peer):
    sd = host.socket(kind=2)
    host.bind(sd, 0)
    assert host.connected(sd, peer.getsockname()[1]) == 0
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.sendto(b"spam", ("127.0.0.1", host.port_of(sd)))
    peer.sendto(b"mine", ("127.0.0.1", host.port_of(sd)))
    assert host.received(sd) == (4, b"mine")
    host.post(sd, b"answer")
    assert peer.recv(100) == b"answer"
    stranger.close()


def test_send_without_a_peer(host):
    sd = host.socket(kind=2)
    host.post(sd, b"x")
    assert host.wait("SOCKET_EV_TX_FAILED")[0].status == -89


def test_the_control_port_stays_inside_and_can_be_copied(host):
    sd = host.socket(kind=2)
    assert host.bind(sd, CONTROL) == 0
    other = host.socket(kind=2)
    assert host.bind(other, CONTROL) == -98
    host.send_to(sd, bytes(4), CONTROL)
    assert not host.np.groups["sockets"].has_real_io()
    state = host.np.snapshot()
    host.np.restore(state)
    fields, data = received_from(host, sd, 4)
    assert (fields.status, data) == (4, bytes(4))
    assert struct.pack("<I", fields.ip) == LOOPBACK
    assert struct.pack("<H", fields.port) == b"\x30\x0e"


def test_multicast_to_and_from_other_programs(host):
    group, there = bytes([239, 7, 7, 7]), "239.7.7.7"
    sd = host.socket(kind=2)
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    probe.bind((there, 0))
    port = probe.getsockname()[1]
    join = socket.inet_aton(there) + socket.inet_aton("127.0.0.1")
    probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
    probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
    probe.settimeout(PATIENCE_S)
    assert host.option(sd, 65, group + bytes(4), level=2) == 0
    assert host.bind(sd, port) == 0
    probe.sendto(b"to all", (there, port))
    assert host.received(sd) == (6, b"to all")
    host.online()
    host.send_to(sd, b"from device", port, group)
    while (data := probe.recv(100)) != b"from device":
        assert data == b"to all"
    assert host.option(sd, 66, group + bytes(4), level=2) == 0
    assert host.option(sd, 66, group + bytes(4), level=2) == -99
    assert host.option(sd, 65, bytes([10, 1, 1, 1]) + bytes(4), level=2) == -22
    probe.close()


def test_ipv6_multicast_between_sockets_of_the_device():
    world = WORLD.replace("security: open,", "security: open, ipv6: {prefix: '2001:db8::'},")
    host = NetHost(world=world)
    host.command("NETCFG_SET", (12).to_bytes(4, "little"), config_id=6, option=0, length=4)
    assert host.join(b"guests", b"", 0) == 0
    host.after(2)
    host.events.clear()
    group = bytes.fromhex("ff020000000000000000000000001234")
    member, sender = host.socket(3, 2), host.socket(3, 2)
    to = {"port": (5000).to_bytes(2, "big"), "ip": bytes(16), "family_flags": 0x30}
    assert host.command("SOCKET_BIND_V6", sd=member, **to).status == 0
    assert host.option(member, 70, group + bytes(4), level=2) == 0
    host.send("SOCKET_SENDTO_V6", b"all", sd=sender, len=3, **{**to, "ip": group})
    fields, data = received_from(host, member, family=3)
    assert (fields.status, data) == (3, b"all")
    host.np.power(False)


def test_broadcast_reaches_the_pc(host):
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    probe.bind(("0.0.0.0", 0))
    probe.settimeout(PATIENCE_S)
    sd = host.socket(kind=2)
    host.online()
    host.send_to(sd, b"hello all", probe.getsockname()[1], b"\xff" * 4)
    assert probe.recv(100) == b"hello all"
    probe.close()


@pytest.mark.parametrize("name", ["post", "send_to"])
def test_sending_to_a_socket_that_is_not_open_fails(host, name):
    """Said once, as of any other socket; the bit is gone when somebody gets the number."""
    sd = host.socket(kind=2)
    host.close(sd)
    send = {"post": lambda: host.post(sd, b"x"), "send_to": lambda: host.send_to(sd, b"x", 9)}
    send[name]()
    event = host.wait("SOCKET_EV_TX_FAILED")[0]
    assert (event.status, event.sd) == (-9, sd)
    assert host.np.header.tx_failure == 1 << sd
    send[name]()
    assert host.drain() == []
    assert host.socket(kind=2) == sd and host.np.header.tx_failure == 0


def test_a_wrong_kind_of_descriptor_does_not_concern_the_socket_with_its_number(host, peer):
    sd = host.socket(kind=2)
    args = {"sd": 0x80 | sd, "len": 4, "ip": 0x0100007F, "port": 9, "family_flags": 0x20}
    host.send("SOCKET_SENDTO_V4", b"xxxx", **args)
    event = host.wait("SOCKET_EV_TX_FAILED")[0]
    assert (event.status, event.sd, host.np.header.tx_failure) == (-9, 0x80 | sd, 0)
    host.send_to(sd, b"ping", peer.getsockname()[1])
    assert peer.recvfrom(100)[0] == b"ping"


def test_sending_without_a_network_fails(host):
    sd = host.socket(kind=2)
    host.send_to(sd, b"x", 9, bytes([10, 9, 9, 9]))
    assert host.wait("SOCKET_EV_TX_FAILED")[0].status == -101


def test_a_lost_datagram_is_no_failure(host):
    host.online()
    sd = host.socket(kind=2)
    host.send_to(sd, b"x", 9, bytes([10, 1, 0, 1]))
    host.np.world.pings["10.1.0.1"] = {}
    host.drain()
    other = host.socket(kind=2)
    host.send_to(other, b"x", 9, bytes([10, 1, 0, 1]))
    assert host.drain() == []


def test_raw_sockets_where_the_host_allows_them(host):
    got = host.command("SOCKET_CREATE", domain=2, type=3, protocol=253)
    if got.status == -13:
        pytest.skip("no raw sockets here")
    sd = got.sd
    host.send_to(sd, b"raw!", 0)
    status, data = host.received(sd)
    assert status == 24
    assert data[20:] == b"raw!"
    assert host.option(sd, 68, struct.pack("<I", 1), level=2) == 0
    host.send_to(sd, b"raw!", 0)
    assert host.received(sd) == (4, b"raw!")


def test_transceiver_descriptor_frames_and_rules(host):
    got = host.command("SOCKET_CREATE", domain=6, type=3, protocol=6)
    assert (got.status, got.sd & 0xF0) == (0, 0x80)
    sd = got.sd
    assert host.command("SOCKET_CREATE", domain=6, type=3, protocol=1).status == -21
    frame = b"FRAMEDATA"
    host.send("SOCKET_SEND", struct.pack("<I", 0xFFFF8846) + frame, sd=sd, len=len(frame))
    air = host.np.groups["sockets"].slots[sd & 15]
    assert list(air.sent) == [(0xFFFF8846, frame)]
    host.recv(sd)
    air.inject(b"beacon", rate=3, rssi=-70)
    fields, data = host.wait("SOCKET_RECV_DONE")
    assert (fields.status, fields.sd) == (14, sd)
    assert data[0] == 3 and data[1] == 6 and data[2] == 0xBA and data[8:] == b"beacon"
    assert host.join() == -2072
    host.close(sd)
    host.online()
    assert host.command("SOCKET_CREATE", domain=6, type=3, protocol=6).status == -72
