"""Words for one argument, by its type: good ones, those at its limits, and wrong ones.

The types are those of atcore/grammar.py. What is legal, and which error must follow what is not,
is written down here from at-commands 2.5-2.8 and 6.2 and guide-style O6, I1-I3, V8.
"""

import json
from collections.abc import Iterator
from pathlib import Path

KEYWORDS = json.loads(
    (Path(__file__).parents[2] / "tools/cc32at/gen/keywords.json").read_text(encoding="utf-8")
)
NUMBERS = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 0xFFFFFFFF),
    "i16": (-32768, 32767),
    "i32": (-(1 << 31), (1 << 31) - 1),
    "size": (0, 65535),
    "format": (0, 1),
}
MOST = 4096  # bytes of a payload


def code(number: int) -> str:
    """The error of a parameter."""
    return f"parse parameters, {number}"


EMPTY, CUT, WRONG, LONG = map(code, (-1, -3, -4, -5))


def allowed(arg: tuple) -> dict[str, int]:
    """The keywords of an argument."""
    most = arg[4] if len(arg) > 4 else 0xFFFFFFFF
    return {name: value for name, value in names(arg[3]).items() if value <= most}


def names(table: bytes) -> dict[str, int]:
    """The keywords of a table, those that only style ti prints behind the others."""
    found = KEYWORDS[table.decode()]
    return found["names"] | found.get("ti", {})


def keyword(table: bytes, number: int | None = None) -> str:
    """The first keyword of a table, or the one with this number."""
    return next(k for k, v in names(table).items() if number is None or v == number)


def table_of(arg: tuple) -> bytes:
    """The keyword table of an argument."""
    return b"socket_family" if arg[1] == "family" else arg[3]


def span(arg: tuple) -> tuple[int, int]:
    """The lowest and the highest value of a number."""
    if arg[1] == "few":
        return 0, arg[3]
    return NUMBERS.get(arg[1]) or arg[3:5]


def good(arg: tuple) -> str:
    """A word that is understood."""
    kind = arg[1]
    if kind == "range":
        return str(arg[3])
    if kind in NUMBERS or kind in ("list", "few", "data", "format"):
        return "1"
    if kind in ("key", "mask"):
        return keyword(arg[3])
    if kind == "str":
        return "s" * max(1, arg[4] if len(arg) > 4 else 1)
    if kind == "array":
        return _array(arg, ["1"] * arg[3])
    plain = {"mac": "1:2:3:4:5:6", "ip4": "1.2.3.4", "ip6": "1:2:3:4", "addr": "1.2.3.4"}
    return plain.get(kind) or {"family": "INET", "length": "10", "any": ""}.get(kind, "1")


def _array(arg: tuple, parts: list[str]) -> str:
    """Elements with their mark; a comma needs the brackets."""
    text = arg[4].decode().join(parts)
    return f"[{text}]" if arg[4] == b"," else text


def limits(arg: tuple) -> Iterator[str]:
    """Legal words at the limits of the type; the longest of all among them."""
    kind = arg[1]
    if "?" in arg[2]:
        yield ""
    if kind in NUMBERS or kind == "range":
        low, high = span(arg)
        yield from (str(low), str(high), f"{high:#x}", f"0{high}", f"  {high} ")
    elif kind == "key":
        yield from allowed(arg)
        yield keyword(arg[3]).swapcase()
    elif kind == "mask":
        every = "|".join(names(arg[3]))
        yield from (every, f"[{every}]", every.swapcase())
    elif kind == "str":
        most = arg[3]
        yield from ("s" * most, f'"{"," * most}"', f'"{escaped(most)}"', "\x80" * (most // 2))
    elif kind == "array":
        yield from (_array(arg, [part] * arg[3]) for part in ("0", "255", "0xff"))
        if arg[4] == b",":
            yield from (",".join([part] * arg[3]) for part in ("0", " 255 ", "0xff"))
    else:
        yield from _LIMITS.get(kind, ())
    if kind == "few":
        yield str(arg[3])
    if kind == "addr" and len(arg) > 4:
        yield arg[4].decode()


def limits_ip6(arg: tuple) -> Iterator[str]:
    """limits() of an address behind the family INET6."""
    yield from (*_LIMITS["ip6"], "1:2:3:4:5:6:7:8")
    if "?" in arg[2]:
        yield ""
    if len(arg) > 4:
        yield arg[4].decode()


def escaped(size: int) -> str:
    """So many bytes, each written as long as can be (guide-style V8)."""
    return r"\x41" * size


_LIMITS = {
    "mac": ("0:0:0:0:0:0", "0xff:0xff:0xff:0xff:0xff:0xff", "0a:1b:2c:3d:4e:5f", '"1:2:3:4:5:6"'),
    "ip4": ("0.0.0.0", "255.255.255.255", "[1.2.3.4]", '"1.2.3.4"'),
    "addr": ("0.0.0.0", "255.255.255.255", "[1.2.3.4]", '"1.2.3.4"'),
    "ip6": ("::", "::1", "0xffffffff:0xffffffff:0xffffffff:0xffffffff", '"fe80::1"', "[1:2:3:4]"),
    "list": ("0", "15", "128", "0|15", "[0|2]", "0 2", "|".join(map(str, range(16)))),
    "length": ("1", "4096", "32767", "0x7fff"),
    "few": ("0",),
    "sign": ("s" * 32, f'"{escaped(32)}"', "A" * 36, "A" * 342 + "==", f'"{escaped(344)}"'),
    "family": ("INET6", "inet"),
    "any": ("nosuchword", '"x,y"', "1"),
}


def longest(arg: tuple) -> str:
    """The longest word there is without blanks and idle zeros."""
    return max(limits(arg), key=lambda word: len(word.strip()), default=good(arg)).strip()


def longer(arg: tuple) -> Iterator[tuple[str, str]]:
    """(word, error): one byte more than the longest string."""
    if arg[1] == "str":
        more = arg[3] + 1
        yield from ((word, LONG) for word in ("s" * more, f'"{escaped(more)}"'))


def bad(arg: tuple) -> Iterator[tuple[str, str]]:
    """(word, error) of all mistakes a type allows."""
    kind = arg[1]
    if kind in ("data", "any"):
        return
    if "?" not in arg[2]:
        yield from (("", EMPTY), ("  ", EMPTY))
    if kind in NUMBERS or kind == "range":
        low, high = span(arg)
        for word in (low - 1, high + 1, 1 << 32, 1 << 64, -1 << 64, *_NO_NUMBERS):
            yield str(word), WRONG
    elif kind in ("key", "sub"):
        first = keyword(arg[3] if kind == "key" else arg[3][-1][1])
        if kind == "key":
            yield from ((word, WRONG) for word in names(arg[3]).keys() - allowed(arg).keys())
        for word in ("nosuchword", f'"{first}"', first + "x", first[:-1], "|", "1", "é"):
            yield word, WRONG
    elif kind == "mask":
        first = keyword(arg[3])
        for word in ("nosuchword", f"{first}|nosuchword", f'"{first}"', "1", f"{first} | {first}"):
            yield word, WRONG
        yield from ((f"{first}|", EMPTY), (f"|{first}", EMPTY), ("|", EMPTY))
    elif kind == "str":
        yield from longer(arg)
        if len(arg) > 4 and arg[4] > 1:
            yield "s" * (arg[4] - 1), WRONG
    elif kind == "array":
        for n in (arg[3] - 1, arg[3] + 1):
            yield _array(arg, ["1"] * n), CUT
        for word, error in (("256", WRONG), ("x", WRONG), ("-1", WRONG), ("", EMPTY)):
            yield _array(arg, ["1"] * (arg[3] - 1) + [word]), error
    elif kind == "few":
        yield from (("x", WRONG), ("-1", WRONG), (str(arg[3] + 1), WRONG))
    else:
        yield from _BAD.get(kind, ())


def bad_ip6() -> Iterator[tuple[str, str]]:
    """bad() of an address behind the family INET6."""
    yield from _BAD["ip6"]


_NO_NUMBERS = ("x", "1x", '"1"', "0x", "1.0", "--1", "+1", "1 1", "é", "[1]")
_IP4 = (("1.2.3", CUT), ("1.2.3.4.5", CUT), ("1.2.3.256", WRONG), ("www.ti.com", CUT))
_IP4 += (("1.2.x.4", WRONG), ("1..3.4", EMPTY), ("1.2.3.-4", WRONG), ("1", CUT))
_BAD = {
    "mac": (
        ("1:2:3:4:5", CUT),
        ("1:2:3:4:5:6:7", CUT),
        ("1:2:3:4:5:256", WRONG),
        ("1:2:3:4:5:x", WRONG),
        ("1:2:3:4:5:", EMPTY),
    ),
    "ip4": _IP4,
    "addr": _IP4,
    "ip6": (("1:2:3", CUT), ("1:2:3:x", WRONG), ("1::2::3", WRONG), ("1:2:3:0x100000000", WRONG)),
    "list": (("x", WRONG), ("16", WRONG), ("0|", EMPTY), ("256", WRONG), ("-1", WRONG)),
    "family": (("RF", EMPTY), ("nosuchword", WRONG), ('"INET"', WRONG)),
    "length": (("0", WRONG), ("x", WRONG), ("32768", WRONG), ("-1", WRONG)),
    "sign": (("s" * 33, LONG), ("s" * 34, LONG), ("A" * 35 + "_", WRONG), ("A" * 348, LONG)),
}
