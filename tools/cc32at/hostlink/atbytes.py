"""Module `atbytes` for CPython: the functions of firmware/modatbytes.c over the same C, and the
writers of values by themselves (firmware/link/atfmt.h, keywords.h).
"""

from __future__ import annotations

import ctypes as ct
import types

from .fields import FieldBytes
from .library import Header, Keyword, Keywords, load

CONSTANTS = {"QUOTED": 1, "EMPTY": 2, "BAD_QUOTE": 4, "BACKSLASH": 8}
MAX_LINE = 0xFFFF
MAX_HEADER = 0x1FFF
LINE_SHORT = 80
LINEAR = ct.c_size_t(-1).value
NO_NUMBER = -3
FRAME_HEAD = 64
LONGEST = 44  # characters of a number or an address, and more
MASK64 = 0xFFFFFFFFFFFFFFFF


def _memory(buf):
    """The memory of a bytes-like object, as an argument of a C function: no copy if it can be
    written, or is bytes.
    """
    if type(buf) is bytes:
        return buf
    try:
        return ct.byref(ct.c_char.from_buffer(buf)) if len(buf) else b""
    except TypeError:  # read only
        return bytes(buf)


def _target(buf):
    """_memory() of what is written to."""
    try:
        return ct.byref(ct.c_char.from_buffer(buf)) if len(buf) else b""
    except TypeError:
        raise TypeError("object with buffer protocol required") from None


def _check(inside: bool) -> None:
    if not inside:
        raise ValueError("range")


def _part(buf, start: int, end: int):
    """_memory() of buf[start:end]."""
    _check(0 <= start <= end <= len(buf))
    try:
        return ct.byref(ct.c_char.from_buffer(buf, start)) if start < end else b""
    except TypeError:
        return bytes(buf[start:end])


class AtBytes:
    """The functions of the module."""

    def __init__(self, sanitize: bool = False):
        self._c = c = load(sanitize)
        self._split, self._number, self._find_eol = c.attok_split, c.attok_number, c.attok_find_eol
        self._line = c.attok_line
        self._text = ct.create_string_buffer(LONGEST)

    def tokenize(self, buf, end, fields, escapes=True, start=0) -> int:
        room = len(fields)
        _check(0 <= start <= end <= min(len(buf), MAX_LINE))
        _check(memoryview(fields).format == "H" and room >= 2)
        return self._split(_target(buf), start, end, _target(fields), room, escapes)

    def skip(self, buf, start, end, commas, escapes=True) -> int:
        _check(0 <= start <= end <= len(buf))
        return self._c.attok_skip(_memory(buf), start, end, commas, escapes)

    def unquote(self, buf, start, end) -> int:
        _check(0 <= start <= end <= len(buf))
        return self._c.attok_unquote(_target(buf), start, end)

    def number(self, buf, start, end) -> int | None:
        _check(0 <= start <= end <= len(buf))
        magnitude, negative = ct.c_uint64(), ct.c_bool()
        if not self._number(_memory(buf), start, end, ct.byref(magnitude), ct.byref(negative)):
            return None
        return -magnitude.value if negative.value else magnitude.value

    def cut(self, buf, start, end) -> bytes:
        _check(0 <= start <= end <= len(buf))
        return bytes(buf[start:end])

    def get(self, table, line, fields):
        return table.get(bytes(line[fields[0] : fields[1]]))

    def line_at(self, buf, start, end, scanned, fields, escapes) -> int:
        room = len(fields)
        _check(0 <= start <= end <= min(len(buf), MAX_LINE) and 2 <= room < 89)
        line = self._line(_memory(buf), start, end, scanned, LINE_SHORT)
        if line.start == end:
            return -1
        if line.end == end or buf[line.start] < 0x20:
            return -2 - line.start
        count = self._split(_target(buf), line.start, line.end, _target(fields), room, escapes)
        return line.end + 1 << 5 | count + 3

    def message(self, buf, at, blank, ti) -> bytes:
        _check(1 <= blank <= at <= len(buf) - 2)
        at -= at > blank
        at -= at == blank and not ti
        return bytes(buf[:at]) + b"\r\n"

    def begin(self, dst, name, ti) -> int:
        head = b"+" + (name.lower() if ti else name) + (b":" if ti else b": ")
        return self.put(dst, 0, head)

    def frame(self, n, base64, memory=b"") -> memoryview:
        room = (n + 2) // 3 * 4 if base64 else n
        size = FRAME_HEAD + room + 2
        buf = memory if len(memory) >= size else bytearray(size)
        return memoryview(buf)[FRAME_HEAD + room - n :][:n]

    @staticmethod
    def call(function, first, rest):
        return function(first, *rest)

    def payload(self, frame, size, format, name, ti, values) -> memoryview:
        _check(0 <= size <= len(frame))
        buf = frame.obj
        text = bytes(frame[:size])
        if format:
            room = bytearray((size + 2) // 3 * 4)
            self.b64_encode(text, size, room, 0)
            text = bytes(room)
        head = bytearray(FRAME_HEAD)
        head = head[: self.begin(head, name, ti)]
        for value in values:
            head += (b"%d" % value if isinstance(value, int) else bytes(value)) + b","
        head += b"%d,%d," % (bool(format), len(text))
        start = FRAME_HEAD - len(head)
        _check(start >= 0)
        end = self.put(buf, self.put(buf, self.put(buf, start, head), text), b"\r\n")
        return memoryview(buf)[start:end].toreadonly()

    def header(self, buf, start, end, rows, escapes) -> int:
        size, found = len(rows), Header()
        table = _memory(rows)
        _check(0 <= start <= end <= min(len(buf), MAX_HEADER))
        _check(self._c.athead_rows_ok(table, size))
        line = _memory(buf)
        result = self._c.athead_find(
            line, LINEAR, start, end, table, size, bool(escapes), ct.byref(found)
        )
        if result == 0:
            return found.need << 14 | found.padded << 13 | found.data
        return result - found.data if result == NO_NUMBER else result

    def find_eol(self, buf, start, end) -> int:
        _check(0 <= start <= end <= len(buf))
        return self._find_eol(_memory(buf), start, end)

    def b64_decode(self, src, start, end, dst) -> int:
        text = _part(src, start, end)
        _check(self._c.base64_decoded(text, end - start) <= len(dst))
        return self._c.base64_decode(text, end - start, _target(dst))

    def b64_encode(self, src, n, dst, at) -> int:
        size = (n + 2) // 3 * 4
        _check(0 <= n <= len(src) and at >= 0 and at + size <= len(dst))
        text = ct.create_string_buffer(size)
        self._c.base64_encode(_memory(src), n, text)
        return self.put(dst, at, text.raw)

    def put(self, dst, at, src) -> int:
        data = src if type(src) is bytes else bytes(src)
        end = at + len(data)
        _check(at >= 0 and end <= len(dst))
        dst[at:end] = data
        return end

    def _put_text(self, dst, at, writer, *args) -> int:
        size = writer(self._text, *args)
        return self.put(dst, at, self._text.raw[:size])

    def put_dec(self, dst, at, value) -> int:
        return self._put_text(dst, at, self._c.atfmt_dec, abs(value) & MASK64, value < 0)

    def put_hex(self, dst, at, value) -> int:
        _check(value >= 0)
        return self._put_text(dst, at, self._c.atfmt_hex, value & MASK64)

    def put_ip4(self, dst, at, src, offset, msb_first=False) -> int:
        source = _part(src, offset, offset + 4)
        return self._put_text(dst, at, self._c.atfmt_ip4, source, bool(msb_first))

    def put_ip6(self, dst, at, src, offset, msb_first=False) -> int:
        source = _part(src, offset, offset + 16)
        return self._put_text(dst, at, self._c.atfmt_ip6, source, bool(msb_first))

    def put_mac(self, dst, at, src, offset) -> int:
        return self._put_text(dst, at, self._c.atfmt_mac, _part(src, offset, offset + 6))

    def put_str(self, dst, at, src, offset, n) -> int:
        source = _part(src, offset, offset + n)
        text = ct.create_string_buffer(max(self._c.atfmt_str_size(source, n), 1))
        size = self._c.atfmt_str(text, source, n)
        return self.put(dst, at, text.raw[:size])


class KeywordBytes(FieldBytes, AtBytes):
    """The functions over keyword tables besides."""

    def __init__(self, sanitize: bool = False):
        super().__init__(sanitize)
        self._tables: dict[tuple, tuple] = {}  # a table, and the copy that it points into

    def _table(self, tables, name) -> Keywords:
        if (tables, name) not in self._tables:
            memory, found = ct.create_string_buffer(bytes(tables)), Keywords()
            if not self._c.keywords_open(memory, len(tables), name, len(name), ct.byref(found)):
                raise KeyError(name)
            self._tables[tables, name] = found, memory
        return self._tables[tables, name][0]

    def kw_find(self, tables, name, buf, start, end) -> int | None:
        table, value = self._table(tables, name), ct.c_uint32()
        text = _part(buf, start, end)
        if not self._c.keywords_find(table, text, end - start, ct.byref(value)):
            return None
        return value.value

    def kw_mask(self, tables, name, buf, start, end) -> int:
        table, bits = self._table(tables, name), ct.c_uint32()
        text = _part(buf, start, end)
        return self._c.keywords_mask(table, text, end - start, ct.byref(bits)) or bits.value

    def kw_told(self, tables, name, ti, values, most) -> str:
        table, found = self._table(tables, name), Keyword()
        every = values is None
        if every:
            rest, values = Keywords.from_buffer_copy(table), []
            while self._c.keywords_next(ct.byref(rest), ct.byref(found)):
                values += [found.value] if found.value <= most else []
        words = []
        for value in values:
            if self._c.keywords_tell(table, value & 0xFFFFFFFF, bool(ti), ct.byref(found)):
                text = ct.create_string_buffer(max(found.len, 1))
                self._c.keywords_copy(text, ct.byref(found), bool(ti))
                words.append(text.raw[: found.len].decode())
        return "|".join(dict.fromkeys(words) if every else words)

    def kw_put(self, tables, name, dst, at, value, ti) -> int:
        table, found = self._table(tables, name), Keyword()
        value &= 0xFFFFFFFF
        if not self._c.keywords_name(table, value, bool(ti), ct.byref(found)):
            return -1
        text = ct.create_string_buffer(max(found.len, 1))
        self._c.keywords_copy(text, ct.byref(found), bool(ti))
        return self.put(dst, at, text.raw[: found.len])

    def kw_put_mask(self, tables, name, dst, at, value, ti) -> int:
        table, room = self._table(tables, name), len(dst) - at
        text = ct.create_string_buffer(max(room, 1))
        size = self._c.keywords_put_mask(table, value & 0xFFFFFFFF, bool(ti), text, room)
        if size > room:
            raise ValueError("range")
        return self.put(dst, at, text.raw[:size])


def make_module(sanitize: bool = False) -> types.ModuleType:
    """A module object with the names of modatbytes.c."""
    functions = KeywordBytes(sanitize)
    module = types.ModuleType("atbytes", __doc__)
    for name in dir(functions):
        if not name.startswith("_"):
            setattr(module, name, getattr(functions, name))
    for name, value in CONSTANTS.items():
        setattr(module, name, value)
    return module
