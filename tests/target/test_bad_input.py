"""Every argument of every command, legal and with every mistake its type allows (declared.py).

So do commands that the firmware does not have: they are typed at the prompt (trial/), and nothing
here knows them.
"""

from pathlib import Path

import pytest

from cc32at.client import AtTimeout
from tests.target import declared, repl

SOURCES = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("trial/*.py")]
TYPED = [(source, declared.typed(source)) for source in SOURCES]
SOURCE = {name: source for source, rows in TYPED for name in rows}
FIRMWARE = declared.load()
COMMANDS = FIRMWARE | {name: row for _, rows in TYPED for name, row in sorted(rows.items())}
FORMS = {name: declared.forms(row) for name, row in COMMANDS.items()}
# Without those whose tail stands for words that depend on the option.
WHOLE = {name: [form for form in found if form.whole] for name, found in FORMS.items()}
REFUSED = list(declared.refused())
NOT_FOR_IT = {line.upper() for line, _ in REFUSED}
WITH_PAYLOAD = [name for name, row in COMMANDS.items() if row[declared.PAYLOAD]]
BATCH = 12  # lines sent without waiting for their answers
LIMIT = 2560  # bytes of a line without its payload
PATIENCE = 30  # seconds for an answer; then AT+Stop ends the command that waits
STOPPED = "ERROR:process command, -2017"


@pytest.fixture
def talk(talk, request):
    """A conversation with a board that has the command `name`."""
    source = SOURCE.get(
        getattr(request.node, "callspec", None) and request.node.callspec.params.get("name")
    )
    if source:
        repl.once(talk.at, source)
        talk.replies.clear()
        talk.late_names |= {name.lower() for name in SOURCE for form in FORMS[name] if form.late}
    return talk


def mistakes(name: str) -> list[tuple[str, str]]:
    """(line, error) of all forms of a command."""
    found = [mistake for form in FORMS[name] for mistake in form.mistakes()]
    return found + [row for row in REFUSED if row[0].startswith(f"AT+{name}=")]


def asked(board) -> int:
    """Commands that the network processor was given."""
    return board.model.counters["commands"] if board.emulated else 0


def try_all(talk, lines: list[tuple[str, str]], each: str = "AT+Test\r\n") -> None:
    """Each line is followed by AT+Test; the answers must be its error and OK.

    What follows a head that is wrong may be its payload and is dropped (guide-style.md O14): there
    AT+Test waits for the error, as a host would.
    """
    wrong = []
    for batch in batches(lines):
        waits = laden(batch[0][0])
        talk.at.write("".join(f"{line}\r\n{'' if waits else each}" for line, _ in batch).encode())
        for line, error in batch:
            answer = talk.reply(line)
            if answer != [f"ERROR:{error}"]:
                wrong.append((line[:120], error, answer))
            if waits:
                talk.at.write(each.encode())
            if each and talk.reply(f"AT+Test after {line}") != ["OK"]:
                wrong.append((line[:120], "and AT+Test"))
    assert not wrong


def laden(line: str) -> bool:
    """Whether it is of a command that may have a payload."""
    return line.partition("=")[0].removeprefix("AT+").strip() in WITH_PAYLOAD


def batches(lines: list[tuple[str, str]]):
    """BATCH lines at a time; one, if a payload may follow it."""
    batch = []
    for row in lines:
        if batch and (len(batch) == BATCH or laden(row[0]) or laden(batch[0][0])):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch


def understood(talk, board, form, line: str) -> str:
    """What is wrong with the answer to a legal line, if anything is."""
    before = asked(board)
    answer = answer_of(talk, form, line)
    if form.ends_all:
        talk.ok("AT+Start")  # it would be refused if nothing had ended
    if answer[-1].startswith("ERROR:") and not answer[-1].startswith("ERROR:process command"):
        return answer[-1]
    heard = asked(board) > before or form.offline or form.ends_all
    return "" if heard or answer[-1] != "OK" else "nobody was asked"


def answer_of(talk, form, line: str) -> list[str]:
    """The answer to a legal line. What still waits after PATIENCE, or tells more than once, is
    ended by a restart of the network processor.
    """
    talk.send(line)
    answer = None
    try:
        answer = talk.reply(line, PATIENCE)
        if not (form.late and answer == ["OK"]):
            return answer
        if not form.repeated:
            return [talk.late(timeout=PATIENCE)]
    except AtTimeout:
        pass
    talk.send("AT+Stop=0")
    if answer is None:
        answer = talk.reply(line)
        assert answer == [STOPPED]
    assert talk.reply("AT+Stop") == ["OK"]
    talk.ok("AT+Start")
    assert not [text for text in talk.lates if "ERROR:" in text and "-2017" not in text]
    talk.lates.clear()
    return answer


def check(talk, board, form, lines) -> None:
    """All of these lines are understood."""
    talk("AT+Start")  # in style guide the first one asks nobody
    answers = {
        line[:200]: understood(talk, board, form, line)
        for line in lines
        if line.upper() not in NOT_FOR_IT
    }
    assert not {line: wrong for line, wrong in answers.items() if wrong}


def test_every_command_has_a_form():
    assert all(WHOLE.values())


@pytest.mark.parametrize("name", COMMANDS)
def test_a_mistake_is_a_parse_error_and_nothing_reaches_the_network_processor(talk, board, name):
    lines = mistakes(name)
    assert lines
    before = asked(board)
    try_all(talk, lines)
    talk.sleep(0.2)
    assert not talk.lates
    assert asked(board) == before


@pytest.mark.world
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_legal_is_understood_and_reaches_the_network_processor(talk, board, name):
    """The other direction: the lines of the test above differ from these in one word each."""
    for form in WHOLE[name]:
        check(talk, board, form, form.legal())
        talk.ok("AT+Test")


@pytest.mark.parametrize("name", WITH_PAYLOAD)
def test_a_wrong_length_or_payload_is_one_error_and_nothing_is_sent(talk, board, name):
    talk.speed_up()
    before = asked(board)
    for form in FORMS[name]:
        for line, error in form.payload_mistakes():
            assert (line[:60], talk(line)) == (line[:60], [f"ERROR:{error}"])
            talk.empty_line()
            talk.ok("AT+Test")
    assert asked(board) == before


def test_mistakes_cost_no_heap(talk, board):
    lines = [mistake for name in FIRMWARE for mistake in mistakes(name)][::5]
    try_all(talk, lines)  # what is made when it is first needed is there now
    board.heap(talk.at)
    before = board.heap(talk.at).free
    talk.replies.clear()  # what the REPL said
    try_all(talk, lines, each="")
    assert board.heap(talk.at).free >= before


@pytest.mark.world
@pytest.mark.parametrize("name", COMMANDS)
def test_the_longest_legal_line_is_understood_and_a_byte_more_refused_whole(talk, board, name):
    for form in WHOLE[name]:
        check(talk, board, form, [form.longest()])
        before = asked(board)
        try_all(talk, list(form.too_long()))
        assert asked(board) == before


def widened(line: str, form, size: int) -> str:
    """The line with blanks in its head, so that all but its payload is so long."""
    head, equals, rest = line.partition("=")
    payload = len(declared.QUAD) if form.payload else 0
    return head + " " * (size - len(line) + payload) + equals + rest


@pytest.mark.world
@pytest.mark.parametrize("name", COMMANDS)
def test_a_line_of_2560_bytes_is_understood_and_a_byte_more_refused_whole(talk, board, name):
    """Blanks make every line longer than its arguments can (at-commands 2.2)."""
    if name != "Set":  # it sets the speed, too
        talk.speed_up()
    for form in WHOLE[name][:: len(WHOLE[name]) // 3 or 1]:
        check(talk, board, form, [widened(form.line(), form, LIMIT)])
        talk.sleep(0.3)  # a start keeps the new speed behind its answer
        before = asked(board)
        try_all(talk, [(widened(form.line(), form, LIMIT + 1), declared.LONG)])
        talk.sleep(0.1)
        assert asked(board) == before and not talk.lates


@pytest.mark.parametrize("name", WITH_PAYLOAD)
def test_the_longest_header_takes_the_longest_payload(talk, board, name):
    talk.speed_up()
    for form in WHOLE[name]:
        for words, payload in form.longest_payloads() if form.payload else ():
            line = form.line(words)
            blanks = " " * (LIMIT - (len(line) - payload))
            answer = answer_of(talk, form, line.replace("=", blanks + "=", 1))
            assert answer[-1] == "OK" or answer[-1].startswith("ERROR:process command")
            assert talk(line.replace("=", blanks + " =", 1)) == [f"ERROR:{declared.LONG}"]
            talk.ok("AT+Test")
