"""What happens before the first instruction of the image (cc3220-hardware.md 1.4, 8.2, 8.3).

The state at entry is the worst that silicon may leave: unknown registers and SRAM, VTOR
elsewhere, the ROM's pins still connected to the ROM. But PRIMASK is clear, as the vendor's images
take for granted (section 11), unless `Chip.primask` asks for what a debugger may leave. On the S
and the R the ROM reads the image from the serial flash first, with its own data in low SRAM.
"""

from typing import TYPE_CHECKING

from unicorn.arm_const import UC_ARM_REG_MSP, UC_ARM_REG_PRIMASK

from .peripherals.gprcm import CORE_RESET, MCU_RESET, POWER_ON, WATCHDOG_RESET
from .peripherals.hib import HIB_REG2, WAKE_EN
from .peripherals.ocp import SPARE_REG_8
from .variants import RAM_IMAGE, ROM_RAM

if TYPE_CHECKING:
    from .chip import Chip

COLD_PATTERN = bytes.fromhex("a55ac33c96695af0")
SCRAMBLED = bytes.fromhex("3c6ad41ee7815bb2")
ROM_LEFT = bytes.fromhex("0b00f0e5c35a9d66")  # in the SRAM that was the ROM's
JUNK = 0xDEAD_0000
WDT_RECOVERY = 7 << 5  # SPARE_REG_8: the ROM answers a watchdog reset with a hibernate cycle
WDT_WAKE_STATUS = 0x05


def power_on(chip: "Chip") -> None:
    """Supply or nRESET: everything is new."""
    chip.nwp_port.cut()
    chip.sram.fill(COLD_PATTERN)
    chip.hib.power_lost()
    for block in (chip.ocp, chip.hib1p2, chip.gprcm, *chip.peripherals):
        block.reset()
    _start(chip, POWER_ON)


def soft_reset(chip: "Chip", cause: int) -> None:
    """GPRCM's resets: SRAM is kept, and the NWP too unless the whole MCU was asked for."""
    if cause == MCU_RESET:
        chip.nwp_port.cut()
    if cause != CORE_RESET:
        _reset_peripherals(chip)
    _start(chip, cause)


def _reset_peripherals(chip: "Chip") -> None:
    for block in chip.peripherals:
        block.reset()
    chip.ocp.reset_pads()
    chip.pads_changed()


def enter_hibernation(chip: "Chip") -> None:
    """All but the 3.3 V domain loses power."""
    chip.hibernating = True
    chip.nwp_port.cut()
    for block in (chip.ocp, chip.hib1p2, chip.gprcm, *chip.peripherals):
        block.reset()
    chip.scs.reset()
    chip.nvic.reset()
    chip.sram.fill(SCRAMBLED)


def wake(chip: "Chip", source: int) -> None:
    """End of hibernation; source as in HIB_WAKE_STATUS."""
    chip.hib.woke(source)
    chip.ocp.regs[SPARE_REG_8] = source << 2
    _start(chip, POWER_ON)


def watchdog(chip: "Chip") -> None:
    """Second expiry. With the recovery bits set ROM makes it a hibernate cycle with a mark."""
    if chip.ocp.regs[SPARE_REG_8] & WDT_RECOVERY != WDT_RECOVERY:
        chip.request_reset(WATCHDOG_RESET)
        return
    enter_hibernation(chip)
    chip.hib.regs[HIB_REG2] |= 1
    chip.hib.regs[WAKE_EN] |= 1
    chip.hib.woke(WDT_WAKE_STATUS >> 1)
    _start(chip, POWER_ON)


def _start(chip: "Chip", cause: int) -> None:
    """The core is the ROM's, until the image is where it runs."""
    chip.hibernating = chip.hibernate_request = chip.asleep = False
    chip.reset_request = None
    chip.boots += 1
    chip.scs.reset()
    chip.dwt.reset()
    chip.nvic.reset()
    chip.gprcm.cause = cause
    chip.pads_changed()
    image = chip.image.file()
    chip.loaded_at = chip.now() + chip.variant.load_cycles(len(image), chip.CPU_HZ)
    if image:
        low = len(ROM_RAM)
        chip.sram.write(ROM_RAM.start, ROM_LEFT * (low // len(ROM_LEFT)))
        chip.sram.write(RAM_IMAGE, image)
    load(chip)


def load(chip: "Chip") -> bool:
    """Whether the image is loaded by now; if so, hand over to its vector table."""
    if chip.now() < chip.loaded_at:
        return False
    chip.loaded_at = None
    stack, entry = chip.image.entry(chip.flash, chip.sram)
    cpu = chip.cpu
    cpu.reset_status()
    cpu.fill(JUNK)
    cpu.write(UC_ARM_REG_MSP, stack)
    cpu.write(UC_ARM_REG_PRIMASK, chip.primask)
    cpu.pc = entry & ~1
