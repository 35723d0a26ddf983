"""Specs of value lines by the names of protocol.json (atcore/reply.py says what a spec is).

    # table: spec NAME STRUCT FIELD...

makes the constants _NAME, fields at the offsets they have in the structure, and _NAME_SIZE. FIELD
is the name of a field, which prints as its type says; NAME:KIND or NAME:TABLE prints it as another
kind or by a keyword table. `item:N:TABLE` is item N of a tuple, by its keyword; `of:N` puts all
that follows into item N, `list` makes it the members of a list. `ti:FIELD` and `guide:FIELD` are
for one style alone.

    # table: layout STRUCT...

makes the constants _STRUCT_FORMAT, for module struct, and _STRUCT_SIZE.

    # table: events TABLE...
    # EVENT FIELD...

makes the tables of the events, one row for each line: ROWS of 6 bytes, opcode u16, family (0 for
the driver's own, 1 device ... 4 socket), how many bytes its fields are u8, where they begin in
FIELDS u16. The first field is the event's id, by the family's keyword TABLE. `none` is an empty
field, `always:VALUE:TABLE` a constant. Fields are bytes there, for the kind "packed"; the numbers
of keyword tables in them are those of KEYWORDS.
"""

from __future__ import annotations

import re
import struct
import textwrap

from . import protocol, tables
from .tables import FATAL

# Kinds, and the letter that stands for each where fields are bytes.
LETTERS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i", "hex": "x"}
LETTERS |= {"ip4": "4", "ip6": "6", "mac": "m", "version": "v", "str": "s", "text": "T"}
LETTERS |= {"key": "k", "key16": "K", "key32": "W", "mask": "M", "always": "A", "none": "n"}
NAMED = ("key", "key16", "key32", "mask", "always")  # their second argument is a keyword table
KINDS = {"u8", "u16", "u32", "i8", "i16", "i32", "hex", "ip4", "ip6", "mac", "version", "str"}
RUN = 3  # so many fields are shorter as bytes
KEYS = {"u8": "key", "u16": "key16", "i16": "key16", "u32": "key32"}
GROUPS = ("device", "wlan", "netapp", "socket")
_ARRAY = re.compile(r"(\w+)\[(\d+)\]$")
WIDTH = 99
FIRST = "# fmt: off"  # the first line that is made of the names of events


def spec(table: dict, words: list[str], _: list[str]) -> list[str]:
    """Lines of the constants of one spec."""
    name, struct, *fields = words
    found = table["structs"][struct]
    tree = _tree(_Layout(found["fields"], found["size"]), fields)
    return [f"_{name}_SIZE = const({found['size']})", *_constant(f"_{name}", _shorter(tree))]


def layout(table: dict, words: list[str], _: list[str]) -> list[str]:
    """Lines of the struct formats and sizes of structures."""
    lines = []
    for word in words:
        found = table["structs"][word]
        lines.append(f'_{word.upper()}_FORMAT = const("{protocol.layout(found["fields"])}")')
        lines.append(f"_{word.upper()}_SIZE = const({found['size']})")
    return lines


def events(table: dict, ids: list[str], rows: list[str]) -> list[str]:
    """Lines of the tables of events."""
    named = {event["name"]: event for event in table["events"]}
    names: list[bytes] = []
    index, packed = [], b""
    for row in rows:
        name, *words = row.split()
        event = named[name]
        fatal = name.startswith("FATAL_")
        family = 0 if fatal else 1 + GROUPS.index(event["group"])
        opcode = FATAL | event["id"] if fatal else event["opcode"]
        words.insert(0, f"always:{event['id']}:{ids[family]}")
        tree = _tree(_Layout(event["fields"], 0), words)
        fields = pack(tree, names)
        index.append(struct.pack("<HBBH", opcode, family, len(fields), len(packed)))
        packed += fields
    text = ", ".join(map(_text, names))
    return [
        FIRST,
        f"ROWS = {tables.literal(b''.join(index), 18)}",
        f"FIELDS = {tables.literal(packed)}",
        "KEYWORDS = (",
        *textwrap.wrap(text, WIDTH - 4, initial_indent="    ", subsequent_indent="    "),
        ")",
        "# fmt: on",
    ]


def pack(tree, names: list[bytes]) -> bytes:
    """Fields as bytes: the letter of each, then its arguments; keyword tables by number."""
    data = b""
    for kind, *args in tree:
        if kind in ("ti", "guide"):
            part = pack(args, names)
            data += kind[:1].encode() + bytes((len(part),)) + part
            continue
        if kind in NAMED:
            if args[1] not in names:
                names.append(args[1])
            args[1] = names.index(args[1])
        data += LETTERS[kind].encode() + bytes(args)
    return data


def _shorter(tree: tuple) -> tuple:
    """The tree with long runs of fields as bytes."""
    fields: list[tuple] = []
    run: list[tuple] = []
    for field in (*tree, None):
        if field is not None and field[0] in LETTERS:
            run.append(field)
            continue
        if len(run) >= RUN:
            names: list[bytes] = []
            packed = ("packed", pack(run, names))
            fields.append((*packed, tuple(names)) if names else packed)
        else:
            fields += run
        run = []
        if field is not None:
            head = {"of": 2, "list": 2, "ti": 1, "guide": 1}.get(field[0], len(field))
            fields.append((*field[:head], *_shorter(field[head:])) if field[head:] else field)
    return tuple(fields)


class _Layout:
    """Fields by name."""

    def __init__(self, fields: list[dict], size: int):
        self.fields = {field["name"]: field for field in fields}
        self.size = size

    def field(self, word: str) -> list[tuple]:
        """What one name stands for."""
        name, _, what = word.partition(":")
        field = self.fields[name]
        at, match = field["offset"], _ARRAY.match(field["type"])
        base, count = (match[1], int(match[2])) if match else (field["type"], 1)
        if what and what not in KINDS:
            return [(KEYS[field["type"]], at, what.encode())]
        if base == "u32" and count > 1 and what:  # an array of words
            return [(what, at + 4 * i) for i in range(count)]
        if name + "_len" in self.fields:
            return [("text", self.fields[name + "_len"]["offset"], at)]
        return [self._whole(name, base, count, at, what)]

    @staticmethod
    def _whole(name: str, base: str, count: int, at: int, what: str) -> tuple:
        if what:
            return (what, at)
        if count == 1 and base != "bytes":
            return (base, at)
        if (base, count) == ("u32", 4):
            return ("ip6", at)
        if (base, count) == ("bytes", 6):
            return ("mac", at)
        if (base, count) == ("bytes", 4) and name.endswith("version"):
            return ("version", at)
        if name in ("name", "ssid"):
            return ("str", at, count)
        return ("array", at, count, ord(":"))


def _tree(layout: _Layout, words: list[str]) -> tuple:
    """The fields of a spec."""
    fields: list[tuple] = []
    for i, word in enumerate(words):
        kind, _, rest = word.partition(":")
        if kind == "of":
            return (*fields, ("of", int(rest), *_tree(layout, words[i + 1 :])))
        if kind == "list":
            return (*fields, ("list", layout.size, *_tree(layout, words[i + 1 :])))
        if kind in ("ti", "guide"):
            if fields and fields[-1][0] == kind:
                fields[-1] += _tree(layout, [rest])
            else:
                fields.append((kind, *_tree(layout, [rest])))
        elif kind == "none":
            fields.append(("none",))
        elif kind in ("item", "always"):
            value, name = rest.split(":")
            fields.append(("key" if kind == "item" else kind, int(value), name.encode()))
        else:
            fields += layout.field(word)
    return tuple(fields)


def _text(tree) -> str:
    """A tuple as ruff writes it."""
    if isinstance(tree, bytes):
        return tables.quoted(tree)
    if not isinstance(tree, tuple):
        return repr(tree).replace("'", '"')
    inner = ", ".join(map(_text, tree))
    return f"({inner},)" if len(tree) == 1 else f"({inner})"


def _wrapped(head: str, tree: tuple, tail: str) -> list[str]:
    """One line, or one for each field if that is too long."""
    line = head + _text(tree) + tail
    if len(line) <= WIDTH:
        return [line]
    indent = " " * (len(head) - len(head.lstrip()) + 4)
    lines = [head + "("]
    for field in tree:
        lines += _wrapped(indent, field, ",")
    return [*lines, indent[4:] + ")" + tail]


def _constant(name: str, tree: tuple) -> list[str]:
    line = f"{name} = const({_text(tree)})"
    if len(line) <= WIDTH:
        return [line]
    return [f"{name} = const(", *_wrapped("    ", tree, ""), ")"]


MADE = {"spec": spec, "layout": layout, "events": events}
