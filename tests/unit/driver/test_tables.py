"""protocol.json and what is generated from it."""

import ast
import struct
from pathlib import Path

import pytest

import simplelink
from cc32at import gen
from simplelink import errors, events
from tests.unit.driver import calls

TABLE = calls.TABLE
DRIVER = Path(simplelink.__file__).parent


def test_generating_again_changes_nothing():
    for path, text in gen.outputs(DRIVER).items():
        assert path.read_text() == text, f"{path.name}: run python -m cc32at.gen"


def test_every_command_of_the_table_has_its_constant_in_the_driver():
    source = "".join(path.read_text() for path in DRIVER.glob("*.py"))
    for row in TABLE["opcodes"]:
        if row["direction"] == "host_to_nwp":
            assert source.count(f"_{row['name']}") >= 2, f"{row['name']} is never used"


def test_every_opcode_number_in_the_driver_comes_from_a_block():
    """A number of opcode shape outside the generated blocks would be a second table."""
    numbers = {row["opcode"] for row in TABLE["opcodes"] if row["direction"] == "host_to_nwp"}
    for path in DRIVER.glob("*.py"):
        text = path.read_text()
        outside = []
        block = False
        for line in text.splitlines():
            block = line.startswith("# table:") or (block and line != "# end")
            outside.append("" if block else line)
        for node in ast.walk(ast.parse("\n".join(outside))):
            if isinstance(node, ast.Constant) and type(node.value) is int:
                assert node.value not in numbers, f"{path.name}:{node.lineno}"


def test_error_names_are_the_tables():
    first = {}
    for row in TABLE["errors"]:
        first.setdefault(row["code"], row["name"])
    for code, name in first.items():
        assert errors.name(code) == name.encode()


@pytest.mark.parametrize("code", [1, -2, -99999, -4096, -673579009])
def test_unknown_error_has_no_name(code):
    assert errors.name(code) == b""


def test_error_says_name_and_code():
    assert str(errors.SlError(-10341)) == "SL_ERROR_FS_FILE_NOT_EXISTS (-10341)"
    assert errors.SlError(-5).code == -5


EVENTS = [e for e in TABLE["events"] if e["opcode"] and e["group"] != "socket_trigger"]
EVENTS = [e for e in EVENTS if not e["name"].startswith("FATAL_")]
CLASS = {"device": 1, "wlan": 2, "socket": 3, "netapp": 4, "netapp_request": 4}


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: e["name"])
def test_event_decodes_as_the_table_says(event):
    size = max(f["offset"] + _size(f) for f in event["fields"])
    args = bytes(1 + i % 5 for i in range(size))
    group, number, fields = events.decode(event["opcode"], memoryview(args + b"tail"))
    assert (group, number) == (CLASS[event["group"]], event["id"] or 0)
    want = expected(event, args)
    if event["tail"]:
        want.append(b"tail")
    assert list(fields) == want


def expected(event: dict, args: bytes) -> list:
    """Values of an event's fields, names cut to their length."""
    values = calls.unpack(event["fields"], args)
    out = []
    for name, value in values.items():
        if name.startswith(("pad", "reserved")) or name.removesuffix("_len") in (
            set(values) - {name}
        ):
            continue
        if name + "_len" in values:
            value = value[: values[name + "_len"]]
        out += value if isinstance(value, tuple) else [value]
    return out


def _size(field: dict) -> int:
    base, _, count = field["type"].partition("[")
    one = {"u8": 1, "i8": 1, "u16": 2, "i16": 2, "u32": 4, "i32": 4, "bytes": 1}[base]
    return one * (int(count[:-1]) if count else 1)


def test_short_events_count_as_zeros():
    assert events.decode(0x0880, b"") == (2, 1, (b"", bytes(6), 0))
    assert events.decode(0x100F, b"\x02\x05\xac\xfe")[2] == (2, 5, -340, bytes(128))


def test_unknown_event_is_none():
    assert events.decode(0x00EE, bytes(8)) is None
    assert events.decode(0x0881 + 0x4000, bytes(8)) is None


def test_fatal_conditions_are_events():
    assert events.decode(0xFF04, struct.pack("<II", 33843, 0)) == (1, 4, (33843, 0))
