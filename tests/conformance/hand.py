"""The recordings of examples.yaml."""

from dataclasses import replace
from pathlib import Path

import yaml

from cc32at.conformance import cases
from cc32at.conformance.cases import Case, Exchange

EXAMPLES = yaml.safe_load(Path(__file__).with_name("examples.yaml").read_text())
VECTORS = Path(__file__).parents[1] / "vectors"
PAYLOAD = "(payload)"  # in a frame: that of the line


def recordings(style: str) -> list[tuple[str, Case]]:
    """The rule that each is about, and the case."""
    known = {case.name: case for case in cases.load(VECTORS)}
    return [
        (rule, _case(known[row["like"]], row, f"{rule}.{number}"))
        for rule, rows in EXAMPLES.items()
        for number, row in enumerate(rows)
        if row.get("style", style) == style
    ]


def _case(like: Case, row: dict, name: str) -> Case:
    steps = like.steps if "more" in row else like.steps[:-1]
    last = like.steps[-1]
    line = row.get("more", row.get("line")).encode("latin-1")
    line = line[:-1] + line[-1:] * row.get("times", 1)
    exchanges = last.exchanges
    if {"answers", "nameless"} & set(row) or row.get("frames") != "same":
        exchanges = _exchanges(row, line, [e for e in exchanges if e.host])
    out = last.out
    if row["out"] != "same":
        out = tuple(text.encode("latin-1") for text in row["out"].split("\n") if text)
    step = replace(last, line=line, exchanges=exchanges, out=out)
    flags = tuple(row.get("flags", like.flags))
    return replace(like, name=name, file="examples", flags=flags, steps=(*steps, step))


def _exchanges(row: dict, line: bytes, model: list[Exchange]) -> tuple[Exchange, ...]:
    answers = dict(enumerate(e.nwp for e in model))
    for number, given in row.get("answers", {}).items():
        answers[number] = tuple(bytes.fromhex(frame) for frame in given)
    frames = [(e.host, e.uninitialised) for e in model]
    if row.get("frames") != "same":
        frames = [_frame(text, line) for text in row.get("frames", ())]
    if "nameless" in row:
        answers[0] = (_nameless(answers[0][0], row["nameless"]), *answers[0][1:])
    return tuple(Exchange(*f, answers.get(i, ())) for i, f in enumerate(frames))


def _nameless(frame: bytes, number: int) -> bytes:
    """Results of a scan of which one has no name (protocol.json: network_entry)."""
    at = 20 + 44 * number
    return frame[:at] + bytes(32) + frame[at + 32 : at + 38] + b"\0" + frame[at + 39 :]


def _frame(text: str, line: bytes) -> tuple[bytes, frozenset[int]]:
    data = line.rpartition(b",")[2]
    digits = text.replace(PAYLOAD, data.hex() + "00" * (-len(data) % 4)).replace(" ", "")
    holes = frozenset(at // 2 for at, digit in enumerate(digits) if digit == "-")
    return bytes.fromhex(digits.replace("-", "0")), holes
