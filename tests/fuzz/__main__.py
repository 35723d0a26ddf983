"""`make fuzz`, or `python -m tests.fuzz [--engine NAME] [--lines N] [--seed N] [--minutes N]`.

Plays sessions until the time is over, or until so many lines are said; each that goes wrong is
kept as a session file in --found, which `--replay FILE` plays again and `--replay FILE --shrink`
makes as short as it can be. The status is 1 if one went wrong.
"""

import multiprocessing
import queue
import sys
import time
from pathlib import Path

import click

from tests.fuzz import engines, session
from tests.fuzz.shrink import shrink

FOUND = Path("build/fuzz")
TELL_S = 60  # between lines about how far it is
REPORT_S = 5  # between what a worker tells


def worker(engine, seed, step, lines, end, out):
    """Play every step-th session from a seed on.

    To `out` goes (seed, items, what is wrong), (lines since the last time, None, whether more
    will come).
    """
    done, left, told = 0, lines, time.monotonic()
    while left > 0 and (end is None or time.monotonic() < end):
        said = engines.generate(engine, seed)
        try:
            wrong = engines.play(engine, said, seed).wrong
        except Exception as error:  # of the engine itself: that is wrong, too
            wrong = [session.Wrong("engine", repr(error))]
        done += engines.LINES
        left -= engines.LINES
        if wrong:
            out.put((seed, said, wrong))
        seed += step
        if time.monotonic() > told + REPORT_S:
            out.put((done, None, True))
            done, told = 0, time.monotonic()
    out.put((done, None, False))


class Gathered:
    """What the workers of an engine have done so far."""

    def __init__(self, engine, found, lines):
        self.engine, self.found, self.lines = engine, found, lines
        self.done = self.bad = 0
        self.begun = self.told = time.monotonic()

    def take(self, out, workers):
        """All that they tell, until none is left."""
        jobs, dead = len(workers), set()
        while jobs:
            try:
                first, said, wrong = out.get(timeout=REPORT_S)
            except queue.Empty:
                for worker in workers:
                    if worker.exitcode and worker.pid not in dead:
                        dead.add(worker.pid)
                        jobs -= 1
                        self.bad += 1
                        print(f"{self.engine}: a process has died: {worker.exitcode}", flush=True)
                continue
            if said is None:
                self.done += first
                jobs -= not wrong
                if jobs and time.monotonic() > self.told + TELL_S:
                    self.told = time.monotonic()
                    print(self, flush=True)
                continue
            self.bad += 1
            path = self.found / f"{self.engine}-{first}.json"
            session.save(path, self.engine, first, said, wrong)
            print(f"{path}: {wrong[0]}", flush=True)

    def __str__(self):
        rate = self.done / (time.monotonic() - self.begun)
        wanted = f" of {self.lines:,}" if self.lines else ""
        return f"{self.engine}: {self.done:,}{wanted} lines, {rate:.0f}/s, {self.bad} wrong"


def replay(path: Path, shorter: bool) -> int:
    """Play a session file; its status."""
    engine, seed, said = session.load(path)
    wrong = engines.play(engine, said, seed).wrong
    for what in wrong:
        print(f"{path}: {what}")
    if wrong and shorter:
        what = wrong[0].what
        small = shrink(
            said,
            lambda items: any(it.what == what for it in engines.play(engine, items, seed).wrong),
            whole=wrong[0].kind == "canary",
        )
        target = path.with_name(path.stem + ".small.json")
        session.save(target, engine, seed, small, engines.play(engine, small, seed).wrong)
        print(f"{target}: {len(small)} of {len(said)} items")
    return bool(wrong)


def run(engine, lines, seed, minutes, jobs, found) -> Gathered:
    """Play sessions of one engine."""
    end = time.monotonic() + minutes * 60 if minutes else None
    share = sys.maxsize if minutes else -(-lines // jobs)
    fork = multiprocessing.get_context("fork")
    out = fork.Queue()
    workers = [
        fork.Process(target=worker, args=(engine, seed + i, jobs, share, end, out), daemon=True)
        for i in range(jobs)
    ]
    for process in workers:
        process.start()
    gathered = Gathered(engine, found, 0 if minutes else lines)
    gathered.take(out, workers)
    print(f"{gathered}, seeds from {seed} on", flush=True)
    return gathered


@click.command()
@click.option(
    "--engine",
    "names",
    type=click.Choice(list(engines.ENGINES)),
    multiple=True,
    default=list(engines.ENGINES),
    help="More than one share the time, or the lines by what they cost.",
)
@click.option("--lines", default=100_000, help="How many lines to say, about.")
@click.option("--seed", default=1, help="Of the first session; the next has the next number.")
@click.option("--minutes", type=float, help="Go on for so long instead.")
@click.option("--jobs", default=2, help="Processes.")
@click.option("--found", type=click.Path(path_type=Path), default=FOUND, help="Where they go.")
@click.option("--replay", "path", type=click.Path(exists=True, path_type=Path))
@click.option("--shrink", "shorter", is_flag=True, help="Make the replayed session shorter.")
def main(names, lines, seed, minutes, jobs, found, path, shorter):
    """Say random things to the AT core, and see that it stays well."""
    if path:
        sys.exit(replay(path, shorter))
    minutes = minutes and minutes / len(names)
    whole = sum(engines.SHARES[name] for name in names)
    done = bad = 0
    for name in names:
        share = -(-lines * engines.SHARES[name] // whole)
        gathered = run(name, share, seed, minutes, jobs, found)
        done += gathered.done
        bad += gathered.bad
    print(f"fuzz: {done:,} lines said, {bad} sessions wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
