"""Where a command ends: at-commands.md 1 and 3 with the correction of 3.2, TESTS 4, 5 and 18."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.atcore.fake import Wait, ask, listen
from tests.unit.atcore.stream import answers, build

MANY = 8  # messages that wait and hold back the reading
LIMIT = 2560  # bytes of a line without payload
OK = b"OK"
SHORT = b"ERROR:parse parameters, -5"  # of another length than announced
WRONG = b"ERROR:parse parameters, -4"
UNKNOWN = b"ERROR:command not exist, 0"

NASTY = {
    "a command": b"\r\nAT+Stop=0\r\n",
    "nul": b"\x00",
    "ctrl-a": b"\x01",
    "ctrl-c": b"\x03\x03",
    "escape": b"+++",
    "commas": b",,1,",
    "quotes": b'"a","',
    "bracket": b"[1,",
    "line ends": b"\r\n\n\r",
    "blanks": b"  x  ",
    "question": b"?",
    "empty": b"",
    "all": bytes(range(256)),
    "longest": bytes(4096),
}


@pytest.fixture
def line():
    """(core, stream, calls of the driver)."""
    return build()


# --- Line ends ---


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b"\r\r\n"])
def test_every_line_end(line, end):
    assert answers(line, b"AT+Test" + end + b"AT+Foo" + end) == [OK, UNKNOWN]


def test_empty_lines_say_nothing(line):
    assert answers(line, b"\r\n\n\r\r\r\n\nAT+Test\r\n\r\n\n", ms=3000) == [OK]


def test_nothing_happens_before_the_line_end(line):
    assert answers(line, b"AT+Test", ms=60000) == []
    assert answers(line, b"\r") == [OK]


def test_a_line_of_blanks_is_no_empty_line(line):
    assert answers(line, b"  \r\nAT+Test\r\n") == [UNKNOWN, OK]


def test_only_the_line_end_is_removed(line):
    assert answers(line, b"AT+Test\t\r\nxAT+Test\r\nAT+Test \r\n") == [UNKNOWN, UNKNOWN, OK]


# --- Noise before AT (guide-style.md O12) ---

NOISE = (
    b"\x00",
    b"\t \x1b",
    b"\x7f\x80\xfe",
    b"\xff",
    b"+++",
    b" +++\xff",
    b"\xff\xfb\x01\xff\xfd\x03\xff\xf1",  # telnet: WILL ECHO, DO SUPPRESS-GO-AHEAD, NOP
    b"\xff\xfa\x18\x00=xterm\xff\xf0",  # telnet: a terminal's type
    b"\xff\xfbA",  # telnet: WILL 65, whatever that is
    b"\xff\xfcz\xff\xfda\xff\xfeT",
    b"\xff\xf9\xff\xff\xfb",  # telnet: GA, and a byte of 0xff, doubled; noise
    b"\xff\xfb",  # another speed's bytes: with the A behind them they look like an option
    b"\xff\xfd",
    b"\xff\xfa",
    b"\xff\xfa\x1f",
    bytes(byte for byte in range(256) if not 0x20 < byte < 0x7F and byte not in b"\r\n"),
)


@pytest.mark.parametrize("noise", NOISE)
@pytest.mark.parametrize("style", [0, 1])
def test_noise_before_at_is_ignored(noise, style):
    line = core, _, calls = build(style=style)
    assert answers(line, noise + b"AT+Test\r\n" + noise + b"at + test\r") == [OK, OK]
    data = b"x\r\nAT+Stop=0\r\n"
    head = noise + b"AT+SendTo=3,INET,80,[10.0.0.1],0,%d," % len(data)
    assert answers(line, head + data + b"\r\n") == [OK]
    assert calls == [("sendto", 3, data, 80, b"\x0a\0\0\1")]
    assert ask(core, noise + b"AT+Test") == [OK]


@pytest.mark.parametrize("noise", [b"x", b"++", b"++++", b"AT", b'"', b"~", b"\xff\xfbAB"])
def test_what_is_printable_is_no_noise(line, noise):
    assert answers(line, noise + b"AT+Test\r\n") == [UNKNOWN]


def test_noise_within_a_line_stays(line):
    assert answers(line, b"AT+Te\xffst\r\nAT\x00+Test\r\n") == [UNKNOWN, UNKNOWN]
    assert answers(line, b"\xff\r\n  \r\n") == [UNKNOWN, UNKNOWN]


# --- The limit of a line ---


@pytest.mark.parametrize("pieces", [1, 7, 500])
def test_the_longest_line_and_one_byte_more(line, pieces):
    head = b"AT+Set=AT,STYLE,"
    for size, answer in ((LIMIT, WRONG), (LIMIT + 1, SHORT)):
        data = head + b"x" * (size - len(head)) + b"\r\n"
        step = len(data) // pieces
        parts = [(data[i : i + step], 1) for i in range(0, len(data), step)]
        assert answers(line, *parts) == [answer]
    assert answers(line, b"AT+Test\r\n") == [OK]


@pytest.mark.parametrize("more", [1, 3000, 20000])
def test_too_long_a_line_is_dropped_whole(line, more):
    data = b"AT+Set=AT,ECHO,1" + b" " * LIMIT + b"x" * more + b"AT+Stop=0"
    assert answers(line, data + b"\r\nAT+Test\r\n") == [SHORT, OK]
    assert not line[2]


def test_too_long_a_line_without_end_is_dropped_after_a_pause(line):
    assert answers(line, b"A" * 9000, ms=1900) == []
    assert answers(line, b"", ms=200) == [SHORT]
    assert answers(line, b"AT+Test\r\n") == [OK]


# --- Payloads ---


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\n\r", b""], ids=repr)
def test_a_payload_of_any_bytes(line, name, end):
    data = NASTY[name]
    assert answers(line, b"AT+Send=3,0,%d," % len(data) + data + end, ms=20) == [OK]
    assert answers(line, b"AT+Test\r\n") == [OK]
    assert line[2] == [("send", 3, data)]


def test_without_a_line_end_20_ms_of_silence_end_it(line):
    assert answers(line, b"AT+Send=3,0,2,hi", ms=19) == []
    assert answers(line, b"", ms=1) == [OK]
    assert line[2] == [("send", 3, b"hi")]


def test_cr_then_lf_half_a_second_later(line):
    assert answers(line, b"AT+Send=3,0,2,hi\r", (b"\n", 500), b"AT+Test\r\n") == [OK, OK]


def test_a_byte_short_is_an_error_after_two_seconds(line):
    assert answers(line, b"AT+Send=3,0,5,hell", ms=1999) == []
    assert answers(line, b"", ms=1) == [SHORT]
    assert answers(line, b"\r\nAT+Test\r\n") == [OK]
    assert not line[2]


def test_the_line_end_is_payload_if_a_byte_is_missing(line):
    assert answers(line, b"AT+Send=3,0,5,hell\r\n", ms=25) == [OK]
    assert line[2] == [("send", 3, b"hell\r")]


def test_a_pause_shorter_than_two_seconds_is_none(line):
    assert answers(line, *[(bytes([b]), 1900) for b in b"AT+Send=3,0,4,a\r\nb\r"]) == [OK]
    assert line[2] == [("send", 3, b"a\r\nb")]


@pytest.mark.parametrize("rest", [b"o", b" ", b",1", b"\0", b"AT+Stop=0"])
def test_a_byte_long_is_an_error_and_the_rest_is_dropped(line, rest):
    assert answers(line, b"AT+Send=3,0,4,hell" + rest + b"\r\nAT+Stop=0\r\n", ms=19) == []
    assert answers(line, b"", ms=1) == [SHORT]
    assert answers(line, b"AT+Test\r\n") == [OK]
    assert not line[2]


def test_a_byte_long_without_line_end_is_over_when_it_is_silent(line):
    assert answers(line, b"AT+Send=3,0,4,hello", ms=20) == [SHORT]
    assert answers(line, b"AT+Test\r\n") == [OK]


def test_a_break_ends_a_payload(line):
    core, stream, calls = line
    assert answers(line, b"AT+Send=3,0,100,abc", ms=50) == []
    stream.feed_break()
    assert listen(core, 19) == []
    assert listen(core, 2) == [SHORT]
    assert answers(line, b"AT+Test\r\n") == [OK]
    assert not calls


def test_a_break_in_a_dropped_line_ends_it(line):
    core, stream, _ = line
    assert answers(line, b"A" * 3000, ms=50) == []
    stream.feed_break()
    assert listen(core, 25) == [SHORT]
    assert answers(line, b"AT+Test\r\n") == [OK]


def test_a_break_on_an_idle_line_is_heard_and_says_nothing(line):
    """It must not be met again by the payload that comes next."""
    core, stream, calls = line
    for _ in range(3):
        stream.feed_break()
    assert listen(core, 10) == []
    assert stream.due() is None, "it still wakes the core"
    assert answers(line, b"AT+Send=3,0,10,abcde", ms=50) == []
    assert answers(line, b"fghij\r\n") == [OK]
    assert calls == [("send", 3, b"abcdefghij")]


@pytest.mark.parametrize("head", [b"AT+Te", b"AT+Send=3,0,5"])
def test_a_break_in_a_line_says_nothing(line, head):
    core, stream, calls = line
    stream.feed(head)
    stream.feed_break()
    assert listen(core, 10) == []
    assert stream.due() is None
    rest = b"st\r\n" if head.endswith(b"Te") else b",hello\r\n"
    assert answers(line, rest) == [OK]


@pytest.mark.parametrize("before", [b"", b"\r\n", b"AT+Test\r\n"])
def test_a_break_cuts_the_payload_that_it_came_in_and_no_other(line, before):
    """What came before and behind it was read late, all at once."""
    core, stream, calls = line
    stream.feed(before)
    stream.feed_break()
    stream.feed(b"AT+Send=3,0,10,abc")
    stream.feed_break()
    told = [OK] if before.startswith(b"AT") else []
    assert listen(core, 25) == [*told, SHORT]
    stream.feed(b"AT+Send=3,0,4,wxyz\r\n")
    assert listen(core, 1) == [OK]
    assert calls == [("send", 3, b"wxyz")]


def test_a_break_behind_a_payload_ends_its_command(line):
    core, stream, calls = line
    stream.feed(b"AT+Send=3,0,3,abc")
    stream.feed_break()
    assert listen(core, 1) == [OK]
    assert calls == [("send", 3, b"abc")]


def test_a_break_while_a_command_is_under_way_says_nothing(line):
    core, stream, calls = line
    core.sl.device.stopping = wait = Wait()
    stream.feed(b"AT+Stop=0\r\n")
    stream.feed_break()
    stream.feed(b"AT+Send=3,0,4,abcd\r\n")
    assert listen(core, 10) == []
    wait.finish()
    core.sl.link.woken = True
    assert listen(core, 10) == [OK, OK]
    assert calls[-1] == ("send", 3, b"abcd")


@pytest.mark.parametrize(
    ("pieces", "told", "sent"),
    [
        ((None, b"AT+Send=3,0,4,abcd\r\n"), [OK], b"abcd"),
        ((b"AT+Send=3,0,9,abc", None, b"AT+Send=3,0,4,wxyz\r\n"), [SHORT], None),
    ],
)
def test_a_break_before_the_settings_are_known_keeps_its_place(line, pieces, told, sent):
    from atcore import flags

    core, stream, calls = line
    flags.mute(core, 500)
    core.active = True
    for piece in pieces:
        if piece is None:
            stream.feed_break()
        else:
            stream.feed(piece)
    assert listen(core, 400) == []
    assert listen(core, 200) == told
    assert calls == ([("send", 3, sent)] if sent else [])


@pytest.mark.parametrize(
    ("style", "line", "data"),
    [
        (1, b"AT+Send=3,1,8, aGVsbG8=", b"hello"),
        (1, b"AT+Send=3,1,8,   aGVsbG8=", b"hello"),
        (1, b"AT+Send=3,\t1\t,8\t, aGVsbG8=", b"hello"),
        (1, b"AT+Send=3,0,5, hell", b" hell"),
        (0, b"AT+Send=3,0,5, hell", b" hell"),
        (0, b"AT+Send=3,1,8, aGVsbG8=", None),
        (0, b"AT+Send=3,1,\t8,aGVsbG8=", None),
    ],
)
@pytest.mark.parametrize("split", [None, 15, 17])
def test_blanks_before_base64_belong_to_the_header_in_style_ti(style, line, data, split):
    """at-commands.md, correction of 2.6."""
    core, stream, calls = build(style=style)
    first, second = (line[:split], line[split:] + b"\r\n") if split else (line, b"\r\n")
    got = answers((core, stream, calls), first, (second, 30 if split else 15), ms=30)
    if data is None:
        assert calls == [] and got and all(b"parse" in message for message in got)
    else:
        assert calls == [("send", 3, data)]


@pytest.mark.parametrize(
    ("text", "data", "answer"),
    [
        (b"1,8,aGVsbG8=", b"hello", OK),
        (b"1,0,", b"", OK),
        (b"1,4,AAAA", bytes(3), OK),
        (b"1,0x8,aGVsbG8=", b"hello", OK),
        (b"1,7,aGVsbG8", None, b"ERROR:parse parameters, -1"),
        (b"1,8,aGVs!G8=", None, WRONG),
        (b"1,8,aGVsbG=8", None, WRONG),
        (b"1,4,====", None, WRONG),
        (b"0, 5 ,hello", b"hello", OK),
        (b"0,05,hello", b"hello", OK),
        (b"0,5, ello", b" ello", OK),  # a blank behind the last comma is payload
    ],
)
def test_formats_and_lengths(line, text, data, answer):
    assert answers(line, b"AT+Send=3," + text + b"\r\nAT+Test\r\n", ms=25) == [answer, OK]
    assert line[2] == ([] if data is None else [("send", 3, data)])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (b"2,5,hello", WRONG),
        (b"x,5,hello", WRONG),
        (b",5,hello", b"ERROR:parse parameters, -1"),
        (b"0,,hello", b"ERROR:parse parameters, -1"),
        (b"0,x,hello", WRONG),
        (b"0,-5,hello", WRONG),
        (b'0,"5",hello', WRONG),
        (b"0,99999999999999999999,hello", WRONG),
        (b"0,5", b"ERROR:parse parameters, -3"),
        (b"0", b"ERROR:parse parameters, -3"),
    ],
)
def test_behind_a_head_that_does_not_say_how_long_it_is(line, text, answer):
    """What follows may be payload, until it is silent: then comes the error, and a line counts."""
    head = b"AT+Send=3," + text + b"\r\nAT+Stop=0\r\n"
    assert answers(line, head, (b"AT+Stop=1\r\n", 19), ms=19) == []
    assert answers(line, b"", ms=1) == [answer]
    assert answers(line, b"AT+Test\r\n") == [OK]
    assert not line[2]


def test_the_longest_payload_in_base64_and_more(line):
    import base64

    for size, answer in ((4096, OK), (4097, WRONG), (9000, WRONG), (60000, WRONG)):
        text = base64.b64encode(b"\xa5" * size)
        data = b"AT+Send=3,1,%d," % len(text) + text + b"\r\nAT+Test\r\n"
        assert answers(line, data, ms=1) == [answer, OK]
    assert line[2] == [("send", 3, b"\xa5" * 4096)]


def test_a_payload_beyond_the_limit_is_dropped_by_its_length(line):
    data = b"\r\nAT+Stop=0\r\n" * 900
    assert answers(line, b"AT+Send=3,0,%d," % len(data) + data + b"\r\nAT+Test\r\n") == [WRONG, OK]
    assert not line[2]


def test_a_quoted_header_parameter_may_hold_a_comma(line):
    data = b'AT+SendTo=3,INET6,80,"::1",0,3,a,b\r\n'
    assert answers(line, data) == [OK]
    assert line[2] == [("sendto", 3, b"a,b", 80, bytes(15) + b"\1")]


def test_payloads_in_a_row(line):
    data = b"".join(b"AT+Send=%d,0,3,%d\r\n\r\n" % (i % 10, i % 10) for i in range(2000))
    assert answers(line, data, ms=1) == 2000 * [OK]
    assert line[2] == [("send", i % 10, b"%d\r\n" % (i % 10)) for i in range(2000)]


def test_a_wrong_header_still_drops_its_payload(line):
    data = b"\r\nAT+Stop=0\r\n"
    head = b"AT+Send=x,0,%d," % len(data)
    assert answers(line, head + data + b"\r\nAT+Test\r\n") == [WRONG, OK]
    assert not line[2]


def test_an_unknown_command_has_no_payload(line):
    assert answers(line, b"AT+Sent=3,0,13,\r\nAT+Test\r\n\r\n") == [UNKNOWN, OK]


def test_help_of_a_payload_command_waits_for_nothing(line):
    assert answers(line, b"AT+Send=?\r\n") == [b"+Send: [sd],[format],[length],[data]", OK]


# --- Pieces ---

SESSION = (
    b"AT+Test\r\n\r\nAT+Send=3,0,9,\r\nAT+Foo\x00\n"
    b' at + send = 4 , 1 , 8 ,AA0K/yI=\rAT+SendTo=5,INET,0x50,[10.0.0.1],0,2,,"\n'
    b"AT+Send=7,0,0,\r\n\xff\r\nAT+Test\n"
)
ANSWERS = [OK, OK, OK, OK, OK, UNKNOWN, OK]
CALLS = [
    ("send", 3, b"\r\nAT+Foo\x00"),
    ("send", 4, b"\0\r\n\xff\x22"),
    ("sendto", 5, b',"', 80, b"\x0a\0\0\1"),
    ("send", 7, b""),
]


def test_a_session_at_once(line):
    assert answers(line, SESSION) == ANSWERS
    assert line[2] == CALLS


@pytest.mark.parametrize("at", range(1, len(SESSION)))
def test_a_session_in_two_pieces(at):
    line = build()
    # 15 ms: within the silence that ends a command behind its payload.
    assert answers(line, SESSION[:at], (SESSION[at:], 15)) == ANSWERS
    assert line[2] == CALLS


@pytest.mark.parametrize("gap", [0, 1, 15])
def test_a_session_byte_by_byte(line, gap):
    assert answers(line, *[(bytes([b]), gap) for b in SESSION]) == ANSWERS
    assert line[2] == CALLS


COMMANDS = (
    (b"AT+Test\r\n", [OK], []),
    (b"AT+Foo\r", [UNKNOWN], []),
    (b"\n", [], []),
    (b"AT+Send=1,0,8,\r\nAT+T\r\n\r\n", [OK], [("send", 1, b"\r\nAT+T\r\n")]),
    (b"AT+Send=2,1,4,AAAA\n", [OK], [("send", 2, bytes(3))]),
    (b"AT+Send=2,0,2000," + b"\r" * 2000 + b"\r\n", [OK], [("send", 2, b"\r" * 2000)]),
    (b"AT+Foo=" + b"y" * 2000 + b"\r\n", [UNKNOWN], []),
    (b"AT+Set=AT,STYLE," + b"x" * 2700 + b"\r\n", [SHORT], []),
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=14),
    st.lists(st.tuples(st.integers(1, 5000), st.integers(0, 19)), max_size=40),
)
def test_any_split_of_any_session_gives_the_same(commands, cuts):
    """Long enough to go round the buffer: what is left at its end moves to the front."""
    data = b"".join(row[0] for row in commands)
    pieces = []
    for size, gap in cuts:
        pieces.append((data[:size], gap))
        data = data[size:]
    line = build()
    got = answers(line, *pieces, data, ms=1)
    assert got == [answer for row in commands for answer in row[1]]
    assert line[2] == [call for row in commands for call in row[2]]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=30))
def test_after_any_bytes_and_a_pause_a_command_works(pieces):
    line = build()
    answers(line, *[(piece, 7) for piece in pieces], ms=2100)
    answers(line, b"\r\n", ms=2100)
    assert answers(line, b"AT+Test\r\n", ms=1) == [OK]


# --- The whole stream and send() mean the same ---


@pytest.mark.parametrize("name", NASTY)
def test_a_payload_by_send(line, name):
    data = NASTY[name]
    core, _, calls = line
    assert ask(core, b"AT+Send=3,0,%d," % len(data) + data) == [OK]
    assert calls == [("send", 3, data)]


@pytest.mark.parametrize(("size", "given"), [(5, 4), (5, 6), (0, 1), (1, 0)])
def test_a_payload_by_send_of_another_length(line, size, given):
    core, _, calls = line
    assert ask(core, b"AT+Send=3,0,%d," % size + given * b"x") == [SHORT]
    assert not calls


def test_what_came_behind_a_request_for_the_prompt_is_given_back(line):
    core, _, calls = line
    given = []

    def control(byte):
        core.escape = b"raw"
        return True

    core.framer.control = control
    core.framer.unread = lambda data: given.append(bytes(data))
    assert answers(line, b"AT+Test\r\n\x01print(1)\r\nAT+Stop=0\r\n\x01") == [OK]
    assert given == [b"print(1)\r\nAT+Stop=0\r\n\x01"] and calls == []
    core.escape = None
    assert answers(line, b"AT+Test\r\n") == [OK]


def test_a_payload_that_nobody_reads_holds_nothing_back(line):
    """The command that waits for room is the one that holds its reading back."""
    core, _, _ = line
    core.framer.held = lambda: -1
    assert core.framer.holds()
    core.foreground = core.command
    assert core.framer.holds()
    for _ in range(MANY):
        core.out.push(b"OK\r\n")
    assert not core.framer.holds()
    core.foreground = None
    assert core.framer.holds()
