"""AT_Commands, the guide's first application: local control over one stream.

It starts the network processor, reads the settings, prints a banner whose lines begin with `#`,
and then hands every message of the core to the stream, ended by CR LF. Echo, and the keys that
edit a line while it is on, are the business of the stream's line discipline, if it has one
(cc3220.console): it is told what a line is, and prints again one that is half typed.
"""

from gc import collect

from simplelink.errors import SlError

from .. import create
from ..commands import ALL
from ..commands._chapters import CHAPTERS, EAGER
from ..compat import SCARCE, const, ticks_add, ticks_diff, trim
from ..flags import attend, attended, autostart, mind, mute, pass_on, settle, stall, unmute, wake
from ..framing import nothing
from ..pump import boot, go_on, step, steps, still_active
from ..queue import KEPT, REPLIES
from ..reply import Pieces
from ..running import stray, unforeseen
from ..settings import ABORTED

SETTINGS_MS = 3000  # if the settings are not known by then, the defaults hold
PROOF_MS = 10000  # within this a command must come at a new BAUD
HALF_MS = 20  # a line that stays half typed for so long does not hold back a new BAUD
_FAILURES = const(8)  # within _FAILURES_MS: it is no use
_FAILURES_MS = const(1000)
TWICE_MS = 1000  # Ctrl-C twice on an empty line within this: friendly REPL
STOP_MS = 200
CTRL_A, CTRL_C = 1, 3
ESCAPES, ECHO, CONTROLS = 1, 2, 4  # flags of the line discipline
# table: link ANSWER EVENT TX
_ANSWER = const(2)
_EVENT = const(4)
_TX = const(0x20)
# end
ROOM = const(_TX | _ANSWER | _EVENT)
ROOM_MS = 50
if SCARCE:
    EAGER = 2  # noqa: F811 - device and socket

try:
    eval  # noqa: B018
    REPL = True
except NameError:
    REPL = False  # the firmware was built without it: those bytes are ordinary


class AtCommands:
    """The application: a core and its stream."""

    def __init__(self, driver, stream, repl=REPL, core=None):
        self.stream = stream
        self.core = core or create(driver, ALL, stream)
        self.core.load = self.load
        self.core.set_echo = self.set_echo
        self.core.flush = self.flush
        self.core.settings.on_trial = True
        self.echo = False
        self.held = getattr(stream, "partial", nothing)
        self.unread = getattr(stream, "any", nothing)
        self.watches = False
        if repl:
            self.core.framer.control = self.control
        self.interrupted = None  # when the last Ctrl-C on an empty line came
        self.baud = self.core.settings.baud
        self.fallback = None  # the BAUD to go back to, and when
        self.proof_at = None
        self.fetched = 0  # chapters imported
        self.eager = EAGER
        self.chapters = None  # those that are not in the image

    def windows(self, windows):
        """Some chapters are not in the image, and read when they are used (atcore.chapters)."""
        from ..chapters import Chapters

        self.chapters = Chapters(self.core, windows, CHAPTERS, load_chapter)
        self.core.load = self.chapters.load
        self.eager = self.chapters.resident(EAGER)

    def set_echo(self, on):
        """The setting ECHO has this value, and STYLE may be another."""
        self.echo = bool(on)
        self.watch()

    def watch(self):
        """Tell the stream what a line is; as soon as the chapters are there, or for the echo."""
        core = self.core
        framer = core.framer
        if framer.wake_at is None or not self.echo and self.fetched < self.eager:
            return
        flags = ECHO if self.echo else 0
        if not core.ti:
            flags |= ESCAPES
        if framer.control is not None:
            flags |= CONTROLS
        self.stream.watch(core.declared.payloads, flags)
        if not self.watches:
            self.watches = True
            framer.resync()

    def load(self, name: bytes) -> bool:
        """Import the chapter that declares this command, and tell the stream of its payloads."""
        known = self.core.declared.payloads
        found = load(name)
        if self.core.declared.payloads is not known:
            self.watch()
        return found

    def begin(self):
        """Power-up: start the network processor and read the settings, in the background."""
        core = self.core
        if core.framer.wake_at is not None:
            self.stream.watch(b"", 0)  # from now on it tells where bytes were lost
        mute(core, SETTINGS_MS)
        attend(core)
        boot(core, self.power_up())

    async def power_up(self):
        """What happens before anything is printed."""
        core = self.core
        sl = core.sl
        fault = 0
        try:
            await sl.device.start()
            autostart(core, True)
        except SlError as error:
            fault = error.code
        try:
            await core.settings.load()
        except SlError as error:  # no file: the defaults hold
            if error.code == ABORTED:
                fault = fault or error.code  # nor will it answer anything else now
        if not fault:
            await core.settings.keep(True)  # what was set meanwhile
        if core.settings.baud != self.baud:
            self.change_baud()
        trouble = b""
        if self.chapters is not None and not fault:
            trouble = await self.chapters.check()
        if core.settings.banner:
            self.banner(fault, trouble)
        unmute(core)
        if not core.settings.autostart:
            autostart(core, False)
            try:
                await sl.device.stop(STOP_MS)
            except SlError:
                pass

    def banner(self, fault: int, trouble=b""):
        """A few lines about what this is, before whatever else waits to be printed.

        trouble: what is wrong with the chapters that are not in the image.
        """
        entries = self.core.entries
        style = b"ti" if self.core.ti else b"guide"
        try:
            if fault:
                raise SlError(fault)
            chip, mac, phy, nwp, rom = self.core.sl.device.version()
            line = b"# chip 0x%x" % chip
            for name, version in ((b"MAC", mac), (b"PHY", phy), (b"NWP", nwp)):
                line += b", " + name + b" %d.%d.%d.%d" % tuple(version)
            line += b", ROM %d\r\n" % rom
        except SlError as error:
            line = b"# network processor: error %d\r\n" % error.code
        if trouble:
            entries.insert(0, b"# the file " + trouble + b"\r\n")
        entries.insert(0, line)
        entries.insert(0, b"# AT commands for CC3220, style " + style + b"\r\n")

    def run(self) -> bytes:
        """Serve until the stream asks for the REPL: b"raw" or b"friendly".

        What goes wrong outside of any command is an error line as well; but if that happens again
        and again the exception is raised.
        """
        core = self.core
        core.escape = None
        self.interrupted = None  # a Ctrl-C from before the REPL is not the first of two
        self.watches = False  # nor did it leave the lines alone
        self.watch()
        failures = 0
        since = core.ticks()
        try:
            while core.escape is None:
                try:
                    steps(core, self)
                except Exception as error:
                    if ticks_diff(core.ticks(), since) >= _FAILURES_MS:
                        failures = 0
                        since = core.ticks()
                    failures += 1
                    if failures >= _FAILURES:
                        raise
                    if isinstance(error, MemoryError):  # nothing is lost: it goes on where it was
                        unforeseen(core, error)
                        mind(core)
                    else:
                        stray(core, error)
            self.print_all()
        finally:
            core.framer.hand_back()  # to the prompt, what came behind that
        return core.escape

    def look_around(self):
        """run() while there is more to do than to answer what the stream brings."""
        core = self.core
        self.print_all()
        ms = -1
        if core.attention:
            ms = self.attend()
        if not core.entries:
            settle(core, still_active(core))
        if core.escape is None and core.active:
            step(core, ms)

    def flush(self):
        """Print the replies that there is room for, without waiting for anything."""
        core = self.core
        entries = core.entries
        while entries and core.muted is None and type(entries[0]) in REPLIES:
            message = entries[0]
            if len(message) > self.stream.space():
                break
            self.stream.write(entries.pop(0))
            if core.borrower is message:
                pass_on(core, None)

    def print_all(self):
        """Print what may be delivered now."""
        core = self.core
        message = core.take()
        while message is not None:
            self.deliver(message)
            message = core.take()

    def deliver(self, message):
        """Print one message; a half-typed line is printed again behind an event."""
        if not self.echo or not self.core.out.was_event or self.held() <= 0:
            self.write(message)
            return
        self.write(b"\r\n")
        self.write(message)
        again = self.stream.again
        at = again(0)
        while at < self.held():  # by now it may have ended, and there is nothing to print again
            wait_for_room(self.core)
            at = again(at)

    def group(self, messages: tuple):
        """Print messages that stay together."""
        for message in messages:
            if message:  # what is none says how they stand in the queue
                self.write(message)

    def write(self, message):
        """Print a message."""
        kind = type(message)
        if kind is Pieces or kind is KEPT:
            self.group(message.parts)
            if kind is KEPT:
                message.delivered()
            return
        core = self.core
        n = self.stream.write(message)
        if n < len(message):
            self.rest(message, n)
        if core.borrower is message:
            pass_on(core, None)

    def rest(self, message, at: int):
        """Write message[at:] to a stream that takes what it can; events are taken in meanwhile."""
        core = self.core
        while at < len(message):
            wait_for_room(core)
            try:
                rest = memoryview(message)[at:]
            except MemoryError as error:  # half a line helps nobody
                unforeseen(core, error)
                continue
            at += self.stream.write(rest)

    def control(self, byte: int) -> bool:
        """A control character begins a line: Ctrl-A, or Ctrl-C twice, asks for the REPL."""
        core = self.core
        if byte == CTRL_A:
            core.escape = b"raw"
            attend(core)
            return True
        if byte != CTRL_C:
            return False
        now = core.ticks()
        if self.interrupted is not None and ticks_diff(now, self.interrupted) <= TWICE_MS:
            core.escape = b"friendly"
            attend(core)
            now = None
        self.interrupted = now
        return True

    def attend(self) -> int:
        """Change the speed of the line, or change it back, or import; how long to sleep, in ms.

        A new BAUD holds from the moment its OK is out, with the answers to what came meanwhile.
        It is kept once a command came at it; if none comes within PROOF_MS the old one is used
        again.
        """
        core = self.core
        settings = core.settings
        if settings.baud != self.baud:
            if self.hears():
                return -1  # its OK is still to come, or the answer to what came at the old speed
            if (core.framer.partial() or self.unread()) and not core.framer.silent(HALF_MS):
                return HALF_MS
            if self.proof_at is None:
                self.fallback = self.baud
            self.change_baud()
            core.framer.forget()  # half of it came at another speed
            core.framer.found = None  # until a known command was understood
            self.proof_at = ticks_add(core.ticks(), PROOF_MS)
        if self.proof_at is None:
            if core.entries or still_active(core):
                return -1
            self.fetch()
            if self.fetched < self.eager:
                return 0
            self.watch()
            trim()
            collect()  # what the imports left behind
            attended(core)
            return -1
        confirmed = core.framer.found is not None
        left = ticks_diff(self.proof_at, core.ticks())
        if not confirmed and left > 0:
            return left
        if confirmed and core.foreground is not None:
            return -1
        self.proof_at = None
        attended(core)
        if confirmed:
            settings.prove()
            if core.booting is None:
                boot(core, settings.keep())
        else:
            settings.baud = self.fallback
            self.change_baud()
            core.framer.forget()
        return 0

    def hears(self) -> bool:
        """Whether something is still to be executed or to be printed."""
        core = self.core
        before = core.framer.filled
        core.framer.fill_only()
        if core.framer.filled != before:
            stall(core)
        return core.foreground is not None or len(core.entries) > 0 or core.stalled

    def fetch(self):
        """Import a chapter before it is asked for; those behind EAGER wait for that."""
        number = self.fetched
        if number < self.eager:
            self.fetched += 1
            load_chapter(number)
            getattr(self.core.sl, CHAPTERS[number][1])
            if self.fetched == self.eager:
                self.core.provide()

    def change_baud(self):
        """Speak at settings.baud; refuse what the line cannot do."""
        settings = self.core.settings
        try:
            self.stream.init(settings.baud)
            self.baud = settings.baud
        except ValueError:
            settings.baud = self.baud


def wait_for_room(core):
    """Let the driver go on, and commands that wait for it, until the stream takes more."""
    link = core.link
    try:
        # Who waits for a deadline that is over goes on later: to look again at once helps nobody.
        flags = link.nwp.wait(link.limit(ROOM_MS) or 1, ROOM)
    except Exception as error:
        stray(core, error)
        return
    go_on(core, flags)
    wake(core)


def load(name: bytes) -> bool:
    """Import the chapter that declares this command."""
    if b" " in name:
        return False
    for number in range(len(CHAPTERS)):
        if b" " + name + b" " in CHAPTERS[number][2]:
            load_chapter(number)
            return True
    return False


def load_chapter(number: int):
    """Declare the commands of a chapter."""
    __import__("atcore.commands." + CHAPTERS[number][0])


_application = None


def main() -> bytes:
    """Entry point of the firmware; returns when the stream asks for the REPL."""
    global _application
    if _application is None:
        import cc3220
        from cc3220 import console

        from simplelink import SimpleLink

        _application = AtCommands(SimpleLink(), console)
        if hasattr(cc3220, "chapters"):
            _application.windows(cc3220.chapters)
        _application.core.framer.readinto = console.readinto
        _application.begin()
    return _application.run()
