"""Tell as JSON what the AT core's commands are: what their declarations and docstrings say.

    python firmware/describe.py [FOLDER]

FOLDER is a checkout, by default the one that this file is in. Every module of atcore/commands is
a chapter, whether or not anything else mentions it. The chapters' order is the guide's, those
that are imported at power-up first. No command runs: names stand in for what is written in C.
python -m cc32at.gen makes the chapters' table, the client's and the command reference of this.
"""

import importlib
import inspect
import json
import re
import sys
import types
from pathlib import Path

KEYWORDS = Path("tools", "cc32at", "gen", "keywords.json")
LATEST = 1000  # behind all tables of the guide
TABLE = re.compile(r"\(tables? (\d+)\b")


class Absent(types.ModuleType):
    """A module in C: whatever is imported from it does nothing, and gives no text."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *args: ""


def told(root: Path):
    """kw_told() of module atbytes, for one value in style ti: by the source of the tables."""
    tables = json.loads((root / KEYWORDS).read_text())

    def kw_told(_, name: bytes, ti: bool, values: tuple, most: int) -> str:
        table = tables[name.decode()]
        words = {value: word for word, value in table["names"].items()}
        words |= {value: word for word, value in table.get("ti", {}).items()}
        return words[values[0]].lower()

    return kw_told


def record() -> list:
    """What is declared from here on: (arguments of the declaration by name, handler)."""
    from atcore.declaring import check
    from atcore.dispatch import Commands

    declare = Commands.declare
    signature = inspect.signature(declare)
    found = []

    def command(*args, **kwargs):
        said = signature.bind(*args, **kwargs)
        said.apply_defaults()
        check(*args[1:], **kwargs)
        inner = declare(*args, **kwargs)

        def note(handler):
            found.append((said.arguments, handler))
            return inner(handler)

        return note

    Commands.declare = command
    return found


def plain(value):
    """A constant of a declaration as JSON has it."""
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value


def argument(declared: tuple) -> dict:
    """One argument, see atcore/grammar.py; the rows of one of kind "forms" have arguments, too."""
    name, kind, flags, *limits = declared
    if kind == "forms":
        limits = [[[choice, [argument(one) for one in args]] for choice, args, *_ in limits[0]]]
    return {"name": name, "kind": kind, "flags": flags, "limits": plain(limits)}


def declared(said: dict) -> tuple:
    """All arguments of a command; what differs by those before it is the last, of kind "forms"."""
    from atcore.dispatch import VALUES

    return said["args"] + (((VALUES, "forms", "", said["forms"]),) if said["forms"] else ())


def payload(said: dict, typed: bytes, args: tuple) -> bytes:
    """Where a command has its payload (firmware/link/athead.h); b"" if it has none."""
    from atcore.forms import payload_row, settled

    laden = said["payload"] or (args and args[-1][1] == "data")
    return payload_row(typed, settled(args)) if laden else b""


def command(said: dict, handler) -> dict:
    """One command, with what its docstring says."""
    about = inspect.getdoc(handler) or ""
    table = TABLE.search(about)
    names = ("alone", "first"), ("answer", "at once", "accepted"), ("once", "repeated")
    late_name, ok, values = names
    args = declared(said)
    typed = said["key"] or b"at+" + said["name"].lower()
    return {
        "name": plain(said["name"]),
        "typed": plain(typed),
        "about": about,
        "table": int(table[1]) if table else None,
        "arguments": [argument(one) for one in args],
        "payload": plain(payload(said, typed, args)),
        "ok": ok[said["ok"]],
        "ok_ti": ok[said["ok"] if said["ti_ok"] is None else said["ti_ok"]],
        "values": values[said["values"]],
        "reply": plain(said["reply"]),
        "late_name": late_name[said["late_name"]],
        "varies": said["varies"],
        "guide_only": said["guide_only"],
        "offline": plain(said["offline"]),
    }


def describe(root: Path) -> list:
    """The chapters with their commands."""
    for folder in ("firmware/modules", "."):
        sys.path.insert(0, str(root / folder))
    for name in ("atbytes", "nwp"):
        sys.modules[name] = Absent(name)
    sys.modules["atbytes"].kw_told = told(root)
    # What is made of this: as if there were none of it.
    made = sys.modules["atcore.commands._chapters"] = types.ModuleType("_chapters")
    made.PAYLOADS = b""
    declared = record()
    chapters = []
    for path in sorted((root / "atcore" / "commands").glob("[!_]*.py")):
        before = len(declared)
        module = importlib.import_module(f"atcore.commands.{path.stem}")
        commands = [command(said, handler) for said, handler in declared[before:]]
        tables = [row["table"] or LATEST for row in commands]
        chapters.append(
            {
                "name": path.stem,
                "about": inspect.getdoc(module) or "",
                "eager": getattr(module, "_EAGER", None),
                "table": min(tables, default=LATEST),
                "commands": commands,
            }
        )
    return sorted(chapters, key=lambda row: (row["eager"] is None, row["table"], row["name"]))


if __name__ == "__main__":
    here = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1])
    json.dump(describe(here.resolve()), sys.stdout, indent=1)
