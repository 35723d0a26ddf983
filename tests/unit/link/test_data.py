"""Received data goes where it is expected, and nowhere else (nwp-protocol.md 2.4, 3.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import message, with_examples

ARGS = {0x100A: 4, 0x100B: 12, 0x120B: 24}
kinds = st.sampled_from(sorted(ARGS))


def data_message(opcode, status, sd, data, **fields):
    args = status.to_bytes(2, "little", signed=True) + bytes((sd, 2))
    return message(opcode, args.ljust(ARGS[opcode], b"\x55") + data, **fields)


def receive(rig, opcode, status, sd, data, room, **fields):
    """What arrived of one message in a buffer of `room` bytes, and the status told."""
    buf = bytearray(b"\xee" * (room + 8))
    rig.nwp.expect(sd, memoryview(buf)[:room])
    rig.model.say(data_message(opcode, status, sd, data, **fields))
    rig.nwp.poll()
    ((told, _, args),) = rig.events()
    assert told == opcode and len(args) == ARGS[opcode] and args[2] == sd
    assert buf[room:] == b"\xee" * 8
    return buf, int.from_bytes(args[:2], "little", signed=True)


@with_examples(200)
@given(kinds, st.integers(0, 15), st.binary(max_size=1600), st.integers(0, 64))
def test_data_arrives_whole(rig, opcode, sd, data, spare):
    buf, status = receive(rig, opcode, len(data), sd, data, len(data) + spare)
    assert status == len(data)
    assert buf[: len(data)] == data and not buf[len(data) :].strip(b"\xee")
    assert rig.model.unread == rig.model.over_reads == 0


@with_examples(200)
@given(kinds, st.integers(1, 300), st.integers(0, 300), st.integers(0, 300))
def test_no_more_is_claimed_than_was_stored(rig, opcode, status, sent, room):
    data = bytes(i & 0xFF for i in range(sent))
    buf, told = receive(rig, opcode, status, 2, data, room)
    stored = min(status, sent, room)
    assert told == (stored or -1)  # 0 would be the end of the stream
    assert buf[:stored] == data[:stored] and not buf[stored:].strip(b"\xee")
    assert rig.model.unread == rig.model.over_reads == 0


@pytest.mark.parametrize("status", [0, -11, -1, -32768])
def test_end_of_stream_and_errors_are_told(rig, status):
    buf, told = receive(rig, 0x100A, status, 2, b"", 10)
    assert told == status and not buf.strip(b"\xee")


def test_data_of_an_error_is_not_stored(rig):
    buf, told = receive(rig, 0x100A, -11, 2, b"12345", 10)
    assert told == -11 and not buf.strip(b"\xee") and rig.count("drained") == 5


def test_data_nobody_expects_is_drained_and_counted(rig):
    nwp = rig.nwp
    for sd in (0, 5, 15, 16, 0x85, 0xFF):
        rig.model.say(data_message(0x100A, 9, sd, b"123456789"))
    assert nwp.poll() == 0
    assert rig.count("late_data") == 6 and rig.count("drained") == 54
    assert rig.model.unread == 0


def test_an_expectation_is_good_for_one_message(rig):
    receive(rig, 0x100A, 3, 4, b"abc", 3)
    rig.model.say(data_message(0x100A, 3, 4, b"def"))
    rig.nwp.poll()
    assert rig.events() == [] and rig.count("late_data") == 1


def test_an_expectation_can_be_withdrawn(rig):
    buf = bytearray(4)
    rig.nwp.expect(4, buf)
    rig.nwp.expect(4, None)
    buf.extend(b"not held any longer")
    rig.model.say(data_message(0x100A, 3, 4, b"def"))
    rig.nwp.poll()
    assert not any(buf[:4]) and rig.count("late_data") == 1


def test_a_buffer_is_held_until_its_data_came(rig):
    buf = bytearray(4)
    rig.nwp.expect(4, buf)
    with pytest.raises(BufferError):
        buf.extend(b"x")
    rig.model.say(data_message(0x100A, 3, 4, b"def"))
    rig.nwp.poll()
    rig.events()
    buf.extend(b"x")


def test_a_transceiver_is_matched_by_its_id(rig):
    buf, told = receive(rig, 0x100A, 3, 0x82, b"abc", 3)
    assert told == 3 and buf[:3] == b"abc"


@pytest.mark.parametrize("sd", [16, 17, 31, 0x9F])
def test_an_impossible_socket_is_refused(rig, sd):
    with pytest.raises(ValueError):
        rig.nwp.expect(sd, bytearray(4))


@pytest.mark.parametrize("opcode", sorted(ARGS))
def test_a_message_that_ends_within_its_arguments(rig, opcode):
    nwp = rig.nwp
    for size in range(ARGS[opcode]):
        nwp.expect(1, bytearray(8))
        rig.model.say(message(opcode, (b"\5\0\1\2" + bytes(20))[:size]))
        nwp.poll()
        found = rig.events()
        if size < 4:  # of which socket?
            assert found == []
        else:
            assert found[0][2][:4] == b"\xff\xff\1\2"  # no data came with it
    assert rig.count("short") >= ARGS[opcode]


def test_sixteen_sockets_at_once(rig):
    buffers = [bytearray(4) for _ in range(16)]
    for sd, buf in enumerate(buffers):
        rig.nwp.expect(sd, buf)
    for sd in reversed(range(16)):
        rig.model.say(data_message(0x100B, 2, sd, bytes((sd, 99))))
    rig.nwp.poll()
    assert [bytes(buf) for buf in buffers] == [bytes((sd, 99, 0, 0)) for sd in range(16)]
    assert [args[2] for _, _, args in rig.events()] == list(reversed(range(16)))
