"""Counting the instructions of a call of the driver, at the raw prompt of the firmware.

Two loops of different length, one taken from the other, so that what the prompt costs drops out.
The sockets are raw ones of layer 2: the same frames as TCP's, and nothing real behind them.
"""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import yaml

from .figures import Figure
from .measure import Cost
from .prompt import Prompt

SHORT, LONG = 10, 50  # turns
PRELUDE = """
import gc, simplelink
sl = simplelink.SimpleLink()
run = sl.run
run(sl.device.start())
air = sl.sockets.open(17, 3, 1)
tcp = sl.sockets.open(2, 1)
data, four, buf = bytes(1460), bytes(4), bytearray(1460)
"""
LOOP = """
def loop(n):
    for _ in range(n):
        {}
"""


@dataclass(frozen=True)
class Row:
    """One line of driver.yaml; frame: bytes of the frame that is received."""

    name: str
    call: str
    budget: int
    frame: int = 0


def rows() -> list[Row]:
    """What is to be measured."""
    text = resources.files(__package__).joinpath("driver.yaml").read_text()
    return [Row(**row) for row in yaml.safe_load(text)]


class Meter:
    """A board at its raw prompt, with the driver started."""

    def __init__(self, elf: Path, cpi: float = 1):
        self.prompt = Prompt(elf, cpi)
        self.prompt.run(PRELUDE)

    def cost(self, row: Row) -> Cost:
        """Instructions of one call without waiting for the wire, milliseconds with it."""
        self.prompt.run(LOOP.format(row.call))
        with_wire = self._each(row)
        lspi = self.prompt.machine.chip.lspi
        lspi.word_cycles = lambda: 1
        instructions = self._each(row)[0]
        del lspi.word_cycles
        return Cost(round(instructions), with_wire[1] * 1e3)

    def _each(self, row: Row) -> tuple[float, float]:
        """(instructions, emulated seconds) of one turn."""
        machine, counts = self.prompt.machine, []
        for turns in (SHORT, LONG):
            self.prompt.run("gc.collect()")
            for _ in range(turns if row.frame else 0):
                self.prompt.model.control.call("air_frame", sd=0, hex="55" * row.frame)
            before = machine.instructions, machine.now
            self.prompt.run(f"loop({turns})")
            counts.append((machine.instructions - before[0], machine.now - before[1]))
        turns = LONG - SHORT
        return (counts[1][0] - counts[0][0]) / turns, (counts[1][1] - counts[0][1]) / turns


def figures(elf: Path) -> list[Figure]:
    """The cost of each row."""
    meters = Meter(elf), Meter(elf, cpi=2)
    found = []
    for row in rows():
        cost, slow = (meter.cost(row) for meter in meters)
        found.append(
            Figure(
                row.name,
                cost.instructions,
                row.budget,
                ms=cost.milliseconds,
                slow=slow.milliseconds,
            )
        )
    for meter in meters:
        meter.prompt.close()
    return found
