"""The table of rules by which the firmware deviates from the recordings, with reasons.

A rule of deviations.yaml has

    name     what it is called in the report
    reason   why the firmware does something else than the vendor's core
    spec     chapters of at-commands.md that tell what the vendor's core does, for a rule that our
             own recordings do not show at work
    text, frames
             true: it may explain a difference in what is printed, or in the frames
    when     conditions, all of which must hold, or a list of such sets, one of which must:
             `flag`      one of the case's flags
             `line`      searched in the AT line, which has no blanks about its `+`
             `nwp`       searched in the hex of the frames played
             `wire`      searched in the hex of each frame of the host, `>`, the frames played
             `number`    the whole of a parameter that is a number by the guide
             `beyond`    `yes`: such a number is out of the guide's range
             `address`   `odd`: an address is not written as the guide has it
             `recorded`, `printed`  searched in the step's text, the recording's and ours
             `removed`, `added`  the whole of what the firmware left out, and put in its place,
                         where the two sides differ
             `lines`     the whole of each pair of lines that differ, the recording's and ours
                         with a line end between, for as many lines (frames) on both sides
             `strays`    `yes`: the frames are the recorded ones without stray line ends (see
                         streams.py)
             `vanished`  the whole of each line of ours that differs, which is the recording's but
                         for fields with a number in place of a keyword; its groups are the fields
                         that have keywords
             All but `flag`, `beyond`, `address` and `strays` are regular expressions; case is
             ignored. Of a list one must hold.
"""

import itertools
import os
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

import yaml

from . import parameters, streams
from .compare import FRAMES, TEXT, Difference

_HEAD = re.compile(r"^( *at) *\+ *", re.IGNORECASE)
_BITS = re.compile(r"(.*\||)0x[\da-f]+")  # a mask whose last member has no name


@dataclass(frozen=True)
class Rule:
    """A named deviation; `when`: sets of conditions with their compiled patterns."""

    name: str
    reason: str
    kinds: frozenset[str]
    when: tuple[dict, ...] = field(hash=False)
    spec: str = ""

    def explains(self, difference: Difference) -> bool:
        """Whether this rule covers a difference."""
        if difference.what not in self.kinds:
            return False
        return any(
            all(_holds(key, pattern, difference) for key, pattern in conditions.items())
            for conditions in self.when
        )


def _holds(key: str, pattern: re.Pattern, difference: Difference) -> bool:
    return CONDITIONS[key](pattern, difference)


def _flag(pattern: re.Pattern, difference: Difference) -> bool:
    return any(pattern.fullmatch(flag) for flag in difference.case.flags)


def _line(pattern: re.Pattern, difference: Difference) -> bool:
    line = difference.step.line
    return line is not None and bool(pattern.search(_HEAD.sub(r"\1+", line.decode("latin-1"))))


def _nwp(pattern: re.Pattern, difference: Difference) -> bool:
    frames = [f.hex() for e in difference.step.exchanges for f in e.nwp]
    return bool(pattern.search(" ".join(frames)))


def _wire(pattern: re.Pattern, difference: Difference) -> bool:
    return any(
        pattern.search(e.host.hex() + ">" + " ".join(f.hex() for f in e.nwp))
        for e in difference.step.exchanges
    )


def _number(pattern: re.Pattern, difference: Difference) -> bool:
    return any(pattern.fullmatch(n[0]) for n in parameters.numbers(difference.step.line))


def _beyond(_: re.Pattern, difference: Difference) -> bool:
    return any(parameters.is_beyond(*n) for n in parameters.numbers(difference.step.line))


def _address(_: re.Pattern, difference: Difference) -> bool:
    return not all(parameters.is_plain(*a) for a in parameters.addresses(difference.step.line))


def _recorded(pattern: re.Pattern, difference: Difference) -> bool:
    return bool(pattern.search(difference.recorded))


def _printed(pattern: re.Pattern, difference: Difference) -> bool:
    return bool(pattern.search(difference.printed))


def _removed(pattern: re.Pattern, difference: Difference) -> bool:
    return bool(pattern.fullmatch(changed(difference.expected, difference.got)[0]))


def _added(pattern: re.Pattern, difference: Difference) -> bool:
    return bool(pattern.fullmatch(changed(difference.expected, difference.got)[1]))


def _lines(pattern: re.Pattern, difference: Difference) -> bool:
    pairs = unlike(difference)
    return bool(pairs) and all(pattern.fullmatch(f"{a}\n{b}") for a, b in pairs)


def _vanished(pattern: re.Pattern, difference: Difference) -> bool:
    pairs = unlike(difference)
    return bool(pairs) and all(a in without_numbers(pattern, b) for a, b in pairs)


def _strays(_: re.Pattern, difference: Difference) -> bool:
    pairs = unlike(difference)
    return bool(pairs) and all(
        "-" not in a and streams.tidied(bytes.fromhex(a)) == bytes.fromhex(b) for a, b in pairs
    )


CONDITIONS = {
    "flag": _flag,
    "line": _line,
    "nwp": _nwp,
    "wire": _wire,
    "number": _number,
    "beyond": _beyond,
    "address": _address,
    "recorded": _recorded,
    "printed": _printed,
    "removed": _removed,
    "added": _added,
    "lines": _lines,
    "vanished": _vanished,
    "strays": _strays,
}


def changed(before: str, after: str) -> tuple[str, str]:
    """The middle of two texts, without what they have in common at both ends."""
    head = len(os.path.commonprefix([before, after]))
    rest = before[head:][::-1], after[head:][::-1]
    tail = len(os.path.commonprefix(rest))
    return before[head : len(before) - tail], after[head : len(after) - tail]


def unlike(difference: Difference) -> list[tuple[str, str]]:
    """The pairs of lines that are not equal; none if one side has more lines.

    Bytes of a frame that are not compared are `--` on both sides.
    """
    sides = difference.expected.split("\n"), difference.got.split("\n")
    if len(sides[0]) != len(sides[1]):
        return []
    pairs = zip(*sides, strict=True)
    if difference.what == FRAMES:
        pairs = ((a, _masked(a, b)) for a, b in pairs)
    return [(a, b) for a, b in pairs if a != b]


def _masked(expected: str, got: str) -> str:
    pairs = itertools.zip_longest(expected[: len(got)], got, fillvalue="")
    return "".join("-" if a == "-" else b for a, b in pairs)


def _parts(difference: Difference) -> list[Difference]:
    """A difference line by line."""
    pairs = unlike(difference)
    return [replace(difference, expected=a, got=b) for a, b in pairs]


def without_numbers(pattern: re.Pattern, line: str) -> set[str]:
    """What the vendor's core may make of a line whose keyword fields hold numbers.

    A number goes with the comma behind it; unnamed bits of a mask go with it, or not.
    """
    match = pattern.fullmatch(line)
    if not match:
        return set()
    pieces, at = [], 0
    for index in (i for i in range(1, pattern.groups + 1) if match[i] is not None):
        start, end = match.span(index)
        pieces.append((line[at:start],))
        at = end
        shorter = _shorter(match[index])
        if shorter and shorter[0] == "" and line[end : end + 1] == ",":
            at += 1
        pieces.append(shorter or (match[index],))
    pieces.append((line[at:],))
    return {"".join(parts) for parts in itertools.product(*pieces)}


def _shorter(field: str) -> tuple[str, ...]:
    """A field without its number; empty if it has none."""
    if field.isdigit():
        return ("",)
    mask = _BITS.fullmatch(field)
    return tuple(dict.fromkeys((mask[1], mask[1][:-1]))) if mask else ()


class Deviations:
    """The rules and how often each was needed."""

    def __init__(self, rules: list[Rule]):
        self.rules = rules
        self.used: Counter[str] = Counter()

    def explain(self, difference: Difference) -> Rule | None:
        """The first rule that covers a difference, counted; None if there is none.

        If no rule covers all of it, each line may have one of its own.
        """
        found = self._first(difference)
        rules = [found] if found else [self._first(part) for part in _parts(difference)]
        if not rules or None in rules:
            return None
        self.used.update(rule.name for rule in rules)
        return rules[0]

    def _first(self, difference: Difference) -> Rule | None:
        return next((rule for rule in self.rules if rule.explains(difference)), None)

    @property
    def unused(self) -> list[Rule]:
        """Rules that explained nothing, and are not there for behaviour that only the spec has."""
        return [r for r in self.rules if not self.used[r.name] and not r.spec]


def load(path: Path | None = None, style: str = "ti") -> Deviations:
    """The rules of a file (default: our own for a style). Raises ValueError for a malformed rule.

    Style `guide` has rules of its own first.
    """
    own = resources.files(__package__)
    rows = yaml.safe_load((path or own.joinpath("deviations.yaml")).read_text()) or []
    if style == "guide":
        rows = yaml.safe_load(own.joinpath("deviations_guide.yaml").read_text()) + rows
    rules = [_rule(row) for row in rows]
    names = Counter(r.name for r in rules)
    if doubled := [n for n, count in names.items() if count > 1]:
        raise ValueError(f"deviations: rules of the same name: {', '.join(doubled)}")
    return Deviations(rules)


def _rule(row: dict) -> Rule:
    name = row.get("name", "?")
    unknown = set(row) - {"name", "reason", "spec", "when", TEXT, FRAMES}
    when = row.get("when") or {}
    when = when if isinstance(when, list) else [when]
    unknown |= {key for conditions in when for key in conditions} - set(CONDITIONS)
    when = [one for conditions in when for one in _without_lists(conditions)]
    kinds = frozenset(k for k in (TEXT, FRAMES) if row.get(k))
    if unknown or not row.get("reason") or not all(when) or not kinds:
        raise ValueError(f"deviations: rule {name} is incomplete or has unknown keys {unknown}")
    return Rule(name, row["reason"], kinds, tuple(_compiled(c) for c in when), row.get("spec", ""))


def _without_lists(conditions: dict) -> list[dict]:
    """The sets of conditions that a set with lists stands for."""
    values = [v if isinstance(v, list) else [v] for v in conditions.values()]
    return [dict(zip(conditions, chosen, strict=True)) for chosen in itertools.product(*values)]


def _compiled(conditions: dict) -> dict:
    return {k: re.compile(str(v), re.IGNORECASE | re.DOTALL) for k, v in conditions.items()}
