"""The device: start and stop, settings, version, clock (nwp-protocol 1.4, 1.5, 6.1, 8.1)."""

from struct import pack, pack_into, unpack_from

from .compat import const, ticks_add, ticks_diff
from .errors import SlError
from .waiter import Sleep

# table: states STARTED STOPPING RESTART COMING
_STARTED = const(1)
_STOPPING = const(2)
_RESTART = const(4)
_COMING = const(8)
# end
# table: opcodes DEVICE_STOP DEVICE_EVENT_MASK_SET DEVICE_EVENT_MASK_GET DEVICE_GET DEVICE_SET
_DEVICE_STOP = const(0x8473)
_DEVICE_EVENT_MASK_SET = const(0x8464)
_DEVICE_EVENT_MASK_GET = const(0x8465)
_DEVICE_GET = const(0x8466)
_DEVICE_SET = const(0x84B7)
# end
# table: opcodes DEVICE_SET_UART_MODE DEVICE_INIT_COMPLETE DEVICE_STOP_DONE DEVICE_RESET_REQUEST
_DEVICE_SET_UART_MODE = const(0x846B)
_DEVICE_INIT_COMPLETE = const(0x0008)
_DEVICE_STOP_DONE = const(0x0073)
_DEVICE_RESET_REQUEST = const(0x0099)
# end
# table: locks DEVICE SLOT
_LOCK_DEVICE = const(20)
_LOCK_SLOT = const(23)
# end
# table: errors SL_API_ABORTED SL_RET_CODE_DEV_ALREADY_STARTED SL_RET_CODE_STOP_IN_PROGRESS
_SL_API_ABORTED = const(-2005)
_SL_RET_CODE_DEV_ALREADY_STARTED = const(-2012)
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
# end
# table: errors SL_RET_CODE_INVALID_INPUT
_SL_RET_CODE_INVALID_INPUT = const(-2006)
# end
# table: errors SL_RET_CODE_DEV_NOT_STARTED SL_ESMALLBUF SL_EZEROLEN SL_RET_CODE_PROTOCOL_ERROR
_SL_RET_CODE_DEV_NOT_STARTED = const(-2018)
_SL_ESMALLBUF = const(-2001)
_SL_EZEROLEN = const(-2002)
_SL_RET_CODE_PROTOCOL_ERROR = const(-2010)
# end
# table: link E_BUSY
_E_BUSY = const(-1001)
# end
# table: constants timeout_init_complete_ms timeout_stop_done_ms shutdown_ready_timeout_ms
_TIMEOUT_INIT_COMPLETE_MS = const(65535)
_TIMEOUT_STOP_DONE_MS = const(65535)
_SHUTDOWN_READY_TIMEOUT_MS = const(600)
# end
# table: constants reset_request_stop_timeout_ms reset_request_total_wait_ms timeout_short_ms
_RESET_REQUEST_STOP_TIMEOUT_MS = const(300)
_RESET_REQUEST_TOTAL_WAIT_MS = const(600)
_TIMEOUT_SHORT_MS = const(10000)
# end

_NO_EVENT = const(-1)
_LOOK_MS = const(5)
# What a stop waits for what is under way, a start or a command whose answer does not come, and for
# its own answer: then the power goes off all the same.
_PATIENCE_MS = const(600)
_PROVISIONING = const(0x18)
_LEAVING_MS = const(1000)  # for those whose wait was ended by a stop
# Start status 0-15 -> role, or error counted from -4107 down (nwp-protocol 1.4).
_ROLES = const(b"\x01\x00\xff\x02\xff\x03\xff\xff\xff\xff\xff\xff\x04\xff\xff\xff")
_FAULTS = const(b"\0\0\x00\0\x01\0\x02\x03\x04\x05\x06\x0a\0\x0e\x0f\x08")
_FIRST_FAULT = const(-4107)

_VERSION = const(12)
_TIME = const(11)
_PERSISTENT = const(5)
_GENERAL = const(1)
_STATUS = const(2)
_IOT = const(4)
_UDID = const(41)


class Within(Sleep):
    """Wait until another waiter is done, at most `ms`."""

    def __init__(self, link, ms: int, wait):
        super().__init__(link, ms)
        self.wait = wait

    def ready(self) -> bool:
        return self.wait.done or super().ready()


class Device:
    """sl.device"""

    def __init__(self, link):
        self.link = link
        self.chip_id = 0
        self.session = 0  # of the last reset request that was ours to do
        self.restarts = False  # by ourselves: the stop for it is under way

    async def start(self) -> int:
        """Power the network processor up; returns its role: 0 station, 2 access point, 3 P2P, 4
        tag.

        Raises SlError: -2012 already started, -2005 stop first, -4107 and below for what went
        wrong in it. Commands wait for its end, which is never later than the limit of 65 s; one
        that is cancelled has to be stopped.
        """
        link = self.link
        if link.state & _STOPPING:
            raise SlError(_SL_RET_CODE_STOP_IN_PROGRESS)
        if link.state & _RESTART:
            raise SlError(_SL_API_ABORTED)
        if link.state:
            raise SlError(_SL_RET_CODE_DEV_ALREADY_STARTED)
        link.reset()
        link.sl.reset()
        self.session = 0
        link.state = _COMING
        with link.own(_LOCK_DEVICE, _DEVICE_INIT_COMPLETE) as wait:
            try:
                link.nwp.open()
                link.nwp.sockets(0, 0)
                link.expire(wait, _TIMEOUT_INIT_COMPLETE_MS)
                done = await wait
            finally:
                if not wait.done:
                    link.state = _STARTED | _RESTART
        return self._started(done)

    def _started(self, done: bytes) -> int:
        status, self.chip_id = unpack_from("<ii", done + b"\0\0\0\0\0\0\0\0")
        status &= 0x0F
        if _ROLES[status] == 0xFF:
            raise SlError(_FIRST_FAULT - _FAULTS[status])
        return _ROLES[status]

    async def stop(self, ms: int = 0) -> None:
        """Shut down and power off. ms: grace for pending traffic, 0 none, 0xFFFF no limit.

        Every waiting operation ends with -2017. Raises -2018 when nothing was started (power is
        cut anyway). What is under way, a start or a command without an answer, holds it up for
        600 ms at most.
        """
        link = self.link
        await self._until(lambda: link.state != _COMING, _PATIENCE_MS)
        while self.restarts:  # has an end of its own
            await Sleep(link, _LOOK_MS)
        await self._stop(ms, _TIMEOUT_STOP_DONE_MS)

    async def _stop(self, ms: int, patience: int, own: bool = False) -> None:
        """own: by ourselves, to start again; what comes meanwhile waits for that."""
        link = self.link
        state = link.state
        if state & _STOPPING:
            raise SlError(_SL_RET_CODE_STOP_IN_PROGRESS)
        if not state:
            link.nwp.close()
            raise SlError(_SL_RET_CODE_DEV_NOT_STARTED)
        if own:
            link.state = _COMING
        else:
            link.state |= _STOPPING
        try:
            if ms and state & _STARTED and not state & _RESTART:
                await self._orderly(ms, patience, own)
            link.abort_all(_SL_RET_CODE_STOP_IN_PROGRESS)
            await self._emptied()
        finally:  # one that is cancelled cuts the power at once
            link.abort_all(_SL_RET_CODE_STOP_IN_PROGRESS)
            link.nwp.close()
            link.reset()
            link.sl.reset()

    async def _orderly(self, ms: int, patience: int, own: bool):
        """DEVICE_STOP, its completion, then the register that says it is down."""
        link = self.link
        provisioning = link.nwp.dev_status() & _PROVISIONING
        end = ticks_add(link.ticks(), patience)
        try:
            with link.own(_LOCK_DEVICE, _DEVICE_STOP_DONE) as wait:
                status = await self._ask(ms)
                if status is None:
                    return
                if not status and not (own and provisioning):
                    if own:
                        await Within(link, ticks_diff(end, link.ticks()), wait)
                    else:
                        link.expire(wait, patience)
                        await wait
        except SlError:
            return  # the power goes off all the same
        await self._until(link.nwp.shutdown_ready, _SHUTDOWN_READY_TIMEOUT_MS)

    async def _ask(self, ms: int):
        """DEVICE_STOP as soon as the wire is free: its status, or None if that does not come."""
        link = self.link
        owners = link.owners
        await self._until(lambda: owners[_LOCK_SLOT] is None, _PATIENCE_MS)
        if owners[_LOCK_SLOT] is not None:
            return None
        end = ticks_add(link.ticks(), _PATIENCE_MS)
        args = pack("<HH", ms & 0xFFFF, 0)
        with link.own(_LOCK_SLOT, _NO_EVENT) as answer:
            code = _E_BUSY
            while code == _E_BUSY:
                code = link.nwp.submit(_DEVICE_STOP, args, b"", _TIMEOUT_SHORT_MS)
                left = ticks_diff(end, link.ticks())
                if code == _E_BUSY:  # by a request that was given up
                    if left <= 0:
                        return None
                    await Sleep(link, _LOOK_MS)
            if code < 0:
                link.broken(code)
            answer.sent = True
            await Within(link, left, answer)
        if answer.error:
            raise SlError(answer.error)
        if not answer.done or len(answer.result) < 2:
            return None
        return unpack_from("<h", answer.result)[0]

    async def _emptied(self):
        """Until everybody whose wait was ended has gone on."""
        leaving = self.link.leaving

        def left():
            return all(wait.gone for wait in leaving)

        await self._until(left, _LEAVING_MS)
        leaving.clear()

    async def _until(self, condition, ms: int):
        """Look every few milliseconds, for `ms` at most."""
        link = self.link
        end = ticks_add(link.ticks(), ms)
        while not condition() and ticks_diff(end, link.ticks()) > 0:
            await Sleep(link, _LOOK_MS)

    # The network processor asks for a restart (while provisioning, 1.5)

    def reset_request(self, args, status: int):
        """Event DEVICE_RESET_REQUEST: for the application, or done here when nobody is waiting.

        A repeat, which bears the session number of the last one, is not done again; the
        application is told of every one.
        """
        session, caller = unpack_from("<IH", bytes(args) + b"\0\0\0\0\0\0")
        link = self.link
        if caller == 1:
            link.tell(_DEVICE_RESET_REQUEST, args)
            return
        if session == self.session:
            return
        self.session = session
        if status & _PROVISIONING and link.state == _STARTED and link.idle():
            link.spawn(self._restart())

    async def _restart(self):
        self.restarts = True
        try:
            await self._stop(_RESET_REQUEST_STOP_TIMEOUT_MS, _RESET_REQUEST_TOTAL_WAIT_MS, True)
            self.restarts = False
            await self.start()
        except SlError:
            pass  # the next call says what is wrong
        finally:
            self.restarts = False

    # Settings

    def get(self, id: int, option: int, size: int):
        """Value of a setting (8.1), of at most `size` bytes: a view that lasts until the next
        request.
        """
        link = self.link
        if size <= 0:
            raise SlError(_SL_EZEROLEN)
        pack_into("<HHHH", link.args, 0, 0, id, option, 0)
        n = link.request(_DEVICE_GET, link.args8, head=8)
        return value(link, n, size)

    def set(self, id: int, option: int, data) -> None:
        """Change a setting (8.1)."""
        link = self.link
        pack_into("<HHHH", link.args, 0, 0, id, option, len(data))
        link.call(_DEVICE_SET, link.args8, data)

    def version(self):
        """(chip id, MAC firmware, PHY, NWP, ROM); the middle three are 4 bytes a.b.c.d each."""
        return unpack_from("<I4s4s4sH", exact(self.get(_GENERAL, _VERSION, 20), 20))

    def time(self):
        """(second, minute, hour, day, month, year) of the running clock."""
        return unpack_from("<6I", exact(self.get(_GENERAL, _TIME, 44), 24))

    def set_time(self, second: int, minute: int, hour: int, day: int, month: int, year: int):
        """Set the clock that certificates are checked against."""
        self.set(_GENERAL, _TIME, pack("<6I20x", second, minute, hour, day, month, year))

    def persistent(self, on=None) -> int:
        """Whether settings marked "system" are stored; with an argument: change it."""
        if on is not None:
            self.set(_GENERAL, _PERSISTENT, b"\x01" if on else b"\0")
            return on
        return exact(self.get(_GENERAL, _PERSISTENT, 1), 1)[0]

    def status(self, event_class: int) -> int:
        """Bits of the events of a class (1 device ... 7 netutil) that were lost; reading clears
        them.
        """
        return unpack_from("<I", exact(self.get(_STATUS, event_class, 4), 4))[0]

    def udid(self) -> bytes:
        """16 bytes that are this device's own."""
        return bytes(self.get(_IOT, _UDID, 16))

    def event_mask_set(self, event_class: int, mask: int) -> None:
        """Suppress events of a class: bit n for the event with id n."""
        link = self.link
        pack_into("<II", link.args, 0, event_class, mask)
        link.call(_DEVICE_EVENT_MASK_SET, link.args8)

    def event_mask_get(self, event_class: int) -> int:
        """Which events of a class are suppressed."""
        link = self.link
        pack_into("<I", link.args, 0, event_class)
        link.request(_DEVICE_EVENT_MASK_GET, link.args4, head=8)
        return unpack_from("<I", link.answer, 4)[0]

    def uart_mode(self, baud: int, flow_control: bool) -> None:
        """Speed of the host interface where that is a UART (not on the CC3220)."""
        link = self.link
        pack_into("<IBBH", link.args, 0, baud, flow_control, 0, 0)
        link.call(_DEVICE_SET_UART_MODE, link.args8)


def exact(view, size: int):
    """A value that must have so many bytes at least."""
    if len(view) < size:
        raise SlError(_SL_RET_CODE_PROTOCOL_ERROR)
    return view


def size8(data) -> int:
    """The length of data, which must fit a field of 8 bits."""
    size = len(data)
    if size > 0xFF:
        raise SlError(_SL_RET_CODE_INVALID_INPUT)
    return size


def value(link, n: int, size: int):
    """The value in the answer to a get: n bytes, 8 of them a header. SlError(-2001) if above
    `size`.
    """
    status = unpack_from("<h", link.answer)[0]
    if status < 0:
        raise SlError(status)
    if n - 8 > size:
        raise SlError(_SL_ESMALLBUF)
    return link.answer[8:n]
