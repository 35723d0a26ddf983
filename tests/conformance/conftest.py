"""Playing the recordings of tests/vectors, in either style."""

from pathlib import Path

import pytest

from cc32at.conformance import cases
from cc32at.conformance.report import DIFFERENT, Report, describe

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(path.stem for path in VECTORS.glob("*.json"))


def pytest_generate_tests(metafunc):
    if "recordings" in metafunc.fixturenames:
        metafunc.parametrize("recordings", FILES)


@pytest.fixture
def differences(player, report, recordings) -> list[str]:
    """What a file of recordings leaves that is neither equal nor explained."""
    found = []
    for case in cases.load(VECTORS / f"{recordings}.json"):
        if reason := player.missing(case):
            report.not_run(reason)
            continue
        verdict, left = report.judge(player.run(case))
        if verdict == DIFFERENT:
            found.append(describe(case, left))
    report.played.add(recordings)
    return found


@pytest.fixture(scope="module")
def new_report(summaries):
    """Counts over all files; its closing line is in the summary of the run."""

    def make(rules, title: str) -> Report:
        report = Report(rules)
        report.played = set()
        summaries.append(lambda: f"{title}: {report.summary}")
        return report

    return make


def complete(report: Report) -> bool:
    """Whether every file has been played: only then a rule may be called unused."""
    return report.played == set(FILES)
