"""What has been measured: a table for a person, a ledger for the history of the project."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

HEADINGS = ("", "measured", "budget", "vendor", "ms at 80 MHz", "at 2 cycles")
ALL_IN = "all in {:,}"  # heading of a column, and how the ledger calls its figures


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    value: instructions, or per cent if `percent`; None with the reason in `why`. budget: the most
    it may be, for per cent and if `least` the least; None for none. vendor: what TI's core takes.
    ms, slow: the milliseconds, and milliseconds or per cent when an instruction takes two cycles.
    all_in: the same command from the first byte in, by baud.
    """

    name: str
    value: float | None
    budget: int | None = None
    vendor: int | None = None
    percent: bool = False
    least: bool = False
    ms: float | None = None
    slow: float | None = None
    why: str = ""
    wrong: bool = False
    all_in: tuple[tuple[int, "Figure"], ...] = ()

    @property
    def missed(self) -> bool:
        """Whether the budget is missed, or the answer was wrong."""
        if any(figure.missed for _, figure in self.all_in):
            return True
        if self.value is None or self.budget is None:
            return self.wrong
        if self.percent or self.least:
            return self.value < self.budget
        return self.value > self.budget

    @property
    def shown(self) -> str:
        """The value as it is printed."""
        if self.value is None:
            return self.why
        return f"{self.value:.1f} %" if self.percent else f"{self.value:,}"

    def cells(self) -> list[str]:
        """The line of the table."""
        unit = " %" if self.percent else ""
        slow = "" if self.slow is None else f"{self.slow:.1f} %" if unit else f"{self.slow:.2f} ms"
        return [
            self.name,
            self.shown + (" MISSED" if self.missed else ""),
            "" if self.budget is None else f"{self.budget:,}{unit}",
            "" if self.vendor is None else f"{self.vendor:,}",
            "" if self.ms is None else f"{self.ms:.2f}",
            slow,
            *(figure.cell() for _, figure in self.all_in),
        ]

    def cell(self) -> str:
        """The figure in one cell, with its budget if that is missed."""
        return f"{self.shown} MISSED {self.budget:,}" if self.missed else self.shown

    def each(self) -> Iterator["Figure"]:
        """This figure and those beside it."""
        yield self
        for _, figure in self.all_in:
            yield figure


def table(figures: list[Figure]) -> Table:
    """The figures for a person."""
    shown = Table(
        caption="instructions from the last byte in to the last byte out, NWP excluded; all in: "
        "from the first byte in, at that many baud; streams: per cent of the line's capacity; "
        "vendor: TI's core without UART and RTOS, on x86; at 2 cycles: an instruction takes two"
    )
    rates = sorted({rate for figure in figures for rate, _ in figure.all_in})
    for heading in (*HEADINGS, *map(ALL_IN.format, rates)):
        shown.add_column(heading, justify="right" if heading else "left")
    for figure in figures:
        shown.add_row(*figure.cells())
    return shown


def last(ledger: Path) -> dict[str, str]:
    """The newest value of each figure."""
    lines = ledger.read_text().splitlines() if ledger.exists() else []
    rows = (line.split("\t") for line in lines if not line.startswith("#"))
    return {name: value for _, name, value in rows}


def keep(ledger: Path, figures: list[Figure]) -> int:
    """Add the figures that are not those of the ledger: how many.

    A line is `commit TAB figure TAB value`: the commit on which the measured work stands. The line
    itself belongs to the commit that changed the figure.
    """
    known = last(ledger)
    every = (one for figure in figures for one in figure.each())
    new = [f for f in every if f.value is not None and f.shown != known.get(f.name)]
    with ledger.open("a") as file:
        file.writelines(f"{_head()}\t{figure.name}\t{figure.shown}\n" for figure in new)
    return len(new)


def _head() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
