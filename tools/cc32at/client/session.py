"""Talking AT: commands and their answers, late results, events."""

import base64
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import serial

from . import table
from .errors import AtError, AtTimeout, DeviceFailed
from .messages import PAYLOAD_AFTER, Message, MessageReader
from .ports import clock_of, open_port
from .transcript import Transcript
from .values import quote

# Commands whose value comes after their OK.
LATE_GUIDE = frozenset(name for name, row in table.commands().items() if row.late)
LATE_TI = frozenset(name for name, row in table.commands().items() if row.late_ti)
# Late errors of these name the command's first parameter too (guide-style O7).
NAMED_BY_FIRST = frozenset(name for name, row in table.commands().items() if row.first)
FATAL = "# fatal: "
_STYLE = re.compile(r"at\+set=at,style,(guide|ti)$", re.IGNORECASE)


@dataclass
class Result:
    """A command's answer: `messages` are its value lines (and help text), without the OK."""

    command: str
    messages: list[Message] = field(default_factory=list)

    @property
    def values(self) -> list[list[str]]:
        """Fields of every value line."""
        return [m.fields for m in self.messages if m.kind == "value"]

    @property
    def fields(self) -> list[str]:
        """Fields of the first value line; empty when there is none."""
        return next(iter(self.values), [])

    @property
    def lines(self) -> list[str]:
        """The lines as they came."""
        return [str(m) for m in self.messages]

    @property
    def payload(self) -> bytes:
        """The payload of the first line that has one, Base64 decoded."""
        return payload_of(next((m for m in self.messages if m.data is not None), None))


def payload_of(message: Message | None) -> bytes:
    """The bytes a message carries; those in format 1 decoded. b'' without a payload."""
    if message is None or message.data is None:
        return b""
    form = message.fields[PAYLOAD_AFTER[message.name.lower()] - 2]
    return base64.b64decode(message.data, validate=True) if form == "1" else message.data


class Pending:
    """A background command between its OK and its late result."""

    def __init__(self, session: "AtClient", line: str):
        self.command = session.transcript.masker.command(line)
        self.name = table.name_of(line)
        self.first = line.partition("=")[2].split(",")[0].strip()
        self._session = session
        self._arrived: deque[Message] = deque()

    @property
    def done(self) -> bool:
        """Whether something has come that was not fetched yet."""
        self._session.poll()
        return bool(self._arrived)

    def result(self, timeout: float = 10.0) -> Result:
        """Wait for the value line. Raises AtError for a late error, AtTimeout if none comes.

        NetAPPPing may send several: each call returns the next one.
        """
        self._session.wait_until(lambda: self._arrived, timeout, f"late result of {self.command}")
        message = self._arrived.popleft()
        if message.kind == "error":
            raise AtError(message.description, message.code, self.command, late=True)
        return Result(self.command, [message])

    def claims(self, message: Message) -> bool:
        """Whether a late value or error is this command's."""
        if message.name.lower() != self.name:
            return False
        if message.kind == "error":
            return self.name not in NAMED_BY_FIRST or message.first == self.first
        if self.name in ("recv", "recvfrom", "netapprecv"):
            return bool(message.fields) and message.fields[0] == self.first
        return True

    def deliver(self, message: Message) -> None:
        """Take a message that claims() accepted."""
        self._arrived.append(message)


class AtClient:
    """An AT session over a serial port, in reply style `guide` or `ti`.

    One command at a time is in the foreground; what belongs to background commands and events
    is sorted away while it is waited for. Not thread-safe.
    """

    def __init__(
        self,
        port: serial.SerialBase,
        style: str = "guide",
        transcript: Transcript | None = None,
        clock: Callable[[], float] | None = None,
    ):
        self.port = port
        self.clock = clock or clock_of(port)
        self.transcript = transcript or Transcript()
        self.transcript.use_clock(self.clock)
        self.events: deque[Message] = deque()
        self.comments: deque[Message] = deque(maxlen=100)
        self.stray: deque[Message] = deque(maxlen=1000)
        self.listeners: list[Callable[[Message], None]] = []
        self._reader = MessageReader(style)
        self._pendings: list[Pending] = []
        self._inbox: deque[Message] | None = None
        self._tap: list[Message] | None = None
        self._foreground = ""
        self._owed_oks = 0
        self._fatal = ""

    @classmethod
    def open(
        cls,
        url: str,
        baud: int = 115200,
        style: str = "guide",
        transcript: Transcript | None = None,
        **options: object,
    ) -> "AtClient":
        """Open a port by URL and talk over it."""
        return cls(open_port(url, baud, **options), style, transcript)

    def __enter__(self) -> "AtClient":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the port and the transcript."""
        self.port.close()
        self.transcript.close()

    @property
    def style(self) -> str:
        """The reply style that answers are read in; set it after changing it on the device."""
        return self._reader.style

    @style.setter
    def style(self, style: str) -> None:
        self._reader.style = style

    # --- Commands ---

    def command(
        self, line: str | bytes, payload: bytes | None = None, timeout: float = 10.0
    ) -> Result:
        """Send a command and wait for its whole answer, a late value included.

        `payload` is appended raw. Raises AtError or AtTimeout.
        """
        if self.is_late(line):
            return self.start(line, payload, timeout).result(timeout)
        return self._exchange(line, payload, timeout)

    def start(
        self, line: str | bytes, payload: bytes | None = None, timeout: float = 10.0
    ) -> Pending:
        """Send a command whose value comes later; returns after its OK."""
        text = _text(line)
        pending = Pending(self, text)
        self._exchange(line, payload, timeout)
        self._pendings.append(pending)
        return pending

    def call(
        self,
        name: str,
        *parameters: object,
        data: bytes | None = None,
        binary: bool = True,
        timeout: float = 10.0,
    ) -> Result:
        """Send `AT+name=...`, quoting the parameters that need it.

        `data` fills in the format, length and payload parameters that end the command;
        `binary` False sends it as Base64.
        """
        words = [quote(p) for p in parameters]
        if data is None:
            line = f"AT+{name}=" + ",".join(words) if words else f"AT+{name}"
            return self.command(line, timeout=timeout)
        body = data if binary else base64.b64encode(data)
        if table.commands()[name.lower()].payload[0] is not None:
            words.append("0" if binary else "1")
        words.append(str(len(body)))
        return self.command(f"AT+{name}=" + ",".join(words) + ",", payload=body, timeout=timeout)

    def is_late(self, line: str | bytes) -> bool:
        """Whether a command's value comes after its OK, in the style in force."""
        late = LATE_TI if self.style == "ti" else LATE_GUIDE
        return table.name_of(line) in late and not _text(line).partition("=")[2].startswith("?")

    def _exchange(self, line: str | bytes, payload: bytes | None, timeout: float) -> Result:
        self.poll()
        text = _text(line)
        masked = self.transcript.masker.command(text)
        self._inbox, self._foreground = deque(), table.name_of(line)
        try:
            self.write(text.encode("utf-8", "surrogateescape") + (payload or b"") + b"\r\n")
            result = self._answer(text, masked, timeout)
        finally:
            self._inbox, self._foreground = None, ""
        if changed := _STYLE.match(text.replace(" ", "")):
            self.style = changed[1].lower()
        return result

    def _answer(self, text: str, masked: str, timeout: float) -> Result:
        result = Result(masked)
        while True:
            self.wait_until(lambda: self._inbox, timeout, f"answer to {masked}")
            message = self._inbox.popleft()
            if message.kind == "ok":
                return result
            if message.kind == "error":
                raise AtError(message.description, message.code, masked)
            if not (message.kind == "text" and message.text.strip() == text.strip()):
                result.messages.append(message)

    # --- Events ---

    def wait_event(self, name: str = "", *ids: str, timeout: float = 10.0) -> Message:
        """Wait for an event and take it; earlier ones that do not match stay in `events`.

        `name` is with or without `Event` (`Wlan`), `ids` its first fields; case is ignored.
        """
        found: list[Message] = []

        def arrived() -> bool:
            for event in self.events:
                if _matches(event, name, ids):
                    self.events.remove(event)
                    found.append(event)
                    return True
            return False

        self.wait_until(arrived, timeout, "event " + ",".join((name, *ids)))
        return found[0]

    # --- Bytes and messages ---

    def write(self, data: bytes) -> None:
        """Send raw bytes."""
        self.transcript.sent(data)
        self.port.write(data)

    def messages(self, timeout: float = 1.0, quiet: float = 0.1) -> list[Message]:
        """Everything that comes, of whatever kind and in order, events included.

        Ends when nothing has come for `quiet` seconds, or after `timeout`.
        """
        self._tap = tap = list(self.stray)
        self.stray.clear()
        end = self.clock() + timeout
        last = self.clock()
        try:
            while self.clock() < end and self.clock() - last < quiet:
                if self.poll():
                    last = self.clock()
        finally:
            self._tap = None
        return tap

    def flush(self, quiet: float = 0.1) -> None:
        """Throw away everything that waits or is still coming."""
        self.messages(timeout=5.0, quiet=quiet)
        self._reader.reset()
        self.events.clear()
        self._pendings.clear()
        self._owed_oks = 0

    def sync(self, timeout: float = 10.0) -> None:
        """Bring the device to the start of a line and see it answer, whatever was before."""
        self.write(b"\r\n")
        self.flush()
        self.command("AT+Test", timeout=timeout)

    def poll(self) -> int:
        """Read what has come (waiting one port time-out at most); returns the bytes read.

        Raises DeviceFailed when the firmware says that it gave up.
        """
        data = self.port.read(max(1, self.port.in_waiting))
        if data:
            self.transcript.received(data)
            for message in self._reader.feed(data):
                self._route(message)
        if self._fatal:
            reason, self._fatal = self._fatal, ""
            self.transcript.flush()
            raise DeviceFailed(reason, self.transcript.tail())
        return len(data)

    def wait_until(self, condition: Callable[[], object], timeout: float, what: str) -> None:
        """Read until `condition` holds. Raises AtTimeout naming `what` after `timeout` s."""
        end = self.clock() + timeout
        while not condition():
            if not self.poll() and self.clock() >= end:
                self.transcript.flush()
                raise AtTimeout(what, timeout, self.transcript.tail())

    def sleep(self, seconds: float) -> None:
        """Let time pass on the device's clock, reading what comes."""
        end = self.clock() + seconds
        while self.clock() < end:
            self.poll()

    def _route(self, message: Message) -> None:
        for listener in self.listeners:
            listener(message)
        if self._tap is not None:
            self._tap.append(message)
        elif message.kind == "event":
            self.events.append(message)
        elif message.kind == "comment":
            self.comments.append(message)
            self._fatal = self._fatal or message.text.partition(FATAL)[2]
        elif message.kind == "ok" and self._owed_oks:
            self._owed_oks -= 1
        elif not self._to_pending(message):
            (self.stray if self._inbox is None else self._inbox).append(message)

    def _to_pending(self, message: Message) -> bool:
        mine = message.kind == "value" and message.name.lower() == self._foreground
        if self.style == "ti" and message.kind == "error" and self._inbox is None:
            # Style ti does not say whose error it is; the oldest has waited longest.
            takers = self._pendings[:1]
        elif message.kind in ("value", "error") and not (mine and not self._is_late_name(message)):
            takers = [p for p in self._pendings if p.claims(message)]
        else:
            return False
        if not takers:
            return False
        takers[0].deliver(message)
        if takers[0].name != "netappping":
            self._pendings.remove(takers[0])
            self._owed_oks += self.style == "ti" and message.kind == "value"
        return True

    def _is_late_name(self, message: Message) -> bool:
        return message.name.lower() in (LATE_TI if self.style == "ti" else LATE_GUIDE)


def _text(line: str | bytes) -> str:
    return line.decode("utf-8", "surrogateescape") if isinstance(line, bytes) else line


def _matches(event: Message, name: str, ids: tuple[str, ...]) -> bool:
    wanted = name.lower().removeprefix("event")
    if wanted and event.name.lower().removeprefix("event") != wanted:
        return False
    fields = [f.lower() for f in event.fields[: len(ids)]]
    return fields == [i.lower() for i in ids]
