"""What a parameter may look like: guide 5.1, at-commands.md chapters 2 and 6.2, guide-style.md V8.

Each test hands a line to send(), and sees what the handler got or which error came instead; for
addresses see test_addresses.py.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.atcore.desk import Desk, parse_error
from tests.unit.atcore.fake import ask


@pytest.fixture(scope="module")
def desk():
    return Desk()


# --- Numbers ---


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("U8=0", 0),
        ("U8=255", 255),
        ("U8=0xFf", 255),
        ("U8=0XfF", 255),
        ("U8=010", 10),  # not octal
        ("U8=08", 8),
        ("U8=0000000000000000000000000000000007", 7),
        ("U8= 5 ", 5),
        ("U16=65535", 65535),
        ("U16=0xffff", 65535),
        ("U32=4294967295", 4294967295),
        ("U32=0xFFFFFFFF", 4294967295),
        ("I16=-32768", -32768),
        ("I16=32767", 32767),
        ("I16=-1", -1),
        ("I32=-2147483648", -(2**31)),
        ("I32=2147483647", 2**31 - 1),
        ("I32=-070", -70),
        ("Range=1", 1),
        ("Range=13", 13),
        ("Range=0xd", 13),
    ],
)
def test_numbers(desk, line, value):
    assert desk(line) == value


@pytest.mark.parametrize("style", [0, 1])
def test_a_word_may_stand_for_a_number(style):
    """`AT+Listen=0,LISTEN`, as a public script sends it: 0 (at-commands.md, correction of 2.7)."""
    desk = Desk(style=style)
    assert [desk("Word=" + text) for text in ("LISTEN", "Listen", "listen", "5", "-1")] == [
        0,
        0,
        0,
        5,
        -1,
    ]
    for text in ("LISTEN2", "LIS", '"LISTEN"', "0LISTEN"):
        assert desk("Word=" + text) == parse_error(-4)


TABBED = (
    ("U8=\t5", 5),
    ("U8=5\t", 5),
    ("U8= \t 5 \t ", 5),
    ("U16=\t0xffff", 65535),
    ("I16=\t-1", -1),
    ("Range=\t13\t", 13),
    ("Length=\t16", 16),
    ("Three=1\t,a\tb\t,\t2", (1, b"a\tb\t", 2)),
    ("Ip4=10.\t0.0\t.1", 0x0A000001),
    ("List=0|\t2", [0, 2]),
)


@pytest.mark.parametrize(("line", "value"), TABBED)
def test_tabs_around_a_number_are_taken_in_style_ti_alone(desk, line, value):
    """at-commands.md, correction of 2.6; a string keeps its own."""
    assert Desk(style=1)(line) == value
    assert desk(line) == parse_error(-4)


@pytest.mark.parametrize(
    "text",
    ["\t", "1\t2", "0x\t1", "-\t1", "\v5", "\f5", "5\v", "\x005", "5\x00", "+5", "0x", "5a"]
    + ['"\t5"', '"5"'],
)
@pytest.mark.parametrize("style", [0, 1])
def test_nothing_else_is_read_as_a_number(style, text):
    desk = Desk(style=style)
    for name in ("U8", "U16", "U32", "I16", "I32", "Range", "Length"):
        assert desk(f"{name}={text}") == parse_error(-4)
    if text == "\t":
        return  # an element that is not there
    for line in (f"Ip4=10.0.0.{text}", f"List=0|{text}", f"Filter=1:2:3:{text}"):
        assert desk(line) == parse_error(-4)


def test_a_tab_at_a_keyword_is_none_of_it():
    assert Desk(style=1)("Key=\tSTREAM") == parse_error(-4)


@pytest.mark.parametrize(
    "line",
    [
        "U8=256",
        "U8=-1",
        "U8=0x100",
        "U8=abc",
        "U8=aa",
        "U8=12abc",
        "U8=1 2",
        "U8=1.5",
        "U8=+5",
        "U8=--5",
        "U8=- 5",
        "U8=-",
        "U8=0x",
        "U8=x5",
        "U8=0xg",
        "U8=0x1g",
        "U8=5h",
        'U8="5"',
        'U8=""',
        "U8=[5]",
        "U8=\t5",
        "U8=\u0665",  # a digit, but not an ASCII one
        "U16=65536",
        "U16=-1",
        "U32=4294967296",
        "U32=-1",
        "U32=18446744073709551616",
        "U32=99999999999999999999999999999999",
        "U32=0x10000000000000001",
        "I16=32768",
        "I16=-32769",
        "I32=2147483648",
        "I32=-2147483649",
        "Range=0",
        "Range=14",
        "Range=-1",
    ],
)
def test_what_is_no_number_or_out_of_range(desk, line):
    assert desk(line) == parse_error(-4)


@given(st.integers(-(2**40), 2**40), st.sampled_from(["%d", "0x%x", "0X%X", "00%d"]))
def test_every_number_in_range_is_read_and_no_other(desk, value, form):
    for kind, low, high in (("U8", 0, 255), ("U32", 0, 2**32 - 1), ("I32", -(2**31), 2**31 - 1)):
        text = ("-" if value < 0 else "") + form % abs(value)
        assert desk(f"{kind}={text}") == (value if low <= value <= high else parse_error(-4))


# --- Keywords and masks ---


@pytest.mark.parametrize("text", ["STREAM", "stream", "Stream", " sTREAM "])
def test_a_keyword_in_any_case(desk, text):
    assert desk(f"Key={text}") == 1


@pytest.mark.parametrize(
    "text", ["STREAMS", "STREA", '"STREAM"', "1", "[STREAM]", "STREAM|", "\t"]
)
def test_no_keyword(desk, text):
    assert desk(f"Key={text}") == parse_error(-4)


@pytest.mark.parametrize(
    ("text", "value"),
    [("H1", 1), ("h2|H1", 3), ("[H1|H2]", 3), ("H1|H1|h1", 1), ("[h2c]", 4), ("FULL_LIST", 31)],
)
def test_masks(desk, text, value):
    assert desk(f"Mask={text}") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("H9", -4),
        ("H1|H9", -4),
        ("H1 | H2", -4),
        ('"H1"', -4),
        ("3", -4),
        ("H1|", -1),
        ("|H1", -1),
        ("H1||H2", -1),
    ],
)
def test_no_masks(desk, text, code):
    assert desk(f"Mask={text}") == parse_error(code)


# --- Strings ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("abc", b"abc"),
        ("my AP", b"my AP"),
        ('"my AP"', b"my AP"),
        ('"a,b"', b"a,b"),
        ('" a "', b" a "),
        (" a ", b"a"),
        ('""', b""),
        ('"[x]"', b"[x]"),
        ("[x]", b"[x]"),
        ("a'b", b"a'b"),
        ("OPEN", b"OPEN"),
        ("é", "é".encode()),
        ("12345678", b"12345678"),
        ('"12345678"', b"12345678"),
        (r'"a\"b"', b'a"b'),
        (r'"\\"', b"\\"),
        (r'"\x0d\x0A"', b"\r\n"),
        (r'"\x00"', b"\0"),
        (r'"\x41\x42"', b"AB"),
        (r'"\n"', rb"\n"),  # any other backslash stands for itself
        (r'"\x4"', rb"\x4"),
        (r'"\xg1"', rb"\xg1"),
        (r"\x41", rb"\x41"),  # escapes are for quoted text
        ("a=b?", b"a=b?"),
        ("a;b|c", b"a;b|c"),
    ],
)
def test_strings(desk, text, value):
    assert desk(f"Str={text}") == value


@pytest.mark.parametrize("text", ["123456789", '"123456789"', r'"12345678\x41"'])
def test_a_string_that_is_too_long(desk, text):
    assert desk(f"Str={text}") == parse_error(-5)


def test_the_limit_counts_bytes_not_escapes(desk):
    assert desk(r'Str="\x31\x32\x33\x34\x35\x36\x37\x38"') == b"12345678"
    assert desk("Str=ééééé") == parse_error(-5)


def test_a_string_that_may_not_be_empty(desk):
    assert desk('Ssid=""') == parse_error(-1)
    assert desk("Ssid=x") == b"x"


def test_style_ti_knows_no_escapes():
    desk = Desk(style=1)
    desk.core.send(rb'AT+Str="\x41"')
    assert desk.got == (rb"\x41",)


def printed(raw):
    """A string as rule V7 prints it, written from the rule."""
    awkward = any(c in b',;"' or c < 0x20 or c == 0x7F for c in raw)
    if not awkward and not raw.startswith(b" ") and not raw.endswith(b" "):
        return raw
    out = b""
    for c in raw:
        if c < 0x20 or c == 0x7F:
            out += b"\\x%02x" % c
        else:
            out += b"\\" + bytes([c]) if c in b'"\\' else bytes([c])
    return b'"' + out + b'"'


@given(st.one_of(st.binary(max_size=32), st.text(',"\\x41; []?=', max_size=32).map(str.encode)))
def test_every_string_is_printed_as_v7_says_and_reads_back(desk, raw):
    from atcore.reply import Line

    text = Line(200).begin(b"X", False).text(raw, 0, len(raw)).message()
    assert text == b"+X:" + (b" " + printed(raw) if raw else b"") + b"\r\n"
    if raw and raw[:1] not in (b"?", b"["):
        assert desk(b"Ssid=" + printed(raw)) == raw


# --- Select's list: rule I3; and the rest ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", [0]),
        ("0|2", [0, 2]),
        ("[0|2]", [0, 2]),
        ("0 2", [0, 2]),
        ("[0 2]", [0, 2]),
        ("[0 | 2]", [0, 2]),
        ("2|0|2", [2, 0, 2]),
        ("15|131", [15, 131]),
        ("0x3|0x83", [3, 131]),
    ],
)
def test_descriptors(desk, text, value):
    assert desk(f"List={text}") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("x", -4),
        ("0|x", -4),
        ("16", -4),
        ("-1", -4),
        ("144", -4),
        ("256", -4),
        ("0|", -1),
        ("|", -1),
    ],
)
def test_no_descriptors(desk, text, code):
    assert desk(f"List={text}") == parse_error(code)


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("4096", 4096), ("32767", 32767), ("0", -4), ("x", -4), ('"5"', -4), ("-1", -1)],
)
def test_a_length_to_read(desk, text, value):
    """A limit has a code of its own in style ti, in style guide it is a range (O6)."""
    assert desk(f"Length={text}") == (value if value > 0 else parse_error(-4))
    assert Desk(style=1)(f"Length={text}") == (value if value > 0 else parse_error(value))


# --- Empty and missing parameters ---


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1,,", (1, None, None)),
        ("1,x,2", (1, b"x", 2)),
        (' 1 , "x" , 2 ', (1, b"x", 2)),
        ('1,"",', (1, b"", None)),
        (",,", parse_error(-1)),
        (",x,2", parse_error(-1)),
        ("1,x,y", parse_error(-4)),
        ("1,123456789,2", parse_error(-5)),
        ("x,123456789,y", parse_error(-4)),  # the first that is wrong
        ('1,"x,2', (b"number of parameters", b"0")),  # what is not closed swallows the commas
        ("1,[x,2", (1, b"[x", 2)),  # a bracket is a character of a name
        ("1", (b"number of parameters", b"0")),
        ("1,x", (b"number of parameters", b"0")),
        ("1,x,2,", (b"number of parameters", b"0")),
        ("", (b"number of parameters", b"0")),
    ],
)
def test_empty_missing_and_superfluous(desk, text, result):
    assert desk(f"Three={text}") == result


def test_the_name_of_the_parameter_is_told_on_request():
    desk = Desk(verbose=1)
    assert ask(desk.core, b"AT+Three=1,123456789,2") == [b"ERROR:parse parameters (b), -5"]
    assert ask(desk.core, b"AT+Three=1") == [b"ERROR:number of parameters (3 wanted, 1 given), 0"]
    assert ask(desk.core, b'AT+Three=1,"') == [b"ERROR:number of parameters, 0"]
