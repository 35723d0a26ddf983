"""UDP sockets against programs on this machine (guide tables 14-26)."""

import base64
import re
import socket
import struct

import pytest

from tests.target import peers

pytestmark = [pytest.mark.world, pytest.mark.any_pace]
V4, V6 = socket.AF_INET, socket.AF_INET6
FAMILIES = pytest.mark.parametrize(
    ("family", "name", "address", "any_address"),
    [(V4, "INET", "127.0.0.1", "0.0.0.0"), (V6, "INET6", "::1", "0:0:0:0")],
)
GROUP = "239.11.22.33"


def bound(talk, family=V4) -> tuple[int, int]:
    """A socket on a port of its own: (descriptor, port)."""
    name = "INET" if family == V4 else "INET6"
    port = peers.free_port(socket.SOCK_DGRAM, family)
    sd = talk.socket(f"{name},DGRAM,UDP")
    talk.ok(f"AT+Bind={sd},{name},{port}," + ("0.0.0.0" if family == V4 else "::"))
    return sd, port


@FAMILIES
def test_a_client_gets_back_what_it_sends(talk, family, name, address, any_address):
    with peers.datagrams(family) as peer:
        port = peer.getsockname()[1]
        sd = talk.socket(f"{name},DGRAM,UDP")
        talk.ok(f"AT+RecvFrom={sd},{name},{port},{address},0,4096")
        talk.ok(f"AT+SendTo={sd},{name},{port},{address},0,5,hello")
        data, source = peer.recvfrom(100)
        assert data == b"hello"
        peer.sendto(data[::-1], source)
        assert talk.late() == f"+RecvFrom: {sd},0,5,olleh"
        talk.ok(f"AT+SendTo={sd},{name},{port},{address},1,8,aGVsbG8=")
        assert peer.recvfrom(100)[0] == b"hello"
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]


@FAMILIES
def test_a_server_gets_datagrams_one_by_one_in_their_order(
    talk, family, name, address, any_address
):
    sd, port = bound(talk, family)
    with peers.datagrams(family) as peer:
        for data in (b"one", b"second", b"3"):
            peer.sendto(data, (peers.ANY[family], port))
        ask = f"AT+RecvFrom={sd},{name},0,{any_address},0,100"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,3,one"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,6,second"
        ask = f"AT+RecvFrom={sd},{name},0,{any_address},1,100"
        assert talk.background(ask) == f"+RecvFrom: {sd},1,4,Mw=="


def test_the_address_of_recvfrom_is_no_filter(talk):
    sd, port = bound(talk)
    with peers.datagrams() as peer:
        peer.sendto(b"from elsewhere", ("127.0.0.1", port))
        late = talk.background(f"AT+RecvFrom={sd},INET,7,10.20.30.40,0,100")
        assert late == f"+RecvFrom: {sd},0,14,from elsewhere"


def test_a_connected_socket_sends_and_receives_without_addresses(talk):
    with peers.datagrams() as peer, peers.datagrams() as stranger:
        port = peer.getsockname()[1]
        sd = talk.socket("INET,DGRAM,UDP")
        late = talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1")
        assert late == f"+Connect: {port},127.0.0.1"
        talk.ok(f"AT+Send={sd},0,4,ping")
        data, source = peer.recvfrom(100)
        assert data == b"ping"
        stranger.sendto(b"not for you", source)
        peer.sendto(b"pong", source)
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,4,pong"


def test_a_datagram_longer_than_asked_for_is_cut_and_the_next_is_whole(talk):
    sd, port = bound(talk)
    with peers.datagrams() as peer:
        for data in (b"0123456789", b"next"):
            peer.sendto(data, ("127.0.0.1", port))
        ask = f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,4"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,4,0123"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,4,next"


def test_with_rx_no_ip_boundary_the_rest_of_a_datagram_comes_next(talk):
    sd, port = bound(talk)
    talk.ok(f"AT+SetSockOpt={sd},SOCKET,RX_NO_IP_BOUNDARY,1")
    assert talk.value(f"AT+GetSockOpt={sd},SOCKET,RX_NO_IP_BOUNDARY") == "1"
    with peers.datagrams() as peer:
        peer.sendto(b"0123456789", ("127.0.0.1", port))
        ask = f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,6"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,6,012345"
        assert talk.background(ask) == f"+RecvFrom: {sd},0,4,6789"


def test_nothing_within_the_receive_timeout_is_late_error_11(talk):
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+SetSockOpt={sd},SOCKET,RCVTIMEO,2,500000")
    assert talk.value(f"AT+GetSockOpt={sd},SOCKET,RCVTIMEO") == "2,500000"
    start = talk.at.clock()
    late = talk.background(f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,10")
    assert late == f"ERROR:process command +RecvFrom {sd}, -11"
    assert 2.4 < talk.at.clock() - start < 2.7


def test_a_nonblocking_socket_without_data_is_late_error_11_at_once(talk):
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+SetSockOpt={sd},SOCKET,NONBLOCKING,1")
    start = talk.at.clock()
    late = talk.background(f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,10")
    assert late == f"ERROR:process command +RecvFrom {sd}, -11"
    assert talk.at.clock() - start < 0.2


def test_a_large_datagram_survives_both_ways(talk):
    data = bytes(i * 7 & 0xFF for i in range(1472))
    sd, port = bound(talk)
    with peers.datagrams() as peer:
        peer_port = peer.getsockname()[1]
        talk.ok(b"AT+SendTo=%d,INET,%d,127.0.0.1,0,1472," % (sd, peer_port) + data)
        assert peer.recvfrom(4096)[0] == data
        peer.sendto(data, ("127.0.0.1", port))
        late = talk.background(f"AT+RecvFrom={sd},INET,0,0.0.0.0,1,4096")
        assert base64.b64decode(late.split(",")[3]) == data


@pytest.fixture
def online(talk, world):
    """The board is in the office network: it can reach more than loopback."""
    talk.join()


def multicast_peer(port: int = 0) -> socket.socket:
    """A member of the group on loopback."""
    sock = socket.socket(V4, socket.SOCK_DGRAM)
    sock.settimeout(peers.PATIENCE)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0) if not port else (GROUP, port))
    here = socket.inet_aton("127.0.0.1")
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
    if port:
        member = struct.pack("4s4s", socket.inet_aton(GROUP), here)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    return sock


def test_a_member_of_a_group_hears_it_until_it_leaves(talk):
    sd, port = bound(talk)
    ask = f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,100"
    with multicast_peer() as peer:
        talk.ok(f"AT+SetSockOpt={sd},IP,ADD_MEMBERSHIP,{GROUP},0.0.0.0")
        peer.sendto(b"to all", (GROUP, port))
        assert talk.background(ask) == f"+RecvFrom: {sd},0,6,to all"
        talk.ok(f"AT+SetSockOpt={sd},IP,DROP_MEMBERSHIP,{GROUP},0.0.0.0")
        talk.ok(ask)
        peer.sendto(b"no more", (GROUP, port))
        talk.sleep(0.2)
        assert not talk.lates
        peer.sendto(b"direct", ("127.0.0.1", port))
        assert talk.late() == f"+RecvFrom: {sd},0,6,direct"


def test_what_is_sent_to_a_group_reaches_its_members(talk, online):
    port = peers.free_port(socket.SOCK_DGRAM)
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+SetSockOpt={sd},IP,MULTICAST_TTL,1")
    assert talk.value(f"AT+GetSockOpt={sd},IP,MULTICAST_TTL") == "1"
    with multicast_peer(port) as peer:
        talk.ok(f"AT+SendTo={sd},INET,{port},{GROUP},0,5,hello")
        assert peer.recvfrom(100)[0] == b"hello"


@pytest.mark.parametrize("option", ["ADD_MEMBERSHIP", "DROP_MEMBERSHIP"])
def test_an_address_that_is_no_group_is_refused(talk, option):
    sd = talk.socket("INET,DGRAM,UDP")
    answer = talk.error(f"AT+SetSockOpt={sd},IP,{option},192.168.1.1,0.0.0.0")
    assert re.fullmatch(r"process command, -\d+", answer)


def test_without_a_network_a_datagram_to_others_is_an_event(talk):
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+SendTo={sd},INET,5000,10.9.8.7,0,2,hi")
    assert talk.event() == f"+EventSock: TX_FAILED,{sd},-101"
    assert talk.error(f"AT+SendTo={sd},INET,5000,127.0.0.1,0,2,hi") == "process command, -1"
    assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
    assert talk.socket("INET,DGRAM,UDP") == sd
    talk.ok(f"AT+SendTo={sd},INET,{peers.free_port(socket.SOCK_DGRAM)},127.0.0.1,0,2,hi")
