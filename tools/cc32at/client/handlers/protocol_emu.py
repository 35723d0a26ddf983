"""emu:// - the firmware in the emulator, in this process, as a pyserial URL.

emu://                                    our firmware, default world and settings
emu://?elf=FILE&world=FILE&clock=real     another image and radio world, on the wall clock
emu://?trace=FILE&nwp=tcp:HOST:PORT       frames and AT lines in a file; an outside NWP
emu://?chip=CC3220R                       another chip than the image was built for
emu://?control=FILE                       the model's control interface, its address in a file
emu://?style=ti&autostart=0               anything else is a setting to boot with
"""

import contextlib
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import click
import serial

from cc32at.emulator import Machine
from cc32at.emulator.__main__ import network_processor
from cc32at.emulator.serialport import EmuSerial
from cc32at.emulator.trace import Trace
from cc32at.private import open_private

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")


def machine_of(url: str) -> Machine:
    """The powered board that a URL describes. Raises serial.SerialException with the reason."""
    query = dict(parse_qsl(urlsplit(url).query))
    elf = Path(query.pop("elf", ELF))
    clock = query.pop("clock", "virtual")
    nwp = [query.pop(name, None) for name in ("nwp", "world", "store", "control")]
    trace, chip = query.pop("trace", None), query.pop("chip", None)
    if not elf.exists():
        raise serial.SerialException(f"there is no {elf}; make firmware builds it")
    with contextlib.ExitStack() as failed:
        try:
            processor = network_processor(*nwp)
            failed.callback(processor.close)
            machine = Machine(
                elf,
                nwp=processor,
                clock=clock,
                settings=query,
                trace=Trace(open_private(trace)) if trace else None,
                chip=chip,
            )
        except (OSError, ValueError, click.ClickException) as error:
            raise serial.SerialException(str(error)) from error
        failed.pop_all()
    return machine


class Serial(EmuSerial):
    """What serial.serial_for_url() makes of emu://."""

    def __init__(self, port: str | None = None, *args: object, **options: object):
        self.machine = None
        self._follow = False
        serial.SerialBase.__init__(self, port, *args, **options)

    def open(self) -> None:
        """Power the board, the first time, and open its port."""
        if self.machine is None:
            self.machine = machine_of(self.port)
        super().open()

    def close(self) -> None:
        """Close the port and switch the board off."""
        super().close()
        if self.machine is not None:
            self.machine.close()
            self.machine.nwp.close()
            self.machine = None
