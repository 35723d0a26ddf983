"""Scanning: sweeps, the result table, what it says of each network."""

import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost
from tests.unit.nwp.wlansupport import (
    MANY,
    policy,
)


@pytest.fixture
def host():
    return NetHost(world=WORLD)


@pytest.fixture
def many():
    return NetHost(world=MANY)


def entries(host, name="WLAN_SCAN_RESULTS_GET", index=0, count=30):
    got = host.command(name, index=index, count=count)
    size = 44 if name == "WLAN_SCAN_RESULTS_GET" else 52
    record = "network_entry" if size == 44 else "ext_network_entry"
    assert len(got.payload) == size * max(got.status, 0)
    parts = [got.payload[i : i + size] for i in range(0, len(got.payload), size)]
    return got.status, [host.np.protocol.unpack(record, p) for p in parts]


def test_scan_first_again_then_sorted_results(host):
    assert entries(host) == (-2073, [])
    host.after(0.1)
    assert entries(host)[0] == -2073
    host.after(0.1)
    status, found = entries(host)
    assert status == 2
    assert [e.ssid[: e.ssid_len] for e in found] == [b"office", b"guests"]
    assert [e.rssi for e in found] == [-42, -55]
    assert entries(host, index=1)[0] == 1
    assert entries(host, index=2) == (0, [])
    assert entries(host, count=1)[0] == 1
    host.after(21)
    assert entries(host)[0] == -2073


def test_extended_results_never_start_a_sweep(host):
    assert entries(host, "WLAN_EXT_SCAN_RESULTS_GET")[0] == -2073
    host.after(5)
    assert entries(host, "WLAN_EXT_SCAN_RESULTS_GET")[0] == -2073
    policy(host, 0x20, 1, struct.pack("<I", 60))
    host.after(0.2)
    status, found = entries(host, "WLAN_EXT_SCAN_RESULTS_GET")
    assert (status, found[0].country) == (2, b"US")


def test_hidden_networks_only_when_asked_for(many):
    policy(many, 0x20, 1, struct.pack("<I", 60))
    many.after(0.2)
    assert all(e.ssid_len for e in entries(many)[1])
    policy(many, 0x20, 3, struct.pack("<I", 60))
    many.after(0.2)
    hidden = [e for e in entries(many)[1] if not e.ssid_len]
    assert len(hidden) == 1
    assert hidden[0].security_info & 0x2000


def test_security_info_bits(many):
    policy(many, 0x20, 1, struct.pack("<I", 60))
    many.after(0.2)
    found = {e.ssid[: e.ssid_len]: e.security_info & 0xFFFF for e in entries(many)[1]}
    kinds = {name: info >> 8 & 7 for name, info in found.items()}
    assert kinds == {
        b"wep": 1,
        b"mix": 6,
        b"sae": 5,
        b"plus": 4,
        b"corp": 4,
        b"button": 4,
        b"digits": 4,
        b"must": 4,
    }
    assert found[b"corp"] >> 11 & 3 == 1
    assert found[b"mix"] >> 11 & 3 == 2
    assert found[b"must"] & 0xC000 == 0xC000


@pytest.mark.parametrize(
    ("key", "cipher"),
    [("abcde", 1), ("0123456789", 1), ("thirteenchars", 2), ("0123456789abcdefABCDEF4567", 2)],
)
def test_the_length_of_a_wep_key_tells_its_cipher(key, cipher):
    """WEP40 has keys of 5 bytes, WEP104 of 13 (IEEE 802.11; enum scan_cipher)."""
    ap = f'{{ssid: a, bssid: "02:00:00:00:00:01", security: wep, key: "{key}"}}'
    host = NetHost(world=f"access_points: [{ap}]")
    entries(host)
    host.after(0.2)
    ((entry,),) = entries(host)[1:]
    assert entry.security_info & 0x7FF == 1 << 8 | cipher << 4 | cipher


def test_thirty_results_at_most():
    line = '  - {{ssid: net{0}, bssid: "02:00:00:00:01:{0:02x}", rssi: {1}}}'
    aps = "\n".join(line.format(i, -30 - i) for i in range(40))
    host = NetHost(world=f"access_points:\n{aps}\n")
    entries(host)
    host.after(0.2)
    status, found = entries(host)
    assert status == 30
    assert found[-1].rssi == -59
    assert entries(host, index=30, count=1)[0] == -14338


def test_channel_mask_and_threshold(host):
    value = struct.pack("<Ii", 1 << 0, -60)
    assert host.command("WLAN_CFG_SET", value, config_id=1, option=18, length=8).status == 0
    entries(host)
    host.after(0.2)
    assert [e.channel for e in entries(host)[1]] == [1]
    host.command("WLAN_CFG_SET", struct.pack("<Ii", 0x1FFF, -50), config_id=1, option=18, length=8)
    host.after(21)
    entries(host)
    host.after(0.2)
    assert [e.rssi for e in entries(host)[1]] == [-42]
