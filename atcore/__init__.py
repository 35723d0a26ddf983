"""The AT command core: create, send, rcv (guide chapter 2).

    import atcore
    from atcore.apps.at_commands import load
    from atcore.commands import ALL
    from simplelink import SimpleLink

    core = atcore.create(SimpleLink(), ALL)  # ATCmd_create
    core.load = load  # imports a chapter when one of its commands comes for the first time
    message = bytearray(4608)
    for line in (b"AT+Start", b"AT+Get=General,Persistent", b"AT+Foo"):
        core.send(line)  # ATCmd_send: one command without its line end
        n = core.rcv(message)  # ATCmd_rcv: one message without its line end, when it comes
        while n:
            print(bytes(message[:n]))
            n = core.rcv(message, True)  # the next one, or 0 if there is none yet

prints b'OK', b'+Get: 1', b'OK' and b'ERROR:command not exist, 0'.

The application owns the buffers. The core knows text and the driver's API; no hardware, no port.
With a stream (an object with readinto, write and space) the core also reads its commands from
there; it never writes to it, that is the application's.
"""

from array import array

from atbytes import get, header, put, tokenize

from . import flags, reply
from .compat import SCARCE, const
from .dispatch import HELP, PAYLOAD, Command, execute, missing, refuse, refused
from .events import line_of
from .framing import MAX_HEADER, NO_NUMBER, Framer, payload_of
from .grammar import TOO_LONG
from .pump import serve, step
from .queue import HELD, KEPT, Queue
from .running import SPARES, free, stray
from .settings import Settings

LINE_SIZE = 1024 if SCARCE else 2048  # of a message but a payload; a longer one goes in pieces
EVENT_SIZE = 640
PARAMETERS = 24  # of one command, at most
# table: link UART ANSWER EVENT
_UART = const(1)
_ANSWER = const(2)
_EVENT = const(4)
# end
# table: states STARTED COMING
_STARTED = const(1)
_COMING = const(8)
# end
UP = const((_STARTED, _COMING))  # or a start is under way
MAX_SIZE = 0xFFFF  # bytes of a command handed to send(), payload included
WAITING = 8  # commands handed to send() that may wait for the one before


class BufferSmall(ValueError):
    """rcv() was given too small a buffer; the message stays. `needed`: bytes that it takes."""

    def __init__(self, needed: int):
        super().__init__("buffer too small, message of %d bytes" % needed)
        self.needed = needed


class Busy(OSError):
    """send() was called although WAITING commands wait already: take messages with rcv() first."""


class Core:
    """One AT command core over one driver."""

    def __init__(self, driver, commands, stream=None, settings=None):
        self.sl = driver
        self.link = driver.link
        self.wait = driver.link.nwp.wait
        if stream is None:  # bytes and breaks on a port that is not ours wake nobody
            self.wait = self.wait_link
        self.ticks = driver.link.ticks
        self.declared = commands
        self.commands = commands.table
        self.settings = settings or Settings()
        self.settings.core = self
        self.ti = self.settings.style == 1
        driver.send_ms = self.settings.sendwait * 1000
        self.line = reply.Line(LINE_SIZE)
        self.event = reply.Line(EVENT_SIZE)
        self.out = Queue(self.event)
        self.entries = self.out.entries
        self.fields = array("H", bytes(2 * (2 + 3 * PARAMETERS)))
        self.spare = None  # a Command that nobody uses; so is its `next`
        self.command = self.new_command()  # for the next line
        self.form = None  # the row of its forms that the command's values chose (grammar.py)
        self.execute = execute
        self.refused = refused
        self.resume = driver.link.nwp.resume
        self.box = [None]  # where it puts what a coroutine has returned
        self.foreground = None  # Command that holds back the next line
        self.background = []
        self.tasks = []  # of chapters
        self.worker = None
        self.booting = None  # Command-like: the start at power-up
        self.exceptions = 0  # that became an error line (running.py)
        self.last_exception = None  # the last of them: its name, and `<file>:<function>`
        self.waiting = []
        self.current = None  # message that rcv() could not deliver yet
        flags.clear(self)
        self.escape = None  # b"raw" or b"friendly": the stream asks for the REPL
        self.framer = Framer(self, stream) if stream else None
        self.read = serve if stream else None
        self.since = None  # when the boot, or else the foreground, began to wait for its file
        self.lookout = None
        driver.on_event = self.on_event
        driver.on_wait = self.heed

    def send(self, line):
        """Take one command, without line end; its payload, if any, ends with it.

        The line is copied. Everything there is to say about it comes by rcv().
        """
        if len(self.waiting) >= WAITING:
            raise Busy("%d commands wait" % WAITING)
        self.waiting.append(bytearray(line))
        flags.mind(self)
        step(self, 0)

    def rcv(self, buf, nonblock=False) -> int:
        """Put the next message into buf; its length.

        Waits for ever, or with nonblock returns 0 at once if there is none. Raises BufferSmall.
        Returns 0 without a message also when the stream asks for the REPL (`escape`).
        """
        message = self.current
        if message is None:
            message = self.take()
            if message is None and nonblock:
                step(self, 0)
                message = self.take()
            while message is None and not nonblock and self.escape is None:
                step(self)
                message = self.take()
            if message is None:
                return 0
        size = len(message) - 2
        if size > len(buf):
            self.current = message
            raise BufferSmall(size)
        self.current = None
        if self.borrower is message:
            flags.pass_on(self, None)
        if isinstance(message, reply.Pieces):
            message.copy(buf, size)
            if type(message) is KEPT:
                message.delivered()
            return size
        return put(buf, 0, message[:size])

    def up(self) -> bool:
        """The network processor takes commands, or will when its start is done."""
        return self.link.state in UP and self.booting is None

    def take(self):
        """The next message that may be delivered now, or None."""
        if not self.entries:
            return None
        framer = self.framer
        if self.muted is not None and flags.muted(self):
            return None
        held = framer is not None and type(self.entries[0]) in HELD and framer.holds()
        message = self.out.take(held, self.ti)
        if message is None:
            flags.mind(self)  # until they may be delivered
        return message

    def wake(self):
        """Something became ready that the link does not tell of: step() looks at once."""
        flags.wake(self)

    def provide(self):
        """Make all Commands that there can be at a time: later they would lie high in the heap."""
        for _ in range(SPARES):
            free(self, self.new_command())
        self.work()
        self.ahead()

    def heed(self):
        """A call that waits for the network processor asks whether it is to go on (driver)."""
        self.ahead().heed()

    def ahead(self):
        """What looks for a way out of a command that waits: an ahead.Ahead."""
        if self.lookout is None:
            from .ahead import Ahead  # at boot it would cost time that nobody has

            self.lookout = Ahead(self)
        return self.lookout

    def work(self):
        """What chapters let run beside the commands: a work.Work."""
        if self.worker is None:
            from .work import Work  # as above

            self.worker = Work(self)
        return self.worker

    def new_command(self) -> Command:
        """A Command that nobody uses."""
        return Command(self)

    def serve(self):
        """Execute what is complete, one command after the other, while there is room."""
        if self.muted is not None and self.framer is not None and flags.muted(self):
            self.framer.fill_only()  # the settings say in which style it is answered
            return
        if self.waiting:
            while self.waiting and self.foreground is None and not self.out.full():
                self.whole(self.waiting.pop(0))
            if self.waiting or self.foreground is not None:
                return
        if self.read is not None and not self.out.blocked():
            flags.unstall(self)
            self.read(self)

    def whole(self, line: bytearray):
        """Execute a command that was handed over complete."""
        size = len(line)
        if size > MAX_SIZE:
            refuse(self, reply.PARSE, TOO_LONG)
            return
        view = memoryview(line)
        found, count, data, wrong = self.parted(view, size)
        self.execute(self, found, view, count, data, wrong)

    def parted(self, view, size: int) -> tuple:
        """What execute() wants to know of a command handed over complete: (found, count, data,
        wrong).
        """
        fields = self.fields
        escapes = not self.ti
        count = tokenize(view, size, fields, escapes)
        found = get(self.commands, view, fields) or missing(self, view, fields)
        if found is None or not found[PAYLOAD] or not count or count == HELP:
            return found, count, None, 0
        at = header(view, 0, min(size, MAX_HEADER), self.declared.payloads, escapes)
        if NO_NUMBER < at < 0:
            return found, count, None, 0
        at, length, padded = payload_of(at)
        count = tokenize(view, at - 1, fields, escapes)
        while padded and at < size and view[at] == 0x20:
            at += 1
        data = view[at:]
        return found, count, data, 0 if length is None or length == len(data) else TOO_LONG

    def set_echo(self, on):
        """Echo and edit what the stream brings, or not (application)."""

    def flush(self):
        """Print the replies there are, as far as there is room: a call holds everything up
        (application).
        """

    def load(self, name: bytes):
        """Declare the chapter that has this command; False if there is none (application).

        True: it is declared; else what stands in for its declaration until that (chapters.py).
        """
        return False

    def keep(self, command, owner):
        """The chapter of a running command has something that stays: a client, an application.

        owner: whatever stands for it. Until release(owner) the chapter stays, too (chapters.py).
        """

    def release(self, owner):
        """That is over."""

    def step(self, ms: int = -1) -> int:
        """Once round the loop of pump.py, for programs that have one of their own."""
        return step(self, ms)

    def on_event(self, opcode: int, args):
        """The driver has an event that completes nothing."""
        try:
            message = line_of(self.event, opcode, args, self.ti)
        except Exception as error:
            stray(self, error)
            return
        if message is not None:
            self.out.push_event(message)
            flags.mind(self)

    def wait_link(self, ms: int, mask: int = _UART | _ANSWER | _EVENT) -> int:
        """Wait for the network processor alone."""
        return self.link.nwp.wait(ms, mask & ~_UART)


def create(driver, commands, stream=None, core=Core, **settings) -> Core:
    """Make a core. driver: a SimpleLink; commands: dispatch.Commands; settings: by name."""
    return core(driver, commands, stream, Settings(**settings))
