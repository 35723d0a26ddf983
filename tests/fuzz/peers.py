"""What the board's sockets talk to in a session: peers on loopback, served in the same thread.

Loopback hands bytes over at once, so that after service() both ends have seen all that was sent,
and virtual time need not wait for anybody.
"""

import contextlib
import random
import selectors
import socket

HOST = bytes((10, 2, 0, 20))  # where the world has them
ECHO, DISCARD, CHATTY, BRIEF, RESET = 7, 9, 19, 13, 14
DEAF, DATAGRAM = 11, 17
TALK = bytes(range(256)) * 80
SIZE = 65536
WINDOW = 4096  # bytes of a peer's buffers: one that does not read is felt soon


class Peers:
    """One listening socket a kind, and the connections to them."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.routes = {}
        self.connections = {}  # socket -> kind
        for kind in (ECHO, DISCARD, CHATTY, BRIEF, RESET, DEAF):
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW)
            self._add(listener, kind)
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        self._add(datagrams, DATAGRAM)

    def _add(self, listener, kind):
        listener.setblocking(False)
        self.routes[HOST, kind] = (bytes((127, 0, 0, 1)), listener.getsockname()[1])
        self.selector.register(listener, selectors.EVENT_READ, kind)

    def service(self) -> bool:
        """Do what can be done now; whether anything was."""
        ready = self.selector.select(0)
        for key, _ in ready:
            if key.data == DATAGRAM:
                self._answer(key.fileobj)
            elif key.fileobj in self.connections:
                self._serve(key.fileobj, key.data)
            else:
                self._accept(key.fileobj, key.data)
        return bool(ready)

    def _answer(self, datagrams):
        with contextlib.suppress(OSError):
            data, sender = datagrams.recvfrom(SIZE)
            datagrams.sendto(data, sender)

    def _accept(self, listener, kind):
        connection, _ = listener.accept()
        connection.setblocking(False)
        self.connections[connection] = kind
        if kind in (CHATTY, BRIEF):
            self._send(connection, TALK if kind == CHATTY else TALK[65:75])
        if kind == BRIEF:
            self._drop(connection)
        elif kind != DEAF:
            self.selector.register(connection, selectors.EVENT_READ, kind)

    def _serve(self, connection, kind):
        try:
            data = connection.recv(SIZE)
        except OSError:
            data = b""
        if not data:
            self._drop(connection)
        elif kind == ECHO:
            self._send(connection, data)
        elif kind == RESET:
            linger = b"\1\0\0\0\0\0\0\0"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._drop(connection)

    def _send(self, connection, data):
        with contextlib.suppress(OSError):
            connection.send(data)

    def _drop(self, connection):
        if self.connections.pop(connection) != DEAF:
            with contextlib.suppress(KeyError):
                self.selector.unregister(connection)
        connection.close()

    def dial(self, ports: list, chance: random.Random):
        """Connect to one of these ports of the board, and say something or not."""
        if not ports:
            return
        connection = socket.socket()
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.connect_ex(("127.0.0.1", chance.choice(ports)))
            connection.send(b"x" * chance.choice((0, 1, 1000)))
        self.connections[connection] = ECHO
        self.selector.register(connection, selectors.EVENT_READ, ECHO)

    def hang_up(self):
        """End all connections."""
        for connection in list(self.connections):
            self._drop(connection)
