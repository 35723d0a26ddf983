"""The on-chip flash controller (cc3220-hardware.md 3.10)."""

from ..block import Block
from ..memory import FLASH_BASE, FLASH_SIZE

FMA, FMD, FMC, FCRIS, FCIM, FCMISC, FMC2, FWBVAL, FWB = (
    0x000, 0x004, 0x008, 0x00C, 0x010, 0x014, 0x020, 0x030, 0x100,
)  # fmt: skip
KEY = 0xA442
WRITE, ERASE, MASS_ERASE = 1, 2, 4
ACCESS_ERROR, DONE, INVALID_DATA = 1 << 0, 1 << 1, 1 << 10
SECTOR = 2048
LINE = 128
IRQ = 29


class FlashController(Block):
    """Erases and programs at once: the bits of FMC read 0 again immediately."""

    name = "FLASH_CTRL"
    base = 0x400F_D000
    RESET = {
        FMA: 0, FMD: 0, FCRIS: 0, FCIM: 0, FWBVAL: 0,
        **{FWB + 4 * n: 0xFFFF_FFFF for n in range(LINE // 4)},
    }  # fmt: skip

    def __init__(self, chip):
        super().__init__(chip)
        self.readers |= {
            FMC: lambda: 0,
            FMC2: lambda: 0,
            FCMISC: lambda: self.regs[FCRIS] & self.regs[FCIM],
        }
        self.writers |= {
            FMC: self._write_fmc,
            FMC2: self._write_fmc2,
            FCRIS: lambda value: None,
            FCIM: self._write_fcim,
            FCMISC: self._write_fcmisc,
            FWBVAL: lambda value: None,
        }
        for n in range(LINE // 4):
            self.writers[FWB + 4 * n] = lambda value, n=n: self._write_buffer(n, value)

    def _write_buffer(self, n: int, value: int) -> None:
        self.regs[FWB + 4 * n] = value
        self.regs[FWBVAL] |= 1 << n

    def _write_fmc(self, value: int) -> None:
        if value >> 16 != KEY:
            return
        self._warn_if_running_from_flash()
        address = self.regs[FMA]
        if value & MASS_ERASE:
            self._erase(FLASH_BASE, FLASH_SIZE)
        elif value & ERASE:
            self._erase(address & -SECTOR, SECTOR)
        elif value & WRITE:
            self._program({address & ~3: self.regs[FMD]})
        self._finish(0)

    def _write_fmc2(self, value: int) -> None:
        if value >> 16 != KEY or not value & 1:
            return
        self._warn_if_running_from_flash()
        line = self.regs[FMA] & -LINE
        valid = self.regs[FWBVAL]
        self.regs[FWBVAL] = 0
        words = range(LINE // 4)
        self._program({line + 4 * n: self.regs[FWB + 4 * n] for n in words if valid >> n & 1})
        self._finish(0)

    def _warn_if_running_from_flash(self) -> None:
        if self.chip.flash.holds(self.chip.cpu.read_pc()):
            self.chip.report("flash", "flash is erased or programmed by code that runs in it")

    def _in_flash(self, address: int, length: int) -> bool:
        if self.chip.flash.holds(address, length):
            return True
        self._finish(ACCESS_ERROR)
        return False

    def _erase(self, address: int, length: int) -> None:
        if self._in_flash(address, length):
            self.chip.flash.write(address, b"\xff" * length)
            self.chip.cpu.flush(address, address + length)

    def _program(self, words: dict[int, int]) -> None:
        """Bits go from 1 to 0 only; an attempt at the other way is noted."""
        flash = self.chip.flash
        for address, value in words.items():
            if not self._in_flash(address, 4):
                return
            old = flash.word(address)
            if value & ~old:
                self._finish(INVALID_DATA)
            flash.put_word(address, old & value)
            self.chip.cpu.flush(address, address + 4)

    def _finish(self, error: int) -> None:
        self.regs[FCRIS] |= DONE | error
        self._update()

    def _update(self) -> None:
        self.chip.nvic.set_line(IRQ, bool(self.regs[FCRIS] & self.regs[FCIM]))

    def _write_fcim(self, value: int) -> None:
        self.regs[FCIM] = value
        self._update()

    def _write_fcmisc(self, value: int) -> None:
        self.regs[FCRIS] &= ~value
        self._update()
