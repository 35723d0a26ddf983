"""The one loop: completions, background commands, deadlines, the stream.

A command is a coroutine of the driver's kind: what it yields is a waiter with `ready()` and
`deadline`. One command at a time is in the foreground and holds back the next line; up to 16
that answered OK first are in the background.

Nothing that a handler, an event or a job raises leaves the pump: it becomes one error line and is
counted, the last one is kept (Core.last_exception). What is no Exception, SystemExit and
KeyboardInterrupt, does leave it: that is how a program ends the application.

Functions with the core as argument rather than methods: on the device a call costs half as much.
"""

from gc import collect

from atbytes import call, value_line

from simplelink.errors import SlError

from . import reply
from ._keywords import TABLES
from .compat import COROUTINE, const, mem_free, ticks_add, ticks_diff, where
from .grammar import ParseError
from .queue import MANY
from .reply import OK, Line, Pieces

_SLOTS = const(16)  # commands in the background
SPARES = const(17)  # Commands for these and the foreground
_PROCESSED = const(16)  # commands after which the free heap is looked at
_LITTLE = const(65536)  # free bytes below which an idle core collects
_PROTOCOL_ERROR = const(-2010)  # SL_RET_CODE_PROTOCOL_ERROR
_FILE_MS = const(2000)  # the settings' file has for its answer
_BOOT_MS = const(400)  # a boot has when somebody wants to stop
_STOPPED = const(-2017)  # SL_RET_CODE_STOP_IN_PROGRESS
_ABANDONED = const(16)  # Link.state: the wire is not free (inbox.py)

# Flags of the link.
UART = const(1)
_ANSWER = const(2)
_EVENT = const(4)
NEWS = const(0x1E)  # everything but the stream

# Parts of a declaration (dispatch.py), bits of its shape.
NAME = const(0)
_HANDLER = const(2)
_SHAPE = const(3)
_OFFLINE = const(6)
_REPLY = const(7)
PLAIN = const(2)  # what Framer.next() gives: below, the last line; above, with a payload
_LATE = const(15)  # OK does not come with the answer, in one of the styles
_WHEN = const(3)  # when it comes, in style ti _TI_OK bits further up
_TI_OK = const(2)
_AT_ONCE = const(1)
_FIRST = const(16)  # a late error names the first parameter
_ENDS = const(8)  # so many bits further up: what the command ends that waits before it
_EVERYTHING = const(1)


class Ready:
    """Waiter: done when the network processor is up, or never will be by itself; or after `ms`."""

    deadline = None
    done = False

    def __init__(self, core, ms: int = 0):
        self.core = core
        if ms:
            self.deadline = ticks_add(core.ticks(), ms)

    def ready(self) -> bool:
        core = self.core
        if self.deadline is not None and ticks_diff(core.ticks(), self.deadline) >= 0:
            return True
        return core.booting is None

    def __iter__(self):
        while not self.ready():
            yield self

    __await__ = __iter__


class Job:
    """A coroutine that is no command, and what it waits for."""

    def __init__(self, coro):
        self.coro = coro
        self.wait = None


def run(core, declaration, values):
    """Call the handler; what suspends goes on in step()."""
    command = core.command
    command.declaration = declaration
    command.ti = core.ti
    command.late = False
    when = declaration[_SHAPE]
    if when & _LATE:
        if core.ti:
            when >>= _TI_OK
        when &= _WHEN
        if when:
            if values:
                command.first = values[0]
            if len(core.background) >= _SLOTS:
                core.entries.append(core.line.error(reply.ALLOCATE, 0, core.ti))
                return
            if when == _AT_ONCE:
                command.late = True
                core.entries.append(OK)
    result = None
    try:
        if core.booting is not None and holds(declaration, values):
            result = after_boot(core, declaration, command, values)
        else:
            result = call(declaration[_HANDLER], command, values)
        if result is not None:
            if type(result) is COROUTINE:
                suspend(core, command, result)
                return
            result = finished(command, result)
            core.entries.append(result)
        core.entries.append(OK)
    except ParseError:
        raise
    except MemoryError as error:
        last = core.entries[-1] if core.entries else None
        if last is not None and last is (OK if command.late else result):
            core.entries.pop()  # nobody has read it: the error is the answer, and the only one
            command.late = False
        wrong(core, command, error)
    except Exception as error:
        wrong(core, command, error)


def finished(command, result):
    """The message for what a handler has returned, or emitted; None: none in this style."""
    declaration = command.declaration
    spec = declaration[_REPLY]
    core = command.core
    if spec is not None:
        if not spec:  # BY_OPTION
            spec, result = result
        text = value_line(core.line.buf, declaration[NAME], spec, result, command.ti, TABLES)
        if type(text) is not list:
            return text
        text = Pieces(text)
    elif type(result) is Line:
        text = result.message()
        if type(text) is bytes:
            return text
    else:
        raise TypeError("no reply")
    core.active = True  # the application looks twice at such a message
    return text


def holds(declaration, values) -> bool:
    """Whether a command has to wait for a network processor that takes none at the moment."""
    if declaration[_SHAPE] >> _ENDS == _EVERYTHING:
        return False
    offline = declaration[_OFFLINE]
    return offline is not True and (offline is None or offline != values[0])


async def after_boot(core, declaration, command, values):
    """Run a handler once the network processor has started by itself."""
    await Ready(core)
    result = declaration[_HANDLER](command, *values)
    return await result if type(result) is COROUTINE else result


def suspend(core, command, coro):
    """Start a coroutine; file it if it does not end at once."""
    wait = core.resume(coro, core.box)
    if wait is None:
        answer(core, command, core.box[0])
        return
    try:
        spare = core.spare or core.new_command()
        if command.late:
            core.background.append(command)
    except MemoryError:
        coro.close()
        raise
    core.spare = spare.next
    core.command = spare
    command.coro = coro
    command.wait = wait
    if command.late:
        if wait.deadline is not None or core.link.pending:
            core.active = True
    else:
        core.foreground = command
        core.look_at = None
        core.active = True


def free(core, command):
    """Nobody uses this Command any more."""
    command.coro = command.wait = None
    command.next = core.spare
    core.spare = command


def accepted(core, command):
    """OK: the command holds nothing back any more, and goes on in the background."""
    if command.late:
        return
    command.late = True
    core.out.push(OK)
    if core.foreground is command:
        core.foreground = None
        core.background.append(command)
        core.active = True


def resume(core, command, error=None):
    """Let a command go on, with an exception if its time is over; answer if that was its end."""
    try:
        if error is None:
            wait = core.resume(command.coro, core.box)
        else:
            wait = thrown(core, command.coro, error)
            error = None
        if wait is not None:
            command.wait = wait
            return
    except Exception as caught:
        error = caught
    before = 0
    if command.late:
        core.background.remove(command)
    else:
        if core.background:
            result = core.box[0]
            advance(core)  # what Stop has ended answers before it
            core.box[0] = result
        core.foreground = None
        before = len(core.entries)
    command.coro = command.wait = None
    if error is None:
        try:
            answer(core, command, core.box[0])
        except Exception as caught:
            error = caught
    if error is not None:
        wrong(core, command, error)
    if before:
        core.out.bind(before)
    free(core, command)


def thrown(core, coro, error):
    """Resume a coroutine with an exception; what core.resume() gives."""
    try:
        return coro.throw(error)
    except StopIteration as stop:
        core.box[0] = stop.value
        return None


def answer(core, command, result):
    """A command has succeeded."""
    out = core.out
    if result is not None and (
        type(result) is not memoryview or command.declaration[_REPLY] is not None
    ):
        try:
            result = finished(command, result)
        except Exception as error:
            wrong(core, command, error)
            return
    if command.late:
        if result is not None:
            second = command.ti and command.declaration[_SHAPE] >> _TI_OK & _WHEN == _AT_ONCE
            lines = (result, OK) if second else (result,)
            if out.group is None:
                core.entries.append(lines)
            else:
                out.push_late(lines)
    else:
        if result is None:
            out.push(OK)
        else:
            out.pair(result, OK)
        if out.group is not None:
            out.finish(command)
    if core.borrower is command:
        core.borrower = result


def wrong(core, command, error):
    """A command has ended with an exception."""
    try:
        told(core, command, error)
    except MemoryError as another:  # what was to be told found no room
        told(core, command, another)


def told(core, command, error):
    """Tell it."""
    if isinstance(error, SlError):
        failed(core, command, error.code)
    elif isinstance(error, ParseError):
        failed(core, command, error.code, reply.PARSE)
    else:
        failed(core, command, *unforeseen(core, error))


def unforeseen(core, error):
    """Count an exception that nobody meant as an answer, and keep it in mind.

    Returns the code and the description of the error line that tells of it.
    """
    memory = isinstance(error, MemoryError)
    if memory:
        collect()
    core.exceptions += 1
    core.last_exception = (type(error).__name__.encode(), where(error))
    return (0, reply.ALLOCATE) if memory else (_PROTOCOL_ERROR, reply.PROCESS)


def stray(core, error):
    """An exception of what is no command, an event for one: an error line, placed as an event.

    Without memory the event is lost like one for which there is no room: an error line would be
    taken for somebody's answer.
    """
    code, what = unforeseen(core, error)
    if what == reply.ALLOCATE:
        core.out.lost += 1
        return
    core.out.push_event(core.event.error(what, code, core.ti))
    core.active = True


def failed(core, command, code: int, what=reply.PROCESS):
    """A command has failed, mostly because the driver refused (code < 0)."""
    if core.borrower is command:
        core.borrower = None
    if not command.late:
        core.out.push(core.line.error(what, code, command.ti))
        core.out.finish(command)
        return
    detail = b""
    if not command.ti:
        detail = b" +" + command.declaration[NAME]
        if command.declaration[_SHAPE] & _FIRST:
            detail += b" %d" % command.first
    core.out.push_late((core.line.error(what, code, command.ti, detail),))


def advance(core):
    """Resume the background commands whose waiters are done."""
    background = core.background
    at = 0
    while at < len(background):
        command = background[at]
        wait = command.wait
        try:
            go = wait.done or wait.ready()
        except Exception:
            go = True  # the coroutine meets it again, and then it is this command's error
        if go:
            resume(core, command)
            if at < len(background) and background[at] is command:
                at += 1  # it waits for something else now
        else:
            at += 1


def go_on(core, flags: int):
    """Take what the link has, and let those go on whose waiters are done."""
    link = core.link
    try:
        link.dispatch(flags)
        link.woken = False
    except Exception as error:
        stray(core, error)
        link.woken = True  # it has more, perhaps
    if core.background:
        advance(core)
    if core.tasks:
        core.work.advance()
    command = core.foreground
    if command is None:
        return
    if due(command.wait):
        resume(core, command)
    else:
        look_ahead(core)


def due(wait) -> bool:
    """Whether the coroutine that yielded this waiter can go on, as in advance()."""
    try:
        return wait.ready()
    except Exception:
        return True


def news(core, flags: int):
    """The link has something, or it has brought credits."""
    link = core.link
    if flags & NEWS:
        try:
            link.dispatch(flags)
        except Exception as error:
            stray(core, error)
            link.woken = True
    if core.background:
        advance(core)
    if core.tasks:
        core.work.advance()
    if link.woken or link.limits or link.pending or link.jobs:
        core.active = True


def step(core, ms: int = -1) -> int:
    """Once round the loop, asleep at most ms (-1: until something happens)."""
    if core.active or len(core.entries) >= MANY:
        return busy_step(core, ms)
    flags = core.wait(ms)
    if flags != UART:
        news(core, flags)
    if flags & UART:
        read = core.read
        read(core)
    return flags


def serve(core):
    """Execute what the stream brings, one command after the other, while there is room."""
    framer = core.framer
    execute = core.execute
    try:
        kind = framer.next()
        while kind:
            if kind > PLAIN:
                execute(core, framer.found, framer.buf, framer.count, framer.data, framer.wrong)
                framer.data = None
                if framer.overrun:
                    overrun(core, framer)
            else:
                execute(core, framer.found, framer.buf, framer.count)
            if core.foreground is not None or core.attention or len(core.entries) >= MANY:
                core.stalled = core.active = True
                return
            if kind < PLAIN or framer.start == framer.filled:
                return
            kind = framer.next()
    except Exception as error:
        core.refused(core, error)
        framer.interrupted()


def overrun(core, framer):
    """Tell how many bytes of the stream were lost, right behind the error that stands for them.

    It holds back the reading as that does, and is never dropped. In style guide alone.
    """
    if not core.ti:
        core.out.push(core.event.begin(b"EventOverrun", False).num(framer.overrun).message())
    framer.overrun = 0


def busy_step(core, ms: int) -> int:
    """step() while there is more to look after than the stream and commands without deadline."""
    link = core.link
    mask = 7
    command = core.foreground
    if command is not None:
        mask = _ANSWER | _EVENT
        if due(command.wait):  # the queue has become short: nothing else tells it
            ms = 0
    elif core.stalled or core.waiting:
        ms = 0
    elif core.muted is not None and core.framer is not None and core.framer.full:
        mask = _ANSWER | _EVENT
    if link.woken:
        ms = 0
    elif ms:
        ms = limit(core, ms)
    flags = core.wait(ms, mask)
    go_on(core, flags)
    if core.booting is not None and due(core.booting.wait):
        boot_on(core, core.booting)
    if core.since is not None and ticks_diff(core.ticks(), core.since) >= _FILE_MS:
        core.settings.give_up()
    if core.foreground is None:
        core.serve()
    if core.processed >= _PROCESSED:
        tidy(core)
    core.active = len(core.entries) > 0 or still_active(core)
    return flags


def still_active(core) -> bool:
    """Whether busy_step() is called for."""
    link = core.link
    framer = core.framer
    if (
        core.foreground is not None
        or core.booting is not None
        or core.muted is not None
        or core.stalled
        or core.waiting
        or link.woken
        or link.limits
        or link.pending
        or link.jobs
        or (framer is not None and framer.state)
    ):
        return True
    for beside in (core.background, core.tasks):
        for one in beside:
            if one.wait.deadline is not None:
                return True
    return False


def boot(core, coro):
    """Run coro beside the foreground; commands that need the network processor wait for it."""
    core.booting = Job(coro)
    core.active = True
    boot_on(core, core.booting)


def boot_on(core, job, error=None):
    """Resume it, with an exception if its time is over."""
    try:
        if error is None:
            job.wait = core.resume(job.coro, core.box)
        else:
            job.wait = thrown(core, job.coro, error)
    except Exception as caught:
        job.wait = None
        core.muted = None
        stray(core, caught)
    if job.wait is None:
        core.booting = None
        core.link.woken = True  # a command may have waited for this


async def end_boot(core):
    """The start at power-up, or what else goes on beside the foreground, is soon over, or ends."""
    if core.booting is not None:
        await Ready(core, _BOOT_MS)
        if core.booting is not None:
            boot_on(core, core.booting, SlError(_STOPPED))


async def recover(core):
    """Until the wire is free again, which a command without an answer has left behind."""
    try:
        await core.link.free()
    except SlError:
        return
    await core.settings.keep(True)


def give_up(core, error, booting=False):
    """The time of the command that waits, or of a boot, is over: this error there.

    A command of its that is out keeps the wire until the answer comes, or the protocol's limit:
    nothing else is taken for that, and what needs the network processor waits.
    """
    if booting:
        boot_on(core, core.booting, error)
    elif core.foreground is not None:
        resume(core, core.foreground, error)
    if core.booting is None and core.link.state & _ABANDONED:
        boot(core, recover(core))


def look_at(core, now: int) -> int:
    """When to look ahead for the command that waits."""
    if core.look_at is None:
        core.look_at = core.ahead.next_at(now, False)
    return core.look_at


def look_ahead(core):
    """Is there a way out for the command that waits?"""
    now = core.ticks()
    if ticks_diff(look_at(core, now), now) > 0:
        return
    try:
        code = core.ahead.look()
    except Exception as error:
        code = 0
        stray(core, error)
    core.look_at = core.ahead.next_at(now)
    if code:
        give_up(core, SlError(code))


def limit(core, ms: int) -> int:
    """How long the core may sleep: at most ms, less when a deadline is nearer."""
    link = core.link
    ms = link.limit(ms)
    if not ms or link.woken:
        return 0
    now = core.ticks()
    for beside in (core.background, core.tasks):
        for one in beside:
            ms = nearer(ms, one.wait.deadline, now)
    for command in (core.foreground, core.booting):
        if command is not None:
            ms = nearer(ms, command.wait.deadline, now)
    if core.foreground is not None:
        ms = nearer(ms, look_at(core, now), now)
    ms = nearer(ms, core.muted, now)
    if core.since is not None:
        ms = nearer(ms, core.since, now - _FILE_MS)
    framer = core.framer
    if framer is not None:
        ms = nearer(ms, framer.deadline(), now)
        if core.entries:
            ms = nearer(ms, framer.quiet_at(), now)
    return ms


def tidy(core):
    """Collect garbage after so many commands, if little is left."""
    core.processed = 0
    if mem_free() < _LITTLE:
        collect()


def nearer(ms: int, deadline, now: int) -> int:
    """The smaller of a time to sleep (-1: for ever) and what is left until a deadline."""
    if deadline is None:
        return ms
    left = ticks_diff(deadline, now)
    if left < 0:
        left = 0
    return left if ms < 0 or left < ms else ms
