"""Driving and inspecting the model while the firmware runs.

In process: `np.control.call("fault", do="lose", to="NETCFG_GET")`, or the methods themselves.
Over a local socket: `np.control.listen(file)` writes address and token into a file (JSON, its
owner's alone) and serves JSON lines on 127.0.0.1: one request object a line, one answer object a
line. The first line is the content of that file; remote.py is a client. What the table and that of
control_net.py name can be called, and nothing else; files of the PC are read below the folder of
the world file only.

    {"op": "fault", "do": "delay", "to": "DEVICE_GET", "seconds": 2}
    {"ok": true, "result": null}            or  {"ok": false, "error": "..."}

| op | arguments | result |
| --- | --- | --- |
| fault | as in faults.py | |
| faults / clear_faults | | the faults in force / |
| abort | type, data | was it sent |
| general_error | status (number or name), sender | was it sent |
| reset_request | caller [1], session [next] | was it sent |
| event | name, fields of the row (also in `fields`), payload; bytes: {"hex": ...} | was it sent |
| raw | hex: a whole frame from the sync word on, sent as it is | was it sent |
| message | opcode, args (hex), payload (hex): header and sync are made | was it sent |
| cut_power | | |
| dummy | | was it sent |
| status | bit (enum dev_status), on | whether there was power to set it |
| world_add | kind, fields as in the world file | |
| world_change / world_remove | kind, which (BSSID, MAC or name), fields | |
| world | kind | the things, bytes as hex |
| files | | name, length, max_size, flags, valid of every file |
| file | name | content (hex) or null |
| put_file | name, content (text or {"hex": ...}), max_size, flags | |
| state | | powered, booted, role, header fields, counters, waiting messages |
| violations | | what the host did against the rules of the wire (wirecheck.py) |
| log | last [100] | [time, direction, name] of the last frames |

Operations on networks, addresses, applications and sockets: see control_net.py.

`which` is a BSSID or MAC as "02:1a:11:f0:00:01", or a name as text.
"""

from __future__ import annotations

import dataclasses
import datetime
from pathlib import Path

from ..world import KINDS
from .control_net import NetControl
from .linklayer import Message


def to_bytes(value) -> bytes:
    """Bytes from a request: {"hex": ...}, "hex:...", a MAC with colons, or text."""
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    text = str(value)
    if text.startswith("hex:"):
        return bytes.fromhex(text[4:])
    parts = text.split(":")
    if len(parts) == 6 and all(len(p) == 2 for p in parts):
        return bytes.fromhex("".join(parts))
    return text.encode()


def plain(value):
    """A JSON-able copy: bytes as hex, objects as their fields."""
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {k.hex() if isinstance(k, bytes) else str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(item) for item in value]
    return value


class Control(NetControl):
    """One method an operation; see the module's table and the one of control_net.py."""

    not_copied = frozenset({"np", "server"})

    def __init__(self, np):
        self.np = np
        self.server = None

    def call(self, op: str, **arguments):
        """Run an operation by name; ValueError for an unknown one or bad arguments."""
        if op not in OPERATIONS:
            raise ValueError(f"unknown operation {op!r}")
        return OPERATIONS[op](self, **arguments)

    # Local socket

    def listen(self, address_file: str | Path) -> int:
        """Serve JSON lines on 127.0.0.1; returns the port, which with the token is in the file.

        Raises OSError, also when that would replace a file of another kind.
        """
        from .controlserver import ControlServer

        self.server = ControlServer(self, address_file)
        return self.server.port

    def close(self) -> None:
        if self.server is not None:
            self.server.close()
            self.server = None

    def fds(self) -> list:
        return self.server.fds() if self.server else []

    def service(self) -> None:
        if self.server:
            self.server.service()

    # Faults and trouble

    def op_fault(self, **spec) -> None:
        self.np.faults.add(**spec)

    def op_faults(self) -> list:
        return plain(self.np.faults.active)

    def op_clear_faults(self) -> None:
        self.np.faults.clear()

    def op_abort(self, type: int = 0, data: int = 0) -> bool:
        return self.np.groups["device"].abort(type, data)

    def op_general_error(self, status=-14341, sender: int = 0) -> bool:
        return self.np.groups["device"].general_error(status, sender)

    def op_reset_request(self, caller: int = 1, session: int | None = None) -> bool:
        return self.np.groups["device"].reset_request(caller, session)

    def op_event(self, name: str, payload=b"", fields=None, **more) -> bool:
        """Any message of the opcode table; fields called like ours go into `fields`."""
        given = {**(fields or {}), **more}
        values = {k: to_bytes(v) if isinstance(v, (dict, str)) else v for k, v in given.items()}
        return self.np.event(name, to_bytes(payload), **values)

    def op_raw(self, hex: str) -> bool:
        message = Message(0, name="raw")
        message.raw = bytes.fromhex(hex)
        return self.np.inject(message)

    def op_message(self, opcode: int, args: str = "", payload: str = "") -> bool:
        message = Message(opcode, bytes.fromhex(args), bytes.fromhex(payload), "injected")
        return self.np.inject(message)

    def op_cut_power(self) -> None:
        self.np.cut_power()

    def op_dummy(self) -> bool:
        return self.np.event("DEVICE_DUMMY")

    def op_status(self, bit: str, on: bool) -> bool:
        if self.np.powered:
            self.np.set_status(bit, on)
        return self.np.powered

    # World

    def op_world_add(self, kind: str, **fields) -> None:
        self.np.world.add(kind, **fields)

    def op_world_change(self, kind: str, which, **fields) -> None:
        self.np.world.change(kind, to_bytes(which), **fields)

    def op_world_remove(self, kind: str, which) -> None:
        self.np.world.remove(kind, to_bytes(which))

    def op_world(self, kind: str) -> list:
        if kind not in KINDS:
            raise ValueError(f"unknown kind {kind!r}; one of {', '.join(KINDS)}")
        return plain(getattr(self.np.world, kind))

    # Files

    def op_files(self) -> list:
        return [
            {
                "name": f.name.decode(errors="replace"),
                "length": len(f.active or b""),
                "max_size": f.max_size,
                "flags": f.flags,
                "valid": f.active is not None,
            }
            for f in self.np.storage.files.values()
        ]

    def op_file(self, name: str) -> str | None:
        content = self.np.storage.content(name.encode())
        return None if content is None else content.hex()

    def op_put_file(self, name: str, content, max_size: int = 0, flags: int = 0) -> None:
        self.np.storage.put(name.encode(), to_bytes(content), max_size, flags)

    # State

    def op_state(self) -> dict:
        np = self.np
        return {
            "powered": np.powered,
            "booted": np.booted,
            "role": np.role,
            "shutdown_ready": np.shutdown_ready,
            "irq": np.irq,
            "waiting": [m.name for m in np.link.queue],
            "header": dict(vars(np.header)),
            "counters": dict(np.counters),
            "link": {n: getattr(np.link, n) for n in ("garbage", "over_reads", "dropped")},
        }

    def op_violations(self) -> list:
        return self.np.violations

    def op_log(self, last: int = 100) -> list:
        first = len(self.np.log) - max(0, last)
        return [list(entry) for entry in list(self.np.log)[max(0, first) :]]


# What may be asked for from outside: the operations declared above, by name.
OPERATIONS = {
    name.removeprefix("op_"): method
    for part in (NetControl, Control)
    for name, method in vars(part).items()
    if name.startswith("op_")
}
