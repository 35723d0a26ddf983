"""The one command slot, turns, cancelled operations, what comes unasked (nwp-protocol 3)."""

import struct

import pytest

from cc32at.nwp import NetworkProcessor
from simplelink.errors import SlError
from tests.unit.driver.rig import Rig
from tests.unit.driver.test_frames import yes


class SlowFiles:
    """Handler: file commands are answered `delay` seconds later, all others at once."""

    def __init__(self, peer, delay=2.0):
        self.peer = peer
        self.delay = delay

    def __call__(self, opcode, body):
        answers = yes(opcode, body)
        if opcode & 0x7000 != 0x2000:
            return answers
        args = struct.pack("<iI", 17, 5) if opcode == 0xA43C else answers[0][1]
        self.peer.send(answers[0][0], args, after=self.delay)
        return []


def test_plain_call_waits_for_the_slot(rig, peer):
    peer.handler = SlowFiles(peer)
    task = rig.start(rig.sl.fs.open(b"a", 0x40000000))
    begin = rig.clock.now()
    rig.sl.wlan.disconnect()
    assert 1.9 < rig.clock.now() - begin < 2.1
    rig.pump(1)
    assert task.result == (17, 5) and peer.opcodes() == [0xA43C, 0x8C81]


def test_plain_call_goes_on_waiting_when_the_deadline_of_another_is_over(rig, peer):
    peer.handler = SlowFiles(peer, 70.0)
    peer.header.credits = 3
    peer.send(0x0063)
    rig.pump(1)
    rig.start(rig.sl.fs.program(bytes(16)))
    sending = rig.start(rig.sl.sockets.send(1, b"x"))
    rig.sl.wlan.disconnect()
    assert peer.opcodes() == [0xA44A, 0x8C81]
    rig.pump(1)
    assert sending.error.code == -110


def test_coroutines_take_the_slot_in_turn(rig, peer):
    peer.handler = SlowFiles(peer, 0.5)
    fs = rig.sl.fs
    done = []

    async def one(name):
        await fs.del_(name)
        done.append(name)

    for name in (b"a", b"b", b"c"):
        rig.start(one(name))
    connect = rig.start(rig.sl.sockets.connect(1, 80, b"\x0a\0\0\x01"))
    rig.pump(3000)
    assert done == [b"a", b"b", b"c"]
    assert [body[4:5] for op, body in peer.frames if op == 0xA443] == [b"a", b"b", b"c"]
    assert 0x9406 in peer.opcodes() and not connect.done


def test_events_during_a_command_reach_the_application_behind_it(rig, peer):
    def handler(opcode, body):
        return [(0x0880, bytes(40)), *yes(opcode, body)]

    peer.handler = handler
    rig.sl.wlan.disconnect()
    assert rig.events == []
    rig.pump(5)
    assert [opcode for opcode, _ in rig.events] == [0x0880]


def test_cancelled_file_command_frees_the_slot_when_its_answer_came(rig, peer):
    peer.handler = SlowFiles(peer)
    task = rig.start(rig.sl.fs.open(b"a", 0x40000000))
    rig.pump(100)
    task.cancel()
    after = rig.start(rig.sl.fs.del_(b"b"))
    rig.pump(1000)
    assert peer.opcodes() == [0xA43C]
    rig.pump(8000)
    assert after.done and after.error is None
    assert sorted(peer.opcodes()[1:]) == [0xA43D, 0xA443]  # the late handle was closed
    assert rig.sl.link.late == 1 and rig.sl.link.idle()


def test_cancelled_while_waiting_for_its_turn_leaves_nothing(rig, peer):
    peer.handler = SlowFiles(peer)
    rig.start(rig.sl.fs.del_(b"a"))
    second = rig.start(rig.sl.fs.del_(b"b"))
    third = rig.start(rig.sl.fs.del_(b"c"))
    rig.pump(10)
    second.cancel()
    rig.pump(6000)
    assert third.done and [body[4:5] for _, body in peer.frames] == [b"a", b"c"]
    assert rig.sl.link.queue == [] and rig.sl.link.pending == []


def test_interrupted_plain_call_is_settled_by_the_next(rig, peer):
    peer.handler = lambda op, body: peer.send(*yes(op, body)[0], after=1.0)
    rig.port.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        rig.sl.wlan.disconnect()
    rig.port.interrupt = False
    peer.handler = yes
    rig.sl.wlan.set_mode(2)
    assert peer.opcodes()[-1] == 0x8CB4


@pytest.mark.parametrize(
    "opcode", [0x1003, 0x1006, 0x1007, 0x1010, 0x1820, 0x1A35, 0x187B, 0x30C1]
)
def test_completion_that_nobody_awaits_is_counted(rig, peer, opcode):
    peer.send(opcode, bytes(24))
    rig.pump(5)
    assert rig.events == [] and rig.sl.link.late == 1


def test_unknown_event_is_handed_on(rig, peer):
    peer.send(0x00EE, b"\x01\x02\x03\x04")
    rig.pump(5)
    assert rig.events == [(0x00EE, b"\x01\x02\x03\x04")]


def test_answer_nobody_asked_for_changes_nothing(rig, peer):
    peer.send(0x0C81, b"\xff\xff\0\0")
    rig.pump(5)
    rig.sl.wlan.disconnect()
    assert rig.events == []


def test_frame_too_large_for_its_length_is_refused(rig, peer):
    with pytest.raises(SlError) as caught:
        rig.sl.link.call(0x8C81, b"", bytes(70000))
    assert caught.value.code == -2006 and peer.frames == []


def test_many_events_in_one_go_are_all_told(rig, peer):
    for i in range(60):
        peer.send(0x1825, struct.pack("<III", i, 0, 0))
    rig.pump(20)
    assert [args[0] for _, args in rig.events] == list(range(60))


def test_run_drives_one_coroutine(rig, peer):
    peer.handler = SlowFiles(peer)
    assert rig.sl.run(rig.sl.fs.open(b"a", 0x40000000)) == (17, 5)
    peer.handler = lambda op, body: [(0x2443, b"\x9b\xd7\0\0")]
    with pytest.raises(SlError) as caught:
        rig.sl.run(rig.sl.fs.del_(b"a"))
    assert caught.value.code == -10341


def test_interrupting_run_closes_the_coroutine(rig, peer):
    peer.handler = lambda op, body: []
    left = []

    async def forever():
        try:
            await rig.sl.netapp.recv(1, bytearray(4))
        finally:
            left.append(True)

    rig.port.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        rig.sl.run(forever())
    assert left


def test_on_event_may_be_absent(rig, peer):
    rig.sl.on_event = None
    peer.send(0x0880, bytes(40))
    rig.pump(5)
    rig.nwp.fail(2, 0, 0)
    rig.pump(5)
    assert rig.sl.link.state & 4


def test_limit_is_the_nearest_deadline(rig, peer):
    link = rig.sl.link
    assert link.limit(-1) == -1 and link.limit(50) == 50
    peer.header.non_blocking = 2
    peer.send(0x0063)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    assert 9990 <= link.limit(-1) <= 10000 and link.limit(5) == 5
    task.cancel()
    assert link.limit(-1) == -1


def test_a_command_given_up_keeps_the_slot_until_its_late_answer(rig, peer):
    """That is for nobody, and those who wait for the slot go on at once, each in its turn."""
    peer.handler = SlowFiles(peer, 5.0)
    link, told = rig.sl.link, []

    async def after(name):
        await link.free()
        told.append((name, round(rig.clock.now() - begin, 1)))

    begin = rig.clock.now()
    task = rig.start(rig.sl.fs.del_(b"a"))
    rig.pump(2000)
    task.cancel()
    assert link.state == 17 and not link.idle()
    link.spawn(after("job"))
    waiting = [rig.start(after(name)) for name in ("one", "two")]
    rig.pump(3_100)
    assert told == [(name, 5.0) for name in ("job", "one", "two")]
    assert all(task.done for task in waiting) and link.idle() and link.state == 1
    assert link.late == 1 and rig.events == []


def test_a_command_given_up_keeps_the_slot_until_its_limit(rig, peer):
    peer.handler = lambda op, body: [] if op == 0xA43C else yes(op, body)
    task = rig.start(rig.sl.fs.open(b"a", 0x40000000))
    rig.pump(2000)
    task.cancel()
    rig.start(rig.sl.fs.del_(b"b"))
    rig.pump(63_500)
    assert peer.opcodes() == [0xA43C] and rig.events == []
    rig.pump(100)
    assert rig.events == [(0xFF04, struct.pack("<II", 0xA43C, 0))]
    rig.run(rig.sl.device.stop(0))
    rig.run(rig.sl.device.start())
    assert rig.sl.link.state == 1 and rig.sl.link.idle()


@pytest.mark.parametrize("late", ["FS_OPEN", "FS_WRITE", "FS_CLOSE"])
def test_what_waits_behind_a_file_that_was_given_up_goes_on_at_once(late):
    """The driver's own close is first; then everybody, although nothing else happens."""
    rig = Rig(NetworkProcessor())
    rig.run(rig.sl.device.start())
    sl, link, told = rig.sl, rig.sl.link, []

    async def again():
        await sl.fs.store(b"a", b"again", 512)
        told.append("stored")

    async def version():
        await link.free()
        told.append(sl.device.version()[0])

    rig.model.control.call("fault", do="delay", to=late, seconds=5)
    task = rig.start(sl.fs.store(b"a", b"first", 512))
    rig.pump(2000)
    task.cancel()
    link.spawn(again())
    rig.start(version())
    rig.pump(3200)
    assert sorted(map(str, told)) == sorted([str(sl.device.chip_id), "stored"])
    assert rig.model.storage.content(b"a") == b"again" and not rig.model.storage.handles
    assert link.idle() and link.state == 1 and rig.model.violations == []
