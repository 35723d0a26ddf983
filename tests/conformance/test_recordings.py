"""The recordings of tests/vectors in style `ti` against the firmware in the emulator.

Equal, or explained by a rule of tools/cc32at/conformance/deviations.yaml; a rule that explains
nothing is an error.
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
    """The firmware, booted once."""
    return Player(pytestconfig.getoption("--elf"))


@pytest.fixture(scope="module")
def report(summaries):
    """Counts over all files; its closing line is in the summary of the run."""
    report = Report(deviations.load())
    report.played = set()
    summaries.append(lambda: f"recordings: {report.summary}")
    return report


@pytest.mark.parametrize("name", FILES)
def test_recordings_are_equal_or_explained(name, player, report):
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


def test_every_rule_explains_something(report):
    if report.played == set(FILES):
        assert not [rule.name for rule in report.deviations.unused]
