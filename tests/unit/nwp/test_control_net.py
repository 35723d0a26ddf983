"""The control operations on networks and sockets, as a test script uses them."""

import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost

MAC = "02:5e:00:00:00:01"


@pytest.fixture
def host():
    host = NetHost(world=WORLD)
    host.control = host.np.control.call
    return host


def test_every_operation_of_the_table_exists():
    from cc32at.nwp import control_net
    from cc32at.nwp.control import Control

    rows = [line.split("|")[1] for line in control_net.__doc__.splitlines() if line[:2] == "| "]
    named = {name.strip() for row in rows[2:] for name in row.split("/")}
    methods = {n[3:] for n in vars(control_net.NetControl) if n.startswith("op_")}
    assert named == methods
    assert issubclass(Control, control_net.NetControl)


def test_an_access_point_off_and_on(host):
    host.online()
    assert host.control("station")["ssid"] == "office"
    host.control("ap_off", ssid="office")
    assert host.after(1) == ["WLAN_EV_DISCONNECTED"]
    with pytest.raises(ValueError, match="office"):
        host.control("ap_off", ssid="office")
    host.control("ap_on", ssid="office")
    host.online()
    host.control("deauth", reason=8)
    assert host.after(0) == ["WLAN_EV_DISCONNECTED"]
    assert host.take("WLAN_EV_DISCONNECTED")[0].reason == 8


def test_keys_and_failures(host):
    host.control("ap_fails", ssid="office", when="assoc", reason=17)
    host.join()
    host.after(1)
    assert host.take("WLAN_EV_DISCONNECTED")[0].reason == 17
    host.control("ap_key", ssid="office", key="new-password")
    host.join()
    host.after(1)
    assert host.take("WLAN_EV_DISCONNECTED")[0].reason == 15


def test_dhcp_off_and_on(host):
    host.control("dhcp_off", ssid="office")
    host.join()
    assert host.after(4) == ["WLAN_EV_CONNECTED"]
    host.control("dhcp_on", ssid="office")
    assert host.after(3) == ["NETAPP_EV_IPV4_ACQUIRED"]
    assert host.control("lose_lease")
    assert host.control("station")["ip"] == "0.0.0.0"
    host.after(1)
    assert host.control("ip_collision")
    assert not host.control("lose_ipv6")


def test_services_and_requests(host):
    host.online()
    host.control("mdns_appear", name="x._x._tcp.local", ip="10.1.0.5", port=1)
    got = host.command("NETAPP_MDNS_SERVICE_LIST", index=0, max_count=5, flags=3)
    assert got.status == 1
    host.control("mdns_vanish", name="x._x._tcp.local")
    handle = host.control("http_request", uri="/x", body="abc")
    assert host.control("http_answer", handle=handle) is None
    host.send("NETAPP_REQUEST_RESPONSE", b"ok", handle=handle, status=200, payload_len=2)
    answer = host.control("http_answer", handle=handle)
    assert (answer["status"], answer["payload"], answer["complete"]) == (200, b"ok".hex(), True)


def test_sockets_and_frames(host):
    sd = host.command("SOCKET_CREATE", domain=6, type=3, protocol=1).sd
    host.control("air_frame", sd=sd, hex="aabb")
    assert host.received(sd)[0] == 10
    host.send("SOCKET_SEND", struct.pack("<I", 5) + b"hi", sd=sd, len=2)
    assert host.control("air_sent", sd=sd) == [[5, b"hi".hex()]]
    other = host.socket(kind=2)
    host.bind(other, 0)
    rows = host.control("sockets")
    assert [row["sd"] for row in rows] == [sd, other]
    assert rows[1]["host_port"] == host.port_of(other) > 0
    with pytest.raises(ValueError, match="transceiver"):
        host.control("air_frame", sd=other, hex="")
    host.np.power(False)


def test_stations_peers_and_phones_need_their_roles(host):
    assert not host.control("station_join", mac=MAC)
    assert not host.control("p2p_request", mac=MAC)
    assert not host.control("phone_deliver", ssid="office", key="correct-horse")
    assert not host.control("rx_filter_hit", ids=[1])
