"""OCP_SHARED: pads and the words that ROM, application and NWP share (cc3220-hardware.md 3.3)."""

from functools import partial

from ..block import Block

PAD_BASE = 0x0A0
PADS = 41
PAD_RESET = 0xC61
UART_PADS_AFTER_ROM = 0xC63  # pads of pins 55 and 57: mode 3, still cut off by bits 10-11
PAD_OF_PIN = {
    **{pin: pin + 9 for pin in range(1, 9)},
    **{pin: pin + 7 for pin in range(11, 18)},
    18: 40, 19: 28, 20: 29, 21: 25, 29: 26, 30: 27, 45: 31, 50: 0, 52: 32, 53: 30, 55: 1, 57: 2,
    **{pin: pin - 55 for pin in range(58, 65)},
}  # fmt: skip
SPARE_REG_5, SPARE_REG_8 = 0x16C, 0x188
SLSTOP = 1 << 1
TRISTATE = 3 << 10


class OcpShared(Block):
    """Pad registers, SPARE_REG_5 (NWP hold) and SPARE_REG_8 (hibernate and watchdog marks)."""

    name = "OCP_SHARED"
    base = 0x4402_E000
    size = 0x800
    storage = True
    RESET = {
        **{PAD_BASE + 4 * pad: PAD_RESET for pad in range(PADS)},
        PAD_BASE + 4 * PAD_OF_PIN[55]: UART_PADS_AFTER_ROM,
        PAD_BASE + 4 * PAD_OF_PIN[57]: UART_PADS_AFTER_ROM,
        0x144: 0, 0x164: 0, SPARE_REG_5: 0, 0x184: 0, SPARE_REG_8: 0, 0x160: 0, 0x198: 0,
    }  # fmt: skip

    def __init__(self, chip):
        super().__init__(chip)
        self.writers[SPARE_REG_5] = self._write_spare5
        for pad in range(PADS):
            offset = PAD_BASE + 4 * pad
            self.writers[offset] = partial(self._write_pad, offset)

    def reset_pads(self) -> None:
        """What ROM leaves behind: everything else keeps its value."""
        for pad in range(PADS):
            offset = PAD_BASE + 4 * pad
            self.regs[offset] = self.RESET[offset]

    def pin_mode(self, pin: int) -> int | None:
        """Mux mode of a package pin; None while its pad is cut off."""
        value = self.regs[PAD_BASE + 4 * PAD_OF_PIN[pin]]
        return None if value & TRISTATE else value & 0xF

    def _write_pad(self, offset: int, value: int) -> None:
        self.regs[offset] = value & 0xFFF
        self.chip.pads_changed()

    def _write_spare5(self, value: int) -> None:
        was = self.regs[SPARE_REG_5]
        self.regs[SPARE_REG_5] = value
        if (was ^ value) & SLSTOP:
            self.chip.nwp_port.hold(bool(value & SLSTOP))
