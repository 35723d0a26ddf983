"""How replies look: guide-style.md chapters 2-5, and at-commands.md 2.9 for style ti."""

import base64
import re

import atbytes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atcore import reply
from atcore._keywords import TABLES
from atcore.flags import FRAME_SIZE
from atcore.reply import Line

# Rule L8, as it stands there.
L8 = re.compile(rb"OK|\+[A-Za-z]+:( .+)?|ERROR:[a-z ]+(\+[A-Za-z]+( [0-9]+)?)?, -?[0-9]+", re.S)


def guide(build, name=b"Name"):
    """The message that build(line) makes in style guide, without its line end."""
    return finished(build, name, False)


def ti(build, name=b"Name"):
    return finished(build, name, True)


def finished(build, name, style_ti):
    line = Line(600).begin(name, style_ti)
    build(line)
    message = line.message()
    assert message.endswith(b"\r\n")  # L1
    return message[:-2]


# --- Lines ---


def test_one_blank_behind_the_colon_and_none_elsewhere():
    assert guide(lambda line: line.num(1).num(2).raw(b"x")) == b"+Name: 1,2,x"
    assert ti(lambda line: line.num(1).num(2).raw(b"x")) == b"+name:1,2,x"


def test_the_blank_goes_when_nothing_follows():
    assert guide(lambda line: None) == b"+Name:"
    assert guide(lambda line: line.none()) == b"+Name:"
    assert guide(lambda line: line.bits(0)) == b"+Name:"
    assert guide(lambda line: line.text(b"", 0, 0)) == b"+Name:"
    assert ti(lambda line: None) == b"+name:"


def test_a_value_that_does_not_exist_keeps_its_comma():
    assert guide(lambda line: line.none().none()) == b"+Name: ,"
    assert guide(lambda line: line.num(1).none()) == b"+Name: 1,"
    assert guide(lambda line: line.none().num(1)) == b"+Name: ,1"
    assert guide(lambda line: line.mask(b"alpn", 0).num(1)) == b"+Name: ,1"
    assert guide(lambda line: line.text(b"", 0, 0).num(1)) == b"+Name: ,1"


@given(st.lists(st.sampled_from(["none", "num", "mask", "key", "text", "bits"]), min_size=1))
def test_the_number_of_commas_is_that_of_the_fields(kinds):
    def build(line):
        for kind in kinds:
            {
                "none": lambda: line.none(),
                "num": lambda: line.num(5),
                "mask": lambda: line.mask(b"alpn", 0),
                "key": lambda: line.key(b"wlan_role", 77),
                "text": lambda: line.text(b"", 0, 0),
                "bits": lambda: line.bits(0),
            }[kind]()

    text = guide(build)
    assert text.count(b",") == len(kinds) - 1
    assert L8.fullmatch(text)


# --- Values ---


@pytest.mark.parametrize(
    ("value", "in_guide", "in_ti"),
    [
        (0, b"0", b"0"),
        (-70, b"-70", b"-70"),
        (0x7FFFFFFF, b"2147483647", b"2147483647"),
        (0x80000000, b"2147483648", b"-2147483648"),  # V1: unsigned never prints a minus
        (0xFFFFFFFF, b"4294967295", b"-1"),
    ],
)
def test_decimal_numbers(value, in_guide, in_ti):
    assert guide(lambda line: line.num(value)) == b"+Name: " + in_guide
    assert ti(lambda line: line.num(value)) == b"+name:" + in_ti


@pytest.mark.parametrize(
    ("value", "text"), [(0, b"0x0"), (0xA, b"0xa"), (0x31100019, b"0x31100019"), (0xFF, b"0xff")]
)
def test_hexadecimal_numbers(value, text):
    assert guide(lambda line: line.hex(value)) == b"+Name: " + text


def test_addresses():
    wire = bytes.fromhex("fe8000000000000000000000000000010801a8c0")
    assert guide(lambda line: line.address(b"\xc0\xa8\x01\x05")) == b"+Name: 192.168.1.5"
    assert guide(lambda line: line.address(wire[:16])) == b"+Name: 0xfe800000:0x0:0x0:0x1"
    assert guide(lambda line: line.ip4(wire, 16)) == b"+Name: 192.168.1.8"
    assert guide(lambda line: line.ip4(bytes(4), 0)) == b"+Name: 0.0.0.0"  # V9
    mac = bytes.fromhex("080028abcdef")
    assert guide(lambda line: line.mac(mac, 0)) == b"+Name: 0x8:0x0:0x28:0xab:0xcd:0xef"


def test_bytes_with_a_mark():
    data = bytes([0xFF, 0, 0xA, 1])
    assert guide(lambda line: line.bytes(data, 0, 4, 0x3A)) == b"+Name: 0xff:0x0:0xa:0x1"
    assert guide(lambda line: line.bytes(data, 1, 2, 0x2C)) == b"+Name: 0x0,0xa"


def test_keywords_are_spelled_as_the_guide_has_them():
    for table, text in (  # chapter 9: upper, mixed and lower case
        (b"socket_family", b"INET6"),
        (b"wlan_security", b"WPA_WPA2"),
        (b"wlan_policy_scan", b"Disable_Scan"),
        (b"wlan_scan_cipher", b"None"),
        (b"wlan_scan_key_mgmt", b"802_1_X"),
        (b"wlan_eap", b"TTLS_MSCHAPv2"),
        (b"wlan_connection_status", b"disconnected"),
        (b"event_netapp_id", b"ip_collision"),
        (b"event_wlan_id", b"P2P_CONNECTFAIL"),
    ):
        value = atbytes.kw_find(TABLES, table, text.upper(), 0, len(text))
        found = guide(lambda line, t=table, v=value: line.key(t, v))
        assert found == b"+Name: " + text
        assert ti(lambda line, t=table, v=value: line.key(t, v)) == b"+name:" + text.lower()


def test_a_value_without_keyword_is_its_number():
    assert guide(lambda line: line.key(b"wlan_role", 77).num(1)) == b"+Name: 77,1"


@pytest.mark.parametrize(
    ("option", "printed"), [(0, b"state"), (7, b"release_ip_set"), (8, b"release_ip_off")]
)
def test_an_option_that_is_no_address_mode_has_a_keyword_in_style_ti_alone(option, printed):
    """Table 58 has it to be set, table 59 not to be told; at-commands 18 has one list for both."""
    assert guide(lambda line: line.key(b"netcfg_option", option)) == b"+Name: %d" % option
    assert ti(lambda line: line.key(b"netcfg_option", option)) == b"+name:" + printed
    assert atbytes.kw_find(TABLES, b"netcfg_option", printed, 0, len(printed)) == option


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, b"H1"), (3, b"H1|H2"), (0x21, b"H1|0x20"), (0x60, b"0x60"), (31, b"FULL_LIST"), (0, b"")],
)
def test_masks(value, text):
    assert guide(lambda line: line.mask(b"alpn", value).num(7)) == b"+Name: " + text + b",7"


@pytest.mark.parametrize(
    ("value", "text"), [(0, b""), (1, b"0"), (5, b"0|2"), (0x8001, b"0|15"), (1 << 31, b"31")]
)
def test_bits(value, text):
    assert guide(lambda line: line.bits(value)) == (b"+Name: " + text if text else b"+Name:")


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"Cafe WiFi", b"Cafe WiFi"),
        (b"a,b", b'"a,b"'),
        (b"a;b", b'"a;b"'),
        (b'a"b', rb'"a\"b"'),
        (b"a\\b", b"a\\b"),  # a backslash alone needs no quotes
        (b"a\\,b", rb'"a\\,b"'),
        (b" a", b'" a"'),
        (b"a ", b'"a "'),
        (b"\r\nOK\r\n", rb'"\x0d\x0aOK\x0d\x0a"'),
        (b"\x00\x1f\x7f", rb'"\x00\x1f\x7f"'),
        (b"\x80\xff", b"\x80\xff"),
        (b"a|b:c?[]", b"a|b:c?[]"),
    ],
)
def test_strings(raw, text):
    assert guide(lambda line: line.text(raw, 0, len(raw))) == b"+Name: " + text
    assert ti(lambda line: line.text(raw, 0, len(raw))) == b"+name:" + raw


@given(st.lists(st.binary(max_size=32), min_size=1, max_size=4))
def test_no_string_forges_a_line_or_a_field(raws):
    def build(line):
        for raw in raws:
            line.text(raw, 0, len(raw))

    text = guide(build)
    assert not re.search(rb"[\x00-\x1f\x7f]", text)
    assert len(fields(text.partition(b":")[2].removeprefix(b" "))) == len(raws)
    assert fields(text.partition(b":")[2].removeprefix(b" ")) == raws


def fields(text):
    """Fields by V7, written from the rule: quotes protect commas, three escapes in them."""
    found, at = [], 0
    while True:
        if text[at : at + 1] == b'"':
            end = at + 1
            while text[end : end + 1] != b'"':
                end += 2 if text[end : end + 1] == b"\\" else 1
            body = text[at + 1 : end]
            at = end + 1
            body = re.sub(
                rb'\\(x[0-9a-f]{2}|["\\])',
                lambda m: bytes([int(m[1][1:], 16)]) if m[1][:1] == b"x" else m[1],
                body,
            )
        else:
            end = text.find(b",", at)
            body = text[at:] if end < 0 else text[at:end]
            at += len(body)
        found.append(body)
        if at >= len(text):
            return found
        assert text[at : at + 1] == b","
        at += 1


# --- Payloads ---


def counted(data, format, style_ti=False, values=(3,), room=0, memory=b""):
    """The message for data that came into a frame with some room more, without its line end."""
    frame = atbytes.frame(len(data) + room, format, memory)
    frame[: len(data)] = data
    message = bytes(atbytes.payload(frame, len(data), format, b"Recv", style_ti, values))
    assert message[-2:] == b"\r\n"  # L6
    return message[:-2]


@given(st.binary(max_size=1500), st.integers(0, 100))
def test_a_payload_in_both_formats(data, room):
    raw = counted(data, 0, room=room)
    assert raw == b"+Recv: 3,0,%d," % len(data) + data  # D1: bytes as they cross the line
    text = base64.b64encode(data)
    assert counted(data, 1, room=room) == b"+Recv: 3,1,%d," % len(text) + text
    assert counted(data, 0, True) == b"+recv:3,0,%d," % len(data) + data


def test_no_data():
    for format in (0, 1):  # D4
        assert counted(b"", format, values=(0,)) == b"+Recv: 0,%d,0," % format


def test_the_values_before_a_payload():
    assert counted(b"x", 0, values=()) == b"+Recv: 0,1,x"
    assert counted(b"x", 0, values=(65535, b"CONTINUATION")) == b"+Recv: 65535,CONTINUATION,0,1,x"
    with pytest.raises(ValueError):
        counted(b"x", 0, values=(b"s" * 64,))


def test_a_frame_uses_the_memory_it_is_lent_if_that_is_enough():
    memory = bytearray(FRAME_SIZE)
    assert counted(bytes(4096), 1, memory=memory)[:14] == b"+Recv: 3,1,546"
    assert any(memory)
    small = bytearray(1000)
    assert counted(bytes(4096), 0, memory=small)[:14] == b"+Recv: 3,0,409"
    assert not any(small)


# --- Lists ---


def test_members_of_a_list_in_one_line():
    macs = bytes(range(12))

    def stations(count):
        return guide(lambda line: [line.also(0x3B).mac(macs, 6 * i) for i in range(count)])

    assert stations(0) == b"+Name:"  # M3: no members
    assert stations(1) == b"+Name: 0x0:0x1:0x2:0x3:0x4:0x5"
    assert stations(2) == b"+Name: 0x0:0x1:0x2:0x3:0x4:0x5;0x6:0x7:0x8:0x9:0xa:0xb"


def test_a_line_of_a_list_that_ends_with_its_mark():
    assert guide(lambda line: line.raw(b"a").num(1).close(0x3B)) == b"+Name: a,1;"  # M1


# --- Errors ---


@pytest.mark.parametrize(
    ("what", "code", "detail", "text"),
    [
        (reply.NOT_EXIST, 0, b"", b"ERROR:command not exist, 0"),
        (reply.COUNT, 0, b"", b"ERROR:number of parameters, 0"),
        (reply.ALLOCATE, 0, b"", b"ERROR:allocate, 0"),
        (reply.PARSE, -4, b"", b"ERROR:parse parameters, -4"),
        (reply.PROCESS, -10341, b"", b"ERROR:process command, -10341"),
        (reply.PROCESS, -11, b" +Recv 0", b"ERROR:process command +Recv 0, -11"),
        (reply.PROCESS, -11, b" +Select", b"ERROR:process command +Select, -11"),
    ],
)
def test_error_lines(what, code, detail, text):
    assert Line(100).error(what, code, False, detail) == text + b"\r\n"
    assert L8.fullmatch(text)


def test_error_lines_of_style_ti():
    assert Line(100).error(reply.PARSE, -4, True) == b"ERROR: parse parameters,-4\r\n"
