"""Select: one caller, many merged into one request, the control socket (nwp-protocol 4.5)."""

import struct

import pytest

from cc32at.nwp import NetworkProcessor
from tests.unit.driver.rig import Rig
from tests.unit.driver.test_device import code_of
from tests.unit.driver.test_frames import yes

CONTROL = 9
EBADF = -9
ANY = bytes(4)


class Selecting:
    """Handler of an NWP that opens the control socket and lets the test complete the request."""

    def __init__(self, peer, control=CONTROL):
        self.peer = peer
        self.control = control
        self.requests = []
        self.posts = []

    def __call__(self, opcode, body):
        if opcode == 0x9401:
            return [(0x1401, struct.pack("<hBB", self.control, max(self.control, 0), 0))]
        if opcode == 0x9407:
            self.requests.append(struct.unpack("<BBBBHHHH", body))
            return [(0x1407, bytes(4))]
        if opcode in (0x940D, 0x940B):
            self.posts.append((opcode, body))
            return []
        return yes(opcode, body)

    def done(self, read=0, write=0, count=None):
        n = bin(read).count("1") + bin(write).count("1") if count is None else count
        self.peer.send(0x1007, struct.pack("<hBBHH", n, 0, 0, read, write))

    def poked(self):
        """The datagram of a second caller arrives: the request completes by the control socket."""
        self.done(read=1 << self.control)
        self.peer.send(0x100B, struct.pack("<hBBHHI", 4, self.control, 2, 0, 0, 0), bytes(4))


@pytest.fixture
def nwp(peer):
    peer.handler = Selecting(peer)
    return peer.handler


@pytest.fixture
def real():
    """The driver with the model, started."""
    rig = Rig(NetworkProcessor())
    rig.run(rig.sl.device.start())
    yield rig
    rig.model.power(False)


def test_control_socket_is_opened_once(rig, peer, nwp):
    for _ in range(3):
        task = rig.start(rig.sl.sockets.select(2, 0b10, 0, 5))
        nwp.done(read=0b10)
        rig.pump(10)
        assert task.result == (1, 0b10, 0)
    assert peer.opcodes() == [0x9401, 0x9404, 0x9407, 0x9407, 0x9407]
    assert peer.frames[1][1] == struct.pack("<hBB2s2xI", 0, CONTROL, 0x20, b"\x30\x0e", 0)
    assert nwp.requests[2] == (2, 0, 0, 0, 1 << CONTROL | 0b10, 0, 0, 5)


def test_numbers_of_one_caller_travel_as_they_are(rig, peer, nwp):
    for sec, usec in ((2, 500_000), (0, 0), (70_000, 0xFFFC00 + 1024), (0, 1023)):
        rig.start(rig.sl.sockets.select(7, 1, 2, sec, usec))
        nwp.done(read=1)
        rig.pump(10)
    assert [row[6:] for row in nwp.requests] == [
        (0x1E8, 2),
        (0, 0),
        (0x4000, 0xFFFF),
        (0, 0),
    ]
    assert nwp.requests[0][:6] == (7, 0, 0, 0, 1 << CONTROL | 1, 2)


def test_for_ever_is_all_ones(rig, peer, nwp):
    rig.start(rig.sl.sockets.select(1, 1))
    assert nwp.requests[0][6:] == (0xFFFF, 0xFFFF)


def test_timeout_gives_nothing(rig, peer, nwp):
    task = rig.start(rig.sl.sockets.select(1, 1, 0, 1))
    nwp.done(count=0)
    rig.pump(5)
    assert task.result == (0, 0, 0)


def test_second_caller_makes_the_request_anew(rig, peer, nwp):
    first = rig.start(rig.sl.sockets.select(1, 0b001, 0, 100))
    rig.pump(1000)
    second = rig.start(rig.sl.sockets.select(3, 0b100, 0b010, 50))
    assert nwp.posts == [
        (0x940D, struct.pack("<hBB2s2xI", 4, CONTROL, 0x20, b"\x30\x0e", 0x0100007F) + bytes(4))
    ]
    third = rig.start(rig.sl.sockets.select(4, 0b1000))
    assert len(nwp.posts) == 1  # on its way already
    nwp.poked()
    rig.pump(10)
    assert nwp.posts[1:] == [(0x940B, struct.pack("<HBB", 4, CONTROL, 0x20))]
    nfds, *_, read, write, usec, sec = nwp.requests[1]
    assert (nfds, read, write) == (0, 0b1101 | 1 << CONTROL, 0b010)
    assert 49.9 < sec + usec * 1024 / 1e6 <= 50
    nwp.done(read=0b0101)
    rig.pump(10)
    assert first.result == (1, 0b001, 0) and second.result == (1, 0b100, 0)
    assert not third.done and nwp.requests[2][6:] == (0xFFFF, 0xFFFF)
    nwp.done(read=0b1000)
    rig.pump(10)
    assert third.result == (1, 0b1000, 0)
    assert rig.sl.link.late == 0 or rig.sl.link.late == 1  # the datagram is nobody's


@pytest.mark.parametrize(
    "call",
    [
        lambda sockets: sockets.close(CONTROL),
        lambda sockets: sockets.close(0x80 | CONTROL),
        lambda sockets: sockets.select(16, 1 << CONTROL),
        lambda sockets: sockets.select(16, 1, 1 << CONTROL),
    ],
)
def test_the_control_socket_is_open_to_nobody_else(rig, peer, nwp, call):
    """Who closes all descriptors one by one, or selects one of old, must not end select."""
    waiting = rig.start(rig.sl.sockets.select(1, 1))
    asked = len(peer.frames)
    assert code_of(rig, lambda: call(rig.sl.sockets)) == EBADF
    assert len(peer.frames) == asked
    nwp.done(read=1)
    rig.pump(5)
    assert waiting.result == (1, 1, 0)


def test_the_first_caller_cannot_select_the_control_socket_to_be(rig, peer, nwp):
    assert code_of(rig, lambda: rig.sl.sockets.select(16, 1 << CONTROL)) == EBADF
    assert 0x9407 not in peer.opcodes()


@pytest.mark.parametrize("credits", [0, 1, 2, 6])
def test_control_frames_wait_for_no_credits(rig, peer, nwp, credits):
    """4.5; but what they took is not given out again before the next header (4.2)."""
    peer.header.credits = credits
    peer.send(0x0063)
    rig.start(rig.sl.sockets.select(1, 1))
    rig.pump(5)
    rig.start(rig.sl.sockets.select(2, 2))
    nwp.poked()
    rig.pump(5)
    assert [opcode for opcode, _ in nwp.posts] == [0x940D, 0x940B]
    peer.send(0x0063)
    rig.pump(5)
    rig.start(rig.sl.sockets.select(3, 4))
    assert rig.nwp.free_credits() == max(credits - 1, 0)


def test_covered_caller_joins_without_a_datagram(rig, peer, nwp):
    rig.start(rig.sl.sockets.select(3, 0b111, 0, 10))
    task = rig.start(rig.sl.sockets.select(2, 0b010, 0, 20))
    assert nwp.posts == []
    nwp.done(read=0b010)
    rig.pump(5)
    assert task.result == (1, 0b010, 0)


def test_each_caller_has_his_own_time(rig, peer, nwp):
    long = rig.start(rig.sl.sockets.select(1, 1, 0, 10))
    short = rig.start(rig.sl.sockets.select(1, 1, 0, 3))
    nwp.poked()
    rig.pump(5)
    rig.pump(2990)
    nwp.done(count=0)
    rig.pump(5)
    assert short.result == (0, 0, 0) and not long.done
    nfds, *_, usec, sec = nwp.requests[-1]
    assert 6.9 < sec + usec * 1024 / 1e6 < 7.1
    nwp.done(count=0)
    rig.pump(5)
    assert long.result == (0, 0, 0)


def test_without_control_socket_select_still_works(rig, peer):
    peer.handler = nwp = Selecting(peer, control=-10)
    first = rig.start(rig.sl.sockets.select(1, 1, 0, 5))
    second = rig.start(rig.sl.sockets.select(2, 2, 0, 5))
    assert peer.opcodes() == [0x9401, 0x9407] and nwp.requests[0][4] == 1
    nwp.done(read=1)
    rig.pump(5)
    assert first.done and nwp.requests[1][4] == 2
    nwp.done(read=2)
    rig.pump(5)
    assert second.result == (1, 2, 0)


def test_error_of_a_lone_caller_is_his(rig, peer, nwp):
    task = rig.start(rig.sl.sockets.select(1, 1))
    nwp.done(count=-9)
    rig.pump(5)
    assert task.error.code == -9 and not rig.sl.sockets.selector.running


def test_error_of_many_hits_only_the_guilty(rig, peer, nwp):
    good = rig.start(rig.sl.sockets.select(1, 0b001))
    bad = rig.start(rig.sl.sockets.select(2, 0b010))
    nwp.poked()
    rig.pump(5)
    nwp.done(count=-9)
    rig.pump(5)
    assert nwp.requests[-1][:6] == (0, 0, 0, 0, 0b001 | 1 << CONTROL, 0)
    assert nwp.requests[-1][6:] == (0, 0)
    nwp.done(count=0)
    rig.pump(5)
    nwp.done(count=-9)
    rig.pump(5)
    assert bad.error.code == -9 and not good.done
    nwp.done(read=0b001)
    rig.pump(5)
    assert good.result == (1, 1, 0)


def test_refused_request_is_an_error(rig, peer, nwp):
    peer.handler = lambda op, body: [(0x1407, b"\xea\xff\0\0")] if op == 0x9407 else nwp(op, body)
    assert code_of(rig, lambda: rig.sl.sockets.select(1, 1)) == -22


def test_cancelled_caller_leaves_the_others(rig, peer, nwp):
    first = rig.start(rig.sl.sockets.select(1, 0b01))
    second = rig.start(rig.sl.sockets.select(1, 0b01))
    first.cancel()
    nwp.done(read=0b01)
    rig.pump(5)
    assert second.result == (1, 1, 0)


def test_caller_after_all_were_cancelled(rig, peer, nwp):
    rig.start(rig.sl.sockets.select(1, 0b01)).cancel()
    rig.pump(5)
    late = rig.start(rig.sl.sockets.select(2, 0b10))
    assert len(nwp.posts) == 1
    nwp.poked()
    rig.pump(5)
    nwp.done(read=0b10)
    rig.pump(5)
    assert late.result == (1, 2, 0)


def test_control_socket_is_opened_anew_after_a_restart(rig, peer, nwp):
    task = rig.start(rig.sl.sockets.select(1, 1))
    rig.run(rig.sl.device.stop(0))
    assert task.error.code == -2017
    rig.run(rig.sl.device.start())
    peer.frames.clear()
    rig.start(rig.sl.sockets.select(1, 1))
    rig.pump(5)
    assert peer.opcodes() == [0x9401, 0x9404, 0x9407]


def test_fatal_condition_ends_all_callers(rig, peer, nwp):
    tasks = [rig.start(rig.sl.sockets.select(1, 1 << i)) for i in range(3)]
    rig.nwp.fail(2, 0, 0)
    rig.pump(5)
    assert [task.error.code for task in tasks] == [-2005] * 3
    assert rig.sl.link.jobs == []


def test_an_interrupt_inside_the_request_of_a_select(rig, peer, nwp, monkeypatch):
    """Ctrl-C when a request was sent: callers who wait are served by the next one's request."""
    link, call = rig.sl.link, rig.sl.link.call

    def interrupted(opcode, *rest):
        call(opcode, *rest)
        raise KeyboardInterrupt

    first = rig.start(rig.sl.sockets.select(1, 0b01))
    second = rig.start(rig.sl.sockets.select(2, 0b10))
    nwp.poked()
    monkeypatch.setattr(link, "call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rig.pump(5)
    monkeypatch.undo()
    assert link.jobs == []
    third = rig.start(rig.sl.sockets.select(3, 0b100))
    for _ in range(2):  # for the request nobody waits for any more, and for the new one
        nwp.done(read=0b111)
        rig.pump(5)
    results = [task.result for task in (first, second, third)]
    assert results == [(1, 1, 0), (1, 2, 0), (1, 4, 0)] and link.idle()


def test_a_taken_control_port_costs_no_sockets(real):
    sl = real.sl
    sd = sl.sockets.open(2, 2)
    sl.sockets.bind(sd, 12302, ANY)
    for _ in range(20):
        assert real.run(sl.sockets.select(1, 1 << sd, 0, 0, 0)) == (0, 0, 0)
    assert [sl.sockets.open(2, 2) for _ in range(15)] == list(range(1, 16))


def test_a_control_socket_whose_id_is_waited_on_costs_no_socket(real):
    """A receive on an id that was not open yet still waits when select gets that id."""
    sl = real.sl
    sd = sl.sockets.open(2, 2)
    early = real.start(sl.sockets.recv(sd + 1, bytearray(10)))
    assert real.run(sl.sockets.select(1, 1 << sd, 0, 0, 0)) == (0, 0, 0)
    real.pump(1000)
    assert early.done and early.error.code == EBADF
    assert [sl.sockets.open(2, 2) for _ in range(15)] == list(range(1, 16))
