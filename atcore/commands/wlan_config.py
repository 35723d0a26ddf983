"""AT+WlanSet and AT+WlanGet: guide tables 36 and 37; at-commands.md 10.10 and 10.11."""

from struct import pack, unpack_from

from ..compat import const
from ..dispatch import BY_OPTION
from ..grammar import MISSING, ParseError
from ..options import find, packed, told, unfit
from . import command

_EAGER = const("wlan")

_SECURITY = const(b"wlan_security")
_AP = const(0)
_GENERAL = const(1)
_ACCESS_LIST = const(3)
_RX_FILTER = const(4)
_CONNECTION = const(5)
_AP_SECURITY = const(6)
_P2P = const(3)  # the role
_INFO_ELEMENT = const(16)
_SCAN_PARAMS = const(18)
_CHANNELS = const(14)
_LIST_OF_AP = const(0x100)  # option ACCESS_LIST of AP: the id ACCESS_LIST on the wire
_ENTRIES = const(24)
_STATE = const(27)
_REMOVE = const(28)

_OPTIONS = const(
    (
        (_AP, b"wlan_ap_option"),
        (_GENERAL, b"wlan_general_option"),
        (2, b"wlan_p2p_option"),
        (_RX_FILTER, b"wlan_rx_filter_option"),
        (6, b"wlan_network_assisted_roaming_option"),
    )
)
_OPTION = const(("Option", "sub", "", _OPTIONS))
_BYTE = const("<B")

# Table 36: (option, format on the wire, values). The numbers of all ids differ.
_SET = const(
    (
        (0, None, (("Value1", "str", "", 32, 1),)),  # SSID
        (3, _BYTE, (("Value1", "range", "", 1, 11),)),  # CHANNEL
        (4, _BYTE, (("Value1", "range", "", 0, 2),)),  # HIDDEN_SSID
        (_AP_SECURITY, _BYTE, (("Value1", "key", "", _SECURITY),)),
        (7, None, (("Value1", "str", "!", 64),)),  # PASSWORD
        (19, _BYTE, (("Value1", "range", "", 1, 4),)),  # MAX_STATIONS
        (20, None, (("Value1", "mac", ""),)),  # ACCESS_LIST_ADD_MAC
        (21, None, (("Value1", "mac", ""),)),  # ACCESS_LIST_DEL_MAC
        (22, _BYTE, (("Value1", "u8", ""),)),  # ACCESS_LIST_DEL_IDX
        (25, _BYTE, (("Value1", "key", "", b"wlan_ap_access_list_mode"),)),
        (26, "<H", (("Value1", "u16", ""),)),  # MAX_STA_AGING
        (9, None, (("Value1", "str", "", 2, 2),)),  # COUNTRY_CODE
        (10, _BYTE, (("Value1", "few", "", 15, -1),)),  # STA_TX_POWER
        (11, _BYTE, (("Value1", "few", "", 15, -1),)),  # AP_TX_POWER
        (
            _INFO_ELEMENT,
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
        (_SCAN_PARAMS, "<Ii", (("Value1", "u32", ""), ("Value2", "i32", ""))),
        (32, _BYTE, (("Value1", "range", "", 0, 1),)),  # DISABLE_ENT_SERVER_AUTH
        (33, "<I", (("Value1", "u32", ""),)),  # SUSPEND_PROFILES
        (13, None, (("Value1", "str", "", 17),)),  # DEV_TYPE
        (_CHANNELS, "<4B", ()),
        (_STATE, None, (("Value1", "array", "", 16, b":"),)),
        (_REMOVE, None, (("Value1", "array", "", 16, b":"),)),
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

# table: spec SCAN_LINE scan_params channel_mask:hex guide:rssi_threshold ti:rssi_threshold:hex
_SCAN_LINE_SIZE = const(8)
_SCAN_LINE = const((("hex", 0), ("guide", ("i32", 4)), ("ti", ("hex", 4))))
# end
# Table 37: (option, bytes asked for, value line).
_TEXT = const((("str", 0),))
_NUMBER = const((("u8", 0),))
_WORD = const((("u32", 0),))
_GET = const(
    (
        (0, 33, _TEXT),
        (3, 1, _NUMBER),
        (4, 1, _NUMBER),
        (_AP_SECURITY, 1, (("key", 0, _SECURITY),)),
        (7, 64, _TEXT),
        (19, 1, _NUMBER),
        (_ENTRIES, 1, _NUMBER),
        (26, 2, (("u16", 0),)),
        (9, 3, _TEXT),
        (10, 4, _WORD),
        (11, 4, _WORD),
        (_SCAN_PARAMS, _SCAN_LINE_SIZE, _SCAN_LINE),
        (13, 18, _TEXT),
        (_CHANNELS, 4, (("u8", 0), ("u8", 1), ("u8", 2), ("u8", 3))),
        (_STATE, 16, (("array", 0, 16, 0x3A),)),
        (31, 4, (("array", 0, 4, 0x3A),)),
        (45, 0, ()),
        (46, 0, ()),
    )
)
_MACS = const((("list", 6, ("mac", 0)),))
# table: layout connection_info
_CONNECTION_INFO = const("<BBB1xB32s6sBB32s3x")
_CONNECTION_INFO_SIZE = const(80)
# end
_CONNECTION_LINE = const(
    (
        ("key", 0, b"wlan_role"),
        ("key", 1, b"wlan_connection_status"),
        ("lower", 2, _SECURITY),
        ("str", 3),
        ("mac", 4),
        ("given", 5, ("str", 5)),
    )
)
_NUMBERS = const(
    (("Value1", "u8", ""), ("Value2", "u8", ""), ("Value3", "u8", ""), ("Value4", "u8", ""))
)


@command(
    b"WlanSet",
    (("ID", "key", "", b"wlan_id"), _OPTION),
    more=("Value1", "...", "ValueX"),
)
def wlan_set(cmd, id, option):
    """Set a WLAN configuration (table 36)."""
    if option == _ENTRIES:
        unfit(cmd, 1)
    row = find(_SET, option)
    if option == _CHANNELS:
        data = channels(cmd)
    else:
        values = cmd.rest(row[2])
        if option == _INFO_ELEMENT:
            data = info_element(values)
        else:
            data = packed(row, values)
            if option == _AP_SECURITY and values[0] > 2:
                raise ParseError(MISSING)
            if option in (_STATE, _REMOVE):
                data += bytes(4)
    cmd.sl.wlan.set(id, option, data)


def channels(cmd) -> bytes:
    """CHANNEL_N_REGS: four numbers, or one array `[a,b,c,d]`."""
    if cmd.core.count == 3:
        return cmd.parameter(2, ("Value1", "array", "", 4, b","))
    return bytes(cmd.rest(_NUMBERS))


def info_element(values: list) -> bytes:
    """A record info_element of 260 bytes."""
    data = values[6]
    return pack("<6BH252s", *values[:6], len(data), data)


@command(b"WlanGet", (("ID", "key", "", b"wlan_id"),), more=("Option",), reply=BY_OPTION)
def wlan_get(cmd, id):
    """Get a WLAN configuration (table 37)."""
    if id == _CONNECTION:
        return connection(cmd)
    if id == _ACCESS_LIST:
        return access_list(cmd, cmd.rest((("Option", "u8", ""),))[0])
    option = cmd.parameter(1, ("Option", "sub", "", _OPTIONS), id)
    if option == _LIST_OF_AP:
        return access_list(cmd, cmd.parameter(2, ("Value1", "u8", "")))
    row = find(_GET, option)
    return told(row, cmd.sl.wlan.get(id, option, row[1]))


def access_list(cmd, index: int):
    """MAC addresses of the access list from an index on."""
    return _MACS, cmd.sl.wlan.get(_ACCESS_LIST, index, 48)


def connection(cmd):
    """The present connection: role, status, security, SSID, BSSID, device name (of P2P alone)."""
    data = cmd.sl.wlan.get(_CONNECTION, 0, _CONNECTION_INFO_SIZE)
    role, status, security, size, ssid, bssid, _, length, device = unpack_from(
        _CONNECTION_INFO, bytes(data) + bytes(_CONNECTION_INFO_SIZE)
    )
    if not status:
        security = None
    if not size:
        bssid = None
    device = device[:length] if role == _P2P else None
    return _CONNECTION_LINE, (role, status, security, ssid[:size], bssid, device)
