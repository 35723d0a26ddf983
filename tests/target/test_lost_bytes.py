"""What the line brings and the board has no room for (guide-style.md section 14, bytes lost)."""

import pytest

from tests.target import repl

LINE = b"AT+Test\r\n"
SHORT = ["ERROR:parse parameters, -5"]
COUNTED = "from cc3220 import console\nprint(console.overruns())"


def counted(talk, board):
    """Bytes that the port itself says it has lost since it was asked last; None without prompt."""
    if not board.prompt:
        return None
    lost = int(repl.once(talk.at, COUNTED))
    talk.replies.clear()  # the REPL's
    return lost


def told(talk):
    """Bytes that the next event says were lost."""
    return int(talk.event("+EventOverrun: ").removeprefix("+EventOverrun: "))


def fed(talk, data):
    """The time when the last byte of these is out."""
    talk.at.write(data)
    talk.sleep(len(data) * 10 / talk.at.port.baudrate)


def flood(talk, board, world, lines):
    """What is replied to lines that come while a command waits for a file that answers late."""
    counted(talk, board)
    world.fault(do="delay", to="FS_OPEN", seconds=1.7)
    talk.send("AT+Set=AT,VERBOSE,0")
    talk.at.port.write(lines)
    talk.sleep(1.8)
    while talk.at.messages(timeout=1, quiet=0.05):
        pass
    replies = list(talk.replies)
    talk.replies.clear()
    assert replies.pop(0) == "OK"
    return replies


@pytest.mark.world
@pytest.mark.parametrize("baud", [115_200, 3_000_000])
def test_what_overflows_is_an_error_and_an_event_with_the_exact_count(talk, board, world, baud):
    """Nothing of the damaged line is executed, and the next one behind a silence is."""
    if baud != 115_200:
        talk.speed_up(baud)
    count = 2000
    replies = flood(talk, board, world, count * LINE)
    answered = len(replies) - 1
    assert answered >= board.ring // len(LINE) and replies == answered * ["OK"] + SHORT
    lost = told(talk)
    # What there was of the damaged line; the last one answered may lack its LF.
    assert -1 <= (count - answered) * len(LINE) - lost < len(LINE) - 1
    assert talk.lines[-2:] == [*SHORT, f"+EventOverrun: {lost}"]
    assert counted(talk, board) in (lost, None)  # behind them nothing came
    talk.ok("AT+Test")
    assert talk.value("AT+Get=General,Persistent") and not talk.events


@pytest.mark.world
@pytest.mark.parametrize("baud", [115_200, 3_000_000])
def test_a_payload_whose_own_line_is_lost_is_not_executed(talk, board, world, baud):
    """It comes behind so many lines that the ring is full where it begins, and has room again."""
    if baud != 115_200:
        talk.speed_up(baud)
    counted(talk, board)
    canaries = b"\r\nAT+Stop=0\r\nAT+Set=AT,ECHO,1\r\n\x01\x03\x03\r\n"
    payload = canaries * (4000 // len(canaries))
    world.fault(do="delay", to="FS_OPEN", seconds=1.7)
    talk.send("AT+Set=AT,VERBOSE,0")
    talk.at.port.write(2000 * LINE)
    talk.sleep(1.69)
    for _ in range(20):
        fed(talk, b"AT+Send=9,0,%d,%s\r\n" % (len(payload), payload))
    replies = []
    while talk.at.messages(timeout=1, quiet=0.05):
        pass
    replies = [line for line in talk.replies]
    talk.replies.clear()
    assert set(replies) <= {"OK", "ERROR:process command, -9", *SHORT} and SHORT[0] in replies
    assert told(talk) > 0
    talk.ok("AT+Test")
    assert talk.value("AT+Get=AT,ECHO") == "0"
    assert talk.value("AT+Get=General,Persistent") in ("0", "1")


@pytest.mark.world
def test_a_payload_that_misses_bytes_is_not_sent(talk, board, world):
    """Its commands and control characters neither execute nor escape."""
    payload = b"\r\nAT+Stop=0\r\n\x01\x03\x03".ljust(4000, b"\r")
    data = b"AT+Send=9,0,%d,%s\r\n" % (len(payload), payload)
    before = (board.ring + 6208) // len(LINE)  # with it more than ring and framer hold
    assert flood(talk, board, world, before * LINE + data) == before * ["OK"] + SHORT
    lost = told(talk)
    assert 0 < lost < len(data) and counted(talk, board) in (lost, None)
    talk.ok("AT+Test")
    assert talk.value("AT+Get=General,Persistent") and not talk.events


@pytest.mark.world
def test_what_overflows_while_the_board_boots_is_told(talk, board, world):
    """The settings keep it silent for a while: more comes than there is room for."""
    world.fault(do="delay", to="FS_OPEN", seconds=1.9)
    board.power_cycle(talk.at, wait=False)
    count = 2000
    talk.at.port.write(count * LINE)
    talk.sleep(2.5)
    while talk.at.messages(timeout=1, quiet=0.05):
        pass
    lost = told(talk)
    talk.sleep(0.1)
    *answers, error, event = [line for line in talk.lines if line[0] != "#"]
    assert [error] == SHORT and answers == len(answers) * ["OK"]
    talk.replies.clear()
    talk.ok("AT+Test")
    assert lost > 0 and 0 <= (count - len(answers)) * len(LINE) - lost < len(LINE)
