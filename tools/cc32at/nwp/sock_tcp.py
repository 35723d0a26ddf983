"""TCP sockets of the device over loopback sockets of the host: everything but TLS.

Received data stays in the host's buffers until the device asks for it, so a device that does not
read closes the peer's window as the real one does. Sent data holds its transmit credits until
the host has taken it. What the radio link has to do with it is in sock_radio.py.
"""

from __future__ import annotations

import socket as host_socket
from errno import EINPROGRESS

from . import sockopt as so
from .codes import BSD, from_os
from .hostio import READ, WRITE
from .sock_base import Socket
from .sock_queue import TransmitQueue
from .sock_radio import RadioSocket

SEND_BUFFER = 16384  # of the host socket: small, so that a slow peer is felt soon


class TcpSocket(RadioSocket, Socket):
    """States: idle, listening, connecting, open, failed."""

    stream = True

    def __init__(self, table, sd, domain, kind, protocol):
        super().__init__(table, sd, domain, kind, protocol)
        self.state = "idle"
        self.host = None
        self.peer = None
        self.connect_result: int | None = None  # of a connect nobody waits for any more
        self.queue = TransmitQueue(table.np)
        self.queue_timer = None

    # What TLS changes (sock_stream.py)

    @property
    def handshaking(self) -> bool:
        return False

    def connected(self) -> None:
        """The TCP connection to the peer is up."""
        self.connect_finished(0)

    def take_newcomer(self, child) -> None:
        """A connection has been accepted."""
        self.accepting = None
        self.table.accept_done(self, child.sd, child.peer)

    def opening_failed(self, status: int) -> None:
        """Connect, or the handshake behind it, comes to nothing."""
        self.connect_finished(status)

    def accept_blocked(self) -> bool:
        return False

    def check_listen(self) -> None:
        """NwpError when the socket may not listen."""

    # Opening

    def make_host(self, family: int) -> None:
        self.host = self.table.io.socket(family, host_socket.SOCK_STREAM)
        self.apply_options()

    def apply_options(self) -> None:
        sock, number = self.host, self.options.number
        sock.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_SNDBUF, SEND_BUFFER)
        size = min(number(so.RCVBUF), 1 << 20)
        sock.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_RCVBUF, size)
        sock.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_KEEPALIVE, number(so.KEEPALIVE))
        sock.setsockopt(host_socket.IPPROTO_TCP, host_socket.TCP_NODELAY, 1)
        seconds = max(1, min(number(so.KEEPALIVETIME), 32767))
        sock.setsockopt(host_socket.IPPROTO_TCP, host_socket.TCP_KEEPIDLE, seconds)

    def option_changed(self, level, number):
        if self.host is not None:
            self.apply_options()
        if number == so.NONBLOCKING and self.options.nonblocking:
            self.complete_receive(BSD.EAGAIN)

    def bind(self, ip, port):
        if self.state != "idle" or self.host is not None:
            return BSD.EINVAL
        target = self.table.net.local(ip, port)
        if target is None:
            return BSD.EADDRNOTAVAIL
        try:
            self.make_host(target.family)
            self.host.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_REUSEADDR, 1)
            self.host.bind(target.address)
        except OSError as error:
            self.close_host()
            return from_os(error.errno)
        return 0

    def listen(self, backlog):
        if self.state != "idle":
            return BSD.EINVAL
        self.check_listen()
        if self.host is None:
            status = self.bind(bytes(16 if self.domain == 3 else 4), 0)
            if status:
                return status
        try:
            self.host.listen(max(1, backlog))
        except OSError as error:
            return from_os(error.errno)
        self.state = "listening"
        self.watch()
        return 0

    # Connecting

    def connect(self, ip, port):
        """0: a SOCKET_CONNECT_DONE comes after the response."""
        if self.waiting_connect:
            return BSD.INEXE
        if self.state == "listening":
            return BSD.EOPNOTSUPP
        if self.state == "open" and not self.handshaking and self.connect_result is None:
            return BSD.EISCONN
        self.waiting_connect = True
        if self.state == "idle":
            self._start_connect(ip, port)
        elif self.connect_result is not None:
            self.connect_finished(self.connect_result)
        elif self.state == "failed":
            self.connect_finished(BSD.EINVAL)
        if self.waiting_connect and self.options.nonblocking:
            self.waiting_connect = False
            self.table.connect_done(self, BSD.EALREADY)
        return 0

    def _start_connect(self, ip, port) -> None:
        route = self.table.net.route(ip, port)
        self.state = "connecting"
        self.peer = (ip, port)
        if route.status is not None:
            self.table.np.after(route.delay, self.route_failed, route.status)
            return
        self.path, self.way = self.table.net.path(ip), route
        if self.cut:
            self.wait_for_link()
        else:
            self.connect_host()

    def connect_host(self) -> None:
        """Go the way that has been found."""
        route, self.way = self.way, None
        try:
            if self.host is not None and self.host.family != route.family:
                self.close_host()
            if self.host is None:
                self.make_host(route.family)
            error = self.host.connect_ex(route.address)
        except OSError as failure:
            error = failure.errno
        if error == EINPROGRESS:
            self.watch()
        else:
            self._connect_known(error)

    def _connect_known(self, error: int) -> None:
        if error:
            self.connect_finished(from_os(error))
        else:
            self.state = "open"
            self.connected()

    def route_failed(self, status: int) -> None:
        """The world has no way to the peer, or lets it be silent."""
        if self.state == "connecting":
            self.connect_finished(status)

    def connect_finished(self, status: int, up: bool | None = None) -> None:
        """Tell whoever waits; without a waiter keep the result for the next connect().

        `up` tells whether there is a connection; the default is status 0.
        """
        if up or (up is None and status == 0):
            self.state = "open"
        else:
            self.close_host()
            self.state = "failed"
        if self.waiting_connect:
            self.waiting_connect = False
            self.connect_result = None
            self.table.connect_done(self, status)
        else:
            self.connect_result = status
        self.watch()
        self.table.changed()

    # Accepting

    def accept(self, family):
        if self.state != "listening":
            return BSD.EINVAL
        if self.accepting is not None:
            return BSD.INEXE
        self.accepting = family
        return 0

    def try_accept(self) -> None:
        """Take the next connection for the pending accept request."""
        while self.accepting is not None and not self.accept_blocked():
            try:
                sock, address = self.host.accept()
            except BlockingIOError:
                if self.options.nonblocking:
                    self._accept_failed(BSD.EAGAIN)
                break
            except OSError as error:
                self._accept_failed(from_os(error.errno))
                break
            room = self.table.room(self.secure)
            if room:
                sock.close()
                self._accept_failed(room)
                break
            self.take_newcomer(self._child(sock, address))
        self.watch()

    def _child(self, sock, address):
        child = self.table.accepted(self)
        child.host = self.table.io.adopt(sock)
        child.options.copy_secure_from(self.options)
        child.apply_options()
        child.peer = self.table.net.origin(address, self.domain)
        child.state = "open"
        return child

    def _accept_failed(self, status: int) -> None:
        self.accepting = None
        self.table.accept_done(self, status, None)

    # Sending

    def send(self, cmd, data):
        if self.state != "open" or self.closing:
            self.table.tx_failed(self, BSD.ENOTCONN)
        elif self.queue and self.table.np.header.credits < 0:
            self.table.tx_failed(self, BSD.ENOBUFS)  # the host sent without credits
        else:
            self.queue.push(data, cmd)
            self.flush()
            self.watch()

    def send_to(self, cmd, data, ip, port):
        self.send(cmd, data)

    def flush(self) -> None:
        before = self.queue.left
        if self.cut:
            self.wait_for_link()
            result = 0
        else:
            result = self.queue.flush(self.host)
        if result == 0:
            if self.queue.left < before:
                self._cancel_queue_timer()
            seconds = self.options.send_timeout
            if seconds and self.queue_timer is None:
                self.queue_timer = self.table.np.after(seconds, self.send_late)
            return
        self._cancel_queue_timer()
        if result is not None:
            self.queue.drop()
            self.table.tx_failed(self, result)

    def send_late(self) -> None:
        """The peer has taken nothing for SNDTIMEO."""
        self.queue_timer = None
        if self.queue:
            self.queue.drop()
            self.table.tx_failed(self, BSD.ETIMEDOUT)

    def _cancel_queue_timer(self) -> None:
        self.table.np.cancel(self.queue_timer)
        self.queue_timer = None

    # Receiving

    def take(self, max_len):
        if self.state != "open":
            return BSD.ENOTCONN, b"", None
        try:
            data = self.receive_host(max_len)
        except BlockingIOError:
            return None
        except OSError as error:
            return from_os(error.errno), b"", self.peer
        return len(data), data, self.peer

    def readable(self):
        if self.state == "listening":
            return not self.accept_blocked() and self.arrived()
        return self.state == "failed" or (self.state == "open" and self.arrived())

    def writable(self):
        """Reports the end of a connect only (4.5); a failed one is an end too."""
        return self.state in ("open", "failed")

    # Host side

    def wants_read(self) -> bool:
        if self.state == "listening":
            wanted = self.accepting is not None or self.table.selects_read(self)
            return wanted and not self.accept_blocked()
        return self.state == "open" and bool(self.receive or self.table.selects_read(self))

    def watch(self):
        if self.host is not None:
            mask = WRITE if self.queue or self.state == "connecting" else 0
            if self.wants_read():
                mask |= READ
            if self.cut:
                mask = 0
            self.table.io.watch(self.host, mask, self.ready)

    def ready(self) -> None:
        """The host socket can do something (called by HostIo.service)."""
        if self.cut:
            self.link_changed()
            return
        if self.state == "connecting":
            self._connect_known(self.host.getsockopt(host_socket.SOL_SOCKET, host_socket.SO_ERROR))
        elif self.state == "listening":
            self.try_accept()
        else:
            if self.queue:
                self.flush()
            self.open_ready()
        if self.closing and not self.queue:
            self.table.flushed(self)
        self.watch()
        self.table.changed()

    def open_ready(self) -> None:
        self.try_receive()

    # End

    def close_host(self, orderly: bool = True) -> None:
        """Let go of the host socket; `orderly` if the peer may take it for a FIN."""
        self._cancel_queue_timer()
        self.stop_waiting()
        orderly = orderly and not self.queue
        self.queue.drop()
        host, self.host = self.host, None
        if host is not None and self.cut:
            self.table.orphans.take(host, self.path, orderly)
        else:
            self.table.io.close(host)

    def begin_close(self) -> bool:
        """Say good-bye; True when data is still on its way to the peer."""
        self.closing = True
        if self.host is not None and self.queue:
            self.flush()
        self.watch()
        return self.host is not None and bool(self.queue)

    def finish(self):
        self.close_host()
        self.state = "failed"

    def has_real_io(self):
        return self.host is not None

    def local_port(self):
        return self.host.getsockname()[1] if self.host is not None else 0
