"""An emulated CC3220: Unicorn's Cortex-M4, our exceptions, bus, peripherals and time.

    machine = Machine("firmware.elf", nwp=NetworkProcessor())
    port = EmuSerial(machine, timeout=1, baudrate=115200)       # serialport.py: a pyserial port
    port.write(b"AT+Test\\r\\n"); port.read_until(b"OK\\r\\n")
    booted = machine.snapshot(); ...; machine.restore(booted)   # a millisecond

machine.py has the loop, chip.py the chip, cpu.py and nvic.py the core, bus.py and peripherals/
the registers, line.py the far end of the UART, nwp_port.py the link; ports.py the front ends.
`python -m cc32at.emulator --help` runs a board on the wall clock, `python -m
cc32at.emulator.bench` measures it.
"""

from .image import Image, ImageError
from .machine import GuestIdle, Machine
from .nvic import Lockup
from .scheduler import Livelock

__all__ = ["GuestIdle", "Image", "ImageError", "Livelock", "Lockup", "Machine"]
