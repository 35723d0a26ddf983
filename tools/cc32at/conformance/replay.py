"""Playing a recording: its commands over the emulated UART, its NWP frames over the link."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor
from cc32at.nwp.scripted import RecordedNwp, ScriptedNwp

from . import answers, streams
from . import commands as table
from .cases import Case, Step
from .compare import Said, same_text, told
from .given import came
from .guide import NotGuide, Translator, printed_lines
from .mqtt import Ack, acknowledgements
from .streamed import StreamedNwp

SETTINGS = {"autostart": "0", "banner": "0"}
BOOT = 2.0  # seconds after which the firmware has read its settings and waits for a command
PATIENCE = 12.0  # longest wait for what is expected; the longest time-out recorded is 10 s
SETTLE = 0.06  # how long nothing more may come before a step is over
TAIL = 15.0  # how long the firmware is watched behind the last step: longer than its time-outs
PIECE = 0.005

Printed = tuple[bytes, tuple[bytes, ...]]  # of a step: text as it came, frames of the host


class Player:
    """The firmware in the emulator, booted once, put back for every case.

    cpi: cycles that an instruction takes. style: `ti`, or `guide` to replay the values of a
    recording rather than its bytes (guide.py). more: settings besides.
    """

    def __init__(self, elf: Path, cpi: float = 1, style: str = "ti", **more: str):
        self.style = style
        self.model = NetworkProcessor()
        settings = SETTINGS | {"style": style} | more
        self.machine = Machine(elf, nwp=self.model, settings=settings, cpi=cpi)
        self._pass(BOOT)
        self.machine.uart.host_read()
        self._booted = self.machine.snapshot()
        self._declared: dict[str, bool] = {}
        self._names = elf.read_bytes().lower()

    def missing(self, case: Case) -> str | None:
        """Why a case cannot be run: a command or event of the guide that is not built."""
        for name in sorted(case.commands & set(table.commands())):
            if not self._has(name):
                return f"AT+{name} is not built"
        for name in sorted(case.events):
            if name.lower().encode() not in self._names:
                return f"+{name} is not built"
        return None

    def run(self, case: Case) -> list[Printed]:
        """Play a case: what is printed in each step, and the frames; in the last, all the rest."""
        case = self.as_played(case)
        nwp = self.prepare(case)
        texts = [self.play(nwp, index) for index in range(len(case.steps))]
        self._pass(TAIL)
        texts[-1:] = [text + self.machine.uart.host_read() for text in texts[-1:]]
        return [(text, tuple(nwp.frames(index))) for index, text in enumerate(texts)]

    def run_with(self, case: Case, index: int, lines: Sequence[bytes]) -> list[Printed]:
        """Play a case up to a step, with other lines there: each of these is a step of its own."""
        nwp = self.prepare(case)
        printed = [(self.play(nwp, i), tuple(nwp.frames(i))) for i in range(index)]
        nwp.give_up()
        nwp.begin_step(index)
        for line in lines or (b"",):
            seen = len(nwp.frames(index))
            self.machine.uart.host_write(line + b"\r\n")
            text = self._answer(lambda text: False, nwp)
            if line is lines[-1] and index == len(case.steps) - 1:
                self._pass(TAIL)
                text += self.machine.uart.host_read()
            printed.append((text, tuple(nwp.frames(index)[seen:])))
        return printed

    def as_played(self, case: Case) -> Case:
        """The case as it is played: style guide asks for a scan that has only started again."""
        return answers.asked_again(case) if self.style == "guide" else case

    def prepare(self, case: Case) -> RecordedNwp:
        """The firmware as after its boot, behind it the network processor of a recording."""
        nwp = recorded_nwp(case)
        self._back(nwp)
        return nwp

    def play(self, nwp: RecordedNwp, index: int) -> bytes:
        """Play one step; what is printed."""
        step = nwp.case.steps[index]
        nwp.give_up()
        nwp.begin_step(index)
        if step.line is not None:
            self.machine.uart.host_write(step.line + b"\r\n")
        if self.style == "guide":
            lines = printed_lines(step.out)
            return self._answer(lambda text: text.count(b"\r\n") >= lines, nwp)
        wanted = told(nwp.case, step)
        return self._answer(lambda text: same_text(wanted, text), nwp)

    def _back(self, nwp) -> None:
        """The firmware as after its boot, with another network processor behind the link."""
        self._behind_the_link(self.model)
        self.machine.restore(self._booted)
        self._behind_the_link(nwp)

    def _behind_the_link(self, nwp) -> None:
        chip = self.machine.chip
        chip.nwp_port.nwp = self.machine.nwp = nwp
        nwp.attach(chip.nwp_clock, chip._nwp_line)

    def _answer(self, enough: Callable[[bytes], bool], nwp: RecordedNwp) -> bytes:
        """What is printed until it is enough, or patience ends, and it is quiet."""
        text = bytearray()
        end = self.machine.now + PATIENCE
        quiet = 0.0
        while quiet < SETTLE:
            self._pass(PIECE)
            new = self.machine.uart.host_read()
            text += new
            waiting = self.machine.uart.waiting or new
            done = nwp.finished and enough(bytes(text))
            quiet = 0.0 if waiting else quiet + PIECE
            if not done and self.machine.now < end:
                quiet = 0.0
        return bytes(text)

    def _pass(self, seconds: float) -> None:
        self.machine.run(timeout=seconds)

    def _has(self, name: str) -> bool:
        """Whether the firmware declares a command: it has help for it."""
        if name not in self._declared:
            self._back(self.model)
            self.machine.uart.host_write(f"AT+{name}=?\r\n".encode())
            self._pass(0.5)
            answer = self.machine.uart.host_read()
            self._declared[name] = b"command not exist" not in answer
        return self._declared[name]


def recorded_nwp(case: Case) -> RecordedNwp:
    """The network processor of a recording: frame by frame, or of the streams of a client."""
    return StreamedNwp(case) if streams.concerns(case) else ScriptedNwp(case)


@dataclass(frozen=True)
class Take:
    """A session as it was played; its steps from `first` on are judged."""

    first: int
    case: Case
    printed: list[Printed]


class Sessions:
    """The session of a case with the firmware, and with other lines in it, each played once.

    compared: the case as what comes is held against it.
    """

    def __init__(self, player: Player, case: Case):
        self.player = player
        self.style = player.style
        self.compared = recorded_nwp(case).compared
        self._takes = [Take(0, case, player.run(case))]
        self._said: dict[int, Said] = {}
        self._played: dict[tuple, Said | None] = {}

    def _take(self, index: int) -> Take:
        return next(take for take in reversed(self._takes) if take.first <= index)

    def printed(self, index: int) -> Printed:
        """What was printed in a step, as it came, and the frames."""
        return self._take(index).printed[index]

    def said(self, index: int) -> Said:
        """What the firmware made of a step, in the words of style ti."""
        if index not in self._said:
            take = self._take(index)
            said = told_in_ti(take.case, take.printed, self.style)
            self._said |= {i: one for i, one in enumerate(said) if i >= take.first}
        return self._said[index]

    def spoiled(self, index: int, printed: Printed) -> list[Said]:
        """What the firmware would have made of the steps if a step had printed something else."""
        take = self._take(index)
        changed = [*take.printed[:index], printed, *take.printed[index + 1 :]]
        return told_in_ti(take.case, changed, self.style)

    def go_on(self, index: int, line: bytes | None) -> None:
        """Play the steps behind one as they are if that had another line, or none."""
        case = self._take(index).case
        other = replace(case.steps[index], line=line)
        case = replace(case, steps=(*case.steps[:index], other, *case.steps[index + 1 :]))
        self._takes.append(Take(index + 1, case, self.player.run(case)))
        self._said = {i: one for i, one in self._said.items() if i <= index}

    def play(self, index: int, lines: tuple[str, ...], changes: str) -> Said | None:
        """What comes of lines in place of that of a step; see scenes.Session."""
        key = index, lines, changes
        if key not in self._played:
            self._played[key] = self._play(*key)
        return self._played[key]

    def _play(self, index: int, lines: tuple[str, ...], changes: str) -> Said | None:
        case = self.player.as_played(self._take(index).case)
        case = answers.changed(case, index, changes) if changes else case
        sent = [line.encode("latin-1") for line in lines]
        printed = self.player.run_with(case, index, sent)
        steps = *case.steps[:index], *(replace(case.steps[index], line=s) for s in sent)
        found = told_in_ti(replace(case, steps=steps), printed, self.style)[index:]
        if any(one.malformed for one in found):
            return None
        frames = tuple(frame for one in found for frame in one.frames)
        return Said(b"".join(one.text for one in found), frames)


def told_in_ti(case: Case, printed: Sequence[Printed], style: str) -> list[Said]:
    """What was printed in the steps of a session, in the words of style ti."""
    translator = Translator()
    acks = acknowledgements(streams.script(case)) if streams.concerns(case) else {}
    found = []
    for index, (text, frames) in enumerate(printed):
        one = Said(text, frames)
        if style == "guide":
            now = acks[index] if acks else ()
            try:
                one = Said(translated(translator, case.steps[index], text, now), frames)
            except NotGuide as error:
                one = Said(text, frames, str(error))
        found.append(one)
    return found


def translated(translator: Translator, step: Step, text: bytes, acks: Iterable[Ack] = ()) -> bytes:
    """A step's text in style `ti`; what `ti` does not tell must be on the wire.

    acks: what MQTT servers acknowledged in the step.
    """
    words = translator.say(step.line, text, acks)
    frames = [frame for e in step.exchanges for frame in (e.host, *e.nwp)]
    for value in translator.given:
        if not came(value, frames):
            raise NotGuide(str(value))
    return words
