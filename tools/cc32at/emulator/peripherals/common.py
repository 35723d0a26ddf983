"""COMMON_REG: the mailbox between application and NWP, shared semaphores (3.4)."""

from ..block import Block

NW_INT_MASK, NW_MASK_SET, NW_MASK_CLR, NW_STS_CLR, NW_ACK, NW_TRIG, NW_MASKED, NW_RAW = (
    0x84, 0x88, 0x8C, 0x90, 0x94, 0x98, 0x9C, 0xA0,
)  # fmt: skip
APPS_MASK, APPS_MASK_SET, APPS_MASK_CLR, APPS_STS_CLR, APPS_ACK, APPS_TRIG = (
    0xA4, 0xA8, 0xAC, 0xB0, 0xB4, 0xB8,
)  # fmt: skip
APPS_MASKED, APPS_RAW = 0xBC, 0xC0
SEMAPHORES = (0x00, 0x04, 0x3C)  # I2C, serial flash SPI, GPIO: two bits an owner
HOST_IRQ = 171


class CommonReg(Block):
    """Bit 0 in both directions. Towards the application it is the level of the NWP's line."""

    name = "COMMON_REG"
    base = 0x400F_7000
    RESET = {
        NW_INT_MASK: 0xFFFF_FFFF, APPS_MASK: 0xFFFF_FFFF, 0x00: 1, 0x04: 0, 0x3C: 0x155,
    }  # fmt: skip
    STATE = ("_nw_raw", "_apps_raw")

    def __init__(self, chip):
        super().__init__(chip)
        self._nw_raw = 0
        self._apps_raw = 0
        self.readers |= {
            NW_MASKED: lambda: self._nw_raw & ~self.regs[NW_INT_MASK],
            NW_RAW: lambda: self._nw_raw,
            APPS_MASKED: lambda: self._apps_raw & ~self.regs[APPS_MASK],
            APPS_RAW: self._read_apps_raw,
            NW_TRIG: lambda: 0,
            APPS_TRIG: lambda: 0,
        }
        self.writers |= {
            NW_MASK_SET: lambda value: self._set_nw_mask(self.regs[NW_INT_MASK] | value),
            NW_MASK_CLR: lambda value: self._set_nw_mask(self.regs[NW_INT_MASK] & ~value),
            NW_STS_CLR: self._clear_nw,
            NW_ACK: self._clear_nw,
            NW_TRIG: lambda value: self.set_line(bool(value & 1)),
            APPS_MASK_SET: lambda value: self._set_apps_mask(self.regs[APPS_MASK] | value),
            APPS_MASK_CLR: lambda value: self._set_apps_mask(self.regs[APPS_MASK] & ~value),
            APPS_STS_CLR: self._clear_apps,
            APPS_ACK: self._clear_apps,
            APPS_TRIG: self._trigger,
        }
        for offset in (NW_MASK_SET, NW_MASK_CLR, NW_STS_CLR, NW_ACK, APPS_MASK_SET,
                       APPS_MASK_CLR, APPS_STS_CLR, APPS_ACK):  # fmt: skip
            self.readers[offset] = lambda: 0
        for offset in SEMAPHORES:
            self.writers[offset] = lambda value, offset=offset: self._semaphore(offset, value)

    def reset(self) -> None:
        """The mailbox's mask closes; the NWP's line is not ours to reset."""
        super().reset()
        self._apps_raw = 0
        self._update()

    def _update(self) -> None:
        self.chip.nvic.set_line(HOST_IRQ, bool(self._nw_raw & ~self.regs[NW_INT_MASK]))

    def set_line(self, level: bool) -> None:
        """The NWP raises or drops its request."""
        self._nw_raw = int(level)
        self._update()

    def _set_nw_mask(self, mask: int) -> None:
        self.regs[NW_INT_MASK] = mask
        self._update()

    def _clear_nw(self, value: int) -> None:
        """Dropped until the NWP raises it anew, even if it has a message (pessimistic, 8.3)."""
        self._nw_raw &= ~value
        self._update()

    def _set_apps_mask(self, mask: int) -> None:
        self.regs[APPS_MASK] = mask

    def _trigger(self, value: int) -> None:
        if value & 1:
            self._apps_raw = 1
            self.chip.nwp_port.trigger()

    def _read_apps_raw(self) -> int:
        """1 for one read after a trigger, then 0: pleases both variants of the host code (8.3)."""
        raw, self._apps_raw = self._apps_raw, 0
        return raw

    def _clear_apps(self, value: int) -> None:
        self._apps_raw &= ~value

    def _semaphore(self, offset: int, value: int) -> None:
        """Fields of two bits: while one is owned only 00 is taken, while free anything is."""
        current = self.regs[offset]
        for shift in range(0, 10, 2):
            field, new = current >> shift & 3, value >> shift & 3
            if field == 0 or new == 0:
                current = current & ~(3 << shift) | new << shift
        self.regs[offset] = current
