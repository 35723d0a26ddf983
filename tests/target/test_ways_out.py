"""The ways out of a command that waits: guide-style.md O13, in both styles."""

import contextlib

import pytest

from tests.target import peers
from tests.target.test_credits import BLOCK, TOO_LATE, deaf, jam
from tests.target.test_sockets_tcp import connected

pytestmark = pytest.mark.world
SECOND = 1.0
ABORTED, STOPPED, CLOSED = (f"ERROR:process command, {code}" for code in (-2005, -2017, -9))
SHORT = "ERROR:parse parameters, -5"
VERSION = "AT+Get=General,Version"
CANARIES = b"\r\nAT+Stop=0\r\nAT+Close=0\r\n\x01AT+Stop=1\r\nAT+Set=AT,ECHO,1\r\n"
STYLES = pytest.mark.parametrize("style", ["guide", "ti"])


@pytest.fixture
def stuck(talk):
    """A socket on which the next AT+Send waits for credits, 60 s."""
    talk.speed_up()
    talk.ok("AT+Set=AT,SENDWAIT,1")
    with deaf() as port:
        sd = connected(talk, port)
        jam(talk, sd, TOO_LATE)
        talk.ok("AT+Set=AT,SENDWAIT,60")
        yield sd
        talk.send("AT+Stop=0")
        talk.sleep(0.5)
        talk.replies.clear()
        talk.send("AT+Set=AT,STYLE,guide")
        talk.sleep(0.5)
        talk.replies.clear()
        talk.ok("AT+Start", "AT+Set=AT,SENDWAIT,10")


@contextlib.contextmanager
def within(talk, seconds=SECOND):
    """What is said in here is said in time, by the board's clock."""
    at = talk.at.clock()
    yield
    assert talk.at.clock() - at < seconds


def snap(talk):
    """A break on the line."""
    talk.at.port.send_break(0.01)


def dressed(line: str, style: str) -> str:
    """A line of style guide as that style has it."""
    if style == "guide":
        return line
    if line.startswith("+"):
        name, _, value = line.partition(": ")
        return f"{name.lower()}:{value}"
    return line.replace("ERROR:", "ERROR: ").replace(", ", ",")


class Waiting:
    """A command that waits, and what is answered in the style."""

    def __init__(self, talk, style, line):
        self.talk, self.style = talk, style
        if style == "ti":
            talk.ok("AT+Set=AT,STYLE,ti")
        self.line = line
        self.wait()

    def wait(self):
        """The command, said so that it waits."""
        talk = self.talk
        for _ in range(20):  # the PC's TCP finds a little more room now and then
            talk.send(self.line)
            talk.sleep(0.5)
            if not talk.replies:
                return
            assert talk.replies.popleft() == "OK"
        pytest.fail("it does not wait")

    def expect(self, *lines, seconds=SECOND):
        """These lines and no others come in time, the first within a second."""
        wanted = [dressed(line, self.style) for line in lines]
        talk = self.talk
        with within(talk, SECOND):
            talk.at.wait_until(lambda: talk.replies, 10, "an end")
        with within(talk, seconds):
            talk.at.wait_until(lambda: len(talk.replies) >= len(wanted), 10, f"{wanted}")
        talk.sleep(0.3)
        assert list(talk.replies) == wanted
        talk.replies.clear()


# --- A send without credits ---


@STYLES
def test_breaks_and_close_end_sends_that_wait(talk, world, stuck, style):
    other = talk.socket()
    it = Waiting(talk, style, BLOCK % stuck)
    talk.send("AT+Test\r\nAT+Get=AT,BAUD")
    talk.sleep(0.5)
    snap(talk)
    it.expect(ABORTED, "OK", "+Get: 3000000", "OK")

    it.wait()
    talk.at.write(b"AT+Send=%d,0,%d," % (other, len(CANARIES)) + CANARIES + b"\r\nAT+Test\r\n")
    talk.sleep(1.0)
    assert not talk.replies
    snap(talk)
    it.expect(ABORTED, "OK", "OK")

    for at in (1, 14, 40):
        it.wait()
        talk.at.write(b"AT+Test\r\nAT+Send=%d,0,%d," % (stuck, len(CANARIES)) + CANARIES[:at])
        talk.sleep(0.2)
        snap(talk)
        talk.at.write(CANARIES[at:] + b"\r\n")
        talk.sleep(0.5)
        talk.send("AT+Test")
        talk.sleep(0.5)
        assert not talk.replies
        snap(talk)
        it.expect(ABORTED, "OK", SHORT, "OK")

    it.wait()
    talk.send(f"AT+Test\r\nATE0\r\nAT+Close={other}")
    talk.sleep(1.0)
    assert not talk.replies
    talk.send(f"AT+Close={stuck}\r\nAT+Test\r\nATE0")
    echo = "OK" if style == "guide" else "ERROR:command not exist, 0"
    it.expect(CLOSED, "OK", echo, f"+Close: {other}", "OK")
    # The network processor gives up what the peer has not taken: its own error, and its own time.
    with within(talk, world.times.close_s + SECOND):
        talk.at.wait_until(lambda: talk.replies, 20, "the close")
    it.expect("ERROR:process command, -15", "OK", echo)
    talk.send("AT+Get=AT,ECHO")
    it.expect("+Get: 0", "OK")


@STYLES
def test_stop_ends_sends_that_wait_and_what_does_in_the_background(talk, stuck, style):
    talk.ok(f"AT+Recv={stuck},0,10")
    it = Waiting(talk, style, BLOCK % stuck)
    talk.at.write(b"AT+Send=%d,0,%d,abc" % (stuck, len(CANARIES)))
    talk.sleep(0.2)
    snap(talk)
    talk.sleep(0.5)
    talk.send("AT+Test\r\nAT+Get=AT,BAUD\r\nAT+Stop=200\r\nAT+Test")
    it.expect(STOPPED, SHORT, "OK", "+Get: 3000000", "OK", "OK", "OK")
    late = f"ERROR:process command +Recv {stuck}, -2017"
    told = [str(m) for m in talk.log if m.kind == "error" and "2017" in str(m)]
    assert len(told) == 2 and (style == "ti" or told == [STOPPED, late])


def test_a_way_out_behind_more_than_can_be_looked_through_is_a_break(talk, stuck, board):
    """README: what the input buffer holds beside the command that waits is looked through."""
    it = Waiting(talk, "guide", BLOCK % stuck)
    talk.at.write(b"AT+Test\r\n" * 2000 + b"AT+Stop=0\r\n")
    talk.sleep(2.0)
    assert not talk.replies
    snap(talk)
    with within(talk):
        talk.at.wait_until(lambda: talk.replies, 10, "an end")
    assert talk.replies.popleft() == ABORTED
    talk.sleep(3.0)
    assert talk.replies.count("OK") > board.ring // 16
    talk.replies.clear()
    talk.send("")
    talk.sleep(0.5)
    talk.replies.clear()
    talk.send("AT+Test")
    it.expect("OK")


# --- An answer that does not come: of a short command, of a long one, of the file, of a boot ---

LOST = {
    "short": (VERSION, "DEVICE_GET"),
    "long": ("AT+Set=AT,VERBOSE,1", "FS_OPEN"),
    "two phases": ("AT+WlanDisconnect", "WLAN_DISCONNECT"),
}


@STYLES
@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("way", ["break", "stop"])
def test_an_answer_that_does_not_come_has_ways_out(talk, world, style, name, way):
    line, answer = LOST[name]
    if style == "ti":
        talk.ok("AT+Set=AT,STYLE,ti")
    world.fault(to=answer, do="lose")
    it = Waiting(talk, "guide", line)
    it.style = style
    talk.send("AT+Test")
    if way == "break":
        snap(talk)
        it.expect(ABORTED, "OK")
    else:
        talk.send("AT+Stop=200")
        it.expect(STOPPED, "OK", "OK", seconds=2.0)
        talk.send("AT+Start")
        it.expect("OK")
        talk.send("AT+Get=AT,VERBOSE")
        it.expect("+Get: 0", "OK")


def test_a_request_behind_one_that_a_break_has_ended_has_ways_out_too(talk, world):
    world.fault(to="DEVICE_GET", do="lose")
    it = Waiting(talk, "guide", VERSION)
    talk.send(VERSION)
    snap(talk)
    it.expect(ABORTED)
    snap(talk)
    it.expect(ABORTED)
    talk.send("AT+Stop=200")
    it.expect("OK", seconds=2.0)


def test_close_ends_a_request_on_its_socket(talk, world):
    sd = talk.socket()
    world.fault(to="SOCKET_SETSOCKOPT", do="lose")
    it = Waiting(talk, "guide", f"AT+SetSockOpt={sd},SOCKET,KEEPALIVE,1")
    talk.send(f"AT+Test\r\nAT+Close={sd + 1}\r\nAT+Close={sd}")
    talk.at.wait_until(lambda: len(talk.replies) >= 2, SECOND, "its end")
    assert [talk.replies.popleft(), talk.replies.popleft()] == [CLOSED, "OK"]
    talk.send("AT+Stop=0")
    it.expect(STOPPED, STOPPED, "OK", seconds=2.0)


def test_a_start_that_does_not_come_up_has_a_way_out(talk, world):
    talk.ok("AT+Stop=0")
    world.fault(to="DEVICE_INIT_COMPLETE", do="lose")
    it = Waiting(talk, "guide", "AT+Start")
    talk.send("AT+Stop=0")
    it.expect(STOPPED, "OK", seconds=2.0)
    talk.ok("AT+Start", "AT+Test")


def test_what_does_not_wait_is_in_time(talk):
    """A break on an idle line says nothing; neither does one behind a half-typed line."""
    snap(talk)
    talk.sleep(0.5)
    talk.at.write(b"AT+Te")
    talk.sleep(0.3)
    snap(talk)
    talk.sleep(0.5)
    talk.at.write(b"st\r\n")
    assert talk.reply() == ["OK"]


def test_a_server_that_reads_is_not_disturbed(talk):
    """Sends that wait for a moment, with lines behind them."""
    talk.speed_up()
    with peers.server(peers.echo) as port:
        sd = connected(talk, port)
        talk.at.write((BLOCK % sd + b"\r\nAT+Test\r\n") * 10)
        for _ in range(20):
            assert talk.reply(timeout=20) == ["OK"]
