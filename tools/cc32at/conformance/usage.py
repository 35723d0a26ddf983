"""What the firmware tells about a command's parameters: AT+<Command>=? (guide-style.md O10).

The vendor's usage texts are not copied: their words are not compared.
"""

import functools
import re
from importlib import resources

import yaml

from cc32at.client import table

VENDORS = r"(\[[^\n]*\]|\.\.\.)(,(\[[^\n]*\]|\.\.\.))*\nOK"  # the form of the vendor's


@functools.cache
def _parameters() -> dict[str, str]:
    return yaml.safe_load(resources.files(__package__).joinpath("usage.yaml").read_text())


def usage(line: str, style: str) -> str | None:
    """The text of the usage that a line asks for, one line a line; None for an unknown command."""
    command = table.find(re.sub(r"\+ *", "+", line))
    if command is None:
        return None
    text = _parameters().get(command.name, "")
    if style == "ti":
        return f"{text or '[]'}\nOK"
    return f"+{command.name}:{' ' * bool(text)}{text}\nOK"
