"""What an event that reached sl.on_event means."""

from struct import calcsize, unpack_from

from ._tables import EVENT_FORMATS, EVENTS
from .compat import const

_ROW = const(8)
_TAIL = const(0x80)

DEVICE = const(1)
WLAN = const(2)
SOCKET = const(3)
NETAPP = const(4)


def find(opcode: int) -> int:
    """Where an opcode's row begins in EVENTS, or -1."""
    low, high = 0, len(EVENTS) // _ROW
    while low < high:
        middle = (low + high) // 2
        at = middle * _ROW
        found = EVENTS[at] | EVENTS[at + 1] << 8
        if found == opcode:
            return at
        if found < opcode:
            low = middle + 1
        else:
            high = middle
    return -1


def decode(opcode: int, args):
    """(class, id, fields) of an event, None for one that the application does not know.

    class: 1 device, 2 WLAN, 3 socket, 4 netapp; id: enums device_event, wlan_event, socket_event,
    netapp_event (0: a request that wants an answer). fields: as in protocol.json without padding;
    names are cut to their length, the length itself left out; what varies in length comes last as
    one piece. Arguments that are missing count as zero.
    """
    at = find(opcode)
    if at < 0:
        return None
    mask = EVENTS[at + 4]
    start = EVENTS[at + 6] | EVENTS[at + 7] << 8
    layout = EVENT_FORMATS[start : start + EVENTS[at + 5]]
    size = calcsize(layout)
    whole = args if len(args) >= size else bytes(args) + bytes(size)
    raw = unpack_from(layout, whole)
    fields = []
    for i in range(len(raw)):
        if i and mask >> (i - 1) & 1 and i < 7:
            fields[-1] = raw[i][: raw[i - 1]]
        else:
            fields.append(raw[i])
    if mask & _TAIL:
        fields.append(bytes(args[size:]))
    return EVENTS[at + 2], EVENTS[at + 3], tuple(fields)
