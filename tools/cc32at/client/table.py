"""What the client knows about each command: its name, parameters, payload, and which are late.

The rows of commands.json come from the guide's tables; the device has its own declarations.
"""

import functools
import json
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Command:
    """One command of the guide.

    `parameters` are names, `keywords` the values known for each parameter (may be empty),
    `kinds` "number", "varies" (by the parameters before it) or "" for each,
    `payload` the indexes of its format and length parameters (format None: fixed elsewhere),
    `late` whether the value comes after the OK (guide-style O3).
    """

    name: str
    table: int
    parameters: tuple[str, ...]
    keywords: tuple[tuple[str, ...], ...]
    kinds: tuple[str, ...]
    payload: tuple[int | None, int] | None
    late: bool


@functools.cache
def commands() -> dict[str, Command]:
    """All commands by lower-case name without `AT+`."""
    return {row["name"].lower(): _command(row) for row in _data()["commands"]}


@functools.cache
def keywords() -> frozenset[str]:
    """Every keyword that the guide has for any parameter, in upper case."""
    return frozenset(_data()["keywords"])


def _data() -> dict:
    return json.loads(resources.files(__package__).joinpath("commands.json").read_text())


def _command(row: dict) -> Command:
    return Command(
        name=row["name"],
        table=row["table"],
        parameters=tuple(p[0] for p in row["parameters"]),
        keywords=tuple(tuple(p[1]) if len(p) > 1 else () for p in row["parameters"]),
        kinds=tuple(p[2] if len(p) > 2 else "" for p in row["parameters"]),
        payload=tuple(row["payload"]) if "payload" in row else None,
        late=row.get("late", False),
    )


def name_of(line: str | bytes) -> str:
    """The lower-case command name in a line, without `AT+` and blanks; '' if there is none."""
    text = line.decode("latin-1") if isinstance(line, bytes) else line
    name = text.split("=", 1)[0].replace(" ", "").strip().lower()
    return name.removeprefix("at+") if name.startswith("at+") else ""


def find(line: str | bytes) -> Command | None:
    """The command a line names, or None."""
    return commands().get(name_of(line))
