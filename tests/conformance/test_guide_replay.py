"""The recordings of tests/vectors, replayed in style `guide`: its form, and the recorded values.

Equal after translation (tools/cc32at/conformance/guide.py), or explained by a named rule.
"""

import pytest

from cc32at.conformance import cases, deviations
from cc32at.conformance.replay import Player, Sessions
from tests.conformance.conftest import VECTORS, check_survivors, complete

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def player(elf):
    """The firmware in style `guide`, booted once."""
    return Player(elf, style="guide")


@pytest.fixture(scope="module")
def report(new_report):
    """What is counted over all files."""
    return new_report(deviations.load(style="guide"), "recordings in style guide")


def test_a_recording_holds_the_same_values_in_style_guide(differences):
    assert not differences, "\n".join(differences)


def test_every_rule_of_style_guide_explains_something(report):
    if complete(report):
        ti = {rule.name for rule in deviations.load().rules}
        assert not [r.name for r in report.deviations.unused if r.name not in ti]


def test_what_is_spoiled_is_different(report):
    check_survivors(report.trial)
    assert report.trial.judged > 1000 or not complete(report)


def test_style_ti_is_not_taken_for_style_guide(elf, player):
    """The other way round: what style `ti` prints has not the form of style `guide`."""
    ti = Player(elf)
    ti.style = "guide"
    case = next(c for c in cases.load(VECTORS / "dev.json") if c.name == "dev.get.version")
    for instance, is_guide in ((player, True), (ti, False)):
        sessions = Sessions(instance, case)
        said = [sessions.said(index) for index in range(len(case.steps))]
        assert any(one.malformed for one in said) != is_guide
