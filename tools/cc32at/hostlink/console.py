"""cc3220.console for CPython: firmware/modcc3220.c over the same C, without a UART.

What comes in is put there by receive(), receive_break() and receive_loss(); what goes out is taken
by sent(). Time is what `ticks()` says, in milliseconds.
"""

from __future__ import annotations

import ctypes as ct
from collections import deque
from collections.abc import Callable

from .library import Line, Ring, load

RAW, PAYLOAD = 0, 2  # atline_state_t
PAUSE_MS, SILENCE_MS = 2000, 20


def _ring(size: int) -> tuple[Ring, ct.Array]:
    memory = (ct.c_ubyte * size)()
    return Ring(ct.cast(memory, ct.c_void_p), size - 1, 0, 0), memory


class Console:
    """The stream of the AT application. Sizes of the rings: powers of two."""

    ESCAPES, ECHO, CONTROLS = 1, 2, 4

    def __init__(
        self, ticks: Callable[[], int], rx: int = 8192, tx: int = 4096, sanitize: bool = False
    ):
        self._c = load(sanitize)
        self._ticks = ticks
        self.rx, self._rx_memory = _ring(rx)
        self.tx, self._tx_memory = _ring(tx)
        self.line = Line(rx=ct.pointer(self.rx), tx=ct.pointer(self.tx), state=RAW, want=1)
        self._rows = b""
        self._stops: deque[tuple[int, int]] = deque()  # position, bytes lost or 0 for a break
        self._last = ticks()

    # The far end

    def receive(self, data: bytes, at: int | None = None) -> int:
        """Bytes come in (at that time); how many there was room for. The others are lost."""
        self._last = self._ticks() if at is None else at
        n = self._c.ring_put(self.rx, bytes(data), len(data))
        if n < len(data):
            self.receive_loss(len(data) - n)
        return n

    def receive_break(self) -> None:
        self._stops.append((self.rx.head, 0))

    def receive_loss(self, n: int) -> None:
        """n bytes are missing here."""
        self._stops.append((self.rx.head, n))

    def sent(self, n: int | None = None) -> bytes:
        """What has gone out, at most n bytes."""
        n = self.tx.mask + 1 if n is None else n
        text = ct.create_string_buffer(max(n, 1))
        got = self._c.ring_get(self.tx, text, n)
        return text.raw[:got]

    # What the port's idle loop asks

    def poll(self) -> bool:
        """Whether there is something for the reader."""
        limit, stops = self.rx.head, bool(self._stops)
        if stops:
            limit = self._stops[0][0]
        elif self._c.atline_key(self.line):
            return False
        return self._c.atline_poll(self.line, limit, stops, self.silence())

    def waits(self) -> bool:
        """Whether something could not be looked at: there is no room for its echo."""
        return self.line.seen != self.rx.head

    def patience(self) -> int | None:
        """Milliseconds of silence after which there may be; None: whatever the time."""
        line = self.line  # atline_patience_ms()
        if line.cooked == line.ready or line.state not in (RAW, PAYLOAD) or self.waits():
            return None
        whole = line.state == RAW or not (line.cooked - line.end) & 0x80000000
        return max((SILENCE_MS if whole else PAUSE_MS) - self.silence(), 0)

    # cc3220.console

    def readinto(self, buf, at: int = 0) -> int | None:
        self.poll()
        view = memoryview(buf)[at:]
        memory = (ct.c_ubyte * len(view)).from_buffer(view) if len(view) else None
        return self._c.atline_read(self.line, memory, len(view)) or None

    def any(self) -> int:
        return self.rx.head - self.rx.tail & 0xFFFFFFFF

    def write(self, data) -> int:
        return self._c.ring_put(self.tx, bytes(data), len(data))

    def space(self) -> int:
        return self.tx.mask + 1 - (self.tx.head - self.tx.tail & 0xFFFFFFFF)

    def watch(self, rows: bytes, flags: int) -> None:
        if not self._c.athead_rows_ok(rows, len(rows)):
            raise ValueError("rows")
        self._rows = ct.create_string_buffer(rows, len(rows) + 1)
        self._c.atline_set(self.line, self._rows, len(rows), flags)

    def wake_at(self, n: int) -> None:
        if n > 0:
            self._c.atline_raw(self.line, n)
        else:
            self._c.atline_lines(self.line, n < 0)

    def forget(self) -> None:
        self.rx.tail = self.rx.head
        self._stops.clear()

    def unread(self, data) -> None:
        self._c.atline_raw(self.line, 1)
        self._c.ring_unget(self.rx, bytes(data), len(data))
        self._c.atline_raw(self.line, 1)

    def partial(self) -> int:
        return self._c.atline_partial(self.line)

    def silence(self) -> int:
        return self._ticks() - self._last

    def again(self, at: int) -> int:
        return self._c.atline_again(self.line, at)

    def brk(self, anywhere: bool = False) -> bool:
        if anywhere and (stop := next((s for s in self._stops if s[1] == 0), None)):
            self._stops.remove(stop)
            return True
        return self._stop(lambda n: n == 0) is not None

    def breaks(self) -> bool:
        return any(n == 0 for _, n in self._stops)

    def lost(self) -> int:
        return self._stop(lambda n: n > 0) or 0

    def _stop(self, wanted: Callable[[int], bool]) -> int | None:
        """The stop that is next to be read, if it is a wanted one; then it is gone."""
        if self._stops and self._stops[0][0] == self.rx.tail and wanted(self._stops[0][1]):
            return self._stops.popleft()[1]
        return None
