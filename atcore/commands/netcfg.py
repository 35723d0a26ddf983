"""Network configuration commands: guide 6.6, tables 58 and 59; at-commands.md chapter 13."""

from ..compat import const
from ..dispatch import BY_OPTION
from ..options import packed
from . import command

_EAGER = const("netcfg")

# table: ids netcfg.MAC_ADDRESS_SET netcfg.MAC_ADDRESS_GET netcfg.AP_STATIONS_NUM_CONNECTED
#     netcfg.AP_STATIONS_INFO_LIST netcfg.AP_STATION_DISCONNECT netcfg.IF
#     netcfg.IPV4_STA_ADDR_MODE netcfg.IPV4_AP_ADDR_MODE netcfg.IPV6_ADDR_LOCAL
#     netcfg.IPV6_ADDR_GLOBAL netcfg.IPV4_DHCP_CLIENT netcfg.IPV4_DNS_CLIENT
_MAC_ADDRESS_SET = const(1)
_MAC_ADDRESS_GET = const(2)
_AP_STATIONS_NUM_CONNECTED = const(3)
_AP_STATIONS_INFO_LIST = const(4)
_AP_STATION_DISCONNECT = const(5)
_IF = const(6)
_IPV4_STA_ADDR_MODE = const(7)
_IPV4_AP_ADDR_MODE = const(8)
_IPV6_ADDR_LOCAL = const(9)
_IPV6_ADDR_GLOBAL = const(10)
_IPV4_DHCP_CLIENT = const(11)
_IPV4_DNS_CLIENT = const(12)
# end
# table: options netcfg.STATE netcfg.DHCP netcfg.DHCP_LLA netcfg.STATIC netcfg.STATELESS
#     netcfg.STATEFUL netcfg.RELEASE_IP_SET netcfg.RELEASE_IP_OFF
_STATE = const(0)
_DHCP = const(1)
_DHCP_LLA = const(2)
_STATIC = const(4)
_STATELESS = const(5)
_STATEFUL = const(6)
_RELEASE_IP_SET = const(7)
_RELEASE_IP_OFF = const(8)
# end

_ID = const(("ConfigId", "key", "", b"netcfg_id"))
_OPTION = const(
    (
        "ConfigOpt",
        "sub",
        "?",
        (
            (_MAC_ADDRESS_SET, None),
            (_AP_STATION_DISCONNECT, None),
            (_IPV4_DNS_CLIENT, None),
            (None, b"netcfg_option"),
        ),
    )
)
_IPV4 = const(
    (
        ("Value1", "ip4", ""),
        ("Value2", "ip4", ""),
        ("Value3", "ip4", ""),
        ("Value4", "ip4", ""),
    )
)
_MAC = const((("Value1", "mac", ""),))

# Table 58, in its order: (id and option, values, format on the wire). The option of a MAC address
# and of a DNS server is ignored.
_SET = const(
    (
        ((_IF, _STATE), (("Value1", "mask", "?", b"netcfg_if_state"),), "<I"),
        ((_MAC_ADDRESS_SET, None), _MAC, None),
        ((_IPV4_STA_ADDR_MODE, _STATIC), _IPV4, "<4I"),
        ((_IPV4_STA_ADDR_MODE, _DHCP), (), None),
        ((_IPV4_STA_ADDR_MODE, _DHCP_LLA), (), None),
        ((_IPV4_STA_ADDR_MODE, _RELEASE_IP_SET), (), None),
        ((_IPV4_STA_ADDR_MODE, _RELEASE_IP_OFF), (), None),
        ((_IPV4_AP_ADDR_MODE, _STATIC), _IPV4, "<4I"),
        ((_IPV6_ADDR_LOCAL, _STATIC), (("Value1", "ip6", ""),), "<4I20x"),
        ((_IPV6_ADDR_LOCAL, _STATELESS), (), None),
        ((_IPV6_ADDR_LOCAL, _STATEFUL), (), None),
        ((_IPV6_ADDR_GLOBAL, _STATIC), (("Value1", "ip6", ""), ("Value2", "ip6", "")), "<8I4x"),
        ((_IPV6_ADDR_GLOBAL, _STATELESS), (), None),
        ((_IPV6_ADDR_GLOBAL, _STATEFUL), (), None),
        ((_AP_STATION_DISCONNECT, None), _MAC, None),
        ((_IPV4_DNS_CLIENT, None), (("Value1", "ip4", ""),), "<I"),
    )
)


@command(b"NetCfgSet", (_ID, _OPTION), varies=True, forms=_SET)
def set_config(cmd, id, option, *values):
    """Set a network configuration (table 58)."""
    if option is None:
        option = 0 if id == _IPV4_DNS_CLIENT else 1  # on the wire
    words = []
    for value in values:  # an IPv6 address is four
        words += value if type(value) is tuple else (value or 0,)
    cmd.sl.netcfg.set(id, option, packed(cmd.core.form, words))


# table: spec ADDRESS_LINE ipv4_config item:0:netcfg_option
#     of:1 ip:ip4 mask:ip4 gateway:ip4 dns:ip4
_ADDRESS_LINE_SIZE = const(16)
_ADDRESS_LINE = const(
    (("key", 0, b"netcfg_option"), ("of", 1, ("packed", b"4\x004\x044\x084\x0c")))
)
# end
# table: spec ADDRESS6_LINE ipv6_config item:0:netcfg_option of:1 ip
_ADDRESS6_LINE_SIZE = const(36)
_ADDRESS6_LINE = const((("key", 0, b"netcfg_option"), ("of", 1, ("ip6", 0))))
# end
# table: spec STATION_LINE ap_station_info of:1 list ip:ip4 mac name
_STATION_LINE_SIZE = const(44)
_STATION_LINE = const((("of", 1, ("list", 44, ("packed", b"4\x00m\x04s\x0c "))),))
# end
# table: spec DHCP_LINE dhcp_client_info of:1 ip:ip4 mask:ip4 gateway:ip4 dns:ip4
#     dhcp_server:ip4 lease_time time_to_renew state:netcfg_dhcp_state
_DHCP_LINE_SIZE = const(36)
_DHCP_LINE = const(
    (
        (
            "of",
            1,
            ("packed", b"4\x004\x084\x044\x0c4\x104\x14I\x18I\x1ck \x00", (b"netcfg_dhcp_state",)),
        ),
    )
)
# end
_MOST_STATIONS = const(4)

# Table 59: (id, no more arguments, bytes asked for, value line made from the option in the answer
# and these bytes).
_GET = const(
    (
        (_MAC_ADDRESS_GET, (), 6, (("of", 1, ("mac", 0)),)),
        (_AP_STATIONS_NUM_CONNECTED, (), 1, (("of", 1, ("u8", 0)),)),
        (_AP_STATIONS_INFO_LIST, (), _MOST_STATIONS * _STATION_LINE_SIZE, _STATION_LINE),
        (_IF, (), 4, (("of", 1, ("mask", 0, b"netcfg_if_state")),)),
        (_IPV4_STA_ADDR_MODE, (), _ADDRESS_LINE_SIZE, _ADDRESS_LINE),
        (_IPV4_AP_ADDR_MODE, (), _ADDRESS_LINE_SIZE, _ADDRESS_LINE),
        (_IPV6_ADDR_LOCAL, (), _ADDRESS6_LINE_SIZE, _ADDRESS6_LINE),
        (_IPV6_ADDR_GLOBAL, (), _ADDRESS6_LINE_SIZE, _ADDRESS6_LINE),
        (_IPV4_DHCP_CLIENT, (), _DHCP_LINE_SIZE, _DHCP_LINE),
        (_IPV4_DNS_CLIENT, (), 4, (("of", 1, ("ip4", 0)),)),
    )
)


@command(b"NetCfgGet", (_ID, ("", "forms", "?", _GET)), reply=BY_OPTION)
def get_config(cmd, id):
    """Get a network configuration (table 59)."""
    row = cmd.core.form
    netcfg = cmd.sl.netcfg
    data = netcfg.get(id, row[2])
    return row[3], (netcfg.option, data)
