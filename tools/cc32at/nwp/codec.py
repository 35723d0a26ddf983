"""Packing and unpacking of everything that crosses the link, by name.

Layouts come from `protocol.json` (firmware/modules/simplelink); no layout is written down in
Python. All multi-byte fields are little endian (nwp-protocol.md 0); socket addresses and ports are
in network order on the wire, so handle them as raw bytes: any integer field also accepts `bytes`
of its size, and `Command.raw(name)` gives a field's bytes.
"""

from __future__ import annotations

import functools
import json
import re
import struct
from pathlib import Path

PROTOCOL_JSON = Path(__file__).parents[3] / "firmware/modules/simplelink/protocol.json"

H2N_SYNC = bytes.fromhex("21433412")
CNYS = bytes.fromhex("65877856")
N2H_SYNC = 0xABCDDCBC  # bit 2 says "bits 0-1 are a sequence number" (2.3)
N2H_SYNC_PLAIN = 0xABCDDCBA
SYNC_MASK = 0x7FFF7F7F
RESPONSE_HEADER = 8  # bytes of the N2H header that Len counts

_TYPES = {"u8": (1, "B"), "i8": (1, "b"), "u16": (2, "H"), "i16": (2, "h")}
_TYPES |= {"u32": (4, "I"), "i32": (4, "i")}
_TYPE = re.compile(r"^(bytes|[ui]\d+)(?:\[(\d+)\])?$")

# Which argument tells the exact length of a command's payload (the wire pads it to 4).
PAYLOAD_LENGTH = {
    "DEVICE_SET": ("length",),
    "NETCFG_SET": ("length",),
    "WLAN_POLICY_SET": ("value_len",),
    "WLAN_CFG_SET": ("length",),
    "SOCKET_SETSOCKOPT": ("value_len",),
    "SOCKET_SEND": ("len",),
    "SOCKET_SENDTO_V4": ("len",),
    "SOCKET_SENDTO_V6": ("len",),
    "NETAPP_SET": ("length",),
    "NETAPP_DNS_BY_NAME": ("name_len",),
    "NETAPP_MDNS_REGISTER": ("name_len", "text_len"),
    "NETAPP_HOST_BY_SERVICE": ("name_len",),
    "NETAPP_HTTP_SEND_TOKEN": ("value_len",),
    "NETAPP_REQUEST_RESPONSE": ("metadata_len", "payload_len"),
    "NETAPP_SEND": ("data_len",),
    "FS_CLOSE": ("cert_name_len", "signature_len"),
    "FS_WRITE": ("len",),
    "FS_PROGRAM": ("key_len", "chunk_len"),
    "FS_CTL": ("buffer_len",),
    "NETUTIL_CMD": ("attrib_len", "input_len"),
}


def align4(n: int) -> int:
    """n rounded up to whole words."""
    return (n + 3) & ~3


class Fields(dict):
    """Decoded fields: a dict whose items are attributes too."""

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class _Table:
    """Part of the tables: shared by all copies of what refers to it."""

    def __deepcopy__(self, memo):
        return self


class Field(_Table):
    """One fixed field: an integer, an array of integers, or raw bytes."""

    def __init__(self, row: dict):
        kind, count = _TYPE.match(row["type"]).groups()
        self.name = row["name"]
        self.offset = row["offset"]
        self.raw = kind == "bytes"
        self.count = int(count) if count else None
        if self.raw:
            self.size = self.count
        else:
            self.width, self.code = _TYPES[kind]
            self.size = self.width * (self.count or 1)
            # A status is signed whatever the table's type is: "read as i16" (6.1).
            if self.name == "status":
                self.code = self.code.lower()
        self.is_pad = self.name.startswith("pad")

    def pack_into(self, buffer: bytearray, value) -> None:
        if isinstance(value, (bytes, bytearray, memoryview)):
            data = bytes(value)
            if len(data) > self.size:
                raise ValueError(f"{self.name}: {len(data)} bytes in a field of {self.size}")
        elif self.raw:
            raise TypeError(f"{self.name}: bytes expected, not {value!r}")
        else:
            mask = (1 << 8 * self.width) - 1
            numbers = [value] if self.count is None else value
            data = b"".join((n & mask).to_bytes(self.width, "little") for n in numbers)
        buffer[self.offset : self.offset + len(data)] = data

    def unpack(self, data: bytes):
        part = data[self.offset : self.offset + self.size].ljust(self.size, b"\0")
        if self.raw:
            return part
        values = struct.unpack(f"<{self.count or 1}{self.code}", part)
        return values[0] if self.count is None else list(values)


class Layout(_Table):
    """Fixed fields, then strings whose lengths are fields (nwp-protocol.md 0: "next")."""

    def __init__(self, name: str, size: int, fields: list, tail: list = ()):
        self.name = name
        self.size = size
        self.fields = [Field(row) for row in fields]
        self.by_name = {f.name: f for f in self.fields}
        self.tail = [(row["name"], row["length"]) for row in tail]

    def pack(self, values: dict) -> bytes:
        """Bytes of the layout; absent fields are 0, lengths of given tail strings are filled in.

        Raises KeyError for a name that the layout does not have, ValueError for one too long.
        """
        values = dict(values)
        tail = b""
        for name, length in self.tail:
            data = bytes(values.pop(name, b""))
            values.setdefault(length, len(data))
            tail += data
        buffer = bytearray(self.size)
        for name, value in values.items():
            self.by_name[name].pack_into(buffer, value)
        return bytes(buffer) + tail

    def unpack(self, data: bytes) -> Fields:
        """Fields by name; a short input reads as zeros and short strings."""
        data = bytes(data)
        fields = Fields((f.name, f.unpack(data)) for f in self.fields if not f.is_pad)
        at = self.size
        for name, length in self.tail:
            fields[name] = data[at : at + fields[length]]
            at += fields[length]
        return fields

    def total(self, data: bytes) -> int:
        """Bytes of the layout in this message, tail included."""
        if not self.tail:
            return self.size
        data = bytes(data)
        return self.size + sum(self.by_name[length].unpack(data) for _, length in self.tail)


class Opcode(_Table):
    """A row of the opcode table with its layouts."""

    def __init__(self, row: dict):
        self.name = row["name"]
        self.opcode = row["opcode"]
        self.response_opcode = row["response_opcode"]
        self.group = row["group"]
        self.kind = row["kind"]
        self.to_nwp = row["direction"] == "host_to_nwp"
        self.has_payload = row["payload_out"] != "none"
        self.args = Layout(self.name, row["args_size"], row["args"], row.get("args_tail", ()))
        self.response = Layout(
            self.name, row["response_size"], row["response"], row.get("response_tail", ())
        )

    def __repr__(self):
        return f"<{self.name} 0x{self.opcode:04X}>"


class Command:
    """One host message: `cmd.name`, `cmd.<argument>`, `cmd.payload` (exact length), `cmd.padded`.

    `short` is set when the message is too short for its arguments or announced payload.
    """

    def __init__(self, row: Opcode, body: bytes):
        self.row = row
        self.name = row.name
        self.opcode = row.opcode
        self.body = body
        self.args = row.args.unpack(body)
        size = row.args.total(body)
        self.padded = body[align4(size) :]
        lengths = PAYLOAD_LENGTH.get(self.name)
        if lengths:
            want = sum(max(self.args[n], 0) for n in lengths)
        else:
            want = len(self.padded) if row.has_payload else 0
        if self.name == "SOCKET_SEND" and self.args.sd & 0xF0 == 0x80:
            want += 4  # transceiver parameter word in front (4.7)
        self.payload = self.padded[:want]
        self.short = len(body) < size or len(self.payload) < want
        self.answered = False

    def __getattr__(self, name):
        args = self.__dict__.get("args", {})
        if name in args:
            return args[name]
        raise AttributeError(name)

    def raw(self, name: str) -> bytes:
        """A fixed field as it stands in the message (network order for addresses and ports)."""
        field = self.row.args.by_name[name]
        return self.body[field.offset : field.offset + field.size]

    def __repr__(self):
        return f"<Command {self.name}, {len(self.body)} bytes>"


class Protocol(_Table):
    """The tables of protocol.json: opcodes, structs, events, enums, errors, configuration."""

    def __init__(self, path: Path = PROTOCOL_JSON):
        table = json.loads(Path(path).read_text())
        rows = [Opcode(row) for row in table["opcodes"]]
        self.opcodes = {row.name: row for row in rows}
        self.by_opcode = {row.opcode: row for row in rows}
        self.structs = {
            name: Layout(name, s["size"], s["fields"]) for name, s in table["structs"].items()
        }
        self.enums = table["enums"]
        self.config = table["config"]
        self.errors = {row["name"]: row["code"] for row in table["errors"]}
        self.error_names = {}
        for row in table["errors"]:
            self.error_names.setdefault(row["code"], row["name"])
        # N2H message name -> (event class number, user event id), for the event masks (7).
        classes = {"device": 1, "wlan": 2, "socket": 3, "netapp": 4}
        self.event_ids, self.event_messages = {}, {}
        for row in table["events"]:
            if row["message"] and row["origin"] == "nwp":
                self.event_messages[row["name"]] = row["message"]
                if row["group"] in classes and row["id"] is not None:
                    self.event_ids[row["message"]] = (classes[row["group"]], row["id"])

    def pack(self, struct_name: str, **values) -> bytes:
        """A record of nwp-protocol.md 10 by name."""
        return self.structs[struct_name].pack(values)

    def unpack(self, struct_name: str, data: bytes) -> Fields:
        return self.structs[struct_name].unpack(data)

    def error(self, code: int | str) -> int:
        """The number of an error given by name or number; KeyError for an unknown name."""
        return self.errors[code] if isinstance(code, str) else code


@functools.cache
def protocol() -> Protocol:
    """The shared tables, read once."""
    return Protocol()
