"""The application's own loop: it prints what a program would get by rcv(), in an order that holds.

AT_Commands does not go through rcv(): it writes most messages at once. Both are played the same
session; replies, late lines and events must be the same, each in its order (guide-style.md O8),
and nothing may stand where O9 forbids it.
"""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.atcore.fake import UART, FakeDriver, FakeLink, FakeStream

EVENT = 4  # flag of the link
RECV = re.compile(rb"\+Recv: \d,0,4,.{4}\r\n|ERROR:process command \+Recv \d, -11", re.DOTALL)


class Quiet(BaseException):
    """Nothing more will happen."""


class Script(FakeLink):
    """Time that brings what is scheduled, until `end`."""

    def __init__(self):
        super().__init__()
        self.scheduled = []  # (when, function)
        self.end = 0

    def wait(self, ms, mask=7):
        flags = self.flags(mask)
        if flags or not ms:
            return flags
        times = [when for when, _ in self.scheduled[:1]]
        if mask & UART and self.stream.due() is not None:
            times.append(self.stream.due())
        until = self.end + 1 if ms < 0 else self.now + ms
        self.now = max(self.now, min([until, *times]))
        if self.now > self.end:
            raise Quiet
        return self.flags(mask)

    def flags(self, mask):
        due = self.stream.due()
        flags = UART if mask & UART and due is not None and due <= self.now else 0
        return flags | EVENT * bool(self.scheduled and self.scheduled[0][0] <= self.now)

    def dispatch(self, flags):
        while flags & EVENT and self.scheduled and self.scheduled[0][0] <= self.now:
            self.scheduled.pop(0)[1]()


class Screen(FakeStream):
    """A stream that keeps what is written."""

    def __init__(self, link):
        super().__init__(link)
        self.out = bytearray()

    def write(self, data):
        self.out += bytes(data)
        return len(data)

    def space(self):
        return 4096

    def any(self):
        return 0


def play(session, application):
    """What is printed in a session: a list of (gap in ms, bytes | "event" | descriptor)."""
    import atcore
    from atcore.apps.at_commands import AtCommands
    from atcore.commands import ALL, device, netcfg, socket, wlan, wlan_config  # noqa: F401

    driver = FakeDriver()
    link = driver.link = Script()
    stream = Screen(link)
    if application:
        app = AtCommands(driver, stream, repl=False)
        core = app.core
    else:
        core = atcore.create(driver, ALL, stream)
    at = link.now
    for number, (gap, what) in enumerate(session):
        at += gap
        if isinstance(what, bytes):
            stream.pending.append((at, bytearray(what)))
        elif what == "event":
            args = number.to_bytes(4, "little")
            link.scheduled.append((at, lambda args=args: core.on_event(0xFF04, args)))
        else:
            link.scheduled.append((at, lambda sd=what: complete(driver, sd)))
    link.end = at + 5000
    try:
        if application:
            app.run()
        buf = bytearray(5000)
        while True:
            stream.out += buf[: core.rcv(buf)] + b"\r\n"
    except Quiet:
        return bytes(stream.out), driver.calls


def complete(driver, sd):
    """Data, or with an odd descriptor an error, for the Recv that waits."""
    wait = driver.sockets.waits.get(sd)
    if wait is not None:
        wait.finish(b"x\r\ny", -11 if sd & 1 else 0)
        driver.link.woken = True


def sorted_out(text):
    """(replies, late lines, events) of what was printed."""
    late = RECV.findall(text)
    rest = RECV.sub(b"", text).split(b"\r\n")
    events = [line for line in rest if line.startswith(b"+Event")]
    return [line for line in rest if line and line not in events], late, events


CHUNKS = [b"AT+Test\r\n", b"AT+Foo\r\n", b"AT+Get=General,Persistent\r\n", b"AT+Te", b"st\r\n"]
CHUNKS += [b"AT+Send=3,0,4,a\r", b"\nbc", b"\r\n", b"AT+Send=3,0,2,xyz\r\n", b"AT+Recv=2,0,9\r\n"]
CHUNKS += [b"AT+Recv=1,0,9\r", b"AT+Recv=4,0,9\r\n", b"AT+Get=General,Version\r\n" * 12]
STEPS = st.tuples(
    st.sampled_from([0, 0, 0, 1, 15, 25, 900, 1100]),
    st.one_of(st.sampled_from(CHUNKS), st.just("event"), st.sampled_from([1, 2, 4])),
)


@settings(max_examples=300)
@given(st.lists(STEPS, max_size=25))
def test_the_application_prints_what_rcv_gives(session):
    printed, calls = play(session, application=True)
    given, same = play(session, application=False)
    assert sorted_out(printed) == sorted_out(given)
    assert calls == same


@settings(max_examples=300)
@given(st.lists(STEPS, max_size=25), st.booleans())
def test_nothing_stands_between_a_value_and_its_ok(session, application):
    printed, _ = play(session, application)
    lines = printed.split(b"\r\n")
    for line, after in zip(lines, lines[1:], strict=False):
        if line.startswith(b"+Get"):
            assert after == b"OK"


def test_a_long_session():
    """All that may come, close together."""
    session = [(1, chunk) for chunk in CHUNKS] + [(0, "event"), (0, 1), (0, 2), (0, 4)] * 3
    printed, _ = play(session * 10, application=True)
    assert sorted_out(printed) == sorted_out(play(session * 10, application=False)[0])


@pytest.mark.parametrize("application", [True, False])
@pytest.mark.parametrize(("pause", "held"), [(500, True), (1500, False)])
def test_late_lines_and_events_wait_for_a_line_half_typed(application, pause, held):
    """A second at most; then they come before the line is complete."""
    session = [(0, b"AT+Recv=2,0,9\r\n"), (5, b"AT+Fo"), (5, "event"), (5, 2), (pause, b"o\r\n")]
    printed, _ = play(session, application)
    replies, late, events = sorted_out(printed)
    assert replies == [b"OK", b"ERROR:command not exist, 0"]
    assert (len(late), events) == (1, [b"+EventFatalError: NO_CMD_ACK,2"])
    assert held or printed.endswith(b"ERROR:command not exist, 0\r\n")


class Typed(Screen):
    """A screen that prints a half-typed line again, 3 bytes at a time."""

    half = b"AT+Foo"
    ends_at = 99  # so much is printed again when the line ends

    def partial(self):
        return len(self.half)

    def silence(self):
        return self.link.now

    def again(self, at):
        if at >= self.ends_at:
            self.half = b""
        piece = self.half[at : at + 3]
        self.out += piece
        return at + len(piece)


@pytest.mark.parametrize("ends_at", [0, 3, 6])
def test_a_half_typed_line_is_printed_again_until_it_ends(ends_at):
    """What ends while the stream had no room for more of it holds nobody up."""
    from atcore.apps.at_commands import AtCommands

    driver = FakeDriver()
    link = driver.link = Script()
    stream = Typed(link)
    stream.ends_at = ends_at
    app = AtCommands(driver, stream, repl=False)
    app.set_echo(True)
    app.core.on_event(0xFF04, bytes(4))
    link.end = 5000
    stream.feed(b"AT+Test\r\n", 3000)
    with pytest.raises(Quiet):
        app.run()
    event = b"\r\n+EventFatalError: NO_CMD_ACK,0\r\n"
    assert bytes(stream.out) == event + Typed.half[:ends_at] + b"OK\r\n"


def test_what_the_stream_cannot_take_back_is_executed_behind_the_prompt():
    from atcore.apps.at_commands import EAGER, AtCommands

    driver = FakeDriver()
    link = driver.link = Script()
    stream = Screen(link)
    app = AtCommands(driver, stream, repl=True)
    app.fetched = EAGER  # what is imported later is there
    stream.pending.append((link.now, bytearray(b"AT+Test\r\n\x01AT+Test\r\nAT+Foo\r\n")))
    link.end = link.now + 5000
    assert app.run() == b"raw"
    assert stream.out == b"OK\r\n"
    with pytest.raises(Quiet):
        app.run()
    answers = [line for line in stream.out.split(b"\r\n") if line]
    assert answers == [b"OK", b"OK", b"ERROR:command not exist, 0"]
