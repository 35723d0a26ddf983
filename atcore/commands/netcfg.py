"""Network configuration commands: guide 6.6, tables 58 and 59; at-commands.md chapter 13."""

from struct import pack

from ..compat import const
from ..dispatch import BY_OPTION
from ..grammar import MISSING, ParseError, parse
from ..options import unfit
from . import command

_EAGER = const("netcfg")

_SET_MAC = const(1)
_GET_MAC = const(2)
_STATIONS = const(3)
_STATION_LIST = const(4)
_DISCONNECT = const(5)
_IF = const(6)
_STA_ADDR = const(7)
_AP_ADDR = const(8)
_LOCAL = const(9)
_GLOBAL = const(10)
_DHCP_CLIENT = const(11)
_DNS_CLIENT = const(12)
_STATE = const(0)
_DHCP = const(1)
_DHCP_LLA = const(2)
_STATIC = const(4)
_STATELESS = const(5)
_STATEFUL = const(6)
_RELEASE_SET = const(7)
_RELEASE_OFF = const(8)

_ID = const(("ConfigId", "key", "", b"netcfg_id"))
_OPTION = const(("ConfigOpt", "key", "", b"netcfg_option"))
_IPV4 = const(
    (
        ("Value1", "ip4", ""),
        ("Value2", "ip4", ""),
        ("Value3", "ip4", ""),
        ("Value4", "ip4", ""),
    )
)
_MAC = const((("Value1", "mac", ""),))

# Table 58 where the option counts: (id, option, format on the wire, values).
_SET = const(
    (
        (_IF, _STATE, "<I", (("Value1", "mask", "?", b"netcfg_if_state"),)),
        (_STA_ADDR, _STATIC, "<4I", _IPV4),
        (_STA_ADDR, _DHCP, None, ()),
        (_STA_ADDR, _DHCP_LLA, None, ()),
        (_STA_ADDR, _RELEASE_SET, None, ()),
        (_STA_ADDR, _RELEASE_OFF, None, ()),
        (_AP_ADDR, _STATIC, "<4I", _IPV4),
        (_LOCAL, _STATIC, "<4I20x", (("Value1", "ip6", ""),)),
        (_LOCAL, _STATELESS, None, ()),
        (_LOCAL, _STATEFUL, None, ()),
        (_GLOBAL, _STATIC, "<8I4x", (("Value1", "ip6", ""), ("Value2", "ip6", ""))),
        (_GLOBAL, _STATELESS, None, ()),
        (_GLOBAL, _STATEFUL, None, ()),
    )
)
# Where it is ignored: (id, number on the wire, format, values).
_PLAIN = const(
    (
        (_SET_MAC, 1, None, _MAC),
        (_DISCONNECT, 1, None, _MAC),
        (_DNS_CLIENT, 0, "<I", (("Value1", "ip4", ""),)),
    )
)


@command(b"NetCfgSet", (_ID,), more=("ConfigOpt", "Value1", "...", "ValueX"))
def set_config(cmd, id):
    """Set a network configuration (table 58)."""
    for row in _PLAIN:
        if row[0] == id:
            values = cmd.rest((("ConfigOpt", "later", "?"),) + row[3])[1:]
            break
    else:
        row = option_row(cmd, id)
        values = cmd.rest((_OPTION,) + row[3])[1:] if row[3] else ()
    cmd.sl.netcfg.set(id, row[1], wire(row[2], values))


def option_row(cmd, id: int):
    """The row of an id and its option. Only options without values may end the text."""
    core = cmd.core
    option = parse(core.text, core.fields, core.count, (_OPTION,), 1, None, [])[0]
    for row in _SET:
        if row[0] == id and row[1] == option:
            return row
    unfit(cmd, 1)


def wire(form, values) -> bytes:
    """Values as they cross the link: addresses as words in host order."""
    if form is None:
        return values[0] if values else b""
    words = []
    for value in values:
        if type(value) is tuple:
            words += value
        else:
            words.append(value or 0)
    return pack(form, *words)


@command(b"NetCfgGet", (_ID,), reply=BY_OPTION)
def get_config(cmd, id):
    """Get a network configuration (table 59)."""
    row = GET.get(id)
    if row is None:
        raise ParseError(MISSING)
    netcfg = cmd.sl.netcfg
    size, spec = row
    data = netcfg.get(id, size)
    return spec, (netcfg.option, data)


# table: spec ADDRESS_LINE ipv4_config item:0:netcfg_option
#     of:1 ip:ip4 mask:ip4 gateway:ip4 dns:ip4
_ADDRESS_LINE_SIZE = const(16)
_ADDRESS_LINE = const(
    (("key", 0, b"netcfg_option"), ("of", 1, ("ip4", 0), ("ip4", 4), ("ip4", 8), ("ip4", 12)))
)
# end
# table: spec ADDRESS6_LINE ipv6_config item:0:netcfg_option of:1 ip
_ADDRESS6_LINE_SIZE = const(36)
_ADDRESS6_LINE = const((("key", 0, b"netcfg_option"), ("of", 1, ("ip6", 0))))
# end
# table: spec STATION_LINE ap_station_info of:1 list ip:ip4 mac name
_STATION_LINE_SIZE = const(44)
_STATION_LINE = const((("of", 1, ("list", 44, ("ip4", 0), ("mac", 4), ("str", 12, 32))),))
# end
# table: spec DHCP_LINE dhcp_client_info of:1 ip:ip4 mask:ip4 gateway:ip4 dns:ip4
#     dhcp_server:ip4 lease_time time_to_renew state:netcfg_dhcp_state
_DHCP_LINE_SIZE = const(36)
_DHCP_LINE = const(
    (
        (
            "of",
            1,
            ("ip4", 0),
            ("ip4", 8),
            ("ip4", 4),
            ("ip4", 12),
            ("ip4", 16),
            ("ip4", 20),
            ("u32", 24),
            ("u32", 28),
            ("key", 32, b"netcfg_dhcp_state"),
        ),
    )
)
# end
_MOST_STATIONS = const(4)

# Table 59: bytes asked for, and the value line made from the option in the answer and these bytes.
GET = {
    _GET_MAC: (6, (("of", 1, ("mac", 0)),)),
    _STATIONS: (1, (("of", 1, ("u8", 0)),)),
    _STATION_LIST: (_MOST_STATIONS * _STATION_LINE_SIZE, _STATION_LINE),
    _IF: (4, (("of", 1, ("mask", 0, b"netcfg_if_state")),)),
    _STA_ADDR: (_ADDRESS_LINE_SIZE, _ADDRESS_LINE),
    _AP_ADDR: (_ADDRESS_LINE_SIZE, _ADDRESS_LINE),
    _LOCAL: (_ADDRESS6_LINE_SIZE, _ADDRESS6_LINE),
    _GLOBAL: (_ADDRESS6_LINE_SIZE, _ADDRESS6_LINE),
    _DHCP_CLIENT: (_DHCP_LINE_SIZE, _DHCP_LINE),
    _DNS_CLIENT: (4, (("of", 1, ("ip4", 0)),)),
}
