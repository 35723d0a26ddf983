"""What goes over the radio needs the radio: connections and datagrams while the link is gone."""

import contextlib
import select
import socket
import struct

import pytest

from cc32at.nwp.sock_radio import ORPHANS
from tests.unit.nwp.netsupport import WORLD, NetHost, accept, listener
from tests.unit.nwp.pki import lab
from tests.unit.nwp.test_tls import NOT_VERIFIED, Peer

PEER = bytes([10, 1, 0, 7])
CONNECTED, RECEIVED = "SOCKET_CONNECT_DONE", "SOCKET_RECV_DONE"
FAILED, CLOSED, SELECTED = "SOCKET_EV_TX_FAILED", "SOCKET_CLOSE_DONE", "SOCKET_SELECT_DONE"
TIMEDOUT, ECLOSE, AGAIN, REFUSED, UNREACHABLE = -110, -15, -11, -111, -101
KEEPALIVE, KEEPALIVETIME = 9, 37
NO_RESPONSE = -6150  # of a DNS server
STA4, STATIC = 7, 4


class Board(NetHost):
    """Online, with a route from 10.1.0.7 to ports of this PC."""

    def __init__(self, more=""):
        super().__init__(world=f'{WORLD}routes: {{"10.1.0.7": "127.0.0.1"}}\n{more}')
        self.online()

    def link(self, on: bool) -> None:
        """The access point goes away until that is noticed, or comes back and is joined again."""
        self.control("ap_on" if on else "ap_off")
        assert not on or self.join() == 0
        assert ("NETAPP_EV_IPV4_ACQUIRED" if on else "WLAN_EV_DISCONNECTED") in self.after(2)
        self.forget_progress()

    def forget_progress(self) -> None:
        """Only what sockets say is of interest."""
        self.events = [event for event in self.events if event[0].startswith("SOCKET")]

    def control(self, op: str) -> None:
        self.np.control.call(op, ssid="office")

    def waiting(self, seconds: float = 0.05) -> list:
        """Names of the events that come while nothing is expected."""
        return [event[0] for event in self.pump(seconds=seconds)]


@pytest.fixture
def board():
    board = Board()
    yield board
    board.np.power(False)
    assert not board.np.groups["sockets"].has_real_io()


@pytest.fixture
def pair(board):
    """A socket that is connected over the route, and its peer."""
    with contextlib.closing(listener()) as server:
        sd = board.socket()
        assert board.connected(sd, server.getsockname()[1], PEER) == 0
        peer = accept(server)
    yield sd, peer
    peer.close()


def silent(peer, seconds: float = 0.05) -> bool:
    """Nothing reaches this peer, no end of the connection either."""
    return not select.select([peer], [], [], seconds)[0]


def is_reset(peer) -> bool:
    try:
        return not peer.recv(1) and False
    except ConnectionResetError:
        return True


def test_nothing_passes_while_the_link_is_gone_and_all_goes_on_when_it_is_back(board, pair):
    sd, peer = pair
    board.recv(sd)
    board.link(False)
    for i in range(4):
        board.post(sd, b"part %d;" % i)
    peer.sendall(b"from the peer")
    assert board.waiting() == [] and silent(peer)
    board.after(20)
    assert board.waiting() == [] and silent(peer)
    board.link(True)
    fields, data = board.wait(RECEIVED)
    assert (fields.status, data) == (13, b"from the peer")
    assert peer.recv(100) == b"part 0;part 1;part 2;part 3;"
    board.post(sd, b"and more")
    assert peer.recv(100) == b"and more"


def test_an_access_point_that_is_silent_carries_nothing_before_it_is_lost(board, pair):
    sd, peer = pair
    board.recv(sd)
    board.control("ap_off")
    board.post(sd, b"hello")
    peer.sendall(b"world")
    assert board.waiting() == [] and silent(peer)
    board.control("ap_on")
    assert board.wait(RECEIVED)[1] == b"world"
    assert peer.recv(100) == b"hello"
    assert board.after(5) == [], "it was away for less than its loss takes"


def test_a_disconnect_by_the_user_cuts_too(board, pair):
    sd, peer = pair
    assert board.command("WLAN_DISCONNECT").status == 0
    board.post(sd, b"hello")
    assert silent(peer)
    board.after(1)
    assert board.join() == 0
    board.after(2)
    assert peer.recv(100) == b"hello"


def test_sent_data_keeps_its_credits_until_it_can_go(board, pair):
    sd, peer = pair
    full = board.np.header.credits
    board.link(False)
    board.post(sd, bytes(1460))
    assert board.np.header.credits == full - 1
    board.link(True)
    assert board.np.header.credits == full


def test_when_the_patience_is_over_the_connection_has_failed(board, pair):
    sd, peer = pair
    full = board.np.header.credits
    board.recv(sd)
    board.link(False)
    board.post(sd, b"lost")
    limit = board.np.world.timing.silence_s
    assert board.after(limit - 1) == []
    assert sorted(board.after(2)) == sorted([FAILED, RECEIVED])
    assert board.take(FAILED)[0].status == TIMEDOUT
    assert board.take(RECEIVED)[0].status == TIMEDOUT
    assert board.np.header.credits == full
    assert silent(peer), "the peer cannot know"
    board.link(True)
    assert is_reset(peer)
    assert board.close(sd) == 0


def test_an_idle_connection_outlives_the_patience(board, pair):
    sd, peer = pair
    board.recv(sd)
    board.link(False)
    assert board.after(4 * board.np.world.timing.silence_s) == []
    board.link(True)
    peer.sendall(b"still there")
    assert board.wait(RECEIVED)[1] == b"still there"


@pytest.mark.parametrize(("on", "fails"), [(1, True), (0, False)])
def test_keep_alive_finds_a_dead_link(board, pair, on, fails):
    sd, _ = pair
    assert board.option(sd, KEEPALIVE, struct.pack("<I", on)) == 0
    assert board.option(sd, KEEPALIVETIME, struct.pack("<I", 100)) == 0
    board.recv(sd)
    board.link(False)
    limit = 100 + board.np.world.timing.silence_s
    assert board.after(limit - 3) == []
    assert board.after(4) == ([RECEIVED] if fails else [])
    if fails:
        assert board.take(RECEIVED)[0].status == TIMEDOUT


def static(board, ip: int) -> None:
    value = struct.pack("<4I", ip, 0xFFFFFF00, 0x0A010001, 0x0A010001)
    fields = {"config_id": STA4, "option": STATIC, "length": len(value)}
    assert board.command("NETCFG_SET", value, **fields).status == 0
    board.after(1)
    board.forget_progress()


def test_a_connection_stands_on_its_address(board, pair):
    sd, peer = pair
    board.recv(sd)
    static(board, 0x0A01000A)
    peer.sendall(b"to the old address")
    board.post(sd, b"from it")
    assert board.waiting() == [] and silent(peer)
    static(board, 0x0A010064)
    assert board.wait(RECEIVED)[1] == b"to the old address"
    assert peer.recv(100) == b"from it"


@pytest.mark.parametrize("late", [False, True])
def test_a_close_reaches_the_peer_when_the_link_is_back(board, pair, late):
    sd, peer = pair
    board.link(False)
    assert board.close(sd) == 0
    assert silent(peer)
    board.after(board.np.world.timing.silence_s + 1 if late else 1)
    assert silent(peer)
    board.link(True)
    assert is_reset(peer) if late else peer.recv(10) == b""


def test_a_close_with_data_that_cannot_go_fails_and_resets(board, pair):
    sd, peer = pair
    board.link(False)
    board.post(sd, b"never")
    assert board.command("SOCKET_CLOSE", sd=sd).status == 0
    assert board.after(board.np.world.timing.close_s - 1) == []
    assert board.after(2) == [CLOSED]
    assert board.take(CLOSED)[0].status == ECLOSE
    board.link(True)
    assert is_reset(peer)


def test_an_end_that_the_peer_made_is_not_seen_before(board, pair):
    sd, peer = pair
    board.recv(sd)
    board.link(False)
    peer.close()
    assert board.command("SOCKET_SELECT", nfds=1, read_fds=1, tv_sec=9).status == 0
    assert board.waiting() == []
    assert board.after(10) == [SELECTED]
    assert board.take(SELECTED)[0].status == 0
    board.link(True)
    assert board.wait(RECEIVED)[0].status == 0


@pytest.mark.parametrize("back", [True, False])
def test_a_connect_waits_for_a_silent_access_point(board, back):
    board.np.world.timing.beacon_loss_s = 1000.0
    with contextlib.closing(listener()) as server:
        sd = board.socket()
        board.control("ap_off")
        assert board.connect(sd, server.getsockname()[1], PEER) == 0
        assert board.waiting() == [] and silent(server)
        board.after(board.np.world.timing.silence_s - 1)
        if back:
            board.control("ap_on")
            assert board.wait(CONNECTED)[0].status == 0
            peer = accept(server)
            board.post(sd, b"here")
            assert peer.recv(10) == b"here"
            peer.close()
        else:
            assert board.after(2) == [CONNECTED]
            assert board.take(CONNECTED)[0].status == TIMEDOUT
            assert silent(server)


def test_nobody_hears_a_refusal_from_a_silent_network():
    board = Board("hosts: {closed.lab: 10.1.0.9}\n")
    sd = board.socket()
    assert board.connected(sd, 80, bytes([10, 1, 0, 9])) == REFUSED
    board.np.world.timing.beacon_loss_s = 1000.0
    board.control("ap_off")
    assert board.connect(board.socket(), 80, bytes([10, 1, 0, 9])) == 0
    assert board.after(board.np.world.timing.silence_s - 1) == []
    assert board.after(2) == [CONNECTED]
    assert board.take(CONNECTED)[0].status == TIMEDOUT


def test_a_connection_within_the_pc_needs_no_radio(board):
    with contextlib.closing(listener()) as server:
        sd = board.socket()
        assert board.connected(sd, server.getsockname()[1]) == 0
        peer = accept(server)
    board.link(False)
    board.post(sd, b"hello")
    assert peer.recv(10) == b"hello"
    peer.sendall(b"world")
    assert board.received(sd) == (5, b"world")
    peer.close()


def test_power_leaves_nothing_behind(board, pair):
    _, peer = pair
    board.link(False)
    board.np.power(False)
    assert not board.np.groups["sockets"].has_real_io()
    assert is_reset(peer)


def test_the_number_of_peers_that_still_have_to_be_told_is_bounded(board):
    """Each connection stands on an address that the board gives up for another."""
    peers = []
    for i in range(ORPHANS + 1):
        static(board, 0x0A01000A + i)
        with contextlib.closing(listener()) as server:
            sd = board.socket()
            assert board.connected(sd, server.getsockname()[1], PEER) == 0
            peers.append(accept(server))
        static(board, 0x0A010064)
        assert board.close(sd) == 0
    assert board.np.counters["orphans_dropped"] == 1
    assert is_reset(peers[0]) and silent(peers[1]) and silent(peers[-1])
    for peer in peers:
        peer.close()


def test_tls_waits_as_well():
    board = Board()
    for name in ("ca", "server"):
        board.np.storage.put(f"{name}.pem".encode(), lab()[name].pem)
    server = Peer()
    sd = board.socket(protocol=100)
    assert board.connected(sd, server.port, PEER) == NOT_VERIFIED
    board.recv(sd)
    board.link(False)
    board.post(sd, b"abc")
    assert board.waiting(0.2) == []
    board.link(True)
    assert board.wait(RECEIVED)[1] == b"cba"
    board.np.power(False)


def test_a_tls_handshake_without_the_link_times_out():
    board = Board()
    board.np.world.timing.handshake_s = 1000.0
    with contextlib.closing(listener()) as server:
        sd = board.socket(protocol=100)
        assert board.connect(sd, server.getsockname()[1], PEER) == 0
        board.pump(seconds=0.1)
        peer = accept(server)
        assert peer.recv(5)[0] == 22, "a handshake record"
        board.control("ap_off")
        assert CONNECTED not in board.after(90)
        assert CONNECTED in board.after(1000)
        assert board.take(CONNECTED)[0].status == TIMEDOUT
        peer.close()
    board.np.power(False)


# Datagrams


@pytest.fixture
def datagrams(board):
    """A UDP socket of the board and a peer that it has spoken to over the route."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(3)
        sd = board.socket(kind=2)
        port = peer.getsockname()[1]
        board.send_to(sd, b"first", port, PEER)
        data, source = peer.recvfrom(10)
        assert data == b"first"
        yield sd, peer, port, source


def from_peer(board, sd):
    board.send("SOCKET_RECVFROM", max_len=100, sd=sd, flags=0x20)


def test_datagrams_are_lost_in_both_directions(board, datagrams):
    sd, peer, port, source = datagrams
    board.control("ap_off")
    board.send_to(sd, b"lost", port, PEER)
    peer.sendto(b"lost too", source)
    from_peer(board, sd)
    assert board.waiting() == [] and silent(peer)
    board.after(2)
    peer.sendto(b"and this", source)
    board.link(True)
    assert board.waiting() == []
    peer.sendto(b"arrives", source)
    assert board.wait("SOCKET_RECVFROM_DONE_V4")[1] == b"arrives"


def test_a_datagram_that_came_before_is_there_after(board, datagrams):
    sd, peer, _, source = datagrams
    peer.sendto(b"in time", source)
    select.select([], [], [], 0.02)
    board.control("ap_off")
    peer.sendto(b"too late", source)
    from_peer(board, sd)
    assert board.wait("SOCKET_RECVFROM_DONE_V4")[1] == b"in time"
    from_peer(board, sd)
    assert board.waiting() == []


def test_select_does_not_see_what_the_radio_has_lost(board, datagrams):
    sd, peer, _, source = datagrams
    board.control("ap_off")
    peer.sendto(b"lost", source)
    assert board.command("SOCKET_SELECT", nfds=1, read_fds=1 << sd, tv_sec=9).status == 0
    assert board.waiting() == []


def test_without_an_address_a_datagram_has_no_way(board, datagrams):
    sd, peer, port, _ = datagrams
    board.link(False)
    board.send_to(sd, b"x", port, PEER)
    assert board.wait(FAILED)[0].status == UNREACHABLE
    assert silent(peer)


def test_names_and_pings_find_nobody_in_a_silent_network():
    board = Board("hosts: {echo.lab: 10.1.0.7}\npings: {10.1.0.7: {rtt_ms: 2}}\n")
    board.np.world.timing.beacon_loss_s = 1000.0
    board.control("ap_off")
    name = b"echo.lab"
    ask = {"name_len": len(name), "family": 2}
    assert board.command("NETAPP_DNS_BY_NAME", name, **ask).status == 0
    board.after(60)
    assert board.take("NETAPP_DNS_BY_NAME_DONE_V4")[0].status == NO_RESPONSE
    ping = {"interval_ms": 100, "timeout_ms": 500, "attempts": 2, "size": 10}
    assert board.command("NETAPP_PING_V4", ip0=0x0A010007, **ping).status == 0
    board.after(5)
    report = board.take("NETAPP_PING_REPORT")[0]
    assert (report.sent, report.received) == (2, 0)
