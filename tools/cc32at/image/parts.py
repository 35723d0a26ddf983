"""How many bytes of an image belong to which part, from its map and its symbols."""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from elftools.elf.elffile import ELFFile

INTERPRETER, LINK, DRIVER, ATCORE, HAL = "interpreter", "link", "driver", "atcore", "HAL"
PORT, ASYNCIO, NAMES = "port", "asyncio", "frozen names"

# Object files that are not the interpreter's, by the start of their path in the build folder.
OBJECTS = (
    ("hal/", HAL),
    ("link/", LINK),
    ("modnwp.", LINK),
    ("modatbytes", LINK),
    ("machine/", PORT),
    ("extmod/machine_", PORT),
    ("extmod/modmachine.", PORT),
    ("mod", PORT),
    ("main.", PORT),
    ("repl.", PORT),
    ("imports.", PORT),
    ("mphalport.", PORT),
    ("pins.", PORT),
)

# Frozen packages: symbols of a module are called kind_package_module_function.
FROZEN = (("atcore", ATCORE), ("simplelink", DRIVER), ("asyncio", ASYNCIO), ("uasyncio", ASYNCIO))

SECTION = re.compile(r"^ (\.[\w.$<>-]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S+)$", re.MULTILINE)
# Where mpy-tool's source is in one piece, and where chapters were taken out of it.
FROZEN_OBJECTS = ("frozen_content.o", "frozen_resident.o")
OBJECT_SIZE = 16  # mp_obj_str_t: type, hash, length, address


def sections(map_text: str, first: int, last: int) -> Iterator[tuple[str, str, int]]:
    """(section, object file, bytes) of what is loaded at first <= address < last."""
    # A long section name has its numbers on the next line.
    joined = re.sub(r"^( \.\S+)\n\s+(0x)", r"\1 \2", map_text, flags=re.MULTILINE)
    start = joined.find("Linker script and memory map")
    for match in SECTION.finditer(joined, max(start, 0)):
        name, address, size, obj = match.groups()
        loaded = not name.startswith((".bss", ".stack"))
        if loaded and first <= int(address, 16) < last and int(size, 16):
            yield name, obj, int(size, 16)


def part_of_object(path: str, folder: str) -> str:
    """The part an object file (as the map writes it) is of; folder: the build folder."""
    inside = path.rpartition(f"/{folder}/")[2]
    return next((part for start, part in OBJECTS if inside.startswith(start)), INTERPRETER)


def module_of_symbol(name: str) -> str | None:
    """The frozen package a symbol of frozen_content belongs to."""
    match = re.search(r"_(" + "|".join(package for package, _ in FROZEN) + r")(?:_|$)", name)
    return match.group(1) if match else None


def count(elf: Path, first: int, last: int) -> Counter[str]:
    """Bytes by part of what is loaded at first <= address < last."""
    totals: Counter[str] = Counter()
    by_package = dict(FROZEN)
    for name, obj, size in sections(elf.with_suffix(".map").read_text(), first, last):
        if not obj.endswith(FROZEN_OBJECTS):
            totals[part_of_object(obj, elf.parent.name)] += size
        else:
            package = module_of_symbol(name)
            totals[by_package[package] if package else NAMES] += size
    # The bytes of string constants share one section; the constants say whose they are.
    for package, size in constant_bytes(elf).items():
        totals[by_package[package]] += size
        totals[NAMES] -= size
    return totals


def constant_bytes(elf: Path) -> Counter[str]:
    """Bytes of bytes and str constants of frozen modules, by package."""
    found: Counter[str] = Counter()
    with elf.open("rb") as stream:
        image = ELFFile(stream)
        symbols = list(image.get_section_by_name(".symtab").iter_symbols())
        types = {s["st_value"] for s in symbols if s.name in ("mp_type_bytes", "mp_type_str")}
        text = image.get_section_by_name(".text")
        base, data = text["sh_addr"], text.data()
        for symbol in symbols:
            package = module_of_symbol(symbol.name)
            offset = symbol["st_value"] - base
            if not package or symbol["st_size"] != OBJECT_SIZE or "const_obj" not in symbol.name:
                continue
            kind, _, length, _ = struct.unpack_from("<4I", data, offset)
            if kind in types:
                found[package] += length + 1
    return found
