"""The one loop: completions, background commands, deadlines, the stream.

A command is a coroutine of the driver's kind: what it yields is a waiter with `ready()` and
`deadline`. One command at a time is in the foreground and holds back the next line; up to 16
that answered OK first are in the background.
"""

from gc import collect

from simplelink.errors import SlError

from . import grammar, reply
from .compat import mem_free, ticks_diff
from .dispatch import EARLY, HANDLER, LATE, NAME, OFFLINE, REPORTS, SHAPE
from .queue import late_lines
from .reply import OK

SLOTS = 16  # commands in the background
PROCESSED = 16  # lines after which the free heap is looked at
LITTLE = 65536  # free bytes below which an idle core collects

# Late commands whose errors name the command alone (rule O7).
NAMELESS = (b"Select", b"NetAPPGetHostByName", b"NetAPPGetHostByService", b"NetAPPPing")


class Ready:
    """Waiter: done when the core says that the network processor is up (or never will be)."""

    deadline = None

    def __init__(self, core):
        self.core = core

    def ready(self) -> bool:
        return not self.core.booting

    def __iter__(self):
        while not self.ready():
            yield self

    __await__ = __iter__


class Job:
    """A coroutine that is no command, and what it waits for."""

    def __init__(self, coro):
        self.coro = coro
        self.wait = None


class Pump:
    """Mixed into Core: running commands to their end.

    Uses of Core: link, out, line, foreground, background, booting, framer.
    """

    def run(self, command, values):
        """Call the handler; what suspends goes on in step()."""
        declaration = command.declaration
        shape = declaration[SHAPE]
        if shape & LATE:
            if len(self.background) >= SLOTS:
                self.refuse(reply.ALLOCATE, 0)
                return
            if not command.ti or shape & EARLY:
                command.late = True
                self.out.push(OK)
        if self.booting and declaration[OFFLINE] is not True:
            if declaration[OFFLINE] is None or declaration[OFFLINE] != values[0]:
                self.suspend(command, self.after_boot(command, values))
                return
        try:
            result = declaration[HANDLER](command, *values)
        except SlError as error:
            self.failed(command, error.code)
            return
        except MemoryError:
            self.exhausted(command)
            return
        if result is None or type(result) in (reply.Line, reply.Payload):
            self.answer(command, result)
        else:
            self.suspend(command, result)

    async def after_boot(self, command, values):
        """Run a handler once the network processor has started by itself."""
        await Ready(self)
        result = command.declaration[HANDLER](command, *values)
        if result is not None and type(result) not in (reply.Line, reply.Payload):
            result = await result
        return result

    def suspend(self, command, coro):
        """Start a coroutine; file it if it does not end at once."""
        command.coro = coro
        if command.late:
            self.background.append(command)
        else:
            self.foreground = command
        self.resume(command)

    def resume(self, command):
        """Let a command go on; answer if that was its end."""
        try:
            command.wait = command.coro.send(None)
            return
        except StopIteration as stop:
            result, error = stop.value, None
        except (SlError, grammar.ParseError) as caught:
            result, error = None, caught
        except MemoryError as caught:
            result, error = None, caught
        if command is self.foreground:
            self.advance()  # what Stop has ended answers before it
            self.foreground = None
        else:
            self.background.remove(command)
        command.coro = command.wait = None
        if error is None:
            self.answer(command, result)
        elif isinstance(error, SlError):
            self.failed(command, error.code)
        elif isinstance(error, MemoryError):
            self.exhausted(command)
        else:
            self.refuse(reply.PARSE, error.code, error.name)

    def answer(self, command, result):
        """A command has succeeded."""
        if result is not None and type(result) is reply.Line:
            result = result.message()
        if command.late:
            shape = command.declaration[SHAPE]
            if result is not None:
                self.out.push_late(late_lines(result, command.ti and not shape & REPORTS))
            return
        if result is not None:
            self.out.push(result)
        self.out.push(OK)
        self.out.finish(command)

    def failed(self, command, code: int):
        """The driver has refused or failed (code < 0)."""
        if not command.late:
            self.out.push(self.line.error(reply.PROCESS, code, command.ti))
            self.out.finish(command)
            return
        detail = b""
        name = command.declaration[NAME]
        if not command.ti:
            detail = b" +" + name
            if name not in NAMELESS:
                detail += b" %d" % command.first
        message = self.line.error(reply.PROCESS, code, command.ti, detail)
        self.out.push_late((message,))

    def exhausted(self, command):
        """There was no memory for what the command asks for."""
        collect()
        message = self.line.error(reply.ALLOCATE, 0, command.ti)
        if command.late:
            self.out.push_late((message,))
        else:
            self.out.push(message)
            self.out.finish(command)

    def advance(self):
        """Resume the background commands whose waiters are done."""
        for command in list(self.background):
            if command.wait is not None and command.wait.ready():
                self.resume(command)

    def step(self, ms: int = -1) -> int:
        """Once round the loop, asleep at most ms (-1: until something happens)."""
        if ms:
            ms = self.limit(ms)
        flags = self.link.pump(ms)
        if self.background:
            self.advance()
        command = self.foreground
        if command is not None and command.wait.ready():
            self.resume(command)
        boot = self.booting
        if boot is not None and boot.wait.ready():
            self.boot_on(boot)
        self.serve()
        return flags

    def boot(self, coro):
        """Run coro as what happens at power-up; commands that need the processor wait for it."""
        self.booting = Job(coro)
        self.boot_on(self.booting)

    def boot_on(self, job):
        """Resume it."""
        try:
            job.wait = job.coro.send(None)
        except StopIteration:
            self.booting = None

    def limit(self, ms: int) -> int:
        """How long the core may sleep: at most ms, less when a deadline is nearer."""
        now = self.ticks()
        for command in self.background:
            ms = nearer(ms, command.wait.deadline, now)
        for command in (self.foreground, self.booting):
            if command is not None:
                ms = nearer(ms, command.wait.deadline, now)
        ms = nearer(ms, self.muted, now)
        if self.framer is not None:
            ms = nearer(ms, self.framer.deadline(), now)
            if self.out.events and self.framer.quiet_at is not None:
                ms = nearer(ms, self.framer.quiet_at, now)
        if ms and self.processed >= PROCESSED:
            self.tidy()
        return ms

    def tidy(self):
        """Collect garbage while there is nothing else to do."""
        self.processed = 0
        if mem_free() < LITTLE:
            collect()


def nearer(ms: int, deadline, now: int) -> int:
    """The smaller of a time to sleep (-1: for ever) and what is left until a deadline."""
    if deadline is None:
        return ms
    left = ticks_diff(deadline, now)
    if left < 0:
        left = 0
    return left if ms < 0 or left < ms else ms
