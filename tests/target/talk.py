"""A conversation in style `guide`, line by line and in its order."""

from collections import deque

from cc32at.client import AtClient
from cc32at.client.messages import Message
from cc32at.client.table import commands

LATE = frozenset(name for name, row in commands().items() if row.late)


class Talk:
    """An AT session that keeps replies, late lines and events apart, and all of them in `log`.

    `talk(line)` gives the reply of a command as lines, up to its OK or ERROR.
    """

    def __init__(self, at: AtClient):
        self.at = at
        self.late_names = set(LATE)  # of commands whose value lines come behind their OK
        self.log: list[Message] = []
        self.replies: deque[str] = deque()
        self.lates: deque[str] = deque()
        self.events: deque[str] = deque()
        at.listeners.append(self._sort)

    def _sort(self, message: Message) -> None:
        self.log.append(message)
        is_late = message.kind == "value" and message.name.lower() in self.late_names
        if message.kind == "event":
            self.events.append(str(message))
        elif is_late or (message.kind == "error" and message.name):
            self.lates.append(str(message))
        elif message.kind != "comment":
            self.replies.append(str(message))

    @property
    def lines(self) -> list[str]:
        """Everything that has come, events and all."""
        return [str(m) for m in self.log]

    def send(self, line: str | bytes) -> None:
        """A line, its end included; nobody waits for anything."""
        self.at.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    def reply(self, what: str = "reply", timeout: float = 10.0) -> list[str]:
        """The next reply, up to its OK or ERROR."""
        lines = []
        while not lines or not (lines[-1] == "OK" or lines[-1].startswith("ERROR:")):
            self.at.wait_until(lambda: self.replies, timeout, what)
            lines.append(self.replies.popleft())
        return lines

    def __call__(self, line: str | bytes, timeout: float = 10.0) -> list[str]:
        self.send(line)
        return self.reply(f"reply to {line!r}", timeout)

    def empty_line(self) -> None:
        """What a host sends first that has let a payload stay short (guide-style.md O14)."""
        self.at.write(b"\r\n")
        self.sleep(0.05)

    def ok(self, *lines: str | bytes) -> None:
        """Commands that answer OK and nothing else."""
        for line in lines:
            assert (line, self(line)) == (line, ["OK"])

    def value(self, line: str, timeout: float = 10.0) -> str:
        """The only value line of a command, behind its name and colon."""
        reply = self(line, timeout)
        assert len(reply) == 2 and reply[1] == "OK", (line, reply)
        head, _, value = reply[0].partition(":")
        assert head.lower() == "+" + line.partition("=")[0][3:].strip().lower(), (line, reply)
        assert value == "" or value[0] == " ", (line, reply)
        return value[1:]

    def error(self, line: str | bytes, timeout: float = 10.0) -> str:
        """What a command's only line says behind `ERROR:`."""
        reply = self(line, timeout)
        assert len(reply) == 1 and reply[0].startswith("ERROR:"), (line, reply)
        return reply[0][6:]

    def late(self, start: str = "", timeout: float = 10.0) -> str:
        """Take the first late line that begins so, wait for it if need be."""
        return self._take(self.lates, start, timeout, "late line")

    def event(self, start: str = "", timeout: float = 10.0) -> str:
        """Take the first event that begins so, wait for it if need be."""
        return self._take(self.events, start, timeout, "event")

    def _take(self, queue: deque[str], start: str, timeout: float, what: str) -> str:
        def found() -> str | None:
            return next((line for line in queue if line.startswith(start)), None)

        self.at.wait_until(found, timeout, f"{what} {start}")
        line = found()
        queue.remove(line)
        return line

    def background(self, line: str, timeout: float = 10.0) -> str:
        """The late line of a command that answers OK first; any other late line is wrong."""
        self.ok(line)
        return self.late(timeout=timeout)

    def sleep(self, seconds: float) -> None:
        """Let time pass on the board's clock, reading what comes."""
        self.at.sleep(seconds)

    def restart(self) -> None:
        """Stop and start the network processor; stored settings are in force afterwards."""
        self.ok("AT+Stop=200", "AT+Start")

    def join(self, ssid: str = "office", security: str = "WPA_WPA2,correct-horse") -> None:
        """Connect to a network of the default world and wait for an address."""
        self.ok(f"AT+WlanConnect={ssid},,{security},,,")
        self.event(f"+EventWlan: CONNECT,{ssid}")
        self.event("+EventNetApp: IPV4_ACQUIRED")

    def speed_up(self, baud: int = 3_000_000) -> None:
        """Go on at another speed of the line."""
        self.ok(f"AT+Set=AT,BAUD,{baud}")
        self.sleep(0.05)  # the board changes when its OK is out
        self.at.port.baudrate = baud
        self.ok("AT+Test")

    def socket(self, kind: str = "INET,STREAM,TCP") -> int:
        """A new socket's descriptor."""
        return int(self.value(f"AT+Socket={kind}"))
