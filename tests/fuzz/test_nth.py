"""The n-th allocation, frame and byte fails, for every n; and what is planted is found.

For all commands on this PC, for some on the emulated board: `python -m tests.fuzz.nth` does all.
"""

import pytest

from tests.fuzz import game
from tests.fuzz.lines import pool
from tests.fuzz.nth import ANSWERED, CASES, FRAMES, LIST, ONE, TCP, Trial, cases
from tests.fuzz.trials import Allocations, HostTrial, LinkTrial

BOARD = (
    ((), b"AT+Test"),
    (TCP, b"AT+Close=0"),
    ((), b"AT+WlanScan=0,1"),
    (ANSWERED, b"AT+Recv=0,1,100"),
)
FIRST = [lines[0] for lines in pool()[0]]


@pytest.mark.parametrize("command", FIRST, ids=bytes.decode)
def test_each_allocation_that_fails_is_one_answer(command):
    trial = HostTrial(command)
    assert trial.allocations() > 0
    assert not trial.wrong


@pytest.mark.parametrize("command", FIRST, ids=bytes.decode)
def test_each_byte_that_is_missing_is_one_answer(command):
    trial = HostTrial(command)
    trial.bytes()
    assert trial.runs == len(command) and not trial.wrong


@pytest.mark.parametrize(
    ("before", "command"), cases(), ids=lambda it: it.decode() if type(it) is bytes else ""
)
def test_each_frame_that_fails_is_one_answer_and_a_start_mends_all(before, command):
    trial = LinkTrial(before, command)
    trial.frames(FRAMES)
    assert not trial.wrong


@pytest.mark.parametrize(("before", "command"), BOARD, ids=["Test", "Close", "WlanScan", "Recv"])
def test_the_board_answers_once_whatever_fails(elf, before, command):
    trial = Trial(before, command, elf)
    trial.all(FRAMES[:3] if command.startswith(b"AT+Close") else FRAMES[:1])
    assert trial.runs > len(command) and not trial.wrong


def test_the_cases_have_every_command_that_waits():
    names = {command.split(b"=")[0] for _, command in CASES}
    late = (
        b"AT+Accept",
        b"AT+Connect",
        b"AT+Recv",
        b"AT+Select",
        b"AT+Send",
        b"AT+Stop",
        b"AT+Start",
    )
    assert names >= set(late)


# What the oracle is for.


@pytest.mark.parametrize(
    ("answer", "one"),
    [
        (b"OK\r\n", True),
        (b"+Get: 1\r\nOK\r\n", True),
        (b"OK\r\n+Recv: 0,0,3,abc\r\n", True),
        (b"OK\r\nERROR:allocate +Recv 0, 0\r\n", True),
        (b"ERROR:allocate, 0\r\n", True),
        (b"+WlanScan: a,1;\r\nERROR:allocate, 0\r\n", True),
        (b"", False),
        (b"OK\r\nOK\r\n", False),
        (b"OK\r\nERROR:allocate, 0\r\n", False),
        (b"ERROR:allocate, 0\r\nOK\r\n", False),
        (b"ERROR:allocate, 0\r\n+Get: 1\r\nOK\r\n", False),
        (b"+Get: 1\r\nERROR:allocate, 0\r\n", False),
    ],
)
def test_what_counts_as_one_answer(answer, one):
    assert bool(ONE.fullmatch(answer) or LIST.fullmatch(answer)) == one


def planted(handler):
    """What is wrong with a core that has this command, when its allocations fail."""
    game.prepared()
    from atcore.commands import ALL

    ALL.command(b"Planted")(handler)
    try:
        trial = HostTrial(b"AT+Planted")
        trial.allocations()
        return trial.wrong
    finally:
        del ALL.table[b"at+planted"]


def in_atcore(source):
    """A function `handler` whose allocations count, as those of the core do."""
    space = {}
    exec(compile(source, "/atcore/planted.py", "exec"), space)
    return space["handler"]


def test_a_command_that_is_well_has_nothing_wrong():
    assert planted(in_atcore("def handler(cmd):\n    cmd.here = [1, cmd]\n    del cmd.here")) == []


def test_an_answer_that_is_lost_is_found():
    source = """
def handler(cmd):
    try:
        cmd.there = [1, cmd]
    except MemoryError:
        cmd.core.entries.clear()
        async def never():
            from simplelink.waiter import Waiter
            await Waiter()
        return never()
"""
    assert any("answered b''" in what for what in planted(in_atcore(source)))


def test_a_second_answer_is_found():
    source = """
def handler(cmd):
    try:
        cmd.there = [1, cmd]
    except MemoryError:
        cmd.core.out.push(b"OK\\r\\n")
"""
    assert any("OK" in what for what in planted(in_atcore(source)))


def test_what_is_left_behind_is_found():
    source = """
def handler(cmd):
    try:
        cmd.there = [1, cmd]
    except MemoryError:
        cmd.core.borrower = 1
"""
    assert any("left" in what for what in planted(in_atcore(source)))


def test_allocations_are_counted_and_the_nth_fails():
    source = "def handler(a):\n    b = [a]\n    return (b, a)"
    handler = in_atcore(source)
    with Allocations(9) as count:
        handler(1)
    assert count.done == 2 and not count.failed
    for n in (1, 2):
        with pytest.raises(MemoryError), Allocations(n) as count:
            handler(1)
        assert count.done == n and count.failed
