"""Spoiled recordings and spoiled outputs, which the judge must call different.

    for mutant in of_recording(case, 0, rng): ...     the recording of step 0 is spoiled
    for mutant in of_output(printed, told, rng): ...  what the firmware gave

Kinds of text: a digit, a field, the order of lines, a line lost, a line doubled, OK for ERROR and
the other way round, silence. Kinds of frames: a bit, the opcode, one more, one less, and a command
that is refused but executed.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .cases import Case, Exchange, Step
from .compare import LINE_END, Told, differing, told
from .deviations import Deviations
from .judge import judge, scene
from .replay import Player, Printed, Sessions
from .scenes import Scene

OK, ERROR = b"OK", b"ERROR: parse parameters,-4"
RECORDED, PRINTED = "recorded", "printed"
_BITS = 12  # spoiled bits of a frame
_FIRST = 8  # where the arguments of a frame begin


@dataclass(frozen=True)
class Survivor:
    """A mutant that was taken for good: of which case and step, which side, how it was spoiled."""

    case: str
    step: int
    side: str
    kind: str

    def __str__(self) -> str:
        return f"{self.case} step {self.step}: {self.side} {self.kind}"


Texts = Iterator[tuple[str, bytes]]
Frames = Iterator[tuple[str, tuple[bytes, ...]]]


def texts(text: bytes) -> Texts:
    """Spoiled text, each with its kind."""
    lines = text.split(LINE_END)
    if lines[-1] == b"":
        lines.pop()

    def joined(parts: list[bytes]) -> bytes:
        return b"".join(part + LINE_END for part in parts)

    for i, line in enumerate(lines):
        before, after = lines[:i], lines[i + 1 :]
        for changed in _digits(line):
            yield "digit", joined([*before, changed, *after])
        for changed in _fields(line):
            yield "field", joined([*before, changed, *after])
        if after and line != after[0]:
            yield "order", joined([*before, after[0], line, *after[1:]])
        yield "line lost", joined([*before, *after])
        yield "line doubled", joined([*before, line, line, *after])
        if line == OK:
            yield "ERROR for OK", joined([*before, ERROR, *after])
        elif line.startswith(b"ERROR"):
            yield "OK for ERROR", joined([*before, OK, *after])
    if lines:
        yield "silence", b""
    else:
        yield "OK for silence", joined([OK])
        yield "ERROR for silence", joined([ERROR])


def _digits(line: bytes) -> Iterator[bytes]:
    for i, byte in enumerate(line):
        if chr(byte).isdigit():
            yield line[:i] + b"%d" % ((byte - 0x2F) % 10) + line[i + 1 :]


def _fields(line: bytes) -> Iterator[bytes]:
    """A line without one of its fields, with one doubled, or with two changed over."""
    head, mark, rest = line.partition(b":")
    fields = rest.split(b",")
    if not mark or len(fields) < 2:
        return
    for i, one in enumerate(fields):
        yield head + mark + b",".join([*fields[:i], *fields[i + 1 :]])
        yield head + mark + b",".join([*fields[:i], one, *fields[i:]])
        yield head + mark + b",".join([*fields[:i], one + b"x", *fields[i + 1 :]])


def frames(
    sent: tuple[bytes, ...], holes: tuple[frozenset[int], ...], rng: random.Random
) -> Frames:
    """Spoiled frames, each with its kind; nothing is changed in the holes."""
    for i, frame in enumerate(sent):
        before, after = sent[:i], sent[i + 1 :]
        places = [at for at in range(_FIRST, len(frame)) if at not in holes[i]]
        for at in rng.sample(places, min(_BITS, len(places))):
            flipped = frame[at] ^ 1 << rng.randrange(8)
            yield "bit", (*before, frame[:at] + bytes([flipped]) + frame[at + 1 :], *after)
        yield "opcode", (*before, frame[:4] + bytes([frame[4] ^ 1]) + frame[5:], *after)
        yield "frame missing", (*before, *after)
        yield "extra frame", (*before, frame, frame, *after)
    if not sent:
        yield "extra frame", (bytes.fromhex("214334120294040000000000"),)


def of_output(printed: Printed, wanted: Told, rng: random.Random) -> Iterator[tuple[str, Printed]]:
    """What the firmware gave in a step, spoiled; `wanted` is what is recorded."""
    text, sent = printed
    for kind, changed in texts(text):
        yield kind, (changed, sent)
    alike = {frame[4:6]: holes for frame, holes in reversed(wanted.frames)}
    holes = tuple(h for _, h in wanted.frames)[: len(sent)]
    holes += tuple(alike.get(frame[4:6], frozenset()) for frame in sent[len(holes) :])
    for kind, other in frames(sent, holes, rng):
        yield kind, (text, other)
    if not sent and wanted.frames:
        yield "refused but executed", (text, tuple(frame for frame, _ in wanted.frames))


def of_recording(case: Case, index: int, rng: random.Random) -> Iterator[tuple[str, Case]]:
    """A case in which the recording of one step is spoiled."""
    step = case.steps[index]
    wanted = told(case, step)
    for kind, changed in texts(wanted.text):
        yield kind, _with(case, index, _telling(step, changed))
    sent = tuple(frame for frame, _ in wanted.frames)
    holes = tuple(h for _, h in wanted.frames)
    for kind, other in frames(sent, holes, rng):
        yield kind, _with(case, index, _sending(step, other))
    if sent and wanted.text != ERROR + LINE_END:
        yield "refused but executed", _with(case, index, _telling(step, ERROR + LINE_END))


def _with(case: Case, index: int, step: Step) -> Case:
    return replace(case, steps=(*case.steps[:index], step, *case.steps[index + 1 :]))


def _telling(step: Step, text: bytes) -> Step:
    return replace(step, out=tuple(text.split(LINE_END)[:-1]))


def _sending(step: Step, sent: tuple[bytes, ...]) -> Step:
    """A step with other frames of the host; the network processor's stay where they are."""
    exchanges, left = [], list(sent)
    for exchange in step.exchanges:
        host = left.pop(0) if exchange.host and left else b""
        exchanges.append(replace(exchange, host=host))
    exchanges += [Exchange(host, frozenset(), ()) for host in left]
    return replace(step, exchanges=tuple(exchanges))


@dataclass
class Trial:
    """Mutants of cases, judged: how many there were, and which survived."""

    rules: Deviations
    judged: int = 0
    survivors: list[Survivor] = field(default_factory=list)

    def case(self, sessions: Sessions, seed: int = 1) -> None:
        """Spoil each step of a judged case, once in the recording and once in what came."""
        case = sessions.compared
        for index, step in enumerate(case.steps):
            rng = random.Random(f"{seed} {case.name} {index}")
            for kind, other in of_recording(case, index, rng):
                mutant = Survivor(case.name, index, RECORDED, kind)
                self._judge(scene(sessions, index, case=other), mutant)
            for kind, one in of_output(sessions.printed(index), told(case, step), rng):
                said = sessions.spoiled(index, one)
                late = next((s for s in said if s.malformed), said[index])
                self._judge(
                    scene(sessions, index, said=late), Survivor(case.name, index, PRINTED, kind)
                )

    def _judge(self, spoiled: Scene, mutant: Survivor) -> None:
        if not differing(spoiled.told, spoiled.said):
            return  # what is spoiled has become what the other side has
        self.judged += 1
        if self.rules.explain(spoiled) is not None:
            self.survivors.append(mutant)


def run(player: Player, rules: Deviations, cases: list[Case], count: int, seed: int) -> int:
    """Judge mutants of all cases `count` times, with other bits each time; 1 if one survives."""
    trial = Trial(rules)
    for case in cases:
        if player.missing(case):
            continue
        sessions = Sessions(player, case)
        judge(sessions, rules)
        for turn in range(count):
            trial.case(sessions, seed + turn)
    for survivor in trial.survivors:
        print(survivor)
    print(f"{trial.judged} mutants, {len(trial.survivors)} survived")
    return int(bool(trial.survivors))
