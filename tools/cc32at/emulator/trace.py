"""`--trace`: AT lines and link frames with their time, secrets masked.

A secret is masked three times over: as the argument of a command that declares one, wherever its
bytes turn up again, and by leaving out the bodies of what may carry keys: file contents, and
messages with keys or tokens.
"""

from collections.abc import Callable
from typing import Any, TextIO

from cc32at.client.secrets import Masker

from .frames import FrameReader

MASK = "***"
SHOWN = 64  # bytes of a body that are shown
LINE_LIMIT = 400  # characters of a line that are shown
LONGEST_LINE = 8192
# Messages whose bodies are left out: keys, credentials, files and their tokens.
SECRET_FRAMES = ("WLAN_CONNECT", "WLAN_PROFILE", "WLAN_CFG", "FS_", "NETUTIL_CMD")
# Where a token stands (from 0) in commands and replies of the file chapter.
TOKEN_ARGUMENTS = {"filedel": 1, "filegetinfo": 1, "filectl": 1}
TOKEN_REPLIES = {"fileopen": 1, "filectl": 0, "filegetinfo": 3}
# File contents: the comma behind which they stand, and which field counts them.
CONTENTS = {">": (b"filewrite", b"=", 4, 3), "<": (b"+fileread", b":", 2, 1)}


class Lines:
    """Cuts one direction of the console into lines; file contents are counted, not kept."""

    def __init__(self, mark: str, on_line: Callable[[str], None]):
        self._name, self._sign, self._commas, self._count = CONTENTS[mark]
        self._on_line = on_line
        self._line = bytearray()
        self._skip = 0

    def feed(self, data: bytes) -> None:
        for byte in data:
            if self._skip:
                self._skip -= 1
            elif byte in b"\r\n":
                self._end()
            else:
                self._line.append(byte)
                if byte == 0x2C:
                    self._look_for_contents()
                if len(self._line) >= LONGEST_LINE:
                    self._end()

    def _look_for_contents(self) -> None:
        name, sign, rest = bytes(self._line).partition(self._sign)
        fields = rest.split(b",")
        if not sign or len(fields) != self._commas + 1:
            return
        if name.strip().lower().replace(b"at+", b"") == self._name:
            length = fields[self._count].strip()
            self._skip = int(length) if length.isdigit() else 0
            self._line += f"{MASK} ({self._skip} bytes)".encode()

    def _end(self) -> None:
        line = self._line.decode("utf-8", "surrogateescape")
        self._line.clear()
        if line:
            self._on_line(line)


class Trace:
    """Writes to `out` (a text stream that is not closed here)."""

    def __init__(self, out: TextIO):
        self._out = out
        self._masker = Masker()
        self._machine: Any = None
        self._names: dict[int, str] = {}
        self._readers = {
            "H": FrameReader("H", lambda opcode, body: self._frame("H", opcode, body)),
            "N": FrameReader("N", lambda opcode, body: self._frame("N", opcode, body[8:])),
        }

    def attach(self, machine: Any) -> None:
        """Listen to a machine's console and link; its reports go to the trace as well."""
        self._machine = machine
        self._names = opcode_names()
        line = machine.uart
        line.on_host_byte = Lines(">", lambda text: self._line(">", text)).feed
        replies = Lines("<", lambda text: self._line("<", text))
        line.on_guest_byte = lambda char: replies.feed(bytes([char]))
        machine.chip.nwp_port.tap = lambda way, data: self._readers[way].feed(data)
        tell = machine.chip.on_report

        def report(text: str) -> None:
            self._write("!", text)
            tell(text)

        machine.chip.on_report = report

    def _write(self, mark: str, text: str) -> None:
        self._out.write(f"[{self._machine.now:12.6f}] {mark} {text}\n")
        self._out.flush()

    def _line(self, mark: str, text: str) -> None:
        data = self._masked(mark, text)
        shown = "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in data)
        tail = "" if len(shown) <= LINE_LIMIT else f"... ({len(shown)} characters)"
        self._write(mark, shown[:LINE_LIMIT] + tail)

    def _masked(self, mark: str, text: str) -> bytes:
        if mark == ">":
            text = self._masker.command(text)
        name, sign, rest = text.partition("=" if mark == ">" else ":")
        key = name.strip().lower().removeprefix("at").lstrip("+")
        place = (TOKEN_ARGUMENTS if mark == ">" else TOKEN_REPLIES).get(key)
        if sign and place is not None:
            fields = rest.split(",")
            if place < len(fields) and fields[place].strip():
                self._masker.add(fields[place].strip())
                fields[place] = MASK
            text = name + sign + ",".join(fields)
        return self._masker.data(text.encode("utf-8", "surrogateescape"))

    def _frame(self, way: str, opcode: int, body: bytes) -> None:
        name = self._names.get(opcode, f"0x{opcode:04X}")
        head = f"{name} {len(body)} bytes"
        if name.startswith(SECRET_FRAMES):
            self._write(way, f"{head}: {MASK}")
            return
        body = self._masker.data(body)
        tail = "..." if len(body) > SHOWN else ""
        self._write(way, f"{head}{': ' if body else ''}{body[:SHOWN].hex(' ', 4)}{tail}")


def opcode_names() -> dict[int, str]:
    """Names of both directions by opcode; responses are called after their request."""
    from cc32at.nwp.codec import protocol

    names = {}
    for row in protocol().opcodes.values():
        if row.response_opcode is not None:
            names[row.response_opcode] = f"{row.name} answer"
    for row in protocol().opcodes.values():
        names[row.opcode] = row.name
    return names
