"""The chapters of an image that lie in the network processor's store: linker overlays.

    python -m cc32at.image.chapters keywords TABLE... keywords.py
    python -m cc32at.image.chapters split TABLE... frozen_content.c FOLDER
    python -m cc32at.image.chapters pack OBJCOPY linked.elf firmware.elf chapters

TABLE is a board's chapters.csv. `keywords` writes the keyword tables that stay in the image.
`split` takes what mpy-tool has frozen in one run, with one set of names, apart: a source for what
stays, with the table of chapters (firmware/chapters.h), and one for each chapter, whose object has
all its constants; and the overlays for the linker. `pack` cuts the chapters out of what was
linked, and writes their digests into what is left. The layout of the file is in board.md.
"""

import csv
import hashlib
import json
import re
import struct
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile

from cc32at.gen import keywords

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = {"atcore": ROOT, "simplelink": ROOT / "firmware" / "modules"}
WINDOWS = "AB"
WINDOW_SIZE = 8192  # cc3220s.ld has them

MAGIC, VERSION = b"ATCH", 1
HEAD = struct.Struct("<4sHH32s")
ROW = struct.Struct("<20sIII")  # name, address, offset, size
ALIGN = 16

SECTION = ".chapter_"
SUMS = ".chapters"
SUM = 32

MODULE = re.compile(r"^// frozen module \w+\n(?:// .*\n)*?// - frozen file name: (\S+)\n", re.M)
CONTENT = re.compile(r"^static const mp_frozen_module_t (frozen_module_\w+) = \{$", re.M)
BEGIN = "//\n// Content for MICROPY_MODULE_FROZEN_MPY\n"
TAIL = re.compile(r"^(?:static )?const char mp_frozen_names\[\]", re.M)


@dataclass(frozen=True)
class Chapter:
    """A row of a table."""

    name: str
    window: int
    files: tuple[str, ...]  # as they are frozen: package/.../module.py

    @property
    def words(self) -> str:
        """The C name of its keyword tables."""
        return f"chapter_{self.name}_words"

    def content(self, file: str) -> str:
        """The C name of a module of it."""
        return f"chapter_{self.name}_{re.sub(r'[^a-z0-9]', '_', file.removesuffix('.py'))}"


def read(paths: list[Path]) -> list[Chapter]:
    """The chapters of these tables, those of a window together; ValueError names a wrong line."""
    found: list[Chapter] = []
    for path in paths:
        with path.open(newline="", encoding="utf-8") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if not row or row[0].startswith("#"):
                    continue
                name, window, *files = (field.strip() for field in row)
                if window not in WINDOWS or not files:
                    raise ValueError(f"{path}:{number}: a name, a window A or B, and files")
                if not re.fullmatch(r"[a-z][a-z0-9_]{0,18}", name):
                    raise ValueError(f"{path}:{number}: {name} is no name of a chapter")
                if name in [chapter.name for chapter in found]:
                    raise ValueError(f"{path}:{number}: {name} is there twice")
                found.append(Chapter(name, WINDOWS.index(window), tuple(files)))
    return sorted(found, key=lambda chapter: chapter.window)


# Keyword tables: a table lies where its name is said.


def source_of(file: str, folders: list[Path]) -> Path:
    """The source of a frozen file; `folders` may have some that the packages do not."""
    found = [
        folder / file for folder in [*folders, *PACKAGES.values()] if (folder / file).exists()
    ]
    if not found:
        raise ValueError(f"{file}: there is no such file")
    return found[0]


def said(paths: list[Path], tables: dict) -> set[str]:
    """The keyword tables that these sources name."""
    found: set[str] = set()
    for path in paths:
        found |= set(re.findall(r'b"(\w+)"', path.read_text(encoding="utf-8")))
    return found & tables.keys()


def split_words(chapters: list[Chapter], folders: list[Path]) -> tuple[dict, dict[str, dict]]:
    """The keyword tables that stay in the image, and those of each chapter."""
    tables = json.loads(keywords.SOURCE.read_text(encoding="utf-8"))
    away = {file for chapter in chapters for file in chapter.files}
    stay = [
        path
        for package, folder in PACKAGES.items()
        for path in sorted((folder / package).rglob("*.py"))
        if path != keywords.TARGET and str(path.relative_to(folder)) not in away
    ]
    resident = said(stay, tables)
    of = {
        chapter.name: said([source_of(file, folders) for file in chapter.files], tables) - resident
        for chapter in chapters
    }
    return (
        {name: tables[name] for name in resident},
        {chapter: {name: tables[name] for name in names} for chapter, names in of.items()},
    )


def resident_keywords(chapters: list[Chapter], folders: list[Path]) -> str:
    """The text of the image's _keywords.py: a list, to which a chapter adds its own tables."""
    tables, _ = split_words(chapters, folders)
    text = keywords.render(tables).replace("TABLES = (", "TABLES = [(", 1)
    return text.removesuffix(")\n") + ")]\n"


# The frozen modules


def split(frozen: str, chapters: list[Chapter], words: dict[str, dict]) -> dict[str, str]:
    """What was frozen as C sources, by their names: frozen_resident.c and chapter_<name>.c."""
    begin = frozen.index(BEGIN)
    names = frozen.index("};\n", frozen.index("enum {", begin)) + 3  # that were nowhere else
    head = frozen[begin:names]
    starts = [(match.start(), match[1]) for match in MODULE.finditer(frozen)]
    end = TAIL.search(frozen, starts[-1][0]).start()
    bodies = {
        file: frozen[start:stop]
        for (start, file), stop in zip(starts, [at for at, _ in starts[1:]] + [end], strict=True)
    }
    result = {}
    tail = frozen[end:]
    for chapter in chapters:
        text = head
        for file in chapter.files:
            if file not in bodies:
                raise ValueError(f"chapter {chapter.name}: {file} is not frozen")
            content = CONTENT.search(bodies[file])[1]
            tail = tail.replace(f"    &{content},\n", "    NULL,\n")
            name = chapter.content(file)
            text += CONTENT.sub(
                f"extern const mp_frozen_module_t {name};\nconst mp_frozen_module_t {name} = {{",
                bodies[file],
            )
        result[f"chapter_{chapter.name}.c"] = text + words_text(chapter, words[chapter.name])
    away = {file for chapter in chapters for file in chapter.files}
    stay = "".join(body for file, body in bodies.items() if file not in away)
    result["frozen_resident.c"] = frozen[: starts[0][0]] + stay + tail + table_text(chapters)
    return result


def words_text(chapter: Chapter, tables: dict) -> str:
    """A chapter's keyword tables as C."""
    packed = b"".join(keywords.pack(tables))
    numbers = ",".join(f"{byte:#04x}" for byte in packed)
    return (
        f"\nstatic const byte words[{len(packed)}] = {{{numbers}}};\n"
        f"extern const mp_obj_str_t {chapter.words};\n"
        f"const mp_obj_str_t {chapter.words} = {{{{&mp_type_bytes}}, 0, {len(packed)}, words}};\n"
    )


def table_text(chapters: list[Chapter]) -> str:
    """The table of chapters as C."""
    text = '\n#include "chapters.h"\n'
    rows = ""
    for number, chapter in enumerate(chapters):
        start, end = (f"__load_{edge}_chapter_{chapter.name}" for edge in ("start", "stop"))
        text += f"extern const uint8_t {start}[], {end}[];\n"
        text += f"extern const mp_obj_str_t {chapter.words};\n"
        modules = ""
        for file in chapter.files:
            text += f"extern const mp_frozen_module_t {chapter.content(file)};\n"
            package, _, leaf = file.removesuffix(".py").replace("/", ".").rpartition(".")
            names = (
                f"MP_QSTR_{name.replace('.', '_dot_')}"
                for name in (f"{package}.{leaf}", package, leaf)
            )
            modules += f'    {{"{file}", {", ".join(names)}, &{chapter.content(file)}}},\n'
        text += f"static const chapter_module_t modules_{number}[] = {{\n{modules}}};\n"
        rows += (
            f'    {{"{chapter.name}", {chapter.window}, {len(chapter.files)}, modules_{number}, '
            f"&{chapter.words}, {start}, {end}}},\n"
        )
    text += f"const chapter_t chapters_table[] = {{\n{rows}}};\n"
    text += f"const size_t chapters_n = {len(chapters)};\n"
    text += f'__attribute__((section("{SUMS}"))) const chapters_sums_t chapters_sums = '
    return text + f"{{{{0}}, {{[{len(chapters) - 1}] = {{0}}}}}};\n"


def overlays(chapters: list[Chapter]) -> str:
    """The chapters for the linker: one at a time in each window, none of another one's names."""
    text = "/* Generated from chapters.csv. */\n"
    used = {chapter.window for chapter in chapters}
    end = "_windows_start"
    for window, letter in enumerate(WINDOWS.lower()):
        size = "_window_size" if window in used else "0"
        text += f"_window_{letter}_start = {end};\n"
        end = f"_window_{letter}_end"
        text += f"{end} = _window_{letter}_start + {size};\n"
    text += f"_windows_end = {end};\n"
    for window, letter in enumerate(WINDOWS.lower()):
        inside = [chapter.name for chapter in chapters if chapter.window == window]
        if not inside:
            continue
        text += f"OVERLAY _window_{letter}_start : NOCROSSREFS\n{{\n"
        for name in inside:
            text += f"    {SECTION}{name} {{ *chapter_{name}.o(.rodata .rodata.*) }}\n"
        text += "} > SRAM AT> STORE\n"
        for name in inside:
            size = f"SIZEOF({SECTION}{name}) <= _window_size"
            text += f'ASSERT({size}, "chapter {name} is larger than its window")\n'
    return text


# The linked image


@dataclass(frozen=True)
class Overlay:
    """A chapter as it was linked."""

    name: str
    address: int
    load: int
    data: bytes


def linked(elf: Path) -> list[Overlay]:
    """The chapters of a linked image, in the order of their table, which is that of storage."""
    with elf.open("rb") as stream:
        image = ELFFile(stream)
        symbols = {
            s.name: s["st_value"] for s in image.get_section_by_name(".symtab").iter_symbols()
        }
        found = [
            Overlay(
                section.name.removeprefix(SECTION),
                section["sh_addr"],
                symbols["__load_start_" + section.name[1:]],
                section.data(),
            )
            for section in image.iter_sections()
            if section.name.startswith(SECTION)
        ]
    return sorted(found, key=lambda chapter: chapter.load)


def packed(chapters: list[Overlay], identity: bytes) -> bytes:
    """The chapter file."""
    index, body = b"", b""
    begin = HEAD.size + ROW.size * len(chapters)
    for chapter in chapters:
        body += bytes(-(begin + len(body)) % ALIGN)
        offset = begin + len(body)
        index += ROW.pack(chapter.name.encode(), chapter.address, offset, len(chapter.data))
        body += chapter.data
    return HEAD.pack(MAGIC, VERSION, len(chapters), identity) + index + body


def unpacked(file: bytes) -> dict[str, tuple[int, int, int]]:
    """The index of a chapter file: name -> (address, offset, size)."""
    magic, version, n, _ = HEAD.unpack_from(file)
    if magic != MAGIC or version != VERSION:
        raise ValueError("no chapter file")
    rows = (ROW.unpack_from(file, HEAD.size + ROW.size * i) for i in range(n))
    return {name.rstrip(b"\0").decode(): tuple(where) for name, *where in rows}


def sign(elf: Path, sums: bytes):
    """Write the digests into their section of an image."""
    with elf.open("r+b") as stream:
        section = ELFFile(stream).get_section_by_name(SUMS)
        if section["sh_size"] < len(sums):
            raise ValueError(f"{elf}: {section['sh_size']} bytes for {len(sums)} of digests")
        stream.seek(section["sh_offset"])
        stream.write(sums)


def pack(objcopy: str, source: Path, target: Path, file: Path):
    """Cut the chapters out of a linked image, and let each know the other."""
    chapters = linked(source)
    subprocess.run([objcopy, "-R", f"{SECTION}*", source, target], check=True)
    sums = b"".join(hashlib.sha256(chapter.data).digest() for chapter in chapters)
    sign(target, bytes(SUM) + sums)
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder, "image.bin")
        subprocess.run([objcopy, "-O", "binary", *BINARY, target, plain], check=True)
        identity = hashlib.sha256(plain.read_bytes()).digest()
    sign(target, identity)
    file.write_bytes(packed(chapters, identity))


# What firmware.bin has not (firmware/Makefile).
BINARY = ("-R", ".dbghdr", "-R", ".stack", "-R", ".bss", "-R", ".low")


def main(arguments: list[str]) -> int:
    """The three steps; a mistake in a table ends with a message."""
    step, *rest = arguments
    try:
        if step == "pack":
            pack(rest[0], *map(Path, rest[1:]))
            return 0
        tables = [Path(name) for name in rest if name.endswith(".csv")]
        others = [Path(name) for name in rest if not name.endswith(".csv")]
        chapters = read(tables)
        folders = [table.parent for table in tables]
        if step == "keywords":
            others[0].write_text(resident_keywords(chapters, folders), encoding="utf-8")
            return 0
        _, words = split_words(chapters, folders)
        texts = split(others[0].read_text(encoding="utf-8"), chapters, words)
        texts["chapters.ld"] = overlays(chapters)
        for name, text in texts.items():
            (others[1] / name).write_text(text, encoding="utf-8")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
