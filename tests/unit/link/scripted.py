"""A network processor that says what it is told to, byte for byte."""

from __future__ import annotations

from collections import deque

from hypothesis import HealthCheck, settings

CNYS = bytes.fromhex("65877856")
H2N = bytes.fromhex("21433412")
SYNC = 0xABCDDCBC


def with_examples(count: int):
    """Settings of a property that is tested over and over on one link."""
    return settings(
        max_examples=count,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


def body_of(raw: bytes) -> bytes:
    """The exact body of a message that begins with its sync word (nwp-protocol.md 2.2)."""
    return raw[16 : 8 + int.from_bytes(raw[6:8], "little")]


class ScriptedNwp:
    """The link seam over a queue of messages.

    `say` queues one; `answers` holds a list of messages for each command to come, which are
    queued when it was written. A message is raw bytes, or a function of the sequence number
    that gives them. `frames` collects what the host wrote, without read requests.
    """

    def __init__(self):
        self.queue: deque = deque()
        self.answers: deque = deque()
        self.frames: list[bytes] = []
        self.irq = False
        self.shutdown_ready = True
        self.powered = False
        self.over_reads = 0
        self.unread = 0
        self.words = 0
        self._input = b""
        self._out = b""
        self._sequence = 0
        self._requested = False

    def attach(self, clock, on_irq):
        self.clock = clock

    def fds(self):
        return []

    def service(self):
        pass

    def trigger(self):
        pass

    def power(self, on):
        self.powered = on
        self.irq = False
        self.queue.clear()
        self._sequence = 0
        self._out = self._input = b""

    def say(self, message) -> None:
        self.queue.append(message)
        self.irq = True

    def later(self, seconds: float, message) -> None:
        self.clock.call_at(self.clock.now() + seconds, lambda: self.say(message))

    def write(self, data):
        assert len(data) % 4 == 0
        self._input += data
        while len(self._input) >= 8 or self._input == CNYS:
            if self._input.startswith(CNYS):
                self._input = self._input[4:]
                self.unread += len(self._out)
                self._out = b""
                self._requested = True
                continue
            assert self._input.startswith(H2N), self._input[:8].hex()
            end = 8 + int.from_bytes(self._input[6:8], "little")
            if len(self._input) < end:
                return
            self.frames.append(self._input[:end])
            self._input = self._input[end:]
            for message in self.answers.popleft() if self.answers else ():
                self.say(message)

    def read(self, n):
        assert n % 4 == 0
        self.words += n // 4
        if self._requested and self.queue:
            message = self.queue.popleft()
            self._out = message(self._sequence) if callable(message) else message
            self._sequence += 1
            self._requested = False
            self.irq = bool(self.queue)
        part, self._out = self._out[:n], self._out[n:]
        self.over_reads += n - len(part)
        return part.ljust(n, b"\xff")


def message(
    opcode,
    body=b"",
    *,
    length=None,
    seq=None,
    credits=20,
    status=0,
    min_tx=1536,
    tx_failure=0,
    nonblocking=0,
):
    """A well-formed message; `length` and `seq` replace what would be right."""

    def make(sequence: int) -> bytes:
        number = sequence if seq is None else seq
        size = 8 + len(body) if length is None else length
        return b"".join(
            (
                (SYNC | number & 3).to_bytes(4, "little"),
                opcode.to_bytes(2, "little"),
                size.to_bytes(2, "little"),
                bytes((credits, status)),
                min_tx.to_bytes(2, "little"),
                tx_failure.to_bytes(2, "little"),
                nonblocking.to_bytes(2, "little"),
                body,
                bytes(-len(body) % 4),
            )
        )

    return make
