"""What the line brings and the board has no room for (guide-style.md section 14, bytes lost)."""

import pytest

from tests.target import repl

LINE = b"AT+Test\r\n"
RING = 8192  # bytes that wait, at least
SHORT = ["ERROR:parse parameters, -5"]
COUNTED = "from cc3220 import console\nprint(console.overruns())"


def counted(talk):
    """Bytes that the port itself says it has lost since it was asked last."""
    lost = int(repl.once(talk.at, COUNTED))
    talk.replies.clear()  # the REPL's
    return lost


def flood(talk, world, lines):
    """What is replied to lines that come while a command waits for a file that answers late."""
    counted(talk)
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
def test_what_overflows_is_an_error_and_an_event_with_the_exact_count(talk, world, baud):
    """Nothing of the damaged line is executed, and the next one is."""
    if baud != 115_200:
        talk.speed_up(baud)
    count = 2000
    replies = flood(talk, world, count * LINE)
    answered = len(replies)
    assert answered >= RING // len(LINE) and replies == answered * ["OK"] and not talk.events
    talk.at.write(b"+AT+Stop=0\r\n" + LINE)  # the rest of the line that is damaged
    assert talk.reply() == SHORT and talk.reply() == ["OK"]
    event = talk.event("+EventOverrun: ")
    lost = int(event.removeprefix("+EventOverrun: "))
    assert 0 <= (count - answered) * len(LINE) - lost < len(LINE)
    assert talk.lines[-3:] == SHORT + [event, "OK"]
    assert counted(talk) == lost
    assert talk.value("AT+Get=General,Persistent") and not talk.events


@pytest.mark.world
def test_a_payload_that_misses_bytes_is_not_sent(talk, world):
    """Its commands and control characters neither execute nor escape."""
    payload = b"\r\nAT+Stop=0\r\n\x01\x03\x03".ljust(4000, b"\r")
    data = b"AT+Send=9,0,%d,%s\r\n" % (len(payload), payload)
    before = 1600  # with it more than ring and framer hold
    assert flood(talk, world, before * LINE + data) == before * ["OK"] + SHORT
    lost = int(talk.event("+EventOverrun: ").removeprefix("+EventOverrun: "))
    assert 0 < lost < len(data) and counted(talk) == lost
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
    talk.at.write(b"+AT+Stop=0\r\n" + LINE)
    talk.event("+EventOverrun: ")
    talk.sleep(0.1)
    *answers, error, event, last = [line for line in talk.lines if line[0] != "#"]
    assert [error, last] == SHORT + ["OK"] and answers == len(answers) * ["OK"]
    lost = int(event.removeprefix("+EventOverrun: "))
    assert lost > 0 and 0 <= (count - len(answers)) * len(LINE) - lost < len(LINE)
