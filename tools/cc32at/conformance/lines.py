"""The value lines and events of style `guide`: which fields they have, and reading them.

guide.yaml is the table: the fields of chapters 7 and 8 of guide-style.md, the keywords of chapter
9. Every value must have the form of chapter 3.
"""

import functools
import re
from dataclasses import dataclass
from importlib import resources

import yaml

from cc32at.client.values import split_parameters

LINE_END = "\r\n"
QUOTED = re.compile(r'"((?:[^"\\\x00-\x1f\x7f]|\\["\\]|\\x[01][0-9a-f]|\\x7f)*)"')
BARE = re.compile(r'[^,;"\x00-\x1f\x7f]*')
ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|["\\])')
NEEDS_QUOTES = re.compile(r'[,;"\x00-\x1f\x7f]|^ | $')

_HEX = "0x(?:0|[1-9a-f][0-9a-f]*)"
_BYTE = "0x(?:0|[1-9a-f][0-9a-f]?)"
_WORD = "0x(?:0|[1-9a-f][0-9a-f]{0,7})"
_IP4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_IP6 = f"{_WORD}(?::{_WORD}){{3}}"
FORMS = {
    "n": r"0|[1-9]\d*",
    "n?": r"(0|[1-9]\d*)?",
    "i": r"0|-?[1-9]\d*",
    "rssi": r"0|-?[1-9]\d*",
    "hex": _HEX,
    "bytes": f"{_BYTE}(?::{_BYTE})*",
    "word": r"\d+(\.\d+)*",
    "mac": f"{_BYTE}(?::{_BYTE}){{5}}",
    "mac?": f"(?:{_BYTE}(?::{_BYTE}){{5}})?",
    "ip4": _IP4,
    "ip6": _IP6,
    "ip": f"{_IP4}|{_IP6}",
    "bits": r"(?:\d+(?:\|\d+)*)?",
    "tokens": r"\d+(?:\|\d+){3}",
    "verdict": "success|failure",
    "none": "",
}


class NotGuide(ValueError):
    """Something printed is not as style `guide` has it."""


@dataclass(frozen=True)
class Row:
    """The fields of one line of guide.yaml; `mark` between the members of a list in style ti.

    wire: for each type the field of the network processor's `message` that must have the value,
    "" where style ti tells all of it.
    """

    name: str
    words: frozenset[str]
    types: tuple[str, ...]
    wire: tuple[str, ...]
    message: str = ""
    members: bool = False
    end: str = ""
    mark: str = ";"
    silent: bool = False


@functools.cache
def data() -> dict:
    """guide.yaml."""
    return yaml.safe_load(resources.files(__package__).joinpath("guide.yaml").read_text())


@functools.cache
def rows() -> dict[str, list[Row]]:
    """The rows of every name, those with the most words first."""
    found: dict[str, list[Row]] = {}
    for key, value in data()["lines"].items():
        name, *words = key.split()
        options = value if isinstance(value, dict) else {"row": value}
        text = options["row"]
        fields = [t for word in text.lstrip("; ").split() for t in _times(word)]
        row = Row(
            name,
            frozenset(word.upper() for word in words),
            tuple(t.partition("@")[0] for t in fields),
            tuple(t.partition("@")[2] for t in fields),
            options.get("wire", ""),
            text.startswith(";"),
            options.get("end", ""),
            options.get("ti", ";"),
            options.get("silent", False),
        )
        found.setdefault(name, []).append(row)
    for group in found.values():
        group.sort(key=lambda row: -len(row.words))
    return found


def _times(word: str) -> list[str]:
    kind, _, count = word.partition("*")
    return [kind] * int(count or 1)


@functools.cache
def keywords(name: str) -> tuple[str, ...]:
    """A set of keywords in the guide's spelling."""
    return tuple(data()["sets"][name].split())


def asked(line: str) -> list[str]:
    """The parameters of a command line, without blanks, quotes and brackets at their ends."""
    rest = line.partition("=")[2]
    return [rest[slice(*span)].strip(' "[]') for span in split_parameters(rest)]


def choose(name: str, parameters: list[str]) -> Row:
    """The row for the answer to a command with these parameters."""
    words = {word.upper() for word in parameters}
    for row in rows()[name]:
        if row.words <= words:
            return row
    raise NotGuide(f"no value line of +{name} for {parameters}")


def read(row: Row, source: str, at: int) -> tuple[list[list[str]], int]:
    """The fields of every member of a line at `at`, and where the next line begins."""
    members = []
    types = [t.lstrip("+") for t in row.types if t != "~"]
    if not types or row.members and source.startswith(LINE_END, at):
        at = _expect(source, at, LINE_END)
        return ([] if row.members else [[]]), at
    while True:
        fields = []
        for i, kind in enumerate(types):
            if kind == "data":
                at, value = at + int(fields[-1]), source[at : at + int(fields[-1])]
            else:
                value, at = parse_field(source, at)
                check(kind, value)
            fields.append(value)
            if i < len(types) - 1:
                at = _expect(source, at, ",")
        members.append(fields)
        if not row.members or source[at : at + 1] != ";":
            return members, _expect(source, at, row.end + LINE_END)
        at += 1


def _expect(source: str, at: int, mark: str) -> int:
    if not source.startswith(mark, at):
        raise NotGuide(f"{mark!r} expected at {source[at : at + 40]!r}")
    return at + len(mark)


def parse_field(source: str, at: int) -> tuple[str, int]:
    """The value of a field (rule V7) and where it ends."""
    if source[at : at + 1] == '"':
        found = QUOTED.match(source, at)
        if not found:
            raise NotGuide(f"no quoted value: {source[at : at + 40]!r}")
        value = ESCAPE.sub(lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else m[1], found[1])
        if not NEEDS_QUOTES.search(value):
            raise NotGuide(f"quotes that are not needed: {found[0]!r}")
        return value, found.end()
    found = BARE.match(source, at)
    if NEEDS_QUOTES.search(found[0]):
        raise NotGuide(f"a blank at the end of a bare value: {found[0]!r}")
    return found[0], found.end()


def check(kind: str, value: str) -> None:
    """Whether a value has the form of its type. Raises NotGuide."""
    kind, _, name = kind.partition(":")
    if kind in ("str", "str-"):
        return
    optional = name.endswith("?")
    if kind == "key":
        form = "|".join((*map(re.escape, keywords(name.rstrip("?"))), FORMS["n"]))
        form = f"(?:{form}){'?' if optional else ''}"
    elif kind == "mask":
        members = "".join(rf"(?:{re.escape(word)}(?:\||$))?" for word in keywords(name))
        form = f"(?=[^|]|$){members}(?:(?<![^|]){_HEX})?(?<!\\|)"
        if name == "alpn":
            form = f"FULL_LIST|{form}"
    else:
        form = FORMS[kind]
    if not re.fullmatch(form, value):
        raise NotGuide(f"{value!r} is no {kind} {name}".rstrip())
