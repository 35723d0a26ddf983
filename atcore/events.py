"""Events of the driver as `+Event...` lines: guide tables 62-66, guide-style.md section 8.

A row says from which opcode an event comes, its id, and where its values lie in the arguments
(nwp-protocol.md chapter 7). What has no row, or no name in the guide, prints nothing.
"""

# By family, the second number of a row.
NAMES = (b"EventFatalError", b"EventGeneral", b"EventWlan", b"EventNetApp", b"EventSock")
TABLES = (
    b"event_device_id",
    b"event_device_id",
    b"event_wlan_id",
    b"event_netapp_id",
    b"event_sock_id",
)

# Values: numbers and addresses as kinds and offsets (reply.Line.wire); (kind, offset, keyword
# table); ("text", offset of its length, offset); ("always", value, keyword table).
# opcode, family, id, values
ROWS = (
    (0xFF01, 0, 1, (b"I\x00I\x04",)),
    (0xFF02, 0, 2, ()),
    (0xFF03, 0, 3, ()),
    (0xFF04, 0, 4, (b"I\x00",)),
    (0xFF05, 0, 5, (b"I\x00",)),
    (0x0099, 1, 6, (b"h\x00", ("always", 0, b"event_device_sender"))),  # 4: of another list
    (0x0078, 1, 7, (b"h\x00", ("key16", 2, b"event_device_sender"))),
    (0x0880, 2, 1, (("text", 0, 1), b"m\x21")),
    (0x0881, 2, 2, (("text", 0, 1), b"m\x21B\x27")),
    (0x082E, 2, 3, (b"m\x00",)),
    (0x082F, 2, 4, (b"m\x00",)),
    (0x0892, 2, 5, (("text", 0, 1), b"m\x21", ("text", 40, 41))),
    (0x0894, 2, 6, (("text", 0, 1), b"m\x21B\x27", ("text", 40, 41))),
    (0x0896, 2, 7, (b"m\x00", ("text", 6, 7), ("text", 39, 40))),
    (0x0898, 2, 8, (b"m\x00", ("text", 6, 7), ("text", 39, 40))),
    (0x0830, 2, 9, (("text", 0, 1), b"m\x21", ("key8", 39, b"event_wlan_wps_method"))),
    (0x0832, 2, 10, (("text", 0, 1), b"m\x21", ("key8", 39, b"event_wlan_wps_method"))),
    (0x0831, 2, 11, (("key16", 0, b"event_wlan_status"),)),
    (0x089A, 2, 13, (("key8", 0, b"event_provisioning_status"), ("provisioning", 1))),
    (0x08B2, 2, 14, (("key8", 0, b"event_provisioning_status"), ("text", 4, 8))),
    (0x1825, 3, 1, (b"4\x004\x044\x08",)),
    (0x1A25, 3, 2, (b"6\x006\x10",)),
    (0x1831, 3, 3, (b"4\x00m\x04m\x0a",)),
    (0x182C, 3, 4, (b"4\x00I\x04m\x08",)),
    (0x182D, 3, 5, (b"4\x00m\x04H\x0a",)),
    (0x1832, 3, 8, (b"h\x00",)),
    (0x1833, 3, 9, (b"h\x00",)),
    (0x1A32, 3, 10, (b"6\x00",)),
    (0x100E, 4, 1, (b"B\x02h\x00",)),
    (0x100F, 4, 2, (b"B\x00", ("key8", 1, b"event_sock_type"), b"h\x02")),
)

RESET_REQUEST = 0x0099
_WIDEST = 80  # every value of a row lies below this offset


def word(args, at: int, size: int) -> int:
    """A little-endian number."""
    value = 0
    for i in range(at + size - 1, at - 1, -1):
        value = value << 8 | args[i]
    return value


def provisioning(line, args, field):
    """Style ti tells role, state and SSID besides (at-commands.md 17.3); the guide's does not."""
    if line.ti:
        line.key(b"wlan_role", args[1]).key(b"event_wlan_status", args[2])
        line.text(args, 4, min(args[3], 32))


PUT = {
    "text": lambda line, args, field: line.text(args, field[2], min(args[field[1]], 32)),
    "key8": lambda line, args, field: line.key(field[2], args[field[1]]),
    "key16": lambda line, args, field: line.key(field[2], word(args, field[1], 2)),
    "provisioning": provisioning,
    "always": lambda line, args, field: line.key(field[2], field[1]),
}


def line_of(line, opcode: int, args, ti: bool):
    """The message for an event, or None if there is nothing to say."""
    for row in ROWS:
        if row[0] == opcode:
            break
    else:
        return None
    if len(args) < _WIDEST:
        args = bytes(args) + bytes(_WIDEST - len(args))
    if opcode == RESET_REQUEST and word(args, 4, 2) != 1:
        return None
    line.begin(NAMES[row[1]], ti).key(TABLES[row[1]], row[2])
    for field in row[3]:
        if type(field) is bytes:
            line.wire(field, args)
        else:
            PUT[field[0]](line, args, field)
    if ti and not row[3]:
        line.none()  # style ti keeps the comma behind the id
    return line.message()
