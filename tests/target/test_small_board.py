"""A board whose heap does not hold the AT application: it says so, and does not loop at speed."""

import pytest

from cc32at.client import AtClient, DeviceFailed
from cc32at.emulator import Machine
from cc32at.emulator.serialport import EmuSerial
from cc32at.nwp import NetworkProcessor

pytestmark = pytest.mark.world
PAUSE = 10  # seconds that the firmware announces


@pytest.fixture
def small(elf_small_that_starts):
    """The CC3220S image, powered."""
    machine = Machine(elf_small_that_starts, nwp=NetworkProcessor())
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
