"""The link seam over TCP (DESIGN.md, "The same binary everywhere").

A message is 1 byte type, 4 bytes little-endian length, payload:

* `W` bytes the host wrote in one transfer
* `R` u32: the host wants so many bytes; answered by `D` with exactly that many
* `P` u8: NWP powered off (0) or on (1)
* `I` u8, to the host: level of the interrupt line, at each change and once at the start

`LinkServer` serves one outside driver at a time from a model under the wall clock; the model's
files and settings stay from one driver to the next, its power goes with the connection.
`TcpHost` is the other end, for tests: it reads and writes frames like a simple driver.
"""

from __future__ import annotations

import select
import socket
import struct
import time

from ..door import Door
from .clock import RealClock
from .codec import CNYS, H2N_SYNC, N2H_SYNC, SYNC_MASK, align4

LIMIT = 1 << 20  # bytes of a message, and bytes a host may ask for in one R
BACKLOG = 1 << 16  # bytes


def pack_message(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload


def split_messages(buffer: bytearray):
    """Take complete (kind, payload) messages off the front of a buffer."""
    while len(buffer) >= 5:
        end = 5 + int.from_bytes(buffer[1:5], "little")
        if len(buffer) < end:
            return
        kind, payload = bytes(buffer[:1]), bytes(buffer[5:end])
        del buffer[:end]
        yield kind, payload


class LinkServer:
    """Serves `np` on 127.0.0.1:port (0 = any free port, see `.port`).

    Nothing waits for a driver: of one that leaves more than BACKLOG bytes unread nothing more is
    taken until it has read, and the model goes on.
    """

    def __init__(self, np, port: int = 0):
        self.np = np
        np.strict = False
        self.clock = RealClock()
        np.attach(self.clock, self._irq)
        self.door = Door(port)
        self.port = self.door.address[1]
        self.client: socket.socket | None = None
        self.buffer = bytearray()
        self.held = bytearray()

    def serve(self, until=None) -> None:
        """Serve drivers, one after another, until `until()` is true (or for ever)."""
        while until is None or not until():
            self.step(0.1)

    def step(self, longest: float) -> None:
        """Wait at most so many seconds for something to do, and do it."""
        self.clock.run_due()
        self._work()
        due = self.clock.next_deadline()
        wait = longest if due is None else max(0.0, min(longest, due - self.clock.now()))
        outside = self.np.fds()
        reading = [] if self._stuffed() else [self.client or self.door]
        writing = [self.client] if self.held else []
        ready, able, _ = select.select([*reading, *outside], writing, [], wait)
        self.clock.run_due()
        if able:
            self._flush()
        if reading and reading[0] in ready:
            self._receive() if self.client else self._accept()
        if outside:
            self.np.service()

    def close(self) -> None:
        self._drop()
        self.door.close()

    def _accept(self) -> None:
        self.client = self.door.accept()
        if self.client:
            self._irq(self.np.irq)

    def _drop(self) -> None:
        if self.client is not None:
            self.client.close()
            self.client = None
            self.buffer.clear()
            self.held.clear()
            self.np.power(False)

    def _stuffed(self) -> bool:
        return len(self.held) > BACKLOG

    def _send(self, kind: bytes, payload: bytes) -> None:
        self._put(pack_message(kind, payload))

    def _put(self, data: bytes) -> None:
        if self.client is not None:
            self.held += data
            self._flush()

    def _flush(self) -> None:
        if self.client is None:
            return
        try:
            while self.held:
                del self.held[: self.client.send(self.held)]
        except BlockingIOError:
            return
        except OSError:
            self._drop()

    def _irq(self, level: bool) -> None:
        self._send(b"I", bytes((level,)))

    def _receive(self) -> None:
        try:
            data = self.client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop()
            return
        self.buffer += data
        self._work()

    def _work(self) -> None:
        """Do what the driver has asked for, as far as it reads the answers."""
        if self._stuffed():
            return
        for kind, payload in split_messages(self.buffer):
            self._handle(kind, payload)
            if self.client is None or self._stuffed():
                return
        if int.from_bytes(self.buffer[1:5], "little") > LIMIT:
            self._drop()

    def _handle(self, kind: bytes, payload: bytes) -> None:
        if kind == b"W":
            self.np.write(payload)
        elif kind == b"R" and len(payload) == 4:
            count = int.from_bytes(payload, "little")
            if count > LIMIT:
                self._drop()
            else:
                data = self.np.read(count)
                self._send(b"D", data)
        elif kind == b"P" and len(payload) == 1:
            self.np.power(payload != b"\0")
        else:
            self._drop()


class TcpHost:
    """A plain driver on the other end of the seam: power, write commands, read messages."""

    def __init__(self, port: int, timeout: float = 60.0):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.timeout = timeout
        self.buffer = bytearray()
        self.line = False
        self.data: list[bytes] = []
        self.sequence = 0

    def close(self) -> None:
        self.socket.close()

    def power(self, on: bool) -> None:
        self.sequence = 0
        self.socket.sendall(pack_message(b"P", bytes((on,))))

    def write(self, data: bytes) -> None:
        self.socket.sendall(pack_message(b"W", data))

    def read(self, n: int) -> bytes:
        """Clock n bytes in."""
        self.socket.sendall(pack_message(b"R", struct.pack("<I", n)))
        while not self.data:
            self._pump()
        return self.data.pop(0)

    def wait_line(self) -> None:
        """Until the interrupt line is high; TimeoutError otherwise."""
        while not self.line:
            self._pump()

    def _pump(self) -> None:
        self.socket.settimeout(self.timeout)
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("the server closed the connection")
        self.buffer += data
        for kind, payload in split_messages(self.buffer):
            if kind == b"I":
                self.line = payload != b"\0"
            elif kind == b"D":
                self.data.append(payload)

    def command(self, opcode: int, body: bytes = b"") -> None:
        body = body.ljust(align4(len(body)), b"\0")
        self.write(H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body)

    def message(self) -> tuple[int, bytes]:
        """The next message: opcode and what follows the 12-byte header."""
        self.wait_line()
        self.write(CNYS)
        deadline = time.monotonic() + 0.05
        want = N2H_SYNC | self.sequence & 3
        while (int.from_bytes(self.read(4), "little") ^ want) & SYNC_MASK:
            if time.monotonic() > deadline:
                raise TimeoutError("no sync word")
        self.sequence += 1
        header = self.read(12)
        opcode, length = struct.unpack("<HH", header[:4])
        body = self.read(align4(length - 8)) if length > 8 else b""
        return opcode, body[: length - 8]
