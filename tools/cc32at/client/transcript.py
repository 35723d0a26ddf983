"""A record of both directions with time stamps, secrets masked."""

import time
from collections.abc import Callable
from pathlib import Path

from cc32at.private import open_private

from .secrets import Masker

SENT, RECEIVED, NOTE = ">", "<", "#"
_LONGEST = 600


class Transcript:
    """Writes what crosses a serial port to a file, a line of the port a line of the file.

    Half a line is kept back until its end comes (or until flush()), so that a secret is
    recognised wherever the port cut it. Times are seconds of `clock` since the start, taken at
    a line's first byte. The file is its owner's alone.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        masker: Masker | None = None,
    ):
        self.masker = masker or Masker()
        self.entries: list[tuple[float, str, str]] = []
        self._file = open_private(path) if path else None
        self._pending: dict[str, tuple[float, bytearray]] = {}
        self._start = clock()
        self.clock = clock

    def use_clock(self, clock: Callable[[], float]) -> None:
        """Go on with another clock, from zero."""
        self.flush()
        self.clock, self._start = clock, clock()

    def sent(self, data: bytes) -> None:
        """Record bytes written to the device."""
        self._add(SENT, data)

    def received(self, data: bytes) -> None:
        """Record bytes read from the device."""
        self._add(RECEIVED, data)

    def note(self, text: str) -> None:
        """Record a remark of the user of this transcript."""
        self.flush()
        self._write(self.clock() - self._start, NOTE, self.masker.data(text.encode()))

    def flush(self) -> None:
        """Write out half lines."""
        for direction in list(self._pending):
            start, data = self._pending.pop(direction)
            self._line(start, direction, bytes(data))
        if self._file:
            self._file.flush()

    def close(self) -> None:
        """Write out everything and close the file."""
        self.flush()
        if self._file:
            self._file.close()
            self._file = None

    def tail(self, count: int = 8) -> list[str]:
        """The last lines, for error messages."""
        return [f"{direction} {text}" for _, direction, text in self.entries[-count:]]

    def _add(self, direction: str, data: bytes) -> None:
        if direction not in self._pending:
            self._pending[direction] = (self.clock() - self._start, bytearray())
        start, buffer = self._pending[direction]
        buffer += data
        while (end := buffer.find(b"\n")) >= 0:
            self._line(start, direction, bytes(buffer[: end + 1]))
            del buffer[: end + 1]
            start = self.clock() - self._start
        if buffer:
            self._pending[direction] = (start, buffer)
        else:
            del self._pending[direction]

    def _line(self, start: float, direction: str, data: bytes) -> None:
        data = data.rstrip(b"\r\n")
        if not data:
            return
        if direction == SENT:
            text = self.masker.command(data.decode("utf-8", "surrogateescape"))
            data = text.encode("utf-8", "surrogateescape")
        else:
            data = self.masker.data(data)
        self._write(start, direction, data)

    def _write(self, start: float, direction: str, data: bytes) -> None:
        text = "".join(
            c if c.isprintable() else f"\\x{ord(c):02x}" for c in data.decode("latin-1")
        )
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]}... ({len(data)} bytes)"
        self.entries.append((start, direction, text))
        if self._file:
            self._file.write(f"{start:12.6f} {direction} {text}\n")
