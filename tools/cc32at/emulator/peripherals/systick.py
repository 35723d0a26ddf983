"""SysTick, as part of the system control space (Armv7-M; cc3220-hardware.md 3.7)."""

from ..block import Block
from ..nvic import SYSTICK

CTRL, LOAD, VAL, CALIB = 0x10, 0x14, 0x18, 0x1C
ENABLE, TICKINT, CLKSOURCE, COUNTFLAG = 1, 2, 4, 1 << 16


class SysTick:
    """The 24-bit down counter. Counts core cycles; CLKSOURCE 0 is counted the same.

    `_zero` is the cycle at which the counter next reads 0; it is followed lazily, and by an
    event only while the interrupt is enabled.
    """

    STATE = ("_ctrl", "_load", "_zero", "_held", "_flag", "_event")

    def __init__(self, block: Block):
        self.chip = block.chip
        self._event = None
        self.reset()
        block.readers |= {CTRL: self.read_ctrl, LOAD: lambda: self._load, VAL: self.read_val}
        block.readers[CALIB] = lambda: 0x8000_0000  # no reference clock
        block.writers |= {CTRL: self.write_ctrl, LOAD: self.write_load, VAL: self.write_val}

    def reset(self) -> None:
        self.chip.scheduler.cancel(self._event)
        self._event = None
        self._ctrl = 0
        self._load = 0
        self._zero = 0
        self._held = 0
        self._flag = 0

    def sync(self) -> None:
        """Account for the wraps up to now."""
        if not self._ctrl & ENABLE:
            return
        behind = self.chip.now() - self._zero
        if behind >= 0:
            self._flag = COUNTFLAG
            period = self._load + 1
            self._zero += (behind // period + 1) * period

    def _value(self) -> int:
        if not self._ctrl & ENABLE:
            return self._held
        left = self._zero - self.chip.now()
        return left if left <= self._load else 0

    def _schedule(self) -> None:
        self.chip.scheduler.cancel(self._event)
        self._event = None
        if self._ctrl & ENABLE and self._ctrl & TICKINT and self._load:
            self._event = self.chip.scheduler.at(self._zero, self._tick)

    def _tick(self) -> None:
        self.sync()
        self.chip.nvic.pend(SYSTICK)
        self._event = self.chip.scheduler.at(self._zero, self._tick)

    def read_ctrl(self) -> int:
        self.sync()
        value, self._flag = self._ctrl | self._flag, 0
        return value

    def write_ctrl(self, value: int) -> None:
        self.sync()
        left = self._value()
        was, self._ctrl = self._ctrl, value & 7
        if value & ENABLE and not was & ENABLE:
            # From 0 the next clock loads RELOAD: 0 comes again RELOAD + 1 cycles later.
            self._zero = self.chip.now() + (left or self._load + 1)
        elif was & ENABLE and not value & ENABLE:
            self._held = left
        self._schedule()
        self.chip.cpu.stop_soon()

    def write_load(self, value: int) -> None:
        self.sync()
        at_zero = self._ctrl & ENABLE and self._value() == 0
        self._load = value & 0xFF_FFFF
        if at_zero:
            self._zero = self.chip.now() + self._load + 1
        self._schedule()
        self.chip.cpu.stop_soon()

    def write_val(self, _value: int) -> None:
        self._flag = 0
        self._held = 0
        self._zero = self.chip.now() + self._load + 1
        self._schedule()
        self.chip.cpu.stop_soon()

    def read_val(self) -> int:
        self.sync()
        return self._value()

    def save(self) -> dict:
        return {name: getattr(self, name) for name in self.STATE}

    def load(self, state: dict) -> None:
        self.__dict__.update(state)
