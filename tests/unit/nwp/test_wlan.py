"""The station in the radio world: connecting, failing, losing the network."""

import pytest

from cc32at.nwp.wlan_security import pmk
from tests.unit.nwp.netsupport import OFFICE, WORLD, NetHost
from tests.unit.nwp.wlansupport import (
    ACQUIRED,
    CONNECTED,
    DISCONNECTED,
    MANY,
    OPEN,
    PLUS,
    PMK,
    WEP,
    WEP_SHARED,
    WPA2,
    WPA3,
    WPS_PBC,
    WPS_PIN,
    enterprise,
    profile,
    reason,
)


@pytest.fixture
def host():
    return NetHost(world=WORLD)


@pytest.fixture
def many():
    return NetHost(world=MANY)


def test_connecting_brings_the_link_then_the_address(host):
    assert host.join() == 0
    assert host.after(0.15) == []
    assert host.after(0.5) == [CONNECTED, ACQUIRED]
    fields, _ = host.take(CONNECTED)
    assert fields.ssid[: fields.ssid_len] == b"office"
    assert (fields.bssid.hex(":"), fields.channel) == (OFFICE, 6)
    assert fields.header.dev_status & 1
    fields, _ = host.take(ACQUIRED)
    assert (fields.ip, fields.gateway) == (0x0A010064, 0x0A010001)


def test_disconnecting(host):
    assert host.command("WLAN_DISCONNECT").status == -2071
    host.online()
    assert host.command("WLAN_DISCONNECT").status == 0
    assert [e[0] for e in host.drain()] == [DISCONNECTED]
    assert host.np.header.dev_status & 1 == 0
    assert host.command("WLAN_DISCONNECT").status == -2071


def test_wrong_key(host):
    assert host.join(key=b"wrong-horse") == 0
    assert host.after(2) == [DISCONNECTED]
    assert reason(host) == 15
    assert host.after(60) == []


def test_a_network_that_is_not_there_is_looked_for_until_it_comes(host):
    assert host.join(ssid=b"later") == 0
    assert host.after(30) == []
    fields = {"ssid": "later", "bssid": "02:0f:00:00:00:01", "security": "wpa2"}
    host.np.world.add("access_points", key="correct-horse", **fields)
    assert host.after(6) == [CONNECTED, ACQUIRED]


def test_giving_up_a_search(host):
    host.join(ssid=b"nowhere")
    host.after(1)
    assert host.command("WLAN_DISCONNECT").status == 0
    host.after(0)
    assert reason(host) == 208


def test_connecting_elsewhere_leaves_the_first_network(host):
    host.online()
    assert host.join(b"guests", b"", OPEN) == 0
    assert host.after(2) == [DISCONNECTED, CONNECTED, ACQUIRED]
    assert reason(host) == 200


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"ssid": b""}, -2060),
        ({"key": b"short"}, -2058),
        ({"kind": 13}, -2054),
        ({"kind": WEP, "key": b"abcdef"}, -2058),
        ({"kind": WPS_PIN, "key": b"12"}, -30741),
        ({"kind": 6}, -2050),
    ],
)
def test_parameters_no_network_could_want(host, arguments, status):
    assert host.join(**arguments) == status
    assert host.after(5) == []


@pytest.mark.parametrize(
    ("ssid", "kind", "key"),
    [
        (b"wep", WEP, b"abcde"),
        (b"wep", WEP_SHARED, b"6162636465"),
        (b"mix", WPA2, b"mixed-secret"),
        (b"sae", WPA3, b"third-secret"),
        (b"sae", PLUS, b"third-secret"),
        (b"plus", PLUS, b"plus-secret"),
        (b"must", PLUS, b"must-protect"),
        (b"button", WPS_PBC, b""),
        (b"", WPS_PBC, b""),
        (b"digits", WPS_PIN, b"12345670"),
        (b"ghost", OPEN, b""),
        (b"mix", PMK, pmk(b"mixed-secret", b"mix")),
    ],
)
def test_every_security_type_gets_in(many, ssid, kind, key):
    assert many.join(ssid, key, kind) == 0
    assert CONNECTED in many.after(2)


@pytest.mark.parametrize(
    ("ssid", "kind", "key", "code"),
    [
        (b"wep", WEP_SHARED, b"wrong", 202),
        (b"mix", OPEN, b"", 204),
        (b"sae", WPA3, b"not-the-secret", 204),
        (b"sae", WPA2, b"third-secret", 204),
        (b"must", WPA2, b"must-protect", 204),
        (b"plus", PLUS, b"not-the-secret", 15),
        (b"digits", WPS_PIN, b"76543210", 204),
        (b"mix", WPS_PBC, b"", 204),
    ],
)
def test_every_security_type_is_kept_out(many, ssid, kind, key, code):
    assert many.join(ssid, key, kind) == 0
    assert many.after(2) == [DISCONNECTED]
    assert reason(many) == code


def test_a_wrong_open_system_wep_key_shows_as_no_address(many):
    many.join(b"wep", b"wrong", WEP)
    assert many.after(24) == [CONNECTED]
    assert many.after(2) == ["NETAPP_EV_DHCP_TIMEOUT"]


def test_enterprise(many):
    peap, tls = 0x18180020, 0x18180001
    put = many.np.storage.put
    assert enterprise(many, 0x1234) == -2057
    assert enterprise(many, peap, user=b"") == -2061
    assert enterprise(many, peap) == 0
    many.after(2)
    assert reason(many) == 209
    put(b"/sys/cert/ca.der", b"x")
    assert enterprise(many, peap, password=b"wrong") == 0
    many.after(2)
    assert reason(many) == 23
    assert enterprise(many, peap) == 0
    assert CONNECTED in many.after(2)
    many.events.clear()
    many.command("WLAN_DISCONNECT")
    many.after(0)
    many.events.clear()
    assert enterprise(many, tls, password=b"") == 0
    many.after(2)
    assert reason(many) == 209
    put(b"/sys/cert/client.der", b"x")
    put(b"/sys/cert/private.key", b"x")
    assert enterprise(many, tls, password=b"") == 0
    assert CONNECTED in many.after(2)


def test_skipping_the_server_once(many):
    peap = 0x18180020
    many.command("WLAN_CFG_SET", b"\1", config_id=1, option=32, length=1)
    enterprise(many, peap)
    assert CONNECTED in many.after(2)
    many.command("WLAN_DISCONNECT")
    many.after(0)
    many.events.clear()
    enterprise(many, peap)
    many.after(2)
    assert reason(many) == 209


@pytest.mark.parametrize(
    ("when", "code", "expected"),
    [("auth", 0, 202), ("assoc", 0, 203), ("key", 0, 204), ("auth", 17, 17)],
)
def test_scripted_failures_happen_as_often_as_said(host, when, code, expected):
    failure = {"when": when, "reason": code, "count": 1}
    mac = bytes.fromhex(OFFICE.replace(":", ""))
    host.np.world.change("access_points", mac, failures=[failure])
    host.join()
    assert host.after(2) == [DISCONNECTED]
    assert reason(host) == expected
    host.join()
    assert CONNECTED in host.after(2)


def test_the_network_goes_away_and_comes_back(host):
    mac = bytes.fromhex(OFFICE.replace(":", ""))
    assert profile(host, b"office", b"correct-horse") == 0
    assert host.after(2) == [CONNECTED, ACQUIRED]
    ap = host.np.world.find("access_points", mac)
    host.np.world.remove("access_points", mac)
    assert host.after(0.4) == []
    assert host.after(0.2) == [DISCONNECTED]
    host.take(CONNECTED)
    assert reason(host) == 109
    assert host.after(20) == []
    host.np.world.access_points.append(ap)
    assert host.after(6) == [CONNECTED, ACQUIRED]


def test_a_changed_key_throws_us_out_and_keeps_us_out(host):
    profile(host, b"office", b"correct-horse")
    host.after(2)
    host.events.clear()
    mac = bytes.fromhex(OFFICE.replace(":", ""))
    host.np.world.change("access_points", mac, key="another-key")
    assert host.after(1) == [DISCONNECTED, DISCONNECTED]
    assert reason(host) == 2
    assert reason(host) == 15
    assert DISCONNECTED in host.after(30)


# Mode, information, statistics


def test_mode_counts_from_the_next_start(host):
    assert host.command("WLAN_SET_MODE", mode=1).status == -2050
    assert host.command("WLAN_SET_MODE", mode=2).status == 0
    assert host.np.role == "STA"
    host.np.power(False)
    assert host.start().status == 3
    assert host.join() == -2050


def test_connection_information(host):
    def info():
        got = host.command("WLAN_CFG_GET", config_id=5, option=0, length=80)
        return host.np.protocol.unpack("connection_info", got.payload)

    assert info().status == 0
    host.online()
    got = info()
    assert (got.mode, got.status, got.sec_type) == (0, 1, WPA2)
    assert got.ssid[: got.ssid_len] == b"office"
    assert got.bssid.hex(":") == OFFICE


def test_rx_statistics_count_and_clear(host):
    assert host.command("WLAN_RX_STAT_START").status == 0
    host.online()
    first = host.command("WLAN_RX_STAT_GET")
    assert first.valid_packets > 0
    assert first.avg_mgmt_rssi == -42
    assert host.command("WLAN_RX_STAT_GET").valid_packets == 0
    assert host.command("WLAN_RX_STAT_STOP").status == 0


def test_link_quality_trigger(host):
    record = host.np.protocol.pack(
        "link_quality_reg", threshold=-60, direction=0, type=1, trigger_id=1, enable=1
    )
    host.online()
    assert host.command("WLAN_CFG_SET", record, config_id=1, option=38, length=12).status == 0
    mac = bytes.fromhex(OFFICE.replace(":", ""))
    host.np.world.change("access_points", mac, rssi=-58)
    assert host.after(0) == []
    host.np.world.change("access_points", mac, rssi=-70)
    assert host.after(0) == ["WLAN_EV_LINK_QUALITY"]
    fields, _ = host.take("WLAN_EV_LINK_QUALITY")
    assert (fields.data, fields.trigger_id) == (256 - 70, 1)


def test_a_snapshot_in_the_middle_of_a_connection(host):
    host.join()
    host.after(0.14)
    now, state, sequence = host.clock.now(), host.np.snapshot(), host.sequence
    assert host.after(2) == [CONNECTED, ACQUIRED]
    host.events.clear()
    host.clock._now = now
    host.np.restore(state)
    host.sequence = sequence
    assert host.after(2) == [CONNECTED, ACQUIRED]
