"""How much of the line's capacity a stream of payloads uses, and whether all of it arrives.

The peer is a TCP program on loopback, the host a program at the far end of the line that is never
late itself: how fast the board takes commands and answers them is all that slows it down.
"""

import hashlib
import random
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import yaml

from cc32at.emulator import Machine
from cc32at.emulator.line import FRAME_BITS
from cc32at.emulator.scheduler import CPU_HZ
from cc32at.nwp import NetworkProcessor

from .figures import Figure

BOOT = 1.0  # emulated seconds after which the board waits for commands
SILENCE = 5.0  # emulated seconds in which something must come
PATIENCE = 30.0  # seconds that the peer waits
LOOPBACK = "127.0.0.1"
OK, ERROR = b"OK\r\n", b"ERROR"


@dataclass(frozen=True)
class Row:
    """One line of streaming.yaml.

    out: whether the board sends or receives. size: bytes of all payloads, piece: of each. ahead:
    commands that are on their way at once. budget: per cent of the line's capacity, if any.
    """

    name: str
    baud: int
    size: int
    piece: int
    out: bool = True
    ahead: int = 1
    budget: int | None = None


def rows() -> list[Row]:
    """What is to be measured."""
    text = resources.files(__package__).joinpath("streaming.yaml").read_text()
    return [Row(**row) for row in yaml.safe_load(text)]


def figures(elf: Path) -> list[Figure]:
    """Every row, at one cycle an instruction, and at two if it has a budget."""
    with ProcessPoolExecutor() as pool:
        jobs = [
            (row, *(pool.submit(busy, elf, row, cpi) for cpi in ((1, 2) if row.budget else (1,))))
            for row in sorted(rows(), key=lambda row: -row.size)
        ]
        done = {job[0].name: _figure(*job) for job in jobs}
    return [done[row.name] for row in rows()]


def _figure(row: Row, measured: Future, slow: Future | None = None) -> Figure:
    try:
        value = round(measured.result(), 1)
        slower = slow and round(slow.result(), 1)
    except ValueError as error:
        return Figure(row.name, None, row.budget, why=f"wrong: {error}", wrong=True)
    return Figure(row.name, value, row.budget, percent=True, slow=slower)


def busy(elf: Path, row: Row, cpi: float = 1) -> float:
    """Per cent of the time in which the line carried what a row moves; 100 is all it can carry.

    ValueError if a command failed or the bytes did not arrive as they were sent.
    """
    data = random.Random(1).randbytes(row.size)
    host = Host(elf, row.baud, cpi)
    serve = _take if row.out else _give
    with socket.create_server((LOOPBACK, 0)) as listener:
        peer = _in_thread(lambda: serve(listener, data))
        try:
            sd = host.connect(listener.getsockname()[1])
            digest = hashlib.sha256(data).digest()
            if row.out:
                moved, cycles = host.send(sd, data, row.piece, row.ahead)
                host.command(b"AT+Close=%d\r\n" % sd)
            else:
                moved, cycles, digest = host.receive(sd, row.size, row.piece)
            if peer.result(PATIENCE) != digest:
                raise ValueError("what arrived is not what was sent")
        finally:
            host.close()
    return 100 * moved * FRAME_BITS * CPU_HZ / host.line.guest_baud / cycles


def _in_thread(work: Callable[[], bytes]) -> Future:
    """What a function gives that runs beside the board."""
    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except OSError as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future


def _connection(listener: socket.socket) -> socket.socket:
    listener.settimeout(PATIENCE)
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE)
    return connection


def _take(listener: socket.socket, data: bytes) -> bytes:
    """Digest of what the board sends."""
    digest = hashlib.sha256()
    with _connection(listener) as connection:
        while part := connection.recv(1 << 16):
            digest.update(part)
    return digest.digest()


def _give(listener: socket.socket, data: bytes) -> bytes:
    """Send the board everything; its digest."""
    with _connection(listener) as connection:
        connection.settimeout(None)  # the buffers of the PC hold what the board takes minutes for
        connection.sendall(data)
    return hashlib.sha256(data).digest()


class Host:
    """A program at the far end of the line."""

    def __init__(self, elf: Path, baud: int, cpi: float):
        settings = {"banner": 0, "baud": baud}
        self.machine = Machine(elf, nwp=NetworkProcessor(), settings=settings, cpi=cpi)
        self.line = self.machine.uart
        self.machine.run(timeout=BOOT)
        self.heard = bytearray()

    def close(self) -> None:
        """The machine is not used any more."""
        self.machine.close()

    def command(self, text: bytes, end: bytes = OK) -> bytes:
        """A command and its answer."""
        self.heard.clear()
        self.line.host_write(text)
        self._until(lambda: self.heard.endswith(end))
        return bytes(self.heard)

    def connect(self, port: int) -> int:
        """A socket that is connected to a port of loopback."""
        sd = int(self.command(b"AT+Socket=INET,STREAM,TCP\r\n").split()[1])
        address = b"%d,%s" % (port, LOOPBACK.encode())
        line = b"AT+Connect=%d,INET,%s\r\n" % (sd, address)
        self.command(line, OK + b"+Connect: %s\r\n" % address)
        return sd

    def send(self, sd: int, data: bytes, piece: int, ahead: int) -> tuple[int, int]:
        """AT+Send all of it, `ahead` commands at once: (bytes on the line, cycles they took)."""
        self.heard.clear()
        parts = (data[at : at + piece] for at in range(0, len(data), piece))
        commands = (b"AT+Send=%d,0,%d,%s\r\n" % (sd, len(part), part) for part in parts)
        begin, moved, sent, finished = self.machine.cycles, 0, 0, False

        def over() -> bool:
            nonlocal moved, sent, finished
            done = len(self.heard) // len(OK)
            while not finished and sent - done < ahead:
                text = next(commands, b"")
                finished = not text
                self.line.host_write(text)
                moved, sent = moved + len(text), sent + bool(text)
            return finished and sent == done

        self._until(over)
        return moved, self.line.last_output - begin

    def receive(self, sd: int, size: int, piece: int) -> tuple[int, int, bytes]:
        """AT+Recv until so much has come: (bytes on the line, cycles they took, digest)."""
        digest, moved, begin = hashlib.sha256(), 0, self.machine.cycles
        request = b"AT+Recv=%d,0,%d\r\n" % (sd, piece)
        head = OK + b"+Recv: %d,0," % sd
        while size:
            self.heard.clear()
            self.line.host_write(request)
            self._until(lambda: self.heard.count(b",", len(head)))
            length = int(self.heard[len(head) :].partition(b",")[0])
            start = self.heard.index(b",", len(head)) + 1
            self._until(lambda end=start + length + 2: len(self.heard) >= end)
            if not length:
                raise ValueError(f"closed with {size:,} bytes to come")
            digest.update(self.heard[start : start + length])
            size, moved = size - length, moved + len(self.heard)
        return moved, self.line.last_output - begin, digest.digest()

    def _until(self, over: Callable[[], bool]) -> None:
        """Run until it holds. ValueError if an error is printed or nothing comes for long."""
        count, since = -1, self.machine.now

        def look() -> bool:
            nonlocal count, since
            self.heard += self.line.host_read()
            if len(self.heard) != count:
                count, since = len(self.heard), self.machine.now
            return over() or self.machine.now - since > SILENCE

        while not look():
            self.machine.run(until=look, timeout=SILENCE)
        if not over() or self.heard.startswith(ERROR):
            raise ValueError(f"after {len(self.heard)} bytes: {bytes(self.heard[-60:])!r}")
