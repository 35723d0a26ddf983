"""Select: many callers, one request at the network processor (nwp-protocol 4.5).

At the first select a UDP socket of the driver's own is opened and added to every request. A caller
that comes while a request runs sends a datagram to that socket: the request completes, and is made
anew with all. The socket is given away when the network processor has no other left.
"""

from struct import pack, unpack_from

from .compat import const, ticks_add, ticks_diff
from .errors import SlError, checked
from .waiter import Completion, Waiter

# table: states STARTED ABANDONED
_STARTED = const(1)
_ABANDONED = const(16)
# end
# table: opcodes SOCKET_CREATE SOCKET_CLOSE SOCKET_BIND_V4 SOCKET_SELECT SOCKET_SELECT_DONE
_SOCKET_CREATE = const(0x9401)
_SOCKET_CLOSE = const(0x9402)
_SOCKET_BIND_V4 = const(0x9404)
_SOCKET_SELECT = const(0x9407)
_SOCKET_SELECT_DONE = const(0x1007)
# end
# table: opcodes SOCKET_SENDTO_V4 SOCKET_RECVFROM
_SOCKET_SENDTO_V4 = const(0x940D)
_SOCKET_RECVFROM = const(0x940B)
# end
# table: locks SELECT
_LOCK_SELECT = const(22)
# end
# table: errors SL_ERROR_BSD_EBADF SL_ERROR_BSD_ENSOCK
_SL_ERROR_BSD_EBADF = const(-9)
_SL_ERROR_BSD_ENSOCK = const(-10)
# end
# table: constants select_control_port select_infinite max_sockets
_SELECT_CONTROL_PORT = const(12302)
_SELECT_INFINITE = const(65535)
_MAX_SOCKETS = const(16)
# end

_NONE = const(-1)
_UNASKED = const(-2)  # what crosses for the control socket takes credits, but waits for none
_PATIENCE_MS = const(3000)  # longest request without control socket, for which others must wait


class Reserved(Completion):
    """Owner of the control socket's lock: nobody else waits on that."""

    reserved = True

    def __init__(self):
        super().__init__()
        self.orphan = True


class Caller(Waiter):
    """One who selects: what for, and until when."""

    def __init__(self, link, read: int, write: int, ms: int):
        self.read = read
        self.write = write
        self.until = None if ms < 0 else ticks_add(link.ticks(), ms)
        link.pending.append(self)


class Selector:
    """The select calls of one network processor."""

    def __init__(self, link):
        self.link = link
        self.callers = []
        self.reset()

    def reset(self):
        """The network processor starts anew: no control socket, nobody waits."""
        self.callers.clear()
        self.control = _NONE
        self.full = False  # there was no socket left for it
        self.running = False
        self.poked = False
        self.read = self.write = 0  # what the running request watches
        self.until = None

    async def select(self, nfds: int, read: int, write: int, sec: int, usec: int):
        """See Sockets.select()."""
        link = self.link
        await link.admit()
        if self.control == _NONE and not self.running:
            self._open_control()
        if self.owns(read | write):
            raise SlError(_SL_ERROR_BSD_EBADF)
        forever = sec >= _SELECT_INFINITE
        caller = Caller(link, read, write, -1 if forever else sec * 1000 + usec // 1000)
        self.callers.append(caller)
        try:
            if not self.running:
                self.running = True
                link.spawn(self._serve(nfds, sec, usec))
            elif self._adds(caller):
                self._poke()
            return await caller
        finally:
            if caller in link.pending:
                link.pending.remove(caller)
            if caller in self.callers:
                self.callers.remove(caller)

    # The one coroutine that talks to the network processor

    async def _serve(self, nfds: int, sec: int, usec: int):
        """Make requests as long as somebody waits. The first carries the numbers of its caller."""
        try:
            alone = not self.full or sec * 1000 + usec // 1000 <= _PATIENCE_MS
            while self.callers:
                self._merge()
                if not alone or len(self.callers) > 1:
                    nfds = 0
                    sec, usec = self._left()
                await self._round(nfds, sec, usec)
                alone = False
        except SlError as error:
            self._fail(error.code)
        except MemoryError:
            self._fail()
        finally:
            self.running = False

    def _fail(self, *code):
        for caller in self.callers:
            caller.fail(*code)

    async def _round(self, nfds: int, sec: int, usec: int):
        control = self.control
        try:
            done = await self._request(nfds, self.read, self.write, sec, usec)
        except SlError:
            if self._is_over() or len(self.callers) < 2 and control == self.control:
                raise
            if control == self.control:
                await self._single_out()
        else:
            self._deliver(*done)

    async def _request(self, nfds: int, read: int, write: int, sec: int, usec: int):
        """One request: (count, read, write), without the control socket."""
        control = self.control
        if control != _NONE:
            read |= 1 << control
        sec = min(sec, _SELECT_INFINITE)
        usec = min(usec >> 10, _SELECT_INFINITE)
        self.poked = False
        args = pack("<BBBBHHHH", nfds & 0xFF, 0, 0, 0, read, write, usec, sec)
        done = await self.link.exchange(_LOCK_SELECT, _SOCKET_SELECT, args, _SOCKET_SELECT_DONE)
        count, _, read, write = unpack_from("<hHHH", done + b"\0\0\0\0\0\0\0\0")
        checked(count)
        if control != _NONE and read >> control & 1:
            read &= ~(1 << control)
            count -= 1
            if control == self.control:
                self._take_poke()
            return (count, read, write) if count else (-1, 0, 0)
        return count, read, write

    def _merge(self):
        """What the next request watches, and until when."""
        self.read = self.write = 0
        self.until = None
        if self.full:
            self.until = ticks_add(self.link.ticks(), _PATIENCE_MS)
        for caller in self.callers:
            self.read |= caller.read
            self.write |= caller.write
            until = caller.until
            if until is not None and (self.until is None or ticks_diff(until, self.until) < 0):
                self.until = until

    def _left(self):
        """(seconds, microseconds) that the next request may last."""
        if self.until is None:
            return _SELECT_INFINITE, _SELECT_INFINITE << 10
        ms = max(0, ticks_diff(self.until, self.link.ticks()))
        return ms // 1000, ms % 1000 * 1000

    def _deliver(self, count: int, read: int, write: int):
        """Wake whom it concerns. count 0: the time of whoever set `until` is over; -1: a new
        caller came.
        """
        now = self.link.ticks()
        if count == 0 and self.until is not None:
            now = self.until if ticks_diff(self.until, now) > 0 else now
        for caller in list(self.callers):
            mine = read & caller.read, write & caller.write
            if mine[0] or mine[1]:
                self._wake(caller, mine)
            elif caller.until is not None and ticks_diff(now, caller.until) >= 0:
                self._wake(caller, (0, 0))

    def _wake(self, caller, bits):
        caller.result = (_ones(bits[0]) + _ones(bits[1]),) + bits
        caller.done = True
        self.callers.remove(caller)

    async def _single_out(self):
        """A request of several failed: ask for each alone, so that only the guilty one gets the
        error.
        """
        for caller in list(self.callers):
            try:
                _, read, write = await self._request(0, caller.read, caller.write, 0, 0)
                if caller in self.callers and (read or write):
                    self._wake(caller, (read, write))
            except SlError as error:
                if caller in self.callers:
                    self.callers.remove(caller)
                    caller.fail(error.code)

    # The control socket

    def owns(self, bits: int) -> bool:
        """Whether the control socket is among these: to everybody else it is not open."""
        return self.control >= 0 and bits >> self.control & 1 == 1

    def _is_over(self) -> bool:
        """It is not the request that failed, but the network processor."""
        return self.link.state & ~_ABANDONED != _STARTED

    def _open_control(self):
        """Open and bind it. Without it select works, but a second caller waits: for seconds only,
        when it was for lack of sockets.
        """
        link = self.link
        self.full = False
        sd = _NONE
        owner = Reserved()
        try:
            link.call(_SOCKET_CREATE, b"\x02\x02\0\0")
            sd = link.answer[2]
            if sd >= _MAX_SOCKETS or link.owners[sd] is not None:
                raise SlError(_SL_ERROR_BSD_EBADF)
            link.call(_SOCKET_BIND_V4, self._address(0, sd, b"\0\0\0\0"))
            self.control = sd
            link.owners[sd] = owner
        except Exception as error:
            if self._is_over():
                raise
            if sd != _NONE:  # the port is taken, the id is waited on, or there is no memory
                link.call(_SOCKET_CLOSE, pack("<Bxxx", sd))
            if not isinstance(error, SlError):
                raise
            self.full = error.code == _SL_ERROR_BSD_ENSOCK

    def takes_the_last(self, alive: int) -> bool:
        """The control socket has the only descriptor that is not in use otherwise."""
        sd = self.control
        return sd >= 0 and alive | 1 << sd == (1 << _MAX_SOCKETS) - 1

    def give_away(self) -> bool:
        """Close it, so that there is a descriptor more; a request that runs is made anew."""
        sd = self.control
        if sd == _NONE:
            return False
        self.control = _NONE
        self.full = True
        owner = self.link.owners[sd]
        if owner is not None and owner.reserved:
            self.link.owners[sd] = None
        self.link.call(_SOCKET_CLOSE, pack("<BBBB", sd, 0, 0, 0))
        return True

    def _address(self, size: int, sd: int, ip) -> bytes:
        return pack("<HBBH2x4s", size, sd, 0x20, _port(), ip)

    def _adds(self, caller) -> bool:
        """True when the running request does not cover this caller."""
        if caller.read & ~self.read or caller.write & ~self.write:
            return True
        if caller.until is None:
            return False
        return self.until is None or ticks_diff(caller.until, self.until) < 0

    def _poke(self):
        """Make the running request end."""
        if self.control != _NONE and not self.poked:
            self.poked = True
            args = self._address(4, self.control, b"\x7f\0\0\x01")
            self.link.nwp.post(_SOCKET_SENDTO_V4, args, b"\0\0\0\0", self.control, _UNASKED)

    def _take_poke(self):
        """Receive the datagram; it is nobody's."""
        nwp = self.link.nwp
        args = pack("<HBB", 4, self.control, 0x20)
        nwp.expect(self.control, self.link.sink)
        nwp.post(_SOCKET_RECVFROM, args, b"", self.control, _UNASKED)


def _port() -> int:
    """The port as a little-endian field has it."""
    return _SELECT_CONTROL_PORT >> 8 | (_SELECT_CONTROL_PORT & 0xFF) << 8


def _ones(bits: int) -> int:
    """How many bits are set."""
    n = 0
    while bits:
        bits &= bits - 1
        n += 1
    return n
