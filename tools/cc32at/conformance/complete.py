"""Whether text is one complete answer to a command, where the recording is of no use.

The shapes are those of at-commands.md chapter 5: A, B, C, D and P. What is told must come from
the line or from the network processor.
"""

import base64
import binascii
import functools
import re

from cc32at.nwp.codec import protocol

from . import commands as table
from .guide import EARLY, PING, D
from .lines import NotGuide, Row, asked, choose, data, keywords, rows

_REFUSED = re.compile(
    r"ERROR: (parse parameters,(0|-[1345])|(number of parameters|allocate),0|process command,-\d+)"
)
_LATE_ERROR = re.compile(r"ERROR: process command,-\d+")
_LISTS = {"WlanScan", "FileGetFileList"}
_NUMBER = r"(?:0x[\da-f]+|\d+)"
_HIGHEST = 0xFFFFFFFF
_HEADER = 16  # where the arguments of the network processor's frames begin


def is_complete(line: bytes, lines: list[str], wire: list[bytes] | None) -> bool:
    """Whether these lines are one answer, good or bad, and nothing else.

    wire: the frames of the network processor; None if values may come from anywhere.
    """
    command = table.find(line)
    if command is None:
        return lines == ["ERROR: command not exist,0"]
    if not lines:
        return False
    if len(lines) == 1 and _REFUSED.fullmatch(lines[0]):
        return True
    late = command.name in EARLY or command.name == PING
    if late and lines[0] != "OK":
        return False
    if late and len(lines) == 2 and _LATE_ERROR.fullmatch(lines[1]):
        return True
    if command.name != PING and lines[-1] != "OK":
        return False
    values = lines[late : len(lines) - (command.name != PING)]
    return _as_many(command.name, len(values)) and all(
        _is_value(command.name, value, line, wire) for value in values
    )


def is_refused(lines: list[str]) -> bool:
    """Whether it is an error from before anything was asked of the network processor."""
    return len(lines) == 1 and lines[0].startswith("ERROR: ") and "process" not in lines[0]


def _as_many(name: str, count: int) -> bool:
    """Whether a command has so many value lines."""
    if name in _LISTS or name == PING:
        return True
    if name in D or name in EARLY:
        return count == 1
    shown = rows().get(name)
    if not shown:
        return count == 0
    return count == 1 or count == 0 and any(row.silent for row in shown)


def _is_value(name: str, text: str, line: bytes, wire: list[bytes] | None) -> bool:
    """Whether a value line has the command's name, and nothing in it is invented."""
    head, mark, rest = text.partition(":")
    if head != f"+{name.lower()}" or not mark:
        return False
    if wire is None:
        return True
    parameters = asked(line.decode("latin-1"))
    words = {_plain(word) for word in parameters}
    content = b"".join(frame[_HEADER:] for frame in wire)
    fields = re.split("[,;]", rest)
    words |= {str(len(field)) for field in fields[-1:]}  # of data in Base64
    try:
        row = choose(name, parameters)
    except NotGuide:
        return False
    return _has_room(row, len(fields)) and all(
        not field or _plain(field) in words or _is_on_wire(field, content) for field in fields
    )


def _has_room(row: Row, count: int) -> bool:
    """Whether a line of guide.yaml may have so many fields: strings and lists have commas."""
    kinds = {kind.lstrip("+").partition("-")[0] for kind in row.types}
    shown = len([kind for kind in row.types if kind != "none"])
    return row.members or not kinds.isdisjoint(("str", "data")) or count == shown


def _is_on_wire(field: str, content: bytes) -> bool:
    """Whether a field, or each member of a mask, is a keyword or a value of the wire."""
    return all(_is_known(member, content) for member in field.split("|"))


def _is_known(field: str, content: bytes) -> bool:
    if re.fullmatch(rf"-?{_NUMBER}", field):
        return _has_number(_number(field), content)
    if re.fullmatch(f"{_NUMBER}([:.]{_NUMBER})+", field):
        groups = [_number(group) for group in re.split("[:.]", field)]
        if max(groups) > _HIGHEST:
            return False
        size = 4 if max(groups) > 0xFF or len(groups) == 4 and ":" in field else 1
        forms = [(size, "big"), (size, "little"), (4, "little")]
        whole = [b"".join(g.to_bytes(*form) for g in groups) for form in forms]
        return any(one in content for one in (*whole, whole[0][::-1]))
    raw = field.encode("latin-1")
    try:
        decoded = base64.b64decode(raw, validate=True)
    except binascii.Error:
        decoded = raw
    return raw in content or decoded in content or field.lower() in _keywords()


def _number(text: str) -> int:
    return int(text, 16 if "0x" in text else 10)


def _plain(text: str) -> str:
    """Text in lower case, its numbers decimal."""
    return re.sub(_NUMBER, lambda found: str(_number(found[0])), text.lower())


def _has_number(number: int, content: bytes) -> bool:
    """In either order: ports are big-endian."""
    if not -_HIGHEST // 2 <= number <= _HIGHEST:
        return False
    size = next(size for size in (1, 2, 4) if -1 << 8 * size - 1 <= number < 1 << 8 * size)
    part = (number & (1 << 8 * size) - 1).to_bytes(size, "little")
    return number == 0 or part in content or part[::-1] in content


@functools.cache
def _keywords() -> frozenset[str]:
    """All keywords of guide.yaml, and those of protocol.json, which style ti spells otherwise."""
    known = [word for name in data()["sets"] for word in keywords(name)]
    known += [word for words in protocol().enums.values() for word in words]
    return frozenset(word.lower() for word in known)
