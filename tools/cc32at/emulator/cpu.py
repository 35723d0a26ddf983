"""The Cortex-M4 core: Unicorn, run in slices that end on instruction boundaries.

Unicorn executes instructions; exceptions, priorities and time are ours (nvic.py, machine.py).
Two counters make time exact. In count mode they are Unicorn's own `emu_counter` and `emu_count`,
found in its private structure at start (this pins unicorn 2.1.4); with the accelerator they are
two words of a small C library that counts whole translation blocks. Either way a callback learns
how many instructions have run, and `stop_soon` ends the slice before the next instruction (count
mode) or block (accelerator), without Unicorn's asynchronous stop, which would run a load or store
twice.
"""

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterable

from unicorn import UC_ARCH_ARM, UC_MODE_THUMB, Uc, unicorn_const
from unicorn.arm_const import (
    UC_ARM_REG_BASEPRI,
    UC_ARM_REG_CONTROL,
    UC_ARM_REG_EPSR,
    UC_ARM_REG_FAULTMASK,
    UC_ARM_REG_IPSR,
    UC_ARM_REG_LR,
    UC_ARM_REG_MSP,
    UC_ARM_REG_PC,
    UC_ARM_REG_PRIMASK,
    UC_ARM_REG_PSP,
    UC_ARM_REG_R0,
    UC_ARM_REG_R4,
    UC_ARM_REG_R12,
    UC_ARM_REG_SP,
    UC_ARM_REG_XPSR,
    UC_ARM_REG_XPSR_NZCVQG,
    UC_CPU_ARM_CORTEX_M4,
)
from unicorn.unicorn_py3.unicorn import uclib

from .memory import Memory

UNTIL = 0xFFFF_FFFE  # an address that is never executed
PROBE = 0x5A5A_1234
WFI = 0xBF30
HINTS = (0xBF20, 0xBF10)  # WFE, YIELD: undefined to Unicorn, which stops behind them
NPRIV, SPSEL = 1, 2  # of CONTROL
IPSR_MASK = 0x1FF
ANY_HANDLER = 2

# Why run() came back
SLICE, SLEEP, FAULT, STOPPED = "slice", "sleep", "fault", "stopped"

CODE_CALLBACK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint32, ctypes.c_void_p
)
INVALID_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p, ctypes.c_void_p)
INTR_CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_uint32, ctypes.c_void_p)
READ_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_uint64, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_void_p
)
WRITE_CALLBACK = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint64, ctypes.c_uint, ctypes.c_uint64, ctypes.c_void_p
)

MASK_REGS = (UC_ARM_REG_PRIMASK, UC_ARM_REG_BASEPRI, UC_ARM_REG_FAULTMASK)
FRAME_REGS = (
    *MASK_REGS,
    *(UC_ARM_REG_R0 + n for n in range(4)),
    UC_ARM_REG_R12,
    UC_ARM_REG_LR,
    UC_ARM_REG_PC,
    UC_ARM_REG_XPSR,
    UC_ARM_REG_SP,
    UC_ARM_REG_CONTROL,
)
# Unicorn swaps the stack pointers itself, when IPSR is written and, in thread mode, CONTROL.
ENTRY_REGS = (
    UC_ARM_REG_SP, UC_ARM_REG_CONTROL, UC_ARM_REG_IPSR, UC_ARM_REG_EPSR, UC_ARM_REG_LR,
)  # fmt: skip
BANKED_REGS = (UC_ARM_REG_MSP, UC_ARM_REG_PSP, UC_ARM_REG_CONTROL)
EXIT_REGS = (
    *(UC_ARM_REG_R0 + n for n in range(4)),
    UC_ARM_REG_R12,
    UC_ARM_REG_LR,
    UC_ARM_REG_FAULTMASK,
    UC_ARM_REG_XPSR_NZCVQG,
    UC_ARM_REG_CONTROL,
    UC_ARM_REG_PC,
)
STACK_REGS = (UC_ARM_REG_MSP, UC_ARM_REG_PSP)
ALL_REGS = (
    *(UC_ARM_REG_R0 + n for n in range(4)),
    *(UC_ARM_REG_R4 + n for n in range(8)),
    UC_ARM_REG_R12,
    UC_ARM_REG_LR,
    UC_ARM_REG_MSP,
    UC_ARM_REG_PSP,
    *MASK_REGS,
)

SINGLE_REGS = {*ALL_REGS, *FRAME_REGS, *ENTRY_REGS, *EXIT_REGS}


class UnicornError(RuntimeError):
    """Unicorn refused something it must not refuse, or is not the build we know."""


def check(status: int) -> None:
    if status:
        raise UnicornError(uclib.uc_strerror(status).decode())


class Registers:
    """A fixed set of registers moved in one call; `values` is a memoryview of 32-bit words."""

    def __init__(self, engine: ctypes.c_void_p, ids: Iterable[int]):
        ids = tuple(ids)
        self._engine = engine
        self._count = len(ids)
        self._ids = (ctypes.c_int * self._count)(*ids)
        self._words = (ctypes.c_uint32 * self._count)()
        base = ctypes.addressof(self._words)
        self._pointers = (ctypes.c_void_p * self._count)(*(base + 4 * n for n in range(len(ids))))
        self.values = memoryview(self._words).cast("B").cast("I")

    def read(self) -> memoryview:
        uclib.uc_reg_read_batch(self._engine, self._ids, self._pointers, self._count)
        return self.values

    def write(self) -> None:
        uclib.uc_reg_write_batch(self._engine, self._ids, self._pointers, self._count)


class Cpu:
    """One core. `on_interrupt(number)` is called for SVC, BKPT and exception returns.

    code: more to execute that cannot be read.
    """

    def __init__(self, flash: Memory, sram: Memory, accelerator=None, code: Memory | None = None):
        self.uc = Uc(UC_ARCH_ARM, UC_MODE_THUMB, UC_CPU_ARM_CORTEX_M4)
        self.engine = self.uc._uch
        self._keep: list[object] = []  # what Unicorn has pointers to
        self.memories = tuple(memory for memory in (flash, sram) if memory.size)
        if flash.size:
            self._map(flash, unicorn_const.UC_PROT_READ | unicorn_const.UC_PROT_EXEC)
        self._map(sram, unicorn_const.UC_PROT_ALL)
        if code:
            self._map(code, unicorn_const.UC_PROT_EXEC)
        self.frame = Registers(self.engine, FRAME_REGS)
        self.entry = Registers(self.engine, ENTRY_REGS)
        self.banked = Registers(self.engine, BANKED_REGS)
        self.exits = [Registers(self.engine, (stack, *EXIT_REGS)) for stack in STACK_REGS]
        self.all = Registers(self.engine, ALL_REGS)
        self._single = {n: Registers(self.engine, (n,)) for n in SINGLE_REGS}
        self._pc = self._single[UC_ARM_REG_PC]
        self.pc = 0
        self.accelerator = accelerator
        self.on_interrupt: Callable[[int], None] = lambda number: None
        self.error: BaseException | None = None
        self.broke = False
        self.status = 0
        if accelerator:
            self.counters = accelerator.attach(self, *filter(None, (flash, sram, code)))
        else:
            self.counters = self._find_counters(sram)
        self._hint: tuple[int, int] | None = None
        self.hook(unicorn_const.UC_HOOK_INTR, INTR_CALLBACK(self._interrupt), 1, 0)
        self.hook(unicorn_const.UC_HOOK_INSN_INVALID, INVALID_CALLBACK(self._invalid), 1, 0)

    def _map(self, memory: Memory, permissions: int) -> None:
        self._keep.append(memory)
        check(
            uclib.uc_mem_map_ptr(
                self.engine, memory.base, memory.size, permissions, memory.host_address
            )
        )

    def _find_counters(self, sram: Memory) -> memoryview:
        """Locate emu_counter and emu_count in Unicorn's structure: run one WFI and look."""
        saved = sram.word(sram.base)
        sram.put_word(sram.base, WFI)
        check(uclib.uc_emu_start(self.engine, sram.base | 1, UNTIL, 0, PROBE))
        sram.put_word(sram.base, saved)
        self.flush(sram.base, sram.base + 4)
        words = (ctypes.c_size_t * 0x100).from_address(self.engine.value)
        for n in range(1, 0x100):
            if words[n] == PROBE and words[n - 1] == 1:
                pair = (ctypes.c_size_t * 2).from_address(ctypes.addressof(words) + 8 * (n - 1))
                return memoryview(pair).cast("B").cast("Q")
        raise UnicornError("instruction counter not found: unicorn 2.1.4 is needed")

    def hook(self, kind: int, callback, begin: int, end: int) -> None:
        handle = ctypes.c_size_t()
        pointer = ctypes.cast(callback, ctypes.c_void_p)
        self._keep.append(callback)
        check(
            uclib.uc_hook_add(self.engine, ctypes.byref(handle), kind, pointer, None, begin, end)
        )

    def hook_block(self, address: int, fn: Callable[[], None]) -> None:
        """Call fn() when a translation block that begins at `address` is about to run.

        Code elsewhere is not slowed down. (A hook on an instruction would slow all of them in
        count mode: Unicorn walks the list of such hooks at each.)
        """

        def call(_engine, _address, _size, _user):
            try:
                fn()
            except BaseException as error:
                self.crash(error)

        self.hook(unicorn_const.UC_HOOK_BLOCK, CODE_CALLBACK(call), address, address)

    def hook_native(self, kind: int, pointer: ctypes.c_void_p, user, begin: int, end: int) -> None:
        """Hook a C function: the accelerator's way in."""
        handle = ctypes.c_size_t()
        check(
            uclib.uc_hook_add(self.engine, ctypes.byref(handle), kind, pointer, user, begin, end)
        )

    def map_io(self, address: int, size: int, read: Callable, write: Callable) -> None:
        """Map registers: read(_, offset, size, _) -> value, write(_, offset, size, value, _)."""
        callbacks = READ_CALLBACK(read), WRITE_CALLBACK(write)
        self._keep.append(callbacks)
        pointers = [ctypes.cast(c, ctypes.c_void_p) for c in callbacks]
        check(uclib.uc_mmio_map(self.engine, address, size, pointers[0], None, pointers[1], None))

    def flush(self, begin: int, end: int) -> None:
        """Forget translations of code in [begin, end)."""
        self.uc.ctl_remove_cache(begin, end)

    def crash(self, error: BaseException) -> None:
        """From a callback: end the run; run() raises `error`."""
        if self.error is None:
            self.error = error
        self.stop_now()

    def _interrupt(self, _engine, number: int, _user) -> None:
        try:
            self.on_interrupt(number)
        except BaseException as error:
            self.crash(error)

    def _invalid(self, _engine, _user) -> bool:
        """Go on behind a hint, which may do nothing: even a WFE may end at any time.

        PC is behind a hint, but at an undefined instruction. One that seems to be a hint for the
        halfword before it is met again, by the next count, and then it is undefined.
        """
        here = self.read_pc(), self.counters[0]
        before, self._hint = self._hint, here
        return self.opcode(here[0] - 2) in HINTS and before != (here[0], here[1] - 1)

    @contextlib.contextmanager
    def catching(self):
        """Within this, an exception at a callback's very entry ends the run as well.

        A signal handler (Ctrl-C, a test's time-out) may raise there, outside every `try`; ctypes
        would print it and go on. The machine must not be run on after it.
        """
        before = sys.unraisablehook

        def hook(unraisable) -> None:
            if getattr(unraisable.object, "__module__", "").startswith(__package__):
                self.crash(unraisable.exc_value)
            else:
                before(unraisable)

        sys.unraisablehook = hook
        try:
            yield
        finally:
            sys.unraisablehook = before

    def stop_soon(self) -> None:
        """From a callback: end the slice before the next instruction."""
        counters = self.counters
        counters[1] = counters[0]

    def stop_after(self, instructions: int) -> None:
        """From a callback: end the slice when so many more have been executed, at the latest."""
        counters = self.counters
        counters[1] = min(counters[1], counters[0] + max(instructions, 0))

    def stop_now(self) -> None:
        """From a callback: leave the current instruction unfinished, with PC at it."""
        self.broke = True
        uclib.uc_emu_stop(self.engine)

    def read_pc(self) -> int:
        return self._pc.read()[0]

    def read(self, register: int) -> int:
        return self._single[register].read()[0]

    def write(self, register: int, value: int) -> None:
        registers = self._single[register]
        registers.values[0] = value & 0xFFFF_FFFF
        registers.write()

    def opcode(self, address: int) -> int:
        """The halfword at a code address; 0 where there is no memory."""
        for memory in self.memories:
            if memory.holds(address, 2):
                at = address - memory.base
                return memory.view[at] | memory.view[at + 1] << 8
        return 0

    def run(self, limit: int) -> str:
        """Execute at most `limit` instructions from `pc`; self.counters[0] tells how many.

        Returns SLICE, SLEEP (a WFI was executed), FAULT (self.status is Unicorn's error; PC at
        the instruction) or STOPPED (stop_now was called).
        """
        self.broke = False
        self._hint = None
        if self.accelerator:
            status = self.accelerator.run(self, UNTIL, limit)
        else:
            status = uclib.uc_emu_start(self.engine, self.pc | 1, UNTIL, 0, limit)
        self.pc = pc = self._pc.read()[0]
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        counters = self.counters
        over = counters[0] > counters[1]  # the instruction at pc was counted but has not run
        if over:
            counters[0] -= 1
        if status:
            self.status = status
            return FAULT
        if self.broke:
            return STOPPED
        if over or self.opcode(pc - 2) != WFI:
            return SLICE
        return SLEEP

    def set_pc(self, pc: int) -> None:
        """Continue at `pc` (from the interrupt hook)."""
        self._pc.values[0] = pc | 1
        self._pc.write()

    def raise_privilege(self) -> None:
        """Thread mode with CONTROL.nPRIV clear; CONTROL.SPSEL stays.

        Unicorn treats us as the guest: while unprivileged code runs, special registers read 0
        and writes to them are lost. In handler mode they are open.
        """
        self.write(UC_ARM_REG_IPSR, ANY_HANDLER)
        self.write(UC_ARM_REG_CONTROL, 0)
        self.write(UC_ARM_REG_IPSR, 0)

    def save(self) -> tuple[int, int, bytes]:
        """xPSR, CONTROL and all other registers but PC."""
        xpsr, control = self.read(UC_ARM_REG_XPSR), self.read(UC_ARM_REG_CONTROL)
        hidden = control & NPRIV and not xpsr & IPSR_MASK
        if hidden:
            self.raise_privilege()
        registers = bytes(self.all.read())
        if hidden:
            self.write(UC_ARM_REG_CONTROL, control)
        return xpsr, control, registers

    def load(self, state: tuple[int, int, bytes]) -> None:
        """Put save()'s state back, whatever mode the core is in."""
        xpsr, control, registers = state
        self.reset_status()
        self.all.values.cast("B")[:] = registers
        self.all.write()
        self.write(UC_ARM_REG_CONTROL, control)
        self.write(UC_ARM_REG_IPSR, xpsr & IPSR_MASK)
        self.write(UC_ARM_REG_XPSR_NZCVQG, xpsr)

    def reset_status(self) -> None:
        """Thread mode on the main stack, privileged, Thumb, no flags."""
        self.raise_privilege()
        self.write(UC_ARM_REG_CONTROL, 0)
        self.write(UC_ARM_REG_XPSR_NZCVQG, 0x0100_0000)

    def fill(self, junk: int) -> None:
        """Registers with contents that nobody should use, masks clear."""
        values = self.all.values
        for n, register in enumerate(ALL_REGS):
            values[n] = 0 if register in MASK_REGS else junk + 4 * n
        self.all.write()
