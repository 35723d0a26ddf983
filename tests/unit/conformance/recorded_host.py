"""The host of a recorded MQTT or HTTP session: does at the seam what the recording says it did.

With a random number generator it reads and sends in other pieces than the recorded one, and leaves
out the options before its receives; what it does is the same all the same.
"""

from cc32at.conformance import streams
from cc32at.conformance.compare import Said, differing, told
from cc32at.conformance.streamed import StreamedNwp
from cc32at.nwp.clock import VirtualClock
from cc32at.nwp.codec import CNYS, H2N_SYNC, protocol
from cc32at.nwp.linklayer import Header, Message, encode

PAUSE = 0.01  # seconds, virtual
LINE_END = b"\r\n"
INIT_COMPLETE = 0x0008
HEADER = Header()
HEADER.credits = 24


class Stuck(AssertionError):
    """The network processor does not give what the host needs to go on, or something else."""


def frame(kind: str, payload: bytes = b"", **arguments: int) -> bytes:
    """A frame of the host, laid out as in protocol.json."""
    row = protocol().opcodes[kind]
    body = row.args.pack(arguments) + payload.ljust(-(-len(payload) // 4) * 4, b"\0")
    return H2N_SYNC + row.opcode.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body


def message(kind: str, payload: bytes = b"", **arguments: int) -> bytes:
    """A frame of the network processor, its sequence number 0: an event, or what answers."""
    row = protocol().opcodes[kind]
    data = encode(
        Message(row.response_opcode or row.opcode, row.response.pack(arguments), payload),
        HEADER,
        0,
    )
    return data


class Link:
    """Writes frames to a network processor and reads what it says, sequence numbers checked."""

    def __init__(self, nwp):
        self.nwp = nwp
        self.clock = VirtualClock()
        nwp.attach(self.clock, lambda level: None)
        self.sequence = 0
        self.credits = 0
        self.inbox: list[bytes] = []
        self.written: list[bytes] = []

    def power(self, on: bool) -> None:
        self.nwp.power(on)
        self.sequence = 0
        self.clock.advance(PAUSE)
        self.listen()

    def write(self, data: bytes, costs: int = 0) -> None:
        """costs: transmit credits (nwp-protocol.md 4.2)."""
        if costs:
            assert self.credits > 2, "no credits left"
            self.credits -= costs
        self.written.append(data)
        self.nwp.write(data)
        self.clock.advance(PAUSE)
        self.listen()

    def listen(self) -> None:
        """Read all messages that wait."""
        while self.nwp.irq:
            self.nwp.write(CNYS)
            head = self.nwp.read(16)
            assert head[:4] == bytes((0xBC | self.sequence & 3,)) + bytes.fromhex("dccdab")
            self.sequence += 1
            self.credits = head[8]
            size = int.from_bytes(head[6:8], "little") - 8
            self.inbox.append(head + self.nwp.read(-(-size // 4) * 4)[:size])


class Host:
    """Plays a recorded session; what it was given to read must be what was recorded.

    dice: None to write just the recorded frames. like: the recording that the network processor
    plays, if it is another one: then the host goes on as if it had read what it should.
    """

    def __init__(self, case, dice=None, like=None):
        self.case = case
        self.stubborn = like is not None
        self.dice = dice
        self.nwp = StreamedNwp(like or case)
        self.link = Link(self.nwp)
        self.said: list[Said] = []  # what it did in each step
        self.sockets = streams.Sockets()
        self.given: dict[int, bytes] = {}  # sd: bytes that were read and not used yet
        self.ends: dict[int, list[int]] = {}  # sd: statuses that came instead of bytes
        self.reading: set[int] = set()  # descriptors with a receive that waits
        self.held: list[tuple[int, bytes]] = []  # sends not done yet

    def play(self) -> list[str]:
        """What differs, step by step, as the judge sees it. Raises Stuck."""
        found = []
        for number, step in enumerate(self.case.steps):
            self.nwp.begin_step(number)
            self.step(step)
            text = b"".join(message + LINE_END for message in step.out)
            self.said.append(Said(text, tuple(self.nwp.frames(number))))
            compared = self.nwp.compared
            found += differing(told(compared, compared.steps[number]), self.said[-1])
        return found

    def step(self, step) -> None:
        """Do what the recorded host did in a step."""
        self.sockets.begin(step.line)
        if any(streams.opcode_of(f) == INIT_COMPLETE for e in step.exchanges for f in e.nwp):
            self.link.power(False)
            self.link.power(True)
        for exchange in step.exchanges:
            if exchange.host:
                self.act(exchange.host)
            for answer in exchange.nwp:
                self.sockets.answered(answer)
                try:
                    self.use(answer)
                except Stuck:
                    if not self.stubborn:
                        raise
        self.flush()
        if self.dice and self.dice.random() < 0.5:
            for sd in self.sockets.connections:
                self.ask(sd)

    def act(self, sent: bytes) -> None:
        """Write a recorded frame, or do as much in another way."""
        kind, _ = self.sockets.kind(sent)
        if kind == streams.SEND:
            send = streams.command(sent)
            if self.dice:
                self.held.append((send.sd, send.payload))
            else:
                self.write(sent, 1)
        elif kind == streams.RECEIVE:
            if not self.dice:
                self.reading.add(streams.command(sent).sd)
                self.write(sent, 1)
        elif kind == streams.SETUP or not self.dice or self.dice.random() < 0.3:
            self.flush()
            self.write(sent)

    def write(self, data: bytes, costs: int = 0) -> None:
        """Write a frame and take what comes."""
        self.link.write(data, costs)
        done = protocol().opcodes["SOCKET_RECV_DONE"]
        for message in self.link.inbox:
            if streams.opcode_of(message) == done.opcode:
                answer = done.response.unpack(message[16:])
                self.reading.discard(answer.sd)
                if answer.status > 0:
                    data = message[20 : 20 + answer.status]
                    self.given[answer.sd] = self.given.get(answer.sd, b"") + data
                else:
                    self.ends.setdefault(answer.sd, []).append(answer.status)
        self.link.inbox.clear()

    def use(self, answer: bytes) -> None:
        """The recorded host received something here: so must we, by now."""
        done, new = (protocol().opcodes[n] for n in ("SOCKET_RECV_DONE", "SOCKET_CREATE"))
        if streams.opcode_of(answer) == new.response_opcode:
            for known in (self.given, self.ends):
                known.pop(new.response.unpack(answer[16:]).sd, None)
        if streams.opcode_of(answer) != done.opcode:
            return
        row = done.response.unpack(answer[16:])
        if self.sockets.of(row.sd) is None:
            return
        wanted = answer[20 : 20 + max(0, row.status)]
        while len(self.given.get(row.sd, b"")) < len(wanted):
            self.get(row.sd)
        while not wanted and row.sd not in self.ends:
            self.get(row.sd)
        if wanted:
            got = self.given[row.sd][: len(wanted)]
            self.given[row.sd] = self.given[row.sd][len(wanted) :]
            if got != wanted:
                raise Stuck(f"read {got.hex()} in place of {wanted.hex()}")
        elif self.ends[row.sd][0] != row.status:
            raise Stuck(f"status {self.ends[row.sd][0]} in place of {row.status}")

    def get(self, sd: int) -> None:
        """Read on. Raises Stuck if nothing comes."""
        had = self.given.get(sd, b""), len(self.ends.get(sd, ()))
        if self.dice:
            self.flush()
            self.ask(sd)
        if had == (self.given.get(sd, b""), len(self.ends.get(sd, ()))):
            raise Stuck(f"nothing comes on {sd}")

    def ask(self, sd: int) -> None:
        """Begin to read in some size, if no receive waits."""
        if sd in self.reading:
            return
        if self.dice.random() < 0.3:
            timeout = self.dice.randbytes(8)
            self.write(frame("SOCKET_SETSOCKOPT", timeout, sd=sd, level=1, name=20, value_len=8))
        self.reading.add(sd)
        size = self.dice.choice((1, 2, 5, 64, 255, 1460, 4096))
        self.write(frame("SOCKET_RECV", max_len=size, sd=sd), 1)

    def flush(self) -> None:
        """Send what is held, neighbours joined, in pieces of some size."""
        while self.held:
            sd, data = self.held.pop(0)
            while self.held and self.held[0][0] == sd:
                data += self.held.pop(0)[1]
            while data:
                size = self.dice.choice((1, 3, 20, 200, 1460))
                piece, data = data[:size], data[size:]
                self.write(frame("SOCKET_SEND", piece, len=len(piece), sd=sd), 1)
