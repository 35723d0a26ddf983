"""Shapes of arguments that no command of the firmware has, after those of the guide's chapters."""

from atcore.commands import command
from atcore.dispatch import AT_ONCE, FIRST
from simplelink.waiter import Sleep

_SIZE = ("Length", "size", "")
_DATA = ("Message", "data", "")
# Payloads in some forms, one as long as two lengths say together (table 61).
_SIGNED = (
    (2, (("Key", "u32", ""), ("Format", "format", ""), _SIZE, _DATA), "<I"),
    (3, (("Format", "format", ""), ("More", "size", ""), _SIZE, _DATA), ""),
    (4, (("Key", "u32", ""), ("Kind", "key", "?", b"netutil_temp_keys_action")), "<IH"),
    (None, (), ""),
)
_TOPIC = (("Topic", "str", "", 64, 1), ("QoS", "u8", ""))
# A number says how many there are (table 73).
_TOPICS = ((1, _TOPIC), (2, _TOPIC + _TOPIC), (3, _TOPIC + _TOPIC + _TOPIC))


@command(
    b"ShapeSign",
    (("Cmd", "key", "", b"netutil_cmd"),),
    varies=True,
    payload=True,
    forms=_SIGNED,
    offline=True,
)
def sign(cmd, number, *values):
    """Take a payload in some forms."""
    if number in (2, 3):
        cmd.data(values[-3 if number == 2 else 0], values[-1])


@command(
    b"ShapePublish",
    (("Index", "range", "", 0, 3), ("Topic", "str", "", 255, 1), _SIZE, _DATA),
    varies=True,
    offline=True,
)
def publish(cmd, index, topic, size, data):
    """Take a payload that has no format (table 72)."""
    cmd.data(0, data)


@command(
    b"ShapeSubscribe",
    (("Index", "u8", ""), ("Topics", "range", "", 1, 3)),
    varies=True,
    forms=_TOPICS,
    offline=True,
)
def subscribe(cmd, index, topics, *values):
    """Take as many topics as a number says."""


@command(
    b"ShapeRoute",
    (
        ("Family", "key", "", b"socket_family"),
        ("Flags", "mask", "?", b"alpn"),
        ("Destination", "addr", "?", "Family", b"any"),
        ("Mask", "ip4", "?"),
        ("Gateway", "ip6", "?"),
        ("Key", "str", "!?", 32, 8),
        ("Filter", "array", "?", 4, b","),
    ),
    varies=True,
    offline=True,
)
def route(cmd, family, flags, address, *values):
    """Take addresses of either family, masks, and much that may be empty."""


@command(b"ShapeSleep", (("Seconds", "u16", ""),))
async def sleep(cmd, seconds):
    """Hold back what follows for a long time."""
    cmd.sl.device.version()
    await Sleep(cmd.sl.link, 1000 * seconds)


@command(b"ShapeWake", (("Seconds", "u16", ""),), ok=AT_ONCE, late_name=FIRST, reply=(("u16", 0),))
async def wake(cmd, seconds):
    """Tell when a long time is over."""
    cmd.sl.device.version()
    await Sleep(cmd.sl.link, 1000 * seconds)
    return seconds
