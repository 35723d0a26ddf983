"""Reading what style `guide` prints, and saying the same in style `ti`.

Every line must have the form of guide-style.md rule L8, every value that of chapter 3, the fields
of chapters 7 and 8 and the spelling of chapter 9 (guide.yaml has them as a table). A Translator
follows a session and gives the text that style `ti` has for the same values (at-commands.md 2.9):
second OKs, keywords in lower case, signed numbers, delimiters lost. So a recording of `ti` tells
what must be printed in `guide`, and the deviations table holds for both.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from cc32at.client.values import split_parameters

from . import commands as table
from .given import Given, given
from .lines import LINE_END, NotGuide, Row, choose, data, keywords, parse_field, read, rows
from .mqtt import Ack

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
# Shape C of at-commands.md chapter 5: the early OK is there in both styles. D: in `guide` alone.
EARLY = {"Accept", "Connect", "Select", "Recv", "RecvFrom"}
D = {"NetAPPGetHostByName", "NetAPPGetHostByService", "NetAPPRecv"}
PING = "NetAPPPing"
BLOCKING = 11  # which parameter of MqttCreate that is
OPERATION = re.compile(
    r"operation,(Connack,(?:0|[1-9]\d*)|[A-Z][a-z]+ack(?:,(?:0|[1-9]\d*))+)\r\n"
)
WITH_FIRST = {"Accept", "Connect", "Recv", "RecvFrom", "NetAPPRecv"}  # rule O7


@dataclass
class Pending:
    """A command that has answered OK and whose result is still to come."""

    name: str
    parameters: list[str]


@dataclass
class Translator:
    """Follows one session; say() takes what a step printed.

    `given`: values of the step of which style `ti` does not tell all. `waits`: the MQTT client
    answers a command when the server has acknowledged it.
    """

    pending: list[Pending] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    waits: bool = False

    def say(self, line: bytes | None, text: bytes, acks: Iterable[Ack] = ()) -> bytes:
        """The text of style `ti` for what was printed in a step.

        line: the step's command, None for an event. acks: what MQTT servers acknowledged in it.
        Raises NotGuide.
        """
        self._begin(line)
        self.given = []
        self.acks = list(acks)
        source, out, at = text.decode("latin-1"), [], 0
        while at < len(source):
            at = self._message(source, at, out)
        if self.acks:
            raise NotGuide(f"nothing tells of {self.acks[0].guide} (E1)")
        return "".join(message + LINE_END for message in out).encode("latin-1")

    def _begin(self, line: bytes | None) -> None:
        command = table.find(line) if line else None
        rest = line.decode("latin-1").partition("=")[2] if line else ""
        words = [rest[slice(*span)].strip() for span in split_parameters(rest)]
        self.current = Pending(command.name if command else "", words)
        self.late = bool(command and command.late)
        self.help = rest.lstrip().startswith("?")
        self.answered = False

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
        if self.current.name == "MqttCreate":
            self.waits = _number(self.current.parameters[BLOCKING]) != "0"
        self.answered = True
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
            out += [] if text is None else [text]
            return at
        if late := name in EARLY | D | {PING}:
            first = parse_field(source, at)[0] if name in ("Recv", "RecvFrom") else None
            command = self._finished(name, first)
        elif command.name != name:
            raise NotGuide(f"+{name} is no answer to {command.name}")
        row = choose(name, command.parameters)
        values, at = read(row, source, at)
        self.given += given(row, values)
        if name == "Select" and values == [[""]]:  # style ti prints what was asked for
            values = [[command.parameters[1].strip("[]").replace(" ", "|")]]
        if not row.silent:
            out.append(f"+{name.lower()}:" + to_ti(row, values))
        if late and name != PING:
            out.append("OK")
        return at

    def _event(self, name: str, source: str, at: int) -> tuple[int, str | None]:
        """The event whose id stands at `at`: where the next message begins, and its text."""
        id, end = parse_field(source, at)
        if (name, id) == ("EventMqtt", "operation"):
            return self._operation(source, at)
        row = next((r for r in rows()[name] if r.words == {id.upper()}), None)
        known = {key.split()[1] for key in data()["lines"] if key.startswith(name + " ")}
        if row is None or id not in known:
            raise NotGuide(f"+{name} has no id {id!r}")
        if row.types:
            if source[end : end + 1] != ",":
                raise NotGuide(f"+{name}: {id} without values")
            end += 1
        values, end = read(row, source, end)
        self.given += given(row, values)
        text = data()["ti_names"].get(id, id).lower()
        return end, f"+{name.lower()}:{text}," + to_ti(row, values)

    def _operation(self, source: str, at: int) -> tuple[int, str | None]:
        """The same for what an MQTT server acknowledged; no text if style `ti` does not tell."""
        found = OPERATION.match(source, at)
        if not found:
            raise NotGuide(f"no acknowledgement: {source[at : at + 40]!r}")
        if found[1].startswith("Connack"):
            return found.end(), f"+eventmqtt:operation,{found[1].lower()}"
        ack = next((a for a in self.acks if a.guide == found[1]), None)
        if ack is None:
            raise NotGuide(f"no server told {found[1]}")
        if self.waits and self.answered:
            raise NotGuide(f"{found[1]} comes behind the OK that waits for it (E1)")
        self.acks.remove(ack)
        return found.end(), None if self.waits else f"+eventmqtt:operation,{ack.ti}"


def printed_lines(messages: tuple[bytes, ...]) -> int:
    """How many lines style `guide` has for the messages of style `ti`: no second OK (rule O3)."""
    names = {b"+" + name.lower().encode() for name in EARLY}
    return len(messages) - sum(message.partition(b":")[0] in names for message in messages)


def _number(text: str) -> str:
    """A parameter as the device prints it."""
    try:
        return str(int(text, 0))
    except ValueError:
        return text.lstrip("0") or "0"


def to_ti(row: Row, members: list[list[str]]) -> str:
    """The values of a line as style `ti` prints them."""
    return row.mark.join(_member(row, list(values)) for values in members)


def _member(row: Row, values: list[str]) -> str:
    said: list[tuple[str, str]] = []  # fields and their delimiters
    for kind in row.types:
        value = "" if kind == "~" else values.pop(0)
        if kind == "none" or kind == "str-" and not value:
            continue
        text = _field(kind, value)
        lost = text is None or kind == "tokens" and text.endswith("|")
        said.append((text or "", "" if lost else ","))
    return "".join(text + mark for text, mark in said[:-1]) + "".join(x for x, _ in said[-1:])


def _field(kind: str, value: str) -> str | None:
    """One field in style `ti`; None if it disappears together with its delimiter."""
    if kind == "~" or kind.startswith("+"):
        return ""
    kind, _, name = kind.partition(":")
    if kind in ("n", "n?") and value and int(value) >= 1 << 31:
        return str(int(value) - (1 << 32))
    if kind == "rssi":
        return hex(int(value) & 0xFFFFFFFF)
    if kind == "key":
        return value.lower()
    if kind == "verdict":
        return str(int(value != "success"))
    if kind == "tokens":
        return _tokens(value.split("|"))
    if kind == "mask":
        return value.lower() or None
    return value


def _tokens(values: list[str]) -> str | None:
    """File tokens: the words of those that have one; a | behind each but the fourth."""
    words = dict(enumerate(keywords("token")))
    said = [words[int(v)].lower() + "|" if int(v) in words else "" for v in values]
    return "".join([*said[:-1], said[-1][:-1]]) or None
