"""Addresses of the board (guide tables 58, 59, 65; guide-style V4, I1, I2; TESTS 7)."""

import re

import pytest

pytestmark = pytest.mark.world
STATIC = "192.168.9.5,255.255.255.0,192.168.9.1,8.8.4.4"
LOCAL = "0xfe800000:0x0:0xa0028ff:0xfe5a91ea"  # EUI-64 of 08:00:28:5a:91:ea
OFFICE6 = {"prefix": "2001:db8:1::", "dns": "2001:db8::53"}
GLOBAL = "0x20010db8:0x10000:0xa0028ff:0xfe5a91ea"
DNS6 = "0x20010db8:0x0:0x0:0x53"


@pytest.fixture
def six(world):
    """The office network speaks IPv6."""
    world.control.call(
        "world_change", kind="access_points", which="02:1a:11:f0:00:01", ipv6=OFFICE6
    )
    return world


def test_the_mac_address_is_the_worlds(talk):
    assert talk.value("AT+NetCfgGet=GET_MAC_ADDR") == "0x8:0x0:0x28:0x5a:0x91:0xea"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("08:00:28:ab:cd:ef", "0x8:0x0:0x28:0xab:0xcd:0xef"),
        ("0x8:0x0:0x28:0xab:0xcd:0xef", "0x8:0x0:0x28:0xab:0xcd:0xef"),
        ("[8:0:40:171:205:239]", "0x8:0x0:0x28:0xab:0xcd:0xef"),
        ('"AA:BB:CC:DD:EE:FF"', "0xaa:0xbb:0xcc:0xdd:0xee:0xff"),
        ("10:20:30:40:50:60", "0xa:0x14:0x1e:0x28:0x32:0x3c"),
        ("0xA:20:0x1e:40:50:60", "0xa:0x14:0x1e:0x28:0x32:0x3c"),
        ("00:20:30:40:50:60", "0x0:0x20:0x30:0x40:0x50:0x60"),
    ],
)
def test_a_mac_address_in_every_notation_counts_after_a_restart(talk, given, told):
    before = talk.value("AT+NetCfgGet=GET_MAC_ADDR")
    talk.ok(f"AT+NetCfgSet=SET_MAC_ADDR,,{given}")
    assert talk.value("AT+NetCfgGet=GET_MAC_ADDR") == before
    talk.restart()
    assert talk.value("AT+NetCfgGet=GET_MAC_ADDR") == told


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("aa:bb:cc:dd:ee", -3),
        ("aa:bb:cc:dd:ee:ff:00", -3),
        ("1:2:3:4:5:256", -4),
        ("a:b:c:d:e:f", -4),
        ("0xaa:bb:cc:dd:ee:ff", -4),
        ("08:00:28:ab:cd:e", -4),
        ("08-00-28-ab-cd-ef", -3),
        ("1:2:3::5:6", -1),
        ("1:2:3:4:5:-6", -4),
        ("1:2:3:4:5:6x", -4),
    ],
)
def test_a_mac_address_in_another_form_is_refused(talk, given, code):
    assert talk.error(f"AT+NetCfgSet=SET_MAC_ADDR,,{given}") == f"parse parameters, {code}"


def test_without_a_network_there_is_no_address(talk):
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == "DHCP,0.0.0.0,0.0.0.0,0.0.0.0,0.0.0.0"
    assert talk.value("AT+NetCfgGet=IPV6_ADDR_LOCAL") == "stateless,0x0:0x0:0x0:0x0"
    client = talk.value("AT+NetCfgGet=IPV4_DHCP_CLIENT").split(",")
    assert client[:6] == ["0.0.0.0"] * 6 and client[8] in ("unknown", "disabled", "enabled")


def test_an_address_by_dhcp(talk):
    talk.join()
    office = "10.1.0.100,255.255.255.0,10.1.0.1,10.1.0.1"
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == f"DHCP,{office}"
    *addresses, lease, renew, state = talk.value("AT+NetCfgGet=IPV4_DHCP_CLIENT").split(",")
    assert ",".join(addresses) == f"{office},0.0.0.0,10.1.0.1"
    assert (lease, state) == ("86400", "bound") and 43000 < int(renew) <= 43200


@pytest.mark.parametrize("mode", [0, 3, 7, 8, 9, 255])
@pytest.mark.parametrize(
    ("what", "behind"),
    [("IPV4_STA_ADDR", "0.0.0.0," * 3 + "0.0.0.0"), ("IPV6_ADDR_LOCAL", "0x0:0x0:0x0:0x0")],
)
def test_an_address_mode_without_a_keyword_is_its_number(talk, world, what, behind, mode):
    """Rule V5; only DHCP, DHCP_LLA, STATIC, stateless and stateful are modes (table 59)."""
    usual = 5 if "6" in what else 1  # stateless, DHCP
    world.fault(do="flip", to="NETCFG_GET", byte=20, mask=usual ^ mode)  # the response's option
    assert talk.value(f"AT+NetCfgGet={what}") == f"{mode},{behind}"


def test_a_static_address(talk):
    talk.ok(f"AT+NetCfgSet=IPV4_STA_ADDR,STATIC,{STATIC}")
    talk.join()
    assert f"+EventNetApp: IPV4_ACQUIRED,{','.join(STATIC.split(',')[0::2])},8.8.4.4" in talk.lines
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == f"STATIC,{STATIC}"
    talk.restart()
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == f"STATIC,{STATIC}"
    talk.ok("AT+NetCfgSet=IPV4_STA_ADDR,DHCP,")
    talk.join()
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR").startswith("DHCP,10.1.0.100,")


def test_a_static_address_carries_the_next_command(talk, world):
    """A host that binds and connects at once must not find a board without an address."""
    talk.join()
    mine, rest = "10.1.0.77", "255.255.255.0,10.1.0.1,10.1.0.1"
    talk.ok(f"AT+NetCfgSet=IPV4_STA_ADDR,STATIC,{mine},{rest}")
    sd = talk.socket()
    talk.ok(f"AT+Bind={sd},INET,0,{mine}")
    late = talk.background(f"AT+Connect={sd},INET,80,10.1.0.1")
    assert late == f"ERROR:process command +Connect {sd}, -111"  # there, but serves nothing
    talk.event(f"+EventNetApp: IPV4_ACQUIRED,{mine}")
    talk.ok(f"AT+NetCfgSet=IPV4_STA_ADDR,STATIC,{mine},{rest}")
    talk.sleep(10)
    assert not talk.events
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == f"STATIC,{mine},{rest}"


@pytest.mark.parametrize("tail", ["", ","])
@pytest.mark.parametrize("option", ["DHCP", "DHCP_LLA", "RELEASE_IP_SET", "RELEASE_IP_OFF"])
def test_an_option_without_value_may_leave_its_comma(talk, option, tail):
    talk.ok(f"AT+NetCfgSet=IPV4_STA_ADDR,{option}{tail}")


def test_without_a_dhcp_server_lla_finds_an_address(talk, world):
    world.control.call("dhcp_off", ssid="office")
    talk.ok("AT+NetCfgSet=IPV4_STA_ADDR,DHCP_LLA,")
    talk.ok("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,")
    event = talk.event("+EventNetApp: IPV4_ACQUIRED", timeout=60)
    assert re.fullmatch(
        r"\+EventNetApp: IPV4_ACQUIRED,169\.254\.\d+\.\d+,0\.0\.0\.0,0\.0\.0\.0", event
    )
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR").startswith("DHCP_LLA,169.254.")


def test_another_mode_lets_go_of_the_lease(talk, world):
    talk.join()
    bound = talk.value("AT+NetCfgGet=IPV4_DHCP_CLIENT").split(",")
    assert bound[5:7] == ["10.1.0.1", "86400"] and bound[8] == "bound"
    talk.ok(f"AT+NetCfgSet=IPV4_STA_ADDR,STATIC,{STATIC}")
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    static = talk.value("AT+NetCfgGet=IPV4_DHCP_CLIENT").split(",")
    assert static[5:] == ["0.0.0.0", "0", "0", "disabled"]
    world.control.call("dhcp_off", ssid="office")
    talk.ok("AT+NetCfgSet=IPV4_STA_ADDR,DHCP,")
    asking = talk.value("AT+NetCfgGet=IPV4_DHCP_CLIENT").split(",")
    assert asking[5:] == ["0.0.0.0", "0", "0", "enabled"]


def test_without_a_dhcp_server_the_timeout_is_an_event(talk, world):
    world.control.call("dhcp_off", ssid="office")
    talk.ok("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,")
    event = talk.event("+EventNetApp: ", timeout=10 + 2 * world.times.dhcp_timeout_s)
    assert re.fullmatch(r"\+EventNetApp: dhcp_ipv4_acquire_timeout,-\d+", event)
    world.control.call("dhcp_on", ssid="office")
    patience = 10 + 2 * world.times.dhcp_retry_s
    assert talk.event("+EventNetApp: IPV4_ACQUIRED,10.1.0.100", timeout=patience)


def test_a_lost_lease_and_a_new_one(talk, world):
    talk.join()
    assert world.control.call("lose_lease")
    assert re.fullmatch(r"\+EventNetApp: IPV4_LOST,-?\d+", talk.event("+EventNetApp: "))
    assert talk.event("+EventNetApp: ").startswith("+EventNetApp: IPV4_ACQUIRED,10.1.0.100")


def test_a_collision_tells_both_mac_addresses(talk, world):
    talk.join()
    assert world.control.call("ip_collision", mac="02:bd:00:00:00:01")
    event = talk.event("+EventNetApp: ip_collision")
    ip, server, other = event.split(",")[1:]
    assert ip == "10.1.0.100" and other == "0x2:0xbd:0x0:0x0:0x0:0x1"
    assert re.fullmatch(r"0x[0-9a-f]+(:0x[0-9a-f]+){5}", server)
    assert talk.event("+EventNetApp: IPV4_ACQUIRED") == (
        "+EventNetApp: IPV4_ACQUIRED,10.1.0.101,10.1.0.1,10.1.0.1"
    )


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("IPV6_STA_LOCAL", "ipv6_sta_local"),
        ("IPV6_STA_LOCAL|IPV6_STA_GLOBAL", "ipv6_sta_local|ipv6_sta_global"),
        ("[ENABLE_DHCP_RELEASE|ipv6_sta_local]", "ipv6_sta_local|enable_dhcp_release"),
        ("DISABLE_IPV4_LLA", "disable_ipv4_lla"),
        ("disable_ipv4_lls", "disable_ipv4_lla"),
        ("IPV6_GLOBAL_STATELESS|DISABLE_FAST_RENEW", "ipv6_global_stateless|disable_fast_renew"),
        (
            "DISABLE_IPV4_DHCP|IPV6_LOCAL_STATIC|IPV6_LOCAL_STATELESS|IPV6_LOCAL_STATEFUL",
            "disable_ipv4_dhcp|ipv6_local_static|ipv6_local_stateless|ipv6_local_stateful",
        ),
        ("IPV6_GLOBAL_STATIC|IPV6_GLOBAL_STATEFUL", "ipv6_global_static|ipv6_global_stateful"),
    ],
)
def test_the_interface_mask_reads_in_lower_case_and_ascending(talk, given, told):
    talk.ok(f"AT+NetCfgSet=IF,STATE,{given}")
    assert talk.value("AT+NetCfgGet=IF") == told
    talk.ok("AT+NetCfgSet=IF,STATE,")
    assert talk("AT+NetCfgGet=IF") == ["+NetCfgGet:", "OK"]


def test_ipv6_addresses_local_and_global_come_by_themselves(talk, six):
    talk.ok("AT+NetCfgSet=IF,STATE,IPV6_STA_LOCAL|IPV6_STA_GLOBAL")
    talk.restart()
    talk.ok("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,")
    events = [talk.event("+EventNetApp: IPV6_ACQUIRED") for _ in range(2)]
    assert events == [
        f"+EventNetApp: IPV6_ACQUIRED,{LOCAL},0x0:0x0:0x0:0x0",
        f"+EventNetApp: IPV6_ACQUIRED,{GLOBAL},{DNS6}",
    ]
    assert talk.value("AT+NetCfgGet=IPV6_ADDR_LOCAL") == f"stateless,{LOCAL}"
    assert talk.value("AT+NetCfgGet=IPV6_ADDR_GLOBAL") == f"stateless,{GLOBAL}"
    assert six.control.call("lose_ipv6")
    assert talk.event("+EventNetApp: IPV6_LOST") == f"+EventNetApp: IPV6_LOST,{GLOBAL}"


@pytest.mark.parametrize(
    ("ident", "option", "told"),
    [
        ("LOCAL", "STATIC,fe80::1234", "STATIC,0xfe800000:0x0:0x0:0x1234"),
        ("LOCAL", "STATIC,0xfe800000:0:0:0x1", "STATIC,0xfe800000:0x0:0x0:0x1"),
        ("LOCAL", 'STATIC,"FE80:0:0:0:1:2:3:4"', "STATIC,0xfe800000:0x0:0x10002:0x30004"),
        ("LOCAL", "STATEFUL,", "stateful,"),
        ("LOCAL", "STATELESS", "stateless,"),
        ("GLOBAL", "STATIC,2001:db8::7,2001:db8::53", "STATIC,0x20010db8:0x0:0x0:0x7"),
        (
            "GLOBAL",
            "STATIC,[0x20010db8:0:0:7],[0x20010db8:0:0:0x53]",
            "STATIC,0x20010db8:0x0:0x0:0x7",
        ),
        ("GLOBAL", "STATEFUL,", "stateful,"),
    ],
)
def test_an_ipv6_mode_reads_as_it_was_set(talk, ident, option, told):
    talk.ok("AT+NetCfgSet=IF,STATE,IPV6_STA_LOCAL|IPV6_STA_GLOBAL")
    talk.ok(f"AT+NetCfgSet=IPV6_ADDR_{ident},{option}")
    assert talk.value(f"AT+NetCfgGet=IPV6_ADDR_{ident}").startswith(told)


def test_static_ipv6_addresses_are_used(talk, six):
    talk.ok(
        "AT+NetCfgSet=IF,STATE,IPV6_STA_LOCAL|IPV6_STA_GLOBAL",
        "AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80::1234",
        "AT+NetCfgSet=IPV6_ADDR_GLOBAL,STATIC,2001:db8::7,2001:db8::53",
    )
    talk.ok("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,")
    events = [talk.event("+EventNetApp: IPV6_ACQUIRED") for _ in range(2)]
    assert events[0].startswith("+EventNetApp: IPV6_ACQUIRED,0xfe800000:0x0:0x0:0x1234,")
    assert events[1] == f"+EventNetApp: IPV6_ACQUIRED,0x20010db8:0x0:0x0:0x7,{DNS6}"


def test_the_second_dns_server(talk):
    assert talk.value("AT+NetCfgGet=IPV4_DNS_CLIENT") == "0.0.0.0"
    talk.ok("AT+NetCfgSet=IPV4_DNS_CLIENT,,8.8.4.4")
    assert talk.value("AT+NetCfgGet=IPV4_DNS_CLIENT") == "8.8.4.4"


def test_the_address_of_the_access_point_counts_after_a_restart(talk):
    talk.ok("AT+NetCfgSet=IPV4_AP_ADDR,STATIC,192.168.4.1,255.255.255.0,192.168.4.1,192.168.4.1")
    told = "STATIC,192.168.4.1,255.255.255.0,192.168.4.1,192.168.4.1"
    talk.restart()
    assert talk.value("AT+NetCfgGet=IPV4_AP_ADDR") == told


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+NetCfgSet=XYZ,STATIC,1", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,XYZ,", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,STATE,", "parse parameters, -1"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,,", "parse parameters, -1"),
        ("AT+NetCfgSet=IPV4_STA_ADDR", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,", "parse parameters, -3"),  # 2.6: values would follow
        ("AT+NetCfgSet=IPV4_STA_ADDR,XYZ", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,STATE", "parse parameters, -3"),
        ("AT+NetCfgSet=GET_MAC_ADDR,DHCP", "parse parameters, -3"),
        ("AT+NetCfgSet=GET_MAC_ADDR,DHCP,", "parse parameters, -1"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,STATIC,10.0.0.2,255.0.0.0,10.0.0.1", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV4_STA_ADDR,STATIC,10.0.0.2,,10.0.0.1,1.1.1.1", "parse parameters, -1"),
        (
            "AT+NetCfgSet=IPV4_STA_ADDR,STATIC,10.0.2,255.0.0.0,1.1.1.1,1.1.1.1",
            "parse parameters, -3",
        ),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,10.0.0.256", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,10.0.0.1.2", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,example.com", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,a.b.c.d", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,10..0.1", "parse parameters, -1"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,10.0.0.0x100", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV4_DNS_CLIENT,,", "parse parameters, -1"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80:0:0:1", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80:0:0:0:1", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80::1::2", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80::12345", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,fe80:0:0:0:0:0:0:g", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,0x100000000:0:0:1", "parse parameters, -4"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,1:2:3:4:5:6:7:8:9", "parse parameters, -3"),
        ("AT+NetCfgSet=IPV6_ADDR_LOCAL,DHCP,", "parse parameters, -1"),
        ("AT+NetCfgSet=IF,STATE,XYZ", "parse parameters, -4"),
        ("AT+NetCfgSet=IF,STATE,4", "parse parameters, -4"),
        ("AT+NetCfgSet=IF,STATE,IPV6_STA_LOCAL|", "parse parameters, -1"),
        ("AT+NetCfgSet=GET_MAC_ADDR,,1:2:3:4:5:6", "parse parameters, -1"),
        ("AT+NetCfgGet=XYZ", "parse parameters, -4"),
        ("AT+NetCfgGet=", "number of parameters, 0"),
        ("AT+NetCfgGet=IF,STATE", "number of parameters, 0"),
        ("AT+NetCfgGet=SET_MAC_ADDR", "parse parameters, -1"),
        ("AT+NetCfgGet=AP_STATION_DISCONNECT", "parse parameters, -1"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_is_asked(talk, world, line, error):
    before = world.model.counters["commands"]
    assert talk.error(line) == error
    assert world.model.counters["commands"] == before


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "010.000.000.001", "[10.0.0.1]", '"10.0.0.1"', "0xa.0.0.0x1", "10 . 0 . 0 . 1"],
)
def test_an_ipv4_address_in_every_notation(talk, address):
    talk.ok(f"AT+NetCfgSet=IPV4_DNS_CLIENT,,{address}")
    assert talk.value("AT+NetCfgGet=IPV4_DNS_CLIENT") == "10.0.0.1"


def test_every_address_that_is_printed_can_be_sent_back(talk, six):
    talk.ok("AT+NetCfgSet=IF,STATE,IPV6_STA_LOCAL|IPV6_STA_GLOBAL")
    talk.join()
    talk.event("+EventNetApp: IPV6_ACQUIRED")
    dns6 = talk.event("+EventNetApp: IPV6_ACQUIRED").split(",")[2]
    mac = talk.value("AT+NetCfgGet=GET_MAC_ADDR")
    mode, *addresses = talk.value("AT+NetCfgGet=IPV4_STA_ADDR").split(",")
    local = talk.value("AT+NetCfgGet=IPV6_ADDR_LOCAL").split(",")[1]
    above = talk.value("AT+NetCfgGet=IPV6_ADDR_GLOBAL").split(",")[1]
    interfaces = talk.value("AT+NetCfgGet=IF")
    talk.ok(
        f"AT+NetCfgSet=SET_MAC_ADDR,,{mac}",
        f"AT+NetCfgSet=IPV4_STA_ADDR,STATIC,{','.join(addresses)}",
        f"AT+NetCfgSet=IPV6_ADDR_LOCAL,STATIC,{local}",
        f"AT+NetCfgSet=IPV6_ADDR_GLOBAL,STATIC,{above},{dns6}",
        f"AT+NetCfgSet=IF,STATE,{interfaces}",
    )
    assert mode == "DHCP"
    assert talk.value("AT+NetCfgGet=IPV4_STA_ADDR") == "STATIC," + ",".join(addresses)
    assert talk.value("AT+NetCfgGet=IPV6_ADDR_LOCAL") == f"STATIC,{local}"
    assert talk.value("AT+NetCfgGet=IPV6_ADDR_GLOBAL") == f"STATIC,{above}"
