"""What the README shows is what happens."""

import contextlib
import io
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
pytestmark = pytest.mark.world


def blocks(language: str = "") -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


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


def test_the_first_script_is_real(at):
    (script,) = [block for block in blocks() if "printf 'AT+Test" in block]
    for command, shown in re.findall(r"printf '(.*?)\\n' \| make run.*\n((?:[^$].*\n)*)", script):
        lines = []
        for line in command.split("\\n"):
            at.write(line.encode() + b"\r\n")
            lines += [str(m) for m in at.messages(timeout=5, quiet=0.5)]
        assert lines == [line for line in shown.splitlines() if not line.isdigit()]


def test_the_commands_are_those_of_the_firmware(commands):
    (table,) = re.findall(r"^\|---.*\n((?:\|.*\n)+)", section("The commands"), re.MULTILINE)
    assert sorted(name.lower() for name in re.findall(r"`(\w+)`", table)) == sorted(commands)


def test_each_setting_has_its_default(at):
    settings = rows("Which reply style")
    assert len(settings) > 1
    for name, _, default, _ in settings:
        assert at.command(f"AT+Get=AT,{name.strip('`')}").fields == [default.strip("`")]


def test_mpremote_without_hardware_is_real(serial_device):
    (session,) = [block for block in blocks() if "mpremote connect" in block]
    commands = re.findall(r"^\$ (.*mpremote connect.*)\n((?:[^$].*\n)*)", session, re.MULTILINE)
    assert commands
    for command, shown in commands:
        words = [serial_device.path if w == "./board" else w for w in shlex.split(command)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert (done.stdout.replace("\r", ""), done.returncode) == (shown, 0), done.stderr


def test_the_library_example_runs(monkeypatch):
    (source,) = blocks("python")
    monkeypatch.chdir(ROOT)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(source.replace("/dev/ttyACM0", "emu://"), {})
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
