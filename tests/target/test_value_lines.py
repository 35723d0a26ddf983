"""Value lines as the firmware's C writes them, and as its twin for CPython does."""

import random

import pytest

from cc32at.hostlink import install_atbytes
from tests.target import repl

SCRIPT = """
from atbytes import value_line
from atcore._keywords import TABLES
buf = bytearray(SIZE)
for spec, values in CASES:
    for ti in (False, True):
        try:
            print(value_line(buf, b"Name", spec, values, ti, TABLES))
        except Exception:
            print("error")
"""

WIRE = bytes(random.Random(7).randrange(256) for _ in range(64))
VALUES = (0, 1, 255, -1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, None)
AT = (0, 3, 31, 60, 64, 70)
TEXTS = (b"", b"plain", b"a,b", b' "\\\x00\x7f;', b"r" * 90, b"q," * 60)
TABLE = b"alpn"


def fields():
    """Every kind of field, at every place of WIRE and for values that are awkward."""
    for kind in ("u8", "i8", "u16", "i16", "u32", "i32", "hex", "ip4", "ip6", "version", "mac"):
        yield from (((kind, at), WIRE) for at in AT)
        yield from (((kind, 0), (value,)) for value in VALUES)
    for kind in ("key", "key16", "key32", "lower", "mask"):
        yield from (((kind, at, TABLE), WIRE) for at in AT)
        yield from (((kind, 0, TABLE), (value,)) for value in VALUES)
    yield from ((("bits", 0), value) for value in VALUES)
    yield from ((("str", at), WIRE) for at in AT)
    yield from ((("str", at, 5), WIRE) for at in AT)
    yield from (((kind, 0), (text,)) for kind in ("str", "raw", "addr", "mac") for text in TEXTS)
    yield from (
        (("text", 0, 1), bytes((n,)) + WIRE[:size]) for n in (0, 5, 40) for size in (0, 40)
    )
    yield from ((("array", at, 6, 0x3A), WIRE) for at in AT)
    yield from ((("addr", 0), (WIRE[:size],)) for size in (0, 4, 6, 16))
    yield from ((("list", 10, ("u8", 0), ("mac", 1)), WIRE[:n]) for n in (0, 9, 10, 60))
    yield (("list", 0, ("u8", 0), ("str", 1)), [(i, text) for i, text in enumerate(TEXTS)])
    yield from ((("of", at, ("u8", 0), ("str", 1)), (WIRE, (7, b"x,"), 1)) for at in (0, 1, 2, 3))
    yield from ((("given", 0, ("u8", 0)), (value,)) for value in (None, 3))
    yield from ((("must", 0, ("str", 0)), (text,)) for text in TEXTS)
    yield (("none",), ())
    yield (("always", 2, b"socket_family"), ())
    yield (("nothing", 0), WIRE)
    for packed in (b"B\0b\1H\2h\3I\4i\5x\6", b"4\x006\1m\2v\3ns\4\5T\6\7", b"t\3nB\0g\2B\1n"):
        yield ("packed", packed), WIRE
    for packed in (b"k\0\0", b"K\0\1W\1\0M\0\0A\2\1", b"k\0\2", b"B", b"t\5B\0", b"Q\0"):
        yield ("packed", packed, (TABLE, b"socket_family")), WIRE


def lines():
    """(spec, values): each field alone, and between others."""
    for field, values in fields():
        yield ((field,), values)
        yield (field, ("guide", ("none",), field), ("ti", field), ("end", 0x3B)), values


def expected(size, cases):
    """What the twin says, printed as the script prints it."""
    install_atbytes()
    from atbytes import value_line

    from atcore._keywords import TABLES

    for spec, values in cases:
        for ti in (False, True):
            try:
                yield value_line(bytearray(size), b"Name", spec, values, ti, TABLES)
            except (ValueError, TypeError, LookupError):
                yield "error"


@pytest.mark.prompt
def test_the_firmware_writes_what_its_twin_does(at):
    cases = list(lines())
    assert len(cases) > 300
    for size in (40, 100, 700):
        for first in range(0, len(cases), 40):
            part = cases[first : first + 40]
            script = SCRIPT.replace("SIZE", str(size)).replace("CASES", repr(part))
            said = repl.once(at, script, timeout=60).splitlines()
            wanted = [str(line) for line in expected(size, part)]
            assert len(said) == len(wanted)
            pairs = zip(said, wanted, strict=True)
            assert [
                (part[i // 2], *pair) for i, pair in enumerate(pairs) if len({*pair}) > 1
            ] == []
