"""protocol.json as the generator wants it."""

from __future__ import annotations

import json
import re
from pathlib import Path

# Type of a field -> struct code of one element.
CODES = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i"}
_ARRAY = re.compile(r"(\w+)\[(\d+)\]$")


def load(path: Path) -> dict:
    """The table."""
    return json.loads(path.read_text())


def code(field: dict) -> str:
    """struct code of a field; padding and reserved fields are skipped bytes."""
    match = _ARRAY.match(field["type"])
    base, count = (match[1], int(match[2])) if match else (field["type"], 1)
    if field["name"].startswith(("pad", "reserved")):
        return f"{count * size(base)}x"
    if base == "bytes":
        return f"{count}s"
    return CODES[base] if count == 1 else f"{count}{CODES[base]}"


def size(base: str) -> int:
    """Bytes of one element."""
    return 1 if base == "bytes" else int(base[1:]) // 8


def layout(fields: list[dict]) -> str:
    """struct format of consecutive fields."""
    return "<" + "".join(code(field) for field in fields)
