"""Every argument of every command with every mistake its type allows (declared.py makes them)."""

import pytest

from tests.target import declared

COMMANDS = declared.load()
BATCH = 12  # lines sent without waiting for their answers


def mistakes(name: str) -> list[tuple[str, str]]:
    """(line, error) of all forms of a command."""
    found = []
    for form in declared.forms(COMMANDS[name]):
        found += form.mistakes()
    return found


def try_all(talk, lines: list[tuple[str, str]]) -> None:
    """Each line is followed by AT+Test; the answers must be its error and OK."""
    wrong = []
    for start in range(0, len(lines), BATCH):
        batch = lines[start : start + BATCH]
        talk.at.write("".join(f"{line}\r\nAT+Test\r\n" for line, _ in batch).encode())
        for line, error in batch:
            answer = talk.reply(line)
            if answer != [f"ERROR:{error}"]:
                wrong.append((line[:120], error, answer))
            if talk.reply(f"AT+Test after {line}") != ["OK"]:
                wrong.append((line[:120], "and AT+Test"))
    assert not wrong


@pytest.mark.parametrize("name", COMMANDS)
def test_a_mistake_is_a_parse_error_and_nothing_reaches_the_network_processor(talk, board, name):
    lines = mistakes(name)
    assert lines
    before = board.model.counters["commands"] if board.emulated else 0
    try_all(talk, lines)
    talk.sleep(0.2)
    assert not talk.lates
    assert not board.emulated or board.model.counters["commands"] == before


def test_mistakes_cost_no_heap(talk, board):
    every = [mistake for name in COMMANDS for mistake in mistakes(name)]
    lines = every[:: max(1, len(every) // 150)]
    try_all(talk, lines)  # chapters are imported when their first command is used
    board.free_heap(talk.at)
    before = board.free_heap(talk.at)
    talk.replies.clear()  # what the REPL said
    try_all(talk, lines)
    assert board.free_heap(talk.at) == before
