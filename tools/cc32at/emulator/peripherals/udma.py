"""uDMA: as much as the link SPI needs (cc3220-hardware.md 3.12)."""

from functools import partial

from ..block import Block

STAT, CFG, CTLBASE, ALTBASE, SWREQ = 0x000, 0x004, 0x008, 0x00C, 0x014
USEBURST, REQMASK, ENABLE, ALTERNATE, PRIORITY = 0x018, 0x020, 0x028, 0x030, 0x038
ERRCLR, CHIS, CHMAP = 0x04C, 0x504, 0x510
ERROR_IRQ = 47
BASIC, STOPPED = 1, 0
NO_INCREMENT = 3
ENTRY = 16


class Transfer:
    """One channel's control table entry, decoded. Addresses are of the first item.

    An end pointer may be any address within the last item: the vendor's driver library writes
    start + n * size - 1 for every width (cc3220-hardware.md 11).
    """

    def __init__(self, entry: int, source_end: int, destination_end: int, control: int):
        self.entry = entry
        self.control = control
        self.mode = control & 7
        self.items = (control >> 4 & 0x3FF) + 1
        self.item_size = 1 << (control >> 24 & 3)
        self.source = self._first(source_end, control >> 26 & 3)
        self.destination = self._first(destination_end, control >> 30 & 3)

    def _first(self, end: int, increment: int) -> int:
        last = end & -self.item_size
        return last if increment == NO_INCREMENT else last - ((self.items - 1) << increment)


class Udma(Block):
    """Channel enables and the control table in SRAM; the LSPI asks for its two channels."""

    name = "UDMA"
    base = 0x400F_F000
    gate = 0x48
    RESET = {
        CTLBASE: 0, ERRCLR: 0, CHIS: 0, 0x500: 0, **{CHMAP + 4 * n: 0 for n in range(4)},
    }  # fmt: skip
    STATE = ("_enabled", "_on", "_bits")

    def __init__(self, chip):
        super().__init__(chip)
        self._enabled = 0
        self._on = 0
        self._bits = {USEBURST: 0, REQMASK: 0, ALTERNATE: 0, PRIORITY: 0}
        self.readers |= {
            STAT: lambda: 0x001F_0000 | self._on,
            ALTBASE: lambda: self.regs[CTLBASE] + 0x200,
            ENABLE: lambda: self._enabled,
            ENABLE + 4: lambda: 0,
            SWREQ: lambda: 0,
        }
        self.writers |= {
            CFG: self._write_cfg,
            CTLBASE: self._write_base,
            ENABLE: self._enable,
            ENABLE + 4: self._disable,
            SWREQ: lambda value: chip.report("udma", "software requests are not modelled"),
            ERRCLR: self._clear_error,
            CHIS: self.clear_bits(CHIS),
        }
        for offset in self._bits:
            self.readers[offset] = partial(self._bits.__getitem__, offset)
            self.readers[offset + 4] = lambda: 0
            self.writers[offset] = partial(self._set, offset)
            self.writers[offset + 4] = partial(self._unset, offset)

    def reset(self) -> None:
        super().reset()
        self._enabled = 0
        self._on = 0
        for offset in self._bits:
            self._bits[offset] = 0
        self.chip.nvic.set_line(ERROR_IRQ, False)

    def _set(self, offset: int, value: int) -> None:
        self._bits[offset] |= value

    def _unset(self, offset: int, value: int) -> None:
        self._bits[offset] &= ~value

    def _write_cfg(self, value: int) -> None:
        self._on = value & 1
        self.chip.lspi.try_dma()

    def _write_base(self, value: int) -> None:
        if value & 0x3FF or not self.chip.sram.holds(value, 0x400):
            self.chip.report("udma", f"control table 0x{value:08X}: not 1024-aligned in SRAM")
        self.regs[CTLBASE] = value & 0xFFFF_FC00

    def _enable(self, value: int) -> None:
        self._enabled |= value
        self.chip.lspi.try_dma()

    def _disable(self, value: int) -> None:
        self._enabled &= ~value

    def _clear_error(self, value: int) -> None:
        if value & 1:
            self.regs[ERRCLR] = 0
            self.chip.nvic.set_line(ERROR_IRQ, False)

    def error(self, why: str) -> None:
        """A transfer to where the uDMA cannot go."""
        self.chip.report("udma", why)
        self.regs[ERRCLR] = 1
        self.chip.nvic.set_line(ERROR_IRQ, True)

    def ready(self, channel: int) -> bool:
        return bool(self._on and self._enabled >> channel & 1 and self.clocked)

    def transfer(self, channel: int) -> Transfer | None:
        """The channel's entry (primary or alternate); None and an error if it cannot run."""
        table = self.regs[CTLBASE]
        if self._bits[ALTERNATE] >> channel & 1:
            table += 0x200
        entry = table + ENTRY * channel
        sram = self.chip.sram
        if not sram.holds(entry, ENTRY):
            self.error(f"channel {channel}: no control table")
            return None
        transfer = Transfer(entry, sram.word(entry), sram.word(entry + 4), sram.word(entry + 8))
        if transfer.mode != BASIC or transfer.item_size != 4:
            self.error(f"channel {channel}: control word 0x{transfer.control:08X} is not modelled")
            self._enabled &= ~(1 << channel)
            return None
        return transfer

    def finish(self, channel: int, transfer: Transfer) -> None:
        """The block is through: enable bit off, control word at mode 0 and size 0."""
        self._enabled &= ~(1 << channel)
        self.regs[CHIS] |= 1 << channel
        self.chip.sram.put_word(transfer.entry + 8, transfer.control & ~0x3FF7)
