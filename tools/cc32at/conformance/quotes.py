"""Quotes that do not enclose a parameter, and what the vendor's core takes them for.

It counts parameters as if every quote opened or closed a string, and ends a string at the first
quote with a comma or the end of the line behind it (at-commands.md 2.4, 2.8).
"""

import re
from dataclasses import replace

from . import commands as table
from .rewrites import Alternatives, Rewrite, lettered, rewriting

LONE, UNCLOSED, SURPLUS = "lone", "unclosed", "surplus"
_CLOSING = re.compile(r'" *(?:,|$)')


def spans(line: str) -> list[tuple[int, int]]:
    """First and last index of the parameters; only a string in quotes has commas in it.

    Without a payload, which may hold any quotes.
    """
    command = table.find(line)
    most = len(command.parameters) - 1 if command and command.payload else len(line)
    found, at = [], line.find("=") + 1
    while len(found) < most:
        first = at + len(line[at:]) - len(line[at:].lstrip(" "))
        quoted = line[first : first + 1] == '"'
        closing = _CLOSING.search(line, first + 1) if quoted else None
        end = line.find(",", closing.start() + 1 if closing else at)
        stop = len(line) if end < 0 else end
        found.append((first, max(first, at + len(line[at:stop].rstrip(" ")))))
        if end < 0:
            break
        at = end + 1
    return found


def _enclosed(word: str) -> bool:
    return len(word) > 1 and word[0] == word[-1] == '"'


def lone(line: str) -> list[int]:
    """Where quotes stand that neither open nor close a parameter."""
    places = []
    for first, end in spans(line):
        edges = (first, end - 1) if _enclosed(line[first:end]) else ()
        places += [i for i in range(first, end) if line[i] == '"' and i not in edges]
    return places


def unclosed(line: str) -> tuple[int, int] | None:
    """The parameter that begins with a quote and does not end with one."""
    for first, end in spans(line):
        word = line[first:end]
        if word[:1] == '"' and not _enclosed(word):
            return first, end
    return None


def counted(line: str) -> int:
    """How many parameters the vendor's core counts: one more than commas outside of quotes."""
    parts = line.partition("=")[2].split('"')[::2]
    return 1 + sum(part.count(",") for part in parts)


def varies(line: str) -> bool:
    """Whether the number of parameters of the command is not checked (at-commands.md 7)."""
    command = table.find(line)
    return bool(command) and (
        command.payload is not None
        and command.payload[0] is not None
        or command.varies
        and command.name != "WlanPolicySet"
        or command.parameters[-1:] == ("topic list",)
    )


@rewriting
def last_string_to_the_end(line: str) -> Alternatives:
    """One of the parameters is a string with all that stands behind it."""
    return [
        Rewrite((f'{line[:first]}"{line[first:].strip(" ")}"',)) for first, _ in spans(line)[1:-1]
    ]


@rewriting
def without_surplus(line: str) -> Alternatives:
    """The line ends behind one of its parameters."""
    return [Rewrite((line[:end],)) for _, end in spans(line)[1:-1]]


@rewriting
def lone_quotes_are_letters(line: str) -> Alternatives:
    """A quote within a parameter is a character like others."""
    return lettered(line, {i: '"' for i in lone(line)})


@rewriting
def unclosed_quote(line: str) -> Alternatives:
    """A quote that does not close is part of the string, or opens it nevertheless."""
    span = unclosed(line)
    if not span:
        return []
    kept = {i: '"' for i in range(*span) if line[i] == '"'}
    found = lettered(line, kept)
    for dropped in lettered(line, kept | {span[0]: ""}):
        letter = next(letter for letter, meant in dropped.back if not meant)
        found += [dropped, replace(dropped, lines=(dropped.lines[0] + letter,))]
    return found


def oddities(line: str) -> set[str]:
    """What is odd about the quotes of a line."""
    odd = {LONE} if lone(line) else set()
    odd |= {UNCLOSED} if unclosed(line) else set()
    command = table.find(line)
    many = varies(line) and not command.payload and len(spans(line)) > 1
    return odd | {SURPLUS} if many else odd
