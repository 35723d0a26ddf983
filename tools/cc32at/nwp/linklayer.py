"""The NWP's end of the SPI link (nwp-protocol.md 2 and 5), free of what the messages mean.

Host to NWP: a byte stream in which 21433412 starts a command and CNYS (65877856) asks for a
message; everything else between them is ignored. Any split of the stream into writes will do.

NWP to host: after CNYS the oldest waiting message is clocked out from its first read on. Its
header is filled at that moment, so that credits count every command received so far (4.2).
CNYS drops what is left of a half-read message; reading past the end, or without a request, gives
0xFF and never advances to the next message.

Interrupt line (1.2, U2): high while an unread message waits, low from the first word of a message
until it has been read out or superseded. A host that leaves part of a message unread and unmasks
gets the line back `RAISE_AFTER` seconds after its last read.
"""

from __future__ import annotations

from collections import deque

from .codec import CNYS, H2N_SYNC, N2H_SYNC, align4

RAISE_AFTER = 0.001
FILLER = 0xFF
LONGEST_BODY = 0xFFFF - 8 - 3  # Len counts the header's last 8 bytes, and padding


class Message:
    """One message to the host: opcode, argument and payload bytes, and how to spoil it.

    `payload` begins on a word boundary after `args`; Len counts both exactly (2.2).
    `raw` replaces everything, sync included. `abort_type`, 32 bits, takes the place of the two
    socket bitmaps (DEVICE_ABORT). `name` is for logs. ValueError for what no header can hold.
    """

    def __init__(self, opcode: int, args: bytes = b"", payload: bytes = b"", name: str = ""):
        if not isinstance(opcode, int) or not 0 <= opcode <= 0xFFFF:
            raise ValueError(f"{opcode!r} is not an opcode")
        if len(args) + len(payload) > LONGEST_BODY:
            raise ValueError(f"{len(args) + len(payload)} bytes are more than a message holds")
        self.opcode = opcode
        self.args = args
        self.payload = payload
        self.name = name
        self.raw: bytes | None = None
        self.abort_type: int | None = None
        self.faults: list = []

    def body(self) -> bytes:
        if not self.payload:
            return self.args
        return self.args.ljust(align4(len(self.args)), b"\0") + self.payload


class Header:
    """What every message header carries (4.1)."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        self.credits = 0
        self.dev_status = 0
        self.min_tx_payload = 1536
        self.tx_failure = 0
        self.non_blocking = 0


def encode(message: Message, header: Header, sequence: int) -> bytes:
    """A message as it crosses the wire: sync, header, arguments, payload, padding."""
    if message.raw is not None:
        return message.raw
    body = message.body()
    bitmaps = header.tx_failure | header.non_blocking << 16
    if message.abort_type is not None:
        bitmaps = message.abort_type
    return b"".join(
        (
            (N2H_SYNC | sequence & 3).to_bytes(4, "little"),
            message.opcode.to_bytes(2, "little"),
            (8 + len(body)).to_bytes(2, "little"),
            bytes((max(0, min(header.credits, 255)), header.dev_status)),
            header.min_tx_payload.to_bytes(2, "little"),
            bitmaps.to_bytes(4, "little"),
            body.ljust(align4(len(body)), b"\0"),
        )
    )


class LinkLayer:
    """Parser of writes, queue of messages, reader, interrupt line.

    on_command(opcode, body) is called for each complete command, on_line(level) at each change
    of the line, fill(message, sequence) -> bytes when a message starts to leave. `timers` may be
    None: then the line comes back only at the next request or message.
    """

    not_copied = frozenset({"on_command", "on_line", "fill", "on_request", "timers"})

    def __init__(self, on_command, on_line, fill, timers=None):
        self.on_command = on_command
        self.on_line = on_line
        self.fill = fill
        self.timers = timers
        self.on_request = None  # called at each CNYS
        self.idle_words = 0  # idle words put before each sync (0-2, U3)
        self.line = False
        self.reset()

    def reset(self) -> None:
        """Power off: forget everything queued, sequence back to 0."""
        self.queue: deque[Message] = deque()
        self.sequence = 0
        self.garbage = 0  # bytes between commands that were neither sync nor CNYS
        self.over_reads = 0  # bytes read beyond a message
        self.dropped = 0  # bytes of messages never read (superseded)
        self._input = bytearray()
        self._requested = False
        self._out = b""
        self._at = 0
        self._busy = False  # a message has started to leave and is not finished
        self._raise_timer = None
        self._last_read = 0.0
        self._set_line(False)

    # Interrupt line

    def _set_line(self, level: bool) -> None:
        if level != self.line:
            self.line = level
            self.on_line(level)

    def _update_line(self) -> None:
        """The line follows the queue, but stays low while a message is being read."""
        if not self.queue:
            self._set_line(False)
        elif not self._busy:
            self._set_line(True)
        elif self.timers is not None:
            self._last_read = self.timers.clock.now()
            if self._raise_timer is None:
                self._raise_timer = self.timers.after(RAISE_AFTER, self._maybe_abandoned)

    def _maybe_abandoned(self) -> None:
        """Some time after a read of a part of a message, while another one waits."""
        self._raise_timer = None
        if not self.queue:
            return
        left = RAISE_AFTER - (self.timers.clock.now() - self._last_read)
        if self._busy and left > 1e-6:
            self._raise_timer = self.timers.after(left, self._maybe_abandoned)
        else:
            self._set_line(True)

    def send(self, message: Message) -> None:
        """Queue a message for the host."""
        self.queue.append(message)
        self._update_line()

    # Host reads

    def read(self, n: int) -> bytes:
        """What the host sees while it clocks n bytes in; always exactly n bytes."""
        if self._requested and self.queue:
            self._start_message()
        part = self._out[self._at : self._at + n]
        self._at += len(part)
        self.over_reads += n - len(part)
        if self._busy:
            self._busy = self._at < len(self._out)
            self._update_line()
        return part if len(part) == n else part + bytes([FILLER]) * (n - len(part))

    def _start_message(self) -> None:
        message = self.queue.popleft()
        self._requested = False
        self._busy = True
        self._set_line(False)
        data = self.fill(message, self.sequence)
        self.sequence += 1
        self._out = bytes([FILLER]) * (4 * self.idle_words) + data
        self._at = 0

    def _request(self) -> None:
        """CNYS: the rest of a half-read message is gone; the next one leaves at the next read."""
        if self.on_request is not None:
            self.on_request()
        self.dropped += len(self._out) - self._at
        self._out = b""
        self._at = 0
        self._requested = True
        if self._busy:
            self._busy = False
            self._update_line()

    # Host writes

    def write(self, data: bytes) -> None:
        """Take any piece of what the host clocks out."""
        self._input += data
        while self._parse():
            pass

    def _parse(self) -> bool:
        """Handle one item at the start of the input; False when more bytes are needed."""
        buffer = self._input
        start = _find_sync(buffer)
        if start:
            self.garbage += sum(1 for b in buffer[:start] if b)
            del buffer[:start]
        if len(buffer) < 4:
            return False
        if buffer.startswith(CNYS):
            del buffer[:4]
            self._request()
            return True
        if len(buffer) < 8:
            return False
        end = 8 + int.from_bytes(buffer[6:8], "little")
        if len(buffer) < end:
            return False
        opcode = int.from_bytes(buffer[4:6], "little")
        body = bytes(buffer[8:end])
        del buffer[:end]
        self.on_command(opcode, body)
        return True


def _find_sync(buffer: bytearray) -> int:
    """Offset of the first sync or CNYS word, or of a tail that may become one."""
    if buffer.startswith((H2N_SYNC, CNYS)):
        return 0
    found = [at for at in (buffer.find(H2N_SYNC), buffer.find(CNYS)) if at >= 0]
    if found:
        return min(found)
    for keep in (3, 2, 1):
        if len(buffer) >= keep:
            tail = bytes(buffer[-keep:])
            if H2N_SYNC.startswith(tail) or CNYS.startswith(tail):
                return len(buffer) - keep
    return len(buffer)
