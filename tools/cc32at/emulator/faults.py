"""Guest faults: from what stopped Unicorn to the exception and a report to read."""

import ctypes
from typing import TYPE_CHECKING

from unicorn import unicorn_const as uc
from unicorn.arm_const import UC_ARM_REG_LR, UC_ARM_REG_R0, UC_ARM_REG_SP

from .memory import FLASH_BASE, FLASH_SIZE, ROM_SIZE
from .nvic import BUS_FAULT, HARD_FAULT, USAGE_FAULT, Lockup, exception_name
from .peripherals.rom import WHY as ROM_WHY
from .peripherals.scs import BFAR, CFSR, DFSR, HFSR

if TYPE_CHECKING:
    from .chip import Chip

PRECISE, BFAR_VALID, IBUSERR, UNSTACK = 1 << 9, 1 << 15, 1 << 8, 1 << 11
UNDEFINED = 1 << 16
FORCED, DEBUG_EVENT = 1 << 30, 1 << 31
DFSR_BKPT = 2

NOT_MODELLED = {  # page -> what silicon has there
    0x4002_0000: "I2CA0", 0x400F_5000: "STACKDIE_CTRL", 0x400F_E000: "SYSTEM_CONTROL",
    0x4401_0000: "SDHOST", 0x4401_8000: "camera", 0x4401_C000: "I2S", 0x4402_0000: "SSPI",
    0x4402_1000: "GSPI", 0x4403_0000: "DTHE", 0x4403_5000: "SHA/MD5", 0x4403_7000: "AES",
    0x4403_9000: "DES", 0xE000_0000: "ITM", 0xE000_2000: "FPB",
}  # fmt: skip
FLASH_PARTS = {0x400F_D000, *range(FLASH_BASE, FLASH_BASE + FLASH_SIZE, 0x1000)}  # pages

_FETCHES = (uc.UC_ERR_FETCH_UNMAPPED, uc.UC_ERR_FETCH_PROT)
_WRITES = (uc.UC_MEM_WRITE_UNMAPPED, uc.UC_MEM_WRITE_PROT)
_INVALID = (
    uc.UC_HOOK_MEM_READ_UNMAPPED
    | uc.UC_HOOK_MEM_WRITE_UNMAPPED
    | uc.UC_HOOK_MEM_WRITE_PROT
    | uc.UC_HOOK_MEM_READ_PROT
)
INVALID_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_bool, ctypes.c_void_p, ctypes.c_int, ctypes.c_uint64, ctypes.c_int,
    ctypes.c_int64, ctypes.c_void_p,
)  # fmt: skip


class Faults:
    """Turns failed instructions into BusFault, UsageFault or HardFault."""

    def __init__(self, chip: "Chip"):
        self.chip = chip
        self._access: tuple[bool, int] | None = None
        chip.cpu.hook(_INVALID, INVALID_CALLBACK(self._note), 1, 0)

    def _note(self, _engine, access, address, _size, _value, _user) -> bool:
        self._access = access in _WRITES, address
        return False

    def handle(self) -> None:
        """After a run that ended with FAULT, or STOPPED by the bus."""
        chip = self.chip
        pc = chip.cpu.pc
        access, self._access = self._access, None
        refused, chip.bus.fault = chip.bus.fault, None
        if refused is not None:
            self._bus_error(pc, refused.write, refused.address, refused.why)
        elif access is not None:
            self._bus_error(pc, *access, self._why(*access))
        elif chip.cpu.status in _FETCHES:
            self.take(BUS_FAULT, CFSR, IBUSERR, f"no code at 0x{pc:08X}")
        else:
            self.take(USAGE_FAULT, CFSR, UNDEFINED, "undefined instruction or Arm state")

    def _why(self, write: bool, address: int) -> str:
        flash = self.chip.flash
        if write and flash.holds(address):
            return "flash is read-only for stores"
        if address < ROM_SIZE:
            return ROM_WHY
        if not flash.size and address & -0x1000 in FLASH_PARTS:
            return f"the {self.chip.variant.name} has no on-chip flash"
        block = NOT_MODELLED.get(address & -0x1000)
        return f"{block} is not modelled" if block else "nothing there"

    def _bus_error(self, pc: int, write: bool, address: int, why: str) -> None:
        way = "write to" if write else "read of"
        self.chip.scs.regs[BFAR] = address & 0xFFFF_FFFF
        self.take(BUS_FAULT, CFSR, PRECISE | BFAR_VALID, f"{way} 0x{address:08X}: {why}")

    def breakpoint(self) -> None:
        """BKPT without a debugger."""
        self.chip.scs.regs[DFSR] |= DFSR_BKPT
        self.take(HARD_FAULT, HFSR, DEBUG_EVENT, "BKPT without a debugger")

    def supervisor_call(self) -> None:
        """SVC from code of the same or a higher priority."""
        self.take(HARD_FAULT, HFSR, FORCED, "SVC where it cannot be taken")

    def fetch_abort(self) -> None:
        """A branch to where no code is, seen as a prefetch abort."""
        self.take(BUS_FAULT, CFSR, IBUSERR, f"no code at 0x{self.chip.cpu.pc:08X}")

    def take(self, number: int, register: int, bits: int, text: str) -> None:
        """Note the status bits, report, and enter the fault or what it escalates to.

        Lockup when the core is in HardFault or NMI already.
        """
        chip = self.chip
        nvic = chip.nvic
        chip.scs.regs[register] |= bits
        current = nvic.execution_priority()
        escalated = number
        if number != HARD_FAULT and not (
            nvic.enabled >> number & 1 and nvic.group_priority(number) < current
        ):
            escalated = HARD_FAULT
            chip.scs.regs[HFSR] |= FORCED
        report = self.describe(exception_name(number), text)
        chip.faults.append(report)
        chip.on_report(report)
        if current <= -1:
            raise Lockup(report)
        nvic.enter(escalated, return_to=chip.cpu.pc)

    def describe(self, name: str, text: str) -> str:
        """One line what and where, one line the registers."""
        chip = self.chip
        read = chip.cpu.read
        where = chip.image.symbols.describe
        lr = read(UC_ARM_REG_LR)
        registers = " ".join(f"r{n}={read(UC_ARM_REG_R0 + n):08x}" for n in range(4))
        inside = exception_name(chip.nvic.active[-1] if chip.nvic.active else 0)
        return (
            f"[{chip.now() / chip.CPU_HZ:.6f}] guest {name}: {text}\n"
            f"  at {where(chip.cpu.pc)} in {inside}, lr {where(lr & ~1)}, "
            f"sp 0x{read(UC_ARM_REG_SP):08X}, {registers}"
        )
