"""Blocks of value lines and events, made from names (tools/cc32at/gen)."""

import ast
import json
import struct
from pathlib import Path

import pytest

import simplelink
from cc32at.gen import CORE, blocks

PROTOCOL = json.loads((Path(simplelink.__file__).parent / "protocol.json").read_text())

FIELDS = (
    ("flag", "u8"),
    ("rssi", "i8"),
    ("port", "u16"),
    ("ip", "u32"),
    ("dns", "u32[2]"),
    ("word", "u32[4]"),
    ("mac", "bytes[6]"),
    ("fw_version", "bytes[4]"),
    ("name", "bytes[10]"),
    ("filter", "bytes[4]"),
    ("ssid_len", "u8"),
    ("ssid", "bytes[32]"),
    ("pad", "bytes[2]"),
)
SIZES = (1, 1, 2, 4, 8, 16, 6, 4, 10, 4, 1, 32, 2)
EVENT = {"name": "WLAN_NEWS", "group": "wlan", "id": 9, "opcode": 0x812}
FATAL = {"name": "FATAL_NEWS", "group": "device", "id": 3, "opcode": None, "fields": []}


def table():
    """As protocol.json, invented."""
    fields = [
        {"name": name, "type": kind, "offset": sum(SIZES[:i])}
        for i, (name, kind) in enumerate(FIELDS)
    ]
    return {
        "structs": {"thing": {"size": sum(SIZES), "fields": fields}},
        "events": [{**EVENT, "fields": fields}, FATAL],
        "config": {
            "wlan": [
                {"id_name": "AP", "id": 4, "option_name": "SSID", "option": 2},
                {"id_name": "AP", "id": 4, "option_name": "CHANNEL", "option": 3},
            ],
            "sockopt": [{"name": "LINGER", "option": 13}],
        },
    }


def made(head, *further):
    """What a block's constants are."""
    text = "\n".join([blocks.START + head, *further, "old", blocks.END, ""])
    full = blocks.fill(text, table())
    assert blocks.fill(full, table()) == full
    scope = {"const": lambda value: value}
    exec(full, scope)
    return scope


@pytest.mark.parametrize(
    ("word", "fields"),
    [
        ("flag", [("u8", 0)]),
        ("rssi", [("i8", 1)]),
        ("port", [("u16", 2)]),
        ("ip", [("u32", 4)]),
        ("ip:ip4", [("ip4", 4)]),
        ("ip:hex", [("hex", 4)]),
        ("dns:ip4", [("ip4", 8), ("ip4", 12)]),
        ("word", [("ip6", 16)]),
        ("mac", [("mac", 32)]),
        ("fw_version", [("version", 38)]),
        ("name", [("str", 42, 10)]),
        ("filter", [("array", 52, 4, 0x3A)]),
        ("ssid", [("text", 56, 57)]),
        ("flag:wlan_role", [("key", 0, b"wlan_role")]),
        ("port:wlan_role", [("key16", 2, b"wlan_role")]),
        ("ip:wlan_role", [("key32", 4, b"wlan_role")]),
        ("ti:flag ti:rssi port", [("ti", ("u8", 0), ("i8", 1)), ("u16", 2)]),
        ("guide:flag ti:none", [("guide", ("u8", 0)), ("ti", ("none",))]),
        ("item:1:wlan_role of:0 flag port", [("key", 1, b"wlan_role"),
                                             ("of", 0, ("u8", 0), ("u16", 2))]),
        ("of:2 list flag mac", [("of", 2, ("list", 91, ("u8", 0), ("mac", 32)))]),
    ],
)  # fmt: skip
def test_a_spec(word, fields):
    scope = made(f"spec LINE thing {word}")
    assert scope["_LINE"] == tuple(fields)
    assert scope["_LINE_SIZE"] == 91


def test_a_block_over_several_lines():
    scope = made("spec LINE thing", "#     flag", "#     ip:ip4")
    assert scope["_LINE"] == (("u8", 0), ("ip4", 4))


def test_the_format_of_a_structure():
    scope = made("layout thing")
    assert scope["_THING_FORMAT"] == "<BbHI2I4I6s4s10s4sB32s2x"
    assert scope["_THING_SIZE"] == 91


def test_events():
    scope = made(
        "events fatal_id device_id wlan_id",
        "# WLAN_NEWS ssid",
        "#     mac always:0:wlan_role",
        "# FATAL_NEWS ti:none",
    )
    assert scope["FIELDS"] == b"A\x09\0T\x38\x39m\x20A\0\x01A\x03\x02t\x01n"
    assert scope["ROWS"] == struct.pack("<HBBHHBBH", 0x812, 2, 11, 0, 0xFF03, 0, 6, 11)
    assert scope["KEYWORDS"] == (b"wlan_id", b"wlan_role", b"fatal_id")


def test_many_fields_are_bytes():
    scope = made("spec LINE thing of:0 flag ip:ip4 port:wlan_role mac ti:name")
    fields = ("packed", b"B\x004\x04K\x02\x00m\x20", (b"wlan_role",)), ("ti", ("str", 42, 10))
    assert scope["_LINE"] == (("of", 0, *fields),)
    assert made("spec LINE thing flag rssi port")["_LINE"] == (("packed", b"B\0b\1H\2"),)


def test_numbers_of_the_configuration():
    assert made("ids wlan.AP")["_AP"] == 4
    scope = made("options wlan.SSID sockopt.LINGER")
    assert (scope["_SSID"], scope["_LINGER"]) == (2, 13)


@pytest.mark.parametrize(
    "head",
    ["spec LINE nothing flag", "spec LINE thing nothing", "ids wlan.P2P", "options wlan.AP"],
)
def test_a_name_that_is_not_there(head):
    with pytest.raises((KeyError, ValueError)):
        made(head)


def test_a_block_without_end():
    with pytest.raises(ValueError, match="no end"):
        blocks.fill(blocks.START + "ids wlan.AP\n", table())


def test_the_core_types_no_opcode():
    """Outside of its blocks: a number of opcode shape would be a second table."""
    numbers = {row["opcode"] for row in PROTOCOL["opcodes"] if row["opcode"] > 0xFF}
    for path in CORE.rglob("*.py"):
        outside, block = [], False
        for line in path.read_text().splitlines():
            block = line.startswith(blocks.START) or (block and line != blocks.END)
            outside.append("" if block else line)
        for node in ast.walk(ast.parse("\n".join(outside))):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                assert node.value not in numbers, f"{path.name}:{node.lineno}"
