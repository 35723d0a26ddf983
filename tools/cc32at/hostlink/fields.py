"""What firmware/modatbytes_fields.c does, for CPython: value lines by their specs."""

from __future__ import annotations

import struct

END_SIZE = 2
MAX_NAME = 32
# Kinds of number: their form on the wire.
NUMBERS = {"u8": "B", "i8": "b", "u16": "H", "i16": "h", "u32": "I", "i32": "i"}
NUMBERS |= {
    "key": "B",
    "key16": "H",
    "key32": "I",
    "lower": "B",
    "hex": "I",
    "mask": "I",
    "bits": "I",
}
# Fields as bytes: a letter, its kind, and how many bytes follow.
LETTERS = {"B": "u8", "b": "i8", "H": "u16", "h": "i16", "I": "u32", "i": "i32", "x": "hex"}
LETTERS |= {"4": "ip4", "6": "ip6", "m": "mac", "v": "version"}
LETTERS = {letter: (kind, 1) for letter, kind in LETTERS.items()} | {"n": ("none", 0)}
LETTERS |= {"s": ("str", 2), "T": ("text", 2), "k": ("key", 2), "K": ("key16", 2)}
LETTERS |= {"W": ("key32", 2), "M": ("mask", 2), "A": ("always", 2)}
NAMED = ("key", "key16", "key32", "mask", "always")  # the second is the number of a table


class Source:
    """Where values come from: `items` of a tuple, or `data` as it was on the wire."""

    def __init__(self, src):
        if src is None or isinstance(src, int):
            src = (src,)
        self.items = src if isinstance(src, tuple | list) else None
        self.data = None if self.items is not None else bytes(memoryview(src))

    def missing(self, at: int) -> bool:
        return self.items is not None and self.item(at) is None

    def item(self, at: int):
        if not 0 <= at < len(self.items):
            raise ValueError("range")
        return self.items[at]

    def bytes(self, at: int, size: int) -> bytes:
        data = self.data[at:] if self.items is None else bytes(memoryview(self.item(at)))
        if len(data) < size or (self.items is None and at > len(self.data)):
            raise ValueError("range")
        return data[:size] if self.items is None else data

    def number(self, at: int, form: str) -> int:
        if self.items is not None:
            return int(self.item(at))
        return struct.unpack("<" + form, self.bytes(at, struct.calcsize(form)))[0]

    def members(self, size: int) -> list[Source]:
        if self.items is not None:
            return [Source(item) for item in self.items]
        return [Source(self.data[i * size :][:size]) for i in range(len(self.data) // size)]


class Writer:
    """A line on its way. What does not fit into the buffer goes in pieces."""

    def __init__(self, functions, buf, at, ti, tables, pieces):
        self.functions = functions
        self.buf, self.at, self.ti, self.tables = buf, at, ti, tables
        self.pieces = pieces
        self.none = False  # this style has no such line

    def text(self, text: bytes, end: bytes = b",") -> None:
        """A value and what stands behind it."""
        size = len(self.buf)
        alone = False
        if self.at + len(text) + 1 + END_SIZE > size:
            alone = 1 + len(text) + 1 + END_SIZE > size
            cut = self.at if alone or not self.at else self.at - 1
            if cut:
                self.pieces.append(bytes(self.buf[:cut]))
                self.at -= cut
                self.buf[0] = self.buf[cut]
        if alone:
            self.pieces.append(text)
            text = b""
        self.at = self.functions.put(self.buf, self.at, text + end)

    def mark(self, mark: int) -> None:
        """Stands in place of the last comma."""
        self.buf[self.at - 1] = mark

    def number(self, value: int) -> None:
        if self.ti and value > 0x7FFFFFFF:
            value -= 0x100000000
        self.text(b"%d" % value)

    def string(self, text: bytes) -> None:
        if self.ti:
            self.text(text)
        else:
            self.made(self.functions.put_str, text, 0, len(text), size=4 * len(text) + 2)

    def made(self, function, *args, size: int = 4096) -> None:
        """What a function (dst, at, *args) writes."""
        room = bytearray(size)
        self.text(bytes(room[: function(room, 0, *args)]))

    def keyword(self, table: bytes, value: int, lower: bool) -> None:
        room = bytearray(64)
        end = self.functions.kw_put(self.tables, table, room, 0, value, lower)
        if end < 0:
            self.number(value)
        else:
            self.text(bytes(room[:end]))

    # What is no value

    def guide(self, src, *fields) -> None:
        if not self.ti:
            self.fields(src, fields)

    def ti_(self, src, *fields) -> None:
        if self.ti:
            self.fields(src, fields)

    def none_(self, src) -> None:
        self.text(b"")

    def always(self, src, value, table) -> None:
        self.keyword(table, value, self.ti)

    def end(self, src, mark) -> None:
        self.text(b"\0", b"")
        self.buf[self.at - 2 : self.at] = bytes((mark, 0x2C))

    def list_(self, src, size, *fields) -> None:
        members = src.members(size)
        for i, member in enumerate(members):
            if i:
                self.mark(0x3B)
            self.fields(member, fields)
        if not members:
            self.text(b"")

    def of(self, src, at, *fields) -> None:
        self.fields(Source(src.item(at)), fields)

    def given(self, src, at, field) -> None:
        if not self.ti or not src.missing(at):
            self.field(src, field)

    def must(self, src, at, field) -> None:
        self.none = self.none or (self.ti and not len(src.item(at)))
        self.field(src, field)

    def packed(self, src, data, names=()) -> None:
        at = 0
        while at < len(data):
            letter = chr(data[at])
            at += 1
            if letter in "tg":
                part = data[at + 1 :][: data[at]]
                if len(part) < data[at]:
                    raise ValueError("range")
                if self.ti == (letter == "t"):
                    self.packed(src, part, names)
                at += 1 + len(part)
                continue
            kind, count = LETTERS[letter]
            args = list(data[at : at + count])
            if kind in NAMED:
                args[1] = names[args[1]]
            self.field(src, (kind, *args))
            at += count

    OTHERS = {
        "packed": packed,
        "guide": guide,
        "ti": ti_,
        "none": none_,
        "always": always,
        "end": end,
        "list": list_,
        "of": of,
        "given": given,
        "must": must,
    }

    # Values

    def field(self, src: Source, field: tuple) -> None:
        kind, *rest = field
        if kind in self.OTHERS:
            self.OTHERS[kind](self, src, *rest)
            return
        at, *rest = rest
        if src.missing(at):
            self.text(b"")
        elif kind in NUMBERS:
            self.number_kind(kind, src.number(at, NUMBERS[kind]), *rest)
        else:
            self.bytes_kind(kind, src, at, *rest)

    def fields(self, src: Source, fields) -> None:
        for field in fields:
            self.field(src, field)

    def number_kind(self, kind: str, value: int, *rest) -> None:
        if kind in ("key", "key16", "key32"):
            self.keyword(*rest, value, self.ti)
        elif kind == "lower":
            self.keyword(*rest, value, True)
        elif kind == "hex":
            self.made(self.functions.put_hex, value)
        elif kind == "mask":
            self.made(
                lambda room, at: self.functions.kw_put_mask(
                    self.tables, *rest, room, at, value, self.ti
                )
            )
        elif kind == "bits":
            numbers = [b"%d" % bit for bit in range(32) if value >> bit & 1]
            self.text(b"|".join(numbers))
        else:
            self.number(value)

    def bytes_kind(self, kind: str, src: Source, at: int, *rest) -> None:
        functions = self.functions
        if kind in ("str", "raw"):
            text = src.bytes(at, 0)
            if src.items is None:
                text = src.data[at:][: rest[0] if rest else None].partition(b"\0")[0]
            self.string(text) if kind == "str" else self.text(text)
        elif kind == "text":
            size = min(src.number(at, "B"), MAX_NAME)
            self.string(src.bytes(rest[0], size))
        elif kind == "mac":
            self.made(functions.put_mac, src.bytes(at, 6), 0)
        elif kind in ("ip4", "version"):
            self.made(functions.put_ip4, src.bytes(at, 4), 0, kind == "version")
        elif kind == "ip6":
            self.made(functions.put_ip6, src.bytes(at, 16), 0)
        elif kind == "addr":
            address = src.bytes(at, 4)
            writer = {4: functions.put_ip4, 16: functions.put_ip6}.get(len(address))
            if writer is None:
                raise ValueError("range")
            self.made(writer, address, 0, True)
        elif kind == "array":
            size, mark = rest
            for byte in src.bytes(at, size)[:size]:
                self.made(functions.put_hex, byte)
                self.mark(mark)
            self.mark(0x2C)
        else:
            raise ValueError("range")


class FieldBytes:
    """The functions of modatbytes_fields.c, over those of the rest of the module."""

    def put_field(self, buf, at, field, src, ti, tables, pieces) -> int:
        if not 0 <= at <= len(buf):
            raise ValueError("range")
        writer = Writer(self, buf, at, bool(ti), tables, pieces)
        writer.field(Source(src), field)
        return writer.at

    def value_line(self, buf, name, spec, src, ti, tables):
        pieces: list[bytes] = []
        blank = self.begin(buf, name, ti)
        writer = Writer(self, buf, blank, bool(ti), tables, pieces)
        writer.fields(Source(src), spec)
        if writer.none:
            return None
        if pieces:
            return [*pieces, bytes(buf[: writer.at - 1]) + b"\r\n"]
        return self.message(buf, writer.at, blank, ti)
