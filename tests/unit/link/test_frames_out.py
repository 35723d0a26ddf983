"""Frames as they leave (nwp-protocol.md 2.1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scripted import with_examples

pieces = st.one_of(st.none(), st.binary(max_size=24), st.binary(min_size=200, max_size=3000))


def align4(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def frame(opcode, args, payload=b"", prefix=b"", payload2=b"") -> bytes:
    body = align4(args) + align4(prefix) + align4(payload + payload2)
    head = bytes.fromhex("21433412") + opcode.to_bytes(2, "little")
    return head + len(body).to_bytes(2, "little") + body


@with_examples(300)
@given(st.integers(0, 0xFFFF), pieces, pieces, pieces, pieces)
def test_parts_are_padded_and_joined(rig, opcode, args, payload, prefix, payload2):
    rig.model.frames.clear()
    assert rig.nwp.post(opcode, args or b"", payload, 0, -1, prefix, payload2) == 0
    parts = [part or b"" for part in (args, payload, prefix, payload2)]
    assert rig.model.frames == [frame(opcode, *parts)]


def test_no_part_is_needed(rig):
    assert rig.nwp.submit(0x9C24, b"") == 0
    assert rig.model.frames == [bytes.fromhex("21433412249c0000")]


def test_the_longest_frame_and_one_byte_more(rig):
    assert rig.nwp.post(0x940C, bytes(4), bytes(65528), 0, -1) == 0
    assert len(rig.model.frames.pop()) == 65540
    assert rig.nwp.post(0x940C, bytes(4), bytes(65529), 0, -1) == rig.nwp.E_SIZE
    assert rig.nwp.submit(0xA43C, bytes(70000)) == rig.nwp.E_SIZE
    assert rig.model.frames == []
    assert rig.nwp.collect() == rig.nwp.E_AGAIN  # the slot is still free


def test_any_buffer_will_do(rig):
    rig.nwp.post(0x940C, bytearray(b"abcd"), memoryview(b"xyz123")[1:4], 0, -1)
    assert rig.model.frames == [frame(0x940C, b"abcd", b"yz1")]
