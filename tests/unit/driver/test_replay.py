"""Every recorded session of the vendor's driver, played against ours."""

import pytest

from tests.unit.driver import replay

CASES = replay.cases(replay.ROOT / "tests" / "vectors")
FILES = sorted({case["id"].split(".")[0] for case in CASES})


@pytest.mark.parametrize("prefix", FILES)
def test_frames_and_results_equal_the_recordings(prefix):
    totals = [0, 0, 0]
    wrong = []
    for case in CASES:
        if case["id"].split(".")[0] == prefix:
            *numbers, problems = replay.replay(case)
            totals = [a + b for a, b in zip(totals, numbers, strict=True)]
            wrong += [f"{case['id']}: {problem}" for problem in problems]
    print("frames: {} equal, {} different, {} not reached".format(*totals))
    assert not wrong, "\n".join(wrong)
    assert totals[1:] == [0, 0]


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
