"""Every recorded exchange passes the link unchanged, in both directions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from scripted import body_of

VECTORS = Path(__file__).parents[2] / "vectors"
DATA = {0x100A: 4, 0x100B: 12, 0x120B: 24}
DUMMY = 0x0063


def cases(path: Path) -> list[dict]:
    return json.loads(path.read_text())


def opcode_of(raw: bytes) -> int:
    return int.from_bytes(raw[4:6], "little")


class Replay:
    """Plays the frames of one session; what the link makes of them is collected."""

    def __init__(self, rig):
        self.rig = rig
        self.buffers = {}
        self.answers = []
        self.exchanges = 0

    def expect_data(self, raw: bytes) -> None:
        """Offer a buffer to received data, as the driver does when it asks for it."""
        if opcode_of(raw) in DATA:
            sd = body_of(raw)[2]
            self.buffers[sd & 15] = buf = bytearray(b"\xee" * 2000)
            self.rig.nwp.expect(sd, buf)

    def exchange(self, host: bytes, replies: list[bytes]) -> None:
        self.exchanges += 1
        nwp, model = self.rig.nwp, self.rig.model
        for raw in replies:
            self.expect_data(raw)
        if not host:
            for raw in replies:
                model.say(raw)
            nwp.poll()
            return
        model.answers.append(replies)
        opcode, body = opcode_of(host), host[8:]
        if any(opcode_of(raw) & 0x0400 for raw in replies):
            n = nwp.request(opcode, body)
            self.answers.append(bytes(nwp.answer[:n]) if n >= 0 else n)
            nwp.poll()
        else:
            assert nwp.post(opcode, body, None, 0, -1) == 0
            nwp.poll()
        assert model.frames.pop() == host


def expected_of(replies: list[bytes]) -> tuple[list, list, dict]:
    """Answers, events and received data that these messages carry."""
    answers, events, data = [], [], {}
    for raw in replies:
        opcode, body = opcode_of(raw), body_of(raw)
        if opcode & 0x0400:
            answers.append(body)
        elif opcode in DATA:
            status = int.from_bytes(body[:2], "little", signed=True)
            events.append((opcode, raw[9], body[: DATA[opcode]]))
            data[body[2] & 15] = body[DATA[opcode] :][: max(status, 0)]
        elif opcode == 0x000C:
            events.append((0xFF01, raw[9], raw[12:16] + body[:4]))
        elif opcode != DUMMY:
            events.append((opcode, raw[9], body))
    return answers, events, data


def play(rig, case: dict) -> int:
    replay = Replay(rig)
    answers, events, seen = [], [], []
    for step in case["steps"]:
        if "P" in step.get("order", ""):
            rig.nwp.open()
            rig.model.frames.clear()
        for exchange in step.get("exchanges", ()):
            replies = [bytes.fromhex(text) for text in exchange["nwp_frames_hex"]]
            replay.exchange(bytes.fromhex(exchange["host_frame_hex"]), replies)
            wanted = expected_of(replies)
            answers += wanted[0]
            events += wanted[1]
            for sd, data in wanted[2].items():
                assert replay.buffers[sd][: len(data)] == data
                assert not replay.buffers[sd][len(data) :].strip(b"\xee")
        seen += rig.events()
    assert replay.answers == answers
    assert seen == events
    assert rig.model.over_reads == 0 and rig.model.unread == 0
    assert rig.count("answers_unasked") == rig.count("late_data") == rig.count("drained") == 0
    return replay.exchanges


# wire.json is malformed on purpose: test_sync.py has it.
@pytest.mark.parametrize("name", sorted({path.stem for path in VECTORS.glob("*.json")} - {"wire"}))
def test_every_exchange_passes_unchanged(rig, name):
    played = sum(play(rig, case) for case in cases(VECTORS / f"{name}.json"))
    assert played > 0


def test_the_recordings_are_all_there():
    assert sum(len(cases(path)) for path in VECTORS.glob("*.json")) == 775
