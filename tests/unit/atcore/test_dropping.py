"""What is dropped when a payload ends early: guide-style.md O14, TESTS 20."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.atcore.fake import listen
from tests.unit.atcore.stream import answers, build

OK = b"OK"
SHORT = b"ERROR:parse parameters, -5"
WRONG = b"ERROR:parse parameters, -4"
MISSING = b"ERROR:parse parameters, -1"
CANARIES = (
    b"\r\nAT+Stop=0\r\n\x01AT+Stop=1\r\n\x03\x03\rAT+Set=AT,ECHO,1\n"
    b"AT+Send=1,0,1,x\r\n+++AT+Stop=2\r\n"
)
HEAD = b"AT+Send=3,0,%d," % len(CANARIES)
SILENCE, PAUSE = 20, 2000


class Cage:
    """A core on a stream that shouts when a canary gets out."""

    def __init__(self, **settings):
        self.line = self.core, self.stream, self.calls = build(**settings)
        self.core.framer.control = self.control
        self.escaped = []

    def control(self, byte):
        self.escaped.append(byte)
        return True

    def feed(self, data, ms=0):
        """The answers within `ms` behind these bytes."""
        return answers(self.line, data, ms=ms)

    def snap(self, ms=0):
        """The answers within `ms` behind a break."""
        self.stream.feed_break()
        return listen(self.core, ms)

    def check(self):
        """Nothing got out, and a command is answered."""
        assert self.calls == [] and self.escaped == [] and not self.core.settings.echo
        assert self.feed(b"AT+Test\r\n") == [OK]


@pytest.fixture(params=[0, 1], ids=["guide", "ti"])
def cage(request, monkeypatch):
    for name, text in (("SHORT", b"-5"), ("WRONG", b"-4"), ("MISSING", b"-1")):
        form = b"ERROR: parse parameters," if request.param else b"ERROR:parse parameters, "
        monkeypatch.setitem(globals(), name, form + text)
    return Cage(style=request.param)


PLACES = range(len(CANARIES))


# --- A break, and then at once what was still under way ---


@pytest.mark.parametrize("at", PLACES)
def test_behind_a_break_all_is_dropped_until_it_is_silent(cage, at):
    cage.feed(HEAD + CANARIES[:at], 50)
    assert cage.snap() == []
    assert cage.feed(CANARIES[at:] + b"\r\n", SILENCE - 1) == []
    assert cage.feed(b"", 1) == [SHORT]
    cage.check()


def test_behind_a_break_it_is_silent_20_ms_after_it(cage):
    cage.feed(HEAD + CANARIES[:9], 1000)
    cage.snap()
    assert listen(cage.core, SILENCE - 1) == []
    assert listen(cage.core, 2) == [SHORT]
    cage.check()


def test_the_silence_behind_a_break_begins_anew_with_each_byte_and_break(cage):
    cage.feed(HEAD + CANARIES[:9], 10)
    cage.snap()
    for at in range(9, len(CANARIES), 7):
        assert cage.feed(CANARIES[at : at + 7], 15) == []
        assert cage.snap(15) == []
    assert cage.feed(b"", 5) == [SHORT]
    cage.check()


# --- A wrong tail: another length than announced ---


@pytest.mark.parametrize("at", [at for at in PLACES if CANARIES[at] not in b"\r\n"])
def test_behind_a_wrong_tail_all_is_dropped_until_it_is_silent(cage, at):
    assert cage.feed(b"AT+Send=3,0,%d," % at + CANARIES + b"\r\n", SILENCE - 1) == []
    assert cage.feed(b"AT+Stop=3\r\n", SILENCE - 1) == []
    assert cage.feed(b"", 1) == [SHORT]
    cage.check()


@pytest.mark.parametrize("more", [1, 2, 9])
def test_a_length_that_is_too_long_takes_what_follows_and_no_canary_escapes(cage, more):
    """What follows in time is payload: the length says so. What is missing then comes never."""
    head = b"AT+Send=3,0,%d," % (len(CANARIES) + 2 + more)
    assert cage.feed(head + CANARIES + b"\r\n", PAUSE) == [SHORT]
    assert cage.feed(b"AT+Stop=0\r\n", SILENCE) == [SHORT]
    cage.check()


# --- A pause ---


@pytest.mark.parametrize("at", PLACES)
def test_behind_a_pause_what_is_missing_is_dropped_with_the_rest_of_its_line(cage, at):
    assert cage.feed(HEAD + CANARIES[:at], PAUSE - 1) == []
    assert cage.feed(b"", 1) == [SHORT]
    told = cage.feed(CANARIES[at:] + b"\r\nAT+Test\r\n")
    assert told == ([SHORT, OK] if CANARIES[at:].strip(b"\r\n") else [OK])
    cage.check()


def test_behind_a_pause_the_missing_bytes_may_come_late_and_slowly(cage):
    assert cage.feed(HEAD + CANARIES[:5], PAUSE + 60000) == [SHORT]
    assert max(cage.core.link.slept[-4:]) > PAUSE, "it sleeps"
    for at in range(5, len(CANARIES)):
        assert cage.feed(CANARIES[at : at + 1], 19) == []
    assert cage.feed(b"AT+Stop=3", 19) == []
    assert cage.feed(b"\r", 0) == [SHORT]
    cage.check()


def test_behind_a_pause_20_ms_of_silence_behind_the_first_byte_are_enough(cage):
    assert cage.feed(HEAD + CANARIES[:5], PAUSE) == [SHORT]
    assert cage.feed(b"AT+Stop=0\r\n", SILENCE - 1) == []
    assert cage.feed(b"", 1) == [SHORT]
    cage.check()


@pytest.mark.parametrize("ends", [b"\r\n", b"\r", b"\n\n\n"])
def test_behind_a_pause_an_empty_line_costs_nothing(cage, ends):
    assert cage.feed(HEAD + CANARIES[:5], PAUSE + 100) == [SHORT]
    assert cage.feed(ends, SILENCE) == []
    cage.check()


def test_behind_a_pause_a_host_that_gave_up_gets_an_error_and_not_silence(cage):
    assert cage.feed(HEAD + CANARIES[:5], PAUSE + 100) == [SHORT]
    assert cage.feed(b"AT+Test\r\n", SILENCE) == [SHORT]
    cage.check()


def test_behind_a_pause_a_break_gives_the_line_back(cage):
    assert cage.feed(HEAD + CANARIES[:5], PAUSE + 100) == [SHORT]
    assert cage.snap(SILENCE + 1) == []
    cage.check()
    assert cage.feed(HEAD + CANARIES[:5], PAUSE + 100) == [SHORT]
    cage.snap()
    assert cage.feed(CANARIES[5:], SILENCE + 1) == [SHORT]
    cage.check()


def test_a_pause_is_none_while_bytes_wait_to_be_read(cage):
    """A command was under way for longer than that, with the buffer full."""
    core, stream, calls = cage.line
    from tests.unit.atcore.fake import Wait

    core.sl.device.stopping = wait = Wait()
    line = b"AT+Stop=0\r\n"
    stream.feed(line + b"AT+Test\r\n" * 700)
    stream.feed(b"AT+Send=3,0,3000," + b"x" * 3000 + b"\r\n")
    assert listen(core, 5 * PAUSE) == []
    wait.finish()
    core.link.woken = True
    assert listen(core, 50) == 702 * [OK]
    assert calls[-1] == ("send", 3, b"x" * 3000)


# --- Payloads that are whole but refused, or too long ---


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (b"AT+Send=x,0,%d,", lambda: WRONG),
        (b"AT+Send=3,2,%d,", lambda: WRONG),
        (b"AT+Send=,0,%d,", lambda: MISSING),
        (b'AT+Send="0,0,%d,', None),
        (b"AT+SendTo=3,INET,80,1.2.3,0,%d,", None),
        (b"AT+Send=3,1,%d,", None),
    ],
)
def test_the_payload_of_a_refused_command_is_dropped(cage, head, error):
    (told,) = cage.feed(head % len(CANARIES) + CANARIES + b"\r\n", SILENCE)
    assert told == error() if error else b"parse" in told
    cage.check()


@pytest.mark.parametrize("bad", [b"=", b"!", b"\r", b"\0"])
def test_a_payload_in_wrong_base64_is_dropped(cage, bad):
    text = base64.b64encode(CANARIES)[:-4] + bad + b"AT="
    assert cage.feed(b"AT+Send=3,1,%d," % len(text) + text + b"\r\n", SILENCE) == [WRONG]
    cage.check()


LONG = CANARIES * 120


def test_too_long_a_payload_is_dropped_by_its_length(cage):
    assert cage.feed(b"AT+Send=3,0,%d," % len(LONG) + LONG + b"\r\n") == [WRONG]
    cage.check()


def test_too_long_a_payload_may_end_by_silence(cage):
    assert cage.feed(b"AT+Send=3,0,%d," % len(LONG) + LONG, SILENCE) == [WRONG]
    cage.check()


def test_too_long_a_payload_with_a_wrong_tail(cage):
    assert cage.feed(b"AT+Send=3,0,%d," % (len(LONG) - 11) + LONG, SILENCE - 1) == []
    assert cage.feed(b"", 1) == [WRONG]
    cage.check()


def test_too_long_a_payload_that_a_break_ends(cage):
    assert cage.feed(b"AT+Send=3,0,%d," % len(LONG) + LONG[:9000], 50) == []
    cage.snap()
    assert cage.feed(LONG[9000:], SILENCE) == [WRONG]
    cage.check()


def test_too_long_a_payload_that_a_pause_ends(cage):
    assert cage.feed(b"AT+Send=3,0,%d," % len(LONG) + LONG[:9000], PAUSE) == [WRONG]
    assert cage.feed(LONG[9000:] + b"\r\n", 0) == [SHORT]
    cage.check()


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, len(CANARIES) - 1),
    st.sampled_from(["break", "pause", "tail"]),
    st.lists(st.tuples(st.integers(1, 40), st.integers(0, 19)), max_size=12),
)
def test_no_canary_escapes_whatever_the_pieces(at, how, cuts):
    cage = Cage()
    if how == "tail":
        while CANARIES[at] in b"\r\n":
            at -= 1
        if at < 0:
            return
        told = cage.feed(b"AT+Send=3,0,%d," % at + CANARIES[: at + 1])
        rest = CANARIES[at + 1 :]
    else:
        told = cage.feed(HEAD + CANARIES[:at], PAUSE if how == "pause" else 30)
        rest = CANARIES[at:]
    if how == "break":
        told += cage.snap()
    for size, gap in cuts:
        told += cage.feed(rest[:size], gap)
        rest = rest[size:]
    told += cage.feed(rest, SILENCE + 1)
    assert told and set(told) == {SHORT}
    cage.check()
