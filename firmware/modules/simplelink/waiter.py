"""What a suspended operation waits for.

A coroutine of the driver yields nothing but waiters. Whoever drives it (atcore's pump,
SimpleLink.run) resumes it when `ready()` is true, and calls Link.pump() no later than `deadline`,
if there is one.
"""

from .compat import const, ticks_add, ticks_diff
from .errors import SlError

# table: errors SL_ERROR_BSD_EBADF
_SL_ERROR_BSD_EBADF = const(-9)
# end

_NO_MEMORY = const(1)  # error of a waiter for whose result there was none


def failure(error: int):
    """The exception for the error of a waiter."""
    return MemoryError() if error == _NO_MEMORY else SlError(error)


class Waiter:
    """Done when somebody sets `done`. Awaiting it gives `result`, or raises failure(error)."""

    deadline = None  # ticks_ms at which to look again, or None
    lock = -1  # socket id with whose end the wait ends, too
    done = False
    gone = False  # its coroutine has gone on
    error = 0
    result = None

    def ready(self) -> bool:
        """True when the coroutine that yielded this can go on."""
        return self.done

    def fail(self, code: int = _NO_MEMORY):
        """End the wait with SlError(code), or for want of memory."""
        self.error = code
        self.done = True

    def __iter__(self):
        while not self.ready():
            yield self
        self.gone = True
        if self.error:
            raise failure(self.error)
        return self.result

    __await__ = __iter__


class Sleep(Waiter):
    """Wait until `ms` from now."""

    def __init__(self, link, ms: int):
        self.ticks = link.ticks
        self.deadline = ticks_add(link.ticks(), ms)

    def ready(self) -> bool:
        return self.done or ticks_diff(self.ticks(), self.deadline) >= 0


class Listed(Waiter):
    """A waiter that stands in a list of the link as long as it waits."""

    def __init__(self, link, waits: list):
        self.link = link
        self.waits = waits
        waits.append(self)

    def __iter__(self):
        try:
            while not self.ready():
                yield self
        finally:
            self.gone = True
            if self in self.waits:
                self.waits.remove(self)
                if self.link.queue:  # the turn of the next may have come by that alone
                    self.link.woken = True
        if self.error:
            raise failure(self.error)

    __await__ = __iter__


class Turn(Listed):
    """Wait until nobody owns a lock of the link: first come, first served."""

    def __init__(self, link, lock: int):
        owner = link.owners[lock]
        if owner is not None and owner.reserved:
            raise SlError(_SL_ERROR_BSD_EBADF)
        super().__init__(link, link.queue)
        self.lock = lock

    def ready(self) -> bool:
        if self.done:
            return True
        if self.link.owners[self.lock] is not None:
            return False
        for turn in self.link.queue:
            if turn.lock == self.lock:
                return turn is self
        return True


class Completion(Waiter):
    """Wait for the event that completes a two-phase operation, or the answer of a long command.

    Gives its arguments as bytes, all or the first `head`. Made by Link.own(). `opcode` of the
    event is that of IPv4: bit 9 of what arrives is ignored.
    """

    reserved = False  # nobody may wait for its lock
    link = None  # where it owns `lock`
    head = 0
    into = None  # buffer for what follows the head, as far as it fits
    size = 0  # how much came behind the head
    undo = None  # coroutine function for a result that nobody wants any more

    def __init__(self):
        self.opcode = 0
        self.sent = False  # the request is out
        self.done = False
        self.result = None
        # Asked of every receive, and faster found here than in the class.
        self.limit = None  # ticks_ms after which the NWP is given up (nwp-protocol 3.5)
        self.deadline = None
        self.error = 0
        self.orphan = False  # cancelled, but the NWP will still complete it

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.link.leave(self.lock, self)

    def complete(self, args):
        """Take the arguments, a view of the frame buffer."""
        head = self.head or len(args)
        self.result = bytes(args[:head])
        self.size = len(args) - head
        if self.into is not None:
            n = min(self.size, len(self.into))
            if n > 0:
                self.into[:n] = args[head : head + n]
        self.done = True
