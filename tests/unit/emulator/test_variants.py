"""Three chips: what each starts and how, what each has, and what comes with an image."""

import pytest

from cc32at.emulator import ImageError, Machine
from cc32at.emulator.image import Image
from cc32at.nwp import NetworkProcessor
from cc32at.world import World

from .fakes import FakeNwp
from .test_faults import BFAR_VALID, ENABLED, FLASH_STORE, NULL, PRECISE

MS_PER_KB = {"CC3220S": 1.7, "CC3220R": 0.75}
ROM_RAM, ROM_RAM_SIZE = 0x20000000, 0x4000
FLASH_CONTROLLER = 0x400FD000
CHAPTERS = b"/atcore/chapters"


@pytest.fixture
def made(image):
    """made("hello", "ram", ...) -> a Machine of it; its complaints are kept, not printed."""
    machines = []

    def make(name, layout="ram", **options):
        elf = name if isinstance(name, Image) else image(name, layout)
        machine = Machine(elf, on_report=lambda text: None, **options)
        machines.append(machine)
        return machine

    yield make
    for machine in machines:
        machine.close()


def hand_over(machine):
    """Run until the ROM has done its part."""
    assert machine.run(until=lambda: machine.chip.loaded_at is None, timeout=5)


def choose(machine, **constants):
    """Set constants of an image in RAM: the ROM has just copied it."""
    hand_over(machine)
    for name, value in constants.items():
        machine.chip.sram.put_word(machine.symbol(name), value)


def finish(machine):
    finished = machine.symbol("finished")
    assert machine.run(until=lambda: machine.chip.sram.word(finished) == 1, timeout=5)


# Which image starts where


@pytest.mark.parametrize("chip", ["CC3220S", "CC3220R", "cc3220r"])
def test_an_image_in_flash_does_not_start_where_there_is_none(made, chip):
    why = f"for on-chip flash, but the {chip.upper()} has no on-chip flash"
    with pytest.raises(ImageError, match=why):
        made("hello", "guest", chip=chip)


def test_an_image_in_ram_does_not_start_on_the_sf(made):
    with pytest.raises(ImageError, match="for SRAM, but the CC3220SF starts what is in its on-"):
        made("hello", chip="CC3220SF")


def test_other_chips_there_are_not(made):
    with pytest.raises(ValueError, match="'CC3235S'; there are CC3220SF, CC3220S, CC3220R"):
        made("hello", chip="CC3235S")


@pytest.mark.parametrize(
    ("layout", "chip", "efuse"),
    [("guest", None, 0x3119), ("ram", None, 0x3118), ("ram", "CC3220R", 0x3110)],
)
def test_a_chip_and_its_network_processor_tell_the_same_number(made, layout, chip, efuse):
    model = NetworkProcessor()
    machine = made("hello", layout, chip=chip, nwp=model)
    assert machine.chip.gprcm.readers[0xC80]() >> 16 == efuse
    assert model.chip_id == 0x31100000 | efuse & 0xFF


def test_a_world_may_give_another_number(made):
    model = NetworkProcessor(World.parse("device: {chip_id: 7}"))
    made("hello", chip="CC3220R", nwp=model)
    assert model.chip_id == 7


def test_an_image_says_for_which_chip_it_is(image, made, tmp_path):
    """By a section that takes no memory."""
    note = tmp_path / "mcu.s"
    note.write_text('.section .mcu,"",%progbits\n.ascii "CC3220R"\n')
    elf = image("hello", "ram")
    told = tmp_path / "told.elf"
    told.write_bytes(image("gpio", "ram", note).read_bytes())
    assert Image(told).variant().name == "CC3220R"
    assert Image(elf).variant().name == "CC3220S"
    assert Image(told).file() != b"" and b"CC3220R" not in Image(told).file()
    told.write_bytes(told.read_bytes().replace(b"CC3220R", b"CC3299R"))
    with pytest.raises(ImageError, match="no chip 'CC3299R'"):
        Image(told).variant()


# The ROM's part


@pytest.mark.parametrize("chip", MS_PER_KB)
def test_loading_takes_its_time_at_every_boot(made, chip):
    machine = made("hello", chip=chip)
    length = len(machine.chip.image.file())
    expected = MS_PER_KB[chip] * length / 1024 / 1000
    for begin in range(2):
        start = machine.now
        hand_over(machine)
        assert machine.now - start == pytest.approx(expected, rel=0.01)
        assert machine.instructions == 0 or begin
        machine.power_cycle()


def test_the_sf_is_ready_at_once(made):
    assert made("hello", "guest").chip.loaded_at is None


def test_the_rom_leaves_the_sram_below_the_image_as_it_was_last(made):
    """It is the image's from then on, and a reset gives it back to the ROM."""
    machine = made("resets")
    choose(machine, choice=2)  # an APPS reset, which keeps SRAM
    left = machine.read(ROM_RAM, ROM_RAM_SIZE)
    assert left != bytes(ROM_RAM_SIZE) and b"\xa5\x5a\xc3\x3c" not in left
    machine.chip.sram.write(ROM_RAM, bytes(ROM_RAM_SIZE))
    machine.chip.sram.write(0x2003F000, b"kept")
    machine.run(until=lambda: machine.chip.boots == 2, timeout=5)
    assert machine.chip.loaded_at is not None
    hand_over(machine)
    assert machine.read(ROM_RAM, ROM_RAM_SIZE) == left
    assert machine.read(0x2003F000, 4) == b"kept"
    assert machine.word("choice") == 0, "the image is as it is in the serial flash"


def test_what_comes_while_the_rom_loads_is_lost_and_told(made):
    machine = made("hello")
    machine.uart.host_write(b"early")
    hand_over(machine)
    machine.run(timeout=0.01)
    assert machine.uart.host_read() == b"hello\r\n"
    assert any("while the receiver is not ready" in text for text in machine.reports)


def test_a_snapshot_may_be_taken_while_the_rom_loads(made):
    machine = made("hello")
    state = machine.snapshot()
    machine.run(timeout=0.1)
    said = machine.uart.host_read()
    machine.restore(state)
    assert machine.chip.loaded_at is not None
    machine.run(timeout=0.1)
    assert machine.uart.host_read() == said == b"hello\r\n"


def test_an_image_that_begins_too_low_is_refused(image, tmp_path):
    """What is loaded below would overwrite the ROM that loads it."""
    elf = bytearray(image("hello", "ram").read_bytes())
    at = int.from_bytes(elf[28:32], "little")  # e_phoff
    size = int.from_bytes(elf[42:44], "little")  # e_phentsize
    second = bytearray(elf[at : at + size])
    second[8:16] = 2 * (0x20003FF0).to_bytes(4, "little")  # p_vaddr, p_paddr
    elf[28:32] = len(elf).to_bytes(4, "little")
    elf[44:46] = (2).to_bytes(2, "little")  # e_phnum
    low = tmp_path / "low.elf"
    low.write_bytes(bytes(elf + elf[at : at + size] + second))
    with pytest.raises(ImageError, match="0x20003FF0 is below the image"):
        Machine(low)


# What the others do not have


@pytest.mark.parametrize(
    ("choice", "address"),
    [
        (NULL, 0x01000800),
        (NULL, 0x010FFFFC),
        (NULL, FLASH_CONTROLLER),
        (FLASH_STORE, 0x01000900),
    ],
)
def test_nothing_of_the_flash_is_there(made, choice, address):
    machine = made("faults")
    choose(machine, choice=choice + ENABLED, address=address)
    finish(machine)
    assert machine.word("result", 0) == 5, "a bus fault"
    assert machine.word("result", 2) == PRECISE | BFAR_VALID
    assert machine.word("result", 4) == address
    assert "the CC3220S has no on-chip flash" in machine.faults[0]


# The file that comes with the image


@pytest.fixture
def with_chapters(image, tmp_path):
    """An image with chapters beside it."""
    elf = tmp_path / "hello.elf"
    elf.write_bytes(image("hello", "ram").read_bytes())
    (tmp_path / "chapters").write_bytes(b"made with the image")
    return Image(elf)


def test_the_chapters_are_in_the_store_as_flashed(made, with_chapters):
    model = NetworkProcessor()
    made(with_chapters, nwp=model)
    assert model.storage.content(CHAPTERS) == b"made with the image"
    model.storage.factory_reset(model.world)
    assert model.storage.content(CHAPTERS) == b"made with the image", "part of the factory image"


def test_an_older_file_of_a_kept_store_is_replaced(made, with_chapters):
    model = NetworkProcessor()
    model.storage.put(CHAPTERS, b"of last week")
    model.storage.put(b"/other", b"stays")
    made(with_chapters, nwp=model)
    assert model.storage.content(CHAPTERS) == b"made with the image"
    assert model.storage.content(b"/other") == b"stays"


def test_a_file_of_that_name_in_the_world_is_the_one(made, with_chapters):
    model = NetworkProcessor(World.parse("files: [{name: /atcore/chapters, text: mine}]"))
    made(with_chapters, nwp=model)
    assert model.storage.content(CHAPTERS) == b"mine"


def test_an_image_without_chapters_brings_none(made, with_chapters, tmp_path):
    (tmp_path / "chapters").unlink()
    model = NetworkProcessor()
    made(Image(with_chapters.path), nwp=model)
    assert model.storage.content(CHAPTERS) is None


def test_a_network_processor_elsewhere_has_its_own(made, with_chapters):
    made(with_chapters, nwp=FakeNwp()).boot()
