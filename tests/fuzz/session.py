"""A session, what became of it, and the file that keeps one.

A session is a list of items (ms since the one before, kind, value):

    "bytes"   what comes in, b"" for mere silence
    "break"   the line is held low; no value
    "lost"    the receiver notices that bytes are missing here: how many
    "event"   the driver tells of one: (opcode, arguments)
    "call"    something happens in the radio world or to the link: (operation, parameters)
    "baud"    the speed that the host speaks from now on

A session file is JSON: {"engine", "seed", "wrong": what was found, "said": one list an item, bytes
as Latin-1 text, those of an event in hex}.
"""

import json
from dataclasses import dataclass, field


@dataclass
class Wrong:
    """What must not be: its kind, of an exception its name and place, and more.

    Those stay the same while a session is shrunk (`what`).
    """

    kind: str
    detail: str = ""
    place: str = ""

    @property
    def what(self) -> tuple:
        return self.kind, self.place

    def __str__(self):
        return ": ".join(filter(None, (self.kind, self.place, self.detail)))


@dataclass
class Outcome:
    """What a session left behind: `out` what was printed, `calls` what the driver was asked."""

    out: bytes = b""
    calls: list = field(default_factory=list)
    wrong: list = field(default_factory=list)

    def find(self, kind, detail="", place=""):
        self.wrong.append(Wrong(kind, detail, place))


def plain(item) -> list:
    """An item as JSON has it."""
    gap, kind, value = item
    if kind == "bytes":
        return [gap, kind, value.decode("latin-1")]
    if kind == "event":
        return [gap, kind, value[0], value[1].hex()]
    return [gap, kind] if value is None else [gap, kind, value]


def item_of(row: list) -> tuple:
    """The item of a row of JSON."""
    gap, kind, *value = row
    if kind == "bytes":
        return gap, kind, value[0].encode("latin-1")
    if kind == "event":
        return gap, kind, (value[0], bytes.fromhex(value[1]))
    return gap, kind, value[0] if value else None


def save(path, engine: str, seed: int, said: list, wrong=()):
    """Keep a session."""
    rows = ",\n  ".join(json.dumps(plain(item)) for item in said)
    head = json.dumps({"engine": engine, "seed": seed, "wrong": [str(it) for it in wrong]})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{head[:-1]}, "said": [\n  {rows}\n]}}\n', encoding="utf-8")


def load(path) -> tuple:
    """(engine, seed, items) of a session file."""
    kept = json.loads(path.read_text(encoding="utf-8"))
    return kept["engine"], kept["seed"], [item_of(row) for row in kept["said"]]
