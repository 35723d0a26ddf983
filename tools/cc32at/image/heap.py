"""The Python heap of a board in the emulator, seen from outside: no prompt is needed.

The sleeping board is made to call its own collector; what that leaves is counted in the
allocation table, and memory and registers are put back: the firmware notices nothing.
"""

from dataclasses import dataclass

from unicorn.arm_const import UC_ARM_REG_LR

from cc32at.emulator import Machine
from cc32at.emulator.cpu import FAULT
from cc32at.emulator.peripherals.rom import CODE, CODE_SIZE

from .size import GC_BLOCK, find_area

ASLEEP_S = 1.0  # emulated, until a board that has nothing to do sleeps
NOWHERE = CODE + CODE_SIZE - 4  # in the ROM, undefined: where the collector returns to
SLICE = 10_000_000  # instructions


@dataclass(frozen=True)
class Heap:
    """Bytes, as if the collector had just run. `largest`: of the largest free piece."""

    live: int
    free: int
    largest: int


def measure(machine: Machine) -> Heap:
    """The heap of a board that is idle. Raises ValueError if it has no interpreter or works on."""
    if not machine.run(until=lambda: machine.chip.asleep, timeout=ASLEEP_S):
        raise ValueError("the board does not go to sleep")
    chip, cpu = machine.chip, machine.cpu
    sram, core, pc = bytes(chip.sram.view), cpu.save(), cpu.pc
    try:
        _call(machine, "gc_collect")
        return _count(machine)
    finally:
        cpu.counters[0] = 0
        chip.sram.view[:] = sram
        cpu.load(core)
        cpu.pc = pc


def _call(machine: Machine, function: str) -> None:
    """Run a function of the guest by itself: no interrupts, no time."""
    cpu = machine.cpu
    cpu.write(UC_ARM_REG_LR, NOWHERE | 1)
    cpu.pc = machine.symbol(function)
    if cpu.run(SLICE) != FAULT or cpu.pc != NOWHERE:
        raise ValueError(f"{function} does not return (PC 0x{cpu.pc:08X})")


def _count(machine: Machine) -> Heap:
    """What the allocation table says (2 bits a block, 0 = free)."""
    state = machine.symbol("mp_state_ctx")
    words = machine.read(state, machine.symbol("_bss_end") - state)
    heap = machine.symbol("_heap_start"), machine.symbol("_heap_end")
    table, length, pool, end = find_area(words, *heap)
    number = int.from_bytes(machine.read(table, length), "little")
    blocks = (end - pool) // GC_BLOCK
    used = "".join("01"[bool(number >> 2 * n & 3)] for n in range(blocks))
    live = used.count("1")
    largest = max(map(len, used.split("1")))
    return Heap(*(GC_BLOCK * n for n in (live, blocks - live, largest)))
