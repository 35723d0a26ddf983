"""TLS on top of the device's TCP sockets: from the start (protocol 100) or later (option 35)."""

from __future__ import annotations

import socket as host_socket

from .codes import BSD
from .registry import NwpError
from .sock_tcp import TcpSocket
from .tls import WARNINGS

PULL = 16384


class StreamSocket(TcpSocket):
    """A TCP socket that may be secured."""

    def __init__(self, table, sd, domain, kind, protocol, secure=False):
        super().__init__(table, sd, domain, kind, protocol)
        self.secure = secure
        self.purpose = ""  # of the running handshake: connect, accept, starttls
        self.started_later = False  # by option 35: plain data may follow a TLS close
        self.handshake_timer = None
        self.newcomer = None  # accepted connection whose handshake runs
        self.parent = None  # the listening socket, while ours runs
        self.grace_given = False
        self.leftover = b""  # plain bytes that came behind a TLS close

    @property
    def handshaking(self):
        return bool(self.purpose)

    def connected(self):
        if self.secure:
            self._start("connect", server=False)
        else:
            self.connect_finished(0)

    # Accepting

    def check_listen(self):
        if self.secure:
            self.table.tls.check_server(self.options)

    def opening_failed(self, status):
        if self.purpose:
            self._finished(status)
        else:
            super().opening_failed(status)

    def accept_blocked(self):
        return self.newcomer is not None

    def take_newcomer(self, child):
        if not self.secure:
            super().take_newcomer(child)
            return
        child.parent = self
        self.newcomer = child
        child._start("accept", server=True)

    def newcomer_done(self, child, status: int) -> None:
        """The handshake of an accepted connection ended (4.7); a bad one is reported and left."""
        self.newcomer = None
        child.parent = None
        if status < 0 and status not in WARNINGS:
            self.table.remove(child)
            self.table.async_event(self, "SSL_ACCEPT", status)
            self.try_accept()
        else:
            self.accepting = None
            self.table.accept_done(self, child.sd, child.peer)
        self.watch()

    # Handshake

    def start_tls(self) -> int:
        """Option 35 on a connection that is up; SOCKET_EV_ASYNC type 3 or 4 completes it."""
        if self.state != "open" or self.closing:
            return BSD.ENOTCONN
        if self.secure:
            return BSD.EISCONN
        if self.queue:
            return BSD.ESECTXBUFFERNOTEMPTY
        if self.arrived():
            return BSD.ESECRXBUFFERNOTEMPTY
        if self.table.room(True, new_socket=False):
            return BSD.ESECT00MANYSSLOPENED
        self.secure = self.started_later = True
        self.table.np.after(0, self._start, "starttls", False)
        return 0

    def _start(self, purpose: str, server: bool) -> None:
        if self.host is None:
            return
        self.purpose = purpose
        try:
            self.tls = self.table.tls.session(self.options, server)
        except NwpError as error:
            self._finished(error.code)
            return
        limit = self.table.np.world.timing.handshake_s
        self.handshake_timer = self.table.np.after(limit, self.handshake_late)
        self._advance()

    def handshake_late(self) -> None:
        if self.purpose:
            self._finished(BSD.ESECHANDSHAKETIMEDOUT)

    def _advance(self) -> None:
        """Go on with the handshake as far as the peer's bytes reach."""
        while self.purpose:
            try:
                status = self.tls.handshake()
            except NwpError as error:
                self._push()
                self._finished(error.code)
                return
            self._push()
            if status is not None:
                self._finished(status)
            elif not self._pull():
                break
        self.watch()

    def _finished(self, status: int) -> None:
        purpose, self.purpose = self.purpose, ""
        self.table.np.cancel(self.handshake_timer)
        up = status == 0 or status in WARNINGS
        if self.tls is not None and self.tls.missing_root:
            name = self.tls.missing_root.encode()[:128]
            self.table.async_event(
                self.parent or self, "SSL_NOTIFICATION_WRONG_ROOT_CA", status, name
            )
        if purpose == "connect":
            self.connect_finished(status, up)
        elif purpose == "accept":
            self.parent.newcomer_done(self, status)
        else:
            if not up:
                self.close_host()
                self.state = "failed"
            kind = "CONNECTED_SECURED" if up else "HANDSHAKE_FAILED"
            self.table.async_event(self, "SSL_NOTIFICATION_" + kind, status)
            self.try_receive()
        self.watch()

    # Bytes between the host and the session

    def _pull(self) -> bool:
        """Feed what has arrived to the session; False when nothing new came."""
        if self.tls.ended_input or self.host is None:
            return False
        try:
            data = self.receive_host(PULL)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        self.tls.feed(data)
        return True

    def _push(self) -> None:
        data = self.tls.output()
        if data and self.host is not None:
            self.queue.push(data)
            self.flush()

    def send(self, cmd, data):
        if self.purpose:
            self.table.tx_failed(self, BSD.ESECSSLDURINGHANDSHAKE)
            return
        if self.tls is not None and self.state == "open":
            try:
                data = self.tls.encrypt(data)
            except NwpError as error:
                self.table.tx_failed(self, error.code)
                return
        super().send(cmd, data)

    def take(self, max_len):
        if self.purpose:
            return BSD.ESECSSLDURINGHANDSHAKE, b"", None
        if self.leftover:
            data, self.leftover = self.leftover[:max_len], self.leftover[max_len:]
            return len(data), data, self.peer
        if self.tls is None or self.state != "open":
            return super().take(max_len)
        self._decrypt(max_len)
        tls = self.tls
        if tls.plain:
            data = tls.take(max_len)
            return len(data), data, self.peer
        if tls.end == BSD.ESECCLOSED:
            return self._peer_closed(max_len)
        return None if tls.end is None else (tls.end, b"", self.peer)

    def _decrypt(self, want: int) -> None:
        self.tls.decrypt(want)
        while not self.tls.plain and self.tls.end is None and self._pull():
            self.tls.decrypt(want)
        self._push()

    def _peer_closed(self, max_len: int):
        """close_notify came: the end of TCP too, or will plain bytes follow (4.7)?"""
        if self.started_later:
            return self._back_to_plain(max_len)
        if self._tcp_ended():
            return 0, b"", self.peer
        if self.grace_given:
            return BSD.ESECCLOSED, b"", self.peer
        self.grace_given = True
        self.table.np.after(self.table.np.world.timing.tls_end_s, self.try_receive)
        return None

    def _back_to_plain(self, max_len: int):
        """What the peer sends from now on is not encrypted."""
        self.tls.close()
        self._push()
        self.leftover = self.tls.rest()
        self.tls = None
        self.secure = self.started_later = False
        self.table.async_event(self, "OTHER_SIDE_CLOSE_SSL_DATA_NOT_ENCRYPTED", 0)
        return self.take(max_len)

    def _tcp_ended(self) -> bool:
        if self.tls.ended_input:
            return True
        try:
            return not self.receive_host(1, host_socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def readable(self):
        if self.leftover:
            return True
        if self.tls is None or self.state != "open":
            return super().readable()
        if self.purpose:
            return False
        self._decrypt(PULL)
        return bool(self.tls.plain) or self.tls.end is not None

    def writable(self):
        return super().writable() and not self.purpose

    def wants_read(self):
        if self.purpose:
            return True
        if self.tls is not None and self.tls.ended_input:
            return False
        return super().wants_read()

    def open_ready(self):
        if self.purpose:
            self._advance()
        else:
            self.try_receive()

    # End

    def begin_close(self):
        if self.state == "open" and self.tls is not None and not self.purpose:
            self.tls.close()
            self._push()
        return super().begin_close()

    def finish(self):
        if self.newcomer is not None:
            child, self.newcomer = self.newcomer, None
            child.parent = None
            self.table.remove(child)
        self.purpose = ""
        self.table.np.cancel(self.handshake_timer)
        super().finish()
