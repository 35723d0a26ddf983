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

from . import cases, deviations
from .replay import Player
from .report import DIFFERENT, Report, describe

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")


@click.command()
@click.argument("vectors", type=click.Path(exists=True, path_type=Path))
@click.option("--elf", type=click.Path(exists=True, path_type=Path), default=ELF)
@click.option("--only", default="", help="Only cases whose name contains this.")
@click.option("--guide", is_flag=True, help="In style `guide`: the same values in its form.")
@click.option("--strict", is_flag=True, help="A rule that explains nothing is an error.")
@click.option("--verbose", "-v", is_flag=True, help="Name every case and its verdict.")
def main(vectors: Path, elf: Path, only: str, guide: bool, strict: bool, verbose: bool) -> None:
    """Replay the recordings in VECTORS (a file, or all *.json of a folder) in style `ti`."""
    style = "guide" if guide else "ti"
    try:
        chosen = [c for c in cases.load(vectors) if only in c.name]
        if not chosen:
            raise ValueError(f"no recording in {vectors} is called {only!r}")
        report = Report(deviations.load(style=style))
    except ValueError as error:
        raise NotStarted(str(error)) from error
    player = Player(elf, style=style)
    start = time.monotonic()
    for case in chosen:
        one(player, report, case, verbose)
    conclude(report, time.monotonic() - start)
    unused = [rule.name for rule in report.deviations.unused] if strict else []
    for name in unused:
        print(f"rule {name} explains nothing")
    print(report.summary)
    sys.exit(bool(report.counts[DIFFERENT] or unused))


def one(player: Player, report: Report, case: cases.Case, verbose: bool) -> None:
    """Replay one case and print it if it differs."""
    if reason := player.missing(case):
        report.not_run(reason)
        verdict = f"not run: {reason}"
    else:
        verdict, left = report.judge(player.run(case))
        if left:
            print(describe(case, left))
    if verbose:
        print(f"{case.file}/{case.name}: {verdict}")


def conclude(report: Report, seconds: float) -> None:
    """Which rules were needed, and why cases were not run."""
    reasons = {rule.name: rule.reason for rule in report.deviations.rules}
    for name, count in sorted(report.rules.items()):
        print(f"explained {count} by {name}: {' '.join(reasons[name].split())}")
    for reason, count in sorted(report.reasons.items()):
        print(f"not run {count}: {reason}")
    print(f"{sum(report.counts.values())} recordings in {seconds:.0f} s")


if __name__ == "__main__":
    main()
