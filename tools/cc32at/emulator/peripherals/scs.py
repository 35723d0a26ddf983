"""System control space 0xE000E000: NVIC registers, system control block, SysTick; and the DWT."""

from functools import partial

from ..block import Block
from ..nvic import BUS_FAULT, EXCEPTIONS, MEM_MANAGE, PENDSV, PRIORITY_MASK, SYSTICK, USAGE_FAULT
from .systick import SysTick

ICTR, ACTLR = 0x004, 0x008
ISER, ICER, ISPR, ICPR, IABR, IPR = 0x100, 0x180, 0x200, 0x280, 0x300, 0x400
CPUID, ICSR, VTOR, AIRCR, SCR, CCR, SHPR1, SHCSR = (
    0xD00, 0xD04, 0xD08, 0xD0C, 0xD10, 0xD14, 0xD18, 0xD24,
)  # fmt: skip
CFSR, HFSR, DFSR, MMFAR, BFAR, AFSR, CPACR, DEMCR, STIR = (
    0xD28, 0xD2C, 0xD30, 0xD34, 0xD38, 0xD3C, 0xD88, 0xDFC, 0xF00,
)  # fmt: skip
WORDS = 6  # of 32 interrupt lines
TRCENA = 1 << 24
NMIPENDSET, PENDSVSET, PENDSVCLR, PENDSTSET, PENDSTCLR = (
    1 << 31,
    1 << 28,
    1 << 27,
    1 << 26,
    1 << 25,
)
ICSR_PENDING, ICSR_RETTOBASE = 1 << 22, 1 << 11
FAULT_ENABLES = ((16, MEM_MANAGE), (17, BUS_FAULT), (18, USAGE_FAULT))
IRQ_MASK = (1 << EXCEPTIONS) - (1 << 16)


class SystemControl(Block):
    """The registers that drivers use to reach nvic.Nvic."""

    name = "SCS"
    base = 0xE000_E000
    privileged = True
    RESET = {
        ICTR: 5, ACTLR: 0, CPUID: 0x410F_C241, SCR: 0, CCR: 0x200, HFSR: 0, DFSR: 0, CFSR: 0,
        MMFAR: 0, BFAR: 0, AFSR: 0, CPACR: 0, DEMCR: 0,
        0xDF0: 0, 0xDF4: 0, 0xDF8: 0, 0xD8C: 0, 0xD90: 0, 0xD94: 0,
    }  # fmt: skip

    def __init__(self, chip):
        super().__init__(chip)
        self.nvic = chip.nvic
        self.systick = SysTick(self)
        for n in range(WORDS):
            self._map_word(n)
        for n in range(0, EXCEPTIONS - 16, 4):
            self._map_priorities(IPR + n, 16 + n)
        for n in range(4, 16, 4):
            self._map_priorities(SHPR1 + n - 4, n)
        self.readers |= {
            ICSR: self._read_icsr,
            VTOR: lambda: self.nvic.vtor,
            AIRCR: lambda: 0xFA05_0000 | self._prigroup() << 8,
            SHCSR: self._read_shcsr,
        }
        self.writers |= {
            ICSR: self._write_icsr,
            VTOR: self._write_vtor,
            AIRCR: self._write_aircr,
            SHCSR: self._write_shcsr,
            CFSR: self.clear_bits(CFSR),
            HFSR: self.clear_bits(HFSR),
            DFSR: self.clear_bits(DFSR),
            CPUID: lambda value: None,
            ICTR: lambda value: None,
            STIR: lambda value: self.nvic.pend(16 + (value & 0x1FF)),
            CPACR: lambda value: None,  # no FPU: reads 0 whatever is written
        }

    def reset(self) -> None:
        super().reset()
        self.systick.reset()

    def narrow(self, offset, size, value):
        at, shift = offset & -4, 8 * (offset & 3)
        if IPR <= at < IPR + 0x100 or SHPR1 <= at < SHPR1 + 12:
            mask = ((1 << 8 * size) - 1) << shift
            return at, self.readers[at]() & ~mask | value << shift & mask
        return super().narrow(offset, size, value)

    # Enable, pending, active

    def _map_word(self, n: int) -> None:
        shift = 16 + 32 * n
        nvic = self.nvic
        enabled = lambda: nvic.enabled >> shift & 0xFFFF_FFFF  # noqa: E731
        pending = lambda: nvic.pending >> shift & 0xFFFF_FFFF  # noqa: E731
        self.readers |= {
            ISER + 4 * n: enabled,
            ICER + 4 * n: enabled,
            ISPR + 4 * n: pending,
            ICPR + 4 * n: pending,
            IABR + 4 * n: lambda: sum(1 << e for e in nvic.active) >> shift & 0xFFFF_FFFF,
        }
        self.writers |= {
            ISER + 4 * n: partial(self._enable, shift),
            ICER + 4 * n: partial(self._disable, shift),
            ISPR + 4 * n: partial(self._set_pending, shift),
            ICPR + 4 * n: partial(self._clear_pending, shift),
            IABR + 4 * n: lambda value: None,
        }

    def _enable(self, shift: int, value: int) -> None:
        self.nvic.enabled |= value << shift & IRQ_MASK
        self.nvic.changed()

    def _disable(self, shift: int, value: int) -> None:
        self.nvic.enabled &= ~(value << shift)
        self.nvic.changed()

    def _set_pending(self, shift: int, value: int) -> None:
        self.nvic.pending |= value << shift & IRQ_MASK
        self.nvic.changed()

    def _clear_pending(self, shift: int, value: int) -> None:
        """A line that is still high stays pending, unless its handler is running."""
        nvic = self.nvic
        still = nvic.lines & ~sum(1 << e for e in nvic.active)
        nvic.pending &= ~(value << shift & ~still)
        nvic.changed()

    # Priorities

    def _map_priorities(self, offset: int, first: int) -> None:
        numbers = [n for n in range(first, first + 4) if n < EXCEPTIONS]

        def read() -> int:
            return sum(self.nvic.priority[n] << 8 * i for i, n in enumerate(numbers) if n > 3)

        def write(value: int) -> None:
            for i, n in enumerate(numbers):
                self.nvic.priority[n] = value >> 8 * i & PRIORITY_MASK
            self.nvic.changed()

        self.readers[offset] = read
        self.writers[offset] = write

    # System control block

    def _read_icsr(self) -> int:
        nvic = self.nvic
        active = nvic.active[-1] if nvic.active else 0
        value = active | nvic.best() << 12
        if len(nvic.active) <= 1:
            value |= ICSR_RETTOBASE
        if nvic.pending & nvic.enabled & IRQ_MASK:
            value |= ICSR_PENDING
        if nvic.pending >> PENDSV & 1:
            value |= PENDSVSET
        self.systick.sync()
        if nvic.pending >> SYSTICK & 1:
            value |= PENDSTSET
        return value

    def _write_icsr(self, value: int) -> None:
        nvic = self.nvic
        if value & PENDSVCLR:
            nvic.pending &= ~(1 << PENDSV)
        if value & PENDSTCLR:
            nvic.pending &= ~(1 << SYSTICK)
        if value & PENDSVSET:
            nvic.pending |= 1 << PENDSV
        if value & PENDSTSET:
            nvic.pending |= 1 << SYSTICK
        if value & NMIPENDSET:
            nvic.pending |= 1 << 2
        nvic.changed()

    def _write_vtor(self, value: int) -> None:
        if value & 0x3FF:
            self.chip.report("vtor", f"VTOR 0x{value:08X} is not aligned to 1024")
        self.nvic.vtor = value & 0xFFFF_FF80

    def _prigroup(self) -> int:
        return 7 - (self.nvic.group_mask & 0xFF).bit_count()

    def _write_aircr(self, value: int) -> None:
        """SYSRESETREQ does nothing on this family (cc3220-hardware.md 1.1)."""
        if value >> 16 != 0x05FA:
            return
        self.nvic.group_mask = 0xFF & (0xFF << ((value >> 8 & 7) + 1))
        if value & 4:
            self.chip.report("aircr", "SYSRESETREQ is ignored by this chip")
        self.nvic.changed()

    def _read_shcsr(self) -> int:
        enabled = sum(1 << bit for bit, n in FAULT_ENABLES if self.nvic.enabled >> n & 1)
        active = {4: 0, 5: 1, 6: 3, 11: 7, 14: 10, 15: 11}
        return enabled | sum(1 << active[n] for n in self.nvic.active if n in active)

    def _write_shcsr(self, value: int) -> None:
        for bit, number in FAULT_ENABLES:
            self.nvic.enabled &= ~(1 << number)
            self.nvic.enabled |= (value >> bit & 1) << number
        self.nvic.changed()

    def save(self) -> dict:
        return super().save() | {"systick": self.systick.save()}

    def load(self, state: dict) -> None:
        super().load(state)
        self.systick.load(state["systick"])


class Dwt(Block):
    """Data watchpoint and trace: the cycle counter."""

    name = "DWT"
    base = 0xE000_1000
    privileged = True
    RESET = {0x000: 0x4000_0000}
    STATE = ("_base", "_held")
    CTRL, CYCCNT = 0x000, 0x004

    def __init__(self, chip):
        super().__init__(chip)
        self._base = 0
        self._held = 0
        self.readers[self.CYCCNT] = self._count
        self.writers |= {self.CTRL: self._write_ctrl, self.CYCCNT: self._write_count}

    def _running(self) -> bool:
        return bool(self.regs[0] & 1 and self.chip.scs.regs[DEMCR] & TRCENA)

    def _count(self) -> int:
        return (self.chip.now() - self._base if self._running() else self._held) & 0xFFFF_FFFF

    def _write_ctrl(self, value: int) -> None:
        self._held = self._count()
        self.regs[0] = 0x4000_0000 | value & 1
        self._base = self.chip.now() - self._held

    def _write_count(self, value: int) -> None:
        self._held = value
        self._base = self.chip.now() - value
