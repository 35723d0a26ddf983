"""The table of rules by which the firmware deviates from the recordings, with reasons.

A rule of deviations.yaml has

    name     what it is called in the report
    reason   why the firmware does something else than the vendor's core
    text, frames
             true: it may explain a difference in what is printed, or in the frames
    when     conditions, all of which must hold, or a list of such sets, one of which must:
             `flag`      one of the case's flags
             `line`      searched in the AT line
             `nwp`       searched in the hex of the frames played
             `number`    the whole of a parameter that should be a number, or may be one, and is
                         no keyword of the guide
             `recorded`, `printed`  searched in the step's text, the recording's and ours
             `removed`, `added`  the whole of what the firmware left out, and put in its place,
                         where the two sides differ
             All but `flag` are regular expressions; case is ignored.
"""

import os
import re
from collections import Counter
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import yaml

from cc32at.client import table
from cc32at.client.values import split_parameters

from .compare import FRAMES, TEXT, Difference

VALUE_WITHOUT_KEYWORD = "value-without-keyword"
CONDITIONS = ("flag", "line", "nwp", "number", "recorded", "printed", "removed", "added")


@dataclass(frozen=True)
class Rule:
    """A named deviation; `when`: sets of conditions with their compiled patterns."""

    name: str
    reason: str
    kinds: frozenset[str]
    when: tuple[dict, ...] = field(hash=False)

    def explains(self, difference: Difference) -> bool:
        """Whether this rule covers a difference."""
        if difference.what not in self.kinds:
            return False
        return any(
            all(_holds(key, pattern, difference) for key, pattern in conditions.items())
            for conditions in self.when
        )


def _holds(key: str, pattern: re.Pattern, difference: Difference) -> bool:
    if key == "flag":
        return any(pattern.fullmatch(flag) for flag in difference.case.flags)
    if key == "number":
        return any(pattern.fullmatch(text) for text in numbers(difference.step.line))
    if key in ("removed", "added"):
        removed, added = changed(difference.expected, difference.got)
        return bool(pattern.fullmatch(removed if key == "removed" else added))
    if key == "line":
        line = difference.step.line
        subject = None if line is None else line.decode("latin-1")
    elif key == "nwp":
        subject = " ".join(f.hex() for e in difference.step.exchanges for f in e.nwp)
    else:
        subject = getattr(difference, key)
    return subject is not None and bool(pattern.search(subject))


def numbers(line: bytes | None) -> list[str]:
    """The parameters of a line that are numbers by the guide, or may be; keywords left out."""
    command = table.find(line or b"")
    if command is None:
        return []
    rest = line.decode("latin-1").partition("=")[2]
    words = [rest[slice(*span)].strip() for span in split_parameters(rest)]
    kinds = command.kinds + command.kinds[-1:] * len(words)
    return [
        word
        for word, kind in zip(words, kinds, strict=False)
        if kind and word and word.upper() not in table.keywords()
    ]


def changed(before: str, after: str) -> tuple[str, str]:
    """The middle of two texts, without what they have in common at both ends."""
    head = len(os.path.commonprefix([before, after]))
    rest = before[head:][::-1], after[head:][::-1]
    tail = len(os.path.commonprefix(rest))
    return before[head : len(before) - tail], after[head : len(after) - tail]


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


def load(path: Path | None = None, style: str = "ti") -> Deviations:
    """The rules of a file (default: our own for a style). Raises ValueError for a malformed rule.

    Style `guide` has rules of its own first. Values without keyword are none of its deviations:
    they are translated (guide.py).
    """
    own = resources.files(__package__)
    rows = yaml.safe_load((path or own.joinpath("deviations.yaml")).read_text()) or []
    if style == "guide":
        rows = [row for row in rows if row["name"] != VALUE_WITHOUT_KEYWORD]
        rows = yaml.safe_load(own.joinpath("deviations_guide.yaml").read_text()) + rows
    rules = [_rule(row) for row in rows]
    names = Counter(r.name for r in rules)
    if doubled := [n for n, count in names.items() if count > 1]:
        raise ValueError(f"deviations: rules of the same name: {', '.join(doubled)}")
    return Deviations(rules)


def _rule(row: dict) -> Rule:
    name = row.get("name", "?")
    unknown = set(row) - {"name", "reason", "when", TEXT, FRAMES}
    when = row.get("when") or {}
    when = when if isinstance(when, list) else [when]
    unknown |= {key for conditions in when for key in conditions} - set(CONDITIONS)
    kinds = frozenset(k for k in (TEXT, FRAMES) if row.get(k))
    if unknown or not row.get("reason") or not all(when) or not kinds:
        raise ValueError(f"deviations: rule {name} is incomplete or has unknown keys {unknown}")
    return Rule(name, row["reason"], kinds, tuple(_compiled(c) for c in when))


def _compiled(conditions: dict) -> dict:
    return {k: re.compile(str(v), re.IGNORECASE | re.DOTALL) for k, v in conditions.items()}
