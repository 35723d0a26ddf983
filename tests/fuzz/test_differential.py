"""The differential finds a difference, makes it short, and takes a rule for an excuse."""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.fuzz import differential
from tests.fuzz.differential import RULES, UNKNOWN, Comparison
from tests.fuzz.lines import pool

ROOT = Path(__file__).parents[2]


@pytest.fixture
def changed(tmp_path):
    """This checkout, with an AT core of its own, in which one keyword is another."""
    for name in ("tools", "firmware"):
        (tmp_path / name).symlink_to(ROOT / name)
    shutil.copytree(ROOT / "atcore", tmp_path / "atcore")
    path = tmp_path / "atcore" / "reply.py"
    text = path.read_text(encoding="utf-8")
    assert text.count('b"command not exist"') == 1
    path.write_text(text.replace('b"command not exist"', 'b"command exists not"'), "utf-8")
    return tmp_path


@pytest.fixture
def compare():
    """Compare this checkout with another one: compare(checkout, rules) -> Comparison."""
    made = []

    def run(other, rules=(), same=()):
        made.append(Comparison(ROOT, other, {"rules": list(rules), "same": list(same)}))
        made[-1].run(1)
        return made[-1]

    yield run
    for comparison in made:
        comparison.close()


def test_the_same_core_does_the_same(compare):
    found = compare(ROOT)
    assert found.sessions == differential.BATCH and found.lines > found.sessions
    assert not found.excused and not found.unexcused


def test_nothing_is_said_that_one_side_does_not_know(monkeypatch):
    def both(self, sessions):
        asked = [said[1][2] for _, said in sessions]
        return [(["OK"], [UNKNOWN if b"AT+Recv" in line else "OK"]) for line in asked]

    monkeypatch.setattr(Comparison, "both", both)
    monkeypatch.setattr(differential, "Side", lambda checkout: None)
    legal, spoiled = Comparison(ROOT, ROOT, {"rules": [], "same": []}).pool
    wanted = [lines for lines in pool()[0] if not lines[0].startswith(b"AT+Recv")]
    assert legal == wanted and len(wanted) == len(pool()[0]) - 2
    assert spoiled and not any(lines[0].startswith(b"AT+Recv") for lines in spoiled)


def test_a_difference_is_found_and_made_short(compare, changed):
    found = compare(changed).unexcused
    assert found
    for _, said, difference in found:
        assert len([item for item in said if item[1] == "bytes"]) <= 10
        assert "command not exist" in difference.old[0]
        assert "command exists not" in difference.new[0]


def test_a_rule_excuses_what_it_describes_and_nothing_else(compare, changed):
    rule = {"name": "words", "old": "not exist", "new": "exists not"}
    found = compare(changed, [rule])
    assert found.excused["words"] and not found.unexcused
    assert compare(changed, [rule | {"old": "not there"}]).unexcused
    assert compare(changed, [rule | {"said": "^never said$"}]).unexcused
    assert compare(changed, [{"name": "order", "order": True}]).unexcused


def test_what_is_the_same_is_no_difference(compare, changed):
    row = {"text": "exists not", "as": "not exist"}
    assert not compare(changed, same=[row]).unexcused


def test_every_rule_has_a_name_and_a_reason_and_says_what_it_excuses():
    kept = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    rules = kept["rules"]
    assert all(row["text"] and "as" in row and len(row["reason"]) > 20 for row in kept["same"])
    for rule in rules:
        assert rule["name"] and len(rule["reason"]) > 20
        assert rule.keys() & {"said", "old", "new", "order"}
        assert rule.keys() <= {"name", "reason", "said", "old", "new", "order"}
    assert len({rule["name"] for rule in rules}) == len(rules)
