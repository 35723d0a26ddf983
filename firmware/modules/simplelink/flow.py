"""Flow control: waiting for transmit credits (nwp-protocol 4.2)."""

from struct import pack_into

from .compat import const, ticks_add, ticks_diff
from .errors import SlError
from .waiter import Listed

# table: opcodes SOCKET_GETSOCKOPT
_SOCKET_GETSOCKOPT = const(0x9409)
# end
# table: options sockopt.NONBLOCKING
_NONBLOCKING = const(24)
# end
# table: link E_CREDITS
_E_CREDITS = const(-11)
# end
# table: errors SL_ERROR_BSD_EAGAIN SL_ERROR_BSD_EBADF SL_ERROR_BSD_ENOBUFS SL_ERROR_BSD_ETIMEDOUT
_SL_ERROR_BSD_EAGAIN = const(-11)
_SL_ERROR_BSD_EBADF = const(-9)
_SL_ERROR_BSD_ENOBUFS = const(-105)
_SL_ERROR_BSD_ETIMEDOUT = const(-110)
# end
# table: constants flow_reserved_credits
_FLOW_RESERVED_CREDITS = const(2)
# end

_SOL_SOCKET = const(1)
_REFRESH_MS = const(250)


class Credits(Listed):
    """Wait until a frame of `size` bytes may go, or a part of it; 0: a receive request.

    Or until the socket has failed, or for `ms`. lock: the socket's id.
    """

    expired = False

    def __init__(self, link, sd: int, lock: int, size: int, ms: int = 0):
        super().__init__(link, link.pending)
        self.sd = sd
        self.lock = lock
        self.size = size
        if ms:
            self.deadline = ticks_add(link.ticks(), ms)

    def ready(self) -> bool:
        if self.done or self.link.nwp.room(self.sd, self.size) != _E_CREDITS:
            return True
        if self.deadline is not None and ticks_diff(self.link.ticks(), self.deadline) >= 0:
            self.expired = True
        return self.expired


def room(link, sd: int, lock: int, size: int, begun: bool = False):
    """Wait until a frame of `size` bytes may go, or a part of it, at most SimpleLink.send_ms.

    begun: part of the data is out already. Raises what Sockets.send() says of that.
    """
    nwp = link.nwp
    begin = link.ticks()
    while True:
        # The NWP tells of new credits who has few; it does not know of shares.
        if nwp.free_credits() > _FLOW_RESERVED_CREDITS + 1 + (size - 1) // nwp.min_tx():
            pack_into("<BBBB", link.args, 0, sd, _SOL_SOCKET, _NONBLOCKING, 4)
            link.refresh(_SOCKET_GETSOCKOPT, link.args4)
            if nwp.room(sd, size) != _E_CREDITS:
                return
        if nwp.nonblocking() >> lock & 1 and not begun:
            raise SlError(_SL_ERROR_BSD_EAGAIN)
        left = link.sl.send_ms - ticks_diff(link.ticks(), begin)
        if left <= 0:
            raise SlError(_SL_ERROR_BSD_ENOBUFS if begun else _SL_ERROR_BSD_ETIMEDOUT)
        wait = Credits(link, sd, lock, size, min(left, _REFRESH_MS))
        yield from wait
        if not wait.expired:
            return


def end(link, lock: int):
    """The socket is closed: who waits for credits on it gets -9."""
    for wait in link.pending:
        if wait.lock == lock:
            wait.fail(_SL_ERROR_BSD_EBADF)
            link.woken = True
