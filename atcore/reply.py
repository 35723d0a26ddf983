"""Results, errors and events as text, in the two reply styles.

`guide` is guide-style.md sections 2-5; `ti` is at-commands.md 2.9: lower case, no blanks, text
as it is. A message is bytes, or a memoryview where it holds a payload, and carries its CR LF, so
that it can be written in one go; one longer than the buffer it is made in is Pieces.

How a value line looks is said by its spec, a tuple of fields; what differs by style is part of
it. `value_line` writes it from values: bytes of the driver, where a field says at which offset its
value lies, or a tuple, where it says which item it is (a number alone is such a tuple of one).
An item that is None does not exist: an empty field (rule L5). Fields:

    (kind, at)          u8 i8 u16 i16 u32 i32: decimal; hex: 32 bits (rule V2); ip4, ip6: words;
                        version: four bytes with dots; mac; addr: an item of 4 or 16 bytes in
                        network order; bits: their numbers with `|`; str: a string, to a NUL or
                        the end of the bytes (rule V7); raw: unquoted
    (kind, at, table)   keyword of 8, 16, 32 bits: key, key16, key32; lower: of 8 bits, in any
                        style in lower case; mask: of 32 bits
    ("str", at, size)   not longer than size
    ("text", n, at)     a string behind its length, which is a byte at n
    ("array", at, size, mark)   bytes in hex with a mark between them: the number of a character
    ("always", value, table)    the keyword of a constant
    ("none",)           an empty field
    ("end", mark)       this mark stands behind the last field
    ("of", at, field, ...)      fields whose values are in one item
    ("list", size, field, ...)  these fields, with `;`, for every item, or all `size` bytes; one
                        item of a tuple is such a list within ("of", at, ("list", ...)) alone
    ("guide", field, ...), ("ti", field, ...)   in one style alone
    ("given", at, field)        in style ti not even an empty field without a value
    ("must", at, field)         in style ti no line if this string is empty
    ("packed", bytes[, tables]) fields as bytes, generated (tools/cc32at/gen/specs.py)

A Line builds one message in place for what has no spec; its methods append one field each and
return the Line, so that a handler reads `cmd.value().num(index)`.
"""

from atbytes import begin, cut, message, put, put_dec, put_field, value_line

from ._keywords import TABLES
from .compat import const, static

OK = b"OK\r\n"

# Descriptions of error lines (rule O6).
NOT_EXIST, COUNT, ALLOCATE, PARSE, PROCESS = range(5)
DESCRIPTIONS = (
    b"command not exist",
    b"number of parameters",
    b"allocate",
    b"parse parameters",
    b"process command",
)

_NUMBER = const(("u32", 0))
_HEX = const(("hex", 0))
_RAW = const(("raw", 0))
_STRING = const(("str", 0))
_ADDRESS = const(("addr", 0))
_BITS = const(("bits", 0))


class Pieces:
    """A message that is longer than the buffer it was made in: bytes that follow each other."""

    def __init__(self, parts: list):
        self.parts = parts

    def __len__(self) -> int:
        return sum([len(part) for part in self.parts])

    def copy(self, buf, size: int) -> int:
        """Put the first `size` bytes into buf, which has room for them; size."""
        at = 0
        for part in self.parts:
            at = put(buf, at, part[: size - at])
        return at


def written(line, name: bytes, spec: tuple, values, ti: bool):
    """The value line of a spec: bytes, or Pieces; None if the style has no such line."""
    text = value_line(line.buf, name, spec, values, ti, TABLES)
    return Pieces(text) if type(text) is list else text


class Line:
    """One message under construction in a buffer of its own.

    Every field is followed by a comma; the end of the message takes the place of the last one.
    """

    def __init__(self, size: int):
        self.buf = static(size)
        self.at = 0
        self.ti = False
        self.blank = 0  # index behind `name: `, whose blank goes if nothing follows (rule L3)
        self.pieces = []  # what did not fit into the buffer

    def begin(self, name: bytes, ti: bool):
        """Start `+<name>: `."""
        self.at = self.blank = begin(self.buf, name, ti)
        self.ti = ti
        if self.pieces:
            self.pieces = []
        return self

    def message(self):
        """The finished text with its line end: bytes, or Pieces."""
        parts = self.pieces
        if not parts:
            return message(self.buf, self.at, self.blank, self.ti)
        self.pieces = []
        parts.append(cut(self.buf, 0, self.at - 1) + b"\r\n")
        return Pieces(parts)

    def put(self, field: tuple, src):
        """A field of a spec."""
        buf = self.buf
        self.at = put_field(buf, self.at, field, src, self.ti, TABLES, self.pieces)
        return self

    def num(self, value: int):
        """A decimal number; style ti prints 32 bits signed."""
        return self.put(_NUMBER, value)

    def hex(self, value: int):
        """0x and lower-case digits (rule V2)."""
        return self.put(_HEX, value)

    def none(self):
        """A value that does not exist: an empty field (rule L5)."""
        return self.put(_NUMBER, None)

    def raw(self, data: bytes):
        """Text that needs no quoting."""
        return self.put(_RAW, (data,))

    def text(self, src, off: int, size: int):
        """`size` bytes of src: quoted where rule V7 demands it, in style ti as they are."""
        return self.put(_STRING, (cut(src, off, off + size),))

    def key(self, table: bytes, value: int):
        """The keyword of a value, its number without one (rule V5)."""
        return self.put(("key", 0, table), value)

    def mask(self, table: bytes, value: int):
        """Bit mask (rule V6)."""
        return self.put(("mask", 0, table), value)

    def ip4(self, src, off: int, network=False):
        """Four bytes of src; network order, or a little-endian word."""
        return self.put(("version" if network else "ip4", off), src)

    def ip6(self, src, off: int):
        """16 bytes of src, four little-endian words."""
        return self.put(("ip6", off), src)

    def address(self, ip: bytes):
        """An address of 4 or 16 bytes in network order."""
        return self.put(_ADDRESS, (ip,))

    def mac(self, src, off: int):
        """Six bytes of src."""
        return self.put(("mac", off), src)

    def bits(self, value: int):
        """The numbers of the bits that are set, ascending (Select)."""
        return self.put(_BITS, value)

    def bytes(self, src, off: int, size: int, mark: int):
        """`size` bytes as hex numbers with a mark between them."""
        return self.put(("array", off, size, mark), src)

    def also(self, mark: int):
        """The next field is separated by this mark instead of a comma."""
        if self.at != self.blank or self.pieces:
            self.buf[self.at - 1] = mark
        return self

    def close(self, mark: int):
        """This mark stands behind the last field."""
        return self.put(("end", mark), ())

    def error(self, what: int, code: int, ti: bool, detail=b"") -> bytes:
        """An error line; `detail` names the command of a late error or a parameter."""
        buf = self.buf
        at = put(buf, 0, b"ERROR: " if ti else b"ERROR:")
        at = put(buf, at, DESCRIPTIONS[what])
        if detail:
            at = put(buf, at, detail)
        at = put_dec(buf, put(buf, at, b"," if ti else b", "), code)
        return cut(buf, 0, put(buf, at, b"\r\n"))
