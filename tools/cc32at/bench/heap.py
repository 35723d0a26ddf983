"""The heap of the firmware: what is free, and its largest piece, after the boot and after use.

Bytes, as if the collector had just run. Sixteen reads that wait are the most that can.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor

from .figures import Figure

BOOT = 1.5  # emulated seconds until the board waits for commands
JOINED = 8.0  # until there is an address
ANSWER = 0.05
IDLE = 0.3  # after which the board has tidied up
BLOCK = 16  # bytes of a block of the heap
SOCKETS = 16
MIXED = ("AT+Test", "AT+NetCfgGet=IPV4_STA_ADDR", "AT+Foo=1", "AT+Get=General,Version")
TURNS = 100
ASK = b"import gc, micropython\ngc.collect()\nmicropython.mem_info()\nprint('free', gc.mem_free())"
FREE, LARGEST = re.compile(rb"free (\d+)\r"), re.compile(rb"max free sz: (\d+)")


@dataclass(frozen=True)
class Heap:
    """Free bytes, and those of the largest piece."""

    free: int
    largest: int


class Board:
    """A board in the emulator that is spoken to."""

    def __init__(self, elf: Path):
        self.machine = Machine(elf, nwp=NetworkProcessor(), settings={"banner": 0})
        self.machine.run(timeout=BOOT)
        self.machine.uart.host_read()

    def say(self, line: str | bytes, seconds: float = ANSWER) -> bytes:
        """What is printed within this time."""
        data = line if isinstance(line, bytes) else line.encode() + b"\r\n"
        self.machine.uart.host_write(data)
        self.machine.run(timeout=seconds)
        return self.machine.uart.host_read()

    def heap(self) -> Heap:
        """Ask at the raw prompt. Raises ValueError if that says something else."""
        self.say(b"\x01")
        text = self.say(ASK + b"\x04", IDLE)
        self.say(b"\x02")
        free, largest = FREE.search(text), LARGEST.search(text)
        if not free or not largest:
            raise ValueError(f"no heap in {text[-200:]!r}")
        return Heap(int(free[1]), int(largest[1]) * BLOCK)

    def work(self) -> None:
        """Commands of several kinds, one behind the other."""
        for _ in range(TURNS):
            for line in MIXED:
                self.say(line, ANSWER / 2)


def measure(elf: Path) -> tuple[Heap, Heap, Heap]:
    """The heap after the boot, while the reads wait, and when all is over."""
    board = Board(elf)
    booted = board.heap()
    board.say("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,", JOINED)
    for sd in range(SOCKETS):
        board.say("AT+Socket=INET,DGRAM,UDP")
        board.say(f"AT+Bind={sd},INET,{7000 + sd},0.0.0.0")
    board.work()
    for sd in range(SOCKETS):
        if (said := board.say(f"AT+Recv={sd},1,4096")) != b"OK\r\n":
            raise ValueError(f"AT+Recv: {said!r}")
    board.work()
    waiting = board.heap()
    for sd in range(SOCKETS):
        board.say(f"AT+Close={sd}")
    board.work()
    board.say("AT+Test", IDLE)
    over = board.heap()
    board.machine.close()
    return booted, waiting, over


def figures(elf: Path) -> list[Figure]:
    """Low-water mark and largest pieces, with what they must not fall below."""
    booted, waiting, over = measure(elf)
    rows = (
        ("free heap after boot, bytes", booted.free, 155 * 1024),
        ("largest free block after boot, bytes", booted.largest, 100 * 1024),
        ("free heap, 16 Base64 reads waiting, bytes", waiting.free, 64 * 1024),
        ("largest free block, 16 Base64 reads waiting, bytes", waiting.largest, None),
        ("largest free block after use, bytes", over.largest, 100 * 1024),
    )
    return [Figure(name, value, budget, least=True) for name, value, budget in rows]
