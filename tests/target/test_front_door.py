"""`make run` in a script: answers on stdout and nothing else, and the exit status."""

import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.world


def make_run(text: bytes, arguments: str = "") -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "run", f"ARGS={arguments}"],
        cwd=ROOT,
        env=environment,
        input=text,
        capture_output=True,
        timeout=100,
    )


def test_answers_are_all_that_is_printed():
    done = make_run(b"AT+Test\nAT+Get=General,Version\n")
    lines = done.stdout.decode().split("\n")
    assert (lines[0], lines[2:]) == ("OK", ["OK", ""])
    assert re.fullmatch(r"\+Get: 0x[0-9a-f]+(,\d+\.\d+\.\d+\.\d+){3},\d+", lines[1])
    assert done.returncode == 0, done.stderr.decode()


def test_a_failed_command_makes_the_status_1():
    done = make_run(b"AT+Foo\nAT+Test\n")
    assert done.stdout == b"ERROR:command not exist, 0\nOK\n"
    assert done.returncode == 1


def test_a_setting_can_be_given():
    done = make_run(b"AT+Get=General,Foo\n", "--set style=ti")
    assert done.stdout == b"ERROR: parse parameters,-4\n"
    assert done.returncode == 1


def test_no_input_is_no_failure():
    done = make_run(b"")
    assert (done.stdout, done.returncode) == (b"", 0)
