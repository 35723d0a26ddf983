"""Writes what is a fact elsewhere into the files that need it.

`python -m cc32at.gen` rewrites what the SimpleLink driver and the AT core take from protocol.json
(`_tables.py`, packed, sorted bytes, and the marked blocks of constants and specs in the modules)
and the link (`protocol.h`), what the driver takes from the link's own header,
the keyword tables of the AT core, and what is made from the declarations of its commands;
`--check` only says whether anything would change.
"""

from __future__ import annotations

from pathlib import Path

from . import blocks, header, protocol, tables

ROOT = Path(__file__).resolve().parents[3]
DRIVER = ROOT / "firmware" / "modules" / "simplelink"
LINK = ROOT / "firmware" / "link"
CORE = ROOT / "atcore"


def outputs(driver: Path = DRIVER, core: Path = CORE) -> dict[Path, str]:
    """Every file with something from protocol.json, with the text it must have."""
    table = protocol.load(driver / "protocol.json")
    result = {
        driver / "_tables.py": tables.module(table),
        LINK / "protocol.h": header.text(table),
    }
    for path in sorted([*driver.glob("*.py"), *core.rglob("*.py")]):
        if path.name != "_tables.py":
            text = path.read_text()
            if blocks.START in text:
                result[path] = blocks.fill(text, table)
    return result
