"""TCP connections over the radio: what becomes of them while nothing gets through.

A connection over a route stands on one address of the device and on the radio link. Without
either, nothing passes in either direction, whatever the sockets of this PC could do: what the
device sends waits with its credits, what the peer sends waits in the PC. (What the PC had taken
from the device before counts as sent.) When both are back, the data goes on. TCP is patient for
`silence_s` with what must be acknowledged, and for KEEPALIVETIME before that with an idle
connection; then the connection has failed with -110. A peer whose other end is gone meanwhile
learns it when the link is back: from a FIN that came within the patience, else from a reset.
"""

from __future__ import annotations

import socket as host_socket
import struct
from collections import deque

from . import sockopt as so
from .codes import BSD
from .hostio import readable

ORPHANS = 16  # host sockets that may wait for a link to say good-bye over
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, no time


class RadioSocket:
    """Mixed into TcpSocket (sock_tcp.py). path: as Net.path; None while all stays on this PC."""

    path = None
    way = None  # the Route of a connect that waits for the link
    waiting = ""  # for what TCP is patient: answer, life; "" while the link is there
    patience = None  # the timer of that

    @property
    def cut(self) -> bool:
        """Nothing gets through."""
        return not self.table.net.through(self.path)

    def receive_host(self, size: int, flags: int = 0) -> bytes:
        """As recv() of the host socket. Raises OSError."""
        if self.cut:
            raise BlockingIOError
        return self.host.recv(size, flags)

    def arrived(self) -> bool:
        """Something has come over the link."""
        return not self.cut and readable(self.host)

    def link_changed(self) -> None:
        """The link or an address of the device has come or gone."""
        if self.path is None or self.state not in ("connecting", "open"):
            return
        if self.cut:
            self.wait_for_link()
            self.watch()
            return
        self.stop_waiting()
        if self.way is not None:
            self.connect_host()
        elif self.state == "connecting":
            self.watch()
        else:
            self.ready()

    def wait_for_link(self) -> None:
        """Begin to be patient, or less so since there is something to acknowledge now."""
        wanted = "answer" if self.queue or self.state == "connecting" else "life"
        if wanted == self.waiting:
            return
        self.stop_waiting()
        self.waiting = wanted
        seconds = self.table.np.world.timing.silence_s
        if wanted == "life":
            if not self.options.number(so.KEEPALIVE):
                return
            seconds += self.options.number(so.KEEPALIVETIME)
        self.patience = self.table.np.after(seconds, self.gave_up)

    def stop_waiting(self) -> None:
        self.table.np.cancel(self.patience)
        self.patience, self.waiting = None, ""

    def gave_up(self) -> None:
        """The patience is over: the connection has failed."""
        unsent, closing = bool(self.queue), self.closing
        self.way = None
        self.close_host(orderly=False)
        if self.state == "connecting" or self.handshaking:
            self.opening_failed(BSD.ETIMEDOUT)
            return
        self.state = "failed"
        if closing:
            self.table.close_late(self)
            return
        if unsent:
            self.table.tx_failed(self, BSD.ETIMEDOUT)
        self.complete_receive(BSD.ETIMEDOUT)
        self.table.changed()


class Orphans:
    """Host sockets whose device side is gone while nothing gets through to their peers."""

    def __init__(self, table):
        self.table = table
        self.waiting: deque = deque()  # (host socket, path, time until which a FIN gets through)

    def take(self, host, path, orderly: bool) -> None:
        """Keep a host socket until its peer can be told; the oldest has no place among many."""
        np = self.table.np
        self.table.io.watch(host, 0, None)
        until = np.now() + np.world.timing.silence_s if orderly else np.now()
        self.waiting.append((host, path, until))
        if len(self.waiting) > ORPHANS:
            np.counters["orphans_dropped"] += 1
            self._reset(self.waiting.popleft()[0])

    def link_changed(self) -> None:
        """Tell those that can be told."""
        for _ in range(len(self.waiting)):
            host, path, until = entry = self.waiting.popleft()
            if not self.table.net.through(path):
                self.waiting.append(entry)
            elif self.table.np.now() < until:
                self.table.io.close(host)
            else:
                self._reset(host)

    def clear(self) -> None:
        """The model ends: nothing of it stays behind on this PC."""
        while self.waiting:
            self._reset(self.waiting.popleft()[0])

    def _reset(self, host) -> None:
        host.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_LINGER, RESET)
        self.table.io.close(host)
