"""What a suspended operation waits for.

A coroutine of the driver yields nothing but waiters. Whoever drives it (atcore's pump,
SimpleLink.run) resumes it when `ready()` is true, and calls Link.pump() no later than `deadline`,
if there is one.
"""

from .compat import ticks_add, ticks_diff
from .errors import SlError


class Waiter:
    """Done when somebody sets `done`. Awaiting it gives `result`, or raises SlError(error)."""

    deadline = None  # ticks_ms at which to look again, or None
    done = False
    gone = False  # its coroutine has gone on
    error = 0
    result = None

    def ready(self) -> bool:
        """True when the coroutine that yielded this can go on."""
        return self.done

    def fail(self, code: int):
        """End the wait with SlError(code)."""
        self.error = code
        self.done = True

    def __iter__(self):
        while not self.ready():
            yield self
        self.gone = True
        if self.error:
            raise SlError(self.error)
        return self.result

    __await__ = __iter__


class Sleep(Waiter):
    """Wait until `ms` from now."""

    def __init__(self, link, ms: int):
        self.ticks = link.ticks
        self.deadline = ticks_add(link.ticks(), ms)

    def ready(self) -> bool:
        return self.done or ticks_diff(self.ticks(), self.deadline) >= 0


class Turn(Waiter):
    """Wait until nobody owns a lock of the link: first come, first served."""

    def __init__(self, link, lock: int):
        self.link = link
        self.lock = lock
        link.queue.append(self)

    def ready(self) -> bool:
        if self.done:
            return True
        if self.link.owners[self.lock] is not None:
            return False
        for turn in self.link.queue:
            if turn.lock == self.lock:
                return turn is self
        return True

    def __iter__(self):
        try:
            while not self.ready():
                yield self
        finally:
            self.gone = True
            if self in self.link.queue:
                self.link.queue.remove(self)
        if self.error:
            raise SlError(self.error)

    __await__ = __iter__


class Credits(Waiter):
    """Wait for more than `need` transmit credits, a failed socket (nwp-protocol 4.2), or `ms`.

    bit: of the socket that sends; 0 for a receive, which a failed transmitter does not concern.
    """

    expired = False

    def __init__(self, link, bit: int, need: int, ms: int = 0):
        self.link = link
        self.bit = bit
        self.need = need
        if ms:
            self.deadline = ticks_add(link.ticks(), ms)
        link.pending.append(self)

    def ready(self) -> bool:
        nwp = self.link.nwp
        if self.done or nwp.free_credits() > self.need or nwp.tx_failure() & self.bit:
            return True
        if self.deadline is not None and ticks_diff(self.link.ticks(), self.deadline) >= 0:
            self.expired = True
        return self.expired

    def __iter__(self):
        try:
            while not self.ready():
                yield self
        finally:
            self.gone = True
            if self in self.link.pending:
                self.link.pending.remove(self)
        if self.error:
            raise SlError(self.error)

    __await__ = __iter__


class Completion(Waiter):
    """Wait for the event that completes a two-phase operation; gives its arguments as bytes.

    Made by Link.own(). `opcode` of the event is that of IPv4: bit 9 of what arrives is ignored.
    """

    limit = None  # ticks_ms after which the NWP is given up (nwp-protocol 3.5)
    into = None  # buffer for what follows the first `head` bytes, as far as it fits
    head = 0
    size = 0  # how much came behind the head
    orphan = False  # cancelled, but the NWP will still complete it
    undo = None  # coroutine function for a result that nobody wants any more

    def __init__(self):
        self.opcode = 0
        self.sent = False  # the request is out
        self.done = False
        self.result = None

    def complete(self, args):
        """Take the arguments (a view of the frame buffer)."""
        if self.into is None:
            self.result = bytes(args)
        else:
            self.result = bytes(args[: self.head])
            take_tail(self, args)
        self.done = True


class Answer(Waiter):
    """Wait for the answer of the command that holds the slot; gives its first `head` bytes.

    The rest of the answer goes to `into`; `size` is how long it was.
    """

    into = None
    size = 0
    orphan = False
    undo = None
    result = b""

    def __init__(self, head: int):
        self.head = head

    def complete(self, answer, n: int):
        """Take n bytes of the answer buffer."""
        self.result = bytes(answer[: min(n, self.head)])
        if self.into is not None and n > self.head:
            take_tail(self, answer[:n])
        self.done = True


def take_tail(waiter, args):
    """Copy what follows the head to the waiter's buffer; `size` is what there was."""
    waiter.size = len(args) - waiter.head
    n = min(waiter.size, len(waiter.into))
    if n > 0:
        waiter.into[:n] = args[waiter.head : waiter.head + n]
