"""A UART whose bytes and breaks come at their times, and whose transmitter takes time too."""

import math

RING = 2048  # bytes of the transmitter's ring
BYTES_PER_MS = 11.52  # 115,200 baud


class Stream:
    """What the application reads and writes. `out`: all that was written."""

    def __init__(self, link):
        self.link = link
        link.stream = self
        self.coming = []  # (when, bytes, or None for a break)
        self.out = bytearray()
        self.empty_at = 0  # when the last byte will be on the line

    def feed(self, when, data):
        """Bytes, or a break (None), will come; times must not go back."""
        self.coming.append((when, data))

    def due(self):
        """When the next byte or break is there; None if there is none."""
        return self.coming[0][0] if self.coming else None

    def readinto(self, view):
        """What has come, up to a break."""
        got = 0
        coming, now, room = self.coming, self.link.now, len(view)
        while coming and coming[0][0] <= now and coming[0][1] is not None and got < room:
            when, data = coming.pop(0)
            n = room - got
            if n < len(data):
                coming.insert(0, (when, data[n:]))
                data = data[:n]
            view[got : got + len(data)] = data
            got += len(data)
        return got or None

    def any(self):
        """Bytes that can be read."""
        return sum(
            len(data) for when, data in self.coming if data is not None and when <= self.link.now
        )

    def brk(self):
        """Whether a break is next; tells it once."""
        coming = self.coming
        if coming and coming[0][1] is None and coming[0][0] <= self.link.now:
            coming.pop(0)
            return True
        return False

    def overruns(self):
        """Bytes that were lost: none."""
        return 0

    def write(self, data):
        """Take what the ring has room for."""
        n = min(len(data), self.space())
        self.out += data[:n]
        self.empty_at = max(self.empty_at, self.link.now) + n / BYTES_PER_MS
        return n

    def space(self):
        """Room in the ring."""
        left = max(0, self.empty_at - self.link.now)
        return max(0, RING - int(left * BYTES_PER_MS))

    def room_at(self):
        """When half the ring will be free, in whole ms."""
        return math.ceil(self.empty_at - RING / 2 / BYTES_PER_MS)

    def idle(self):
        """Whether everything is on the line."""
        return self.empty_at <= self.link.now

    def init(self, baud):
        """Another speed: the one that the other end has, too."""
