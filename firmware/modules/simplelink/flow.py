"""Flow control: waiting for transmit credits."""

from .compat import ticks_add, ticks_diff
from .waiter import Listed


class Credits(Listed):
    """Wait for more than `need` transmit credits, a failed socket (nwp-protocol 4.2), or `ms`.

    bit: of the socket that sends; 0 for a receive, which a failed transmitter does not concern.
    """

    expired = False

    def __init__(self, link, bit: int, need: int, ms: int = 0):
        super().__init__(link, link.pending)
        self.bit = bit
        self.need = need
        if ms:
            self.deadline = ticks_add(link.ticks(), ms)

    def ready(self) -> bool:
        nwp = self.link.nwp
        if self.done or nwp.free_credits() > self.need or nwp.tx_failure() & self.bit:
            return True
        if self.deadline is not None and ticks_diff(self.link.ticks(), self.deadline) >= 0:
            self.expired = True
        return self.expired
