"""A network processor outside this process: the link seam's byte protocol over TCP.

A message is a type byte, a 32-bit little-endian length, the payload. To the NWP: `W` bytes the
host wrote, `R` u32 the host wants so many bytes, `P` u8 power. From it: `D` those bytes, `I` u8
the level of the interrupt line.
"""

import select
import socket
import struct
from typing import Any

_HEADER = struct.Struct("<cI")
ANSWER_TIMEOUT = 10.0  # seconds of wall time for a `D`
STOP_DONE = 0x0073
SYNC = bytes.fromhex("bcdccdab")
MAX_MESSAGE = 1 << 20


class LinkError(ConnectionError):
    """The NWP's side closed, or broke the protocol."""


class TcpNwp:
    """The seam interface, spoken to `host:port`. Raises OSError when nothing listens there.

    The protocol does not carry NWP_LPDS_WAKEUP_CFG: the NWP counts as ready for power-off after
    a stop-done event has been read or an out-of-band interrupt was sent.
    """

    def __init__(self, host: str, port: int, timeout: float = 10.0):
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._input = bytearray()
        self._read_back = bytearray()
        self._on_irq = lambda level: None
        self.irq = False
        self.shutdown_ready = True

    def attach(self, clock: Any, on_irq) -> None:
        self._on_irq = on_irq

    def power(self, on: bool) -> None:
        self._read_back.clear()
        self.shutdown_ready = not on
        self._send(b"P", bytes([on]))

    def write(self, data: bytes) -> None:
        self._send(b"W", data)

    def read(self, n: int) -> bytes:
        """Exactly n bytes. LinkError when they do not come."""
        self._send(b"R", struct.pack("<I", n))
        while True:
            kind, payload = self._receive()
            if kind == b"D":
                if len(payload) != n:
                    raise LinkError(f"{len(payload)} bytes came where {n} were asked for")
                self._watch_for_stop(payload)
                self._handle_complete()
                return payload
            self._handle(kind, payload)

    def trigger(self) -> None:
        self.shutdown_ready = True

    def fds(self) -> list[socket.socket]:
        return [self._socket]

    def service(self) -> None:
        """Take the interrupt levels that have come, without waiting for the rest of one."""
        while select.select([self._socket], [], [], 0)[0]:
            self._fill()
            self._handle_complete()

    def snapshot(self) -> None:
        raise RuntimeError("an outside network processor cannot be part of a snapshot")

    def restore(self, state: Any) -> None:
        raise RuntimeError("an outside network processor cannot be part of a snapshot")

    def close(self) -> None:
        self._socket.close()

    def _send(self, kind: bytes, payload: bytes) -> None:
        try:
            self._socket.sendall(_HEADER.pack(kind, len(payload)) + payload)
        except OSError as error:
            raise LinkError(f"the network processor is gone: {error}") from None

    def _complete(self) -> bool:
        if len(self._input) < _HEADER.size:
            return False
        return len(self._input) >= _HEADER.size + _HEADER.unpack_from(self._input)[1]

    def _fill(self) -> None:
        """What the socket has, or else the next bytes that come."""
        self._socket.settimeout(ANSWER_TIMEOUT)
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            raise LinkError("the network processor does not answer") from None
        except OSError as error:
            raise LinkError(f"the network processor is gone: {error}") from None
        if not data:
            raise LinkError("the network processor has closed the connection")
        self._input += data
        if len(self._input) >= _HEADER.size:
            length = _HEADER.unpack_from(self._input)[1]
            if length > MAX_MESSAGE:
                raise LinkError(f"a message of {length} bytes")

    def _take(self) -> tuple[bytes, bytes]:
        """The first message of the buffer, which is complete."""
        kind, length = _HEADER.unpack_from(self._input)
        end = _HEADER.size + length
        payload = bytes(self._input[_HEADER.size : end])
        del self._input[:end]
        return kind, payload

    def _receive(self) -> tuple[bytes, bytes]:
        while not self._complete():
            self._fill()
        return self._take()

    def _handle_complete(self) -> None:
        """Nothing complete stays in the buffer: whoever idles watches the socket alone."""
        while self._complete():
            self._handle(*self._take())

    def _handle(self, kind: bytes, payload: bytes) -> None:
        if kind != b"I" or len(payload) != 1:
            raise LinkError(f"unexpected message {kind!r} of {len(payload)} bytes")
        self.irq = bool(payload[0])
        self._on_irq(self.irq)

    def _watch_for_stop(self, data: bytes) -> None:
        """Notice a stop-done event among the words read."""
        seen = self._read_back
        seen += data
        at = max(seen.find(bytes([first]) + SYNC[1:]) for first in range(SYNC[0], SYNC[0] + 4))
        if at >= 0 and len(seen) >= at + 6:
            if int.from_bytes(seen[at + 4 : at + 6], "little") == STOP_DONE:
                self.shutdown_ready = True
            del seen[: at + 6]
        elif at < 0:
            del seen[:-7]
