"""Holding what the firmware did in a step against what was recorded."""

from dataclasses import dataclass

from .cases import Case, Step

LINE_END = b"\r\n"
TEXT, FRAMES, FORM = "text", "frames", "form"


@dataclass(frozen=True)
class Difference:
    """One step in which `what` (text or frames) is not equal; both sides readable.

    `recorded` and `printed` are the step's text on both sides, whatever it is that differs.
    """

    case: Case
    step: Step
    index: int
    what: str
    expected: str
    got: str
    recorded: str
    printed: str


def differences(
    case: Case, index: int, text: bytes, frames: list[bytes], racy: bool = False
) -> list[Difference]:
    """What differs in step `index` of a case: `text` from the UART, `frames` the host wrote.

    Racy output is compared as a set of lines. Of help only the OK is compared: usage comes from
    the firmware's own declarations. Frame bytes that the vendor's driver leaves
    uninitialised are not compared.
    """
    step = case.steps[index]
    wanted = b"".join(message + LINE_END for message in step.out)
    texts = show_text(wanted), show_text(text)
    found = []
    if step.asks_for_help and text.endswith(b"OK" + LINE_END):
        text, wanted = (side.split(LINE_END, 1)[1] for side in (text, wanted))
    if text != wanted and not (racy and sorted(_lines(text)) == sorted(_lines(wanted))):
        found.append(Difference(case, step, index, TEXT, *texts, *texts))
    expected = [(e.host, e.uninitialised) for e in step.frames]
    if not frames_equal(expected, frames):
        shown = show_frames([mask(frame, holes) for frame, holes in expected])
        seen = show_frames([frame.hex() for frame in frames])
        found.append(Difference(case, step, index, FRAMES, shown, seen, *texts))
    return found


def malformed(case: Case, index: int, text: bytes, what: str) -> Difference:
    """A step whose text is not even of the form that its style demands; no rule explains that."""
    step = case.steps[index]
    wanted = show_text(b"".join(message + LINE_END for message in step.out))
    return Difference(case, step, index, FORM, wanted, f"{show_text(text)}\n{what}", "", "")


def frames_equal(expected: list[tuple[bytes, frozenset[int]]], got: list[bytes]) -> bool:
    """Whether the frames are the same, byte for byte outside the holes."""
    if len(expected) != len(got):
        return False
    for (wanted, holes), frame in zip(expected, got, strict=True):
        if len(wanted) != len(frame):
            return False
        if any(a != b and i not in holes for i, (a, b) in enumerate(zip(wanted, frame))):  # noqa: B905
            return False
    return True


def mask(frame: bytes, holes: frozenset[int]) -> str:
    """A frame in hex with `--` where it is not compared."""
    return "".join("--" if i in holes else f"{b:02x}" for i, b in enumerate(frame))


def show_text(data: bytes) -> str:
    """Printed text, one line a line, control characters escaped."""
    lines = data.decode("latin-1").split("\r\n")
    tail = lines.pop()
    shown = ["".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in x) for x in lines]
    if tail:
        shown.append(
            "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in tail) + " (no line end)"
        )
    return "\n".join(shown) or "(nothing)"


def show_frames(frames: list[str]) -> str:
    """Frames in hex, one a line."""
    return "\n".join(frames) or "(nothing)"


def _lines(data: bytes) -> list[bytes]:
    return data.split(LINE_END)
