"""A copy of the AT core that may be changed, and a conversation with it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cc32at.gen import commands as generator

ROOT = Path(__file__).parents[3]
KEYWORDS = Path("tools", "cc32at", "gen", "keywords.json")
HEAD = """
import sys
from cc32at.hostlink import install_atbytes
install_atbytes()
from tests.unit.atcore.checkout import HostTalk
talk = HostTalk()
"""


def copy(folder: Path) -> Path:
    """What the commands are told from, in a folder."""
    for name in ("atcore", "firmware/modules"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=leave)
    for path in (generator.DESCRIBE, generator.OTHERS, KEYWORDS):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


def generate(folder: Path) -> None:
    """What `make generate` does with the commands."""
    for path, text in generator.outputs(folder).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def run(folder: Path, program: str, *arguments: str) -> list[str]:
    """What a program prints in whose hands is a `talk` with the core of a copy."""
    folders = [folder, folder / "firmware" / "modules", ROOT, ROOT / "tools"]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, folders))}
    command = [sys.executable, "-B", "-c", HEAD + program, *arguments]
    done = subprocess.run(
        command, env=env, cwd=folder, capture_output=True, text=True, check=False
    )
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


class HostTalk:
    """tests/target/talk.py over the core in this process, so far as the core's README needs it."""

    def __init__(self):
        import atcore
        from atcore.apps.at_commands import load
        from atcore.commands import ALL
        from tests.unit.atcore.fake import FakeDriver

        self.core = atcore.create(FakeDriver(), ALL)
        self.core.load = load
        self.room = bytearray(5000)

    def line(self) -> str:
        """The next line, however long it takes."""
        return self.room[: self.core.rcv(self.room)].decode()

    def __call__(self, line: str) -> list[str]:
        self.core.send(line.encode())
        lines = [self.line()]
        while lines[-1] != "OK" and not lines[-1].startswith("ERROR:"):
            lines.append(self.line())
        return lines

    def value(self, line: str) -> str:
        said, ok = self(line)
        assert ok == "OK"
        return said.partition(": ")[2]

    def error(self, line: str) -> str:
        (said,) = self(line)
        return said.removeprefix("ERROR:")

    def background(self, line: str) -> str:
        assert self(line) == ["OK"]
        return self.line()
