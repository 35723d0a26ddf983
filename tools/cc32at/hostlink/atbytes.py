"""Module `atbytes` for CPython: the functions of firmware/modatbytes.c over the same C."""

from __future__ import annotations

import ctypes as ct
import types

from .library import Keyword, Keywords, load

CONSTANTS = {"QUOTED": 1, "EMPTY": 2, "BAD_QUOTE": 4, "BACKSLASH": 8}
MAX_LINE = 0xFFFF
FRAME_HEAD = 64
MASK64 = 0xFFFFFFFFFFFFFFFF


def _array(buf):
    """A ctypes array of the bytes of any buffer: over the memory itself if it can be written."""
    view = memoryview(buf).cast("B")
    if view.readonly:
        return (ct.c_ubyte * len(view)).from_buffer_copy(view)
    return (ct.c_ubyte * len(view)).from_buffer(view)


def _target(buf):
    view = memoryview(buf).cast("B")
    if view.readonly:
        raise TypeError("object with buffer protocol required")
    return (ct.c_ubyte * len(view)).from_buffer(view)


def _span(buf, start: int, end: int):
    array = _array(buf)
    if not 0 <= start <= end <= len(array):
        raise ValueError("range")
    return array


def _source(src, offset: int, n: int):
    array = _array(src)
    if offset < 0 or n < 0 or offset + n > len(array):
        raise ValueError("range")
    return array, ct.byref(array, offset)


def _place(dst, at: int):
    array = _target(dst)
    if not 0 <= at <= len(array):
        raise ValueError("range")
    return array


class AtBytes:
    """The functions of the module."""

    def __init__(self, sanitize: bool = False):
        self._c = load(sanitize)

    def tokenize(self, buf, n, fields, escapes=True) -> int:
        line = _target(buf)
        room = memoryview(fields)
        if not 0 <= n <= len(line) or n > MAX_LINE or room.format != "H" or len(room) < 2:
            raise ValueError("range")
        return self._c.attok_split(line, n, _target(fields), len(room), bool(escapes))

    def skip(self, buf, start, end, commas, escapes=True) -> int:
        return self._c.attok_skip(_span(buf, start, end), start, end, commas, bool(escapes))

    def unquote(self, buf, start, end) -> int:
        line = _target(buf)
        if not 0 <= start <= end <= len(line):
            raise ValueError("range")
        return self._c.attok_unquote(line, start, end)

    def number(self, buf, start, end) -> int | None:
        magnitude, negative = ct.c_uint64(), ct.c_bool()
        array = _span(buf, start, end)
        if not self._c.attok_number(array, start, end, ct.byref(magnitude), ct.byref(negative)):
            return None
        return -magnitude.value if negative.value else magnitude.value

    def cut(self, buf, start, end) -> bytes:
        return bytes(_span(buf, start, end)[start:end])

    def get(self, table, line, fields):
        return table.get(bytes(line[fields[0] : fields[1]]))

    def line_at(self, buf, start, end, scanned) -> int:
        array = _span(buf, start, end)
        while start < end and array[start] in b"\r\n":
            start += 1
        if start == end:
            return -1
        if end > 0x1FFF:
            raise ValueError("range")
        found = self._c.attok_find_eol(array, max(scanned, start), end) if scanned <= end else -1
        return start << 13 | (0x1FFF if found < 0 else found)

    def message(self, buf, at, blank, ti) -> bytes:
        if blank < 1 or at < blank or at + 2 > len(buf):
            raise ValueError("range")
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
        if not 0 <= size <= len(frame):
            raise ValueError("range")
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
        if start < 0:
            raise ValueError("range")
        end = self.put(buf, self.put(buf, self.put(buf, start, head), text), b"\r\n")
        return memoryview(buf)[start:end].toreadonly()

    def put_wire(self, dst, at, src, spec, ti) -> int:
        for kind, offset in zip(spec[::2], spec[1::2], strict=True):
            at = self.put(dst, self._put_value(dst, at, chr(kind), src, offset, ti), b",")
        return at

    def _put_value(self, dst, at, kind, src, offset, ti) -> int:
        if kind in "4v":
            return self.put_ip4(dst, at, src, offset, kind == "v")
        if kind == "6":
            return self.put_ip6(dst, at, src, offset)
        if kind == "m":
            return self.put_mac(dst, at, src, offset)
        size = {"B": 1, "H": 2, "h": 2, "I": 4, "x": 4}[kind]
        data = bytes(src[offset : offset + size])
        if len(data) != size:
            raise ValueError("range")
        signed = kind == "h" or (kind == "I" and ti)
        value = int.from_bytes(data, "little", signed=signed)
        return self.put_hex(dst, at, value) if kind == "x" else self.put_dec(dst, at, value)

    def find_eol(self, buf, start, end) -> int:
        return self._c.attok_find_eol(_span(buf, start, end), start, end)

    def b64_decode(self, src, start, end, dst) -> int:
        array = _span(src, start, end)
        text = ct.byref(array, start)
        target = _target(dst)
        if self._c.base64_decoded(text, end - start) > len(target):
            raise ValueError("range")
        return self._c.base64_decode(text, end - start, target)

    def b64_encode(self, src, n, dst, at) -> int:
        source = _span(src, 0, n)
        place = _place(dst, at)
        if (n + 2) // 3 * 4 > len(place) - at:
            raise ValueError("range")
        return at + self._c.base64_encode(source, n, ct.byref(place, at))

    def put(self, dst, at, src) -> int:
        data = bytes(src)
        place = _place(dst, at)
        if len(data) > len(place) - at:
            raise ValueError("range")
        ct.memmove(ct.byref(place, at), data, len(data))
        return at + len(data)

    def _put_text(self, dst, at, size, writer, *args) -> int:
        text = ct.create_string_buffer(size)
        n = writer(text, *args)
        return self.put(dst, at, text.raw[:n])

    def put_dec(self, dst, at, value) -> int:
        magnitude = abs(value) & MASK64
        return self._put_text(dst, at, 21, self._c.atfmt_dec, magnitude, value < 0)

    def put_hex(self, dst, at, value) -> int:
        if value < 0:
            raise ValueError("range")
        return self._put_text(dst, at, 18, self._c.atfmt_hex, value & MASK64)

    def put_ip4(self, dst, at, src, offset, msb_first=False) -> int:
        _keep, source = _source(src, offset, 4)
        return self._put_text(dst, at, 15, self._c.atfmt_ip4, source, bool(msb_first))

    def put_ip6(self, dst, at, src, offset, msb_first=False) -> int:
        _keep, source = _source(src, offset, 16)
        return self._put_text(dst, at, 43, self._c.atfmt_ip6, source, bool(msb_first))

    def put_mac(self, dst, at, src, offset) -> int:
        _keep, source = _source(src, offset, 6)
        return self._put_text(dst, at, 29, self._c.atfmt_mac, source)

    def put_str(self, dst, at, src, offset, n) -> int:
        _keep, source = _source(src, offset, n)
        size = self._c.atfmt_str_size(source, n)
        return self._put_text(dst, at, max(size, 1), self._c.atfmt_str, source, n)


class KeywordBytes(AtBytes):
    """The functions over keyword tables besides."""

    def __init__(self, sanitize: bool = False):
        super().__init__(sanitize)
        self._tables: dict[bytes, ct.Array] = {}  # copies that the structures point into

    def _table(self, tables, name) -> Keywords:
        if tables not in self._tables:
            self._tables[tables] = _array(tables)
        memory, found = self._tables[tables], Keywords()
        if not self._c.keywords_open(memory, len(tables), name, len(name), ct.byref(found)):
            raise KeyError(name)
        return found

    def kw_find(self, tables, name, buf, start, end) -> int | None:
        table, value = self._table(tables, name), ct.c_uint32()
        text = ct.byref(_span(buf, start, end), start)
        if not self._c.keywords_find(table, text, end - start, ct.byref(value)):
            return None
        return value.value

    def kw_mask(self, tables, name, buf, start, end) -> int:
        table, bits = self._table(tables, name), ct.c_uint32()
        text = ct.byref(_span(buf, start, end), start)
        return self._c.keywords_mask(table, text, end - start, ct.byref(bits)) or bits.value

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
