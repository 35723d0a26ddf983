"""Clocks of the seam (`now`, `call_at`, `cancel`) and the model's own timers on top of one.

The emulator brings its own clock. `VirtualClock` is for tests and in-process hosts, `RealClock`
for the stand-alone server.
"""

from __future__ import annotations

import heapq
import itertools
import time


class VirtualClock:
    """Time in seconds that moves only by `advance`; callbacks run in order of time, then age."""

    def __init__(self, start: float = 0.0):
        self._now = start
        self._heap = []
        self._cancelled = set()
        self._numbers = itertools.count(1)

    def now(self) -> float:
        return self._now

    def call_at(self, t: float, fn) -> int:
        handle = next(self._numbers)
        heapq.heappush(self._heap, (t, handle, fn))
        return handle

    def cancel(self, handle: int) -> None:
        self._cancelled.add(handle)

    def next_deadline(self) -> float | None:
        """When the next callback is due, in seconds; None without one."""
        while self._heap and self._heap[0][1] in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._heap)[1])
        return self._heap[0][0] if self._heap else None

    def run_due(self) -> None:
        """Run every callback whose time has come."""
        while (due := self.next_deadline()) is not None and due <= self._now:
            heapq.heappop(self._heap)[2]()

    def advance(self, seconds: float) -> None:
        """Move time on, stopping at every deadline on the way."""
        end = self._now + seconds
        while (due := self.next_deadline()) is not None and due <= end:
            self._now = max(self._now, due)
            self.run_due()
        self._now = end


class RealClock(VirtualClock):
    """The wall clock; `run_due` must be called often enough (see `next_deadline`)."""

    def now(self) -> float:
        self._now = time.monotonic()
        return self._now

    def run_due(self) -> None:
        self.now()
        super().run_due()

    def advance(self, seconds: float) -> None:
        raise TypeError("the wall clock cannot be advanced")


class Timers:
    """Deadlines of one model, on a single callback of its clock.

    `after` takes a bound method of a group or of the model, so that snapshots can hold it.
    """

    not_copied = frozenset({"clock", "_handle", "_armed"})

    def __init__(self):
        self.clock = None
        self._heap = []
        self._numbers = itertools.count(1)
        self._handle = None
        self._armed = None

    def attach(self, clock) -> None:
        self._disarm()
        self.clock = clock
        self._arm()

    def after(self, seconds: float, fn, *args) -> int:
        """Call fn(*args) in so many seconds; returns a number for `cancel`."""
        number = next(self._numbers)
        heapq.heappush(self._heap, (self.clock.now() + seconds, number, fn, args))
        self._arm()
        return number

    def cancel(self, number: int | None) -> None:
        """Forget a deadline; unknown and past ones are ignored."""
        self._heap = [entry for entry in self._heap if entry[1] != number]
        heapq.heapify(self._heap)
        self._arm()

    def clear(self) -> None:
        self._heap = []
        self._arm()

    def keep_only(self, owner) -> None:
        """Forget all deadlines but those of bound methods of `owner`."""
        self._heap = [e for e in self._heap if getattr(e[2], "__self__", None) is owner]
        heapq.heapify(self._heap)
        self._arm()

    def _disarm(self) -> None:
        if self._handle is not None:
            self.clock.cancel(self._handle)
            self._handle = None

    def _arm(self) -> None:
        due = self._heap[0][0] if self._heap else None
        if self.clock is None or (self._handle is not None and due == self._armed):
            return
        self._disarm()
        if due is not None:
            self._armed = due
            self._handle = self.clock.call_at(due, self._run)

    def _run(self) -> None:
        # A clock may round to its ticks: what it was set for is due whatever it shows.
        self._handle = None
        now = max(self.clock.now(), self._armed)
        while self._heap and self._heap[0][0] <= now:
            _, _, fn, args = heapq.heappop(self._heap)
            fn(*args)
        self._arm()

    def rearm(self) -> None:
        """The deadlines were replaced from outside: set the clock's callback for them."""
        self._disarm()
        self._arm()
