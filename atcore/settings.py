"""The firmware's own settings, and the one file that keeps them.

The file is `/atcore/settings` of the network processor's store, fail-safe, at most 512 bytes:
one `NAME=value` line each, every line ended by LF, the last one

    SUM=<eight lower-case hex digits>

the Adler-32 of all bytes before it. Unknown names are skipped; a file whose sum or form is wrong
counts as damaged, and then the defaults hold. STYLE is `guide` or `ti`, the rest decimal.
"""

from simplelink.errors import SlError

from .compat import const
from .flags import attend, mind
from .reply import PROCESS

FILE = b"/atcore/settings"
SIZE = 512
# table: errors SL_API_ABORTED SL_RET_CODE_STOP_IN_PROGRESS
_SL_API_ABORTED = const(-2005)
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
# end
ABORTED = const(_SL_API_ABORTED)  # not done in time, or ended with the network processor
STOPPED = const(_SL_RET_CODE_STOP_IN_PROGRESS)  # ended by AT+Stop
# table: keywords device_id.AT
_AT = const(255)
# end

_SWITCH = const((("Value1", "range", "", 0, 1),))
# By number, as in keyword table at_setting: forms of AT+Set (the values that choose, arguments);
# name, attribute, default.
ROWS = (
    ((_AT, 0), (("Value1", "key", "", b"at_style"),), b"STYLE", "style", 0),
    ((_AT, 1), _SWITCH, b"ECHO", "echo", 0),
    ((_AT, 2), _SWITCH, b"BANNER", "banner", 1),
    ((_AT, 3), _SWITCH, b"AUTOSTART", "autostart", 1),
    ((_AT, 4), (("Value1", "range", "", 1200, 3000000),), b"BAUD", "baud", 115200),
    ((_AT, 5), (("Value1", "range", "", 0, 2),), b"VERBOSE", "verbose", 0),
    ((_AT, 6), (("Value1", "range", "", 1, 65),), b"SENDWAIT", "sendwait", 10),
)
_ARGS = const(1)
_NAME = const(2)
_ATTRIBUTE = const(3)
STYLES = (b"guide", b"ti")


def adler32(data) -> int:
    """Adler-32 (RFC 1950)."""
    a, b = 1, 0
    for byte in data:
        a += byte
        b += a
    return b % 65521 << 16 | a % 65521


def encode(values: dict) -> bytes:
    """The file for these values (attribute name -> number)."""
    text = b""
    for _, _, name, attribute, _ in ROWS:
        value = values[attribute]
        text += name + b"=" + (STYLES[value] if name == b"STYLE" else b"%d" % value) + b"\n"
    return text + b"SUM=%08x\n" % adler32(text)


def decode(data) -> dict:
    """The values in a file; {} for a damaged one."""
    data = bytes(data)
    at = data.rfind(b"SUM=")
    if at < 0 or data[at:] != b"SUM=%08x\n" % adler32(data[:at]):
        return {}
    values = {}
    for line in data[:at].split(b"\n"):
        name, _, value = line.partition(b"=")
        for row in ROWS:
            if row[_NAME] == name:
                number = number_of(value)
                if name == b"STYLE":
                    number = STYLES.index(value) if value in STYLES else None
                elif number is not None and not row[_ARGS][0][3] <= number <= row[_ARGS][0][4]:
                    number = None
                if number is None:
                    return {}
                values[row[_ATTRIBUTE]] = number
    return values


def number_of(text: bytes):
    """A decimal number or None."""
    return int(text) if text.isdigit() else None


class Settings:
    """The values in force, as attributes."""

    def __init__(self, **values):
        self.core = None
        self.changes = {}  # made since power-up and not yet in the file
        self.on_trial = False  # a new BAUD has to prove itself before it is kept
        for _, _, _, attribute, default in ROWS:
            setattr(self, attribute, values.get(attribute, default))
        self.proven = self.baud

    def values(self) -> dict:
        """What is kept: attribute name -> number."""
        values = {row[_ATTRIBUTE]: getattr(self, row[_ATTRIBUTE]) for row in ROWS}
        values["baud"] = self.proven
        return values

    def apply(self, values: dict):
        """Take over what the file says, but for what was changed since."""
        for attribute, value in values.items():
            if attribute not in self.changes:
                setattr(self, attribute, value)
                if attribute == "baud":
                    self.proven = value
        self.changed()

    def set(self, index: int, value: int):
        """Change one setting (index into ROWS, range checked by the caller)."""
        attribute = ROWS[index][_ATTRIBUTE]
        setattr(self, attribute, value)
        if attribute != "baud" or not self.on_trial:
            self.changes[attribute] = value
            if attribute == "baud":
                self.proven = value
        self.changed()

    def changed(self):
        """The core keeps the style at hand, the driver how long a send waits."""
        core = self.core
        core.ti = self.style == 1
        core.sl.send_ms = self.sendwait * 1000
        core.set_echo(self.echo)
        if self.on_trial and self.baud != self.proven:
            attend(core)

    def prove(self):
        """The BAUD in force works."""
        self.changes["baud"] = self.proven = self.baud

    async def change(self, index: int, value: int):
        """Change one setting and keep it. One that cannot be kept stays as it was; one that is to
        be kept later, because the store cannot be reached now, changes.
        """
        attribute = ROWS[index][_ATTRIBUTE]
        before = getattr(self, attribute)
        new = attribute not in self.changes
        self.set(index, value)
        try:
            await self.keep(False, True)
        except Exception as error:
            self.set(index, before)
            if new and isinstance(error, SlError) and error.code not in (ABORTED, STOPPED):
                self.changes.pop(attribute, None)  # the file was refused, and is as it was
            raise

    def timed(self, on: bool):
        """Somebody waits for a file of the store as the settings do for theirs, or no more."""
        self.core.since = self.core.ticks() if on else None

    def overdue(self) -> SlError:
        """The time of what waits for the file is over: the error for it.

        When the store has answered after all it gets what holds, and not what was taken back.
        """
        self.core.since = None
        return SlError(ABORTED)

    async def load(self):
        """Read the file; the defaults hold where it says nothing or is damaged.

        At power-up. SlError(-2005) if it does not answer in time.
        """
        core = self.core
        core.since = core.ticks()
        try:
            self.apply(decode(await core.sl.fs.load(FILE, SIZE)))
        finally:
            core.since = None

    async def keep(self, up=False, loud=False):
        """Write the file if there is something new and the store can be reached; else later.

        At power-up (up: it can be, although the core is still starting), or in the foreground.
        loud: raise what goes wrong, SlError(-2005) if the file does not answer in time; else an
        error line names AT+Set, which has answered long ago.
        """
        core = self.core
        if self.changes and (up or core.up()):
            changes, self.changes = self.changes, {}
            try:
                core.since = core.ticks()
                await core.sl.fs.store(FILE, encode(self.values()), SIZE)
            except Exception as error:
                for attribute, value in changes.items():
                    self.changes.setdefault(attribute, value)
                if loud or not isinstance(error, SlError):
                    raise
                if error.code != STOPPED:
                    self.unkept(error.code)
            finally:
                core.since = None

    def unkept(self, code: int):
        """Tell that what is in force would be lost by a loss of power (rule O7)."""
        core = self.core
        if not core.ti:  # there it would be somebody's answer
            core.out.push_late((core.line.error(PROCESS, code, False, b" +Set"),))
            mind(core)
