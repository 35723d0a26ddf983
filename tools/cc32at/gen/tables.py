"""_tables.py: event layouts and error names as packed, sorted bytes."""

from __future__ import annotations

import struct
from collections import Counter

from . import protocol

HEAD = '''"""Generated from protocol.json by `python -m cc32at.gen`: do not edit.

EVENTS: rows of 8 bytes by opcode: opcode u16, class u8, id u8, mask u8, format length u8, format
offset u16. Mask bit n: field n is the length of field n + 1; bit 7: the rest of the arguments is a
field too. ERROR_RUNS: rows of 8 bytes by code: first code i32, how many u16, offset of the first
name u16. ERROR_NAMES: a NUL behind each name; a byte of 0x80 and more stands for two others, found
in ERROR_PAIRS.
"""
'''

# Classes as in enum event_class; the request that asks for an answer has no id of its own.
CLASSES = {"device": 1, "wlan": 2, "socket": 3, "netapp": 4, "netapp_request": 4}
FATAL = 0xFF00  # + kind: what the link queues (the wire cannot say these)
_TAIL = 0x80
_PAIRS = 128


def module(table: dict) -> str:
    """Text of _tables.py."""
    rows, formats = events(table)
    runs, names, pairs = errors(table)
    parts = [("EVENTS", rows), ("EVENT_FORMATS", formats)]
    parts += [("ERROR_RUNS", runs), ("ERROR_NAMES", names), ("ERROR_PAIRS", pairs)]
    return HEAD + "".join(f"\n{name} = {literal(data)}\n" for name, data in parts)


def literal(data: bytes, step: int = 23) -> str:
    """A bytes literal over several lines."""
    lines = [data[i : i + step] for i in range(0, len(data), step)]
    text = "\n".join("    " + quoted(line) for line in lines)
    return "(\n" + text + "\n)"


def quoted(data: bytes) -> str:
    """A bytes literal."""
    return 'b"' + "".join(_escaped(byte) for byte in data) + '"'


def _escaped(byte: int) -> str:
    char = chr(byte)
    if 0x20 <= byte < 0x7F and char not in '"\\':
        return char
    return f"\\x{byte:02x}"


def events(table: dict) -> tuple[bytes, bytes]:
    """Rows and format texts of all events that reach the application."""
    rows, formats = [], b""
    for event in table["events"]:
        if event["group"] not in CLASSES:
            continue
        fatal = event["name"].startswith("FATAL_")
        text = b"<II" if fatal else protocol.layout(event["fields"]).encode()
        if text not in formats:
            formats += text
        mask = 0 if fatal else _mask(event)
        opcode = FATAL | event["id"] if fatal else event["opcode"]
        numbers = CLASSES[event["group"]], event["id"] or 0, mask, len(text), formats.index(text)
        rows.append(struct.pack("<HBBBBH", opcode, *numbers))
    rows.sort(key=lambda row: struct.unpack_from("<H", row))
    return b"".join(rows), formats


def _mask(event: dict) -> int:
    """Which fields are lengths of their successors."""
    kept = [f for f in event["fields"] if not f["name"].startswith(("pad", "reserved"))]
    mask = _TAIL if event["tail"] else 0
    for i, field in enumerate(kept[:-1]):
        if field["name"] == kept[i + 1]["name"] + "_len":
            mask |= 1 << i
    return mask


def errors(table: dict) -> tuple[bytes, bytes, bytes]:
    """Runs of consecutive codes, names, pairs."""
    by_code: dict[int, str] = {}
    for row in table["errors"]:
        by_code.setdefault(row["code"], row["name"])
    codes = sorted(by_code)
    names, pairs = squeeze([by_code[code].encode() for code in codes])
    runs, blob = [], b""
    for code, name in zip(codes, names, strict=True):
        if runs and runs[-1][0] + runs[-1][1] == code:
            runs[-1][1] += 1
        else:
            runs.append([code, 1, len(blob)])
        blob += name + b"\0"
    return b"".join(struct.pack("<iHH", *run) for run in runs), blob, pairs


def squeeze(names: list[bytes]) -> tuple[list[bytes], bytes]:
    """Byte-pair encoding: the most frequent pair of symbols becomes a new symbol, 128 times."""
    texts = [list(name) for name in names]
    pairs = b""
    for symbol in range(0x80, 0x80 + _PAIRS):
        counts = Counter(pair for text in texts for pair in zip(text, text[1:], strict=False))
        best = max(counts, key=lambda pair: (counts[pair], pair))
        texts = [_replaced(text, best, symbol) for text in texts]
        pairs += bytes(best)
    return [bytes(text) for text in texts], pairs


def _replaced(text: list[int], pair: tuple[int, int], symbol: int) -> list[int]:
    out: list[int] = []
    i = 0
    while i < len(text):
        if tuple(text[i : i + 2]) == pair:
            out.append(symbol)
            i += 2
        else:
            out.append(text[i])
            i += 1
    return out
