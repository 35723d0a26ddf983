"""`make soak`, or python -m tests.fuzz.soak [--hours N] [--seed N] [--elf FILE]: a day of a board.

On the emulated board, in virtual time: a user who does everything there is to do (user.py), in
bursts with silence between them. Each hour the board is looked at while nothing is open: the heap
after a collection, the least that was free in between, the exceptions that the core has met, the
credits and sockets of the network processor. Prints that as a table; the status is 1 if the
largest free block was ever below 100 KB, if anything leaks or if a line was not answered.
"""

import sys
from dataclasses import dataclass

import click
from rich.console import Console
from rich.table import Table

from cc32at.nwp.model import CREDIT_POOL
from tests.fuzz.board import ELF, BoardGame
from tests.fuzz.user import EPISODES, User

BURSTS = 12  # an hour
HOUR_MS = 3600_000
LARGEST = 100 * 1024  # bytes: less than that is no use
LEAK = 1024  # bytes in use beyond what was in use behind the first round: that would be a leak
COLUMNS = ("time", "bursts", "lines", "errors", "free", "least free", "largest", "least", "used")
COLUMNS += ("exceptions", "credits", "sockets")


@dataclass
class Sample:
    """What there is to see at a time; sizes in bytes. low and narrow: least since the last one."""

    ms: int
    bursts: int
    lines: int
    errors: int
    free: int
    low: int
    largest: int
    narrow: int
    used: int
    exceptions: int
    credits: int
    sockets: int

    def row(self) -> list[str]:
        hours, minutes = divmod(self.ms // 60_000, 60)
        rest = list(vars(self).values())[1:]
        return [f"{hours}:{minutes:02}", *(f"{value:,}" for value in rest)]

    def wrong(self, first) -> list[str]:
        """What must not be, `first` being a sample to compare with."""
        found = []
        if min(self.largest, self.narrow) < LARGEST:
            found.append(f"the largest free block is {min(self.largest, self.narrow):,} bytes")
        if self.used > first.used + LEAK:
            found.append(f"{self.used - first.used:,} bytes more are in use than at first")
        if self.exceptions:
            found.append(f"{self.exceptions} exceptions")
        if self.credits != CREDIT_POOL:
            found.append(f"{self.credits} credits of {CREDIT_POOL}")
        if self.sockets:
            found.append(f"{self.sockets} sockets are open that nobody has")
        return found


class Soak:
    """A day under way. `wrong`: what was found."""

    def __init__(self, elf=ELF, seed: int = 1):
        self.game = BoardGame(elf, seed)
        self.guest = self.game.board.guest
        self.user = User(self.game, seed, self.burst_over)
        self.begun = self.game.now
        self.bursts = 0
        self.low = self.narrow = sys.maxsize
        self.samples = []
        self.wrong = []

    def burst_over(self):
        """What is left in the middle of it all, garbage and fragments included."""
        if self.game.machine.chip.asleep:
            heap = self.guest.look(collected=False)
            self.low = min(self.low, heap.free)

    def round(self, gap_ms: int):
        """Every episode once, with silence behind each."""
        for episode in self.user.shuffled(EPISODES):
            end = self.game.now + gap_ms
            self.user.play(episode)
            self.bursts += 1
            if self.game.machine.chip.asleep:
                self.narrow = min(self.narrow, self.guest.look().largest)
            self.game.run(max(end, self.game.now + 1000))
            del self.game.printed[:]
            if self.game.stuck:
                return

    def sample(self) -> Sample:
        """Close everything, and look."""
        self.user.tidy_up()
        heap = self.guest.look()
        sockets = self.game.model.control.call("sockets")
        self.samples.append(
            Sample(
                self.game.now - self.begun,
                self.bursts,
                self.user.lines,
                self.user.errors,
                heap.free,
                min(self.low, heap.free),
                heap.largest,
                min(self.narrow, heap.largest),
                heap.used,
                self.user.exceptions(),
                self.game.model.header.credits,
                len(sockets),
            )
        )
        self.low = self.narrow = sys.maxsize
        return self.samples[-1]

    def run(self, ms: int, gap_ms: int, told=lambda sample: None):
        """Live for so long, one round at least."""
        while not self.game.stuck:
            begun = self.game.now
            while not self.game.stuck:
                self.round(gap_ms)
                if self.game.now - begun >= min(HOUR_MS, ms) * 0.9:
                    break
            sample = self.sample()
            told(sample)
            self.wrong += sample.wrong(self.samples[0])
            if self.game.now - self.begun >= ms:
                break
        self.wrong += self.user.wrong
        self.wrong += [str(found) for found in self.game.outcome.wrong]
        self.wrong += self.game.machine.faults + self.game.machine.reports


def table(samples) -> Table:
    """What there was to see."""
    made = Table(*COLUMNS, title="a board, hour by hour")
    for column in made.columns:
        column.justify = "right"
    for sample in samples:
        made.add_row(*sample.row())
    return made


@click.command()
@click.option("--hours", default=24.0, help="Of virtual time.")
@click.option("--seed", default=1)
@click.option("--elf", default=str(ELF), type=click.Path(exists=True))
def main(hours, seed, elf):
    """Live through a day, and look at the board each hour."""
    soak = Soak(elf, seed)
    console = Console(width=120)
    soak.run(
        int(hours * HOUR_MS),
        HOUR_MS // BURSTS,
        lambda sample: print("\t".join(sample.row()), file=sys.stderr, flush=True),
    )
    console.print(table(soak.samples))
    for what in dict.fromkeys(soak.wrong):
        console.print(f"wrong: {what}", markup=False)
    sys.exit(bool(soak.wrong))


if __name__ == "__main__":
    main()
