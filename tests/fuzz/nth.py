"""python -m tests.fuzz.nth [--command NAME] [--kind KIND]: what happens once, each time it can.

For every command of a list, on the emulated board: the n-th allocation fails, the n-th frame of
the network processor is lost, late, doubled or spoiled, the n-th byte of the line is missing, for
every n that there is. Then: one answer, with one error line at most; AT+Test is answered; after
what kills the link, Stop and Start work; the heap is as free, and the credits are there, as when
nothing had happened.
"""

import contextlib
import re
import sys

import click

from cc32at.nwp.model import CREDIT_POOL
from cc32at.nwp.snapshot import SnapshotError
from tests.fuzz.board import ELF, BoardGame
from tests.fuzz.lines import PAUSE, pool
from tests.fuzz.linked import BOOT_MS
from tests.fuzz.radio import HOST, JOIN, JOINED_MS

JOINED = ((JOIN, JOINED_MS),)
TCP = ((b"AT+Socket=INET,STREAM,TCP\r\n", 100),)
UDP = ((b"AT+Socket=INET,DGRAM,UDP\r\n", 100),)
CONNECTED = (*JOINED, *TCP, (b"AT+Connect=0,INET,7,%s\r\n" % HOST, 500))
ANSWERED = (*CONNECTED, (b"AT+Send=0,0,5,hello\r\n", 500))
LISTENING = (*TCP, (b"AT+Bind=0,INET,0,0.0.0.0\r\nAT+Listen=0,1\r\n", 200))
# What to do before, as (bytes, ms), and the command; besides the first legal line of each.
CASES = (
    (TCP, b"AT+Close=0"),
    (TCP, b"AT+SetSockOpt=0,SOCKET,KEEPALIVE,1"),
    (TCP, b"AT+GetSockOpt=0,SOCKET,KEEPALIVE"),
    ((*JOINED, *TCP), b"AT+Connect=0,INET,7,%s" % HOST),
    (LISTENING, b"AT+Accept=0,INET"),
    (CONNECTED, b"AT+Send=0,0,20,01234567890123456789"),
    (CONNECTED, b"AT+Send=0,1,8,aGVsbG8K"),
    (ANSWERED, b"AT+Recv=0,0,100"),
    (ANSWERED, b"AT+Recv=0,1,100"),
    (ANSWERED, b"AT+Select=1,0,5,0"),
    ((*JOINED, *UDP), b"AT+SendTo=0,INET,17,%s,0,3,abc" % HOST),
    (JOINED, b"AT+NetCfgGet=IPV4_STA_ADDR"),
    (JOINED, b"AT+WlanDisconnect"),
    ((), b"AT+WlanScan=0,5"),
    ((), b"AT+Set=AT,VERBOSE,1"),
    ((), b"AT+Stop=200"),
    (((b"AT+Stop=200\r\n", 1000),), b"AT+Start"),
)
FRAMES = (
    {"do": "lose"},
    {"do": "delay", "seconds": 2.0},
    {"do": "duplicate"},
    {"do": "status", "status": -1},
    {"do": "flip", "byte": 4},
    {"do": "length", "length": 4},
    {"do": "bad_sync"},
    {"do": "wrong_sequence"},
    {"do": "truncate", "bytes": 8},
)
KINDS = ALLOCATION, FRAME, BYTE = "allocation", "frame", "byte"
SHORT_MS = 3000  # an answer, and the longest pause
LONG_MS = 90000  # the network processor is given up
GRACE = 1024  # bytes of heap that the last exception and a spare command may keep
# One answer: value lines and OK, or an error; OK and then a late result or error.
# An error stands in place of all other lines; but a long list is printed while it is made.
ONE = re.compile(rb"(\+.*\r\n)*OK\r\n(\+.*\r\n|ERROR:.* \+.*\r\n)?|ERROR:[^+\r\n]*\r\n")
LIST = re.compile(rb"(\+WlanScan: .*;\r\n)+ERROR:allocate, 0\r\n")
EVENT = re.compile(rb"^(\+Event|# ).*\r\n", re.M)


def cases() -> list:
    """All (what to do before, command)."""
    return [*(((), lines[0]) for lines in pool()[0]), *CASES]


class Trial:
    """A command that is tried again and again behind its preparation; `wrong`: what was found."""

    def __init__(self, before, command, elf=ELF):
        self.before, self.command, self.elf = before, command, elf
        self.wrong = []
        self.runs = 0
        self.game, self.state = None, None
        self._prepare()
        with contextlib.suppress(SnapshotError):  # a real socket of a peer cannot be copied
            self.state = self.game.machine.snapshot()
        self.guest = self.game.board.guest

    def _prepare(self):
        """The command is next."""
        if self.state is not None:
            self.game.machine.restore(self.state)
        else:
            if self.game is not None:
                self.game.board.peers.hang_up()
            self.game = BoardGame(self.elf, 0)
            for line, ms in self.before:
                self.game.ask(line, ms)

    def say(self, line, ms=SHORT_MS) -> bytes:
        """What is answered, without events."""
        return EVENT.sub(b"", self.game.ask(line, ms))

    def all(self, specs=FRAMES, kinds=KINDS):
        """Everything of these kinds that can happen once, with these mishaps of frames."""
        self._prepare()
        model = self.game.model
        before = model.counters["messages"]
        self.guest.count()
        self.answered("as it is", self.say(self.command + b"\r\n"))
        allocations, frames = self.guest.allocations, model.counters["messages"] - before
        if ALLOCATION in kinds:
            for n in range(1, allocations + 1):
                self.allocation(n)
        if FRAME in kinds:
            for spec in specs:
                for n in range(1, frames + 1):
                    self.frame(spec, n)
        if BYTE in kinds:
            for n in range(len(self.command)):
                self.byte(n)

    def allocation(self, n: int):
        """The n-th fails."""
        self._prepare()
        self.guest.count(refuse_at=n)
        answer = self.say(self.command + b"\r\n")
        self.guest.count()
        self.game.run(self.game.now + PAUSE)
        self.judge(f"allocation {n} fails", answer)

    def frame(self, spec: dict, n: int):
        """The n-th of the network processor meets with a mishap."""
        self._prepare()
        self.game.call("fault", {**spec, "to": "*", "skip": n - 1})
        answer = self.say(self.command + b"\r\n", LONG_MS)
        self.game.call("clear_faults", {})
        self.judge(f"frame {n}: {spec['do']}", answer)

    def byte(self, n: int):
        """The n-th is missing, from 0."""
        self._prepare()
        line = self.command[:n] + self.command[n + 1 :]
        self.judge(f"byte {n} is missing", self.say(line + b"\r\n"))

    def answered(self, what: str, answer: bytes) -> bool:
        self.runs += 1
        if ONE.fullmatch(answer) or LIST.fullmatch(answer):
            return True
        self.wrong.append(f"{what}: answered {answer!r}")
        return False

    def judge(self, what: str, answer: bytes):
        """One answer, and afterwards all is well."""
        game = self.game
        if not self.answered(what, answer):
            return
        if (answer := self.say(b"AT+Test\r\n", 1000)) != b"OK\r\n":
            self.wrong.append(f"{what}: then AT+Test is answered {answer!r}")
            return
        game.answer(b"AT+Stop=0\r\n", LONG_MS)
        answer = self.say(b"AT+Start\r\n", BOOT_MS)
        heap, before = self.guest.heap(), game.board.heap
        credits = game.model.header.credits
        if answer != b"OK\r\n":
            self.wrong.append(f"{what}: then AT+Start is answered {answer!r}")
        elif heap.used > before.used + GRACE:
            self.wrong.append(f"{what}: {heap.used - before.used} bytes of heap are gone")
        elif credits != CREDIT_POOL:
            self.wrong.append(f"{what}: {credits} credits of {CREDIT_POOL}")
        elif game.machine.reports or game.machine.faults or game.stuck:
            self.wrong.append(f"{what}: {game.machine.reports}{game.machine.faults}{game.outcome}")


@click.command()
@click.option("--command", default="", help="Only those that have this in their line.")
@click.option("--kind", multiple=True, type=click.Choice(KINDS), default=KINDS, help="Of what.")
@click.option("--part", nargs=2, type=int, default=(0, 1), help="Which of how many parts.")
def main(command, kind, part):
    """Try everything that can happen once."""
    chosen = [case for case in cases() if command.encode() in case[1]]
    runs = bad = 0
    for before, line in chosen[part[0] :: part[1]]:
        trial = Trial(before, line)
        trial.all(kinds=kind)
        runs += trial.runs
        bad += len(trial.wrong)
        for what in trial.wrong:
            print(f"{line.decode()}: {what}", flush=True)
    print(f"nth: {runs} runs, {bad} wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
