"""Keeping keys and passwords out of logs, traces, histories and transcripts.

A secret is found when a command passes by whose declaration has one; from then on its value is
masked wherever it appears, in an echo or a reply as well.

A line is trusted to have its values where they belong only if it has the form of a command that
the device has. Of any other line (a mistyped name, a comma too few) all behind the name is masked.
"""

import re
from collections import OrderedDict

from . import table
from .shorthand import COMMANDS
from .values import split_parameters

MASK = "***"

# Only an enterprise network has users: what else stands there is a key that slipped.
ENTERPRISE = "wpa_ent"
USERS = {"wlanconnect": (2, (4, 5)), "wlanprofileadd": (2, (4, 5))}  # places: security, users
_PEM = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)

# The name at the start of any line, with the `=` that may stand behind it.
_HEAD = re.compile(r"""\s*(?:at\s*\+\s*)?[^\s=,:;"'(]*\s*=?\s*""", re.IGNORECASE)
_AT = re.compile(r"\s*at", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(0x[0-9a-f]+|[0-9]+)?", re.IGNORECASE)
SHORTEST_KEY = 5  # characters (WEP-40)
# Where one of these stands, a key stands as well.
_SECURITY = table.commands()["wlanconnect"].forms[0][2].known - {"OPEN"}
LINES_KEPT = 64  # lines of no known form whose echo is still recognised


class Masker:
    """Remembers the secrets that passed by and removes them from what is written down."""

    def __init__(self) -> None:
        self._known: list[bytes] = []
        self._lines: OrderedDict[bytes, bytes] = OrderedDict()
        self._asked = ""  # the command whose value line tells a secret

    def add(self, secret: str | bytes) -> None:
        """Mask `secret` from now on. One of fewer than three bytes is left to the rules."""
        value = _bytes(secret)
        if len(value) > 2 and value not in self._known:
            self._known.append(value)
            self._known.sort(key=len, reverse=True)

    def command(self, line: str) -> str:
        """A command line with its secrets masked; they are known from here on."""
        self._asked = asks_for_secret(line)
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
            told = re.compile(rb"(\+%s: ?)[^\r\n]*" % self._asked.encode(), re.IGNORECASE)
            data = told.sub(rb"\1" + MASK.encode(), data)
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
    """Whether the values stand where the declaration has them.

    A command without secrets may have any values, but not too many, and not another one's.
    """
    forms = [
        form
        for form in command.forms
        if len(values) <= len(form) or command.payload or form[-1:] and form[-1].kind == "varies"
    ]
    places = _anchors(command)
    if not places:
        return bool(forms) and not _SECURITY.intersection(value.upper() for value in values)
    return any(
        all(map(_fits_one, values, form))
        and all(
            at < len(values) and place.takes(values[at])
            for at, place in enumerate(form)
            if at in places and place.words
        )
        for form in forms
    )


def _fits_one(value: str, place: table.Place) -> bool:
    if not value:
        return True
    if place.kind == "number":
        return bool(_NUMBER.fullmatch(value))
    return not place.words or place.takes(value)


def _anchors(command: table.Command) -> set[int]:
    """The places that the place of a secret depends on: keywords before it."""
    found = set()
    for form in command.forms:
        for at, place in enumerate(form):
            if place.secret:
                found |= {i for i in range(at) if form[i].words}
    return found


def secret_spans(line: str) -> list[tuple[int, int]]:
    """Where in a command line its secrets stand, last one first."""
    rest = line.partition("=")[2]
    command = table.find(line)
    if command is None:
        return []
    offset = len(line) - len(rest)
    spans = split_parameters(rest)
    words = [rest[slice(*span)].strip().lower() for span in spans]

    places = {
        i for form in command.beginning(words) for i, place in enumerate(form) if place.secret
    }
    security, users = USERS.get(command.name.lower(), (0, ()))
    if users and words[security : security + 1] != [ENTERPRISE]:
        places.update(users)
    found = [spans[i] for i in places if i < len(spans) and words[i].strip('"')]
    return sorted(((start + offset, end + offset) for start, end in found), reverse=True)


def asks_for_secret(line: str) -> str:
    """The command, in lower case, if it gets what is a secret of the one that sets it; or ''."""
    name, rest = table.name_of(line), line.partition("=")[2]
    setter = table.commands().get(name.removesuffix("get") + "set")
    if setter is None or not name.endswith("get"):
        return ""
    words = [rest[slice(*span)].strip() for span in split_parameters(rest)]
    behind = [form[len(words) :] for form in setter.beginning(words)]
    return name if any(places and places[0].secret for places in behind) else ""


def mask_line(line: str) -> str:
    """One command line with its secrets masked, without remembering them.

    Nothing is shown of a line that does not begin as a command does, or is one of the terminal.
    """
    if line.strip() and line.strip() not in COMMANDS and not _AT.match(line):
        return MASK
    return Masker().command(line)
