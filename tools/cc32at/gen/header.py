"""firmware/link/protocol.h: what the C of the link has of protocol.json."""

from __future__ import annotations

HEAD = """\
// Generated from protocol.json by `python -m cc32at.gen`: do not edit.
#ifndef FIRMWARE_LINK_PROTOCOL_H
#define FIRMWARE_LINK_PROTOCOL_H

// clang-format off
"""

# Those of frames that the link itself understands (nwp-protocol.md 3.1, 3.2).
OPCODES = (
    "DEVICE_INIT_COMPLETE",
    "DEVICE_ABORT",
    "DEVICE_DUMMY",
    "SOCKET_RECV_DONE",
    "SOCKET_RECVFROM_DONE_V4",
    "SOCKET_RECVFROM_DONE_V6",
    "SOCKET_EV_ASYNC",
)
CONSTANTS = (
    "max_sockets",
    "socket_id_mask",
    "socket_type_raw_transceiver",
    "response_specific_header_size",
    "sync_timeout_ms",
    "timeout_short_ms",
    "async_max_payload_with_request_handler",
    "recv_max_len_documented",
    "flow_reserved_credits",
    "flow_initial_credits",
    "flow_initial_min_tx_payload",
)


def text(table: dict) -> str:
    """The file."""
    opcodes = {row["name"]: row["opcode"] for row in table["opcodes"]}
    names = {number: name for name, number in opcodes.items()}
    numbers = [f"    {number:#06x}u, /* {names[number]} */" for number in completions(table)]
    numbers[-1] = numbers[-1].replace(",", "", 1)
    parts = (
        HEAD,
        defines([(f"OP_{name}", f"{opcodes[name]:#06x}u") for name in OPCODES]),
        "// Events that complete the operation of a command.\n"
        + " \\\n".join(["#define OP_COMPLETIONS", *numbers])
        + "\n",
        defines([(name, f"{number:#010x}u") for name, number in sync(table["sync"])]),
        defines([(f"NWP_{n.upper()}", f"{table['constants'][n]}u") for n in CONSTANTS]),
        "#endif\n",
    )
    return "\n".join(parts)


def sync(words: dict) -> list[tuple[str, int]]:
    """The words that frames begin with (chapter 2); those that come in have a sequence number, or
    none.
    """
    plain = words["nwp_to_host"]
    return [
        ("SYNC_OUT", words["host_to_nwp"]),
        ("READ_REQUEST", words["read_request"]),
        ("SYNC_IN", plain & ~words["sequence_mask"] | words["sequence_present"]),
        ("SYNC_IN_NO_SEQ", plain),
        ("SYNC_MASK", words["compare_mask"]),
    ]


def defines(rows: list[tuple[str, str]]) -> str:
    """Macros, their values in one column."""
    width = max(len(name) for name, _ in rows)
    return "".join(f"#define {name.ljust(width)} ({value})\n" for name, value in rows)


def completions(table: dict) -> list[int]:
    """Opcodes of the events that complete a command's operation, in their order."""
    return sorted({int(text, 0) for row in table["opcodes"] for text in row["async_opcodes"]})
