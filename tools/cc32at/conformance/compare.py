"""What a step of a recording tells, what the firmware made of it, and whether that is the same."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .cases import Case, Step

LINE_END = b"\r\n"
TEXT, FRAMES, FORM = "text", "frames", "form"


@dataclass(frozen=True)
class Said:
    """What the firmware made of a step: `text` in the words of style ti, `frames` to the NWP.

    malformed: what is wrong with text that has not even the form of its style; nothing explains
    that.
    """

    text: bytes
    frames: tuple[bytes, ...]
    malformed: str = ""


@dataclass(frozen=True)
class Told:
    """What a recording tells of a step: the text, and frames with offsets not compared.

    racy: the order of the lines is left to chance.
    """

    text: bytes
    frames: tuple[tuple[bytes, frozenset[int]], ...]
    racy: bool = False

    @property
    def lines(self) -> list[str]:
        """The text line by line."""
        return lines(self.text)

    def with_lines(self, texts: Sequence[str]) -> "Told":
        """The same with other lines."""
        text = b"".join(line.encode("latin-1") + LINE_END for line in texts)
        return replace(self, text=text)


def told(case: Case, step: Step) -> Told:
    """What is recorded of a step."""
    text = b"".join(message + LINE_END for message in step.out)
    frames = tuple((e.host, e.uninitialised) for e in step.frames)
    return Told(text, frames, "output_order_racy" in case.flags)


def lines(text: bytes) -> list[str]:
    """Text line by line; what has no line end stands last."""
    found = text.decode("latin-1").split("\r\n")
    return found[:-1] + [part for part in found[-1:] if part]


def differing(wanted: Told, said: Said) -> list[str]:
    """In what they differ: TEXT, FRAMES, both, or neither; FORM if that is wrong."""
    if said.malformed:
        return [FORM]
    found = [] if same_text(wanted, said.text) else [TEXT]
    return found if same_frames(wanted.frames, said.frames) else [*found, FRAMES]


def same_text(wanted: Told, text: bytes) -> bool:
    """Byte for byte; line for line in any order where the recording is racy."""
    if wanted.racy:
        return sorted(lines(text)) == sorted(wanted.lines)
    return text == wanted.text


def same_frames(wanted: Sequence[tuple[bytes, frozenset[int]]], frames: Sequence[bytes]) -> bool:
    """Frame for frame, byte for byte outside the holes."""
    return len(wanted) == len(frames) and all(
        len(expected) == len(got) and not _unlike(expected, holes, got)
        for (expected, holes), got in zip(wanted, frames, strict=True)
    )


def _unlike(expected: bytes, holes: frozenset[int], got: bytes) -> bool:
    pairs = enumerate(zip(expected, got, strict=True))
    return any(a != b and i not in holes for i, (a, b) in pairs)


def mask(frame: bytes, holes: frozenset[int]) -> str:
    """A frame in hex with `--` where it is not compared."""
    return "".join("--" if i in holes else f"{b:02x}" for i, b in enumerate(frame))


def show_text(data: bytes) -> str:
    """Printed text, one line a line, control characters escaped."""
    shown = [_escaped(line) for line in lines(data)]
    if shown and not data.endswith(LINE_END):
        shown[-1] += " (no line end)"
    return "\n".join(shown) or "(nothing)"


def _escaped(line: str) -> str:
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line)


def show_frames(frames: Sequence[bytes | tuple[bytes, frozenset[int]]]) -> str:
    """Frames in hex, one a line."""
    pairs = (f if isinstance(f, tuple) else (f, frozenset()) for f in frames)
    return "\n".join(itertools.starmap(mask, pairs)) or "(nothing)"
