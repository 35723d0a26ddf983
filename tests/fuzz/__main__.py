"""`python -m tests.fuzz [--lines N] [--seed N] [--minutes N] [--digest]`: sessions until something
is wrong, which is printed as the seed that shows it.
"""

import hashlib
import sys
import time

import click

from cc32at.hostlink import firmware_paths
from tests.fuzz.lines import Speaker
from tests.fuzz.play import play

LINES = 40  # a session


@click.command()
@click.option("--lines", default=100_000, help="How many lines to say, about.")
@click.option("--seed", default=1, help="Of the first session; the next has the next number.")
@click.option("--minutes", type=float, help="Go on for so long instead.")
@click.option(
    "--digest", type=click.File("w"), help="Write a checksum a session, to compare two versions."
)
def main(lines, seed, minutes, digest):
    """Say random things to the AT core."""
    end = time.monotonic() + minutes * 60 if minutes else None
    done = bad = 0
    while time.monotonic() < end if end else done < lines:
        outcome = play(Speaker(seed, LINES).session(), seed)
        if digest:
            sums = [
                hashlib.sha256(part).hexdigest()[:16]
                for part in (outcome.out, repr(outcome.calls).encode())
            ]
            digest.write(f"{seed} {' '.join(sums)}\n")
        for what in outcome.wrong:
            print(f"seed {seed}: {what}")
        bad += bool(outcome.wrong)
        done += LINES
        seed += 1
    print(f"{done} lines, {bad} sessions wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    sys.path[:0] = firmware_paths()
    main()
