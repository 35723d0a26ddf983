"""Boot, stop, identity, time, persistence, event masks, dispatch, credits, snapshots."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc32at.nwp import NetworkProcessor, SnapshotError
from cc32at.nwp.codec import CNYS, H2N_SYNC, protocol
from cc32at.nwp.registry import handlers_of
from cc32at.world import World
from tests.unit.nwp.support import Host

ERROR = protocol().errors


def test_init_complete_comes_after_the_boot_time():
    host = Host(world="device: {boot_ms: 300}", boot=False)
    host.np.power(True)
    host.clock.advance(0.299)
    assert not host.np.irq and not host.np.shutdown_ready
    host.clock.advance(0.002)
    name, fields, _ = host.message()
    assert name == "DEVICE_INIT_COMPLETE"
    assert fields.status == 1 and fields.chip_id == 0x31100019


@pytest.mark.parametrize("role, status", [("STA", 1), ("AP", 3), ("P2P", 5), ("TAG", 12)])
def test_start_status_tells_the_role(role, status):
    assert Host(world=f"device: {{role: {role}}}", boot=False).start().status == status


def test_next_role_is_stored():
    host = Host()
    host.np.set_next_role("AP")
    assert host.np.role == "STA"
    assert host.power_cycle().status == 3
    assert host.power_cycle().status == 3


@pytest.mark.parametrize("status", ["ERR_ROLE_STA", "ERR_CALIB", "ERR_GENERAL", 14])
def test_start_status_can_be_scripted_once(status):
    host = Host()
    host.np.control.call("fault", do="start_status", status=status)
    number = status if isinstance(status, int) else protocol().enums["start_status"][status]
    assert host.power_cycle().status == number
    assert host.power_cycle().status == 1


def test_stop_answers_reports_and_makes_the_register_ready():
    host = Host()
    assert not host.np.shutdown_ready
    assert host.command("DEVICE_STOP", timeout_ms=200).status == 0
    assert not host.np.shutdown_ready
    host.clock.advance(0.1)
    assert [name for name, *_ in host.drain()] == ["DEVICE_STOP_DONE"]
    assert host.np.shutdown_ready
    host.send("DEVICE_GET", set_id=1, option=5)
    assert not host.np.irq


def test_power_off_forgets_what_is_queued():
    host = Host()
    host.np.event("WLAN_EV_STA_ADDED", mac=bytes(6))
    host.send("DEVICE_GET", set_id=1, option=12)
    host.np.power(False)
    assert not host.np.irq and host.np.shutdown_ready
    host.np.write(CNYS)
    assert host.np.read(40) == b"\xff" * 40
    host.start()
    assert not host.np.irq


def test_out_of_band_interrupt_makes_the_register_ready():
    host = Host()
    host.np.trigger()
    assert not host.np.shutdown_ready
    host.clock.advance(0.6)
    assert host.np.shutdown_ready


def test_version_is_the_worlds():
    host = Host(world="device: {chip_id: 0x12345678, nwp_version: [1, 2, 3, 4], rom_version: 9}")
    answer = host.command("DEVICE_GET", set_id=1, option=12)
    version = protocol().unpack("device_version", answer.payload)
    assert len(answer.payload) == 20 and answer.option == 12 and answer.set_id == 1
    assert version.chip_id == 0x12345678 and version.nwp_version == bytes((1, 2, 3, 4))
    assert version.rom_version == 9


def test_udid_is_sixteen_bytes():
    host = Host(world="device: {udid: 000102030405060708090a0b0c0d0e0f}")
    assert host.command("DEVICE_GET", set_id=4, option=41).payload == bytes(range(16))


def time_of(host) -> tuple:
    answer = host.command("DEVICE_GET", set_id=1, option=11)
    t = protocol().unpack("date_time", answer.payload)
    assert len(answer.payload) == 44
    return t.year, t.month, t.day, t.hour, t.min, t.sec


def test_clock_runs_and_survives_a_restart():
    host = Host()
    value = protocol().pack("date_time", year=2024, month=2, day=28, hour=23, min=59, sec=50)
    assert host.command("DEVICE_SET", value, set_id=1, option=11, length=44).status == 0
    host.clock.advance(15)
    assert time_of(host) == (2024, 2, 29, 0, 0, 5)
    host.power_cycle()
    assert time_of(host)[:5] == (2024, 2, 29, 0, 0)


@pytest.mark.parametrize("value", [b"", bytes(44), bytes(20), b"\xff" * 44])
def test_bad_time_is_refused(value):
    host = Host()
    answer = host.command("DEVICE_SET", value, set_id=1, option=11, length=len(value))
    assert answer.status == ERROR["SL_ERROR_INVALID_PARAM"]


@given(st.lists(st.integers(0, 70), min_size=5, max_size=5), st.integers(0, 1 << 32))
def test_any_time_is_taken_or_refused(numbers, year):
    host = Host(world="{}")
    value = struct.pack("<6I20x", *numbers, year & 0xFFFFFFFF)
    before = time_of(host)
    status = host.command("DEVICE_SET", value, set_id=1, option=11, length=44).status
    second, minute, hour, day, month = numbers
    assert time_of(host) == ((year, month, day, hour, minute, second) if not status else before)


def test_persistent_mode_is_kept_and_checked():
    host = Host()
    assert host.command("DEVICE_GET", set_id=1, option=5).payload == b"\1"
    bad = host.command("DEVICE_SET", b"\2", set_id=1, option=5, length=1)
    assert bad.status == ERROR["SL_ERROR_INVALID_PERSISTENT_CONFIGURATION"]
    assert host.command("DEVICE_SET", b"\0", set_id=1, option=5, length=1).status == 0
    host.power_cycle()
    assert host.command("DEVICE_GET", set_id=1, option=5).payload == b"\0"


def test_system_settings_are_stored_only_in_persistent_mode():
    host = Host()
    config = host.np.config
    config.set("wlan", 1, 9, b"JP")
    host.command("DEVICE_SET", b"\0", set_id=1, option=5, length=1)
    config.set("wlan", 1, 10, b"\5")
    assert config.get("wlan", 1, 10) == b"\5"
    host.power_cycle()
    assert config.get("wlan", 1, 9) == b"JP" and config.get("wlan", 1, 10) is None


def test_reset_settings_take_effect_at_the_next_start():
    host = Host()
    config = host.np.config
    config.set("wlan", 0, 0, b"hotspot")
    assert config.get("wlan", 0, 0) == b"hotspot" and config.effective("wlan", 0, 0) is None
    host.power_cycle()
    assert config.effective("wlan", 0, 0) == b"hotspot"


def test_volatile_settings_go_with_the_power():
    host = Host()
    host.np.config.set("netapp", 32, 2, b"\1")
    assert host.np.config.get("netapp", 32, 2) == b"\1"
    host.power_cycle()
    assert host.np.config.get("netapp", 32, 2) is None


def test_unknown_ids_are_errors():
    host = Host()
    assert host.command("DEVICE_GET", set_id=9, option=9).status == ERROR["SL_ERROR_INVALID_PARAM"]
    status = host.command("DEVICE_SET", b"x", set_id=1, option=12, length=1).status
    assert status == ERROR["SL_ERROR_INVALID_PARAM"]


def test_masked_event_is_kept_back():
    host = Host()
    assert host.command("DEVICE_EVENT_MASK_SET", event_class=2, mask=1 << 3).status == 0
    assert host.command("DEVICE_EVENT_MASK_GET", event_class=2).mask == 8
    assert not host.np.event("WLAN_STA_ADDED", mac=bytes(6))
    assert host.np.event("WLAN_STA_REMOVED", mac=bytes(6))
    assert [name for name, *_ in host.drain()] == ["WLAN_EV_STA_REMOVED"]
    host.power_cycle()
    assert host.command("DEVICE_EVENT_MASK_GET", event_class=2).mask == 0


def test_dropped_events_are_reported_once():
    host = Host()
    while host.np.event("WLAN_EV_STA_ADDED", mac=bytes(6)):
        pass
    assert host.message()[1].header.dev_status & 2
    host.drain()
    answer = host.command("DEVICE_GET", set_id=2, option=2)
    assert answer.payload == struct.pack("<I", 4)
    answer = host.command("DEVICE_GET", set_id=2, option=2)
    assert answer.payload == bytes(4) and not answer.header.dev_status & 2


def test_unknown_command_is_answered_with_its_response_opcode():
    host = Host()
    host.np.write(H2N_SYNC + struct.pack("<HH", 0x8C4F, 4) + bytes(4))
    data = host.raw_message()
    opcode, length, status = struct.unpack("<HH8xh", data[4:18])
    assert (opcode, length, status) == (0x0C4F, 12, ERROR["SL_ERROR_INVALID_OPCODE"])


def test_unknown_message_without_response_stays_unanswered():
    host = Host()
    host.np.write(H2N_SYNC + struct.pack("<HH", 0x904F, 4) + bytes(4))
    assert not host.np.irq


def test_command_too_short_for_its_arguments_is_refused():
    host = Host()
    host.np.write(H2N_SYNC + struct.pack("<HH", 0x8466, 4) + bytes(4))
    assert host.message()[1].status == ERROR["SL_ERROR_INVALID_PARAM"]
    host.send("DEVICE_SET", b"", set_id=1, option=5, length=1)
    assert host.message()[1].status == ERROR["SL_ERROR_INVALID_PARAM"]


def test_every_host_command_has_a_handler():
    names = set()
    np = NetworkProcessor()
    for instance in np.groups.values():
        names |= set(handlers_of(instance))
    wanted = {row.name for row in protocol().opcodes.values() if row.to_nwp}
    assert names == wanted


def test_a_handler_cannot_answer_twice():
    host = Host()
    device = host.np.groups["device"]

    def twice(cmd):
        host.np.respond(cmd)
        host.np.respond(cmd)

    host.np.handlers["DEVICE_STOP"] = twice
    with pytest.raises(RuntimeError):
        host.send("DEVICE_STOP", timeout_ms=1)
    assert device is not None


def test_abort_shows_its_type_in_the_header_and_silences_the_nwp():
    host = Host()
    host.np.control.call("abort", type=0x33441122, data=0xCAFE0001)
    data = host.raw_message()
    assert data[4:8] == bytes.fromhex("0c000c00")
    assert data[12:20] == struct.pack("<II", 0x33441122, 0xCAFE0001)
    host.send("DEVICE_GET", set_id=1, option=5)
    assert not host.np.irq
    assert host.power_cycle().status == 1


def test_general_error_and_reset_request():
    host = Host()
    host.np.control.call("general_error", status="SL_ERROR_STATUS_ERROR", sender=3)
    host.np.control.call("reset_request", caller=1)
    host.np.control.call("reset_request", caller=0)
    (_, error, _), (_, first, _), (_, second, _) = host.drain()
    assert (error.status, error.sender) == (-14341, 3)
    assert (first.session, first.caller) == (1, 1)
    assert (second.session, second.caller) == (2, 0)


SAYS = {
    "abort": {"type": 1, "data": 2},
    "general_error": {"status": -6},
    "reset_request": {},
    "event": {"name": "WLAN_EV_CONNECTED", "fields": {"ssid": {"hex": "61"}, "ssid_len": 1}},
    "raw": {"hex": "bcdccdab78000c001800000600000000faff0000"},
    "message": {"opcode": 0x78, "args": "faff0000"},
    "dummy": {},
    "status": {"bit": "WLAN_CONN", "on": True},
}
NEEDS_POWER_ONLY = ("raw", "message", "status")


@pytest.mark.parametrize("op", SAYS)
def test_without_power_nobody_speaks(op):
    """What is raised while the NWP is off must not stand before the next INIT_COMPLETE."""
    host = Host()
    host.np.power(False)
    assert host.np.control.call(op, **SAYS[op]) is False
    fields = host.start()  # wants INIT_COMPLETE to be the first message
    assert fields.status == 1 and fields.header.dev_status == 0
    assert host.drain() == []
    assert host.np.control.call(op, **SAYS[op]) is True


@pytest.mark.parametrize("op", [op for op in SAYS if op not in NEEDS_POWER_ONLY])
def test_before_init_complete_and_after_stop_done_nobody_speaks(op):
    host = Host(boot=False)
    host.np.power(True)
    assert host.np.control.call(op, **SAYS[op]) is False
    host.clock.advance(0.1)
    assert host.message()[0] == "DEVICE_INIT_COMPLETE"
    host.command("DEVICE_STOP", timeout_ms=200)
    host.clock.advance(0.1)
    assert [event[0] for event in host.drain()] == ["DEVICE_STOP_DONE"]
    assert host.np.control.call(op, **SAYS[op]) is False
    assert not host.np.irq


def test_credits_are_spent_and_come_back():
    host = Host()
    held = []

    def keep(cmd):
        host.np.hold(cmd)
        held.append(cmd)

    host.np.handlers["SOCKET_SEND"] = keep
    full = host.command("DEVICE_GET", set_id=1, option=5).header.credits
    host.send("SOCKET_SEND", bytes(3000), len=3000, sd=0)
    assert host.command("DEVICE_GET", set_id=1, option=5).header.credits == full - 2
    host.np.release(held[0])
    assert host.command("DEVICE_GET", set_id=1, option=5).header.credits == full


def test_host_that_believes_in_few_credits_gets_a_dummy():
    host = Host()
    host.np.handlers["SOCKET_SEND"] = lambda cmd: None
    sent = 0
    while not host.np.irq:
        host.send("SOCKET_SEND", b"x", len=1, sd=0)
        sent += 1
        assert sent < 24
    name, fields, _ = host.message()
    assert name == "DEVICE_DUMMY" and fields.header.credits == 24


def test_snapshot_can_be_restored_again_and_again_elsewhere():
    host = Host()
    host.command("DEVICE_STOP", timeout_ms=200)
    state = host.np.snapshot()
    for np in (host.np, host.np, NetworkProcessor()):
        other = Host(np, boot=False)
        other.clock._now = host.clock.now()
        np.restore(state)
        other.sequence = host.sequence
        assert not np.shutdown_ready
        other.clock.advance(0.1)
        assert other.message()[0] == "DEVICE_STOP_DONE"
        assert np.shutdown_ready


def test_no_snapshot_while_real_sockets_are_open(monkeypatch):
    host = Host()
    monkeypatch.setattr(host.np.groups["device"], "has_real_io", lambda: True)
    with pytest.raises(SnapshotError, match="device"):
        host.np.snapshot()


def test_two_runs_are_the_same_to_the_byte():
    def run():
        host = Host(NetworkProcessor(World.default(), seed=5))
        seen = []
        for option in (12, 11, 5, 14):
            host.send("DEVICE_GET", set_id=1, option=option)
            seen.append(host.raw_message())
            host.clock.advance(1.5)
        return seen

    assert run() == run()
