"""A driver that answers everything, at once, later, with an error or never: as chance has it.

Its methods are those of the real driver, with the same signatures; answers.py says what each
gives. Chance is a checksum of the seed, the method, its first argument and how often it was called
so, so that two versions of the core that ask for the same things get the same answers, whatever
they do in between.
"""

import bisect
import functools
import importlib
import inspect
import types
import zlib

from simplelink.errors import SlError
from simplelink.waiter import Waiter
from tests.fuzz.answers import PING, ROWS

UART, EVENT, TX = 0x01, 0x04, 0x20  # flags of the link
NEVER = 1 << 29  # ms
CLOSED, STOPPED, NOT_STARTED, ALREADY = -9, -2017, -2018, -2012
CODES = (-1, -11, -100, -2006, -2073, -4096, -10341, -32768)
STARTED = 1
BOOT_MS = 20
SLOT_MS = 30  # for which a long command holds the slot
LEAVING_MS = 5  # how often stop() looks whether all that it ended has gone on
STILL = 3000  # rounds of the loop in which the core does not sleep
ROUNDS = 5  # that take a millisecond
CLASSES = {name: name.title() for name in ("device", "sockets", "wlan", "fs")}
CLASSES |= {"netapp": "NetApp", "netcfg": "NetCfg", "netutil": "NetUtil"}


class Over(BaseException):
    """The session is over: nothing more will happen."""


class Stuck(BaseException):
    """The core goes round and round, and never sleeps."""


def real(group: str):
    """The class of the real driver for a group."""
    return getattr(importlib.import_module(f"simplelink.{group}"), CLASSES[group])


def methods(group: str) -> dict:
    """The public methods of a group of the real driver, and their signatures without self."""
    found = {}
    for name, function in vars(real(group)).items():
        if not name.startswith("_") and inspect.isfunction(function):
            signature = inspect.signature(function)
            parameters = list(signature.parameters.values())[1:]
            found[name] = signature.replace(parameters=parameters)
    return found


class Later(Waiter):
    """Waiter that is done at a time, or when its socket is closed or the driver is stopped."""

    def __init__(self, link, ms):
        self.link = link
        self.deadline = None if ms >= NEVER else link.now + ms

    def ready(self):
        return self.done or self.deadline is not None and self.link.now >= self.deadline


class Link:
    """Virtual time, which passes while the core sleeps, and what the core asks of the driver."""

    def __init__(self, seed, resume):
        self.seed = seed
        self.resume = resume
        self.now = 1000
        self.end = 0
        self.state = 0
        self.nwp = self
        self.limits, self.pending, self.jobs = [], [], []
        self.owners = [None] * (PING + 1)  # of reports (answers.py), by lock
        self.woken = False
        self.stream = None
        self.scheduled = []  # (when, function), in order
        self.counts = {}
        self.sleeps = 0
        self.still = 0  # rounds since time has passed

    def chance(self, *call):
        """A number from 0 to 2^32 - 1 for this call and how often it was made."""
        key = repr(call).encode()
        count = self.counts[key] = self.counts.get(key, 0) + 1
        return zlib.crc32(b"%d %d " % (self.seed, count) + key)

    def at(self, ms, function):
        """Call a function so long from now, as an event of the link."""
        bisect.insort(self.scheduled, (self.now + ms, function), key=lambda row: row[0])

    def leave(self, lock, wait):
        """A lock is free again."""
        if self.owners[lock] is wait:
            self.owners[lock] = None

    def ticks(self):
        return self.now

    def limit(self, ms, over=True):
        return ms

    async def free(self):
        if not self.chance("free") % 4:
            await Later(self, SLOT_MS)

    def wait(self, ms, mask=7):
        self.sleeps += 1
        self.still += 1
        if self.still > STILL:
            raise Stuck
        self.now += not self.still % ROUNDS
        until = self.end + 1 if ms < 0 else self.now + ms
        flags = self.flags(mask)
        while not flags and self.now < until:
            times = [when for when, _ in self.scheduled[:1]]
            if mask & UART and (due := self.stream.due()) is not None:
                times.append(due)
            if mask & TX:
                times.append(self.stream.room_at())
            before, self.now = self.now, max(self.now, min([until, *times]))
            if self.now > before:
                self.still = 0
            if self.now > self.end:
                raise Over
            flags = self.flags(mask)
        return flags

    def flags(self, mask):
        self.stream.arrive()
        flags = UART if mask & UART and self.stream.ready() else 0
        if mask & TX and self.stream.roomy():
            flags |= TX
        return flags | EVENT * bool(self.scheduled and self.scheduled[0][0] <= self.now)

    def dispatch(self, flags):
        while self.scheduled and self.scheduled[0][0] <= self.now:
            self.scheduled.pop(0)[1]()


class Answer:
    """What a row of answers.py sees of a call: its arguments `a`, a number, the driver."""

    def __init__(self, driver, number, a):
        self.driver = driver
        self.number = number
        self.a = types.SimpleNamespace(**a)

    def value(self, size):
        """A view of `size` bytes, of fewer now and then."""
        number = self.number
        if number % 17 == 0:
            self.driver.short += 1
            size = size * (number >> 8 & 0xFF) // 256
        return memoryview(number.to_bytes(4, "little") * (size // 4 + 1))[:size]

    def fill(self, buf, most=None):
        """Put something into buf; how much."""
        size = self.number % 41 if self.number % 7 else self.number % 5000
        size = min(len(buf), size if most is None else most)
        buf[:size] = bytes(range(256)) * (size // 256) + bytes(range(size % 256))
        return size


class Driver:
    """All groups over one Link. `calls`: what was asked; `waits`: (lock or None, waiter)."""

    def __init__(self, seed, resume):
        self.calls = []
        self.waits = []
        self.files = {}
        self.link = Link(seed, resume)
        self.on_event = None
        self.short = 0  # values that had fewer bytes than were asked for
        self.moved = 0  # payloads that were overwritten while they were sent
        self.mute = False  # what waits on a socket waits for ever
        for group, rows in ROWS.items():
            made = types.SimpleNamespace(link=self.link, option=0)
            for name, signature in known(group):
                if name in rows:
                    call = functools.partial(
                        self._ask, f"{group}.{name}", rows[name], signature.bind
                    )
                    setattr(made, name, call)
            setattr(self, group, made)
        self.device.start = self._start
        self.device.stop = self._stop

    def _ask(self, name, row, bind, *args, **named):
        bound = bind(*args, **named)
        told = {key: _content(value, key == row.into) for key, value in bound.arguments.items()}
        self.calls.append((name, told))
        bound.apply_defaults()
        it = Answer(self, self._chance(name, row, told), bound.arguments)
        if row.waits:
            return self._later(row, it)
        return self._answer(row, it)

    def _chance(self, name, row, told):
        """A number for a call, or its refusal (an SlError) for some."""
        link = self.link
        if link.state != STARTED:
            return SlError(NOT_STARTED)
        chance = link.chance(name, *list(told.values())[:1])
        if chance % row.refusals == 0:
            return SlError(CODES[chance // row.refusals % len(CODES)])
        return chance >> 8

    @staticmethod
    def _answer(row, it):
        if isinstance(it.number, SlError):
            raise it.number
        return row.result(it) if row.result else None

    async def _later(self, row, it):
        """Answer after a while, or at once, or never."""
        chance = it.number
        lock = row.lock
        if type(lock) is str:
            lock = getattr(it.a, lock) & 15
        kept = bytes(getattr(it.a, row.payload)) if row.payload else b""
        if lock is not None and self.mute:
            await self.wait(lock, NEVER)
        elif not isinstance(chance, SlError) and chance % 3:
            ms = NEVER if lock is not None and not chance % 5 else chance % row.waits
            await self.wait(lock, ms)
        if kept and bytes(getattr(it.a, row.payload)) != kept:
            self.moved += 1
        return self._answer(row, it)

    async def wait(self, lock, ms):
        """Suspend for so long, or until somebody ends it."""
        wait = Later(self.link, ms)
        self.waits.append((lock, wait))
        try:
            await wait
        finally:
            self.waits.remove((lock, wait))

    async def _start(self):
        self.calls.append(("device.start", {}))
        if self.link.state == STARTED:
            raise SlError(ALREADY)
        await Later(self.link, BOOT_MS)
        self.link.state = STARTED
        return 0

    async def _stop(self, ms=0):
        self.calls.append(("device.stop", {"ms": ms}))
        if self.link.state != STARTED:
            raise SlError(NOT_STARTED)
        await self.wait(None, self.link.chance("stop", ms) % 200)
        self.cancel(STOPPED)
        while self.waits:
            await Later(self.link, LEAVING_MS)
        self.link.state = 0

    def cancel(self, code, lock=None):
        """End what waits, on one socket or all."""
        for held, wait in self.waits:
            if lock is None or held == lock:
                wait.fail(code)
                self.link.woken = True
        if lock is None:
            for reports in filter(None, self.link.owners):
                reports.fail(code)
                self.link.leave(reports.lock, reports)
                self.link.woken = True

    def closed(self, lock):
        """An event tells that a socket is closed, to what waits on it."""
        self.link.at(0, functools.partial(self.cancel, CLOSED, lock))


@functools.cache
def known(group: str) -> tuple:
    """methods() for a group, once."""
    return tuple(methods(group).items())


def _content(value, into: bool):
    """An argument as it is noted: text as bytes, a buffer to be filled as its length."""
    if into:
        return len(value)
    if isinstance(value, (memoryview, bytearray)):
        return bytes(value)
    return "callback" if callable(value) else value
