"""The network processor of a recorded MQTT or HTTP session, for a client that reads its own way.

As ScriptedNwp, but what the recorded client received on a connection is a stream here: a receive
of any size gets the bytes that are there (streams.py says when), as many as it wants; a receive
for which the recording has nothing stays unanswered, or gets -11 if it is one that does not wait.
Recorded frames keep their bytes but for sequence number and bitmap of non-blocking sockets; what
their headers say of the device and of failed sends holds until the next of them.
"""

import struct
from collections import Counter, deque
from dataclasses import replace

from cc32at.nwp.codec import Command, protocol
from cc32at.nwp.linklayer import Header, Message, encode
from cc32at.nwp.scripted import STOP, RecordedNwp

from . import streams
from .cases import Case
from .compare import same_frames
from .streams import Answer, Loose, Received, Script, Setup, Sockets, Tape, opcode_of

CREDITS = 24  # as recorded
SPENT = 12  # credits that a host may have spent before it is given new ones
AT_ONCE = 8  # flag of a receive: do not wait
NONBLOCKING = 24
AGAIN, BAD_DESCRIPTOR = -11, -9
FOR_EVER = 0xFFFF
SHORTEST = 0.01  # seconds; shorter waits of a Select are raised to this
SYNC = bytes.fromhex("dccdab")  # what follows the first byte of a sync word
BITMAP = 14  # where a header has the non-blocking sockets


class Inbox:
    """What may be received on each connection; `progress` knows how far the session is."""

    def __init__(self, script: Script, progress: "Progress"):
        self.items = {n: deque(items) for n, items in script.received.items()}
        self.progress = progress

    def ready(self, connection: int) -> bool:
        """Whether a receive would be answered; that it would find nothing yet does not count."""
        return any(i.status != AGAIN for i in self._there(connection))

    def _there(self, connection: int) -> list[Received]:
        """What is there by now, in its order."""
        found = []
        for item in self.items.get(connection, ()):
            if not self.progress.reached(connection, item):
                break
            found.append(item)
        return found

    def take(self, connection: int, size: int) -> tuple[int, bytes] | None:
        """Status and data for a receive of at most `size` bytes; None if it has to wait."""
        items = self.items.get(connection)
        while len(there := self._there(connection)) > 1 and there[0].status == AGAIN:
            items.popleft()  # by now there is something
        if not there:
            return None
        if not there[0].data:
            last = len(items) == 1 and there[0].status == 0  # the stream stays at its end
            return (items[0] if last else items.popleft()).status, b""
        data = bytearray()
        for item in there:
            if not item.data or len(data) == size:
                break
            items.popleft()
            room = size - len(data)
            data += item.data[:room]
            if rest := item.data[room:]:
                items.appendleft(replace(item, data=rest))
        return len(data), bytes(data)


class Progress:
    """How far a host has come: the step, what it sent and set up on each connection."""

    def __init__(self):
        self.step = -1
        self.sent: Counter[int] = Counter()
        self.setups: Counter[int] = Counter()

    def reached(self, connection: int, item: Received) -> bool:
        """Whether what may be received is there."""
        sent, setups = self.sent[connection], self.setups[connection]
        return item.step <= self.step and item.sent <= sent and item.setups <= setups

    def have_sent(self, wanted: dict[int, int]) -> bool:
        """Whether as many bytes were sent."""
        return all(self.sent[number] >= size for number, size in wanted.items())


class StreamedNwp(RecordedNwp):
    """Seam interface over one recorded session of a client; `tapes` is what the host did."""

    not_copied = RecordedNwp.not_copied | {"script"}

    def __init__(self, case: Case):
        super().__init__(case)
        self.script = streams.script(case)
        self.compared = streams.compared(self.script)
        self.tapes: list[Tape] = [[] for _ in case.steps]
        self.header = Header()
        self.header.credits = CREDITS
        self._progress = Progress()
        self._inbox = Inbox(self.script, self._progress)
        self._sockets = Sockets()
        self._expected: list[tuple[int, Answer]] = []  # with their steps
        self._loose = list(self.script.loose)
        self._waiting: list[Command] = []  # receives
        self._select: Command | None = None
        self._deadline: int | None = None  # of the Select
        self._spent = 0

    # Steps

    def begin_step(self, number: int) -> None:
        """Release step `number`: its frames are expected, its data are there in their turn."""
        self.step = self._progress.step = number
        self._sockets.begin(self.case.steps[number].line)
        self._expected += [(number, answer) for answer in self.script.answers[number]]
        self._release_unasked()

    def frames(self, step: int) -> list[bytes]:
        """What the host did in a step, as it is compared."""
        if "live_peer" in self.case.flags:
            return []
        return [frame for frame, _ in streams.told(self.tapes[step])]

    @property
    def finished(self) -> bool:
        """All that was set up and sent so far in the recording was, and all answers were read."""
        sent = self._progress.have_sent(self.script.sent(self.step + 1))
        return sent and not self._expected and not self.link.queue

    def _release_unasked(self) -> None:
        """Send what is due by now."""
        while self._loose and self._is_due(self._loose[0]):
            self._send(self._loose.pop(0).frame)
        for command in self._waiting[:]:
            self._receive(command)
        self._look()

    def _is_due(self, loose: Loose) -> bool:
        if loose.step > self.step or loose.boot and not self.powered:
            return False
        left = sum(step == loose.step for step, _ in self._expected)
        done = len(self.script.answers[loose.step]) - left
        return done >= loose.setups and self._progress.have_sent(loose.sent)

    def power(self, on: bool) -> None:
        """Power goes on or off; off ends all sockets."""
        super().power(on)
        if not on:
            self._waiting.clear()
            self._select = self._deadline = None
            self._sockets.connections.clear()
            self.header.non_blocking = 0

    # Commands

    def _command(self, opcode: int, body: bytes) -> None:
        frame = self._take(opcode, body)
        kind, connection = self._sockets.kind(frame)
        answer = {
            streams.SEND: self._on_send,
            streams.RECEIVE: self._on_receive,
            streams.SELECT: self._on_select,
            streams.OPTION: self._on_option,
            streams.QUERY: self._on_query,
            streams.SETUP: self._on_setup,
        }[kind]
        answer(frame, connection)
        self._release_unasked()
        if self._spent >= SPENT and not self.link.queue:
            self._say("DEVICE_DUMMY")

    def _on_send(self, frame: bytes, connection: int) -> None:
        sent = streams.part(frame, frozenset(), streams.SEND, connection)
        self.tapes[self.step].append(sent)
        self._progress.sent[connection] += len(sent.data)
        self._spent += 1 + len(sent.data) // max(1, self.header.min_tx_payload)

    def _on_receive(self, frame: bytes, connection: int) -> None:
        self._spent += 1
        self._waiting.append(streams.command(frame))

    def _on_option(self, frame: bytes, connection: int) -> None:
        option = streams.command(frame)
        if option.args["name"] == NONBLOCKING:
            self._block(option.sd, not any(option.payload))
        self._say("SOCKET_SETSOCKOPT", sd=option.sd)

    def _block(self, sd: int, on: bool) -> None:
        self.header.non_blocking &= ~(1 << sd)
        self.header.non_blocking |= (not on) << sd

    def _on_query(self, frame: bytes, connection: int | None) -> None:
        """Answered as in the recording, however often it is asked; a new one must not come."""
        for query in self.script.queries:
            if same_frames([(query.setup.frame, query.setup.holes)], [frame]):
                return self._answer(query)
        return self._on_setup(frame, connection)

    def _on_setup(self, frame: bytes, connection: int | None) -> None:
        """A frame that is compared: answered as the next of its kind in the recording."""
        self.tapes[self.step].append(Setup(frame, frozenset(), connection))
        if connection is not None:
            self._progress.setups[connection] += 1
        opcode = opcode_of(frame)
        for at, (_, answer) in enumerate(self._expected):
            if opcode_of(answer.setup.frame) == opcode:
                del self._expected[at]
                self._stopped = self._stopped or opcode == STOP
                return self._answer(answer)

    def _answer(self, answer: Answer) -> None:
        closes = opcode_of(answer.setup.frame) == protocol().opcodes["SOCKET_CLOSE"].opcode
        for frame in answer.nwp:
            self._sockets.answered(frame)
            self._send(frame)
            if closes and frame is answer.nwp[0]:
                self._close(streams.command(answer.setup.frame).sd)

    # Receiving

    def _receive(self, command: Command) -> None:
        """Answer a receive if there is something for it."""
        found = self._inbox.take(self._sockets.of(command.sd), command.max_len)
        at_once = command.flags & AT_ONCE or self.header.non_blocking >> command.sd & 1
        if found or at_once:
            status, data = found or (AGAIN, b"")
            self._waiting.remove(command)
            self._say("SOCKET_RECV_DONE", data, status=status, sd=command.sd)

    def _close(self, sd: int) -> None:
        """A socket goes: its receives and the Select that looks at it end."""
        self._block(sd, True)
        for command in [c for c in self._waiting if c.sd == sd]:
            self._receive(command)
            if command in self._waiting:
                self._waiting.remove(command)
                self._say("SOCKET_RECV_DONE", status=BAD_DESCRIPTOR, sd=sd)
        if self._select and (self._select.read_fds | self._select.write_fds) >> sd & 1:
            self._selected(BAD_DESCRIPTOR)

    def _on_select(self, frame: bytes, connection: int | None) -> None:
        self._select = command = streams.command(frame)
        self._say("SOCKET_SELECT")
        self._look()
        if self._select is None or command.tv_sec == command.tv_usec == FOR_EVER:
            return
        if command.tv_sec == command.tv_usec == 0:
            self._selected(0)
        else:
            seconds = command.tv_sec + command.tv_usec * 1024e-6
            self._deadline = self.timers.after(max(SHORTEST, seconds), self._selected, 0)

    def _look(self) -> None:
        """End the Select if a socket is ready; one can be written to as soon as it is there."""
        if self._select is None:
            return
        sockets = self._sockets.connections.items()
        readable = sum(1 << sd for sd, number in sockets if self._inbox.ready(number))
        read, write = self._select.read_fds & readable, self._select.write_fds
        if read or write:
            self._selected(read.bit_count() + write.bit_count(), read, write)

    def _selected(self, status: int, read: int = 0, write: int = 0) -> None:
        self.timers.cancel(self._deadline)
        self._select = self._deadline = None
        self._say(
            "SOCKET_SELECT_DONE",
            status=status,
            read_count=read.bit_count(),
            write_count=write.bit_count(),
            read_fds=read,
            write_fds=write,
        )

    # The link

    def _say(self, name: str, payload: bytes = b"", **values: int) -> None:
        """Send a message of our own: the answer to a command of that name, or an event."""
        row = protocol().opcodes[name]
        arguments = row.response.pack(values)
        self.link.send(Message(row.response_opcode or row.opcode, arguments, payload, name))

    def _fill(self, message: Message, sequence: int) -> bytes:
        self._spent = 0
        frame = message.raw or encode(message, self.header, sequence)
        if frame[1:4] == SYNC:
            _, status, smallest, failed = struct.unpack_from("<BBHH", frame, 8)
            self.header.dev_status, self.header.min_tx_payload = status, smallest
            self.header.tx_failure = failed
            bitmap = int.from_bytes(frame[BITMAP : BITMAP + 2], "little")
            bitmap |= self.header.non_blocking
            first = bytes((frame[0] & 0xFC | sequence & 3,))
            frame = first + frame[1:BITMAP] + bitmap.to_bytes(2, "little") + frame[BITMAP + 2 :]
        if self.trace:
            self.trace("N", message.name, frame)
        return frame
