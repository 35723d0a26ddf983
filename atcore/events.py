"""Events of the driver as `+Event...` lines: guide tables 62-66, guide-style.md section 8.

A row says from which opcode an event comes, its id, and where its values lie in the arguments
(nwp-protocol.md chapter 7), by the names of protocol.json. What has no row, or no name in the
guide, prints nothing.
"""

from struct import unpack_from

from .compat import const
from .reply import written

# By family, as the keyword tables of the ids are in the block.
NAMES = (b"EventFatalError", b"EventGeneral", b"EventWlan", b"EventNetApp", b"EventSock")
# table: events event_device_id event_device_id event_wlan_id event_netapp_id event_sock_id
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
    b"\x01\xff\x00\x07\x00\x00\x02\xff\x00\x06\x07\x00\x03\xff\x00\x06\x0d\x00"
    b"\x04\xff\x00\x05\x13\x00\x05\xff\x00\x05\x18\x00\x99\x00\x01\x08\x1d\x00"
    b"x\x00\x01\x08%\x00\x80\x08\x02\x08-\x00\x81\x08\x02\x0a5\x00"
    b".\x08\x02\x05?\x00/\x08\x02\x05D\x00\x92\x08\x02\x0bI\x00"
    b"\x94\x08\x02\x0dT\x00\x96\x08\x02\x0ba\x00\x98\x08\x02\x0bl\x00"
    b"0\x08\x02\x0bw\x002\x08\x02\x0b\x82\x001\x08\x02\x06\x8d\x00"
    b"\x9a\x08\x02\x11\x93\x00\xb2\x08\x02\x09\xa4\x00%\x18\x03\x09\xad\x00"
    b"%\x1a\x03\x07\xb6\x001\x18\x03\x09\xbd\x00,\x18\x03\x09\xc6\x00"
    b"-\x18\x03\x09\xcf\x002\x18\x03\x05\xd8\x003\x18\x03\x05\xdd\x00"
    b"2\x1a\x03\x05\xe2\x00\x0e\x10\x04\x07\xe7\x00\x0f\x10\x04\x0a\xee\x00"
)
FIELDS = (
    b"A\x01\x00I\x00I\x04A\x02\x00t\x01nA\x03\x00t\x01nA\x04\x00I"
    b"\x00A\x05\x00I\x00A\x06\x00h\x00A\x00\x01A\x07\x00h\x00K\x02\x01A"
    b"\x01\x02T\x00\x01m!A\x02\x02T\x00\x01m!B'A\x03\x02m\x00A"
    b"\x04\x02m\x00A\x05\x02T\x00\x01m!T()A\x06\x02T\x00\x01m!"
    b"B'T()A\x07\x02m\x00T\x06\x07T'(A\x08\x02m\x00T\x06"
    b"\x07T'(A\x09\x02T\x00\x01m!k'\x03A\x0a\x02T\x00\x01m!"
    b"k'\x03A\x0b\x02K\x00\x04A\x0d\x02k\x00\x05t\x09k\x01\x06k\x02\x04"
    b"T\x03\x04A\x0e\x02W\x00\x05T\x04\x08A\x01\x074\x004\x044\x08A\x02"
    b"\x076\x006\x10A\x03\x074\x00m\x04m\x0aA\x04\x074\x00I\x04m\x08"
    b"A\x05\x074\x00m\x04H\x0aA\x08\x07h\x00A\x09\x07h\x00A\x0a\x076"
    b"\x00A\x01\x08B\x02h\x00A\x02\x08B\x00k\x01\x09h\x02"
)
KEYWORDS = (
    b"event_device_id", b"event_device_sender", b"event_wlan_id", b"event_wlan_wps_method",
    b"event_wlan_status", b"event_provisioning_status", b"wlan_role", b"event_netapp_id",
    b"event_sock_id", b"event_sock_type"
)
# fmt: on
# end
# table: opcodes DEVICE_RESET_REQUEST
_DEVICE_RESET_REQUEST = const(0x0099)
# end

_ROW = const(6)  # bytes
_WIDEST = const(80)  # every value of a row lies below this offset


def word(args, at: int, size: int) -> int:
    """A little-endian number."""
    value = 0
    for i in range(at + size - 1, at - 1, -1):
        value = value << 8 | args[i]
    return value


def row_of(opcode: int) -> int:
    """Where the row of an opcode begins in ROWS, or -1."""
    key = opcode.to_bytes(2, "little")
    at = ROWS.find(key)
    while at > 0 and at % _ROW:
        at = ROWS.find(key, at + 1)
    return at


def line_of(line, opcode: int, args, ti: bool):
    """The message for an event, or None if there is nothing to say."""
    at = row_of(opcode)
    if at < 0:
        return None
    if len(args) < _WIDEST:
        args = bytes(args) + bytes(_WIDEST - len(args))
    if opcode == _DEVICE_RESET_REQUEST and word(args, 4, 2) != 1:
        return None
    _, family, size, start = unpack_from("<HBBH", ROWS, at)
    spec = (("packed", FIELDS[start : start + size], KEYWORDS),)
    return written(line, NAMES[family], spec, args, ti)
