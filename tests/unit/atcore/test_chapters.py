"""The chapters' table comes from the declarations: a chapter is there because its module is."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from atcore.apps.at_commands import load
from atcore.commands import ALL
from atcore.commands._chapters import CHAPTERS, EAGER
from cc32at.gen import commands as generator

ROOT = Path(__file__).parents[3]
TRIAL = '''"""Trial commands: in no list."""

from ..dispatch import AT_ONCE
from . import command


@command(b"TrialAdd", (("Number", "u8", ""), ("More", "range", "", 1, 9)))
def add(cmd, number, more):
    """Add two numbers."""
    return cmd.value().num(number + more)


@command(b"TrialLate", ok=AT_ONCE)
async def late(cmd):
    """Answer later."""
'''
TALK = """
import sys
from cc32at.hostlink import install_atbytes
install_atbytes()
import atcore
from atcore.apps.at_commands import load
from atcore.commands import ALL
from tests.unit.atcore.fake import FakeDriver
core = atcore.create(FakeDriver(), ALL)
core.load = load
room = bytearray(500)
for line in sys.argv[1:]:
    core.send(line.encode())
    while size := core.rcv(room, True):
        print(room[:size].decode())
"""


def test_generating_again_gives_the_same():
    for path, text in generator.outputs(ROOT).items():
        assert path.read_text() == text, f"{path.name}: run python -m cc32at.gen"


def test_every_module_of_the_folder_is_a_chapter():
    files = {path.stem for path in (ROOT / "atcore" / "commands").glob("[!_]*.py")}
    assert {row[0] for row in CHAPTERS} == files


def test_each_command_is_found_in_its_chapter():
    for _, _, names in CHAPTERS:
        for name in names.split():
            assert load(name) and name in ALL.table
    assert not load(b"at+foo") and not load(b"at+test at+get") and not load(b"")
    names = b"".join(row[2] for row in CHAPTERS).split()
    assert len(names) == len(set(names))


def test_those_imported_at_power_up_come_first():
    assert [row[1] is not None for row in CHAPTERS] == [n < EAGER for n in range(len(CHAPTERS))]


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the commands are told from."""
    for folder in ("atcore", "firmware/modules"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=leave)
    for path in (generator.DESCRIBE, generator.OTHERS):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def generate(root):
    for path, text in generator.outputs(root).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def talk(root, *lines) -> list[str]:
    """What the core of a checkout answers to these lines."""
    folders = [root, root / "firmware" / "modules", ROOT, ROOT / "tools"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-B", "-c", TALK, *lines]
    done = subprocess.run(command, env=env, cwd=root, capture_output=True, text=True, check=False)
    assert not done.stderr
    return done.stdout.splitlines()


def test_a_new_module_is_a_chapter_and_is_listed_nowhere(checkout):
    assert talk(checkout, "AT+TrialAdd=2,3") == ["ERROR:command not exist, 0"]
    (checkout / "atcore" / "commands" / "trial.py").write_text(TRIAL)
    generate(checkout)
    said = talk(checkout, "AT+TrialAdd=2,3", "AT+TrialAdd=?", "at+trialadd=2,10", "AT+Test")
    assert said == ["+TrialAdd: 5", "OK", "+TrialAdd: [Number],[More]", "OK"] + [
        "ERROR:parse parameters, -4",
        "OK",
    ]


def test_a_chapter_that_python_refuses_is_told(checkout):
    (checkout / "atcore" / "commands" / "trial.py").write_text("from . import commands\n")
    with pytest.raises(generator.Refused, match="cannot import name 'commands'"):
        generator.outputs(checkout)
