"""The firmware image: ELF segments, symbols, the checks that silicon makes."""

import bisect
import re
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from .memory import FLASH_BASE, SRAM_BASE, SRAM_SIZE, Memory
from .variants import RAM_IMAGE, VARIANTS, Variant, variant

DEBUG_HEADER = (0x5AA5_A55A, 0x000F_F800, 0xEFA3_247D)  # cc3220-hardware.md 1.5
FLASH_VECTORS = FLASH_BASE + 0x800
RAM_END = SRAM_BASE + SRAM_SIZE
MCU_SECTION = ".mcu"  # the chip that the build was for, as text; not part of the image
CHAPTERS = "chapters"  # beside the ELF: what goes into the serial flash with it
EF_ARM_ABI_FLOAT_HARD = 0x400
TAG_FP_ARCH = "TAG_FP_ARCH"

CPSIE = (0xB661, 0xB662, 0xB663)
MSR_CONTROL = re.compile(rb"[\x80-\x8f]\xf3\x14\x88")
MSR_MASKS = (0x10, 0x11, 0x12, 0x13)  # PRIMASK, BASEPRI, BASEPRI_MAX, FAULTMASK


class ImageError(ValueError):
    """The file cannot be run on this chip; the text says why."""


class Symbols:
    """Function and object names by address."""

    def __init__(self, entries: list[tuple[int, int, str]]):
        entries.sort()
        self._starts = [start for start, _, _ in entries]
        self._entries = entries
        self.by_name = {name: start for start, _, name in entries}
        self.sizes = {name: size for _, size, name in entries}

    def find(self, address: int) -> tuple[str, int] | None:
        """(name, offset) of what holds this address; None if nothing does."""
        at = bisect.bisect_right(self._starts, address) - 1
        if at < 0:
            return None
        start, size, name = self._entries[at]
        return (name, address - start) if address < start + max(size, 2) else None

    def describe(self, address: int) -> str:
        """`0x01000A2C uart_init+0x14`."""
        found = self.find(address)
        text = f"0x{address:08X}"
        return f"{text} {found[0]}+0x{found[1]:X}" if found else text


class Image:
    """An ELF for the CC3220SF (vectors at 0x01000800) or CC3220S/R (image at 0x20004000).

    `chapters`: the file that goes into the NWP's store with it, None if there is none. Raises
    ImageError for files that are not that, OSError when unreadable.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)
        with self.path.open("rb") as file:
            try:
                elf = ELFFile(file)
            except Exception as error:
                raise ImageError(f"{path}: not an ELF file") from error
            self._check_machine(elf)
            self.segments = [
                (segment["p_paddr"], segment["p_vaddr"], segment.data())
                for segment in elf.iter_segments()
                if segment["p_type"] == "PT_LOAD" and segment["p_filesz"]
            ]
            self.symbols = Symbols(self._read_symbols(elf))
            mcu = elf.get_section_by_name(MCU_SECTION)
            self.mcu = mcu.data().decode(errors="replace") if mcu else ""
        self.in_flash = any(p >= FLASH_BASE and p < SRAM_BASE for p, _, _ in self.segments)
        beside = self.path.with_name(CHAPTERS)
        self.chapters = beside.read_bytes() if not self.in_flash and beside.is_file() else None

    def variant(self) -> Variant:
        """The chip that it was built for: by its own word, or by where it lies."""
        if self.mcu:
            try:
                return variant(self.mcu)
            except ValueError as error:
                raise ImageError(f"{self.path}: {error}") from None
        return VARIANTS["CC3220SF" if self.in_flash else "CC3220S"]

    def _check_machine(self, elf: ELFFile) -> None:
        if elf["e_machine"] != "EM_ARM" or elf.elfclass != 32 or not elf.little_endian:
            raise ImageError(f"{self.path}: not a 32-bit little-endian Arm image")
        if elf["e_flags"] & EF_ARM_ABI_FLOAT_HARD or self._has_fpu_code(elf):
            raise ImageError(f"{self.path}: built for an FPU, which this chip does not have")

    def _has_fpu_code(self, elf: ELFFile) -> bool:
        section = elf.get_section_by_name(".ARM.attributes")
        if section is None:
            return False
        for subsection in section.iter_subsections():
            for part in subsection.iter_subsubsections():
                if any(a.tag == TAG_FP_ARCH and a.value for a in part.iter_attributes()):
                    return True
        return False

    def _read_symbols(self, elf: ELFFile) -> list[tuple[int, int, str]]:
        table = elf.get_section_by_name(".symtab")
        if not isinstance(table, SymbolTableSection):
            return []
        return [
            (symbol["st_value"] & ~1 if kind == "STT_FUNC" else symbol["st_value"],
             symbol["st_size"], symbol.name)
            for symbol in table.iter_symbols()
            if (kind := symbol["st_info"]["type"]) in ("STT_FUNC", "STT_OBJECT", "STT_NOTYPE")
            and symbol.name and not symbol.name.startswith("$")
        ]  # fmt: skip

    def check(self, chip: Variant) -> None:
        """Refuse what the boot ROM of this chip would not start."""
        in_ram = any(p == RAM_IMAGE for p, _, _ in self.segments)
        if not self.in_flash and not in_ram:
            raise ImageError(f"{self.path}: loads neither at 0x01000000 nor at 0x20004000")
        if self.in_flash != bool(chip.flash_size):
            place = "on-chip flash" if self.in_flash else "SRAM"
            raise ImageError(f"{self.path}: an image for {place}, but {chip.start}")
        if not self.in_flash:
            beyond = max(p + len(data) for p, _, data in self.segments) - RAM_END
            if beyond > 0:
                raise ImageError(f"{self.path}: larger than the RAM by {beyond:,} bytes")
            return
        header = self._bytes_at(FLASH_BASE, 12)
        want = b"".join(word.to_bytes(4, "little") for word in DEBUG_HEADER)
        if header != want:
            raise ImageError(
                f"{self.path}: no debug header at 0x01000000: the boot ROM would not start a "
                "directly flashed image"
            )

    def _bytes_at(self, address: int, length: int) -> bytes:
        for start, _, data in self.segments:
            if start <= address < start + len(data):
                return data[address - start : address - start + length]
        return b""

    def load_flash(self, flash: Memory) -> None:
        """Program the image, as a debugger would; once, flash keeps it over resets."""
        for address, _, data in self.segments:
            if flash.holds(address, len(data)):
                flash.write(address, data)
            elif self.in_flash:
                raise ImageError(f"{self.path}: segment at 0x{address:08X} is not in flash")

    def file(self) -> bytes:
        """S and R: what lies in the serial flash as /sys/mcuimg.bin; empty for the SF."""
        if self.in_flash:
            return b""
        if below := [p for p, _, _ in self.segments if p < RAM_IMAGE]:
            raise ImageError(
                f"{self.path}: segment at 0x{below[0]:08X} is below the image, where the boot ROM "
                "puts nothing"
            )
        content = bytearray(max(p + len(data) for p, _, data in self.segments) - RAM_IMAGE)
        for address, _, data in self.segments:
            content[address - RAM_IMAGE : address - RAM_IMAGE + len(data)] = data
        return bytes(content)

    def entry(self, flash: Memory, sram: Memory) -> tuple[int, int]:
        """Initial stack pointer and reset handler."""
        memory, vectors = (flash, FLASH_VECTORS) if self.in_flash else (sram, RAM_IMAGE)
        return memory.word(vectors), memory.word(vectors + 4)

    def drops_privilege(self) -> bool:
        """Whether some instruction of it may: MSR CONTROL."""
        return any(MSR_CONTROL.search(data) for _, _, data in self.segments)

    def unmask_points(self) -> list[tuple[int, int]]:
        """(address, length) of instructions that may let interrupts through again.

        A chance match inside data is harmless: no instruction starts there.
        """
        found = []
        for _, address, data in self.segments:
            halfwords = memoryview(data[: len(data) & ~1]).cast("H")
            following = [*halfwords[1:], 0]
            for n, (word, then) in enumerate(zip(halfwords, following, strict=True)):
                if word in CPSIE:
                    found.append((address + 2 * n, 2))
                elif word & 0xFFF0 == 0xF380 and then >> 8 == 0x88 and then & 0xFF in MSR_MASKS:
                    found.append((address + 2 * n, 4))
        return found
