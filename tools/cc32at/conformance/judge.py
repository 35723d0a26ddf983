"""Judging a case: each step equal, explained by rules, or different."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from . import scenes
from .cases import Case, Step
from .compare import FORM, FRAMES, Said, Told, differing, show_frames, show_text, told
from .deviations import Deviations, Explanation, Rule
from .scenes import Scene

EQUAL, EXPLAINED, DIFFERENT, NOT_RUN = "equal", "explained", "different", "not run"


@dataclass(frozen=True)
class Finding:
    """A step that is not equal, and the rules that explain it; none if it is different."""

    case: Case
    index: int
    told: Told
    said: Said
    rules: tuple[Rule, ...]

    @property
    def step(self) -> Step:
        """The recorded step."""
        return self.case.steps[self.index]

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """What differs, as expected and as got, readable."""
        found = []
        for what in differing(self.told, self.said):
            if what == FRAMES:
                sides = show_frames(self.told.frames), show_frames(self.said.frames)
            else:
                sides = show_text(self.told.text), show_text(self.said.text)
            if what == FORM:
                sides = sides[0], f"{sides[1]}\n{self.said.malformed}"
            found.append((what, *sides))
        return found


@dataclass(frozen=True)
class Verdict:
    """EQUAL, EXPLAINED or DIFFERENT, and the steps that are not equal."""

    word: str
    findings: tuple[Finding, ...] = ()


class Session(scenes.Session, Protocol):
    """The session of a case with the firmware; `compared`: the case as what comes is judged."""

    compared: Case
    style: str

    def said(self, index: int) -> Said:
        """What the firmware made of a step."""

    def go_on(self, index: int, line: bytes | None) -> None:
        """Play the steps behind one as they are if that had another line, or none."""


class Alone:
    """What came, where nothing else can be played."""

    def __init__(self, case: Case, said: Sequence[Said], style: str = "ti"):
        self.compared = case
        self.style = style
        self._said = said

    def said(self, index: int) -> Said:
        """What came in a step."""
        return self._said[index]

    def play(self, index: int, lines: tuple[str, ...], changes: str) -> Said | None:
        """Nothing."""
        return None

    def go_on(self, index: int, line: bytes | None) -> None:
        """All has come that will come."""


def judge(session: Session, rules: Deviations) -> Verdict:
    """The verdict on what the firmware made of a case, step by step.

    Behind a step that the firmware takes for something else than the vendor's core did the session
    goes on as the vendor's.
    """
    case = session.compared
    findings, word = [], EQUAL
    for index in range(len(case.steps)):
        here = scene(session, index)
        explanation = rules.explain(here)
        if explanation == Explanation():
            continue
        covered = explanation.rules if explanation else ()
        findings.append(Finding(case, index, here.told, here.said, covered))
        word = DIFFERENT if explanation is None or word == DIFFERENT else EXPLAINED
        if explanation and explanation.line and index < len(case.steps) - 1:
            session.go_on(index, *explanation.line)
    return Verdict(word, tuple(findings))


def scene(
    session: Session, index: int, case: Case | None = None, said: Said | None = None
) -> Scene:
    """A step as the rules see it; case, said: other ones than those of the session."""
    case = case or session.compared
    step = case.steps[index]
    said = said or session.said(index)
    return Scene(case, index, step, told(case, step), said, session, session.style)
