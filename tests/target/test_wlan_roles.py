"""Access point and Wi-Fi Direct (guide tables 35, 59, 64, 65)."""

import re

import pytest

pytestmark = [pytest.mark.world, pytest.mark.any_pace]
LAPTOP, LAPTOP_MAC = "02:5e:00:00:00:01", "0x2:0x5e:0x0:0x0:0x0:0x1"
PHONE, PHONE_MAC = "02:92:00:00:00:01", "0x2:0x92:0x0:0x0:0x0:0x1"


@pytest.fixture
def access_point(talk, world):
    """The board is an access point that the world's stations can join."""
    talk.ok(
        "AT+WlanSetMode=AP",
        "AT+WlanSet=AP,SSID,hotspot",
        "AT+WlanSet=AP,SECURITY,WPA_WPA2",
        "AT+WlanSet=AP,PASSWORD,hotspot-key",
        "AT+WlanSet=AP,CHANNEL,11",
        "AT+NetCfgSet=IPV4_AP_ADDR,STATIC,192.168.4.1,255.255.255.0,192.168.4.1,192.168.4.1",
    )
    talk.restart()
    assert talk.event() == "+EventNetApp: IPV4_ACQUIRED,192.168.4.1,192.168.4.1,192.168.4.1"
    return talk


def joins(talk, world, mac: str = LAPTOP) -> tuple[str, str]:
    """A station joins; its MAC and the address it gets, both as printed."""
    assert world.control.call("station_join", mac=mac)
    shown = talk.event("+EventWlan: STA_ADDED,").split(",")[1]
    leased = talk.event("+EventNetApp: IP_LEASED,")
    ip, seconds, owner = leased.split(",")[1:]
    assert owner == shown and int(seconds) > 0 and re.fullmatch(r"(\d+\.){3}\d+", ip)
    return shown, ip


def test_a_mode_counts_from_the_next_start_on(talk):
    for mode, shown in (("AP", "ap"), ("P2P", "p2p"), ("STA", "sta")):
        before = talk.value("AT+WlanGet=Connection,").split(",")[0]
        talk.ok(f"AT+WlanSetMode={mode}")
        assert talk.value("AT+WlanGet=Connection,").split(",")[0] == before
        talk.restart()
        assert talk.value("AT+WlanGet=Connection,").split(",")[0] == shown


@pytest.mark.parametrize("mode", ["XYZ", "0", '"STA"', "TAG"])
def test_another_mode_is_refused(talk, mode):
    assert talk.error(f"AT+WlanSetMode={mode}") == "parse parameters, -4"


def test_a_station_joins_gets_an_address_and_leaves(access_point, world):
    talk = access_point
    assert talk.value("AT+NetCfgGet=AP_STATIONS_CONNECTED") == "0"
    assert talk("AT+NetCfgGet=AP_STATIONS_INFO") == ["+NetCfgGet:", "OK"]
    mac, ip = joins(talk, world)
    assert mac == LAPTOP_MAC
    assert talk.value("AT+NetCfgGet=AP_STATIONS_CONNECTED") == "1"
    assert talk.value("AT+NetCfgGet=AP_STATIONS_INFO") == f"{ip},{LAPTOP_MAC},laptop"
    connection = talk.value("AT+WlanGet=Connection,").split(",")
    assert connection[:4] == ["ap", "ap_connected_stations", "wpa_wpa2", "hotspot"]
    assert connection[5] == "" and len(connection) == 6
    assert world.control.call("station_leave", mac=LAPTOP)
    assert talk.event() == f"+EventWlan: STA_REMOVED,{LAPTOP_MAC}"
    assert talk.event() == f"+EventNetApp: IP_RELEASED,{ip},{LAPTOP_MAC},0"
    assert talk.value("AT+NetCfgGet=AP_STATIONS_CONNECTED") == "0"


def test_every_station_of_the_list_is_printed(access_point, world):
    talk = access_point
    known = []
    for i in range(2, 6):
        mac = f"02:5e:00:00:00:{i:02x}"
        name = ("ada", "bob,jr", "", "d" * 31)[i - 2]
        world.control.call("world_add", kind="stations", mac=mac, name=name, key="hotspot-key")
        shown, ip = joins(talk, world, mac)
        known.append((ip, shown, ("ada", '"bob,jr"', "", "d" * 31)[i - 2]))
    assert len({ip for ip, _, _ in known}) == 4
    assert talk.value("AT+NetCfgGet=AP_STATIONS_CONNECTED") == "4"
    listed = talk.value("AT+NetCfgGet=AP_STATIONS_INFO")
    assert listed == ";".join(",".join(station) for station in known)
    assert not world.control.call("station_join", mac=LAPTOP), "four is the limit"


def test_a_station_is_thrown_out_by_its_mac_address(access_point, world):
    talk = access_point
    _, ip = joins(talk, world)
    for mac in (LAPTOP_MAC, "[2:94:0:0:0:1]", LAPTOP):
        talk.ok(f"AT+NetCfgSet=AP_STATION_DISCONNECT,,{mac}")
        assert talk.event() == f"+EventWlan: STA_REMOVED,{LAPTOP_MAC}"
        assert talk.event().startswith(f"+EventNetApp: IP_RELEASED,{ip},{LAPTOP_MAC},")
        joins(talk, world)
    answer = talk.error("AT+NetCfgSet=AP_STATION_DISCONNECT,,02:00:00:00:00:77")
    assert re.fullmatch(r"process command, -\d+", answer)


def test_the_access_list_keeps_stations_out(access_point, world):
    talk = access_point
    talk.ok(f"AT+WlanSet=AP,ACCESS_LIST_ADD_MAC,{LAPTOP_MAC}")
    talk.ok("AT+WlanSet=AP,ACCESS_LIST_MODE,DENY_LIST")
    assert talk.value("AT+WlanGet=AP,ACCESS_LIST_NUM_ENTRIES") == "1"
    talk.restart()
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    assert not world.control.call("station_join", mac=LAPTOP)
    talk.ok("AT+WlanSet=AP,ACCESS_LIST_MODE,DISABLE")
    talk.restart()
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    joins(talk, world)


@pytest.fixture
def direct(talk, world):
    """The board is in the P2P role; the world's phone has been found."""

    def start(*policies: str):
        talk.ok("AT+WlanSetMode=P2P", *(f"AT+WlanPolicySet={p}" for p in policies))
        talk.restart()
        assert talk.event() == f"+EventWlan: P2P_DEVFOUND,phone,{PHONE_MAC},PBC"
        return talk

    return start


def test_a_peer_that_asks_is_an_event(direct, world):
    talk = direct("CONNECTION,,")
    assert world.control.call("p2p_request", mac=PHONE)
    assert talk.event() == f"+EventWlan: P2P_REQUEST,phone,{PHONE_MAC},PBC"


def test_as_client_of_a_group(direct, world):
    talk = direct("CONNECTION,P2P,", "P2P,CLIENT,ACTIVE")
    assert talk.event() == f"+EventWlan: P2P_CONNECT,DIRECT-ph,{PHONE_MAC},phone"
    assert talk.event().startswith("+EventNetApp: IPV4_ACQUIRED,")
    connection = talk.value("AT+WlanGet=Connection,").split(",")
    assert connection[:2] == ["p2p", "p2pcl_connected"]
    assert connection[3:] == ["DIRECT-ph", PHONE_MAC, "phone"]
    world.control.call("p2p_leave", reason=3)
    assert talk.event() == f"+EventWlan: P2P_DISCONNECT,DIRECT-ph,{PHONE_MAC},3,phone"


@pytest.mark.parametrize("initiator", ["PASSIVE", "RAND_BACKOFF"])
def test_a_passive_device_waits_for_the_peer_to_ask(direct, world, initiator):
    talk = direct("CONNECTION,P2P,", f"P2P,CLIENT,{initiator}")
    talk.sleep(0.9)  # the timer of the backoff takes a second at least
    assert not talk.events
    assert world.control.call("p2p_request", mac=PHONE)
    assert talk.event() == f"+EventWlan: P2P_REQUEST,phone,{PHONE_MAC},PBC"
    assert talk.event() == f"+EventWlan: P2P_CONNECT,DIRECT-ph,{PHONE_MAC},phone"


def test_after_the_backoff_the_device_asks_and_a_passive_one_never_does(direct):
    talk = direct("CONNECTION,P2P,", "P2P,CLIENT,RAND_BACKOFF")
    assert talk.event() == f"+EventWlan: P2P_CONNECT,DIRECT-ph,{PHONE_MAC},phone"
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    talk = direct("P2P,CLIENT,PASSIVE")
    talk.sleep(10)
    assert not talk.events


def test_as_owner_of_a_group(direct, world):
    talk = direct("CONNECTION,P2P,", "P2P,GROUP_OWNER,ACTIVE")
    added = talk.event()
    assert added.startswith(f"+EventWlan: P2P_CLIENT_ADDED,{PHONE_MAC},phone,DIRECT-")
    assert talk.event().startswith("+EventNetApp: IPV4_ACQUIRED,")
    assert talk.event().startswith("+EventNetApp: IP_LEASED,")
    assert talk.value("AT+WlanGet=Connection,").split(",")[:2] == ["p2p", "p2pgo_connected"]
    talk.ok("AT+WlanDisconnect")
    assert talk.event() == added.replace("ADDED", "REMOVED")


def test_a_name_that_means_harm_stays_in_its_field(direct, world):
    talk = direct("CONNECTION,,")
    world.control.call(
        "world_add", kind="p2p_peers", mac="02:92:00:00:00:02", name='a,"b"\r\nOK', wps="keypad"
    )
    event = talk.event("+EventWlan: P2P_DEVFOUND")
    assert event == (
        '+EventWlan: P2P_DEVFOUND,"a,\\"b\\"\\x0d\\x0aOK",0x2:0x92:0x0:0x0:0x0:0x2,PIN_USER'
    )


def test_a_negotiation_that_fails_is_an_event(direct, world):
    talk = direct("CONNECTION,,")
    world.control.call("event", name="WLAN_EV_P2P_CONNECT_FAIL", status=0)
    assert talk.event() == "+EventWlan: P2P_CONNECTFAIL,DISCONNECTED"
