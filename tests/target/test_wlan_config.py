"""AT+WlanSet and AT+WlanGet, row by row (guide tables 36 and 37; guide-style section 7)."""

import re

import pytest

pytestmark = pytest.mark.world
SIXTEEN = "0x1:0x2:0x4:0x8:0x10:0x20:0x40:0x80:0x0:0x0:0x0:0x0:0x0:0x0:0x0:0x0"
ZEROS = ":".join(["0x0"] * 16)

# id, option, value as set, value as read
MIRRORED = [
    ("AP", "SSID", "hotspot", "hotspot"),
    ("AP", "SSID", '"a,b"', '"a,b"'),
    ("AP", "SSID", "s" * 32, "s" * 32),
    ("AP", "CHANNEL", "11", "11"),
    ("AP", "CHANNEL", "0x1", "1"),
    ("AP", "HIDDEN_SSID", "0", "0"),
    ("AP", "HIDDEN_SSID", "1", "1"),
    ("AP", "HIDDEN_SSID", "2", "2"),
    ("AP", "SECURITY", "OPEN", "OPEN"),
    ("AP", "SECURITY", "wep", "WEP"),
    ("AP", "SECURITY", "WPA_WPA2", "WPA_WPA2"),
    ("AP", "PASSWORD", "longenough", "longenough"),
    ("AP", "PASSWORD", "p" * 63, "p" * 63),
    ("AP", "MAX_STATIONS", "1", "1"),
    ("AP", "MAX_STATIONS", "4", "4"),
    ("AP", "MAX_STA_AGING", "60", "60"),
    ("AP", "MAX_STA_AGING", "65535", "65535"),
    ("GENERAL", "COUNTRY_CODE", "EU", "EU"),
    ("GENERAL", "COUNTRY_CODE", "JP", "JP"),
    ("GENERAL", "STA_TX_POWER", "15", "15"),
    ("GENERAL", "STA_TX_POWER", "0", "0"),
    ("GENERAL", "AP_TX_POWER", "7", "7"),
    ("GENERAL", "SCAN_PARAMS", "0x1fff,-70", "0x1fff,-70"),
    ("GENERAL", "SCAN_PARAMS", "33,-95", "0x21,-95"),
    ("P2P", "DEV_TYPE", "1-0050F204-1", "1-0050F204-1"),
    ("P2P", "CHANNEL_N_REGS", "1,81,11,81", "1,81,11,81"),
    ("P2P", "CHANNEL_N_REGS", "[6,81,6,81]", "6,81,6,81"),
]


@pytest.mark.parametrize(("ident", "option", "value", "told"), MIRRORED)
def test_get_mirrors_set_also_after_a_restart(talk, ident, option, value, told):
    talk.ok(f"AT+WlanSet={ident},{option},{value}")
    assert talk.value(f"AT+WlanGet={ident},{option}") == told
    talk.restart()
    assert talk.value(f"at+wlanget={ident.lower()},{option.lower()}") == told


STRINGS = [row for row in MIRRORED if row[1] in ("SSID", "PASSWORD", "COUNTRY_CODE", "DEV_TYPE")]


@pytest.mark.parametrize(("ident", "option", "value", "told"), STRINGS)
def test_a_string_that_comes_without_its_nul_reads_the_same(
    talk, world, ident, option, value, told
):
    """The model sends the NUL (nwp-protocol 5, rule 8); a chip may not."""
    world.model.world.device.string_nul = False
    talk.ok(f"AT+WlanSet={ident},{option},{value}")
    assert talk.value(f"AT+WlanGet={ident},{option}") == told


def test_the_access_list_is_one_line_with_semicolons(talk):
    for ask in ("AT+WlanGet=AP,ACCESS_LIST,0", "AT+WlanGet=ACCESS_LIST,0"):
        assert talk(ask) == ["+WlanGet:", "OK"]
    macs = ["0x2:0x0:0x0:0x0:0x0:0x1", "0xaa:0xbb:0xcc:0xdd:0xee:0xff", "0x8:0x0:0x0:0x0:0x0:0x2"]
    given = [macs[0], "aa:bb:cc:dd:ee:ff", "8:0:0:0:0:2"]
    for mac in given:
        talk.ok(f"AT+WlanSet=AP,ACCESS_LIST_ADD_MAC,{mac}")
    assert talk.value("AT+WlanGet=AP,ACCESS_LIST_NUM_ENTRIES") == "3"
    assert talk.value("AT+WlanGet=AP,ACCESS_LIST,0") == ";".join(macs)
    assert talk.value("AT+WlanGet=ACCESS_LIST,1") == ";".join(macs[1:])
    talk.ok(f"AT+WlanSet=AP,ACCESS_LIST_DEL_MAC,{macs[1]}", "AT+WlanSet=AP,ACCESS_LIST_DEL_IDX,0")
    assert talk.value("AT+WlanGet=AP,ACCESS_LIST,0") == macs[2]
    answer = talk.error(f"AT+WlanSet=AP,ACCESS_LIST_DEL_MAC,{macs[0]}")
    assert re.fullmatch(r"process command, -\d+", answer)


def test_rx_filters_are_bytes_with_colons(talk):
    assert talk.value("AT+WlanGet=RX_FILTER,STATE").count(":") == 15
    assert talk.value("AT+WlanGet=RX_FILTER,SYS_STATE").count(":") == 3
    talk.ok("AT+WlanSet=RX_FILTER,SYS_STATE,0x1:0:0:0")
    assert talk.value("AT+WlanGet=RX_FILTER,SYS_STATE") == "0x1:0x0:0x0:0x0"
    talk.ok(f"AT+WlanSet=RX_FILTER,STATE,{ZEROS}")
    assert talk.value("AT+WlanGet=RX_FILTER,STATE") == ZEROS
    talk.ok(f"AT+WlanSet=RX_FILTER,REMOVE,{ZEROS}")


@pytest.mark.parametrize("comma", ["", ","])
def test_storing_filters_needs_no_value(talk, seen, comma):
    reply = talk(f"AT+WlanSet=RX_FILTER,STORE{comma}")
    assert wire(seen)[8:].hex() == "000004001d000000", "id 4, option 29, length 0"
    assert reply == ["ERROR:process command, -2140"], "there are no filters to store"


def wire(world) -> bytes:
    """What the last WlanSet put on the wire."""
    return world.sent[-1]


@pytest.fixture
def seen(world):
    """The world, with the values of WLAN_CFG_SET noted in `sent`."""
    world.sent = []

    def trace(direction, name, frame):
        if direction == "H" and name == "WLAN_CFG_SET":
            world.sent.append(frame)

    world.model.trace = trace
    yield world
    world.model.trace = None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("RX_FILTER,STATE," + SIXTEEN, "01020408102040800000000000000000" + "00000000"),
        ("RX_FILTER,STATE,[" + SIXTEEN + "]", "01020408102040800000000000000000" + "00000000"),
        ("GENERAL,SUSPEND_PROFILES,0x7f", "7f000000"),
        ("GENERAL,SUSPEND_PROFILES,0xffffffff", "ffffffff"),
        ("GENERAL,SCAN_PARAMS,0x1fff,-70", "ff1f0000baffffff"),
        ("GENERAL,DISABLE_ENT_SERVER_AUTH,1", "01"),
        ("GENERAL,INFO_ELEMENT,0,AP,221,8,0,0x28,abc", "0000dd0800280300616263" + "00" * 249),
        ("GENERAL,INFO_ELEMENT,3,P2P,221,8,0,40," + "x" * 252, "0301dd080028fc00" + "78" * 252),
        ("AP,MAX_STA_AGING,300", "2c01"),
        ("AP,ACCESS_LIST_ADD_MAC,10:20:30:40:50:60", "0a141e28323c"),
        ("AP,ACCESS_LIST_ADD_MAC,08:00:28:ab:cd:ef", "080028abcdef"),
        ("AP,ACCESS_LIST_MODE,DENY_LIST", "01"),
    ],
)
def test_values_cross_the_wire_as_in_the_specification(talk, seen, line, value):
    """at-commands 10.10, column "val / len"; rule I1 for the two last addresses."""
    talk(f"AT+WlanSet={line}")
    assert value in wire(seen).hex()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+WlanSet=AP,SSID,", "parse parameters, -1"),
        ("AT+WlanSet=AP,SSID," + "s" * 33, "parse parameters, -5"),
        ("AT+WlanSet=AP,SSID", "parse parameters, -3"),
        ("AT+WlanSet=AP,CHANNEL,0", "parse parameters, -4"),
        ("AT+WlanSet=AP,CHANNEL,12", "parse parameters, -4"),
        ("AT+WlanSet=AP,CHANNEL,x", "parse parameters, -4"),
        ("AT+WlanSet=AP,HIDDEN_SSID,3", "parse parameters, -4"),
        ("AT+WlanSet=AP,SECURITY,WPA3", "parse parameters, -4"),
        ("AT+WlanSet=AP,SECURITY,XYZ", "parse parameters, -4"),
        ("AT+WlanSet=AP,PASSWORD," + "p" * 65, "parse parameters, -5"),
        ("AT+WlanSet=AP,MAX_STATIONS,5", "parse parameters, -4"),
        ("AT+WlanSet=AP,MAX_STATIONS,0", "parse parameters, -4"),
        ("AT+WlanSet=AP,MAX_STA_AGING,65536", "parse parameters, -4"),
        ("AT+WlanSet=AP,ACCESS_LIST_MODE,ALLOW", "parse parameters, -4"),
        ("AT+WlanSet=AP,ACCESS_LIST_ADD_MAC,1:2:3", "parse parameters, -3"),
        ("AT+WlanSet=AP,COUNTRY_CODE,US", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,COUNTRY_CODE,USA", "parse parameters, -5"),
        ("AT+WlanSet=GENERAL,STA_TX_POWER,16", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,AP_TX_POWER,16", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,STA_TX_POWER,-1", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,SCAN_PARAMS,1", "parse parameters, -3"),
        ("AT+WlanSet=GENERAL,SCAN_PARAMS,1,", "parse parameters, -1"),
        ("AT+WlanSet=GENERAL,DISABLE_ENT_SERVER_AUTH,2", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,INFO_ELEMENT,0,XY,1,1,1,1,a", "parse parameters, -4"),
        ("AT+WlanSet=GENERAL,INFO_ELEMENT,0,AP,1,1,1,1," + "x" * 253, "parse parameters, -5"),
        ("AT+WlanSet=P2P,DEV_TYPE," + "d" * 18, "parse parameters, -5"),
        ("AT+WlanSet=P2P,CHANNEL_N_REGS,1,81,11", "parse parameters, -3"),
        ("AT+WlanSet=RX_FILTER,STATE,1:2:3", "parse parameters, -3"),
        ("AT+WlanSet=RX_FILTER,SYS_STATE,1:2:3:256", "parse parameters, -4"),
        ("AT+WlanSet=CONNECTION,SSID,x", "parse parameters, -1"),
        ("AT+WlanSet=ACCESS_LIST,0,x", "parse parameters, -1"),
        ("AT+WlanSet=XYZ,SSID,x", "parse parameters, -4"),
        ("AT+WlanSet=AP", "parse parameters, -3"),
        ("AT+WlanSet=AP,ACCESS_LIST_NUM_ENTRIES", "parse parameters, -3"),
        ("AT+WlanSet=AP,ACCESS_LIST_NUM_ENTRIES,", "parse parameters, -1"),
        ("AT+WlanGet=AP,ACCESS_LIST_MODE", "parse parameters, -1"),
        ("AT+WlanGet=GENERAL,INFO_ELEMENT", "parse parameters, -1"),
        ("AT+WlanGet=GENERAL,SUSPEND_PROFILES", "parse parameters, -1"),
        ("AT+WlanGet=GENERAL,DISABLE_ENT_SERVER_AUTH", "parse parameters, -1"),
        ("AT+WlanGet=AP,XYZ", "parse parameters, -4"),
        ("AT+WlanGet=AP,", "parse parameters, -1"),
        ("AT+WlanGet=AP", "parse parameters, -3"),
        ("AT+WlanGet=ACCESS_LIST,x", "parse parameters, -4"),
        ("AT+WlanGet=GENERAL,STATE", "parse parameters, -4"),
    ],
)
def test_what_cannot_be_understood_is_refused_and_nothing_is_asked(talk, world, line, error):
    before = world.model.counters["commands"]
    assert talk.error(line) == error
    assert world.model.counters["commands"] == before


def test_connection_needs_no_comma(talk):
    assert talk.value("AT+WlanGet=Connection") == talk.value("AT+WlanGet=CONNECTION,")


def test_a_key_of_five_bytes_is_for_wep_only(talk):
    """8 to 63 bytes are for WPA, 5 or 13 for WEP (nwp-protocol 8.3)."""
    talk.ok("AT+WlanSet=AP,SECURITY,WEP", "AT+WlanSet=AP,PASSWORD,abcde")
    talk.ok("AT+WlanSet=AP,SECURITY,WPA_WPA2")
    assert talk.error("AT+WlanSet=AP,PASSWORD,abcdf") == "process command, -2168"
    assert talk.value("AT+WlanGet=AP,PASSWORD") == "abcde"
    talk.ok("AT+WlanSet=AP,PASSWORD,abcdefgh")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("AT+WlanSet=GENERAL,COUNTRY_CODE,XX", None),
        ("AT+WlanSet=AP,PASSWORD,short12", None),
    ],
)
def test_what_only_the_chip_can_refuse_is_a_process_error(talk, line, code):
    assert re.fullmatch(r"process command, -20\d\d|process command, -21\d\d", talk.error(line))
