"""Results, errors and events as text, in the two reply styles.

`guide` is guide-style.md sections 2-5; `ti` is at-commands.md 2.9: lower case, no blanks, text
as it is. A Line builds one message in place; its methods append one field each and return the
Line, so that a handler reads `cmd.value().num(index)`.
"""

import atbytes

from .keywords import TABLES, kw_put, kw_put_mask

OK = b"OK"

# Descriptions of error lines (rule O6).
NOT_EXIST, COUNT, ALLOCATE, PARSE, PROCESS = range(5)
DESCRIPTIONS = (
    b"command not exist",
    b"number of parameters",
    b"allocate",
    b"parse parameters",
    b"process command",
)

COMMA = 0x2C
PIECE = 384  # bytes of a payload that are put into Base64 at a time; a multiple of 3


class Line:
    """One message under construction in a buffer of its own."""

    def __init__(self, size: int):
        self.buf = bytearray(size)
        self.view = memoryview(self.buf)
        self.at = 0
        self.ti = False
        self.filled = False  # a field was appended
        self.blank = 0  # index behind `name: ` while that blank may have to go (rule L3)

    def begin(self, name: bytes, ti: bool):
        """Start `+<name>: `."""
        buf = self.buf
        buf[0] = 0x2B
        at = atbytes.put(buf, 1, name.lower() if ti else name)
        buf[at] = 0x3A
        at += 1
        if not ti:
            buf[at] = 0x20
            at += 1
        self.at = self.blank = at
        self.ti = ti
        self.filled = False
        return self

    def message(self) -> bytes:
        """The finished text."""
        at = self.at
        if at == self.blank and not self.ti:
            at -= 1
        return bytes(self.view[:at])

    def _next(self) -> int:
        at = self.at
        if self.filled:
            self.buf[at] = COMMA
            return at + 1
        self.filled = True
        return at

    def num(self, value: int):
        """A decimal number; style ti prints 32 bits signed."""
        if self.ti and value > 0x7FFFFFFF:
            value -= 0x100000000
        self.at = atbytes.put_dec(self.buf, self._next(), value)
        return self

    def hex(self, value: int):
        """0x and lower-case digits (rule V2)."""
        self.at = atbytes.put_hex(self.buf, self._next(), value)
        return self

    def none(self):
        """A value that does not exist: an empty field (rule L5)."""
        self.at = self._next()
        return self

    def raw(self, data: bytes):
        """Text that needs no quoting."""
        self.at = atbytes.put(self.buf, self._next(), data)
        return self

    def text(self, src, off: int, size: int):
        """`size` bytes of src: quoted where rule V7 demands it, in style ti as they are."""
        at = self._next()
        if self.ti:
            self.at = atbytes.put(self.buf, at, bytes(src[off : off + size]))
        else:
            self.at = atbytes.put_str(self.buf, at, src, off, size)
        return self

    def key(self, table: bytes, value: int, lower=False):
        """The keyword of a value, its number without one (rule V5)."""
        at = self._next()
        end = kw_put(TABLES, table, self.buf, at, value, self.ti)
        if end < 0:
            end = atbytes.put_dec(self.buf, at, value)
        elif lower and not self.ti:
            self.buf[at:end] = bytes(self.view[at:end]).lower()
        self.at = end
        return self

    def mask(self, table: bytes, value: int):
        """Bit mask (rule V6)."""
        self.at = kw_put_mask(TABLES, table, self.buf, self._next(), value, self.ti)
        return self

    def ip4(self, src, off: int, network=False):
        """Four bytes of src; network order, or a little-endian word."""
        self.at = atbytes.put_ip4(self.buf, self._next(), src, off, network)
        return self

    def ip6(self, src, off: int, network=False):
        """16 bytes of src; network order, or four little-endian words."""
        self.at = atbytes.put_ip6(self.buf, self._next(), src, off, network)
        return self

    def address(self, ip: bytes):
        """An address of 4 or 16 bytes in network order."""
        return self.ip6(ip, 0, True) if len(ip) == 16 else self.ip4(ip, 0, True)

    def bits(self, value: int):
        """The numbers of the bits that are set, ascending (Select)."""
        at = self._next()
        first = at
        bit = 0
        while value:
            if value & 1:
                if at != first:
                    self.buf[at] = 0x7C
                    at += 1
                at = atbytes.put_dec(self.buf, at, bit)
            value >>= 1
            bit += 1
        self.at = at
        return self

    def mac(self, src, off: int):
        """Six bytes of src."""
        self.at = atbytes.put_mac(self.buf, self._next(), src, off)
        return self

    def bytes(self, src, off: int, size: int, mark: int):
        """`size` bytes as hex numbers with a mark between them."""
        at = self._next()
        buf = self.buf
        for i in range(off, off + size):
            if i > off:
                buf[at] = mark
                at += 1
            at = atbytes.put_hex(buf, at, src[i])
        self.at = at
        return self

    def also(self, mark: int):
        """The next field is separated by this mark instead of a comma."""
        if self.filled:
            self.buf[self.at] = mark
            self.at += 1
            self.filled = False
        return self

    def error(self, what: int, code: int, ti: bool, detail=b"") -> bytes:
        """An error line; `detail` names the command of a late error or a parameter."""
        buf = self.buf
        at = atbytes.put(buf, 0, b"ERROR: " if ti else b"ERROR:")
        at = atbytes.put(buf, at, DESCRIPTIONS[what])
        at = atbytes.put(buf, at, detail)
        at = atbytes.put(buf, at, b"," if ti else b", ")
        return bytes(self.view[: atbytes.put_dec(buf, at, code)])


class Payload:
    """A message that ends in counted data: `head` already holds `...,<format>,<length>,`."""

    def __init__(self, head: bytes, data, base64: bool):
        self.head = head
        self.data = data
        self.base64 = base64

    def __len__(self) -> int:
        size = len(self.data)
        return len(self.head) + ((size + 2) // 3 * 4 if self.base64 else size)

    def copy(self, buf) -> int:
        """Write the message to buf, which is long enough; its length."""
        at = atbytes.put(buf, 0, self.head)
        if self.base64:
            return atbytes.b64_encode(self.data, len(self.data), buf, at)
        return atbytes.put(buf, at, self.data)

    def pour(self, write):
        """Hand the message to write() piece by piece."""
        write(self.head)
        if not self.base64:
            write(self.data)
            return
        buf = bytearray(PIECE // 3 * 4)
        view = memoryview(buf)
        for at in range(0, len(self.data), PIECE):
            piece = self.data[at : at + PIECE]
            write(view[: atbytes.b64_encode(piece, len(piece), buf, 0)])
