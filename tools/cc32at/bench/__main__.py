"""python -m cc32at.bench: one table of what commands cost, beside budgets and vendor's figures.

Exit status 1 if a figure misses its budget. Figures that have changed are added to the ledger.
"""

import sys
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console

from cc32at.conformance import cases
from cc32at.conformance.replay import Player
from cc32at.emulator import bench as emulator_bench

from . import driver, files, heap, measure, streaming, typing
from .figures import ALL_IN, Figure, keep, table

ELF = Path("build/CC3220SF_LAUNCHXL/firmware.elf")
VECTORS = Path("tests/vectors")
LEDGER = Path("tools/cc32at/bench/ledger.tsv")
COUNTED, ACCELERATED = 0.22, 0.5


@click.command()
@click.option("--elf", type=click.Path(exists=True, path_type=Path), default=ELF)
@click.option("--streams/--no-streams", default=True, help="Megabytes over the line: minutes.")
@click.option(
    "--ledger", type=click.Path(path_type=Path), default=LEDGER, help="Keep the figures here."
)
def main(elf: Path, streams: bool, ledger: Path) -> None:
    """Measure boot, commands, driver, heap and streams in virtual time."""
    figures = [booting(elf), *commands(elf), typing.figure(elf), *driver.figures(elf)]
    figures += [*files.figures(elf), *heap.figures(elf)]
    if streams:
        figures += streaming.figures(elf)
    Console(width=160).print(table(figures))
    slow = emulator_speed()
    if changed := keep(ledger, figures):
        print(f"{ledger}: {changed} figures have changed; commit it with what changed them")
    sys.exit(slow or any(figure.missed for figure in figures))


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


def booting(elf: Path) -> Figure:
    """From reset to the first OK."""
    cost, slow = measure.boot(elf), measure.boot(elf, cpi=2)
    return counted("reset to first OK of AT+Test", measure.BOOT_BUDGET, None, cost, slow)


def commands(elf: Path) -> list[Figure]:
    """The rows of rows.yaml."""
    recordings = {case.name: case for case in cases.load(VECTORS)}
    players = Player(elf, style="guide"), Player(elf, cpi=2, style="guide")
    rates = {baud: Player(elf, style="guide", baud=str(baud)) for baud in measure.RATES}
    return [command(players, rates, row, row.recording(recordings)) for row in measure.rows()]


def command(
    players: tuple[Player, Player], rates: dict[int, Player], row: measure.Row, case: cases.Case
) -> Figure:
    """A command's cost at one and two cycles an instruction and all in, or why there is none."""
    if missing := players[0].missing(case):
        return Figure(row.name, None, row.budget, row.vendor, why=missing)
    try:
        costs = [measure.command(player, case) for player in players]
        whole = {baud: measure.all_in(player, case) for baud, player in rates.items()}
    except ValueError as error:
        return Figure(row.name, None, row.budget, why=f"wrong: {error}", wrong=True)
    beside = tuple(
        (baud, Figure(f"{row.name}, {ALL_IN.format(baud)}", cost, row.all_in.get(baud)))
        for baud, cost in whole.items()
    )
    return replace(counted(row.name, row.budget, row.vendor, *costs), all_in=beside)


def counted(
    name: str, budget: int, vendor: int | None, cost: measure.Cost, slow: measure.Cost
) -> Figure:
    """A figure in instructions."""
    return Figure(
        name, cost.instructions, budget, vendor, ms=cost.milliseconds, slow=slow.milliseconds
    )


if __name__ == "__main__":
    main()
