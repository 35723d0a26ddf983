"""The chip: its blocks wired together, its resets, and what the boot ROM does."""

import sys
from collections.abc import Callable
from typing import Any

from unicorn.arm_const import UC_ARM_REG_CONTROL

from . import bootrom
from .bus import Bus
from .cpu import NPRIV, Cpu
from .image import Image
from .line import Line
from .memory import FLASH_BASE, SRAM_BASE, SRAM_SIZE, Memory
from .nvic import Nvic
from .nwp_port import NoNwp, NwpPort
from .peripherals.apps_config import AppsConfig
from .peripherals.arcm import Arcm
from .peripherals.common import CommonReg
from .peripherals.flash import FlashController
from .peripherals.gpio import Gpio
from .peripherals.gprcm import Gprcm
from .peripherals.hib import WAKE_GPIO, WAKE_RTC, Hib1p2, Hib3p3
from .peripherals.lspi import Lspi
from .peripherals.ocp import OcpShared
from .peripherals.rom import Rom, rom_code
from .peripherals.scs import Dwt, SystemControl
from .peripherals.timers import Timer
from .peripherals.uart import Uart
from .peripherals.udma import Udma
from .peripherals.wdt import Watchdog
from .scheduler import CPU_HZ, Clock, Scheduler
from .variants import Variant

MAX_REPORTS = 1000


class Chip:
    """Everything inside the package, without the loop that makes it run (machine.py).

    cpi: cycles an instruction takes, 1 unless told otherwise; whole or broken. primask: PRIMASK
    as the image finds it. variant: which of the three; None = the one the image was built for.
    """

    CPU_HZ = CPU_HZ

    def __init__(
        self,
        image: Image,
        nwp=None,
        cpi: float = 1,
        accelerator=None,
        primask: bool = False,
        variant: Variant | None = None,
    ):
        self.variant = variant or image.variant()
        image.check(self.variant)
        self.image = image
        self.cpi = cpi
        self.primask = primask
        self.scheduler = Scheduler()
        self.flash = Memory(FLASH_BASE, self.variant.flash_size)
        self.sram = Memory(SRAM_BASE, SRAM_SIZE)
        self.cpu = Cpu(self.flash, self.sram, accelerator, rom_code())
        self.nvic = Nvic(self.cpu)
        self.base_cycles: float = 0  # at the start of the current slice
        self.now = self._make_now()
        self.reports: list[str] = []
        self.faults: list[str] = []
        self._reported: set[tuple[str, str]] = set()
        self.on_report: Callable[[str], None] = lambda text: print(text, file=sys.stderr)
        self.on_pins: Callable[[int, int, int], None] = lambda port, before, now: None
        self.reset_request: int | None = None
        self.hibernate_request = False
        self.hibernating = False
        self.asleep = False  # in WFI
        self.loaded_at: int | None = None  # the cycle at which the ROM hands over; None: it has
        self.boots = 0
        self.nwp_port = NwpPort(self, nwp or NoNwp())
        self._build()
        self.nwp_clock = Clock(self.scheduler, self.now)
        self.nwp_port.nwp.attach(self.nwp_clock, self._nwp_line)
        self.flash.fill(b"\xff")
        image.load_flash(self.flash)
        bootrom.power_on(self)

    def _make_now(self) -> Callable[[], int]:
        counters, cpi = self.cpu.counters, self.cpi
        if isinstance(cpi, int):
            return lambda: self.base_cycles + counters[0] * cpi
        return lambda: int(self.base_cycles + counters[0] * cpi)

    def _build(self) -> None:
        self.rom = Rom(self)
        self.wdt = Watchdog(self)
        self.gpio = tuple(Gpio(self, n) for n in range(5))
        self.uarts = (Uart(self, "UARTA0"), Uart(self, "UARTA1"))
        self.timers = tuple(Timer(self, n) for n in range(4))
        self.common = CommonReg(self)
        self.flash_controller = FlashController(self)
        self.udma = Udma(self)
        self.lspi = Lspi(self)
        self.arcm = Arcm(self)
        self.apps_config = AppsConfig(self)
        self.gprcm = Gprcm(self)
        self.ocp = OcpShared(self)
        self.hib1p2 = Hib1p2(self)
        self.hib = Hib3p3(self)
        self.scs = SystemControl(self)
        self.dwt = Dwt(self)
        self.peripherals = (
            self.wdt, *self.gpio, *self.uarts, *self.timers, self.flash_controller, self.udma,
            self.lspi, self.arcm, self.apps_config, self.common,
        )  # fmt: skip
        self.blocks = (
            *self.peripherals, self.rom, self.gprcm, self.ocp, self.hib1p2, self.hib, self.scs,
            self.dwt,
        )  # fmt: skip
        self.arcm.attach(list(self.blocks))
        self.bus = Bus(
            self.cpu,
            self._unknown_register,
            self._privileged if self.image.drops_privilege() else None,
        )
        absent = () if self.flash.size else (self.flash_controller,)
        self.bus.attach([block for block in self.blocks if block not in absent])

    # What blocks tell the chip

    def report(self, kind: str, text: str) -> None:
        """Something a driver should not do. Said once for each text; kept in `reports`.

        Whoever clears `reports` is told everything anew.
        """
        if not self.reports:
            self._reported.clear()
        if (kind, text) in self._reported or len(self.reports) >= MAX_REPORTS:
            return
        self._reported.add((kind, text))
        where = self.image.symbols.describe(self.cpu.read_pc())
        line = f"[{self.now() / CPU_HZ:.6f}] {kind}: {text} (at {where})"
        self.reports.append(line)
        self.on_report(line)

    def _unknown_register(self, block, offset: int, write: bool) -> None:
        if not block.storage:
            way = "write to" if write else "read of"
            self.report("register", f"{way} {block.name}+0x{offset:03X}, which is not modelled")

    def _privileged(self) -> bool:
        """Whether a handler runs, or code that may do all."""
        return bool(self.nvic.active) or not self.cpu.read(UC_ARM_REG_CONTROL) & NPRIV

    def stop_at(self, time: int) -> None:
        """End the slice no later than at this cycle, for an event that was asked for within it."""
        self.cpu.stop_after(-int(-(time - self.now()) // self.cpi))

    def request_reset(self, cause: int) -> None:
        """Reset with this cause before the next instruction."""
        self.reset_request = cause
        self.cpu.stop_soon()

    def request_hibernate(self) -> None:
        self.hibernate_request = True
        self.cpu.stop_soon()

    def watchdog_bit(self) -> None:
        bootrom.watchdog(self)

    def pads_changed(self) -> None:
        for uart in self.uarts:
            uart.pads()

    def pins_changed(self, port: int, before: int, now: int) -> None:
        self.on_pins(port, before, now)

    def uart_dropped(self, uart: Uart, char: int) -> None:
        self.report("uart", f"{uart.name}: input while the receiver is not ready is lost")

    def _nwp_line(self, level: bool) -> None:
        if self.nwp_port.powered:
            self.common.set_line(level)

    # Pins from outside

    def drive(self, gpio: int, level: bool) -> None:
        """Put a level on an input; may end hibernation."""
        before, now = self.gpio[gpio // 8].drive(gpio % 8, level)
        if self.hibernating and self.hib.gpio_wakes(gpio, before, now):
            bootrom.wake(self, WAKE_GPIO)

    def pin(self, gpio: int) -> bool:
        """Level of a pin, as an output shows it."""
        return bool(self.gpio[gpio // 8].pins() >> gpio % 8 & 1)

    # Resets

    def do_requests(self) -> None:
        """Carry out what was asked for since the last slice."""
        if self.reset_request is not None:
            cause, self.reset_request = self.reset_request, None
            bootrom.soft_reset(self, cause)
        if self.hibernate_request:
            self.hibernate_request = False
            bootrom.enter_hibernation(self)

    def hibernation_over(self) -> bool:
        """Boot again when the RTC has reached the wake match."""
        wake = self.hib.wake_cycle()
        if wake is None or self.now() < wake:
            return False
        bootrom.wake(self, WAKE_RTC)
        return True

    @property
    def line(self) -> Line:
        """The console's far end."""
        return self.uarts[0].line

    # Snapshot

    def save(self) -> dict[str, Any]:
        cpu = self.cpu
        return {
            "core": cpu.save(),
            "pc": cpu.pc,
            "flash": bytes(self.flash.view),
            "sram": bytes(self.sram.view),
            "cycles": self.base_cycles,
            "nvic": self.nvic.save(),
            "scheduler": self.scheduler.save(without=self.nwp_clock.events),
            "blocks": [block.save() for block in self.blocks],
            "hibernating": self.hibernating,
            "asleep": self.asleep,
            "loaded_at": self.loaded_at,
            "boots": self.boots,
            "nwp": self.nwp_port.save(),
        }

    def load(self, state: dict[str, Any]) -> None:
        """Put save()'s state back, whatever the chip is in the middle of.

        The network processor goes before the blocks and the NVIC: nothing that its line does on
        the way may stay latched in them.
        """
        cpu = self.cpu
        cpu.counters[0] = 0
        self.base_cycles = state["cycles"]
        self.reset_request, self.hibernate_request = None, False
        self.bus.fault = None
        self.nwp_clock.drop_all()
        self.scheduler.load(state["scheduler"])
        self.nwp_port.load(state["nwp"])
        if bytes(self.flash.view) != state["flash"]:
            self.flash.view[:] = state["flash"]
            cpu.flush(FLASH_BASE, FLASH_BASE + self.flash.size)
        self.sram.view[:] = state["sram"]
        cpu.flush(SRAM_BASE, SRAM_BASE + SRAM_SIZE)
        cpu.load(state["core"])
        cpu.pc = state["pc"]
        for block, saved in zip(self.blocks, state["blocks"], strict=True):
            block.load(saved)
        self.nvic.load(state["nvic"])
        self.hibernating = state["hibernating"]
        self.asleep = state["asleep"]
        self.loaded_at = state["loaded_at"]
        self.boots = state["boots"]
