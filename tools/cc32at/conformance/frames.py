"""Frames of the host by name: taken apart and put together again by protocol.json.

A frame is short sync word, opcode, length, arguments, strings, payload, each padded to 4 bytes.
"""

import re
import struct
from collections.abc import Callable, Iterable, Iterator

from cc32at.nwp.codec import (
    H2N_SYNC,
    PAYLOAD_LENGTH,
    RESPONSE_HEADER,
    Command,
    Fields,
    align4,
    protocol,
)

_SYNC = re.compile(rb".\xdc\xcd\xab", re.DOTALL)  # bits 0-2 of the first byte count
_HEADER = 8  # sync word, opcode, length


def command(frame: bytes) -> Command | None:
    """A frame taken apart; None if its opcode is not known."""
    row = protocol().by_opcode.get(int.from_bytes(frame[4:6], "little"))
    return Command(row, frame[_HEADER:]) if row else None


def build(message: str, values: dict[str, int | bytes], payload: bytes = b"") -> bytes:
    """The frame of a command, its bytes of padding 0."""
    row = protocol().opcodes[message]
    body = row.args.pack(values)
    body = body.ljust(align4(len(body)), b"\0") + payload.ljust(align4(len(payload)), b"\0")
    return H2N_SYNC + struct.pack("<HH", row.opcode, len(body)) + body


def edited(
    frame: bytes,
    strings: Callable[[bytes], bytes] | None = None,
    values: dict[str, int | bytes] | None = None,
) -> bytes:
    """A frame with its strings and payload changed, their lengths with them; then other fields.

    `payload` may be one of the values.
    """
    taken = command(frame)
    if taken is None:
        return frame
    row, fields, payload = taken.row, dict(taken.args), taken.payload
    if strings:
        payload = strings(payload)
        for name, length in row.args.tail:
            fields[name] = strings(fields[name])
            fields[length] = len(fields[name])
    values = values or {}
    payload = values.get("payload", payload)
    lengths = PAYLOAD_LENGTH.get(row.name, ())
    if len(lengths) == 1:
        fields[lengths[0]] = len(payload)
    fields |= {name: value for name, value in values.items() if name in row.args.by_name}
    return build(row.name, fields, payload)


def records(frames: Iterable[bytes], name: str, struct_name: str = "") -> Iterator[Fields]:
    """The messages of a name among the network processor's frames: their fields, and `payload`.

    struct_name: instead, each of the records that follow the fields (protocol.json, structs); its
    fields come on top, `rest` is the payload from the record on.
    """
    row = protocol().opcodes[name]
    opcode = row.response_opcode if row.to_nwp else row.opcode
    size = align4(row.response.size)
    for frame in frames:
        if int.from_bytes(frame[4:6], "little") != opcode:
            continue
        end = _HEADER + int.from_bytes(frame[6:8], "little")
        content = frame[_HEADER + RESPONSE_HEADER : end]
        fields = row.response.unpack(content)
        fields["payload"] = payload = content[size:]
        if not struct_name:
            yield fields
            continue
        layout = protocol().structs[struct_name]
        for at in range(0, len(payload) - layout.size + 1, layout.size):
            record = Fields(fields | layout.unpack(payload[at:]))
            record["rest"] = payload[at:]
            yield record


def aligned(frame: bytes) -> bytes:
    """A frame of the network processor from its sync word on."""
    found = _SYNC.search(frame)
    return frame[found.start() :] if found else frame
