"""Applications of the NWP: start and stop, names, services, ping, requests."""

import struct

import pytest

from tests.unit.nwp.netsupport import WORLD, NetHost

HTTP, DHCP, MDNS, DNS_SERVER, DEVICE, DNS_CLIENT, STATUS = (1 << i for i in range(7))
LAB = (
    WORLD
    + """
hosts:
  echo.lab: [10.1.0.7, "2001:db8::7"]
  four.lab: 10.1.0.8
mdns_services:
  - {name: "printer._ipp._tcp.local", host: printer.local, ip: 10.1.0.50, port: 631, text: "a=1"}
  - {name: "web._http._tcp.local", host: web.local, ip: 10.1.0.51, ipv6: "2001:db8::51", port: 80}
pings:
  10.1.0.1: {rtt_ms: 7}
  10.1.0.66: {rtt_ms: 1, loss: 1.0}
  10.1.0.67: {rtt_ms: 10, loss: 0.5}
"""
)


@pytest.fixture
def host():
    return NetHost(world=LAB)


@pytest.fixture
def online(host):
    host.online()
    return host


def put(host, app, option, value=b""):
    return host.command("NETAPP_SET", value, app_id=app, option=option, length=len(value)).status


def get(host, app, option):
    got = host.command("NETAPP_GET", app_id=app, option=option)
    return got.payload if got.status == 0 else got.status


def test_applications_start_and_stop(host):
    assert get(host, STATUS, 0) == struct.pack("<I", HTTP | MDNS)
    for app, code in ((HTTP, -6214), (MDNS, -6213), (DHCP, -6211), (0, -6212), (DEVICE, -6212)):
        assert host.command("NETAPP_START", app_bitmap=app).status == code
    assert host.command("NETAPP_STOP", app_bitmap=HTTP | MDNS).status == 0
    assert get(host, STATUS, 0) == bytes(4)
    assert host.command("NETAPP_STOP", app_bitmap=MDNS).status == -6189
    assert host.command("NETAPP_START", app_bitmap=HTTP).status == 0


@pytest.mark.parametrize(
    ("app", "option", "value"),
    [
        (HTTP, 0, b"\x90\x1f"),
        (HTTP, 1, b"\1"),
        (HTTP, 5, b"\0"),
        (HTTP, 6, b"\x91\x1f"),
        (HTTP, 7, b"\1"),
        (HTTP, 8, b"\1"),
        (MDNS, 2, b"\4\0\0\0"),
        (MDNS, 3, struct.pack("<6I", 1, 2, 3, 4, 5, 6)),
        (DNS_CLIENT, 0, struct.pack("<2H", 1000, 2)),
        (DNS_CLIENT, 2, b"\0"),
    ],
)
def test_settings_are_read_back(host, app, option, value):
    assert put(host, app, option, value) == 0
    assert get(host, app, option) == value


# Options that are strings, and what they may have at most (nwp-protocol 8.5).
STRINGS = [(HTTP, 2, 20), (HTTP, 3, 20), (HTTP, 4, 20), (MDNS, 1, 60), (DEVICE, 0, 32)]
STRINGS += [(DEVICE, 1, 24)]


@pytest.mark.parametrize(("app", "option", "most"), STRINGS)
@pytest.mark.parametrize("nul", [True, False])
def test_strings_have_their_nul_where_there_is_room(nul, app, option, most):
    """Rule 8 of nwp-protocol 5; the request does not tell the room, the documentation does."""
    host = NetHost(world=f"device: {{string_nul: {str(nul).lower()}}}")
    for value in (b"a", b"b" * (most - 1)):
        assert put(host, app, option, value) == 0
        assert get(host, app, option) == (value + b"\0" if nul else value)
    assert put(host, app, option, b"c" * most) == 0
    assert get(host, app, option) == b"c" * most


@pytest.mark.parametrize(
    ("app", "option", "value", "status"),
    [
        (HTTP, 0, bytes(2), -6227),
        (HTTP, 2, bytes(21), -6227),
        (HTTP, 99, b"", -14338),
        (DEVICE, 0, bytes(33), -6218),
        (DEVICE, 0, b"no blanks", -6147),
        (DEVICE, 1, b"", -6148),
        (DEVICE, 1, b"no_lines", -6149),
        (DEVICE, 2, b"name", -14338),
        (DNS_CLIENT, 0, struct.pack("<2H", 2001, 1), -6159),
        (DHCP, 0, bytes(12), -6211),
        (STATUS, 0, bytes(4), -14338),
    ],
)
def test_settings_that_cannot_be(host, app, option, value, status):
    assert put(host, app, option, value) == status


def test_an_empty_name_restores_the_default(host):
    put(host, DEVICE, 0, b"other")
    assert put(host, DEVICE, 0) == 0
    assert get(host, DEVICE, 0) == b"mysimplelink\0"
    assert put(host, HTTP, 9, b"key.pem") == 0
    assert get(host, HTTP, 9) == -14338


# Names


def ask(host, name, family=2):
    return host.command("NETAPP_DNS_BY_NAME", name, name_len=len(name), family=family).status


def test_names_of_the_world(online):
    assert ask(online, b"Echo.lab") == 0
    assert online.after(1) == ["NETAPP_DNS_BY_NAME_DONE_V4"]
    fields, _ = online.take("NETAPP_DNS_BY_NAME_DONE_V4")
    assert (fields.status, fields.ip) == (0, 0x0A010007)


@pytest.mark.parametrize(
    ("name", "family", "status"),
    [(b"nobody.lab", 2, -6154), (b"echo.lab", 3, -6205), (b"other.local", 2, -6150)],
)
def test_names_that_are_not_found(online, name, family, status):
    assert ask(online, name, family) == 0
    online.after(30)
    fields, _ = online.take(f"NETAPP_DNS_BY_NAME_DONE_V{4 if family == 2 else 6}")
    assert fields.status == status


def test_literals_and_localhost_need_no_network(host):
    for name, ip in ((b"localhost", 0x7F000001), (b"10.9.8.7", 0x0A090807)):
        assert ask(host, name) == 0
        host.after(1)
        fields, _ = host.take("NETAPP_DNS_BY_NAME_DONE_V4")
        assert (fields.status, fields.ip) == (0, ip)
    assert ask(host, b"echo.lab") == 0
    host.after(1)
    assert host.take("NETAPP_DNS_BY_NAME_DONE_V4")[0].status == -6152


def test_ipv6_names():
    world = LAB.replace("security: open,", "security: open, ipv6: {prefix: '2001:db8::'},")
    host = NetHost(world=world)
    host.command("NETCFG_SET", struct.pack("<I", 12), config_id=6, option=0, length=4)
    host.join(b"guests", b"", 0)
    host.after(2)
    for name, status in ((b"echo.lab", 0), (b"four.lab", -6167)):
        ask(host, name, 3)
        host.after(1)
        fields, _ = host.take("NETAPP_DNS_BY_NAME_DONE_V6")
        assert fields.status == status
        assert fields.ip == ([0x20010DB8, 0, 0, 7] if status == 0 else [0] * 4)


def test_no_way_out_of_this_network():
    host = NetHost(
        world=LAB.replace("key: correct-horse,", "key: correct-horse, internet: false,")
    )
    host.online()
    put(host, DNS_CLIENT, 0, struct.pack("<2H", 500, 2))
    ask(host, b"echo.lab")
    assert host.after(0.9) == []
    host.after(0.2)
    assert host.take("NETAPP_DNS_BY_NAME_DONE_V4")[0].status == -6150


@pytest.mark.parametrize(("name", "family", "status"), [(b"", 2, -6159), (b"x", 9, -6206)])
def test_queries_that_cannot_be(host, name, family, status):
    assert ask(host, name, family) == status


def test_one_query_at_a_time(online):
    assert ask(online, b"echo.lab") == 0
    assert ask(online, b"four.lab") == -6209


# Services


def services(host, index=0, count=10, kind=1):
    got = host.command("NETAPP_MDNS_SERVICE_LIST", index=index, max_count=count, flags=kind)
    return got.status, got.payload


@pytest.mark.parametrize(
    ("kind", "record", "number"),
    [
        (1, "service_full_text_v4", 2),
        (2, "service_full_v4", 2),
        (3, "service_short_v4", 2),
        (4, "service_full_text_v6", 1),
        (5, "service_full_v6", 1),
        (6, "service_short_v6", 1),
    ],
)
def test_service_list(online, kind, record, number):
    status, payload = services(online, kind=kind)
    size = online.np.protocol.structs[record].size
    assert (status, len(payload)) == (number, number * size)
    last = online.np.protocol.unpack(record, payload[-size:])
    assert last.port == 80
    if "full" in record:
        assert last.host.rstrip(b"\0") == b"web.local"


def test_service_list_edges(host):
    assert services(host) == (0, b"")
    host.online()
    assert services(host, kind=7)[0] == -6201
    assert services(host, index=2)[0] == -6193
    assert services(host, count=1)[0] == 1
    put(host, MDNS, 2, struct.pack("<I", 1))
    assert services(host)[0] == 1
    host.command("NETAPP_STOP", app_bitmap=MDNS)
    assert services(host)[0] == -6189


def test_the_list_stays_below_1480_bytes(online):
    for i in range(8):
        online.np.world.add("mdns_services", name=f"s{i}._ftp._tcp.local", ip="10.1.0.9", port=21)
    status, payload = services(online)
    assert (status, len(payload)) == (3, 3 * 388)


def by_service(host, name, family=2):
    return host.command("NETAPP_HOST_BY_SERVICE", name, name_len=len(name), family=family).status


def test_host_by_service(online):
    assert by_service(online, b"printer._ipp._tcp.local") == 0
    online.after(1)
    fields, _ = online.take("NETAPP_HOST_BY_SERVICE_DONE_V4")
    assert (fields.status, fields.port, fields.ip) == (0, 631, 0x0A010032)
    assert fields.text == b"a=1"
    assert by_service(online, b"_http._tcp.local", 3) == 0
    online.after(1)
    assert online.take("NETAPP_HOST_BY_SERVICE_DONE_V6")[0].ip == [0x20010DB8, 0, 0, 0x51]
    assert by_service(online, b"none._x._tcp.local") == 0
    assert online.after(1) == []
    online.after(2)
    assert online.take("NETAPP_HOST_BY_SERVICE_DONE_V4")[0].status == -6186


def register(host, name, text=b"", options=0x80000000, port=80, ttl=120):
    fields = {"name_len": len(name), "text_len": len(text), "port": port, "ttl": ttl}
    return host.command("NETAPP_MDNS_REGISTER", name + text, options=options, **fields).status


def test_services_of_ours(host):
    name = b"me._http._tcp.local"
    assert register(host, name, b"x=1") == 0
    assert register(host, name, b"x=1") == -6195
    assert register(host, name, b"x=2") == -6196
    assert register(host, name, b"x=2", 0xA0000000) == 0
    assert register(host, b"bad name") == -6197
    assert register(host, b"other._x._tcp.local", b"", 0xA0000000) == -6197
    host.power_cycle()
    assert register(host, name, b"x=2") == -6195
    for i in range(4):
        assert register(host, b"s%d._x._tcp.local" % i) == 0
    assert register(host, b"s9._x._tcp.local") == -6194
    assert register(host, name, options=0) == 0
    assert register(host, name, options=0) == -6197


def test_a_service_that_is_not_kept(host):
    assert register(host, b"me._http._tcp.local", options=0xC0000000) == 0
    host.power_cycle()
    assert register(host, b"me._http._tcp.local") == 0


# Ping


def ping(host, ip=0x0A010001, attempts=3, flags=0, interval=1000, size=32, timeout=500):
    return host.command(
        "NETAPP_PING_V4",
        ip0=ip,
        attempts=attempts,
        flags=flags,
        interval_ms=interval,
        size=size,
        timeout_ms=timeout,
    ).status


def reports(host):
    found = [e[1] for e in host.events if e[0] == "NETAPP_PING_REPORT"]
    host.events.clear()
    return [(r.sent, r.received, r.rtt_avg) for r in found]


def test_ping_reports_at_the_end(online):
    assert ping(online) == 0
    assert online.after(2) == []
    online.after(1)
    assert reports(online) == [(3, 3, 7)]


def test_ping_reports_each_time_and_stops_at_the_first_success(online):
    ping(online, flags=1)
    online.after(5)
    assert reports(online) == [(1, 1, 7), (2, 2, 7), (3, 3, 7)]
    ping(online, flags=2, attempts=9)
    online.after(1)
    assert reports(online) == [(1, 1, 7)]


def test_lost_pings(online):
    ping(online, ip=0x0A010042)
    online.after(10)
    assert reports(online) == [(3, 0, 0)]
    ping(online, ip=0x0A010063)
    online.after(10)
    assert reports(online) == [(3, 0, 0)]
    ping(online, ip=0x0A010043, attempts=40, interval=100, timeout=100)
    online.after(10)
    sent, received, _ = reports(online)[0]
    assert sent == 40
    assert 5 < received < 35


def test_endless_ping_is_stopped_by_destination_0(online):
    assert ping(online, attempts=0, flags=1, interval=100) == 0
    online.after(1)
    assert len(reports(online)) == 10
    assert ping(online, ip=0) == 1
    assert [e[0] for e in online.drain()] == ["NETAPP_PING_REPORT"]
    assert online.after(5) == []
    assert ping(online, ip=0) == 0


def test_pings_that_cannot_be(host):
    assert ping(host) == -6222
    assert ping(host, ip=0x7F000001) == 0
    assert ping(host, ip=0x7F000001) == -6226
    host.after(5)
    assert ping(host, ip=0x7F000001, size=20000) == -6220
    assert ping(host, ip=0x7F000001, size=1473, flags=4) == -6220


def test_ping_over_ipv6(host):
    words = {"ip0": 0, "ip1": 0, "ip2": 0, "ip3": 1}
    assert host.command("NETAPP_PING_V6", attempts=1, timeout_ms=100, **words).status == 0
    host.after(1)
    assert reports(host) == [(1, 1, 0)]
    assert host.command("NETAPP_PING_V6", ip0=0, ip1=0, ip2=0, ip3=0).status == 0


def test_flushes_are_answered_with_their_own_opcodes(host):
    assert host.command("NETAPP_ARP_FLUSH").status == 0
    assert host.command("NETAPP_ND_FLUSH").status == 0


# Requests to the HTTP server


def test_request_and_answer(host):
    http = host.np.groups["netapp_http"]
    handle = http.request("/api", "PUT", b"on", "a=1", {"HTTP_USER_AGENT": "lab"})
    host.after(0)
    fields, _ = host.take("NETAPP_EV_REQUEST")
    assert (fields.app_id, fields.request_type, fields.handle) == (1, 3, handle)
    assert fields.metadata[:4] == b"\1\1\0\1"
    assert b"\2\4\0/api" in fields.metadata
    assert fields.payload == b"on"
    head = b"\0\2\0\xc8\0"
    host.send(
        "NETAPP_REQUEST_RESPONSE",
        head + b"done",
        handle=handle,
        status=200,
        metadata_len=len(head),
        payload_len=4,
    )
    answer = http.answer(handle)
    assert answer == {
        "status": 200,
        "metadata": {0: b"\xc8\0"},
        "payload": b"done",
        "complete": True,
    }
    host.send("NETAPP_REQUEST_RESPONSE", handle=handle, status=404)
    assert host.np.counters["answers_unasked"] == 1


def test_long_bodies_in_pieces_both_ways(host):
    http = host.np.groups["netapp_http"]
    body = bytes(i & 0xFF for i in range(4000))
    handle = http.request("/up", "POST", body)
    host.after(0)
    fields, _ = host.take("NETAPP_EV_REQUEST")
    assert fields.flags == 1
    got = fields.payload
    more = True
    while more:
        host.send("NETAPP_RECEIVE_REQUEST", handle=handle, max_len=1000)
        fields, _ = host.wait("NETAPP_RECEIVE")
        got += fields.payload
        more = fields.flags & 1
    assert got == body
    fields = {"handle": handle, "status": 200, "payload_len": 100, "flags": 1}
    host.send("NETAPP_REQUEST_RESPONSE", bytes(100), **fields)
    assert host.command("NETAPP_SEND", bytes(50), handle=handle, data_len=50, flags=5).status == 0
    assert host.command("NETAPP_SEND", b"end", handle=handle, data_len=3, flags=0).status == 0
    assert http.answer(handle)["payload"] == bytes(150) + b"end"
    assert host.command("NETAPP_SEND", b"x", handle=handle, data_len=1, flags=0).status == -6216
    assert host.command("NETAPP_SEND", b"x", handle=99, data_len=1, flags=0).status == -6216


def test_a_pending_answer_gets_its_status_later(host):
    http = host.np.groups["netapp_http"]
    handle = http.request("/slow")
    host.send("NETAPP_REQUEST_RESPONSE", handle=handle, status=1, flags=1)
    late = b"\0\2\0\x90\1"
    host.command("NETAPP_SEND", late, handle=handle, data_len=5, flags=2)
    assert http.answer(handle)["status"] == 400


def test_a_wrong_handle_yields_no_data(host):
    host.send("NETAPP_RECEIVE_REQUEST", handle=77, max_len=100)
    fields, _ = host.wait("NETAPP_RECEIVE")
    assert (fields.handle, fields.payload_len, fields.flags) == (77, 0, 0)


def test_tokens(host):
    http = host.np.groups["netapp_http"]
    assert http.get_token("__SL_G_T")
    host.after(0)
    assert host.take("NETAPP_EV_HTTP_GET_TOKEN")[0]["name"] == b"__SL_G_T"
    host.send("NETAPP_HTTP_SEND_TOKEN", b"21.5", value_len=4, name_len=8, name=b"__SL_G_T")
    assert http.token_values() == {"__SL_G_T": b"21.5"}
    assert http.post_token("go", "led", "on")
    host.after(0)
    fields, _ = host.take("NETAPP_EV_HTTP_POST_TOKEN")
    assert (fields.action, fields["name"], fields.value) == (b"go", b"led", b"on")


def test_requests_of_the_world_arrive_in_time_while_somebody_serves():
    host = NetHost(world="http_requests: [{uri: /a, at_s: 1}, {uri: /b, at_s: 2}]")
    assert host.after(1.5) == ["NETAPP_EV_REQUEST"]
    host.command("NETAPP_STOP", app_bitmap=HTTP)
    assert host.after(1) == []
