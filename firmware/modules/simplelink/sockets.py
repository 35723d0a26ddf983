"""Sockets (nwp-protocol 4 and 6.4).

`sd` is what open() or accept() gave. `port` is a number, `ip` the 4 or 16 bytes of an address in
network order. Failures raise SlError with the code of chapter 11; so do TLS connections that are
up but not verified (-453, -461, -468 ...). An operation that waits holds its socket: a second one
waits for the first. A waiting receive, accept or connect ends early only by close().
"""

from struct import pack, pack_into, unpack_from

from .compat import const, coroutine
from .device import size8
from .errors import SlError, checked
from .flow import Credits, end, room
from .select import Selector
from .waiter import Completion, Turn, failure

# table: states STARTED
_STARTED = const(1)
# end
# table: opcodes socket
_SOCKET_CREATE = const(0x9401)
_SOCKET_CLOSE = const(0x9402)
_SOCKET_CLOSE_DONE = const(0x1010)
_SOCKET_ACCEPT = const(0x9403)
_SOCKET_ACCEPT_DONE_V4 = const(0x1003)
_SOCKET_ACCEPT_DONE_V6 = const(0x1203)
_SOCKET_BIND_V4 = const(0x9404)
_SOCKET_BIND_V6 = const(0x9604)
_SOCKET_LISTEN = const(0x9405)
_SOCKET_CONNECT_V4 = const(0x9406)
_SOCKET_CONNECT_V6 = const(0x9606)
_SOCKET_CONNECT_DONE = const(0x1006)
_SOCKET_SELECT = const(0x9407)
_SOCKET_SELECT_DONE = const(0x1007)
_SOCKET_SETSOCKOPT = const(0x9408)
_SOCKET_GETSOCKOPT = const(0x9409)
_SOCKET_RECV = const(0x940A)
_SOCKET_RECV_DONE = const(0x100A)
_SOCKET_RECVFROM = const(0x940B)
_SOCKET_RECVFROM_DONE_V4 = const(0x100B)
_SOCKET_RECVFROM_DONE_V6 = const(0x120B)
_SOCKET_SEND = const(0x940C)
_SOCKET_SENDTO_V4 = const(0x940D)
_SOCKET_SENDTO_V6 = const(0x960D)
_SOCKET_EV_TX_FAILED = const(0x100E)
_SOCKET_EV_ASYNC = const(0x100F)
# end
# table: options sockopt.STARTTLS
_STARTTLS = const(35)
# end
# table: link E_CREDITS E_TX_FAIL
_E_CREDITS = const(-11)
_E_TX_FAIL = const(-1)
# end
# table: dev_status REFUSING
_DEV_STATUS_REFUSING = const(0x1C)
# end
# table: errors SL_ERROR_BSD_SOC_ERROR SL_ERROR_BSD_EAGAIN SL_ERROR_BSD_EBADF SL_ERROR_BSD_E2BIG
_SL_ERROR_BSD_SOC_ERROR = const(-1)
_SL_ERROR_BSD_EAGAIN = const(-11)
_SL_ERROR_BSD_EBADF = const(-9)
_SL_ERROR_BSD_E2BIG = const(-7)
# end
# table: errors SL_ERROR_BSD_ENSOCK SL_ESMALLBUF SL_EZEROLEN
_SL_ERROR_BSD_ENSOCK = const(-10)
_SL_ESMALLBUF = const(-2001)
_SL_EZEROLEN = const(-2002)
# end
# table: constants timeout_close_done_ms recv_max_len_documented
_TIMEOUT_CLOSE_DONE_MS = const(65535)
_RECV_MAX_LEN_DOCUMENTED = const(16000)
# end
# table: constants timeout_nonblocking_completion_ms max_sockets
_TIMEOUT_NONBLOCKING_COMPLETION_MS = const(10000)
_MAX_SOCKETS = const(16)
# end

_STREAM = const(1)
_RAW = const(0x80)  # upper nibble of the descriptor of a transceiver
_SECURED = const(3)  # enum socket_async_type
_EVER = const(0xFFFF)
_SPARES = const(4)


class Sockets:
    """sl.sockets"""

    def __init__(self, link):
        self.link = link
        self.selector = Selector(link)
        self.alive = 0  # bit map of the open sockets by id, of transceivers 16 higher
        self.streams = 0  # those whose data may be cut anywhere
        while len(link.spares) < _SPARES:
            link.spares.append(Completion())
        link.sl.resets.append(self)

    def reset(self):
        """The network processor starts anew."""
        self.alive = self.streams = 0
        self.selector.reset()

    # Short requests

    def open(self, domain: int, type: int, protocol: int = 0) -> int:
        """New socket: domain 2 IPv4, 3 IPv6, 6 RF, 17 packet; type 1 stream, 2 datagram, 3 raw, 4
        metrics.

        protocol 0 default, 6 TCP, 17 UDP, 100 TLS, 255 raw; the channel for RF.
        """
        link = self.link
        args = pack("<BBBB", domain & 0xFF, type & 0xFF, protocol & 0xFF, 0)
        try:
            link.call(_SOCKET_CREATE, args)
        except SlError as error:
            if error.code != _SL_ERROR_BSD_ENSOCK or not self.selector.give_away():
                raise
            link.call(_SOCKET_CREATE, args)
        sd = link.answer[2]
        self._born(sd, type == _STREAM)
        return sd

    def bind(self, sd: int, port: int, ip) -> None:
        """Give the socket a local address; all zero for any."""
        opcode = _SOCKET_BIND_V6 if len(ip) == 16 else _SOCKET_BIND_V4
        self.link.call(opcode, _packed(0, sd, 0, port, ip))

    def listen(self, sd: int, backlog: int) -> None:
        """Take connections. TLS options must be set before."""
        link = self.link
        pack_into("<BBBB", link.args, 0, sd, backlog & 0xFF, 0, 0)
        link.call(_SOCKET_LISTEN, link.args4)

    def setsockopt(self, sd: int, level: int, option: int, value) -> None:
        """Set an option (8.6): level 1 socket, 2 IP, 3 PHY; value in bytes, names without NUL."""
        link = self.link
        pack_into("<BBBB", link.args, 0, sd, level, option, size8(value))
        link.call(_SOCKET_SETSOCKOPT, link.args4, value)

    def getsockopt(self, sd: int, level: int, option: int, size: int):
        """Value of an option, `size` bytes at most: a view good until the next request or wait."""
        if size <= 0:
            raise SlError(_SL_EZEROLEN)
        link = self.link
        pack_into("<BBBB", link.args, 0, sd, level, option, size & 0xFF)
        n = link.request(_SOCKET_GETSOCKOPT, link.args4)
        if n - 4 > size:
            raise SlError(_SL_ESMALLBUF)
        return link.answer[4:n]

    # Two-phase operations

    async def connect(self, sd: int, port: int, ip) -> None:
        """Connect; of a TLS socket: and shake hands. A non-blocking one raises -114 at first."""
        opcode = _SOCKET_CONNECT_V6 if len(ip) == 16 else _SOCKET_CONNECT_V4
        args = _packed(0, sd, 0, port, ip)
        _result(await self.link.exchange(_id(sd), opcode, args, _SOCKET_CONNECT_DONE))

    async def accept(self, sd: int, family: int = 0):
        """Wait for a connection; returns (new sd, port, ip). family: 2, 3, or 0 for any."""
        args = pack("<BBBB", sd, family, 0, 0)
        if self.selector.takes_the_last(self.alive | self.alive >> _MAX_SOCKETS):
            self.selector.give_away()
        done = await self.link.exchange(
            _id(sd), _SOCKET_ACCEPT, args, _SOCKET_ACCEPT_DONE_V4, undo=self._unaccept
        )
        new = _result(done) & 0xFF
        self._born(new, True)
        port, ip = _peer(done)
        return new, port, ip

    async def close(self, sd: int) -> None:
        """Close. Ends whatever waits on the socket, and then does not wait for the end itself."""
        link = self.link
        lock = _id(sd)
        if self.selector.owns(1 << lock):
            raise SlError(_SL_ERROR_BSD_EBADF)
        end(link, lock)
        args = pack("<BBBB", sd, 0, 0, 0)
        if link.owners[lock] is not None:
            link.call(_SOCKET_CLOSE, args)
            self._dead(lock)
        else:
            done, ms = _SOCKET_CLOSE_DONE, _TIMEOUT_CLOSE_DONE_MS
            done = await link.exchange(lock, _SOCKET_CLOSE, args, done, ms=ms)
            self._dead(lock)
            _result(done)

    async def start_tls(self, sd: int) -> int:
        """Secure a connected TCP socket; returns 0, or the code of a warning."""
        args = pack("<BBBB", sd, 1, _STARTTLS, 4)
        done = await self.link.exchange(
            _id(sd), _SOCKET_SETSOCKOPT, args, _SOCKET_EV_ASYNC, b"\0\0\0\0", ms=-1
        )
        kind, value = unpack_from("<Bh", done + b"\0\0\0\0", 1)
        if kind != _SECURED:
            raise SlError(value if value < 0 else _SL_ERROR_BSD_SOC_ERROR)
        return value

    async def select(self, nfds: int, read: int, write: int = 0, sec=None, usec: int = 0):
        """Wait until sockets are ready; returns (count, read bits, write bits), (0, 0, 0) after
        the time.

        Bits are 1 << socket id, nfds the highest id + 1. read: data, a connection, end of stream;
        write: an end of connect(). No sec, or 65535 and more: for ever; 0 and 0: at once.
        """
        if sec is None:
            sec, usec = _EVER, _EVER << 10
        return await self.selector.select(nfds, read, write, sec, usec)

    # Data

    @coroutine
    def recv(self, sd: int, buf, flags: int = 0, opcode=_SOCKET_RECV, done=_SOCKET_RECV_DONE):
        """Receive into buf, at most its length; to be awaited for the count, 0 at the end.

        flags 8: do not wait (raises -11). 1 to 16000 bytes; UDP: one datagram. The rest of the
        arguments is for recvfrom().
        """
        link = self.link
        nwp = link.nwp
        owners = link.owners
        lock = sd if sd < _MAX_SOCKETS else _id(sd)
        if link.state != _STARTED or nwp.dev_status() & _DEV_STATUS_REFUSING:
            yield from link.admit()
        if owners[lock] is not None or link.queue:
            yield from Turn(link, lock)
        wait = link.spares.pop() if link.spares else Completion()
        wait.opcode = done
        wait.done = wait.sent = False
        owners[lock] = wait
        try:
            code = nwp.receive(opcode, sd, flags, buf)
            while code == _E_CREDITS:
                yield from Credits(link, sd, lock, 0)
                code = nwp.receive(opcode, sd, flags, buf)
            if code < 0:
                if not len(buf):
                    raise SlError(_SL_EZEROLEN)
                link.broken(code)
            wait.sent = True
            if code:
                link.expire(wait, _TIMEOUT_NONBLOCKING_COMPLETION_MS)
            while not wait.done:
                yield wait
        except:  # noqa: E722 -- cancelled, refused, interrupted
            nwp.expect(lock, link.sink if wait.sent and not wait.done else None)
            wait.gone = True
            link.leave(lock, wait)
            raise
        if wait.error or wait.limit is not None or link.queue:
            link.leave(lock, wait)
        else:
            owners[lock] = None
            if len(link.spares) < _SPARES:
                link.spares.append(wait)
        n = wait.result
        if wait.error or opcode != _SOCKET_RECV:
            return self._received(wait, lock)
        if n & 0x8000:
            raise SlError(n - 0x10000)
        return n

    def recvfrom(self, sd: int, buf, family: int = 2, flags: int = 0):
        """Receive a datagram into buf; to be awaited for (count, port, ip) with its sender."""
        flags = family << 4 | flags & 0x0F
        return self.recv(sd, buf, flags, _SOCKET_RECVFROM, _SOCKET_RECVFROM_DONE_V4)

    @coroutine
    def send(self, sd: int, data, flags: int = 0):
        """Send all of data, waiting for credits as needed; to be awaited for its length.

        One socket never has all the credits: a stream goes in parts where its share is less.
        Raises -1 after a transmit failure, -11 on a non-blocking socket that cannot have all of it
        taken at once, -110 when nothing could be sent for SimpleLink.send_ms, -105 when that was
        so behind a part that is out, and then -9 for a socket that is not open. No data: no frame,
        whatever sd is. Transceiver (sd of 0x80 and more): one frame, flags are its TX parameters.
        """
        link = self.link
        size = len(data)
        if link.state != _STARTED or link.nwp.dev_status() & _DEV_STATUS_REFUSING:
            yield from link.admit()
        if sd < _MAX_SOCKETS and 0 < size <= _RECV_MAX_LEN_DOCUMENTED:
            pack_into("<HBB", link.args, 0, size, sd, flags & 0x0F)
            if link.nwp.post(_SOCKET_SEND, link.args4, data, sd, size) == 0:
                return size
        yield from self._send_slowly(sd, data, flags)
        return size

    @coroutine
    def sendto(self, sd: int, data, port: int, ip, flags: int = 0):
        """Send a datagram of at most 16000 bytes; to be awaited for its length."""
        size = len(data)
        if size > _RECV_MAX_LEN_DOCUMENTED:
            raise SlError(_SL_ERROR_BSD_E2BIG)
        yield from self.link.admit()
        if size:
            opcode = _SOCKET_SENDTO_V6 if len(ip) == 16 else _SOCKET_SENDTO_V4
            yield from self._frame(sd, opcode, _packed(size, sd, flags, port, ip), data)
        return size

    # Inside

    def _born(self, sd: int, stream: bool):
        bit = 1 << (sd & 0x1F)
        self.alive |= bit << _MAX_SOCKETS if sd & _RAW else bit
        self.streams = self.streams | bit if stream else self.streams & ~bit
        self.link.nwp.sockets(self.alive, self.streams)

    def _dead(self, lock: int):
        self.alive &= ~(0x10001 << lock)
        self.link.nwp.sockets(self.alive, self.streams)
        end(self.link, lock)

    async def _unaccept(self, done):
        """An accept was cancelled, but a connection came: close it."""
        new = done[0] if len(done) > 1 and done[1] == 0 else -1
        if new >= 0:
            try:
                await self.close(new)
            except SlError:
                pass

    def _received(self, wait, lock: int):
        """What recvfrom() gives; or the receive was ended by close or stop."""
        if wait.error:
            wait.gone = True
            self.link.nwp.expect(lock, None)
            raise failure(wait.error)
        n = _result(wait.result)
        port, ip = _peer(wait.result)
        return n, port, ip

    def _send_slowly(self, sd: int, data, flags: int):
        """Send what does not go in one frame at once."""
        lock = _id(sd)
        size = len(data)
        if sd & 0xF0 == _RAW:
            word = pack("<i", (flags & 0xFFFF ^ 0x8000) - 0x8000)
            yield from self._frame(sd, _SOCKET_SEND, pack("<HBB", size, sd, 0), data, word)
            return
        if size > _RECV_MAX_LEN_DOCUMENTED and not self.streams >> lock & 1:
            raise SlError(_SL_ERROR_BSD_E2BIG)
        link = self.link
        nwp = link.nwp
        if nwp.nonblocking() >> lock & 1 and 0 < nwp.room(sd, size) < size:
            raise SlError(_SL_ERROR_BSD_EAGAIN)
        at = 0
        while at < size:
            left = min(size - at, _RECV_MAX_LEN_DOCUMENTED)
            part = nwp.room(sd, left)
            while part == _E_CREDITS:
                yield from room(link, sd, lock, left, at > 0)
                part = nwp.room(sd, left)
            args = pack("<HBB", checked(part), sd, flags & 0x0F)
            yield from self._frame(sd, _SOCKET_SEND, args, memoryview(data)[at : at + part])
            at += part

    def _frame(self, sd: int, opcode: int, args, data, prefix=b""):
        """One data frame, as soon as there are credits."""
        post = self.link.nwp.post
        size = max(1, len(data))
        code = post(opcode, args, data, sd, size, prefix)
        while code == _E_CREDITS:
            yield from room(self.link, sd, _id(sd), size)
            code = post(opcode, args, data, sd, size, prefix)
        if code == _E_TX_FAIL or code == _SL_ERROR_BSD_EBADF:
            raise SlError(code)
        if code < 0:
            self.link.broken(code)


def _id(sd: int) -> int:
    """Socket id of a descriptor."""
    number = sd & 0x1F
    if number >= _MAX_SOCKETS or sd > 0xFF:
        raise SlError(_SL_ERROR_BSD_EBADF)
    return number


def _packed(size: int, sd: int, flags: int, port: int, ip) -> bytes:
    """Arguments of bind, connect, sendto."""
    if len(ip) == 16:
        return pack(">BBBBHH16s", size & 0xFF, size >> 8, sd, 0x30 | flags & 0x0F, port, 0, ip)
    return pack(">BBBBHH4s", size & 0xFF, size >> 8, sd, 0x20 | flags & 0x0F, port, 0, ip)


def _result(done) -> int:
    """Status of a completion."""
    return checked(unpack_from("<h", done)[0] if len(done) > 1 else _SL_ERROR_BSD_SOC_ERROR)


def _peer(done):
    """(port, ip) of a completion; family 3 has 16 bytes of address."""
    if len(done) < 12:
        return 0, b"\0\0\0\0"
    return done[4] << 8 | done[5], done[8:24] if done[3] == 3 and len(done) >= 24 else done[8:12]
