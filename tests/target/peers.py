"""Programs on loopback that the board talks to, each connection in a thread of its own."""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator

ANY = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
PATIENCE = 60.0  # seconds after which a peer gives up


@contextlib.contextmanager
def server(
    serve: Callable[[socket.socket], None], family=socket.AF_INET, window: int = 0
) -> Iterator[int]:
    """A TCP server: gives its port; `serve` gets each connection, which is closed behind it.

    `window`: bytes of its buffers, 0 for what the system gives.
    """
    listener = socket.create_server((ANY[family], 0), family=family, backlog=32)
    if window:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, window)
    threading.Thread(target=_accept, args=(listener, serve), daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _accept(listener: socket.socket, serve) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(PATIENCE)
            threading.Thread(target=_serve, args=(connection, serve), daemon=True).start()


def _serve(connection: socket.socket, serve) -> None:
    with connection, contextlib.suppress(OSError):
        serve(connection)


def echo(connection: socket.socket) -> None:
    """Send back what comes, until the other side closes."""
    while data := connection.recv(65536):
        connection.sendall(data)


def silent(connection: socket.socket) -> None:
    """Take what comes and say nothing."""
    while connection.recv(65536):
        pass


def reset(connection: socket.socket) -> None:
    """Close in a way that the other side gets an RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def free_port(kind=socket.SOCK_STREAM, family=socket.AF_INET) -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket(family, kind) as probe:
        probe.bind((ANY[family], 0))
        return probe.getsockname()[1]


def client(port: int, family=socket.AF_INET) -> socket.socket:
    """A connection to a port of loopback."""
    return socket.create_connection((ANY[family], port), timeout=PATIENCE)


def datagrams(family=socket.AF_INET) -> socket.socket:
    """A UDP socket on a port of its own."""
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((ANY[family], 0))
    sock.settimeout(PATIENCE)
    return sock
