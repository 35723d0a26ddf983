"""Replay recordings against the firmware: python -m cc32at.conformance DIR.

Exit status 0 if nothing is different, 1 otherwise; with --strict also 1 if a rule of the
deviations table explains nothing. With --guide the firmware runs in style `guide`, and what it
prints must have that style's form and the recorded values (guide.py).
"""

import sys
import time
from pathlib import Path

import click

from cc32at.cli import NotStarted

from . import cases, deviations, mutants
from .judge import DIFFERENT, EXPLAINED, judge
from .replay import Player, Sessions
from .report import Report, describe, unexplained

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")


@click.command()
@click.argument("vectors", type=click.Path(exists=True, path_type=Path))
@click.option("--elf", type=click.Path(exists=True, path_type=Path), default=ELF)
@click.option("--only", default="", help="Only cases whose name contains this.")
@click.option("--guide", is_flag=True, help="In style `guide`: the same values in its form.")
@click.option("--strict", is_flag=True, help="A rule that explains nothing is an error.")
@click.option("--explained", is_flag=True, help="Show what rules explain: rule, expected, got.")
@click.option("--verbose", "-v", is_flag=True, help="Name every case and its verdict.")
@click.option("--mutants", "count", type=int, help="Judge so many spoiled copies of each case.")
@click.option("--seed", default=1, help="Of the spoiled copies.")
def main(vectors: Path, elf: Path, only: str, guide: bool, count: int | None, seed: int, **show):
    """Replay the recordings in VECTORS (a file, or all *.json of a folder) in style `ti`."""
    style = "guide" if guide else "ti"
    try:
        chosen = [c for c in cases.load(vectors) if only in c.name]
        if only and not chosen:
            raise ValueError(f"no recording in {vectors} is called {only!r}")
        report = Report(deviations.load(style=style))
    except ValueError as error:
        raise NotStarted(str(error)) from error
    player = Player(elf, style=style)
    start = time.monotonic()
    if count:
        sys.exit(mutants.run(player, report.deviations, chosen, count, seed))
    for case in chosen:
        one(player, report, case, show["verbose"], show["explained"])
    conclude(report, time.monotonic() - start)
    unused = [rule.name for rule in report.deviations.unused] if show["strict"] else []
    for name in unused:
        print(f"rule {name} explains nothing")
    print(report.summary)
    sys.exit(bool(report.counts[DIFFERENT] or unused))


def one(player: Player, report: Report, case: cases.Case, verbose: bool, explained: bool) -> None:
    """Replay one case and print it if it differs, or is explained and that is asked for."""
    if reason := player.missing(case):
        report.not_run(case.file, reason)
        word = f"not run: {reason}"
    else:
        verdict = judge(Sessions(player, case), report.deviations)
        report.add(case.file, verdict)
        word = verdict.word
        if left := unexplained(verdict):
            print(describe(left))
        elif explained and word == EXPLAINED:
            print(describe(list(verdict.findings)))
    if verbose:
        print(f"{case.file}/{case.name}: {word}")


def conclude(report: Report, seconds: float) -> None:
    """Which rules were needed, why cases were not run, and the counts of each chapter."""
    reasons = {rule.name: rule.reason for rule in report.deviations.rules}
    for name, count in sorted(report.rules.items()):
        print(f"explained {count} by {name}: {reasons[name]}")
    for reason, count in sorted(report.reasons.items()):
        print(f"not run {count}: {reason}")
    print(f"{sum(report.counts.values())} recordings in {seconds:.0f} s")
    for line in report.by_chapter:
        print(line)


if __name__ == "__main__":
    main()
