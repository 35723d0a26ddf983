"""Profiles, the automatic connection, policies."""

import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost
from tests.unit.nwp.wlansupport import (
    ACQUIRED,
    CONNECTED,
    DISCONNECTED,
    ENT,
    MANY,
    OPEN,
    WPA2,
    enterprise,
    policy,
    profile,
)


@pytest.fixture
def host():
    return NetHost(world=WORLD)


@pytest.fixture
def many():
    return NetHost(world=MANY)


# Profiles


def test_profiles_add_get_delete(host):
    policy(host, 0x10, 0)
    assert profile(host, b"a", b"password-a", priority=3) == 0
    assert profile(host, b"b", b"", OPEN, 15, b"\2\0\0\0\0\1") == 1
    got = host.command("WLAN_PROFILE_GET", index=1)
    assert (got.sec_type, got.ssid, got.priority) == (OPEN, b"b", 15)
    assert (got.bssid, got.password_len) == (b"\2\0\0\0\0\1", 0)
    assert host.command("WLAN_PROFILE_GET", index=2).sec_type == -2074
    assert host.command("WLAN_PROFILE_DEL", index=0).status == 0
    assert host.command("WLAN_PROFILE_DEL", index=0).status == -2074
    assert profile(host, b"c", b"password-c") == 0
    host.power_cycle()
    assert host.command("WLAN_PROFILE_GET", index=0).ssid == b"c"
    assert host.command("WLAN_PROFILE_DEL", index=255).status == 0
    assert host.command("WLAN_PROFILE_GET", index=1).sec_type == -2074


def test_seven_profiles_and_no_more(host):
    policy(host, 0x10, 0)
    for i in range(7):
        assert profile(host, b"net%d" % i, b"password") == i
    assert profile(host, b"eighth", b"password") == -2076
    assert profile(host, b"net3", b"new-password") == 3


def test_one_enterprise_profile(many):
    policy(many, 0x10, 0)
    assert enterprise(many, 0x18180020, name="WLAN_PROFILE_ADD_EAP") == 0
    got = many.command("WLAN_PROFILE_GET", index=0)
    assert (got.sec_type, got.user, got.eap_bitmask) == (ENT, b"alice", 0x18180020)
    other = {"sec_type": ENT, "ssid": b"x", "ssid_len": 1, "user": b"u", "user_len": 1}
    got = many.command("WLAN_PROFILE_ADD_EAP", eap_bitmask=0x18180020, **other)
    assert got.status == -2076


def test_updating_a_profile_keeps_what_is_not_named(host):
    policy(host, 0x10, 0)
    profile(host, b"a", b"password-a", priority=3, bssid=b"\2\0\0\0\0\1")
    keep = {"sec_type": 0x1F, "priority": 0x1F}
    assert host.command("WLAN_PROFILE_UPDATE", index=0, ssid=b"z", ssid_len=1, **keep).status == 0
    got = host.command("WLAN_PROFILE_GET", index=0)
    assert (got.ssid, got.priority, got.bssid) == (b"z", 3, b"\2\0\0\0\0\1")
    host.command("WLAN_PROFILE_UPDATE", index=0, bssid=b"\xff" * 6, **keep)
    assert host.command("WLAN_PROFILE_GET", index=0).bssid == bytes(6)
    assert host.command("WLAN_PROFILE_UPDATE", index=5, **keep).status == -2074


def test_the_higher_priority_wins_and_a_failing_one_is_passed_over(host):
    policy(host, 0x10, 0)
    profile(host, b"guests", b"", OPEN, priority=1)
    profile(host, b"office", b"wrong-horse", WPA2, priority=9)
    policy(host, 0x10, 1)
    assert host.after(3) == [DISCONNECTED, CONNECTED, ACQUIRED]
    fields, _ = host.take(CONNECTED)
    assert fields.ssid[: fields.ssid_len] == b"guests"


def test_automatic_connection_after_a_restart(host):
    profile(host, b"office", b"correct-horse")
    host.after(2)
    host.events.clear()
    host.power_cycle()
    assert host.after(2) == [CONNECTED, ACQUIRED]


def test_no_automatic_connection_after_the_user_left(host):
    profile(host, b"office", b"correct-horse")
    host.after(2)
    host.command("WLAN_DISCONNECT")
    host.after(0)
    host.events.clear()
    assert host.after(60) == []
    policy(host, 0x10, 1)
    assert host.after(2) == [CONNECTED, ACQUIRED]


def test_suspended_profiles(host):
    host.command("WLAN_CFG_SET", struct.pack("<I", 1), config_id=1, option=33, length=4)
    profile(host, b"office", b"correct-horse")
    assert host.after(10) == []


def test_fast_connect_needs_no_profile_and_no_sweep(host):
    host.online()
    policy(host, 0x10, 2)
    host.np.power(False)
    host.events.clear()
    host.np.power(True)
    host.clock.advance(0.075)
    assert host.np.groups["wlan"].state == "connected"


# Policies


def test_policies_are_kept_and_read_back(host):
    assert policy(host, 0x10, 3) == 0
    got = host.command("WLAN_POLICY_GET", policy_type=0x10)
    assert (got.policy_type, got.option, got.value_len, got.payload) == (0x10, 3, 0, b"")
    assert policy(host, 0x20, 1, struct.pack("<I", 30)) == 0
    got = host.command("WLAN_POLICY_GET", policy_type=0x20)
    assert (got.option, got.payload) == (1, struct.pack("<I", 30))
    assert policy(host, 0x30, 4, struct.pack("<BBHHH", 0, 0, 0, 500, 0)) == 0
    assert policy(host, 0x40, 0x2F) == 0
    host.power_cycle()
    assert host.command("WLAN_POLICY_GET", policy_type=0x40).option == 0x2F


def test_a_connection_policy_that_is_not_to_be_stored(host):
    assert policy(host, 0x10, 0, struct.pack("<I", 1)) == 0
    assert host.command("WLAN_POLICY_GET", policy_type=0x10).option == 0
    host.power_cycle()
    assert host.command("WLAN_POLICY_GET", policy_type=0x10).option == 1


def test_nothing_is_stored_while_persistence_is_off(host):
    host.command("DEVICE_SET", b"\0", set_id=1, option=5, length=1)
    policy(host, 0x30, 1)
    assert host.command("WLAN_POLICY_GET", policy_type=0x30).option == 1
    host.power_cycle()
    assert host.command("WLAN_POLICY_GET", policy_type=0x30).option == 0


@pytest.mark.parametrize(
    ("kind", "option", "value", "status"),
    [
        (0x50, 0, b"", -2066),
        (0x30, 5, b"", -2067),
        (0x30, 4, b"", -2068),
        (0x30, 4, struct.pack("<BBHHH", 0, 0, 0, 50, 0), -2068),
        (0x20, 1, b"", -2078),
        (0x20, 1, bytes(4), -2078),
        (0x10, 4, b"", -14338),
    ],
)
def test_policies_that_cannot_be(host, kind, option, value, status):
    assert policy(host, kind, option, value) == status
