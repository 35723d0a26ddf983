"""`--profile`: where the guest spends its instructions, by sampling the PC.

The sample is taken at the end of slices of a prime number of instructions, so two virtual runs
give the same profile.
"""

from collections import Counter
from typing import Any, TextIO

INTERVAL = 1009


class Profile:
    """Samples a machine from attach() on."""

    def __init__(self) -> None:
        self.functions: Counter[str] = Counter()
        self.total = 0
        self._left = INTERVAL
        self._machine: Any = None

    def attach(self, machine: Any) -> None:
        self._machine = machine
        machine.max_slice = INTERVAL
        machine.on_slice = self._slice

    def _slice(self, executed: int) -> None:
        """Slices end earlier at events; only every INTERVAL instructions count."""
        self._left -= executed
        if self._left > 0:
            self._machine.max_slice = self._left
            return
        self._left = self._machine.max_slice = INTERVAL
        found = self._machine.chip.image.symbols.find(self._machine.cpu.pc)
        self.functions[found[0] if found else "(no symbol)"] += 1
        self.total += 1

    def report(self, out: TextIO, rows: int = 40) -> None:
        """The functions with the most samples, in per cent of executed instructions."""
        print(f"{self.total} samples of {INTERVAL} instructions", file=out)
        for name, count in self.functions.most_common(rows):
            print(f"{100 * count / self.total:6.2f} %  {name}", file=out)
