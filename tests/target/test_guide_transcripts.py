"""Sessions written by hand from the guide's tables and guide-style.md: transcripts/*.txt.

One paragraph a table, or two tables. `>` is sent; `<` must be answered in this order, and nothing
else; `*` are events, in their order, but between the answers wherever they come. A line in slashes
is a regular expression. `!` is an operation on the radio world (cc32at/nwp/control.py) and its
arguments. {port} is a port of loopback that nobody uses.
"""

import json
import re
from pathlib import Path

import pytest

from tests.target.peers import free_port

pytestmark = pytest.mark.world
PATIENCE = 80.0  # emulated seconds: the longest time-out of the network processor is 60


def sessions() -> dict[str, list[tuple[str, str]]]:
    """Lines as (mark, text) by the title of their paragraph."""
    found = {}
    for path in sorted(Path(__file__).with_name("transcripts").glob("*.txt")):
        for line in path.read_text().splitlines():
            if line.startswith("# "):
                found[f"{line[2:]} ({path.stem})"] = lines = []
            elif line:
                lines.append((line[0], line[2:]))
    return found


SESSIONS = sessions()


class Player:
    """Plays a session: after each thing done all that is expected must come, and no more."""

    def __init__(self, talk, world):
        self.talk, self.world = talk, world
        self.answers: list[str] = []
        self.events: list[str] = []
        self.seen = 0

    def play(self, lines: list[tuple[str, str]], **values: object) -> None:
        for mark, text in lines:
            for name, value in values.items():
                text = text.replace("{" + name + "}", str(value))
            if mark == "<":
                self.answers.append(text)
            elif mark == "*":
                self.events.append(text)
            else:
                self.check()
                self.do(mark, text)
        self.check()
        self.talk.sleep(0.2)
        self.check()

    def do(self, mark: str, text: str) -> None:
        if mark == ">":
            self.talk.send(text)
        else:
            operation, _, arguments = text.partition(" ")
            self.world.control.call(operation, **json.loads(arguments))

    def check(self) -> None:
        wanted = len(self.answers) + len(self.events)
        log = self.talk.log
        self.talk.at.wait_until(
            lambda: len(log) >= self.seen + wanted, PATIENCE, f"{self.answers} {self.events}"
        )
        new, self.seen = log[self.seen :], len(log)
        compare([str(m) for m in new if m.kind != "event"], self.answers)
        compare([str(m) for m in new if m.kind == "event"], self.events)
        self.answers, self.events = [], []


def compare(lines: list[str], expected: list[str]) -> None:
    assert len(lines) == len(expected), (lines, expected)
    for line, wanted in zip(lines, expected, strict=True):
        if wanted.startswith("/"):
            assert re.fullmatch(wanted[1:-1], line), (line, wanted)
        else:
            assert line == wanted


@pytest.mark.parametrize("title", SESSIONS)
def test_a_session_is_as_written(talk, world, title):
    Player(talk, world).play(SESSIONS[title], port=free_port())


def test_every_table_of_these_chapters_has_its_session():
    titles = [re.match(r"tables? (\d+)(?: and (\d+))?", title) for title in SESSIONS]
    tables = {int(number) for title in titles for number in title.groups() if number}
    assert tables >= {*range(9, 38), 58, 59, *range(62, 67)}
