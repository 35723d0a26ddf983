"""GPRCM: reset requests, reset cause, power states, fused identity (cc3220-hardware.md 3.2)."""

from ..block import Block

APPS_SOFT_RESET, APPS_RESET_CAUSE, MCU_SOFT_RESET = 0x000, 0x00C, 0x108
NWP_SOFT_RESET, NWP_LPDS_WAKEUP_CFG, NWP_RESET_CAUSE = 0x400, 0x404, 0x40C
NWP_PWR_STATE, APPS_PWR_STATE = 0xC48, 0xC4C

POWER_ON, LPDS_EXIT, CORE_RESET, APPS_RESET, WATCHDOG_RESET, MCU_RESET = 0, 1, 3, 4, 5, 6

NWP_DOWN = 0x20  # its wake-up mask when it is off or ready for it (8.3)
NWP_UP = 0x2F  # the real value is unknown; anything but 0x20

EFUSE = {0x448: 0x0000_D4F5, 0x44C: 0x1337_C3E1, 0xC78: 0}
EFUSE_REG2 = 0xC80
DIE_ID = {0xCC0: 0x0012_0034, 0xCC4: 0x0000_0007, 0xCC8: 0x4C4F_5431, 0xCCC: 0x0000_0001, 0xCD0: 0}


class Gprcm(Block):
    """Writes that reset take effect before the next instruction; they do not return."""

    name = "GPRCM"
    base = 0x4402_D000
    storage = True
    RESET = {0x004: 0, 0x100: 2, 0x110: 0}
    STATE = ("cause",)

    def __init__(self, chip):
        super().__init__(chip)
        self.cause = POWER_ON
        self.readers |= {
            APPS_SOFT_RESET: lambda: 0,
            APPS_RESET_CAUSE: lambda: self.cause,
            MCU_SOFT_RESET: lambda: 0,
            NWP_SOFT_RESET: lambda: 0,
            NWP_LPDS_WAKEUP_CFG: self._nwp_wakeup,
            NWP_RESET_CAUSE: lambda: 0,
            NWP_PWR_STATE: lambda: 0x300 if chip.nwp_port.powered else 0,
            APPS_PWR_STATE: lambda: 0x300,
        }
        for offset, value in (EFUSE | DIE_ID | {EFUSE_REG2: chip.variant.efuse}).items():
            self.readers[offset] = lambda value=value: value
            self.writers[offset] = lambda value: None
        self.writers |= {
            APPS_SOFT_RESET: self._apps_reset,
            MCU_SOFT_RESET: self._mcu_reset,
            APPS_RESET_CAUSE: lambda value: None,
        }

    def _nwp_wakeup(self) -> int:
        return NWP_DOWN if self.chip.nwp_port.ready_for_power_off() else NWP_UP

    def _apps_reset(self, value: int) -> None:
        if value & 2:
            self.chip.request_reset(APPS_RESET)
        elif value & 1:
            self.chip.request_reset(CORE_RESET)

    def _mcu_reset(self, value: int) -> None:
        if value & 1:
            self.chip.request_reset(MCU_RESET)
