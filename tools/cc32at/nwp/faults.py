"""Scripted misbehaviour of the network processor and of the link.

A fault is a dict (from the world file's `faults:` list or from the control interface):

    {"do": KIND, "to": NAME, "skip": 0, "count": 1, ...parameters}

`to` is an opcode name ("DEVICE_GET", "WLAN_EV_CONNECTED"), a number, or "*"; for a command it
means its answer, except for `ignore` and `cut_power`, which act on the command itself. `skip`
matches pass first, then the fault acts `count` times (-1: for ever).

| kind | effect | parameters |
| --- | --- | --- |
| ignore | the command is lost on its way in | |
| cut_power | the supply fails when the command arrives | |
| lose | the message is never sent | |
| delay | the message is sent later | seconds |
| duplicate | the message is sent twice | |
| status | its status field is replaced | status (number or error name) |
| flip | a byte of the frame is XORed | byte (offset from the sync word; < 0 from the end), mask |
| length | the Len field is replaced | length |
| bad_sync | the sync word is nonsense | |
| wrong_sequence | the sequence number is off by `by` (1) | by |
| no_sequence | the sync word without sequence form | |
| double_sync | the sync word comes twice | |
| garbage | bytes before the sync word | hex (default 8 x ff) |
| misalign | bytes before the sync word, so that it is not word aligned | hex (default 0011) |
| truncate | only the first `bytes` of the frame are sent | bytes |
| start_status | INIT_COMPLETE reports this | status (number or name of enum start_status) |
"""

from __future__ import annotations

import copy

from .codec import N2H_SYNC, N2H_SYNC_PLAIN, protocol

ON_COMMAND = {"ignore", "cut_power"}
ON_QUEUE = {"lose", "delay", "duplicate", "status"}
ON_WIRE = {"flip", "length", "bad_sync", "wrong_sequence", "no_sequence", "double_sync"}
ON_WIRE |= {"garbage", "misalign", "truncate"}
KINDS = ON_COMMAND | ON_QUEUE | ON_WIRE | {"start_status"}
PARAMETERS = {
    "delay": {"seconds": (int, float)},
    "status": {"status": (int, str)},
    "flip": {"byte": int, "mask": int},
    "length": {"length": int},
    "wrong_sequence": {"by": int},
    "garbage": {"hex": str},
    "misalign": {"hex": str},
    "truncate": {"bytes": int},
    "start_status": {"status": (int, str)},
}
LATEST_S = 1e6  # that a message may be delayed
NEEDED = {"status": "status", "start_status": "status", "length": "length"}


def check(spec: dict) -> dict:
    """The fault with its defaults filled in; ValueError says what is wrong with it."""
    kind = spec.get("do")
    if kind not in KINDS:
        raise ValueError(f"unknown kind of fault {kind!r}; one of {sorted(KINDS)}")
    types = {"do": str, "to": (int, str), "skip": int, "count": int, **PARAMETERS.get(kind, {})}
    if kind in NEEDED and NEEDED[kind] not in spec:
        raise ValueError(f"fault {kind}: {NEEDED[kind]} is missing")
    for name, value in spec.items():
        if name not in types:
            raise ValueError(f"fault {kind}: unknown parameter {name!r}")
        if not isinstance(value, types[name]) or isinstance(value, bool):
            raise ValueError(f"fault {kind}: {name} cannot be {value!r}")
    if not 0 <= spec.get("seconds", 0) <= LATEST_S:
        raise ValueError(f"fault {kind}: seconds cannot be {spec['seconds']!r}")
    spec = {"to": "*", "skip": 0, "count": 1, **spec}
    to, tables = spec["to"], protocol()
    if isinstance(to, str) and to != "*" and to not in tables.opcodes:
        raise ValueError(f"fault {kind}: unknown opcode name {to!r}")
    names = tables.errors if kind == "status" else tables.enums["start_status"]
    if isinstance(spec.get("status"), str) and spec["status"] not in names:
        raise ValueError(f"fault {kind}: unknown status {spec['status']!r}")
    bytes.fromhex(spec.get("hex", ""))
    return spec


class Faults:
    """The faults in force and their effects; `active` is the list, oldest first."""

    not_copied = frozenset({"np"})

    def __init__(self, np):
        self.np = np
        self.active: list[dict] = [check(spec) for spec in np.world.faults]

    def add(self, **spec) -> dict:
        """Put a fault in force (see the module's table)."""
        fault = check(spec)
        self.active.append(fault)
        return fault

    def clear(self) -> None:
        self.active.clear()

    def _due(self, kinds: set, name: str, opcode: int) -> list[dict]:
        """The faults that act now; counts them down."""
        due = []
        for fault in [f for f in self.active if f["do"] in kinds]:
            if fault["to"] not in ("*", name, opcode):
                continue
            if fault["skip"]:
                fault["skip"] -= 1
                continue
            due.append(fault)
            fault["count"] -= 1
            if fault["count"] == 0:
                self.active = [f for f in self.active if f is not fault]
        return due

    def incoming(self, cmd) -> bool:
        """True when the command goes no further."""
        due = self._due(ON_COMMAND, cmd.name, cmd.opcode)
        if any(f["do"] == "cut_power" for f in due):
            self.np.cut_power()
        return bool(due)

    def start_status(self, status: int) -> int:
        due = self._due({"start_status"}, "DEVICE_INIT_COMPLETE", 8)
        if not due:
            return status
        value = due[-1]["status"]
        return protocol().enums["start_status"][value] if isinstance(value, str) else value

    def outgoing(self, message) -> list:
        """What becomes of a message that is about to be queued: (delay in s, message) pairs."""
        late, copies = 0.0, 1
        for fault in self._due(ON_QUEUE, message.name, message.opcode):
            if fault["do"] == "lose":
                copies = 0
            elif fault["do"] == "delay":
                late += fault.get("seconds", 0.1)
            elif fault["do"] == "duplicate":
                copies += 1
            else:
                _set_status(message, protocol().error(fault["status"]))
        message.faults = self._due(ON_WIRE, message.name, message.opcode) if copies else []
        return [(late, message if i == 0 else copy.copy(message)) for i in range(copies)]

    def spoil(self, message, data: bytes, sequence: int) -> bytes:
        """The frame as it really leaves."""
        frame = bytearray(data)
        for fault in message.faults:
            frame = bytearray(_EFFECTS[fault["do"]](frame, fault, sequence))
        return bytes(frame).ljust(-(-len(frame) // 4) * 4, b"\xff")


def _set_status(message, status: int) -> None:
    row = protocol().opcodes.get(message.name)
    layout = row.response if row else None
    if layout and "status" in layout.by_name:
        args = bytearray(message.args)
        layout.by_name["status"].pack_into(args, status)
        message.args = bytes(args)


def _flip(frame, fault, _):
    frame[fault.get("byte", 0) % len(frame)] ^= fault.get("mask", 1)
    return frame


def _length(frame, fault, _):
    frame[6:8] = fault["length"].to_bytes(2, "little")
    return frame


def _sync(word: int):
    return word.to_bytes(4, "little")


_EFFECTS = {
    "flip": _flip,
    "length": _length,
    "bad_sync": lambda frame, fault, _: b"\x12\x34\x56\x78" + frame[4:],
    "wrong_sequence": lambda frame, fault, seq: (
        _sync(N2H_SYNC | (seq + fault.get("by", 1)) & 3) + frame[4:]
    ),
    "no_sequence": lambda frame, fault, _: _sync(N2H_SYNC_PLAIN) + frame[4:],
    "double_sync": lambda frame, fault, _: frame[:4] + frame,
    "garbage": lambda frame, fault, _: bytes.fromhex(fault.get("hex", "ff" * 8)) + frame,
    "misalign": lambda frame, fault, _: bytes.fromhex(fault.get("hex", "0011")) + frame,
    "truncate": lambda frame, fault, _: frame[: fault.get("bytes", 8)],
}
