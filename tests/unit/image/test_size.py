"""The size report: what belongs to which part, what of the heap is live."""

import struct

import pytest

from cc32at.image import parts, size


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("../build/B/py/vm.o", parts.INTERPRETER),
        ("../build/B/extmod/modjson.o", parts.INTERPRETER),
        ("../build/B/extmod/modmachine.o", parts.PORT),
        ("../build/B/hal/uart.o", parts.HAL),
        ("../build/B/link/link.o", parts.LINK),
        ("../build/B/modnwp.o", parts.LINK),
        ("../build/B/main.o", parts.PORT),
        ("/usr/lib/libc.a(memcpy.o)", parts.INTERPRETER),
    ],
)
def test_objects_have_their_part(path, part):
    assert parts.part_of_object(path, "B") == part


@pytest.mark.parametrize(
    ("symbol", "package"),
    [
        (".rodata.fun_data_atcore_dispatch_Command_data", "atcore"),
        (".rodata.const_obj_simplelink__tables_3", "simplelink"),
        (".rodata.frozen_module_asyncio_core", "asyncio"),
        (".rodata.mp_qstr_frozen_const_pool", None),
    ],
)
def test_frozen_symbols_have_their_package(symbol, package):
    assert parts.module_of_symbol(symbol) == package


MAP = """
Discarded input sections
 .text.gone     0x00000000       0x20 ../build/B/py/vm.o

Linker script and memory map

 .text.mp_execute_bytecode
                0x01000b0c      0x300 ../build/B/py/vm.o
 .text.a        0x01000800      0x10 ../build/B/hal/uart.o
 .bss.rings     0x20003000      0x2000 ../build/B/hal/console.o
 .data.x        0x20003000      0x8 ../build/B/hal/flash.o
"""


def test_the_map_is_read_where_the_image_is():
    found = list(parts.sections(MAP, 0x01000800, 0x01100000))
    assert found == [
        (".text.mp_execute_bytecode", "../build/B/py/vm.o", 0x300),
        (".text.a", "../build/B/hal/uart.o", 0x10),
    ]


def test_zeroed_data_is_not_loaded():
    found = list(parts.sections(MAP, 0x20000000, 0x20040000))
    assert found == [(".data.x", "../build/B/hal/flash.o", 8)]


def test_live_blocks_are_heads_tails_and_marks():
    assert size.live_blocks(bytes([0b00000000, 0b01000010, 0b11100100])) == 2 + 3


@pytest.mark.parametrize("gap", [0, 1])  # between the table and that of the finalisers
@pytest.mark.parametrize("finalisers", [0, 1700])
def test_the_heap_is_known_by_its_table(gap, finalisers):
    start, end = 0x20009000, 0x20040000
    length, pool = 3400, end - 3400 * 64
    assert start + length + gap + finalisers <= pool
    tables = (start + length + gap,) if finalisers else ()
    area = struct.pack(f"<{4 + len(tables)}I", start, length, *tables, pool, end)
    state = bytes(64) + area + bytes(64)
    assert size.find_area(state, start, end) == (start, length, pool, end)
    with pytest.raises(ValueError, match="no heap"):
        size.find_area(bytes(128), start, end)


def test_a_budget_is_missed_from_either_side():
    assert size.Line("flash", 11, 10).missed
    assert not size.Line("flash", 10, 10).missed
    assert size.Line("free", 9, 10, at_least=True).missed
    assert not size.Line("heap", 9).missed
    assert "MISSED" in str(size.Line("flash", 11, 10))


def test_less_than_nothing_is_left_for_a_heap_that_does_not_fit():
    names = {"_heap_start": 0x20040100, "_heap_end": 0x20040000}
    line = size.heap_line(names, has_flash=False)
    assert str(line).split() == ["heap", "-256", ">=", "0", "over"] and not line.missed


@pytest.mark.parametrize("windows", [False, True])
def test_what_is_left_beside_the_windows_binds(elf_small, windows, monkeypatch):
    live, free, piece = size.small_heap(elf_small, windows)
    assert free.binding is windows and 0 < piece.value <= free.value
    assert 20000 < live.value < 40000
    monkeypatch.setattr(size, "S_FREE", live.value + free.value)
    assert size.small_heap(elf_small, windows)[1].missed is windows


def test_only_where_the_application_fits_a_budget_binds(elf, elf_small, capsys, monkeypatch):
    """On the CC3220S and R everything is in RAM (DESIGN.md), and the whole is too large as yet."""
    monkeypatch.setattr(size, "SF_PARTS", {parts.DRIVER: 1})
    monkeypatch.setattr(size, "S_PARTS", {parts.DRIVER: 1})
    for image, status, verdict in ((elf, 1, "MISSED"), (elf_small, 0, "over")):
        assert size.main(["--no-run", str(image)]) == status
        (driver,) = [line for line in capsys.readouterr().out.splitlines() if " driver " in line]
        assert driver.split()[-1] == verdict
