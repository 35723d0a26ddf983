"""GPIO ports A0..A4, PL061 style (cc3220-hardware.md 3.5)."""

from functools import partial

from ..block import Block

DIR, IS, IBE, IEV, IM, RIS, MIS, ICR = 0x400, 0x404, 0x408, 0x40C, 0x410, 0x414, 0x418, 0x41C
PORTS = (
    ("GPIOA0", 0x4000_4000, 0x50, 0),
    ("GPIOA1", 0x4000_5000, 0x58, 1),
    ("GPIOA2", 0x4000_6000, 0x60, 2),
    ("GPIOA3", 0x4000_7000, 0x68, 3),
    ("GPIOA4", 0x4002_4000, 0x70, None),
)
ACTIVE_HIGH_PULLED_DOWN = (13, 22)  # the LaunchPad's buttons


class Gpio(Block):
    """Eight pins. Inputs are driven from outside (`drive`), outputs are read back."""

    STATE = ("_inputs", "_out", "_ris")
    RESET = {DIR: 0, IS: 0, IBE: 0, IEV: 0, IM: 0}

    def __init__(self, chip, number: int):
        self.name, self.base, self.gate, self._irq = PORTS[number]
        super().__init__(chip)
        self.number = number
        self._inputs = 0
        self._out = 0
        self._ris = 0
        for mask in range(256):
            self.readers[mask << 2] = partial(self._read_data, mask)
            self.writers[mask << 2] = partial(self._write_data, mask)
        self.readers |= {RIS: lambda: self._raw(), MIS: lambda: self._raw() & self.regs[IM]}
        self.writers |= {
            DIR: self._write_dir,
            ICR: self._write_icr,
            **{offset: partial(self._write_sense, offset) for offset in (IS, IBE, IEV, IM)},
        }
        self.readers[ICR] = lambda: 0

    def reset(self) -> None:
        super().reset()
        self._out = 0
        self._ris = 0
        self._update()

    def pins(self) -> int:
        """Levels at the eight pins."""
        direction = self.regs[DIR]
        return self._out & direction | self._inputs & ~direction & 0xFF

    def drive(self, bit: int, level: bool) -> tuple[bool, bool]:
        """Put a level on an input from outside; returns (before, now) at the pin."""
        before = self.pins()
        mask = 1 << bit
        self._inputs = self._inputs & ~mask | (mask if level else 0)
        self._edges(before)
        return bool(before & mask), bool(self.pins() & mask)

    def _edges(self, before: int) -> None:
        now = self.pins()
        rising, falling = now & ~before, before & ~now
        both, rise = self.regs[IBE], self.regs[IEV]
        hit = (rising | falling) & both | rising & ~both & rise | falling & ~both & ~rise
        self._ris |= hit & ~self.regs[IS] & 0xFF
        self._update()

    def _raw(self) -> int:
        """Edges caught, and levels as they are."""
        level_sense = self.regs[IS]
        pins = self.pins()
        level = pins & self.regs[IEV] | ~pins & ~self.regs[IEV]
        return (self._ris & ~level_sense | level & level_sense) & 0xFF

    def _update(self) -> None:
        if self._irq is not None:
            self.chip.nvic.set_line(self._irq, bool(self._raw() & self.regs[IM]))

    def _read_data(self, mask: int) -> int:
        return self.pins() & mask

    def _write_data(self, mask: int, value: int) -> None:
        before = self.pins()
        self._out = self._out & ~mask | value & mask
        self._settled(before)

    def _write_dir(self, value: int) -> None:
        before = self.pins()
        self.regs[DIR] = value & 0xFF
        self._settled(before)

    def _settled(self, before: int) -> None:
        now = self.pins()
        if now != before:
            self._edges(before)
            self.chip.pins_changed(self.number, before, now)

    def _write_sense(self, offset: int, value: int) -> None:
        self.regs[offset] = value & 0xFF
        self._update()

    def _write_icr(self, value: int) -> None:
        self._ris &= ~value
        self._update()
