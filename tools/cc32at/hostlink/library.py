"""The compiled library and the types of its functions (firmware/link/*.h)."""

from __future__ import annotations

import ctypes as ct
from pathlib import Path

from .build import build

SIZE = ct.c_size_t
BUF = ct.c_void_p

VOID_FN = ct.CFUNCTYPE(None)
BOOL_FN = ct.CFUNCTYPE(ct.c_bool)
POWER_FN = ct.CFUNCTYPE(None, ct.c_bool)
MOVE_FN = ct.CFUNCTYPE(None, BUF, SIZE)
U32_FN = ct.CFUNCTYPE(ct.c_uint32)
IDLE_FN = ct.CFUNCTYPE(ct.c_uint32, ct.c_uint32, ct.c_uint32)


class Port(ct.Structure):
    """host_port_t"""

    _fields_ = [
        ("open", VOID_FN),
        ("close", VOID_FN),
        ("power", POWER_FN),
        ("shutdown_ready", BOOL_FN),
        ("write", MOVE_FN),
        ("read", MOVE_FN),
        ("irq", BOOL_FN),
        ("irq_unmask", VOID_FN),
        ("ticks_ms", U32_FN),
        ("idle", IDLE_FN),
        ("pending_break", BOOL_FN),
    ]


class Part(ct.Structure):
    """link_part_t"""

    _fields_ = [("buf", ct.c_char_p), ("len", SIZE)]


class Frame(ct.Structure):
    """link_frame_t"""

    _fields_ = [
        ("opcode", ct.c_uint16),
        ("args", Part),
        ("prefix", Part),
        ("payload", Part),
        ("payload2", Part),
    ]


class Status(ct.Structure):
    """link_status_t"""

    _fields_ = [
        ("credits", ct.c_uint8),
        ("dev_status", ct.c_uint8),
        ("min_tx", ct.c_uint16),
        ("tx_failure", ct.c_uint16),
        ("nonblocking", ct.c_uint16),
    ]


class Keywords(ct.Structure):
    """keywords_t"""

    _fields_ = [("at", ct.c_void_p), ("end", ct.c_void_p), ("width", ct.c_uint8)]


class Keyword(ct.Structure):
    """keyword_t"""

    _fields_ = [("kind", ct.c_int), ("text", BUF), ("len", SIZE), ("value", ct.c_uint32)]


class Place(ct.Structure):
    """attok_line_t"""

    _fields_ = [("start", SIZE), ("end", SIZE)]


class Header(ct.Structure):
    """athead_t"""

    _fields_ = [("data", SIZE), ("need", ct.c_uint32), ("padded", ct.c_bool)]


class Ring(ct.Structure):
    """ring_t"""

    _fields_ = [("buf", BUF), ("mask", ct.c_uint32), ("head", ct.c_uint32), ("tail", ct.c_uint32)]


class Line(ct.Structure):
    """atline_t"""

    _fields_ = [
        ("rx", ct.POINTER(Ring)),
        ("tx", ct.POINTER(Ring)),
        ("rows", BUF),
        ("rows_len", SIZE),
        ("begin", ct.c_uint32),
        ("cooked", ct.c_uint32),
        ("seen", ct.c_uint32),
        ("ready", ct.c_uint32),
        ("end", ct.c_uint32),
        ("want", ct.c_uint32),
        ("flags", ct.c_uint8),
        ("state", ct.c_uint8),
        ("ask_in", ct.c_uint8),
        ("text", ct.c_bool),
        ("padded", ct.c_bool),
        ("after_cr", ct.c_bool),
    ]


_INT, _U32, _BOOL, _U64 = ct.c_int, ct.c_uint32, ct.c_bool, ct.c_uint64
_FRAME, _RING, _LINE = ct.POINTER(Frame), ct.POINTER(Ring), ct.POINTER(Line)

# Function: (result, arguments)
PROTOTYPES = {
    "host_port_set": (None, [ct.POINTER(Port)]),
    "link_open": (None, []),
    "link_close": (None, []),
    "link_is_open": (_BOOL, []),
    "link_submit": (_INT, [_FRAME, _U32]),
    "link_collect": (_INT, []),
    "link_answer": (_INT, [ct.c_uint32]),
    "link_settle": (_INT, [ct.c_uint32]),
    "link_abandon": (None, [_BOOL]),
    "link_answer_opcode": (ct.c_uint16, []),
    "link_sockets": (None, [ct.c_uint32, ct.c_uint16]),
    "link_room": (ct.c_int32, [ct.c_uint, ct.c_int32]),
    "link_post": (_INT, [_FRAME, ct.c_uint, ct.c_int32]),
    "link_poll": (_U32, []),
    "link_wait": (_U32, [_U32, _U32]),
    "link_event": (SIZE, [BUF, SIZE]),
    "link_expect": (_BOOL, [ct.c_uint, BUF, SIZE]),
    "link_expected": (_U32, []),
    "link_fail": (None, [ct.c_uint, _U32, _U32]),
    "link_status": (ct.POINTER(Status), []),
    "link_counter": (_U32, [ct.c_uint]),
    "link_queue_reset": (None, []),
    "link_queue_reserve": (BUF, [SIZE, _BOOL]),
    "link_queue_commit": (None, [ct.c_uint16, ct.c_uint8, SIZE]),
    "link_queue_pop": (SIZE, [BUF, SIZE]),
    "link_queue_dropped": (_U32, []),
    "attok_split": (_INT, [BUF, SIZE, SIZE, BUF, SIZE, _BOOL]),
    "attok_line": (Place, [BUF, SIZE, SIZE, SIZE, SIZE]),
    "attok_skip": (ct.c_int32, [BUF, SIZE, SIZE, ct.c_uint, _BOOL]),
    "attok_unquote": (SIZE, [BUF, SIZE, SIZE]),
    "attok_number": (_BOOL, [BUF, SIZE, SIZE, ct.POINTER(_U64), ct.POINTER(_BOOL)]),
    "attok_find_eol": (ct.c_int32, [BUF, SIZE, SIZE]),
    "athead_rows_ok": (_BOOL, [BUF, SIZE]),
    "athead_find": (_INT, [BUF, SIZE, SIZE, SIZE, BUF, SIZE, _BOOL, ct.POINTER(Header)]),
    "athead_begin": (SIZE, [BUF, SIZE, SIZE, SIZE]),
    "atline_poll": (_BOOL, [_LINE, _U32, _BOOL, _U32]),
    "atline_key": (_BOOL, [_LINE]),
    "atline_next": (_U32, [_LINE]),
    "atline_read": (SIZE, [_LINE, BUF, SIZE]),
    "atline_lines": (None, [_LINE, _BOOL]),
    "atline_raw": (None, [_LINE, _U32]),
    "atline_set": (None, [_LINE, BUF, SIZE, ct.c_uint8]),
    "atline_partial": (ct.c_int32, [_LINE]),
    "atline_again": (_U32, [_LINE, _U32]),
    "base64_encode": (SIZE, [BUF, SIZE, BUF]),
    "base64_decoded": (ct.c_ssize_t, [BUF, SIZE]),
    "base64_decode": (ct.c_ssize_t, [BUF, SIZE, BUF]),
    "atfmt_dec": (SIZE, [BUF, _U64, _BOOL]),
    "atfmt_hex": (SIZE, [BUF, _U64]),
    "atfmt_ip4": (SIZE, [BUF, BUF, _BOOL]),
    "atfmt_ip6": (SIZE, [BUF, BUF, _BOOL]),
    "atfmt_mac": (SIZE, [BUF, BUF]),
    "atfmt_str_size": (SIZE, [BUF, SIZE]),
    "atfmt_str": (SIZE, [BUF, BUF, SIZE]),
    "keywords_open": (_BOOL, [BUF, SIZE, BUF, SIZE, ct.POINTER(Keywords)]),
    "keywords_find": (_BOOL, [Keywords, BUF, SIZE, ct.POINTER(_U32)]),
    "keywords_name": (_BOOL, [Keywords, _U32, _BOOL, ct.POINTER(Keyword)]),
    "keywords_next": (_BOOL, [ct.POINTER(Keywords), ct.POINTER(Keyword)]),
    "keywords_tell": (_BOOL, [Keywords, _U32, _BOOL, ct.POINTER(Keyword)]),
    "keywords_mask": (_INT, [Keywords, BUF, SIZE, ct.POINTER(_U32)]),
    "keywords_copy": (None, [BUF, ct.POINTER(Keyword), _BOOL]),
    "keywords_put_mask": (SIZE, [Keywords, _U32, _BOOL, BUF, SIZE]),
    "sha256": (None, [BUF, SIZE, BUF]),
    "ring_put": (_U32, [_RING, BUF, _U32]),
    "ring_get": (_U32, [_RING, BUF, _U32]),
    "ring_unget": (_U32, [_RING, BUF, _U32]),
}

_loaded: dict[Path, ct.CDLL] = {}


def load(sanitize: bool = False) -> ct.CDLL:
    """The library, built if needed. One a process: its state is static."""
    path = build(sanitize)
    if path not in _loaded:
        library = ct.CDLL(str(path))
        for name, (result, arguments) in PROTOTYPES.items():
            function = getattr(library, name)
            function.restype = result
            function.argtypes = arguments
        _loaded[path] = library
    return _loaded[path]
