"""What a parameter may look like: guide 5.1, at-commands.md chapters 2 and 6.2, guide-style.md 10.

Each test declares commands of its own, hands a line to send(), and sees what the handler got or
which error came instead.
"""

import ipaddress
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.atcore.fake import FakeDriver, ask

# The name of a command, and its arguments as a declaration has them.
DECLARED = {
    "U8": (("a", "u8", ""),),
    "U16": (("a", "u16", ""),),
    "U32": (("a", "u32", ""),),
    "I16": (("a", "i16", ""),),
    "I32": (("a", "i32", ""),),
    "Range": (("a", "range", "", 1, 13),),
    "Key": (("a", "key", "", b"socket_type"),),
    "Mask": (("a", "mask", "", b"alpn"),),
    "Str": (("a", "str", "", 8),),
    "Ssid": (("a", "str", "", 32, 1),),
    "Ip4": (("a", "ip4", ""),),
    "Ip6": (("a", "ip6", ""),),
    "Mac": (("a", "mac", ""),),
    "Filter": (("a", "array", "", 4, b":"),),
    "Channels": (("a", "array", "", 4, b","),),
    "List": (("a", "list", ""),),
    "Length": (("a", "length", ""),),
    "Addr": (("f", "family", ""), ("p", "u16", ""), ("a", "addr", "")),
    "Three": (("a", "u8", ""), ("b", "str", "?", 8), ("c", "u8", "?")),
}


class Desk:
    """A core whose commands note their values."""

    def __init__(self, **settings):
        import atcore
        from atcore.dispatch import Commands

        self.got = None
        commands = Commands()
        for name, args in DECLARED.items():
            commands.command(name.encode(), args)(self.take)
        self.core = atcore.create(FakeDriver(), commands, **settings)

    def take(self, cmd, *values):
        self.got = values

    def __call__(self, line):
        """The values of `Name=parameters`, or the code of the parse error."""
        line = line.encode() if isinstance(line, str) else line
        self.got = None
        (answer,) = ask(self.core, b"AT+" + line)
        if answer == b"OK":
            return self.got if len(self.got) > 1 else self.got[0]
        assert self.got is None, "the handler ran although there was an error"
        return re.fullmatch(rb"ERROR:([a-z ]+), (-?\d+)", answer).groups()


@pytest.fixture(scope="module")
def desk():
    return Desk()


def parse_error(code):
    return b"parse parameters", b"%d" % code


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


# --- IPv4 ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("192.168.1.5", 0xC0A80105),
        ("[192.168.1.5]", 0xC0A80105),
        ('"192.168.1.5"', 0xC0A80105),
        ("0.0.0.0", 0),
        ("255.255.255.255", 0xFFFFFFFF),
        ("10.0.010.1", 0x0A000A01),
        ("0xa.0x0.0.0xFF", 0x0A0000FF),
        ("10 .0.0.1", 0x0A000001),
    ],
)
def test_ip4(desk, text, value):
    assert desk(f"Ip4={text}") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("10.0.0.256", -4),
        ("300.0.0.1", -4),
        ("10.0.0.-1", -4),
        ("10.0.0.x", -4),
        ("10.0.0", -3),
        ("10", -3),
        ("www.ti.com", -3),
        ("10.0.0.1.2", -3),
        ("10..0.1", -1),
        ("10.0.0.", -1),
        ("10:0:0:1", -3),
    ],
)
def test_no_ip4(desk, text, code):
    assert desk(f"Ip4={text}") == parse_error(code)


# --- IPv6: rule I2 ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0xfe800000:0x0:0x0:0x1", (0xFE800000, 0, 0, 1)),
        ("[0xfe800000:0:0:0x1]", (0xFE800000, 0, 0, 1)),
        ("1:2:3:4", (1, 2, 3, 4)),  # four groups are words, decimal
        ("10:20:30:40", (10, 20, 30, 40)),
        ("4294967295:0:0:0", (0xFFFFFFFF, 0, 0, 0)),
        ("fe80::1", (0xFE800000, 0, 0, 1)),
        ('"fe80::1"', (0xFE800000, 0, 0, 1)),
        ("[fe80::1]", (0xFE800000, 0, 0, 1)),
        ("FE80:0:0:0:0:0:0:1", (0xFE800000, 0, 0, 1)),
        ("1:2:3:4:5:6:7:8", (0x10002, 0x30004, 0x50006, 0x70008)),
        ("10:20:30:40:50:60:70:80", (0x100020, 0x300040, 0x500060, 0x700080)),
        ("::", (0, 0, 0, 0)),
        ("::1", (0, 0, 0, 1)),
        ("1::", (0x10000, 0, 0, 0)),
        ("1:2::", (0x10002, 0, 0, 0)),  # four pieces, but not four groups
        ("::1:2", (0, 0, 0, 0x10002)),
        ("1::2:3", (0x10000, 0, 0, 0x20003)),
        ("1:2:3:4:5:6:7::", (0x10002, 0x30004, 0x50006, 0x70000)),
        ("::2:3:4:5:6:7:8", (2, 0x30004, 0x50006, 0x70008)),
        ("1:2:3::5:6:7:8", (0x10002, 0x30000, 0x50006, 0x70008)),
    ],
)
def test_ip6(desk, text, value):
    assert desk(f"Ip6={text}") == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("fe80:0:0:1", -4),  # four groups, one in another form
        ("0x100000000:0:0:0", -4),
        ("0xfe80:0:0:0:0:0:0:1", -4),
        ("fe80::12345", -4),
        ("fe80::0x1", -4),
        ("fe80::g", -4),
        ("1::2::3", -4),
        (":::", -4),
        ("1:::2", -4),
        ("1:2:3", -3),
        ("1:2:3:4:5", -3),
        ("1:2:3:4:5:6:7", -3),
        ("1:2:3:4:5:6:7:8:9", -3),
        ("1:2:3::4:5:6:7:8", -3),  # eight groups leave none for the `::`
        ("::1:2:3:4:5:6:7:8", -3),
        ("1:2:3:4:5:6: :8", -4),  # a blank is no group
        ("1:2:3:4:5:6:7:", -4),
        ("1:2:3:4:5:6:7:8::", -3),
        ("1", -3),
        ("10.0.0.1", -3),
        ("fe80::1%1", -4),
        ("::ffff:10.0.0.1", -4),
    ],
)
def test_no_ip6(desk, text, code):
    assert desk(f"Ip6={text}") == parse_error(code)


group = st.one_of(
    st.sampled_from(["", "", "0", "1", "00", "ffff", "10000", "0x1", "g", "-1", ":"]),
    st.integers(0, 0xFFFF).map("{:x}".format),
)


@settings(max_examples=400)
@given(st.lists(group, min_size=5, max_size=10))
def test_the_usual_notation_is_what_others_take_for_it(desk, groups):
    text = ":".join(groups)
    got = desk(f'Ip6="{text}"')
    try:
        value = ipaddress.IPv6Address(text)
    except ValueError:
        assert got[0] == b"parse parameters"
        assert got[1] in (b"-1", b"-3", b"-4")
    else:
        assert b"".join(word.to_bytes(4, "big") for word in got) == value.packed


@given(st.integers(0, 2**128 - 1), st.booleans())
def test_every_ip6_is_read_in_every_notation(desk, number, sparse):
    if sparse:
        number &= 0xFFFF0000_00000000_0000FFFF_00000000
    value = ipaddress.IPv6Address(number)
    words = tuple(number >> shift & 0xFFFFFFFF for shift in (96, 64, 32, 0))
    for text in (value.compressed, value.exploded, ":".join(map(hex, words))):
        assert desk(f"Ip6={text}") == words


# --- MAC and RX-filter bytes: rule I1 ---


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x8:0x0:0x28:0xab:0xcd:0xef", "080028abcdef"),
        ("[0x8:0x0:0x28:0xAB:0xcd:0xef]", "080028abcdef"),
        ('"0x8:0x0:0x28:0xab:0xcd:0xef"', "080028abcdef"),
        ("0xaa:0:0:0:0:5", "aa0000000005"),
        ("1:2:3:4:5:6", "010203040506"),
        ("255:254:3:4:5:6", "fffe03040506"),
        ("10:20:30:40:50:60", "0a141e28323c"),  # decimal, as 5.1 says
        ("08:00:28:ab:cd:ef", "080028abcdef"),
        ("08:00:28:AB:CD:EF", "080028abcdef"),
        ("[08:00:28:ab:cd:ef]", "080028abcdef"),
        ('"08:00:28:ab:cd:ef"', "080028abcdef"),
        ("aa:10:20:30:40:50", "aa1020304050"),  # a letter
        ("01:10:20:30:40:50", "011020304050"),  # a group that starts with 0
        ("10:20:30:40:50:00", "102030405000"),
        ("000:010:020:030:040:050", "000a141e2832"),  # three digits: decimal
    ],
)
def test_mac(desk, text, value):
    assert desk(f"Mac={text}").hex() == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("8:0:28:ab:cd:ef", -4),
        ("a:b:c:d:e:f", -4),
        ("0x8:00:28:ab:cd:ef", -4),
        ("08:00:28:ab:cd:0xef", -4),
        ("08:00:28:ab:cd:256", -4),
        ("0x100:0:0:0:0:0", -4),
        ("08:00:28:ab:cd:gg", -4),
        ("-1:0:0:0:0:0", -4),
        ("08:00:28:ab:cd", -3),
        ("1:2:3:4:5", -3),
        ("1:2:3:4:5:6:7", -3),
        ("080028abcdef", -3),
        ("08-00-28-ab-cd-ef", -3),
        ("1:2:3::5:6", -1),
    ],
)
def test_no_mac(desk, text, code):
    assert desk(f"Mac={text}") == parse_error(code)


@given(st.binary(min_size=6, max_size=6))
def test_every_mac_is_read_as_printed_and_in_decimal(desk, raw):
    for form in ("0x{:x}", "{}", "0x{:02X}"):
        # All groups of two digits, one of them with a leading 0, are the usual notation (hex).
        text = ":".join(form.format(byte) for byte in raw)
        assert desk(f"Mac={text}") == raw
    usual = ":".join(f"{byte:02x}" for byte in raw)
    marked = any(part[0] == "0" or not part.isdigit() for part in usual.split(":"))
    assert desk(f"Mac={usual}") == (raw if marked else bytes(map(int, usual.split(":"))))


def test_filter_bytes_follow_the_same_rule(desk):
    assert desk("Filter=0xff:0x0:1:2") == b"\xff\x00\x01\x02"
    assert desk("Filter=[ff:00:01:10]") == b"\xff\x00\x01\x10"
    assert desk("Filter=1:2:3") == parse_error(-3)
    assert desk("Filter=1:2:3:x") == parse_error(-4)


def test_an_array_with_commas_stands_in_brackets(desk):
    assert desk("Channels=[1,2,3,0xff]") == b"\x01\x02\x03\xff"
    assert desk("Channels=[ 1 , 2,3,4 ]") == b"\x01\x02\x03\x04"
    assert desk("Channels=[1,2,3]") == parse_error(-3)
    assert desk("Channels=[1,,3,4]") == parse_error(-1)


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
    assert desk(f"Length={text}") == (value if value > 0 else parse_error(value))


def test_an_address_is_of_the_family_before_it(desk):
    assert desk("Addr=INET,80,10.0.0.1") == (2, 80, b"\x0a\0\0\x01")
    assert desk("Addr=INET6,80,fe80::1") == (3, 80, bytes.fromhex("fe80" + 26 * "0" + "01"))
    assert desk("Addr=INET,80,fe80::1") == parse_error(-3)
    assert desk("Addr=INET6,80,10.0.0.1") == parse_error(-3)


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
        ("1,[x,2", (b"number of parameters", b"0")),
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
    assert ask(desk.core, b"AT+Three=1") == [b"ERROR:number of parameters, 0"]
