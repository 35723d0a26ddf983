"""The two sides of a rule: what must be recorded, and what must come instead."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from . import frames
from .compare import LINE_END, Told, differing, same_frames, same_text
from .parameters import parameters
from .reading import Refused, c_number
from .rewrites import Alternatives, Rewrite, Rewriting
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
    """One alternative of a side; `refuses`: with it nothing is done."""

    refuses = False

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

    @property
    def refuses(self) -> bool:
        return self.text.startswith("ERROR") and not self.frames

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


@dataclass(frozen=True)
class As(Side):
    """What the session gives with another line."""

    rewrite: Rewriting
    answers: str = ""
    fields: tuple = ()
    only_text: bool = False  # frames are those of the firmware
    refuses = True  # where a reading ends in an error

    def alternatives(self, scene: Scene) -> Iterator[tuple[Rewrite | None, Told]]:
        found: Alternatives = self.rewrite(scene.text, scene)
        for one in found:
            if isinstance(one, Refused):
                yield None, Told(refused(one.code), (), scene.told.racy)
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


def refused(code: int | str) -> bytes:
    """An error line: a code of `parse parameters`, or its words."""
    text = f"parse parameters,{code}" if isinstance(code, int) else code
    return f"ERROR: {text}{',0' * (text in _WITHOUT_CODE)}".encode() + LINE_END
