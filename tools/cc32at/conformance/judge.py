"""Judging a case: each step equal, explained by rules, or different."""

from collections.abc import Sequence
from dataclasses import dataclass

from .cases import Case, Step
from .compare import FORM, FRAMES, Said, Told, differing, show_frames, show_text, told
from .deviations import Deviations, Rule
from .scenes import Scene, Session

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


def judge(
    case: Case, said: Sequence[Said], session: Session | None, rules: Deviations, style: str
) -> Verdict:
    """The verdict on what the firmware made of a case, step by step.

    Raises ValueError if there is not something said for every step.
    """
    if len(said) != len(case.steps):
        raise ValueError(f"{case.name}: {len(case.steps)} steps, {len(said)} said")
    findings, word = [], EQUAL
    for index, one in enumerate(said):
        explained = rules.explain(scene(case, index, one, session, style))
        if explained == []:
            continue
        wanted = told(case, case.steps[index])
        findings.append(Finding(case, index, wanted, one, tuple(explained or ())))
        word = DIFFERENT if explained is None or word == DIFFERENT else EXPLAINED
    return Verdict(word, tuple(findings))


def scene(case: Case, index: int, said: Said, session: Session | None, style: str) -> Scene:
    """A step as the rules see it."""
    step = case.steps[index]
    return Scene(case, index, step, told(case, step), said, session, style)
