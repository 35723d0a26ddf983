"""Recorded sessions played by ScriptedNwp: the recording itself must pass, anything else not."""

import json
from pathlib import Path

import pytest

from cc32at.nwp import ScriptedNwp
from cc32at.nwp.clock import VirtualClock
from cc32at.nwp.codec import CNYS

VECTORS = Path(__file__).parents[2] / "vectors"
CASES = {
    case["id"]: case
    for path in sorted(VECTORS.glob("*.json"))
    for case in json.loads(path.read_text())
}


class Player:
    """Does what the recorded driver did, in the recorded order."""

    def __init__(self, case):
        self.case = case
        self.np = ScriptedNwp(case)
        self.clock = VirtualClock()
        self.np.attach(self.clock, lambda level: None)
        self.read = []

    def run(self, spoil=lambda frame: frame):
        for number, step in enumerate(self.case["steps"]):
            self.np.begin_step(number)
            frames = [bytes.fromhex(e["host_frame_hex"]) for e in step["exchanges"]]
            frames = iter([frame for frame in frames if frame])
            for action in step["order"]:
                if action in "PF":
                    self.np.power(action == "P")
                    self.clock.advance(0.01)
                elif action == "H":
                    self.np.write(spoil(next(frames)))
                elif action == "c":
                    self.fetch()
            # What the recorded driver did not come to read does not matter here.
            while self.np.irq:
                self.fetch()
        return self.np.result()

    def fetch(self):
        assert self.np.irq, "the recorded driver read a message here"
        self.np.write(CNYS)
        self.read.append(self.np.read(4096))


def test_there_are_recordings():
    assert len(CASES) >= 775


@pytest.mark.parametrize("name", CASES, ids=str)
def test_recording_plays_against_itself(name):
    case = CASES[name]
    player = Player(case)
    rows = player.run()
    frames = [e for s in case["steps"] for e in s["exchanges"] if e["host_frame_hex"]]
    assert len(rows) == len(frames) and all(row.equal for row in rows)
    sent = [f for s in case["steps"] for e in s["exchanges"] for f in e["nwp_frames_hex"]]
    assert len(player.read) == len(sent)
    for got, want in zip(player.read, sent, strict=True):
        want = bytes.fromhex(want)
        assert got.startswith(want) and set(got[len(want) :]) <= {0xFF}


def with_frames():
    return next(c for c in CASES.values() if c["id"] == "wire.event_inside_cmd")


def test_other_bytes_are_a_difference():
    rows = Player(with_frames()).run(lambda f: f[:10] + bytes((f[10] ^ 1,)) + f[11:])
    assert [row.differences() for row in rows] == [[10]]


def test_uninitialised_bytes_are_not_compared():
    rows = Player(with_frames()).run(lambda f: f[:8] + b"\xaa" + f[9:])
    assert rows[0].equal and 8 in rows[0].uninit


def test_unexpected_and_missing_frames_are_reported():
    case = with_frames()
    extra = bytes.fromhex("214334122 49c0000".replace(" ", ""))
    rows = Player(case).run(lambda frame: extra + frame)
    assert [(row.expected is None, row.got is None) for row in rows] == [
        (True, False),
        (False, False),
    ]
    np = ScriptedNwp(case)
    for number in range(2):
        np.begin_step(number)
    assert [(row.got, row.equal) for row in np.result()] == [(None, False)]
    assert np.result(0) == [] and len(np.result(1)) == 1 and not np.finished


def test_skipped_frame_counts_as_missing_and_the_rest_goes_on():
    case = CASES["sock.select.3"]
    seen = []

    def leave_out_second(frame):
        seen.append(frame)
        return b"" if len(seen) == 2 else frame

    player = Player(case)
    player.fetch = lambda: None if not player.np.irq else Player.fetch(player)
    rows = player.run(leave_out_second)
    assert any(row.got is None for row in rows) or not all(row.equal for row in rows)


def test_the_sequence_goes_on_without_the_answers_of_what_is_missing():
    case = CASES["sock.select.3"]
    player = Player(case)
    skipped, asked = (
        bytes.fromhex(case["steps"][n]["exchanges"][0]["host_frame_hex"]) for n in (1, 2)
    )
    player.np.begin_step(0)
    player.np.power(True)
    player.clock.advance(0.01)
    player.np.begin_step(1)  # the host does not ask
    player.np.give_up()
    player.np.begin_step(2)
    player.np.write(asked)
    while player.np.irq:
        player.fetch()
    numbers = [message[0] & 3 for message in player.read]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert [(row.expected, row.got) for row in player.np.result(1)] == [(skipped, None)]


def test_answers_keep_the_recorded_garbage():
    player = Player(CASES["wire.misaligned"])
    player.run()
    assert player.read[-1].startswith(bytes.fromhex("0011bddccdab"))


def test_snapshot_goes_back_in_the_recording():
    player = Player(CASES["dev.stop.restart"])
    player.np.begin_step(0)
    player.np.power(True)
    state = player.np.snapshot()
    results = []
    for _ in range(2):
        player.np.restore(state)
        player.clock.advance(0.01)
        player.np.write(CNYS)
        results.append(player.np.read(28))
    assert results[0] == results[1] and results[0].startswith(bytes.fromhex("bcdccdab0800"))
