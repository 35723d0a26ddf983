"""Results, errors and events as text, in the two reply styles.

`guide` is guide-style.md sections 2-5; `ti` is at-commands.md 2.9: lower case, no blanks, text
as it is. A Line builds one message in place; its methods append one field each and return the
Line, so that a handler reads `cmd.value().num(index)`. A message is bytes, or a memoryview where
it holds a payload, and carries its CR LF, so that it can be written in one go.
"""

from atbytes import (
    begin,
    cut,
    kw_put,
    kw_put_mask,
    message,
    put,
    put_dec,
    put_hex,
    put_ip4,
    put_ip6,
    put_mac,
    put_str,
    put_wire,
)

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

_COMMA = const(0x2C)


class Line:
    """One message under construction in a buffer of its own.

    Every field is followed by a comma; the end of the message takes the place of the last one.
    """

    def __init__(self, size: int):
        self.buf = static(size)
        self.at = 0
        self.ti = False
        self.blank = 0  # index behind `name: `, whose blank goes if nothing follows (rule L3)

    def begin(self, name: bytes, ti: bool):
        """Start `+<name>: `."""
        self.at = self.blank = begin(self.buf, name, ti)
        self.ti = ti
        return self

    def message(self) -> bytes:
        """The finished text with its line end."""
        return message(self.buf, self.at, self.blank, self.ti)

    def num(self, value: int):
        """A decimal number; style ti prints 32 bits signed."""
        if self.ti and value > 0x7FFFFFFF:
            value -= 0x100000000
        buf = self.buf
        at = put_dec(buf, self.at, value)
        buf[at] = _COMMA
        self.at = at + 1
        return self

    def hex(self, value: int):
        """0x and lower-case digits (rule V2)."""
        return self._end(put_hex(self.buf, self.at, value))

    def _end(self, at: int):
        self.buf[at] = _COMMA
        self.at = at + 1
        return self

    def none(self):
        """A value that does not exist: an empty field (rule L5)."""
        return self._end(self.at)

    def raw(self, data: bytes):
        """Text that needs no quoting."""
        return self._end(put(self.buf, self.at, data))

    def wire(self, spec: bytes, src):
        """Values of src: pairs of a kind and an offset, as firmware/modatbytes.c put_wire()."""
        self.at = put_wire(self.buf, self.at, src, spec, self.ti)
        return self

    def text(self, src, off: int, size: int):
        """`size` bytes of src: quoted where rule V7 demands it, in style ti as they are."""
        if self.ti:
            return self._end(put(self.buf, self.at, cut(src, off, off + size)))
        return self._end(put_str(self.buf, self.at, src, off, size))

    def key(self, table: bytes, value: int, lower=False):
        """The keyword of a value, its number without one (rule V5)."""
        buf = self.buf
        at = kw_put(TABLES, table, buf, self.at, value, self.ti or lower)
        if at < 0:
            at = put_dec(buf, self.at, value)
        buf[at] = _COMMA
        self.at = at + 1
        return self

    def mask(self, table: bytes, value: int):
        """Bit mask (rule V6)."""
        return self._end(kw_put_mask(TABLES, table, self.buf, self.at, value, self.ti))

    def ip4(self, src, off: int, network=False):
        """Four bytes of src; network order, or a little-endian word."""
        buf = self.buf
        at = put_ip4(buf, self.at, src, off, network)
        buf[at] = _COMMA
        self.at = at + 1
        return self

    def ip6(self, src, off: int, network=False):
        """16 bytes of src; network order, or four little-endian words."""
        return self._end(put_ip6(self.buf, self.at, src, off, network))

    def address(self, ip: bytes):
        """An address of 4 or 16 bytes in network order."""
        return self.ip6(ip, 0, True) if len(ip) == 16 else self.ip4(ip, 0, True)

    def mac(self, src, off: int):
        """Six bytes of src."""
        return self._end(put_mac(self.buf, self.at, src, off))

    def bits(self, value: int):
        """The numbers of the bits that are set, ascending (Select)."""
        first = self.at
        bit = 0
        while value:
            if value & 1:
                self.num(bit).also(0x7C)
            value >>= 1
            bit += 1
        if self.at == first:
            return self.none()
        return self.also(_COMMA)

    def bytes(self, src, off: int, size: int, mark: int):
        """`size` bytes as hex numbers with a mark between them."""
        for i in range(off, off + size):
            self.hex(src[i]).also(mark)
        return self.also(_COMMA)

    def also(self, mark: int):
        """The next field is separated by this mark instead of a comma."""
        if self.at != self.blank:
            self.buf[self.at - 1] = mark
        return self

    def close(self, mark: int):
        """This mark stands behind the last field."""
        self.buf[self.at - 1] = mark
        self.at += 1
        return self

    def error(self, what: int, code: int, ti: bool, detail=b"") -> bytes:
        """An error line; `detail` names the command of a late error or a parameter."""
        buf = self.buf
        at = put(buf, 0, b"ERROR: " if ti else b"ERROR:")
        at = put(buf, at, DESCRIPTIONS[what])
        if detail:
            at = put(buf, at, detail)
        at = put_dec(buf, put(buf, at, b"," if ti else b", "), code)
        return cut(buf, 0, put(buf, at, b"\r\n"))
