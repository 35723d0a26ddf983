"""Recordings written by hand (examples.yaml): what each rule explains, and nothing beside it."""

import pytest

from cc32at.conformance import deviations
from cc32at.conformance.judge import EXPLAINED, judge
from cc32at.conformance.mutants import Trial
from cc32at.conformance.replay import Player, Sessions
from cc32at.conformance.report import describe
from tests.conformance import hand
from tests.conformance.conftest import SURVIVORS, check_survivors
from tests.unit.conformance import test_forms

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]
STYLES = ("ti", "guide")
ROWS = [(style, *row) for style in STYLES for row in hand.recordings(style)]


@pytest.fixture(scope="module")
def playing(elf):
    """For each style the firmware, the rules, and what is known of mutants so far."""
    tables = {style: deviations.load(style=style) for style in STYLES}
    return {s: (Player(elf, style=s), rules, Trial(rules)) for s, rules in tables.items()}


@pytest.mark.parametrize(
    ("style", "name", "case"), ROWS, ids=[f"{style}-{case.name}" for style, _, case in ROWS]
)
def test_a_rule_explains_its_behaviour(playing, style, name, case):
    player, rules, trial = playing[style]
    sessions = Sessions(player, case)
    verdict = judge(sessions, rules)
    assert verdict.word == EXPLAINED, describe(verdict.findings) if verdict.findings else "equal"
    assert name in {rule.name for finding in verdict.findings for rule in finding.rules}
    trial.case(sessions)


def test_what_is_spoiled_is_different(playing):
    for _, _, trial in playing.values():
        check_survivors(trial)


def test_every_listed_survivor_survives(playing):
    trials = [trial for _, _, trial in playing.values()]
    found = {(s.case, s.side, s.kind) for trial in trials for s in trial.survivors}
    if all(trial.judged > 4000 for trial in trials):
        assert not {(r["case"], r["side"], r["kind"]) for r in SURVIVORS} - found


def test_every_rule_is_tried():
    """Here, by the recordings of tests/vectors, or in tests/unit/conformance."""
    rules = {r.name: r for style in STYLES for r in deviations.load(style=style).rules}
    tried = {name for _, name, _ in ROWS} | {row[0] for row in test_forms.ROWS}
    tried.add("outside-the-set")
    assert not [r.name for r in rules.values() if r.spec and not r.told and r.name not in tried]
