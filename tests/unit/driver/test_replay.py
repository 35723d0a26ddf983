"""Every recorded session of the vendor's driver, played against ours."""

from collections import Counter

import pytest

from tests.unit.driver import replay

CASES = replay.cases(replay.ROOT / "tests" / "vectors")
FILES = sorted({case["id"].split(".")[0] for case in CASES})


def recorded(cases: list[dict]) -> int:
    """Host frames in the recordings."""
    steps = [step for case in cases for step in case["steps"]]
    return sum(bool(e["host_frame_hex"]) for step in steps for e in step["exchanges"])


@pytest.fixture(scope="module")
def totals(summaries):
    """What was compared so far; told at the end of the run."""
    totals: Counter = Counter()
    summaries.append(lambda: "driver against recordings: " + "; ".join(replay.report(totals)))
    return totals


@pytest.mark.parametrize("prefix", FILES)
def test_frames_and_results_equal_the_recordings(prefix, totals):
    cases = [case for case in CASES if case["id"].split(".")[0] == prefix]
    counts: Counter = Counter()
    wrong = []
    for case in cases:
        found, problems = replay.replay(case)
        counts += found
        wrong += [f"{case['id']}: {problem}" for problem in problems]
    totals += counts
    assert not wrong, "\n".join(wrong)
    assert counts["frames equal"] == recorded(cases)
    assert {name.split()[1] for name in counts} <= {"equal"}


def test_recordings_are_not_empty():
    assert len(CASES) > 700


def test_a_difference_is_seen():
    case = next(case for case in CASES if case["id"] == "sock.bind")
    frame = case["steps"][-1]["exchanges"][0]["host_frame_hex"]
    broken = {**case, "steps": list(case["steps"])}
    broken["steps"][-1] = {**case["steps"][-1]}
    exchange = {**case["steps"][-1]["exchanges"][0], "host_frame_hex": frame[:-2] + "ff"}
    broken["steps"][-1]["exchanges"] = [exchange]
    session = replay.Session(broken)
    session.exchange = lambda frame, *rest: (
        session.rig.start(session.awaited(lambda sl, a: sl.sockets.bind(0, 5001, b"\0\0\0\0"), {}))
        if int.from_bytes(frame[4:6], "little") == replay.BIND
        else None
    )
    session.play()
    rows = [row for row in session.model.result() if row.got is not None]
    assert rows and not rows[-1].equal
