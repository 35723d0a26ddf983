"""A network processor that plays a recorded session (shared vectors, see their README).

    np = ScriptedNwp(case)             # one case of a vectors file, or a conformance Case
    np.begin_step(0)                   # what the NWP says unasked in step 0 may leave now
    ... let the firmware run the step's command ...
    for expected, got, uninit in np.result(): ...

Each host frame is matched with the next recorded exchange and answered with the exchange's NWP
frames, verbatim, recorded sequence numbers and deliberate garbage included. A frame with another
opcode than the next one expected is matched further on when there is such an exchange among those
released; what was passed over counts as missing, and the sequence goes on without its answers. A
frame that fits nowhere is reported and not answered, as any answer would spoil the recorded
sequence.

Exchanges without host frame are what the NWP sent unasked: they leave at `begin_step`; those that
begin with INIT_COMPLETE at power-on. Offsets in `uninit` are bytes that the
vendor's driver leaves uninitialised; they are not compared.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from . import snapshot
from .clock import Timers
from .codec import H2N_SYNC
from .linklayer import LinkLayer, Message

BOOT_TIME = 0.001  # seconds from power-on to the first message
STOP = 0x8473
SYNC = bytes.fromhex("dccdab")  # what follows the first byte of a sync word


class Comparison(NamedTuple):
    """A recorded host frame and what came instead; None where one of them is missing."""

    expected: bytes | None
    got: bytes | None
    uninit: frozenset

    @property
    def equal(self) -> bool:
        return not self.differences()

    def differences(self) -> list[int]:
        """Offsets at which the frames differ, [-1] when one of them is missing or has another
        length."""
        if self.expected is None or self.got is None or len(self.expected) != len(self.got):
            return [-1]
        pairs = enumerate(zip(self.expected, self.got, strict=True))
        return [at for at, (a, b) in pairs if a != b and at not in self.uninit]


INIT_COMPLETE = 0x0008


class _Exchange:
    """One recorded exchange; `unasked` when the NWP began it, `after_power` when by booting."""

    def __init__(self, step: int, host: bytes, frames, uninit):
        self.step = step
        self.host = host
        self.frames = list(frames)
        self.uninit = frozenset(uninit)
        self.unasked = not host
        self.opcode = int.from_bytes(host[4:6], "little")
        first = self.frames[0] if self.frames else b""
        self.after_power = self.unasked and first[4:6] == INIT_COMPLETE.to_bytes(2, "little")


def _exchanges(case, number: int):
    """The exchanges of a step, of a case as in the file or of a parsed one (conformance)."""
    if not isinstance(case, dict):
        for e in case.steps[number].exchanges:
            yield _Exchange(number, e.host, e.nwp, e.uninitialised)
        return
    for e in case["steps"][number]["exchanges"]:
        frames = [bytes.fromhex(text) for text in e["nwp_frames_hex"]]
        uninit = e.get("host_uninit_bytes", ())
        yield _Exchange(number, bytes.fromhex(e["host_frame_hex"]), frames, uninit)


class RecordedNwp:
    """The seam of a network processor that plays a recorded case.

    What it answers is up to its heirs: `_command`, and `_release_unasked` for what is due without
    being asked. `compared`: the case as frames() is to be held against it.
    """

    def __init__(self, case):
        self.case = self.compared = case
        self.timers = Timers()
        self.link = LinkLayer(self._command, self._line, self._fill, self.timers)
        self.powered = False
        self.step = -1
        self._stopped = False
        self.on_irq = None
        self.trace = None

    def give_up(self) -> None:
        """A step is over: nothing that is still wanted of the host will come."""

    def _send(self, frame: bytes) -> None:
        opcode = int.from_bytes(frame[4:6], "little")
        message = Message(opcode, name=f"0x{opcode:04X}")
        message.raw = frame
        self.link.send(message)

    def _take(self, opcode: int, body: bytes) -> bytes:
        """The frame of a command that came."""
        frame = H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body
        if self.trace:
            self.trace("H", "", frame)
        return frame

    def _fill(self, message: Message, sequence: int) -> bytes:
        if self.trace:
            self.trace("N", message.name, message.raw)
        return message.raw

    def _line(self, level: bool) -> None:
        if self.on_irq is not None:
            self.on_irq(level)

    # Seam

    def attach(self, clock, on_irq) -> None:
        self.on_irq = on_irq
        self.timers.attach(clock)

    def power(self, on: bool) -> None:
        if on == self.powered:
            return
        self.powered = on
        self._stopped = False
        self.timers.clear()
        self.link.reset()
        if on:
            self.timers.after(BOOT_TIME, self._release_unasked)

    def write(self, data: bytes) -> None:
        if self.powered:
            self.link.write(data)

    def read(self, n: int) -> bytes:
        return self.link.read(n) if self.powered else b"\xff" * n

    @property
    def irq(self) -> bool:
        return self.link.line

    @property
    def shutdown_ready(self) -> bool:
        return not self.powered or (self._stopped and not self.link.queue)

    def trigger(self) -> None:
        self._stopped = True

    def fds(self) -> list:
        return []

    def service(self) -> None:
        pass

    # Snapshot (snapshot.py)

    groups: dict = {}
    not_copied = frozenset({"on_irq", "trace", "case", "compared"})

    def components(self) -> dict:
        return {"np": self, "link": self.link, "timers": self.timers}

    def snapshot(self) -> dict:
        """A deep copy of the position in the recording."""
        return snapshot.take(self)

    def restore(self, state: dict) -> None:
        snapshot.put_back(self, state)

    def line_restored(self) -> None:
        self._line(self.link.line)


class ScriptedNwp(RecordedNwp):
    """A network processor that wants the recorded frames one by one; see the module."""

    def __init__(self, case: dict):
        super().__init__(case)
        self._released: list[_Exchange] = []
        self._rows: list[tuple[int, Comparison]] = []
        self._lost = 0  # frames that did not leave since power-on

    def begin_step(self, number: int) -> None:
        """Release step `number`: its exchanges are expected from now on."""
        self.step = number
        self._released.extend(_exchanges(self.case, number))
        self._release_unasked()

    def _release_unasked(self) -> None:
        """Send what is due without a host frame: whatever stands first in the recording."""
        while self._released and self._released[0].unasked:
            if self._released[0].after_power and not self.powered:
                return
            for frame in self._released.pop(0).frames:
                self._send(frame)

    def give_up(self) -> None:
        """A step is over: what the host has not written counts as missing."""
        left, self._released = self._released, []
        for exchange in left:
            if exchange.host:
                self._miss(exchange)
            else:
                self._released.append(exchange)
        self._release_unasked()

    def _miss(self, exchange: _Exchange) -> None:
        self._rows.append((exchange.step, Comparison(exchange.host, None, exchange.uninit)))
        self._lost += len(exchange.frames)

    def _send(self, frame: bytes) -> None:
        super()._send(renumbered(frame, -self._lost) if self._lost else frame)

    def power(self, on: bool) -> None:
        """Power goes on or off; the sequence begins anew."""
        if on != self.powered:
            self._lost = 0
        super().power(on)

    def result(self, step: int | None = None) -> list[Comparison]:
        """Expected and seen host frames so far, in order, of one step or of all released ones."""
        missing = [(e.step, Comparison(e.host, None, e.uninit)) for e in self._released if e.host]
        return [row for n, row in self._rows + missing if step is None or n == step]

    def frames(self, step: int) -> list[bytes]:
        """What the host wrote in a step."""
        return [row.got for row in self.result(step) if row.got is not None]

    @property
    def finished(self) -> bool:
        """Everything released was exchanged and read."""
        return not self._released and not self.link.queue

    def _command(self, opcode: int, body: bytes) -> None:
        frame = self._take(opcode, body)
        waiting = [e for e in self._released if e.host]
        match = next((e for e in waiting if e.opcode == opcode), None)
        if match is None:
            self._rows.append((self.step, Comparison(None, frame, frozenset())))
            return
        while self._released[0] is not match:
            passed = self._released.pop(0)
            if passed.host:
                self._miss(passed)
        self._released.pop(0)
        self._rows.append((match.step, Comparison(match.host, frame, match.uninit)))
        self._stopped = self._stopped or opcode == STOP
        for answer in match.frames:
            self._send(answer)
        self._release_unasked()


def renumbered(frame: bytes, by: int) -> bytes:
    """A frame with another sequence number, in the two lowest bits of its sync word."""
    at = frame.find(SYNC) - 1
    if at < 0:
        return frame
    first = frame[at] & ~3 | frame[at] + by & 3
    return frame[:at] + bytes((first,)) + frame[at + 1 :]
