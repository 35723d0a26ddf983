"""The watchdog (cc3220-hardware.md 3.8)."""

from ..block import Block

LOAD, VALUE, CTL, ICR, RIS, MIS, TEST, LOCK = (
    0x000,
    0x004,
    0x008,
    0x00C,
    0x010,
    0x014,
    0x418,
    0xC00,
)
UNLOCK = 0x1ACC_E551
INTEN = 1
IRQ = 18


class Watchdog(Block):
    """Counts down at 80 MHz; the first expiry interrupts, the second resets whatever RESEN says.

    ICR is ignored while locked, as the classic block does (whether this chip does is unknown).
    """

    name = "WDT"
    base = 0x4000_0000
    gate = 0x78
    RESET = {LOAD: 0xFFFF_FFFF, CTL: 0, TEST: 0}
    STATE = ("_ris", "_locked", "_zero", "_event")

    def __init__(self, chip):
        super().__init__(chip)
        self._ris = 0
        self._locked = 0
        self._zero = 0
        self._event = None
        self.readers |= {
            VALUE: self._value,
            CTL: lambda: self.regs[CTL] | 1 << 31,
            ICR: lambda: 0,
            RIS: lambda: self._ris,
            MIS: lambda: self._ris & self.regs[CTL],
            LOCK: lambda: self._locked,
        }
        self.writers |= {
            LOAD: self._write_load,
            CTL: self._write_ctl,
            ICR: self._write_icr,
            LOCK: self._write_lock,
            TEST: self._write_test,
        }

    def reset(self) -> None:
        super().reset()
        self._ris = 0
        self._locked = 0
        self.chip.scheduler.cancel(self._event)
        self._event = None
        self.chip.nvic.set_line(IRQ, False)

    def gating(self) -> None:
        """Without a clock it does not count: the time it had left starts again (from LOAD)."""
        if not self.clocked:
            self.chip.scheduler.cancel(self._event)
            self._event = None
        elif self.regs[CTL] & INTEN:
            self._start()

    def _start(self) -> None:
        self.chip.scheduler.cancel(self._event)
        self._zero = self.chip.now() + max(self.regs[LOAD], 1)
        self._event = self.chip.scheduler.at(self._zero, self._expired)
        self.chip.cpu.stop_soon()

    def _value(self) -> int:
        return self._zero - self.chip.now() if self._event else self.regs[LOAD]

    def _expired(self) -> None:
        self._event = None
        if self._ris:
            self.chip.watchdog_bit()
            return
        self._ris = 1
        self._start()
        self.chip.nvic.set_line(IRQ, True)

    def _write_load(self, value: int) -> None:
        if not self._locked:
            self.regs[LOAD] = value
            if self.regs[CTL] & INTEN:
                self._start()

    def _write_ctl(self, value: int) -> None:
        if not self._locked:
            running = self.regs[CTL] & INTEN
            self.regs[CTL] = value & 7 | running
            if value & INTEN and not running:
                self._start()

    def _write_icr(self, _value: int) -> None:
        if self._locked:
            self.chip.report("wdt", "WDT fed while locked: ignored")
            return
        self._ris = 0
        self.chip.nvic.set_line(IRQ, False)
        if self.regs[CTL] & INTEN:
            self._start()

    def _write_lock(self, value: int) -> None:
        self._locked = int(value != UNLOCK)

    def _write_test(self, value: int) -> None:
        if not self._locked:
            self.regs[TEST] = value
