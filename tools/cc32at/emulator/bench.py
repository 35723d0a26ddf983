"""How fast the emulator is: a busy loop in Unicorn alone, in count mode, with the accelerator.

`python -m cc32at.emulator.bench` prints all three and their ratios, measured in one run.
"""

import time
from dataclasses import dataclass
from struct import pack

from unicorn.arm_const import UC_ARM_REG_R7
from unicorn.unicorn_py3.unicorn import uclib

from . import accel
from .cpu import UNTIL, Cpu, check
from .image import DEBUG_HEADER, FLASH_VECTORS, Image, Symbols
from .machine import Machine
from .memory import FLASH_BASE, FLASH_SIZE, SRAM_BASE, SRAM_SIZE, Memory

# A loop as compiled code has them: a load, arithmetic, a condition, a call, a store, a branch.
#   movw r4, #0; movt r4, #0x2000; movs r0, #0
# loop: ldr r1, [r4]; adds r1, #3; eor r0, r0, r1; lsls r2, r0, #1; cmp r2, r1; it hi
#   movhi r3, r2; bl leaf; str r1, [r4]; subs r7, #1; bne loop; wfi
# leaf: adds r5, r0, #1; uxtb r6, r5; bx lr
LOOP = (
    0xF240, 0x0400, 0xF2C2, 0x0400, 0x2000,
    0x6821, 0x3103, 0xEA80, 0x0001, 0x0042, 0x428A, 0xBF88, 0x4613,
    0xF000, 0xF804, 0x6021, 0x3F01, 0xD1F2, 0xBF30,
    0x1C45, 0xB2EE, 0x4770,
)  # fmt: skip
CODE = FLASH_VECTORS + 0x400
SAMPLE = 10_000_000  # instructions


@dataclass
class Figures:
    """Million instructions a second; `accelerated` is None where there is no compiler."""

    unicorn: float
    counted: float
    accelerated: float | None

    @property
    def counted_ratio(self) -> float:
        return self.counted / self.unicorn

    @property
    def accelerated_ratio(self) -> float | None:
        return self.accelerated and self.accelerated / self.unicorn


class LoopImage(Image):
    """The loop as an image, made on the spot."""

    def __init__(self) -> None:
        code = pack(f"<{len(LOOP)}H", *LOOP)
        vectors = pack("<2I", SRAM_BASE + SRAM_SIZE, CODE | 1)
        self.path = None
        self.segments = [
            (FLASH_BASE, FLASH_BASE, pack("<3I", *DEBUG_HEADER)),
            (FLASH_VECTORS, FLASH_VECTORS, vectors),
            (CODE, CODE, code),
        ]
        self.symbols = Symbols([(CODE, len(code), "loop")])
        self.in_flash = True
        self.mcu, self.chapters = "", None


def _loop(turns: int, count: int) -> tuple[int, float]:
    """Run the loop on a core by itself; returns (instructions counted, seconds)."""
    flash, sram = Memory(FLASH_BASE, FLASH_SIZE), Memory(SRAM_BASE, SRAM_SIZE)
    cpu = Cpu(flash, sram)
    for address, _, data in LoopImage().segments:
        flash.write(address, data)
    cpu.write(UC_ARM_REG_R7, turns)
    start = time.process_time()
    check(uclib.uc_emu_start(cpu.engine, CODE | 1, UNTIL, 0, count))
    return cpu.counters[0], time.process_time() - start


def bare_unicorn(instructions: int) -> float:
    """MIPS of the loop in Unicorn without any hook."""
    per_turn = _loop(1000, 1_000_000)[0] / 1000
    _, seconds = _loop(round(instructions / per_turn), 0)
    return instructions / seconds / 1e6


def emulated(instructions: int, accelerate: bool) -> float:
    """MIPS of the loop in a Machine."""
    machine = Machine(LoopImage(), accelerate=accelerate)
    machine.run(max_insns=100_000)
    before, start = machine.instructions, time.process_time()
    machine.run(max_insns=instructions)
    mips = (machine.instructions - before) / (time.process_time() - start) / 1e6
    machine.close()
    return mips


def measure(instructions: int = SAMPLE, rounds: int = 3) -> Figures:
    """The best of a few rounds each, taken in turn so that a slow moment hits all alike."""
    with_accelerator = accel.build() is not None
    bare, counted, accelerated = 0.0, 0.0, 0.0
    for _ in range(rounds):
        bare = max(bare, bare_unicorn(instructions))
        counted = max(counted, emulated(instructions, accelerate=False))
        if with_accelerator:
            accelerated = max(accelerated, emulated(instructions, accelerate=True))
    return Figures(bare, counted, accelerated if with_accelerator else None)


def main() -> None:
    figures = measure()
    print(f"Unicorn alone     {figures.unicorn:7.1f} MIPS")
    print(f"count mode        {figures.counted:7.1f} MIPS  {figures.counted_ratio:.2f}")
    if figures.accelerated is None:
        print("accelerator       not available (no C compiler)")
    else:
        ratio = figures.accelerated_ratio
        print(f"with accelerator  {figures.accelerated:7.1f} MIPS  {ratio:.2f}")


if __name__ == "__main__":
    main()
