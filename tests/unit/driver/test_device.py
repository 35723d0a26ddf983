"""Start, stop, what is refused without a frame, fatal conditions (nwp-protocol 1.4, 1.5, 3.4)."""

import struct

import pytest

from simplelink.errors import SlError
from tests.unit.driver import calls
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

STATUS = {1: 0, 0: 1, 3: 2, 5: 3, 12: 4}
FAULTS = {2: -4107, 4: -4108, 6: -4109, 7: -4110, 8: -4111, 9: -4112, 10: -4113, 11: -4117}
FAULTS |= {13: -4121, 14: -4122, 15: -4115}


def code_of(rig, call) -> int:
    """Code of the SlError that a call raises."""
    with pytest.raises(SlError) as caught:
        result = call()
        if hasattr(result, "send"):
            rig.run(result)
    return caught.value.code


@pytest.mark.parametrize("status", range(16))
def test_start_gives_the_role_or_its_error(status):
    peer = Peer(yes)
    peer.boot = [(0x0008, struct.pack("<iii", status | 0x70, 0, 0))]
    rig = Rig(peer)
    if status in STATUS:
        assert rig.run(rig.sl.device.start()) == STATUS[status]
    else:
        assert code_of(rig, rig.sl.device.start) == FAULTS[status]
    assert code_of(rig, rig.sl.device.start) == -2012


def test_start_that_never_completes_is_fatal_after_65_seconds():
    peer = Peer(yes)
    peer.boot = []
    rig = Rig(peer)
    assert code_of(rig, rig.sl.device.start) == -2005
    assert rig.events == [(0xFF05, struct.pack("<II", 8, 0))]
    assert 65 < rig.clock.now() < 67
    assert code_of(rig, rig.sl.device.start) == -2005
    peer.boot = [(0x0008, b"\x01" + bytes(11))]
    rig.run(rig.sl.device.stop(100))
    assert rig.run(rig.sl.device.start()) == 0


def test_nothing_reaches_the_wire_before_the_start():
    rig = Rig(Peer(yes))
    sl = rig.sl
    for call in (sl.device.version, sl.wlan.disconnect, lambda: sl.fs.open(b"a", 0x40000000)):
        assert code_of(rig, call) == -2018
    assert rig.model.frames == []


def test_stop_without_start_cuts_the_power_and_says_so():
    rig = Rig(Peer(yes))
    assert code_of(rig, lambda: rig.sl.device.stop(200)) == -2018
    assert rig.model.powers[-1:] == [False]


def test_stop_waits_for_its_event_and_the_register(rig, peer):
    peer.handler = lambda op, body: [*yes(op, body)]
    peer.shutdown_ready = False
    task = rig.start(rig.sl.device.stop(300))
    rig.pump(1000)
    assert peer.frames == [(0x8473, b"\x2c\x01\0\0")] and not task.done
    peer.send(0x0073, bytes(4))
    rig.pump(100)
    assert not task.done
    peer.shutdown_ready = True
    rig.pump(100)
    assert task.done and task.error is None and peer.powers[-1] is False
    assert code_of(rig, rig.sl.device.version) == -2018


def test_stop_gives_the_register_600_ms(rig, peer):
    peer.handler = lambda op, body: [*yes(op, body), (0x0073, b"\xf9\xff\0\0")]
    peer.shutdown_ready = False
    begin = rig.clock.now()
    rig.run(rig.sl.device.stop(300))
    assert 0.6 <= rig.clock.now() - begin < 0.8


def test_stop_with_0_sends_nothing(rig, peer):
    rig.run(rig.sl.device.stop(0))
    assert peer.frames == [] and peer.powers[-1] is False


def test_stop_whose_event_never_comes_is_told_and_ends(rig, peer):
    rig.run(rig.sl.device.stop(300))
    assert rig.events == [(0xFF05, struct.pack("<II", 0x73, 0))]
    assert rig.run(rig.sl.device.start()) == 0


def test_stop_ends_every_wait_before_it_ends(rig, peer):
    sl = rig.sl
    peer.handler = lambda op, body: yes(op, body) + ([(0x73, bytes(4))] if op == 0x8473 else [])
    waits = [
        rig.start(sl.sockets.accept(0, 2)),
        rig.start(sl.sockets.recv(1, bytearray(8))),
        rig.start(sl.sockets.recv(1, bytearray(8))),
        rig.start(sl.sockets.select(3, 4)),
        rig.start(sl.netapp.ping(0x0A000001)),
        rig.start(sl.netapp.dns_by_name(b"a")),
        rig.start(sl.netutil.command(4, bytes(12))),
    ]
    rig.pump(20)
    stop = rig.start(sl.device.stop(100))
    refused = rig.start(sl.sockets.accept(5, 2))
    while not stop.done:
        rig.pump(1)
        assert not stop.done or all(task.done for task in waits)
    assert [task.error.code for task in waits] == [-2017] * len(waits)
    assert refused.error.code == -2017
    assert rig.sl.link.pending == [] and rig.sl.link.idle()
    assert rig.run(sl.device.start()) == 0


@pytest.mark.parametrize("steps", range(4))
def test_a_stop_that_is_cancelled_has_cut_the_power(rig, peer, steps):
    """Before its answer, before its event, before the register: what waits ends, all is off."""
    peer.shutdown_ready = False
    receive = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    stop = rig.start(rig.sl.device.stop(500))
    if steps > 0:
        rig.pump(5)
    if steps > 1:
        peer.send(0x0073, bytes(4))
        rig.pump(10 * steps)
    assert not stop.done
    stop.cancel()
    assert peer.powered is False and rig.sl.link.state == 0
    rig.pump(5)
    assert receive.error.code == -2017
    assert rig.run(rig.sl.device.start()) == 0 and rig.sl.link.idle()


def test_a_start_that_is_cancelled_can_be_stopped():
    rig = Rig(Peer(yes))
    rig.start(rig.sl.device.start()).cancel()
    rig.run(rig.sl.device.stop(0))
    assert rig.run(rig.sl.device.start()) == 0 and rig.sl.link.idle()


def test_locked_device_serves_files_only(rig, peer):
    peer.header.dev_status = 4
    peer.send(0x0063)
    rig.pump(5)
    assert code_of(rig, rig.sl.device.version) == -2011
    assert rig.run(rig.sl.fs.open(b"a", 0x40000000)) == (0, 0)


@pytest.mark.parametrize(
    ("status", "refused"),
    [(0x08, True), (0x10, True), (0x48, False), (0x50, False), (0x21, False)],
)
def test_provisioning_refuses_unless_calls_are_enabled(rig, peer, status, refused):
    peer.header.dev_status = status
    peer.send(0x0063)
    rig.pump(5)
    if refused:
        assert code_of(rig, rig.sl.wlan.disconnect) == -2014
        rig.sl.wlan.provisioning(4, 0, 0)  # its end is let through
        assert peer.opcodes() == [0x8C98]
    else:
        rig.sl.wlan.disconnect()


def test_provisioning_holds_back_other_events(rig, peer):
    peer.header.dev_status = 0x08
    for opcode in (0x0880, 0x089A, 0x08B2, 0x1825):
        peer.send(opcode, bytes(76))
    rig.pump(5)
    assert [opcode for opcode, _ in rig.events] == [0x089A, 0x08B2]
    assert rig.sl.link.late == 2


def test_each_reset_request_for_the_application_is_told(rig, peer):
    """Whatever its session: that is compared only where the driver restarts by itself."""
    for session, caller in ((7, 1), (7, 1), (0, 1), (8, 0), (8, 1)):
        peer.send(0x0099, struct.pack("<IHH", session, caller, 0))
    rig.pump(5)
    assert [args[0] for _, args in rig.events] == [7, 7, 0, 8]


def test_a_repeated_reset_request_is_not_done(rig, peer):
    """Nor is one that comes while somebody waits (nwp-protocol 6.1)."""
    peer.header.dev_status = 0x08
    peer.handler = lambda op, body: yes(op, body) + [(0x73, bytes(4))]
    peer.send(0x0063)
    rig.pump(5)
    waiting = rig.sl.link.own(20, 0)
    for session in (3, 3, 4):
        peer.send(0x0099, struct.pack("<IHH", session, 0, 0))
        rig.pump(100)
        assert peer.opcodes() == ([0x8473] if session == 4 else [])
        rig.sl.link.leave(20, waiting)


def test_reset_request_while_provisioning_restarts_by_itself(rig, peer):
    peer.header.dev_status = 0x08
    peer.handler = lambda op, body: yes(op, body) + [(0x73, bytes(4))]
    boots = len(peer.powers)
    peer.send(0x0099, struct.pack("<IHH", 3, 0, 0))
    rig.pump(200)
    assert peer.frames == [(0x8473, struct.pack("<HH", 300, 0))]
    assert peer.powers[boots:] == [False, False, True] or peer.powers[-1] is True
    rig.sl.wlan.disconnect()


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5])
def test_fatal_condition_ends_waits_and_refuses_calls(rig, peer, kind):
    task = rig.start(rig.sl.sockets.recv(1, bytearray(8)))
    rig.nwp.fail(kind, 17, 18)
    rig.pump(5)
    assert rig.events == [(0xFF00 | kind, struct.pack("<II", 17, 18))]
    assert task.error.code == -2005
    assert code_of(rig, rig.sl.device.version) == -2005
    assert code_of(rig, lambda: rig.sl.sockets.accept(1)) == -2005
    assert code_of(rig, lambda: rig.sl.fs.open(b"a", 0x40000000)) == -2005
    rig.run(rig.sl.device.stop(100))
    assert peer.frames[-1][0] == 0x940A  # no DEVICE_STOP after a fatal condition
    assert rig.run(rig.sl.device.start()) == 0


def test_abort_inside_a_command_is_told_before_the_error(rig, peer):
    def handler(opcode, body):
        peer.abort(2, 85)
        return []

    peer.handler = handler
    assert code_of(rig, rig.sl.wlan.disconnect) == -2005
    assert rig.events == [(0xFF01, struct.pack("<II", 2, 85))]


def test_missing_answer_is_told_before_the_error(rig, peer):
    peer.handler = lambda op, body: []
    begin = rig.clock.now()
    assert code_of(rig, rig.sl.wlan.disconnect) == -2005
    assert rig.events == [(0xFF04, struct.pack("<II", 0x8C81, 0))]
    assert 9.9 < rig.clock.now() - begin < 10.2


@pytest.mark.parametrize(
    ("opcode", "seconds"), [(0xA443, 65.535), (0xA43C, 65.535), (0xA44A, 655.35)]
)
def test_long_commands_have_their_own_patience(rig, peer, opcode, seconds):
    peer.handler = lambda op, body: []
    fs = rig.sl.fs
    call = {
        0xA443: lambda: fs.del_(b"a"),
        0xA43C: lambda: fs.open(b"a", 0x40000000),
        0xA44A: lambda: fs.program(bytes(16)),
    }[opcode]()
    begin = rig.clock.now()
    assert code_of(rig, lambda: call) == -2005
    assert rig.events == [(0xFF04, struct.pack("<II", opcode, 0))]
    assert seconds - 0.1 < rig.clock.now() - begin < seconds + 0.3


def test_events_after_a_fatal_condition_are_not_told(rig, peer):
    peer.send(0x0880, bytes(40))
    rig.nwp.fail(2, 0, 0)
    peer.send(0x0881, bytes(40))
    rig.pump(50)
    assert [opcode for opcode, _ in rig.events] == [0xFF02] or [
        opcode for opcode, _ in rig.events
    ] == [0x0880, 0xFF02]


def test_settings_have_their_shape(rig, peer):
    def handler(opcode, body):
        value = {
            12: struct.pack("<I4s4s4sHxx", 0x31, b"abcd", b"efgh", b"ijkl", 8738),
            11: struct.pack("<11I", 1, 2, 3, 4, 5, 2026, 0, 0, 0, 0, 0),
            5: b"\x01",
            41: bytes(range(16)),
            3: b"\x01\0\0\0",
        }
        if opcode == 0x8466:
            return [(0x0466, body[:8], value[body[4]])]
        if opcode == 0x8465:
            return [(0x0465, body + b"\x05\0\0\0")]
        return yes(opcode, body)

    peer.handler = handler
    device = rig.sl.device
    assert device.version() == (0x31, b"abcd", b"efgh", b"ijkl", 8738)
    assert device.time() == (1, 2, 3, 4, 5, 2026)
    assert device.persistent() == 1
    assert device.udid() == bytes(range(16))
    assert device.status(3) == 1
    assert device.event_mask_get(4) == 5
    device.event_mask_set(4, 6)
    device.set_time(59, 30, 13, 24, 12, 2026)
    device.persistent(False)
    device.uart_mode(115200, True)
    assert peer.frames[-4:] == [
        (0x8464, struct.pack("<II", 4, 6)),
        (0x84B7, struct.pack("<4H11I", 0, 1, 11, 44, 59, 30, 13, 24, 12, 2026, 0, 0, 0, 0, 0)),
        (0x84B7, struct.pack("<4HI", 0, 1, 5, 1, 0)),
        (0x846B, struct.pack("<II", 115200, 1)),
    ]


@pytest.mark.parametrize("group", ["device", "wlan", "netcfg", "netapp"])
def test_get_of_nothing_is_refused(rig, peer, group):
    get = getattr(rig.sl, group).get
    assert code_of(rig, lambda: get(1, 0) if group == "netcfg" else get(1, 1, 0)) == -2002
    assert peer.frames == []


def test_short_answer_is_a_protocol_error(rig, peer):
    peer.handler = lambda op, body: [(calls.OPCODES[op]["response_opcode"], b"\0")]
    assert code_of(rig, rig.sl.wlan.disconnect) == -2010
