"""Results and events in the order in which they came over the wire (guide-style.md O8, O9).

The core over the driver and the C of the link; behind that a network processor that says what a
test wants, several frames at once.
"""

import itertools
import struct

import pytest

from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

OK = b"OK"
ACQUIRED = (0x1825, bytes((5, 1, 168, 192)) * 3)
ACQUIRED_LINE = b"+EventNetApp: IPV4_ACQUIRED,192.168.1.5,192.168.1.5,192.168.1.5"
CREATED = 0x1401
FILES = {0xA43C: 0x243C, 0xA441: 0x2441, 0xA43D: 0x243D}  # open, write, close and their answers


def tx_failed(number):
    """An event of a socket, with a number to know it by."""
    return 0x100E, struct.pack("<hBB", -number, 9, 0)


def failure(number):
    return b"+EventSock: TX_FAILED,9,-%d" % number


def recv_done(sd, data):
    return 0x100A, struct.pack("<hBB", len(data), sd, 0), data


def recv_failed(sd, code):
    return 0x100A, struct.pack("<hBB", code, sd, 0)


def accept_done(sd, new):
    return 0x1003, struct.pack("<hBBHHI", new, sd, 2, 0x5000, 0, 0x0100007F)


def select_done(read):
    return 0x1007, struct.pack("<hHHH", 1, 0, read, 0)


def close_done(sd):
    return 0x1010, struct.pack("<hBB", 0, sd, 0)


def stored(op, body):
    """A network processor that stores files, and stops."""
    if op not in FILES:
        return yes(op, body) + ([(0x0073, bytes(4))] if op == 0x8473 else [])
    size = int.from_bytes(body[8:10], "little")
    return [(FILES[op], struct.pack("<iI", {0xA43C: 17, 0xA441: size, 0xA43D: 0}[op], 0))]


class Desk:
    """A core in style guide, its network processor started."""

    def __init__(self):
        import atcore
        from atcore.apps.at_commands import load
        from atcore.commands import ALL

        self.peer = Peer(yes)
        self.rig = Rig(self.peer)
        self.core = atcore.create(self.rig.sl, ALL)
        self.core.load = load
        assert self(b"AT+Start") == [OK]

    def __call__(self, line):
        self.core.send(line)
        return self.more()

    def more(self):
        """The messages that come, while the network processor has something."""
        out = []
        buf = bytearray(8192)
        for _ in range(50):
            n = self.core.rcv(buf, True)
            if n:
                out.append(bytes(buf[:n]))
        return out

    def sockets(self, *descriptors):
        """Open them."""
        for sd in descriptors:
            self.peer.handler = lambda op, body, sd=sd: [(CREATED, bytes((0, 0, sd, 0)))]
            self(b"AT+Socket=INET,STREAM,TCP")
        self.peer.handler = yes

    def comes(self, *frames):
        """All of them at once: the messages that they make."""
        for frame in frames:
            self.peer.send(*frame)
        return self.more()


@pytest.fixture
def desk():
    return Desk()


def test_a_result_comes_before_the_event_behind_it(desk):
    desk.sockets(0)
    assert desk(b"AT+Recv=0,0,10") == [OK]
    assert desk.comes(tx_failed(1), recv_done(0, b"hello"), tx_failed(2), tx_failed(3)) == [
        failure(1),
        b"+Recv: 0,0,5,hello",
        failure(2),
        failure(3),
    ]


def test_in_style_ti_too(desk):
    desk.sockets(0)
    desk.core.settings.set(0, 1)
    assert desk(b"AT+Recv=0,0,10") == [OK]
    assert desk.comes(recv_done(0, b"hello"), tx_failed(2)) == [
        b"+recv:0,0,5,hello",
        OK,
        b"+eventsock:tx_failed,9,-2",
    ]


def test_results_come_in_the_order_of_the_wire_and_not_of_their_commands(desk):
    desk.sockets(0, 1, 2)
    for sd in range(3):
        assert desk(b"AT+Recv=%d,0,10" % sd) == [OK]
    assert desk.comes(
        recv_done(2, b"c"), tx_failed(1), recv_failed(0, -11), recv_done(1, b"b")
    ) == [
        b"+Recv: 2,0,1,c",
        failure(1),
        b"ERROR:process command +Recv 0, -11",
        b"+Recv: 1,0,1,b",
    ]


def test_an_accept_comes_before_the_events_behind_it(desk):
    desk.sockets(1)
    desk(b"AT+Accept=1,INET")
    assert desk.comes(accept_done(1, 4), tx_failed(1), ACQUIRED) == [
        b"+Accept: 4,INET,80,127.0.0.1",
        failure(1),
        ACQUIRED_LINE,
    ]


def test_all_who_select_are_answered_before_the_event_behind(desk):
    desk.sockets(0, 1)
    desk.peer.handler = lambda op, body: (
        [(CREATED, bytes((0, 0, 7, 0)))] if op == 0x9401 else yes(op, body)
    )
    assert desk(b"AT+Select=2,0|1,65535,0") == [OK]
    assert desk(b"AT+Select=2,0,65535,0") == [OK]
    assert desk.comes(select_done(0x80)) == []  # the driver's own: it asks for both now
    assert desk.comes(select_done(1), tx_failed(1)) == [b"+Select: 0", b"+Select: 0", failure(1)]


def test_the_answer_of_a_start_comes_before_what_the_start_brings(desk):
    desk.peer.handler = stored
    assert desk(b"AT+Stop=100") == [OK]
    desk.peer.boot = [*desk.peer.boot, ACQUIRED]
    assert desk(b"AT+Start") == [OK, ACQUIRED_LINE]


def test_nor_does_a_setting_that_is_to_be_kept_change_that(desk):
    """The file is written behind the answer."""
    desk.peer.handler = stored
    assert desk(b"AT+Stop=100") == [OK]
    assert desk(b"AT+Set=AT,VERBOSE,1") == [OK]
    desk.peer.boot = [*desk.peer.boot, ACQUIRED]
    assert desk(b"AT+Start") == [OK, ACQUIRED_LINE]
    assert desk(b"AT+Test") == [OK]
    assert [op for op in desk.peer.opcodes() if op & 0x7000 == 0x2000] == [0xA43C, 0xA441, 0xA43D]
    assert desk.core.booting is None and not desk.core.settings.changes


def test_a_close_that_waits_is_answered_before_the_event_behind_it(desk):
    desk.sockets(3)
    assert desk(b"AT+Close=3") == []
    assert desk.comes(tx_failed(1), close_done(3), tx_failed(2)) == [
        failure(1),
        b"+Close: 3",
        OK,
        failure(2),
    ]


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("behind", [0, 3])
def test_the_answer_of_a_long_command_keeps_its_place(desk, before, behind):
    """AT+Set writes a file: open, write, close; its answer is that to the close."""
    numbers = itertools.count(1)

    def handler(op, body):
        answers = stored(op, body)
        if op in FILES:
            events = [tx_failed(next(numbers)) for _ in range(before + behind)]
            answers = [*events[:before], *answers, *events[before:]]
        return answers

    desk.peer.handler = handler
    told = desk(b"AT+Set=AT,VERBOSE,1")
    count = next(numbers) - 1
    assert count == 3 * (before + behind)
    events = [failure(number) for number in range(1, count + 1)]
    at = count - behind
    assert told == [*events[:at], OK, *events[at:]]


def test_nothing_is_lost_of_a_flood_of_both(desk):
    desk.sockets(0)
    for number in range(1, 60):
        assert desk(b"AT+Recv=0,0,10") == [OK]
        assert desk.comes(tx_failed(number), recv_done(0, b"x" * (number % 7)), tx_failed(0)) == [
            failure(number),
            b"+Recv: 0,0,%d,%s" % (number % 7, b"x" * (number % 7)),
            b"+EventSock: TX_FAILED,9,0",
        ]


# --- What a half-typed line holds back ---


class Typed:
    """A core whose foreground waits, with the first six bytes of a line typed behind that."""

    def __init__(self, line):
        from tests.unit.atcore.test_pump import Desk as Fake

        self.desk = desk = Fake(stream=True)
        desk.stream.feed(line + b"\r\n")
        assert desk.more(5) == []
        framer, link = desk.core.framer, desk.link
        self.half, begin = 6, link.now  # what a line discipline would tell
        framer.held = lambda: self.half
        framer.silence = lambda: link.now - begin
        self.more, self.finish = desk.more, desk.finish

    def lose(self):
        """An event comes."""
        self.desk.core.sl.on_event(0xFF03, b"")

    def at_once(self, *steps):
        """All this is in what the link brings next."""
        link = self.desk.link
        link.dispatch = lambda flags: [step() for step in steps]
        self.desk.core.step(0)
        del link.dispatch

    def end(self):
        """The rest of the line comes."""
        self.half = 0
        self.desk.stream.feed(b"AT+Quick\r\n")


LOSS = b"+EventFatalError: SYNC_LOSS"


def test_an_answer_does_not_pass_the_event_before_it_that_is_held_back():
    typed = Typed(b"AT+Slow=3")
    typed.at_once(typed.lose, lambda: typed.finish(3, 7))
    assert typed.more(900) == []
    assert typed.more(200) == [LOSS, b"+Slow: 3,7", OK]


def test_nor_does_an_error():
    typed = Typed(b"AT+Slow=3")
    typed.at_once(typed.lose, lambda: typed.finish(3, error=-11))
    assert typed.more(900) == []
    assert typed.more(200) == [LOSS, b"ERROR:process command, -11"]


def test_nor_does_the_answer_to_the_half_typed_line():
    typed = Typed(b"AT+Slow=3")
    typed.at_once(typed.lose, lambda: typed.finish(3, 7))
    assert typed.more(500) == []
    typed.end()
    assert typed.more(5) == [LOSS, b"+Slow: 3,7", OK, OK]


def test_an_answer_without_an_event_before_it_is_not_held_back():
    typed = Typed(b"AT+Slow=3")
    typed.at_once(lambda: typed.finish(3, 7))
    typed.lose()
    assert typed.more(5) == [b"+Slow: 3,7", OK]
    assert typed.more(1000) == [LOSS]


def test_a_list_does_not_pass_the_event_before_it_either():
    typed = Typed(b"AT+List=1")
    typed.at_once(typed.lose, lambda: typed.finish(0), typed.lose)
    assert typed.more(900) == []
    assert typed.more(200) == [LOSS, LOSS, b"+List: 0", OK]


# --- An application whose stream has no room ---


def test_what_comes_while_the_stream_has_no_room_keeps_its_order(desk):
    from atcore.apps.at_commands import wait_for_room

    desk.sockets(0, 1)
    for sd in range(2):
        assert desk(b"AT+Recv=%d,0,10" % sd) == [OK]
    frames = [tx_failed(1), recv_done(1, b"b"), tx_failed(2), recv_done(0, b"a"), tx_failed(3)]
    for frame in frames:
        desk.peer.send(*frame)
    for _ in range(6):
        wait_for_room(desk.core)
    assert desk.core.active
    assert desk.more() == [
        failure(1),
        b"+Recv: 1,0,1,b",
        failure(2),
        b"+Recv: 0,0,1,a",
        failure(3),
    ]
