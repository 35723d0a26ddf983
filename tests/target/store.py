"""Files over the port: written and read as a host does it, in either format (guide 6.4)."""

import base64

from tests.target.talk import Talk

MOST = 4096  # bytes of a payload
BLOCK = 4096  # bytes of a block of the store
SETTINGS = "/atcore/settings"  # the firmware's own file


def error(code: int) -> str:
    """What the network processor refuses."""
    return f"process command, {code}"


class Store:
    """The file commands of a board. What is refused is an AtError."""

    def __init__(self, talk: Talk):
        self.talk = talk

    def command(self, line: str, payload: bytes | None = None):
        result = self.talk.at.command(line, payload, timeout=30)
        self.talk.replies.clear()
        return result

    def open(self, name: str, options: str, size: int | str = "") -> int:
        """The handle of a file."""
        return self.opened(name, options, size)[0]

    def opened(self, name: str, options: str, size: int | str = "") -> tuple[int, int]:
        """Handle and token."""
        handle, token = self.talk.value(f"AT+FileOpen={name},{options},{size}").split(",")
        return int(handle), int(token)

    def close(self, handle: int, certificate: str = "", signature: str = "") -> None:
        self.talk.ok(f"AT+FileClose={handle},{certificate},{signature}")

    def write(self, handle: int, data: bytes, offset: int = 0, format: int = 0) -> int:
        """Write one payload; what the board says it has written."""
        text = base64.b64encode(data) if format else data
        line = f"AT+FileWrite={handle},{offset},{format},{len(text)},"
        (written,) = self.command(line, text).fields
        return int(written)

    def read(self, handle: int, offset: int = 0, length: int = MOST, format: int = 0) -> bytes:
        """What came for one request, decoded."""
        result = self.command(f"AT+FileRead={handle},{offset},{format},{length}")
        assert result.fields[0] == str(format)
        return result.payload

    def put(self, name: str, data: bytes, options: str = "CREATE|OVERWRITE", **how: int) -> None:
        """Replace a file: `size` at most from now on, `format`, `step` bytes a payload."""
        step, size = how.get("step", MOST), how.get("size") or len(data) or 1
        handle = self.open(name, options, size)
        for at in range(0, len(data), step):
            self.write(handle, data[at : at + step], at, how.get("format", 0))
        self.close(handle)

    def get(self, name: str, size: int, format: int = 0, step: int = MOST) -> bytes:
        """The first `size` bytes of a file."""
        handle = self.open(name, "READ")
        data = b"".join(self.read(handle, at, step, format) for at in range(0, size, step))
        self.close(handle)
        return data

    def info(self, name: str, token: int | str = "") -> list[str]:
        """Flags, size, allocated size, tokens, storage size, write counter."""
        return self.talk.value(f"AT+FileGetInfo={name},{token}").split(",")

    def listed(self) -> list[list[str]]:
        """Name, maximum size, properties and blocks of every file."""
        *lines, last = self.talk("AT+FileGetFileList", timeout=30)
        assert last == "OK" and all(line.startswith("+FileGetFileList: ") for line in lines)
        return [line.partition(": ")[2].rsplit(",", 3) for line in lines]
