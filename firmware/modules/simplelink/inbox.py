"""What comes in over the link, and the coroutines it wakes."""

from .compat import const, ticks_diff

# table: errors SL_API_ABORTED SL_ERROR_BSD_EBADF
_SL_API_ABORTED = const(-2005)
_SL_ERROR_BSD_EBADF = const(-9)
# end
# table: opcodes DEVICE_INIT_COMPLETE DEVICE_FLOW_CTRL DEVICE_RESET_REQUEST DEVICE_STOP_DONE
_DEVICE_INIT_COMPLETE = const(0x0008)
_DEVICE_FLOW_CTRL = const(0x0079)
_DEVICE_RESET_REQUEST = const(0x0099)
_DEVICE_STOP_DONE = const(0x0073)
# end
# table: opcodes SOCKET_ACCEPT_DONE_V4 SOCKET_CONNECT_DONE SOCKET_SELECT_DONE SOCKET_RECV_DONE
_SOCKET_ACCEPT_DONE_V4 = const(0x1003)
_SOCKET_CONNECT_DONE = const(0x1006)
_SOCKET_SELECT_DONE = const(0x1007)
_SOCKET_RECV_DONE = const(0x100A)
# end
# table: opcodes SOCKET_RECVFROM_DONE_V4 SOCKET_CLOSE_DONE SOCKET_EV_ASYNC NETAPP_EV_REQUEST
_SOCKET_RECVFROM_DONE_V4 = const(0x100B)
_SOCKET_CLOSE_DONE = const(0x1010)
_SOCKET_EV_ASYNC = const(0x100F)
_NETAPP_EV_REQUEST = const(0x1878)
# end
# table: opcodes NETAPP_DNS_BY_NAME_DONE_V4 NETAPP_HOST_BY_SERVICE_DONE_V4 NETAPP_RECEIVE
_NETAPP_DNS_BY_NAME_DONE_V4 = const(0x1820)
_NETAPP_HOST_BY_SERVICE_DONE_V4 = const(0x1835)
_NETAPP_RECEIVE = const(0x187B)
# end
# table: opcodes NETUTIL_CMD_DONE WLAN_EV_PROVISIONING_STATUS WLAN_EV_PROVISIONING_PROFILE_ADDED
_NETUTIL_CMD_DONE = const(0x30C1)
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

# Link.state
STARTED = const(1)
STOPPING = const(2)
RESTART = const(4)

_PROVISIONING = const(0x18)  # device status
_FATAL = const(0xFF00)  # pseudo events of the link: + kind
_CMD_TIMEOUT = const(5)
_ANSWER = const(2)  # flags of the link
_E_AGAIN = const(-1006)
_IPV6 = const(0x0200)
_COMPLETIONS = (  # nobody but a waiter can use these
    _SOCKET_ACCEPT_DONE_V4,
    _SOCKET_CONNECT_DONE,
    _SOCKET_SELECT_DONE,
    _SOCKET_RECV_DONE,
    _SOCKET_RECVFROM_DONE_V4,
    _NETAPP_DNS_BY_NAME_DONE_V4,
    _NETAPP_HOST_BY_SERVICE_DONE_V4,
    _NETAPP_RECEIVE,
    _NETUTIL_CMD_DONE,
    _DEVICE_STOP_DONE,
)


class Inbox:
    """The receiving half of Link, which has the attributes."""

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
        """Wait at most `ms` (-1: for ever) for something, dispatch it; returns the link's flags.

        For who drives coroutines: those that are ready afterwards want to be resumed.
        """
        flags = self.nwp.wait(0 if self.woken else self.limit(ms))
        self.dispatch(flags)
        self.woken = False
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

    def release(self, bit: int):
        """Give a lock back."""
        self.held &= ~bit
        if self.queue:
            self.woken = True


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
