"""The recordings of tests/vectors, replayed in style `guide`: its form, and the recorded values.

Equal after translation (tools/cc32at/conformance/guide.py), or explained by a named rule.
"""

from pathlib import Path

import pytest

from cc32at.conformance import cases, deviations
from cc32at.conformance.replay import Player
from cc32at.conformance.report import DIFFERENT, Report, describe

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(path.stem for path in VECTORS.glob("*.json"))

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def player(pytestconfig):
    """The firmware in style `guide`, booted once."""
    return Player(pytestconfig.getoption("--elf"), style="guide")


@pytest.fixture(scope="module")
def report(summaries):
    """Counts over all files; its closing line is in the summary of the run."""
    report = Report(deviations.load(style="guide"))
    report.played = set()
    summaries.append(lambda: f"recordings in style guide: {report.summary}")
    return report


@pytest.mark.parametrize("name", FILES)
def test_a_recording_holds_the_same_values_in_style_guide(name, player, report):
    found = []
    for case in cases.load(VECTORS / f"{name}.json"):
        if reason := player.missing(case):
            report.not_run(reason)
            continue
        verdict, left = report.judge(player.run(case))
        if verdict == DIFFERENT:
            found.append(describe(case, left))
    report.played.add(name)
    assert not found, "\n".join(found)


def test_every_rule_of_style_guide_explains_something(report):
    if report.played == set(FILES):
        ti = {rule.name for rule in deviations.load().rules}
        assert not [r.name for r in report.deviations.unused if r.name not in ti]


def test_style_ti_is_not_taken_for_style_guide(pytestconfig, player):
    """The other way round: what style `ti` prints has not the form of style `guide`."""
    ti = Player(pytestconfig.getoption("--elf"))
    ti.style = "guide"
    case = next(c for c in cases.load(VECTORS / "dev.json") if c.name == "dev.get.version")
    assert not player.run(case)
    assert {d.what for d in ti.run(case)} == {"form"}
