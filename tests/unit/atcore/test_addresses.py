"""Addresses in every notation: guide 5.1, at-commands.md 2.8, guide-style.md I1, I2 and V4."""

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.atcore.desk import Desk, parse_error


@pytest.fixture(scope="module")
def desk():
    return Desk()


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
        ("1:2:3:", -1),  # four groups, one of them empty
        (":1:2:3", -1),
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


# --- The family decides ---


def test_an_address_is_of_the_family_before_it(desk):
    assert desk("Addr=INET,80,10.0.0.1") == (2, 80, b"\x0a\0\0\x01")
    assert desk("Addr=INET6,80,fe80::1") == (3, 80, bytes.fromhex("fe80" + 26 * "0" + "01"))
    assert desk("Addr=INET,80,fe80::1") == parse_error(-3)
    assert desk("Addr=INET6,80,10.0.0.1") == parse_error(-3)
