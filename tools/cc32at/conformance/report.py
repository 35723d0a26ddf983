"""Counting cases and showing what differs."""

from collections import Counter
from dataclasses import dataclass, field

from .deviations import Deviations
from .judge import DIFFERENT, EQUAL, EXPLAINED, NOT_RUN, Finding, Verdict

VERDICTS = (EQUAL, EXPLAINED, DIFFERENT, NOT_RUN)


@dataclass
class Report:
    """Verdicts of all cases, chapter by chapter; `rules`: how many cases needed each."""

    deviations: Deviations
    chapters: dict[str, Counter] = field(default_factory=dict)
    rules: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)

    def add(self, chapter: str, verdict: Verdict) -> None:
        """Count a verdict."""
        self._chapter(chapter)[verdict.word] += 1
        if verdict.word == EXPLAINED:
            self.rules.update({rule.name for f in verdict.findings for rule in f.rules})

    def not_run(self, chapter: str, reason: str) -> None:
        """Count a case that was not replayed, and why."""
        self._chapter(chapter)[NOT_RUN] += 1
        self.reasons[reason] += 1

    def _chapter(self, name: str) -> Counter:
        return self.chapters.setdefault(name, Counter())

    @property
    def counts(self) -> Counter:
        """All chapters together."""
        return sum(self.chapters.values(), Counter())

    @property
    def summary(self) -> str:
        """The closing line."""
        return _line(self.counts)

    @property
    def by_chapter(self) -> list[str]:
        """A line a chapter."""
        return [f"{name}: {_line(counts)}" for name, counts in self.chapters.items()]


def _line(counts: Counter) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in VERDICTS)


def describe(findings: list[Finding]) -> str:
    """Steps of one case that are not equal: the rules, what was expected, what was got."""
    case = findings[0].case
    lines = [f"{case.file}/{case.name}" + (f"  ({case.note})" if case.note else "")]
    for finding in findings:
        step = finding.step
        what = "event" if step.line is None else step.line.decode("latin-1")[:200]
        by = f", explained by {', '.join(r.name for r in finding.rules)}" if finding.rules else ""
        for kind, expected, got in finding.differences:
            lines.append(f"  step {finding.index} {step.kind} {what!r}: {kind} differ{by}")
            lines += [f"    expected  {x[:2000]}" for x in expected.split("\n")]
            lines += [f"    got       {x[:2000]}" for x in got.split("\n")]
    return "\n".join(lines)


def unexplained(verdict: Verdict) -> list[Finding]:
    """The steps of a case that no rule explains."""
    return [f for f in verdict.findings if not f.rules] if verdict.word == DIFFERENT else []
