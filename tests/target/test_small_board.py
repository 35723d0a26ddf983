"""A board whose heap does not hold the AT application: it says so, and does not loop at speed."""

import struct

import pytest

from cc32at.client import AtClient, DeviceFailed
from cc32at.emulator import Machine
from cc32at.emulator.serialport import EmuSerial
from cc32at.image.size import symbols
from cc32at.nwp import NetworkProcessor

pytestmark = pytest.mark.world
PAUSE = 10  # seconds that the firmware announces
HEAP = 12 * 1024  # bytes; the application keeps more


@pytest.fixture
def small(elf_small, tmp_path):
    """The CC3220S image with a heap that is too small, powered."""
    names = symbols(elf_small)
    image = elf_small.read_bytes()
    end = struct.pack("<I", names["_heap_end"])
    assert image.count(end)
    cut = tmp_path / "cut.elf"
    cut.write_bytes(image.replace(end, struct.pack("<I", names["_heap_start"] + HEAP)))
    machine = Machine(cut, nwp=NetworkProcessor())
    yield EmuSerial(machine, timeout=0.02, baudrate=115200)
    machine.close()


def said(port: EmuSerial, seconds: float) -> list[str]:
    """Lines that come within this time."""
    port.machine.run(timeout=seconds)
    return port.machine.uart.host_read().decode().splitlines()


def test_it_tells_why_and_is_quiet_until_its_reset(small):
    first = [line for line in said(small, PAUSE - 1) if line]
    assert all(line.startswith("# ") for line in first)
    assert sum("MemoryError" in line for line in first) == 1
    assert first[-1] == f"# fatal: the AT application does not start; reset in {PAUSE} s"
    assert [line for line in said(small, 3) if line] == first


def test_a_client_is_told(small):
    with pytest.raises(DeviceFailed, match="does not start") as failure:
        AtClient(small).command("AT+Test")
    assert any("MemoryError" in line for line in failure.value.seen)
