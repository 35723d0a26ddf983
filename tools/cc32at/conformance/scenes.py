"""A step of a session as the rules see it, and their conditions."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from . import answers, frames, payloads, quotes, reading
from .cases import Case, Step
from .compare import Said, Told
from .rewrites import Rewrite

_HEAD = re.compile(r"^( *at) *\+ *", re.IGNORECASE)
_BIND, CONTROL_PORT = 0x9404, bytes.fromhex("300e")  # nwp-protocol 4.5


class Session(Protocol):
    """The session of a case with the firmware, and what it would have been with another line."""

    def play(self, index: int, lines: tuple[str, ...], changes: str) -> Said | None:
        """What comes of lines in place of that of a step; None if it has not even a form.

        changes: how the network processor's frames of the step are changed (answers.py).
        """


@dataclass(frozen=True)
class Scene:
    """What is recorded of a step, what the firmware made of it, and the session it is from.

    read: rewritings by which the step came to have another line than the recorded one.
    """

    case: Case
    index: int
    step: Step
    told: Told
    said: Said
    session: Session
    style: str = "ti"
    read: tuple[Rewrite, ...] = ()

    @property
    def text(self) -> str:
        """The AT line, a character a byte; empty for an event."""
        return (self.step.line or b"").decode("latin-1")

    def play(self, rewrite: Rewrite) -> list[Told]:
        """What comes of a rewriting, as it is compared; several if a number has no range."""
        outcomes = [self._played(rewrite.lines, rewrite)]
        if rewrite.other:
            outcomes.append(self._played((rewrite.other,), rewrite))
        if None in outcomes:
            return []
        return _with_number(*outcomes, rewrite.number) if rewrite.other else outcomes

    def _played(self, lines: tuple[str, ...], rewrite: Rewrite) -> Told | None:
        said = self.session.play(self.index, lines, rewrite.answers)
        if said is None or said.malformed:
            return None
        sent = tuple((frame, frozenset()) for frame in said.frames)
        outcome = Told(said.text, sent, self.told.racy)
        for reader in (rewrite, *reversed(self.read)):
            outcome = reader.read(outcome)
        return outcome

    def instead(self, rewrite: Rewrite, outcome: Told) -> "Scene":
        """The scene in which a rewriting's outcome stands for what the firmware said."""
        said = Said(outcome.text, tuple(frame for frame, _ in outcome.frames))
        told = self.told
        if len(told.frames) == len(outcome.frames):
            pairs = zip(told.frames, outcome.frames, strict=True)
            told = replace(told, frames=tuple((f, a | b) for (f, a), (_, b) in pairs))
        line = "\r\n".join(rewrite.lines).encode("latin-1")
        step = replace(self.step, line=line)
        return replace(self, step=step, told=told, said=said, read=(*self.read, rewrite))


def _with_number(low: Told, high: Told, number: int) -> list[Told]:
    """What a number gives that is in no range: where the ends of the range differ, itself.

    Of which size its field is on the wire nothing tells, hence several.
    """
    if low.text != high.text or len(low.frames) != len(high.frames):
        return []
    found = []
    for size in (1, 2, 4):
        sent = [_put(a, b, number, size) for a, b in zip(low.frames, high.frames, strict=True)]
        if None not in sent:
            found.append(replace(low, frames=tuple(sent)))
    return found


def _put(low, high, number: int, size: int):
    (frame, holes), (other, _) = low, high
    if len(frame) != len(other):
        return None
    unlike = [i for i, (a, b) in enumerate(zip(frame, other, strict=True)) if a != b]
    if not unlike:
        return low
    at = unlike[0]
    if unlike[-1] >= at + size or at + size > len(frame):
        return None
    value = (number & (1 << 8 * size) - 1).to_bytes(size, "little")
    return frame[:at] + value + frame[at + size :], holes


# --- Conditions ---


def _line(pattern: str, scene: Scene) -> bool:
    head = _HEAD.sub(r"\1+", scene.text)
    flags = re.IGNORECASE | re.DOTALL  # commands and keywords may have any case
    return scene.step.line is not None and bool(re.search(pattern, head, flags))


def _odd(names: str | list[str], scene: Scene) -> bool:
    line = scene.text
    if scene.step.line is None:
        return False
    found = reading.traps(line) | payloads.oddities(line) | quotes.oddities(line)
    return not found.isdisjoint(_listed(names))


def _flag(names: str | list[str], scene: Scene) -> bool:
    return not set(scene.case.flags).isdisjoint(_listed(names))


def _nwp(pattern: str, scene: Scene) -> bool:
    played = " ".join(frame.hex() for e in scene.step.exchanges for frame in e.nwp)
    return bool(re.search(pattern, played))


def _scene(name: str, scene: Scene) -> bool:
    return SCENES[name](scene)


def _listed(names: str | list[str]) -> Iterable[str]:
    return [names] if isinstance(names, str) else names


CONDITIONS = {"line": _line, "odd": _odd, "flag": _flag, "nwp": _nwp, "scene": _scene}


def applies(key: str, value, scene: Scene) -> bool:
    """Whether a condition holds."""
    return CONDITIONS[key](value, scene)


def check(key: str, value) -> None:
    """Raises ValueError for a condition that does not exist."""
    if key not in CONDITIONS or key == "scene" and value not in SCENES:
        raise ValueError(f"no condition {key}: {value}")


# --- What only the session tells ---


def control_socket(scene: Scene) -> bool:
    """Whether the line is about the driver's own socket of Select, to others not open."""
    own = own_socket(scene)
    known = [p.word for p in reading.parameters(scene.text)]
    if own is None or not known:
        return False
    if re.match(r" *at *\+ *close", scene.text, re.IGNORECASE):
        return reading.c_number(known[0]) & 0x1F == own
    members = known[1].strip("[]").split("|") if len(known) > 1 else []
    return any(reading.c_number(member) & 0x1F == own for member in members)


def own_socket(scene: Scene, before: bool = False) -> int | None:
    """The driver's own socket of Select, as far as the session has come; before: the step."""
    for step in reversed(scene.case.steps[: scene.index + (not before)]):
        for exchange in reversed(step.exchanges):
            taken = frames.command(exchange.host)
            if taken and taken.opcode == _BIND and taken.raw("port") == CONTROL_PORT:
                return taken.sd
    return None


def not_open(scene: Scene) -> bool:
    """Whether the descriptor of a line is of no socket that is open in the session."""
    known = reading.parameters(scene.text)
    alive: set[int] = set()
    for step in scene.case.steps[: scene.index]:
        wire = [frame for e in step.exchanges for frame in e.nwp]
        for done in frames.records(wire, "SOCKET_CREATE"):
            alive |= {done.sd & 0x1F} if done.status >= 0 else set()
        for name in ("SOCKET_ACCEPT_DONE_V4", "SOCKET_ACCEPT_DONE_V6"):
            alive |= {f.status & 0x1F for f in frames.records(wire, name) if f.status >= 0}
        alive -= {done.sd & 0x1F for done in frames.records(wire, "SOCKET_CLOSE")}
    return bool(known) and reading.c_number(known[0].word) & 0x1F not in alive


def surplus(scene: Scene) -> bool:
    """Whether the line would do without its last parameters, and these are not all empty."""
    wrong = b"ERROR: parse", b"ERROR: number"
    cuts = [
        cut
        for cut in quotes.without_surplus(scene.text)
        if scene.text.removeprefix(cut.lines[0]).strip(" ,")
    ]
    return any(not told.text.startswith(wrong) for cut in cuts for told in scene.play(cut))


def has_help(scene: Scene) -> bool:
    """Whether the line asks how its command is used."""
    return scene.step.asks_for_help


def last_line(scene: Scene) -> bool:
    """Whether it is the last line of the session: where the vendor's core came to grief."""
    return all(step.line is None for step in scene.case.steps[scene.index + 1 :])


def scan_only_started(scene: Scene) -> bool:
    """Whether the network processor answers that a scan has only started."""
    return answers.scans_again(scene.step)


def other_option(scene: Scene) -> bool:
    """Whether the network processor answers another option than it is asked for."""
    for exchange in scene.step.exchanges:
        taken = frames.command(exchange.host)
        for fields in frames.records(exchange.nwp, "WLAN_CFG_GET"):
            asked = taken and (taken.args.get("config_id"), taken.args.get("option"))
            if asked != (fields.config_id, fields.option):
                return True
    return False


SCENES: dict[str, Callable[[Scene], bool]] = {
    "control-socket": control_socket,
    "surplus": surplus,
    "help": has_help,
    "not-open": not_open,
    "last-line": last_line,
    "scan-only-started": scan_only_started,
    "other-option": other_option,
}
