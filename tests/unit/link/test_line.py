"""The line discipline: what a reader gets, when, and what is echoed (DESIGN.md, "One pump").

Which keys edit: DESIGN.md, "Settings and console". Payloads and silence: guide-style.md O9, O14.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.hostlink.console import Console

from .test_header import ROWS

BS, CTRL_C, CTRL_U, DEL = b"\x08", b"\x03", b"\x15", b"\x7f"
RUB = b"\b \b"


class Bench:
    """A console, its clock, and a reader that takes what it is woken for."""

    def __init__(self, flags=1, rows=ROWS, **sizes):
        self.now = 0
        self.console = Console(lambda: self.now, **sizes)
        if flags is not None:
            self.console.watch(rows, flags)
            self.console.wake_at(0)
        self.buf = bytearray(8192)

    def take(self):
        """What one read gives."""
        return bytes(self.buf[: self.console.readinto(self.buf) or 0])

    def woken(self):
        """What the reader gets, a bytes object a wake."""
        got = []
        while self.console.poll():
            got.append(self.take())
            if not got[-1]:
                break
        return got

    def __call__(self, data, ms=0):
        """Bytes come in, and it is silent for a time."""
        self.console.receive(data)
        got = self.woken()
        self.now += ms
        return got + self.woken()


@pytest.fixture
def bench():
    return Bench()


def test_a_line_is_given_when_it_has_ended(bench):
    for byte in b"AT+Test":
        assert bench(bytes((byte,)), 10_000) == []
    assert bench(b"\r") == [b"AT+Test\r"]


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\n\r\n\n"])
def test_line_ends_that_say_nothing_wake_nobody(bench, end):
    assert bench(b"\r\n\n") == []
    assert bench(b"AT+Test" + end)[0].startswith(b"AT+Test" + end[:1])
    assert bench(b"\n\r\n") == []
    assert bench(b"AT\r") == [b"AT\r"]


def test_lines_that_wait_are_given_together(bench):
    assert bench(b"AT+Test\r\nAT+Foo\r\nAT") == [b"AT+Test\r\nAT+Foo\r\n"]
    assert bench(b"+Bar\r") == [b"AT+Bar\r"]


@pytest.mark.parametrize("tail", [b"\r", b"\n", b"\r\n"])
def test_a_payload_is_given_with_its_command(bench, tail):
    line = b"AT+Send=0,0,9,AT+Test\r\n"
    for byte in line:
        assert bench(bytes((byte,)), 19) == []
    assert bench(tail) == [line + tail]
    assert bench(b"AT\r") == [b"AT\r"]


def test_a_payload_of_any_length_wakes_once():
    for size in (0, 1, 1460, 4000):
        bench = Bench()
        line = b"AT+Send=0,0,%d," % size + b"\r" * size + b"\n"
        got = [piece for at in range(0, len(line), 13) for piece in bench(line[at : at + 13])]
        assert got == [line]


def test_a_payload_without_line_end_is_given_after_silence(bench):
    assert bench(b"AT+Send=0,0,5,hello", 19) == []
    bench.now += 1
    assert bench.woken() == [b"AT+Send=0,0,5,hello"]
    assert bench(b"AT+Test\r") == [b"AT+Test\r"]


def test_a_payload_that_stays_away_is_told_after_silence_and_goes_on(bench):
    assert bench.console.patience() is None
    assert bench(b"AT+Send=0,0,9,AT", 1999) == []
    assert bench.console.patience() == 1
    bench.now += 1
    assert bench.woken() == [b"AT+Send=0,0,9,AT"]
    assert bench.console.partial() < 0 and bench.woken() == []
    assert bench.console.patience() is None
    assert bench(b"+Test\r") == [] and bench(b"\n") == []
    assert bench(b"\r") == [b"+Test\r\n\r"]
    assert bench.console.partial() == 0


def test_what_follows_a_payload_and_is_no_line_end_is_given_at_once(bench):
    assert bench(b"AT+Send=0,0,5,hellox") == [b"AT+Send=0,0,5,hellox"]
    assert bench(b"yz") == [b"yz"]  # whoever reads decides
    assert bench(b"\r") == [b"\r"]
    assert bench(b"AT+T") == []


def test_blanks_before_a_base64_payload_in_style_ti_do_not_count():
    for flags, data in ((0, b"  aGVs"), (1, b"  aGVs"[:4])):
        bench = Bench(flags)
        assert bench(b"AT+Send=0,1,4,") == []
        for byte in data:
            assert bench(bytes((byte,))) == []
        assert bench(b"\r") == [b"AT+Send=0,1,4," + data + b"\r"]


def test_a_length_that_is_none_makes_a_line(bench):
    assert bench(b"AT+Send=0,0,x,hel") == []
    assert bench(b"lo\r") == [b"AT+Send=0,0,x,hello\r"]


def test_a_break_gives_what_stands_before_it(bench):
    bench.console.receive(b"AT+Te")
    bench.console.receive_break()
    bench.console.receive(b"st\r")
    assert bench.woken() == [b"AT+Te", b""] and not bench.console.lost()
    assert bench.console.brk() and not bench.console.brk()
    assert bench.woken() == [b"st\r"]  # the rest of a line that the reader has in part
    assert bench(b"AT") == []


def test_lost_bytes_stop_the_reading_where_they_are_missing():
    bench = Bench(rx=64)
    bench.console.receive(b"AT+Send=0,0,9,abc")
    bench.console.receive_loss(3)
    bench.console.receive(b"ghi\r")
    assert bench.woken() == [b"AT+Send=0,0,9,abc", b""] and not bench.console.brk()
    assert bench.console.lost() == 3 and bench.console.lost() == 0
    bench.console.wake_at(1)
    assert bench.woken() == [b"ghi\r"]
    bench.console.wake_at(0)
    assert bench.console.receive(b"x" * 100) == 64
    assert b"".join(bench.woken()) == b"x" * 64
    assert bench.console.lost() == 36


def test_bytes_as_they_come(bench):
    bench(b"AT+T")
    bench.console.wake_at(6)  # of what is not read, too
    assert bench(b"e") == []
    assert bench(b"s") == [b"AT+Tes"]
    assert bench(b"t\r", 19) == []
    bench.now += 1
    assert bench.woken() == [b"t\r"]
    bench.console.wake_at(0)
    assert bench(b"AT+T", 100) == []


def test_the_rest_of_a_line_that_was_read_in_part(bench):
    bench.console.wake_at(-1)
    assert bench(b"e") == [b"e"] and bench(b"st\rAT") == [b"st\r"]
    assert bench(b"+Foo") == [] and bench(b"\r") == [b"AT+Foo\r"]


@pytest.mark.parametrize("flags", [1, 1 | Console.ECHO])
def test_the_rest_of_a_line_is_given_whole_and_nothing_behind_it_is_looked_at(flags):
    """The reader may find that a payload has begun, and then none of that is a line."""
    bench = Bench(flags)
    bench.console.wake_at(-1)
    bench.console.receive(b"3,0,9,ab\nAT+Send=0,0,9,c")
    assert bench.console.poll() and bench.console.poll()
    assert bench.take() == b"3,0,9,ab\n"
    assert bench.console.partial() == 0
    bench.console.wake_at(1)
    assert bench.woken() == [b"AT+Send=0,0,9,c"]
    if flags & Console.ECHO:
        assert bench.console.sent() == b"3,0,9,ab\r\nAT+Send=0,0,9,c"


def test_what_is_forgotten_is_not_read(bench):
    bench(b"AT+Send=0,0,9,half")
    bench.console.receive_break()
    bench.console.forget()
    bench.console.wake_at(0)
    assert bench.console.any() == 0 and not bench.console.brk()
    assert bench(b"AT\r") == [b"AT\r"]


def test_without_watch_bytes_are_given_as_they_come():
    bench = Bench(None)
    assert bench(b"A") == [b"A"] and bench(b"\r\n") == [b"\r\n"]


def test_half_a_ring_is_given_whatever_it_is():
    bench = Bench(rx=64)
    assert bench(b"x" * 31) == []
    assert bench(b"x") == [b"x" * 32]
    assert bench(b"y") == [b"y"]
    assert bench(b"\r") == [b"\r"]
    line = b"AT+Send=0,0,100,"
    assert bench(line + b"z" * 15) == []
    assert bench(b"z") == [line + 16 * b"z"]
    assert bench(b"z" * 31) == [] and bench(b"z") == [b"z" * 32]
    assert bench(b"z" * 20) == [] and bench(b"z" * 32) == [b"z" * 52]
    assert bench(b"\r") == [b"\r"]
    assert bench(b"AT\r") == [b"AT\r"]


def test_a_half_line_is_not_given_while_whole_ones_wait():
    bench = Bench(rx=64)
    bench.console.receive(b"AT+Test\r" * 5 + b"AT+Send=0,0,20,")
    assert bench.console.poll() and bench.take() == b"AT+Test\r" * 5
    assert bench(b"a" * 5) == []


@pytest.mark.parametrize("before", [b"", b"\xff\x00"])
def test_control_characters_that_mean_something_are_given_at_once(before):
    bench = Bench(1 | 4)
    assert bench(before + CTRL_C) == [before + CTRL_C]
    bench = Bench(1)
    assert bench(before + CTRL_C) == []
    bench = Bench(1 | 4)
    assert bench(b"AT" + CTRL_C + b"\x01") == []


def test_a_change_of_style_holds_for_what_is_not_read():
    bench = Bench(0)
    line = b'AT+MqttPublish=0,"a\\",b",0,0,5,hel\rlo\r'
    bench.console.receive(b"AT\r" + line)
    assert bench.console.poll()
    bench.console.readinto(bench.buf, len(bench.buf) - 3)
    bench.console.watch(ROWS, 1)
    assert bench.woken() == [line]


def test_when_to_look_again(bench):
    """The interrupt wakes nobody for less."""
    console, line = bench.console, bench.console.line

    def ahead():
        console.poll()
        return console._c.atline_next(line) - console.rx.head

    assert ahead() == 8  # or at a pause, which tells more
    console.receive(b"AT+Send=0,0,100,")
    assert ahead() == 101
    console.receive(b"x" * 40)
    assert ahead() == 61
    console.wake_at(60)
    assert ahead() == 4
    console.wake_at(0)
    assert not console.poll() and console.patience() == 2000
    assert len(bench(b"x" * 60 + b"\r")) == 1
    console.receive(b"AT+Send=0,0,9999,")
    assert ahead() == 4096 - 17


# Echo


@pytest.fixture
def typing():
    return Bench(1 | 2)


def shown(bench):
    return bench.console.sent()


def test_what_is_typed_is_echoed(typing):
    for byte in b"AT+Test":
        assert typing(bytes((byte,))) == []
        assert shown(typing) == bytes((byte,))
    assert typing(b"\r") == [b"AT+Test\r"]
    assert typing(b"\n") == [] and shown(typing) == b"\r\n"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_a_line_end_is_echoed_as_one(typing, end):
    typing(b"AT" + end + b"AT" + end + end)
    assert shown(typing) == b"AT\r\nAT\r\n\r\n"


def test_the_next_line_is_echoed_when_the_one_before_is_read(typing):
    typing.console.receive(b"AT+A\rAT+B\rAT+C")
    assert typing.console.poll() and typing.console.poll()
    assert shown(typing) == b"AT+A\r\n"
    assert typing.take() == b"AT+A\r"
    typing.console.write(b"OK\r\n")
    assert typing.take() == b"AT+B\r"
    assert not typing.console.poll()
    assert shown(typing) == b"OK\r\nAT+B\r\nAT+C"
    assert typing.console.partial() == 4


@pytest.mark.parametrize("key", [BS, DEL])
def test_the_last_character_is_taken_back(typing, key):
    assert typing(b"AT+Tesx" + key + b"t\r") == [b"AT+Test\r"]
    assert shown(typing) == b"AT+Tesx" + RUB + b"t\r\n"
    typing(key + "aä€𝄞".encode() + b"\x1b" + 9 * key + b"AT")
    assert shown(typing) == "aä€𝄞".encode() + 4 * RUB + b"AT"
    assert typing(b"\r") == [b"AT\r"]


def test_the_whole_line_is_taken_back(typing):
    assert typing(b"AT+Stop=0" + CTRL_U + CTRL_U + b"AT\r") == [b"AT\r"]
    assert shown(typing) == b"AT+Stop=0" + 9 * RUB + b"AT\r\n"


def test_what_cannot_be_seen_is_not_echoed(typing):
    assert typing(b"A\x1bT\t\x00\r") == [b"A\x1bT\t\x00\r"]
    assert shown(typing) == b"AT\r\n"


def test_a_payload_is_echoed_and_never_edited(typing):
    data = b"a" + BS + CTRL_U + DEL + b"\r\x00\n"
    line = b"AT+Send=3,0,%d," % len(data)
    assert typing(line + data + b"\r\nAT") == [line + data + b"\r"]
    assert shown(typing) == line + data + b"\r\nAT"


def test_the_header_of_a_payload_can_be_edited(typing):
    assert typing(b"AT+Send=9" + BS + b"3,0,4,,," + b"ab\r") == [b"AT+Send=3,0,4,,,ab\r"]
    assert typing(b"AT+Send=3,0" + CTRL_U + b"AT+Foo=1,2,3,4\r") == [b"AT+Foo=1,2,3,4\r"]
    assert typing(b"AT+Foo=" + 4 * BS + b"Send=0,0,2,\r\r\r") == [b"AT+Send=0,0,2,\r\r\r"]


def test_a_line_end_while_bytes_are_dropped_is_echoed(typing):
    typing.console.wake_at(1)
    assert typing(b"junk" + BS + b"\r\n\r") == [b"junk" + BS + b"\r\n\r"]
    assert shown(typing) == b"junk" + BS + b"\r\n\r\n"


def test_without_room_nothing_is_looked_at():
    typing = Bench(1 | 2, tx=16)
    assert typing(b"AT+Testing=1,2,3,4" + CTRL_U + b"x\r") == []
    text, got = b"", []
    while piece := typing.console.sent(1):
        text += piece
        got += typing.woken()
    assert got == [b"x\r"] and text == b"AT+Testing=1,2,3,4" + 18 * RUB + b"x\r\n"


def test_a_half_typed_line_is_echoed_again(typing):
    typing(b"AT+X" + BS + b"T\x1bes")
    assert typing.console.partial() == 7
    shown(typing)
    assert typing.console.again(0) == 7
    assert shown(typing) == b"AT+Tes"
    typing.console.write(b"." * 4094)
    assert typing.console.again(0) == 2
    assert shown(typing).endswith(b"..AT")
    assert typing.console.again(2) == 7 and shown(typing) == b"+Tes"
    typing(b"=0,0,5,x")
    assert typing.console.again(0) == typing.console.partial()


def test_erasing_for_ever_needs_no_room():
    typing = Bench(1 | 2, rx=64)
    assert typing(b"AT") == []
    for _ in range(500):
        assert typing(b"x" + BS) == []
        shown(typing)
    assert typing(b"+Test\r") == [b"AT+Test\r"]


def test_echo_that_is_switched_off_and_on(typing):
    typing(b"AT+T" + BS)
    typing.console.watch(ROWS, 1)
    shown(typing)
    assert typing(b"AT\r") == [b"AT+AT\r"] and shown(typing) == b""
    typing.console.watch(ROWS, 3)
    assert typing(b"AT\r") == [b"AT\r"] and shown(typing) == b"AT\r\n"


KEYS = [b"A", b"T", b"=", b",", b" ", b"\x1b", BS, DEL, CTRL_U, "ü".encode(), "𝄞".encode()]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(KEYS), max_size=60), st.lists(st.integers(1, 9)))
def test_the_screen_shows_what_is_read(keys, cuts):
    """However it comes in, and wherever the ring wraps."""
    typing = Bench(1 | 2, rx=256, tx=32)
    for _ in range(9):
        typing(b"x" * 21 + b"\r")
        shown(typing)
    line, screen, text, got = [], [], b"".join(keys), []
    for key in keys:
        if key in (BS, DEL):
            del line[-1:]
        elif key == CTRL_U:
            line.clear()
        else:
            line.append(key)
    seen = bytearray()
    for n in [*cuts, len(text)]:
        got += typing(text[:n])
        text = text[n:]
        while piece := shown(typing):
            seen += piece
            got += typing.woken()
    got += typing(b"z\r")
    seen += shown(typing)
    for char in seen.replace(RUB, b"\b").decode():
        if char == "\b":
            del screen[-1:]
        else:
            screen.append(char)
    assert b"".join(got).strip(b"\r") == b"".join(line) + b"z"
    assert "".join(screen).encode() == b"".join(line).replace(b"\x1b", b"") + b"z\r\n"


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40).map(lambda d: b"AT+Send=0,0,%d," % len(d) + d + b"\r"),
            st.sampled_from([b"AT+Test\r\n", b"\n", b"AT+Send=0,0,x,\r", b"AT+Foo=[1,2\n"]),
            st.binary(max_size=40).map(lambda d: d.replace(b"=", b"") + b"\r"),
        ),
        max_size=20,
    ),
    st.lists(st.integers(1, 30)),
    st.sampled_from([1, 5, 8192]),
)
def test_without_echo_no_byte_is_changed_or_missing(commands, cuts, size):
    """But for line ends of empty lines; and a reader may read as little at a time as it likes."""
    bench = Bench(1, rx=256)
    bench.buf = bytearray(size)
    text, got = b"".join(commands), b""
    for n in [*cuts, *[100] * 20]:
        got += b"".join(bench(text[:n]))
        text = text[n:]
    bench.now += 20
    got += b"".join(bench.woken())
    wanted = b"".join(commands)
    at = 0
    for byte in wanted:
        if at < len(got) and got[at] == byte:
            at += 1
        else:
            assert byte in b"\r\n"
    assert at == len(got)


def test_what_waits_for_room_for_its_echo_has_no_time():
    """The transmitter tells of that: who waited for a silence that is over would never sleep."""
    typing = Bench(1 | 2, tx=64)
    console = typing.console
    typing(b"AT+Send=0,0,99," + b"x" * 80, 5000)
    assert console.waits() and console.patience() is None and not console.poll()
    console.sent()
    assert console.poll() and not console.waits()
