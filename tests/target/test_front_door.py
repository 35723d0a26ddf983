"""`make run` in a script: answers on stdout and nothing else, and the status; in a terminal."""

import contextlib
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.target.desk import Desk

ROOT = Path(__file__).parents[2]
IMAGES = ("elf", "elf_without_repl", "elf_small")  # are up to date, so that make builds nothing
pytestmark = [pytest.mark.world, pytest.mark.default_board, pytest.mark.usefixtures(*IMAGES)]


def make_run(text: bytes, arguments: str = "", *choice: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
    return subprocess.run(
        ["make", "run", f"ARGS={arguments}", *choice],
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


def test_a_trace_shows_lines_and_frames(tmp_path):
    trace = tmp_path / "trace"
    done = make_run(b"AT+Get=General,Version\n", f"--trace {trace}")
    assert done.returncode == 0, done.stderr.decode()
    text = trace.read_text()
    assert "> AT+Get=General,Version\n" in text and "< +Get: 0x" in text
    assert "DEVICE_GET answer" in text


def test_an_option_of_the_emulator_does_not_go_with_a_port():
    done = make_run(b"", "--port loop:// --world office.yaml")
    assert done.stdout == b"" and done.returncode == 2
    assert b"Error: world is the emulator's" in done.stderr


def test_the_image_without_a_prompt_is_the_one_that_runs():
    """Ctrl-A is a character like others to it."""
    done = make_run(b"\x01\nAT+Test\n", "", "REPL=0")
    assert done.stdout == b"ERROR:command not exist, 0\nOK\n"


@pytest.mark.usefixtures("elf_small_that_starts")
def test_a_board_without_flash_answers():
    done = make_run(b"AT+Test\nAT+Foo\n", "", "BOARD=CC3220S_LAUNCHXL")
    assert (done.stdout, done.returncode) == (b"OK\nERROR:command not exist, 0\n", 1)


@pytest.mark.parametrize(
    ("choice", "complaint"),
    [
        ("BOARD=CC3200", b"BOARD=CC3200: there is no ./boards/CC3200; there are CC3220R "),
        ("REPL=yes", b"REPL=yes: CC3220SF_LAUNCHXL can have REPL=0 1"),
        ("MPY_DIR=/dev/null", b"MPY_DIR=/dev/null: there is no MicroPython in it"),
    ],
)
def test_an_image_that_cannot_be_is_refused(choice, complaint):
    done = make_run(b"AT+Test\n", "", choice)
    assert (done.stdout, done.returncode) == (b"", 2)
    assert complaint in done.stderr


@pytest.fixture
def desk(tmp_path):
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def test_a_terminal_edits_lines_and_keeps_secrets_out_of_its_history(desk, tmp_path):
    desk.expect(b"# chip")
    desk.type(b"AT+Foo" + b"\x7f" * 3 + b"Get=General,Pers\t")
    desk.expect(b"AT+Get=General,Persistent")
    desk.type(b"\r")
    desk.expect(b"+Get:")
    desk.expect(b"OK")
    desk.type(b"AT+Set=AT,ECHO,0\rAT+Sto\t?\r")  # Tab and what follows come at once
    desk.expect(b"[Timeout]")
    desk.expect(b"OK")
    desk.type(b"\x1b[200~AT+Get=AT,BAUD\nAT+Get=AT,ECHO\x1b[201~\r")
    desk.expect(b"m 115200\r")
    desk.expect(b"m 0\r")
    desk.type(b"AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,\rAT+Foo\x03AT+Test\r")
    desk.expect(b"+EventNetApp:")
    desk.type(b"\x1b[A\x1b[A\r")
    desk.expect(b"WPA_WPA2,***")
    desk.expect(b"ERROR")
    desk.type(b"\x04")
    with contextlib.suppress(OSError):
        desk.expect(b"nothing more")
    assert desk.process.wait(60) == 0
    assert "correct-horse" not in (tmp_path / "cc32at" / "history").read_text()


def test_the_terminal_tells_the_board_what_time_it_is(desk):
    desk.expect(b"# chip")
    before = datetime.now(UTC)
    desk.type(b"!time\rAT+Get=General,Time\r")
    desk.expect(b"+Get:")
    shown = re.search(rb"(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)", desk.expect(b"\r\n"))
    hour, minute, second, day, month, year = map(int, shown.groups())
    time = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    assert before - timedelta(seconds=1) <= time <= datetime.now(UTC) + timedelta(seconds=1)
