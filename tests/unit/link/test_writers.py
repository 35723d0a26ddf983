"""Base64 and the writers of values (guide-style.md chapter 3)."""

from __future__ import annotations

import base64
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def written(function, *args) -> bytes:
    """What a writer puts behind position 3, in a buffer that is just long enough."""
    room = bytearray(b"abc" + bytes(4000))
    end = function(room, 3, *args)
    exact = bytearray(b"abc" + bytes(end - 3))
    assert function(exact, 3, *args) == end
    assert exact[:3] == b"abc" and not any(room[end:])
    if end > 3:
        with pytest.raises(ValueError):
            function(bytearray(end - 1), 3, *args)
    return bytes(exact[3:])


@given(st.integers(-(2**63), 2**64 - 1))
def test_decimal(atbytes, value):
    assert written(atbytes.put_dec, value) == b"%d" % value


@given(st.integers(0, 2**64 - 1))
def test_hexadecimal(atbytes, value):
    assert written(atbytes.put_hex, value) == b"0x%x" % value


def test_hexadecimal_is_not_signed(atbytes):
    with pytest.raises(ValueError):
        atbytes.put_hex(bytearray(40), 0, -1)


@given(st.binary(min_size=4, max_size=4))
def test_ip4(atbytes, raw):
    dotted = ".".join(map(str, raw)).encode()
    assert written(atbytes.put_ip4, b"xx" + raw, 2, True) == dotted
    assert written(atbytes.put_ip4, raw[::-1], 0, False) == dotted
    assert written(atbytes.put_ip4, raw[::-1], 0) == dotted


@given(st.binary(min_size=16, max_size=16))
def test_ip6(atbytes, raw):
    def text(order):
        return b":".join(b"0x%x" % word for word in struct.unpack(order + "4I", raw))

    assert written(atbytes.put_ip6, b"x" + raw, 1, True) == text(">")
    assert written(atbytes.put_ip6, raw, 0) == text("<")


def test_the_addresses_of_the_guide(atbytes):
    mac = bytes.fromhex("080028abcdef")
    assert written(atbytes.put_mac, mac, 0) == b"0x8:0x0:0x28:0xab:0xcd:0xef"
    words = struct.pack("<4I", 0xFE800000, 0, 0, 1)
    assert written(atbytes.put_ip6, words, 0) == b"0xfe800000:0x0:0x0:0x1"
    assert written(atbytes.put_ip4, b"\x05\x01\xa8\xc0", 0) == b"192.168.1.5"


@given(st.binary(max_size=40))
def test_bytes(atbytes, raw):
    assert written(atbytes.put, raw) == raw


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"", b""),
        (b"HomeNet", b"HomeNet"),
        (b"Cafe WiFi", b"Cafe WiFi"),
        (b"a,b", b'"a,b"'),
        (b"a;b", b'"a;b"'),
        (b'a"b', rb'"a\"b"'),
        (rb"a\b", rb"a\b"),
        (rb"a\,b", rb'"a\\,b"'),
        (b" a", b'" a"'),
        (b"a ", b'"a "'),
        (b" ", b'" "'),
        (b"\r\nOK\r\n", rb'"\x0d\x0aOK\x0d\x0a"'),
        (b"\x00\x1f\x7f\x80", b'"\\x00\\x1f\\x7f\x80"'),
        ("Müller".encode(), "Müller".encode()),
    ],
)
def test_strings(atbytes, raw, text):
    assert written(atbytes.put_str, b"xyz" + raw, 3, len(raw)) == text


@settings(max_examples=300)
@given(st.binary(min_size=1, max_size=60))
def test_a_quoted_string_reads_back_and_forges_nothing(atbytes, raw):
    text = written(atbytes.put_str, raw, 0, len(raw))
    assert not re.search(rb"[\x00-\x1f\x7f]", text)
    if text != raw:
        buf = bytearray(text)
        end = atbytes.unquote(buf, 1, len(buf) - 1)
        assert bytes(buf[1:end]) == raw


@pytest.mark.parametrize(("offset", "n"), [(-1, 2), (3, 2), (0, 5), (0, -1)])
def test_a_source_outside_its_buffer(atbytes, offset, n):
    with pytest.raises(ValueError):
        atbytes.put_str(bytearray(40), 0, b"abcd", offset, n)


@pytest.mark.parametrize("at", [-1, 41])
def test_a_place_outside_its_buffer(atbytes, at):
    with pytest.raises(ValueError):
        atbytes.put(bytearray(40), at, b"")
    with pytest.raises(ValueError):
        atbytes.put_dec(bytearray(40), at, 1)


# Base64


@given(st.binary(max_size=200))
def test_base64_is_pythons(atbytes, raw):
    text = base64.b64encode(raw)
    assert written(lambda dst, at: atbytes.b64_encode(raw, len(raw), dst, at)) == text
    out = bytearray(len(raw))
    assert atbytes.b64_decode(b"<" + text + b">", 1, 1 + len(text), out) == len(raw)
    assert out == raw


VALID = re.compile(rb"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")


@given(st.text("ABCabz019+/=-_ \n\xff\0", max_size=12).map(lambda s: s.encode("latin-1")))
@settings(max_examples=1000)
def test_what_is_no_base64_is_refused(atbytes, text):
    wanted = base64.b64decode(text) if VALID.fullmatch(text) else None
    out = bytearray(12)
    n = atbytes.b64_decode(text, 0, len(text), out)
    assert (bytes(out[:n]) if n >= 0 else None) == wanted


@pytest.mark.parametrize(
    "text",
    b"A AA AAA = ==== A=== AA=A A=AA =AAA AA==AAAA AAA=AAAA AAAA= AAAA==".split(),
)
def test_padding_only_at_the_end(atbytes, text):
    assert atbytes.b64_decode(text, 0, len(text), bytearray(9)) == -1


def test_base64_decodes_in_place(atbytes):
    raw = bytes(range(256)) * 16
    buf = bytearray(base64.b64encode(raw))
    assert atbytes.b64_decode(buf, 0, len(buf), buf) == len(raw)
    assert buf[: len(raw)] == raw


def test_base64_needs_room(atbytes):
    with pytest.raises(ValueError):
        atbytes.b64_decode(b"aGVsbG8=", 0, 8, bytearray(4))
    with pytest.raises(ValueError):
        atbytes.b64_encode(b"hello", 6, bytearray(40), 0)
