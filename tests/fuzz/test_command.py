"""`make fuzz`: how many lines it says, what it prints, its status."""

import os
import re

import pytest
from click.testing import CliRunner

from tests.fuzz import __main__ as fuzz
from tests.fuzz import engines, session


@pytest.fixture
def play(monkeypatch):
    """Say what is wrong with a session, by its seed."""

    def given(wrong):
        def played(engine, said, seed):
            outcome = session.Outcome()
            if seed in wrong:
                outcome.find("planted", str(seed))
            return outcome

        monkeypatch.setattr(engines, "play", played)

    return given


def command(*args):
    return CliRunner().invoke(fuzz.main, [str(arg) for arg in args])


def test_it_says_so_many_lines_and_ends_with_0(play, tmp_path):
    play({})
    result = command("--engine", "host", "--lines", 400, "--jobs", 2, "--found", tmp_path)
    assert result.exit_code == 0, result.output
    assert "host: 400 of 400 lines" in result.output
    assert "fuzz: 400 lines said, 0 sessions wrong" in result.output
    assert not list(tmp_path.iterdir())


def test_what_goes_wrong_is_kept_and_ends_it_with_1(play, tmp_path):
    play({7})
    result = command("--engine", "host", "--lines", 400, "--seed", 5, "--found", tmp_path)
    assert result.exit_code == 1 and "1 sessions wrong" in result.output
    engine, seed, said = session.load(tmp_path / "host-7.json")
    assert (engine, seed) == ("host", 7) and said == engines.generate("host", 7)
    assert command("--replay", tmp_path / "host-7.json").exit_code == 1
    play({})
    assert command("--replay", tmp_path / "host-7.json").exit_code == 0


def test_several_engines_share_the_lines(play, tmp_path):
    play({})
    result = command("--lines", 100_000, "--jobs", 1, "--found", tmp_path)
    said = {
        name: int(n.replace(",", ""))
        for name, n in re.findall(r"(\w+): ([\d,]+) of", result.output)
    }
    assert set(said) == set(engines.ENGINES)
    assert said["host"] > 30 * said["link"] > 300 * said["board"] > 0


def test_what_the_engine_raises_is_kept_and_the_others_go_on(monkeypatch, tmp_path):
    def played(engine, said, seed):
        return session.Outcome() if seed != 3 else 1 // 0

    monkeypatch.setattr(engines, "play", played)
    result = command("--engine", "host", "--lines", 400, "--jobs", 2, "--found", tmp_path)
    assert result.exit_code == 1 and "host: 400 of 400 lines" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["host-3.json"]


def test_a_process_that_dies_is_told_and_ends_it_with_1(monkeypatch, tmp_path):
    def played(engine, said, seed):
        return session.Outcome() if seed != 4 else os._exit(9)

    monkeypatch.setattr(engines, "play", played)
    monkeypatch.setattr(fuzz, "REPORT_S", 0.2)
    result = command("--engine", "host", "--lines", 400, "--jobs", 2, "--found", tmp_path)
    assert result.exit_code == 1 and "a process has died: 9" in result.output


def test_a_session_shrinks_to_the_same_exception_at_the_same_place(monkeypatch, tmp_path):
    def played(engine, said, seed):
        outcome = session.Outcome()
        for name in (b"KeyError", b"TypeError"):
            if any(kind == "bytes" and name in value for _, kind, value in said):
                outcome.find("exception", str(len(said)), name.decode() + " at here")
        return outcome

    monkeypatch.setattr(engines, "play", played)
    said = [(0, "bytes", b"TypeError"), (1, "bytes", b"KeyError"), (2, "break", None)]
    session.save(tmp_path / "found.json", "host", 1, said)
    assert command("--replay", tmp_path / "found.json", "--shrink").exit_code == 1
    assert session.load(tmp_path / "found.small.json")[2] == [(0, "bytes", b"KeyError")]
