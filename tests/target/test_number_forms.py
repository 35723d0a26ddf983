"""Numbers and keywords as guide 5.1 and at-commands.md 2.3-2.8 allow them, on the device itself.

It reads plain parameters in C (firmware/modatbytes_keywords.c), everything else in Python; which
one it was must not show. tests/unit/atcore/test_grammar.py has the same rules for the Python.
"""

import pytest

pytestmark = pytest.mark.world

NUMBERS = {
    "60": 60,
    "060": 60,  # not octal
    "0000000000000000000000000060": 60,
    "08": 8,
    "0x3c": 60,
    "0X3C": 60,
    "0x0000000000003c": 60,
    "0": 0,
    "-0": 0,
    "2147483647": 2147483647,
    "2147483648": 2147483648,
    "0xffffffff": 4294967295,
    "4294967295": 4294967295,
}
NO_NUMBERS = [
    "4294967296",
    "0x100000000",
    "18446744073709551617",
    "99999999999999999999999999",
    "-1",
] + ["0x", "0xg", "x", "6o", "6 0", "+6", "--6", "6.0", "1e3", '"60"', "[60]", "0b11", "6\t"]


@pytest.fixture
def sd(talk):
    """A descriptor of a socket that takes options."""
    return talk.socket("INET,STREAM,SEC")


@pytest.mark.parametrize("blank", ["", "  "])
@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_in_every_form(talk, sd, text, blank):
    """In front, where C reads it, and behind the option, where Python may."""
    talk.ok(f"AT+SetSockOpt={blank}{sd}{blank},SOCKET,KEEPALIVETIME,{blank}{text}{blank}")
    told = talk(f"AT+GetSockOpt={sd:#x},SOCKET{blank},{blank}KEEPALIVETIME")
    assert told == [f"+GetSockOpt: {NUMBERS[text]}", "OK"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number(talk, sd, text):
    wrong = "parse parameters, -4"
    assert talk.error(f"AT+SetSockOpt={sd},SOCKET,KEEPALIVETIME,{text}") == wrong
    assert talk.error(f"AT+GetSockOpt={text},SOCKET,KEEPALIVETIME") == wrong
    assert talk.error(f"AT+Close={text}") == wrong
    assert talk.error(f"AT+WlanScan={text},1") == wrong


@pytest.mark.parametrize("sd_text", ["00", "0x0", "0X00", "000000000000000000000000"])
def test_a_descriptor_in_every_form(talk, sd, sd_text):
    assert sd == 0
    assert talk(f"AT+Close={sd_text}") == ["+Close: 0", "OK"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("256", "parse parameters, -4"),
        ("255", "process command, -9"),
        ("0xff", "process command, -9"),
        ("0x100", "parse parameters, -4"),
        ("-1", "parse parameters, -4"),
    ],
)
def test_the_edges_of_8_bits(talk, text, error):
    assert talk.error(f"AT+Listen={text},1") == error


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("32767", "process command, -9"),
        ("-32768", "process command, -9"),
        ("0x7fff", "process command, -9"),
        ("32768", "parse parameters, -4"),
        ("-32769", "parse parameters, -4"),
        ("0xffff", "parse parameters, -4"),
    ],
)
def test_the_edges_of_16_bits_with_a_sign(talk, text, error):
    assert talk.error(f"AT+Listen=9,{text}") == error


@pytest.mark.parametrize("text", ["1", "0x1", "01", "0X01"])
def test_a_range(talk, sd, text):
    talk.ok(f"AT+SetSockOpt={sd},SOCKET,KEEPALIVE,{text}")
    assert talk(f"AT+GetSockOpt={sd},SOCKET,KEEPALIVE") == ["+GetSockOpt: 1", "OK"]
    for wrong in ("2", "-1", "0x2", "1.0"):
        line = f"AT+SetSockOpt={sd},SOCKET,KEEPALIVE,{wrong}"
        assert talk.error(line) == "parse parameters, -4"


@pytest.mark.parametrize("words", ["INET,STREAM,TCP", "inet,stream,tcp", " Inet , sTREAM , tCp "])
def test_keywords_in_any_case(talk, words):
    assert talk(f"AT+Socket={words}")[-1] == "OK"
    assert talk(f"at + socket = {words}")[-1] == "OK"


@pytest.mark.parametrize(
    "words",
    ['"INET",STREAM,TCP', "INET,STREAMS,TCP", "INET,STREA,TCP", "2,1,6", "INET,STREAM,[TCP]"]
    + ["INET|INET,STREAM,TCP", "I NET,STREAM,TCP", "INET\t,STREAM,TCP", "INET,TCP,STREAM"],
)
def test_no_keywords(talk, words):
    assert talk.error(f"AT+Socket={words}") == "parse parameters, -4"


def test_an_option_belongs_to_its_level(talk, sd):
    for line in ("SOCKET,MULTICAST_TTL", "IP,KEEPALIVE", "PHY,MULTICAST_TTL", "SOCKET,KEEP"):
        assert talk.error(f"AT+GetSockOpt={sd},{line}") == "parse parameters, -4"
