"""Keeping keys and passwords out of logs, traces, histories and transcripts.

A secret is found by the rules below when a command that carries one passes by; from then on
its value is masked wherever it appears, in an echo or a reply as well.

A line is trusted to have its values where they belong only if it has the form of a command that
we know. Of any other line (a mistyped name, a comma too few) all behind the name is masked.
"""

import re
from collections import OrderedDict
from dataclasses import dataclass

from . import table
from .shorthand import COMMANDS
from .values import split_parameters

MASK = "***"


@dataclass(frozen=True)
class Rule:
    """`command` has a secret at parameter `index` (from 0).

    If `when` holds for the others, and `unless` does not.
    """

    command: str
    index: int
    when: tuple[tuple[int, str], ...] = ()
    unless: tuple[tuple[int, str], ...] = ()


_ENTERPRISE = ((2, "wpa_ent"),)
RULES = (
    # Only an enterprise network has users: what else stands there is a key that slipped.
    *(
        Rule(command, index, unless=_ENTERPRISE if index > 3 else ())
        for command in ("wlanconnect", "wlanprofileadd")
        for index in (3, 4, 5)
    ),
    Rule("wlanset", 2, ((0, "ap"), (1, "password"))),
    Rule("netappset", 2, ((0, "http_server"), (1, "auth_password"))),
    Rule("filedel", 1),
    Rule("filegetinfo", 1),
    Rule("filectl", 1),
    Rule("mqttset", 2, ((1, "password"),)),
    Rule("httpsetheader", 5, ((1, "req_auth"),)),
    Rule("httpsetheader", 5, ((1, "req_proxy_auth"),)),
)

# Replies whose value is a secret although no command carried it: the rest of the line goes.
_REPLIES = re.compile(rb"(\+(?:wlanget|netappget): ?)[^\r\n]*", re.IGNORECASE)
_ASKS = re.compile(
    r"at\s*\+\s*(wlanget\s*=\s*ap\s*,\s*password|netappget\s*=\s*http_server\s*,\s*auth_password)",
    re.IGNORECASE,
)
_PEM = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


# The name at the start of any line, with the `=` that may stand behind it.
_HEAD = re.compile(r"""\s*(?:at\s*\+\s*)?[^\s=,:;"'(]*\s*=?\s*""", re.IGNORECASE)
_AT = re.compile(r"\s*at", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(0x[0-9a-f]+|[0-9]+)?", re.IGNORECASE)
SHORTEST_KEY = 5  # characters (WEP-40)
# Where one of these stands, a key stands as well.
_SECURITY = frozenset(table.commands()["wlanconnect"].keywords[2]) - {"OPEN"}
LINES_KEPT = 64  # lines of no known form whose echo is still recognised


class Masker:
    """Remembers the secrets that passed by and removes them from what is written down."""

    def __init__(self) -> None:
        self._known: list[bytes] = []
        self._lines: OrderedDict[bytes, bytes] = OrderedDict()
        self._asked = False

    def add(self, secret: str | bytes) -> None:
        """Mask `secret` from now on. One of fewer than three bytes is left to the rules."""
        value = _bytes(secret)
        if len(value) > 2 and value not in self._known:
            self._known.append(value)
            self._known.sort(key=len, reverse=True)

    def command(self, line: str) -> str:
        """A command line with its secrets masked; they are known from here on."""
        self._asked = bool(_ASKS.match(line.strip()))
        if (start := unknown_from(line)) is not None:
            masked = line[:start] + MASK
            if len(line[start:].strip()) >= SHORTEST_KEY:
                self._remember(line, masked)
            line = masked
        for start, end in secret_spans(line):
            self.add(line[start:end].strip().strip('"'))
            line = line[:start] + MASK + line[end:]
        return self.data(_bytes(line)).decode("utf-8", "surrogateescape")

    def _remember(self, line: str, masked: str) -> None:
        """Its values are not known apart, so the line is known as a whole, for its echo."""
        self._lines[_bytes(line.strip())] = _bytes(masked.strip())
        if len(self._lines) > LINES_KEPT:
            self._lines.popitem(last=False)

    def data(self, data: bytes) -> bytes:
        """Any bytes with the known secrets and private keys masked."""
        for line, masked in self._lines.items():
            data = data.replace(line, masked)
        for secret in self._known:
            data = data.replace(secret, MASK.encode())
        data = _PEM.sub(b"-----PRIVATE KEY " + MASK.encode() + b"-----", data)
        if self._asked:
            data = _REPLIES.sub(rb"\1" + MASK.encode(), data)
        return data


def _bytes(text: str | bytes) -> bytes:
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text


def unknown_from(line: str) -> int | None:
    """Where the values of a line begin that has not the form of a command; None if it has."""
    head = _HEAD.match(line).end()
    rest = line[head:].strip()
    if rest in ("", "?"):
        return None
    command = table.find(line)
    if command is not None:
        text = line.partition("=")[2]
        values = [text[slice(*span)].strip() for span in split_parameters(text)]
        if _has_its_form(command, values):
            return None
    return head


def _has_its_form(command: table.Command, values: list[str]) -> bool:
    """Whether the values stand where the guide's table has them.

    A command without secrets may have any values, but not too many, and not another one's.
    """
    kinds = command.kinds
    if len(values) > len(kinds) and command.payload is None and kinds[-1:] != ("varies",):
        return False
    places = _anchors(command)
    if not places:
        return not _SECURITY.intersection(value.upper() for value in values)
    return all(map(_fits_one, values, command.keywords, kinds)) and all(
        place < len(values) and _is_keyword(values[place], command.keywords[place])
        for place in places
        if command.keywords[place]
    )


def _fits_one(value: str, keywords: tuple[str, ...], kind: str) -> bool:
    if not value or kind == "varies":
        return True
    if kind == "number":
        return bool(_NUMBER.fullmatch(value))
    return not keywords or _is_keyword(value, keywords)


def _is_keyword(value: str, keywords: tuple[str, ...]) -> bool:
    words = value.strip("[]").upper().split("|")
    return all(word.strip() in keywords for word in words)


def _anchors(command: table.Command) -> set[int]:
    """The places that the place of a secret depends on.

    Those in its rules' conditions; of a rule without any the one before the secret.
    """
    found = set()
    for rule in RULES:
        if rule.command == command.name.lower():
            found |= {place for place, _ in rule.when + rule.unless} or {rule.index - 1}
    return found


def secret_spans(line: str) -> list[tuple[int, int]]:
    """Where in a command line its secrets stand, last one first."""
    name, _, rest = line.partition("=")
    name = name.replace(" ", "").strip().lower().removeprefix("at+")
    rules = [rule for rule in RULES if rule.command == name]
    if not rules:
        return []
    offset = len(line) - len(rest)
    spans = split_parameters(rest)
    words = [rest[slice(*span)].strip().lower() for span in spans]

    def holds(conditions: tuple[tuple[int, str], ...]) -> bool:
        return all(place < len(words) and words[place] == word for place, word in conditions)

    spans_found = set()
    for rule in rules:
        if rule.index >= len(spans) or not holds(rule.when):
            continue
        if rule.unless and holds(rule.unless):
            continue
        start, end = spans[rule.index]
        if rest[start:end].strip().strip('"'):
            spans_found.add((start + offset, end + offset))
    return sorted(spans_found, reverse=True)


def mask_line(line: str) -> str:
    """One command line with its secrets masked, without remembering them.

    Nothing is shown of a line that does not begin as a command does, or is one of the terminal.
    """
    if line.strip() and line.strip() not in COMMANDS and not _AT.match(line):
        return MASK
    return Masker().command(line)
