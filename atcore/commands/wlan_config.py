"""AT+WlanSet and AT+WlanGet: guide tables 36 and 37; at-commands.md 10.10 and 10.11."""

from struct import unpack_from

from ..compat import const
from ..dispatch import BY_OPTION
from ..options import packed, told
from . import command

_EAGER = const("wlan")

_SECURITY = const(b"wlan_security")
_AP = const(0)
_GENERAL = const(1)
_ACCESS_LIST = const(3)
_RX_FILTER = const(4)
_CONNECTION = const(5)
_AP_SECURITY = const(6)
_WPA_WPA2 = const(2)
_P2P = const(3)  # the role
_SCAN_PARAMS = const(18)
_CHANNELS = const(14)
_LIST_OF_AP = const(0x100)  # option ACCESS_LIST of AP: the id ACCESS_LIST on the wire
_ENTRIES = const(24)

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

_FLAG = const((("Value1", "range", "", 0, 1),))
_POWER = const((("Value1", "few", "", 15, -1),))
_MAC = const((("Value1", "mac", ""),))
_FILTER = const((("Value1", "array", "", 16, b":"),))

# Table 36, in its order: (option, values, format on the wire). The numbers of all ids differ.
_SET = const(
    (
        (0, (("Value1", "str", "", 32, 1),), None),  # SSID
        (3, (("Value1", "range", "", 1, 11),), _BYTE),  # CHANNEL
        (4, (("Value1", "range", "", 0, 2),), _BYTE),  # HIDDEN_SSID
        (_AP_SECURITY, (("Value1", "key", "", _SECURITY, _WPA_WPA2),), _BYTE),
        (7, (("Value1", "str", "!", 64),), None),  # PASSWORD
        (19, (("Value1", "range", "", 1, 4),), _BYTE),  # MAX_STATIONS
        (26, (("Value1", "u16", ""),), "<H"),  # MAX_STA_AGING
        (25, (("Value1", "key", "", b"wlan_ap_access_list_mode"),), _BYTE),
        (20, _MAC, None),  # ACCESS_LIST_ADD_MAC
        (21, _MAC, None),  # ACCESS_LIST_DEL_MAC
        (22, (("Value1", "u8", ""),), _BYTE),  # ACCESS_LIST_DEL_IDX
        (9, (("Value1", "str", "", 2, 2),), None),  # COUNTRY_CODE
        (10, _POWER, _BYTE),  # STA_TX_POWER
        (11, _POWER, _BYTE),  # AP_TX_POWER
        (
            16,  # INFO_ELEMENT
            (
                ("Value1", "u8", ""),
                ("Value2", "key", "", b"wlan_info_element_role"),
                ("Value3", "u8", ""),
                ("Value4", "u8", ""),
                ("Value5", "u8", ""),
                ("Value6", "u8", ""),
                ("Value7", "str", "", 252),
            ),
            "<6BH252s",
        ),
        (_SCAN_PARAMS, (("Value1", "u32", ""), ("Value2", "i32", "")), "<Ii"),
        (33, (("Value1", "u32", ""),), "<I"),  # SUSPEND_PROFILES
        (32, _FLAG, _BYTE),  # DISABLE_ENT_SERVER_AUTH
        (13, (("Value1", "str", "", 17),), None),  # DEV_TYPE
        (_CHANNELS, (("Value1,Value2,Value3,Value4", "array", "", 4, b","),), None),
        (27, _FILTER, "<16s4x"),  # STATE
        (31, (("Value1", "array", "", 4, b":"),), None),  # SYS_STATE
        (28, _FILTER, "<16s4x"),  # REMOVE
        (29, (), None),  # STORE
        (45, (("Value1", "range", "", 0, 1), ("Value2", "i16", "")), "<Bxhxx"),
        (46, _FLAG, "<B5x"),  # AP_TRANSITION
    )
)

# table: spec SCAN_LINE scan_params channel_mask:hex guide:rssi_threshold ti:rssi_threshold:hex
_SCAN_LINE_SIZE = const(8)
_SCAN_LINE = const((("hex", 0), ("guide", ("i32", 4)), ("ti", ("hex", 4))))
# end
# Table 37, in its order: (option, values, bytes asked for, value line).
_INDEX = const(("Value1", "u8", ""))
_MACS = const((("list", 6, ("mac", 0)),))
_TEXT = const((("str", 0),))
_NUMBER = const((("u8", 0),))
_WORD = const((("u32", 0),))
_GET = const(
    (
        (0, (), 33, _TEXT),
        (3, (), 1, _NUMBER),
        (4, (), 1, _NUMBER),
        (_AP_SECURITY, (), 1, (("key", 0, _SECURITY),)),
        (7, (), 64, _TEXT),
        (19, (), 1, _NUMBER),
        (26, (), 2, (("u16", 0),)),
        (_LIST_OF_AP, (_INDEX,), 48, _MACS),
        (_ENTRIES, (), 1, _NUMBER),
        (9, (), 3, _TEXT),
        (10, (), 4, _WORD),
        (11, (), 4, _WORD),
        (_SCAN_PARAMS, (), _SCAN_LINE_SIZE, _SCAN_LINE),
        (13, (), 18, _TEXT),
        (_CHANNELS, (), 4, (("u8", 0), ("u8", 1), ("u8", 2), ("u8", 3))),
        (27, (), 16, (("array", 0, 16, 0x3A),)),
        (31, (), 4, (("array", 0, 4, 0x3A),)),
        (45, (), 0, ()),
        (46, (), 0, ()),
    )
)
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
_GET_OPTION = const((_OPTION, ("", "forms", "?", _GET)))


@command(b"WlanSet", (("ID", "key", "", b"wlan_id"), _OPTION), varies=True, forms=_SET)
def wlan_set(cmd, id, option, *values):
    """Set a WLAN configuration (table 36)."""
    cmd.sl.wlan.set(id, option, packed(cmd.core.form, values))


@command(
    b"WlanGet",
    (
        ("ID", "key", "", b"wlan_id"),
        (
            "Option",
            "forms",
            "",
            ((_CONNECTION, ()), (_ACCESS_LIST, (("Option", "u8", ""),)), (None, _GET_OPTION)),
        ),
    ),
    varies=True,
    reply=BY_OPTION,
)
def wlan_get(cmd, id, option=0, index=0):
    """Get a WLAN configuration (table 37)."""
    if id == _CONNECTION:
        return connection(cmd)
    if id == _ACCESS_LIST:
        return access_list(cmd, option)
    if option == _LIST_OF_AP:
        return access_list(cmd, index)
    row = cmd.core.form
    return told(row, cmd.sl.wlan.get(id, option, row[2]))


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
