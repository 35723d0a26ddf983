"""Engine `link`: the application over the real driver, the C of the link and the NWP model.

Beyond what must hold for the engine `host`: once all mishaps are over and the network processor
was started anew it answers, nobody holds a lock, the credits are all there; driver and model have
the same sockets open; the driver has kept to the rules of the wire.
"""

import contextlib
import copy
import functools
import random
import sys
import traceback

from cc32at.hostlink import HostPort
from cc32at.hostlink.hostport import MIN_STEP_S
from cc32at.hostlink.nwp import make_module
from cc32at.nwp import NetworkProcessor
from cc32at.nwp.clock import VirtualClock
from cc32at.nwp.model import CREDIT_POOL
from cc32at.world import World
from tests.fuzz import game
from tests.fuzz.driver import STILL, Over, Stuck
from tests.fuzz.game import ANSWERED, Game, watched
from tests.fuzz.lines import SILENCE, tame
from tests.fuzz.peers import Peers
from tests.fuzz.stream import PIECE_MS, duration, stream

FATAL = 0xFF00  # events from here on are the driver's own
ANSWER = 0x0400  # bit of an opcode: no event, and who waits for an answer would take it for his
SETTLE_MS = 90000  # the longest time that the driver gives the network processor is 65 s
WAY_OUT_MS = 2000  # Stop ends whatever waits, and does not wait long for what is under way itself
BOOT_MS = 3000
BUSY = 60  # rounds in two seconds: a model's own messages wake, too
EXCEPTIONS = 10
ROUND_S = 0.0002  # that a round of the loop takes
FREE = (None,)
STARTED = b"AT+Start\r\nAT+Get=General,Persistent\r\n"
RESTORED = b"command, -4113\r\n"


@functools.cache
def surroundings():
    """(world, peers) of all sessions of a process."""
    peers = Peers()
    world = World.default()
    world.routes |= peers.routes
    return world, peers


def _nothing():
    """For the clock to stop at."""


class Port(HostPort):
    """The border of the link, whose time never waits for the PC."""

    def __init__(self, model, clock, stream, peers):
        self.front = Front(stream)
        super().__init__(model, clock, self.front)
        self.peers = peers
        self.end = 0.0  # s: then the session is over

    def _sleep(self, left):
        if self.peers.service():
            return
        if self.clock.now() >= self.end:
            raise Over
        due = self.clock.next_deadline()
        stops = [left] if left is not None else []
        if due is not None:
            stops.append(due - self.clock.now())
        if not self.front.space():
            stops.append(self.front.room_at() / 1000 - self.clock.now())
        self.clock.advance(max(min(stops), MIN_STEP_S))


class Front:
    """The stream as HostPort looks at it."""

    def __init__(self, stream):
        self.any, self.space, self.room_at = stream.ready, stream.roomy, stream.room_at


class LinkGame(Game):
    """One session under way."""

    def __init__(self, seed):
        super().__init__()
        world, self.peers = surroundings()
        self.chance = random.Random(seed)
        self.clock = VirtualClock(1.0)
        self.model = NetworkProcessor(copy.deepcopy(world), seed=seed)
        self.stream = stream(self)
        self.port = Port(self.model, self.clock, self.stream, self.peers)
        self.nwp = make_module(self.port)
        self.nwp.wait = self._counted(self.nwp.wait)
        sys.modules["nwp"] = self.nwp
        from simplelink import SimpleLink

        app = game.prepared()
        self.sl = SimpleLink(self.nwp)
        self.app = app(self.sl, self.stream)
        self.app.core.canaries = self.canaries = []
        self.prompts = self.sleeps = self.still = 0

    @property
    def now(self):
        return int(self.clock.now() * 1000)

    def _counted(self, wait):
        """nwp.wait, that ends the session in time, and when time does not pass."""

        def waits(ms, mask=7):
            self.sleeps += 1
            before = self.clock.now()
            flags = wait(ms, mask)
            if self.clock.now() - before > ROUND_S:
                self.still = 0
            else:
                self.clock.advance(ROUND_S)
                self.still += 1
            if self.still > STILL:
                raise Stuck
            if self.clock.now() >= self.port.end:
                raise Over
            return flags

        return waits

    @property
    def printed(self):
        self.stream.arrive()
        return self.stream.out

    def feed(self, when, data):
        """Let the clock stop whenever something comes, and when it was silent behind that."""
        self.stream.feed(when, data)
        end = when + duration(data)
        for at in (*range(when, end + 1, PIECE_MS), end + SILENCE):
            self.clock.call_at(at / 1000, _nothing)

    def schedule(self, said) -> int:
        """Put everything where it belongs; when the last of it comes."""
        now = self.now + BOOT_MS
        for gap, kind, value in said:
            now += gap
            if kind == "event" and value[0] < FATAL and not value[0] & ANSWER:
                opcode, args = value
                parameters = {"opcode": opcode, "args": args.hex()}
                self.clock.call_at(now / 1000, functools.partial(self.call, "message", parameters))
            elif kind == "call":
                self.clock.call_at(now / 1000, functools.partial(self.call, *value))
            elif kind in ("break", "lost") or kind == "bytes" and value:
                self.feed(now, value)
                now += duration(value)
        return now

    def call(self, operation, parameters):
        control = self.model.control
        if operation == "dial":
            ports = [row["host_port"] for row in control.call("sockets")]
            self.peers.dial([port for port in ports if port], self.chance)
        else:
            with contextlib.suppress(ValueError):  # an access point that is away already
                control.call(operation, **parameters)

    def run(self, until):
        """Let the application run until a time; the prompt is given back at once."""
        self.port.end = until / 1000
        self.clock.call_at(self.port.end, _nothing)
        while not self.stuck and self.clock.now() < self.port.end:
            try:
                self.app.run()
                self.prompts += 1
            except Over:
                return
            except Stuck:
                self.fail("never sleeps")
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{type(error).__name__} in {where.name}()"
                self.outcome.find("exception", str(error), place)
                self.stuck = len(self.outcome.wrong) > EXCEPTIONS

    def judge(self, seed, mishaps):
        """What must hold at rest, and after a new start."""
        self.model.control.call("clear_faults")
        if not mishaps:
            self.judge_exceptions(self.app.core, 0)
        if self.canaries:
            self.fail("canary", repr(self.canaries[:3]))
        if tame(seed) and self.prompts and not self.stream.unseen:
            self.fail("canary", "the prompt was asked for")
        if mishaps:
            self.ask(b"\r\n")
            if not ANSWERED.search(self.answer(b"AT+Stop=0\r\n", WAY_OUT_MS)):
                self.fail("no way out", repr(bytes(self.printed[-200:])))
            self.ask(b"AT+Start\r\n", BOOT_MS)
        self.ask(b"\r\n")
        sleeps = self.sleeps
        self.judge_answer()
        if not self.stuck and self.sleeps - sleeps > BUSY:
            self.fail("busy", f"{self.sleeps - sleeps} rounds in two idle seconds")
        if not self.stuck and not mishaps:
            self.judge_sockets()
        if not self.stuck:
            self.judge_start()
        if not mishaps and self.model.violations:
            self.fail("wire", self.model.violations[0])

    def judge_sockets(self):
        """Driver and model have the same sockets open."""
        if self.sl.link.state != 1:
            return
        open_here = {sd for sd in range(16) if self.sl.sockets.alive >> sd & 1}
        open_there = {row["sd"] & 15 for row in self.model.control.call("sockets")}
        open_there -= {sd for sd in range(16) if self.sl.sockets.selector.owns(1 << sd)}
        if open_here != open_there:
            self.fail("sockets", f"{sorted(open_here)} here, {sorted(open_there)} there")

    def judge_start(self):
        """After Stop and Start everything is as at first."""
        self.plain()
        self.ask(b"AT+Start\r\n", BOOT_MS)
        self.answer(b"AT+Stop=200\r\n", SETTLE_MS)
        answer = self.ask(STARTED, BOOT_MS)
        if RESTORED in answer:  # the start behind a restore tells of it, once
            self.answer(b"AT+Stop=200\r\n", SETTLE_MS)
            answer = self.ask(STARTED, BOOT_MS)
        lines = [line for line in answer.split(b"\r\n") if not line.startswith(b"+Event")]
        if lines not in ([b"OK", b"+Get: 0", b"OK", b""], [b"OK", b"+Get: 1", b"OK", b""]):
            self.fail("start", repr(answer[-200:]))
        link = self.sl.link
        held = [lock for lock, owner in enumerate(link.owners) if owner not in FREE]
        if held or not link.idle() or link.limits or link.jobs:
            self.fail("locks", f"{held} held, {len(link.pending)} pend, {len(link.jobs)} jobs")
        credits = self.nwp.free_credits(), self.model.header.credits
        if credits != (CREDIT_POOL, CREDIT_POOL):
            self.fail("credits", f"{credits} of {CREDIT_POOL}")

    def close(self):
        """Leave nothing open on this PC."""
        self.model.power(False)
        self.peers.hang_up()
        self.nwp.link.close()


def play(said, seed=0):
    """Play a session; returns its Outcome."""
    it = LinkGame(seed)
    with watched(it):
        try:
            until = it.schedule(said)
            it.app.begin()
            it.run(until + SETTLE_MS)
            it.outcome.out = bytes(it.printed)
            if not it.stuck:
                it.judge(seed, any(kind == "call" for _, kind, _ in said))
        finally:
            it.close()
    return it.outcome
