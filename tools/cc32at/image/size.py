"""Flash, static RAM and heap of an image, against the budgets of DESIGN.md.

python -m cc32at.image.size [--no-run] ELF

The live heap is measured: the image boots in the emulator and answers a few commands, and what is
still in use right after a collection is live; on a board without flash too, with the windows of
its chapters taken off. Ends with 1 if a budget is exceeded.
"""

import struct
import sys
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from . import driver_ram, parts

KB = 1024
FLASH_START, FLASH_END = 0x01000800, 0x01100000
SRAM_START, SRAM_END = 0x20000000, 0x20040000

# Bytes. On the CC3220S and R everything is in SRAM, and the parts have budgets of their own. What
# they miss is shown, but is no failure: what counts is the heap that is left. That binds where
# there are windows for chapters; an image without them has no room for all of its commands.
SF_FLASH, SF_LIVE, SF_FREE = 420 * KB, 38 * KB, 155 * KB
SF_PARTS = {parts.DRIVER: 40 * KB}
SF_DRIVER_RAM = 6 * KB
S_FREE = 26 * KB  # windows reserved; 32 KB is wanted
S_PARTS = {
    parts.INTERPRETER: 64 * KB,
    parts.LINK: 22 * KB,
    parts.DRIVER: 21 * KB,
    parts.ATCORE: 50 * KB,
    parts.HAL: 8 * KB,
    parts.PORT: 3 * KB,
    parts.NAMES: 9 * KB,
}

BOOT_S = 3.0  # emulated
COMMANDS = 40
GC_BLOCK = 16


@dataclass
class Line:
    """One figure of the report."""

    name: str
    value: int
    budget: int | None = None
    at_least: bool = False
    binding: bool = True

    @property
    def kept(self) -> bool:
        """Whether the figure is within its budget, if it has one."""
        if self.budget is None:
            return True
        return self.value >= self.budget if self.at_least else self.value <= self.budget

    @property
    def missed(self) -> bool:
        """Whether the figure is a failure."""
        return self.binding and not self.kept

    @property
    def verdict(self) -> str:
        """What the report says of it."""
        return "ok" if self.kept else "MISSED" if self.binding else "over"

    def __str__(self) -> str:
        text = f"{self.name:<28}{self.value:>9,}"
        if self.budget is not None:
            sign = ">=" if self.at_least else "<="
            text += f"   {sign} {self.budget:>9,}   {self.verdict}"
        return text


def symbols(elf: Path) -> dict[str, int]:
    """Address of every global symbol."""
    with elf.open("rb") as stream:
        table = ELFFile(stream).get_section_by_name(".symtab")
        return {s.name: s["st_value"] for s in table.iter_symbols() if s.name}


def section_sizes(elf: Path) -> dict[str, int]:
    """Size of every section that takes memory."""
    with elf.open("rb") as stream:
        return {s.name: s["sh_size"] for s in ELFFile(stream).iter_sections() if s["sh_flags"] & 2}


def live_blocks(table: bytes) -> int:
    """Blocks in use, in the collector's allocation table (2 bits a block, 0 = free)."""
    return sum(
        bool(byte & 0x03) + bool(byte & 0x0C) + bool(byte & 0x30) + bool(byte & 0xC0)
        for byte in table
    )


def find_area(state: bytes, heap_start: int, heap_end: int) -> tuple[int, int, int, int]:
    """(table address, table length, pool start, pool end) in the interpreter's state.

    The allocation table is the first thing in the heap; the area's words are known by that: four,
    or five with finalisers. The pool is what the table has room for: four blocks a byte.
    """
    for offset in range(0, len(state) - 20, 4):
        start, length, *rest = struct.unpack_from("<5I", state, offset)
        for pool, end in (rest[1:], rest[:2]):
            if (
                start == heap_start
                and heap_start < pool < end <= heap_end
                and 0 < length < pool - start
                and (end - pool) // GC_BLOCK // 4 == length
            ):
                return start, length, pool, end
    raise ValueError("no heap in the interpreter's state")


def measure_heap(elf: Path) -> tuple[int, int]:
    """(live, free) bytes of the heap after boot."""
    from cc32at.emulator import Machine
    from cc32at.nwp import NetworkProcessor

    names = symbols(elf)
    machine = Machine(elf, nwp=NetworkProcessor())
    try:
        machine.run(timeout=BOOT_S)
        state = machine.read(names["mp_state_ctx"], names["_bss_end"] - names["mp_state_ctx"])
        start, length, pool, end = find_area(state, names["_heap_start"], names["_heap_end"])
        live = (end - pool) // GC_BLOCK
        for _ in range(COMMANDS):
            machine.uart.host_write(b"AT+Test\r\n")
            machine.run(timeout=0.05)
            live = min(live, live_blocks(machine.read(start, length)))
    finally:
        machine.close()
    return live * GC_BLOCK, end - pool - live * GC_BLOCK


def report(elf: Path, run: bool = True) -> list[Line]:
    """The figures of an image."""
    sizes = section_sizes(elf)
    names = symbols(elf)
    has_flash = names["_flash_end"] != 0
    image = sum(sizes.get(name, 0) for name in (".text", ".ARM.exidx", ".data"))
    lines = [
        Line("flash" if has_flash else "image in RAM", image, SF_FLASH if has_flash else None),
        Line("static RAM", sizes.get(".data", 0) + sizes.get(".bss", 0)),
        Line("stack", sizes.get(".stack", 0)),
        heap_line(names, has_flash),
    ]
    if run and has_flash:
        live, free = measure_heap(elf)
        lines.append(Line("live heap after boot", live, SF_LIVE))
        lines.append(Line("free heap after boot", free, SF_FREE, at_least=True))
        lines += driver_heap(elf)
    elif run:
        lines += small_heap(elf, "_windows_end" in names)
    where = (FLASH_START, FLASH_END) if has_flash else (SRAM_START, SRAM_END)
    totals = parts.count(elf, *where)
    budgets = SF_PARTS if has_flash else S_PARTS
    for part, size in sorted(totals.items(), key=lambda item: -item[1]):
        lines.append(Line(f"  {part}", size, budgets.get(part), binding=has_flash))
    return lines


def heap_line(names: dict[str, int], has_flash: bool) -> Line:
    """What is left for the heap; less than nothing if the image is larger than its RAM."""
    heap = names["_heap_end"] - names["_heap_start"]
    return Line("heap", heap, None if has_flash else 0, at_least=True, binding=False)


def small_heap(elf: Path, windows: bool) -> list[Line]:
    """The heap of a board without flash, behind a command and a collection."""
    from cc32at.emulator import Machine
    from cc32at.nwp import NetworkProcessor

    from . import heap

    machine = Machine(elf, nwp=NetworkProcessor())
    try:
        machine.run(timeout=BOOT_S)
        machine.uart.host_write(b"AT+Test\r\n")
        machine.run(timeout=BOOT_S)
        found = heap.measure(machine)
    except ValueError:  # it does not boot
        return [Line("free heap after boot", 0, S_FREE, at_least=True, binding=windows)]
    finally:
        machine.close()
    return [
        Line("live heap after boot", found.live),
        Line("free heap after boot", found.free, S_FREE, at_least=True, binding=windows),
        Line("  in one piece", found.largest),
    ]


def driver_heap(elf: Path) -> list[Line]:
    """What the driver keeps on the heap at rest; nothing if the image has no prompt to ask at."""
    if b"raw REPL" not in elf.read_bytes():
        return []
    return [Line("heap of the driver at rest", driver_ram.measure(elf), SF_DRIVER_RAM)]


def main(arguments: list[str]) -> int:
    """Print the report."""
    run = "--no-run" not in arguments
    (elf,) = (Path(argument) for argument in arguments if not argument.startswith("--"))
    lines = report(elf, run)
    print(f"{elf}, bytes")
    for line in lines:
        print(line)
    return any(line.missed for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
