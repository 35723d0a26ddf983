"""Transmit credits and the header's fields (nwp-protocol.md 4.1, 4.2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import message, with_examples

SEND, RECV = 0x940C, 0x940A
AGAIN, FAILED = -11, -1
DUMMY = 0x0063


def header(rig, **fields):
    rig.model.say(message(DUMMY, **fields))
    rig.nwp.poll()
    rig.model.frames.clear()


def test_nothing_can_be_sent_before_the_first_message(rig):
    nwp = rig.nwp
    assert (nwp.free_credits(), nwp.min_tx()) == (2, 1536)
    assert nwp.post(SEND, b"", b"x", 0, 1) == AGAIN
    assert nwp.post(RECV, b"", None, 0, 0) == AGAIN
    assert nwp.post(0x9C78, b"", b"x", 0, -1) == 0  # needs none
    assert nwp.free_credits() == 2


@pytest.mark.parametrize("credits", range(4))
def test_what_waits_for_no_credit_takes_one_that_is_there(rig, credits):
    header(rig, credits=credits)
    assert rig.nwp.post(0x940B, b"\4\0\1\x20", None, 1, -2) == 0
    assert len(rig.model.frames) == 1
    assert rig.nwp.free_credits() == max(credits - 1, 0)


@with_examples(300)
@given(st.integers(0, 255), st.integers(1, 0xFFFF), st.integers(1, 16000))
def test_a_send_costs_one_and_one_more_for_each_full_packet(rig, credits, min_tx, nbytes):
    header(rig, credits=credits, min_tx=min_tx)
    cost = 1 + (nbytes - 1) // min_tx
    wanted = 0 if credits > 2 + cost else AGAIN
    assert rig.nwp.post(SEND, b"", b"", 3, nbytes) == wanted
    assert len(rig.model.frames) == (wanted == 0)
    assert rig.nwp.free_credits() == credits - (cost if wanted == 0 else 0)


@pytest.mark.parametrize("credits", range(6))
def test_a_receive_request_costs_one(rig, credits):
    header(rig, credits=credits)
    wanted = 0 if credits > 2 else AGAIN
    assert rig.nwp.post(RECV, b"\5\0\3\0", None, 3, 0) == wanted
    assert rig.nwp.free_credits() == credits - (wanted == 0)


def test_credits_come_back_with_any_message(rig):
    header(rig, credits=4)
    assert rig.nwp.post(SEND, b"", b"x", 0, 1) == 0
    assert rig.nwp.post(SEND, b"", b"x", 0, 1) == AGAIN
    rig.model.say(message(0x0880, b"", credits=7))
    rig.nwp.poll()
    assert rig.nwp.free_credits() == 7


def test_a_transmit_failure_stops_only_that_socket(rig):
    header(rig, credits=1, tx_failure=1 << 3)
    assert rig.nwp.post(SEND, b"", b"x", 3, 1) == FAILED  # tested before the credits
    assert rig.nwp.post(SEND, b"", b"x", 0x83, 1) == FAILED  # a transceiver: id in the low bits
    assert rig.nwp.post(SEND, b"", b"x", 4, 1) == AGAIN
    header(rig, credits=9)
    assert rig.nwp.post(SEND, b"", b"x", 3, 1) == 0


def test_header_fields_are_those_of_the_newest_message(rig):
    header(rig, credits=9, min_tx=1000, tx_failure=0x8001, nonblocking=0x0102, status=0x48)
    nwp = rig.nwp
    assert nwp.free_credits() == 9 and nwp.min_tx() == 1000 and nwp.dev_status() == 0x48
    assert nwp.tx_failure() == 0x8001 and nwp.nonblocking() == 0x0102
    header(rig)
    assert nwp.tx_failure() == nwp.nonblocking() == nwp.dev_status() == 0


def test_a_packet_size_of_zero_is_not_believed(rig):
    header(rig, min_tx=700)
    header(rig, min_tx=0)
    assert rig.nwp.min_tx() == 700
    assert rig.nwp.post(SEND, b"", b"x", 0, 1400) == 0


OPEN = 1 << 3 | 1 << 5 | 1 << 16 + 4  # 3, 5, 0x84
NOT_OPEN = -9


@pytest.mark.parametrize(
    "sd", [0, 3, 4, 5, 15, 16, 0x40, 0x43, 0x80, 0x83, 0x84, 0x85, 0x94, 0xFF]
)
def test_a_send_on_a_socket_that_is_not_open_costs_nothing(rig, sd):
    header(rig, credits=9)
    rig.nwp.sockets(OPEN, 0)
    wanted = 0 if sd in (3, 5, 0x84) else NOT_OPEN
    assert rig.nwp.post(SEND, b"", b"x", sd, 1) == wanted
    assert (len(rig.model.frames), rig.nwp.free_credits()) == ((0, 9) if wanted else (1, 8))


def test_that_a_socket_is_not_open_is_looked_at_last(rig):
    rig.nwp.sockets(OPEN, 0)
    header(rig, credits=3, tx_failure=1 << 4)
    assert rig.nwp.post(SEND, b"", b"x", 4, 1) == FAILED
    assert rig.nwp.post(SEND, b"", b"x", 6, 1) == AGAIN
    header(rig, credits=4)
    assert rig.nwp.post(SEND, b"", b"x", 6, 1) == NOT_OPEN


def test_only_sends_need_an_open_socket(rig):
    rig.nwp.sockets(0, 0)
    header(rig, credits=9)
    for nbytes in (0, -1, -2):
        assert rig.nwp.post(RECV, b"", None, 1, nbytes) == 0


def test_all_sockets_are_open_until_it_is_said_which(rig):
    rig.nwp.sockets(0, 0)
    rig.nwp.open()
    header(rig, credits=9)
    assert rig.nwp.post(SEND, b"", b"x", 6, 1) == 0


# Shares: streams 0, 1 and 2 are open, and 24 credits are the most that was seen. Of 22 without the
# reserve no send takes the last; the others keep a frame of 4,096 bytes each, which costs 3.


@pytest.fixture
def streams(rig):
    header(rig, credits=24)
    rig.nwp.sockets(0b111, 0b111)
    return rig


def fill(rig, sd: int) -> int:
    """Send frames of one credit until one has to wait; how many went."""
    count = 0
    while rig.nwp.post(SEND, b"", b"x", sd, 1) == 0:
        count += 1
    return count


def test_a_share_is_what_is_left_when_the_others_keep_a_frame(streams):
    assert streams.nwp.room(0, 100_000) == (21 - 2 * 3) * 1536
    assert streams.nwp.room(0, 4096) == 4096
    assert fill(streams, 0) == 15 and fill(streams, 1) == 3 and fill(streams, 2) == 3
    assert streams.nwp.free_credits() == 3
    assert streams.nwp.post(RECV, b"\5\0\3\0", None, 3, 0) == 0


def test_a_rise_is_first_of_who_is_below_its_share(streams):
    """0 has all it may have and stays there; 1 goes on for ever."""
    assert fill(streams, 0) == 15
    for _ in range(50):
        assert streams.nwp.post(SEND, b"", b"x", 1, 1) == 0
        header(streams, credits=9)
        assert streams.nwp.post(SEND, b"", b"x", 0, 1) == AGAIN


def test_a_rise_is_first_of_who_has_sent_last(streams):
    """1 has sent one and 2 after it two, which are back: 2 has all of its frame again."""
    assert fill(streams, 0) == 15
    for sd in (1, 2, 2):
        assert streams.nwp.post(SEND, b"", b"x", sd, 1) == 0
    header(streams, credits=24 - 15 - 1)
    assert fill(streams, 2) == 3 and fill(streams, 1) == 2 and fill(streams, 0) == 0


def test_what_a_receive_request_takes_is_its_own(streams):
    """Its credit comes back at once, over and over: 0 does not seem to have less out for that."""
    assert fill(streams, 0) == 15
    for _ in range(30):
        assert streams.nwp.post(RECV, b"\5\0\1\0", None, 1, 0) == 0
        header(streams, credits=9)
    assert fill(streams, 0) == 0 and fill(streams, 1) == 3


@pytest.mark.parametrize("credits", [24, 30])
def test_nobody_has_anything_out_when_all_is_back(streams, credits):
    fill(streams, 0), fill(streams, 1)
    header(streams, credits=credits)
    assert streams.nwp.room(2, 100_000) == (credits - 3 - 2 * 3) * 1536
    assert fill(streams, 2) == credits - 3 - 2 * 3


def test_a_closed_socket_has_nothing_out_and_keeps_nothing(streams):
    assert fill(streams, 0) == 15
    streams.nwp.sockets(0b110, 0b110)
    assert streams.nwp.room(1, 100_000) == 3 * 1536  # what is missing is as if it did not exist
    header(streams, credits=24)
    assert streams.nwp.room(1, 100_000) == (21 - 3) * 1536


def test_a_datagram_goes_whole_when_nothing_of_its_socket_is_out(rig):
    header(rig, credits=24)
    rig.nwp.sockets(0b111, 0b011)
    assert rig.nwp.room(2, 16_000) == 16_000  # 11 credits
    assert fill(rig, 0) == 15
    assert rig.nwp.room(2, 7000) == 7000  # 5 of the 6 that a send may have
    assert rig.nwp.post(SEND, b"", b"x", 2, 7000) == 0
    assert rig.nwp.post(SEND, b"", b"x", 2, 1) == AGAIN


def test_a_frame_that_finds_no_credits_looks_whether_some_have_come(rig):
    header(rig, credits=3)
    assert rig.nwp.post(SEND, b"", b"x", 0, 1) == AGAIN
    rig.model.say(message(DUMMY, credits=4))
    assert rig.nwp.post(SEND, b"", b"x", 0, 1) == 0
