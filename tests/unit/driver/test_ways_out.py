"""Who waits for an answer can be told to stop, and Device.stop() waits for nobody for long.

guide-style.md O13, nwp-protocol 1.5, 3.5.
"""

import struct

import pytest

from simplelink.errors import SlError
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_device import code_of
from tests.unit.driver.test_frames import yes

STOP, STOP_DONE, RESET_REQUEST = 0x8473, 0x0073, 0x0099


class Told:
    """Ends a wait at the n-th time that it is asked."""

    def __init__(self, rig, times, code=-2005):
        self.rig, self.times, self.code = rig, times, code
        self.at = []
        rig.sl.on_wait = self

    def __call__(self):
        self.at.append(self.rig.clock.now())
        if len(self.at) == self.times:
            raise SlError(self.code)


@pytest.mark.parametrize("code", [-2005, -2017, -9])
def test_a_request_asks_every_100_ms_whether_it_should_go_on(rig, peer, code):
    peer.handler = lambda op, body: []
    begin = rig.clock.now()
    told = Told(rig, 4, code)
    assert code_of(rig, rig.sl.device.version) == code
    for number, at in enumerate(told.at, 1):
        assert 0.1 * number <= at - begin < 0.1 * number + 0.01


def test_a_request_behind_one_that_was_given_up_asks_at_once(rig, peer):
    peer.handler = lambda op, body: []
    Told(rig, 1)
    assert code_of(rig, rig.sl.device.version) == -2005
    begin = rig.clock.now()
    told = Told(rig, 2)
    assert code_of(rig, rig.sl.device.version) == -2005
    assert told.at[0] == begin and 0.099 < told.at[1] - begin < 0.11
    assert len(peer.frames) == 1


def test_behind_one_that_was_given_up_the_next_has_its_own_answer(rig, peer):
    peer.handler = lambda op, body: [*yes(op, body)]
    late = [(0x0466, b"\0\0\0\0" + bytes(8), b"", 0.3)]
    peer.handler = lambda op, body: late if len(peer.frames) == 1 else yes(op, body)
    Told(rig, 1)
    assert code_of(rig, rig.sl.device.version) == -2005
    rig.sl.on_wait = None
    rig.sl.wlan.disconnect()
    assert peer.opcodes() == [0x8466, 0x8C81] and rig.events == []


@pytest.mark.parametrize("grace", [0, 200])
def test_stop_does_not_wait_for_an_answer_that_does_not_come(rig, peer, grace):
    """Of a request that was given up, of a file that was: the power goes off."""
    peer.handler = lambda op, body: []
    Told(rig, 1)
    assert code_of(rig, rig.sl.device.version) == -2005
    file = rig.start(rig.sl.fs.open(b"a", 0x40000000))
    rig.pump(20)
    begin = rig.clock.now()
    rig.run(rig.sl.device.stop(grace))
    assert rig.clock.now() - begin < 1.0
    assert file.error.code == -2017 and not peer.powered
    peer.handler = yes
    assert rig.run(rig.sl.device.start()) == 0 and rig.sl.link.idle()


def test_stop_does_not_wait_for_a_file_that_does_not_answer(rig, peer):
    peer.handler = lambda op, body: [] if op == 0xA43C else yes(op, body)
    file = rig.start(rig.sl.fs.open(b"a", 0x40000000))
    rig.pump(20)
    begin = rig.clock.now()
    rig.run(rig.sl.device.stop(200))
    assert rig.clock.now() - begin < 1.0 and file.error.code == -2017
    assert peer.opcodes() == [0xA43C]


def test_stop_does_not_wait_for_its_own_answer_for_long(rig, peer):
    peer.handler = lambda op, body: []
    begin = rig.clock.now()
    rig.run(rig.sl.device.stop(200))
    assert 0.6 <= rig.clock.now() - begin < 0.7 and rig.events == []
    peer.handler = yes
    assert rig.run(rig.sl.device.start()) == 0


def test_stop_ends_a_start_that_does_not_come_up():
    peer = Peer(yes)
    peer.boot = []
    rig = Rig(peer)
    start = rig.start(rig.sl.device.start())
    rig.pump(50)
    begin = rig.clock.now()
    rig.run(rig.sl.device.stop(0))
    assert rig.clock.now() - begin < 0.7
    assert start.error.code == -2017 and rig.sl.link.state == 0 and rig.events == []
    peer.boot = [(0x0008, b"\x01" + bytes(11))]
    assert rig.run(rig.sl.device.start()) == 0


@pytest.mark.parametrize("lost", ["answer", "event"])
def test_the_driver_s_own_restart_waits_600_ms_for_both_messages(rig, peer, lost):
    """Not for each, nor the 10 s of a request (nwp-protocol 1.5)."""
    peer.handler = lambda op, body: [] if lost == "answer" else yes(op, body)
    peer.send(0x0063)
    peer.header.dev_status = 0x08
    peer.send(RESET_REQUEST, struct.pack("<IHH", 3, 0, 0))
    peer.header.dev_status = 0x48  # calls are allowed: the end of the stop is awaited
    boots = len(peer.powers)
    begin = rig.clock.now()
    while len(peer.powers) == boots and rig.clock.now() < begin + 20:
        rig.pump(10)
    assert rig.clock.now() - begin < 0.75
    peer.header.dev_status = 0
    rig.pump(100)
    assert rig.sl.link.state == 1 and peer.opcodes() == [STOP]
