"""The recordings of tests/vectors in style `ti` against the firmware in the emulator.

Equal, or explained by a rule of tools/cc32at/conformance/deviations.yaml; a rule that explains
nothing is an error, and so is one that explains a spoiled recording.
"""

import pytest

from cc32at.conformance import deviations
from cc32at.conformance.replay import Player
from tests.conformance.conftest import check_survivors, complete

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def player(elf):
    """The firmware, booted once."""
    return Player(elf)


@pytest.fixture(scope="module")
def report(new_report):
    """What is counted over all files."""
    return new_report(deviations.load(), "recordings")


def test_recordings_are_equal_or_explained(differences):
    assert not differences, "\n".join(differences)


def test_every_rule_explains_something(report):
    if complete(report):
        assert not [rule.name for rule in report.deviations.unused]


def test_what_is_spoiled_is_different(report):
    check_survivors(report.trial)
    assert report.trial.judged > 1000 or not complete(report)
