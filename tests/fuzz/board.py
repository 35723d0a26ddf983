"""Engine `board`: the firmware in the emulator, byte for byte in time, with peers and mishaps.

Beyond what must hold for the engine `link`: the chip has nothing to report of the firmware, the
core sleeps when nothing happens, and after a new start the heap is as free as it was.
"""

import contextlib
import copy
import functools
import random

from cc32at.emulator import Livelock, Lockup, Machine
from cc32at.emulator.realtime import Pacer
from cc32at.nwp import NetworkProcessor
from tests.boards import ROOT, images
from tests.fuzz.desk import EXECUTED, PROMPT, SPEED
from tests.fuzz.game import ANSWERED, Game, watched
from tests.fuzz.guest import Guest
from tests.fuzz.lines import pool
from tests.fuzz.linked import ANSWER, BOOT_MS, FATAL, WAY_OUT_MS, surroundings

ELF = ROOT / "build" / images()["elf"][0] / "firmware.elf"
SETTLE_MS = 30000
WARM_MS = 300  # for a line while the board is warmed up
SENT_S = 60  # emulated: what waits to be sent is on the line by then
BREAK_S = 0.002
LAST = 200  # bytes of output that are shown
IDLE = 20000  # instructions of an idle second
TOLERANCE = 1024  # bytes of heap that may be in use beyond what was


class FastPacer(Pacer):
    """The pacer of a machine whose peers are all in this process: nobody is waited for."""

    def __init__(self, peers):
        super().__init__()
        self.peers = peers

    def idle(self, now, target, nwp):
        went_on = self.peers.service()
        nwp.service()
        return now if went_on else target

    def busy(self, now, nwp, paced):
        if nwp.fds():
            self.peers.service()
            nwp.service()

    def serve(self, nwp):
        """Done already."""


class Board:
    """A board that was booted, and used once for everything, so that its heap is as it stays."""

    def __init__(self, elf):
        world, self.peers = surroundings()
        self.model = NetworkProcessor(copy.deepcopy(world))
        self.machine = Machine(elf, nwp=self.model, accelerate=False)
        self.machine.pacer = FastPacer(self.peers)
        self.guest = Guest(self.machine)
        self.line = self.machine.uart
        self.line.set_host_baud(SPEED)
        self.machine.run(timeout=BOOT_MS / 1000)
        booted = self.machine.snapshot()
        self._warm()
        self.heap = self._stopped_and_started()
        self.machine.restore(booted)
        self._warm()
        self._stopped_and_started()
        self.line.host_read()
        self.ready = self.machine.snapshot()

    def say(self, line, ms):
        self.line.host_write(line)
        self.machine.run(timeout=ms / 1000)

    def _warm(self):
        for lines in pool()[0]:
            self.say(lines[0] + b"\r\n", WARM_MS)

    def _stopped_and_started(self):
        self.say(b"AT+Stop=200\r\n", BOOT_MS)
        self.say(b"AT+Start\r\n", BOOT_MS)
        return self.guest.heap()


@functools.cache
def board(elf) -> Board:
    """The board of a process."""
    return Board(elf)


class BoardGame(Game):
    """One session under way."""

    def __init__(self, elf, seed):
        super().__init__()
        self.board = it = board(elf)
        self.machine, self.line, self.model = it.machine, it.line, it.model
        self.machine.restore(it.ready)
        self.machine.reports.clear()
        self.machine.faults.clear()
        self.chance = random.Random(seed)
        self.printed = bytearray()

    @property
    def now(self):
        return int(self.machine.now * 1000)

    def feed(self, when, data):
        """Bytes or a break, now: the line takes its time for them."""
        if data is None:
            self.line.host_break(BREAK_S)
        else:
            self.line.host_write(data)

    def run(self, until, condition=None):
        """Let time pass."""
        if self.stuck:
            return
        try:
            self.machine.run(until=condition, timeout=max(0.0, until / 1000 - self.machine.now))
        except (Lockup, Livelock, RuntimeError) as error:
            self.fail("lockup", str(error))
        self.printed += self.line.host_read()

    def play(self, said):
        """Say it all; a silence counts from the last byte on the line."""
        for gap, kind, value in said:
            if gap or kind not in ("bytes", "break"):
                self.run(self.now + SENT_S * 1000, lambda: not self.line.waiting)
                self.run(self.now + gap)
            if kind == "bytes":
                self.feed(self.now, value)
            elif kind == "break":
                self.feed(self.now, None)
            elif kind == "baud":
                self.line.set_host_baud(value)
            elif kind == "call":
                self.call(*value)
            elif kind == "event" and value[0] < FATAL and not value[0] & ANSWER:
                self.call("message", {"opcode": value[0], "args": value[1].hex()})
        self.run(self.now + SENT_S * 1000, lambda: not self.line.waiting)

    def call(self, operation, parameters):
        control = self.model.control
        if operation == "dial":
            ports = [row["host_port"] for row in control.call("sockets")]
            self.board.peers.dial([port for port in ports if port], self.chance)
        else:
            with contextlib.suppress(ValueError):  # an access point that is away already
                control.call(operation, **parameters)

    def judge(self, mishaps):
        """What must hold at rest, and after a new start."""
        self.model.control.call("clear_faults")
        self.line.set_host_baud(None)
        if any(text in self.printed for text in EXECUTED):
            self.fail("canary")
        if PROMPT in self.printed:
            self.fail("canary", "the prompt was asked for")
        if mishaps:
            self.ask(b"\r\n")
            if not ANSWERED.search(self.answer(b"AT+Stop=0\r\n", WAY_OUT_MS)):
                self.fail("no way out", repr(bytes(self.printed[-200:])))
            self.ask(b"AT+Start\r\n", BOOT_MS)
        self.judge_answer()
        self.judge_idle()
        if not self.stuck:
            self.judge_start()
        if self.machine.reports or self.machine.faults:
            self.fail("chip", (self.machine.faults + self.machine.reports)[0])
        if not mishaps and self.model.violations:
            self.fail("wire", self.model.violations[0])

    def judge_idle(self):
        """The core sleeps through an idle second."""
        before = self.machine.instructions
        self.run(self.now + 1000)
        executed = self.machine.instructions - before
        if not self.stuck and executed > IDLE:
            self.fail("busy", f"{executed} instructions in an idle second")

    def judge_start(self):
        """After Stop and Start everything is as at first."""
        self.plain()
        self.ask(b"AT+Start\r\n", BOOT_MS)
        self.answer(b"AT+Stop=200\r\n", WAY_OUT_MS)
        answer = self.ask(b"AT+Start\r\n", BOOT_MS)
        lines = [line for line in answer.split(b"\r\n") if not line.startswith(b"+Event")]
        if lines != [b"OK", b""]:
            self.fail("start", repr(answer[-LAST:]))
        elif not self.machine.chip.asleep:
            self.fail("busy", "still awake seconds after its start")
        else:
            heap, before = self.board.guest.heap(), self.board.heap
            if heap.used > before.used + TOLERANCE:
                self.fail("heap", f"{heap} after {before}")


def play(said, seed=0, elf=ELF):
    """Play a session; returns its Outcome."""
    it = BoardGame(elf, seed)
    with watched(it):
        try:
            it.play(said)
            it.run(it.now + SETTLE_MS)
            it.outcome.out = bytes(it.printed)
            if not it.stuck:
                it.judge(any(kind == "call" for _, kind, _ in said))
        finally:
            it.board.peers.hang_up()
    return it.outcome
