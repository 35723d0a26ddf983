"""Answers of the right kind that are wrong: values or SlError, no hang, nothing left behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.hostlink import asan_environment
from simplelink.errors import SlError
from tests.unit.driver import liar
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

ROOT = Path(__file__).resolve().parents[3]
FRAMES = int(os.environ.get("FUZZ_FRAMES", "30000"))
OPCODES = {row["name"]: row for row in liar.calls.TABLE["opcodes"]}
FATALS = {"fatal 3", "fatal 4", "fatal 5"}  # sync loss, no answer, no completion


def check(seen: dict, frames: int) -> None:
    """Each way through the driver was taken many times."""
    assert seen["frames"] >= frames
    for name, part in (("values", 10), ("errors", 20), ("events", 20), ("spoilt", 50)):
        assert seen[name] > frames / part, name
    assert seen["cancelled"] and seen["lives"] > frames / 1000


@pytest.mark.parametrize("seed", [1, 2])
def test_a_lying_network_processor_short(seed):
    check(liar.run(seed, 4000), 4000)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_lying_network_processor_under_the_sanitizers():
    environment = {**asan_environment(), "LINK_ASAN": "1", "PYTHONMALLOC": "malloc"}
    environment["PYTHONPATH"] = os.pathsep.join((".", "tools", "firmware/modules"))
    command = [sys.executable, "-m", "tests.unit.driver.liar", "3", str(FRAMES)]
    options = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(command, **options)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    seen = json.loads(done.stdout)
    check(seen, FRAMES)
    assert seen.keys() >= FATALS


@pytest.fixture(scope="module")
def rig():
    rig = Rig(Peer(yes))
    rig.run(rig.sl.device.start())
    return rig


@settings(max_examples=600, deadline=None)
@given(
    name=st.sampled_from(sorted(liar.CALLS)),
    answer=st.binary(max_size=100),
    completion=st.binary(max_size=100),
    twice=st.booleans(),
)
def test_any_answer_and_completion_is_a_value_or_an_error(rig, name, answer, completion, twice):
    row = OPCODES[name]

    def handler(opcode, body):
        if opcode != row["opcode"]:
            return yes(opcode, body)
        messages = [(row["response_opcode"], answer)] if row["response_opcode"] else []
        messages += [(int(done, 16), completion) for done in row["async_opcodes"]]
        return messages * (1 + twice)

    async def call():
        result = liar.CALLS[name](rig.sl)
        return await result if hasattr(result, "send") else result

    rig.model.handler = handler
    task = rig.start(call())
    rig.pump(50)
    rig.model.handler = yes
    if not task.done:
        rig.run(rig.sl.device.stop(0))
        rig.run(rig.sl.device.start())
    assert task.done and (task.error is None or isinstance(task.error, SlError)), task.error
    rig.pump(1)
    assert rig.sl.link.idle()
