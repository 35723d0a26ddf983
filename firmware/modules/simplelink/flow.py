"""Flow control: waiting for transmit credits."""

from .compat import ticks_add, ticks_diff
from .errors import SlError
from .waiter import Waiter


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
