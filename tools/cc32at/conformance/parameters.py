"""Which parameters of a line are numbers, addresses and lists, and what the guide allows there.

parameters.json has it from the declarations of the device's commands (`python -m cc32at.gen`), and
commands.json, as `kinds`, for those that it lacks so far. A row has a kind for each parameter: a
range `low..high`, with `!code` where going beyond it is an explicit limit of at-commands.md 6.2;
`format` of a payload (table 23: 0 or 1); an address (`ip4`, `ip6`, `ip`: of the family named
before it; `bytes6`: MAC, `bytes4`, `bytes16`: filters; `channels`: the rest of the line); `list`
of descriptors; `mask` that may be empty; `name` that may not (the vendor's core reads at address 0
for some of these); keywords with `|` that select the row; or `*` for anything else. The first row
that fits a line counts; it says nothing about parameters behind its own.
"""

import functools
import json
import re
from dataclasses import dataclass
from importlib import resources

from cc32at.client.values import split_parameters

from . import commands as table

RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:!(-?\d+))?")
NUMBER = re.compile(r"-?\d+|0[xX][\da-fA-F]+")
ANY = "*"
FORMAT = "format"  # of a payload
LIST = "list"  # of descriptors
CHANNELS = "channels"  # the rest of the line
MASK = "mask"  # that may be empty
NAME = "name"  # that may not be empty
ADDRESSES = {  # how many groups with which mark, and the highest value of each
    "ip4": (".", 4, 0xFF),
    "ip6": (":", 4, 0xFFFFFFFF),
    "bytes4": (":", 4, 0xFF),
    "bytes6": (":", 6, 0xFF),
    "bytes16": (":", 16, 0xFF),
    CHANNELS: (",", 4, 0xFF),
}
IP = "ip"  # of the family that a parameter before it names


@dataclass(frozen=True)
class Parameter:
    """What stands at line[start:end], without blanks at its ends, and its kind."""

    start: int
    end: int
    word: str
    kind: str

    @property
    def range(self) -> tuple[int, int, int] | None:
        """Lowest and highest number, and the error code beyond; None if it is no number."""
        found = RANGE.fullmatch(self.kind)
        return (int(found[1]), int(found[2]), int(found[3] or -4)) if found else None


def parameters(line: str) -> list[Parameter]:
    """The parameters of a line of whose kind something is known, those that are empty left out.

    The ? of a request for help is none.
    """
    rest, spans, words = _split(line)
    if words == ["?"]:
        return []
    row = _row(table.name_of(line), words) or ()
    offset = line.find("=") + 1
    found = []
    for kind, (start, end) in zip(row, spans, strict=False):
        if kind == CHANNELS:
            end = len(rest)
        word = rest[start:end]
        start += len(word) - len(word.lstrip(" "))
        word = word.strip(" ")
        if kind == IP:
            kind = "ip6" if "INET6" in (w.upper() for w in words) else "ip4"
        if word and kind not in (ANY, NAME):
            found.append(Parameter(offset + start, offset + start + len(word), word, kind))
    return found


def lacks_name(line: str) -> bool:
    """Whether a name is empty that must be there."""
    _, _, words = _split(line)
    row = _row(table.name_of(line), words) or ()
    return any(kind == NAME and not word for kind, word in zip(row, words, strict=False))


def _split(line: str) -> tuple[str, list[tuple[int, int]], list[str]]:
    """What stands behind the =, where its parameters stand in it, and these without blanks."""
    rest = line.partition("=")[2]
    spans = split_parameters(rest.replace("\\", "/"))  # no escapes in style ti
    return rest, spans, [rest[slice(*span)].strip(" ") for span in spans]


@functools.cache
def _rows() -> dict[str, list[list[str]]]:
    """The rows by the command's name in lower case."""
    files = resources.files(__package__)
    declared = json.loads(files.joinpath("parameters.json").read_text())
    others = json.loads(files.joinpath("commands.json").read_text())
    rows = {row["name"]: row.get("kinds", []) for row in others} | declared
    return {name.lower(): [kinds.split(",") for kinds in rows[name]] for name in rows}


def _row(name: str, words: list[str]) -> list[str] | None:
    for row in _rows().get(name, ()):
        if all(_fits(kind, word) for kind, word in zip(row, words, strict=False)):
            return row
    return None


def _fits(kind: str, word: str) -> bool:
    """Whether a word may stand where a row has `kind`; keywords tell the rows apart."""
    if kind in (ANY, IP, FORMAT, LIST, MASK, NAME, *ADDRESSES) or RANGE.fullmatch(kind):
        return True
    return word.upper() in kind.split("|")
