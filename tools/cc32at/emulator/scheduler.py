"""Emulated time: the queue of things to come, in CPU cycles."""

from collections.abc import Callable, Container
from heapq import heappop, heappush
from typing import Any

CPU_HZ = 80_000_000
NEVER = 1 << 62
MAX_DUE = 100_000  # events that one call of run_due() runs


class Livelock(RuntimeError):
    """Emulated time stands still: the emulator, or a model behind it, is at fault."""


class Event:
    """One entry of the queue. Created by `Scheduler.at`, ended by `Scheduler.cancel`."""

    __slots__ = ("time", "fn", "live")

    def __init__(self, time: int, fn: Callable[[], None]):
        self.time = time
        self.fn = fn
        self.live = True


class Scheduler:
    """Calls functions when emulated time (in cycles) has reached their turn.

    Events at the same cycle run in the order in which they were asked for.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Event]] = []
        self._count = 0

    def at(self, time: int, fn: Callable[[], None]) -> Event:
        event = Event(time, fn)
        self._count += 1
        heappush(self._heap, (time, self._count, event))
        return event

    def cancel(self, event: Event | None) -> None:
        if event is not None:
            event.live = False

    def next_time(self) -> int:
        """Cycle of the next live event, or NEVER."""
        heap = self._heap
        while heap and not heap[0][2].live:
            heappop(heap)
        return heap[0][0] if heap else NEVER

    def run_due(self, now: int) -> None:
        """Run everything whose time has come. Livelock if that does not end."""
        heap = self._heap
        left = MAX_DUE
        while heap and (heap[0][0] <= now or not heap[0][2].live):
            event = heappop(heap)[2]
            if event.live:
                if not left:
                    raise Livelock(f"cycle {now}: {MAX_DUE} events are due and more, {event.fn}")
                left -= 1
                event.live = False
                event.fn()

    def save(self, without: Container[Event] = ()) -> Any:
        """What waits, but for the events that belong to somebody else's state."""
        kept = [entry for entry in self._heap if entry[2].live and entry[2] not in without]
        return self._count, kept

    def load(self, state: Any) -> None:
        """Bring back exactly the events that were waiting at save()."""
        for entry in self._heap:
            entry[2].live = False
        self._count, entries = state
        self._heap = sorted(entries, key=lambda entry: entry[:2])
        for entry in self._heap:
            entry[2].live = True


class Clock:
    """The clock handed to the network processor: seconds, and its own timers.

    Its timers, `events`, are apart from the chip's, so that a snapshot can leave them to the
    model: on restore all of them are dropped and the model's restore() asks for new ones.
    """

    def __init__(self, scheduler: Scheduler, cycles: Callable[[], int]):
        self._scheduler = scheduler
        self._cycles = cycles
        self.events: set[Event] = set()

    def now(self) -> float:
        return self._cycles() / CPU_HZ

    def call_at(self, time: float, fn: Callable[[], None]) -> Event:
        """Call fn() at `time` (seconds on this clock; a past time means at once)."""

        def call() -> None:
            self.events.discard(event)
            fn()

        event = self._scheduler.at(max(round(time * CPU_HZ), self._cycles()), call)
        self.events.add(event)
        return event

    def cancel(self, handle: Event | None) -> None:
        if handle is not None:
            self._scheduler.cancel(handle)
            self.events.discard(handle)

    def drop_all(self) -> None:
        for event in self.events:
            self._scheduler.cancel(event)
        self.events.clear()
