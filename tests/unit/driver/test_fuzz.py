"""Random and mutated frames: nothing but the defined errors comes of them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.hostlink import asan_environment
from simplelink import events
from tests.unit.driver.fuzz import Fuzzer

ROOT = Path(__file__).resolve().parents[3]
FRAMES = int(os.environ.get("FUZZ_FRAMES", "1000000"))  # of ours: 40 to 90 seconds


@pytest.mark.parametrize("seed", range(3))
def test_random_frames_bring_defined_errors_only(seed):
    fuzzer = Fuzzer(3000, seed)
    fuzzer.run()
    assert fuzzer.read >= 3000


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_random_frames_under_the_address_sanitizer():
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.driver.fuzz", str(FRAMES), "7"],
        cwd=ROOT,
        env={**asan_environment(), "LINK_ASAN": "1", "PYTHONPATH": ".:tools:firmware/modules"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.match(r"(\d+) frames read, \d+ restarts, no finding", done.stdout)
    assert found and int(found[1]) >= FRAMES


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 0xFFFF) | st.sampled_from([0x0880, 0x100F, 0x1878, 0xFF01]), st.binary())
def test_any_event_decodes_or_is_unknown(opcode, args):
    decoded = events.decode(opcode, memoryview(args))
    assert decoded is None or (1 <= decoded[0] <= 4 and isinstance(decoded[2], tuple))
