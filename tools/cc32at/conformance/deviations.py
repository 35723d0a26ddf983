"""The table of rules by which the firmware deviates from the recordings, with reasons.

A rule of deviations.yaml has

    name     what it is called in the report
    reason   why the firmware does something else than the vendor's core
    text, frames
             true: it may explain a difference in what is printed, or in the frames
    when     conditions, all of which must hold: `line` (regular expression searched in the AT
             line, case ignored), `flag` (one of the case's flags), `expected` and `got` (regular
             expressions searched in what was recorded and in what the firmware printed or
             wrote), `nwp` (regular expression searched in the hex of the frames played)
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

from .compare import FRAMES, TEXT, Difference

CONDITIONS = ("line", "flag", "expected", "got", "nwp")


@dataclass(frozen=True)
class Rule:
    """A named deviation; `when` maps conditions to compiled patterns (or the flag's name)."""

    name: str
    reason: str
    kinds: frozenset[str]
    when: dict = field(hash=False)

    def explains(self, difference: Difference) -> bool:
        """Whether this rule covers a difference."""
        if difference.what not in self.kinds:
            return False
        return all(self._holds(key, pattern, difference) for key, pattern in self.when.items())

    def _holds(self, key: str, pattern: object, difference: Difference) -> bool:
        if key == "flag":
            return pattern in difference.case.flags
        if key == "line":
            line = difference.step.line
            subject = None if line is None else line.decode("latin-1")
        elif key == "nwp":
            subject = " ".join(f.hex() for e in difference.step.exchanges for f in e.nwp)
        else:
            subject = getattr(difference, key)
        return subject is not None and bool(pattern.search(subject))


class Deviations:
    """The rules and how often each was needed."""

    def __init__(self, rules: list[Rule]):
        self.rules = rules
        self.used: Counter[str] = Counter()

    def explain(self, difference: Difference) -> Rule | None:
        """The first rule that covers a difference, counted; None if there is none."""
        for rule in self.rules:
            if rule.explains(difference):
                self.used[rule.name] += 1
                return rule
        return None

    @property
    def unused(self) -> list[Rule]:
        """Rules that explained nothing."""
        return [r for r in self.rules if not self.used[r.name]]


def load(path: Path | None = None) -> Deviations:
    """The rules of a file (default: our own). Raises ValueError for a malformed rule."""
    source = path or resources.files(__package__).joinpath("deviations.yaml")
    rows = yaml.safe_load(source.read_text()) or []
    rules = [_rule(row) for row in rows]
    names = Counter(r.name for r in rules)
    if doubled := [n for n, count in names.items() if count > 1]:
        raise ValueError(f"deviations: rules of the same name: {', '.join(doubled)}")
    return Deviations(rules)


def _rule(row: dict) -> Rule:
    name = row.get("name", "?")
    unknown = set(row) - {"name", "reason", "when", TEXT, FRAMES}
    unknown |= set(row.get("when") or {}) - set(CONDITIONS)
    kinds = frozenset(k for k in (TEXT, FRAMES) if row.get(k))
    if unknown or not row.get("reason") or not row.get("when") or not kinds:
        raise ValueError(f"deviations: rule {name} is incomplete or has unknown keys {unknown}")
    when = {
        key: value if key == "flag" else re.compile(value, re.IGNORECASE | re.DOTALL)
        for key, value in row["when"].items()
    }
    return Rule(name, row["reason"], kinds, when)
