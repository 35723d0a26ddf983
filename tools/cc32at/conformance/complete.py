"""Whether text is one complete answer to a command, where the recording is of no use.

The shapes are those of at-commands.md chapter 5: A, B, C, D and P. What is told must come from
the line or from the network processor.
"""

import base64
import binascii
import re

from cc32at.client import table
from cc32at.client.values import split_parameters

from .guide import EARLY, PING, D
from .lines import Row, rows

_REFUSED = re.compile(
    r"ERROR: (parse parameters,(0|-[1345])|(number of parameters|allocate),0|process command,-\d+)"
)
_LATE_ERROR = re.compile(r"ERROR: process command,-\d+")
_LISTS = {"WlanScan", "FileGetFileList"}
_HEADER = 16  # where the arguments of the network processor's frames begin


def is_complete(line: bytes, lines: list[str], wire: list[bytes] | None) -> bool:
    """Whether these lines are one answer, good or bad, and nothing else.

    wire: the frames of the network processor; None if values may come from anywhere.
    """
    command = table.find(line)
    if command is None or not lines:
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
    said = line.decode("latin-1").partition("=")[2]
    words = {said[slice(*span)].strip(' "').lower() for span in split_parameters(said)}
    content = b"".join(frame[_HEADER:] for frame in wire)
    fields = re.split("[,;]", rest)
    return any(_has_room(row, len(fields)) for row in rows().get(name, ())) and all(
        not field or field.lower() in words or _is_on_wire(field, content) for field in fields
    )


def _has_room(row: Row, count: int) -> bool:
    """Whether a line of guide.yaml may have so many fields: strings and lists have commas."""
    kinds = {kind.lstrip("+").partition("-")[0] for kind in row.types}
    shown = len([kind for kind in row.types if kind != "none"])
    return row.members or not kinds.isdisjoint(("str", "data")) or count == shown


def _is_on_wire(field: str, content: bytes) -> bool:
    if re.fullmatch(r"-?\d+", field):
        size = 4 if len(field) > 6 else 2 if len(field) > 3 else 1
        number = int(field) & (1 << 8 * size) - 1
        return number == 0 or number.to_bytes(size, "little") in content
    if re.fullmatch(r"(0x)?[\da-f]+([:.](0x)?[\da-f]+)+", field):
        groups = [int(group, 0) for group in re.split("[:.]", field)]
        size = 4 if max(groups) > 0xFF or len(groups) == 4 and ":" in field else 1
        data = b"".join(group.to_bytes(size, "big") for group in groups)
        return data in content or data[::-1] in content
    raw = field.encode("latin-1")
    try:
        decoded = base64.b64decode(raw, validate=True)
    except binascii.Error:
        decoded = raw
    return raw in content or decoded in content or field.replace("_", "").isalpha()
