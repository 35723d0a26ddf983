"""Playing a recording: its commands over the emulated UART, its NWP frames over the link."""

from collections.abc import Callable, Iterable
from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor
from cc32at.nwp.scripted import RecordedNwp, ScriptedNwp

from . import streams
from .cases import Case, Step
from .compare import Difference, differences, malformed
from .given import came
from .guide import NotGuide, Translator, printed_lines
from .mqtt import Ack, acknowledgements
from .streamed import StreamedNwp

SETTINGS = {"autostart": "0", "banner": "0"}
BOOT = 2.0  # seconds after which the firmware has read its settings and waits for a command
PATIENCE = 12.0  # longest wait for what is expected; the longest time-out recorded is 10 s
SETTLE = 0.06  # how long nothing more may come before a step is over
PIECE = 0.005


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
        """Why a case cannot be run: a command or event that the firmware does not declare."""
        for name in sorted(case.commands):
            if not self._has(name) and not _expects_unknown(case, name):
                return f"AT+{name} is not built"
        for name in sorted(case.events):
            if name.lower().encode() not in self._names:
                return f"+{name} is not built"
        return None

    def run(self, case: Case) -> list[Difference]:
        """Play a case; everything that differs, step by step."""
        nwp = self.prepare(case)
        racy = "output_order_racy" in case.flags
        translator = Translator()
        acks = acknowledgements(nwp.script) if isinstance(nwp, StreamedNwp) else {}
        found = []
        for index, step in enumerate(case.steps):
            text = self.play(nwp, index)
            if self.style == "guide":
                try:
                    text = translated(translator, step, text, acks[index] if acks else ())
                except NotGuide as error:
                    found.append(malformed(case, index, text, str(error)))
                    continue
            found += differences(nwp.compared, index, text, nwp.frames(index), racy)
        return found

    def prepare(self, case: Case) -> RecordedNwp:
        """The firmware as after its boot, behind it the network processor of a recording."""
        nwp = StreamedNwp(case) if streams.concerns(case) else ScriptedNwp(case)
        self._back(nwp)
        return nwp

    def play(self, nwp: RecordedNwp, index: int) -> bytes:
        """Play one step; what is printed."""
        step = nwp.case.steps[index]
        nwp.begin_step(index)
        if step.line is not None:
            self.machine.uart.host_write(step.line + b"\r\n")
        if self.style == "guide":
            lines = printed_lines(step.out)
            return self._answer(lambda text: text.count(b"\r\n") >= lines, nwp)
        size = sum(len(m) + 2 for m in step.out)
        return self._answer(lambda text: len(text) >= size, nwp)

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
            done = nwp.finished and enough(text)
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


def translated(translator: Translator, step: Step, text: bytes, acks: Iterable[Ack] = ()) -> bytes:
    """A step's text in style `ti`; what `ti` does not tell must be on the wire.

    acks: what MQTT servers acknowledged in the step.
    """
    said = translator.say(step.line, text, acks)
    frames = [frame for e in step.exchanges for frame in (e.host, *e.nwp)]
    for value in translator.given:
        if not came(value, frames):
            raise NotGuide(str(value))
    return said


def _expects_unknown(case: Case, name: str) -> bool:
    """Whether a recording is about this very name being unknown."""
    from cc32at.client.table import name_of

    return any(
        s.line is not None
        and name_of(s.line) == name
        and s.out[:1] == (b"ERROR: command not exist,0",)
        for s in case.steps
    )
