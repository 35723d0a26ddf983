"""A running board: the chip, its main loop, its time, its ports."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import accel, bootrom, serialflash
from .chip import Chip
from .cpu import FAULT, SLEEP, STOPPED
from .faults import Faults
from .image import Image
from .nvic import EXC_RETURN_FLOOR, SVCALL, exception_name
from .realtime import Pacer, Port
from .scheduler import CPU_HZ, NEVER, Livelock
from .variants import variant

MAX_SLICE = 80_000
MAX_EMPTY_SLICES = 100  # in a row; two happen, where the first instruction faults
INTR_SVC, INTR_PREFETCH, INTR_BKPT, INTR_EXCEPTION_EXIT = 2, 3, 7, 8


class GuestIdle(RuntimeError):
    """The guest sleeps and nothing will ever wake it (virtual time only)."""


class Machine:
    """The board that tests and front ends drive.

    elf: path of the image. nwp: a network processor with the seam interface (attach, power,
    write, read...), None for none. clock: "virtual" (time is executed instructions, idle time is
    skipped) or "real" (idle time is spent waiting; a busy guest may fall behind). settings:
    name -> value pairs put into the model's file store before the first boot. A virtual clock is
    paced by the wall as well while a port or a real socket is open. trace: a
    trace.Trace. cpi: cycles an instruction. accelerate: None = only if it costs nothing
    (clock "real" and gcc there), True, False. primask: the image is entered with interrupts
    masked, as a debugger may do it; the boot ROM does not. chip: CC3220SF, CC3220S or CC3220R;
    None = the one the image was built for. Raises ImageError, OSError, ValueError.

    What the flashing image puts into the NWP's store beside the image is in the model's.

    `uart` is the console's far end: host_write(bytes), host_read(), host_break(), set_host_baud().
    """

    def __init__(
        self,
        elf: str | Path | Image,
        nwp: Any = None,
        clock: str = "virtual",
        uart: Port | None = None,
        settings: dict[str, Any] | None = None,
        trace: Any = None,
        cpi: float = 1,
        accelerate: bool | None = None,
        primask: bool = False,
        chip: str | None = None,
        on_report: Callable[[str], None] | None = None,
    ):
        if clock not in ("virtual", "real"):
            raise ValueError(f"clock {clock!r} is neither virtual nor real")
        image = elf if isinstance(elf, Image) else Image(elf)
        self.real = clock == "real"
        wanted = self.real if accelerate is None else accelerate
        self.chip = Chip(
            image,
            nwp,
            cpi,
            accel.load() if wanted else None,
            primask,
            variant(chip) if chip else None,
        )
        self.chip.on_report = on_report or self.chip.on_report
        self.chip.nwp_clock.is_real = self.real
        self.nwp = self.chip.nwp_port.nwp
        self.cpu = self.chip.cpu
        self.instructions = 0
        self.idle_cycles = 0
        self.pacer = Pacer()
        self._faults = Faults(self.chip)
        self._cpi = cpi
        self._stopping = False
        self._trap: Callable[[], None] | None = None
        self._empty_slices = 0
        self.max_slice = MAX_SLICE
        self.on_slice: Callable[[int], None] | None = None
        self.cpu.on_interrupt = self._interrupt
        self._watch_unmask_points(image)
        serialflash.program(self.nwp, image, self.chip.variant)
        if settings:
            self._store_settings(settings)
        if trace:
            trace.attach(self)
        if uart:
            self.add_port(uart)

    def _watch_unmask_points(self, image: Image) -> None:
        """An interrupt that waits behind a mask must come right after the unmasking.

        Such an instruction ends its translation block.
        """
        if self.cpu.accelerator:
            self.chip.nvic.on_ready = self.cpu.accelerator.set_ready
            for address, _ in image.unmask_points():
                self.cpu.accelerator.watch(self.cpu, address)
            return
        nvic, counters, stop_soon = self.chip.nvic, self.cpu.counters, self.cpu.stop_soon

        def unmasking() -> None:
            # A slice that begins here comes from a look at what pends: it goes on.
            if counters[0] and nvic.pending & nvic.enabled:
                stop_soon()

        for address, length in image.unmask_points():
            self.cpu.hook_block(address + length, unmasking)

    def _store_settings(self, settings: dict[str, Any]) -> None:
        from .settings import store

        store(self.nwp, settings)

    # What tests and front ends use

    @property
    def now(self) -> float:
        """Emulated seconds since power-on."""
        return self.chip.now() / CPU_HZ

    @property
    def cycles(self) -> int:
        return self.chip.now()

    @property
    def uart(self):
        return self.chip.line

    @property
    def reports(self) -> list[str]:
        """What the guest did that a driver should not do."""
        return self.chip.reports

    @property
    def faults(self) -> list[str]:
        """Reports of guest faults, in order."""
        return self.chip.faults

    def drive(self, gpio: int, level: bool) -> None:
        """Put a level on an input pin, by GPIO number (13 and 22 are the LaunchPad's buttons)."""
        self.chip.drive(gpio, level)

    def pin(self, gpio: int) -> bool:
        """Level of a pin, by GPIO number (9, 10, 11 are the LaunchPad's LEDs)."""
        return self.chip.pin(gpio)

    def add_port(self, port: Port) -> None:
        """Serve a front end while the machine runs."""
        self.pacer.ports.append(port)

    def remove_port(self, port: Port) -> None:
        if port in self.pacer.ports:
            self.pacer.ports.remove(port)

    def symbol(self, name: str) -> int:
        """Address of a symbol of the image. KeyError if there is none."""
        return self.chip.image.symbols.by_name[name]

    def read(self, address: int, length: int) -> bytes:
        """Bytes of guest memory (flash or SRAM)."""
        for memory in (self.chip.sram, self.chip.flash):
            if memory.holds(address, length):
                return memory.read(address, length)
        raise ValueError(f"0x{address:08X}+{length} is not in flash or SRAM")

    def word(self, symbol: str, index: int = 0) -> int:
        """A 32-bit variable of the guest, by name."""
        return int.from_bytes(self.read(self.symbol(symbol) + 4 * index, 4), "little")

    def boot(self, timeout: float = 1.0) -> bool:
        """Run until the firmware listens to its console: a board powered before it is used."""
        return self.run(until=lambda: self.chip.uarts[0].listening, timeout=timeout)

    def power_cycle(self) -> None:
        """Cut the supply and give it back: all but the flash and the NWP's store is new."""
        bootrom.power_on(self.chip)

    def stop(self) -> None:
        """End run() soon; from another thread or a signal handler."""
        self._stopping = True
        self.pacer.wake()

    def close(self) -> None:
        self.pacer.close()

    # The loop

    def run(
        self,
        until: Callable[[], bool] | None = None,
        max_insns: int | None = None,
        timeout: float | None = None,
    ) -> bool:
        """Run until `until()` holds (looked at between slices): True. False when `max_insns`
        instructions or `timeout` emulated seconds are over first, or after stop().

        Raises GuestIdle if nothing can ever happen any more, Lockup if the core has given up,
        Livelock if neither an instruction nor time gets on.
        """
        last = None if max_insns is None else self.instructions + max_insns
        end = NEVER if timeout is None else self.chip.now() + round(timeout * CPU_HZ)
        self._stopping = False
        self._empty_slices = 0
        if self.real:
            self.pacer.anchor(self.chip.now())
        with self.cpu.catching():
            return self._run(until, last, end)

    def _run(self, until: Callable[[], bool] | None, last: int | None, end: int) -> bool:
        chip = self.chip
        while True:
            self._settle()
            if until is not None and until():
                return True
            if self._stopping or chip.now() >= end:
                return False
            if last is not None and self.instructions >= last:
                return False
            target = min(chip.scheduler.next_time(), end)
            if chip.hibernating or chip.asleep or chip.loaded_at is not None:
                self._idle(target, end)
            else:
                self._slice(target, None if last is None else last - self.instructions)

    def _settle(self) -> None:
        """Between slices: requests, due events, wake-up, the next exception."""
        chip = self.chip
        chip.do_requests()
        chip.scheduler.run_due(chip.now())
        if chip.reset_request is not None or chip.hibernate_request:
            chip.do_requests()
        if chip.hibernating:
            chip.hibernation_over()
            return
        if chip.loaded_at is not None and not bootrom.load(chip):
            return
        nvic = chip.nvic
        if not nvic.pending & nvic.enabled:
            return
        number = nvic.takable()
        if chip.asleep and (number or nvic.wakes()):
            chip.asleep = False
        if number:
            nvic.enter(number, return_to=self.cpu.pc)

    def _slice(self, target: int, allowed: int | None) -> None:
        chip, cpu = self.chip, self.cpu
        limit = self.max_slice
        if target != NEVER:
            cycles = target - chip.base_cycles
            limit = min(limit, max(-int(-cycles // self._cpi), 1))
        if allowed is not None:
            limit = min(limit, allowed)
        reason = cpu.run(limit)
        executed = cpu.counters[0]
        cpu.counters[0] = 0
        self.instructions += executed
        chip.base_cycles += executed * self._cpi
        if reason == SLEEP:
            self._fall_asleep()
        elif reason == FAULT or (reason == STOPPED and chip.bus.fault is not None):
            self._faults.handle()
        elif reason == STOPPED and self._trap is not None:
            trap, self._trap = self._trap, None
            trap()
        self._empty_slices = 0 if executed else self._empty_slices + 1
        if self._empty_slices > MAX_EMPTY_SLICES:
            self._stuck()
        if self.on_slice:
            self.on_slice(executed)
        self.pacer.busy(chip.base_cycles, self.nwp, self.real)

    def _stuck(self) -> None:
        """No limit counts where nothing is executed."""
        nvic = self.chip.nvic
        active = ", ".join(map(exception_name, nvic.active)) or exception_name(0)
        raise Livelock(
            f"[{self.now:.6f}] nothing is executed at "
            f"{self.chip.image.symbols.describe(self.cpu.pc)} in {active}, execution priority "
            f"{nvic.execution_priority()}, pending first: {exception_name(nvic.best())}"
        )

    def _fall_asleep(self) -> None:
        self.chip.asleep = True
        for block in self.chip.arcm.sleeping_blocks():
            self.chip.report("clock", f"WFI stops {block.name}: its sleep clock is off")

    def _idle(self, target: int, end: int) -> None:
        """Nothing to execute until `target`."""
        chip = self.chip
        if chip.hibernating:
            wake = chip.hib.wake_cycle()
            target = min(target, NEVER if wake is None else max(wake, chip.now()))
        elif chip.loaded_at is not None:
            target = min(target, chip.loaded_at)
        before = chip.base_cycles
        if self.real or self.pacer.ports or self.nwp.fds():
            wait = self.pacer.wait if self.real else self.pacer.idle
            chip.base_cycles = int(wait(before, target, self.nwp))
            self.pacer.serve(self.nwp)
        elif target == NEVER:
            raise GuestIdle("the guest sleeps and nothing is left that could wake it")
        else:
            chip.base_cycles = target
        self.idle_cycles += chip.base_cycles - before

    def _interrupt(self, number: int) -> None:
        """Unicorn met SVC, BKPT or an exception return."""
        chip, cpu = self.chip, self.cpu
        if number == INTR_SVC:
            self._supervisor_call()
        elif number in (INTR_PREFETCH, INTR_EXCEPTION_EXIT):
            pc = cpu.read_pc()
            if pc >= EXC_RETURN_FLOOR and chip.nvic.active:
                chip.nvic.return_and_chain(pc)
            else:
                self._trap = self._faults.fetch_abort
                cpu.stop_now()
        else:
            self._trap = self._faults.breakpoint
            cpu.stop_now()

    def _supervisor_call(self) -> None:
        """SVC is synchronous: where it cannot be taken at once it is a fault."""
        nvic, cpu = self.chip.nvic, self.cpu
        nvic.pend(SVCALL)
        first = nvic.takable()
        if nvic.priority[SVCALL] >= nvic.execution_priority():
            nvic.pending &= ~(1 << SVCALL)
            self._trap = self._faults.supervisor_call
            cpu.stop_now()
            return
        nvic.enter(first, return_to=cpu.read_pc())
        cpu.set_pc(cpu.pc)

    # Snapshot

    def snapshot(self) -> dict[str, Any]:
        """Everything, to come back to with restore() on this machine."""
        return {
            "chip": self.chip.save(),
            "instructions": self.instructions,
            "idle": self.idle_cycles,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self._trap = None
        self.chip.load(state["chip"])
        self.instructions = state["instructions"]
        self.idle_cycles = state["idle"]
