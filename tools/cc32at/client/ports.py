"""Opening a serial port by URL."""

import time
from collections.abc import Callable

import serial

_HANDLERS = "cc32at.client.handlers"


def open_port(url: str, baud: int = 115200, **options: object) -> serial.SerialBase:
    """Open any pyserial URL: a device, `socket://`, `rfc2217://`, `loop://`, or `emu://`.

    `emu://?elf=FILE&world=FILE&style=ti` starts an emulator in this process. Raises
    serial.SerialException with the reason when the port cannot be opened.
    """
    if _HANDLERS not in serial.protocol_handler_packages:
        serial.protocol_handler_packages.append(_HANDLERS)
    return serial.serial_for_url(url, baudrate=baud, timeout=0.02, **options)


def clock_of(port: serial.SerialBase) -> Callable[[], float]:
    """The clock a port lives by, in seconds: virtual where an emulator is behind it."""
    return getattr(port, "clock", None) or time.monotonic
