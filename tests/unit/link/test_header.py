"""Where a payload begins, and how long it is: at-commands.md 3.1 and 3.2, guide-style.md O12."""

from __future__ import annotations

import ctypes as ct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.hostlink.library import Header, load

INCOMPLETE, NONE, NO_NUMBER = -1, -2, -3
ABSENT = b"\xff"


def row(name: bytes, *forms) -> bytes:
    """forms: (data, length, format, further length, (parameter, keyword), ...), None: absent."""
    text = bytes((len(name),)) + name + bytes((len(forms),))
    for form in forms:
        text += b"".join(ABSENT if n is None else bytes((n,)) for n in form[:4])
        text += bytes((len(form) - 4,))
        for parameter, keyword in form[4:]:
            text += bytes((parameter, len(keyword))) + keyword
    return text


ROWS = (
    row(b"at+send", (3, 2, 1, None))
    + row(b"at+sendto", (6, 5, 4, None))
    + row(b"at+mqttpublish", (6, 5, 4, None))
    + row(b"at+netutilcmd", (5, 4, 3, None, (0, b"sign_msg")), (8, 5, 3, 7, (0, b"verify_msg")))
)


def header(atbytes, line, escapes=True, rows=ROWS):
    """(where it begins, its length, padded), or the result that is none."""
    found = atbytes.header(line, 0, len(line), rows, escapes)
    return found if found < 0 else (found & 0x1FFF, found >> 14, bool(found & 0x2000))


def begins(atbytes, line, **options):
    """The text behind a header that is complete, and the length."""
    at, need, _ = header(atbytes, line, **options)
    return line[at:], need


@pytest.mark.parametrize(
    "line",
    [
        b"AT+Send=0,0,5,",
        b"at+SEND=0,0,5,",
        b"  AT + Send =0,0,5,",
        b"AT+Send=0, 0, 5 ,",
        b"AT+Send=0,0,0x5,",
        b"AT+Send=0,0,05,",
        b"AT+SendTo=0,INET,80,10.0.0.1,0,5,",
        b'AT+MqttPublish=0,"a, b",QoS0,0,0,5,',
        b'AT+MqttPublish=0,"a\\",b",QoS0,0,0,5,',
        b"AT+MqttPublish=0,[1,2,3],QoS0,0,0,5,",
        b"AT+MqttPublish=0,[net,QoS0,0,0,5,",
        b"AT+NetUtilCmd=SIGN_MSG,1,0,0,5,",
        b"AT+NetUtilCmd= sign_msg ,1,0,0,5,",
        b"AT+NetUtilCmd=verify_msg,1,2,0,9,2,x,3,",
        # O12: noise, another speed's bytes, a modem's escape, telnet's negotiation
        b"\x00\x1b\x7f\xc3AT+Send=0,0,5,",
        b"+++AT+Send=0,0,5,",
        b"\xff\xfb\x01\xff\xfd\x22AT+Send=0,0,5,",
        b"\xff\xfa\x18\x00AT+Stop\xff\xf0AT+Send=0,0,5,",
        b"\xff\xf1AT+Send=0,0,5,",
        b"\xffAT+Send=0,0,5,",
        # ... and noise that looks like a piece of it
        b"\xff\xfa\x18AT+Send=0,0,5,",
        # an option may have a letter's number
        b"\xff\xfdAAT+Send=0,0,5,",
        b"\xff\xfbt\xff\xfcT\xff\xfe=AT+Send=0,0,5,",
        b"\xff\xff\xfbAT+Send=0,0,5,",
    ],
)
def test_a_payload_of_five_begins_behind_the_last_comma(atbytes, line):
    assert begins(atbytes, line) == (b"", 5)
    assert begins(atbytes, line + b"hel") == (b"hel", 5)
    for end in range(len(line)):
        assert header(atbytes, line[:end]) == INCOMPLETE, line[:end]


@pytest.mark.parametrize(
    "line",
    [
        b"AT+Test=",
        b"AT+Sen=0,0,5,",
        b"AT+Sends=0,0,5,",
        b"AT+S end=0,0,5,",
        b"=0,0,5,",
        b"XAT+Send=0,0,5,",
        b"AT+" + b"x" * 300 + b"=0,0,5,",
        b"AT+NetUtilCmd=temp_keys,1,0,0,5,",
        b"AT+NetUtilCmd=sign_ms,1,0,0,5,",
        b'AT+NetUtilCmd="sign_msg",1,0,0,5,',
    ],
)
def test_no_payload(atbytes, line):
    assert header(atbytes, line) == NONE


@pytest.mark.parametrize("line", [b"", b"AT+Send", b"\xff\xfd", b"\xff\xfa\x18AT+Send", b"++"])
def test_not_known_yet(atbytes, line):
    assert header(atbytes, line) == INCOMPLETE


@pytest.mark.parametrize("length", [b"", b"x", b"5x", b"-5", b'"5"', b"1.5", b"9" * 30])
def test_a_length_that_is_no_number(atbytes, length):
    line = b"AT+Send=0,0," + length + b","
    assert header(atbytes, line + b"hello") == NO_NUMBER - len(line)


@pytest.mark.parametrize("format", [b"", b"x", b"2", b"13", b"-1", b'"0"', b"0x", b"9" * 30])
def test_a_format_that_is_none(atbytes, format):
    """A comma too few or too many makes the length something else."""
    line = b"AT+Send=0," + format + b",5,"
    for escapes in (True, False):
        assert header(atbytes, line + b"hello", escapes) == NO_NUMBER - len(line)


def test_a_long_length_is_told_as_long_as_it_is(atbytes):
    assert begins(atbytes, b"AT+Send=0,0,65536,") == (b"", 65536)
    assert begins(atbytes, b"AT+Send=0,0,2147483646,") == (b"", 2**31 - 2)
    assert begins(atbytes, b"AT+Send=0,0,18446744073709551615,") == (b"", 2**31 - 1)
    line = b"AT+NetUtilCmd=verify_msg,1,2,0,9,2147483647,x,2147483647,"
    assert begins(atbytes, line) == (b"", 2**31 - 1)


def test_blanks_before_a_base64_payload_in_style_ti(atbytes):
    """at-commands.md, correction of 2.6; tabs at numbers are blanks there, too."""
    for text, escapes, padded in ((b"1", False, True), (b"1", True, False), (b"0", False, False)):
        line = b"AT+Send=0," + text + b",8,"
        assert header(atbytes, line, escapes) == (len(line), 8, padded)
    assert header(atbytes, b"AT+Send=0,\t1,\t8 \t,", False) == (18, 8, True)
    assert header(atbytes, b"AT+Send=0,0,\t8,", True) == NO_NUMBER - 15


def test_a_backslash_protects_only_with_escapes(atbytes):
    line = b'AT+MqttPublish=0,"a\\",b,0,0,5,'
    assert header(atbytes, line, True) == INCOMPLETE
    assert header(atbytes, line, False)[:2] == (len(line), 5)


def test_what_stands_before_start_and_behind_end_is_not_looked_at(atbytes):
    line = b"junk,AT+Send=0,0,5,"
    found = atbytes.header(line, 5, len(line), ROWS, True)
    assert (found & 0x1FFF, found >> 14) == (len(line), 5)
    assert atbytes.header(line, 5, len(line) - 1, ROWS, True) == INCOMPLETE


@pytest.mark.parametrize(
    "rows",
    [
        b"\x07",
        b"\x07at+send",
        b"\x07at+send\x01\x03\x02\x01\xff",
        b"\x07at+send\x02\x03\x02\x01\xff\x00",
        row(b"at+send", (24, 2, 1, None)),
        row(b"at+send", (3, 3, 1, None)),
        row(b"at+send", (3, 2, 3, None)),
        row(b"at+send", (3, 2, 1, 24)),
        row(b"at+send", (3, 2, 1, None, (3, b"x"))),
        row(b"at+send", (3, 2, 1, None, (0, b"x"), (24, b"x"))),
        row(b"at+send", (3, 2, 1, None, (0, b"xyz")))[:-1],
        row(b"at+send", (3, 2, 1, None, (0, b"x"), (1, b"")))[:-1],
        row(b"at+send", (3, 2, 1, None)) + b"\x01",
    ],
)
def test_rows_that_are_none_are_refused(atbytes, rows):
    with pytest.raises(ValueError):
        atbytes.header(b"AT+Send=0,0,5,", 0, 14, rows, True)


@pytest.mark.parametrize(
    ("line", "size"),
    [
        (b"AT+Two=a,x,0,5,", 5),
        (b"AT+Two= A , X ,0,5,", 5),
        (b"AT+Two=a,y,3,4,", 7),
        (b"AT+Two=a,z,3,4,", NONE),
        (b"AT+Two=b,x,3,4,", NONE),
    ],
)
def test_several_keywords_select_a_form(atbytes, line, size):
    first, second = (0, b"a"), (1, b"x")
    forms = (4, 3, 2, None, first, second), (4, 3, None, 2, first, (1, b"y"))
    rows = row(b"at+two", *forms)
    if size == NONE:
        assert header(atbytes, line, rows=rows) == NONE
    else:
        assert begins(atbytes, line, rows=rows) == (b"", size)
    for end in range(line.index(b",")):
        assert header(atbytes, line[:end], rows=rows) == INCOMPLETE


def test_no_rows_no_payload(atbytes):
    assert header(atbytes, b"AT+Send=0,0,5,", rows=b"") == NONE


def test_positions_outside_the_buffer(atbytes):
    for start, end in ((-1, 2), (0, 15), (3, 2)):
        with pytest.raises(ValueError):
            atbytes.header(b"AT+Send=0,0,5,", start, end, ROWS, True)
    with pytest.raises(ValueError):
        atbytes.header(bytes(0x2000), 0, 0x2000, ROWS, True)


values = st.one_of(
    st.binary(max_size=10).filter(lambda b: not set(b) & set(b',"[\r\n')),
    st.binary(max_size=10)
    .filter(lambda b: not set(b) & set(b"\r\n"))
    .map(lambda b: b'"' + b.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(values, min_size=4, max_size=4), st.integers(0, 9999), st.binary(max_size=30))
def test_any_values_before_the_length(atbytes, pieces, need, data):
    line = b"AT+MqttPublish=0," + b",".join(pieces[1:]) + b",0,%d," % need
    assert header(atbytes, line + data)[:2] == (len(line), need)
    assert header(atbytes, line[:-1]) == INCOMPLETE


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_the_same_in_a_ring_wherever_it_wraps(data):
    """Against the text in one piece, with every byte of the ring behind the end another one."""
    library = load()
    letters = st.sampled_from(b'AT+SENDTO=atsendo0123x,,,"[]\\ \t\xff\xfb+')
    text = data.draw(
        st.one_of(
            st.lists(letters, max_size=60).map(bytes),
            st.lists(letters, max_size=20).map(
                lambda t: b"AT+SendTo=0,INET," + bytes(t) + b",0,5,"
            ),
        )
    )
    start, escapes = data.draw(st.integers(0, 127)), data.draw(st.booleans())
    ring = bytearray(128)
    for at, byte in enumerate(text):
        ring[(start + at) % 128] = byte
    found = []
    for buf, mask, begin in ((bytearray(text), 2**64 - 1, 0), (ring, 127, start)):
        memory = (ct.c_ubyte * len(buf)).from_buffer(buf) if buf else (ct.c_ubyte * 1)()
        rows, seen = (ct.c_ubyte * len(ROWS))(*ROWS), Header()
        result = library.athead_find(
            memory, mask, begin, begin + len(text), rows, len(ROWS), escapes, ct.byref(seen)
        )
        found.append((result, result in (0, -3) and seen.data - begin, not result and seen.need))
    assert found[0] == found[1]
