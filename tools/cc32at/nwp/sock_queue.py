"""What a TCP socket has still to send, and the transmit credits that it holds."""

from __future__ import annotations

from collections import deque

from .codes import from_os


class TransmitQueue:
    """Messages in order; a message's credits come back when the host has taken its last byte."""

    def __init__(self, np):
        self.np = np
        self.entries: deque = deque()  # [bytes left, command that holds credits or None]

    def __bool__(self) -> bool:
        return bool(self.entries)

    @property
    def left(self) -> int:
        """Bytes that the host has not taken yet."""
        return sum(len(entry[0]) for entry in self.entries)

    def push(self, data: bytes, cmd=None) -> None:
        """Queue bytes; `cmd` (a held command) is released with the last of them."""
        if cmd is not None:
            self.np.hold(cmd)
        self.entries.append([memoryview(bytes(data)), cmd])

    def flush(self, host) -> int | None:
        """Send what the host takes. None: all gone; 0: more must wait; < 0: error code."""
        while self.entries:
            entry = self.entries[0]
            try:
                sent = host.send(entry[0])
            except BlockingIOError:
                return 0
            except OSError as error:
                return from_os(error.errno)
            if sent < len(entry[0]):
                entry[0] = entry[0][sent:]
            else:
                self._done(self.entries.popleft())
        return None

    def drop(self) -> None:
        """Forget everything; credits come back."""
        while self.entries:
            self._done(self.entries.popleft())

    def _done(self, entry) -> None:
        if entry[1] is not None:
            self.np.release(entry[1])
