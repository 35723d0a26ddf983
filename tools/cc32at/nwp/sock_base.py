"""What all sockets of the device share: options, the pending receive request, end of life.

A socket knows its descriptor and the group that owns it (`table`, see sockets.py); completions
go through the table. Host sockets are made only when a socket starts to talk, so that a model
whose sockets are merely open can still be copied.
"""

from __future__ import annotations

from .codes import BSD
from .sockopt import Options

DONTWAIT = 8
MAX_RECEIVE = 16000


class Receive:
    """One receive request that waits for data; family 0 for SOCKET_RECV (no address wanted)."""

    __slots__ = ("max_len", "family", "timer")

    def __init__(self, max_len: int, family: int):
        self.max_len = max_len
        self.family = family
        self.timer = None


class Socket:
    """Base of all kinds."""

    secure = False
    stream = False
    state = "open"
    id_flag = 0  # upper nibble of the descriptor (transceiver sockets: 0x80)

    def __init__(self, table, sd: int, domain: int, kind: int, protocol: int):
        self.table = table
        self.sd = sd
        self.domain = domain
        self.kind = kind
        self.protocol = protocol
        self.options = Options()
        self.receive: Receive | None = None
        self.closing = False
        self.waiting_connect = False  # a SOCKET_CONNECT_DONE is owed
        self.accepting: int | None = None  # family of the pending accept request
        self.tls = None

    # What kinds differ in; the base refuses

    def bind(self, ip: bytes, port: int) -> int:
        """Returns a status: 0 or an error code; so do listen, connect and accept."""
        return BSD.EOPNOTSUPP

    def listen(self, backlog: int) -> int:
        return BSD.EOPNOTSUPP

    def accept(self, family: int) -> int:
        return BSD.EOPNOTSUPP

    def connect(self, ip: bytes, port: int) -> int:
        return BSD.EOPNOTSUPP

    def send(self, cmd, data: bytes) -> None:
        self.table.tx_failed(self, BSD.EOPNOTSUPP)

    def send_to(self, cmd, data: bytes, ip: bytes, port: int) -> None:
        self.table.tx_failed(self, BSD.EOPNOTSUPP)

    def take(self, max_len: int):
        """(status, data, (ip, port) | None) of the next piece to deliver; None: nothing yet."""
        return BSD.EOPNOTSUPP, b"", None

    def readable(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def option_changed(self, level: int, number: int) -> None:
        """Apply an option that has an effect on a socket that exists already."""

    def watch(self) -> None:
        """Tell the host side what this socket waits for now."""

    def finish(self) -> None:
        """The descriptor is going away: complete what waits, release host sockets."""

    def has_real_io(self) -> bool:
        return False

    def local_port(self) -> int:
        """Port on the host, 0 when there is none (for the control interface)."""
        return 0

    # Receiving

    def request(self, max_len: int, family: int, flags: int) -> None:
        """A receive request: answered now or when something comes (4.4)."""
        if self.receive is not None:
            return self.table.receive_done(self, family, BSD.INEXE)
        if not 0 < max_len <= MAX_RECEIVE:
            return self.table.receive_done(self, family, BSD.E2BIG if max_len else BSD.EINVAL)
        found = self.take(max_len)
        if found is None and (self.options.nonblocking or flags & DONTWAIT):
            found = (BSD.EAGAIN, b"", None)
        if found is not None:
            return self.table.receive_done(self, family, *found)
        self.receive = Receive(max_len, family)
        seconds = self.options.receive_timeout
        if seconds:
            self.receive.timer = self.table.np.after(seconds, self.receive_late)
        self.watch()

    def receive_late(self) -> None:
        """Nothing has come within RCVTIMEO."""
        self.complete_receive(BSD.EAGAIN)

    def try_receive(self) -> None:
        """Complete the pending request if something has come."""
        if self.receive is not None:
            found = self.take(self.receive.max_len)
            if found is not None:
                self.complete_receive(*found)

    def complete_receive(self, status: int, data: bytes = b"", address=None) -> None:
        pending, self.receive = self.receive, None
        if pending is not None:
            self.table.np.cancel(pending.timer)
            self.table.receive_done(self, pending.family, status, data, address)
        self.watch()
