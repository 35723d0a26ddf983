"""Wall-clock pacing: idle emulated time is spent in select()."""

import os
import select
import time
from typing import Any, Protocol

from .scheduler import CPU_HZ, NEVER

MAX_LAG = CPU_HZ // 10  # a busy guest may fall this far behind and catch up; beyond it slips
POLL_INTERVAL = 0.002  # seconds between looks at the ports while the guest is busy
MAX_WAIT = 3600.0
GRAIN = CPU_HZ // 500  # idle time in virtual time is slept in pieces this long: see idle()


class Port(Protocol):
    """A front end that carries the console's bytes."""

    def fileno(self) -> int:
        """The descriptor to read from."""
        ...

    def output_fileno(self) -> int:
        """The descriptor to write to."""
        ...

    def readable(self) -> bool:
        """Whether to watch for input now."""
        ...

    def writable(self) -> bool:
        """Whether output waits for the other side."""
        ...

    def on_readable(self) -> None: ...
    def on_writable(self) -> None: ...
    def close(self) -> None: ...


class Pacer:
    """Maps the wall clock to cycles and watches descriptors."""

    def __init__(self) -> None:
        self.ports: list[Port] = []
        self._anchor_time = time.monotonic()
        self._anchor_cycles = 0.0
        self._next_poll = 0.0
        self._owed = 0.0  # cycles of idle time that were not slept yet
        self._ready: list = []
        self._writable: list = []
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def wake(self) -> None:
        """End a wait, from another thread or a signal handler."""
        os.write(self._wake_write, b"w")

    def anchor(self, cycles: float) -> None:
        """Now is `cycles`."""
        self._anchor_time = time.monotonic()
        self._anchor_cycles = cycles

    def cycles(self) -> float:
        return self._anchor_cycles + (time.monotonic() - self._anchor_time) * CPU_HZ

    def wait(self, now: float, target: int, nwp: Any) -> float:
        """Idle from `now` towards `target`; returns the emulated time at which it ended.

        What became ready is left to serve(), for when the machine's clock has been set.
        """
        if self.cycles() - now > MAX_LAG:
            self.anchor(now)
        ahead = target - self.cycles()
        if target != NEVER and ahead <= 0:
            self._select(0, nwp)
            return target
        timeout = MAX_WAIT if target == NEVER else min(ahead / CPU_HZ, MAX_WAIT)
        self._select(timeout, nwp)
        return min(target, max(now, self.cycles()))

    def idle(self, now: float, target: int, nwp: Any) -> float:
        """As wait(), in virtual time: only idle time is paced, executed instructions are free.

        Short pieces (the gaps between characters) are added up and slept together, since a sleep
        of 80 us takes milliseconds on a busy PC.
        """
        if target != NEVER and target - now + self._owed < GRAIN:
            self._owed += target - now
            self._select(0, nwp)
            return target
        self.anchor(now - self._owed)
        end = self.wait(now, target, nwp)
        self._owed = min(max(0.0, end - self.cycles()), GRAIN)
        return end

    def busy(self, now: float, nwp: Any, paced: bool) -> None:
        """Called between slices of a busy guest: serve the ports; if `paced`, don't run ahead."""
        if time.monotonic() < self._next_poll:
            return
        if paced or self.ports or nwp.fds():
            lead = (now - self.cycles()) / CPU_HZ if paced else 0.0
            self._select(lead if lead > POLL_INTERVAL else 0, nwp)
            self.serve(nwp)
        self._next_poll = time.monotonic() + POLL_INTERVAL

    def _select(self, timeout: float, nwp: Any) -> None:
        readers = [port for port in self.ports if port.readable()]
        writers = {port.output_fileno(): port for port in self.ports if port.writable()}
        watched = [self._wake_read, *readers, *nwp.fds()]
        self._ready, able, _ = select.select(watched, list(writers), [], max(timeout, 0))
        self._writable = [writers[number] for number in able]

    def serve(self, nwp: Any) -> None:
        """Do what the last wait found to do."""
        ready, self._ready = self._ready, []
        writable, self._writable = self._writable, []
        outside = False
        for item in ready:
            if item == self._wake_read:
                os.read(self._wake_read, 4096)
            elif item in self.ports:
                item.on_readable()
            else:
                outside = True
        for item in writable:
            item.on_writable()
        if outside:
            nwp.service()

    def close(self) -> None:
        for port in self.ports:
            port.close()
        self.ports.clear()
        for descriptor in (self._wake_read, self._wake_write):
            os.close(descriptor)
