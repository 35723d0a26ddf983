"""`make fuzz`, or `python -m tests.fuzz [--engine NAME] [--lines N] [--seed N] [--minutes N]`.

Plays sessions until the time is over; each that goes wrong is kept as a session file in --found,
which `--replay FILE` plays again and `--replay FILE --shrink` makes as short as it can be.
"""

import multiprocessing
import sys
import time
from pathlib import Path

import click

from tests.fuzz import engines, session
from tests.fuzz.shrink import shrink

FOUND = Path("build/fuzz")


def worker(engine, seed, step, lines, end, out):
    """Play every step-th session from a seed on; what goes wrong goes to `out`."""
    done = 0
    while done < lines and (end is None or time.monotonic() < end):
        said = engines.generate(engine, seed)
        wrong = engines.play(engine, said, seed).wrong
        done += engines.LINES
        if wrong:
            out.put((seed, said, wrong))
        seed += step
    out.put((done, None, None))


def gather(out, jobs, engine, found) -> tuple:
    """(lines, sessions that went wrong) of all workers."""
    done = bad = 0
    while jobs:
        first, said, wrong = out.get()
        if said is None:
            done, jobs = done + first, jobs - 1
            continue
        bad += 1
        path = found / f"{engine}-{first}.json"
        session.save(path, engine, first, said, wrong)
        print(f"{path}: {wrong[0]}", flush=True)
    return done, bad


def replay(path: Path, shorter: bool) -> int:
    """Play a session file; its status."""
    engine, seed, said = session.load(path)
    wrong = engines.play(engine, said, seed).wrong
    for what in wrong:
        print(f"{path}: {what}")
    if wrong and shorter:
        kind = wrong[0].kind
        small = shrink(
            said,
            lambda items: any(it.kind == kind for it in engines.play(engine, items, seed).wrong),
            whole=kind == "canary",
        )
        target = path.with_name(path.stem + ".small.json")
        session.save(target, engine, seed, small, engines.play(engine, small, seed).wrong)
        print(f"{target}: {len(small)} of {len(said)} items")
    return bool(wrong)


def run(engine, lines, seed, minutes, jobs, found) -> bool:
    """Play sessions of one engine; whether none went wrong."""
    start = time.monotonic()
    end = start + minutes * 60 if minutes else None
    share = sys.maxsize if minutes else -(-lines // jobs)
    fork = multiprocessing.get_context("fork")
    out = fork.Queue()
    for i in range(jobs):
        args = (engine, seed + i, jobs, share, end, out)
        fork.Process(target=worker, args=args, daemon=True).start()
    done, bad = gather(out, jobs, engine, found)
    rate = done / (time.monotonic() - start)
    print(f"{engine}: {done} lines from seed {seed} on, {rate:.0f}/s, {bad} sessions wrong")
    return not bad


@click.command()
@click.option(
    "--engine",
    "names",
    type=click.Choice(list(engines.ENGINES)),
    multiple=True,
    default=list(engines.ENGINES),
    help="More than one share the time.",
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
    well = [run(name, lines, seed, minutes, jobs, found) for name in names]
    sys.exit(not all(well))


if __name__ == "__main__":
    main()
