"""How the vendor's core and the guide read a line (at-commands.md 2.4-2.8, 3.2, guide 5.1)."""

import pytest

from cc32at.conformance import payloads, quotes, reading
from cc32at.conformance.deviations import REWRITES
from cc32at.conformance.parameters import parameters
from cc32at.conformance.reading import Reading, Refused


@pytest.mark.parametrize(
    ("text", "value"),
    [  # at-commands.md 2.7
        ("200", 200),
        ("0xFFFF", 65535),
        ("0XffFF", 65535),
        ("010", 8),
        ("08", 0),
        ("-1", 4294967295),
        ("abc", 0),
        ('"5"', 0),
        ("12abc", 12),
        (" 5", 5),
        ("\t5", 5),
        ("0x", 0),
        ("99999999999", 4294967295),
        ("", 0),
    ],
)
def test_a_number_of_c(text, value):
    assert reading.c_number(text) == value


@pytest.mark.parametrize(
    ("line", "guide", "vendor"),
    [
        ("AT+Stop=010", "AT+Stop=10", ["AT+Stop=8"]),
        ("AT+Stop=abc", -4, ["AT+Stop=0"]),
        ("AT+Stop=65536", -4, ["AT+Stop=0"]),
        ("AT+Stop=-1", -4, ["AT+Stop=65535", "AT+Stop=255"]),
        ("AT+Close=300", -4, ["AT+Close=44"]),
        ("AT+Recv=x,0,010", -4, ["AT+Recv=0,0,8"]),
        ("AT+Recv=0,2,4", -4, ["AT+Recv=0,0,4"]),
        ("AT+Recv=0,0,70000", -1, ["AT+Recv=0,0,4464", "AT+Recv=0,0,112", -1]),
        ("AT+WlanScan=0,260", 0, ["AT+WlanScan=0,4", 0]),
        ("AT+WlanScan=0,-1", -4, [0]),
        ("AT+WlanSet=GENERAL,STA_TX_POWER,257", -1, ["AT+WlanSet=GENERAL,STA_TX_POWER,1", -1]),
        (
            'AT+Bind=0,INET,5001,"10.0.0.1"',
            "AT+Bind=0,INET,5001,10.0.0.1",
            ["AT+Bind=0,INET,5001,0.0.0.1"],
        ),
        ("AT+Bind=0,INET,5001,1.2.3.4.5", -3, ["AT+Bind=0,INET,5001,1.2.3.4"]),
        ("AT+Bind=0,INET,5001,1.2.300.4", -4, ["AT+Bind=0,INET,5001,1.2.44.4"]),
        (
            "AT+Bind=0,INET,5001,10.0.010.1",
            "AT+Bind=0,INET,5001,10.0.10.1",
            ["AT+Bind=0,INET,5001,10.0.8.1"],
        ),
        (
            "AT+Bind=0,INET6,5001,fe80::1",
            "AT+Bind=0,INET6,5001,0xfe800000:0x0:0x0:0x1",
            [-1],
        ),
        ("AT+Bind=0,INET6,5001,fe80:0:0:1", -4, ["AT+Bind=0,INET6,5001,0:0:0:1"]),
        (
            "AT+Bind=0,INET6,5001,1:2:3:4:5:6:7:8",
            "AT+Bind=0,INET6,5001,0x10002:0x30004:0x50006:0x70008",
            ["AT+Bind=0,INET6,5001,1:2:3:4"],
        ),
        ("AT+Bind=0,INET6,5001,1:2:3", -3, [-3]),
        (
            "AT+WlanConnect=a,aa:bb:cc:dd:ee:ff,OPEN,,,,",
            "AT+WlanConnect=a,170:187:204:221:238:255,OPEN,,,,",
            ["AT+WlanConnect=a,0:0:0:0:0:0,OPEN,,,,"],
        ),
        (
            "AT+WlanConnect=a,0x1:aa:3:4:5:6,OPEN,,,,",
            -4,
            ["AT+WlanConnect=a,1:0:3:4:5:6,OPEN,,,,"],
        ),
        ("AT+Select=3,0 2,1,0", "AT+Select=3,0|2,1,0", ["AT+Select=3,0,1,0"]),
        ("AT+Select=3,33,1,0", -4, ["AT+Select=3,1,1,0"]),
        ("AT+WlanPolicySet=CONNECTION,auto|,", -1, ["AT+WlanPolicySet=CONNECTION,,"]),
        (
            "AT+WlanSet=P2P,CHANNEL_N_REGS,[6,81,11,81,5]",
            -3,
            ["AT+WlanSet=P2P,CHANNEL_N_REGS,[6,81,11,81]"],
        ),
    ],
)
def test_two_readings_of_a_line(line, guide, vendor):
    assert reading.traps(line)
    assert reading.by_guide(line) == (Refused(guide) if isinstance(guide, int) else guide)
    expected = [Refused(v) if isinstance(v, int) else Reading(v) for v in vendor]
    assert reading.by_vendor(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "AT+Stop=200",
        "AT+Stop=0xFFFF",
        "AT+Listen=0,-5",
        "AT+WlanConnect=a,10:20:30:40:50:60,OPEN,012,,,",
        "AT+WlanConnect=300,[0x1:0x2:0x3:0x4:0x5:0xff],OPEN,,,,",
        "AT+Bind=0,INET,5001,[10.0.0.255]",
        "AT+Bind=0,INET6,5001,0xfe800000:0:0:1",
        "AT+Select=3,[0|131],1,0",
        "AT+WlanSet=P2P,CHANNEL_N_REGS,[6,81,11,81]",
        "AT+WlanPolicySet=CONNECTION,[auto|fast],",
        "AT+SetSockOpt=0,SOCKET,SECMETHOD,7",
        "AT+WlanSet=AP,SSID,007",
        "AT+Send=0,0,3,007",
        "AT+Foo=007",
        "AT+Test",
    ],
)
def test_a_line_of_the_guide_has_one_reading(line):
    assert reading.traps(line) == set()
    assert reading.by_guide(line) == line
    assert reading.by_vendor(line) == [Reading(line)]


def test_style_ti_takes_tabs_around_numbers():
    assert reading.by_guide("AT+Stop=\t010\t", "ti") == "AT+Stop=10"
    assert reading.by_guide("AT+Stop=\t010\t") == Refused(-4)


def test_of_a_number_that_is_in_no_range_both_ends_are_known():
    (found,) = reading.by_vendor("AT+WlanProfileAdd=MyAP,,OPEN,x,,,,300")
    assert found.line == "AT+WlanProfileAdd=MyAP,,OPEN,x,,,,0"
    assert found.other == "AT+WlanProfileAdd=MyAP,,OPEN,x,,,,15"
    assert found.field.value == 300


def test_parameters_are_known_by_their_command_and_keywords():
    found = parameters("at + Bind = 0 , INET6,5001, fe80::1")
    assert [(p.word, p.kind) for p in found] == [
        ("0", "0..255"),
        ("5001", "0..65535"),
        ("fe80::1", "ip6"),
    ]
    assert parameters("AT+WlanSet=AP,PASSWORD,7") == []


@pytest.mark.parametrize(
    ("line", "odd"),
    [
        ("AT+Send=0,0,5,hello", set()),
        ("AT+Send=0,0,5,helloX", {"long"}),
        ("AT+Send=0,0,9,hello", {"short"}),
        ("AT+Send=0,0,7,hello", {"short-by-the-line-end"}),
        ("AT+Send=0,0,5", {"missing"}),
        ("AT+Send=0, 0, 0x5,hello", {"moved"}),
        ("AT+Send=0, 0, 5,hello", set()),
        ("AT+Send=0,1,8,a!V?bG8=", {"junk-in-base64"}),
        ("AT+Send=0,1,8,aGVs====", {"junk-in-base64"}),
        ("AT+Send=0,0,5,a!b?c", set()),
        ("AT+Recv=0,0,16000", {"much-asked"}),
        ("AT+Recv=0,0,4096", set()),
        ("AT+Send=0,0,4097," + "x" * 4097, {"much"}),
        ("AT+Test=0,0,16000", set()),
    ],
)
def test_payloads(line, odd):
    assert payloads.oddities(line) == odd


@pytest.mark.parametrize(
    ("line", "odd"),
    [
        ('AT+WlanConnect="a",,OPEN,"b,c",,,', set()),
        ('AT+WlanConnect=a"b,,OPEN,x,,,', {"lone"}),
        ('AT+WlanConnect="a"b",,OPEN,x,,,', {"lone"}),
        ('AT+WlanSet=AP,SSID,"abc"def', {"lone", "unclosed"}),
        ('AT+WlanSet=GENERAL,COUNTRY_CODE,"a', {"lone", "unclosed"}),
        ('AT+Send=0,0,3,a"b', set()),
    ],
)
def test_quotes(line, odd):
    assert quotes.oddities(line) - {"surplus"} == odd


@pytest.mark.parametrize(
    ("line", "counted"),
    [("AT+Stop=1", 1), ('AT+X=a"b,c"d,e', 2), ("AT+X=a,b,c", 3), ('AT+X="a,b",c', 2)],
)
def test_how_the_vendors_core_counts(line, counted):
    assert quotes.counted(line) == counted


@pytest.mark.parametrize(
    ("name", "line", "lines"),
    [
        ("a-line-each", "AT+Test\r\n", ["AT+Test"]),
        ("a-line-each", "\nAT+Test\rAT+Stop=0", ["AT+Test", "AT+Stop=0"]),
        ("shorter", "AT+Test" + " " * 3000, ["AT+Test" + " " * 64]),
        ("payload-as-announced", "AT+Send=0,0,5,helloX", ["AT+Send=0,0,5,hello"]),
        ("payload-as-announced", "AT+Send=0,0,7,hello", ["AT+Send=0,0,7,hello\1\1"]),
        ("payload-with-the-line-end", "AT+Send=0,0,7,hello", ["AT+Send=0,0,7,hello\r\n"]),
        ("payload-moved", "AT+Send=0, 0, 0x5,hello", ["AT+Send=0, 0, 0x5,\1\1hel"]),
        ("payload-without-junk", "AT+Send=0,1,8,a!V?bG8=", ["AT+Send=0,1,8,aAVAbG8="]),
        ("payload-without-junk", "AT+Send=0,1,8,aG=sbG==", ["AT+Send=0,1,8,aGAsbG=="]),
        ("most", "AT+Recv=0,0,16000", ["AT+Recv=0,0,4096"]),
        ("lone-quotes-are-letters", 'AT+WlanSet=AP,SSID,a"b', ["AT+WlanSet=AP,SSID,a~b"]),
        ("blanks-of-the-first-parameter", "AT+Stop=2 00", ["AT+Stop=2~00"]),
        ("no-enterprise", "AT+WlanConnect=a,,OPEN,k,u,n,TLS", ["AT+WlanConnect=a,,OPEN,k,,,"]),
        ("enterprise", "AT+WlanConnect=a,,OPEN,k,u,,", ["AT+WlanConnect=a,,WPA_ENT,k,u,,"]),
    ],
)
def test_other_lines(name, line, lines):
    (found,) = REWRITES[name](line, None)
    assert list(found.lines) == lines


@pytest.mark.parametrize(
    "line",
    [
        "AT+WlanConnect=a,,WPA_ENT,k,u,,TLS",
        'AT+WlanConnect=a,,WPA_WPA2,"k,u",,,',
        "AT+WlanConnect=a",
    ],
)
def test_users_that_count_are_left_alone(line):
    assert REWRITES["no-enterprise"](line, None) == []
    assert REWRITES["enterprise"](line, None) == []
