"""Which parameters of a line are numbers and addresses, and how the guide wants them.

parameters.yaml has a row for each line of a built command. Of others the client's table knows
the numbers, but no ranges.
"""

import functools
import re
from importlib import resources

import yaml

from cc32at.client import table
from cc32at.client.values import split_parameters

RANGE = re.compile(r"(-?\d+)\.\.(\d+)")
NUMBER = re.compile(r"-?\d+|0x[\da-f]+", re.IGNORECASE)
ANY = "*"
ADDRESSES = {  # how many groups with which mark, and the highest value of each
    "ip": {".": (4, 0xFF), ":": (4, 0xFFFFFFFF)},
    "bytes4": {":": (4, 0xFF)},
    "bytes6": {":": (6, 0xFF)},
    "bytes16": {":": (16, 0xFF)},
}


def numbers(line: bytes | None) -> list[tuple[str, int | None, int | None]]:
    """Numbers of a line: text, lowest and highest value of the guide (None: not known)."""
    words = _words(line)
    row = _row(table.name_of(line or b""), words)
    if row is None:
        return [(word, None, None) for word in _of_unknown(line, words)]
    ranges = [(word, RANGE.fullmatch(kind)) for word, kind in zip(words, row, strict=False)]
    return [(word, int(found[1]), int(found[2])) for word, found in ranges if found and word]


def addresses(line: bytes | None) -> list[tuple[str, str]]:
    """Addresses of a line: text and kind."""
    words = _words(line)
    row = _row(table.name_of(line or b""), words) or ()
    pairs = zip(words, row, strict=False)
    return [(word, kind) for word, kind in pairs if word and kind in ADDRESSES]


def is_beyond(text: str, low: int | None, high: int | None) -> bool:
    """Whether a number is out of its range."""
    if low is None or not NUMBER.fullmatch(text):
        return False
    value = int(text, 16) if text[:2].lower() == "0x" else int(text)
    return not low <= value <= high


def is_plain(text: str, kind: str) -> bool:
    """Whether an address is written in the one way that guide 5.1 has and nobody misreads."""
    if text[0] == "[" and text[-1] == "]":
        text = text[1:-1]
    for mark, (count, high) in ADDRESSES[kind].items():
        groups = text.split(mark)
        if len(groups) == count:
            return all(_is_group(group, high) for group in groups)
    return False


def _is_group(text: str, high: int) -> bool:
    octal = len(text) > 1 and text.isdigit() and text[0] == "0"
    return bool(NUMBER.fullmatch(text)) and not octal and not is_beyond(text, 0, high)


def _words(line: bytes | None) -> list[str]:
    rest = (line or b"").decode("latin-1").partition("=")[2].replace("\\", "/")  # no escapes in ti
    return [rest[slice(*span)].strip(" ") for span in split_parameters(rest)]


def _of_unknown(line: bytes | None, words: list[str]) -> list[str]:
    """Numbers by the client's table: parameters that are, or may be, one; no keywords."""
    command = table.find(line or b"")
    if command is None:
        return []
    kinds = command.kinds + command.kinds[-1:] * len(words)
    pairs = zip(words, kinds, strict=False)
    return [w for w, kind in pairs if kind and w and w.upper() not in table.keywords()]


@functools.cache
def _rows() -> dict[str, list[list[str]]]:
    """The rows of parameters.yaml by the command's name in lower case."""
    found: dict[str, list[list[str]]] = {}
    text = resources.files(__package__).joinpath("parameters.yaml").read_text()
    for row in yaml.safe_load(text):
        name, _, kinds = row.partition("=")
        found.setdefault(name.lower(), []).append(kinds.split(","))
    return found


def _row(name: str, words: list[str]) -> list[str] | None:
    for row in _rows().get(name, ()):
        if all(_fits(kind, word) for kind, word in zip(row, words, strict=False)):
            return row
    return None


def _fits(kind: str, word: str) -> bool:
    """Whether a word may stand where a row has `kind`; keywords tell the rows apart."""
    if kind in (ANY, *ADDRESSES) or RANGE.fullmatch(kind):
        return True
    return word.upper() in kind.split("|")
