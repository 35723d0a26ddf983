"""Keeping keys and passwords out of logs, traces, histories and transcripts.

A secret is found by the rules below when a command that carries one passes by; from then on
its value is masked wherever it appears, in an echo or a reply as well.
"""

import re
from dataclasses import dataclass

from .values import split_parameters

MASK = "***"


@dataclass(frozen=True)
class Rule:
    """`command` has a secret at parameter `index` (from 0) if `when` holds for the others."""

    command: str
    index: int
    when: tuple[tuple[int, str], ...] = ()


RULES = (
    Rule("wlanconnect", 3),
    Rule("wlanprofileadd", 3),
    Rule("wlanset", 2, ((0, "ap"), (1, "password"))),
    Rule("filedel", 1),
    Rule("filegetinfo", 1),
    Rule("filectl", 1),
    Rule("mqttset", 2, ((1, "password"),)),
    Rule("httpsetheader", 5, ((1, "req_auth"),)),
    Rule("httpsetheader", 5, ((1, "req_proxy_auth"),)),
)

# Replies whose value is a secret although no command carried it: the rest of the line goes.
_REPLIES = re.compile(rb"(\+wlanget: ?)[^\r\n]*", re.IGNORECASE)
_ASKS = re.compile(r"at\s*\+\s*wlanget\s*=\s*ap\s*,\s*password", re.IGNORECASE)
_PEM = re.compile(
    rb"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
)


class Masker:
    """Remembers the secrets that passed by and removes them from what is written down."""

    def __init__(self) -> None:
        self._known: list[bytes] = []
        self._asked = False

    def add(self, secret: str | bytes) -> None:
        """Mask `secret` from now on. One of fewer than three bytes is left to the rules."""
        value = secret.encode("utf-8", "surrogateescape") if isinstance(secret, str) else secret
        if len(value) > 2 and value not in self._known:
            self._known.append(value)
            self._known.sort(key=len, reverse=True)

    def command(self, line: str) -> str:
        """A command line with its secrets masked; they are known from here on."""
        self._asked = bool(_ASKS.match(line.strip()))
        for start, end in secret_spans(line):
            self.add(line[start:end].strip().strip('"'))
            line = line[:start] + MASK + line[end:]
        return self.data(line.encode("utf-8", "surrogateescape")).decode(
            "utf-8", "surrogateescape"
        )

    def data(self, data: bytes) -> bytes:
        """Any bytes with the known secrets and private keys masked."""
        for secret in self._known:
            data = data.replace(secret, MASK.encode())
        data = _PEM.sub(b"-----PRIVATE KEY " + MASK.encode() + b"-----", data)
        if self._asked:
            data = _REPLIES.sub(rb"\1" + MASK.encode(), data)
        return data


def secret_spans(line: str) -> list[tuple[int, int]]:
    """Where in a command line its secrets stand, last one first."""
    name, _, rest = line.partition("=")
    name = name.replace(" ", "").strip().lower().removeprefix("at+")
    rules = [rule for rule in RULES if rule.command == name]
    if not rules:
        return []
    offset = len(line) - len(rest)
    spans = split_parameters(rest)
    spans_found = set()
    for rule in rules:
        if rule.index < len(spans) and all(
            i < len(spans) and rest[slice(*spans[i])].strip().lower() == word
            for i, word in rule.when
        ):
            start, end = spans[rule.index]
            if rest[start:end].strip().strip('"'):
                spans_found.add((start + offset, end + offset))
    return sorted(spans_found, reverse=True)


def mask_line(line: str) -> str:
    """One command line with its secrets masked, without remembering them."""
    for start, end in secret_spans(line):
        line = line[:start] + MASK + line[end:]
    return line
