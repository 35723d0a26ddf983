"""Events as lines, every id of guide tables 62-66 (guide-style section 8, rules V4-V7, L5)."""

import re

import pytest

from tests.target import repl

pytestmark = pytest.mark.world
MAC, SHOWN = "02:1a:11:f0:00:0a", "0x2:0x1a:0x11:0xf0:0x0:0xa"
NET = {"ssid": "MyAP", "ssid_len": 4, "bssid": MAC}
PEER = {"go_name": "phone", "go_name_len": 5}
SIX = (0xFE800000, 0, 0, 0x1234)
SIX_SHOWN = "0xfe800000:0x0:0x0:0x1234"
REASONS = ["GENERAL_ERROR", "NETWORK_NOT_FOUND", "CONNECTION_FAILED", "IP_NOT_ACQUIRED"]
REASONS += ["FEEDBACK_FAILED", "SUCCESS", "ABORT", "INVALID_PARAM", "HTTP_SERVER_DISABLED"]
REASONS += ["PROFILE_LIST_FULL", "PROVISIONING_ALREADY_STARTED", "AUTO_STARTED", "STOPPED"]
REASONS += ["SMART_CONFIG_SYNCED", "SMART_CONFIG_SYNC_TIMEOUT", "WLAN_CONNECT", "IP_ACQUIRED"]
REASONS += ["EXT_CFG_READY"]  # at-commands 18, event_provisioning_status
WPS = ["DEFAULT", "PIN_USER", "PIN_MACHINE", "REKEY", "PBC", "REGISTRAR"]
STATES = ["DISCONNECTED", "SCANING", "CONNECTING", "CONNECTED"]


def ip(text: str) -> int:
    a, b, c, d = map(int, text.split("."))
    return a << 24 | b << 16 | c << 8 | d


# name of the opcode, its fields, the line behind the name of the event
EVENTS = [
    ("WLAN_EV_CONNECTED", NET, f"Wlan: CONNECT,MyAP,{SHOWN}"),
    ("WLAN_EV_CONNECTED", {**NET, "ssid": "s" * 32, "ssid_len": 32},
     f"Wlan: CONNECT,{'s' * 32},{SHOWN}"),
    ("WLAN_EV_CONNECTED", {**NET, "ssid_len": 0}, f"Wlan: CONNECT,,{SHOWN}"),
    ("WLAN_EV_CONNECTED", {**NET, "ssid": "a,b;", "ssid_len": 4}, f'Wlan: CONNECT,"a,b;",{SHOWN}'),
    ("WLAN_EV_DISCONNECTED", {**NET, "reason": 200}, f"Wlan: DISCONNECT,MyAP,{SHOWN},200"),
    ("WLAN_EV_STA_ADDED", {"mac": MAC}, f"Wlan: STA_ADDED,{SHOWN}"),
    ("WLAN_EV_STA_REMOVED", {"mac": MAC}, f"Wlan: STA_REMOVED,{SHOWN}"),
    ("WLAN_EV_P2P_CONNECTED", {**NET, **PEER}, f"Wlan: P2P_CONNECT,MyAP,{SHOWN},phone"),
    ("WLAN_EV_P2P_CONNECTED", {**NET}, f"Wlan: P2P_CONNECT,MyAP,{SHOWN},"),
    ("WLAN_EV_P2P_DISCONNECTED", {**NET, **PEER, "reason": 3},
     f"Wlan: P2P_DISCONNECT,MyAP,{SHOWN},3,phone"),
    ("WLAN_EV_P2P_CLIENT_ADDED",
     {"mac": MAC, "name": "phone", "name_len": 5, "own_ssid": "DIRECT", "own_ssid_len": 6},
     f"Wlan: P2P_CLIENT_ADDED,{SHOWN},phone,DIRECT"),
    ("WLAN_EV_P2P_CLIENT_REMOVED",
     {"mac": MAC, "name": "phone", "name_len": 5, "own_ssid": "DIRECT", "own_ssid_len": 6},
     f"Wlan: P2P_CLIENT_REMOVED,{SHOWN},phone,DIRECT"),
    *[("WLAN_EV_P2P_DEV_FOUND", {"name": "phone", "name_len": 5, "mac": MAC, "wps_method": i},
       f"Wlan: P2P_DEVFOUND,phone,{SHOWN},{word}") for i, word in enumerate(WPS)],
    ("WLAN_EV_P2P_REQUEST", {"name": "phone", "name_len": 5, "mac": MAC, "wps_method": 4},
     f"Wlan: P2P_REQUEST,phone,{SHOWN},PBC"),
    ("WLAN_EV_P2P_REQUEST", {"name": "phone", "name_len": 5, "mac": MAC, "wps_method": 77},
     f"Wlan: P2P_REQUEST,phone,{SHOWN},77"),
    *[("WLAN_EV_P2P_CONNECT_FAIL", {"status": i}, f"Wlan: P2P_CONNECTFAIL,{word}")
      for i, word in enumerate(STATES)],
    ("WLAN_EV_P2P_CONNECT_FAIL", {"status": 9}, "Wlan: P2P_CONNECTFAIL,9"),
    *[("WLAN_EV_PROVISIONING_STATUS", {"status": i}, f"Wlan: PROVISIONING_STATUS,{word}")
      for i, word in enumerate(REASONS)],
    ("WLAN_EV_PROVISIONING_STATUS", {"status": 99}, "Wlan: PROVISIONING_STATUS,99"),
    ("WLAN_EV_PROVISIONING_PROFILE_ADDED", {"status": 5, "ssid": "MyAP", "ssid_len": 4},
     "Wlan: PROVISIONING_PROFILE_ADDED,SUCCESS,MyAP"),
    ("NETAPP_EV_IPV4_ACQUIRED",
     {"ip": ip("192.168.1.5"), "gateway": ip("192.168.1.1"), "dns": ip("8.8.8.8")},
     "NetApp: IPV4_ACQUIRED,192.168.1.5,192.168.1.1,8.8.8.8"),
    ("NETAPP_EV_IPV4_ACQUIRED", {"ip": 0xFFFFFFFF, "gateway": 0, "dns": 0},
     "NetApp: IPV4_ACQUIRED,255.255.255.255,0.0.0.0,0.0.0.0"),
    ("NETAPP_EV_IPV6_ACQUIRED", {"ip": SIX, "dns": (0, 0, 0, 0)},
     f"NetApp: IPV6_ACQUIRED,{SIX_SHOWN},0x0:0x0:0x0:0x0"),
    ("NETAPP_EV_IP_COLLISION",
     {"ip": ip("10.0.0.9"), "dhcp_mac": "02:00:00:00:00:01", "conflict_mac": MAC},
     f"NetApp: ip_collision,10.0.0.9,0x2:0x0:0x0:0x0:0x0:0x1,{SHOWN}"),
    ("NETAPP_EV_DHCPV4_LEASED", {"ip": ip("10.0.0.9"), "lease_time": 86400, "mac": MAC},
     f"NetApp: IP_LEASED,10.0.0.9,86400,{SHOWN}"),
    ("NETAPP_EV_DHCPV4_LEASED", {"ip": ip("10.0.0.9"), "lease_time": 0xFFFFFFFF, "mac": MAC},
     f"NetApp: IP_LEASED,10.0.0.9,4294967295,{SHOWN}"),
    ("NETAPP_EV_DHCPV4_RELEASED", {"ip": ip("10.0.0.9"), "mac": MAC, "reason": 2},
     f"NetApp: IP_RELEASED,10.0.0.9,{SHOWN},2"),
    ("NETAPP_EV_IPV4_LOST", {"status": -4112}, "NetApp: IPV4_LOST,-4112"),
    ("NETAPP_EV_IPV4_LOST", {"status": 0}, "NetApp: IPV4_LOST,0"),
    ("NETAPP_EV_DHCP_TIMEOUT", {"status": -110}, "NetApp: dhcp_ipv4_acquire_timeout,-110"),
    ("NETAPP_EV_IPV6_LOST", {"ip": SIX}, f"NetApp: IPV6_LOST,{SIX_SHOWN}"),
    ("SOCKET_EV_TX_FAILED", {"status": -104, "sd": 3}, "Sock: TX_FAILED,3,-104"),
    *[("SOCKET_EV_ASYNC", {"sd": 5, "type": i, "value": -340}, f"Sock: ASYNC_EVENT,5,{word},-340")
      for i, word in ((0, "SSL_ACCEPT"), (1, "RX_FRAG_TOO_BIG"), (2, "OTHER_SIDE_CLOSE_SSL"),
                      (3, "CONNECTED_SECURED"), (4, "4"), (5, "WRONG_ROOT_CA"), (77, "77"))],
    ("DEVICE_GENERAL_ERROR", {"status": -5, "sender": 0}, "General: ERROR,-5,OTHER"),
    ("DEVICE_GENERAL_ERROR", {"status": -14341, "sender": 1}, "General: ERROR,-14341,WLAN"),
    ("DEVICE_GENERAL_ERROR", {"status": -5, "sender": 2}, "General: ERROR,-5,NETCFG"),
    ("DEVICE_GENERAL_ERROR", {"status": -5, "sender": 3}, "General: ERROR,-5,NETAPP"),
    ("DEVICE_GENERAL_ERROR", {"status": -5, "sender": 4}, "General: ERROR,-5,SECURITY"),
    ("DEVICE_GENERAL_ERROR", {"status": -5, "sender": 42}, "General: ERROR,-5,42"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "fields", "line"), EVENTS)
def test_an_event_is_one_line_with_all_its_fields(talk, world, name, fields, line):
    world.control.call("event", name=name, fields=fields)
    talk.sleep(0.2)
    assert talk.lines == [f"+Event{line}"]


def test_what_the_guide_does_not_list_says_nothing(talk, world):
    world.control.call("event", name="WLAN_EV_RX_FILTER", type=0, user_ids=bytes(8))
    world.control.call("event", name="WLAN_EV_LINK_QUALITY", data=1, trigger_id=2)
    talk.sleep(0.5)
    assert talk.lines == []
    talk.ok("AT+Test")


def test_a_frame_that_is_too_short_stops_nothing(talk, world):
    for opcode in (0x0880, 0x0881, 0x1825, 0x1A25, 0x100F, 0x0892, 0x089A):
        world.control.call("message", opcode=opcode)
    talk.sleep(0.5)
    assert all(re.fullmatch(r"\+Event[A-Za-z]+: .+", line) for line in talk.lines)
    talk.ok("AT+Test")
    assert talk.value("AT+WlanGet=Connection,") == "sta,disconnected,,,,"


def test_a_length_of_a_name_beyond_its_field_is_cut(talk, world):
    fields = {**NET, "ssid": "s" * 32, "ssid_len": 255}
    world.control.call("event", name="WLAN_EV_CONNECTED", fields=fields)
    talk.sleep(0.2)
    assert talk.lines == [f"+EventWlan: CONNECT,{'s' * 32},{SHOWN}"]


@pytest.mark.parametrize("kind", [0, 17, 0xFFFFFFFF])
def test_a_device_abort_tells_type_and_data_unsigned(talk, world, kind):
    world.abort(kind, 0x80000000)
    assert talk.event() == f"+EventFatalError: DEVICE_ABORT,{kind},2147483648"


def test_many_events_keep_their_order(talk, world):
    for i in range(30):
        world.control.call("event", name="SOCKET_EV_TX_FAILED", sd=i % 16, status=-i)
    talk.sleep(1)
    assert talk.lines == [f"+EventSock: TX_FAILED,{i % 16},{-i}" for i in range(30)]


STORM = """
import atcore, simplelink
from atcore.commands import ALL, device
core = atcore.create(simplelink.SimpleLink(), ALL)
for i in range(1000):  # TX_FAILED of socket 3, its status a number of its own
    core.on_event(0x100E, i.to_bytes(2, "little") + bytes((3, 0)))
core.send(b"AT+Test")
buf = bytearray(64)
n = core.rcv(buf, True)
while n:
    print(str(buf[:n], "ascii"))
    n = core.rcv(buf, True)
"""


@pytest.mark.prompt
def test_of_a_thousand_events_that_nobody_reads_the_lost_are_counted_and_told_once(at):
    """TESTS 12; DESIGN: the oldest go, which is said where they are missing."""
    first, *rest = repl.once(at, STORM).split("\r\n")[:-1]
    assert rest.pop() == "OK"
    assert first == f"+EventLost: {1000 - len(rest)}" and rest
    kept = range(1000 - len(rest), 1000)
    assert rest == [f"+EventSock: TX_FAILED,3,{i}" for i in kept]
