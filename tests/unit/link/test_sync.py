"""The search for the sync word (nwp-protocol.md 2.3), and what follows when there is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import message

WIRE = Path(__file__).parents[2] / "vectors" / "wire.json"
GET_PERSISTENT = (0x8466, bytes.fromhex("0000010005000000"))
ANSWER = bytes.fromhex("00000100050001000100")  # header of 8 bytes and a value
IDLE = b"\xff\xff\xff\xff"


def recorded(name: str) -> list[bytes]:
    """The network processor's frames in the last step of a case of wire.json."""
    for case in json.loads(WIRE.read_text()):
        if case["id"] == f"wire.{name}":
            (exchange,) = case["steps"][-1]["exchanges"]
            return [bytes.fromhex(text) for text in exchange["nwp_frames_hex"]]
    raise LookupError(name)


def started(rig):
    """After DEVICE_INIT_COMPLETE, as every session of wire.json is: the sequence stands at 1."""
    rig.model.say(message(0x0008, bytes(12)))
    rig.nwp.poll()
    rig.event()
    return rig.nwp


def ask(rig, *replies) -> bytes | int:
    rig.model.answers.append(replies)
    n = rig.nwp.request(*GET_PERSISTENT)
    return bytes(rig.nwp.answer[:n]) if n >= 0 else n


@pytest.mark.parametrize("name", ["double_sync", "dummy_before_sync", "misaligned"])
def test_a_frame_behind_rubbish_is_read(rig, name):
    started(rig)
    answer = ask(rig, *recorded(name))
    assert answer[:8] == bytes.fromhex("0000010005000100")
    assert answer[8:] == b"\x01"
    assert rig.count("sync_slips") == (name != "dummy_before_sync")
    assert ask(rig, message(0x0466, ANSWER)) == ANSWER


def test_an_event_inside_a_command_waits_in_the_queue(rig):
    started(rig)
    assert ask(rig, *recorded("event_inside_cmd"))[8:] == b"\x01"
    ((opcode, _, args),) = rig.events()
    assert (opcode, len(args), args[1:5]) == (0x0880, 40, b"MyAP")


@pytest.mark.parametrize("name", ["badsync", "wrongseq"])
def test_no_sync_word_is_fatal_after_50_ms(rig, name):
    nwp = started(rig)
    before = rig.clock.now()
    assert ask(rig, *recorded(name)) == nwp.E_SYNC
    assert 0.050 <= rig.clock.now() - before < 0.055
    assert rig.events() == [(0xFF03, 0, bytes(8))]
    assert nwp.poll() & nwp.FATAL
    assert nwp.poll() == 0
    assert nwp.request(*GET_PERSISTENT) == nwp.E_CLOSED
    nwp.close()
    nwp.open()
    started(rig)
    assert ask(rig, message(0x0466, ANSWER)) == ANSWER


def test_the_search_ends_although_time_stands_still(rig):
    nwp = started(rig)
    rig.clock.advance = lambda seconds: None
    assert ask(rig, b"\x12\x34\x56\x78" * 4) == nwp.E_SYNC
    assert rig.model.words < 70000


@pytest.mark.parametrize("bit", [7, 15, 31])
def test_bits_that_fail_are_ignored(rig, bit):
    started(rig)

    def flipped(seq):
        raw = message(0x0466, ANSWER)(seq)
        return (int.from_bytes(raw[:4], "little") ^ 1 << bit).to_bytes(4, "little") + raw[4:]

    assert ask(rig, flipped) == ANSWER


@pytest.mark.parametrize("bit", [bit for bit in range(32) if bit not in (7, 15, 31)])
def test_any_other_bit_matters(rig, bit):
    nwp = started(rig)

    def flipped(seq):
        raw = message(0x0466, ANSWER)(seq)
        return (int.from_bytes(raw[:4], "little") ^ 1 << bit).to_bytes(4, "little") + raw[4:]

    assert ask(rig, flipped) == nwp.E_SYNC


def test_a_sync_word_without_sequence_is_accepted_and_counted(rig):
    started(rig)
    bare = bytes.fromhex("badccdab")
    assert ask(rig, lambda seq: bare + message(0x0466, ANSWER)(seq)[4:]) == ANSWER
    for _ in range(6):  # the counter went on
        assert ask(rig, message(0x0466, ANSWER)) == ANSWER


@pytest.mark.parametrize("shift", range(13))
@pytest.mark.parametrize("doubled", [1, 2, 3])
@pytest.mark.parametrize("size", [0, 1, 4, 9, 130, 1501])
def test_every_shift_is_tolerated(rig, shift, doubled, size):
    started(rig)
    body = bytes(i * 7 & 0xFF for i in range(size))

    def shifted(seq):
        raw = message(0x0466, body)(seq)
        return b"\x11" * shift + raw[:4] * (doubled - 1) + raw

    assert ask(rig, shifted, message(0x0880, b"next")) == body
    rig.nwp.poll()
    assert rig.events() == [(0x0880, 0, b"next")]
    assert rig.model.unread == 0
    assert rig.count("sync_slips") == int(doubled > 1 or shift % 4 != 0)


@pytest.mark.parametrize("words", [1, 2, 3, 4, 5, 100, 1000])
def test_idle_words_are_skipped(rig, words):
    started(rig)
    assert ask(rig, lambda seq: IDLE * words + message(0x0466, ANSWER)(seq)) == ANSWER
    assert rig.count("sync_slips") == 0
    zero = bytes(4 * words)
    assert ask(rig, lambda seq: zero + message(0x0466, ANSWER)(seq)) == ANSWER
    assert rig.count("sync_slips") == 0


def test_a_frame_is_never_read_beyond_its_padding(rig):
    started(rig)
    for size in range(40):
        assert ask(rig, message(0x0466, bytes(size))) == bytes(size)
    assert rig.model.over_reads == 0 and rig.model.unread == 0
