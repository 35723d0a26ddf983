"""One socket never has all the credits (guide-style O13, nwp-protocol 4.2)."""

import collections
import struct

import pytest

from tests.unit.driver.test_frames import yes
from tests.unit.driver.test_sockets import IP, reply, status


class Chip:
    """A network processor with 24 buffers of 1,536 bytes; what `deaf` sockets send stays in them.

    It tells unasked of buffers that are free again only a host that believes in fewer than `low`.
    """

    def __init__(self, rig, peer, low: int = 5):
        self.rig, self.peer, self.low = rig, peer, low
        self.deaf = set()
        self.held = collections.Counter()
        self.frames = []  # (sd, bytes) of what was sent
        self.untold = 0
        self.next = 0
        peer.handler = self

    def __call__(self, opcode, body):
        if opcode in (0x940C, 0x940D, 0x960D):
            self._sent(*struct.unpack_from("<HB", body))
        if opcode == 0x9401:
            return [(0x1401, reply(0, self.next))]
        if opcode == 0x9409:
            return [(0x1409, reply(0, body[0]), bytes(4))]
        if opcode == 0x9402:
            self.take(body[0])
            return [*yes(opcode, body), (0x1010, reply(0, body[0]))]
        return []

    def _sent(self, size, sd):
        self.frames.append((sd, size))
        cost = 1 + (size - 1) // 1536
        if sd in self.deaf:
            self.held[sd] += cost
            self.peer.header.credits -= cost
            return
        self.untold += cost
        if self.peer.header.credits - self.untold < self.low:
            self.untold = 0
            self.peer.send(0x0063)

    def take(self, sd):
        """The peer of this socket has read everything; nobody is told."""
        self.peer.header.credits += self.held.pop(sd, 0)

    def open(self, *descriptors, kind=1):
        for self.next in descriptors:
            assert self.rig.sl.sockets.open(2, kind) == self.next

    def jam(self, sd, size=1460) -> int:
        """Send on a socket whose peer does not read until it cannot; credits that it has out."""
        self.deaf.add(sd)
        before, self.rig.sl.send_ms = self.rig.sl.send_ms, 1000
        task = self.send(sd, size)
        while task.error is None:
            task = self.send(sd, size)
            if not task.done:
                self.rig.pump(1100)
        self.rig.sl.send_ms = before
        assert task.error.code in (-110, -11)
        return self.held[sd]

    def send(self, sd, size):
        return self.rig.start(self.rig.sl.sockets.send(sd, bytes(size)))


@pytest.fixture
def chip(rig, peer):
    return Chip(rig, peer)


@pytest.mark.parametrize("size", [1, 1460, 4096])
def test_one_socket_cannot_take_all_credits(chip, size):
    """What is stuck leaves the other a frame of any command's size, over and over again."""
    chip.open(1, 2)
    assert chip.jam(1) == 24 - 2 - 3 - 1  # the reserve, the other's frame, a receive request
    for _ in range(40):
        task = chip.send(2, size)
        chip.rig.pump(1)  # it may have to read that there is room
        assert task.result == size
    assert chip.jam(1) == 18


@pytest.mark.parametrize("others", range(1, 16))
def test_whoever_is_stuck_the_last_socket_goes_on(chip, others):
    """All others are stuck, one after the other; the last sends 4,096 bytes, if in parts."""
    chip.open(*range(others + 1))
    assert sum(chip.jam(sd) for sd in range(others)) < 24 - 3
    for _ in range(10):
        chip.frames.clear()
        task = chip.send(others, 4096)
        chip.rig.pump(5)
        assert task.result == 4096 and sum(size for _, size in chip.frames) == 4096


@pytest.mark.parametrize("low", [4, 14])
def test_with_sixteen_open_each_goes_on_that_can(rig, peer, low):
    """In turn, with sockets that become deaf and others that are read again."""
    chip = Chip(rig, peer, low)
    chip.open(*range(16))
    for turn in range(64):
        deaf, other = turn * 7 % 16, turn * 5 % 16
        chip.jam(deaf)
        if deaf != other and other not in chip.deaf:
            task = chip.send(other, 1460)
            rig.pump(1)
            assert task.result == 1460
        if turn % 3:
            chip.take(other)
            chip.deaf.discard(other)


def test_a_datagram_that_cannot_be_cut_goes_beside_a_stuck_stream(chip):
    chip.open(*range(12))
    chip.open(12, kind=2)
    chip.jam(0)
    for _ in range(10):
        task = chip.rig.start(chip.rig.sl.sockets.sendto(12, bytes(4096), 53, IP))
        chip.rig.pump(1)
        assert task.result == 4096


def test_a_stuck_non_blocking_socket_costs_nobody_else_anything(chip):
    chip.open(1, 2)
    chip.peer.header.non_blocking = 2
    status(chip.peer)
    chip.rig.pump(1)
    chip.jam(1)
    for _ in range(30):
        assert chip.send(1, 1460).error.code == -11  # at once: without a pump() between
        assert chip.send(2, 4096).result == 4096


@pytest.mark.parametrize("blocking", [True, False])
def test_who_has_used_up_its_share_asks_whether_there_is_more_by_now(chip, blocking):
    """All others are idle; what it has out is taken, and the chip has no reason to tell."""
    chip.open(*range(6))
    chip.peer.header.non_blocking = 0 if blocking else 1
    status(chip.peer)
    chip.rig.pump(1)
    assert chip.jam(0) < 8
    chip.take(0)
    chip.peer.frames.clear()
    task = chip.send(0, 1460)
    assert task.result == 1460 and chip.peer.opcodes() == [0x9409, 0x940C]
    chip.jam(0)
    chip.rig.sl.send_ms = 10_000
    task = chip.send(0, 1460)
    if not blocking:
        assert task.error.code == -11
        return
    chip.rig.pump(5000)
    assert not task.done
    chip.take(0)
    chip.rig.pump(300)
    assert task.result == 1460


def test_who_waits_for_the_last_credits_does_not_ask(rig, peer):
    """As recorded: the network processor tells of the next ones unasked (nwp-protocol 4.2)."""
    rig.opened(1, 2)
    status(peer, credits=3)
    rig.pump(1)
    rig.start(rig.sl.sockets.send(1, b"x"))
    rig.pump(5000)
    assert peer.frames == []


def test_a_receive_is_not_held_up_by_credits_that_an_answer_brought(rig, peer):
    """Who waits for credits goes on with the answer of a request that somebody else made."""
    status(peer, credits=2)
    rig.pump(1)
    rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    peer.header.credits = 24
    peer.handler = yes
    rig.sl.sockets.listen(2, 1)
    now = rig.clock.now()
    rig.sl.link.pump(10_000)
    rig.resume()
    assert 0x940A in peer.opcodes() and rig.clock.now() - now < 1


def test_a_closed_socket_has_nothing_out(chip):
    """The stuck one is closed; whoever comes next has all of its share."""
    chip.open(1, 2)
    held = chip.jam(1)
    chip.deaf.clear()
    chip.rig.run(chip.rig.sl.sockets.close(1))
    chip.open(1)
    assert chip.jam(1) == held


def test_a_closed_socket_whose_data_is_still_on_its_way_leaves_the_others_their_frames(chip):
    chip.open(1, 2, 3)
    first = chip.jam(1)
    held = chip.held.pop(1)  # stays with the chip behind the close
    chip.rig.run(chip.rig.sl.sockets.close(1))
    assert held == first and chip.jam(3) <= 24 - first - 2 - 3
    assert chip.send(2, 4096).result == 4096


def test_closing_a_socket_ends_its_waiting_send(chip):
    chip.open(1, 2)
    chip.jam(1)
    task = chip.send(1, 1460)
    other = chip.rig.start(chip.rig.sl.sockets.recv(2, bytearray(4)))
    chip.rig.pump(10)
    assert not task.done
    chip.rig.run(chip.rig.sl.sockets.close(1))
    chip.rig.pump(1)
    assert task.error.code == -9 and not other.done and chip.rig.sl.link.pending == []
