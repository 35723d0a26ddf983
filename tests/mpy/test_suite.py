"""MicroPython's own tests pass on the firmware, each of them or there is a reason."""

import os
from pathlib import Path

import pytest

from cc32at.image import mpytests

LIMIT_S = 900


@pytest.mark.slow
@pytest.mark.timeout(LIMIT_S + 60)
@pytest.mark.parametrize("directory", mpytests.DIRECTORIES)
def test_directory_passes_but_for_the_explained(directory, elf):
    mpy_dir = Path(os.environ.get("MPY_DIR") or mpytests.MPY_DIR)
    outcome, wrong = mpytests.check([directory], elf, mpy_dir=mpy_dir, timeout_s=LIMIT_S)
    assert not wrong, "\n".join(wrong + [outcome.output[-2000:]])
    assert outcome.passed | outcome.skipped == mpytests.tests_of(mpy_dir, [directory])
