"""python -m tests.fuzz.differential OLD NEW [--lines N] [--seed N] [--minutes N]

The same sessions with the AT core of two checkouts, each in a process of its own, made of the
commands that both have. What they print
and what they ask of the driver is compared; a session that differs is made as short as it can be
and must then be excused by a rule of rules.yaml. Prints how often each was needed, and what none
excuses; the status is 1 if there is such.
"""

import collections
import difflib
import re
import sys
import time
from pathlib import Path

import click
import yaml

from tests.fuzz import session
from tests.fuzz.lines import TURNS as ALL_TURNS
from tests.fuzz.lines import Speaker, pool
from tests.fuzz.shrink import shrink
from tests.fuzz.side import Side

RULES = Path(__file__).with_name("rules.yaml")
TURNS = 8  # of a session: short ones differ in one thing
BATCH = 100  # sessions at a time
SILENCES = (2000, 1000, 20)  # ms that mean something
LOUD = 10  # one session in so many
SILENT = tuple(row for row in ALL_TURNS if row[0] not in (Speaker.before, Speaker.noise))
TELL_S = 60  # between lines about how far it is
UNKNOWN = "command not exist"
UNEXCUSED = 50  # then it is enough


def name_of(lines: list) -> bytes:
    """The command of lines of pool(), as it is written: b"AT+Test"."""
    return lines[0].split(b"=")[0].strip()


def written(said: list) -> str:
    """A session as rules look at it."""
    text = ""
    for gap, kind, value in said:
        text += next((f"<{ms}>" for ms in SILENCES if gap >= ms), "")
        if kind == "bytes":
            text += value.decode("latin-1")
        elif kind == "event":
            text += f"<event 0x{value[0]:04x}>"
        else:
            text += f"<{kind}>"
    return text


def told(out: bytes, calls: list, wrong: list) -> list:
    """What one side did, a line each."""
    lines = out.decode("latin-1").split("\r\n")
    lines += [f"driver: {name}({given!r})" for name, given in calls]
    return lines + [f"wrong: {what}" for what in wrong]


class Difference:
    """What two versions do differently in one session."""

    def __init__(self, said: list, old: list, new: list):
        self.said = written(said)
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        moves = [move for move in matcher.get_opcodes() if move[0] != "equal"]
        self.old = [line for _, a, b, _, _ in moves for line in old[a:b]]
        self.new = [line for _, _, _, a, b in moves for line in new[a:b]]

    def matches(self, rule: dict) -> bool:
        """Whether a rule excuses it."""
        if rule.get("order") and sorted(self.old) != sorted(self.new):
            return False
        places = {"said": self.said, "old": "\n".join(self.old), "new": "\n".join(self.new)}
        return all(
            re.search(rule[name], text, re.S | re.M)
            for name, text in places.items()
            if name in rule
        )

    def __str__(self):
        lines = [f"  said {self.said[:300]!r}"]
        lines += [f"  old  {line[:200]!r}" for line in self.old[:5]]
        return "\n".join(lines + [f"  new  {line[:200]!r}" for line in self.new[:5]])


class Comparison:
    """Two checkouts, the rules, and what was found so far."""

    def __init__(self, old: Path, new: Path, rules: dict):
        self.sides = Side(old), Side(new)
        self.rules = rules["rules"]
        self.same = [(re.compile(row["text"]), row["as"]) for row in rules["same"]]
        self.excused = collections.Counter()
        self.unexcused = []
        self.lines = self.sessions = 0

        self.pool = self.shared()

    def shared(self) -> tuple:
        """pool() of the commands that both sides know."""
        names = sorted({name_of(lines) for lines in pool()[0]})
        asked = [
            (0, [(0, "bytes", b"AT+Start\r\n"), (200, "bytes", n + b"=?\r\n")]) for n in names
        ]
        answers = zip(names, self.both(asked), strict=True)
        known = {
            n for n, both in answers if not any(UNKNOWN in line for side in both for line in side)
        }
        return tuple([lines for lines in part if name_of(lines) in known] for part in pool())

    def both(self, sessions: list) -> list:
        """What came of sessions on both sides: (old, new) each, as told() has it."""
        for side in self.sides:
            side.begin(sessions)
        answers = [[self._lines(told(*one)) for one in side.end()] for side in self.sides]
        return list(zip(*answers, strict=True))

    def _lines(self, lines: list) -> list:
        """Lines as they are compared: what counts as the same is written in one way."""
        for text, other in self.same:
            lines = [text.sub(other, line) for line in lines]
        return lines

    def run(self, first: int) -> None:
        """Compare a batch of sessions from a seed on."""
        seeds = range(first, first + BATCH)
        sessions = [(seed, self.session(seed)) for seed in seeds]
        for (seed, said), (old, new) in zip(sessions, self.both(sessions), strict=True):
            self.lines += sum(item[2].count(b"\n") for item in said if item[1] == "bytes")
            self.sessions += 1
            if old != new:
                self.explain(seed, said)

    def session(self, seed: int) -> list:
        """What a seed says. Most say no noise: there is so much of it, and one rule for it."""
        turns = None if seed % LOUD == 0 else SILENT
        return Speaker(seed, TURNS, turns, lambda: self.pool).session()

    def explain(self, seed: int, said: list) -> None:
        """Find the rule for a session that differs."""

        def differs(items):
            ((old, new),) = self.both([(seed, items)])
            return old != new

        small = shrink(said, differs, bytewise=False)
        found = Difference(small, *self.both([(seed, small)])[0])
        for rule in self.rules:
            if found.matches(rule):
                self.excused[rule["name"]] += 1
                return
        self.unexcused.append((seed, small, found))
        print(f"seed {seed}: no rule\n{found}", flush=True)

    def report(self, kept: Path) -> None:
        """Print what was found; keep the sessions that nothing excuses."""
        print(self)
        for name, count in self.excused.most_common():
            print(f"{count:7} {name}")
        for seed, said, found in self.unexcused:
            path = kept / f"differs-{seed}.json"
            session.save(path, "host", seed, said)
            print(f"{path}: no rule\n{found}")

    def __str__(self):
        excused = self.excused.total()
        return f"{self.lines:,} lines in {self.sessions:,} sessions, {excused} excused"

    def close(self) -> None:
        for side in self.sides:
            side.close()


@click.command()
@click.argument("old", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("new", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--lines", default=100_000)
@click.option("--seed", default=1)
@click.option("--minutes", type=float)
@click.option("--rules", default=RULES, type=click.Path(exists=True, path_type=Path))
@click.option("--found", default=Path("build/fuzz"), type=click.Path(path_type=Path))
def main(old, new, lines, seed, minutes, rules, found):
    """Compare the AT cores of two checkouts."""
    comparison = Comparison(old, new, yaml.safe_load(rules.read_text(encoding="utf-8")))
    end = time.monotonic() + minutes * 60 if minutes else None
    told = time.monotonic()
    while time.monotonic() < end if end else comparison.lines < lines:
        comparison.run(seed)
        if time.monotonic() > told + TELL_S:
            told = time.monotonic()
            print(comparison, flush=True)
        seed += BATCH
        if len(comparison.unexcused) >= UNEXCUSED:
            break
    comparison.close()
    comparison.report(found)
    sys.exit(bool(comparison.unexcused))


if __name__ == "__main__":
    main()
