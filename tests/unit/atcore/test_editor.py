"""Echo and line editing (DESIGN.md, settings and console): what is shown, and what is executed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc32at.hostlink.console import Console
from tests.unit.atcore.fake import FakeDriver, FakeStream, messages

BS, CTRL_U, DEL = b"\x08", b"\x15", b"\x7f"
OK = b"OK"


class Terminal:
    """A core on a stream with a line discipline; `shown` is what a terminal has printed."""

    def __init__(self, **settings):
        import atcore
        from atcore.commands import ALL, device, socket  # noqa: F401

        driver = FakeDriver()
        self.calls = driver.calls
        self.stream = Screen(driver.link)
        self.core = atcore.create(driver, ALL, self.stream, **settings)
        self.stream.watch(ALL.payloads, Console.ESCAPES | Console.ECHO)
        self.core.framer.resync()

    def type(self, data, ms=1):
        """What is answered."""
        from tests.unit.atcore.fake import listen

        self.stream.feed(data)
        return listen(self.core, ms)

    @property
    def shown(self):
        return bytes(self.stream.out)


class Screen(FakeStream):
    """A console whose line takes at most `room` bytes a look."""

    def __init__(self, link, rx=8192):
        super().__init__(link)
        self.console = console = Console(lambda: link.now, rx)
        self.watch, self.wake_at, self.again = console.watch, console.wake_at, console.again
        self.partial, self.silence = console.partial, console.silence
        self.brk, self.lost, self.forget = console.brk, console.lost, console.forget
        self.any = console.any
        self.out = bytearray()
        self.room = 1000

    def due(self):
        """When there is something for the reader, or to look again."""
        self.arrive()
        ready = self.console.poll()
        self.out += (gone := self.console.sent(self.room))
        if ready or gone:
            return self.link.now
        patience = self.console.patience()
        times = [at for at, _ in self.pending[:1]]
        times += [] if patience is None else [self.link.now + patience]
        return min(times, default=None)

    def arrive(self):
        while self.pending and self.pending[0][0] <= self.link.now:
            at, data = self.pending.pop(0)
            if data is None:
                self.console.receive_break()
            else:
                self.console.receive(data, at)

    def readinto(self, view):
        self.arrive()
        return self.console.readinto(view)

    def write(self, data):
        n = self.console.write(data)
        self.out += self.console.sent(self.room)
        return n

    def space(self):
        return self.console.space()


@pytest.fixture
def terminal():
    return Terminal()


def test_what_is_typed_is_shown(terminal):
    assert terminal.type(b"AT+Test") == []
    assert terminal.shown == b"AT+Test"
    assert terminal.type(b"\r") == [OK]
    assert terminal.shown == b"AT+Test\r\n"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_end_is_shown_as_one(terminal, end):
    assert terminal.type(b"AT+Test" + end + b"AT+Foo" + end) == [
        OK,
        b"ERROR:command not exist, 0",
    ]
    assert terminal.shown == b"AT+Test\r\nAT+Foo\r\n"


@pytest.mark.parametrize("key", [BS, DEL])
def test_the_last_character_is_taken_back(terminal, key):
    assert terminal.type(b"AT+Tesx" + key + b"t\r") == [OK]
    assert terminal.shown == b"AT+Tesx\b \bt\r\n"


def test_nothing_is_taken_back_from_an_empty_line(terminal):
    assert terminal.type(BS + DEL + CTRL_U + b"AT+Test\r" + 3 * BS + b"AT+Test\r") == [OK, OK]
    assert terminal.shown == b"AT+Test\r\nAT+Test\r\n"


def test_the_whole_line_is_taken_back(terminal):
    assert terminal.type(b"AT+Stop=0" + CTRL_U + b"AT+Test\r") == [OK]
    assert terminal.shown == b"AT+Stop=0" + 9 * b"\b \b" + b"AT+Test\r\n"
    assert not terminal.calls


def test_a_character_of_several_bytes_is_one(terminal):
    """Its bytes go together, and one column of the screen with them."""
    text = "é€𝄞".encode()
    terminal.type(b"AT+Test" + text + 3 * BS)
    assert terminal.shown == b"AT+Test" + text + 3 * b"\b \b"
    assert terminal.type(b"\r") == [OK]


def test_control_characters_are_not_shown(terminal):
    assert terminal.type(b"AT+\x01\x1bTest\r") == [b"ERROR:command not exist, 0"]
    assert terminal.shown == b"AT+Test\r\n"


def test_a_payload_is_shown_and_never_edited(terminal):
    payload = b"a" + BS + CTRL_U + DEL + b"\r"
    assert terminal.type(b"AT+Send=3,0,5," + payload + b"\r\nAT+Test\r\n") == [OK, OK]
    assert terminal.calls == [("send", 3, payload)]
    assert terminal.shown == b"AT+Send=3,0,5," + payload + b"\r\nAT+Test\r\n"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("payload", [b"abc", b"a\r\n", b"\n\r\r", b"\r\n\r", b""])
def test_the_line_end_behind_a_payload_is_shown_as_any_other(terminal, payload, end):
    """The payload's own line ends are bytes like all of them."""
    head = b"AT+Send=3,0,%d," % len(payload)
    assert terminal.type(head + payload + end) == [OK]
    assert terminal.calls == [("send", 3, payload)]
    assert terminal.shown == head + payload + b"\r\n"


def test_the_line_end_of_a_dropped_line_is_shown_as_any_other(terminal):
    assert terminal.type(b"AT+Send=3,0,3,abcd\r\n", 25) == [b"ERROR:parse parameters, -5"]
    assert terminal.shown == b"AT+Send=3,0,3,abcd\r\n"


def test_a_break_is_heard_with_echo_on(terminal):
    terminal.stream.feed_break()
    assert terminal.type(b"AT+Send=3,0,9,abc") == []
    terminal.stream.feed_break()
    assert terminal.type(b"", 25) == [b"ERROR:parse parameters, -5"]
    assert terminal.type(b"AT+Send=3,0,4,wxyz\r\n") == [OK]
    assert terminal.calls == [("send", 3, b"wxyz")]


def half_read(terminal, head):
    """Type a head so that the core has some of it, and the line discipline passes the rest."""
    terminal.type(head[:5])
    terminal.stream.feed_break()
    terminal.type(head[5:])


@pytest.mark.parametrize("end", [b"", b"\r", b"\nAT+Send=0,0,90,"])
def test_the_payload_of_a_line_that_was_read_in_part_is_never_edited(terminal, end):
    payload = b"a" + end + b"bc" + BS + b"d" + CTRL_U + DEL
    head = b"AT+Send=3,0,%d," % len(payload)
    half_read(terminal, head)
    assert terminal.type(payload + b"\r\n") == [OK]
    assert terminal.calls == [("send", 3, payload)]
    assert terminal.shown == re.sub(rb"[\r\n]+", b"\r\n", head + payload + b"\r\n")
    assert terminal.type(b"AT+Tesx" + BS + b"t\r\n") == [OK]


@pytest.mark.parametrize("cut", [0, 10])
def test_a_payload_of_a_line_that_was_read_in_part_takes_no_round_a_byte(terminal, cut):
    """It comes in at once here; on the wire the core would not sleep between two bytes."""
    payload = bytes(range(32, 112)) * 50
    head = b"AT+Send=3,0,%d," % len(payload)
    half_read(terminal, head[: cut or None])
    wait, rounds = terminal.core.wait, []
    terminal.core.wait = lambda ms, mask=7: (rounds.append(ms), wait(ms, mask))[1]
    assert terminal.type(head[cut:] * (cut > 0) + payload + b"\r\n", 30) == [OK]
    assert terminal.calls == [("send", 3, payload)]
    assert len(rounds) < 50


def test_the_header_of_a_payload_can_be_edited(terminal):
    assert terminal.type(b"AT+Send=9" + BS + b"3,0,4,abcd\r\n") == [OK]
    assert terminal.calls == [("send", 3, b"abcd")]


def test_what_was_taken_back_is_no_payload_command(terminal):
    """Send was typed, and then something else in its place."""
    assert terminal.type(b"AT+Send=3,0" + CTRL_U + b"AT+Test\r\n") == [OK]
    assert terminal.type(b"AT+Send=3,0" + 8 * BS + b"\r\n") == [b"ERROR:command not exist, 0"]
    assert terminal.type(b"AT+Test\r\n") == [OK]
    assert not terminal.calls


def test_a_screen_that_takes_a_byte_at_a_time(terminal):
    terminal.stream.room = 1
    assert terminal.type(b"AT+Tesx" + BS + b"t\r\n") == [OK]
    assert terminal.shown == b"AT+Tesx\b \bt\r\n"


@given(st.lists(st.sampled_from([b"A", b"T", b"+", b"x", b" ", BS, DEL, CTRL_U, "ü".encode()])))
def test_the_screen_shows_what_is_executed(keys):
    terminal = Terminal()
    line, screen = [], []
    for key in keys:
        if key in (BS, DEL):
            del line[-1:]
        elif key == CTRL_U:
            line.clear()
        else:
            line.append(key)
    terminal.type(b"".join(keys))
    for char in terminal.shown.replace(b"\b \b", b"\b").decode():
        if char == "\b":
            del screen[-1:]
        else:
            screen.append(char)
    assert "".join(screen) == b"".join(line).decode()
    console = terminal.stream.console
    assert console.partial() == len(b"".join(line))
    assert console.again(0) == console.partial()
    assert console.sent().decode() == "".join(screen)


def test_a_line_longer_than_the_limit_is_dropped_whole(terminal):
    assert terminal.type(b"AT+Set=AT,STYLE," + b"x" * 2560 + b"\r\n") == [
        b"ERROR:parse parameters, -5"
    ]
    assert terminal.type(b"AT+Test\r\n") == [OK]


def test_while_a_command_is_under_way_nothing_is_read(terminal):
    from tests.unit.atcore.fake import Wait

    terminal.core.sl.device.stopping = wait = Wait()
    assert terminal.type(b"AT+Stop=0\r\nAT+Test\r\n") == []
    assert terminal.shown == b"AT+Stop=0\r\n"
    wait.finish()
    terminal.core.sl.link.woken = True
    assert messages(terminal.core) == [OK, OK]
    assert terminal.shown == b"AT+Stop=0\r\nAT+Test\r\n"


def test_replies_that_nobody_takes_hold_back_the_reading(terminal):
    from atcore.queue import MANY

    terminal.stream.feed(b"AT+Test\r\n" * 100)
    for _ in range(50):
        terminal.core.step(0)
    assert len(terminal.core.out) <= MANY
    assert messages(terminal.core, 200) == 100 * [OK]


def test_nothing_that_waits_stops_a_line_half_typed_or_a_payload(terminal):
    core = terminal.core
    for line in (b"AT+Test\r\n", b"AT+Send=3,0,4,abcd\r\n"):
        got = []
        for byte in line:
            core.out.push_late((b"late\r\n",))
            core.out.push_late((b"late\r\n",))
            got += terminal.type(bytes([byte]), 50)
        got += terminal.type(b"", 2000)
        assert sorted(got) == [OK] + 2 * len(line) * [b"late"]
    assert terminal.calls == [("send", 3, b"abcd")]


def test_what_waits_for_room_for_its_echo_is_dropped_before_it_is_silent(terminal):
    stream = terminal.stream
    assert terminal.type(b"AT+Send=3,0,2,abc") == []
    stream.room = 0
    stream.console.write(bytes(stream.space()))
    assert terminal.type(b"\r\nAT+Stop=0\r\nAT+Stop=1\r\n", 500) == []
    stream.room = 1000
    assert terminal.type(b"", 500) == [b"ERROR:parse parameters, -5"]
    assert terminal.type(b"AT+Test\r") == [OK]
    assert terminal.calls == []
