"""The control interface over a local socket: JSON lines on 127.0.0.1 (see control.py).

Whoever may read the address file may control: {"host": ..., "port": ..., "token": ...}, a line
for the owner's eyes alone, there as long as the server is. A client's first line must bring the
token; the content of the address file will do. Anything else, a web page's request for one, is
turned away unread.

No threads: one epoll object is among the model's fds(), and service() does what it has. Nothing
in here waits for a client: there are SEATS, the oldest without a token gives way to a newcomer,
and one that leaves more than MAX_HELD bytes unread is dropped.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import secrets
import select
import socket
from pathlib import Path

from ..door import Door
from ..private import replace_private

SEATS = 16
CHUNK = 4096  # bytes of requests that are served at a time
TOKEN_LIMIT = 4096  # bytes of the first line
LINE_LIMIT = 1 << 20  # bytes of a request
MAX_HELD = 16 << 20  # bytes; more than the longest answer, a file of the whole flash in hex
READ, WRITE = select.EPOLLIN, select.EPOLLOUT


class Client:
    """One connection: what came and what waits to go."""

    def __init__(self, sock: socket.socket):
        self.sock = sock
        self.input = bytearray()
        self.held = bytearray()
        self.admitted = False
        self.leaving = False  # nothing more is read, the rest still goes out

    def lines(self):
        """Take complete lines off what came."""
        while (end := self.input.find(b"\n")) >= 0:
            line = bytes(self.input[:end])
            del self.input[: end + 1]
            if line.strip():
                yield line

    def flush(self) -> None:
        """Send what the socket takes; OSError when the client is gone."""
        with contextlib.suppress(BlockingIOError):
            while self.held:
                del self.held[: self.sock.send(self.held)]


class ControlServer:
    """Listens on the loopback interface; `port` and `token` are in the address file as well.

    Raises OSError, FileExistsError too where the address file would replace another kind of file.
    """

    def __init__(self, control, address_file: str | Path | None = None):
        self.control = control
        self.token = secrets.token_urlsafe(32)
        self.file = Path(address_file) if address_file else None
        if self.file and not is_address_file(self.file):
            raise FileExistsError(17, "File exists and is no address file", str(self.file))
        self._door = Door(0)
        self.host, self.port = self._door.address
        self._epoll = select.epoll()
        self._epoll.register(self._door, READ)
        self.clients: dict[int, Client] = {}
        try:
            if self.file:
                replace_private(self.file, self.address())
        except OSError:
            self.close()
            raise

    def address(self) -> str:
        """The line in the address file."""
        what = {"host": self.host, "port": self.port, "token": self.token}
        return json.dumps(what) + "\n"

    def fds(self) -> list:
        return [self._epoll]

    def service(self) -> None:
        """Do what the sockets are ready for."""
        for number, mask in self._epoll.poll(0):
            if number == self._door.fileno():
                self._let_in()
            elif client := self.clients.get(number):
                try:
                    self._serve(client, mask)
                except OSError:
                    self._drop(client)

    def _let_in(self) -> None:
        for _ in range(SEATS):
            sock = self._door.accept()
            if sock is None:
                return
            if len(self.clients) >= SEATS:
                self._make_room()
            if len(self.clients) >= SEATS:
                with contextlib.suppress(OSError):
                    sock.send(_line(refusal("all seats are taken")))
                sock.close()
                continue
            self.clients[sock.fileno()] = Client(sock)
            self._epoll.register(sock, READ)

    def _make_room(self) -> None:
        """The oldest client that has not shown a token gives way."""
        for client in self.clients.values():
            if not client.admitted:
                self._drop(client)
                return

    def _serve(self, client: Client, mask: int) -> None:
        if mask & ~WRITE and not client.leaving:
            self._read(client)
        client.flush()
        if len(client.held) > MAX_HELD or (client.leaving and not client.held):
            self._drop(client)
            return
        mask = 0 if client.leaving else READ
        self._epoll.modify(client.sock, mask | (WRITE if client.held else 0))

    def _read(self, client: Client) -> None:
        try:
            data = client.sock.recv(CHUNK)
        except BlockingIOError:
            return
        client.leaving = not data
        client.input += data
        for line in client.lines():
            client.held += _line(self._reply(client, line))
            client.flush()
            if client.leaving or len(client.held) > MAX_HELD:
                return
        if len(client.input) > (LINE_LIMIT if client.admitted else TOKEN_LIMIT):
            client.leaving = True

    def _reply(self, client: Client, line: bytes) -> dict:
        if client.admitted:
            return self.answer(line)
        client.admitted = self._has_token(line)
        client.leaving = not client.admitted
        if client.admitted:
            return {"ok": True, "result": None}
        return refusal("the first line must have the token of the address file")

    def _has_token(self, line: bytes) -> bool:
        try:
            token = json.loads(line)["token"].encode()
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return False
        return hmac.compare_digest(token, self.token.encode())

    def answer(self, line: bytes) -> dict:
        """The answer object for one request line; whatever is wrong with it is told there."""
        try:
            request = json.loads(line)
            answer = {"ok": True, "result": self.control.call(request.pop("op"), **request)}
            json.dumps(answer)
            return answer
        except Exception as error:
            return refusal(f"{type(error).__name__}: {error}")

    def _drop(self, client: Client) -> None:
        del self.clients[client.sock.fileno()]
        client.sock.close()

    def close(self) -> None:
        """Let everybody go; the address file goes too, if it is still ours."""
        for client in list(self.clients.values()):
            self._drop(client)
        self._door.close()
        self._epoll.close()
        with contextlib.suppress(OSError):
            if self.file and self.file.read_text() == self.address():
                self.file.unlink()


def refusal(why: str) -> dict:
    return {"ok": False, "error": why}


def _line(answer: dict) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def is_address_file(path: Path) -> bool:
    """Whether there is an address file, or nothing that would be lost."""
    try:
        return {"host", "port", "token"} <= set(json.loads(path.read_text()))
    except FileNotFoundError:
        return True
    except (ValueError, TypeError):
        return False
