"""The table of rules by which the firmware deviates from the recordings, with reasons.

A rule of deviations.yaml binds both sides: it says what must be recorded, and what must come
instead. It has a `name`, a `reason`, the chapter `spec` of at-commands.md that tells what the
vendor's core does if our own recordings do not show it, and either entries `told` (restate.py:
values compared with the recorded frames of the network processor), or a list `forms`, of which
one must hold, each with

    when       conditions, all of which must hold:
               `line`     searched in the AT line, which has no blanks about its +, in any case
               `odd`      what is odd about its parameters (reading.py), payload (payloads.py) or
                          quotes (quotes.py); one of a list
               `flag`     one of the case's flags; one of a list
               `nwp`      searched in the hex of the frames played
               `scene`    a function of scenes.py
    recorded, instead
               the two sides, each one side or a list of alternatives:
               {refused: CODE or words}  that one error line and no frame
               {text: LINES, frames: F}  these lines, one a line, and frames: none, a list of
                          {MESSAGE: fields} (protocol.json), or a name of sides.FRAMES
               {as: R}    all that the same session gives with another line: a name of rewrites.py,
                          {sub: [[expression, text], ...]}, {letters: characters that mean
                          nothing}, or a list of such, one after the other; besides, `answers` of
                          answers.py, `fields` to put into the frames, or `only: text`. What such
                          a session gives may again be what is recorded by another rule
               {usage: true}, {complete: true} ...  one of special.py
"""

import functools
from collections import Counter
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import yaml

from . import enterprise, payloads, quotes, restate  # noqa: F401 -- some are rewritings alone
from .answers import ANSWERS
from .compare import Told, differing
from .rewrites import REWRITES, Rewriting, letters, one_after_the_other, substitution
from .scenes import Scene, applies, check
from .sides import FRAMES, OTHER, As, Exact, Side, refused
from .special import KINDS

_DEPTH = 3  # rules that explain what another line gives


@dataclass(frozen=True)
class Form:
    """When a rule applies, and its two sides."""

    when: tuple[tuple[str, object], ...]
    recorded: tuple[Side, ...]
    instead: tuple[Side, ...]


@dataclass(frozen=True)
class Rule:
    """A named deviation."""

    name: str
    reason: str
    spec: str = ""
    told: tuple[restate.Entry, ...] = ()
    forms: tuple[Form, ...] = ()


@dataclass(frozen=True)
class Explanation:
    """The rules that cover a step; none if it is equal.

    line: what the vendor's core took the step's line for, None in it for nothing at all; empty if
    that is no other line. The steps behind go on from there.
    """

    rules: tuple[Rule, ...] = ()
    line: tuple[bytes | None, ...] = ()


class Deviations:
    """The rules and how often each was needed."""

    def __init__(self, rules: list[Rule]):
        self.rules = rules
        self.used: Counter[str] = Counter()

    def explain(self, scene: Scene) -> Explanation | None:
        """What covers a step, counted; None if it is different."""
        explanation = self._explained(scene)
        if explanation:
            self.used.update(rule.name for rule in explanation.rules)
        return explanation

    def _explained(self, scene: Scene, depth: int = 0) -> Explanation | None:
        line = (scene.step.line,) if depth else ()
        if scene.said.malformed:
            return None
        if not differing(scene.told, scene.said):
            return Explanation((), line)
        told, used = self._restated(scene)
        if not differing(told, scene.said):
            return Explanation(used, line)
        if depth == _DEPTH:
            return None
        for rule in self.rules:
            for form in rule.forms:
                inner = self._covered(form, scene, depth)
                if inner is not None:
                    return Explanation((rule, *inner.rules), inner.line)
        return None

    def _restated(self, scene: Scene) -> tuple[Told, tuple[Rule, ...]]:
        """What is recorded as it would be if all were printed that is on the wire."""
        told, used = scene.told, []
        for rule in self.rules:
            for entry in rule.told:
                better = restate.restated(entry, told, scene)
                if better != told:
                    told, used = better, [*used, rule]
        return told, tuple(dict.fromkeys(used))

    def _covered(self, form: Form, scene: Scene, depth: int) -> Explanation | None:
        """Whether both sides of a form hold, by the help of which other rules."""
        if not all(applies(key, value, scene) for key, value in form.when):
            return None
        if not any(side.came(scene) for side in form.instead):
            return None
        for side in form.recorded:
            inner = self._recorded(side, scene, depth)
            if inner is not None:
                return inner
        return None

    def _recorded(self, side: Side, scene: Scene, depth: int) -> Explanation | None:
        if side.recorded(scene):
            return Explanation((), (None,) if side.refuses else ())
        for other in side.scenes(scene):
            inner = self._explained(other, depth + 1)
            if inner is not None:
                return inner
        return None

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
    rules = [rule(row) for row in rows]
    names = Counter(r.name for r in rules)
    if doubled := [n for n, count in names.items() if count > 1]:
        raise ValueError(f"deviations: rules of the same name: {', '.join(doubled)}")
    return Deviations(rules)


def rule(row: dict) -> Rule:
    """A rule from its row. Raises ValueError if it does not say what, why and what instead."""
    name = row.get("name", "?")
    try:
        made = Rule(
            name=name,
            reason=" ".join(row["reason"].split()),
            spec=row.get("spec", ""),
            told=tuple(restate.Entry(**entry) for entry in row.get("told", ())),
            forms=tuple(_form(form) for form in row.get("forms", ())),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"deviations: rule {name} is malformed ({error!r})") from error
    unknown = set(row) - {"name", "reason", "spec", "told", "forms"}
    if unknown or not made.reason or not made.told + made.forms:
        raise ValueError(f"deviations: rule {name} is incomplete or has unknown keys {unknown}")
    return made


def _form(row: dict) -> Form:
    if set(row) != {"when", "recorded", "instead"} or not row["when"]:
        raise ValueError(f"a form has when, recorded and instead, not {sorted(row)}")
    when = tuple(row["when"].items())
    for key, value in when:
        check(key, value)
    return Form(when, sides(row["recorded"]), sides(row["instead"]))


def sides(row: dict | list) -> tuple[Side, ...]:
    """The alternatives of a side. Raises ValueError or KeyError for what there is not."""
    return tuple(_side(dict(one)) for one in (row if isinstance(row, list) else [row]))


def _side(row: dict) -> Side:
    if "as" in row:
        made: Side = _as(row)
    elif "refused" in row:
        made = Exact(refused(row.pop("refused")).decode().strip())
    elif "text" in row:
        made = Exact(row.pop("text"), _frames(row.pop("frames", ())))
    else:
        ((kind, _),) = row.items()
        return KINDS[kind]()
    if row:
        raise ValueError(f"a side has no {', '.join(row)}")
    return made


def _as(row: dict) -> Side:
    answers = row.pop("answers", "")
    fields = dict(row.pop("fields", {}))
    if answers:
        ANSWERS[answers]
    if "payload" in fields:
        fields["payload"] = bytes.fromhex(fields["payload"])
    only = row.pop("only", "")
    return As(_rewrite(row.pop("as")), answers, tuple(fields.items()), only == "text")


def _frames(given) -> tuple | str:
    if isinstance(given, str):
        return given if given == OTHER else list(FRAMES)[list(FRAMES).index(given)]
    return tuple(given)


def _rewrite(given) -> Rewriting:
    if isinstance(given, str):
        return REWRITES[given]
    if isinstance(given, list):
        return functools.reduce(one_after_the_other, map(_rewrite, given))
    ((kind, value),) = given.items()
    return {"sub": lambda v: substitution(*v), "letters": letters}[kind](value)
