"""Boards whose program, data and heap share the SRAM: CC3220S, CC3220R.

Whatever the settings are, they start. One whose heap does not hold the AT application says so, and
does not loop at speed.
"""

import struct
import zlib

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


def settings_file(**values: object) -> bytes:
    """A whole settings file (atcore/settings.py) with these lines."""
    text = b"".join(b"%s=%s\n" % (name.encode(), str(v).encode()) for name, v in values.items())
    return text + b"SUM=%08x\n" % zlib.adler32(text)


EVERY = {
    "STYLE": "ti",
    "ECHO": 1,
    "BANNER": 0,
    "AUTOSTART": 0,
    "BAUD": 9600,
    "VERBOSE": 1,
    "SENDWAIT": 65,
}
DAMAGED = {
    "empty": b"",
    "erased": b"\xff" * 64,
    "cut": settings_file(**EVERY)[:-3],
    "a number too long": settings_file(BAUD=2**64 + 9600),
    "no sum": b"ECHO=1\n",
}


@pytest.fixture
def settled(elf_small):
    """(file) -> a client of the board that was switched on with this file of settings."""
    machines = []

    def start(content: bytes | None, baud: int = 115200) -> AtClient:
        model = NetworkProcessor()
        if content is not None:
            name = "/atcore/settings"
            model.control.call("put_file", name=name, content={"hex": content.hex()})
        machine = Machine(elf_small, nwp=model)
        machines.append(machine)
        machine.run(timeout=1.0)
        machine.uart.host_read()
        return AtClient(EmuSerial(machine, timeout=0.02, baudrate=baud))

    yield start
    for machine in machines:
        machine.close()


def kept(at: AtClient, style: str = "guide") -> dict[str, str]:
    """All settings, as the board gives them."""
    at.style = style
    names = [name for name in EVERY if name != "ECHO"]
    return {name: at.command(f"AT+Get=AT,{name}").fields[0] for name in names}


@pytest.mark.parametrize("name", [name for name in EVERY if name != "ECHO"])
def test_it_starts_with_each_setting_and_has_it(settled, name):
    baud = EVERY["BAUD"] if name == "BAUD" else 115200
    at = settled(settings_file(**{name: EVERY[name]}), baud)
    at.style = "ti" if name == "STYLE" else "guide"
    assert at.command(f"AT+Get=AT,{name}").fields == [str(EVERY[name])]


def test_it_starts_with_echo(settled):
    at = settled(settings_file(ECHO=1))
    at.write(b"AT+Get=AT,ECHO\r\n")
    assert [str(m) for m in at.messages(timeout=5, quiet=0.3)] == [
        "AT+Get=AT,ECHO",
        "+Get: 1",
        "OK",
    ]


def test_it_starts_with_all_settings_and_has_them(settled):
    wanted = {name: str(value) for name, value in EVERY.items()}
    at = settled(settings_file(**{**EVERY, "ECHO": 0}), EVERY["BAUD"])
    assert kept(at, "ti") == {name: value for name, value in wanted.items() if name != "ECHO"}


@pytest.mark.parametrize("content", [None, *DAMAGED.values()], ids=["none", *DAMAGED])
def test_it_starts_without_settings_and_with_damaged_ones(settled, content):
    values = kept(settled(content))
    assert values == {
        "STYLE": "guide",
        "BANNER": "1",
        "AUTOSTART": "1",
        "BAUD": "115200",
        "VERBOSE": "0",
        "SENDWAIT": "10",
    }
