"""The hardware border of firmware/link (link_port.h) on a PC: a network processor behind the
seam, a clock, and maybe a console stream."""

from __future__ import annotations

import ctypes as ct
import select
import time

from .library import BOOL_FN, IDLE_FN, MOVE_FN, POWER_FN, U32_FN, VOID_FN, Port

WAKE_NWP = 1
WAKE_UART = 2
WAKE_TX = 4
FOREVER = 0xFFFFFFFF
WORD_S = 1.6e-6  # one word on the wire
MIN_STEP_S = 1e-6  # so that a sum of floats cannot stand still
MAX_SLEEP_S = 0.05  # with a real clock: how often a stream without descriptor is looked at


class Deadlock(RuntimeError):
    """The program waits for ever and nothing is left that could happen."""


class HostPort:
    """What the C code calls.

    nwp: an object with the seam's attach, power, write, read, irq, shutdown_ready, fds, service.
    clock: now() seconds, call_at, cancel, next_deadline, and either advance (virtual) or run_due
    (wall clock). uart: any() -> bytes waiting, space() -> room left; or None.

    An exception in here cannot pass through C: it is kept, ends the wait, and `check` raises it.
    """

    def __init__(self, nwp, clock, uart=None):
        self.nwp = nwp
        self.clock = clock
        self.uart = uart
        self.masked = True
        self.pending = False  # the interrupt was taken: masked until a message was read
        self.error: BaseException | None = None
        self.interrupt = False  # as a KeyboardInterrupt that waits on the device
        self.virtual = not getattr(clock, "is_real", type(clock).__name__ == "RealClock")
        self.table = self._make_table()
        nwp.attach(clock, self._on_irq)

    def check(self) -> None:
        """Raise what went wrong during the last call into C."""
        error, self.error = self.error, None
        if error is not None:
            raise error
        if self.interrupt:
            self.interrupt = False
            raise KeyboardInterrupt

    def _make_table(self) -> Port:
        def guarded(kind, function, otherwise=None):
            def call(*args):
                try:
                    return function(*args)
                except BaseException as error:
                    self.error = self.error or error
                    return otherwise

            return kind(call)

        return Port(
            open=guarded(VOID_FN, lambda: None),
            close=guarded(VOID_FN, lambda: None),
            power=guarded(POWER_FN, self._power),
            shutdown_ready=guarded(BOOL_FN, lambda: self.nwp.shutdown_ready, True),
            write=guarded(MOVE_FN, self._write),
            read=guarded(MOVE_FN, self._read),
            irq=guarded(BOOL_FN, self._irq, False),
            irq_unmask=guarded(VOID_FN, self._unmask),
            ticks_ms=guarded(U32_FN, self._ticks_ms, 0),
            idle=guarded(IDLE_FN, self._idle, 0),
            pending_break=BOOL_FN(lambda: self.interrupt or self.error is not None),
        )

    # Called from C

    def _power(self, on: bool) -> None:
        self.masked = not on
        self.pending = False
        self.nwp.power(on)

    def _write(self, buf: int, n: int) -> None:
        self.nwp.write(ct.string_at(buf, n))
        self._pass_time(n)

    def _read(self, buf: int, n: int) -> None:
        data = self.nwp.read(n)
        if len(data) != n:
            raise ValueError(f"the network processor gave {len(data)} bytes of {n}")
        ct.memmove(buf, data, n)
        self._pass_time(n)

    def _pass_time(self, n: int) -> None:
        if self.virtual:
            self.clock.advance(n / 4 * WORD_S)

    def _on_irq(self, level: bool) -> None:
        """The line is looked at, not waited for."""

    def _irq(self) -> bool:
        if not self.virtual:
            self.clock.run_due()
        if self.nwp.fds():
            self.nwp.service()
        if self.nwp.irq and not self.masked:
            self.masked = self.pending = True
        return self.pending

    def _unmask(self) -> None:
        self.masked = self.pending = False

    def _ticks_ms(self) -> int:
        return int(self.clock.now() * 1000) & 0xFFFFFFFF

    def _reasons(self) -> int:
        reasons = WAKE_NWP if self._irq() else 0
        if self.uart is not None:
            if self.uart.any():
                reasons |= WAKE_UART
            if self.uart.space() > 0:
                reasons |= WAKE_TX
        return reasons

    def _idle(self, ms: int, mask: int) -> int:
        end = None if ms == FOREVER else self.clock.now() + ms / 1000
        while True:
            found = self._reasons() & mask
            left = None if end is None else end - self.clock.now()
            if found or self.interrupt or (left is not None and left <= 0):
                return found
            self._sleep(left)

    # Time

    def _sleep(self, left: float | None) -> None:
        """Until the next deadline of the clock, a ready descriptor, or `left` seconds."""
        due = self.clock.next_deadline()
        if due is not None:
            until_due = max(due - self.clock.now(), 0)
            left = until_due if left is None else min(left, until_due)
        fds = self.nwp.fds()
        if self.virtual and not fds:
            if left is None:
                raise Deadlock("waiting for ever, and nothing is going to happen")
            self.clock.advance(max(left, MIN_STEP_S))
            return
        start = time.monotonic()
        select.select(fds, [], [], MAX_SLEEP_S if left is None else min(left, MAX_SLEEP_S))
        if self.virtual:
            passed = time.monotonic() - start
            self.clock.advance(passed if left is None else min(passed, left))
