"""The ways out of a command that waits: guide-style.md O13."""

import contextlib

import pytest

from cc32at.hostlink.console import Console
from simplelink.errors import SlError
from tests.unit.atcore.fake import Wait, listen
from tests.unit.atcore.stream import answers, build

OK = b"OK"
TEST = b"AT+Test\r\n"
SECOND = 1000
CANARIES = b"\r\nAT+Stop=0\r\nAT+Close=3\r\n\x01AT+Stop=1\r\nAT+Set=AT,ECHO,1\r\n"


class Desk:
    """A core whose AT+Send on socket 3 waits, and what is answered in which style."""

    def __init__(self, style):
        self.line = self.core, self.stream, self.calls = build(style=style)
        self.style = style
        sockets = self.core.sl.sockets
        sockets.waits[3] = self.wait = Wait()
        self.wait.lock = 3
        sockets.close = self.close

    async def close(self, sd):
        self.calls.append(("close", sd))

    def error(self, code, what=b"process command"):
        form = b"ERROR: %s,%d" if self.style else b"ERROR:%s, %d"
        return form % (what, code)

    @property
    def closed(self):
        return b"+close:3" if self.style else b"+Close: 3"

    def begin(self, data=b"x", ms=500):
        """The send that waits."""
        assert self.feed(b"AT+Send=3,0,%d," % len(data) + data + b"\r\n", ms) == []

    def feed(self, data, ms=SECOND):
        """What is answered within `ms` behind these bytes."""
        return answers(self.line, data, ms=ms)

    def snap(self, ms=SECOND):
        """The same behind a break."""
        self.stream.feed_break()
        return listen(self.core, ms)

    def names(self):
        """What the driver was asked for."""
        return [call[0] for call in self.calls]


@pytest.fixture(params=[0, 1], ids=["guide", "ti"])
def desk(request):
    return Desk(request.param)


# --- Each way out: its error, the lines between, its own answer ---


def test_a_break_ends_the_command_that_waits(desk):
    desk.begin()
    assert desk.feed(TEST) == []
    assert desk.snap() == [desk.error(-2005), OK]
    assert desk.feed(TEST, 10) == [OK] and desk.calls == []


def test_a_break_ends_one_command_and_not_the_next(desk):
    desk.begin()
    assert desk.snap() == [desk.error(-2005)]
    desk.core.sl.sockets.waits[3] = Wait()
    desk.begin()
    assert listen(desk.core, 5000) == []
    assert desk.snap() == [desk.error(-2005)]


def test_stop_ends_the_command_that_waits(desk):
    desk.begin()
    assert desk.feed(TEST + TEST + b"AT+Stop=0\r\n" + TEST) == [desk.error(-2017)] + 4 * [OK]
    assert desk.calls == [("stop", 0)]


def test_close_of_its_socket_ends_the_command_that_waits(desk):
    desk.begin()
    answer = desk.feed(TEST + b"AT+Close=3\r\n" + TEST)
    assert answer == [desk.error(-9), OK, desk.closed, OK, OK]
    assert desk.calls == [("close", 3)]


@pytest.mark.parametrize(
    "line",
    [b"AT+Close=4", b"AT+Close=3,1", b"AT+Close=x", b"AT+Close=?", b"AT+Close", b"AT+Stop=?"]
    + [b"AT+Stop", b"AT+Stop=1,2", b"AT+Stop=-1", b"AT+Stop=x", b"AT+Stops=0", b"xAT+Stop=0"],
)
def test_what_is_no_way_out_waits(desk, line):
    desk.begin()
    assert desk.feed(line + b"\r\n", 5000) == []
    desk.wait.finish()
    desk.core.link.woken = True
    answer = listen(desk.core, 10)
    assert answer[0] == OK and len(answer) in (2, 3)
    assert desk.names() == ["send"] + ["close"] * (line == b"AT+Close=4")


def test_it_is_found_in_pieces_as_they_come(desk):
    desk.begin()
    for byte in b"AT+Test\r\nAT+Stop=0":
        assert desk.feed(bytes((byte,)), 300) == []
    assert desk.feed(b"\r\n") == [desk.error(-2017), OK, OK]


def test_noise_and_case_and_a_lone_ctrl_c_do_not_hide_it(desk):
    desk.core.framer.control = lambda byte: byte == 3
    desk.begin()
    assert desk.feed(b"\x03\xff\x00at+sTOP=0\n") == [desk.error(-2017), OK]


def test_behind_ctrl_a_nothing_is_a_command(desk):
    desk.core.framer.control = lambda byte: byte == 1
    desk.begin()
    assert desk.feed(b"\x01AT+Stop=0\r\n", 3000) == []
    assert desk.snap()[0] == desk.error(-2005)


def test_a_command_handed_to_send_is_a_way_out(make):
    core = make()
    core.sl.sockets.waits[3] = Wait()
    core.send(b"AT+Send=3,0,1,x")
    core.send(b"AT+Test")
    assert listen(core, 500) == []
    core.send(b"AT+Stop=0")
    assert listen(core, SECOND) == [b"ERROR:process command, -2017", OK, OK]


# --- Payloads between ---


def test_a_payload_is_never_taken_for_a_command(desk):
    desk.begin(CANARIES)
    block = b"AT+Send=4,0,%d," % len(CANARIES) + CANARIES
    assert desk.feed(block + b"\r\n" + TEST, 5000) == []
    for at in range(len(block)):
        assert desk.feed(block[at : at + 1], 20 if at % 9 else 160) == []
    assert desk.feed(b"\r\nAT+Stop=0\r\n") == [desk.error(-2017)] + 4 * [OK]
    assert desk.calls == [("send", 4, CANARIES)] * 2 + [("stop", 0)]
    assert not desk.core.settings.echo


@pytest.mark.parametrize("at", range(1, len(CANARIES), 5))
def test_a_break_in_a_payload_ends_that_payload(desk, at):
    """And what follows up to a silence is dropped; a second break ends the command that waits."""
    desk.begin()
    short = desk.error(-5, b"parse parameters")
    desk.feed(TEST + b"AT+Send=4,0,%d," % len(CANARIES) + CANARIES[:at], 200)
    assert desk.snap(5) == []
    assert desk.feed(CANARIES[at:] + b"\r\n", 400) == []
    assert desk.feed(TEST, 200) == []
    assert desk.snap() == [desk.error(-2005), OK, short, OK]
    assert desk.calls == [] and not desk.core.settings.echo
    assert desk.feed(TEST, 10) == [OK]


def test_behind_a_payload_that_a_break_has_ended_stop_is_found(desk):
    desk.begin()
    short = desk.error(-5, b"parse parameters")
    for _ in range(3):
        desk.feed(b"AT+Send=4,0,100,abc", 200)
        assert desk.snap(400) == []
    assert desk.feed(TEST + b"AT+Stop=0\r\n") == [desk.error(-2017)] + [short] * 3 + [OK, OK]
    assert desk.calls == [("stop", 0)]


@pytest.mark.parametrize("at", range(1, len(CANARIES), 5))
def test_a_payload_that_stays_short_ends_by_the_pause(desk, at):
    """Its missing bytes are no commands, though they come behind that."""
    desk.begin()
    short = desk.error(-5, b"parse parameters")
    desk.feed(b"AT+Send=4,0,%d," % len(CANARIES) + CANARIES[:at], 2500)
    told = [short] * (1 + (CANARIES[at:].strip(b"\r\n") != b""))
    assert desk.feed(CANARIES[at:] + b"\r\n" + TEST, 400) == []
    assert desk.feed(b"AT+Stop=7\r\n") == [desk.error(-2017), *told, OK, OK]
    assert desk.calls == [("stop", 7)] and not desk.core.settings.echo


def test_behind_a_pause_an_empty_line_costs_nothing_and_a_line_is_told(desk):
    desk.begin()
    short = desk.error(-5, b"parse parameters")
    desk.feed(b"AT+Send=4,0,100,abc", 2500)
    assert desk.feed(b"\r\n", 200) == []
    desk.feed(b"AT+Send=4,0,100,abc", 2500)
    assert desk.feed(b"AT+Stop=0\r\n", 400) == []
    assert desk.feed(b"AT+Stop=1\r\n") == [desk.error(-2017), short, short, short, OK]
    assert desk.calls == [("stop", 1)]


@pytest.mark.parametrize("at", range(1, len(CANARIES), 7))
def test_missing_bytes_that_come_when_the_command_has_gone_on_are_no_commands(desk, at):
    desk.begin()
    desk.feed(b"AT+Send=4,0,%d," % len(CANARIES) + CANARIES[:at], 2500)
    desk.wait.finish()
    desk.core.link.woken = True
    assert desk.feed(b"", 50) == [OK, desk.error(-5, b"parse parameters")]
    desk.feed(CANARIES[at:] + b"\r\n", 50)
    assert desk.names() == ["send"] and not desk.core.settings.echo
    assert desk.feed(TEST, 10) == [OK]


def test_a_command_that_goes_on_while_is_dropped_leaves_that_to_the_framer(desk):
    desk.begin()
    desk.feed(b"AT+Send=4,0,100,abc", 200)
    desk.stream.feed_break()
    for _ in range(20):
        desk.feed(b"AT+Stop=0\r\n", 15)
    desk.wait.finish()
    desk.core.link.woken = True
    assert desk.feed(b"AT+Stop=0\r\n", 15) == [OK]
    assert desk.feed(b"", 30) == [desk.error(-5, b"parse parameters")]
    assert desk.names() == ["send"]
    assert desk.feed(TEST, 10) == [OK]


def test_behind_a_wrong_tail_is_dropped_until_it_is_silent(desk):
    desk.begin()
    assert desk.feed(b"AT+Send=4,0,2,abc\r\nAT+Stop=0\r\n", 300) == []
    answer = desk.feed(TEST + b"AT+Stop=7\r\n")
    assert answer == [desk.error(-2017), desk.error(-5, b"parse parameters"), OK, OK]
    assert desk.calls == [("stop", 7)]


@pytest.mark.parametrize("ms", [0, 300])
def test_a_break_behind_a_complete_payload_is_its_line_end_and_a_way_out(desk, ms):
    desk.begin()
    desk.feed(b"AT+Send=4,0,3,abc", ms)
    assert desk.snap() == [desk.error(-2005), OK]
    assert desk.feed(TEST, 10) == [OK]
    assert desk.calls == [("send", 4, b"abc")]


def test_a_complete_payload_without_line_end_hides_nothing(desk):
    desk.begin()
    desk.feed(b"AT+Send=4,0,3,abc", 400)
    assert desk.feed(b"AT+Stop=0\r\n") == [desk.error(-2017), OK, OK]
    assert desk.calls == [("send", 4, b"abc"), ("stop", 0)]


def test_blanks_before_a_payload_in_base64_move_no_mark():
    desk = Desk(1)
    desk.begin()
    desk.feed(b"AT+Send=4,1,4,   eHh4\r\nAT+Send=4,0,100,abc", 200)
    assert desk.snap(400) == []
    answer = desk.feed(b"AT+Stop=0\r\n")
    assert answer == [desk.error(-2017), OK, desk.error(-5, b"parse parameters"), OK]
    assert desk.calls == [("send", 4, b"xxx"), ("stop", 0)]


@pytest.mark.parametrize("first", [0, 1000, 3000, 5000])
def test_half_of_what_the_command_leaves_is_looked_through(desk, first):
    """Wherever in the buffer it is; its own payload stays as it was."""
    data = bytes(i & 0x7F | 0x80 for i in range(4000))
    sends = [b"AT+Test\r\n" * (first // 9), b"AT+Send=3,0,4000," + data + b"\r\n"]
    rest = b"AT+Send=4,0,1500," + CANARIES + bytes(1500 - len(CANARIES)) + b"\r\n"
    desk.feed(b"".join(sends) + rest, 1000)
    assert desk.feed(b"AT+Close=5\r\n" * 20, 1000) == []
    desk.stream.feed(b"AT+Stop=0\r\n")
    answer = listen(desk.core, SECOND)
    assert answer[0] == desk.error(-2017) and len(answer) == 1 + 1 + 40 + 1
    assert desk.calls[0] == ("send", 4, rest[17:-2]) and desk.names().count("stop") == 1


@pytest.mark.parametrize("first", [0, 3000])
def test_what_is_moved_leaves_the_payload_that_waits(desk, first):
    data = bytes(i & 0x7F | 0x80 for i in range(4000))
    send = b"AT+Send=3,0,4000," + data + b"\r\n"
    desk.feed(b"AT+Test\r\n" * (first // 9) + send + TEST * 900, 3000)
    desk.wait.finish()
    desk.core.link.woken = True
    assert listen(desk.core, 100) == [OK] * 901
    assert desk.calls == [("send", 3, data)]


# --- Heads that do not say how long their payload is ---

HEADS = [b'AT+Send="4,0,3,abc', b"AT+Send=4,0,x,abc", b"AT+Send=4,5,3,abc", b"AT+Send=4,0"]


@pytest.mark.parametrize("head", HEADS)
def test_behind_a_wrong_head_is_dropped_until_it_is_silent(desk, head):
    desk.begin()
    assert desk.feed(head + CANARIES, 300) == []
    told = desk.feed(TEST + b"AT+Stop=7\r\n")
    assert told[0] == desk.error(-2017) and told[2:] == [OK, OK]
    assert told[1] in [desk.error(code, b"parse parameters") for code in (-3, -4)]
    assert desk.calls == [("stop", 7)] and not desk.core.settings.echo


@pytest.mark.parametrize("head", HEADS)
def test_a_command_that_goes_on_behind_a_wrong_head_drops_no_less(desk, head):
    desk.begin()
    assert desk.feed(TEST + head + b"\r\n", 15) == []
    for _ in range(20):
        desk.feed(CANARIES, 15)
    desk.wait.finish()
    desk.core.link.woken = True
    assert desk.feed(CANARIES, 15) == [OK, OK]
    (told,) = desk.feed(b"", 30)
    assert told in [desk.error(code, b"parse parameters") for code in (-3, -4)]
    assert desk.feed(TEST, 10) == [OK]
    assert desk.names() == ["send"] and not desk.core.settings.echo


@pytest.mark.parametrize("line", [b"AT+Send", b"AT+Send=?"])
def test_a_line_that_announces_no_payload_leaves_no_mark(desk, line):
    """A mark left behind would stand in for the end of what is dropped behind a later payload."""
    desk.begin()
    assert desk.feed(line + b"\r\n", 300) == []
    desk.wait.finish()
    desk.core.link.woken = True
    told = desk.feed(TEST)
    assert told[0] == told[-1] == OK and len(told) > 2
    assert desk.feed(b"AT+Send=4,0,2,abc" + CANARIES + CANARIES, 15) == []
    assert desk.feed(CANARIES, SECOND) == [desk.error(-5, b"parse parameters")]
    assert desk.names() == ["send"] and not desk.core.exceptions


# --- Where one cannot look ---


def test_behind_another_style_one_cannot_look(desk):
    """Blanks before a payload in Base64 are part of it in one style, and not in the other."""
    style = (b"guide", b"ti")[not desk.style]
    desk.begin()
    assert desk.feed(b"AT+Set=AT,Style,%s\r\nAT+Send=4,1,4,   eHh4\r\n" % style, 300) == []
    assert desk.core.framer.cuts == [] and not desk.core.framer.drops
    desk.wait.finish()
    desk.core.link.woken = True
    assert desk.feed(b"")[:2] == [OK, OK]
    assert desk.feed(b"AT+Send=4,0,2,abc" + CANARIES + CANARIES, 15) == []
    desk.style = not desk.style
    assert desk.feed(CANARIES, SECOND) == [desk.error(-5, b"parse parameters")]
    assert not desk.core.exceptions


@pytest.mark.parametrize(
    "line",
    [b"AT+Send=4,0,65000,abc\r\n", b"A" * 3000, b"AT+Test\r\n" * 2000],
    ids=["too long", "endless", "full"],
)
def test_where_one_cannot_look_a_break_is_the_way_out(desk, line):
    console = Console(lambda: desk.core.link.now)
    desk.stream.readinto = lambda view: console.readinto(view)
    for name in ("brk", "breaks", "lost"):
        setattr(desk.core.framer, name, getattr(console, name))
    desk.core.framer.readinto = lambda buf, at: console.readinto(buf, at)
    desk.core.foreground = None
    console.receive(b"AT+Send=3,0,1,x\r\n")
    desk.stream.due = lambda: desk.core.link.now
    assert listen(desk.core, 300) == []
    desk.stream.due = lambda: None
    console.receive(line)
    assert listen(desk.core, 500) == []
    console.receive(b"AT+Stop=0\r\n")
    assert listen(desk.core, 500) == []
    console.receive_break()
    assert listen(desk.core, SECOND)[0] == desk.error(-2005)


# --- A call that is not to be resumed ---


def test_a_request_that_waits_is_told(desk):
    """As the driver asks while a plain method waits for its answer."""
    heed = desk.core.sl.on_wait
    heed()
    desk.stream.feed(TEST + b"AT+Stop=0\r\n")
    with pytest.raises(SlError) as caught:
        heed()
    assert caught.value.code == -2017
    assert listen(desk.core, 10) == [OK, OK]


def test_the_commands_between_share_a_little_time(desk):
    """Those that wait as well, so that the way out is answered within a second."""
    desk.begin()
    lines = b""
    for sd in range(5, 12):
        desk.core.sl.sockets.waits[sd] = Wait()
        lines += b"AT+Send=%d,0,1,x\r\n" % sd
    desk.core.sl.sockets.waits[5].done = True
    answer = desk.feed(lines + b"AT+Stop=0\r\n")
    assert answer == [desk.error(-2017), OK] + [desk.error(-2017)] * 6 + [OK]


def test_stop_does_not_wait_for_a_boot(desk):
    from atcore.pump import boot

    async def start():
        with contextlib.suppress(SlError):
            await Wait()

    boot(desk.core, start())
    assert desk.feed(b"AT+Get=General,Persistent\r\n", 3000) == []
    answer = desk.feed(b"AT+Stop=0\r\n")
    assert answer == [desk.error(-2017), OK] and desk.core.booting is None


def test_looking_costs_nothing_while_nothing_comes(desk):
    desk.begin()
    desk.feed(TEST * 300)
    steps = []
    step = desk.core.ahead().step
    desk.core.ahead().step = lambda *args: steps.append(args) or step(*args)
    assert listen(desk.core, 60000) == []
    assert len(steps) == 0 and len(desk.core.link.slept) < 2 * 60000 / 150 + 100
