"""The receiving half of the driver's side of the wire, and the coroutines it wakes."""

from .compat import const, ticks_add, ticks_diff
from .waiter import NO_MEMORY, Completion

# table: errors SL_API_ABORTED SL_ERROR_BSD_EBADF
_SL_API_ABORTED = const(-2005)
_SL_ERROR_BSD_EBADF = const(-9)
# end
# table: opcodes DEVICE_INIT_COMPLETE DEVICE_FLOW_CTRL DEVICE_RESET_REQUEST
_DEVICE_INIT_COMPLETE = const(0x0008)
_DEVICE_FLOW_CTRL = const(0x0079)
_DEVICE_RESET_REQUEST = const(0x0099)
# end
# table: opcodes SOCKET_RECV_DONE SOCKET_CLOSE_DONE SOCKET_EV_ASYNC
_SOCKET_RECV_DONE = const(0x100A)
_SOCKET_CLOSE_DONE = const(0x1010)
_SOCKET_EV_ASYNC = const(0x100F)
# end
# table: opcodes NETAPP_EV_REQUEST NETAPP_EV_HTTP_GET_TOKEN
_NETAPP_EV_REQUEST = const(0x1878)
_NETAPP_EV_HTTP_GET_TOKEN = const(0x182E)
# end
# table: opcodes WLAN_EV_PROVISIONING_STATUS WLAN_EV_PROVISIONING_PROFILE_ADDED
_WLAN_EV_PROVISIONING_STATUS = const(0x089A)
_WLAN_EV_PROVISIONING_PROFILE_ADDED = const(0x08B2)
# end
# table: completions
_COMPLETIONS = const(
    (
        0x0073,  # DEVICE_STOP_DONE
        0x1003,  # SOCKET_ACCEPT_DONE_V4
        0x1006,  # SOCKET_CONNECT_DONE
        0x1007,  # SOCKET_SELECT_DONE
        0x100A,  # SOCKET_RECV_DONE
        0x100B,  # SOCKET_RECVFROM_DONE_V4
        0x1010,  # SOCKET_CLOSE_DONE
        0x1820,  # NETAPP_DNS_BY_NAME_DONE_V4
        0x1822,  # NETAPP_PING_REPORT
        0x1835,  # NETAPP_HOST_BY_SERVICE_DONE_V4
        0x187B,  # NETAPP_RECEIVE
        0x30C1,  # NETUTIL_CMD_DONE
    )
)
# end
# table: locks SLOT
_LOCK_SLOT = const(23)
# end
# table: link ANSWER EVENT OP_FATAL FATAL_CMD_TIMEOUT
_ANSWER = const(2)
_EVENT = const(4)
_OP_FATAL = const(0xFF00)
_FATAL_CMD_TIMEOUT = const(5)
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

# Link.state
STARTED = const(1)  # it takes commands
STOPPING = const(2)
RESTART = const(4)
_COMING = const(8)  # instead of STARTED: a start is under way, commands wait
_ABANDONED = const(16)  # the command slot belongs to one whose answer nobody waits for

_PROVISIONING = const(0x18)  # device status
_RESTARTING = const(4)  # Link.state: RESTART
_NEWS = const(2 | 4)  # flags of the link: _ANSWER, _EVENT
_IPV6 = const(0x0200)
_SOCKETS = const(16)  # locks below are those of sockets
_SD = const(4 + 2)  # where a completion's frame has its socket descriptor
_ANSWERED = (_NETAPP_EV_REQUEST, _NETAPP_EV_HTTP_GET_TOKEN)  # by netapp


class Inbox:
    """Base of Link, which has the attributes."""

    # Completions and their locks: one operation a socket, and one each of some others (3.3)

    def own(self, lock: int, opcode: int) -> Completion:
        """Take a free lock for an operation that the event `opcode` will complete."""
        wait = self.owners[lock] = Completion()
        wait.opcode = opcode
        return wait

    def leave(self, lock: int, wait):
        """Give a lock back, unless the operation was cancelled and the NWP will complete it."""
        if wait.done or not wait.sent:
            self.owners[lock] = None
            if wait.limit is not None and wait in self.limits:
                self.limits.remove(wait)
            if self.queue:
                self.woken = True
        else:
            self.abandon(wait)

    def abandon(self, wait):
        """Its coroutine was cancelled: what comes is for nobody, but until then nobody is next."""
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

    def dispatch(self, flags: int):
        """Take what the link has: complete waiters, hand on the rest, look at the time.

        No further than to the first that somebody waits for: who drives coroutines resumes it
        before the next call, and what it gives stands before what came behind. The link goes on
        to report that there is more.
        """
        if flags & _ANSWER:
            self._collect()
        elif flags & _EVENT and not self.busy:
            self._events()
        if self.limits:
            self._expire()
        if self.jobs:
            self._advance()

    # What comes in

    def _collect(self):
        """The answer of the command that holds the slot is there."""
        n = self.nwp.collect()
        if n >= 0:  # else the fatal event that follows ends the wait
            self._answered(0, n)

    def _answered(self, at: int, n: int) -> bool:
        """The arguments of that answer are in the buffer: whether somebody waits for it."""
        wait = self.owners[_LOCK_SLOT]
        if wait is None:
            return False  # given up
        try:
            wait.complete(self.answer[at:n])
        except MemoryError:
            self._unheard(wait, at, n)
        if wait.orphan:
            self._unwanted(_LOCK_SLOT, wait)
            return False
        return True

    def _events(self):
        """Take frames up to the first that somebody waits for."""
        frame = self.answer
        event = self.nwp.event
        self.busy = True
        try:
            n = event(frame)
            while n:
                opcode = frame[0] | frame[1] << 8
                if opcode == _SOCKET_RECV_DONE:  # the way of most data, hence short
                    wait = self.owners[frame[_SD] & 0x0F]
                    if wait is not None and wait.opcode == opcode and not wait.orphan and n > _SD:
                        wait.result = frame[4] | frame[5] << 8
                        wait.done = True
                        return
                try:
                    if self._frame(opcode, n):
                        return
                except MemoryError:
                    lock = self._owner(opcode & ~_IPV6, n)
                    if lock < 0 or opcode >= _OP_FATAL:
                        raise
                    wait = self.owners[lock]
                    self._unheard(wait, 4, n)
                    if not wait.orphan:
                        return
                    self._unwanted(lock, wait)
                n = event(frame)
        finally:
            self.busy = False

    def _unheard(self, wait, at: int, n: int):
        """There is no memory for a result, which is in the buffer from `at` on."""
        wait.fail(NO_MEMORY)
        if wait.undo is not None:
            try:
                self.spawn(wait.undo(self.answer[at:n]))
            except MemoryError:
                pass  # what it has left behind stays until the stop

    def _frame(self, opcode: int, n: int) -> bool:
        """The frame of n bytes in the buffer: whether somebody waits for it."""
        if opcode == _OP_FATAL:
            return self._answered(4, n)
        args = self.answer[4:n]
        if opcode > _OP_FATAL:
            self.fatal(opcode, args)
            return False
        if not self.state & _RESTARTING:
            if opcode == _DEVICE_INIT_COMPLETE and self.state == _COMING:
                self.state = STARTED
            lock = self._owner(opcode & ~_IPV6, n)
            if lock >= 0:
                wait = self.owners[lock]
                wait.complete(args)
                if wait.opcode == _SOCKET_RECV_DONE:
                    wait.result = args[0] | args[1] << 8
                if not wait.orphan:
                    return True
                self._unwanted(lock, wait)
                return False
            return self._event(opcode, args, self.answer[2])
        return False

    def _owner(self, base: int, n: int) -> int:
        """Lock of the operation that the frame completes, -1 if there is none."""
        frame = self.answer
        owners = self.owners
        lock = frame[_SD] & 0x1F
        if base == _SOCKET_EV_ASYNC:  # types 3 and 4 complete start_tls()
            lock = frame[4] & 0x1F if 3 <= frame[5] <= 4 else _SOCKETS
        if lock < _SOCKETS and n > _SD:
            wait = owners[lock]
            if wait is not None and wait.opcode == base and not wait.done:
                return lock
        for lock in range(_SOCKETS, _LOCK_SLOT):
            wait = owners[lock]
            if wait is not None and wait.opcode == base and not wait.done:
                return lock
        return -1

    def _event(self, opcode: int, args, status: int) -> bool:
        """An event that completes nothing, for the driver or for the application: whether it has
        ended a wait all the same.
        """
        if opcode == _SOCKET_CLOSE_DONE:
            return self._closed(args)
        if opcode & ~_IPV6 in _COMPLETIONS:  # nobody but a waiter can use it
            self.late += 1
        elif opcode == _DEVICE_RESET_REQUEST:
            self.sl.device.reset_request(args, status)
        elif (
            status & _PROVISIONING
            and not status & _DEV_STATUS_PROVISIONING_ENABLE_API
            and opcode != _WLAN_EV_PROVISIONING_STATUS
            and opcode != _WLAN_EV_PROVISIONING_PROFILE_ADDED
            and opcode != _NETAPP_EV_REQUEST
            and opcode != _DEVICE_INIT_COMPLETE
        ):
            self.late += 1
        elif opcode in _ANSWERED:
            self.sl.netapp.event(opcode, args)
        elif opcode != _DEVICE_FLOW_CTRL:
            self.tell(opcode, args)
        return False

    def tell(self, opcode: int, args):
        """Hand an event to the application."""
        if self.sl.on_event is not None:
            self.sl.on_event(opcode, args)

    def _unwanted(self, lock: int, wait):
        """A cancelled operation is complete: its lock is free, what it left behind is undone."""
        self.owners[lock] = None
        if lock == _LOCK_SLOT:
            self.state &= ~_ABANDONED
        self.late += 1
        if wait.undo is not None and not wait.error:
            waiting = self.queue[:]
            self.queue.clear()  # it comes before them: they may want what it gives back
            self.spawn(wait.undo(wait.result))
            self.queue.extend(waiting)

    def _closed(self, args) -> bool:
        """A socket is closed under a waiting operation: ends that, should the NWP forget it."""
        self.late += 1
        lock = args[2] & 0x1F if len(args) > 2 else _SOCKETS
        wait = self.owners[lock] if lock < _SOCKETS else None
        if wait is None or wait.done:
            return False
        wait.fail(_SL_ERROR_BSD_EBADF)
        if wait.orphan:
            self._unwanted(lock, wait)
            return False
        return True

    # Failure

    def fatal(self, opcode: int, args):
        """A fatal condition: nothing works until stop and start (nwp-protocol 3.6)."""
        if self.state & _RESTARTING or not self.state:
            return
        self.state = self.state & STOPPING | STARTED | _RESTARTING
        self.tell(opcode, args)
        self.abort_all(_SL_API_ABORTED)

    def _expire(self):
        """Give the NWP up when a completion did not come in time (nwp-protocol 3.5)."""
        for wait in self.limits:
            if not wait.done and ticks_diff(self.ticks(), wait.limit) >= 0:
                args = bytearray(8)
                args[0] = wait.opcode & 0xFF
                args[1] = wait.opcode >> 8
                self.fatal(_OP_FATAL | _FATAL_CMD_TIMEOUT, memoryview(args))
                return

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

    # The driver's own coroutines

    def spawn(self, coro):
        """Run a coroutine of the driver; it must not raise."""
        job = Job(coro, self.nwp.resume)
        if not job.step():
            self.jobs.append(job)

    def _advance(self):
        """Resume those that can go on, until none can: one may have waited for another."""
        ready = True
        while ready:
            ready = [job for job in self.jobs if job.wait.ready()]
            for job in ready:
                if job in self.jobs and job.wait.ready():
                    self.jobs.remove(job)  # one that runs, or is interrupted, is not to be resumed
                    if not job.step():
                        self.jobs.append(job)


class Job:
    """A coroutine and what it waits for."""

    wait = None
    deadline = None

    def __init__(self, coro, resume):
        self.coro = coro
        self.resume = resume
        self.box = [None]

    def step(self) -> bool:
        """Resume it; True when it has ended."""
        self.wait = self.resume(self.coro, self.box)
        if self.wait is None:
            return True
        self.deadline = self.wait.deadline
        return False
