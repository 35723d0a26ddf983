"""Errors of the network processor and of the driver: one exception, names by table."""

from struct import unpack_from


class SlError(Exception):
    """An operation failed. `code` is negative: nwp-protocol chapter 11."""

    def __init__(self, code: int):
        super().__init__(code)
        self.code = code

    def __str__(self):
        return "%s (%d)" % (name(self.code).decode() or "unknown", self.code)


def checked(status: int) -> int:
    """A status of the wire; raises what it says if that is an error."""
    if status < 0:
        raise SlError(status)
    return status


def name(code: int) -> bytes:
    """Name of an error code (b"SL_ERROR_FS_FILE_NOT_EXISTS"); b"" when unknown, or in an image
    without the table.
    """
    try:
        from ._tables import ERROR_RUNS
    except ImportError:
        return b""

    for at in range(0, len(ERROR_RUNS), 8):
        first, count, start = unpack_from("<iHH", ERROR_RUNS, at)
        if first <= code < first + count:
            return _text(start, code - first)
    return b""


def _text(at: int, skip: int) -> bytes:
    """The name that stands `skip` names behind `at`, with its pairs resolved."""
    from ._tables import ERROR_NAMES, ERROR_PAIRS

    while skip:
        at = ERROR_NAMES.find(b"\0", at) + 1
        skip -= 1
    out = bytearray()
    todo = list(reversed(ERROR_NAMES[at : ERROR_NAMES.find(b"\0", at)]))
    while todo:
        byte = todo.pop()
        if byte < 0x80:
            out.append(byte)
        else:
            pair = (byte - 0x80) * 2
            todo.append(ERROR_PAIRS[pair + 1])
            todo.append(ERROR_PAIRS[pair])
    return bytes(out)
