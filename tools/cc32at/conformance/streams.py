"""MQTT and HTTP sessions: what their clients send and receive is a stream, whatever its pieces.

A recorded client reads byte by byte, or 255 at a time, and sends a request in several pieces;
another one does it otherwise and is as right. So on a connection that an MQTT or HTTP command
opened these are compared: the bytes that were sent, joined; the frames that set the connection up
and end it (lookup, socket, options, connect, close ...), byte for byte and in their order; and
which bytes went before and behind each of them. Not compared is how the client waits and reads:

* receives: their number and sizes,
* socket options that only say how a receive waits (RECEIVE_OPTIONS),
* Select on nothing but such connections,
* the question whether the station is connected, asked by an MQTT or HTTP command.

All other frames of such a session, those of AT+Socket and AT+Recv too, are compared as ever.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from cc32at.nwp.codec import H2N_SYNC, RESPONSE_HEADER, Command, protocol

from .cases import Case, Exchange, Step
from .commands import name_of

CLIENTS = ("mqtt", "http")  # how the names of their commands begin
SOCKET_LEVEL = 1
RECEIVE_OPTIONS = {20, 24}  # RCVTIMEO, NONBLOCKING
CONNECTION = 5  # configuration id of the station's connection
LONGEST = 1 << 15  # bytes of a stream that are shown as one send
NOBODY = 0xFF  # in place of a connection: what was noted and never sent
ARGUMENTS = 8 + RESPONSE_HEADER  # where those of a message from the network processor begin
REQUEST = re.compile(rb"[A-Z]+ [^ \r\n]+ HTTP/1\.[01]\r\n")
LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)

SETUP, SEND, RECEIVE, SELECT, OPTION, QUERY = range(6)  # kinds of frames that a host writes


@dataclass(frozen=True)
class Sent:
    """Bytes sent on a connection; `holes`: offsets of bytes that are not compared."""

    connection: int
    data: bytes
    holes: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Setup:
    """A frame that is compared as it is; `connection`: the one that it belongs to."""

    frame: bytes
    holes: frozenset[int] = frozenset()
    connection: int | None = None


Tape = list[Sent | Setup]  # what a host did in a step, in its order


@dataclass(frozen=True)
class Received:
    """Bytes that may be received, or the status (end of stream, error) that comes instead.

    They are there as soon as step `step` has begun and on the connection `sent` bytes were sent
    and `setups` frames have come.
    """

    data: bytes
    status: int
    step: int
    sent: int
    setups: int


@dataclass(frozen=True)
class Answer:
    """A frame that is expected from the host and what the network processor answers."""

    setup: Setup
    nwp: tuple[bytes, ...]


@dataclass(frozen=True)
class Loose:
    """A frame of the network processor that answers nothing.

    It comes when step `step` has begun, `setups` of its expected frames have come and on each
    connection as many bytes as `sent` says were sent. boot: at power-on.
    """

    frame: bytes
    step: int
    setups: int
    sent: dict[int, int]
    boot: bool


@dataclass
class Script:
    """A recorded session of a client, taken apart; tapes, answers and others step by step.

    others: frames of the network processor that do not answer one of the tape's.
    """

    case: Case
    tapes: list[Tape] = field(default_factory=list)
    answers: list[list[Answer]] = field(default_factory=list)
    received: dict[int, list[Received]] = field(default_factory=dict)
    loose: list[Loose] = field(default_factory=list)
    queries: list[Answer] = field(default_factory=list)
    others: list[list[bytes]] = field(default_factory=list)

    def sent(self, steps: int) -> Counter[int]:
        """How many bytes have gone out on each connection in the first steps, none stray."""
        streams: dict[int, bytes] = {}
        for tape in self.tapes[:steps]:
            for item in tape:
                if isinstance(item, Sent):
                    streams[item.connection] = streams.get(item.connection, b"") + item.data
        return Counter({n: len(without_strays(data)) for n, data in streams.items()})

    def setups(self, connection: int) -> int:
        """How many frames have set up a connection, as far as the session was taken apart."""
        parts = (part for tape in self.tapes for part in tape)
        return sum(isinstance(p, Setup) and p.connection == connection for p in parts)


class Sockets:
    """Which descriptors are connections of a client, as a session goes on."""

    def __init__(self):
        self.connections: dict[int, int] = {}  # descriptor: number of the connection
        self._client = False  # the command that was given last is one of a client
        self._count = 0

    def begin(self, line: bytes | None) -> None:
        """A step begins; line: its command, None for an event."""
        if line is not None:
            self._client = (name_of(line) or "").startswith(CLIENTS)

    def of(self, sd: int) -> int | None:
        """The connection that a descriptor is, None if it is not one of a client."""
        return self.connections.get(sd)

    def kind(self, frame: bytes) -> tuple[int, int | None]:
        """What a frame of the host is, and the connection that it belongs to."""
        done = command(frame)
        if done is None:
            return SETUP, None
        connection = self.of(done.args["sd"]) if "sd" in done.args else None
        return self._kind(done, connection), connection

    def _kind(self, done: Command, connection: int | None) -> int:
        args = done.args
        if done.name == "SOCKET_SELECT":
            members = args.read_fds | args.write_fds
            mine = all(sd in self.connections for sd in range(16) if members >> sd & 1)
            return SELECT if mine and members else SETUP
        if done.name == "WLAN_CFG_GET":
            return QUERY if self._client and args.config_id == CONNECTION else SETUP
        if connection is None:
            return SETUP
        if done.name == "SOCKET_SETSOCKOPT":
            waits = args.level == SOCKET_LEVEL and args["name"] in RECEIVE_OPTIONS
            return OPTION if waits else SETUP
        return {"SOCKET_SEND": SEND, "SOCKET_RECV": RECEIVE}.get(done.name, SETUP)

    def answered(self, frame: bytes) -> None:
        """The network processor sent a frame: a new socket may be a client's."""
        row = protocol().opcodes["SOCKET_CREATE"]
        if opcode_of(frame) != row.response_opcode:
            return
        answer = row.response.unpack(frame[ARGUMENTS:])
        if answer.status < 0:
            return
        self.connections.pop(answer.sd, None)
        if self._client:
            self.connections[answer.sd] = self._count
            self._count += 1


def opcode_of(frame: bytes) -> int:
    """The opcode of a frame of either side."""
    return int.from_bytes(frame[4:6], "little")


def concerns(case: Case) -> bool:
    """Whether a case is a session of an MQTT or HTTP client."""
    return any(name.startswith(CLIENTS) for name in case.commands)


def command(frame: bytes) -> Command | None:
    """A frame of the host with its arguments by name; None for an unknown opcode."""
    row = protocol().by_opcode.get(opcode_of(frame))
    return row and Command(row, frame[8:])


def part(frame: bytes, holes: frozenset[int], kind: int, connection: int | None) -> Sent | Setup:
    """A frame of the host as a part of a tape."""
    if kind != SEND:
        return Setup(frame, holes, connection)
    send = command(frame)
    first = len(frame) - len(send.padded)
    inside = frozenset(hole - first for hole in holes if 0 <= hole - first < len(send.payload))
    return Sent(connection, send.payload, inside)


def script(case: Case) -> Script:
    """Take a recorded session apart."""
    made = Script(case)
    reader = _Reader(made)
    for number, step in enumerate(case.steps):
        reader.step(number, step.line)
        for exchange in step.exchanges:
            reader.exchange(exchange)
    return made


class _Reader:
    """Where the taking apart of a session has got to."""

    def __init__(self, made: Script):
        self.made = made
        self.sockets = Sockets()

    def step(self, number: int, line: bytes | None) -> None:
        self.number = number
        self.sockets.begin(line)
        self.made.tapes.append([])
        self.made.answers.append([])
        self.made.others.append([])

    def exchange(self, exchange: Exchange) -> None:
        kind, connection = None, None
        if exchange.host:
            kind, connection = self.sockets.kind(exchange.host)
            done = part(exchange.host, exchange.uninitialised, kind, connection)
            if kind in (SETUP, SEND):
                self.made.tapes[-1].append(done)
        answers = []
        for frame in exchange.nwp:
            self.sockets.answered(frame)
            if (number := self._received_on(frame)) is not None:
                self._receive(number, frame, kind == RECEIVE and number == connection)
            elif kind in (SETUP, QUERY):
                answers.append(frame)
                continue
            elif kind not in (OPTION, SELECT) or _is_event(frame):
                self._loosen(frame)
            self.made.others[-1].append(frame)
        if kind in (SETUP, QUERY):
            group = self.made.queries if kind == QUERY else self.made.answers[-1]
            group.append(Answer(done, tuple(answers)))

    def _received_on(self, frame: bytes) -> int | None:
        row = protocol().opcodes["SOCKET_RECV_DONE"]
        if opcode_of(frame) != row.opcode:
            return None
        return self.sockets.of(row.response.unpack(frame[ARGUMENTS:]).sd)

    def _receive(self, connection: int, frame: bytes, at_once: bool) -> None:
        """at_once: the receive found the data, so they may have been there before the step."""
        row = protocol().opcodes["SOCKET_RECV_DONE"]
        status = row.response.unpack(frame[ARGUMENTS:]).status
        first = ARGUMENTS + row.response.size
        data = frame[first : first + max(0, status)]
        before = self.made.received.setdefault(connection, [])
        step = self.number if not at_once else before[-1].step if before else 0
        sent = self.made.sent(len(self.made.tapes))[connection]
        setups = self.made.setups(connection)
        before.append(Received(data, status, step, sent, setups))

    def _loosen(self, frame: bytes) -> None:
        sent = self.made.sent(len(self.made.tapes))
        boot = opcode_of(frame) == protocol().opcodes["DEVICE_INIT_COMPLETE"].opcode
        self.made.loose.append(
            Loose(frame, self.number, len(self.made.answers[-1]), dict(sent), boot)
        )


def _is_event(frame: bytes) -> bool:
    """Whether a frame tells something that is no answer to an option or a Select."""
    done = protocol().opcodes["SOCKET_SELECT_DONE"].opcode
    return not opcode_of(frame) & 0x400 and opcode_of(frame) != done


def strays(data: bytes) -> list[int]:
    """Where a line end stands behind the body of an HTTP request, belonging to nothing."""
    found, at = [], 0
    while REQUEST.match(data, at) and (end := data.find(b"\r\n\r\n", at)) >= 0:
        length = LENGTH.search(data, at, end + 2)
        at = end + 4 + int(length[1] if length else 0)
        last = at + 2 == len(data) or REQUEST.match(data, at + 2)
        if length and last and data[at : at + 2] == b"\r\n":
            found.append(at)
            at += 2
    return found


def without_strays(data: bytes) -> bytes:
    """A stream of HTTP requests without the line ends that belong to nothing."""
    for at in reversed(strays(data)):
        data = data[:at] + data[at + 2 :]
    return data


def told(tape: Tape) -> list[tuple[bytes, frozenset[int]]]:
    """What of a tape is compared, as frames and the offsets at which they are not.

    First the frames as they are, then what was sent connection by connection, as if it had been
    sent in one piece from one of the connection's frames to the next: `sd` is the number of the
    connection, `flags` how many of its frames went before.
    """
    frames = [(p.frame, p.holes) for p in tape if isinstance(p, Setup)]
    setups: Counter[int | None] = Counter()
    streams: dict[tuple[int, int], tuple[bytearray, set[int]]] = {}
    for done in tape:
        if isinstance(done, Setup):
            setups[done.connection] += 1
            continue
        data, holes = streams.setdefault(
            (done.connection, setups[done.connection]), (bytearray(), set())
        )
        holes |= {len(data) + hole for hole in done.holes}
        data += done.data
    for (connection, before), (data, holes) in sorted(streams.items()):
        frames += _sends(connection, before, bytes(data), holes)
    return frames


def _sends(connection: int, before: int, data: bytes, holes: set[int]) -> list:
    """Bytes sent as frames, at least one; as many as are needed for their 16-bit lengths."""
    row = protocol().opcodes["SOCKET_SEND"]
    found = []
    for at in range(0, max(1, len(data)), LONGEST):
        piece = data[at : at + LONGEST]
        body = row.args.pack({"len": len(piece), "sd": connection, "flags": before & 0xFF}) + piece
        body += bytes(-len(body) % 4)
        head = H2N_SYNC + row.opcode.to_bytes(2, "little") + len(body).to_bytes(2, "little")
        first = len(head) + row.args.size - at
        inside = frozenset(first + hole for hole in holes if at <= hole < at + LONGEST)
        found.append((head + body, inside))
    return found


def compared(made: Script) -> Case:
    """The session as it is compared: in the place of what the host wrote what told() makes of it.

    Of a recording with a live peer only the text is compared.
    """
    steps = []
    for number, step in enumerate(made.case.steps):
        frames, answers = told(made.tapes[number]), made.answers[number]
        if _contradicts(step):
            frames += _sends(NOBODY, 0, b"".join(data for _, data in step.sent), set())
        nwp = [answer.nwp for answer in answers] + [()] * (len(frames) - len(answers))
        exchanges = [Exchange(*frame, answer) for frame, answer in zip(frames, nwp, strict=True)]
        if "live_peer" in made.case.flags:
            exchanges = [replace(exchange, host=b"") for exchange in exchanges]
        exchanges.append(Exchange(b"", frozenset(), tuple(made.others[number])))
        steps.append(replace(step, exchanges=tuple(exchanges)))
    return replace(made.case, steps=tuple(steps))


def _contradicts(step: Step) -> bool:
    """Whether the payloads noted in a recording are not those of its frames."""
    if step.sent is None:
        return False
    frames = [command(e.host) for e in step.frames]
    sends = [(c.sd, c.payload) for c in frames if c and c.name == "SOCKET_SEND"]
    if any(sd is None for sd, _ in step.sent):
        sends = [(None, data) for _, data in sends]
    return _joined(step.sent) != _joined(sends)


def _joined(sends: Iterable[tuple[int | None, bytes]]) -> dict[int | None, bytes]:
    streams: dict[int | None, bytes] = {}
    for sd, data in sends:
        streams[sd] = streams.get(sd, b"") + data
    return streams
