"""UARTA0 and UARTA1: PL011 in its Stellaris flavour (cc3220-hardware.md 3.6), in emulated time.

Both directions are followed lazily: a register access or an event first brings the line up to
now. Events are only asked for where something becomes visible: an interrupt, or output.
"""

from collections import deque

from ..block import Block
from ..line import Line
from ..scheduler import NEVER

DR, RSR, FR, IBRD, FBRD, LCRH, CTL, IFLS = 0x00, 0x04, 0x18, 0x24, 0x28, 0x2C, 0x30, 0x34
IM, RIS, MIS, ICR, DMACTL = 0x38, 0x3C, 0x40, 0x44, 0x48
TXFE, RXFF, TXFF, RXFE, BUSY = 0x80, 0x40, 0x20, 0x10, 0x08
RXE, TXE, LOOPBACK, HSE, EOT, UARTEN = 1 << 9, 1 << 8, 1 << 7, 1 << 5, 1 << 4, 1
FEN, STOP2, PARITY, BREAK_OUT = 1 << 4, 1 << 3, 1 << 1, 1
INT_EOT, INT_OE, INT_BE, INT_PE, INT_FE, INT_RT, INT_TX, INT_RX = (
    1 << 11, 1 << 10, 1 << 9, 1 << 8, 1 << 7, 1 << 6, 1 << 5, 1 << 4,
)  # fmt: skip
DATA_OE, DATA_BE, DATA_PE, DATA_FE = 1 << 11, 1 << 10, 1 << 9, 1 << 8
DEPTH = 16
LEVELS = (2, 4, 8, 12, 14)  # of 16, by IFLS code
TIMEOUT_BITS = 32
PINS = {  # name -> ((tx pin, mode)...), ((rx pin, mode)...)
    "UARTA0": (((55, 3),), ((57, 3),)),
    "UARTA1": (
        ((58, 6), (55, 6), (1, 7), (7, 5), (16, 2)),
        ((59, 6), (57, 6), (2, 7), (8, 5), (17, 2)),
    ),
}
PLACES = {"UARTA0": (0x4000_C000, 0x80, 5), "UARTA1": (0x4000_D000, 0x88, 6)}


class Uart(Block):
    """One UART and its end of the line; `line` is the other end (host side)."""

    RESET = {
        IBRD: 0,
        FBRD: 0,
        LCRH: 0,
        CTL: 0x300,
        IFLS: 0x12,
        IM: 0,
        DMACTL: 0,
        0xFC0: 3,
        0xFC8: 0,
    }
    STATE = (
        "_rx", "_tx", "_shifting", "_tx_done", "_ris", "_rsr", "_last_rx", "_timed_out",
        "_bit4", "_overrun", "_event", "_event_time", "_tx_on", "_rx_on",
    )  # fmt: skip

    def __init__(self, chip, name: str):
        self.name = name
        self.base, self.gate, self._irq = PLACES[name]
        super().__init__(chip)
        self.line = Line(chip)
        self.line.on_change = self._line_changed
        self._event = None
        self._rx: deque[int] = deque()
        self._tx: deque[int] = deque()
        self._tx_on = self._rx_on = self._tx_pin = self._rx_pin = False
        self._clear()
        self.readers |= {
            DR: self._read_dr,
            RSR: lambda: self._rsr,
            FR: self._read_fr,
            RIS: self._read_ris,
            MIS: lambda: self._read_ris() & self.regs[IM],
            ICR: lambda: 0,
        }
        self.writers |= {
            DR: self._write_dr,
            RSR: self._write_ecr,
            FR: lambda value: None,
            IBRD: lambda value: self.regs.__setitem__(IBRD, value & 0xFFFF),
            FBRD: lambda value: self.regs.__setitem__(FBRD, value & 0x3F),
            LCRH: self._write_lcrh,
            CTL: self._write_ctl,
            IFLS: self._write_ifls,
            IM: self._write_im,
            ICR: self._write_icr,
        }

    def _clear(self) -> None:
        self._rx.clear()
        self._tx.clear()
        self._shifting = -1  # character in the shift register
        self._tx_done = 0  # cycle at which it has left
        self._ris = 0
        self._rsr = 0
        self._last_rx = 0  # cycle of the last receive activity, for the time-out
        self._timed_out = True
        self._quiet = 0  # nothing happens on the line before this cycle
        self._overrun = False
        self._bit4 = 0  # a bit time in quarters of a cycle; 0: no divisor latched
        self.chip.scheduler.cancel(self._event)
        self._event = None
        self._event_time = NEVER

    def reset(self) -> None:
        super().reset()
        self._clear()
        self.pads()
        self.chip.nvic.set_line(self._irq, False)

    def gating(self) -> None:
        self.pads()

    def pads(self) -> None:
        """Pads, gate or control register have changed: who is connected now?"""
        if not hasattr(self.chip, "ocp"):
            return
        self._sync()
        tx_pins, rx_pins = PINS[self.name]
        control = self.regs[CTL] if self.clocked else 0
        mode = self.chip.ocp.pin_mode
        self._tx_on = bool(control & UARTEN and control & TXE)
        self._rx_on = bool(control & UARTEN and control & RXE)
        self._tx_pin = any(mode(pin) == want for pin, want in tx_pins)
        self._rx_pin = any(mode(pin) == want for pin, want in rx_pins)
        self._plan()

    @property
    def listening(self) -> bool:
        """The receiver is on and connected: characters from the host arrive."""
        return self._rx_on and self._rx_pin and bool(self._bit4)

    # Formats and times

    def _char_cycles(self, bits: int = 0) -> int:
        """Cycles of a character (or of so many bits) at the latched divisor."""
        if not bits:
            lcrh = self.regs[LCRH]
            bits = 7 + (lcrh >> 5 & 3) + bool(lcrh & STOP2) + bool(lcrh & PARITY)
        return bits * self._bit4 // 4

    def baud(self) -> float:
        """The rate the divisor gives, in bit/s; 0 before it is set."""
        return 4 * self.chip.CPU_HZ / self._bit4 if self._bit4 else 0.0

    def _depth(self) -> int:
        return DEPTH if self.regs[LCRH] & FEN else 1

    def _rx_level(self) -> int:
        return LEVELS[min(self.regs[IFLS] >> 3 & 7, 4)] if self.regs[LCRH] & FEN else 1

    def _tx_level(self) -> int:
        return LEVELS[min(self.regs[IFLS] & 7, 4)] if self.regs[LCRH] & FEN else 0

    # Receiving

    def _arrive(self, time: int, char: int) -> None:
        """A character has arrived on the line at cycle `time`."""
        if self._rx_on and self._rx_pin and not self.regs[CTL] & LOOPBACK:
            self._receive(time, char)
        else:
            self.chip.uart_dropped(self, char)

    def _receive(self, time: int, char: int) -> None:
        """The receiver has a character (with its error bits) at cycle `time`.

        With loopback it comes from inside the block, whatever the pads are (spec 3.6).
        """
        if not self._rx_on:
            return
        self._check_timeout(time)
        self._last_rx = time
        self._timed_out = False
        rx = self._rx
        if len(rx) >= self._depth():
            self._overrun = True
            self._ris |= INT_OE
            self._rsr |= 8
            return
        if char & 0x700:
            self._ris |= (char & 0x700) >> 1
        if self._overrun:
            char |= DATA_OE
            self._overrun = False
        rx.append(char)
        if len(rx) == self._rx_level():
            self._ris |= INT_RX

    def _check_timeout(self, now: int) -> None:
        if self._timed_out or not self._rx or not self.regs[LCRH] & FEN:
            return
        if now - self._last_rx >= self._char_cycles(TIMEOUT_BITS):
            self._ris |= INT_RT
            self._timed_out = True

    def _read_dr(self) -> int:
        self._sync()
        rx = self._rx
        if not rx:
            return 0
        before = self._ris, False
        char = rx.popleft()
        self._rsr = char >> 8 & 15
        below = self._rx_level() - len(rx)
        if below > 0:
            self._ris &= ~INT_RX
        if not rx:
            self._ris &= ~INT_RT
        self._last_rx = self.chip.now()
        changed = (self._ris, self._timed_out) != before or self._event_time == NEVER
        # The level may be crossed again; a time-out that interrupts would come before.
        changed = changed or (below == 1 and not self.regs[IM] & INT_RT)
        self._timed_out = False
        if changed:
            self._update()
        return char

    def _line_changed(self) -> None:
        """The host has put characters on the line."""
        self._plan()

    # Sending

    def _write_dr(self, value: int) -> None:
        if self._takes_another():
            self._tx.append(value & 0xFF)
            return
        self._sync()
        if not self._tx_on:
            self.chip.report("uart", f"{self.name}: output while the transmitter is off is lost")
            return
        if not self._bit4:
            self.chip.report("uart", f"{self.name}: output before the baud rate is set is lost")
            return
        tx = self._tx
        if self._shifting < 0:
            self._shifting = value & 0xFF
            self._tx_done = self.chip.now() + self._char_cycles()
            self._level_crossed(0)
        elif len(tx) >= self._depth():
            self.chip.report("uart", f"{self.name}: DR written while TXFF is set: lost")
            return
        else:
            tx.append(value & 0xFF)
            if len(tx) > self._tx_level():
                self._ris &= ~INT_TX
        self._update()

    def _takes_another(self) -> bool:
        """The usual case: the FIFO takes a character and nothing else can be seen of it."""
        return (
            self._shifting >= 0
            and self._tx_on
            and self._event_time != NEVER
            and self.chip.now() < self._tx_done
            and len(self._tx) not in (self._tx_level(), self._depth())
        )

    def _level_crossed(self, count: int) -> None:
        """A character has moved to the shift register and left `count` in the FIFO."""
        if count == self._tx_level() and not self.regs[CTL] & EOT:
            self._ris |= INT_TX

    def _send(self, now: int) -> None:
        """Characters whose time is over have left."""
        while self._shifting >= 0 and self._tx_done <= now:
            if self.regs[CTL] & LOOPBACK:
                self._receive(self._tx_done, self._shifting)
            elif self._tx_pin:
                self.line.from_guest(self._tx_done, self._shifting)
            else:
                self.chip.report("uart", f"{self.name}: output, but its pad is not connected")
            if self._tx:
                self._shifting = self._tx.popleft()
                self._tx_done += self._char_cycles()
                self._level_crossed(len(self._tx))
            else:
                self._shifting = -1
                self._ris |= INT_EOT
                if self.regs[CTL] & EOT:
                    self._ris |= INT_TX

    # Bringing both up to date

    def _sync(self) -> None:
        now = self.chip.now()
        if now < self._quiet:
            return
        if self.line.waiting:
            for time, char in self.line.arrived(now):
                self._arrive(time, char)
        self._check_timeout(now)
        if self._shifting >= 0:
            self._send(now)
        self._quiet = self._next_change()

    def _next_change(self) -> int:
        """No character arrives, leaves or times out before this cycle."""
        time = self.line.time_of(1)
        if self._rx and not self._timed_out:
            time = min(time, self._last_rx + self._char_cycles(TIMEOUT_BITS))
        return min(time, self._tx_done) if self._shifting >= 0 else time

    def sync(self) -> None:
        """Bring the line up to now and interrupt if that asks for it."""
        self._sync()
        self._update()

    def _update(self) -> None:
        self.chip.nvic.set_line(self._irq, bool(self._ris & self.regs[IM]))
        self._plan()

    def _plan(self) -> None:
        """Ask for an event when something will become visible without the guest's doing.

        An event that has become too early stays: it finds nothing and asks anew. That is cheaper
        than to move it with every character of a FIFO that is being filled or emptied.
        """
        self._quiet = 0
        time = min(self._next_rx(), self._next_tx())
        if time < self._event_time:
            self.chip.scheduler.cancel(self._event)
            self._event_time = time
            self._event = self.chip.scheduler.at(time, self._due)
            self.chip.stop_at(time)

    def _due(self) -> None:
        self._event_time = NEVER
        self._event = None
        self.sync()
        self.line.flush()

    def _next_rx(self) -> int:
        mask = self.regs[IM] & ~self._ris
        time = NEVER
        count = len(self._rx)
        if self.line.waiting:
            if not self._rx_on:
                time = self.line.time_of(self.line.waiting)
            elif mask & INT_RX and count < self._rx_level():
                time = self.line.time_of(self._rx_level() - count)
            if mask & INT_OE:
                time = min(time, self.line.time_of(self._depth() + 1 - count))
            if mask & (INT_RT | INT_BE | INT_FE | INT_RX):
                time = min(time, self.line.time_of(self.line.waiting))
        if mask & INT_RT and not self._timed_out and count and self.regs[LCRH] & FEN:
            time = min(time, self._last_rx + self._char_cycles(TIMEOUT_BITS))
        return time

    def _next_tx(self) -> int:
        """The next level crossing if that interrupts; else when all is sent."""
        if self._shifting < 0:
            return NEVER
        char, count = self._char_cycles(), len(self._tx)
        over = count - self._tx_level()
        if over > 0 and self.regs[IM] & INT_TX and not self.regs[CTL] & EOT:
            return self._tx_done + (over - 1) * char
        return self._tx_done + count * char

    # Registers

    def _read_fr(self) -> int:
        before = self._ris
        self._sync()
        value = TXFE if not self._tx else 0
        depth = self._depth()
        if not self._rx:
            value |= RXFE
        if len(self._rx) >= depth:
            value |= RXFF
        if len(self._tx) >= depth:
            value |= TXFF
        if self._shifting >= 0:
            value |= BUSY
        if self._ris != before or self._event_time == NEVER:
            self._update()
        return value

    def _read_ris(self) -> int:
        self.sync()
        return self._ris

    def _write_ecr(self, _value: int) -> None:
        self._rsr = 0

    def _write_lcrh(self, value: int) -> None:
        """Latches the divisor; switching the FIFOs empties them."""
        self._sync()
        if (self.regs[LCRH] ^ value) & FEN:
            self._rx.clear()
            self._tx.clear()
            self._ris &= ~(INT_RX | INT_RT)
        self.regs[LCRH] = value & 0xFF
        divisor = self.regs[IBRD] * 64 + self.regs[FBRD]
        self._bit4 = divisor if not self.regs[CTL] & HSE else divisor // 2
        self.line.set_guest_format(self.baud(), self._char_cycles() if self._bit4 else 0)
        self._update()

    def _write_ctl(self, value: int) -> None:
        self.regs[CTL] = value
        self.pads()
        self._update()

    def _write_ifls(self, value: int) -> None:
        self._sync()
        self.regs[IFLS] = value & 0x3F
        self._update()

    def _write_im(self, value: int) -> None:
        self._sync()
        self.regs[IM] = value & 0x30FF2
        self._update()

    def _write_icr(self, value: int) -> None:
        self._sync()
        self._ris &= ~value
        self._update()

    def save(self) -> dict:
        return super().save() | {"line": self.line.save(), "pins": (self._tx_pin, self._rx_pin)}

    def load(self, state: dict) -> None:
        super().load(state)
        self.line.load(state["line"])
        self._tx_pin, self._rx_pin = state["pins"]
        self._quiet = 0
