"""Events of the driver as `+Event...` lines: guide tables 62-66, guide-style.md section 8.

A row says from which opcode an event comes, its id, and where its values lie in the arguments
(nwp-protocol.md chapter 7). What has no row, or no name in the guide, prints nothing.
"""

from .compat import const
from .reply import written

# By family, the second number of a row.
NAMES = (b"EventFatalError", b"EventGeneral", b"EventWlan", b"EventNetApp", b"EventSock")
TABLES = (
    b"event_device_id",
    b"event_device_id",
    b"event_wlan_id",
    b"event_netapp_id",
    b"event_sock_id",
)

# opcode, family, id, fields of its values (reply.py)
# table: events
# FATAL_DEVICE_ABORT abort_type abort_data
# FATAL_DRIVER_ABORT ti:none
# FATAL_SYNC_LOSS ti:none
# FATAL_NO_CMD_ACK code
# FATAL_CMD_TIMEOUT code
# RESET_REQUEST status always:0:event_device_sender
# ERROR status sender:event_device_sender
# WLAN_CONNECTED ssid bssid
# WLAN_DISCONNECTED ssid bssid reason
# WLAN_STA_ADDED mac
# WLAN_STA_REMOVED mac
# WLAN_P2P_CONNECTED ssid bssid go_name
# WLAN_P2P_DISCONNECTED ssid bssid reason go_name
# WLAN_P2P_CLIENT_ADDED mac name own_ssid
# WLAN_P2P_CLIENT_REMOVED mac name own_ssid
# WLAN_P2P_DEV_FOUND name mac wps_method:event_wlan_wps_method
# WLAN_P2P_REQUEST name mac wps_method:event_wlan_wps_method
# WLAN_P2P_CONNECT_FAIL status:event_wlan_status
# WLAN_PROVISIONING_STATUS status:event_provisioning_status ti:role:wlan_role
#     ti:wlan_status:event_wlan_status ti:ssid
# WLAN_PROVISIONING_PROFILE_ADDED status:event_provisioning_status ssid
# NETAPP_IPV4_ACQUIRED ip:ip4 gateway:ip4 dns:ip4
# NETAPP_IPV6_ACQUIRED ip dns
# NETAPP_IP_COLLISION ip:ip4 dhcp_mac conflict_mac
# NETAPP_DHCPV4_LEASED ip:ip4 lease_time mac
# NETAPP_DHCPV4_RELEASED ip:ip4 mac reason
# NETAPP_IPV4_LOST status
# NETAPP_DHCP_TIMEOUT status
# NETAPP_IPV6_LOST ip
# SOCKET_TX_FAILED sd status
# SOCKET_ASYNC sd type:event_sock_type value
# fmt: off
ROWS = (
    (0xFF01, 0, 1, (("u32", 0), ("u32", 4))),
    (0xFF02, 0, 2, (("ti", ("none",)),)),
    (0xFF03, 0, 3, (("ti", ("none",)),)),
    (0xFF04, 0, 4, (("u32", 0),)),
    (0xFF05, 0, 5, (("u32", 0),)),
    (0x0099, 1, 6, (("i16", 0), ("always", 0, b"event_device_sender"))),
    (0x0078, 1, 7, (("i16", 0), ("key16", 2, b"event_device_sender"))),
    (0x0880, 2, 1, (("text", 0, 1), ("mac", 33))),
    (0x0881, 2, 2, (("text", 0, 1), ("mac", 33), ("u8", 39))),
    (0x082E, 2, 3, (("mac", 0),)),
    (0x082F, 2, 4, (("mac", 0),)),
    (0x0892, 2, 5, (("text", 0, 1), ("mac", 33), ("text", 40, 41))),
    (0x0894, 2, 6, (("text", 0, 1), ("mac", 33), ("u8", 39), ("text", 40, 41))),
    (0x0896, 2, 7, (("mac", 0), ("text", 6, 7), ("text", 39, 40))),
    (0x0898, 2, 8, (("mac", 0), ("text", 6, 7), ("text", 39, 40))),
    (0x0830, 2, 9, (("text", 0, 1), ("mac", 33), ("key", 39, b"event_wlan_wps_method"))),
    (0x0832, 2, 10, (("text", 0, 1), ("mac", 33), ("key", 39, b"event_wlan_wps_method"))),
    (0x0831, 2, 11, (("key16", 0, b"event_wlan_status"),)),
    (0x089A, 2, 13, (
        ("key", 0, b"event_provisioning_status"),
        ("ti", ("key", 1, b"wlan_role"), ("key", 2, b"event_wlan_status"), ("text", 3, 4)),
    )),
    (0x08B2, 2, 14, (("key32", 0, b"event_provisioning_status"), ("text", 4, 8))),
    (0x1825, 3, 1, (("ip4", 0), ("ip4", 4), ("ip4", 8))),
    (0x1A25, 3, 2, (("ip6", 0), ("ip6", 16))),
    (0x1831, 3, 3, (("ip4", 0), ("mac", 4), ("mac", 10))),
    (0x182C, 3, 4, (("ip4", 0), ("u32", 4), ("mac", 8))),
    (0x182D, 3, 5, (("ip4", 0), ("mac", 4), ("u16", 10))),
    (0x1832, 3, 8, (("i16", 0),)),
    (0x1833, 3, 9, (("i16", 0),)),
    (0x1A32, 3, 10, (("ip6", 0),)),
    (0x100E, 4, 1, (("u8", 2), ("i16", 0))),
    (0x100F, 4, 2, (("u8", 0), ("key", 1, b"event_sock_type"), ("i16", 2))),
)
# fmt: on
# end
# table: opcodes DEVICE_RESET_REQUEST
_DEVICE_RESET_REQUEST = const(0x0099)
# end

_WIDEST = 80  # every value of a row lies below this offset


def word(args, at: int, size: int) -> int:
    """A little-endian number."""
    value = 0
    for i in range(at + size - 1, at - 1, -1):
        value = value << 8 | args[i]
    return value


def line_of(line, opcode: int, args, ti: bool):
    """The message for an event, or None if there is nothing to say."""
    for row in ROWS:
        if row[0] == opcode:
            break
    else:
        return None
    if len(args) < _WIDEST:
        args = bytes(args) + bytes(_WIDEST - len(args))
    if opcode == _DEVICE_RESET_REQUEST and word(args, 4, 2) != 1:
        return None
    family = row[1]
    spec = (("always", row[2], TABLES[family]),) + row[3]
    return written(line, NAMES[family], spec, args, ti)
