"""The control interface over a local socket: JSON lines on 127.0.0.1 (see control.py).

No threads: the sockets are among the model's fds() and are read in service().
"""

from __future__ import annotations

import json
import socket

LINE_LIMIT = 1 << 20


class ControlServer:
    """Listens on a port of the loopback interface; several clients at a time."""

    def __init__(self, control, port: int = 0):
        self.control = control
        self.listener = socket.create_server(("127.0.0.1", port))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.clients: dict[socket.socket, bytearray] = {}

    def fds(self) -> list:
        return [self.listener, *self.clients]

    def service(self) -> None:
        """Accept clients and answer every complete line."""
        try:
            while True:
                client, _ = self.listener.accept()
                client.setblocking(False)
                self.clients[client] = bytearray()
        except BlockingIOError:
            pass
        for client in list(self.clients):
            try:
                self._read(client)
            except OSError:
                self._drop(client)

    def _read(self, client: socket.socket) -> None:
        buffer = self.clients[client]
        try:
            data = client.recv(65536)
        except BlockingIOError:
            return
        if not data or len(buffer) > LINE_LIMIT:
            self._drop(client)
            return
        buffer += data
        while (end := buffer.find(b"\n")) >= 0:
            line = bytes(buffer[:end])
            del buffer[: end + 1]
            if line.strip():
                self._send(client, self.answer(line))

    def answer(self, line: bytes) -> dict:
        """The answer object for one request line; whatever is wrong with it is told there."""
        try:
            request = json.loads(line)
            return {"ok": True, "result": self.control.call(request.pop("op"), **request)}
        except Exception as error:
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    def _send(self, client: socket.socket, answer: dict) -> None:
        client.setblocking(True)
        client.settimeout(1.0)
        client.sendall(json.dumps(answer).encode() + b"\n")
        client.setblocking(False)

    def _drop(self, client: socket.socket) -> None:
        del self.clients[client]
        client.close()

    def close(self) -> None:
        for client in list(self.clients):
            self._drop(client)
        self.listener.close()
