"""Power is on, but commands are not taken before DEVICE_INIT_COMPLETE: they wait for it.

At every start, the driver's own while provisioning included (nwp-protocol 1.4, 1.5, 6.1).
"""

import struct

import pytest

from simplelink.errors import SlError
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

BOOT_MS, STOP_MS = 15, 5
STOP, STOP_DONE, RESET_REQUEST = 0x8473, 0x0073, 0x0099
IP = b"\x0a\0\0\x01"

# A short request, a long one, two phases, those with frames of their own.
CALLS = {
    "request": (lambda sl: sl.wlan.disconnect(), 0x8C81),
    "file": (lambda sl: sl.fs.open(b"a", 0x40000000), 0xA43C),
    "exchange": (lambda sl: sl.sockets.connect(1, 80, IP), 0x9406),
    "recv": (lambda sl: sl.sockets.recv(1, bytearray(4)), 0x940A),
    "select": (lambda sl: sl.sockets.select(2, 2), 0x9407),
    "netutil": (lambda sl: sl.netutil.command(4, bytes(12)), 0xB4C1),
    "netapp": (lambda sl: sl.netapp.recv(1, bytearray(4)), 0x9C7A),
}


class Booting(Peer):
    """Takes its time to boot and to stop; `early` has what came while it did not listen."""

    def __init__(self):
        super().__init__(self._answer)
        self.boot = [(0x0008, b"\x01" + bytes(11), b"", BOOT_MS / 1000)]
        self.early = []
        self.listens = False

    def _answer(self, opcode, body):
        if not self.listens:
            self.early.append(opcode)
            return []
        if opcode != STOP:
            return yes(opcode, body)
        self.timers.after(STOP_MS / 1000, self._stopped)
        return yes(opcode, body)

    def _stopped(self):
        self.send(STOP_DONE, bytes(4))
        self.listens = False

    def power(self, on):
        super().power(on)
        self.listens = False
        if on and self.boot:
            self.timers.after(BOOT_MS / 1000, setattr, self, "listens", True)


@pytest.fixture
def peer():
    return Booting()


async def awaited(call, sl):
    result = call(sl)
    return await result if hasattr(result, "send") else result


@pytest.mark.parametrize("name", CALLS)
def test_calls_wait_for_the_end_of_a_start(peer, name):
    rig = Rig(peer)
    start = rig.start(rig.sl.device.start())
    call, opcode = CALLS[name]
    task = rig.start(awaited(call, rig.sl))
    rig.pump(BOOT_MS + 20)
    assert start.result == 0 and peer.early == [] and opcode in peer.opcodes()
    assert task.error is None and rig.events == []


@pytest.mark.parametrize("name", ["request", "file", "exchange", "recv", "select"])
@pytest.mark.parametrize("ms", range(23))
def test_calls_wait_for_the_end_of_the_driver_s_own_restart(rig, peer, name, ms):
    peer.header.dev_status = 0x48  # provisioning, calls allowed
    peer.send(0x0063)
    rig.pump(1)
    peer.send(RESET_REQUEST, struct.pack("<IHH", 3, 0, 0))
    rig.sl.link.pump(10)  # it came
    if ms:
        rig.pump(ms)
    call, opcode = CALLS[name]
    task = rig.start(awaited(call, rig.sl))
    rig.pump(60)
    assert peer.opcodes()[0] == STOP and opcode in peer.opcodes()[1:] and peer.early == []
    assert task.error is None and rig.events == []


@pytest.mark.parametrize("ms", [0, 3, 8, 15, 30])
@pytest.mark.parametrize("patience", [0, 200])
def test_a_stop_during_the_driver_s_own_restart_waits_for_it(rig, peer, patience, ms):
    peer.header.dev_status = 0x48
    peer.send(RESET_REQUEST, struct.pack("<IHH", 3, 0, 0))
    rig.sl.link.pump(10)
    if ms:
        rig.pump(ms)
    rig.run(rig.sl.device.stop(patience))
    assert rig.sl.link.state == 0 and not peer.powered and rig.sl.link.idle()
    assert peer.opcodes() == [STOP] * (2 if patience else 1) and peer.early == []
    assert rig.run(rig.sl.device.start()) == 0 and rig.events == []
    rig.sl.wlan.disconnect()


@pytest.mark.parametrize("name", CALLS)
def test_calls_end_with_a_start_that_does_not(peer, name):
    peer.boot = []
    rig = Rig(peer)
    start = rig.start(rig.sl.device.start())
    task = rig.start(awaited(CALLS[name][0], rig.sl))
    rig.pump(66_000)
    assert start.error.code == task.error.code == -2005
    assert rig.events == [(0xFF05, struct.pack("<II", 8, 0))] and peer.frames == []


def test_a_start_that_was_cancelled_has_to_be_stopped(peer):
    """Whether it would come up or not, nobody waits for it."""
    rig = Rig(peer)
    waiting = rig.start(rig.sl.device.start())
    call = rig.start(awaited(CALLS["recv"][0], rig.sl))
    waiting.cancel()
    for _ in range(2):
        with pytest.raises(SlError) as caught:
            rig.sl.wlan.disconnect()
        assert caught.value.code == -2005
        rig.pump(30)
    assert call.error.code == -2005 and peer.frames == []
    rig.run(rig.sl.device.stop(0))
    assert rig.run(rig.sl.device.start()) == 0
    rig.sl.wlan.disconnect()


def test_a_second_start_is_refused_while_the_first_is_under_way(peer):
    rig = Rig(peer)
    first = rig.start(rig.sl.device.start())
    second = rig.start(rig.sl.device.start())
    rig.pump(50)
    assert first.result == 0 and second.error.code == -2012
