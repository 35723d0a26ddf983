"""Sessions over the real driver and the NWP model; and this engine finds what is planted, too."""

import re

import pytest

from tests.fuzz import engines, linked
from tests.fuzz.lines import Speaker
from tests.fuzz.linked import LinkGame, play
from tests.fuzz.radio import Radio

SESSIONS = 75  # a test, of 40 turns


@pytest.mark.parametrize("first", range(1, 4 * SESSIONS, SESSIONS))
def test_any_session_leaves_driver_and_link_well(first):
    for seed in range(first, first + SESSIONS):
        wrong = play(engines.generate("link", seed), seed).wrong
        assert not wrong, f"seed {seed}: {wrong}"


def test_sessions_have_mishaps_and_peers():
    said = [item for seed in range(60) for item in Radio(seed).session()]
    calls = [value for _, kind, value in said if kind == "call"]
    operations = {name for name, _ in calls}
    assert operations >= {"fault", "dial", "deauth", "lose_lease", "abort"}
    assert len({spec["do"] for name, spec in calls if name == "fault"}) > 10


def test_a_session_reaches_its_peers():
    lines = (
        b"AT+WlanConnect=guests,,OPEN,,,,",
        b"AT+Socket=INET,STREAM,TCP",
        b"AT+Connect=0,INET,7,10.2.0.20",
        b"AT+Send=0,0,3,abc",
        b"AT+Recv=0,0,100",
    )
    said = [(5000, "bytes", line + b"\r\n") for line in lines]
    outcome = play([*said, (5000, "call", ("dial", {}))])
    assert not outcome.wrong
    assert outcome.out.endswith(b"+Connect: 7,10.2.0.20\r\nOK\r\nOK\r\n+Recv: 0,0,3,abc\r\n")


# What the oracle is for.


def kinds(monkeypatch, spoil):
    """Kinds of what is found when something is spoiled before the judgement."""
    judge = LinkGame.judge

    def spoiled(self, *args):
        spoil(self)
        judge(self, *args)

    monkeypatch.setattr(LinkGame, "judge", spoiled)
    return {found.kind for found in play([(0, "bytes", b"AT+Test\r\n")]).wrong}


def test_a_board_that_is_well_has_nothing_wrong(monkeypatch):
    assert kinds(monkeypatch, lambda it: None) == set()


def test_sockets_that_only_one_side_knows_are_found(monkeypatch):
    def open_there(it):
        it.sl.sockets.open(2, 1, 6)
        it.sl.sockets.alive = 0

    assert kinds(monkeypatch, open_there) == {"sockets"}


def test_a_lock_that_is_held_is_found(monkeypatch):
    start = LinkGame.judge_start

    def held(self):
        reset = self.sl.link.reset
        self.sl.link.reset = lambda: (reset(), self.sl.link.own(17, 0x1835))
        start(self)

    monkeypatch.setattr(LinkGame, "judge_start", held)
    assert "locks" in {it.kind for it in play([]).wrong}


def test_credits_that_do_not_come_back_are_found(monkeypatch):
    monkeypatch.setattr(linked, "CREDIT_POOL", linked.CREDIT_POOL + 1)
    assert {it.kind for it in play([]).wrong} == {"credits"}


def test_a_breach_of_the_wire_is_found(monkeypatch):
    assert kinds(monkeypatch, lambda it: it.model.check.note("planted")) == {"wire"}


def test_a_start_that_fails_is_found(monkeypatch):
    start = LinkGame.judge_start

    def fails(self):
        self.call("fault", {"do": "start_status", "status": "ERR_FS_ALERT"})
        start(self)

    monkeypatch.setattr(LinkGame, "judge_start", fails)
    assert "start" in {it.kind for it in play([]).wrong}


def portless(out: bytes) -> bytes:
    """The same without the port that this PC gave to a peer."""
    return re.sub(rb"(\+accept:\d+,inet6?,)\d+", rb"\1", out, flags=re.IGNORECASE)


def test_a_seed_is_one_session_and_one_outcome():
    first, second = (play(engines.generate("link", 3), 3) for _ in range(2))
    assert portless(first.out) == portless(second.out) and len(first.out) > 100
    assert Speaker(3).session() != engines.generate("link", 3)
