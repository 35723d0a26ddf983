"""Device commands: guide 6.1, tables 9-13; at-commands.md chapter 8."""

from ..compat import const
from ..dispatch import BY_OPTION, ENDS_ALL
from ..flags import autostart
from ..options import packed
from ..pump import boot, end_boot
from ..settings import ROWS
from . import command

_EAGER = const("device")

# table: ids device.GENERAL device.STATUS device.IOT
_GENERAL = const(1)
_STATUS = const(2)
_IOT = const(4)
# end
# table: options device.PERSISTENT device.DATE_TIME device.VERSION device.UDID
_PERSISTENT = const(5)
_DATE_TIME = const(11)
_VERSION = const(12)
_UDID = const(41)
# end
# table: keywords device_id.AT at_setting.EXCEPTION
_AT = const(255)
_EXCEPTION = const(7)
# end

_OPTIONS = const(
    (
        (_GENERAL, b"device_general_option"),
        (_STATUS, b"device_status_option"),
        (_IOT, b"device_iot_option"),
        (_AT, b"at_setting"),
    )
)
_OPTION = const(("Option", "sub", "", _OPTIONS))
# table: spec VERSION_LINE device_version
#     chip_id:hex fw_version phy_version nwp_version rom_version
_VERSION_LINE_SIZE = const(20)
_VERSION_LINE = const((("packed", b"x\x00v\x04v\x08v\x0cH\x10"),))
# end
# table: spec TIME_LINE date_time hour min sec day month year
_TIME_LINE_SIZE = const(44)
_TIME_LINE = const((("packed", b"I\x08I\x04I\x00I\x0cI\x10I\x14"),))
# end
_STYLE_LINE = const((("key", 0, b"at_style"),))
_SETTING_LINE = const((("u32", 0),))
_EXCEPTION_LINE = const((("u32", 0), ("raw", 1), ("str", 2)))
# Table 11: (id and option, no more arguments, bytes asked for, value line). NETCFG and FS are
# keywords of Status that have no answer.
_GET = const(
    (
        ((_GENERAL, _VERSION), (), _VERSION_LINE_SIZE, _VERSION_LINE),
        ((_GENERAL, _DATE_TIME), (), _TIME_LINE_SIZE, _TIME_LINE),
        ((_GENERAL, _PERSISTENT), (), 1, (("u8", 0),)),
        ((_STATUS, 1), (), 4, (("mask", 0, b"device_status_device"),)),
        ((_STATUS, 2), (), 4, (("mask", 0, b"device_status_wlan"),)),
        ((_STATUS, 3), (), 4, (("mask", 0, b"device_status_bsd"),)),
        ((_STATUS, 4), (), 4, (("mask", 0, b"device_status_netapp"),)),
        ((_IOT, _UDID), (), 16, (("array", 0, 16, 0x2C),)),
    )
)
# Table 12: (id and option, values, format on the wire).
_SET = const(
    (
        ((_GENERAL, _PERSISTENT), (("Value1", "range", "", 0, 1),), "<B"),
        (
            (_GENERAL, _DATE_TIME),
            (
                ("Hour", "range", "", 0, 23),
                ("Minute", "range", "", 0, 59),
                ("Second", "range", "", 0, 59),
                ("Day", "range", "", 1, 31),
                ("Month", "range", "", 1, 12),
                ("Year", "u32", ""),
            ),
            "<6I20x",
        ),
    )
)
_ATTRIBUTE = const(3)  # in ROWS


@command(b"Start")
async def start(cmd):
    """Start the network processor (table 9)."""
    if not cmd.started():
        await cmd.sl.device.start()
    core = cmd.core
    if core.settings.changes:  # the answer comes before what the start brings
        boot(core, core.settings.keep(True))


@command(b"Stop", (("Timeout", "u16", ""),), ends=ENDS_ALL)
async def stop(cmd, timeout):
    """Stop it; what waits in the background ends with its error first (table 10)."""
    autostart(cmd.core, False)
    if cmd.core.tasks:
        cmd.core.work().cancel()
    await end_boot(cmd.core)
    await cmd.sl.device.stop(timeout)


@command(b"Test", offline=True)
def test(cmd):
    """Answer OK (table 13)."""


@command(
    b"Get",
    (
        ("ID", "key", "", b"device_id"),
        (
            "Option",
            "forms",
            "",
            ((_AT, (_OPTION,)), (None, (_OPTION, ("", "forms", "?", _GET)))),
        ),
    ),
    offline=_AT,
    reply=BY_OPTION,
)
def get(cmd, id, option):
    """Device configurations, and this firmware's own settings (table 11)."""
    if id == _AT:
        if option == _EXCEPTION:
            return _EXCEPTION_LINE, (cmd.core.exceptions,) + (
                cmd.core.last_exception or (None, None)
            )
        value = getattr(cmd.core.settings, ROWS[option][_ATTRIBUTE])
        return _SETTING_LINE if option else _STYLE_LINE, value
    row = cmd.core.form
    return row[3], cmd.sl.device.get(id, option, row[2])


@command(
    b"Set",
    (("ID", "key", "", b"device_id"), _OPTION),
    varies=True,
    forms=_SET + ROWS,
    offline=_AT,
)
def set(cmd, id, option, *values):
    """Device configurations, and this firmware's own settings (table 12)."""
    if id == _AT:
        return cmd.core.settings.change(option, values[0])
    if option == _DATE_TIME:
        values = (values[2], values[1], values[0]) + values[3:]  # the second is first there
    cmd.sl.device.set(id, option, packed(cmd.core.form, values))
    return None


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
