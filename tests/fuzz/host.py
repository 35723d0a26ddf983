"""Engine `host`: the application AT_Commands over the driver of chance.

What must hold, whatever was said: a marked AT+Test is answered within a second of silence and its
answer is all that comes, no canary was executed (as long as the core could see where the line was
silent: Wired.unseen), no payload moved while it was sent, nothing left
the application as an exception, an idle core sleeps; and once the driver is stopped nothing waits,
and there is room for 16 commands in the background as at first.
"""

import functools
import re
import traceback

from tests.fuzz import game
from tests.fuzz.driver import Driver, Over, Stuck
from tests.fuzz.game import SETTLE_MS, Game, watched
from tests.fuzz.lines import tame
from tests.fuzz.stream import duration, stream

BUSY = 20  # rounds of the loop that an idle second may take
EXCEPTIONS = 10  # in a session, then it is over
SLOTS = 16  # commands in the background
NO_SLOT = re.compile(rb"^ERROR: ?allocate, ?0\r\n", re.M)
SETTLED = 20  # times SETTLE_MS that what waits in a row may take


def resume(coroutine, box):
    """nwp.resume() of the device."""
    try:
        return coroutine.send(None)
    except StopIteration as stop:
        box[0] = stop.value
        return None


class HostGame(Game):
    """One session under way."""

    def __init__(self, seed):
        super().__init__()
        self.driver = Driver(seed, resume)
        self.link = self.driver.link
        self.stream = stream(self.link)
        self.feed = self.stream.feed
        self.app = game.prepared()(self.driver, self.stream)
        self.app.core.canaries = self.canaries = []
        self.outcome.calls = self.driver.calls

    @property
    def now(self):
        return self.link.now

    @property
    def printed(self):
        self.stream.arrive()
        return self.stream.out

    def schedule(self, said) -> int:
        """Put everything where it belongs; when the last of it comes."""
        now = self.link.now + 100
        for gap, kind, value in said:
            now += gap
            if kind == "event":
                self.link.scheduled.append((now, functools.partial(self.tell, value)))
            elif kind in ("break", "lost") or value:
                self.feed(now, value)
                now += duration(value)
        return now

    def tell(self, event):
        opcode, args = event
        self.driver.on_event(opcode, memoryview(args))

    def run(self, until):
        """Let the application run until a time; the prompt is given back at once."""
        self.link.end = until
        while not self.stuck:
            try:
                self.driver.calls.append(("prompt", {"kind": self.app.run()}))
            except Over:
                self.link.now = until
                return
            except Stuck:
                self.fail("never sleeps")
            except Exception as error:
                where = traceback.extract_tb(error.__traceback__)[-1]
                place = f"{type(error).__name__} in {where.name}()"
                self.outcome.find("exception", str(error), place)
                self.stuck = len(self.outcome.wrong) > EXCEPTIONS

    def settle(self, until):
        """Behind all that is said, until no command goes on that others wait for."""
        for _ in range(SETTLED):
            until += SETTLE_MS
            self.run(until)
            if self.app.core.foreground is None:
                break

    def judge(self, seed):
        """What must hold at rest, and once the driver is stopped."""
        if self.driver.moved:
            self.fail("moved", f"{self.driver.moved} payloads while they were sent")
        self.judge_exceptions(self.app.core, self.driver.short)
        if self.canaries:
            self.fail("canary", repr(self.canaries[:3]))
        prompted = any(name == "prompt" for name, _ in self.driver.calls)
        if tame(seed) and prompted and not self.stream.unseen:
            self.fail("canary", "the prompt was asked for")
        self.ask(b"\r\n")
        sleeps = self.link.sleeps
        self.judge_answer()
        if not self.stuck and self.link.sleeps - sleeps > 2 * BUSY:
            self.fail("busy", f"{self.link.sleeps - sleeps} rounds in two idle seconds")
        if seed % 4 == 0 and not self.stuck:
            self.judge_slots()

    def judge_slots(self):
        """Stop ends everything, and then there is room as at first."""
        self.ask(b"AT+Start\r\nAT+Stop=0\r\n")
        if self.driver.waits:
            self.fail("waits", f"{len(self.driver.waits)} left by Stop")
        self.driver.mute = True
        self.ask(b"AT+Start\r\n")
        answer = self.ask(b"AT+Accept=1,INET\r\n" * (SLOTS + 1))
        late = self.ask(b"AT+Stop=0\r\n", SETTLE_MS)
        # In either style: the store of chance may have refused to keep another one.
        if len(NO_SLOT.findall(answer)) != 1 or not late.endswith(b"OK\r\n"):
            self.fail("slots", repr(answer[-200:] + late[-200:]))


def play(said, seed=0, judged=True):
    """Play a session; returns its Outcome."""
    it = HostGame(seed)
    with watched(it):
        until = it.schedule(said)
        it.app.begin()
        it.settle(until)
        it.outcome.out = bytes(it.printed)
        if judged and not it.stuck:
            it.judge(seed)
    return it.outcome
