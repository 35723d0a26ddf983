"""Chapters that are not in the image: read when the first of their commands is used (board.md).

Each lies in the one file of the network processor's store, and runs in a window of the SRAM that
others use before and after it: A for what is done and over, B for one client or application that
stays. What is read is compared with the digest that the image has of it before any of it runs.

Until then a command of such a chapter is only known by its name, and where it has its payload.
The first one holds back what follows like any command that waits: it is executed once its chapter
is there, as if it had just come. A stop, a break and a file that does not answer end that.

A chapter is in use while one of its commands or coroutines is under way, or something of it is
kept (Core.keep). Nothing takes its place then: the other command is refused, `allocate, 0`.
Otherwise it goes when another one needs its window, with its commands, modules, keyword tables and
its group of the driver; what must outlive it is elsewhere.
"""

from gc import collect

from atbytes import cut

from simplelink.errors import SlError

from . import grammar, reply, running
from ._keywords import TABLES
from .compat import const
from .dispatch import execute, missing, refuse

FILE = b"/atcore/chapters"
# table: errors AT_ERROR_CHAPTERS SL_ERROR_FS_FILE_NOT_EXISTS
_AT_ERROR_CHAPTERS = const(-30801)
_SL_ERROR_FS_FILE_NOT_EXISTS = const(-10341)
# end
# table: errors SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED
_SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED = const(-10316)
# end
# Codes of the store lie between these.
_FS_LAST = const(-10400)
_FS_FIRST = const(-10240)
_HEAD = const(40)  # bytes of the file that say whose it is
WINDOWS = const(2)
HANDLES = const(7)  # of the eight that the network processor has; the last one is for this file

# table: declaration NAME HANDLER
_NAME = const(0)
_HANDLER = const(2)
# end
# Stand in for the declarations (dispatch.py) of commands without and with payload: no handler.
ABSENT = const((b"", (), None, 0, False, 0, None, None, None))
LADEN = const((b"", (), None, 0, True, 0, None, None, None))


class Chapters:
    """The chapters of one core that come and go.

    windows: cc3220.chapters; rows: what chapters there are, (name, ..., names of commands);
    declare(number): imports the chapter of a row, in the image or in its window.
    """

    def __init__(self, core, windows, rows: tuple, declare):
        self.core = core
        self.windows = windows
        self.rows = rows
        self.declare = declare
        self.inside = [-1] * WINDOWS  # number of the row that is in each
        self.kept = []  # owners of what is kept, and their windows
        self.strict = windows.STRICT > 1  # leave what is not used before every command
        self.loads = 0  # chapters read since power-up
        core.sl.fs.most = HANDLES
        core.execute = self.execute
        core.keep = self.keep
        core.release = self.release

    def resident(self, most: int) -> int:
        """How many of the first chapters are in the image, up to the first that is not."""
        number = 0
        while number < most and self.stored(number) < 0:
            number += 1
        return number

    def stored(self, number: int) -> int:
        """Which chapter of the file a row is; -1 if it is in the image."""
        return self.windows.find(self.rows[number][0])

    def row_of(self, name: bytes) -> int:
        """Which row has this command, -1 for none."""
        name = b" " + name + b" "
        for number in range(len(self.rows)):
            if name in self.rows[number][-1] and name.find(b" ", 1) == len(name) - 1:
                return number
        return -1

    # What the core asks

    def load(self, name: bytes):
        """Core.load(): declare the chapter of a command, or what stands in for it until that."""
        number = self.row_of(name)
        if number < 0:
            return False
        if self.stored(number) < 0:
            self.declare(number)
            return True
        return LADEN if bytes((len(name),)) + name in self.core.declared.payloads else ABSENT

    def execute(self, core, found, line, count: int, *payload):
        """Core.execute(): of a command that is not there yet, once its chapter is."""
        if self.strict and found is not None:
            self.vacate()
            found = core.commands.get(cut(line, core.fields[0], core.fields[1]))
            found = found or missing(core, line, core.fields)
        if found is None or found[_HANDLER] is not None:
            execute(core, found, line, count, *payload)
            return
        number = self.row_of(cut(line, core.fields[0], core.fields[1]))
        if self.used(self.windows.window(self.stored(number))):
            refuse(core, reply.ALLOCATE, 0)
            return
        self.wait(self.fetch(number, (line, count) + payload), found)

    def wait(self, coro, found):
        """Hold back what follows while this goes on."""
        core = self.core
        command = core.command
        command.declaration = found
        command.ti = core.ti
        command.late = False
        try:
            running.suspend(core, command, coro)
        except Exception as error:
            running.wrong(core, command, error)

    def keep(self, command, owner):
        """Core.keep()"""
        for window in range(WINDOWS):
            if self.windows.holds(window, command.declaration[_NAME]):
                self.kept.append((owner, window))

    def release(self, owner):
        """Core.release()"""
        self.kept = [row for row in self.kept if row[0] is not owner]

    # Reading

    async def fetch(self, number: int, command: tuple):
        """Bring a chapter into its window; then the command is executed."""
        core = self.core
        if core.booting is not None:
            await running.Ready(core)
        chapter = self.stored(number)
        window = self.windows.window(chapter)
        if self.inside[window] != number:  # not by the one before, which waited as well
            self.leave(window)
            try:
                core.settings.timed(True)
                await self.read(chapter)
            finally:
                core.settings.timed(False)
            self.enter(window, number)
        raise running.Again(self.begin, command)

    def begin(self, line, count: int, *payload):
        """Execute the command that has waited. Its line is where it was, and so is its payload."""
        core = self.core
        found = core.commands.get(cut(line, core.fields[0], core.fields[1]))
        execute(core, found, line, count, *payload)

    async def read(self, chapter: int):
        """Read a chapter into its window; SlError(-30801) if it is not what was built."""
        windows = self.windows
        room = windows.room(chapter)
        try:
            size = await self.core.sl.fs.fetch(FILE, windows.offset(chapter), room, True)
        except SlError as error:
            if (
                not _FS_LAST < error.code < _FS_FIRST
                or error.code == _SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED
            ):
                raise
            size = -1
        if size != len(room) or not windows.enter(chapter):
            raise SlError(_AT_ERROR_CHAPTERS)

    async def check(self) -> bytes:
        """What is wrong with which file, b"" for nothing. At power-up: no window is used yet."""
        trouble = await self.trouble()
        for window in range(WINDOWS):
            self.windows.leave(window)
        return trouble and FILE + b" " + trouble

    async def trouble(self) -> bytes:
        """What is wrong with the file."""
        windows = self.windows
        fetch = self.core.sl.fs.fetch
        head = bytearray(_HEAD)
        try:
            if await fetch(FILE, 0, head, True) < _HEAD:
                return b"is no chapter file"
            if not windows.fits(head):
                return b"is of another image"
            for chapter in range(windows.count()):
                room = windows.room(chapter)
                if await fetch(FILE, windows.offset(chapter), room, True) < len(room):
                    return b"is too short"
                if not windows.enter(chapter):
                    return b"was altered"
        except SlError as error:
            if error.code == _SL_ERROR_FS_FILE_NOT_EXISTS:
                return b"is missing"
            return b"cannot be read: error %d" % error.code
        return b""

    # What is in the windows

    def enter(self, window: int, number: int):
        """Declare the commands of a chapter that was read."""
        self.inside[window] = number
        self.loads += 1
        TABLES.append(self.windows.words(self.stored(number)))
        collect()
        try:
            self.declare(number)
        except Exception:
            self.leave(window)  # half of it is worse than nothing
            raise

    def leave(self, window: int):
        """Nothing of the chapter in a window is there any more; MemoryError if it is in use."""
        number = self.inside[window]
        if number < 0:
            return
        if self.used(window):
            raise MemoryError
        core = self.core
        chapter = self.stored(number)
        for name in self.rows[number][-1].split():
            core.commands.pop(name, None)
        words = self.windows.words(chapter)
        if words in TABLES:
            TABLES.remove(words)
        self.forget(core)
        for name in self.windows.modules(chapter):
            if name in core.sl.__dict__:
                group = getattr(core.sl, name)
                if group in core.sl.resets:
                    core.sl.resets.remove(group)
                delattr(core.sl, name)
        self.windows.leave(window)
        self.inside[window] = -1
        collect()

    def forget(self, core):
        """Nobody remembers what was declared by a command that is over."""
        grammar.unchosen(core)
        command = core.spare
        while command is not None:
            command.declaration = None
            command = command.next
        if core.foreground is not core.command:
            core.command.declaration = None

    def used(self, window: int) -> bool:
        """Whether what is in a window has to stay there."""
        core = self.core
        holds = self.windows.holds
        for command in [core.foreground] + core.background:
            if command is not None and holds(window, command.declaration[_NAME]):
                return True
        for task in core.tasks:
            if holds(window, task.coro):
                return True
        for _, where in self.kept:
            if where == window:
                return True
        return False

    def vacate(self):
        """Leave the windows that are not in use."""
        for window in range(WINDOWS):
            if not self.used(window):
                self.leave(window)
