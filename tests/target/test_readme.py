"""What the README shows is what happens."""

import contextlib
import io
import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
pytestmark = [pytest.mark.world, pytest.mark.default_board]


def blocks(language: str = "") -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


def examples(block: str) -> list[tuple[str, str]]:
    """Commands of the PC and what each of them prints."""
    return re.findall(r"^\$ (.*)\n((?:[^$].*\n)*)", block, re.MULTILINE)


def section(title: str) -> str:
    return README.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """Cells of the first table of a section."""
    lines = re.findall(r"^\| `.*\|$", section(title), re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_first_session_is_real(at, board):
    (session,) = [block for block in blocks() if "\n> AT+Test\n" in block]
    banner, *exchanges = re.split(r"^> ", session, flags=re.MULTILINE)
    board.power_cycle(at)
    assert [m.text for m in at.comments] == banner.splitlines()
    for exchange in exchanges:
        command, *expected = exchange.splitlines()
        at.write(command.encode() + b"\r\n")
        assert [str(m) for m in at.messages(timeout=20, quiet=5)] == expected, command


@pytest.mark.usefixtures("elf")  # is up to date, so that make builds nothing
def test_the_first_script_is_real():
    (script,) = [block for block in blocks() if "printf 'AT+Test" in block]
    commands = examples(script)
    assert len(commands) > 1
    for command, shown in commands:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, timeout=100,
        )  # fmt: skip
        assert done.stdout == shown, command


def test_the_commands_are_those_of_the_firmware(commands):
    head = r"^\| guide \| commands \|\n\|---.*\n"
    (table,) = re.findall(head + r"((?:\|.*\n)+)", section("The commands"), re.MULTILINE)
    assert sorted(name.lower() for name in re.findall(r"`(\w+)`", table)) == sorted(commands)


def test_each_setting_has_its_default(at):
    settings = rows("Which reply style")
    assert len(settings) > 1
    for name, _, default, _ in settings:
        assert at.command(f"AT+Get=AT,{name.strip('`')}").fields == [default.strip("`")]


@pytest.mark.usefixtures("elf")
def test_mpremote_without_hardware_is_real(scratch):
    (session,) = [block for block in blocks() if "mpremote connect" in block]
    (start, said), *commands = examples(session)
    assert commands and start.endswith(" &")
    emulator = subprocess.Popen(
        shlex.split(start[:-2]), cwd=scratch, stderr=subprocess.PIPE, text=True
    )
    try:
        assert emulator.stderr.readline() == said
        for command, shown in commands:
            words = shlex.split(command)
            done = subprocess.run(words, cwd=scratch, capture_output=True, text=True, timeout=100)
            assert (done.stdout.replace("\r", ""), done.returncode) == (shown, 0), done.stderr
    finally:
        emulator.terminate()
        emulator.wait()


@pytest.mark.usefixtures("elf")
def test_the_library_example_runs(monkeypatch, scratch):
    (source,) = [block for block in blocks("python") if "FileWrite" not in block]
    monkeypatch.chdir(scratch)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source, {})
    assert re.fullmatch(r"\['0x[0-9a-f]+', .*'\]\n", out.getvalue())


def test_the_house_is_laid_out_so():
    for cell in (row[0] for row in rows("How the house is laid out")):
        folder = ROOT
        for name in re.findall(r"`(.*?)`", cell):
            folder = ROOT / name if (ROOT / name).is_dir() else folder.parent / name
            assert folder.is_dir(), name


def test_the_targets_of_make_are_there():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    named = set(re.findall(r"(?:`|^| )make ([a-z]+)", README.read_text()))
    assert {"run", "test", "size", "flash"} < named
    assert named <= set(re.findall(r"^make (\w+)", listed.stdout, re.MULTILINE))


def test_what_the_examples_leave_is_nothing_to_git():
    options = r"-keyout|-out|--pty|--log|--trace|--world|--control|--store"
    files = set(re.findall(rf"(?:{options}) ([\w./-]+)", README.read_text()))
    assert len(files) > 5
    command = ["git", "-c", "safe.directory=*", "check-ignore", *sorted(files)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if "not a git repository" in done.stderr:
        pytest.skip("this is no clone")
    assert done.stdout.splitlines() == sorted(files), done.stderr


def test_no_example_knows_what_day_it_is():
    assert "!time" in README.read_text()
    assert not re.search(r"Time(,\s*\d+){3}|(?<!rsa:)\b20[2-9]\d\b", README.read_text())
