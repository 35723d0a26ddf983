"""`make flash` writes the image without the prompt, unless the prompt is asked for."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.usefixtures("elf", "elf_without_repl")  # so that make builds nothing
PROMPT, BARE = "CC3220SF_LAUNCHXL", "CC3220SF_LAUNCHXL-norepl"


@pytest.fixture
def flash(tmp_path):
    """flash("REPL=1", **environment) -> how make ends; OpenOCD is played by a script."""

    def run(*choice: str, **environment: str) -> subprocess.CompletedProcess:
        openocd = tmp_path / "openocd"
        openocd.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
        openocd.chmod(0o755)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "REPL", "BOARD"))}
        return subprocess.run(
            ["make", "flash", *choice],
            cwd=ROOT,
            env=kept | environment | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=100,
        )

    return run


@pytest.mark.parametrize(
    ("choice", "environment", "image"),
    [
        ((), {}, BARE),
        (("REPL=0",), {}, BARE),
        (("REPL=1",), {}, PROMPT),
        ((), {"REPL": "1"}, PROMPT),
        ((), {"REPL": "0"}, BARE),
    ],
)
def test_the_image_that_is_written(flash, choice, environment, image):
    done = flash(*choice, **environment)
    program = f"program build/{image}/firmware.elf verify reset exit"
    assert done.stdout.splitlines() == ["-f", "board/ti_cc3220sf_launchpad.cfg", "-c", program]
    assert done.returncode == 0, done.stderr


def test_a_board_without_flash_is_told(flash):
    done = flash("BOARD=CC3220S_LAUNCHXL")
    assert done.returncode == 2 and done.stdout == ""
    assert "CC3220S_LAUNCHXL has no flash of its own" in done.stderr
