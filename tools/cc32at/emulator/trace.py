"""`--trace`: AT lines and link frames with their time, secrets masked.

A secret is masked three times over: as the argument of a command that declares one, wherever its
bytes turn up again, and by leaving out the bodies of messages that carry keys.
"""

from typing import Any, TextIO

from cc32at.client.secrets import Masker

from .frames import FrameReader

MASK = "***"
SHOWN = 64  # bytes of a body that are shown
LINE_LIMIT = 400
# Messages whose bodies are secrets altogether: keys, certificates' tokens, credentials.
SECRET_FRAMES = (
    "WLAN_CONNECT", "WLAN_PROFILE", "WLAN_CFG", "FS_OPEN", "FS_CTL", "FS_DELETE", "FS_GET_INFO",
    "FS_PROGRAM", "FS_CLOSE", "NETUTIL_CMD",
)  # fmt: skip
# Commands and replies of the file chapter that carry a token, and where (from 0).
TOKEN_ARGUMENTS = {"filedel": 1, "filegetinfo": 1, "filectl": 1}
TOKEN_REPLIES = {"fileopen": 1, "filectl": 0, "filegetinfo": 3}


class Trace:
    """Writes to `out` (a text stream that is not closed here)."""

    def __init__(self, out: TextIO):
        self._out = out
        self._masker = Masker()
        self._machine: Any = None
        self._lines = {">": bytearray(), "<": bytearray()}
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
        line.on_host_byte = lambda data: self._console(">", data)
        line.on_guest_byte = lambda char: self._console("<", bytes([char]))
        machine.chip.nwp_port.tap = lambda way, data: self._readers[way].feed(data)
        tell = machine.chip.on_report

        def report(text: str) -> None:
            self._write("!", text)
            tell(text)

        machine.chip.on_report = report

    def _write(self, mark: str, text: str) -> None:
        self._out.write(f"[{self._machine.now:12.6f}] {mark} {text}\n")
        self._out.flush()

    # AT lines

    def _console(self, mark: str, data: bytes) -> None:
        line = self._lines[mark]
        for byte in data:
            if byte in b"\r\n":
                self._line(mark)
            else:
                line.append(byte)
                if len(line) >= LINE_LIMIT * 8:
                    self._line(mark)

    def _line(self, mark: str) -> None:
        line = self._lines[mark]
        if not line:
            return
        raw = bytes(line)
        line.clear()
        text = self._masked(mark, raw.decode("latin-1"))
        shown = "".join(c if c.isascii() and c.isprintable() else f"\\x{ord(c):02x}" for c in text)
        tail = "" if len(shown) <= LINE_LIMIT else f"... ({len(shown)} characters)"
        self._write(mark, shown[:LINE_LIMIT] + tail)

    def _masked(self, mark: str, text: str) -> str:
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
        return self._masker.data(text.encode("latin-1", "replace")).decode("latin-1")

    # Frames

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
