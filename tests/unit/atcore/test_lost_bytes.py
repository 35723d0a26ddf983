"""Bytes that the line has lost: guide-style.md section 14, the error and `+EventOverrun`.

The head of a payload may be among them: what follows is dropped until it is silent (rule O14), and
counted with them.
"""

import pytest

from cc32at.hostlink.console import Console
from tests.unit.atcore.fake import FakeDriver, Wait, listen
from tests.unit.atcore.test_editor import Screen

OK = b"OK"
TOLD = b"ERROR:parse parameters, -5"
SILENCE = 20  # ms
RING = 4096  # bytes: that of the small boards
LINE = b"AT+Test\r\n"


class Board:
    """A core behind a console whose ring is small."""

    def __init__(self, **settings):
        import atcore
        from atcore.commands import ALL, device, socket  # noqa: F401

        driver = FakeDriver()
        self.calls = driver.calls
        self.sl = driver
        self.stream = Screen(driver.link, rx=RING)
        self.core = atcore.create(driver, ALL, self.stream, **settings)
        self.stream.watch(ALL.payloads, Console.ESCAPES)
        self.core.framer.resync()

    def __call__(self, data=b"", ms=1):
        """The answers within `ms` behind these bytes."""
        self.stream.feed(data)
        return listen(self.core, ms)

    def lose(self, count):
        """So many bytes are missing behind those before."""
        self.stream.arrive()
        self.stream.console.receive_loss(count)


@pytest.fixture
def board():
    return Board()


def overrun(count):
    return b"+EventOverrun: %d" % count


CANARIES = b"\r\nAT+Stop=0\r\n\x01AT+Stop=1\r\n\x03\x03\rAT+Set=AT,ECHO,1\n"


def test_a_line_that_misses_bytes_is_an_error_and_the_next_is_fine(board):
    assert board(b"AT+St") == []
    board.lose(3)
    rest = b"AT+Stop=0\r\n"
    assert board(rest, SILENCE - 1) == []
    assert board(b"", 1) == [TOLD, overrun(3 + len(rest))]
    assert board(LINE) == [OK] and board.calls == []


def test_it_is_told_without_another_byte(board):
    assert board(b"AT+St") == []
    board.lose(3)
    assert board(b"", SILENCE + 1) == [TOLD, overrun(3)]
    assert board(LINE) == [OK]


def test_lines_before_the_loss_are_answered_first(board):
    board.stream.feed(b"AT+Test\r\nAT+Foo\r\nAT+Te")
    board.lose(1)
    told = [OK, b"ERROR:command not exist, 0", TOLD, overrun(5)]
    assert board(b"st\r\n", SILENCE + 1) == told


def test_several_losses_are_told_together(board):
    board.stream.feed(b"AT+Te")
    for count in (1, 20, 300):
        board.lose(count)
        board.stream.feed(b"AT+Stop=0")
    assert board(b"\r\n", SILENCE + 1) == [TOLD, overrun(321 + 3 * 9 + 2)]
    board.lose(7)
    assert board(LINE, SILENCE + 1) == [TOLD, overrun(7 + len(LINE))]
    assert board(LINE) == [OK] and board.calls == []


def test_a_stream_of_lines_is_dropped_up_to_its_end_and_every_byte_told(board):
    board.stream.feed(5 * LINE + b"AT+")
    board.lose(4)
    told = []
    for _ in range(300):
        told += board(LINE, SILENCE - 1)
    told += board(b"", 2)
    assert told == 5 * [OK] + [TOLD, overrun(4 + 300 * len(LINE))]
    assert board(LINE) == [OK]


@pytest.mark.parametrize("at", range(0, len(CANARIES), 3))
@pytest.mark.parametrize("head", range(0, 16, 5))
def test_a_payload_whose_line_is_lost_is_not_executed(board, head, at):
    """From anywhere in its line to anywhere in itself."""
    escaped = []
    board.core.framer.control = lambda byte: not escaped.append(byte)
    line = b"AT+Send=3,0,%d," % len(CANARIES) + CANARIES + b"\r\n"
    to = max(line.index(CANARIES) + at, head + 1)
    board.stream.feed(LINE + line[:head])
    board.lose(to - head)
    rest = line[to:] + LINE
    assert board(rest, SILENCE + 1) == [OK, TOLD, overrun(len(line) + len(LINE) - head)]
    assert board(LINE) == [OK]
    assert board.calls == [] and not escaped and not board.core.settings.echo


@pytest.mark.parametrize("at", [0, 1, 8, 15])
def test_a_payload_that_misses_bytes_is_dropped_until_silence(board, at):
    payload = b"\r\nAT+Stop=0\r\n\x01\x01\x01"
    board.stream.feed(b"AT+Send=3,0,%d," % len(payload) + payload[:at])
    board.lose(1)
    rest = payload[at + 1 :] + LINE
    assert board(rest, 25) == [TOLD, overrun(1 + len(rest))]
    assert board(LINE) == [OK] and board.calls == []


def test_a_loss_behind_a_complete_payload_is_that_lines(board):
    board.stream.feed(b"AT+Send=3,0,2,xy")
    board.lose(2)
    assert board(LINE, 25) == [TOLD, overrun(2 + len(LINE))]
    assert board(LINE) == [OK] and board.calls == []


def test_a_loss_in_too_long_a_line_is_that_lines(board):
    board.stream.feed(3000 * b"A")
    assert board() == []
    board.lose(2)
    assert board(LINE + b"AT+Stop=0\r\n", 25) == [TOLD, overrun(2 + 9 + 11)]
    assert board(LINE) == [OK] and board.calls == []


def test_a_loss_behind_a_line_with_a_quote_too_many_is_told(board):
    """What follows it may be its payload: neither is executed."""
    assert board(b'AT+SendTo=3,INET,7,"1.2.3.4,0,4,AT+T\r\n', 1) == []
    board.lose(5)
    assert board(b"AT+Stop=0\r\n", 25) == [TOLD, overrun(5 + 11)]
    assert board(LINE) == [OK] and board.calls == []


def test_what_overflows_the_ring_is_counted_to_the_byte(board):
    """While a command waits nothing is read: the ring is all there is."""
    board.sl.device.stopping = wait = Wait()
    assert board(b"AT+Stop=0\r\n") == []
    assert board(600 * LINE) == []
    wait.finish()
    board.sl.link.woken = True
    got = []
    for _ in range(10):
        got += board()
    got += board(b"", SILENCE + 1) + board(LINE)
    whole = RING // len(LINE)
    assert got == (1 + whole) * [OK] + [TOLD, overrun(600 * len(LINE) - RING), OK]


def test_style_ti_gets_the_error_alone():
    board = Board(style=1)
    board.lose(3)
    assert board(LINE, SILENCE + 1) == [b"ERROR: parse parameters,-5"]
    assert board(LINE) == [OK]
    board.core.settings.set(0, 0)
    assert board(LINE) == [OK]


def test_the_event_stands_right_behind_its_error(board):
    """Whatever else there is to print, and though the next line is half typed."""
    board.lose(3)
    board.core.out.push_event(b"+Event\r\n")
    board.stream.feed(b"x\r\nAT+Te")
    assert board(b"", 900) == [b"+Event", TOLD, overrun(3 + 8)]
    board.lose(4)
    board.stream.feed(b"\r\n")
    board.core.out.push_event(b"+Event\r\n")
    assert board(b"AT+Te", SILENCE + 1) == [b"+Event", TOLD, overrun(4 + 7)]
    assert board(LINE) == [OK]


def test_losses_are_not_told_without_end(board):
    """What is not taken holds back the reading."""
    from atcore.queue import MANY

    core = board.core
    for _ in range(100):
        board.lose(1)
        board.stream.feed(LINE)
        for _ in range(3):
            core.step(0)
            core.link.now += SILENCE
        assert len(core.out) <= MANY + 1
    got = []
    while more := board(b"", SILENCE + 1):
        got += more
    assert got[::2] == len(got) // 2 * [TOLD] and len(got) > MANY
    told = sum(int(line.removeprefix(b"+EventOverrun: ")) for line in got[1::2])
    assert told == 100 * (1 + len(LINE))


def test_what_is_lost_before_the_settings_are_known_is_told(board):
    from atcore import flags

    flags.mute(board.core, 100)
    board.lose(9)
    assert board(LINE + LINE, 50) == []
    board.stream.feed(b"AT+Te")
    board.lose(4)
    board.stream.feed(b"AT+Stop=0\r\n")
    lost = 9 + 2 * len(LINE) + 5 + 4 + 11 + len(LINE)
    assert board(LINE, 100) == [TOLD, overrun(lost)]
    assert board(LINE) == [OK] and board.calls == []
