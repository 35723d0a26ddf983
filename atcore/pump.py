"""The one loop: completions, background commands, deadlines, the stream.

step() is once round it, steps() is the application's own turn. Functions with the core as argument
rather than methods: on the device a call costs half as much.
"""

from simplelink.errors import SlError

from .compat import const, ticks_diff
from .flags import look, mind, pass_on, settle, stall, unmute, wake, woken
from .queue import EVENT, LATE, MANY
from .running import Ready, advance, due, resume, stray, thrown

_FILE_MS = const(2000)  # the settings' file has for its answer
_BOOT_MS = const(400)  # a boot has when somebody wants to stop
# table: errors SL_RET_CODE_STOP_IN_PROGRESS
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
# end
# table: states ABANDONED
_ABANDONED = const(16)
# end
# table: link UART ANSWER EVENT FATAL TIMEOUT
_UART = const(1)
_ANSWER = const(2)
_EVENT = const(4)
_FATAL = const(8)
_TIMEOUT = const(0x10)
# end
_NEWS = const(_ANSWER | _EVENT | _FATAL | _TIMEOUT)  # everything but the stream

PLAIN = const(2)  # what Framer.next() gives: below, the last line; above, with a payload


def step(core, ms: int = -1) -> int:
    """Once round the loop, asleep at most ms (-1: until something happens)."""
    if core.active or len(core.entries) >= MANY:
        return busy_step(core, ms)
    flags = core.wait(ms)
    if flags != _UART:
        news(core, flags)
    if flags & _UART:
        read = core.read
        read(core)
    return flags


def steps(core, app):
    """step() and the application's printing, until the stream asks for the REPL.

    The twin of step(): the usual message goes from the queue to the stream in this very frame,
    and not by Core.take() and AtCommands.deliver(), which look_around() does for all others. By
    those and step() an AT+Test takes 21,000 instructions, so 12,700.

    app: has a stream, held(), group(), rest(), look_around() (apps/at_commands.py).
    """
    entries = core.entries
    framer = core.framer
    wait = core.wait
    write = app.stream.write
    held = app.held
    # A built-in name costs five times what a variable does.
    kind_of, size_of, late, event = type, len, LATE, EVENT
    while True:
        while entries and not core.active:
            message = entries[0]
            kind = kind_of(message)
            if kind is late or kind is event:
                if kind is event or framer.start != framer.filled or held():
                    mind(core)
                    break
                app.group(entries.pop(0))
                continue
            entries.pop(0)
            n = write(message)
            if n < size_of(message):
                app.rest(message, n)
            if core.borrower is message:
                pass_on(core, None)
        if core.active:
            if core.escape is None:
                app.look_around()
            if core.escape is not None:
                return
            continue
        flags = wait(-1)
        if flags != _UART:
            news(core, flags)
        if flags & _UART:
            read = core.read
            read(core)


def serve(core):
    """Execute what the stream brings, one command after the other, while there is room."""
    framer = core.framer
    execute = core.execute
    try:
        kind = framer.next()
        while kind:
            if kind > PLAIN:
                execute(
                    core, framer.found, framer.buf, framer.count, framer.data, framer.wrong,
                    framer.name
                )  # fmt: skip
                framer.data = framer.name = None
                if framer.overrun:
                    overrun(core, framer)
            else:
                execute(core, framer.found, framer.buf, framer.count)
            if core.foreground is not None or core.attention or len(core.entries) >= MANY:
                stall(core)
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


def news(core, flags: int):
    """The link has something, or it has brought credits."""
    link = core.link
    if flags & _NEWS:
        try:
            link.dispatch(flags)
        except Exception as error:
            stray(core, error)
            wake(core)
    if core.background:
        advance(core)
    if core.tasks:
        core.work().advance()
    if link.woken or link.limits or link.pending or link.jobs:
        mind(core)


def go_on(core, flags: int):
    """Take what the link has, and let those go on whose waiters are done."""
    link = core.link
    try:
        link.dispatch(flags)
        woken(core)
    except Exception as error:
        stray(core, error)
        wake(core)  # it has more, perhaps
    if core.background:
        advance(core)
    if core.tasks:
        core.work().advance()
    command = core.foreground
    if command is None:
        return
    if due(command.wait):
        resume(core, command)
    else:
        look_ahead(core)


def busy_step(core, ms: int) -> int:
    """step() while there is more to look after than the stream and commands without deadline."""
    link = core.link
    mask = _UART | _ANSWER | _EVENT
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
        give_up(core, core.settings.overdue(), core.booting is not None)
    if core.foreground is None:
        core.serve()
    settle(core, len(core.entries) > 0 or still_active(core))
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


class Job:
    """A coroutine that is no command, and what it waits for."""

    def __init__(self, coro):
        self.coro = coro
        self.wait = None


def boot(core, coro):
    """Run coro beside the foreground; commands that need the network processor wait for it."""
    core.booting = Job(coro)
    mind(core)
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
        unmute(core)
        stray(core, caught)
    if job.wait is None:
        core.booting = None
        wake(core)  # a command may have waited for this


async def end_boot(core):
    """The start at power-up, or what else goes on beside the foreground, is soon over, or ends."""
    if core.booting is not None:
        await Ready(core, _BOOT_MS)
        if core.booting is not None:
            boot_on(core, core.booting, SlError(_SL_RET_CODE_STOP_IN_PROGRESS))


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
        look(core, core.ahead().next_at(now, False))
    return core.look_at


def look_ahead(core):
    """Is there a way out for the command that waits?"""
    now = core.ticks()
    if ticks_diff(look_at(core, now), now) > 0:
        return
    try:
        code = core.ahead().look()
    except Exception as error:
        code = 0
        stray(core, error)
    look(core, core.ahead().next_at(now))
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
        if core.muted is None:  # until then nothing is taken out of the buffer
            ms = nearer(ms, framer.deadline(), now)
        if core.entries:
            ms = nearer(ms, framer.quiet_at(), now)
    return ms


def nearer(ms: int, deadline, now: int) -> int:
    """The smaller of a time to sleep (-1: for ever) and what is left until a deadline."""
    if deadline is None:
        return ms
    left = ticks_diff(deadline, now)
    if left < 0:
        left = 0
    return left if ms < 0 or left < ms else ms
