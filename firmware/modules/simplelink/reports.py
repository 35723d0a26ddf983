"""The waiter for an operation that reports any number of times."""

from .compat import const
from .waiter import Completion, failure

_REPORTS = const(8)  # kept for who is to take them


class Reports(Completion):
    """What an operation reports any number of times: each `await` gives the next report.

    None when there are no more; raises SlError when the network processor has stopped. It owns the
    operation's lock until then. At most 8 wait to be taken: then the oldest goes, and is counted
    in `lost`.
    """

    def __init__(self, link, lock: int, opcode: int, decode, last):
        super().__init__()
        self.link = link
        self.lock = lock
        self.opcode = opcode
        self.decode = decode  # from the arguments of the event to a report
        self.last = last  # whether a report is the last one
        self.reports = []
        self.lost = 0

    def ready(self) -> bool:
        return self.done or len(self.reports) > 0

    def begin(self):
        """The operation is under way; who had the lock gets no more reports."""
        owners = self.link.owners
        before = owners[self.lock]
        if before is not None:
            before.done = True
        owners[self.lock] = self
        self.sent = True

    def end(self):
        """There are no more reports than have come."""
        self.done = True
        if self.link.owners[self.lock] is self:
            self.link.leave(self.lock, self)

    def complete(self, args):
        """Take a report."""
        report = self.decode(args)
        if len(self.reports) >= _REPORTS:
            self.reports.pop(0)
            self.lost += 1
        self.reports.append(report)
        if self.last(report):
            self.end()

    def __iter__(self):
        while not self.ready():
            yield self
        if self.reports:
            return self.reports.pop(0)
        self.gone = True
        if self.error:
            raise failure(self.error)
        return None

    __await__ = __iter__
