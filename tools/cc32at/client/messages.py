"""The device's output, cut into messages.

A message is a line, except that a payload in binary format may hold line ends: where its line
announces a length, exactly that many bytes belong to it (guide-style D1, L6).
"""

import re
from dataclasses import dataclass, field

from .values import split_fields, split_parameters

# Where the payload stands: message name -> number of fields before the data. The length is the
# field just before it, the format the one before that (guide-style section 7 and 8).
PAYLOAD_AFTER = {
    "recv": 3,
    "recvfrom": 3,
    "fileread": 2,
    "netapprecv": 4,
    "netutilget": 2,
    "netutilcmd": 2,
    "httpreadresbody": 4,
    "httpgetheader": 3,
    "eventmqtt": 7,
}

_VALUE = re.compile(rb"\+([A-Za-z0-9]+):( ?)")
# In parentheses, from VERBOSE 1 on: the parameter, or how many there were.
_ERROR = re.compile(r"ERROR: ?([a-z ]+?)(?: \+([A-Za-z]+)(?: (\d+))?)?(?: \([^()]*\))?, ?(-?\d+)$")


@dataclass
class Message:
    """One message of the device, without its line end.

    `kind` is ok, error, value, event, comment (a line that begins with #) or text. `name` is
    that of a value, an event, or the command a late error names; `first` that command's first
    parameter. `data` is the payload as it crossed the line, None where there is none.
    """

    kind: str
    raw: bytes
    name: str = ""
    text: str = ""
    data: bytes | None = None
    description: str = ""
    code: int = 0
    first: str = ""
    style: str = "guide"
    fields: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return self.raw.decode("utf-8", "backslashreplace")


class MessageReader:
    """Cuts bytes into messages; feed() may be called with any pieces."""

    def __init__(self, style: str = "guide"):
        self.style = style
        self._buffer = bytearray()
        self._known = 0  # the first message has a payload and is longer than this

    def feed(self, data: bytes) -> list[Message]:
        """Messages that are complete now."""
        self._buffer += data
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    @property
    def partial(self) -> bytes:
        """What came since the last complete message."""
        return bytes(self._buffer)

    def reset(self) -> None:
        """Forget an incomplete message."""
        self._buffer.clear()
        self._known = 0

    def _next(self) -> Message | None:
        while self._buffer[:1] in (b"\r", b"\n"):
            del self._buffer[:1]
        length = self._length()
        if length is None:
            return None
        raw = bytes(self._buffer[:length])
        del self._buffer[:length]
        self._known = 0
        return parse(raw, self.style)

    def _length(self) -> int | None:
        """Length of the first message without its line end, None while it is incomplete."""
        if len(self._buffer) <= self._known:
            return None
        ends = [i for i in (self._buffer.find(b"\r"), self._buffer.find(b"\n")) if i >= 0]
        header_end = min(ends) if ends else len(self._buffer)
        payload = payload_span(bytes(self._buffer))
        if payload is not None and payload[0] <= header_end:
            end = self._known = payload[1]
            # Its line end must be there too, or more of the line might still come.
            return end if len(self._buffer) > end else None
        return header_end if ends else None


def payload_span(raw: bytes) -> tuple[int, int] | None:
    """Start and end of the payload that a message announces, None if it announces none."""
    match = _VALUE.match(raw)
    if not match:
        return None
    name = match[1].decode().lower()
    count = PAYLOAD_AFTER.get(name)
    if count is None:
        return None
    head = raw[match.end() : match.end() + 1024].decode("latin-1")
    if name == "eventmqtt" and not head.lower().startswith("recv,"):
        return None
    spans = split_parameters(head)
    if len(spans) <= count:
        return None
    length = head[slice(*spans[count - 1])]
    if not length.isdigit() or not head[slice(*spans[count - 2])].isdigit():
        return None
    start = match.end() + spans[count][0]
    return start, start + int(length)


def parse(raw: bytes, style: str = "guide") -> Message:
    """One complete message without its line end."""
    text = raw.decode("utf-8", "surrogateescape")
    if text == "OK":
        return Message("ok", raw, text=text, style=style)
    if raw[:1] == b"#":
        return Message("comment", raw, text=text, style=style)
    if error := _ERROR.match(text):
        return Message(
            "error",
            raw,
            text=text,
            description=error[1],
            name=error[2] or "",
            first=error[3] or "",
            code=int(error[4]),
            style=style,
        )
    match = _VALUE.match(raw)
    return _value(raw, match, style) if match else Message("text", raw, text=text, style=style)


def _value(raw: bytes, match: re.Match, style: str) -> Message:
    name = match[1].decode()
    kind = "event" if name.lower().startswith("event") else "value"
    span = payload_span(raw)
    data = raw[slice(*span)] if span else None
    header = raw[match.end() : span[0] - 1 if span else None]
    text = header.decode("utf-8", "surrogateescape")
    fields = split_fields(text, style)
    if data is not None:
        fields.append(data.decode("utf-8", "surrogateescape"))
    return Message(kind, raw, name=name, text=text, data=data, fields=fields, style=style)
