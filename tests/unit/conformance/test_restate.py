"""Lines that the vendor's core prints wrong, told anew from what is on the wire."""

import struct

import pytest

from cc32at.conformance import deviations
from cc32at.conformance.cases import Case, Exchange, Step
from cc32at.conformance.compare import Said
from cc32at.conformance.judge import Alone, judge
from cc32at.nwp.codec import align4, protocol

S32, P32 = b"S" * 32, b"P" * 32
MAC = bytes(range(0x21, 0x27))
TAIL, WHOLE = "0x22:0x23:0x24:0x25:0x26", "0x21:0x22:0x23:0x24:0x25:0x26"
RULES = {style: deviations.load(style=style) for style in ("ti", "guide")}


def message(title: str, payload: bytes = b"", **values) -> bytes:
    """A message of the network processor."""
    row = protocol().opcodes[title]
    arguments = row.response.pack(values)
    content = arguments.ljust(align4(len(arguments)), b"\0") + payload
    head = struct.pack(
        "<HHBBHHH", row.response_opcode or row.opcode, 8 + len(content), 24, 0, 6, 0, 0
    )
    return bytes.fromhex("bddccdab") + head + content


def record(title: str, **values) -> bytes:
    return protocol().structs[title].pack(values)


NETWORK = {"ssid": b"N", "ssid_len": 1, "bssid": MAC, "rssi": -1 & 0xFF, "channel": 6}
CASES = [  # rules, line, recorded, printed, message
    (
        "value-without-keyword",
        None,
        "+eventsock:async_event,1,-456",
        "+eventsock:async_event,1,4,-456",
        message("SOCKET_EV_ASYNC", sd=1, type=4, value=-456),
    ),
    (
        "value-without-keyword",
        None,
        "+eventwlan:p2p_connectfail,",
        "+eventwlan:p2p_connectfail,4",
        message("WLAN_EV_P2P_CONNECT_FAIL", status=4),
    ),
    (
        "value-without-keyword",
        None,
        "+eventwlan:provisioning_status,sta,My,AP",
        "+eventwlan:provisioning_status,18,sta,9,My,AP",
        message(
            "WLAN_EV_PROVISIONING_STATUS", status=18, wlan_status=9, ssid_len=5, ssid=b"My,AP"
        ),
    ),
    (
        "value-without-keyword",
        b"AT+WlanScan=0,1",
        f"+wlanscan:N,{WHOLE},-1,6,1,psk\nOK",
        f"+wlanscan:N,{WHOLE},-1,6,7,1,3,psk\nOK",
        message(
            "WLAN_SCAN_RESULTS_GET",
            record("network_entry", **NETWORK, security_info=7 << 8 | 1 << 13 | 3 << 4 | 2 << 11),
            status=1,
        ),
    ),
    (
        "value-without-keyword",
        b"AT+Get=Status,WLAN",
        "+get:wlanasynconnectedresponse|\nOK",
        "+get:wlanasynconnectedresponse|0x100\nOK",
        message("DEVICE_GET", struct.pack("<I", 0x101)),
    ),
    (
        "value-without-keyword",
        b"AT+Get=Status,WLAN",
        "+get:rx_filters\nOK",
        "+get:rx_filters|0x100\nOK",
        message("DEVICE_GET", struct.pack("<I", 0x80000100)),
    ),
    (
        "value-without-keyword",
        b"AT+Get=Status,BSD",
        "+get:\nOK",
        "+get:0x2\nOK",
        message("DEVICE_GET", struct.pack("<I", 2)),
    ),
    (
        "value-without-keyword",
        b"AT+NetAPPGet=MDNS,QEVENT_MASK",
        "+netappget:ipp|\nOK",
        "+netappget:ipp|0x80000000\nOK",
        message("NETAPP_GET", struct.pack("<I", 0x80000001), app_id=4, option=2),
    ),
    (
        "value-without-keyword",
        b"AT+GetSockOpt=0,SOCKET,SECMETHOD",
        "+getsockopt:\nOK",
        "+getsockopt:9\nOK",
        message("SOCKET_GETSOCKOPT", struct.pack("<I", 9)),
    ),
    (
        "value-without-keyword",
        b"AT+GetSockOpt=0,PHY,PHY_TX_INHIBIT_THRESHOLD",
        "+getsockopt:\nOK",
        "+getsockopt:7\nOK",
        message("SOCKET_GETSOCKOPT", struct.pack("<I", 7)),
    ),
    (
        "value-without-keyword",
        b"AT+WlanPolicyGet=SCAN",
        "+wlanpolicyget:\nOK",
        "+wlanpolicyget:2,30\nOK",
        message("WLAN_POLICY_GET", struct.pack("<I", 30), option=2, value_len=4),
    ),
    (
        "value-without-keyword",
        b"AT+WlanPolicyGet=PM",
        "+wlanpolicyget:\nOK",
        "+wlanpolicyget:7,\nOK",
        message("WLAN_POLICY_GET", option=7),
    ),
    (
        "value-without-keyword",
        b"AT+WlanPolicyGet=P2P",
        "+wlanpolicyget:passive\nOK",
        "+wlanpolicyget:5,passive\nOK",
        message("WLAN_POLICY_GET", option=5 | 1 << 5),
    ),
    (
        "value-without-keyword",
        b"AT+NetCfgGet=IPV4_STA_ADDR",
        "+netcfgget:1.2.3.4,1.1.1.1,1.1.1.1,8.8.8.8\nOK",
        "+netcfgget:3,1.2.3.4,1.1.1.1,1.1.1.1,8.8.8.8\nOK",
        message("NETCFG_GET", bytes(16), option=3),
    ),
    (
        "value-without-keyword",
        b"AT+WlanGet=CONNECTION,",
        f"+wlanget:station_connected,A,{WHOLE}\nOK",
        f"+wlanget:9,station_connected,14,A,{WHOLE}\nOK",
        message(
            "WLAN_CFG_GET",
            record(
                "connection_info", mode=9, status=1, sec_type=14, ssid_len=1, ssid=b"A", bssid=MAC
            ),
        ),
    ),
    (
        "true-sender",
        None,
        "+eventgeneral:error,-5,",
        "+eventgeneral:error,-5,other",
        message("DEVICE_GENERAL_ERROR", status=-5, sender=0),
    ),
    (
        "true-sender",
        None,
        "+eventgeneral:error,-5,security",
        "+eventgeneral:error,-5,5",
        message("DEVICE_GENERAL_ERROR", status=-5, sender=5),
    ),
    (
        "true-sender",
        None,
        "+eventgeneral:error,-5,",
        "+eventgeneral:error,-5,9",
        message("DEVICE_GENERAL_ERROR", status=-5, sender=9),
    ),
    (
        "ssid-of-32-bytes",
        None,
        f"+eventwlan:p2p_disconnect,{S32.decode()},0x0:{TAIL},3,go",
        f"+eventwlan:p2p_disconnect,{S32.decode()},{WHOLE},3,go",
        message(
            "WLAN_EV_P2P_DISCONNECTED",
            ssid_len=32,
            ssid=S32,
            bssid=MAC,
            reason=3,
            go_name_len=2,
            go_name=b"go",
        ),
    ),
    (
        "ssid-of-32-bytes",
        None,
        f"+eventwlan:p2p_client_added,{WHOLE},{P32.decode()},",
        f"+eventwlan:p2p_client_added,{WHOLE},{P32.decode()},mine",
        message(
            "WLAN_EV_P2P_CLIENT_ADDED",
            mac=MAC,
            name_len=32,
            name=P32,
            own_ssid_len=4,
            own_ssid=b"mine",
        ),
    ),
    (
        "ssid-of-32-bytes",
        b"AT+WlanScan=0,2",
        f"+wlanscan:{S32.decode()}!\x22#$%&\x20\xff\x80\x12\6,{WHOLE},-1,6,wpa,0,ccmp,psk\0\0\n"
        f"+wlanscan:N,{WHOLE},-1,6,wpa,0,ccmp,psk\nOK",
        f"+wlanscan:{S32.decode()},{WHOLE},-1,6,wpa,0,ccmp,psk\n"
        f"+wlanscan:N,{WHOLE},-1,6,wpa,0,ccmp,psk\nOK",
        message(
            "WLAN_SCAN_RESULTS_GET",
            record(
                "network_entry", **NETWORK | {"ssid": S32, "ssid_len": 32}, security_info=0x1280
            )
            + record("network_entry", **NETWORK, security_info=0x1280),
            status=2,
        ),
    ),
    *(
        (
            "ssid-of-32-bytes",
            b"AT+WlanGet=CONNECTION,",
            f"+wlanget:sta,station_connected,wpa_wpa2,{S32.decode()}{vendor}\nOK",
            f"+wlanget:sta,station_connected,wpa_wpa2,{S32.decode()},{WHOLE}\nOK",
            message(
                "WLAN_CFG_GET",
                record(
                    "connection_info",
                    mode=0,
                    status=1,
                    sec_type=2,
                    ssid_len=32,
                    ssid=S32,
                    bssid=MAC,
                    channel=6,
                ),
            ),
        )
        for vendor in (f",0x0:{TAIL}", f'!"#$%&\6,{WHOLE}')
    ),
    (
        "string-without-terminator",
        b"AT+WlanGet=AP,SSID",
        f"+wlanget:{S32.decode()}\x10\x20@\nOK",
        f"+wlanget:{S32.decode()}\nOK",
        message("WLAN_CFG_GET", S32, length=32),
    ),
    (
        "every-station",
        b"AT+NetCfgGet=AP_STATIONS_INFO",
        f"+netcfgget:10.1.1.2,{WHOLE},a;10.1.1.2,{WHOLE},a;10.1.1.2,{WHOLE},a\nOK",
        f"+netcfgget:10.1.1.2,{WHOLE},a;10.1.1.3,{WHOLE},b;10.1.1.4,{WHOLE},c\nOK",
        message(
            "NETCFG_GET",
            b"".join(
                record("ap_station_info", ip=0x0A010102 + n, mac=MAC, name=name)
                for n, name in enumerate((b"a", b"b", b"c"))
            ),
        ),
    ),
    (
        "ipv6-accept",
        b"AT+Accept=0,INET6",
        "OK",
        "OK\n+accept:5,inet6,80,0xfe800000:0x0:0x0:0x1\nOK",
        message(
            "SOCKET_ACCEPT_DONE_V6",
            status=5,
            family=3,
            port=b"\0\x50",
            ip=bytes.fromhex("fe800000000000000000000000000001"),
        ),
    ),
]
GUIDE = [
    (
        "provisioning-status",
        None,
        f"+eventwlan:provisioning_status,{vendor}",
        f"+eventwlan:provisioning_status,{guide}",
        message(
            "WLAN_EV_PROVISIONING_STATUS",
            status=status,
            role=role,
            wlan_status=wlan,
            ssid_len=4,
            ssid=b"MyAP",
        ),
    )
    for vendor, guide, status, role, wlan in (
        ("success,sta,connected,MyAP", "success", 5, 0, 3),
        ("p2p,scaning,MyAP", "18", 18, 3, 1),
        ("abort,MyAP", "abort", 6, 9, 9),
    )
]


def verdict(line, recorded, printed, wire, style="ti"):
    texts = tuple(text.encode("latin-1") for text in recorded.split("\n"))
    step = Step("at" if line else "event", line, (Exchange(b"", frozenset(), (wire,)),), texts)
    case = Case("x", "x", (), "", (step,))
    said = Said(b"".join(t.encode("latin-1") + b"\r\n" for t in printed.split("\n")), ())
    return judge(Alone(case, [said], style), RULES[style])


@pytest.mark.parametrize(("name", "line", "recorded", "printed", "wire"), CASES)
@pytest.mark.parametrize("style", ["ti", "guide"])
def test_a_line_is_what_the_wire_tells(name, line, recorded, printed, wire, style):
    if style == "guide" and "provisioning_status" in recorded:
        return  # a rule of its own
    found = verdict(line, recorded, printed, wire, style)
    assert [r.name for f in found.findings for r in f.rules] == [name]


@pytest.mark.parametrize(("name", "line", "recorded", "printed", "wire"), GUIDE)
def test_a_line_of_style_guide_is_what_the_wire_tells(name, line, recorded, printed, wire):
    found = verdict(line, recorded, printed, wire, "guide")
    assert [r.name for f in found.findings for r in f.rules] == [name]


@pytest.mark.parametrize(("name", "line", "recorded", "printed", "wire"), CASES)
@pytest.mark.parametrize("side", ["recorded", "printed"])
def test_no_character_of_it_may_be_another(name, line, recorded, printed, wire, side):
    texts = {"recorded": recorded, "printed": printed}
    for at, char in enumerate(texts[side]):
        if char.isalnum():
            other = texts[side][:at] + chr(ord(char) ^ 1) + texts[side][at + 1 :]
            assert verdict(line, **texts | {side: other}, wire=wire).word == "different", other


@pytest.mark.parametrize(
    ("line", "recorded", "printed", "wire"),
    [
        (  # a field that is not there
            None,
            f"+eventwlan:disconnect,A,{WHOLE},3",
            f"+eventwlan:disconnect,A,7,{WHOLE},3",
            message("WLAN_EV_DISCONNECTED", ssid_len=1, ssid=b"A", bssid=MAC, reason=3),
        ),
        (  # a number although there is a word
            None,
            "+eventsock:async_event,1,ssl_accept,-4",
            "+eventsock:async_event,1,0,-4",
            message("SOCKET_EV_ASYNC", sd=1, type=0, value=-4),
        ),
        (  # one station of two
            b"AT+NetCfgGet=AP_STATIONS_INFO",
            f"+netcfgget:10.1.1.2,{WHOLE},a;10.1.1.2,{WHOLE},a\nOK",
            f"+netcfgget:10.1.1.2,{WHOLE},a\nOK",
            message(
                "NETCFG_GET", record("ap_station_info", ip=0x0A010102, mac=MAC, name=b"a") * 2
            ),
        ),
        (  # an empty line in place of one without the number
            None,
            "",
            "+eventsock:async_event,1,9,-4",
            message("SOCKET_EV_ASYNC", sd=1, type=9, value=-4),
        ),
        (  # the | although a bit above it has no name
            b"AT+Get=Status,WLAN",
            "+get:rx_filters|\nOK",
            "+get:rx_filters|0x100\nOK",
            message("DEVICE_GET", struct.pack("<I", 0x80000100)),
        ),
        *(  # a number that stands for no keyword
            (
                line,
                f"+{name}:\nOK",
                f"+{name}:{number}\nOK",
                message(title, struct.pack("<I", number)),
            )
            for line, name, number, title in (
                (b"AT+GetSockOpt=0,SOCKET,KEEPALIVE", "getsockopt", 1, "SOCKET_GETSOCKOPT"),
                (b"AT+GetSockOpt=0,SOCKET,RCVBUF", "getsockopt", 9, "SOCKET_GETSOCKOPT"),
                (b"AT+WlanGet=AP,CHANNEL", "wlanget", 6, "WLAN_CFG_GET"),
                (b"AT+NetCfgGet=AP_STATIONS_CONNECTED", "netcfgget", 3, "NETCFG_GET"),
                (b"AT+NetAPPGet=HTTP_SERVER,PRIM_PORT_NUM", "netappget", 80, "NETAPP_GET"),
                (b"AT+Get=General,Persistent", "get", 1, "DEVICE_GET"),
            )
        ),
        (  # a name that has a terminator
            None,
            f"+eventwlan:connect,A,0x0:{TAIL}",
            f"+eventwlan:connect,A,{WHOLE}",
            message("WLAN_EV_CONNECTED", ssid_len=1, ssid=b"A", bssid=MAC),
        ),
    ],
)
def test_anything_else_is_different(line, recorded, printed, wire):
    assert verdict(line, recorded, printed, wire).word == "different"
