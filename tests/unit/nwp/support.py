"""What the tests of the network-processor model share: a host in virtual time, a server."""

from __future__ import annotations

import contextlib
import struct
import threading
from collections.abc import Iterator

from cc32at.nwp import NetworkProcessor
from cc32at.nwp.clock import VirtualClock
from cc32at.nwp.codec import CNYS, H2N_SYNC, N2H_SYNC, Fields, align4, protocol
from cc32at.nwp.listen import LinkServer
from cc32at.world import World


class Host:
    """A driver over the seam: sends commands by name, reads messages, moves virtual time."""

    def __init__(self, np=None, world: str | None = None, boot: bool = True, clock=None):
        if np is None:
            np = NetworkProcessor(World.parse(world) if world is not None else None)
        self.np = np
        self.clock = VirtualClock() if clock is None else clock
        self.levels = []
        self.sequence = 0
        self.events = []
        np.attach(self.clock, self.levels.append)
        if boot:
            self.start()

    def start(self):
        """Power on; returns the fields of INIT_COMPLETE."""
        self.np.power(True)
        self.clock.advance(0.1)
        self.sequence = 0
        name, fields, _ = self.message()
        assert name == "DEVICE_INIT_COMPLETE"
        return fields

    def power_cycle(self):
        self.np.power(False)
        self.events.clear()
        return self.start()

    def raw_message(self) -> bytes:
        """The next message from its sync word on, padding included."""
        assert self.np.irq, "no message waits"
        self.np.write(CNYS)
        head = self.np.read(16)
        word, _, length = struct.unpack("<IHH", head[:8])
        assert word == N2H_SYNC | self.sequence & 3
        self.sequence += 1
        return head + self.np.read(align4(length - 8))

    def message(self):
        """The next message: opcode name, fields, exact payload."""
        data = self.raw_message()
        opcode, length = struct.unpack("<HH", data[4:8])
        body = data[16 : 8 + length]
        row = next(
            r for r in protocol().opcodes.values() if opcode in (r.response_opcode, r.opcode)
        )
        layout = row.response
        size = layout.total(body)
        fields = layout.unpack(body)
        fields.header = Fields(
            credits=data[8], dev_status=data[9], min_tx_payload=struct.unpack("<H", data[10:12])[0]
        )
        return row.name, fields, body[align4(size) :]

    def send(self, name: str, payload: bytes = b"", /, **args) -> None:
        row = protocol().opcodes[name]
        body = row.args.pack(args)
        body = body.ljust(align4(len(body)), b"\0") + payload
        body = body.ljust(align4(len(body)), b"\0")
        self.np.write(H2N_SYNC + struct.pack("<HH", row.opcode, len(body)) + body)

    def command(self, name: str, payload: bytes = b"", /, **args):
        """Send and read until the response: its fields, with `.payload`; events are kept."""
        self.send(name, payload, **args)
        opcode = protocol().opcodes[name].response_opcode
        while True:
            got, fields, value = self.message()
            row = protocol().opcodes[got]
            if row.kind == "command":
                assert row.response_opcode == opcode
                fields.payload = value
                return fields
            self.events.append((got, fields, value))

    def drain(self):
        """All messages that wait: (name, fields, payload)."""
        while self.np.irq:
            self.events.append(self.message())
        found, self.events = self.events, []
        return found


def file_name(name: str) -> bytes:
    data = name.encode() + b"\0"
    return data.ljust(align4(len(data)), b"\0")


ACCESS = {"read": 0, "write": 1, "create": 2, "overwrite": 3}


def open_mode(access: str, size: int = 0, flags: int = 0) -> int:
    """The mode word of FS_OPEN (nwp-protocol.md 6.6)."""
    units = (256, 1024, 4096, 16384, 65536)
    number = next(i for i, unit in enumerate(units) if 255 * unit >= size)
    count = -(-size // units[number])
    return count | number << 8 | ACCESS[access] << 12 | flags << 16


@contextlib.contextmanager
def served(world: str, kind: type = LinkServer) -> Iterator[LinkServer]:
    """A model that drivers connect to; at the end it is stopped, and must be unharmed."""
    server = kind(NetworkProcessor(World.parse(world)))
    stop = threading.Event()
    failed = []

    def run():
        try:
            server.serve(stop.is_set)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield server
    stop.set()
    thread.join(60)
    server.close()
    assert not thread.is_alive() and not failed
