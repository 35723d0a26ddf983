"""AT+WlanSet and AT+WlanGet: guide tables 36 and 37; at-commands.md 10.10 and 10.11."""

from struct import pack, unpack_from

from ..compat import const
from ..events import word
from ..grammar import MISSING, ParseError
from ..options import find, packed, show
from . import command

SECURITY = const(b"wlan_security")
AP = const(0)
GENERAL = const(1)
ACCESS_LIST = const(3)
RX_FILTER = const(4)
CONNECTION = const(5)
AP_SECURITY = const(6)
INFO_ELEMENT = const(16)
SCAN_PARAMS = const(18)
CHANNELS = const(14)
LIST_OF_AP = const(0x100)  # option ACCESS_LIST of AP: the id ACCESS_LIST on the wire
STATE = const(27)
REMOVE = const(28)

OPTIONS = const(
    (
        (AP, b"wlan_ap_option"),
        (GENERAL, b"wlan_general_option"),
        (2, b"wlan_p2p_option"),
        (RX_FILTER, b"wlan_rx_filter_option"),
        (6, b"wlan_network_assisted_roaming_option"),
    )
)
OPTION = const(("Option", "sub", "", OPTIONS))
BYTE = const("<B")

# Table 36: (option, format on the wire, values). The numbers of all ids differ.
SET = const(
    (
        (0, None, (("Value1", "str", "", 32, 1),)),  # SSID
        (3, BYTE, (("Value1", "range", "", 1, 11),)),  # CHANNEL
        (4, BYTE, (("Value1", "range", "", 0, 2),)),  # HIDDEN_SSID
        (AP_SECURITY, BYTE, (("Value1", "key", "", SECURITY),)),
        (7, None, (("Value1", "str", "!", 64),)),  # PASSWORD
        (19, BYTE, (("Value1", "range", "", 1, 4),)),  # MAX_STATIONS
        (20, None, (("Value1", "mac", ""),)),  # ACCESS_LIST_ADD_MAC
        (21, None, (("Value1", "mac", ""),)),  # ACCESS_LIST_DEL_MAC
        (22, BYTE, (("Value1", "u8", ""),)),  # ACCESS_LIST_DEL_IDX
        (25, BYTE, (("Value1", "key", "", b"wlan_ap_access_list_mode"),)),
        (26, "<H", (("Value1", "u16", ""),)),  # MAX_STA_AGING
        (9, None, (("Value1", "str", "", 2, 2),)),  # COUNTRY_CODE
        (10, BYTE, (("Value1", "few", "", 15, -1),)),  # STA_TX_POWER
        (11, BYTE, (("Value1", "few", "", 15, -1),)),  # AP_TX_POWER
        (
            INFO_ELEMENT,
            None,
            (
                ("Value1", "u8", ""),
                ("Value2", "key", "", b"wlan_info_element_role"),
                ("Value3", "u8", ""),
                ("Value4", "u8", ""),
                ("Value5", "u8", ""),
                ("Value6", "u8", ""),
                ("Value7", "str", "", 252),
            ),
        ),
        (SCAN_PARAMS, "<Ii", (("Value1", "u32", ""), ("Value2", "i32", ""))),
        (32, BYTE, (("Value1", "range", "", 0, 1),)),  # DISABLE_ENT_SERVER_AUTH
        (33, "<I", (("Value1", "u32", ""),)),  # SUSPEND_PROFILES
        (13, None, (("Value1", "str", "", 17),)),  # DEV_TYPE
        (CHANNELS, "<4B", ()),
        (STATE, None, (("Value1", "array", "", 16, b":"),)),
        (REMOVE, None, (("Value1", "array", "", 16, b":"),)),
        (29, None, ()),  # STORE
        (31, None, (("Value1", "array", "", 4, b":"),)),  # SYS_STATE
        (
            45,
            "<Bxhxx",
            (("Value1", "range", "", 0, 1), ("Value2", "i16", "")),
        ),  # TRIGGERED_ROAMING
        (46, "<B5x", (("Value1", "range", "", 0, 1),)),  # AP_TRANSITION
    )
)

# What Get asks for: (option, bytes).
SIZES = const(
    (
        (0, 33),
        (3, 1),
        (4, 1),
        (AP_SECURITY, 1),
        (7, 64),
        (19, 1),
        (24, 1),
        (26, 2),
        (9, 3),
        (10, 4),
        (11, 4),
        (SCAN_PARAMS, 8),
        (13, 18),
        (CHANNELS, 4),
        (STATE, 16),
        (31, 4),
        (45, 0),
        (46, 0),
    )
)
NUMBERS = const(
    (("Value1", "u8", ""), ("Value2", "u8", ""), ("Value3", "u8", ""), ("Value4", "u8", ""))
)


@command(
    b"WlanSet",
    (("ID", "key", "", b"wlan_id"), OPTION),
    more=("Value1", "...", "ValueX"),
)
def wlan_set(cmd, id, option):
    """Set a WLAN configuration (table 36)."""
    row = find(SET, option)
    if option == CHANNELS:
        data = channels(cmd)
    else:
        values = cmd.rest(row[2])
        if option == INFO_ELEMENT:
            data = info_element(values)
        else:
            data = packed(row, values)
            if option == AP_SECURITY and values[0] > 2:
                raise ParseError(MISSING)
            if option in (STATE, REMOVE):
                data += bytes(4)
    cmd.sl.wlan.set(id, option, data)


def channels(cmd) -> bytes:
    """CHANNEL_N_REGS: four numbers, or one array `[a,b,c,d]`."""
    if cmd.core.count == 3:
        return cmd.parameter(2, ("Value1", "array", "", 4, b","))
    return bytes(cmd.rest(NUMBERS))


def info_element(values: list) -> bytes:
    """A record info_element of 260 bytes."""
    data = values[6]
    return pack("<6BH252s", *values[:6], len(data), data)


@command(b"WlanGet", (("ID", "key", "", b"wlan_id"),), more=("Option",))
def wlan_get(cmd, id):
    """Get a WLAN configuration (table 37)."""
    if id == CONNECTION:
        return connection(cmd)
    if id == ACCESS_LIST:
        return access_list(cmd, cmd.rest((("Option", "u8", ""),))[0])
    option = cmd.parameter(1, ("Option", "sub", "", OPTIONS), id)
    if option == LIST_OF_AP:
        return access_list(cmd, cmd.parameter(2, ("Value1", "u8", "")))
    size = find(SIZES, option)[1]
    data = cmd.sl.wlan.get(id, option, size)
    line = cmd.value()
    if option == SCAN_PARAMS:
        mask, rssi = unpack_from("<Ii", data)
        line.hex(mask)
        return line.hex(rssi & 0xFFFFFFFF) if cmd.ti else line.num(rssi)
    if option == CHANNELS:
        for number in data:
            line.num(number)
    elif option in (24, 10, 11):
        line.num(word(data, 0, len(data)))
    else:
        show(line, find(SET, option), data)
    return line


def access_list(cmd, index: int):
    """MAC addresses of the access list from an index on."""
    data = cmd.sl.wlan.get(ACCESS_LIST, index, 48)
    line = cmd.value()
    for at in range(0, len(data) - 5, 6):
        line.also(0x3B).mac(data, at)
    return line


def connection(cmd):
    """The present connection: role, status, security, SSID, BSSID, device name."""
    data = bytes(cmd.sl.wlan.get(CONNECTION, 0, 80))
    data += bytes(80 - len(data))
    role, status, security, size = data[0], data[1], data[2], min(data[4], 32)
    line = cmd.value().key(b"wlan_role", role).key(b"wlan_connection_status", status)
    if status:
        line.key(SECURITY, security, True)
    else:
        line.none()
    line.text(data, 5, size)
    if size:
        line.mac(data, 37)
    else:
        line.none()
    if role == 3:
        return line.text(data, 45, min(data[44], 32))
    return line if cmd.ti else line.none()
