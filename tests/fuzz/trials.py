"""The n-th allocation, frame or byte fails, on this PC: as nth.py on the board, and faster.

An allocation is here what makes an object in the Python of atcore: a tuple, a list, a slice, a
coroutine. The driver of chance is below it; the frames are those of the network processor's model,
below the real driver.
"""

import dis
import sys

from cc32at.nwp.model import CREDIT_POOL
from tests.fuzz.host import HostGame
from tests.fuzz.linked import BOOT_MS, WAY_OUT_MS, LinkGame
from tests.fuzz.nth import EVENT, LIST, LONG_MS, ONE, SHORT_MS

ALLOCATES = {
    dis.opmap[name]
    for name in (
        *("BUILD_TUPLE", "BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_SLICE", "BUILD_STRING"),
        *("RETURN_GENERATOR", "MAKE_FUNCTION"),
    )
    if name in dis.opmap
}
ELSEWHERE = ("Framer.readinto",)  # the firmware has another one, which allocates nothing
NOTHING_MORE = 2  # trials in which none failed: there are no more


class Allocations:
    """Counts them while it is entered, and lets the n-th fail. `done`: how many there were."""

    def __init__(self, n: int):
        self.n = n
        self.done = 0

    def __enter__(self):
        sys.settrace(self._called)
        return self

    def __exit__(self, *_):
        sys.settrace(None)

    @property
    def failed(self) -> bool:
        return self.done >= self.n

    def _called(self, frame, event, arg):
        code = frame.f_code
        if "/atcore/" not in code.co_filename or code.co_qualname in ELSEWHERE:
            return None
        frame.f_trace_opcodes = True
        frame.f_trace_lines = False
        return self._goes_on

    def _goes_on(self, frame, event, arg):
        if event == "opcode" and frame.f_code.co_code[frame.f_lasti] in ALLOCATES:
            self.done += 1
            if self.done == self.n:
                raise MemoryError  # which ends the tracing, too
        return self._goes_on


class HostTrial:
    """A command over the driver of chance, again and again. `wrong`: what was found."""

    def __init__(self, command: bytes, seed: int = 1):
        self.command = command
        self.wrong = []
        self.runs = 0
        self.game = HostGame(seed)
        self.game.app.begin()
        self.game.run(self.game.now + BOOT_MS)
        self.core = self.game.app.core
        self.say(command + b"\r\n")  # its chapter is there now
        self.ready()

    def ready(self):
        """Started, and nothing waits."""
        self.say(b"AT+Start\r\nAT+Stop=0\r\nAT+Start\r\n")

    def say(self, line, ms=SHORT_MS) -> bytes:
        return EVENT.sub(b"", self.game.ask(line, ms))

    def allocations(self):
        """For every n the n-th allocation fails; how many did."""
        n, quiet = 0, 0
        while quiet < NOTHING_MORE:
            n += 1
            with Allocations(n) as count:
                answer = self.say(self.command + b"\r\n")
            quiet = 0 if count.failed else quiet + 1
            self.judge(f"allocation {n} fails", answer)
        return n - NOTHING_MORE

    def bytes(self):
        """For every n the n-th byte is missing."""
        for n in range(len(self.command)):
            line = self.command[:n] + self.command[n + 1 :]
            self.judge(f"byte {n} is missing", self.say(line + b"\r\n"))

    def judge(self, what: str, answer: bytes):
        """One answer, and afterwards all is well."""
        self.runs += 1
        if not ONE.fullmatch(answer) and not LIST.fullmatch(answer):
            self.wrong.append(f"{what}: answered {answer!r}")
        elif (answer := self.say(b"AT+Test\r\n", 1000)) != b"OK\r\n":
            self.wrong.append(f"{what}: then AT+Test is answered {answer!r}")
        self.ready()
        left = self.left()
        if left:
            self.wrong.append(f"{what}: {left}")
        if self.game.outcome.wrong:
            self.wrong.append(f"{what}: {self.game.outcome.wrong}")
            self.game.outcome.wrong.clear()

    def left(self) -> str:
        """What is not as it was at first."""
        core = self.core
        lists = (core.background, core.entries, core.out.behind, self.game.driver.waits)
        if any(lists) or core.foreground or core.borrower or core.out.group or core.since:
            return f"left: {lists} {core.foreground} {core.borrower} {core.out.group} {core.since}"
        return ""


class LinkTrial:
    """A command behind its preparation over the real driver. `wrong`: what was found."""

    def __init__(self, before, command: bytes):
        self.before, self.command = before, command
        self.wrong = []
        self.runs = 0
        self.game = LinkGame(1)
        self.game.app.begin()
        self.game.run(self.game.now + BOOT_MS)

    def say(self, line, ms=SHORT_MS) -> bytes:
        return EVENT.sub(b"", self.game.ask(line, ms))

    def prepare(self):
        for line, ms in self.before:
            self.game.ask(line, ms)

    def frames(self, specs):
        """For every n the n-th frame of the network processor meets with each mishap."""
        self.prepare()
        counters = self.game.model.counters
        before = counters["messages"]
        self.say(self.command + b"\r\n")
        frames = counters["messages"] - before
        self.ready()
        for spec in specs:
            for n in range(1, frames + 1):
                self.prepare()
                self.game.call("fault", {**spec, "to": "*", "skip": n - 1})
                # In one go: an engine that stops in the middle of a request does not come back.
                answer = self.say(self.command + b"\r\n", LONG_MS)
                self.game.call("clear_faults", {})
                self.judge(f"frame {n}: {spec['do']}", answer)
        self.game.close()

    def ready(self) -> bytes:
        """Stopped and started; what that says."""
        self.game.answer(b"AT+Stop=0\r\n", WAY_OUT_MS)
        return self.say(b"AT+Start\r\n", BOOT_MS)

    def judge(self, what: str, answer: bytes):
        """One answer, and afterwards all is well."""
        self.runs += 1
        if not ONE.fullmatch(answer):
            self.wrong.append(f"{what}: answered {answer!r}")
        elif (answer := self.say(b"AT+Test\r\n", 1000)) != b"OK\r\n":
            self.wrong.append(f"{what}: then AT+Test is answered {answer!r}")
        if (answer := self.ready()) != b"OK\r\n":
            self.wrong.append(f"{what}: then AT+Start is answered {answer!r}")
        credits = self.game.nwp.free_credits(), self.game.model.header.credits
        if credits != (CREDIT_POOL, CREDIT_POOL):
            self.wrong.append(f"{what}: {credits} credits of {CREDIT_POOL}")
        held = [lock for lock, owner in enumerate(self.game.sl.link.owners) if owner is not None]
        if held or not self.game.sl.link.idle():
            self.wrong.append(f"{what}: {held} held")
