"""The device: start and stop, settings, version, clock (nwp-protocol 1.4, 1.5, 6.1, 8.1)."""

from struct import pack, pack_into, unpack_from

from .compat import const
from .errors import SlError

# table: states STARTED STOPPING RESTART COMING
_STARTED = const(1)
_STOPPING = const(2)
_RESTART = const(4)
_COMING = const(8)
# end
# table: opcodes DEVICE_EVENT_MASK_SET DEVICE_EVENT_MASK_GET DEVICE_GET DEVICE_SET
_DEVICE_EVENT_MASK_SET = const(0x8464)
_DEVICE_EVENT_MASK_GET = const(0x8465)
_DEVICE_GET = const(0x8466)
_DEVICE_SET = const(0x84B7)
# end
# table: opcodes DEVICE_SET_UART_MODE DEVICE_INIT_COMPLETE DEVICE_RESET_REQUEST
_DEVICE_SET_UART_MODE = const(0x846B)
_DEVICE_INIT_COMPLETE = const(0x0008)
_DEVICE_RESET_REQUEST = const(0x0099)
# end
# table: locks DEVICE
_LOCK_DEVICE = const(20)
# end
# table: ids device.GENERAL device.STATUS device.IOT
_GENERAL = const(1)
_STATUS = const(2)
_IOT = const(4)
# end
# table: options device.VERSION device.DATE_TIME device.PERSISTENT device.UDID
_VERSION = const(12)
_DATE_TIME = const(11)
_PERSISTENT = const(5)
_UDID = const(41)
# end
# table: dev_status PROVISIONING
_DEV_STATUS_PROVISIONING = const(0x18)
# end
# table: errors SL_API_ABORTED SL_RET_CODE_DEV_ALREADY_STARTED SL_RET_CODE_STOP_IN_PROGRESS
_SL_API_ABORTED = const(-2005)
_SL_RET_CODE_DEV_ALREADY_STARTED = const(-2012)
_SL_RET_CODE_STOP_IN_PROGRESS = const(-2017)
# end
# table: errors SL_RET_CODE_INVALID_INPUT
_SL_RET_CODE_INVALID_INPUT = const(-2006)
# end
# table: errors SL_ESMALLBUF SL_EZEROLEN SL_RET_CODE_PROTOCOL_ERROR
_SL_ESMALLBUF = const(-2001)
_SL_EZEROLEN = const(-2002)
_SL_RET_CODE_PROTOCOL_ERROR = const(-2010)
# end
# table: constants timeout_init_complete_ms
_TIMEOUT_INIT_COMPLETE_MS = const(65535)
# end

# Start status 0-15 -> role, or error counted from -4107 down (nwp-protocol 1.4).
_ROLES = const(b"\x01\x00\xff\x02\xff\x03\xff\xff\xff\xff\xff\xff\x04\xff\xff\xff")
_FAULTS = const(b"\0\0\x00\0\x01\0\x02\x03\x04\x05\x06\x0a\0\x0e\x0f\x08")
_HEADER = const(8)  # bytes before a setting's value: status, id, option, length
_FIRST_FAULT = const(-4107)


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
        from .stopping import stop

        await stop(self, ms)

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
        if status & _DEV_STATUS_PROVISIONING and link.state == _STARTED and link.idle():
            from .stopping import restart

            link.spawn(restart(self))

    # Settings

    def get(self, id: int, option: int, size: int):
        """Value of a setting (8.1), of at most `size` bytes: a view that lasts until the next
        request.
        """
        return get_setting(self.link, _DEVICE_GET, id, option, size)

    def set(self, id: int, option: int, data) -> None:
        """Change a setting (8.1)."""
        set_setting(self.link, _DEVICE_SET, id, option, data)

    def version(self):
        """(chip id, MAC firmware, PHY, NWP, ROM); the middle three are 4 bytes a.b.c.d each."""
        return unpack_from("<I4s4s4sH", exact(self.get(_GENERAL, _VERSION, 20), 20))

    def time(self):
        """(second, minute, hour, day, month, year) of the running clock."""
        return unpack_from("<6I", exact(self.get(_GENERAL, _DATE_TIME, 44), 24))

    def set_time(self, second: int, minute: int, hour: int, day: int, month: int, year: int):
        """Set the clock that certificates are checked against."""
        self.set(_GENERAL, _DATE_TIME, pack("<6I20x", second, minute, hour, day, month, year))

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
        link.request(_DEVICE_EVENT_MASK_GET, link.args4, head=8, status=False)
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


def set_setting(link, opcode: int, id: int, option: int, data) -> None:
    """Change a setting (chapter 8)."""
    pack_into("<HHHH", link.args, 0, 0, id, option, len(data))
    link.call(opcode, link.args8, data)


def get_setting(link, opcode: int, id: int, option: int, size: int, told: int = 0):
    """Value of a setting: a view good until the next request or wait. told: what the request says
    of the size.

    Raises SlError(-2001) if it has more than `size` bytes, -2002 for a size of 0.
    """
    if size <= 0:
        raise SlError(_SL_EZEROLEN)
    pack_into("<HHHH", link.args, 0, 0, id, option, told)
    n = link.request(opcode, link.args8, head=_HEADER)
    if n - _HEADER > size:
        raise SlError(_SL_ESMALLBUF)
    return link.answer[_HEADER:n]
