"""Numbers, addresses, lists, masks of a line: as the vendor's core reads them, and as the guide.

The vendor's core reads numbers as C's strtoul does with base 0, cuts them to their field, and an
array group by group (at-commands.md 2.7, 2.8, 9.7). The guide has the forms of its 5.1 and
guide-style.md 10. Both readings are written as a line that has one reading only.
"""

import ipaddress
import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from .parameters import (
    ADDRESSES,
    CHANNELS,
    FORMAT,
    LIST,
    MASK,
    NUMBER,
    Parameter,
    lacks_name,
    parameters,
)

MISSING, NO_DELIMITER, WRONG = -1, -3, -4
JUNK, OCTAL, BEYOND = "junk", "octal", "beyond"
ADDRESS, DESCRIPTORS, HALF, NAMELESS = "address", "list", "half", "nameless"
_C_NUMBER = re.compile(r"\s*([+-]?)(0[xX][\da-fA-F]+|0[0-7]*|[1-9]\d*)?")
_HIGHEST = 0xFFFFFFFF
_DESCRIPTOR = re.compile(r"\d|1[0-5]|12[89]|13\d|14[0-3]")
_USUAL = re.compile(r"[\da-fA-F]{2}")


@dataclass(frozen=True)
class Refused:
    """A parameter that is answered by `parse parameters,<code>`; limit: of an explicit limit."""

    code: int
    limit: bool = field(default=False, compare=False)


@dataclass(frozen=True)
class Field:
    """A number that is in no range: `low` and `high` of the range stand for it in turn."""

    value: int
    low: str
    high: str


@dataclass(frozen=True)
class Reading:
    """A line that has one reading; `field`: of which parameter nothing in range can stand."""

    line: str
    other: str = ""  # the same with the field's other end
    field: Field | None = None


def c_number(text: str) -> int:
    """What strtoul(text, NULL, 0) gives where a long has 32 bits."""
    sign, digits = _C_NUMBER.match(text).groups()
    if not digits:
        return 0
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" else 10
    value = min(int(digits, base), _HIGHEST)
    return -value & _HIGHEST if sign == "-" else value


def traps(line: str) -> set[str]:
    """What is odd about the parameters of a line."""
    found = {trap for p in parameters(line) if (trap := _trap(p))}
    return found | {NAMELESS} if lacks_name(line) else found


def _trap(p: Parameter) -> str:
    if p.kind == MASK:
        return HALF if "" in _inner(p.word).split("|") else ""
    if p.kind in ADDRESSES:
        return "" if _is_plain(p.word, p.kind) else ADDRESS
    if p.kind == LIST:
        members = _inner(p.word).split("|")
        return "" if all(_DESCRIPTOR.fullmatch(m) for m in members) else DESCRIPTORS
    if p.kind != FORMAT and not p.range:
        return ""
    if not NUMBER.fullmatch(p.word):
        return JUNK
    low, high, _ = p.range or (0, 1, WRONG)
    if not low <= _number(p.word) <= high:
        return BEYOND
    return OCTAL if re.fullmatch(r"-?0\d+", p.word) else ""


def _number(text: str) -> int:
    return int(text, 16) if text[:2].lower() == "0x" else int(text)


def _inner(text: str) -> str:
    return text[1:-1] if text[:1] == "[" and text[-1:] == "]" else text


def _is_plain(text: str, kind: str) -> bool:
    """Whether an address is written in the one way that guide 5.1 has and nobody misreads."""
    mark, count, high = ADDRESSES[kind]
    groups = _inner(text).split(mark)
    return len(groups) == count and all(
        NUMBER.fullmatch(g) and not re.fullmatch(r"0\d+", g) and 0 <= _number(g) <= high
        for g in groups
    )


# --- As the guide has it ---


def by_guide(line: str, style: str = "guide") -> str | Refused:
    """The line with numbers and addresses in their plain form; or how it is refused.

    Style ti takes tabs around numbers (at-commands.md, correction to 2.6).
    """
    pieces = []
    for p in parameters(line):
        if p.range and style == "ti":
            p = replace(p, word=p.word.strip("\t"))
        plain = _guide(p) if _trap(p) else p.word
        if isinstance(plain, Refused):
            return plain
        pieces.append((p, plain))
    return _with(line, pieces)


def _guide(p: Parameter) -> str | Refused:
    if p.kind == MASK:
        return Refused(MISSING)
    if p.kind == LIST:
        return _guide_list(p.word)
    if p.kind in ADDRESSES:
        return _guide_address(p.word.strip('"'), p.kind)
    if not NUMBER.fullmatch(p.word):
        return Refused(WRONG)
    low, high, code = p.range or (0, 1, WRONG)
    value = _number(p.word)
    if not low <= value <= high:
        return Refused(WRONG if value < 0 else code, limit=value >= 0 and code != WRONG)
    return str(value)


def _guide_list(word: str) -> str | Refused:
    """Rule I3: `0 2` is `0|2`."""
    members = [m.split(" ") if m else [""] for m in _inner(word).split("|")]
    for member in itertools.chain(*members):
        if not member:
            return Refused(MISSING)
        if not _DESCRIPTOR.fullmatch(member.lstrip("0") or "0"):
            return Refused(WRONG)
    return "|".join(str(int(m)) for m in itertools.chain(*members))


def _guide_address(word: str, kind: str) -> str | Refused:
    """Rules I1 and I2."""
    mark, count, high = ADDRESSES[kind]
    groups = [g.strip(" ") for g in _inner(word).split(mark)]
    if kind == "ip6" and ("::" in word or len(groups) == 8):
        return _usual_ip6(_inner(word))
    if len(groups) != count:
        return Refused(NO_DELIMITER)
    if mark == ":" and kind != "ip6" and _is_usual(groups):
        groups = [f"0x{g}" for g in groups]
    plain = []
    for group in groups:
        if not group:
            return Refused(MISSING)
        if not NUMBER.fullmatch(group) or not 0 <= _number(group) <= high:
            return Refused(WRONG)
        plain.append(str(_number(group)))
    text = mark.join(plain)
    return f"[{text}]" if kind == CHANNELS else text


def _is_usual(groups: list[str]) -> bool:
    """Two hex digits each, and one that says so: a letter or a leading zero."""
    return all(_USUAL.fullmatch(g) for g in groups) and any(
        g[0] == "0" or not g.isdigit() for g in groups
    )


def _usual_ip6(word: str) -> str | Refused:
    try:
        value = int(ipaddress.IPv6Address(word))
    except ValueError:
        groups = word.split(":")
        wrong = len(groups) == 8 or "::" in word
        return Refused(WRONG if wrong else NO_DELIMITER)
    return ":".join(hex(value >> shift & _HIGHEST) for shift in (96, 64, 32, 0))


# --- As the vendor's core has it ---


def by_vendor(line: str) -> list[Reading | Refused]:
    """What the vendor's core may have read: its fields are of a size that no table tells."""
    odd = [(p, _vendor(p)) for p in parameters(line) if _trap(p)]
    readings = []
    for chosen in itertools.product(*(readings for _, readings in odd)):
        pieces = [(p, text) for (p, _), text in zip(odd, chosen, strict=True)]
        readings.append(_reading(line, pieces))
    return readings


def _reading(line: str, pieces: list[tuple[Parameter, str | Field | Refused]]):
    refused = next((piece for _, piece in pieces if isinstance(piece, Refused)), None)
    if refused:
        return refused
    field = next((piece for _, piece in pieces if isinstance(piece, Field)), None)

    def text(of: Callable[[Field], str]) -> str:
        chosen = [(p, of(piece) if isinstance(piece, Field) else piece) for p, piece in pieces]
        return _with(line, chosen)

    reading = Reading(text(lambda f: f.low))
    return replace(reading, other=text(lambda f: f.high), field=field) if field else reading


def _with(line: str, pieces: list[tuple[Parameter, str]]) -> str:
    """A line with other words for some of its parameters."""
    for p, text in reversed(pieces):
        line = line[: p.start] + text + line[p.end :]
    return line


def _vendor(p: Parameter) -> list[str | Field | Refused]:
    if p.kind == MASK:
        return [""]
    if p.kind == LIST:
        members = _inner(p.word).split("|")
        if "" in members:
            return [Refused(MISSING)]
        return ["|".join(str(c_number(m) & 0x1F) for m in members)]
    if p.kind in ADDRESSES:
        return [_vendor_address(p.word, p.kind)]
    if p.kind == FORMAT:  # any number but 1 is taken for 0
        return sorted({str(int(number == 1)) for number in cut_formats(p.word)})
    return _cut(c_number(p.word), *p.range)


def cut_formats(word: str) -> set[int]:
    """The format that a word may be, whatever the size of its field."""
    return {c_number(word), c_number(word) & 0xFF}


def _cut(value: int, low: int, high: int, code: int) -> list[str | Field | Refused]:
    """A number cut to the field sizes that make one in the range of it.

    What is beyond an explicit limit even then is refused (at-commands.md 6.2).
    """
    found = []
    for bits in (32, 16, 8):
        part = value & (1 << bits) - 1
        for number in (part, part - (1 << bits)):
            if low <= number <= high and str(number) not in found:
                found.append(str(number))
        if str(value) in found:
            break
    if code != WRONG and str(value) not in found:
        return [*found, Refused(code)]
    return found or [Field(value, str(low), str(high))]


def _vendor_address(word: str, kind: str) -> str | Refused:
    mark, count, high = ADDRESSES[kind]
    groups = _inner(word).split(mark)[:count]
    if "" in groups:
        return Refused(MISSING)
    if len(groups) < count:
        return Refused(NO_DELIMITER)
    text = mark.join(str(c_number(g) & high) for g in groups)
    return f"[{text}]" if kind == CHANNELS else text
