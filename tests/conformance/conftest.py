"""Playing the recordings of tests/vectors, in either style."""

from collections import Counter
from pathlib import Path

import pytest
import yaml

from cc32at.conformance import cases
from cc32at.conformance.judge import EXPLAINED, judge
from cc32at.conformance.mutants import Trial
from cc32at.conformance.replay import Sessions
from cc32at.conformance.report import Report, describe, unexplained

VECTORS = Path(__file__).parents[1] / "vectors"
FILES = sorted(path.stem for path in VECTORS.glob("*.json"))
SURVIVORS = yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text())
MOST = 0.01  # of all mutants may survive


def pytest_generate_tests(metafunc):
    if "recordings" in metafunc.fixturenames:
        metafunc.parametrize("recordings", FILES)


@pytest.fixture
def differences(player, report, recordings) -> list[str]:
    """What a file of recordings leaves that is neither equal nor explained.

    Of what is explained mutants are judged, too.
    """
    found = []
    for case in cases.load(VECTORS / f"{recordings}.json"):
        if reason := player.missing(case):
            report.not_run(case.file, reason)
            continue
        sessions = Sessions(player, case)
        verdict = judge(sessions, report.deviations)
        report.add(case.file, verdict)
        if left := unexplained(verdict):
            found.append(describe(left))
        elif verdict.word == EXPLAINED:
            report.trial.case(sessions)
    report.played.add(recordings)
    return found


@pytest.fixture(scope="module")
def new_report(summaries):
    """Counts over all files; its closing line is in the summary of the run."""

    def make(rules, title: str) -> Report:
        report = Report(rules)
        report.played = set()
        report.trial = Trial(rules)
        summaries.append(lambda: f"{title}: {report.summary}")
        return report

    return make


def complete(report: Report) -> bool:
    """Whether every file has been played: only then a rule may be called unused."""
    return report.played == set(FILES)


def check_survivors(trial: Trial) -> None:
    """At most one mutant in a hundred is taken for good, and each of these is listed."""
    found = Counter((s.case, s.side, s.kind) for s in trial.survivors)
    listed = {(row["case"], row["side"], row["kind"]) for row in SURVIVORS}
    assert set(found) <= listed, [str(s) for s in trial.survivors]
    assert sum(found.values()) <= MOST * trial.judged
