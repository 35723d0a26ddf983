"""python -m cc32at.bench: one table of what commands cost, beside budgets and vendor's figures.

Exit status 1 if a figure is over its budget. --ledger FILE appends a line with the commit and all
figures if any of them differs from the file's last line.
"""

import subprocess
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cc32at.conformance import cases
from cc32at.conformance.replay import Player
from cc32at.emulator import bench as emulator_bench

from . import driver, measure

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")
VECTORS = Path("tests/vectors")
WRONG = "wrong answer:"
COUNTED, ACCELERATED = 0.22, 0.5


@click.command()
@click.option("--elf", type=click.Path(exists=True, path_type=Path), default=ELF)
@click.option("--ledger", type=click.Path(path_type=Path), help="Keep the figures in this file.")
def main(elf: Path, ledger: Path | None) -> None:
    """Measure commands and boot in virtual time."""
    figures = [("reset to first OK of AT+Test", measure.BOOT_BUDGET, None, booting(elf))]
    recordings = {case.name: case for case in cases.load(VECTORS)}
    players = Player(elf, style="guide"), Player(elf, cpi=2, style="guide")
    for row in measure.rows():
        costs = measured(players, row.recording(recordings))
        figures.append((row.name, row.budget, row.vendor, costs))
    figures += driver.figures(elf)
    Console(width=120).print(table(figures))
    slow = emulator_speed()
    if ledger:
        keep(ledger, figures)
    sys.exit(slow or any(over(budget, costs) for _, budget, _, costs in figures))


def emulator_speed() -> bool:
    """Print how fast a busy loop is, beside Unicorn without hooks; whether that is too slow."""
    speed = emulator_bench.measure()
    print(
        f"emulator: busy loop at {speed.counted_ratio:.2f} of Unicorn alone (at least {COUNTED})"
    )
    if speed.accelerated is None:
        print("emulator: no C compiler for the accelerator")
        return speed.counted_ratio < COUNTED
    ratio = speed.accelerated_ratio
    print(f"emulator: with the accelerator {ratio:.2f} (at least {ACCELERATED})")
    return speed.counted_ratio < COUNTED or ratio < ACCELERATED


def measured(players: tuple[Player, Player], case: cases.Case) -> tuple | str:
    """A command's cost at one and two cycles an instruction, or why there is none."""
    try:
        return players[0].missing(case) or tuple(measure.command(p, case) for p in players)
    except ValueError as error:
        return f"{WRONG} {error}"


def booting(elf: Path) -> tuple[measure.Cost, measure.Cost]:
    """The boot at one and at two cycles an instruction."""
    return measure.boot(elf), measure.boot(elf, cpi=2)


def over(budget: int, costs: object) -> bool:
    """Whether a figure is over its budget or could not be had; what is not built is not."""
    if isinstance(costs, str):
        return costs.startswith(WRONG)
    return costs[0].instructions > budget


def table(figures: list) -> Table:
    """The figures for a person."""
    shown = Table(caption="instructions from the last byte in to the last byte out; NWP excluded")
    for heading in ("", "instructions", "budget", "vendor", "ms at 80 MHz", "ms at 2 cycles"):
        shown.add_column(heading, justify="left" if not heading else "right")
    for name, budget, vendor, costs in figures:
        row = [name, "", f"{budget:,}", f"{vendor:,}" if vendor else "", "", ""]
        if isinstance(costs, str):
            row[1] = costs
        else:
            mark = " OVER" if over(budget, costs) else ""
            row[1] = f"{costs[0].instructions:,}{mark}"
            row[4:] = (f"{cost.milliseconds:.2f}" for cost in costs)
        shown.add_row(*row)
    return shown


def keep(ledger: Path, figures: list) -> None:
    """Append the figures to the ledger if they are not those of its last line."""
    values = "\t".join(
        f"{name}={costs[0].instructions}"
        for name, _, _, costs in figures
        if not isinstance(costs, str)
    )
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    if lines and lines[-1].partition("\t")[2] == values:
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    ledger.write_text("\n".join([*lines, f"{commit or 'unknown'}\t{values}"]) + "\n")


if __name__ == "__main__":
    main()
