"""Plays a session to the application AT_Commands over the driver of chance, and judges it.

What must hold, whatever was said: a marked AT+Test is answered within a second of silence and its
answer is all that comes, no canary was executed, no payload moved while it was sent, nothing left
the application as an exception, an idle core sleeps; and once the driver is stopped nothing waits,
and there is room for 16 commands in the background as at first.
"""

import contextlib
import functools
import gc
import signal
import traceback

from cc32at.hostlink import install_atbytes
from tests.fuzz.driver import Driver, Over, Stuck
from tests.fuzz.lines import tame
from tests.fuzz.session import Outcome
from tests.fuzz.stream import Stream

SETTLE_MS = 30000  # longer than any pause, and than all that waits in a row
ANSWER_MS = 1000
BUSY = 20  # rounds of the loop that an idle second may take
HANG_S = 60  # wall clock: a session takes some milliseconds
EXCEPTIONS = 10  # in a session, then it is over
SLOTS = 16  # commands in the background


@functools.cache
def prepared():
    """What all sessions share: the C byte work, and a canary among the commands."""
    install_atbytes()
    from atcore.apps.at_commands import AtCommands, create
    from atcore.commands import ALL

    @ALL.command(b"Canary", (("Number", "str", "", 2000),), offline=True)
    def canary(cmd, number):
        cmd.core.canaries.append(bytes(number))

    gc.collect()
    gc.freeze()  # the core collects, and what is here already is not its business
    return lambda driver, stream: AtCommands(
        driver, stream, repl=True, core=create(driver, ALL, stream)
    )


def resume(coroutine, box):
    """nwp.resume() of the device."""
    try:
        return coroutine.send(None)
    except StopIteration as stop:
        box[0] = stop.value
        return None


class Game:
    """One session under way."""

    def __init__(self, seed):
        self.driver = Driver(seed, resume)
        self.link = self.driver.link
        self.stream = Stream(self.link)
        self.app = prepared()(self.driver, self.stream)
        self.app.core.canaries = self.canaries = []
        self.outcome = Outcome(calls=self.driver.calls)
        self.stuck = False

    def schedule(self, session) -> int:
        """Put everything where it belongs; when the last of it comes."""
        now = self.link.now + 100
        for gap, kind, value in session:
            now += gap
            if kind == "event":
                self.link.scheduled.append((now, functools.partial(self.tell, value)))
            elif kind == "break":
                self.stream.feed(now, None)
            elif kind == "bytes" and value:
                self.stream.feed(now, value)
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
                self.outcome.find("exception", f"{error!r} in {where.name}()")
                self.stuck = len(self.outcome.wrong) > EXCEPTIONS

    def fail(self, kind, detail=""):
        self.outcome.find(kind, detail)
        self.stuck = True

    def ask(self, line, ms=ANSWER_MS) -> bytes:
        """What is printed within some time of a line."""
        before = len(self.stream.out)
        self.stream.feed(self.link.now, line)
        self.run(self.link.now + ms)
        return bytes(self.stream.out[before:])

    def judge(self, tame, slots):
        """What must hold at rest, and once the driver is stopped."""
        if self.driver.moved:
            self.fail("moved", f"{self.driver.moved} payloads while they were sent")
        if self.canaries:
            self.fail("canary", repr(self.canaries[:3]))
        if tame and any(name == "prompt" for name, _ in self.driver.calls):
            self.fail("canary", "the prompt was asked for")
        self.ask(b"\r\n")
        sleeps = self.link.sleeps
        answer = self.ask(b"AT+Test\r\n")
        if not self.stuck and answer not in (b"OK\r\n", b"AT+Test\r\nOK\r\n"):
            self.fail("no answer", repr(answer[:200]))
        if not self.stuck and self.link.sleeps - sleeps > BUSY:
            self.fail("busy", f"{self.link.sleeps - sleeps} rounds in an idle second")
        if slots and not self.stuck:
            self.judge_slots()

    def judge_slots(self):
        """Stop ends everything, and then there is room as at first."""
        self.ask(b"AT+Set=AT,STYLE,guide\r\nAT+Set=AT,ECHO,0\r\n")
        self.ask(b"AT+Start\r\nAT+Stop=0\r\n")
        if self.driver.waits:
            self.fail("waits", f"{len(self.driver.waits)} left by Stop")
        self.driver.mute = True
        self.ask(b"AT+Start\r\n")
        answer = self.ask(b"AT+Accept=1,INET\r\n" * (SLOTS + 1))
        late = self.ask(b"AT+Stop=0\r\n", SETTLE_MS)
        if answer.count(b"ERROR:allocate, 0") != 1 or not late.endswith(b"OK\r\n"):
            self.fail("slots", repr(answer[-200:] + late[-200:]))


def play(session, seed=0, judged=True) -> Outcome:
    """Play a session; returns its Outcome."""
    game = Game(seed)
    with watched():
        until = game.schedule(session)
        game.app.begin()
        game.run(until + SETTLE_MS)
        if game.stuck:
            return game.outcome
        game.outcome.out = bytes(game.stream.out)
        if not judged:
            return game.outcome
        game.judge(tame(seed), seed % 4 == 0)
    return game.outcome


class Hang(BaseException):
    """The core never came back."""


@contextlib.contextmanager
def watched():
    """End what takes for ever (in a process whose main thread this is)."""

    def alarm(signum, frame):
        raise Hang

    before = signal.signal(signal.SIGALRM, alarm)
    signal.alarm(HANG_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
