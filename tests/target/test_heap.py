"""The heap stays in one piece: what lives long is made at boot, or lies near the bottom."""

import pytest

from tests.target import peers
from tests.target.test_sockets_tcp import connected

LARGEST, ON_SMALL = 100 * 1024, 6 * 1024  # bytes: the least that the largest free piece may be
MIXED = ("AT+Test", "AT+NetCfgGet=IPV4_STA_ADDR", "AT+Foo=1", "AT+Get=General,Version")


def heap(talk, board):
    """Bytes: free, and of the largest piece that is free."""
    found = board.heap(talk.at)
    talk.replies.clear()  # those of a prompt that was asked
    return found.free, found.largest


def work(talk, turns):
    for _ in range(turns):
        for line in MIXED:
            talk(line)


def test_the_largest_free_piece_survives_sixteen_reads_that_wait(talk, board):
    """As many as can wait, in Base64, with other commands before, between and behind them."""
    talk.speed_up()
    heap(talk, board)  # what the script itself keeps
    free, largest = heap(talk, board)
    least = LARGEST if board.prompt else ON_SMALL
    assert largest >= least
    for _ in range(2):
        socks = [talk.socket("INET,DGRAM,UDP") for _ in range(16)]
        for sd in socks:
            talk.ok(f"AT+Bind={sd},INET,{7000 + sd},0.0.0.0")
            work(talk, 1)
            talk.ok(f"AT+Recv={sd},1,4096")
            work(talk, 1)
        work(talk, 20)
        for sd in socks:
            work(talk, 1)
            talk.value(f"AT+Close={sd}")
            assert talk.late().startswith(f"ERROR:process command +Recv {sd}, -9")
    talk.sleep(0.3)
    after, largest = heap(talk, board)
    assert largest >= least
    assert after >= free - 512


@pytest.mark.world
def test_reads_that_got_their_data_or_were_ended_leave_nothing_behind(talk, board):
    """Each in a frame of its own, all of them at once."""
    least = LARGEST if board.prompt else ON_SMALL
    count, room = (16, 4096) if board.prompt else (4, 1024)
    talk.speed_up()
    heap(talk, board)
    free, _ = heap(talk, board)
    with peers.server(peers.echo) as port:
        socks = [connected(talk, port) for _ in range(count)]
        for sd in socks:
            talk.ok(f"AT+Recv={sd},1,{room}")
        for sd in socks:
            talk.ok(f"AT+Send={sd},0,5,hello")
            assert talk.late(f"+Recv: {sd}") == f"+Recv: {sd},1,8,aGVsbG8="
        after, largest = heap(talk, board)
        assert largest >= least and after >= free - 1024
        for sd in socks:
            talk.ok(f"AT+Recv={sd},1,{room}")
        for sd in socks:
            talk.value(f"AT+Close={sd}")
            assert talk.late() == f"ERROR:process command +Recv {sd}, -9"
    after, largest = heap(talk, board)
    assert largest >= least and after >= free - 512


@pytest.mark.world
def test_who_is_idle_collects_and_then_sleeps(talk, board):
    """Garbage is not left until memory is short."""
    work(talk, 30)
    talk.sleep(0.5)
    before = board.machine.instructions
    talk.sleep(1)
    assert board.machine.instructions - before < 20_000
    assert board.machine.word("alloc_since") < 24 * 1024
