"""The tokenizer against at-commands.md chapter 2, its corrections, and guide-style.md V8."""

from __future__ import annotations

from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

UNTERMINATED, MANY, HELP = -1, -2, -3
QUOTED, EMPTY, BAD_QUOTE, BACKSLASH, TABBED = 1, 2, 4, 8, 16


def split(atbytes, line: bytes, escapes=True, room=20):
    """Name and [(text, flags)], or name and the special result."""
    buf = bytearray(line)
    fields = array("H", bytes(2 * (2 + 3 * room)))
    n = atbytes.tokenize(buf, len(buf), fields, escapes)
    name = bytes(buf[fields[0] : fields[1]])
    if n < 0:
        return name, n
    triples = [fields[2 + 3 * i : 5 + 3 * i] for i in range(n)]
    return name, [(bytes(buf[start:end]), flags) for start, end, flags in triples]


def values(atbytes, text: bytes, **options):
    """What the parameters are, without flags."""
    found = split(atbytes, b"AT+X=" + text, **options)[1]
    return found if isinstance(found, int) else [value for value, _ in found]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"AT+Test", b"at+test"),
        (b"at+TEST", b"at+test"),
        (b"  AT + START  ", b"at+start"),
        (b"AT+ WlanGet", b"at+wlanget"),
        (b"AT +Test", b"at+test"),
        (b"AT+Test  ", b"at+test"),
        (b"AT+Test =", b"at+test"),
        (b"AT", b"at"),
        (b"", b""),
        (b"   ", b""),
        (b"=", b""),
        (b"AT+Te st", b"at+te st"),  # a blank inside stays: unknown command
        (b"A T+Test", b"a t+test"),
        (b"AT\t+Test", b"at\t+test"),  # tabs are never blanks
        (b"AT+Test?", b"at+test?"),
        (b"AT+a+ b", b"at+a+ b"),  # only around the first +
        (b"+ +", b"++"),
        (b"AT&F", b"at&f"),
        (b"AT+\xc4\x00[@`{", b"at+\xc4\x00[@`{"),  # only letters change
    ],
)
def test_the_name(atbytes, line, name):
    assert split(atbytes, line) == (name, [])


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"", []),
        (b"  ", [b""]),  # blanks are not no text (at-commands 2.1, 2.4)
        (b"1", [b"1"]),
        (b"1,2,3", [b"1", b"2", b"3"]),
        (b",", [b"", b""]),
        (b",,", [b"", b"", b""]),
        (b" 1 ,  2 , 3  ", [b"1", b"2", b"3"]),
        (b"my AP,x", [b"my AP", b"x"]),
        (b"a=b", [b"a=b"]),
        (b"\t1", [b"\t1"]),
        (b'"a,b",c', [b"a,b", b"c"]),
        (b' "a b " , c', [b"a b ", b"c"]),
        (b'"a"b"', [b'a"b']),
        (b'"a"b",c', [b'a"b', b"c"]),
        (b'"a" ,"b" ', [b"a", b"b"]),
        (b'my"ap,x', [b'my"ap', b"x"]),  # a quote inside a bare value is a character
        (b'a"b,c"d', [b'a"b', b'c"d']),
        (b'""', [b""]),
        (b'x,"",y', [b"x", b"", b"y"]),
        (b"[0|2],5", [b"[0|2]", b"5"]),
        (b"[1,2,3,4],5", [b"[1,2,3,4]", b"5"]),
        (b" [1] , 2", [b"[1]", b"2"]),
        (b"[guest]wifi,2", [b"[guest]wifi", b"2"]),
        (b"a[b,c]", [b"a[b", b"c]"]),  # brackets protect from the beginning only
        (b"[ 0x1F, 2 ],5", [b"[ 0x1F, 2 ]", b"5"]),
        (b"[a", [b"[a"]),  # a name; brackets protect nothing but numbers
        (b"1, [", [b"1", b"["]),
        (b"[1,2", [b"[1", b"2"]),
        (b"[net,,OPEN,key],", [b"[net", b"", b"OPEN", b"key]", b""]),
        (b"]", [b"]"]),
        (b"[]", [b"[]"]),
        (b"\x00,\xff", [b"\x00", b"\xff"]),
    ],
)
def test_parameters(atbytes, text, wanted):
    assert values(atbytes, text) == wanted
    assert values(atbytes, text, escapes=False) == wanted


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        (b"a", 0),
        (b"", None),
        (b",", 0),
        (b'"a"', QUOTED),
        (b'""', QUOTED | EMPTY),
        (b'" "', QUOTED),
        (b'"a"b"', QUOTED | BAD_QUOTE),
        (rb'"a\x41"', QUOTED | BACKSLASH),
        (rb'"a\"b"', QUOTED | BACKSLASH),
        (rb"a\"b", 0),
    ],
)
def test_flags(atbytes, text, flags):
    found = split(atbytes, b"AT+X=" + text)[1]
    assert (found[0][1] if found else None) == flags


@pytest.mark.parametrize(
    ("text", "tabbed"),
    [(b"\t5", True), (b"5\t", True), (b"1\t2", True), (b"5", False), (b'"\t"', False)],
)
def test_a_tab_is_told_of_where_escapes_are_not(atbytes, text, tabbed):
    (_, flags), *_ = split(atbytes, b"AT+X=" + text + b",\t", False)[1]
    assert bool(flags & TABBED) == tabbed
    (_, flags), *_ = split(atbytes, b"AT+X=" + text)[1]
    assert not flags & TABBED


@pytest.mark.parametrize("text", [b'"', b'"abc', b'1,"abc,2', b'"a"x,2'])
def test_what_is_not_closed(atbytes, text):
    assert values(atbytes, text) == UNTERMINATED


@pytest.mark.parametrize("line", [b"AT+Stop=?", b"AT+Stop=? ", b"AT+Stop= ?"])
def test_help(atbytes, line):
    assert split(atbytes, line) == (b"at+stop", HELP)


def test_a_question_mark_further_on_is_data(atbytes):
    """guide-style.md O11"""
    assert values(atbytes, b"1?,?") == [b"1?", b"?"]
    assert values(atbytes, b"?junk,") == [b"?junk", b""]
    assert values(atbytes, b"?,") == [b"?", b""]
    assert values(atbytes, b"??") == [b"??"]
    assert values(atbytes, b'"?"') == [b"?"]


@pytest.mark.parametrize(
    ("text", "with_escapes", "without"),
    [
        (rb'"a\"",b', [rb"a\"", b"b"], [rb"a\"", b"b"]),
        (rb'"a\",b"', [rb"a\",b"], [b"a\\", b'b"']),
        (rb'"C:\",2', UNTERMINATED, [b"C:\\", b"2"]),
        (rb'"C:\\",2', [rb"C:\\", b"2"], [rb"C:\\", b"2"]),
        (rb'"a\\\",b"', [rb"a\\\",b"], [rb"a\\" + b"\\", b'b"']),
        (rb'"\n",2', [rb"\n", b"2"], [rb"\n", b"2"]),
        (rb'"\x22,2"', [rb"\x22,2"], [rb"\x22,2"]),
    ],
)
def test_a_backslash_protects_only_with_escapes(atbytes, text, with_escapes, without):
    assert values(atbytes, text) == with_escapes
    assert values(atbytes, text, escapes=False) == without


def test_room_for_just_so_many(atbytes):
    for room in range(5):
        assert values(atbytes, b"1,2,3", room=room) == (MANY if room < 3 else [b"1", b"2", b"3"])
    assert values(atbytes, b"", room=0) == []


def test_what_is_no_line(atbytes):
    fields = array("H", bytes(40))
    for bad in (
        lambda: atbytes.tokenize(bytearray(4), 5, fields),
        lambda: atbytes.tokenize(bytearray(4), -1, fields),
        lambda: atbytes.tokenize(bytearray(70000), 65536, fields),
        lambda: atbytes.tokenize(bytearray(4), 4, array("H", [0])),
        lambda: atbytes.tokenize(bytearray(4), 4, array("I", bytes(40))),
    ):
        with pytest.raises(ValueError):
            bad()
    with pytest.raises(TypeError):
        atbytes.tokenize(b"AT", 2, fields)


bare = st.binary(min_size=1, max_size=12).filter(
    lambda b: not set(b) & set(b',"[') and b.strip(b" ")
)


def quoted(raw: bytes) -> bytes:
    text = raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"' + text + b'"'


@settings(max_examples=500, deadline=None)
@given(st.lists(st.one_of(bare, st.binary(max_size=12).map(quoted)), min_size=1, max_size=8))
def test_any_list_of_values_is_split_where_it_was_joined(atbytes, pieces):
    if [piece.strip(b" ") for piece in pieces] == [b"?"]:
        return
    found = split(atbytes, b"AT+X=" + b" , ".join(pieces))[1]
    assert len(found) == len(pieces)
    for (value, flags), piece in zip(found, pieces, strict=True):
        assert value == (piece[1:-1] if flags & QUOTED else piece.strip(b" "))


# skip: where a header ends


@pytest.mark.parametrize(
    ("line", "commas", "wanted"),
    [
        (b"0,0,5,hello", 3, 6),
        (b"0,0,5", 3, -1),
        (b"0,0,5,", 3, 6),
        (b"0,0,5,", 0, 0),
        (b'0,"a,b",5,x', 3, 10),
        (b'0, "a,b" ,5,x', 3, 12),
        (b'0,"a,b', 2, -1),
        (b"[1,2],3,x", 2, 8),
        (b"", 1, -1),
    ],
)
def test_skip(atbytes, line, commas, wanted):
    assert atbytes.skip(line, 0, len(line), commas) == wanted


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(bare, st.binary(max_size=12).map(quoted)), min_size=2, max_size=8))
def test_skip_and_tokenize_agree(atbytes, pieces):
    if pieces[0].strip(b" ") == b"?":
        return
    line = b"AT+X=" + b",".join(pieces)
    for count in range(1, len(pieces)):
        at = atbytes.skip(line, 5, len(line), count)
        assert line[at - 1 : at] == b","
        assert len(split(atbytes, line[: at - 1])[1]) == count
        # Not one byte earlier: what has arrived so far decides.
        assert atbytes.skip(line, 5, at - 1, count) == -1


# unquote, number, find_eol


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"plain", b"plain"),
        (b"", b""),
        (rb"\"", b'"'),
        (rb"\\", b"\\"),
        (rb"\x41\x00\xFf", b"A\0\xff"),
        (rb"\n\t\X41", rb"\n\t\X41"),
        (rb"\x4", rb"\x4"),
        (rb"\xg1\x1g", rb"\xg1\x1g"),
        (b"end\\", b"end\\"),
        (rb"\\x41", rb"\x41"),
        (rb"\x5cx41", rb"\x41"),
    ],
)
def test_unquote(atbytes, text, wanted):
    buf = bytearray(b"<" + text + b">")
    end = atbytes.unquote(buf, 1, len(buf) - 1)
    assert bytes(buf[1:end]) == wanted
    assert buf[0] == ord("<") and buf[-1] == ord(">")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"0", 0),
        (b"200", 200),
        (b"0xFFFF", 65535),
        (b"0XffFF", 65535),
        (b"010", 10),
        (b"08", 8),
        (b"00000000000000000000000007", 7),
        (b"-1", -1),
        (b"-0", 0),
        (b"-0x10", -16),
        (b"18446744073709551615", 2**64 - 1),
        (b"18446744073709551616", None),
        (b"99999999999999999999", None),
        (b"0xffffffffffffffff", 2**64 - 1),
        (b"0x10000000000000000", None),
        (b"-18446744073709551615", 1 - 2**64),
        (b"", None),
        (b"-", None),
        (b"--1", None),
        (b"+1", None),
        (b"0x", None),
        (b"x1", None),
        (b"0x0x1", None),
        (b"12abc", None),
        (b"abc", None),
        (b" 5", None),
        (b"5 ", None),
        (b"1.5", None),
        (b"1\x00", None),
        (b"0b1", None),
        (b"1_000", None),
        (b"5\r", None),
    ],
)
def test_number(atbytes, text, wanted):
    assert atbytes.number(b"," + text + b",", 1, 1 + len(text)) == wanted


@given(st.integers(1 - 2**64, 2**64 - 1))
def test_every_number_that_fits_is_read(atbytes, value):
    for text in (b"%d" % value, b"-0x%x" % -value if value < 0 else b"0x%X" % value):
        assert atbytes.number(text, 0, len(text)) == value


@pytest.mark.parametrize(
    ("text", "start", "wanted"),
    [(b"abc\r\n", 0, 3), (b"abc\r\n", 4, 4), (b"a\nb", 0, 1), (b"abc", 0, -1), (b"\nab", 1, -1)],
)
def test_find_eol(atbytes, text, start, wanted):
    assert atbytes.find_eol(text, start, len(text)) == wanted


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (0, 5), (3, 2), (5, 5)])
@pytest.mark.parametrize("function", ["number", "find_eol", "unquote"])
def test_positions_outside_the_buffer(atbytes, function, start, end):
    with pytest.raises(ValueError):
        getattr(atbytes, function)(bytearray(4), start, end)
