"""General purpose timers A0..A3, the Stellaris GPTM (cc3220-hardware.md 3.7)."""

from functools import partial

from ..block import Block
from ..scheduler import Event

CFG, TAMR, TBMR, CTL, IMR, RIS, MIS, ICR = 0x00, 0x04, 0x08, 0x0C, 0x18, 0x1C, 0x20, 0x24
TAILR, TBILR, TAMATCHR, TBMATCHR, TAPR, TBPR, TAPMR, TBPMR = (
    0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C, 0x40, 0x44,
)  # fmt: skip
TAR, TBR, TAV, TBV = 0x48, 0x4C, 0x50, 0x54
ONE_SHOT, PERIODIC = 1, 2
COUNT_UP, MATCH_IE = 1 << 4, 1 << 5
TIMEOUT, MATCH = 1, 1 << 4  # of half A in RIS; half B: TIMEOUT << 8, MATCH at bit 11
PLACES = ((0x4003_0000, 0x90, 19), (0x4003_1000, 0x98, 21), (0x4003_2000, 0xA0, 23),
          (0x4003_3000, 0xA8, 35))  # fmt: skip


class Half:
    """Timer A or B. In 32-bit configuration A counts with all bits and B stands still.

    A running period is described by the cycle at which it ends.
    """

    def __init__(self, timer: "Timer", index: int):
        self.timer = timer
        self.index = index
        self.end = 0
        self.period = 0
        self.held = 0
        self.running = False
        self.timeout_event: Event | None = None
        self.match_event: Event | None = None

    def _regs(self, register: int) -> int:
        return self.timer.regs[register + 4 * self.index]

    def _span(self) -> int:
        """Cycles of one period."""
        load = self._regs(TAILR)
        if self.timer.wide:
            return load + 1
        prescale = self._regs(TAPR) & 0xFF
        if self._regs(TAMR) & COUNT_UP:
            return (prescale << 16 | load & 0xFFFF) + 1
        return ((load & 0xFFFF) + 1) * (prescale + 1)

    def value(self) -> int:
        if not self.running:
            return self.held
        left = self.end - self.timer.chip.now()
        if self._regs(TAMR) & COUNT_UP:
            return max(self.period - left, 0)
        if not self.timer.wide:
            left //= (self._regs(TAPR) & 0xFF) + 1
        return max(left - 1, 0)

    def start(self) -> None:
        self.running = True
        self.begin(self.timer.chip.now())

    def begin(self, now: int) -> None:
        self.cancel()
        self.period = self._span()
        self.end = now + self.period
        at = self.timer.chip.scheduler.at
        self.timeout_event = at(self.end, self.timed_out)
        if self._regs(TAMR) & MATCH_IE:
            match = self._regs(TAMATCHR)
            up = self._regs(TAMR) & COUNT_UP
            when = now + match + 1 if up else self.end - match
            if now < when <= self.end:
                self.match_event = at(when, self.matched)

    def cancel(self) -> None:
        self.timer.chip.scheduler.cancel(self.timeout_event)
        self.timer.chip.scheduler.cancel(self.match_event)
        self.timeout_event = self.match_event = None

    def stop(self) -> None:
        self.held = self.value()
        self.running = False
        self.cancel()

    def timed_out(self) -> None:
        if self._regs(TAMR) & 3 == PERIODIC:
            self.begin(self.end)
        else:
            self.running = False
            self.cancel()
            self.held = 0
            self.timer.regs[CTL] &= ~(1 << 8 * self.index)
        self.timer.raise_bit(TIMEOUT << 8 * self.index)

    def matched(self) -> None:
        self.match_event = None
        self.timer.raise_bit(MATCH << 7 * self.index)

    def save(self) -> tuple:
        return self.end, self.period, self.held, self.running, self.timeout_event, self.match_event

    def load(self, state: tuple) -> None:
        (self.end, self.period, self.held, self.running, self.timeout_event,
         self.match_event) = state  # fmt: skip


class Timer(Block):
    """One timer module: one-shot and periodic, up and down, match; no capture, no PWM."""

    RESET = {
        CFG: 0, TAMR: 0, TBMR: 0, CTL: 0, IMR: 0, TAILR: 0xFFFF_FFFF, TBILR: 0xFFFF,
        TAMATCHR: 0xFFFF_FFFF, TBMATCHR: 0xFFFF, TAPR: 0, TBPR: 0, TAPMR: 0, TBPMR: 0, 0x10: 0,
    }  # fmt: skip
    STATE = ("_ris",)

    def __init__(self, chip, number: int):
        self.name = f"TIMERA{number}"
        self.base, self.gate, self._irq = PLACES[number]
        super().__init__(chip)
        self._ris = 0
        self.halves = (Half(self, 0), Half(self, 1))
        for index, half in enumerate(self.halves):
            for register in (TAR, TAV):
                self.readers[register + 4 * index] = half.value
                self.writers[register + 4 * index] = lambda value: None
            self.writers[TAILR + 4 * index] = partial(self._write_load, index)
            self.writers[TAMATCHR + 4 * index] = partial(self._write_match, index)
        self.readers |= {
            RIS: lambda: self._ris,
            MIS: lambda: self._ris & self.regs[IMR],
            ICR: lambda: 0,
        }
        self.writers |= {CTL: self._write_ctl, IMR: self._write_imr, ICR: self._write_icr}

    @property
    def wide(self) -> bool:
        return self.regs[CFG] & 7 != 4

    def reset(self) -> None:
        super().reset()
        for half in self.halves:
            half.stop()
            half.held = 0
        self._ris = 0
        self._update()

    def gating(self) -> None:
        """Without a clock the counters stand still."""
        for index, half in enumerate(self.halves):
            if not self.clocked:
                half.stop()
            elif self.regs[CTL] >> 8 * index & 1 and not half.running:
                half.start()

    def _write_ctl(self, value: int) -> None:
        before, self.regs[CTL] = self.regs[CTL], value & 0x7F7F
        for index, half in enumerate(self.halves):
            enable = 1 << 8 * index
            if value & enable and not before & enable and not (index and self.wide):
                half.start()
                self.chip.cpu.stop_soon()
            elif before & enable and not value & enable:
                half.stop()

    def _write_load(self, index: int, value: int) -> None:
        """A new interval begins at once when the timer runs."""
        self.regs[TAILR + 4 * index] = value
        if self.halves[index].running:
            self.halves[index].begin(self.chip.now())
            self.chip.cpu.stop_soon()

    def _write_match(self, index: int, value: int) -> None:
        self.regs[TAMATCHR + 4 * index] = value

    def raise_bit(self, bit: int) -> None:
        self._ris |= bit
        self._update()

    def _update(self) -> None:
        active = self._ris & self.regs[IMR]
        self.chip.nvic.set_line(self._irq, bool(active & 0xFF))
        self.chip.nvic.set_line(self._irq + 1, bool(active & 0xFF00))

    def _write_imr(self, value: int) -> None:
        self.regs[IMR] = value
        self._update()

    def _write_icr(self, value: int) -> None:
        self._ris &= ~value
        self._update()

    def save(self) -> dict:
        return super().save() | {"halves": [half.save() for half in self.halves]}

    def load(self, state: dict) -> None:
        super().load(state)
        for half, saved in zip(self.halves, state["halves"], strict=True):
            half.load(saved)
