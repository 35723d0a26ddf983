"""A UART whose bytes, breaks and losses come at their times, and whose transmitter takes time.

Wired has the line discipline of the firmware before it, in C; Plain, for AT cores from before it,
hands bytes over as they are.
"""

import math

RING = 4096  # bytes of the transmitter's ring
BYTES_PER_MS = 11.52  # 115,200 baud
PIECE, PIECE_MS = 192, 16  # so much of a long text at a time: never silent for 20 ms
PAUSE_MS = 2000  # a host that says nothing for so long has waited for its answers


def duration(data) -> int:
    """ms from the first piece of an item to its last."""
    return (max(1, -(-len(data) // PIECE)) - 1) * PIECE_MS if isinstance(data, bytes) else 0


class Plain:
    """`out`: all that has gone out. `link` has the time, in ms."""

    unseen = False

    def __init__(self, link):
        self.link = link
        link.stream = self
        self.coming = []  # (when, bytes, None for a break, or a number of lost bytes)
        self.out = bytearray()
        self.drained_at = link.now  # up to when the transmitter's ring was emptied
        self.ring = bytearray()

    def feed(self, when, data):
        """Bytes, or a break (None), or a loss (a number) will come; times do not go back."""
        if self.coming:
            when = max(when, self.coming[-1][0])
        if not isinstance(data, bytes):
            self.coming.append((when, data))
            return
        for at in range(0, len(data), PIECE):
            self.coming.append((when, data[at : at + PIECE]))
            when += PIECE_MS

    def arrive(self):
        """Let pass what time has let pass."""
        now = self.link.now
        if self.used():
            self.out += self.take(int((now - self.drained_at) * BYTES_PER_MS))
        self.drained_at = now

    # What the port's idle loop asks

    def due(self):
        """When there is something for the reader, or when to look again; None: never."""
        while self.coming and type(self.coming[0][1]) is int:
            self.coming.pop(0)  # nobody can tell of it
        return self.coming[0][0] if self.coming else None

    def ready(self):
        """Whether there is something for the reader."""
        due = self.due()
        return due is not None and due <= self.link.now

    def roomy(self):
        """Whether half of the transmitter's ring is free: that wakes who waits for room."""
        return self.used() <= RING / 2

    def room_at(self):
        """When half of the transmitter's ring will be free, in whole ms."""
        return self.drained_at + max(0, math.ceil((self.used() - RING / 2) / BYTES_PER_MS))

    def take(self, n):
        data = bytes(self.ring[:n])
        del self.ring[:n]
        return data

    def used(self):
        return len(self.ring)

    # cc3220.console

    def readinto(self, view):
        """What has come, up to a break."""
        got, room = 0, len(view)
        coming = self.coming
        while self.ready() and coming[0][1] is not None and got < room:
            when, data = coming.pop(0)
            if room - got < len(data):
                coming.insert(0, (when, data[room - got :]))
                data = data[: room - got]
            view[got : got + len(data)] = data
            got += len(data)
        return got or None

    def any(self):
        """Bytes that can be read."""
        return sum(len(data) for when, data in self.coming if data and when <= self.link.now)

    def brk(self):
        """Whether a break is next; tells it once."""
        if self.ready() and self.coming[0][1] is None:
            self.coming.pop(0)
            return True
        return False

    def overruns(self):
        return 0

    def write(self, data):
        """Take what the ring has room for."""
        self.arrive()
        n = min(len(data), self.space())
        self.ring += data[:n]
        return n

    def space(self):
        return RING - self.used()

    def idle(self):
        """Whether everything is on the line."""
        return not self.used()

    def init(self, baud):
        """Another speed: the one that the other end has, too."""


class Wired(Plain):
    """The same behind the line discipline."""

    def __init__(self, link, console):
        super().__init__(link)
        self.console = it = console(lambda: link.now, tx=RING)
        self.readinto, self.brk, self.lost = it.readinto, it.brk, it.lost
        self.watch, self.wake_at, self.forget = it.watch, it.wake_at, it.forget
        self.partial, self.silence, self.again = it.partial, it.silence, it.again
        self.breaks, self.unread = it.breaks, it.unread
        self.any = it.any
        self.take = it.sent
        self.last = link.now  # when the last byte came
        # A pause went by while what had come before it was not read: a command goes on, and Ctrl-A
        # is behind it or more than the core's buffer takes. When it reads on it cannot know of
        # that silence, drops across it where it drops, and the next payload may lose its head so.
        self.unseen = False

    def arrive(self):
        super().arrive()
        coming, now = self.coming, self.link.now
        while coming and coming[0][0] <= now:
            when, data = coming.pop(0)
            if data is None:
                self.console.receive_break()
            elif type(data) is int:
                self.console.receive_loss(data)
            else:
                self.unseen |= when - self.last >= PAUSE_MS and self.console.poll()
                self.last = when
                self.console.receive(data, when)

    def due(self):
        self.arrive()
        if self.console.poll():
            return self.link.now
        patience = self.console.patience()
        times = [when for when, _ in self.coming[:1]]
        times += [] if patience is None else [self.link.now + patience]
        times += [self.room_at()] if self.console.waits() else []
        return min(times, default=None)

    def ready(self):
        self.arrive()
        return self.console.poll()

    def used(self):
        return self.console.tx.head - self.console.tx.tail & 0xFFFFFFFF

    def write(self, data):
        self.arrive()
        return self.console.write(data)


def stream(link):
    """What the AT core of this checkout expects."""
    try:
        from cc32at.hostlink.console import Console
    except ImportError:
        return Plain(link)
    return Wired(link, Console) if hasattr(Console, "forget") else Plain(link)
