"""A peer that does not read costs the others nothing (guide-style O13; README, SENDWAIT)."""

import contextlib
import threading

import pytest

from tests.target import peers
from tests.target.test_sockets_tcp import connected

pytestmark = pytest.mark.world
BLOCK = b"AT+Send=%d,0,4096," + bytes(4096)
TOO_LATE, AT_ONCE = ["ERROR:process command, -110"], ["ERROR:process command, -11"]


@contextlib.contextmanager
def deaf():
    """A server that reads nothing from anybody as long as it is there: gives its port.

    It has no patience of the PC's to lose: the board's time is another.
    """
    done = threading.Event()
    with peers.server(lambda connection: done.wait(), window=4096) as port:
        try:
            yield port
        finally:
            done.set()


@pytest.fixture
def patience(talk):
    """patience(seconds) sets SENDWAIT; the board's store has the default again afterwards."""
    yield lambda seconds: talk.ok(f"AT+Set=AT,SENDWAIT,{seconds}")
    talk.ok("AT+Set=AT,SENDWAIT,10")


def jam(talk, sd: int, error: list[str]) -> None:
    """Send until nothing goes any more: twice, as the PC's TCP finds a little more room."""
    refused = 0
    for _ in range(200):
        answer = talk(BLOCK % sd, timeout=70)
        assert answer in (["OK"], error)
        refused = refused + 1 if answer == error else 0
        if refused == 2:
            return
    pytest.fail("the peer took 800 KB")


def goes_on(talk, sd: int, times: int = 30) -> None:
    """Sends that echo and answers that come, none after a wait: SENDWAIT is longer."""
    for i in range(times):
        assert talk(BLOCK % sd, timeout=20) == ["OK"]
        if i % 10 == 0:
            talk.ok("AT+Test")
    got = 0
    while got < times * 4096:
        line = talk.background(f"AT+Recv={sd},1,3000")
        got += int(line.split(",")[2]) * 3 // 4 - line[-2:].count("=")


@pytest.mark.parametrize("option", ["", "SOCKET,NONBLOCKING,1"], ids=["blocking", "non-blocking"])
def test_beside_a_peer_that_does_not_read_the_others_go_on(talk, patience, option):
    talk.speed_up()
    with deaf() as deaf_port, peers.server(peers.echo) as port:
        stuck, other = connected(talk, deaf_port), connected(talk, port)
        if option:
            talk.ok(f"AT+SetSockOpt={stuck},{option}")
        error = AT_ONCE if option else TOO_LATE
        patience(60 if option else 1)
        jam(talk, stuck, error)
        talk.ok("AT+Test")
        patience(60)
        goes_on(talk, other)
        if option:
            assert talk(BLOCK % stuck, timeout=20) in (["OK"], AT_ONCE)
        talk.ok("AT+Test")
        closed = [f"+Close: {stuck}", "OK"], ["ERROR:process command, -15"]
        assert talk(f"AT+Close={stuck}", timeout=70) in closed
        goes_on(talk, other, 5)


def test_with_several_that_do_not_read_the_last_goes_on(talk, patience):
    """A datagram of full size is not cut, and needs all its room at once."""
    talk.speed_up()
    with deaf() as deaf_port, peers.server(peers.echo) as port, peers.datagrams() as peer:
        stuck = [connected(talk, deaf_port) for _ in range(4)]
        other, datagrams = connected(talk, port), talk.socket("INET,DGRAM,UDP")
        patience(60)
        for sd in stuck:
            talk.ok(f"AT+SetSockOpt={sd},SOCKET,NONBLOCKING,1")
            jam(talk, sd, AT_ONCE)
        goes_on(talk, other)
        line = b"AT+SendTo=%d,INET,%d,127.0.0.1,0,4096," % (datagrams, peer.getsockname()[1])
        for _ in range(5):
            assert talk(line + bytes(4096), timeout=20) == ["OK"]
            assert peer.recv(5000) == bytes(4096)


@pytest.mark.parametrize("seconds", [1, 3])
def test_a_send_waits_as_long_as_it_is_told(talk, patience, seconds):
    """By the board's clock, on which only the wait passes here."""
    talk.speed_up()
    patience(seconds)
    with deaf() as port:
        sd = connected(talk, port)
        jam(talk, sd, TOO_LATE)
        talk.send(BLOCK % sd + b"\r\nAT+Test")
        talk.sleep(seconds - 0.3)
        assert not talk.replies
        assert talk.reply(timeout=70) == TOO_LATE
        assert talk.reply() == ["OK"]
