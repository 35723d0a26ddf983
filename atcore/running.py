"""The life of a command: it is run, waits, goes on, and answers; and what becomes of exceptions.

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

from simplelink.errors import SlError, name

from . import reply
from ._keywords import TABLES
from .compat import COROUTINE, const, ticks_add, ticks_diff, where
from .flags import look, mind, pass_on
from .grammar import ParseError
from .reply import OK, Line, Pieces

_VIEW = memoryview  # a built-in name costs five times what one of the module does
_SLOTS = const(16)  # commands in the background
SPARES = const(17)  # Commands for these and the foreground
# table: errors SL_RET_CODE_PROTOCOL_ERROR
_SL_RET_CODE_PROTOCOL_ERROR = const(-2010)
# end

# table: declaration NAME HANDLER SHAPE OFFLINE REPLY
_NAME = const(0)
_HANDLER = const(2)
_SHAPE = const(3)
_OFFLINE = const(6)
_REPLY = const(7)
# end
# table: shape LATE WHEN TI_OK FIRST ENDS
_LATE = const(15)
_WHEN = const(3)
_TI_OK = const(2)
_FIRST = const(16)
_ENDS = const(8)
# end
_AT_ONCE = const(1)
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


class Again(Exception):
    """What a command has waited for is there, and it begins: (function, its arguments)."""


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
        text = value_line(core.line.buf, declaration[_NAME], spec, result, command.ti, TABLES)
        if type(text) is not list:
            return text
        text = Pieces(text)
    elif type(result) is Line:
        text = result.message()
        if type(text) is bytes:
            return text
    elif type(result) is _VIEW:  # a message with a payload
        return result
    else:
        raise TypeError("no reply")
    mind(core)  # the application looks twice at such a message
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
    box = core.box
    wait = core.resume(coro, box)
    if wait is None:
        result = box[0]
        if result is not None:
            box[0] = None  # it may be a frame of several KB
            try:
                result = finished(command, result)
            except Exception as error:
                wrong(core, command, error)
                return
        answer(core, command, result)
        return
    try:
        spare = core.spare
        if spare is None:
            spare = core.new_command()
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
            mind(core)
    else:
        core.foreground = command
        look(core, None)
        mind(core)


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
        mind(core)


def resume(core, command, error=None):
    """Let a command go on, with an exception if its time is over; answer if that was its end."""
    box = core.box
    try:
        if error is None:
            wait = core.resume(command.coro, box)
        else:
            wait = thrown(core, command.coro, error)
            error = None
        if wait is not None:
            command.wait = wait
            return
        # At once: what it was made of is everybody's.
        result = box[0]
        if result is not None:
            box[0] = None  # it may be a frame of several KB
            result = finished(command, result)
    except Exception as caught:
        error = caught
    before = 0
    if command.late:
        background = core.background
        if background[0] is command:
            background.pop(0)  # without a look for an __eq__, 600 instructions
        else:
            background.remove(command)
    else:
        if core.background:
            advance(core)  # what Stop has ended answers before it
        core.foreground = None
        before = len(core.entries)
    command.coro = command.wait = None
    if error is None:
        try:
            answer(core, command, result)
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


def answer(core, command, message):
    """A command has succeeded; message: of its value line or None."""
    out = core.out
    if command.late:
        if message is not None:
            second = command.ti and command.declaration[_SHAPE] >> _TI_OK & _WHEN == _AT_ONCE
            lines = (message, OK) if second else (message,)
            if out.group is None:
                core.entries.append(lines)
            else:
                out.push_late(lines)
    else:
        if message is None:
            out.push(OK)
        else:
            out.pair(message, OK)
        if out.group is not None:
            out.finish(command)
    if core.borrower is command:
        pass_on(core, message)


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
        failed(core, command, error.code, reply.PARSE, error.name)
    elif isinstance(error, Again):
        begin, arguments = error.args
        begin(*arguments)
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
    return (0, reply.ALLOCATE) if memory else (_SL_RET_CODE_PROTOCOL_ERROR, reply.PROCESS)


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
    mind(core)


def failed(core, command, code: int, what=reply.PROCESS, about=None):
    """A command has failed, mostly because the driver refused (code < 0).

    about: the parameter that is wrong, told if asked for; so is the name of the driver's code.
    """
    verbose = core.settings.verbose
    if verbose > 1 and what == reply.PROCESS:
        about = name(code).decode()
    about = b" (%s)" % about.encode() if verbose and about else b""
    if core.borrower is command:
        pass_on(core, None)
    if not command.late:
        core.out.push(core.line.error(what, code, command.ti, about))
        core.out.finish(command)
        return
    detail = b""
    if not command.ti:
        detail = b" +" + command.declaration[_NAME]
        if command.declaration[_SHAPE] & _FIRST:
            detail += b" %d" % command.first
    core.out.push_late((core.line.error(what, code, command.ti, detail + about),))


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


def due(wait) -> bool:
    """Whether the coroutine that yielded this waiter can go on, as in advance()."""
    try:
        return wait.ready()
    except Exception:
        return True
