"""What differs between MicroPython and CPython, in one place."""

try:
    from time import ticks_add, ticks_diff, ticks_ms
except ImportError:
    from time import monotonic

    _PERIOD = 1 << 30

    def ticks_ms() -> int:
        """Milliseconds since some moment, modulo 2^30."""
        return int(monotonic() * 1000) % _PERIOD

    def ticks_add(ticks: int, delta: int) -> int:
        """A later (or earlier) moment."""
        return (ticks + delta) % _PERIOD

    def ticks_diff(end: int, start: int) -> int:
        """Milliseconds from start to end, negative when end came first."""
        half = _PERIOD >> 1
        return (end - start + half) % _PERIOD - half


try:
    from micropython import const
except ImportError:

    def const(value):
        """A compile-time constant under MicroPython, the value itself here."""
        return value


try:
    from gc import mem_free
except ImportError:

    def mem_free() -> int:
        """Free heap in bytes; CPython has no such limit."""
        return 1 << 24


try:
    from cc3220 import SCARCE, static, trim
except ImportError:
    SCARCE = False  # whether program, data and heap share the SRAM
    static = bytearray  # on the chip memory outside of the heap, while there is some

    def trim():
        """Give back what the dictionaries of modules and classes have to spare."""


def _traceback(error) -> bytes:
    """An exception as text, the innermost frame last. Imports only now: it is rarely wanted."""
    try:
        from sys import print_exception
    except ImportError:
        from traceback import format_exception

        return "".join(format_exception(error)).encode()
    from io import BytesIO

    out = BytesIO()
    print_exception(error, out)
    return out.getvalue()


def where(error) -> bytes:
    """Where an exception was raised, `<file>:<function>`; b"" if that is not known, as in an image
    without module io.

    What is frozen in the image has no line numbers.
    """
    try:
        text = _traceback(error)
    except (ImportError, MemoryError):
        return b""
    at = text.rfind(b'File "')
    if at < 0:
        return b""
    name, _, rest = text[at + 6 : text.find(b"\n", at)].partition(b'"')
    return name + b":" + rest.partition(b" in ")[2].strip()


async def _nothing():
    pass


_coro = _nothing()
COROUTINE = type(_coro)  # what calling an `async def` gives
_coro.close()
