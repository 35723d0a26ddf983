"""The far end of a UART: what the host sends and receives, at the line's speed.

Characters are integers as the UART's data register shows them: bits 7:0 data, 8 framing error,
9 parity error, 10 break. The host follows the guest's baud rate unless `host_baud` is set; then
characters of the wrong speed are sampled bit by bit, as a real receiver would see them.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from .scheduler import CPU_HZ, NEVER

if TYPE_CHECKING:
    from .chip import Chip

FRAMING, BREAK = 1 << 8, 1 << 10
TOLERANCE = 0.03  # rates closer than this understand each other
DEFAULT_CHAR = 10 * CPU_HZ // 115200
FRAME_BITS = 10


class Sampler:
    """Re-reads characters sent at one bit time with another (cycles a bit)."""

    def __init__(self, sent_bit: float, read_bit: float):
        self._sent = sent_bit
        self._read = read_bit
        self._edges: deque[tuple[float, int]] = deque([(float("-inf"), 1)], maxlen=64)
        self._free = float("-inf")  # the receiver looks for a start bit from here on

    def feed(self, start: float, char: int) -> list[tuple[int, int]]:
        """A character begins at `start`; returns (cycle, character) as far as they are decided."""
        level = self._edges[-1][1]
        for n, bit in enumerate([0] + [char >> i & 1 for i in range(8)] + [1]):
            if bit != level:
                self._edges.append((start + n * self._sent, bit))
                level = bit
        return self.settle(start + FRAME_BITS * self._sent)

    def _level(self, time: float) -> int:
        return next((level for edge, level in reversed(self._edges) if edge <= time), 1)

    def settle(self, known: float = float("inf")) -> list[tuple[int, int]]:
        """Decide what can be decided when the line is known up to `known` (idle behind it)."""
        found = []
        while True:
            falling = (t for t, level in self._edges if not level and t >= self._free)
            start = next(falling, None)
            if start is None or start + (FRAME_BITS - 0.5) * self._read > known:
                return found
            bits = [self._level(start + (n + 0.5) * self._read) for n in range(FRAME_BITS)]
            self._free = start + (FRAME_BITS - 0.5) * self._read
            if bits[0]:
                continue  # only a glitch
            char = sum(bit << n for n, bit in enumerate(bits[1:9]))
            flags = 0 if bits[9] else FRAMING | (0 if char else BREAK)
            found.append((round(self._free), char | flags))


class Line:
    """Both wires of one UART, seen from the host."""

    def __init__(self, chip: "Chip"):
        self._chip = chip
        self.on_change: Callable[[], None] = lambda: None
        self.on_output: Callable[[], None] | None = None
        self.on_host_byte: Callable[[bytes], None] | None = None
        self.on_guest_byte: Callable[[int], None] | None = None
        self._queue: deque[int] = deque()
        self._next = 0  # cycle at which the first of the queue has arrived
        self._out = bytearray()
        self._guest_char = 0
        self.guest_baud = 0.0
        self.host_baud: float | None = None
        self.framing_errors = 0
        self.last_output = 0  # cycle of the last character that reached the host
        self.low = False  # the host holds the line low
        self._low_time = 0  # cycles that the line stays low behind a break character
        self._to_guest: Sampler | None = None
        self._to_host: Sampler | None = None

    # The host's side

    def host_write(self, data: bytes) -> None:
        """Put bytes on the line, behind those that still wait."""
        if not data:
            return
        if self.on_host_byte:
            self.on_host_byte(data)
        self._put(data)

    def _put(self, chars) -> None:
        if not self._queue:
            self._next = max(self._next, self._chip.now()) + self._char()
        self._queue.extend(chars)
        self.on_change()

    def host_break(self, seconds: float = 0.01) -> None:
        """Hold the line low for a while: the guest sees one break."""
        self._put((FRAMING | BREAK,))
        self._low_time = max(round(seconds * CPU_HZ) - self._char(), 0)

    def set_break(self, on: bool) -> None:
        """Begin or end holding the line low."""
        if on and not self.low:
            self._put((FRAMING | BREAK,))
        self.low = on
        if not on:
            self._next = max(self._next, self._chip.now())
            self.on_change()

    def host_read(self, size: int | None = None) -> bytes:
        """What has arrived at the host, at most `size` bytes; empty when nothing has."""
        size = len(self._out) if size is None else size
        data = bytes(self._out[:size])
        del self._out[:size]
        return data

    @property
    def available(self) -> int:
        """Bytes that host_read() would give."""
        return len(self._out)

    @property
    def waiting(self) -> int:
        """Characters still on their way to the guest."""
        return len(self._queue)

    def call_after(self, seconds: float, fn: Callable[[], None]) -> None:
        """Call fn() when so many emulated seconds have passed."""
        self._chip.scheduler.at(self._chip.now() + round(seconds * CPU_HZ), fn)

    def discard(self) -> None:
        """Forget what the host has not sent yet."""
        self._queue.clear()
        self.on_change()

    # The guest's side

    def set_guest_format(self, baud: float, char_cycles: int) -> None:
        self.guest_baud = baud
        self._guest_char = char_cycles
        self._match()

    def set_host_baud(self, baud: float | None) -> None:
        """The host's rate; None: whatever the guest uses."""
        self.host_baud = baud
        self._match()

    def _match(self) -> None:
        host, guest = self.host_baud, self.guest_baud
        same = not host or not guest or abs(host / guest - 1) <= TOLERANCE
        if same:
            self._to_guest = self._to_host = None
        else:
            host_bit, guest_bit = CPU_HZ / host, CPU_HZ / guest
            self._to_guest = Sampler(host_bit, guest_bit)
            self._to_host = Sampler(guest_bit, host_bit)

    def _char(self) -> int:
        if self.host_baud and self._to_guest:
            return round(FRAME_BITS * CPU_HZ / self.host_baud)
        return self._guest_char or DEFAULT_CHAR

    def time_of(self, n: int) -> int:
        """Cycle at which the n-th waiting character (from 1) has arrived; NEVER beyond them."""
        if n > len(self._queue):
            return NEVER
        return self._next + (max(n, 1) - 1) * self._char()

    def arrived(self, now: int):
        """Take the characters that have arrived by now: a list of (cycle, character)."""
        found = []
        queue = self._queue
        while queue and self._next <= now:
            char, time = queue.popleft(), self._next
            if char & BREAK:
                self._next += self._low_time
                self._low_time = 0
            self._next += self._char() if queue else 0
            if self._to_guest and char < 256:
                found += self._to_guest.feed(time - self._char(), char)
                if not queue:
                    found += self._to_guest.settle()
            else:
                found.append((time, char))
        return found

    def from_guest(self, time: int, char: int) -> None:
        """The guest has sent a character; it is complete at cycle `time`."""
        if self.on_guest_byte:
            self.on_guest_byte(char)
        if self._to_host:
            for at, seen in self._to_host.feed(time - self._guest_char, char):
                self._host_hears(at, seen)
            return
        self._host_hears(time, char)

    def _host_hears(self, time: int, char: int) -> None:
        if char & FRAMING:
            self.framing_errors += 1
        self._out.append(char & 0xFF)
        self.last_output = time

    def flush(self) -> None:
        """The guest's transmitter pauses: tell who waits for output."""
        if self._to_host:
            for at, seen in self._to_host.settle():
                self._host_hears(at, seen)
        if self._out and self.on_output:
            self.on_output()

    def save(self) -> tuple:
        return (
            list(self._queue), self._next, bytes(self._out), self._guest_char, self.guest_baud,
            self.host_baud, self.framing_errors, self.last_output, self.low, self._low_time,
        )  # fmt: skip

    def load(self, state: tuple) -> None:
        (
            queue, self._next, out, self._guest_char, self.guest_baud,
            self.host_baud, self.framing_errors, self.last_output, self.low, self._low_time,
        ) = state  # fmt: skip
        self._queue = deque(queue)
        self._out = bytearray(out)
        self._match()
