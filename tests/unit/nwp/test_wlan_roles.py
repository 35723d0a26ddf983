"""Access point, Wi-Fi Direct, RX filters, provisioning, WLAN configuration."""

import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost

LAPTOP, PHONE = bytes.fromhex("025e00000001"), bytes.fromhex("025e00000002")
STATIONS = """
device: {role: AP}
stations:
  - {mac: "02:5e:00:00:00:01", name: laptop, key: hotspot-key}
  - {mac: "02:5e:00:00:00:02", name: phone, key: hotspot-key, join_s: 1.0, leave_s: 5.0}
"""
ADDED, REMOVED = "WLAN_EV_STA_ADDED", "WLAN_EV_STA_REMOVED"
LEASED, RELEASED = "NETAPP_EV_DHCPV4_LEASED", "NETAPP_EV_DHCPV4_RELEASED"


def cfg_set(host, config_id, option, value):
    fields = {"config_id": config_id, "option": option, "length": len(value)}
    return host.command("WLAN_CFG_SET", value, **fields).status


def cfg_get(host, config_id, option, length=255):
    got = host.command("WLAN_CFG_GET", config_id=config_id, option=option, length=length)
    assert (got.config_id, got.option) == (config_id, option)
    return got.payload if got.status == 0 else got.status


def netcfg(host, config_id, option=0, length=255):
    return host.command("NETCFG_GET", config_id=config_id, option=option, length=length)


# Access point


def test_stations_come_and_go():
    host = NetHost(world=STATIONS)
    assert host.after(0) == ["NETAPP_EV_IPV4_ACQUIRED"]
    assert host.after(1.2) == [ADDED, LEASED]
    fields, _ = host.take(LEASED)
    assert (fields.ip, fields.mac, fields.lease_time) == (0x0A7B2D02, PHONE, 86400)
    assert host.np.groups["wlan_ap"].join("02:5e:00:00:00:01")
    assert host.after(0.1) == [ADDED, LEASED]
    assert netcfg(host, 3).payload == b"\2"
    got = netcfg(host, 4, 0, 88).payload
    first = host.np.protocol.unpack("ap_station_info", got[:44])
    assert (first.mac, first.name.rstrip(b"\0"), len(got)) == (PHONE, b"phone", 88)
    assert len(netcfg(host, 4, 1, 88).payload) == 44
    assert host.after(5) == [REMOVED, RELEASED]
    status = host.command("NETCFG_SET", LAPTOP, config_id=5, option=1, length=6).status
    assert status == 0
    assert host.after(0.1) == [REMOVED, RELEASED]
    assert host.command("NETCFG_SET", LAPTOP, config_id=5, option=1, length=6).status == -2182


def test_key_limit_and_access_list_keep_stations_out():
    host = NetHost(world=STATIONS)
    join = host.np.groups["wlan_ap"].join
    assert cfg_set(host, 0, 6, b"\2") == 0
    assert cfg_set(host, 0, 7, b"hotspot-key") == 0
    assert cfg_set(host, 0, 19, b"\1") == 0
    assert cfg_set(host, 0, 25, b"\1") == 0
    assert cfg_set(host, 0, 20, LAPTOP) == 0
    assert cfg_get(host, 0, 24) == b"\1"
    assert cfg_get(host, 3, 0, 48) == LAPTOP
    host.power_cycle()
    assert not join(LAPTOP)
    assert cfg_set(host, 0, 21, LAPTOP) == 0
    assert cfg_set(host, 0, 21, LAPTOP) == -2178
    host.power_cycle()
    host.np.world.change("stations", LAPTOP, key="wrong")
    assert not join(LAPTOP)
    host.np.world.change("stations", LAPTOP, key="hotspot-key")
    assert join(LAPTOP)
    assert not join(PHONE)


@pytest.mark.parametrize(
    ("key", "joins"),
    [
        ("abcde", True),
        ("6162636465", True),
        ("abcdf", False),
        ("thirteenchars", False),
        ("", False),
    ],
)
def test_a_station_needs_the_wep_key_of_the_network(key, joins):
    host = NetHost(world=STATIONS)
    assert cfg_set(host, 0, 6, b"\1") == cfg_set(host, 0, 7, b"abcde") == 0
    host.power_cycle()
    host.np.world.change("stations", LAPTOP, key=key)
    assert host.np.groups["wlan_ap"].join(LAPTOP) == joins


def test_access_point_settings_count_from_the_next_start():
    host = NetHost(world=STATIONS)

    def ssid():
        got = host.command("WLAN_CFG_GET", config_id=5, option=0, length=80)
        info = host.np.protocol.unpack("connection_info", got.payload)
        return info.ssid[: info.ssid_len]

    assert ssid() == b"mysimplelink-5A91EA"
    assert cfg_set(host, 0, 0, b"lab") == 0
    assert cfg_get(host, 0, 0) == b"lab\0"
    assert ssid() == b"mysimplelink-5A91EA"
    host.power_cycle()
    assert ssid() == b"lab"


def test_dhcp_server_range_and_off():
    host = NetHost(world=STATIONS)
    record = struct.pack("<3I", 3600, 0x0A7B2D40, 0x0A7B2D41)
    setting = {"app_id": 2, "option": 0, "length": 12}
    assert host.command("NETAPP_SET", record, **setting).status == -14341
    assert host.command("NETAPP_STOP", app_bitmap=2).status == 0
    assert host.command("NETAPP_SET", record, **setting).status == 0
    assert host.after(1.2)[-1:] == [ADDED]
    host.power_cycle()
    host.after(1.2)
    assert host.take(LEASED)[0].ip == 0x0A7B2D40


# WLAN configuration


@pytest.mark.parametrize(
    ("key", "value", "status"),
    [
        ((0, 0), b"", -2060),
        ((0, 0), bytes(33), -2060),
        ((0, 3), b"\x0d", -2070),
        ((0, 3), b"\0", -2070),
        ((0, 4), b"\3", -14338),
        ((0, 6), b"\5", -2054),
        ((0, 7), b"short77", -2168),
        ((0, 19), b"\5", -14338),
        ((0, 22), b"\0", -2178),
        ((0, 25), b"\2", -2181),
        ((1, 9), b"XX", -2164),
        ((1, 10), b"\x10", -2167),
        ((1, 18), b"\0", -14338),
        ((1, 34), b"\1", -14338),
        ((1, 37), bytes(16), -14338),
        ((2, 12), b"name", -14338),
        ((9, 9), b"\1", -14338),
        ((4, 27), b"\0", -2088),
    ],
)
def test_values_that_cannot_be_set(key, value, status):
    assert cfg_set(NetHost(world=""), *key, value) == status


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ((0, 3), b"\x0b"),
        ((0, 4), b"\2"),
        ((0, 6), b"\1"),
        ((0, 19), b"\2"),
        ((0, 26), b"\x2c\1"),
        ((1, 10), b"\x07"),
        ((1, 11), b"\x0f"),
        ((1, 18), struct.pack("<Ii", 0x7FF, -70)),
        ((1, 36), bytes([1, 0, 0, 0]) + bytes(12)),
        ((1, 43), b"\1\0\0\0"),
        ((2, 14), b"\x06\x51\x0b\x51"),
    ],
)
def test_values_are_read_back(key, value):
    host = NetHost(world="")
    assert cfg_set(host, *key, value) == 0
    assert cfg_get(host, *key) == value
    host.power_cycle()
    assert cfg_get(host, *key) == value


@pytest.mark.parametrize("nul", [True, False])
@pytest.mark.parametrize(
    ("key", "value"),
    [((0, 0), b"lab"), ((0, 7), b"long-enough"), ((1, 9), b"EU"), ((2, 13), b"1-0050F204-1")],
)
def test_strings_have_their_nul_where_the_asked_size_has_room(nul, key, value):
    """Rule 8 of nwp-protocol 5; so the recordings wlan.get.ap.SSID and gen.COUNTRY_CODE."""
    host = NetHost(world=f"device: {{string_nul: {str(nul).lower()}}}")
    assert cfg_set(host, *key, value) == 0
    for length in (len(value) + 1, 255):
        assert cfg_get(host, *key, length) == (value + b"\0" if nul else value)
    assert cfg_get(host, *key, len(value)) == value


def test_read_only_and_unknown_options():
    host = NetHost(world=WORLD)
    assert cfg_get(host, 1, 37) == struct.pack("<B3xIII", 0, 0x7FF, 0, 0)
    assert cfg_get(host, 1, 42) == b"\1"
    assert cfg_set(host, 1, 41, b"\3\0\0\0") == 0
    assert cfg_get(host, 1, 42) == b"\2"
    assert cfg_get(host, 1, 44) == -2069
    host.online()
    assert len(cfg_get(host, 1, 44)) == 20
    assert cfg_get(host, 1, 38) == -14338
    assert cfg_get(host, 7, 0) == -14338
    element = struct.pack("<BBB3sH", 0, 0, 221, bytes(3), 4) + b"data"
    assert cfg_set(host, 1, 16, element + bytes(248)) == 0


# RX filters


def rule(field=5, action=0x40, user=7, parent=0, flags=0x10, kind=0, compare=1):
    header = bytes(36) + b"\xff" * 16 + bytes([field, compare, 0, 0])
    trigger = struct.pack("<bBBBIB3x", parent, 0, 0, 2, 0, 0)
    act = struct.pack("<BBHB3x", action, 0, 0, user)
    return {"rule_type": kind, "flags": flags, "rule": header, "trigger": trigger, "action": act}


def bits(*ids):
    data = bytearray(16)
    for i in ids:
        data[i // 8] |= 0x80 >> i % 8
    return bytes(data)


def test_rx_filters_live_and_die():
    host = NetHost(world="")
    first = host.command("WLAN_RX_FILTER_ADD", **rule(flags=0x18))
    assert (first.status, first.filter_id) == (0, 1)
    child = host.command("WLAN_RX_FILTER_ADD", **rule(parent=1, user=9))
    assert child.filter_id == 2
    assert cfg_get(host, 4, 27) == bits(1, 2)
    assert cfg_set(host, 4, 27, bits(2) + bytes(4)) == -2105
    assert cfg_set(host, 4, 28, bits(1) + bytes(4)) == -2104
    assert cfg_set(host, 4, 28, bits(3) + bytes(4)) == -2114
    assert host.np.groups["wlan_filters"].hit([1, 2])
    host.after(0)
    assert host.take("WLAN_EV_RX_FILTER")[0].user_ids[:2] == bytes([0x01, 0x40])
    assert cfg_set(host, 4, 27, bytes(20)) == 0
    assert not host.np.groups["wlan_filters"].hit([1])
    assert cfg_set(host, 4, 30, bytes([1, 1, 0, 0]) + bytes(52)) == 0
    assert cfg_set(host, 4, 31, b"\1\2\3\4") == 0
    assert cfg_get(host, 4, 31) == b"\1\2\3\4"
    assert cfg_set(host, 4, 29, b"") == 0
    host.power_cycle()
    assert cfg_set(host, 4, 27, bits(1) + bytes(4)) == 0
    assert cfg_set(host, 4, 28, bits(1) + bytes(4)) == 0
    assert cfg_set(host, 4, 29, b"") == -2140


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"kind": 2}, -2130),
        ({"field": 16}, -2132),
        ({"compare": 4}, -2125),
        ({"user": 64}, -2081),
        ({"action": 2}, -2122),
        ({"action": 4}, -2117),
        ({"parent": 5}, -2121),
        ({"field": 19}, -2080),
    ],
)
def test_rx_filters_that_cannot_be(changes, status):
    got = NetHost(world="").command("WLAN_RX_FILTER_ADD", **rule(**changes))
    assert got.status == status


# Wi-Fi Direct

PEERS = """
device: {role: P2P}
p2p_peers:
  - {mac: "02:92:00:00:00:01", name: phone, wps: pbc, ssid: DIRECT-ph, intent: 14}
  - {mac: "02:92:00:00:00:02", name: tv, wps: display, pin: "12345670", intent: 1}
"""


def p2p(host, name, kind=6, key=b""):
    return host.join(name, key, kind)


def test_client_of_a_group():
    host = NetHost(world=PEERS)
    assert host.after(0.2) == ["WLAN_EV_P2P_DEV_FOUND"] * 2
    assert p2p(host, b"phone") == 0
    host.events.clear()
    assert host.after(1) == ["WLAN_EV_P2P_CONNECTED", "NETAPP_EV_IPV4_ACQUIRED"]
    fields, _ = host.take("WLAN_EV_P2P_CONNECTED")
    assert fields.go_name[: fields.go_name_len] == b"phone"
    assert p2p(host, b"tv") == -14341
    assert host.command("WLAN_DISCONNECT").status == 0
    host.events.clear()
    assert host.after(0) == ["WLAN_EV_P2P_DISCONNECTED"]
    assert host.command("WLAN_DISCONNECT").status == -2071


def test_owner_of_a_group():
    host = NetHost(world=PEERS)
    host.after(0.2)
    host.events.clear()
    assert p2p(host, b"tv", 7, b"12345670") == 0
    assert host.after(1) == ["WLAN_EV_P2P_CLIENT_ADDED", "NETAPP_EV_IPV4_ACQUIRED", LEASED]
    host.np.world.remove("p2p_peers", bytes.fromhex("029200000002"))
    assert host.after(0) == ["WLAN_EV_P2P_CLIENT_REMOVED"]


def test_negotiations_that_fail_and_requests():
    host = NetHost(world=PEERS)
    host.after(0.2)
    host.events.clear()
    assert p2p(host, b"tv", 7, b"00000000") == 0
    assert host.after(1) == ["WLAN_EV_P2P_CONNECT_FAIL"]
    assert host.join(b"office", b"password", 2) == -2054
    assert host.np.groups["wlan_p2p"].request("02:92:00:00:00:01")
    assert host.after(0) == ["WLAN_EV_P2P_REQUEST"]


def test_any_peer_by_policy():
    host = NetHost(world=PEERS)
    host.command("WLAN_POLICY_SET", policy_type=0x10, option=8, value_len=0)
    assert "WLAN_EV_P2P_CONNECTED" in host.after(5)


# Provisioning


def provision(host, command=1, timeout=60, role=0xFF):
    fields = {"command": command, "inactivity_timeout_s": timeout, "role_after_success": role}
    return host.command("WLAN_PROVISIONING", **fields).status


def statuses(host):
    return [e[1].status for e in host.events if e[0] == "WLAN_EV_PROVISIONING_STATUS"]


def test_provisioning_to_success():
    host = NetHost(world=WORLD)
    assert provision(host) == 0
    assert host.np.header.dev_status & 0x18 == 0x18
    assert provision(host) == -2169
    assert host.np.groups["wlan_prov"].deliver("office", "correct-horse")
    host.after(2)
    assert statuses(host) == [15, 16, 5, 12]
    assert "WLAN_EV_PROVISIONING_PROFILE_ADDED" in [e[0] for e in host.events]
    assert host.np.header.dev_status & 0x18 == 0


@pytest.mark.parametrize(
    ("ssid", "key", "seconds", "codes"),
    [("office", "wrong-horse", 2, [2]), ("nowhere", "password", 20, [1])],
)
def test_provisioning_that_fails_goes_on(ssid, key, seconds, codes):
    host = NetHost(world=WORLD)
    provision(host)
    host.np.groups["wlan_prov"].deliver(ssid, key)
    host.after(seconds)
    assert statuses(host) == codes
    assert host.np.groups["wlan_prov"].active


def test_provisioning_stops_by_itself_and_by_command():
    host = NetHost(world=WORLD)
    assert provision(host, 4, 0) == -2177
    provision(host, timeout=30)
    host.after(29)
    assert statuses(host) == []
    host.after(2)
    assert statuses(host) == [12]
    provision(host)
    assert provision(host, 4, 0) == 0
    assert provision(host, 1, 10) == -2172
    host.command("NETAPP_STOP", app_bitmap=1)
    assert provision(host, 0) == -2170


def test_automatic_provisioning_without_profiles():
    host = NetHost(world=WORLD)
    host.command("WLAN_POLICY_SET", policy_type=0x10, option=0x21, value_len=0)
    host.power_cycle()
    host.after(2.5)
    assert statuses(host) == [11]
