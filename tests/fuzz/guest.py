"""Looks into the firmware in the emulator: calls its functions, counts its allocations.

The firmware knows nothing of this, and pays nothing: the emulator stops at the entry of a function
of the ELF's symbol table.
"""

import struct
from dataclasses import dataclass

from unicorn.arm_const import UC_ARM_REG_LR, UC_ARM_REG_R0, UC_ARM_REG_SP

RETURN = "m_malloc_fail"  # where a call returns to: entered only when memory is out
ALLOCATE, FROM_REALLOC, REALLOC = "gc_alloc", "gc_alloc_any", "gc_realloc"
BLOCK = 16  # bytes of a block of the heap
LIMIT = 20_000_000  # instructions of a call
ROOM = 256  # bytes of stack for what a call fills in


@dataclass
class Heap:
    """Bytes: all, in use, free, and the largest piece that is free."""

    total: int
    used: int
    free: int
    largest: int


class Guest:
    """The firmware of a machine in count mode: with the accelerator slices end too late."""

    def __init__(self, machine):
        self.machine = machine
        self.cpu = machine.cpu
        self.home = machine.symbol(RETURN)
        self.entries = machine.symbol(ALLOCATE), machine.symbol(FROM_REALLOC)
        self.calling = False
        self.allocations = 0
        self.refuse_at = None  # number of the allocation that fails
        self.refused = False
        stops = (self._returned, self._allocates, self._grows)
        for address, stop in zip((self.home, *self.entries), stops, strict=True):
            self.cpu.hook_block(address, stop)
            self.cpu.flush(address, address + 2)  # it may have been translated without
        machine.on_slice = self._after_slice

    def _returned(self):
        if self.calling:
            self.cpu.stop_soon()

    def _grows(self):
        """gc_realloc() moves to a new place; gc_alloc() comes by here, too, and was counted."""
        found = self.machine.chip.image.symbols.find(self.cpu.read(UC_ARM_REG_LR) & ~1)
        if found and found[0] == REALLOC:
            self._allocates()

    def _allocates(self):
        self.allocations += 1
        if self.allocations == self.refuse_at:
            self.refused = True
            self.cpu.stop_soon()

    def _after_slice(self, executed: int):
        """The slice was ended at the entry of an allocation: that returns NULL."""
        if self.refused and self.cpu.pc in self.entries:
            self.refused = False
            self.cpu.write(UC_ARM_REG_R0, 0)
            self.cpu.pc = self.cpu.read(UC_ARM_REG_LR) & ~1

    def count(self, refuse_at=None):
        """Count allocations from here on; the one with this number (from 1) fails."""
        self.allocations, self.refuse_at, self.refused = 0, refuse_at, False

    def call(self, name: str, *args: int) -> None:
        """Call a function that the sleeping guest would survive; RuntimeError if it is awake."""
        machine, cpu = self.machine, self.cpu
        if not machine.chip.asleep:
            raise RuntimeError("the guest does not sleep")
        machine.chip.asleep = False
        for number, value in enumerate(args):
            cpu.write(UC_ARM_REG_R0 + number, value)
        cpu.write(UC_ARM_REG_LR, self.home | 1)
        cpu.pc = machine.symbol(name)
        self.calling = True
        machine.run(until=lambda: cpu.pc == self.home, max_insns=LIMIT)
        self.calling = False
        if cpu.pc != self.home:
            raise RuntimeError(f"{name}() does not return")
        machine.chip.asleep = True

    def heap(self, collected: bool = True) -> Heap:
        """The heap now, or as it would be after a collection; the guest notices nothing."""
        before = self.machine.snapshot()
        found = self.look(collected)
        self.machine.restore(before)
        return found

    def look(self, collected: bool = True) -> Heap:
        """The same, for a guest that may notice: time passes, and what is garbage is collected.

        For machines of which there is no snapshot, with a connection open for instance.
        """
        cpu = self.cpu
        registers, pc = cpu.save(), cpu.pc
        stack = cpu.read(UC_ARM_REG_SP)
        place = (stack & ~7) - ROOM
        # What calls have left below the stack: the collector would take it for references.
        self.machine.chip.sram.write(place - ROOM, bytes(stack - place + ROOM))
        cpu.write(UC_ARM_REG_SP, place - ROOM)
        if collected:
            self.call("gc_collect")
        self.call("gc_info", place)
        total, used, free, largest = struct.unpack("<4I", self.machine.read(place, 16))
        cpu.load(registers)
        cpu.pc = pc
        return Heap(total, used, free, largest * BLOCK)
