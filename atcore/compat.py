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
    from cc3220 import static
except ImportError:
    static = bytearray  # there: of memory that is not the heap's, as far as there is some


# What unpacking raises when an answer of the network processor is shorter than it must be.
try:
    from struct import error

    MISREAD = (ValueError, IndexError, error)
except ImportError:
    MISREAD = (ValueError, IndexError)
