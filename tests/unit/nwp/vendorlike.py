"""A host that searches and reads as the vendor's driver does (nwp-protocol 2.3, 2.4, 4.2).

Nothing of it is shared with our driver: the sync word is looked for at any byte of a window,
answers are read by the fixed size of their command, what is over is drained by a faulty rule or
not at all, padding and unused bytes are sent as rubbish.
"""

from __future__ import annotations

import struct
import time

from cc32at.nwp.codec import CNYS, H2N_SYNC, align4, protocol
from cc32at.nwp.listen import TcpHost

MASK = 0x7FFF7F7F
RUBBISH = b"\xcc\x5a\xa5"
DATA = {0x100A: 0, 0x100B: 8, 0x120B: 20}  # argument bytes behind the first four
LIMIT_S = 60.0  # of the search: 50 ms on the chip, and longer than this PC may be busy


class VendorLike(TcpHost):
    """Commands by name; `events` keeps what came meanwhile, as (opcode, arguments, payload)."""

    def __init__(self, port: int):
        super().__init__(port)
        self.events: list[tuple[int, bytes, bytes]] = []
        self.credits, self.unit, self.nonblocking = 2, 1536, 0

    def start(self) -> None:
        self.events.clear()
        self.power(True)
        assert self.event(0x0008)[0][:4] == b"\1\0\0\0"

    # Frames

    def _is_sync(self, window: bytes) -> bool:
        word = int.from_bytes(window, "little")
        wanted = (0xABCDDCBC | self.sequence & 3, 0xABCDDCBA)
        return any((word ^ sync) & MASK == 0 for sync in wanted)

    def _search(self) -> bytes:
        """Find the sync word; the four bytes behind it."""
        end = time.monotonic() + LIMIT_S
        window = self.read(8)
        while True:
            while window[:4] == window[4:]:
                assert time.monotonic() < end, "no sync word"
                window = window[:4] + self.read(4)
            for shift in range(5):
                if self._is_sync(window[shift : shift + 4]):
                    rest = window[shift + 4 :]
                    return rest + self.read(shift) if shift else rest
            assert time.monotonic() < end, "no sync word"
            window = window[4:] + self.read(4)

    def take(self, fixed: int = 4, room: int = 0) -> tuple[int, bytes, bytes]:
        """The next message; of an answer `fixed` bytes and at most `room` of its payload."""
        self.wait_line()
        self.write(CNYS)
        head = self._search()
        if self._is_sync(head):
            head = self.read(4)
        opcode, length = struct.unpack("<HH", head)
        self.credits, _, self.unit, _, self.nonblocking = struct.unpack("<BBHHH", self.read(8))
        assert self.unit and self.credits > 3
        self.sequence += 1
        if opcode & 0x0400:
            return opcode, *self._answer(length - 8, fixed, room)
        if opcode in DATA:
            args = self.read(4) + (self.read(DATA[opcode]) if DATA[opcode] else b"")
            size = struct.unpack("<h", args[:2])[0]
            return opcode, args, self.read(align4(size))[:size] if size > 0 else b""
        body = self.read(align4(length - 8)) if length > 8 else b""
        return opcode, body[: length - 8], b""

    def _answer(self, size: int, fixed: int, room: int) -> tuple[bytes, bytes]:
        """Arguments and payload of an answer; without room nothing is drained (2.4)."""
        args = self.read(align4(fixed))
        there = size - fixed
        if not room or there <= 0:
            return args, b""
        taken = min(there, room)
        payload = self.read(align4(taken))[:taken]
        over = there - taken & ~3  # the faulty rule: a last word may stay
        if over > 0:
            self.read(over)
        return args, payload

    def send(self, name: str, args: bytes = b"", payload: bytes = b"", prefix: bytes = b""):
        body = _padded(args) + prefix + _padded(payload)
        opcode = protocol().opcodes[name].opcode
        self.write(H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body)

    def ask(self, name, args=b"", payload=b"", room=0, prefix=b"", fixed=None):
        """A command and its answer: (status, arguments, payload)."""
        row = protocol().opcodes[name]
        self.send(name, args, payload, prefix)
        while True:
            opcode, got, data = self.take(fixed or row.response.size or 4, room)
            if opcode & 0x0400:
                assert opcode == row.response_opcode
                return struct.unpack("<h", got[:2])[0], got, data
            self.events.append((opcode, got, data))

    def event(self, opcode: int, sd: int | None = None) -> tuple[bytes, bytes]:
        """The next event of this opcode, and socket: (arguments, payload)."""
        while True:
            for event in self.events:
                if event[0] == opcode and sd in (None, event[1][2]):
                    self.events.remove(event)
                    return event[1:]
            self.events.append(self.take())

    # Sockets

    def open_socket(self, kind: int = 1, protocol: int = 0) -> int:
        status, args, _ = self.ask("SOCKET_CREATE", bytes((2, kind, protocol, 0x5A)))
        assert status == 0
        return args[2]

    def option(self, sd: int, number: int, value: bytes) -> None:
        args = bytes((sd, 1, number, len(value)))
        assert self.ask("SOCKET_SETSOCKOPT", args, value)[0] == 0

    def connect(self, sd: int, port: int) -> int:
        status, args, _ = self.ask("SOCKET_CONNECT_V4", address(sd, port))
        assert status == 0 and args[2] == sd
        return struct.unpack("<h", self.event(0x1006, sd)[0][:2])[0]

    def post(self, sd: int, data: bytes) -> None:
        """Send as soon as there are credits; the flags are rubbish, as the vendor's are (4.3)."""
        cost = 1 + (len(data) - 1) // self.unit
        while self.credits <= 2 + cost:
            self.events.append(self.take())
        self.credits -= cost
        self.send("SOCKET_SEND", struct.pack("<HBB", len(data), sd, 0xE7), data)

    def receive(self, sd: int, size: int) -> bytes:
        got = b""
        while len(got) < size:
            self.send("SOCKET_RECV", struct.pack("<HBB", min(size - len(got), 16000), sd, 0))
            args, data = self.event(0x100A, sd)
            assert struct.unpack("<h", args[:2])[0] > 0
            got += data
        return got

    def close_socket(self, sd: int) -> None:
        assert self.ask("SOCKET_CLOSE", bytes((sd, 1, 2, 3)))[0] == 0
        assert self.event(0x1010, sd)[0][:2] == b"\0\0"

    # Files

    def open_file(self, name: bytes, mode: int) -> int:
        args = struct.pack("<II", mode, 0)
        return struct.unpack("<i", self.ask("FS_OPEN", args, _name(name))[1][:4])[0]

    def write_file(self, name: bytes, data: bytes, mode: int) -> None:
        handle = self.open_file(name, mode)
        for at in range(0, len(data), 1456):
            part = data[at : at + 1456]
            args = struct.pack("<IIHH", handle, at, len(part), 0x5555)
            assert self.ask("FS_WRITE", args, part)[0] == len(part)
        assert self.ask("FS_CLOSE", struct.pack("<III", handle, 0, 0))[0] == 0

    def read_file(self, name: bytes, size: int) -> bytes:
        handle, got = self.open_file(name, 0), b""
        while len(got) < size:
            want = min(1456, size - len(got))
            args = struct.pack("<IIHH", handle, len(got), want, 0)
            status, _, data = self.ask("FS_READ", args, room=want)
            assert status == len(data) > 0
            got += data
        assert self.ask("FS_CLOSE", struct.pack("<III", handle, 0, 0))[0] == 0
        return got


def address(sd: int, port: int, ip: bytes = b"\x7f\0\0\1", size: int = 0) -> bytes:
    """Arguments of bind, connect and sendto, with rubbish where nothing is meant."""
    return struct.pack("<hBB", size, sd, 0x20) + struct.pack(">H", port) + b"\xaa\x55" + ip


def _padded(data: bytes) -> bytes:
    return data + RUBBISH[: -len(data) % 4]


def _name(name: bytes) -> bytes:
    return _padded(name + b"\0")
