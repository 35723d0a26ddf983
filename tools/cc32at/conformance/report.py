"""Counting cases and showing what differs."""

from collections import Counter
from dataclasses import dataclass, field

from .cases import Case
from .compare import Difference
from .deviations import Deviations

EQUAL, EXPLAINED, DIFFERENT, NOT_RUN = "equal", "explained", "different", "not run"


@dataclass
class Report:
    """Verdicts of all cases."""

    deviations: Deviations
    counts: Counter = field(default_factory=Counter)
    rules: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)

    def judge(self, found: list[Difference]) -> tuple[str, list[Difference]]:
        """A case's verdict from its differences, and those that no rule explains."""
        if not found:
            verdict, left = EQUAL, []
        else:
            rules = [self.deviations.explain(d) for d in found]
            left = [d for d, rule in zip(found, rules, strict=True) if rule is None]
            verdict = DIFFERENT if left else EXPLAINED
            self.rules.update({r.name for r in rules if r and not left})
        self.counts[verdict] += 1
        return verdict, left

    def not_run(self, reason: str) -> None:
        """Count a case that was not replayed, and why."""
        self.counts[NOT_RUN] += 1
        self.reasons[reason] += 1

    @property
    def summary(self) -> str:
        """The closing line."""
        return ", ".join(f"{self.counts[v]} {v}" for v in (EQUAL, EXPLAINED, DIFFERENT, NOT_RUN))


def describe(case: Case, left: list[Difference]) -> str:
    """An unexplained case: every difference as expected and got."""
    lines = [f"{case.file}/{case.name}" + (f"  ({case.note})" if case.note else "")]
    for d in left:
        what = "event" if d.step.line is None else d.step.line.decode("latin-1")[:200]
        lines.append(f"  step {d.index} {d.step.kind} {what!r}: {d.what} differ")
        lines += [f"    expected  {x[:2000]}" for x in d.expected.split("\n")]
        lines += [f"    got       {x[:2000]}" for x in d.got.split("\n")]
    return "\n".join(lines)
