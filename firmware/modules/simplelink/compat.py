"""What CPython and MicroPython name differently: const, generators to await, milliseconds."""

try:
    from time import ticks_add, ticks_diff, ticks_ms

    from micropython import const

    def coroutine(generator):
        """Make a generator function something to await: here it is."""
        return generator

except ImportError:
    from time import monotonic
    from types import coroutine

    __all__ = ("const", "coroutine", "ticks_add", "ticks_diff", "ticks_ms")

    _PERIOD = 1 << 30

    def const(value):
        """A compile-time constant under MicroPython, the value itself here."""
        return value

    def ticks_ms() -> int:
        """Milliseconds, wrapping at 2^30."""
        return int(monotonic() * 1000) % _PERIOD

    def ticks_add(ticks: int, ms: int) -> int:
        """The time `ms` after `ticks`."""
        return (ticks + ms) % _PERIOD

    def ticks_diff(end: int, start: int) -> int:
        """Milliseconds from `start` to `end`, signed, right up to half the period."""
        return (end - start + _PERIOD // 2) % _PERIOD - _PERIOD // 2
