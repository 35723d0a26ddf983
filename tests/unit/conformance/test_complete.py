"""One complete answer to a command, in style ti, where the recording is of no use."""

import struct

import pytest

from cc32at.conformance.complete import is_complete

HEAD = bytes(16)  # what stands before the arguments of a frame
WIRE = [
    HEAD + struct.pack("<I4B4I", 0x311001AB, 2, 7, 0, 0, 3, 22, 0, 1),
    HEAD + bytes.fromhex("1f90 0a000001 fe800000000000001234567800000001"),  # network order
    HEAD + struct.pack("<4I", 0x20010DB8, 0, 0, 9) + b"MyAP\x03\x0a\x11",
]
GOOD = [
    ("AT+Get=General,Version", ["+get:0x311001ab,3.22.0.1,2.7.0.0,3.22.0.1,0", "OK"]),
    ("AT+Accept=0,INET", ["OK", "+accept:3,inet,8080,10.0.0.1", "OK"]),
    ("AT+Accept=0,INET6", ["OK", "+accept:3,inet6,8080,0xfe800000:0x0:0x12345678:0x1", "OK"]),
    ("AT+Connect=0,INET6,443,0x1:0:0:02", ["OK", "+connect:443,0x1:0x0:0x0:0x2", "OK"]),
    ("AT+NetCfgGet=IPV6_ADDR_LOCAL", ["+netcfgget:stateless,0x20010db8:0x0:0x0:0x9", "OK"]),
    ("AT+GetSockOpt=0,SOCKET,SECURE_ALPN", ["+getsockopt:h1|h2", "OK"]),
    ("AT+Recv=0,1,3", ["OK", "+recv:0,1,4,AwoR", "OK"]),
    ("AT+WlanGet=AP,SSID", ["+wlanget:MyAP", "OK"]),
    ("AT+Foo=1", ["ERROR: command not exist,0"]),
]
BAD = [
    ("AT+Get=General,Version", ["+get:0x311001ac,3.22.0.1,2.7.0.0,3.22.0.1,0", "OK"]),
    ("AT+Get=General,Version", ["+get:0x311001ab,3.22.0.5,2.7.0.0,3.22.0.1,0", "OK"]),
    ("AT+Accept=0,INET", ["OK", "+accept:3,inet,8081,10.0.0.1", "OK"]),
    ("AT+Accept=0,INET6", ["OK", "+accept:3,inet6,8080,0xfe800000:0x0:0x12345678:0x2", "OK"]),
    ("AT+Connect=0,INET6,443,0x1:0:0:02", ["OK", "+connect:443,0x1:0x0:0x0:0x55", "OK"]),
    ("AT+GetSockOpt=0,SOCKET,SECURE_ALPN", ["+getsockopt:h1|h7", "OK"]),
    ("AT+Recv=0,1,3", ["OK", "+recv:0,1,5,AwoR", "OK"]),
    ("AT+WlanGet=AP,SSID", ["+wlanget:OtherAP", "OK"]),
    ("AT+WlanGet=AP,SSID", ["+wlanget:a:b", "OK"]),
    ("AT+WlanGet=AP,SSID", ["+wlanget:0x123456789:1", "OK"]),
    ("AT+Foo=1", ["OK"]),
    ("AT+Foo=1", []),
    ("AT+Test", ["ERROR: command not exist,0"]),
]


@pytest.mark.parametrize(("line", "texts"), GOOD)
def test_what_is_told_is_on_the_wire_or_in_the_line(line, texts):
    assert is_complete(line.encode(), texts, WIRE)


@pytest.mark.parametrize(("line", "texts"), BAD)
def test_what_is_invented_is_no_answer(line, texts):
    assert not is_complete(line.encode(), texts, WIRE)


@pytest.mark.parametrize(("line", "texts"), GOOD)
def test_nothing_comes_behind_it_or_is_missing(line, texts):
    assert not is_complete(line.encode(), [*texts, "OK"], WIRE)
    assert not is_complete(line.encode(), texts[:-1], WIRE)


@pytest.mark.parametrize("line", ["AT+Get=General,Version", "AT+Get=Foo,Bar", "AT+Get"])
def test_a_line_has_the_fields_that_were_asked_for(line):
    assert not is_complete(line.encode(), ["+get:0x311001ab,3.22.0.1,2.7.0.0,0", "OK"], WIRE)
