"""What `make conformance` prints and returns, and that nothing escapes the player."""

from dataclasses import replace

import pytest
from click.testing import CliRunner

from cc32at.conformance import __main__ as cli
from cc32at.conformance import cases, deviations
from cc32at.conformance.judge import DIFFERENT, judge
from cc32at.conformance.replay import Player, Sessions
from tests.conformance.conftest import VECTORS

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]


@pytest.fixture
def conformance(elf):
    """The status and the lines that `make conformance` gives."""

    def run(*arguments) -> tuple[int, list[str]]:
        done = CliRunner().invoke(cli.main, [*map(str, arguments), "--elf", str(elf)])
        return done.exit_code, done.output.splitlines()

    return run


def test_a_file_without_recordings_counts_none(conformance, tmp_path):
    (tmp_path / "none.json").write_text("[]")
    status, lines = conformance(tmp_path)
    assert (status, lines[-1]) == (0, "0 equal, 0 explained, 0 different, 0 not run")


def test_a_name_that_there_is_not_is_an_error(conformance):
    status, lines = conformance(VECTORS / "dev.json", "--only", "no such recording")
    assert status != 0 and "no such recording" in lines[-1]


def test_what_is_explained_is_shown(conformance):
    status, lines = conformance(VECTORS / "dev.json", "--only", "dev.set.junknum", "--explained")
    assert status == 0
    assert lines[1:4] == [
        "  step 1 at 'AT+Set=General,Persistent,abc': text differ, explained by number",
        "    expected  OK",
        "    got       ERROR: parse parameters,-4",
    ]
    assert "dev: 0 equal, 1 explained, 0 different, 0 not run" in lines


def test_each_chapter_is_counted(conformance):
    _, lines = conformance(VECTORS, "--only", "dev.test")
    assert lines[-2].startswith("dev: ") and lines[-2][5:] == lines[-1]


def test_mutants_are_judged_on_demand(conformance):
    status, lines = conformance(VECTORS, "--only", "dev.stop.200", "--mutants", 2, "--seed", 5)
    assert (status, lines[-1].endswith("mutants, 0 survived")) == (0, True)


@pytest.fixture(scope="module")
def player(elf):
    return Player(elf)


def changed(name, **changes):
    """A recording with another last step."""
    case = next(c for c in cases.load(VECTORS) if c.name == name)
    return replace(case, steps=(*case.steps[:-1], replace(case.steps[-1], **changes)))


def test_a_command_that_the_guide_does_not_have_is_run(player):
    case = changed("gen.unknown", line=b"AT+foo")
    assert player.missing(case) is None
    assert judge(Sessions(player, case), deviations.load()).word == "equal"
    wrong = changed("gen.unknown", line=b"AT+foo", out=(b"OK",))
    assert judge(Sessions(player, wrong), deviations.load()).word == DIFFERENT


def test_what_is_printed_late_counts(player):
    """The network processor does not answer: ten seconds later that is told."""
    case = changed("dev.get.version")
    silent = tuple(replace(exchange, nwp=()) for exchange in case.steps[-1].exchanges)
    case = changed("dev.get.version", exchanges=silent, out=())
    sessions = Sessions(player, case)
    assert judge(sessions, deviations.load()).word == DIFFERENT
    assert b"no_cmd_ack" in sessions.said(len(case.steps) - 1).text


def test_no_rule_explains_a_recording_of_another_line(player):
    """The vendor's core reads abc as 0, not as 1."""
    case = changed("dev.set.junknum", line=b"AT+Set=General,Persistent,1x")
    assert judge(Sessions(player, case), deviations.load()).word == DIFFERENT
