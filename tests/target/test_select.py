"""AT+Select (guide table 20; guide-style I3, V6, L3; TESTS 8)."""

import re
import socket

import pytest

from tests.target import peers

pytestmark = pytest.mark.world


def ready_sockets(talk, port: int, count: int) -> list[int]:
    """Connected sockets of which each gets back what it sends."""
    found = []
    for _ in range(count):
        found.append(talk.socket())
        late = talk.background(f"AT+Connect={found[-1]},INET,{port},127.0.0.1")
        assert late == f"+Connect: {port},127.0.0.1"
    return found


@pytest.mark.parametrize("members", ["0|2", "[0|2]", "0 2", "2|0", "[0 2]"])
def test_what_is_ready_comes_with_a_bar_in_ascending_order(talk, members):
    with peers.server(peers.echo) as port:
        ready_sockets(talk, port, 3)
        talk.ok("AT+Send=2,0,1,x")
        assert talk.background(f"AT+Select=3,{members},5,0") == "+Select: 2"
        talk.ok("AT+Send=0,0,1,x")
        # The echo of socket 0 may still be on its way; that of 2 was not read.
        talk.sleep(0.1)
        assert talk.background(f"AT+Select=3,{members},5,0") == "+Select: 0|2"


@pytest.mark.parametrize("nfds", [0, 1, 2, 3, 16])
def test_nfds_is_raised_to_what_the_list_needs(talk, nfds):
    with peers.server(peers.echo) as port:
        ready_sockets(talk, port, 2)
        talk.ok("AT+Send=1,0,1,x")
        assert talk.background(f"AT+Select={nfds},1,5,0") == "+Select: 1"


def test_a_timeout_is_the_name_and_a_colon(talk):
    talk.socket("INET,DGRAM,UDP")
    for seconds, microseconds, least, most in (
        (0, 0, 0, 0.1),
        (0, 300000, 0.25, 0.5),
        (2, 0, 2, 2.3),
    ):
        start = talk.at.clock()
        assert talk.background(f"AT+Select=0,0,{seconds},{microseconds}") == "+Select:"
        assert least <= talk.at.clock() - start <= most


def test_a_listening_socket_is_ready_when_somebody_connects(talk):
    port = peers.free_port()
    sd = talk.socket()
    talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0", f"AT+Listen={sd},1")
    talk.ok(f"AT+Select={sd},{sd},5,0")
    with peers.client(port):
        assert talk.late() == f"+Select: {sd}"


def test_the_end_of_a_connection_makes_its_socket_ready(talk):
    with peers.server(lambda connection: None) as port:
        (sd,) = ready_sockets(talk, port, 1)
        assert talk.background(f"AT+Select={sd},{sd},5,0") == f"+Select: {sd}"
        assert talk.background(f"AT+Recv={sd},0,5") == f"+Recv: {sd},0,0,"


def test_two_selects_at_once_get_each_what_they_asked_for(talk):
    with peers.datagrams() as peer:
        ports = [peers.free_port(socket.SOCK_DGRAM) for _ in range(2)]
        for sd, port in enumerate(ports):
            assert talk.socket("INET,DGRAM,UDP") == sd
            talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0")
        talk.ok("AT+Select=0,0,20,0", "AT+Select=1,1,20,0")
        peer.sendto(b"x", ("127.0.0.1", ports[1]))
        assert talk.late() == "+Select: 1"
        assert not talk.lates
        peer.sendto(b"x", ("127.0.0.1", ports[0]))
        assert talk.late() == "+Select: 0"


def test_two_selects_with_other_timeouts_end_at_their_own_time(talk):
    for sd in range(2):
        assert talk.socket("INET,DGRAM,UDP") == sd
    start = talk.at.clock()
    talk.ok("AT+Select=0,0,3,0", "AT+Select=1,1,1,0")
    assert talk.late() == "+Select:"
    assert 0.9 < talk.at.clock() - start < 1.5
    assert talk.late() == "+Select:"
    assert 2.9 < talk.at.clock() - start < 3.5


def test_closing_a_socket_ends_the_select_that_watches_it(talk):
    for sd in range(2):
        assert talk.socket("INET,DGRAM,UDP") == sd
    talk.ok("AT+Select=0,0|1,60,0")
    assert talk("AT+Close=1") == ["+Close: 1", "OK"]
    assert re.fullmatch(r"ERROR:process command \+Select, -\d+", talk.late())
    assert talk.background("AT+Select=0,0,0,0") == "+Select:"


@pytest.mark.parametrize("sd", range(16))
def test_without_a_socket_every_descriptor_is_a_late_error_9(talk, sd):
    """One of them is the driver's own by then, and nobody else's."""
    wrong = "ERROR:process command +Select, -9"
    assert [talk.background(f"AT+Select=0,{sd},100,0") for _ in range(2)] == [wrong, wrong]


def test_closing_every_descriptor_does_not_end_select(talk):
    """A host that begins anew closes what may be open; the driver's own socket is not its."""
    assert talk.socket("INET,DGRAM,UDP") == 0
    assert talk.background("AT+Select=0,0,0,0") == "+Select:"
    answers = [talk(f"AT+Close={sd}") for sd in range(16)]
    assert answers == [["+Close: 0", "OK"]] + 15 * [["ERROR:process command, -9"]]
    assert talk.socket("INET,DGRAM,UDP") == 0
    with peers.datagrams() as peer:
        port = peers.free_port(socket.SOCK_DGRAM)
        talk.ok(f"AT+Bind=0,INET,{port},0.0.0.0", "AT+Select=0,0,60,0", "AT+Select=0,0,30,0")
        peer.sendto(b"x", ("127.0.0.1", port))
        assert [talk.late(), talk.late()] == 2 * ["+Select: 0"]


@pytest.mark.parametrize("members", ["5", "0|5"])
def test_a_descriptor_that_was_never_opened_is_a_late_error_9(talk, members):
    talk.socket("INET,DGRAM,UDP")
    assert talk.background(f"AT+Select=5,{members},1,0") == "ERROR:process command +Select, -9"


def test_nobody_receives_from_the_firmwares_own_socket(talk):
    """Select needs one (nwp-protocol 4.5), which is no business of the user's."""
    assert talk.background("AT+Select=0,0,0,0") == "ERROR:process command +Select, -9"
    for sd in range(16):
        late = talk.background(f"AT+Recv={sd},0,10")
        assert late == f"ERROR:process command +Recv {sd}, -9"
    mine = {talk.socket("INET,DGRAM,UDP") for _ in range(2)}
    members = "|".join(map(str, mine))
    talk.ok(f"AT+Select=0,{members},3,0", f"AT+Select=0,{members},1,0")
    assert [talk.late(), talk.late()] == ["+Select:"] * 2


@pytest.mark.parametrize("waiting", [False, True])
def test_sixteen_sockets_are_the_users_after_a_select_too(talk, waiting):
    with peers.datagrams() as peer:
        port = peers.free_port(socket.SOCK_DGRAM)
        first = talk.socket("INET,DGRAM,UDP")
        talk.ok(f"AT+Bind={first},INET,{port},0.0.0.0")
        assert talk.background(f"AT+Select=0,{first},0,0") == "+Select:"
        if waiting:
            talk.ok(f"AT+Select=0,{first},20,0")
        others = [talk.socket("INET,DGRAM,UDP") for _ in range(15)]
        assert sorted([first, *others]) == list(range(16))
        assert not talk.lates
        if not waiting:
            talk.ok(f"AT+Select=0,{first},20,0")
        start = talk.at.clock()
        talk.ok(f"AT+Select=0,{others[-1]},1,0")
        assert talk.late() == "+Select:"
        assert talk.at.clock() - start < 5
        peer.sendto(b"x", ("127.0.0.1", port))
        assert talk.late() == f"+Select: {first}"


def test_the_last_descriptor_is_there_for_an_accept(talk):
    listener, port = talk.socket(), peers.free_port()
    talk.ok(f"AT+Bind={listener},INET,{port},0.0.0.0", f"AT+Listen={listener},1")
    assert talk.background(f"AT+Select=0,{listener},0,0") == "+Select:"
    for _ in range(14):
        talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+Accept={listener},INET")
    with peers.client(port):
        assert re.fullmatch(r"\+Accept: \d+,INET,\d+,127\.0\.0\.1", talk.late())


def test_a_transceiver_counts_by_its_low_bits(talk):
    """Its descriptor is 0x80 + id; a descriptor's bit is sd & 0x1F (at-commands, correction)."""
    talk.ok("AT+WlanPolicySet=CONNECTION,,", "AT+WlanPolicySet=SCAN,Disable_Scan,")
    sd = talk.socket("RF,DGRAM,TCP")
    assert sd == 128
    assert talk.background(f"AT+Select=0,{sd},0,0") == "+Select:"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("AT+Select=0,16,0,0", -4),
        ("AT+Select=0,33,0,0", -4),
        ("AT+Select=0,0|x,0,0", -4),
        ("AT+Select=0,,0,0", -1),
        ("AT+Select=0,0,,0", -1),
        ("AT+Select=0,0,0,", -1),
        ("AT+Select=,0,0,0", -1),
        ("AT+Select=0,0|,0,0", -1),
    ],
)
def test_a_bad_list_is_refused_at_once(talk, line, code):
    assert talk.error(line) == f"parse parameters, {code}"
