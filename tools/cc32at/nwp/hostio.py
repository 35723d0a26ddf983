"""Real host sockets of the model, watched through one epoll object.

Whoever idles (emulator, host link, stand-alone server) has one descriptor to wait for; what the
model waits for on which socket is its own business. Nothing in here blocks.
"""

from __future__ import annotations

import select
import socket

READ = select.EPOLLIN
WRITE = select.EPOLLOUT


class HostIo:
    """Which host socket is watched for what, and who is told."""

    def __init__(self):
        self._epoll = None
        self._watched = {}  # descriptor -> (mask, callback)
        self.open_sockets = 0

    def socket(self, family: int, kind: int, protocol: int = 0) -> socket.socket:
        """A new non-blocking host socket, counted until `close`. Raises OSError."""
        sock = socket.socket(family, kind | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC, protocol)
        self.open_sockets += 1
        return sock

    def adopt(self, sock: socket.socket) -> socket.socket:
        """Count a socket that accept() made."""
        sock.setblocking(False)
        self.open_sockets += 1
        return sock

    def close(self, sock: socket.socket | None) -> None:
        if sock is not None and sock.fileno() >= 0:
            self.watch(sock, 0, None)
            sock.close()
            self.open_sockets -= 1
            self._drop_epoll_if_idle()

    def watch(self, sock: socket.socket, mask: int, callback) -> None:
        """Call callback(mask) from `service` when the socket is ready; mask 0: forget it.

        Hang-ups and errors count as ready, so a socket that nobody waits on is not registered.
        """
        fd = sock.fileno()
        known = self._watched.get(fd)
        if not mask:
            if known:
                del self._watched[fd]
                self._epoll.unregister(fd)
        elif not known:
            if self._epoll is None:
                self._epoll = select.epoll()
            self._epoll.register(fd, mask)
            self._watched[fd] = (mask, callback)
        else:
            if known[0] != mask:
                self._epoll.modify(fd, mask)
            self._watched[fd] = (mask, callback)

    def _drop_epoll_if_idle(self) -> None:
        if self._epoll is not None and not self.open_sockets:
            self._epoll.close()
            self._epoll = None

    def fds(self) -> list:
        return [self._epoll] if self._epoll is not None else []

    def service(self) -> bool:
        """Serve what is ready; True when something was."""
        if self._epoll is None:
            return False
        ready = self._epoll.poll(0)
        for fd, _ in ready:
            watched = self._watched.get(fd)
            if watched:
                watched[1]()
        return bool(ready)


def readable(sock: socket.socket) -> bool:
    """Data, a connection, end of stream or an error waits."""
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))
