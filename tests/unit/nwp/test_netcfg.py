"""Addresses of the device: configuration, DHCP in time, collisions, IPv6."""

import struct

import pytest

from tests.unit.nwp.netsupport import OFFICE, WORLD, NetHost

ACQUIRED, LOST, TIMEOUT = (
    "NETAPP_EV_IPV4_ACQUIRED",
    "NETAPP_EV_IPV4_LOST",
    "NETAPP_EV_DHCP_TIMEOUT",
)
CONNECTED = "WLAN_EV_CONNECTED"
MAC = bytes.fromhex(OFFICE.replace(":", ""))
(MAC_SET, MAC_GET, _, _, _, IF, STA4, AP4, LOCAL6, GLOBAL6, CLIENT, DNS4, DNS6) = range(1, 14)
DHCP, LLA, STATIC, STATELESS, STATEFUL = 1, 2, 4, 5, 6
SIX = """
access_points:
  - {ssid: office, bssid: "02:1a:11:f0:00:01", security: wpa2, key: correct-horse,
     ipv6: {prefix: "2001:db8:1:2::", dns: "2001:db8::53"}}
"""


@pytest.fixture
def host():
    return NetHost(world=WORLD)


def put(host, config_id, option=0, value=b""):
    fields = {"config_id": config_id, "option": option, "length": len(value)}
    return host.command("NETCFG_SET", value, **fields).status


def get(host, config_id, option=0, length=255):
    got = host.command("NETCFG_GET", config_id=config_id, option=option, length=length)
    assert got.config_id == config_id
    return (got.option, got.payload) if got.status == 0 else got.status


def ip4(ip, mask=0xFFFFFF00, gateway=0, dns=0):
    return struct.pack("<4I", ip, mask, gateway, dns)


def test_mac_address(host):
    assert get(host, MAC_GET) == (0, host.np.world.device.mac)
    new = bytes.fromhex("0a0b0c0d0e0f")
    assert put(host, MAC_SET, 1, new) == 0
    assert get(host, MAC_GET) == (0, host.np.world.device.mac)
    host.power_cycle()
    assert get(host, MAC_GET) == (0, new)
    assert put(host, MAC_SET, 1, new[:5]) == -14338
    assert put(host, MAC_SET, 1, b"\1" + new[1:]) == -14338
    assert get(host, MAC_SET) == -14338


def test_dhcp_address_and_client_information(host):
    assert get(host, STA4) == (DHCP, bytes(16))
    host.online()
    assert get(host, STA4) == (DHCP, ip4(0x0A010064, 0xFFFFFF00, 0x0A010001, 0x0A010001))
    host.after(600)
    info = host.np.protocol.unpack("dhcp_client_info", get(host, CLIENT)[1])
    assert (info.ip, info.dhcp_server, info.lease_time) == (0x0A010064, 0x0A010001, 3600)
    assert info.state == 3
    assert 1190 <= info.time_to_renew <= 1200
    host.command("WLAN_DISCONNECT")
    assert get(host, STA4) == (DHCP, bytes(16))


def test_static_address(host):
    mine = ip4(0x0A01000A, gateway=0x0A010001, dns=0x08080808)
    assert put(host, STA4, STATIC, mine) == 0
    assert get(host, STA4) == (STATIC, mine)
    host.join()
    assert host.after(1) == [CONNECTED, ACQUIRED]
    assert host.take(ACQUIRED)[0].ip == 0x0A01000A
    info = host.np.protocol.unpack("dhcp_client_info", get(host, CLIENT)[1])
    assert info.state == 1
    assert put(host, STA4, DHCP) == 0
    assert host.after(1) == [ACQUIRED]
    assert host.take(ACQUIRED)[0].ip == 0x0A010064


def test_a_new_static_address_is_there_when_its_command_is_answered(host):
    host.online()
    old, new = 0x0A010064, 0x0A01000A
    assert host.bind(host.socket(kind=2), 0, old.to_bytes(4, "big")) == 0
    mine = ip4(new, gateway=0x0A010001, dns=0x0A010001)
    assert put(host, STA4, STATIC, mine) == 0
    assert get(host, STA4) == (STATIC, mine)
    assert host.bind(host.socket(kind=2), 0, new.to_bytes(4, "big")) == 0
    assert host.bind(host.socket(kind=2), 0, old.to_bytes(4, "big")) == -99
    assert host.np.groups["netcfg"].reaches(bytes([10, 1, 0, 1]))
    assert host.after(1) == [ACQUIRED]
    assert host.take(ACQUIRED)[0].ip == new


def test_the_same_static_address_again_changes_nothing(host):
    mine = ip4(0x0A01000A, gateway=0x0A010001, dns=0x0A010001)
    put(host, STA4, STATIC, mine)
    host.online()
    assert put(host, STA4, STATIC, mine) == 0
    assert get(host, STA4) == (STATIC, mine)
    assert host.after(60) == []


@pytest.mark.parametrize("option", [DHCP, LLA])
def test_dhcp_again_keeps_the_lease(host, option):
    host.online()
    leased = get(host, STA4)[1]
    assert leased[:4] == struct.pack("<I", 0x0A010064)
    assert put(host, STA4, option) == 0
    assert get(host, STA4) == (option, leased)
    assert host.after(60) == []


def test_a_static_address_that_is_set_again_while_it_is_probed_is_told_once(host):
    first, second = ip4(0x0A01000A), ip4(0x0A01000B)
    host.online()
    put(host, STA4, STATIC, first)
    put(host, STA4, STATIC, second)
    assert host.after(1) == [ACQUIRED]
    assert host.take(ACQUIRED)[0].ip == 0x0A01000B


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (b"", -14338),
        (ip4(0x0A01000A, 0xFF00FF00), -8193),
        (ip4(0, gateway=1), -8193),
        (ip4(0xE0000001), -8193),
        (ip4(0x0A01000A, gateway=0x0A020001), -8193),
    ],
)
def test_static_addresses_that_cannot_be(host, value, status):
    assert put(host, STA4, STATIC, value) == status
    assert put(host, AP4, STATIC, value) == status


@pytest.mark.parametrize(
    ("config_id", "option"), [(STA4, 3), (STA4, 99), (AP4, 1), (50, 0), (0, 0)]
)
def test_unknown_configuration(host, config_id, option):
    assert put(host, config_id, option) == -14338


def test_no_dhcp_server_answers(host):
    host.np.world.change("access_points", MAC, dhcp=None)
    host.join()
    assert host.after(20) == [CONNECTED]
    assert host.after(10) == [TIMEOUT]
    host.np.world.change("access_points", MAC, dhcp={"start": "10.1.0.9", "end": "10.1.0.9"})
    assert host.after(6) == [ACQUIRED]


def test_link_local_address_when_dhcp_fails(host):
    host.np.world.change("access_points", MAC, dhcp=None)
    assert put(host, STA4, LLA, struct.pack("<I", 5)) == 0
    host.join()
    assert host.after(4) == [CONNECTED]
    assert host.after(2) == [ACQUIRED]
    assert host.take(ACQUIRED)[0].ip >> 16 == 0xA9FE
    assert get(host, STA4)[0] == LLA


def test_a_scripted_dhcp_failure_delays_the_address(host):
    host.np.world.change("access_points", MAC, failures=[{"when": "dhcp", "count": 2}])
    host.join()
    assert host.after(9) == [CONNECTED]
    assert host.after(2) == [ACQUIRED]


def test_the_lease_is_renewed_and_lost_when_the_server_is_gone(host):
    host.online()
    assert host.after(3 * 3600) == []
    host.np.world.change("access_points", MAC, dhcp=None)
    assert host.after(1800) == []
    info = host.np.protocol.unpack("dhcp_client_info", get(host, CLIENT)[1])
    assert info.state == 4
    assert LOST in host.after(1900)
    assert get(host, STA4) == (DHCP, bytes(16))


def test_lease_lost_on_command(host):
    host.online()
    assert host.np.groups["netcfg"].lose_lease()
    assert host.after(1) == [LOST, ACQUIRED]


def test_address_conflict_declines_the_lease(host):
    host.online()
    assert host.np.groups["netcfg"].collide("02:bd:00:00:00:07")
    assert host.after(1) == ["NETAPP_EV_IP_COLLISION", LOST, ACQUIRED]
    fields, _ = host.take("NETAPP_EV_IP_COLLISION")
    assert (fields.ip, fields.dhcp_mac) == (0x0A010064, MAC)
    assert fields.conflict_mac == bytes.fromhex("02bd00000007")
    assert host.take(ACQUIRED)[0].ip == 0x0A010065


def test_no_collision_is_told_to_hosts_that_set_a_mask(host):
    host.command("DEVICE_EVENT_MASK_SET", event_class=4, mask=0)
    host.join()
    assert host.after(1) == [CONNECTED, ACQUIRED, "NETAPP_EV_NO_IPV4_COLLISION"]


def test_access_point_address_counts_from_the_next_start(host):
    assert get(host, AP4) == (STATIC, ip4(0x0A7B2D01, 0xFFFFFF00, 0x0A7B2D01, 0x0A7B2D01))
    mine = ip4(0xC0A80401, gateway=0xC0A80401, dns=0xC0A80401)
    assert put(host, AP4, STATIC, mine) == 0
    assert get(host, AP4) == (STATIC, mine)
    host.command("WLAN_SET_MODE", mode=2)
    host.power_cycle()
    host.after(0)
    assert host.take(ACQUIRED)[0].ip == 0xC0A80401


def test_second_dns_servers(host):
    assert get(host, DNS4) == (0, bytes(4))
    assert put(host, DNS4, 0, b"\4\4\x08\x08") == 0
    assert get(host, DNS4) == (0, b"\4\4\x08\x08")
    assert put(host, DNS6, 0, bytes(range(16))) == 0
    assert get(host, DNS6) == (0, bytes(range(16)))
    assert put(host, DNS4, 0, b"\4") == -14338


def test_interfaces(host):
    assert get(host, IF) == (0, bytes(4))
    assert put(host, IF, 0, struct.pack("<I", 0xC)) == 0
    assert get(host, IF) == (0, struct.pack("<I", 0xC))
    assert put(host, IF, 0, struct.pack("<I", 1)) == -14338
    host.power_cycle()
    assert get(host, IF) == (0, struct.pack("<I", 0xC))


def six(host):
    host.join()
    host.after(1)
    return [e[1] for e in host.events if e[0] == "NETAPP_EV_IPV6_ACQUIRED"]


def test_stateless_ipv6_addresses():
    host = NetHost(world=SIX)
    assert put(host, IF, 0, struct.pack("<I", 0xC)) == 0
    local, world = six(host)
    assert local.ip == [0xFE800000, 0, 0x0A0028FF, 0xFE5A91EA]
    assert world.ip == [0x20010DB8, 0x00010002, 0x0A0028FF, 0xFE5A91EA]
    assert world.dns == [0x20010DB8, 0, 0, 0x53]
    mode, value = get(host, LOCAL6)
    record = host.np.protocol.unpack("ipv6_config", value)
    assert (mode, record.ip, record.flags) == (STATELESS, local.ip, 1)
    assert host.np.groups["netcfg"].lose_ipv6()
    host.after(0)
    assert host.take("NETAPP_EV_IPV6_LOST")[0].ip == world.ip


def test_stateful_and_static_ipv6_addresses():
    host = NetHost(world=SIX)
    put(host, IF, 0, struct.pack("<I", 0xC))
    assert put(host, LOCAL6, STATIC, struct.pack("<9I", 0xFE800000, 0, 0, 7, 0, 0, 0, 0, 0)) == 0
    assert put(host, GLOBAL6, STATEFUL) == 0
    local, world = six(host)
    assert local.ip == [0xFE800000, 0, 0, 7]
    assert world.ip[:2] == [0x20010DB8, 0x00010002]
    host.command("WLAN_DISCONNECT")
    host.after(0)
    host.events.clear()
    mine = struct.pack("<9I", 0x20010DB8, 0, 0, 9, 0x20010DB8, 0, 0, 1, 0)
    assert put(host, GLOBAL6, STATIC, mine) == 0
    assert six(host)[1].ip == [0x20010DB8, 0, 0, 9]


def test_ipv6_addresses_that_cannot_be(host):
    wrong = struct.pack("<9I", 0x20010DB8, 0, 0, 7, 0, 0, 0, 0, 0)
    assert put(host, LOCAL6, STATIC, wrong) == -8194
    assert put(host, GLOBAL6, STATIC, wrong) == -8196
    put(host, IF, 0, struct.pack("<I", 4))
    assert put(host, GLOBAL6, STATIC, struct.pack("<9I", 0xFE800000, *[0] * 8)) == -8195
    assert put(host, GLOBAL6, STATIC, b"") == -14338
    assert put(host, LOCAL6, 7) == -14338


def test_persistence_off_forgets_the_static_address(host):
    host.command("DEVICE_SET", b"\0", set_id=1, option=5, length=1)
    put(host, STA4, STATIC, ip4(0x0A01000A))
    assert get(host, STA4)[0] == STATIC
    host.power_cycle()
    assert get(host, STA4)[0] == DHCP
