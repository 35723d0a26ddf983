"""How recordings and outputs are spoiled."""

import random
from collections import Counter

import pytest

from cc32at.conformance import mutants
from cc32at.conformance.cases import Case, Exchange, Step
from cc32at.conformance.compare import Said, differing, told

FRAME = bytes.fromhex("2143341202940400 01000000")
HOLES = frozenset((9, 10, 11))
STEP = Step(
    "at",
    b"AT+Close=1",
    (Exchange(FRAME, HOLES, (b"nwp",)), Exchange(b"", frozenset(), (b"event",))),
    (b"+close:1,x,7", b"ERROR: process command,-9", b"OK"),
)
CASE = Case("x", "x", (), "", (STEP,))
TEXT = b"+close:1,x,7\r\nERROR: process command,-9\r\nOK\r\n"
KINDS = {
    "digit",
    "field",
    "order",
    "line lost",
    "line doubled",
    "ERROR for OK",
    "OK for ERROR",
    "silence",
    "bit",
    "opcode",
    "frame missing",
    "extra frame",
}


def dice():
    return random.Random(1)


def test_a_recording_is_spoiled_in_every_way():
    found = list(mutants.of_recording(CASE, 0, dice()))
    assert {kind for kind, _ in found} == KINDS | {"refused but executed"}
    for kind, case in found:
        assert differing(told(case, case.steps[0]), Said(TEXT, (FRAME,))), kind
        assert [e.nwp for e in case.steps[0].exchanges][:2] == [(b"nwp",), (b"event",)]


def test_an_output_is_spoiled_in_every_way():
    found = list(mutants.of_output((TEXT, (FRAME,)), told(CASE, STEP), dice()))
    assert {kind for kind, _ in found} == KINDS
    for kind, printed in found:
        assert differing(told(CASE, STEP), Said(*printed)), kind


def test_what_was_refused_is_executed():
    refused = b"ERROR: parse parameters,-4\r\n"
    found = dict(mutants.of_output((refused, ()), told(CASE, STEP), dice()))
    assert found["refused but executed"] == (refused, (FRAME,))
    assert found["OK for ERROR"] == (b"OK\r\n", ())


def test_silence_is_spoiled_too():
    kinds = {kind for kind, _ in mutants.texts(b"")}
    assert kinds == {"OK for silence", "ERROR for silence"}


def test_each_digit_line_and_field_is_spoiled():
    kinds = Counter(kind for kind, _ in mutants.texts(TEXT))
    assert kinds["digit"] == 3 and kinds["line lost"] == 3 and kinds["field"] == 3 * 3 + 3 * 2


@pytest.mark.parametrize("kind", ["bit", "opcode"])
def test_nothing_is_changed_that_is_not_compared(kind):
    for seed in range(20):
        for found, sent in mutants.frames((FRAME,), (HOLES,), random.Random(seed)):
            if found == kind:
                pairs = enumerate(zip(*sent, FRAME, strict=True))
                changed = [i for i, (a, b) in pairs if a != b]
                assert len(changed) == 1 and not HOLES & set(changed)


def test_another_seed_spoils_other_bits():
    sent = (bytes(100),), (frozenset(),)
    one, other = (list(mutants.frames(*sent, random.Random(seed))) for seed in (1, 2))
    assert one != other
