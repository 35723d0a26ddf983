"""100,000 lines to the AT core over the driver of chance; and the fuzzer finds what is planted."""

import types
from pathlib import Path

import pytest

from tests.fuzz import engines, session
from tests.fuzz.driver import NEVER, Later, Link
from tests.fuzz.game import prepared
from tests.fuzz.host import play
from tests.fuzz.lines import CANARY, PAUSE, SILENCE, Speaker, pool
from tests.fuzz.shrink import shrink

CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.json"))
SESSIONS = 250  # a test, of 40 turns


@pytest.mark.parametrize("first", range(1, 10 * SESSIONS, SESSIONS))
def test_any_session_leaves_the_core_well(first):
    for seed in range(first, first + SESSIONS):
        wrong = play(engines.generate("host", seed), seed).wrong
        assert not wrong, f"seed {seed}: {wrong}"


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_what_was_wrong_once_is_right(path):
    engine, seed, said = session.load(path)
    assert not engines.play(engine, said, seed).wrong


def test_a_seed_is_one_session_and_one_outcome():
    first, second, other = (play(Speaker(seed).session(), seed) for seed in (7, 7, 8))
    assert (first.out, first.calls) == (second.out, second.calls)
    assert first.out != other.out


def test_a_session_is_the_same_in_its_file(tmp_path):
    for seed in range(20):
        said = Speaker(seed).session()
        path = tmp_path / "kept.json"
        session.save(path, "host", seed, said)
        assert session.load(path) == ("host", seed, said)


def test_sessions_have_every_command_and_every_way_to_end_a_payload_early():
    said = b"".join(
        value
        for seed in range(400)
        for _, kind, value in Speaker(seed).session()
        if kind == "bytes"
    ).lower()
    names = {lines[0].split(b"=")[0].lower() for lines in pool()[0]}
    assert len(names) > 20 and all(name in said for name in names)
    assert said.count(CANARY.split(b"=")[0].lower()) > 100


@pytest.mark.parametrize("text", [b"\r\nab", b"\r\nab\r\n", b"ab\r\n", b"abc"])
def test_a_payload_that_is_longer_than_was_told_has_a_length_and_no_line_end_there(text):
    for seed in range(40):
        speaker = Speaker(seed)
        speaker.tail(b"%d,", text)
        size, said = b"".join(value for _, _, value in speaker.said).split(b",")
        assert 0 <= int(size) < len(text) and said[int(size)] not in b"\r\n"


# What the oracle is for: each of these is a core that is not well.


def planted(handler, *more, line=b"AT+Planted\r\n", name=b"Planted", seed=0):
    """Kinds of what is wrong with a core that has this command, used before `more` is said."""
    prepared()
    from atcore.commands import ALL

    ALL.command(name)(handler)
    try:
        return {found.kind for found in play([(0, "bytes", line), *more], seed).wrong}
    finally:
        del ALL.table[b"at+" + name.lower()]


def test_a_core_that_is_well_has_nothing_wrong():
    assert planted(lambda cmd: None) == set()


def test_an_executed_canary_is_found():
    assert {it.kind for it in play([(0, "bytes", CANARY % 1 + b"\r\n")]).wrong} == {"canary"}
    assert {it.kind for it in play([(0, "bytes", b"\1")], seed=1).wrong} == {"canary"}
    assert not play([(0, "bytes", b"\1")], seed=2).wrong


@pytest.mark.parametrize(("pause", "kinds"), [(1900, {"canary"}), (PAUSE, set())])
def test_a_canary_behind_a_silence_that_nobody_could_see_proves_nothing(pause, kinds):
    async def slow(cmd):
        await Later(cmd.core.link, 5000)

    unread = (200, "bytes", b"AT+Test\r\n")  # behind Ctrl-A nobody looks
    more = (0, "bytes", b"\1"), unread, (pause, "bytes", CANARY % 1 + b"\r\n")
    assert planted(slow, *more) == kinds


def test_an_answer_that_does_not_come_is_found():
    from simplelink.waiter import Waiter

    async def never(cmd):
        await Waiter()

    assert planted(never) == {"no answer"}


def test_a_core_that_goes_round_is_found():
    def busy(cmd):
        wait = cmd.core.wait
        cmd.core.wait = lambda ms, mask=7: wait(0, mask)
        cmd.core.active = True

    assert "never sleeps" in planted(busy)


def test_a_core_that_never_comes_back_is_found(monkeypatch):
    monkeypatch.setattr("tests.fuzz.game.HANG_S", 0.3)

    def hanging(cmd):
        while True:
            pass

    assert planted(hanging) == {"hangs"}


def test_a_core_that_wakes_for_nothing_is_found(monkeypatch):
    wait = Link.wait
    monkeypatch.setattr(Link, "wait", lambda self, ms, mask=7: wait(self, ms and 1 + ms % 4, mask))
    assert {it.kind for it in play([(0, "bytes", b"AT\r\n")]).wrong} == {"busy"}


def test_an_exception_of_a_command_is_found():
    assert planted(lambda cmd: [][1]) == {"exception"}


def test_an_exception_that_leaves_the_application_is_found(monkeypatch):
    app = prepared()

    def broken(driver, stream):
        made = app(driver, stream)
        made.run = lambda: 1 // 0
        return made

    monkeypatch.setattr("tests.fuzz.game.prepared", lambda: broken)
    assert {it.kind for it in play([(0, "bytes", b"AT\r\n")]).wrong} >= {"exception"}


def test_a_payload_that_moves_while_it_is_sent_is_found():
    async def moved(cmd):
        data = bytearray(b"abc")

        @types.coroutine
        def overwritten():
            for wait in cmd.sl.sockets.send(0, data).__await__():
                data[0] += 1
                yield wait

        await overwritten()

    assert "moved" in set().union(*(planted(moved, seed=seed) for seed in range(8)))


def test_what_a_stop_does_not_end_is_found():
    async def deaf(cmd):
        class Deaf(Later):
            def fail(self, code):
                pass

        wait = Deaf(cmd.core.link, NEVER)
        cmd.sl.waits.append((1, wait))

    assert "waits" in planted(deaf)


def test_a_session_shrinks_to_what_matters():
    said = Speaker(3).session()
    said[20:20] = [(5, "bytes", b"AT+Test\r\nBAD\r\n")]
    small = shrink(said, lambda items: any(b"BAD" in it[2] for it in items if it[1] == "bytes"))
    assert small == [(0, "bytes", b"BAD")]


def test_a_canary_shrinks_with_what_is_around_it():
    body = [(PAUSE, "bytes", b""), (0, "bytes", b"\r\n"), (SILENCE, "bytes", b"")]
    body += [(0, "bytes", b"AT+Send=1,0,50,BAD"), (SILENCE, "bytes", b"")]
    said = [*Speaker(2, 5).session(), *body, (1, "bytes", b"AT\r\n")]
    assert shrink(said, lambda items: body[3] in items, whole=True) == body
