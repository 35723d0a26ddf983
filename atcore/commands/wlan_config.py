"""AT+WlanSet and AT+WlanGet: guide tables 36 and 37; at-commands.md 10.10 and 10.11."""

from struct import unpack_from

from ..compat import const
from ..dispatch import BY_OPTION
from ..options import packed, told
from . import command

_EAGER = const("wlan")

_SECURITY = const(b"wlan_security")
# table: ids wlan.AP wlan.GENERAL wlan.P2P wlan.AP_ACCESS_LIST wlan.RX_FILTERS
#     wlan.CONNECTION_INFO wlan.STA_NETWORK_ASSISTED_ROAMING
_AP = const(0)
_GENERAL = const(1)
_P2P = const(2)
_AP_ACCESS_LIST = const(3)
_RX_FILTERS = const(4)
_CONNECTION_INFO = const(5)
_STA_NETWORK_ASSISTED_ROAMING = const(6)
# end
# table: options wlan.SSID wlan.CHANNEL wlan.HIDDEN_SSID wlan.SECURITY_TYPE wlan.PASSWORD
#     wlan.MAX_STATIONS wlan.MAX_STA_AGING wlan.ACCESS_LIST_MODE wlan.ACCESS_LIST_ADD_MAC
#     wlan.ACCESS_LIST_DEL_MAC wlan.ACCESS_LIST_DEL_IDX wlan.ACCESS_LIST_NUM_ENTRIES
#     wlan.COUNTRY_CODE wlan.STA_TX_POWER wlan.AP_TX_POWER wlan.INFO_ELEMENT wlan.SCAN_PARAMS
#     wlan.SUSPEND_PROFILES wlan.DISABLE_ENT_SERVER_AUTH wlan.DEV_TYPE wlan.CHANNEL_N_REGS
#     wlan.STATE wlan.SYS_STATE wlan.REMOVE wlan.STORE wlan.ROAMING_TRIGGERING_ENABLE
#     wlan.AP_TRANSITION_ENABLE
_SSID = const(0)
_CHANNEL = const(3)
_HIDDEN_SSID = const(4)
_SECURITY_TYPE = const(6)
_PASSWORD = const(7)
_MAX_STATIONS = const(19)
_MAX_STA_AGING = const(26)
_ACCESS_LIST_MODE = const(25)
_ACCESS_LIST_ADD_MAC = const(20)
_ACCESS_LIST_DEL_MAC = const(21)
_ACCESS_LIST_DEL_IDX = const(22)
_ACCESS_LIST_NUM_ENTRIES = const(24)
_COUNTRY_CODE = const(9)
_STA_TX_POWER = const(10)
_AP_TX_POWER = const(11)
_INFO_ELEMENT = const(16)
_SCAN_PARAMS = const(18)
_SUSPEND_PROFILES = const(33)
_DISABLE_ENT_SERVER_AUTH = const(32)
_DEV_TYPE = const(13)
_CHANNEL_N_REGS = const(14)
_STATE = const(27)
_SYS_STATE = const(31)
_REMOVE = const(28)
_STORE = const(29)
_ROAMING_TRIGGERING_ENABLE = const(45)
_AP_TRANSITION_ENABLE = const(46)
# end
_WPA_WPA2 = const(2)
_P2P_ROLE = const(3)
_LIST_OF_AP = const(0x100)  # option ACCESS_LIST of AP: the id AP_ACCESS_LIST on the wire

_OPTIONS = const(
    (
        (_AP, b"wlan_ap_option"),
        (_GENERAL, b"wlan_general_option"),
        (_P2P, b"wlan_p2p_option"),
        (_RX_FILTERS, b"wlan_rx_filter_option"),
        (_STA_NETWORK_ASSISTED_ROAMING, b"wlan_network_assisted_roaming_option"),
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
        (_SSID, (("Value1", "str", "", 32, 1),), None),
        (_CHANNEL, (("Value1", "range", "", 1, 11),), _BYTE),
        (_HIDDEN_SSID, (("Value1", "range", "", 0, 2),), _BYTE),
        (_SECURITY_TYPE, (("Value1", "key", "", _SECURITY, _WPA_WPA2),), _BYTE),
        (_PASSWORD, (("Value1", "str", "!", 64),), None),
        (_MAX_STATIONS, (("Value1", "range", "", 1, 4),), _BYTE),
        (_MAX_STA_AGING, (("Value1", "u16", ""),), "<H"),
        (_ACCESS_LIST_MODE, (("Value1", "key", "", b"wlan_ap_access_list_mode"),), _BYTE),
        (_ACCESS_LIST_ADD_MAC, _MAC, None),
        (_ACCESS_LIST_DEL_MAC, _MAC, None),
        (_ACCESS_LIST_DEL_IDX, (("Value1", "u8", ""),), _BYTE),
        (_COUNTRY_CODE, (("Value1", "str", "", 2, 2),), None),
        (_STA_TX_POWER, _POWER, _BYTE),
        (_AP_TX_POWER, _POWER, _BYTE),
        (
            _INFO_ELEMENT,
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
        (_SUSPEND_PROFILES, (("Value1", "u32", ""),), "<I"),
        (_DISABLE_ENT_SERVER_AUTH, _FLAG, _BYTE),
        (_DEV_TYPE, (("Value1", "str", "", 17),), None),
        (_CHANNEL_N_REGS, (("Value1,Value2,Value3,Value4", "array", "", 4, b","),), None),
        (_STATE, _FILTER, "<16s4x"),
        (_SYS_STATE, (("Value1", "array", "", 4, b":"),), None),
        (_REMOVE, _FILTER, "<16s4x"),
        (_STORE, (), None),
        (
            _ROAMING_TRIGGERING_ENABLE,
            (("Value1", "range", "", 0, 1), ("Value2", "i16", "")),
            "<Bxhxx",
        ),
        (_AP_TRANSITION_ENABLE, _FLAG, "<B5x"),
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
        (_SSID, (), 33, _TEXT),
        (_CHANNEL, (), 1, _NUMBER),
        (_HIDDEN_SSID, (), 1, _NUMBER),
        (_SECURITY_TYPE, (), 1, (("key", 0, _SECURITY),)),
        (_PASSWORD, (), 64, _TEXT),
        (_MAX_STATIONS, (), 1, _NUMBER),
        (_MAX_STA_AGING, (), 2, (("u16", 0),)),
        (_LIST_OF_AP, (_INDEX,), 48, _MACS),
        (_ACCESS_LIST_NUM_ENTRIES, (), 1, _NUMBER),
        (_COUNTRY_CODE, (), 3, _TEXT),
        (_STA_TX_POWER, (), 4, _WORD),
        (_AP_TX_POWER, (), 4, _WORD),
        (_SCAN_PARAMS, (), _SCAN_LINE_SIZE, _SCAN_LINE),
        (_DEV_TYPE, (), 18, _TEXT),
        (_CHANNEL_N_REGS, (), 4, (("u8", 0), ("u8", 1), ("u8", 2), ("u8", 3))),
        (_STATE, (), 16, (("array", 0, 16, 0x3A),)),
        (_SYS_STATE, (), 4, (("array", 0, 4, 0x3A),)),
        (_ROAMING_TRIGGERING_ENABLE, (), 0, ()),
        (_AP_TRANSITION_ENABLE, (), 0, ()),
    )
)
# table: layout connection_info
_CONNECTION_INFO_FORMAT = const("<BBB1xB32s6sBB32s3x")
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
            (
                (_CONNECTION_INFO, ()),
                (_AP_ACCESS_LIST, (("Option", "u8", ""),)),
                (None, _GET_OPTION),
            ),
        ),
    ),
    varies=True,
    reply=BY_OPTION,
)
def wlan_get(cmd, id, option=0, index=0):
    """Get a WLAN configuration (table 37)."""
    if id == _CONNECTION_INFO:
        return connection(cmd)
    if id == _AP_ACCESS_LIST:
        return access_list(cmd, option)
    if option == _LIST_OF_AP:
        return access_list(cmd, index)
    row = cmd.core.form
    return told(row, cmd.sl.wlan.get(id, option, row[2]))


def access_list(cmd, index: int):
    """MAC addresses of the access list from an index on."""
    return _MACS, cmd.sl.wlan.get(_AP_ACCESS_LIST, index, 48)


def connection(cmd):
    """The present connection: role, status, security, SSID, BSSID, device name (of P2P alone)."""
    data = cmd.sl.wlan.get(_CONNECTION_INFO, 0, _CONNECTION_INFO_SIZE)
    role, status, security, size, ssid, bssid, _, length, device = unpack_from(
        _CONNECTION_INFO_FORMAT, bytes(data) + bytes(_CONNECTION_INFO_SIZE)
    )
    if not status:
        security = None
    if not size:
        bssid = None
    device = device[:length] if role == _P2P_ROLE else None
    return _CONNECTION_LINE, (role, status, security, ssid[:size], bssid, device)
