"""What of the configuration outlives the power: every row of chapter 8 that can be set and read.

The rules are the table's own (protocol.json, `persistence`); here are only values to set.
"""

import struct

import pytest

from cc32at.nwp.codec import protocol
from tests.unit.nwp.netsupport import NetHost

COMMANDS = {
    "device": ("DEVICE_SET", "DEVICE_GET"),
    "netcfg": ("NETCFG_SET", "NETCFG_GET"),
    "wlan": ("WLAN_CFG_SET", "WLAN_CFG_GET"),
    "netapp": ("NETAPP_SET", "NETAPP_GET"),
}
ID = {"device": "set_id", "netcfg": "config_id", "wlan": "config_id", "netapp": "app_id"}
AP_IP4 = struct.pack("<4I", 0xC0A80501, 0xFFFFFF00, 0xC0A80501, 0xC0A80501)
IP6_LOCAL = struct.pack("<9I", 0xFE800000, 0, 0, 0x77, 0, 0, 0, 0, 0)
IP6_GLOBAL = struct.pack("<9I", 0x20010DB8, 0, 0, 0x77, 0x20010DB8, 0, 0, 1, 0)
VALUES = {
    "netcfg": {
        (6, 0): struct.pack("<I", 0x0C),
        (8, 4): AP_IP4,
        (9, 4): IP6_LOCAL,
        (10, 4): IP6_GLOBAL,
        (12, 0): struct.pack("<I", 0x08080404),
        (13, 0): struct.pack("<4I", 0x20010DB8, 0, 0, 0x53),
    },
    "wlan": {
        (0, 0): b"my network",
        (0, 3): b"\x0b",
        (0, 4): b"\2",
        (0, 6): b"\2",
        (0, 7): b"long-enough",
        (0, 19): b"\2",
        (0, 26): b"\x2c\1",
        (1, 9): b"EU",
        (1, 10): b"\x07",
        (1, 11): b"\x0f",
        (1, 18): struct.pack("<Ii", 0x7FF, -70),
        (1, 36): b"\1".ljust(16, b"\0"),
        (1, 43): b"\1\0\0\0",
        (2, 13): b"9-0050F204-9",
        (2, 14): b"\x06\x51\x0b\x51",
    },
    "netapp": {
        (1, 0): b"\x90\x1f",
        (1, 1): b"\1",
        (1, 2): b"root",
        (1, 3): b"secret",
        (1, 4): b"lab",
        (1, 5): b"\0",
        (1, 6): b"\x91\x1f",
        (1, 7): b"\1",
        (1, 8): b"\1",
        (2, 0): struct.pack("<3I", 4000, 0x0A010164, 0x0A010168),
        (4, 1): b"_http._tcp.local",
        (4, 2): b"\4\0\0\0",
        (4, 3): struct.pack("<6I", 1, 2, 3, 4, 5, 6),
        (8, 0): b"my.domain",
        (16, 0): b"my-device",
        (16, 1): b"lab.net",
        (32, 0): struct.pack("<2H", 1000, 2),
        (32, 2): b"\0",
    },
}
# Rows that are none of a value to keep, and where they are tested.
ELSEWHERE = {
    ("device", 1, 11): "the clock runs: test_device.py",
    ("device", 1, 5): "the mode itself: below",
    ("wlan", 1, 34): "CC3235 only, refused: test_coverage.py",
    ("wlan", 1, 35): "CC3235 only, refused",
    ("wlan", 4, 27): "RX filters: test_wlan_roles.py",
    ("wlan", 4, 31): "RX filters: test_wlan_roles.py",
}
NEEDED = {("netcfg", 10, 4): ("netcfg", 6, 0, struct.pack("<I", 0x0C))}  # IPv6 must be on
ROLES = {("netapp", 2, 0): b"\2", ("netapp", 8, 0): b"\2"}  # what is an access point's alone
ROWS = [
    (area, row["id"], row["option"], row["persistence"])
    for area, rows in protocol().config.items()
    if area in COMMANDS
    for row in rows
    if row["access"] == "get/set" and (area, row["id"], row["option"]) not in ELSEWHERE
]
POLICIES = {  # kind -> option, value
    0x10: (0x03, b""),
    0x20: (0x01, struct.pack("<I", 30)),
    0x30: (0x04, struct.pack("<BBHHH", 0, 0, 0, 500, 0)),
    0x40: (0x2F, b""),
}


class Device(NetHost):
    """A host with set and get by the names of the table."""

    def set(self, area, id, option, value):
        args = {ID[area]: id, "option": option, "length": len(value)}
        assert self.command(COMMANDS[area][0], value, **args).status == 0

    def get(self, area, id, option) -> bytes:
        got = self.command(COMMANDS[area][1], **{ID[area]: id, "option": option})
        assert got.status == 0
        return got.payload

    def keep(self, on: bool) -> None:
        """The system-wide persistence mode."""
        self.set("device", 1, 5, bytes([on]))


def device(role: bytes = b"\0") -> Device:
    """One that stands in no network, in the given role."""
    host = Device(world="device: {string_nul: false}")
    if role != b"\0":
        assert host.command("WLAN_SET_MODE", mode=role[0]).status == 0
        host.power_cycle()
        host.command("NETAPP_STOP", app_bitmap=2)
        host.events.clear()
    return host


def test_every_row_has_a_value_or_a_reason():
    rows = {(area, id, option) for area, id, option, _ in ROWS}
    assert rows == {(area, *key) for area, values in VALUES.items() for key in values}
    assert len(rows) > 35


@pytest.mark.parametrize(("area", "id", "option", "rule"), ROWS)
@pytest.mark.parametrize("mode", [True, False], ids=["kept", "volatile"])
def test_a_value_outlives_the_power_by_its_rule(mode, area, id, option, rule):
    host, value = device(ROLES.get((area, id, option), b"\0")), VALUES[area][id, option]
    if (area, id, option) in NEEDED:
        host.set(*NEEDED[area, id, option])
    before = host.get(area, id, option)
    assert before != value
    host.keep(mode)
    host.set(area, id, option, value)
    assert _same(host.get(area, id, option), value)
    host.power_cycle()
    kept = rule in ("reset", "persistent") or (rule == "system" and mode)
    assert _same(host.get(area, id, option), value if kept else before)
    host.power_cycle()
    assert _same(host.get(area, id, option), value if kept else before)


def _same(got: bytes, value: bytes) -> bool:
    """Equal; of an IPv6 address without its last word, which says if it is valid."""
    return got[:32] == value[:32] if len(value) == 36 else got == value


@pytest.mark.parametrize("kind", POLICIES, ids=hex)
@pytest.mark.parametrize("mode", [True, False], ids=["kept", "volatile"])
def test_a_policy_outlives_the_power_by_the_mode(mode, kind):
    host, (option, value) = device(), POLICIES[kind]

    def shown():
        got = host.command("WLAN_POLICY_GET", policy_type=kind)
        return got.option, got.payload

    before = shown()
    host.keep(mode)
    args = {"policy_type": kind, "option": option, "value_len": len(value)}
    assert host.command("WLAN_POLICY_SET", value, **args).status == 0
    set_to = shown()
    assert set_to[0] == option and set_to != before
    host.power_cycle()
    assert shown() == (set_to if mode else before)


@pytest.mark.parametrize("mode", [True, False], ids=["kept", "volatile"])
def test_the_mode_profiles_and_the_role_are_always_kept(mode):
    host = device()
    host.keep(mode)
    name = b"profile"
    args = {"sec_type": 0, "ssid": name, "ssid_len": len(name), "priority": 3}
    index = host.command("WLAN_PROFILE_ADD", **args).status
    assert index >= 0
    assert host.command("WLAN_SET_MODE", mode=2).status == 0
    host.power_cycle()
    assert host.get("device", 1, 5) == bytes([mode])
    assert host.np.role == "AP"
    got = host.command("WLAN_PROFILE_GET", index=index)
    assert (got.sec_type, got.priority, got.ssid) == (0, 3, name)
