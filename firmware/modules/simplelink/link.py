"""The driver's side of the wire: requests, completions, locks, what is refused, what is fatal.

Over the C module `nwp` (frames, matching, credits: firmware/link). One command is outstanding at a
time; only commands with long time-outs hold the slot across a wait. Facts: nwp-protocol chapters 2
to 4.
"""

from .compat import const, ticks_diff, ticks_ms
from .errors import SlError
from .waiter import Answer, Completion, Sleep, Turn

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
# table: errors SL_RET_CODE_PROVISIONING_IN_PROGRESS SL_ERROR_BSD_EBADF
_SL_RET_CODE_PROVISIONING_IN_PROGRESS = const(-2014)
_SL_ERROR_BSD_EBADF = const(-9)
# end
# table: opcodes DEVICE_INIT_COMPLETE DEVICE_FLOW_CTRL DEVICE_RESET_REQUEST
_DEVICE_INIT_COMPLETE = const(0x0008)
_DEVICE_FLOW_CTRL = const(0x0079)
_DEVICE_RESET_REQUEST = const(0x0099)
# end
# table: opcodes SOCKET_CLOSE_DONE SOCKET_EV_ASYNC NETAPP_EV_REQUEST
_SOCKET_CLOSE_DONE = const(0x1010)
_SOCKET_EV_ASYNC = const(0x100F)
_NETAPP_EV_REQUEST = const(0x1878)
# end
# table: opcodes WLAN_EV_PROVISIONING_STATUS WLAN_EV_PROVISIONING_PROFILE_ADDED
_WLAN_EV_PROVISIONING_STATUS = const(0x089A)
_WLAN_EV_PROVISIONING_PROFILE_ADDED = const(0x08B2)
# end
# table: enums dev_status
_DEV_STATUS_WLAN_CONN = const(1)
_DEV_STATUS_DROPPED_EVENTS = const(2)
_DEV_STATUS_LOCKED = const(4)
_DEV_STATUS_PROVISIONING_ACTIVE = const(8)
_DEV_STATUS_PROVISIONING_USER_INITIATED = const(0x10)
_DEV_STATUS_PRESERVATION = const(0x20)
_DEV_STATUS_PROVISIONING_ENABLE_API = const(0x40)
# end
# table: constants timeout_short_ms timeout_long_ms timeout_nonblocking_completion_ms
_TIMEOUT_SHORT_MS = const(10000)
_TIMEOUT_LONG_MS = const(65535)
_TIMEOUT_NONBLOCKING_COMPLETION_MS = const(10000)
# end

# Link.state
STARTED = const(1)
STOPPING = const(2)
RESTART = const(4)

# Link.held: bits 0-15 for sockets, 16-22 for what the NWP does once at a time (its modules know
# which), and:
_SLOT = const(1 << 23)

_REFUSING = const(0x1C)  # device status: locked or provisioning
_PROVISIONING = const(0x18)
_FATAL = const(0xFF00)  # pseudo events of the link: + kind
_CMD_TIMEOUT = const(5)
_ANSWER = const(2)  # flags of the link
_EVENT = const(4)
_E_BUSY = const(-1001)
_E_AGAIN = const(-1006)
_E_SIZE = const(-1008)
_IPV6 = const(0x0200)
_FRAME_SIZE = const(1604)
# What only a waiter can use: accept, connect, select, recv, recvfrom, DNS, service, receive,
# netutil, stop
_COMPLETIONS = (0x1003, 0x1006, 0x1007, 0x100A, 0x100B, 0x1820, 0x1835, 0x187B, 0x30C1, 0x0073)


class Link:
    """One network processor. For the groups of this package; applications need dispatch, pump and
    limit.
    """

    SLOT = _SLOT

    def __init__(self, sl, nwp):
        self.sl = sl
        self.nwp = nwp
        self.answer = memoryview(nwp.answer)  # of the last request, until the next one
        self.ticks = getattr(nwp, "ticks_ms", ticks_ms)
        self.frame = bytearray(_FRAME_SIZE)
        self.view = memoryview(self.frame)
        self.args = bytearray(32)  # scratch of short requests
        self.args4 = memoryview(self.args)[:4]
        self.args8 = memoryview(self.args)[:8]
        self.sink = bytearray(4)  # takes data that nobody wants
        self.pending = []  # waiters of any kind, so that all can be ended
        self.queue = []  # turns
        self.leaving = []  # waiters that were ended all at once
        self.jobs = []  # the driver's own coroutines
        self.late = 0  # completions that came when nobody wanted them any more
        self.busy = False
        self.reset()

    def reset(self):
        """Forget everything: nothing is started, nothing pends."""
        self.state = 0
        self.held = 0
        self.slot = None  # Answer of the command that holds the slot
        self.pending.clear()
        self.queue.clear()
        self.leaving.clear()

    # Requests

    def check(self, fs: bool = False):
        """Refuse a call that must not reach the wire (nwp-protocol 3.4)."""
        status = self.nwp.dev_status()
        state = self.state
        if state & STOPPING:
            raise SlError(_SL_RET_CODE_STOP_IN_PROGRESS)
        if status & _DEV_STATUS_LOCKED and not fs:
            raise SlError(_SL_RET_CODE_DEV_LOCKED)
        if state & RESTART:
            raise SlError(_SL_API_ABORTED)
        if not state & STARTED:
            raise SlError(_SL_RET_CODE_DEV_NOT_STARTED)
        if status & _PROVISIONING and not status & _DEV_STATUS_PROVISIONING_ENABLE_API:
            raise SlError(_SL_RET_CODE_PROVISIONING_IN_PROGRESS)

    def request(self, opcode: int, args, payload=b"") -> int:
        """Short command; returns the length of its answer, which is in `answer`."""
        nwp = self.nwp
        if self.state != STARTED or nwp.dev_status() & _REFUSING:
            self.check()
        n = nwp.request(opcode, args, payload)
        return n if n >= 4 else self._again(n, opcode, args, payload)

    def call(self, opcode: int, args, payload=b"") -> int:
        """Short command whose answer begins with an i16 status; returns that, never negative."""
        nwp = self.nwp
        if self.state != STARTED or nwp.dev_status() & _REFUSING:
            self.check()
        n = nwp.request(opcode, args, payload)
        if n < 4:
            self._again(n, opcode, args, payload)
        answer = self.answer
        status = answer[0] | answer[1] << 8
        if status & 0x8000:
            raise SlError(status - 0x10000)
        return status

    def call_during_provisioning(self, opcode: int, args) -> int:
        """call() of the one request that provisioning does not hold up: its end."""
        if self.state != STARTED:
            self.check()
        n = self.nwp.request(opcode, args)
        if n < 4:
            self.broken(n)
        status = self.answer[0] | self.answer[1] << 8
        if status & 0x8000:
            raise SlError(status - 0x10000)
        return status

    def _again(self, n: int, opcode: int, args, payload) -> int:
        """A request ended with n: wait for the slot and try again, or give up."""
        args = bytes(args)  # the scratch may be used meanwhile
        while n == _E_BUSY:
            self.pump(_TIMEOUT_SHORT_MS)
            self.check()
            n = self.nwp.request(opcode, args, payload)
        if n < 0:
            self.broken(n)
        if n < 4:
            raise SlError(_SL_RET_CODE_PROTOCOL_ERROR)
        return n

    def broken(self, code: int):
        """The link refused a frame with `code`: tell of the fatal event behind it, then raise."""
        if code == _E_SIZE:
            raise SlError(_SL_RET_CODE_INVALID_INPUT)
        self.dispatch(_EVENT)
        self.check(True)
        raise SlError(_SL_API_ABORTED)

    async def command(
        self, opcode, args, payload=b"", head=4, into=None, ms=0, prefix=b"", more=b"", undo=None
    ):
        """Long command (file system, netutil): holds the slot until its answer; returns the
        Answer.

        args, payload, prefix (before the payload) and more (behind it) must stay as they are until
        then. head: size of the answer's arguments; into: buffer for what follows them; ms: time
        for the answer.
        """
        fs = opcode & 0x1800 == 0
        self.check(fs)
        if self.held & _SLOT or self.queue:
            await Turn(self, _SLOT)
        self.held |= _SLOT
        wait = Answer(self, head)
        wait.into = into
        wait.undo = undo
        try:
            await self._submit(opcode, args, payload, ms or _TIMEOUT_LONG_MS, prefix, more)
            self.slot = wait
            await wait
        finally:
            if wait.done or self.slot is not wait:
                self.forget(wait)
                self.held &= ~_SLOT
            else:
                wait.into = None
                wait.orphan = True
        if len(wait.result) < head:
            raise SlError(_SL_RET_CODE_PROTOCOL_ERROR)
        return wait

    async def free(self):
        """Until the slot is free."""
        if self.held & _SLOT:
            await Turn(self, _SLOT)

    async def _submit(self, *frame):
        code = self.nwp.submit(*frame)
        while code == _E_BUSY:  # a request that was interrupted still owns the wire
            await Sleep(self, 10)
            self.check(True)
            code = self.nwp.submit(*frame)
        if code < 0:
            self.broken(code)

    async def exchange(
        self, bit, opcode, args, done, payload=b"", sd=-1, ms=0, undo=None, wait=Completion
    ):
        """Short command and its completion `done`; returns the completion's arguments as bytes.

        bit: the lock to hold. sd: socket id that the completion carries. ms: limit for the
        completion, -1 for none, 0 for 10 s on a non-blocking socket and else none. wait: class of
        the waiter.
        """
        self.check()
        if self.held & bit or self.queue:
            await Turn(self, bit)
        self.held |= bit
        wait = wait(self, done, sd)
        wait.undo = undo
        try:
            if self.held & _SLOT:
                await self.free()
            self.call(opcode, args, payload)
            wait.sent = bit
            if ms > 0:
                wait.expire(ms)
            elif ms == 0 and sd >= 0 and self.nwp.nonblocking() >> sd & 1:
                wait.expire(_TIMEOUT_NONBLOCKING_COMPLETION_MS)
            return await wait
        finally:
            wait.leave(bit)

    # What comes in

    def dispatch(self, flags: int):
        """Take what the link has: complete waiters, hand the rest to sl.on_event, look at the
        time.
        """
        if not self.busy:
            self.busy = True
            try:
                if flags & _ANSWER:
                    self._collect()
                self._events()
                self._expire()
            finally:
                self.busy = False
        if self.jobs:
            self._advance()

    def pump(self, ms: int) -> int:
        """Wait at most `ms` (-1: for ever) for something and dispatch it; returns the link's
        flags.
        """
        flags = self.nwp.wait(self.limit(ms))
        self.dispatch(flags)
        return flags

    def limit(self, ms: int) -> int:
        """How long one may sleep at most: `ms` or the nearest deadline of the driver (-1: for
        ever).
        """
        for waits in (self.pending, self.jobs):
            for wait in waits:
                if wait.deadline is not None:
                    left = ticks_diff(wait.deadline, self.ticks())
                    if ms < 0 or left < ms:
                        ms = left if left > 0 else 0
        return ms

    def _collect(self):
        """The answer of the command that holds the slot is there."""
        n = self.nwp.collect()
        wait = self.slot
        if wait is None or n == _E_AGAIN:
            return
        if n < 0:
            return  # the fatal event that follows ends the wait
        self.slot = None
        wait.complete(self.answer, n)
        self._done(wait)

    def _events(self):
        frame = self.frame
        event = self.nwp.event
        n = event(frame)
        while n:
            opcode = frame[0] | frame[1] << 8
            args = self.view[4:n]
            if opcode >= _FATAL:
                self.fatal(opcode, args)
            elif not self.state & RESTART:
                self._event(opcode, args, frame[2])
            n = event(frame)

    def _event(self, opcode: int, args, status: int):
        """One event: a completion, something for the driver, or for the application."""
        base = opcode & ~_IPV6
        sd_at = 0 if base == _SOCKET_EV_ASYNC else 2
        for wait in self.pending:
            if wait.opcode == base and wait.matches(args, sd_at):
                wait.complete(args)
                self._done(wait)
                return
        if opcode == _SOCKET_CLOSE_DONE:
            self._closed(args)
        elif opcode == _DEVICE_RESET_REQUEST:
            self.sl.device.reset_request(args, status)
        elif base in _COMPLETIONS:
            self.late += 1
        elif (
            status & _PROVISIONING
            and not status & _DEV_STATUS_PROVISIONING_ENABLE_API
            and opcode != _WLAN_EV_PROVISIONING_STATUS
            and opcode != _WLAN_EV_PROVISIONING_PROFILE_ADDED
            and opcode != _NETAPP_EV_REQUEST
            and opcode != _DEVICE_INIT_COMPLETE
        ):
            self.late += 1
        elif opcode != _DEVICE_FLOW_CTRL and not self.sl.netapp.event(opcode, args):
            self.tell(opcode, args)

    def tell(self, opcode: int, args):
        """Hand an event to the application."""
        if self.sl.on_event is not None:
            self.sl.on_event(opcode, args)

    def _done(self, wait):
        """A waiter is complete: off the list. If it was cancelled, give its lock back, undo its
        result.
        """
        self.forget(wait)
        if wait.orphan:
            self.held &= ~wait.sent
            self.late += 1
            if wait.undo is not None and wait.result is not None:
                self.spawn(wait.undo(wait.result))

    def _closed(self, args):
        """A socket is closed under a waiting operation: should the NWP not complete that, this
        does.
        """
        self.late += 1
        if len(args) > 2:
            for wait in list(self.pending):
                if wait.sd == args[2] & 0x1F:
                    wait.fail(_SL_ERROR_BSD_EBADF)
                    self._done(wait)

    # Failure

    def fatal(self, opcode: int, args):
        """A fatal condition: nothing works until stop and start (nwp-protocol 3.6)."""
        if self.state & RESTART or not self.state:
            return
        self.state |= RESTART
        self.tell(opcode, args)
        self.abort_all(_SL_API_ABORTED)

    def _expire(self):
        """Give the NWP up when a completion did not come in time (nwp-protocol 3.5)."""
        for wait in self.pending:
            if wait.limit is not None and ticks_diff(self.ticks(), wait.limit) >= 0:
                args = bytearray(8)
                args[0] = wait.opcode & 0xFF
                args[1] = wait.opcode >> 8
                self.fatal(_FATAL | _CMD_TIMEOUT, memoryview(args))
                return

    def abort_all(self, code: int):
        """Every wait ends with SlError(code)."""
        for wait in self.pending + self.queue:
            wait.fail(code)
            if wait.orphan:
                self.held &= ~wait.sent
            else:
                self.leaving.append(wait)
        self.pending.clear()
        self.queue.clear()
        self.slot = None

    def forget(self, wait):
        """Take a waiter off the list, if it is there."""
        if wait in self.pending:
            self.pending.remove(wait)

    # The driver's own coroutines

    def spawn(self, coro):
        """Run a coroutine of the driver; it must not raise."""
        job = Job(coro)
        if not job.step():
            self.jobs.append(job)

    def _advance(self):
        for job in list(self.jobs):
            if not job.running and job.wait.ready() and job.step():
                self.jobs.remove(job)


class Job:
    """A coroutine and what it waits for."""

    running = False
    wait = None
    deadline = None

    def __init__(self, coro):
        self.coro = coro

    def step(self) -> bool:
        """Resume it; True when it has ended."""
        self.running = True
        try:
            self.wait = self.coro.send(None)
        except StopIteration:
            return True
        self.deadline = self.wait.deadline
        self.running = False
        return False
