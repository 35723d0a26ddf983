"""All commands of the guide: those of the device, and in commands.json those it lacks so far."""

import functools
import json
from importlib import resources

from cc32at.client import table
from cc32at.client.table import Command, name_of

__all__ = ["commands", "find", "name_of"]


@functools.cache
def commands() -> dict[str, Command]:
    """By lower-case name without `AT+`; what the device declares counts."""
    text = resources.files(__package__).joinpath("commands.json").read_text()
    return table.load(json.loads(text)) | table.commands()


def find(line: str | bytes) -> Command | None:
    """The command a line names, or None."""
    return commands().get(name_of(line))
