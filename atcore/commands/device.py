"""Device commands: guide 6.1, tables 9-13; at-commands.md chapter 8."""

from struct import pack, unpack_from

from ..compat import const
from ..grammar import MISSING, ParseError
from ..options import unfit
from ..settings import ROWS
from . import command

_EAGER = const("device")

_GENERAL = const(1)
_STATUS = const(2)
_IOT = const(4)
_AT = const(255)
_PERSISTENT = const(5)
_TIME = const(11)
_VERSION = const(12)
_UDID = const(41)

_OPTIONS = const(
    (
        (_GENERAL, b"device_general_option"),
        (_STATUS, b"device_status_option"),
        (_IOT, b"device_iot_option"),
        (_AT, b"at_setting"),
    )
)
_CLASSES = const(
    (  # of events, by the option of Status
        None,
        b"device_status_device",
        b"device_status_wlan",
        b"device_status_bsd",
        b"device_status_netapp",
    )
)
_CLOCK = const(
    (
        ("Hour", "range", "", 0, 23),
        ("Minute", "range", "", 0, 59),
        ("Second", "range", "", 0, 59),
        ("Day", "range", "", 1, 31),
        ("Month", "range", "", 1, 12),
        ("Year", "u32", ""),
    )
)
_SWITCH = const((("Value1", "range", "", 0, 1),))
_STYLE = const((("Value1", "key", "", b"at_style"),))


@command(b"Start")
async def start(cmd):
    """Start the network processor (table 9)."""
    core = cmd.core
    if core.autostarted and not cmd.ti:
        core.autostarted = False
    else:
        await cmd.sl.device.start()
    await core.settings.keep()


@command(b"Stop", (("Timeout", "u16", ""),))
async def stop(cmd, timeout):
    """Stop it; what waits in the background ends with its error first (table 10)."""
    cmd.core.autostarted = False
    await cmd.sl.device.stop(timeout)


@command(b"Test", offline=True)
def test(cmd):
    """Answer OK (table 13)."""


@command(
    b"Get",
    (("ID", "key", "", b"device_id"), ("Option", "sub", "", _OPTIONS)),
    offline=_AT,
)
def get(cmd, id, option):
    """Device configurations, and this firmware's own settings (table 11)."""
    device = cmd.sl.device
    if id == _AT:
        value = getattr(cmd.core.settings, ROWS[option][1])
        line = cmd.value()
        return line.num(value) if option else line.key(b"at_style", value)
    if id == _STATUS:
        return status(cmd, option)
    if id == _IOT:
        data = device.get(_IOT, _UDID, 16)
        return cmd.value().bytes(data, 0, 16, 0x2C)
    if option == _PERSISTENT:
        data = device.get(_GENERAL, _PERSISTENT, 1)
        return cmd.value().num(data[0])
    if option == _TIME:
        return cmd.value().wire(b"I\x08I\x04I\x00I\x0cI\x10I\x14", device.get(_GENERAL, _TIME, 44))
    data = device.get(_GENERAL, _VERSION, 20)
    return cmd.value().wire(b"x\x00v\x04v\x08v\x0cH\x10", data)


def status(cmd, option):
    """Lost events of one class; NETCFG and FS are keywords without an answer."""
    if option >= len(_CLASSES):
        raise ParseError(MISSING)
    data = cmd.sl.device.get(_STATUS, option, 4)
    return cmd.value().mask(_CLASSES[option], unpack_from("<I", data)[0])


@command(
    b"Set",
    (("ID", "key", "", b"device_id"), ("Option", "sub", "", _OPTIONS)),
    more=("Value1", "...", "ValueX"),
    offline=_AT,
)
def set(cmd, id, option):
    """Device configurations, and this firmware's own settings (table 12)."""
    if id == _AT:
        return setting(cmd, option)
    if id != _GENERAL or option == _VERSION:
        unfit(cmd, 1)
    if option == _PERSISTENT:
        cmd.sl.device.set(_GENERAL, _PERSISTENT, bytes(cmd.rest(_SWITCH)))
    else:
        hour, minute, second, day, month, year = cmd.rest(_CLOCK)
        data = pack("<6I20x", second, minute, hour, day, month, year)
        cmd.sl.device.set(_GENERAL, _TIME, data)
    return None


def setting(cmd, option):
    """Change a setting and keep it."""
    row = ROWS[option]
    if option:
        value = cmd.rest((("Value1", "range", "", row[3], row[4]),))[0]
    else:
        value = cmd.rest(_STYLE)[0]
    return cmd.core.settings.change(option, value)


@command(b"AT", key=b"at", guide_only=True, offline=True)
def attention(cmd):
    """Bare AT: is somebody there?"""


@command(b"ATE", key=b"ate0", guide_only=True, offline=True)
def echo_off(cmd):
    """ATE0: no echo until the next start."""
    cmd.core.settings.echo = 0
    cmd.core.settings.changed()


@command(b"ATE", key=b"ate1", guide_only=True, offline=True)
def echo_on(cmd):
    """ATE1: echo and line editing until the next start."""
    cmd.core.settings.echo = 1
    cmd.core.settings.changed()
