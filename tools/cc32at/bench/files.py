"""Counting what a file costs that is written and read in payloads: instructions a byte, all in."""

import base64
import random
import re
from pathlib import Path

from cc32at.emulator import Machine
from cc32at.nwp import NetworkProcessor

from .figures import Figure

SIZE, PIECE = 65536, 1400  # bytes of the file and of a payload
BUDGETS = {"binary": 110, "Base64": 150}  # instructions a byte of the file
BOOT = 1.0  # emulated seconds after which the board waits for commands
LIMIT = 2.0  # emulated seconds that an answer may take
VALUE = re.compile(rb"\+FileRead: ([01]),(\d+),")
OK = b"OK\r\n"


def figures(elf: Path) -> list[Figure]:
    """A file that is written and read in either format, at 115,200."""
    host = Host(elf)
    try:
        return [
            _figure(f"{verb} a file, instructions a byte, {name}", BUDGETS[name], move, format)
            for format, name in enumerate(BUDGETS)
            for verb, move in (("write", host.write), ("read", host.read))
        ]
    finally:
        host.machine.close()


def _figure(name: str, budget: int, move, format: int) -> Figure:
    try:
        return Figure(name, round(move(format) / SIZE, 1), budget)
    except ValueError as error:
        return Figure(name, None, budget, why=f"wrong: {error}", wrong=True)


class Host:
    """A program at the far end of the line that waits for each answer."""

    def __init__(self, elf: Path):
        self.machine = Machine(elf, nwp=NetworkProcessor(), settings={"banner": 0})
        self.machine.run(timeout=BOOT)
        self.machine.uart.host_read()
        self.data = random.Random(1).randbytes(SIZE)

    def write(self, format: int) -> int:
        """Instructions that writing takes, open and close not counted."""
        handle = self._open(b"CREATE|OVERWRITE,%d" % SIZE)
        before = self.machine.instructions
        for at in range(0, SIZE, PIECE):
            data = self.data[at : at + PIECE]
            text = base64.b64encode(data) if format else data
            head = b"AT+FileWrite=%d,%d,%d,%d," % (handle, at, format, len(text))
            if self._ask(head + text) != b"+FileWrite: %d\r\n" % len(text):
                raise ValueError(f"written at {at}")
        cost = self.machine.instructions - before
        self._ask(b"AT+FileClose=%d,," % handle)
        return cost

    def read(self, format: int) -> int:
        """The same of reading what was written."""
        handle = self._open(b"READ,")
        parts = []
        before = self.machine.instructions
        for at in range(0, SIZE, PIECE):
            wanted = min(PIECE, SIZE - at)
            size = (wanted + 2) // 3 * 4 if format else wanted
            answer = self._ask(b"AT+FileRead=%d,%d,%d,%d" % (handle, at, format, wanted), size)
            head = VALUE.match(answer)
            if not head or int(head[2]) != size:
                raise ValueError(f"{answer[:80]!r}")
            text = answer[head.end() : -2]
            parts.append(base64.b64decode(text) if format else text)
        cost = self.machine.instructions - before
        self._ask(b"AT+FileClose=%d,," % handle)
        if b"".join(parts) != self.data:
            raise ValueError("read is not what was written")
        return cost

    def _open(self, how: bytes) -> int:
        answer = self._ask(b"AT+FileOpen=f," + how)
        return int(answer.partition(b": ")[2].split(b",")[0])

    def _ask(self, line: bytes, size: int = 0) -> bytes:
        """What is answered before OK; at least so many bytes of payload."""
        uart = self.machine.uart
        uart.host_write(line + b"\r")
        answer = bytearray()

        def complete() -> bool:
            answer.extend(uart.host_read())
            return (len(answer) > size and answer.endswith(OK)) or answer.startswith(b"ERROR")

        if not self.machine.run(until=complete, timeout=LIMIT) or answer.startswith(b"ERROR"):
            raise ValueError(f"{line[:40]!r}: {bytes(answer[:80])!r}")
        return bytes(answer[: -len(OK)])
