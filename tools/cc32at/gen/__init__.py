"""Writes what the SimpleLink driver takes from protocol.json into its modules.

`python -m cc32at.gen` rewrites `_tables.py` (packed, sorted bytes) and the marked blocks of
constants in the driver's modules; `--check` only says whether anything would change.
"""

from __future__ import annotations

from pathlib import Path

from . import blocks, protocol, tables

DRIVER = Path(__file__).resolve().parents[3] / "firmware" / "modules" / "simplelink"


def outputs(driver: Path = DRIVER) -> dict[Path, str]:
    """Every generated file with the text it must have."""
    table = protocol.load(driver / "protocol.json")
    result = {driver / "_tables.py": tables.module(table)}
    for path in sorted(driver.glob("*.py")):
        if path.name != "_tables.py":
            text = path.read_text()
            if blocks.START in text:
                result[path] = blocks.fill(text, table)
    return result
