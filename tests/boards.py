"""What the target tests run on: a board on a serial port, or the firmware in the emulator."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cc32at.client import AtClient, Transcript
from cc32at.emulator import Machine
from cc32at.emulator.serialport import EmuSerial
from cc32at.image import heap
from cc32at.image.heap import Heap
from cc32at.nwp import NetworkProcessor
from cc32at.world import Timing
from cc32at.world import World as RadioWorld
from cc32at.world.things import File
from tests.target import repl

ROOT = Path(__file__).parents[1]
DEFAULT, SMALL = "CC3220SF_LAUNCHXL", "CC3220S_LAUNCHXL"
# Played on the small board too by `make test`, in at most four minutes on two cores; all of
# tests/target is by `make test BOARD=CC3220S_LAUNCHXL`.
ON_SMALL = ("test_order.py", "test_small_board.py")
BOOT = 1.0  # emulated seconds after which a board that has its image waits for commands
ASK = "import gc, micropython\ngc.collect()\nmicropython.mem_info()\nprint('free:', gc.mem_free())"
ASKED = re.compile(r"used: (\d+).*max free sz: (\d+).*free: (\d+)", re.DOTALL)
BLOCK = 16  # bytes of a block of the heap


def has_prompt(board: str) -> bool:
    """Whether the board's image has Python's prompt, unless it is built without."""
    text = (ROOT / "boards" / board / "mpconfigboard.mk").read_text()
    return re.search(r"^REPL_DEFAULT *= *(\d)", text, re.MULTILINE)[1] == "1"


def images(board: str = DEFAULT) -> dict[str, tuple[str, str]]:
    """By the fixture that gives it: an image's folder in build/, what `make firmware` wants."""
    prompt = has_prompt(board)
    return {
        "elf": (board, f"BOARD={board} REPL={int(prompt)}"),
        "elf_without_repl": (f"{board}-norepl" if prompt else board, f"BOARD={board} REPL=0"),
        "elf_small": (SMALL, f"BOARD={SMALL} REPL=0"),
        "elf_chapters": (f"{DEFAULT}-chapters", f"BOARD={DEFAULT} REPL=1 TRIAL=chapters"),
    }


class SerialBoard:
    """Whatever answers at a pyserial URL; its radio world is not ours to change."""

    emulated = False

    def __init__(self, url: str, baud: int, prompt: bool = True):
        self.url, self.baud, self.prompt = url, baud, prompt

    def client(self, transcript: Transcript) -> AtClient:
        """A session with the network processor started and stale input gone."""
        at = AtClient.open(self.url, self.baud, transcript=transcript)
        at.sync()
        at.write(b"AT+Start\r\n")
        at.flush(quiet=0.5)
        return at

    def heap(self, at: AtClient) -> Heap:
        """The Python heap behind a collection, by the prompt on the same port."""
        live, blocks, free = map(int, ASKED.search(repl.once(at, ASK)).groups())
        return Heap(live, free, blocks * BLOCK)

    def power_cycle(self, at: AtClient, wait: bool = True) -> None:
        """There is nobody to pull the plug."""
        pytest.skip("needs control of the board's power")


class EmulatedBoard:
    """The firmware in the emulator in virtual time, put back to after its boot for each test.

    guesses: factor of the times that its radio world only guesses. prompt: it has Python's.
    """

    emulated = True

    def __init__(
        self,
        elf: Path,
        settings: dict | None = None,
        guesses: float = 1,
        prompt: bool = True,
        files: dict[str, bytes] | None = None,
    ):
        self.prompt = prompt
        radio = RadioWorld.default()
        radio.timing = radio.timing.with_guesses(guesses)
        radio.files += [File(name.encode(), data) for name, data in (files or {}).items()]
        self.model = NetworkProcessor(radio)
        self.machine = Machine(elf, nwp=self.model, settings=settings)
        self.port = EmuSerial(self.machine, timeout=0.02, baudrate=115200)
        loading = (self.machine.chip.loaded_at or 0) / self.machine.chip.CPU_HZ
        self.machine.run(timeout=loading + BOOT)
        self.machine.uart.host_read()
        self._booted = self.machine.snapshot()

    def client(self, transcript: Transcript) -> AtClient:
        """A session as if the board had just booted."""
        self.machine.restore(self._booted)
        self.machine.reports.clear()
        self.port.timeout, self.port.baudrate = 0.02, 115200
        if not self.port.is_open:
            self.port.open()
        return AtClient(self.port, transcript=transcript)

    def heap(self, at: AtClient) -> Heap:
        """The Python heap behind a command and a collection, seen from outside."""
        at.command("AT+Test")
        return heap.measure(self.machine)

    @property
    def ring(self) -> int:
        """Bytes that may wait in the console's receive ring."""
        return self.machine.chip.image.symbols.sizes["rx_buf"]

    def power_cycle(self, at: AtClient, wait: bool = True) -> None:
        """Cut the power and give it back; the console listens, with `wait` the boot is over."""
        self.machine.power_cycle()
        self.machine.boot()
        at.flush(quiet=0)
        at.comments.clear()
        if wait:
            at.sleep(BOOT)


class World:
    """The radio world and the network processor's mishaps, in the hand of a test."""

    def __init__(self, board: EmulatedBoard):
        self.board = board
        self.model = board.model
        self.control = board.model.control

    @property
    def times(self) -> Timing:
        """How long things take in it; a test that waits for one of them asks here."""
        return self.model.world.timing

    def fault(self, **spec: object) -> None:
        """Put a fault in force; cc32at/nwp/faults.py lists them."""
        self.control.call("fault", **spec)

    def abort(self, kind: int, data: int) -> None:
        """The network processor gives up (DEVICE_ABORT)."""
        self.control.call("abort", type=kind, data=data)

    def general_error(self, status: int, sender: int) -> None:
        """The network processor reports an error of one of its parts."""
        self.control.call("general_error", status=status, sender=sender)

    def write_file(self, name: str, content: bytes) -> None:
        """Put a file into the serial flash behind everybody's back."""
        self.control.call("put_file", name=name, content={"hex": content.hex()})

    def pass_time(self, seconds: float) -> None:
        """Let the board run without reading from it."""
        self.board.machine.run(timeout=seconds)


class Device:
    """A serial device for programs of their own, such as mpremote: a board's, or a pty."""

    def __init__(self, path: str, baud: int = 115200):
        self.path, self.baud = path, baud

    def answers_at(self) -> None:
        """AssertionError or AtTimeout unless AT+Test is answered."""
        with AtClient.open(self.path, self.baud) as at:
            at.flush(quiet=0.3)
            assert at.command("AT+Test").lines == []


def start_on_pty(elf: Path, folder: Path, *options: str) -> tuple[subprocess.Popen, Device]:
    """The emulator as a process of its own, on the wall clock, its console on a pty."""
    link = folder / "console"
    command = [sys.executable, "-m", "cc32at.emulator", "--elf", str(elf), "--pty", str(link)]
    command += options
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + 30
    while not link.exists():
        assert process.poll() is None and time.monotonic() < end, process.stderr.read()
        time.sleep(0.05)
    return process, Device(str(link))
