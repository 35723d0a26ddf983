"""Scripted misbehaviour, in process and over the control socket."""

import json
import select
import socket
import struct

import pytest

from cc32at.nwp.codec import CNYS
from cc32at.nwp.faults import KINDS, check
from tests.unit.nwp.support import Host


def ask(host):
    """Request the persistence mode; whatever then leaves, 64 bytes of it."""
    host.send("DEVICE_GET", set_id=1, option=5)
    host.np.write(CNYS)
    return host.np.read(64)


SYNC = bytes.fromhex("bddccdab")  # the second message since power-on
GOOD = SYNC + bytes.fromhex("660411001800000600000000000001000500010001000000")


def test_without_faults_the_answer_is_good():
    assert ask(Host())[:28] == GOOD


@pytest.mark.parametrize(
    "fault, start",
    [
        ({"do": "flip", "byte": 4, "mask": 0x80}, SYNC + b"\xe6"),
        ({"do": "length", "length": 0x1234}, SYNC + bytes.fromhex("66043412")),
        ({"do": "bad_sync"}, bytes.fromhex("12345678") + GOOD[4:]),
        ({"do": "wrong_sequence"}, bytes.fromhex("bedccdab") + GOOD[4:]),
        ({"do": "wrong_sequence", "by": -1}, bytes.fromhex("bcdccdab") + GOOD[4:]),
        ({"do": "no_sequence"}, bytes.fromhex("badccdab") + GOOD[4:]),
        ({"do": "double_sync"}, SYNC + GOOD),
        ({"do": "garbage", "hex": "0102030405060708"}, bytes(range(1, 9)) + GOOD),
        ({"do": "misalign"}, b"\x00\x11" + GOOD),
        ({"do": "truncate", "bytes": 12}, GOOD[:12] + b"\xff" * 8),
        ({"do": "status", "status": "SL_ERROR_INVALID_PARAM"}, GOOD[:16] + b"\xfe\xc7"),
    ],
    ids=lambda v: v["do"] if isinstance(v, dict) else "",
)
def test_frame_is_spoilt_once(fault, start):
    host = Host()
    host.np.control.call("fault", to="DEVICE_GET", **fault)
    data = ask(host)
    assert data.startswith(start)
    host.sequence += 1
    assert host.command("DEVICE_GET", set_id=1, option=5).payload == b"\1"


def test_lost_answer_uses_no_sequence_number():
    host = Host()
    host.np.control.call("fault", do="lose", to="DEVICE_GET")
    host.send("DEVICE_GET", set_id=1, option=5)
    host.clock.advance(100)
    assert not host.np.irq
    assert ask(host)[:28] == GOOD


def test_late_answer():
    host = Host()
    host.np.control.call("fault", do="delay", to="DEVICE_GET", seconds=2)
    host.send("DEVICE_GET", set_id=1, option=5)
    host.clock.advance(1.9)
    assert not host.np.irq
    host.clock.advance(0.2)
    assert host.message()[0] == "DEVICE_GET"


def test_answer_twice():
    host = Host()
    host.np.control.call("fault", do="duplicate", to="DEVICE_GET")
    host.send("DEVICE_GET", set_id=1, option=5)
    assert [name for name, *_ in host.drain()] == ["DEVICE_GET"] * 2


def test_lost_command_changes_nothing():
    host = Host()
    host.np.control.call("fault", do="ignore", to="DEVICE_SET")
    host.send("DEVICE_SET", b"\0\0\0\0", set_id=1, option=5, length=1)
    assert not host.np.irq
    assert host.command("DEVICE_GET", set_id=1, option=5).payload == b"\1"


def test_skip_and_count():
    host = Host()
    host.np.control.call("fault", do="lose", to="DEVICE_GET", skip=1, count=2)
    answers = []
    for _ in range(4):
        host.send("DEVICE_GET", set_id=1, option=5)
        answers.append(len(host.drain()))
    assert answers == [1, 0, 0, 1]
    assert host.np.control.call("faults") == []


def test_fault_of_an_event():
    host = Host()
    host.np.control.call("fault", do="lose", to="WLAN_EV_STA_ADDED")
    host.np.control.call("event", name="WLAN_STA_ADDED", mac="02:00:00:00:00:01")
    host.np.control.call("event", name="WLAN_STA_REMOVED", mac={"hex": "020000000001"})
    ((name, fields, _),) = host.drain()
    assert name == "WLAN_EV_STA_REMOVED" and fields.mac == bytes.fromhex("020000000001")


def test_cut_power_is_silence_until_the_host_restarts():
    host = Host()
    host.np.control.call("cut_power")
    assert ask(host) == b"\xff" * 64
    assert host.np.shutdown_ready
    host.start()


@pytest.mark.parametrize(
    "spec, text",
    [
        ({"do": "explode"}, "unknown kind"),
        ({"do": "lose", "to": "NO_SUCH"}, "unknown opcode"),
        ({"do": "lose", "seconds": 1}, "unknown parameter 'seconds'"),
        ({"do": "lose", "count": "x"}, "count"),
        ({"do": "garbage", "hex": "xyz"}, "hexadecimal"),
        ({"do": "delay", "seconds": "soon"}, "seconds"),
        ({"do": "flip", "byte": 1.5}, "byte"),
        ({"do": "length"}, "length is missing"),
        ({"do": "start_status", "status": "NOTHING"}, "NOTHING"),
        ({"do": "status", "status": "SL_NOTHING"}, "SL_NOTHING"),
    ],
)
def test_bad_faults_are_refused(spec, text):
    with pytest.raises(ValueError, match=text):
        check(spec)


def test_every_kind_is_described():
    import cc32at.nwp.faults

    for kind in KINDS:
        assert f"| {kind} |" in cc32at.nwp.faults.__doc__


def test_faults_of_the_world_file():
    host = Host(world="faults: [{do: lose, to: DEVICE_GET}]")
    host.send("DEVICE_GET", set_id=1, option=5)
    assert not host.np.irq


def test_raw_frame_and_message():
    host = Host()
    host.np.control.call("raw", hex="00112233bddccdab6300080018000006")
    host.np.write(CNYS)
    assert host.np.read(8) == bytes.fromhex("00112233bddccdab")


def test_made_message():
    host = Host()
    host.np.control.call("message", opcode=0x1234, args="01020304", payload="05")
    data = host.raw_message()
    assert data[4:8] == struct.pack("<HH", 0x1234, 13) and data[16:21] == b"\1\2\3\4\5"


def test_state_and_log():
    host = Host()
    host.np.control.call("status", bit="WLAN_CONN", on=True)
    host.command("DEVICE_GET", set_id=1, option=5)
    state = host.np.control.call("state")
    assert state["booted"] and state["role"] == "STA" and state["header"]["dev_status"] == 1
    log = host.np.control.call("log", last=2)
    assert [entry[1:] for entry in log] == [["H", "DEVICE_GET"], ["N", "DEVICE_GET"]]


def test_world_can_change_while_in_use():
    host = Host(world="{}")
    seen = []
    host.np.world.listeners.append(lambda action, kind, item: seen.append((action, kind)))
    call = host.np.control.call
    call("world_add", kind="access_points", ssid="lab", bssid="02:00:00:00:00:09", rssi=-70)
    call("world_change", kind="access_points", which="02:00:00:00:00:09", rssi=-30, key="k")
    (ap,) = call("world", kind="access_points")
    assert ap["rssi"] == -30 and bytes.fromhex(ap["ssid"]) == b"lab"
    call("world_remove", kind="access_points", which="02:00:00:00:00:09")
    assert call("world", kind="access_points") == []
    kind = "access_points"
    assert seen[-3:] == [("add", kind), ("change", kind), ("remove", kind)]


def test_files_can_be_put_and_read():
    host = Host(world="{}")
    call = host.np.control.call
    call("put_file", name="a", content={"hex": "00ff"}, max_size=5000)
    assert call("file", name="a") == "00ff" and call("file", name="b") is None
    (entry,) = call("files")
    assert entry == {"name": "a", "length": 2, "max_size": 5000, "flags": 0, "valid": True}


class Remote:
    """A client of the control socket; the model is served while it waits."""

    def __init__(self, np, address_file):
        self.np = np
        self.socket = socket.create_connection(("127.0.0.1", np.control.listen(address_file)), 60)
        assert self.line(address_file.read_text().strip()) == {"ok": True, "result": None}

    def line(self, text: str) -> dict:
        self.socket.sendall(text.encode() + b"\n")
        for _ in range(100):
            select.select([self.socket, *self.np.fds()], [], [], 1)
            self.np.service()
            if select.select([self.socket], [], [], 0)[0]:
                return json.loads(self.socket.makefile().readline())
        raise TimeoutError

    def call(self, **request) -> dict:
        return self.line(json.dumps(request))


@pytest.fixture
def remote(tmp_path):
    host = Host()
    remote = Remote(host.np, tmp_path / "control.json")
    remote.host = host
    yield remote
    remote.socket.close()
    host.np.control.close()


def test_control_over_a_socket(remote):
    answer = remote.call(op="fault", do="lose", to="DEVICE_GET")
    assert answer == {"ok": True, "result": None}
    assert remote.call(op="faults")["result"][0]["do"] == "lose"
    assert remote.call(op="state")["result"]["powered"] is True


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"op": "nothing"}',
        '{"op": "fault", "do": "explode"}',
        '{"op": "fault", "bad": 1}',
        '{"op": "event", "name": "NO_SUCH"}',
        '{"op": "world_remove", "kind": "access_points", "which": "02:00:00:00:00:99"}',
        '{"op": "world", "kind": "listeners"}',
        '{"op": "world_change", "kind": "listeners", "which": "x"}',
        '{"op": "world_remove", "kind": "__dict__", "which": "x"}',
        '{"op": "group", "name": "device", "method": "abort", "args": [1, 2]}',
        '{"op": "close"}',
        '{"op": "__init__"}',
        '{"op": "op_state"}',
        '{"op": ["state"]}',
        '{"op": "state", "self": 1}',
    ],
)
def test_bad_requests_get_an_error_and_the_server_lives(remote, line):
    answer = remote.line(line)
    assert answer["ok"] is False and answer["error"]
    assert remote.call(op="faults")["ok"]


@pytest.mark.parametrize("last, told", [(2, 2), (0, 0), (-5, 0), (10**6, None)])
def test_the_log_tells_of_as_many_frames_as_are_asked_for(remote, last, told):
    remote.np.log.extend((0.0, "out", str(n)) for n in range(5))
    log = remote.call(op="log", last=last)["result"]
    assert len(log) == (len(remote.np.log) if told is None else told)


@pytest.mark.parametrize("seconds", ["-1", "1e99", "NaN"])
def test_no_message_is_delayed_into_the_past_or_for_ever(remote, seconds):
    answer = remote.line('{"op": "fault", "do": "delay", "seconds": ' + seconds + "}")
    assert not answer["ok"] and "seconds" in answer["error"]


def test_control_listens_on_loopback_only(remote):
    assert remote.np.control.server.host == "127.0.0.1"
