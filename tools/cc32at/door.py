"""A listening socket whose owner is never ended, stalled or kept busy by who knocks."""

from __future__ import annotations

import contextlib
import os
import socket


class Door:
    """Listens on `host`:`port` (0: any free one, `address` tells which). Raises OSError.

    Where no descriptor is left for a client, one kept for that is given up, so that the client
    can be sent away: left in the queue it would wake the owner for ever.
    """

    def __init__(self, port: int, host: str = "127.0.0.1", backlog: int = 128):
        self._listener = socket.create_server((host, port), backlog=backlog)
        self._spare: int | None = _descriptor()
        self._listener.setblocking(False)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.turned_away = 0

    def fileno(self) -> int:
        return self._listener.fileno()

    def accept(self) -> socket.socket | None:
        """The next client (non-blocking), None when there is none (any more)."""
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, ConnectionError):
            return None
        except OSError:
            self._turn_away()
            return None
        client.setblocking(False)
        with contextlib.suppress(OSError):  # it may have gone already
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def _turn_away(self) -> None:
        self.turned_away += 1
        self._give_up_spare()
        with contextlib.suppress(OSError):
            self._listener.accept()[0].close()
        with contextlib.suppress(OSError):
            self._spare = _descriptor()

    def _give_up_spare(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def close(self) -> None:
        self._listener.close()
        self._give_up_spare()


def _descriptor() -> int:
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
