"""The two sides of a rule: what must be recorded, and what must come instead."""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import complete, enterprise, frames, payloads, quotes, usage  # noqa: F401 -- rewritings
from .answers import ANSWERS
from .compare import LINE_END, Told, differing, lines, same_frames, same_text
from .parameters import Parameter, parameters
from .reading import Refused, c_number
from .rewrites import (
    REWRITES,
    Alternatives,
    Rewrite,
    Rewriting,
    letters,
    one_after_the_other,
    substitution,
)
from .scenes import Scene

SAME, OTHER = "same", "other"  # as many as on the other side; what the other side tells
_WITHOUT_CODE = ("command not exist", "number of parameters", "allocate")
_SELECT, _SCAN = 0x9407, 0x8C8C


def _is(frame: bytes, opcode: int) -> bool:
    return int.from_bytes(frame[4:6], "little") == opcode


def _but_select(sent: tuple) -> tuple:
    return tuple(pair for pair in sent if not _is(pair[0], _SELECT))


def _asked_twice(sent: tuple) -> tuple:
    return (*sent, *(pair for pair in sent if _is(pair[0], _SCAN)))


FRAMES = {SAME: lambda sent: sent, "but-select": _but_select, "asked-twice": _asked_twice}


class Side:
    """One alternative of a side."""

    def came(self, scene: Scene) -> bool:
        """Whether the firmware said that."""
        return False

    def recorded(self, scene: Scene) -> bool:
        """Whether that is what is recorded."""
        return False

    def scenes(self, scene: Scene) -> Iterator[Scene]:
        """What other lines gave, to be held against the recording by the rules."""
        return iter(())


@dataclass(frozen=True)
class Exact(Side):
    """Lines and frames: a tuple, or a name of FRAMES for what comes of the recorded ones."""

    text: str
    frames: tuple | str = ()

    def came(self, scene: Scene) -> bool:
        wanted = self._told(scene)
        if isinstance(self.frames, str):
            wanted = replace(wanted, frames=FRAMES[self.frames](scene.told.frames))
        return not differing(wanted, scene.said)

    def recorded(self, scene: Scene) -> bool:
        wanted = self._told(scene)
        if not same_text(scene.told, wanted.text):
            return False
        if self.frames == OTHER:
            return True
        if self.frames == SAME:
            return same_frames(scene.told.frames, scene.said.frames)
        return same_frames(scene.told.frames, [frame for frame, _ in wanted.frames])

    def _told(self, scene: Scene) -> Told:
        known = [str(c_number(p.word)) for p in parameters(scene.text)]
        rows = () if isinstance(self.frames, str) else self.frames
        built = tuple((self._frame(row, known), frozenset()) for row in rows)
        texts = self.text.format("", *known).split("\n") if self.text else []
        return Told(b"", built, scene.told.racy).with_lines(texts)

    @staticmethod
    def _frame(row: dict, known: list[str]) -> bytes:
        ((message, values),) = row.items()
        values = {k: int(str(v).format("", *known)) for k, v in values.items()}
        return frames.build(message, values)


class Usage(Side):
    """What the guide calls the parameters; of the vendor's words only the form is known."""

    def came(self, scene: Scene) -> bool:
        text = usage.usage(scene.text, scene.style)
        return text is not None and Exact(text).came(scene)

    def recorded(self, scene: Scene) -> bool:
        text = "\n".join(scene.told.lines)
        return bool(re.fullmatch(usage.VENDORS, text)) and not scene.told.frames


class Selected(Side):
    """What the vendor's core makes of a Select that asks for the driver's own socket."""

    def recorded(self, scene: Scene) -> bool:
        known = parameters(scene.text)
        asked = [c_number(part) & 0x1F for part in known[1].word.strip("[]").split("|")]
        wire = [frame for e in scene.step.exchanges for frame in e.nwp]
        for done in frames.records(wire, "SOCKET_SELECT_DONE"):
            ready = [sd for sd in asked if done.read_fds >> sd & 1] if done.status else asked
            bits = "|".join(str(sd) for sd in sorted(ready))
            wanted = [frames.build("SOCKET_SELECT", self._asked(known, asked))]
            sent = [pair for pair in scene.told.frames if _is(pair[0], _SELECT)]
            told = scene.told.lines
            return told == ["OK", f"+select:{bits}", "OK"] and same_frames(sent, wanted)
        return False

    @staticmethod
    def _asked(known: list[Parameter], asked: list[int]) -> dict:
        """The request as nwp-protocol 4.5 has it."""
        nfds, _, sec, usec = (c_number(p.word) for p in known)
        return {
            "nfds": nfds & 0xFF,
            "read_fds": sum(1 << sd for sd in set(asked)),
            "tv_usec": usec >> 10,
            "tv_sec": sec,
        }


class Complete(Side):
    """One complete answer; frames as recorded and one more at most, none where it is refused."""

    def came(self, scene: Scene) -> bool:
        said, sent = lines(scene.said.text), scene.said.frames
        if not scene.said.text.endswith(LINE_END) or not _is_complete(scene, said):
            return False
        if complete.is_refused(said):
            return not sent
        count = len(scene.told.frames)
        return same_frames(scene.told.frames, sent[:count]) and len(sent) <= max(count, 1)


class Like(Side):
    """One complete answer on both sides, good or bad alike, and the same frames."""

    def came(self, scene: Scene) -> bool:
        said, told = lines(scene.said.text), scene.told.lines
        return (
            scene.said.text.endswith(LINE_END)
            and _is_complete(scene, said)
            and said[-1:] == told[-1:]
            and same_frames(scene.told.frames, scene.said.frames)
        )

    def recorded(self, scene: Scene) -> bool:
        return _is_complete(scene, scene.told.lines, wire=False)


class Begun(Side):
    """The beginning of what the firmware said and sent; nothing where that is a refusal."""

    def recorded(self, scene: Scene) -> bool:
        said, told = lines(scene.said.text), scene.told.lines
        sent = scene.said.frames[: len(scene.told.frames)]
        if complete.is_refused(said):
            return not told
        return told == said[: len(told)] and same_frames(scene.told.frames, sent)


def _is_complete(scene: Scene, texts: list[str], wire: bool = True) -> bool:
    """wire: the values must be those of the network processor."""
    frames = [frame for e in scene.step.exchanges for frame in e.nwp] if wire else None
    return complete.is_complete(scene.step.line or b"", texts, frames)


@dataclass(frozen=True)
class Unclosed(Side):
    """A string without end is refused: as a number of parameters where that is checked."""

    def came(self, scene: Scene) -> bool:
        text = "parse parameters,-3" if quotes.varies(scene.text) else "number of parameters,0"
        return Exact(f"ERROR: {text}").came(scene)


@dataclass(frozen=True)
class As(Side):
    """What the session gives with another line."""

    rewrite: object
    answers: str = ""
    fields: tuple = ()
    only_text: bool = False  # frames are those of the firmware

    def alternatives(self, scene: Scene) -> Iterator[tuple[Rewrite | None, Told]]:
        found: Alternatives = self.rewrite(scene.text, scene)
        for one in found:
            if isinstance(one, Refused):
                yield None, Told(_refused(one.code), (), scene.told.racy)
                continue
            one = replace(one, answers=self.answers, fields=one.fields + self.fields)
            for outcome in scene.play(one):
                yield one, self._only_text(outcome, scene) if self.only_text else outcome

    @staticmethod
    def _only_text(outcome: Told, scene: Scene) -> Told:
        return replace(outcome, frames=tuple((f, frozenset()) for f in scene.said.frames))

    def came(self, scene: Scene) -> bool:
        return any(not differing(told, scene.said) for _, told in self.alternatives(scene))

    def recorded(self, scene: Scene) -> bool:
        return any(
            same_text(scene.told, told.text)
            and same_frames(scene.told.frames, [frame for frame, _ in told.frames])
            for one, told in self.alternatives(scene)
            if one is None
        )

    def scenes(self, scene: Scene) -> Iterator[Scene]:
        for one, told in self.alternatives(scene):
            if one is not None:
                yield scene.instead(one, told)


def _refused(code: int | str) -> bytes:
    text = f"parse parameters,{code}" if isinstance(code, int) else code
    return f"ERROR: {text}{',0' * (text in _WITHOUT_CODE)}".encode() + LINE_END


def sides(row: dict | list) -> tuple[Side, ...]:
    """The alternatives of a side. Raises ValueError or KeyError for what there is not."""
    return tuple(_side(dict(one)) for one in (row if isinstance(row, list) else [row]))


def _side(row: dict) -> Side:
    if "as" in row:
        made: Side = _as(row)
    elif "refused" in row:
        made = Exact(_refused(row.pop("refused")).decode().strip())
    elif "text" in row:
        made = Exact(row.pop("text"), _frames(row.pop("frames", ())))
    else:
        ((kind, _),) = row.items()
        return KINDS[kind]()
    if row:
        raise ValueError(f"a side has no {', '.join(row)}")
    return made


KINDS = {
    "usage": Usage,
    "complete": Complete,
    "unclosed": Unclosed,
    "selected": Selected,
    "like": Like,
    "begun": Begun,
}


def _as(row: dict) -> Side:
    answers = row.pop("answers", "")
    fields = dict(row.pop("fields", {}))
    if answers:
        ANSWERS[answers]
    if "payload" in fields:
        fields["payload"] = bytes.fromhex(fields["payload"])
    only = row.pop("only", "")
    return As(_rewrite(row.pop("as")), answers, tuple(fields.items()), only == "text")


def _frames(given) -> tuple | str:
    if isinstance(given, str):
        return given if given == OTHER else list(FRAMES)[list(FRAMES).index(given)]
    return tuple(given)


def _rewrite(given) -> Rewriting:
    if isinstance(given, str):
        return REWRITES[given]
    if isinstance(given, list):
        return functools.reduce(one_after_the_other, map(_rewrite, given))
    ((kind, value),) = given.items()
    return {"sub": lambda v: substitution(*v), "letters": letters}[kind](value)
