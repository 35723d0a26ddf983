"""A driver that answers everything, at once, later, with an error or never: as chance has it.

Chance is a checksum of the seed, the call and how often it was made, so that two versions of the
core that ask for the same things get the same answers, whatever they do in between.
"""

import zlib

from simplelink.errors import SlError
from simplelink.waiter import Waiter

EVENT = 4  # flags of the link
UART = 1
NEVER = 1 << 29  # ms
CLOSED, STOPPED, NOT_STARTED = -9, -2017, -2018
CODES = (-1, -11, -100, -2006, -2073, -4096, -10341, -32768)
STARTED = 1


STILL = 10000  # rounds of the loop in which time does not pass


class Over(BaseException):
    """The session is over: nothing more will happen."""


class Stuck(BaseException):
    """The core goes round and round, and never sleeps."""


class Later(Waiter):
    """Waiter that is done at a time, or when its socket is closed or the driver is stopped."""

    def __init__(self, link, ms):
        self.link = link
        self.deadline = None if ms >= NEVER else link.now + ms

    def ready(self):
        return self.done or self.deadline is not None and self.link.now >= self.deadline


class Link:
    """Virtual time, which passes while the core sleeps, and what the core asks of the driver."""

    def __init__(self, seed, resume):
        self.seed = seed
        self.resume = resume
        self.now = 1000
        self.end = 0
        self.state = 0
        self.nwp = self
        self.limits, self.pending, self.jobs = [], [], []
        self.woken = False
        self.stream = None
        self.scheduled = []  # (when, function), in order
        self.counts = {}
        self.sleeps = 0
        self.still = 0  # rounds since time has passed

    def chance(self, *call):
        """A number from 0 to 2^32 - 1 for this call and how often it was made."""
        key = repr(call).encode()
        count = self.counts[key] = self.counts.get(key, 0) + 1
        return zlib.crc32(b"%d %d " % (self.seed, count) + key)

    def ticks(self):
        return self.now

    def limit(self, ms):
        return ms

    def wait(self, ms, mask=7):
        self.sleeps += 1
        self.still += 1
        if self.still > STILL:
            raise Stuck
        flags = self.flags(mask)
        if flags or not ms:
            return flags
        self.still = 0
        times = [when for when, _ in self.scheduled[:1]]
        if mask & UART and self.stream.due() is not None:
            times.append(self.stream.due())
        self.now = max(self.now, min([self.end + 1 if ms < 0 else self.now + ms, *times]))
        if self.now > self.end:
            raise Over
        return self.flags(mask)

    def flags(self, mask):
        due = self.stream.due()
        flags = UART if mask & UART and due is not None and due <= self.now else 0
        return flags | EVENT * bool(self.scheduled and self.scheduled[0][0] <= self.now)

    def dispatch(self, flags):
        while self.scheduled and self.scheduled[0][0] <= self.now:
            self.scheduled.pop(0)[1]()


class Group:
    """Part of the driver: notes every call, and refuses some."""

    def __init__(self, driver):
        self.driver = driver
        self.link = driver.link

    def told(self, *call, refusals=8):
        """Note a call; raises SlError for one in `refusals`; a number for what else is left open."""
        link = self.link
        self.driver.calls.append(call)
        if link.state != STARTED:
            raise SlError(NOT_STARTED)
        chance = link.chance(*call)
        if refusals and chance % refusals == 0:
            raise SlError(CODES[chance // refusals % len(CODES)])
        return chance >> 8

    async def later(self, chance, lock=None, most=1500):
        """Suspend for a while, or not at all, as chance has it."""
        if chance % 3:
            wait = Later(
                self.link, NEVER if lock is not None and not chance % 5 else chance % most
            )
            self.driver.waits.append((lock, wait))
            try:
                await wait
            finally:
                self.driver.waits.remove((lock, wait))

    def value(self, chance, size):
        """A view of `size` bytes."""
        return memoryview(chance.to_bytes(4, "little") * (size // 4 + 1))[:size]


class Device(Group):
    def get(self, id, option, size):
        return self.value(self.told("device.get", id, option, size), size)

    def set(self, id, option, data):
        self.told("device.set", id, option, bytes(data))

    def version(self):
        return 0x31100000, b"\1\2\3\4", b"\1\2\3\4", b"\1\2\3\4", 0

    async def start(self):
        self.driver.calls.append(("device.start",))
        if self.link.state == STARTED:
            raise SlError(-2012)
        wait = Later(self.link, 20)
        await wait
        self.link.state = STARTED
        return 0

    async def stop(self, ms):
        await self.later(self.told("device.stop", ms, refusals=0), most=200)
        self.link.state = 0
        self.driver.cancel(STOPPED)


class Sockets(Group):
    def open(self, domain, type, protocol):
        return self.told("open", domain, type, protocol) % 16

    async def close(self, sd):
        await self.later(self.told("close", sd), most=100)
        self.driver.cancel(CLOSED, sd & 15)

    def bind(self, sd, port, ip):
        self.told("bind", sd, port, ip)

    def listen(self, sd, backlog):
        self.told("listen", sd, backlog)

    async def connect(self, sd, port, ip):
        await self.later(self.told("connect", sd, port, ip), sd & 15)

    async def accept(self, sd, family):
        chance = self.told("accept", sd, family)
        await self.later(chance, sd & 15)
        return chance % 16, chance >> 4 & 0xFFFF, bytes(16 if family == 3 else 4)

    async def select(self, nfds, read, write, sec, usec):
        chance = self.told("select", nfds, read, sec, usec)
        await self.later(chance, 16)
        return (1, read, 0) if chance % 2 else (0, 0, 0)

    def setsockopt(self, sd, level, option, data):
        self.told("setsockopt", sd, level, option, bytes(data))

    def getsockopt(self, sd, level, option, size):
        return self.value(self.told("getsockopt", sd, level, option, size), size)

    async def recv(self, sd, buf):
        chance = self.told("recv", sd, len(buf))
        await self.later(chance, sd & 15)
        size = min(len(buf), chance % 41 if chance % 7 else chance % 5000)
        buf[:size] = bytes(i & 0xFF for i in range(size))
        return size

    async def recvfrom(self, sd, buf, family):
        return await self.recv(sd, buf), 7, bytes(16 if family == 3 else 4)

    async def send(self, sd, data):
        await self.carry(data, "send", sd)

    async def sendto(self, sd, data, port, ip):
        await self.carry(data, "sendto", sd, port, ip)

    async def carry(self, data, *call):
        """Take a payload that must stay as it is until it is sent."""
        kept = bytes(data)
        await self.later(self.told(*call, kept), most=400)
        if bytes(data) != kept:
            self.driver.moved += 1


class Wlan(Group):
    def connect(self, *call):
        self.told("wlan.connect", *call)

    def disconnect(self):
        self.told("wlan.disconnect")

    def profile_add(self, *call):
        return self.told("profile_add", *call) % 7

    def profile_get(self, index):
        chance = self.told("profile_get", index)
        name = bytes(self.value(chance, chance % 33))
        return (
            chance % 9,
            name,
            bytes(6 * (chance % 2)) or b"\1\2\3\4\5\6",
            3,
            name,
            b"",
            chance % 3,
        )

    def profile_del(self, index):
        self.told("profile_del", index)

    def policy_set(self, policy, option, data=b""):
        self.told("policy_set", policy, option, bytes(data))

    def policy_get(self, policy, size=8):
        chance = self.told("policy_get", policy)
        return chance & 0x3F, self.value(chance, chance % 9)

    def scan_results(self, index, count):
        chance = self.told("scan_results", index, count)
        return self.value(chance, 44 * min(count, chance % 31))

    def set_mode(self, mode):
        self.told("set_mode", mode)

    def set(self, id, option, data=b""):
        self.told("wlan.set", id, option, bytes(data))

    def get(self, id, option, size):
        return self.value(self.told("wlan.get", id, option, size), size)


class NetCfg(Group):
    option = 0

    def set(self, id, option, data=b""):
        self.told("netcfg.set", id, option, bytes(data))

    def get(self, id, size, option=0):
        chance = self.told("netcfg.get", id, size)
        self.option = chance % 8
        return self.value(chance, size)


class Fs(Group):
    def __init__(self, driver):
        super().__init__(driver)
        self.files = {}

    async def load(self, name, size):
        if name not in self.files:
            raise SlError(-10341)
        return self.files[name][:size]

    async def store(self, name, data, size=0):
        await self.later(self.told("store", name), most=100)
        self.files[name] = bytes(data)


class Driver:
    """All groups over one Link. `calls`: what was asked; `waits`: (socket or None, waiter)."""

    def __init__(self, seed, resume):
        self.calls = []
        self.waits = []
        self.link = Link(seed, resume)
        self.on_event = None
        self.moved = 0  # payloads that were overwritten while they were sent
        self.device = Device(self)
        self.sockets = Sockets(self)
        self.wlan = Wlan(self)
        self.netcfg = NetCfg(self)
        self.fs = Fs(self)

    def cancel(self, code, lock=None):
        """End what waits, on one socket or all."""
        for held, wait in self.waits:
            if lock is None or held == lock:
                wait.fail(code)
                self.link.woken = True
