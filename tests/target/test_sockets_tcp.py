"""TCP sockets in both roles against programs on this machine (guide tables 14-26)."""

import contextlib
import queue
import re
import select
import socket
import threading

import pytest

from cc32at.client import AtTimeout
from tests.target import peers

pytestmark = pytest.mark.world
V4, V6 = socket.AF_INET, socket.AF_INET6
LOOPBACK6 = "0x0:0x0:0x0:0x1"  # guide-style V4
FAMILIES = pytest.mark.parametrize(
    ("family", "name", "address", "printed"),
    [
        (V4, "INET", "127.0.0.1", "127.0.0.1"),
        (V4, "INET", '"127.0.0.1"', "127.0.0.1"),
        (V4, "INET", "[127.0.0.1]", "127.0.0.1"),
        (V6, "INET6", "0:0:0:1", LOOPBACK6),
        (V6, "INET6", "::1", LOOPBACK6),
    ],
)


def listening(talk, name="INET", any_address="0.0.0.0") -> tuple[int, int]:
    """A socket that listens: (descriptor, port)."""
    port = peers.free_port(family=V4 if name == "INET" else V6)
    sd = talk.socket(f"{name},STREAM,TCP")
    talk.ok(f"AT+Bind={sd},{name},{port},{any_address}", f"AT+Listen={sd},4")
    return sd, port


def connected(talk, port: int, *options: str) -> int:
    """A socket that is connected to a port of loopback."""
    sd = talk.socket()
    for option in options:
        talk.ok(f"AT+SetSockOpt={sd},{option}")
    assert talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1") == (
        f"+Connect: {port},127.0.0.1"
    )
    return sd


@FAMILIES
def test_a_client_gets_back_what_it_sends_to_an_echo_server(talk, family, name, address, printed):
    with peers.server(peers.echo, family) as port:
        sd = talk.socket(f"{name},STREAM,TCP")
        late = talk.background(f"AT+Connect={sd},{name},{port},{address}")
        assert late == f"+Connect: {port},{printed}"
        talk.ok(f"AT+Send={sd},0,5,hello")
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,5,hello"
        talk.ok(f"AT+Send={sd},1,8,aGVsbG8=")
        assert talk.background(f"AT+Recv={sd},1,100") == f"+Recv: {sd},1,8,aGVsbG8="
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]


@pytest.mark.parametrize(
    ("family", "name", "any_address", "printed"),
    [(V4, "INET", "0.0.0.0", "127.0.0.1"), (V6, "INET6", "0:0:0:0", LOOPBACK6)],
)
def test_a_server_accepts_reads_answers_and_closes(talk, family, name, any_address, printed):
    listener, port = listening(talk, name, any_address)
    talk.ok(f"AT+Accept={listener},{name}")
    talk.ok("AT+Test")  # the board goes on while it waits
    with peers.client(port, family) as peer:
        new, shown, peer_port, peer_address = talk.late("+Accept: ")[9:].split(",")
        assert (shown, peer_port) == (name, str(peer.getsockname()[1]))
        assert peer_address == printed and new != str(listener)
        peer.sendall(b"ping")
        assert talk.background(f"AT+Recv={new},0,4096") == f"+Recv: {new},0,4,ping"
        talk.ok(f"AT+Send={new},0,4,pong")
        assert peer.recv(100) == b"pong"
        assert talk(f"AT+Close={new}") == [f"+Close: {new}", "OK"]
        assert peer.recv(100) == b""
    assert talk(f"AT+Close={listener}") == [f"+Close: {listener}", "OK"]


def test_an_accept_that_comes_after_the_connection_finds_it(talk):
    listener, port = listening(talk)
    with peers.client(port) as first, peers.client(port) as second:
        for peer in (first, second):
            late = talk.background(f"AT+Accept={listener},INET")
            assert late.split(",")[2] == str(peer.getsockname()[1])


def test_recv_of_less_than_there_is_leaves_the_rest(talk):
    with peers.server(peers.echo) as port:
        sd = connected(talk, port)
        talk.ok(f"AT+Send={sd},0,10,0123456789")
        assert talk.background(f"AT+Recv={sd},0,4") == f"+Recv: {sd},0,4,0123"
        assert talk.background(f"AT+Recv={sd},1,5") == f"+Recv: {sd},1,8,NDU2Nzg="
        assert talk.background(f"AT+Recv={sd},0,32767") == f"+Recv: {sd},0,1,9"


def test_a_peer_that_closed_is_length_0(talk):
    with peers.server(lambda connection: connection.sendall(b"bye")) as port:
        sd = connected(talk, port)
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,3,bye"
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,0,"
        assert talk.background(f"AT+Recv={sd},1,100") == f"+Recv: {sd},1,0,"
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]


def test_a_refused_connection_is_a_late_error_with_name_and_socket(talk):
    sd = talk.socket()
    late = talk.background(f"AT+Connect={sd},INET,{peers.free_port()},127.0.0.1")
    assert late == f"ERROR:process command +Connect {sd}, -111"


def test_without_a_network_there_is_no_way_to_others(talk):
    sd = talk.socket()
    late = talk.background(f"AT+Connect={sd},INET,80,10.1.0.1")
    assert late == f"ERROR:process command +Connect {sd}, -101"


@pytest.mark.parametrize(
    "line",
    [
        "AT+Close={}",
        "AT+Bind={},INET,5000,0.0.0.0",
        "AT+Listen={},1",
        "AT+SetSockOpt={},SOCKET,KEEPALIVE,1",
        "AT+GetSockOpt={},SOCKET,KEEPALIVE",
    ],
)
@pytest.mark.parametrize("sd", [3, 15, 16, 255])
def test_a_descriptor_that_was_never_opened_is_error_9(talk, line, sd):
    assert talk.error(line.format(sd)) == "process command, -9"
    talk.ok("AT+Test")


@pytest.mark.parametrize("sd", [3, 15, 16, 255])
def test_a_descriptor_that_was_never_opened_is_a_late_error_9(talk, sd):
    for line, shown in (
        (f"AT+Accept={sd},INET", f"+Accept {sd}"),
        (f"AT+Connect={sd},INET,80,127.0.0.1", f"+Connect {sd}"),
        (f"AT+Recv={sd},0,10", f"+Recv {sd}"),
        (f"AT+RecvFrom={sd},INET,1,0.0.0.0,0,10", f"+RecvFrom {sd}"),
    ):
        assert talk.background(line) == f"ERROR:process command {shown}, -9"
    talk.ok("AT+Test")


def test_sending_to_a_descriptor_that_was_never_opened_stops_nothing(talk):
    for line in ("AT+Send=3,0,2,hi", "AT+SendTo=3,INET,5000,127.0.0.1,0,2,hi"):
        assert talk(line) == ["ERROR:process command, -9"]
    talk.sleep(0.1)
    assert not talk.events and talk.socket() == 0


def test_the_17th_socket_is_error_10_and_one_closed_makes_room(talk):
    opened = [talk.socket() for _ in range(16)]
    assert sorted(opened) == list(range(16))
    assert talk.error("AT+Socket=INET,STREAM,TCP") == "process command, -10"
    assert talk.error("AT+Socket=INET6,DGRAM,UDP") == "process command, -10"
    assert talk("AT+Close=7") == ["+Close: 7", "OK"]
    assert talk.socket() == 7


def test_all_sixteen_sockets_carry_data_at_once(talk):
    with peers.server(peers.echo) as port:
        for _ in range(16):
            connected(talk, port)
        for sd in range(16):
            talk.ok(f"AT+Recv={sd},0,4096")
        for sd in range(16):
            talk.ok(f"AT+Send={sd},0,{sd + 1}," + "abcdefghijklmnop"[: sd + 1])
        for sd in range(16):
            line = talk.late(f"+Recv: {sd},")
            assert line == f"+Recv: {sd},0,{sd + 1}," + "abcdefghijklmnop"[: sd + 1]
        for sd in range(16):
            assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]


def test_closing_a_socket_ends_what_waits_on_it_and_nothing_else(talk):
    listener, port = listening(talk)
    with peers.server(peers.echo) as echo_port:
        mine, other = connected(talk, echo_port), connected(talk, echo_port)
        talk.ok(f"AT+Accept={listener},INET", f"AT+Recv={mine},0,10", f"AT+Recv={other},0,10")
        for sd, waiting in ((mine, "Recv"), (listener, "Accept")):
            assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
            late = talk.late()
            assert re.fullmatch(rf"ERROR:process command \+{waiting} {sd}, -\d+", late)
        talk.ok(f"AT+Send={other},0,3,abc")
        assert talk.late() == f"+Recv: {other},0,3,abc"


def test_a_peer_that_resets_is_an_error_and_the_others_go_on(talk):
    doomed = queue.SimpleQueue()
    gone = threading.Event()

    def serve(connection):
        doomed.put(connection)
        gone.wait(peers.PATIENCE)

    with peers.server(serve) as bad_port, peers.server(peers.echo) as port:
        bad, good = connected(talk, bad_port), connected(talk, port)
        talk.ok(f"AT+Recv={good},0,10", f"AT+Recv={bad},0,4096", f"AT+Send={bad},0,3,abc")
        peers.reset(doomed.get(timeout=peers.PATIENCE))
        assert re.fullmatch(rf"ERROR:process command \+Recv {bad}, -\d+", talk.late("ERROR"))
        answers = [talk(f"AT+Send={bad},0,3,abc") for _ in range(3)]
        assert re.fullmatch(r"ERROR:process command, -\d+", answers[-1][0]) or talk.event(
            f"+EventSock: TX_FAILED,{bad},-"
        )
        talk.ok(f"AT+Send={good},0,3,xyz")
        assert talk.late() == f"+Recv: {good},0,3,xyz"
        assert talk(f"AT+Close={bad}") == [f"+Close: {bad}", "OK"]
        assert talk.socket() == bad
        gone.set()


@pytest.fixture
def far(talk, world):
    """Connected over the radio: a socket of the board in the office, and its peer on this PC."""
    world.model.world.routes[socket.inet_aton("10.1.0.7"), None] = (b"\x7f\0\0\1", None)
    talk.join()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        sd = talk.socket()
        assert talk.background(f"AT+Connect={sd},INET,{port},10.1.0.7") == (
            f"+Connect: {port},10.1.0.7"
        )
        peer, _ = listener.accept()
    peer.settimeout(peers.PATIENCE)
    with peer:
        yield sd, peer


def is_silent(peer) -> bool:
    """Nothing has reached this peer, no end of the connection either."""
    return not select.select([peer], [], [], 0)[0]


def test_without_the_radio_link_nothing_passes_and_with_it_all_goes_on(talk, world, far):
    sd, peer = far
    talk.ok(f"AT+Recv={sd},0,100")
    world.control.call("ap_off", ssid="office")
    talk.ok(f"AT+Send={sd},0,5,early")
    talk.event("+EventWlan: DISCONNECT,office")
    talk.ok(f"AT+Send={sd},0,5,hello")
    peer.sendall(b"world")
    talk.sleep(0.5)
    assert is_silent(peer) and not talk.lates
    world.control.call("ap_on", ssid="office")
    talk.join()
    assert talk.late() == f"+Recv: {sd},0,5,world"
    assert peer.recv(5, socket.MSG_WAITALL) + peer.recv(5, socket.MSG_WAITALL) == b"earlyhello"


def test_when_tcp_has_lost_its_patience_the_connection_is_an_error(talk, world, far):
    sd, peer = far
    world.times.silence_s = 1.0  # with a socket open, time passes as on the wall
    talk.ok(f"AT+Recv={sd},0,100")
    world.control.call("ap_off", ssid="office")
    talk.ok(f"AT+Send={sd},0,5,hello")
    assert talk.event("+EventSock: ") == f"+EventSock: TX_FAILED,{sd},-110"
    assert talk.late() == f"ERROR:process command +Recv {sd}, -110"
    assert is_silent(peer)
    assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
    assert is_silent(peer)
    world.control.call("ap_on", ssid="office")
    talk.join()
    with pytest.raises(ConnectionResetError):
        peer.recv(1)


class Jammed:
    """An echo peer that hangs in sendall() as long as nobody reads; `drain` lets it go on."""

    def __init__(self):
        self.drain = threading.Event()

    def __call__(self, connection):
        while data := connection.recv(4096):
            sender = threading.Thread(target=_send, args=(connection, data), daemon=True)
            sender.start()
            while sender.is_alive() and not self.drain.wait(0.01):
                pass
            if self.drain.is_set():
                break
        peers.silent(connection)


def _send(connection, data):
    with contextlib.suppress(OSError):
        connection.sendall(data)


def test_with_both_directions_full_the_rest_goes_on_until_there_is_room(talk):
    """An echo peer that nobody reads from stops reading itself; Send then waits for room."""
    jammed, calls = Jammed(), queue.SimpleQueue()

    def caller(connection):
        while data := calls.get(timeout=peers.PATIENCE):
            connection.sendall(data)

    talk.speed_up()
    with peers.server(jammed, window=8192) as port, peers.server(caller) as other_port:
        full, other = connected(talk, port, "SOCKET,RCVBUF,8192"), connected(talk, other_port)
        block = b"AT+Send=%d,0,4096," % full + bytes(4096)
        for _ in range(100):
            talk.ok(f"AT+Recv={other},0,10")
            talk.send(block)
            with contextlib.suppress(AtTimeout):
                talk.at.wait_until(lambda: talk.replies, 1.5, "reply to Send")
            waits = not talk.replies
            calls.put(b"alive")
            assert talk.late() == f"+Recv: {other},0,5,alive"
            if waits and not talk.replies:
                break
            assert talk.reply() == ["OK"]  # the host's TCP has found a little more room
        else:
            pytest.fail("the peer took 400 KB")
        jammed.drain.set()
        assert talk.reply() == ["OK"]
        talk.ok(f"AT+Send={full},0,3,abc")
        calls.put(b"")


SENDS = [
    "AT+Send={},0,5,hello",
    "AT+Send={},1,8,aGVsbG8=",
    "AT+SendTo={},INET,5000,127.0.0.1,0,5,hello",
    "AT+SendTo={},INET6,5000,::1,1,8,aGVsbG8=",
]


@pytest.mark.parametrize("style", ["guide", "ti"])
@pytest.mark.parametrize("line", SENDS)
def test_nothing_is_sent_to_a_socket_that_is_not_open(talk, world, line, style):
    """Never opened, closed, forgotten by a stop: -9 and no frame."""

    def refused(sd):
        (answer,) = answers(talk, line.format(sd))
        assert answer == f"ERROR:{' ' * ti}process command,{' ' * (not ti)}-9"

    ti = style == "ti"
    world.model.log.clear()
    talk.ok(f"AT+Set=AT,STYLE,{style}")
    sd = int(answers(talk, "AT+Socket=INET,DGRAM,UDP")[0].split(":")[1])
    for other in (9, 15, sd + 1, 131, 255):
        refused(other)
    answers(talk, f"AT+Close={sd}")
    refused(sd)
    answers(talk, "AT+Socket=INET,DGRAM,UDP")
    answers(talk, "AT+Stop=200")
    answers(talk, "AT+Start")
    refused(sd)
    names = [name for _, direction, name in world.control.call("log", last=1000)]
    assert not [name for name in names if name.startswith("SOCKET_SEND")]
    assert world.model.violations == []


def answers(talk, line):
    """What comes within 0.3 s, in either style."""
    talk.log.clear()
    talk.send(line)
    talk.sleep(0.3)
    return [m.raw.decode() for m in talk.log]


@pytest.mark.parametrize("line", ["AT+Send=9,0,0,", "AT+SendTo=9,INET,7,127.0.0.1,0,0,"])
def test_no_bytes_are_sent_to_anybody(talk, world, line):
    """As the vendor's driver has it: OK, and no frame that could be refused."""
    world.model.log.clear()
    talk.ok(line)
    names = [name for _, direction, name in world.control.call("log", last=100)]
    assert not [name for name in names if name.startswith("SOCKET_SEND")]
