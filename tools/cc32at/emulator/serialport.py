"""A pyserial port with an emulated board behind it, in this process and in virtual time.

Reading runs the machine until the data is there or the time-out has passed on the board's clock;
a thousand seconds of waiting cost nothing if the board sleeps.
"""

import contextlib
from typing import Any

import serial

from .machine import GuestIdle, Machine

GLANCE = 0.001  # emulated seconds that a look at in_waiting lets pass when there is nothing
BURST = 256  # bytes that end them


class EmuSerial(serial.SerialBase):
    """EmuSerial(machine, timeout=..., baudrate=...): opened at once.

    The board is powered before the port is opened, as on a desk: opening runs it until its
    receiver is on (at most a second). `clock()` is the board's time in seconds, `machine` the
    board. The port's baud rate counts: the wrong one garbles characters, as on a wire; give
    follow_baud=True to let the host follow the guest.
    """

    def __init__(self, machine: Machine, follow_baud: bool = False, **options: Any):
        self.machine = machine
        self._follow = follow_baud
        super().__init__(**options)
        self.open()

    def open(self) -> None:
        if self.is_open:
            raise serial.SerialException("the port is already open")
        self.is_open = True
        self._reconfigure_port()
        with contextlib.suppress(GuestIdle):
            self.machine.boot()

    def close(self) -> None:
        """The board goes on existing; open() again continues with it."""
        self.is_open = False

    def clock(self) -> float:
        """Emulated seconds."""
        return self.machine.now

    @property
    def _line(self):
        return self.machine.uart

    def _need_open(self) -> None:
        if not self.is_open:
            raise serial.PortNotOpenError()

    def _run(self, until, timeout: float | None) -> None:
        try:
            self.machine.run(until=until, timeout=timeout)
        except GuestIdle:
            if timeout is None:
                raise serial.SerialException("the board sleeps for ever") from None

    def _reconfigure_port(self) -> None:
        self._line.set_host_baud(None if self._follow else self._baudrate)

    def read(self, size: int = 1) -> bytes:
        """At most `size` bytes; fewer when the time-out passes on the board's clock."""
        self._need_open()
        line = self._line
        if line.available < size and self._timeout != 0:
            self._run(lambda: line.available >= size, self._timeout)
        return line.host_read(size)

    def write(self, data) -> int:
        """Put bytes on the wire; they travel while the machine runs."""
        self._need_open()
        data = serial.to_bytes(data)
        self._line.host_write(data)
        return len(data)

    @property
    def in_waiting(self) -> int:
        """Bytes that can be read. Lets a millisecond pass when there are none, so that a loop
        which only looks at this gets somewhere."""
        self._need_open()
        if not self._line.available:
            self._run(lambda: self._line.available >= BURST, GLANCE)
        return self._line.available

    @property
    def out_waiting(self) -> int:
        self._need_open()
        return self._line.waiting

    def flush(self) -> None:
        """Run until everything written has arrived at the board."""
        self._need_open()
        self._run(lambda: not self._line.waiting, None)

    def reset_input_buffer(self) -> None:
        self._need_open()
        self._line.host_read()

    def reset_output_buffer(self) -> None:
        self._need_open()
        self._line.discard()

    def send_break(self, duration: float = 0.25) -> None:
        """Hold the line low for `duration` emulated seconds."""
        self._need_open()
        self._line.host_break(duration)

    def _update_break_state(self) -> None:
        self._line.set_break(self._break_state)

    def _update_rts_state(self) -> None:
        """The console has no modem lines."""

    def _update_dtr_state(self) -> None:
        """The console has no modem lines."""

    @property
    def cts(self) -> bool:
        return True

    @property
    def dsr(self) -> bool:
        return True

    @property
    def ri(self) -> bool:
        return False

    @property
    def cd(self) -> bool:
        return True
