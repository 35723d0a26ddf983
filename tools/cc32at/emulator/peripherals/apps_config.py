"""APPS_CONFIG: the collector of DMA-done interrupts (cc3220-hardware.md 3.12)."""

from ..block import Block

MASK, MASK_SET, MASK_CLR, STS_CLR, ACK, MASKED, RAW = 0x8C, 0x90, 0x94, 0x98, 0x9C, 0xA0, 0xA4
GPT_TRIGGER = 0xB0
LSPI_RX_DONE, LSPI_TX_DONE = 1 << 4, 1 << 5
LSPI_BITS = LSPI_RX_DONE | LSPI_TX_DONE


class AppsConfig(Block):
    """Raw done bits and their mask; LSPI's two raise its interrupt with the SPI's own."""

    name = "APPS_CONFIG"
    base = 0x4402_6000
    storage = True
    RESET = {MASK: 0xFFFF_FFFF, RAW: 0, GPT_TRIGGER: 0}

    def __init__(self, chip):
        super().__init__(chip)
        self.readers[MASKED] = lambda: self.regs[RAW] & ~self.regs[MASK]
        self.writers |= {
            MASK: lambda value: None,
            MASK_SET: lambda value: self._set_mask(self.regs[MASK] | value),
            MASK_CLR: lambda value: self._set_mask(self.regs[MASK] & ~value),
            STS_CLR: self._clear,
            ACK: self._clear,
            RAW: lambda value: None,
        }
        for offset in (MASK_SET, MASK_CLR, STS_CLR, ACK):
            self.readers[offset] = lambda: 0

    def _set_mask(self, mask: int) -> None:
        self.regs[MASK] = mask
        self.chip.lspi.update_line()

    def _clear(self, value: int) -> None:
        self.regs[RAW] &= ~value
        self.chip.lspi.update_line()

    def done(self, bits: int) -> None:
        """A DMA transfer has ended."""
        self.regs[RAW] |= bits
        self.chip.lspi.update_line()

    def lspi_pending(self) -> bool:
        return bool(self.regs[RAW] & ~self.regs[MASK] & LSPI_BITS)
