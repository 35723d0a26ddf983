"""Counting the instructions of one command, and of the boot."""

import base64
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

import yaml

from cc32at.conformance.cases import Case
from cc32at.conformance.replay import Player
from cc32at.emulator import Machine
from cc32at.emulator.scheduler import CPU_HZ
from cc32at.nwp import NetworkProcessor

FINE = 500  # instructions between two looks at the output
LIMIT = 5.0  # seconds that an answer may take
RATES = (115200, 921600, 3000000)  # baud, of the columns "all in"
BOOT_BUDGET = 1_680_000


@dataclass(frozen=True)
class Row:
    """One line of rows.yaml; all_in: the budgets by baud."""

    name: str
    case: str
    budget: int
    vendor: int | None = None
    line: str | None = None
    base64: bool = False
    all_in: dict[int, int] = field(default_factory=dict)

    def recording(self, cases: dict[str, Case]) -> Case:
        """The recording to play, its last command replaced if the row says so."""
        case = cases[self.case]
        *before, last = case.steps
        line = last.line
        if self.line:
            line = self.line.encode()
        if self.base64:
            head, payload = line.split(b",", 3)[0], line.split(b",", 3)[3]
            text = base64.b64encode(payload)
            line = b"%s,1,%d,%s" % (head, len(text), text)
        return replace(case, steps=(*before, replace(last, line=line)))


@dataclass(frozen=True)
class Cost:
    """Instructions executed, and milliseconds from the last byte in to the last byte out."""

    instructions: int
    milliseconds: float


def rows() -> list[Row]:
    """What is to be measured."""
    text = resources.files(__package__).joinpath("rows.yaml").read_text()
    return [Row(**row) for row in yaml.safe_load(text)]


def command(player: Player, case: Case) -> Cost:
    """What follows the last byte in; played twice, to see how much is printed and to count.

    Raises ValueError if the command is not answered as it should.
    """
    size = typed(player, case)
    machine, line = player.machine, player.machine.uart
    arrival = line.time_of(line.waiting)
    machine.run(timeout=(arrival - machine.cycles) / CPU_HZ)
    before = machine.instructions
    run_finely(machine, lambda: line.available >= size)
    return Cost(machine.instructions - before, (line.last_output - arrival) / CPU_HZ * 1e3)


def all_in(player: Player, case: Case) -> int:
    """Instructions from the first byte in to the last byte out. Raises as command()."""
    size = typed(player, case)
    machine = player.machine
    before = machine.instructions
    run_finely(machine, lambda: machine.uart.available >= size)
    return machine.instructions - before


def typed(player: Player, case: Case) -> int:
    """Put the last command of a recording on the line; how much it will print.

    Raises ValueError if the command is not answered as it should.
    """
    last = len(case.steps) - 1
    nwp = player.prepare(case)
    text = [player.play(nwp, index) for index in range(last + 1)][-1]
    if b"OK\r\n" not in text or b"ERROR:" in text:
        raise ValueError(f"{case.name}: {text[:80]!r}")
    nwp = player.prepare(case)
    for index in range(last):
        player.play(nwp, index)
    nwp.begin_step(last)
    player.machine.uart.host_write(case.steps[last].line + b"\r")
    return len(text)


def boot(elf: Path, cpi: float = 1) -> Cost:
    """From reset to the OK of an AT+Test that was typed as soon as the console listened."""
    machine = Machine(elf, nwp=NetworkProcessor(), settings={"banner": 0}, cpi=cpi)
    machine.boot()
    machine.uart.host_write(b"AT+Test\r")
    run_finely(machine, lambda: machine.uart.available >= len(b"OK\r\n"))
    cost = Cost(machine.instructions, machine.now * 1e3)
    machine.close()
    return cost


def run_finely(machine: Machine, until) -> None:
    """Run in small slices, so that little is counted beyond the end. ValueError at the limit."""
    usual, machine.max_slice = machine.max_slice, FINE
    done = machine.run(until=until, timeout=LIMIT)
    machine.max_slice = usual
    if not done:
        raise ValueError(f"no answer within {LIMIT:g} s")
