"""What all engines have in common: a session under way, and what must hold when it is over."""

import contextlib
import functools
import gc
import re
import signal

from cc32at.hostlink import install_atbytes
from tests.fuzz.session import Outcome

SETTLE_MS = 30000  # longer than any pause, and than all that waits in a row
ANSWER_MS = 1000
HANG_S = 60  # of the processor: a session takes some milliseconds
ANSWERED = re.compile(rb"^(OK|ERROR:.*)\r\n\Z", re.M)
TESTED = b"OK\r\n", b"AT+Test\r\nOK\r\n"  # with echo


@functools.cache
def prepared():
    """What all sessions of a process share: the C byte work, and a canary among the commands.

    Returns what makes an application: of a driver and a stream.
    """
    install_atbytes()
    from atcore.apps.at_commands import AtCommands, create
    from atcore.commands import ALL

    @ALL.command(b"Canary", (("Number", "str", "", 2000),), offline=True)
    def canary(cmd, number):
        if not cmd.core.framer.stream.unseen:
            cmd.core.canaries.append(bytes(number))

    gc.collect()
    gc.freeze()  # the core collects, and what is here already is not its business
    return lambda driver, stream: AtCommands(
        driver, stream, repl=True, core=create(driver, ALL, stream)
    )


class Game:
    """One session under way; engines say how it is fed and how time goes on.

    `now`: ms; feed(when, bytes or None for a break); run(until): let time pass; `printed`: all
    that came out. `stuck`: it makes no sense to go on.
    """

    answer_ms = ANSWER_MS

    def __init__(self):
        self.outcome = Outcome()
        self.stuck = False

    def fail(self, kind, detail="", place=""):
        self.outcome.find(kind, detail, place)
        self.stuck = True

    def ask(self, line, ms=None) -> bytes:
        """What is printed within some time of a line."""
        before = len(self.printed)
        self.feed(self.now, line)
        self.run(self.now + (ms or self.answer_ms))
        return bytes(self.printed[before:])

    def answer(self, line, ms) -> bytes:
        """What is printed behind a line, until it has been answered or the time is over."""
        before, end = len(self.printed), self.now + ms
        self.feed(self.now, line)
        while not self.stuck and self.now < end:
            self.run(self.now + self.answer_ms)
            if ANSWERED.search(self.printed, before):
                break
        return bytes(self.printed[before:])

    def judge_answer(self):
        """A marked AT+Test is answered within a second of silence, and nothing else comes."""
        self.ask(b"\r\n")
        answer = self.ask(b"AT+Test\r\n")
        if not self.stuck and answer not in TESTED:
            self.fail("no answer", repr(answer[:200]))

    def judge_exceptions(self, core, excused):
        """Nothing is raised but answers; `excused`: times that the driver gave too little."""
        if core.exceptions > excused:
            kind, place = core.last_exception
            self.fail("exception", place=f"{kind.decode()} at {place.decode()}")

    def plain(self):
        """From here on replies are as the guide has them, without echo."""
        return self.ask(b"AT+Set=AT,STYLE,guide\r\nAT+Set=AT,ECHO,0\r\n")


class Hang(BaseException):
    """The core never came back."""


@contextlib.contextmanager
def watched(game):
    """End what takes for ever (in a process whose main thread this is): that is a finding."""

    def alarm(signum, frame):
        raise Hang

    before = signal.signal(signal.SIGVTALRM, alarm)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG_S)
    try:
        yield
    except Hang:
        game.fail("hangs", f"at {game.now} ms")
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
