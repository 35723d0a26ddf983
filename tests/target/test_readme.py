"""What the README shows is what happens."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[2] / "README.md"
pytestmark = pytest.mark.world


def blocks(language: str = "") -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
    return [text for name, text in fenced if name == language]


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
    section = README.read_text().partition("\n## The commands\n")[2].partition("\n## ")[0]
    (table,) = re.findall(r"^\|---.*\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert sorted(name.lower() for name in re.findall(r"`(\w+)`", table)) == sorted(commands)
