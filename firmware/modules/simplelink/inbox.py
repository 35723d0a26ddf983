"""The receiving half of the driver's side of the wire: what comes, and whom it wakes.

Of these functions the others need dispatch(), a method of Link, collect(), and Job.
"""

from .compat import const, ticks_diff

# table: states STARTED STOPPING RESTART COMING ABANDONED
_STARTED = const(1)
_STOPPING = const(2)
_RESTART = const(4)
_COMING = const(8)
_ABANDONED = const(16)
# end
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
# table: locks DEVICE SLOT
_LOCK_DEVICE = const(20)
_LOCK_SLOT = const(23)
# end
# table: link ANSWER EVENT OP_FATAL FATAL_CMD_TIMEOUT
_ANSWER = const(2)
_EVENT = const(4)
_OP_FATAL = const(0xFF00)
_FATAL_CMD_TIMEOUT = const(5)
# end
# table: dev_status PROVISIONING PROVISIONING_ENABLE_API
_DEV_STATUS_PROVISIONING = const(0x18)
_DEV_STATUS_PROVISIONING_ENABLE_API = const(0x40)
# end

_IPV6 = const(0x0200)
_SOCKETS = const(16)  # locks below are those of sockets
_SD = const(4 + 2)  # where a completion's frame has its socket descriptor


def dispatch(link, flags: int):
    """Take what the link has: complete waiters, hand on the rest, look at the time.

    No further than to the first that somebody waits for: who drives coroutines resumes it
    before the next call, and what it gives stands before what came behind. The link goes on
    to report that there is more.
    """
    if flags & _ANSWER:
        collect(link)
    elif flags & _EVENT and not link.busy:
        _events(link)
    if link.limits:
        _expire(link)
    if link.jobs:
        _advance(link)


def collect(link):
    """The answer of the command that holds the slot is there."""
    n = link.nwp.collect()
    if n >= 0:  # else the fatal event that follows ends the wait
        _answered(link, 0, n)


def _answered(link, at: int, n: int) -> bool:
    """The arguments of that answer are in the buffer: whether somebody waits for it."""
    wait = link.owners[_LOCK_SLOT]
    if wait is None:
        return False  # given up
    try:
        wait.complete(link.answer[at:n])
    except MemoryError:
        _unheard(link, wait, at, n)
    if wait.orphan:
        _unwanted(link, _LOCK_SLOT, wait)
        return False
    return True


def _events(link):
    """Take frames up to the first that somebody waits for."""
    frame = link.answer
    event = link.nwp.event
    link.busy = True
    try:
        n = event(frame)
        while n:
            opcode = frame[0] | frame[1] << 8
            if opcode == _SOCKET_RECV_DONE:  # the way of most data, hence short
                wait = link.owners[frame[_SD] & 0x0F]
                if wait is not None and wait.opcode == opcode and not wait.orphan and n > _SD:
                    wait.result = frame[4] | frame[5] << 8
                    wait.done = True
                    return
            try:
                if _frame(link, opcode, n):
                    return
            except MemoryError:
                lock = _owner(link, opcode & ~_IPV6, n)
                if lock < 0 or opcode >= _OP_FATAL:
                    raise
                wait = link.owners[lock]
                _unheard(link, wait, 4, n)
                if not wait.orphan:
                    return
                _unwanted(link, lock, wait)
            n = event(frame)
    finally:
        link.busy = False


def _unheard(link, wait, at: int, n: int):
    """There is no memory for a result, which is in the buffer from `at` on."""
    wait.fail()
    if wait.undo is not None:
        try:
            link.spawn(wait.undo(link.answer[at:n]))
        except MemoryError:
            pass  # what it has left behind stays until the stop


def _frame(link, opcode: int, n: int) -> bool:
    """The frame of n bytes in the buffer: whether somebody waits for it."""
    if opcode == _OP_FATAL:
        return _answered(link, 4, n)
    args = link.answer[4:n]
    if opcode > _OP_FATAL:
        fatal(link, opcode, args)
        return False
    if not link.state & _RESTART:
        if opcode == _DEVICE_INIT_COMPLETE and link.state == _COMING:
            link.state = _STARTED
        lock = _owner(link, opcode & ~_IPV6, n)
        if lock >= 0:
            wait = link.owners[lock]
            wait.complete(args)
            if wait.opcode == _SOCKET_RECV_DONE:
                wait.result = args[0] | args[1] << 8
            if not wait.orphan:
                return True
            _unwanted(link, lock, wait)
            return False
        return _event(link, opcode, args, link.answer[2])
    return False


def _owner(link, base: int, n: int) -> int:
    """Lock of the operation that the frame completes, -1 if there is none.

    One whose request is not out is not meant, but one that was given up. (A start is no request.)
    """
    frame = link.answer
    owners = link.owners
    lock = frame[_SD] & 0x1F
    if base == _SOCKET_EV_ASYNC:  # types 3 and 4 complete start_tls()
        lock = frame[4] & 0x1F if 3 <= frame[5] <= 4 else _SOCKETS
    if lock < _SOCKETS and n > _SD:
        wait = owners[lock]
        if wait is not None and wait.opcode == base and not wait.done and wait.sent:
            return lock
    for lock in range(_SOCKETS, _LOCK_SLOT):
        wait = owners[lock]
        if wait is not None and wait.opcode == base and not wait.done:
            if wait.sent or lock == _LOCK_DEVICE:
                return lock
    return -1


def _event(link, opcode: int, args, status: int) -> bool:
    """An event that completes nothing, for the driver or for the application: whether it has
    ended a wait all the same.
    """
    if opcode == _SOCKET_CLOSE_DONE:
        return _closed(link, args)
    if opcode & ~_IPV6 in _COMPLETIONS:  # nobody but a waiter can use it
        link.late += 1
    elif opcode == _DEVICE_RESET_REQUEST:
        link.sl.device.reset_request(args, status)
    elif (
        status & _DEV_STATUS_PROVISIONING
        and not status & _DEV_STATUS_PROVISIONING_ENABLE_API
        and opcode != _WLAN_EV_PROVISIONING_STATUS
        and opcode != _WLAN_EV_PROVISIONING_PROFILE_ADDED
        and opcode != _NETAPP_EV_REQUEST
        and opcode != _DEVICE_INIT_COMPLETE
    ):
        link.late += 1
    elif opcode == _NETAPP_EV_REQUEST or opcode == _NETAPP_EV_HTTP_GET_TOKEN:
        link.sl.netapp.event(opcode, args)
    elif opcode != _DEVICE_FLOW_CTRL:
        link.tell(opcode, args)
    return False


def _unwanted(link, lock: int, wait):
    """A cancelled operation is complete: its lock is free, what it left behind is undone."""
    link.owners[lock] = None
    if lock == _LOCK_SLOT:
        link.state &= ~_ABANDONED
    link.late += 1
    if wait.undo is not None and not wait.error:
        waiting = link.queue[:]
        link.queue.clear()  # it comes before them: they may want what it gives back
        link.spawn(wait.undo(wait.result))
        link.queue.extend(waiting)


def _closed(link, args) -> bool:
    """A socket is closed under a waiting operation: ends that, should the NWP forget it."""
    link.late += 1
    lock = args[2] & 0x1F if len(args) > 2 else _SOCKETS
    wait = link.owners[lock] if lock < _SOCKETS else None
    if wait is None or wait.done:
        return False
    wait.fail(_SL_ERROR_BSD_EBADF)
    if wait.orphan:
        _unwanted(link, lock, wait)
        return False
    return True


def fatal(link, opcode: int, args):
    """A fatal condition: nothing works until stop and start (nwp-protocol 3.6)."""
    if link.state & _RESTART or not link.state:
        return
    link.state = link.state & _STOPPING | _STARTED | _RESTART
    link.tell(opcode, args)
    link.abort_all(_SL_API_ABORTED)


def _expire(link):
    """Give the NWP up when a completion did not come in time (nwp-protocol 3.5)."""
    for wait in link.limits:
        if not wait.done and ticks_diff(link.ticks(), wait.limit) >= 0:
            args = bytearray(8)
            args[0] = wait.opcode & 0xFF
            args[1] = wait.opcode >> 8
            fatal(link, _OP_FATAL | _FATAL_CMD_TIMEOUT, memoryview(args))
            return


def _advance(link):
    """Resume those that can go on, until none can: one may have waited for another."""
    ready = True
    while ready:
        ready = [job for job in link.jobs if job.wait.ready()]
        for job in ready:
            if job in link.jobs and job.wait.ready():
                link.jobs.remove(job)  # one that runs, or is interrupted, is not to be resumed
                if not job.step():
                    link.jobs.append(job)


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
