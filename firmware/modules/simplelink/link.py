"""The driver's side of the wire: requests, what is refused, who waits for what.

Over the C module `nwp` (frames, matching, credits: firmware/link). One command is outstanding at
a time; only those with long time-outs hold the slot across a wait. Facts: nwp-protocol 2 to 4.
"""

from .compat import const, ticks_add, ticks_diff, ticks_ms
from .errors import SlError
from .inbox import Job, collect, dispatch
from .waiter import Completion, Sleep, Turn

# table: states STARTED STOPPING RESTART COMING ABANDONED
_STARTED = const(1)
_STOPPING = const(2)
_RESTART = const(4)
_COMING = const(8)
_ABANDONED = const(16)
# end
# table: errors SL_API_ABORTED SL_RET_CODE_PROTOCOL_ERROR SL_RET_CODE_DEV_LOCKED
_SL_API_ABORTED = const(-2005)
_SL_RET_CODE_PROTOCOL_ERROR = const(-2010)
_SL_RET_CODE_DEV_LOCKED = const(-2011)
# end
# table: errors SL_RET_CODE_STOP_IN_PROGRESS SL_RET_CODE_DEV_NOT_STARTED SL_RET_CODE_INVALID_INPUT
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
_SL_RET_CODE_DEV_NOT_STARTED = const(-2018)
_SL_RET_CODE_INVALID_INPUT = const(-2006)
# end
# table: errors SL_RET_CODE_PROVISIONING_IN_PROGRESS
_SL_RET_CODE_PROVISIONING_IN_PROGRESS = const(-2014)
# end
# table: dev_status LOCKED PROVISIONING PROVISIONING_ENABLE_API REFUSING
_DEV_STATUS_LOCKED = const(0x4)
_DEV_STATUS_PROVISIONING = const(0x18)
_DEV_STATUS_PROVISIONING_ENABLE_API = const(0x40)
_DEV_STATUS_REFUSING = const(0x1C)
# end
# table: locks SLOT
_LOCK_SLOT = const(23)
# end
# table: link ANSWER EVENT E_BUSY E_SIZE
_ANSWER = const(2)
_EVENT = const(4)
_E_BUSY = const(-1001)
_E_SIZE = const(-1008)
# end
# table: constants max_sockets
_MAX_SOCKETS = const(16)
# end
# table: constants timeout_long_ms timeout_nonblocking_completion_ms
_TIMEOUT_LONG_MS = const(65535)
_TIMEOUT_NONBLOCKING_COMPLETION_MS = const(10000)
# end

# Link.owners, by lock: sockets, then what the NWP does once at a time, last the command slot.
_LOCKS = const(_LOCK_SLOT + 1)

_LOOK_MS = const(2)
_HEED_MS = const(100)
_AT_ONCE_MS = const(5)  # a long command that is answered by then suspends nobody
_NO_EVENT = const(-1)
_NEWS = const(_ANSWER | _EVENT)


class Link:
    """One network processor, for the groups. Who drives coroutines needs pump() and limit()."""

    def __init__(self, sl, nwp):
        self.sl = sl
        self.nwp = nwp
        self.answer = memoryview(nwp.answer)  # of the last request, until the next one or an event
        self.ticks = getattr(nwp, "ticks_ms", ticks_ms)
        self.args = bytearray(32)  # scratch of short requests
        self.args4 = memoryview(self.args)[:4]
        self.args8 = memoryview(self.args)[:8]
        self.sink = bytearray(4)  # takes data that nobody wants
        self.owners = [None] * _LOCKS  # who waits for a completion, by lock
        self.spares = [Completion()]  # of receives, to use again
        self.queue = []  # turns
        self.limits = []  # completions with a limit
        self.pending = []  # other waiters
        self.leaving = []  # waiters that were ended all at once
        self.jobs = []  # the driver's own coroutines
        self.late = 0  # completions that came when nobody wanted them any more
        self.busy = False
        self.woken = False  # something became ready behind the back of who drives the coroutines
        # Started: it takes commands. Coming, instead: a start is under way, commands wait.
        # Abandoned: the command slot belongs to one whose answer nobody waits for.
        self.state = 0
        nwp.heed(self.heed)

    def reset(self):
        """Forget everything: nothing is started, nothing pends."""
        self.state = 0
        for lock in range(_LOCKS):
            self.owners[lock] = None
        for waits in (self.queue, self.limits, self.pending, self.leaving):
            waits.clear()

    def heed(self):
        """A call that is not to be resumed waits for the network processor, and asks now and then
        whether it still should.
        """
        if self.sl.on_wait is not None:
            self.sl.on_wait()

    async def admit(self):
        """check() that suspends while a start is under way."""
        if self.state == _COMING:
            await self.free()
        self.check()

    def check(self, fs: bool = False):
        """Refuse a call that must not reach the wire (nwp-protocol 3.4); wait for a start."""
        if self.state == _COMING:
            self._come()
        status = self.nwp.dev_status()
        state = self.state
        if state & _STOPPING:
            raise SlError(_SL_RET_CODE_STOP_IN_PROGRESS)
        if status & _DEV_STATUS_LOCKED and not fs:
            raise SlError(_SL_RET_CODE_DEV_LOCKED)
        if state & _RESTART:
            raise SlError(_SL_API_ABORTED)
        if not state & _STARTED:
            raise SlError(_SL_RET_CODE_DEV_NOT_STARTED)
        if status & _DEV_STATUS_PROVISIONING and not status & _DEV_STATUS_PROVISIONING_ENABLE_API:
            raise SlError(_SL_RET_CODE_PROVISIONING_IN_PROGRESS)

    def _come(self):
        """Wait for the start that is under way; not for ever: see Device.start()."""
        try:
            while self.state == _COMING:
                self.pump(_HEED_MS)
                self.heed()
        finally:
            self.woken = True

    # Completions and their locks: one operation a socket, and one each of some others (3.3)

    def own(self, lock: int, opcode: int) -> Completion:
        """Take a free lock for an operation that the event `opcode` will complete.

        `with` gives it back.
        """
        wait = self.owners[lock] = Completion()
        wait.opcode = opcode
        wait.link = self
        wait.lock = lock
        return wait

    async def turn(self, lock: int, opcode: int) -> Completion:
        """own() as soon as the lock is free: first come, first served."""
        if self.owners[lock] is not None or self.queue:
            await Turn(self, lock)
        return self.own(lock, opcode)

    def leave(self, lock: int, wait):
        """Give a lock back, unless the operation was cancelled and the NWP will complete it."""
        if wait.done or not wait.sent:
            self.owners[lock] = None
            if wait.limit is not None and wait in self.limits:
                self.limits.remove(wait)
            if self.queue:
                self.woken = True
            return
        # Its coroutine was cancelled: what comes is for nobody, but until then nobody is next.
        if wait in self.limits:
            self.limits.remove(wait)
        wait.into = None
        wait.orphan = True
        if self.owners[_LOCK_SLOT] is wait:
            self.state |= _ABANDONED

    def expire(self, wait, ms: int):
        """Fatal CMD_TIMEOUT unless complete within `ms` (nwp-protocol 3.5)."""
        wait.deadline = wait.limit = ticks_add(self.ticks(), ms)
        self.limits.append(wait)

    def idle(self) -> bool:
        """Nobody waits for anything."""
        return (
            not self.queue
            and not self.pending
            and all(wait is None or wait.reserved for wait in self.owners)
        )

    # Waiting

    def pump(self, ms: int) -> int:
        """Wait at most `ms` (-1: for ever) for something, dispatch it; returns the link's flags.

        For who drives coroutines: those that are ready afterwards want to be resumed.
        """
        if self.woken:
            ms = 0
        elif self.limits or self.pending or self.jobs:
            ms = self.limit(ms)
        flags = self.nwp.wait(ms)
        if flags & _NEWS or self.limits or self.jobs:
            self.dispatch(flags)
        self.woken = False
        return flags

    def limit(self, ms: int, over: bool = True) -> int:
        """How long one may sleep at most: `ms` or the driver's nearest deadline (-1: for ever).

        over: whether what is over counts; not where the caller keeps them waiting. What pends may
        be so by the header of an answer, of which nobody else is told.
        """
        if over:
            for wait in self.pending:
                if wait.ready():
                    return 0
        for waits in (self.limits, self.pending, self.jobs):
            for wait in waits:
                if wait.deadline is not None:
                    left = ticks_diff(wait.deadline, self.ticks())
                    if (left > 0 or over) and (ms < 0 or left < ms):
                        ms = left if left > 0 else 0
        return ms

    def abort_all(self, code: int):
        """Every wait ends with SlError(code)."""
        owners = self.owners
        self.state &= ~_ABANDONED
        for lock in range(len(owners)):
            wait = owners[lock]
            if wait is not None and wait.orphan:
                owners[lock] = None
            elif wait is not None and not wait.done:
                self._leave(wait, code)
        for wait in self.pending:
            self._leave(wait, code)
        for wait in self.queue:
            self._leave(wait, code)
        self.pending.clear()
        self.queue.clear()
        self.limits.clear()

    def _leave(self, wait, code: int):
        if not wait.done:
            wait.fail(code)
        try:
            self.leaving.append(wait)
        except MemoryError:
            pass  # a stop does not wait until it has gone on

    dispatch = dispatch  # take what has come

    def tell(self, opcode: int, args):
        """Hand an event to the application."""
        if self.sl.on_event is not None:
            self.sl.on_event(opcode, args)

    def spawn(self, coro):
        """Run a coroutine of the driver; it must not raise."""
        job = Job(coro, self.nwp.resume)
        if not job.step():
            self.jobs.append(job)

    # Short commands: `payload` follows `args` on the wire

    def request(self, opcode: int, args, payload=b"", head: int = 4, status: bool = True) -> int:
        """Short command; returns the length of its answer, which is in `answer`.

        head: size of the answer's arguments. A shorter one is an error, its own if it tells one.
        status: the answer begins with an i16 that is negative for an error, which is raised.
        """
        nwp = self.nwp
        if self.state != _STARTED or nwp.dev_status() & _DEV_STATUS_REFUSING:
            self.check()
        n = nwp.request(opcode, args, payload)
        if n < head:
            n = self._again(n, opcode, args, payload)
            if n < head:
                self._short(self.answer[:n])
        if status and self.answer[1] & 0x80:
            self._short(self.answer)
        return n

    def call(self, opcode: int, args, payload=b"") -> int:
        """Short command whose answer begins with an i16 status; returns that, never negative."""
        nwp = self.nwp
        if self.state != _STARTED or nwp.dev_status() & _DEV_STATUS_REFUSING:
            self.check()
        n = nwp.request(opcode, args, payload)
        if n < 4:
            self._again(n, opcode, args, payload)
        answer = self.answer
        n = answer[0] | answer[1] << 8
        if n & 0x8000:
            raise SlError(n - 0x10000)
        return n

    def _again(self, n: int, opcode: int, args, payload) -> int:
        """A request ended with n: wait for the slot and try again, or give up."""
        args = bytes(args)  # the scratch may be used meanwhile
        while n == _E_BUSY:
            self.dispatch(self.nwp.wait(self.limit(_HEED_MS, False)))
            self.woken = True
            self.heed()
            self.check()
            n = self.nwp.request(opcode, args, payload)
        if n < 0:
            self.broken(n)
        if n < 4:
            raise SlError(_SL_RET_CODE_PROTOCOL_ERROR)
        return n

    def _short(self, answer):
        """An answer that is too short, or a refusal: raise its status, if that is an error."""
        status = answer[0] | answer[1] << 8 if len(answer) > 1 else 0
        raise SlError(status - 0x10000 if status & 0x8000 else _SL_RET_CODE_PROTOCOL_ERROR)

    def broken(self, code: int):
        """The link refused a frame with `code`: tell of the fatal event behind it, then raise."""
        if code == _E_SIZE:
            raise SlError(_SL_RET_CODE_INVALID_INPUT)
        self.dispatch(_EVENT)
        self.woken = True
        if self.state != _COMING:
            self.check(True)
        raise SlError(_SL_API_ABORTED)

    def refresh(self, opcode: int, args):
        """Have the credits told: a request for its header's sake, if nobody has the wire."""
        if self.owners[_LOCK_SLOT] is None:
            self.request(opcode, args, status=False)
            self.woken = True

    # Long commands and two-phase operations

    async def command(
        self, opcode, args, payload=b"", head=4, into=None, ms=0, prefix=b"", more=b"", undo=None,
        lock=-1
    ):  # fmt: skip
        """Long command (files, netutil): holds the slot until its answer; returns its Completion.

        args, payload, prefix (before the payload) and more (behind it) must stay as they are until
        then. head: size of the answer's arguments; into: buffer for what follows them; ms: time
        for the answer; lock: of the event that follows the answer.
        """
        fs = opcode & 0x1800 == 0
        if self.state == _COMING:
            await self.free()
        self.check(fs)
        with await self.turn(_LOCK_SLOT, _NO_EVENT) as wait:
            wait.head = head
            wait.into = into
            wait.undo = undo
            code = self.nwp.submit(opcode, args, payload, ms or _TIMEOUT_LONG_MS, prefix, more)
            while code == _E_BUSY:  # a request that was interrupted still owns the wire
                await Sleep(self, 10)
                self.check(fs)
                code = self.nwp.submit(opcode, args, payload, ms or _TIMEOUT_LONG_MS, prefix, more)
            if code < 0:
                self.broken(code)
            wait.sent = True
            if lock >= 0:
                self.owners[lock].sent = True
            if self.nwp.wait(_AT_ONCE_MS, _ANSWER) & _ANSWER:
                collect(self)
            await wait
        if len(wait.result) < head:
            self._short(wait.result)
        return wait

    async def exchange(self, lock, opcode, args, done, payload=b"", ms=0, undo=None):
        """Short command and its completion `done`; returns the completion's arguments as bytes.

        lock: the socket id, or one of what the NWP does once at a time. ms: limit for the
        completion, -1 for none, 0 for 10 s on a non-blocking socket and else none.
        """
        if self.state == _COMING:
            await self.free()
        self.check()
        with await self.turn(lock, done) as wait:
            wait.undo = undo
            await self.free()
            wait.sent = True  # at once: an interrupt from the keyboard may end the call
            try:
                self.call(opcode, args, payload)
            except Exception:  # there is nothing to come
                wait.sent = False
                raise
            if wait.done and not wait.error:  # while the wire was taken: of one that was given up
                wait.done = False
                self.late += 1
            if ms > 0:
                self.expire(wait, ms)
            elif ms == 0 and lock < _MAX_SOCKETS and self.nwp.nonblocking() >> lock & 1:
                self.expire(wait, _TIMEOUT_NONBLOCKING_COMPLETION_MS)
            return await wait

    async def free(self):
        """Until no start is under way and no long command holds the slot."""
        while self.state == _COMING:
            await Sleep(self, _LOOK_MS)
        if self.owners[_LOCK_SLOT] is not None:
            await Turn(self, _LOCK_SLOT)
