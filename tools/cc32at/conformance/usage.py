"""What the firmware tells about a command's parameters: AT+<Command>=? (guide-style.md O10).

Their names have the case of one of the guide's tables, which vary it: [Socket], [socket]. The
vendor's usage texts are not copied: their words are not compared.
"""

import functools
import re
from importlib import resources

import yaml

from . import commands as table

VENDORS = r"(\[[^\n]*\]|\.\.\.)(,(\[[^\n]*\]|\.\.\.))*\nOK"  # the form of the vendor's


@functools.cache
def _parameters() -> dict[str, str]:
    return yaml.safe_load(resources.files(__package__).joinpath("usage.yaml").read_text())


def is_usage(text: str, line: str, style: str) -> bool:
    """Whether a text, one line a line, is the usage that a line asks for."""
    wanted = usage(line, style)
    if wanted is None or text.lower() != wanted.lower():
        return False
    head = wanted.partition(":")[0] if style == "guide" else ""
    return text.startswith(head) and text.endswith("\nOK") and _names(text) <= _known()


def _names(text: str) -> set[str]:
    return set(re.findall(r"\[([^\]]*)\]", text))


@functools.cache
def _known() -> set[str]:
    """All names of parameters, as one of the tables spells them."""
    return {"", *(name for text in _parameters().values() for name in _names(text))}


def usage(line: str, style: str) -> str | None:
    """The text of the usage that a line asks for, one line a line; None for an unknown command."""
    command = table.find(re.sub(r"\+ *", "+", line))
    if command is None:
        return None
    text = _parameters().get(command.name, "")
    if style == "ti":
        return f"{text or '[]'}\nOK"
    return f"+{command.name}:{' ' * bool(text)}{text}\nOK"
