"""What the client knows about each command: the ways to write it, its payload, how it answers.

commands.json is made from the device's own declarations by `python -m cc32at.gen`.
"""

import functools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Place:
    """One parameter of a form.

    `words` are its keywords as the guide spells them, if `kind` is "keyword" or "mask" (keywords
    with a bar between); "number"; "text"; "varies": any number of values of any kind from here on.
    """

    name: str
    kind: str = "text"
    words: tuple[str, ...] = ()
    secret: bool = False

    @functools.cached_property
    def known(self) -> frozenset[str]:
        """The keywords in upper case."""
        return frozenset(word.upper() for word in self.words)

    def takes(self, word: str) -> bool:
        """Whether a word is one of the keywords, or several of a mask; any case."""
        words = word.strip("[]").split("|") if self.kind == "mask" else [word]
        return all(one.strip().upper() in self.known for one in words)


Form = tuple[Place, ...]


@dataclass(frozen=True)
class Command:
    """One command.

    `table` is the guide's, `payload` the indexes of its format and length parameters (format None:
    fixed elsewhere). Its value comes after the OK if `late` (guide-style O3), or in style ti if
    `late_ti`; `first`: an error behind the OK names the first parameter as well (O7).
    """

    name: str
    table: int
    forms: tuple[Form, ...]
    payload: tuple[int | None, int] | None
    late: bool
    late_ti: bool
    first: bool

    @functools.cached_property
    def parameters(self) -> tuple[str, ...]:
        """The names of the parameters, in the longest of the forms."""
        return tuple(place.name for place in max(self.forms, key=len, default=()))

    @property
    def varies(self) -> bool:
        """Whether the number of parameters depends on some of them."""
        lengths = {len(form) for form in self.forms}
        return len(lengths) > 1 or any(f and f[-1].kind == "varies" for f in self.forms)

    def beginning(self, words: list[str]) -> list[Form]:
        """The forms that these first words may be of."""
        return [
            form
            for form in self.forms
            if all(
                not place.words or not word or place.takes(word)
                for place, word in zip(form, words, strict=False)
            )
        ]


@functools.cache
def commands() -> dict[str, Command]:
    """All commands of the device by lower-case name without `AT+`."""
    text = resources.files(__package__).joinpath("commands.json").read_text()
    return load(json.loads(text))


def load(rows: Iterable[dict]) -> dict[str, Command]:
    """Commands from rows of JSON, by lower-case name."""
    return {row["name"].lower(): _command(row) for row in rows}


def _command(row: dict) -> Command:
    ok = row.get("ok", "answer"), row.get("ok_ti", row.get("ok", "answer"))
    return Command(
        name=row["name"],
        table=row["table"],
        forms=tuple(tuple(_place(*place) for place in form) for form in row["forms"]),
        payload=tuple(row["payload"]) if "payload" in row else None,
        late=ok[0] != "answer",
        late_ti=ok[1] != "answer",
        first=row.get("first", False),
    )


def _place(name: str, kind: str = "text", words: Iterable[str] = ()) -> Place:
    secret = kind == "secret"
    return Place(name, "text" if secret else kind, tuple(words), secret)


def name_of(line: str | bytes) -> str:
    """The lower-case command name in a line, without `AT+` and blanks; '' if there is none."""
    text = line.decode("latin-1") if isinstance(line, bytes) else line
    name = text.split("=", 1)[0].replace(" ", "").strip().lower()
    return name.removeprefix("at+") if name.startswith("at+") else ""


def find(line: str | bytes) -> Command | None:
    """The command a line names, or None."""
    return commands().get(name_of(line))
