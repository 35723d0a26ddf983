"""A driver without a link, a stream without a UART, a clock that is moved by hand."""

from cc32at.hostlink.nwp import Link
from simplelink.errors import SlError
from simplelink.inbox import Job
from simplelink.waiter import Turn

UART = 1  # flag of the link: the stream has something


class Wait:
    """A waiter that a test completes."""

    deadline = None

    def __init__(self):
        self.done = False
        self.result = None
        self.error = 0

    def ready(self):
        return self.done

    def finish(self, result=None, error=0):
        self.done, self.result, self.error = True, result, error

    def __iter__(self):
        while not self.done:
            yield self
        if self.error:
            raise SlError(self.error)
        return self.result

    __await__ = __iter__


class FakeLink:
    """Time passes only while the core sleeps; a stream wakes it when something is due."""

    def __init__(self):
        self.now = 1000
        self.state = 1
        self.slept = []
        self.on_sleep = None
        self.stream = None
        self.nwp = self
        self.owners = [None] * 24
        self.limits = []
        self.pending = []
        self.jobs = []
        self.queue = []
        self.woken = False

    resume = staticmethod(Link.resume)

    def ticks(self):
        return self.now

    def limit(self, ms):
        return ms

    def wait(self, ms, mask=7):
        self.slept.append(ms)
        stream = self.stream if mask & UART else None
        due = stream.due() if stream else None
        if due is not None and (ms < 0 or due <= self.now + ms):
            self.now = max(self.now, due)
            return UART
        if ms:
            assert ms > 0 or self.on_sleep, "the core sleeps for ever"
            self.now += max(ms, 0)
            if self.on_sleep:
                self.on_sleep()
        return 0

    def dispatch(self, flags):
        for job in [job for job in self.jobs if job.wait.ready()]:
            self.jobs.remove(job)
            if not job.step():
                self.jobs.append(job)

    async def free(self):
        if self.owners[23] is not None:
            await Turn(self, 23)

    def spawn(self, coro):
        job = Job(coro, self.resume)
        if not job.step():
            self.jobs.append(job)
        return job


class FakeDevice:
    VALUES = {
        (1, 12): bytes.fromhex("ab0110310314000102070000040d000222220000"),
        (1, 11): bytes.fromhex("3b0000001e0000000d000000180000000c000000ea070000") + bytes(20),
        (1, 5): b"\x01",
        (2, 1): b"\x01\0\0\0",
        (2, 2): b"\x05\0\0\x80",
        (2, 3): b"\0\0\0\0",
        (4, 41): bytes(range(0xF0, 0x100)),
    }

    def __init__(self, calls):
        self.calls = calls
        self.fail = 0
        self.stopping = None

    def get(self, id, option, size):
        self.calls.append(("get", id, option, size))
        if self.fail:
            raise SlError(self.fail)
        return memoryview(self.VALUES[id, option])

    def set(self, id, option, data):
        self.calls.append(("set", id, option, bytes(data)))
        if self.fail:
            raise SlError(self.fail)

    async def start(self):
        self.calls.append(("start",))
        if self.fail:
            raise SlError(self.fail)
        return 0

    async def stop(self, ms):
        self.calls.append(("stop", ms))
        if self.stopping:
            await self.stopping


class FakeFs:
    def __init__(self):
        self.files = {}
        self.fail = 0

    async def load(self, name, size):
        if name not in self.files:
            raise SlError(-10341)
        return self.files[name][:size]

    async def store(self, name, data, size=0):
        if self.fail:
            raise SlError(self.fail)
        self.files[name] = bytes(data)


class FakeSockets:
    """Notes what is sent; receiving waits until a test completes it."""

    def __init__(self, calls):
        self.calls = calls
        self.waits = {}  # descriptor -> Wait of a pending operation

    async def send(self, sd, data):
        if sd in self.waits:  # no credits yet
            await self.waits.pop(sd)
        self.calls.append(("send", sd, bytes(data)))

    async def sendto(self, sd, data, port, address):
        self.calls.append(("sendto", sd, bytes(data), port, address))

    async def recv(self, sd, buf):
        self.calls.append(("recv", sd, len(buf)))
        data = await self.waits.setdefault(sd, Wait())
        self.waits.pop(sd, None)  # two may have waited for it
        buf[: len(data)] = data
        return len(data)

    async def accept(self, sd, family):
        self.calls.append(("accept", sd, family))
        return await self.waits.setdefault(sd, Wait())

    async def select(self, nfds, read, write, sec, usec):
        self.calls.append(("select", nfds, read, sec, usec))
        return 1, await self.waits.setdefault(nfds, Wait()), 0

    def setsockopt(self, sd, level, option, data):
        self.calls.append(("setsockopt", sd, level, option, bytes(data)))


class FakeDriver:
    def __init__(self):
        self.calls = []
        self.link = FakeLink()
        self.device = FakeDevice(self.calls)
        self.sockets = FakeSockets(self.calls)
        self.fs = FakeFs()
        self.on_event = None


class FakeStream:
    """Bytes and breaks that arrive as scheduled: feed(data), or feed(data, ms from now)."""

    def __init__(self, link):
        self.link = link
        link.stream = self
        self.pending = []  # (when, bytes; None for a break)

    def feed(self, data, ms=0):
        """Schedule bytes; times must not go back."""
        if data:
            self.pending.append((self.link.now + ms, bytearray(data)))

    def feed_break(self, ms=0):
        """Schedule a break on the line."""
        self.pending.append((self.link.now + ms, None))

    def due(self):
        """When the next byte or break is there; None if there is none."""
        return self.pending[0][0] if self.pending else None

    def readinto(self, view):
        got = 0
        while self.pending and self.pending[0][0] <= self.link.now and got < len(view):
            data = self.pending[0][1]
            if data is None:
                break
            n = min(len(data), len(view) - got)
            view[got : got + n] = data[:n]
            got += n
            del data[:n]
            if not data:
                self.pending.pop(0)
        return got or None

    def brk(self):
        if self.pending and self.pending[0][0] <= self.link.now and self.pending[0][1] is None:
            self.pending.pop(0)
            return True
        return False


def messages(core, limit=100, size=8192):
    """What rcv() gives until there is nothing more."""
    out = []
    buf = bytearray(size)
    for _ in range(limit):
        n = core.rcv(buf, True)
        if not n:
            break
        out.append(bytes(buf[:n]))
    return out


def ask(core, line):
    """The messages after one command."""
    core.send(line)
    return messages(core)


def listen(core, ms=0):
    """The messages while time goes on for `ms`, each taken as soon as it is there."""
    link = core.sl.link
    end = link.now + ms
    out = messages(core)
    while link.now < end:
        core.step(end - link.now)
        out += messages(core)
    return out
