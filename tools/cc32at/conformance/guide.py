"""Reading what style `guide` prints, and saying the same in style `ti`.

Every line must have the form of guide-style.md rule L8, every value that of chapter 3, the fields
of chapters 7 and 8 and the spelling of chapter 9 (guide.yaml has them as a table). A Translator
follows a session and gives the text that style `ti` has for the same values (at-commands.md 2.9):
second OKs, keywords in lower case, signed numbers, delimiters lost. So a recording of `ti` tells
what must be printed in `guide`, and the deviations table holds for both.
"""

import functools
import re
from dataclasses import dataclass, field
from importlib import resources

import yaml

from cc32at.client import table
from cc32at.client.values import split_parameters

LINE_END = "\r\n"
L8 = re.compile(
    r"OK|\+[A-Za-z]+:( .+)?|ERROR:[a-z ]+(\+[A-Za-z]+( [0-9]+)?)?, -?[0-9]+", re.DOTALL
)
ERROR = re.compile(r"ERROR:([a-z ]+?)(?: \+([A-Za-z]+)(?: ([0-9]+))?)?, (-?[0-9]+)")
DESCRIPTIONS = {  # rule O6
    "command not exist",
    "number of parameters",
    "allocate",
    "parse parameters",
    "process command",
}
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
# Shape C of at-commands.md chapter 5: the early OK is there in both styles. D: in `guide` alone.
EARLY = {"Accept", "Connect", "Select", "Recv", "RecvFrom"}
D = {"NetAPPGetHostByName", "NetAPPGetHostByService", "NetAPPRecv"}
PING = "NetAPPPing"
WITH_FIRST = {"Accept", "Connect", "Recv", "RecvFrom", "NetAPPRecv"}  # rule O7


class NotGuide(ValueError):
    """Something printed is not as style `guide` has it."""


@dataclass(frozen=True)
class Row:
    """The fields of one line of guide.yaml; `mark` between the members of a list in style ti."""

    name: str
    words: frozenset[str]
    types: tuple[str, ...]
    members: bool = False
    end: str = ""
    mark: str = ";"
    silent: bool = False


@functools.cache
def _data() -> dict:
    return yaml.safe_load(resources.files(__package__).joinpath("guide.yaml").read_text())


@functools.cache
def rows() -> dict[str, list[Row]]:
    """The rows of every name, those with the most words first."""
    found: dict[str, list[Row]] = {}
    for key, value in _data()["lines"].items():
        name, *words = key.split()
        options = value if isinstance(value, dict) else {"row": value}
        text = options["row"]
        row = Row(
            name,
            frozenset(word.upper() for word in words),
            tuple(t for word in text.lstrip("; ").split() for t in _times(word)),
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
    return tuple(_data()["sets"][name].split())


@dataclass
class Pending:
    """A command that has answered OK and whose result is still to come."""

    name: str
    parameters: list[str]


@dataclass
class Translator:
    """Follows one session; say() takes what a step printed.

    `given`: strings of the step that style `ti` leaves out.
    """

    pending: list[Pending] = field(default_factory=list)
    given: list[str] = field(default_factory=list)

    def say(self, line: bytes | None, text: bytes) -> bytes:
        """The text of style `ti` for what was printed in a step.

        line: the step's command, None for an event. Raises NotGuide.
        """
        self._begin(line)
        self.given = []
        source, out, at = text.decode("latin-1"), [], 0
        while at < len(source):
            at = self._message(source, at, out)
        return "".join(message + LINE_END for message in out).encode("latin-1")

    def _begin(self, line: bytes | None) -> None:
        command = table.find(line) if line else None
        rest = line.decode("latin-1").partition("=")[2] if line else ""
        words = [rest[slice(*span)].strip() for span in split_parameters(rest)]
        self.current = Pending(command.name if command else "", words)
        self.late = bool(command and command.late)
        self.help = rest.lstrip().startswith("?")

    def _message(self, source: str, at: int, out: list[str]) -> int:
        """Translate the message at `at`; where the next begins."""
        end = source.find(LINE_END, at)
        if end < 0:
            raise NotGuide(f"no line end: {source[at:]!r}")
        line = source[at:end]
        if line.startswith("+") and not self.help:
            return self._value(source, at, out)
        if not L8.fullmatch(line):
            raise NotGuide(f"no line of rule L8: {line!r}")
        if line == "OK":
            self._ok(out)
        elif line.startswith("ERROR"):
            out.append(self._error(line))
        else:
            out.append(line)
        return end + len(LINE_END)

    def _ok(self, out: list[str]) -> None:
        if self.late:
            self.late = False
            self.pending.append(self.current)
            if self.current.name in D:
                return
        out.append("OK")

    def _error(self, line: str) -> str:
        found = ERROR.fullmatch(line)
        if not found or found[1] not in DESCRIPTIONS:
            raise NotGuide(f"no error line: {line!r}")
        description, name, first, code = found.groups()
        if name:
            if description != "process command" or (name in WITH_FIRST) != bool(first):
                raise NotGuide(f"no late error (O7): {line!r}")
            self._finished(name, first)
        return f"ERROR: {description},{code}"

    def _finished(self, name: str, first: str | None = None) -> Pending:
        """The command that has come to its end; a Ping goes on."""
        for command in self.pending:
            if command.name == name and first in (None, _number(command.parameters[0])):
                if name != PING:
                    self.pending.remove(command)
                return command
        raise NotGuide(f"+{name} {first or ''} came although no such command waits")

    def _value(self, source: str, at: int, out: list[str]) -> int:
        name, colon, _ = source[at + 1 :].partition(":")
        if not colon or name not in rows():
            raise NotGuide(f"no name of a line (L4): {source[at : at + 40]!r}")
        at += len(name) + 2
        if source[at : at + 1] == " ":
            at += 1
            if source.startswith(LINE_END, at):
                raise NotGuide(f"+{name}: a blank and nothing behind it (L3)")
        elif not source.startswith(LINE_END, at):
            raise NotGuide(f"+{name}: no blank behind the colon (L2)")
        command = self.current
        if name.startswith("Event"):
            at, text = self._event(name, source, at)
            out.append(text)
            return at
        if late := name in EARLY | D | {PING}:
            first = parse_field(source, at)[0] if name in ("Recv", "RecvFrom") else None
            command = self._finished(name, first)
        elif command.name != name:
            raise NotGuide(f"+{name} is no answer to {command.name}")
        row = choose(name, command.parameters)
        values, at = read(row, source, at)
        kinds = [kind for kind in row.types if kind != "~"]
        for fields in values:
            self.given += [v for kind, v in zip(kinds, fields, strict=True) if kind == "+str"]
        if name == "Select" and values == [[""]]:  # style ti prints what was asked for
            values = [[command.parameters[1].strip("[]").replace(" ", "|")]]
        if not row.silent:
            out.append(f"+{name.lower()}:" + to_ti(row, values))
        if late and name != PING:
            out.append("OK")
        return at

    def _event(self, name: str, source: str, at: int) -> tuple[int, str]:
        """The event whose id stands at `at`: where the next message begins, and its text."""
        id, end = parse_field(source, at)
        row = next((r for r in rows()[name] if r.words == {id.upper()}), None)
        known = {key.split()[1] for key in _data()["lines"] if key.startswith(name + " ")}
        if row is None or id not in known:
            raise NotGuide(f"+{name} has no id {id!r}")
        if row.types:
            if source[end : end + 1] != ",":
                raise NotGuide(f"+{name}: {id} without values")
            end += 1
        values, end = read(row, source, end)
        text = _data()["ti_names"].get(id, id).lower()
        return end, f"+{name.lower()}:{text}," + to_ti(row, values)


def printed_lines(messages: tuple[bytes, ...]) -> int:
    """How many lines style `guide` has for the messages of style `ti`: no second OK (rule O3)."""
    names = {b"+" + name.lower().encode() for name in EARLY}
    return len(messages) - sum(message.partition(b":")[0] in names for message in messages)


def choose(name: str, parameters: list[str]) -> Row:
    """The row for the answer to a command with these parameters."""
    words = {word.upper() for word in parameters}
    for row in rows()[name]:
        if row.words <= words:
            return row
    raise NotGuide(f"no value line of +{name} for {parameters}")


def _number(text: str) -> str:
    """A parameter as the device prints it."""
    try:
        return str(int(text, 0))
    except ValueError:
        return text.lstrip("0") or "0"


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
        form = "|".join((*map(re.escape, keywords(name.rstrip("?"))), r"\d+"))
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


def to_ti(row: Row, members: list[list[str]]) -> str:
    """The values of a line as style `ti` prints them."""
    return row.mark.join(_member(row, list(values)) for values in members)


def _member(row: Row, values: list[str]) -> str:
    parts: list[str | None] = []  # None: the field goes with its delimiter
    for kind in row.types:
        if kind == "~":
            parts.append("")
            continue
        value = values.pop(0)
        if kind == "none" or kind == "str-" and not value:
            continue
        parts.append(_field(kind, value))
    last = len(parts) - 1
    kept = [p + "," * (i < last and p[-1:] != "|") for i, p in enumerate(parts) if p is not None]
    return "".join(kept)


def _field(kind: str, value: str) -> str | None:
    """One field in style `ti`; None if it disappears together with its delimiter."""
    if kind.startswith("+"):
        return ""
    kind, _, name = kind.partition(":")
    if kind in ("n", "n?") and value and int(value) >= 1 << 31:
        return str(int(value) - (1 << 32))
    if kind == "rssi":
        return hex(int(value) & 0xFFFFFFFF)
    if kind == "key":
        return None if value.isdigit() else value.lower()
    if kind == "verdict":
        return str(int(value != "success"))
    if kind == "tokens":
        known = {str(i): word.lower() for i, word in enumerate(keywords("token"))}
        return "|".join(known[v] for v in value.split("|") if v in known) or None
    if kind == "mask":
        if name == "alpn" and value == "FULL_LIST":
            return "full_list"  # at-commands.md 9.9
        return _mask(keywords(name), value.split("|"))
    return value


def _mask(names: tuple[str, ...], members: list[str]) -> str | None:
    """A bit mask in style `ti`: bits without a name are left out, the highest leaves its |."""
    named = [word for word in members if word in names]
    if not named:
        return None
    rest = int(members[-1], 16) if members[-1].startswith("0x") else 0
    highest = rest.bit_length() > names.index(named[-1]) + 1
    return "|".join(named).lower() + "|" * highest
