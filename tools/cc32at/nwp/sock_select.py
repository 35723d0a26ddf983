"""The device's select: one at a time, over bitmaps of socket ids (nwp-protocol.md 4.5)."""

from __future__ import annotations

from .codes import BSD

FOR_EVER = 0xFFFF
SHORTEST = 0.01  # seconds; shorter waits are raised to this


class Select:
    """The pending select request, if there is one."""

    def __init__(self, table):
        self.table = table
        self.pending = False
        self.read = 0
        self.write = 0
        self.timer = None

    def start(self, read: int, write: int, seconds: int, fraction: int) -> int:
        """Begin; fraction in units of 1024 microseconds. Returns the response's status.

        `nfds` counts for nothing: hosts that merge callers send 0 (4.5).
        """
        if self.pending:
            return BSD.INEXE
        self.pending, self.read, self.write = True, read, write
        if self._members() is None:
            self._finish(BSD.EBADF)
            return 0
        self.check()
        if not self.pending:
            return 0
        if (seconds, fraction) == (0, 0):
            self._finish(0)
        elif (seconds, fraction) != (FOR_EVER, FOR_EVER):
            wait = max(SHORTEST, seconds + fraction * 1024e-6)
            self.timer = self.table.np.after(wait, self.expired)
        self._watch_members()
        return 0

    def _members(self) -> list | None:
        """Sockets of both sets; None when one of them is not open."""
        found = []
        for i in range(16):
            if (self.read | self.write) >> i & 1:
                if self.table.slots[i] is None:
                    return None
                found.append(self.table.slots[i])
        return found

    def wants_read(self, sock) -> bool:
        return self.pending and bool(self.read >> (sock.sd & 15) & 1)

    def check(self) -> None:
        """Complete the request if anything is ready."""
        if not self.pending:
            return
        read = write = 0
        for i in range(16):
            sock = self.table.slots[i]
            if sock is not None and self.read >> i & 1 and sock.readable():
                read |= 1 << i
            if sock is not None and self.write >> i & 1 and sock.writable():
                write |= 1 << i
        if read or write:
            self._finish(read.bit_count() + write.bit_count(), read, write)

    def expired(self) -> None:
        self.timer = None
        if self.pending:
            self._finish(0)

    def closed(self, sock) -> None:
        """A socket of the set goes away: nobody could tell any more what became of it."""
        if self.pending and (self.read | self.write) >> (sock.sd & 15) & 1:
            self._finish(BSD.EBADF)

    def forget(self) -> None:
        """Power is gone."""
        self.pending = False

    def _finish(self, status: int, read: int = 0, write: int = 0) -> None:
        self.pending = False
        self.table.np.cancel(self.timer)
        self.timer = None
        self.table.select_done(status, read, write)
        self._watch_members()

    def _watch_members(self) -> None:
        for sock in self._members() or ():
            sock.watch()
