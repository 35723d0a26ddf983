"""`make test TESTS=...` builds what the chosen tests take, and nothing else."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROMPT = "image BOARD=CC3220SF_LAUNCHXL REPL=1"
BARE = "image BOARD=CC3220SF_LAUNCHXL REPL=0"
SMALL = "image BOARD=CC3220S_LAUNCHXL REPL=0"


def plan(*arguments: str) -> list[str]:
    """What is printed for these arguments of pytest."""
    command = [sys.executable, "-m", "tests.plan", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    ("tests", "images"),
    [
        ("tests/unit/client/test_batch.py", []),
        ("tests/unit/image/test_pins.py", []),
        ("tests/unit/test_command_lines.py", [PROMPT]),
        ("tests/target/test_select.py", [PROMPT]),
        ("tests/target/test_repl.py", [PROMPT, BARE]),
        ("tests/target/test_repl.py::test_without_repl_its_characters_are_garbage", [BARE]),
        ("tests/target/test_small_board.py", [SMALL]),
        ("tests/target/test_front_door.py", [PROMPT, BARE, SMALL]),
        ("tests/conformance/test_recordings.py", [PROMPT]),
        ("tests/mpy", [PROMPT]),
    ],
)
def test_a_file_needs_the_images_that_its_tests_take(tests, images):
    files = sorted((ROOT / tests).glob("test_*.py")) or [ROOT / tests.partition("::")[0]]
    assert plan(tests) == images + [f"file {file.relative_to(ROOT)}" for file in files]


def test_a_folder_needs_what_its_files_need():
    files = [line for line in plan("tests/unit/client", "tests/unit/bench") if "file " in line]
    found = [*ROOT.glob("tests/unit/client/test_*.py"), *ROOT.glob("tests/unit/bench/test_*.py")]
    assert sorted(files) == sorted(f"file {path.relative_to(ROOT)}" for path in found)


def test_a_board_has_its_firmware_already():
    assert plan("tests/target/test_select.py", "--port", "loop://")[0].startswith("file ")
    assert plan("tests/target/test_select.py", "--elf", "x.elf")[0].startswith("file ")


def test_a_wrong_choice_is_told():
    command = [sys.executable, "-m", "tests.plan", "tests/none"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stdout) == (4, "")
    assert "not found: tests/none" in done.stderr


def test_no_test_takes_an_image_past_the_fixtures():
    """It might be older than its sources."""
    past = re.compile(r"firmware\.elf|getoption\(.--elf.\)")
    known = {"conftest.py", "plan.py", Path(__file__).name, "test_flash.py"}
    known.add("board.py")  # no test: played by `make fuzz`, which builds the image first
    sources = [path for path in ROOT.glob("tests/**/*.py") if path.name not in known]
    assert not [str(path) for path in sources if past.search(path.read_text())]


def test_make_says_its_stages_and_compiles_nothing_for_a_test_without_c(tmp_path):
    for tool in ("gcc", "arm-none-eabi-gcc", "clang-format"):
        (tmp_path / tool).write_text(f"#!/bin/sh\necho {tool} >>{tmp_path}/used\nexit 1\n")
        (tmp_path / tool).chmod(0o755)
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "PYTEST"))}
    test = "tests/unit/client/test_messages.py"
    done = subprocess.run(
        ["make", "test", f"TESTS={test}", "PYTEST_ARGS=-q"],
        cwd=ROOT,
        env=kept | {"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr.splitlines() == [
        f"test: looking for what {test} needs",
        "test: lint of the tests alone",
        "test: pytest",
    ]
    assert not (tmp_path / "used").exists()
