"""Front ends: a pseudo-terminal, a TCP listener, a pair of streams; each carries the console."""

import contextlib
import os
import select
import socket
import termios
import tty
from pathlib import Path

from .line import Line

BACKLOG = 4096  # characters that may wait on the line before input is left with the other side
CHUNK = 1024
QUIET_AT_END = 1.0  # emulated seconds
MAX_UNHEARD = 1 << 16  # output kept while no TCP client is there
MAX_HELD = 1 << 20  # output kept for a reader that does not read; then the oldest goes


class StreamPort:
    """Bytes between the console's line and a pair of descriptors (non-blocking)."""

    def __init__(self, line: Line, read_fd: int, write_fd: int):
        self.line = line
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._held = bytearray()
        self.lost = 0
        self.ended = False
        self._previous = line.on_output
        line.on_output = self._output
        self._held += line.host_read()

    def fileno(self) -> int:
        return self._read_fd

    def readable(self) -> bool:
        return not self.ended and self.line.waiting < BACKLOG

    def writable(self) -> bool:
        return bool(self._held)

    def _output(self) -> None:
        self._held += self.line.host_read()
        self._drain()
        if len(self._held) > MAX_HELD:
            surplus = len(self._held) - MAX_HELD
            del self._held[:surplus]
            self.lost += surplus

    def _drain(self) -> None:
        if not self._held:
            return
        try:
            sent = os.write(self._write_fd, self._held)
        except BlockingIOError:
            return
        except OSError:
            self._hung_up()
            return
        del self._held[:sent]

    def on_readable(self) -> None:
        self._drain()
        try:
            data = os.read(self._read_fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._hung_up()
            return
        if data:
            self.line.host_write(data)
        else:
            self._hung_up()

    def on_writable(self) -> None:
        self._drain()

    def _hung_up(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.line.on_output = self._previous


class PtyPort(StreamPort):
    """A pseudo-terminal that serial programs open like a port. `path` is its name.

    link: a symbolic link to make to it (replaced if it is a link already). Raises OSError.
    """

    def __init__(self, line: Line, link: str | Path | None = None):
        master, self._slave = os.openpty()
        for descriptor in (master, self._slave):
            tty.setraw(descriptor, termios.TCSANOW)
        os.set_blocking(master, False)
        self.path = os.ttyname(self._slave)
        super().__init__(line, master, master)
        self.link = Path(link) if link else None
        if self.link:
            if self.link.is_symlink():
                self.link.unlink()
            self.link.symlink_to(self.path)

    def close(self) -> None:
        super().close()
        if self.link and self.link.is_symlink() and os.readlink(self.link) == self.path:
            self.link.unlink()
        for descriptor in (self._read_fd, self._slave):
            os.close(descriptor)


class TcpPort:
    """Listens; carries one client at a time, a newer one replaces it.

    port 0 picks a free one, `address` tells which. Raises OSError.
    """

    def __init__(self, line: Line, port: int, host: str = "127.0.0.1"):
        self.line = line
        self._listener = socket.create_server((host, port), backlog=1)
        self._listener.setblocking(False)
        self.address = self._listener.getsockname()[:2]
        self._client: socket.socket | None = None
        self._stream: StreamPort | None = None
        line.on_output = self._unheard

    def fileno(self) -> int:
        return self._client.fileno() if self._client else self._listener.fileno()

    def readable(self) -> bool:
        return self._stream.readable() if self._stream else True

    def writable(self) -> bool:
        return bool(self._stream and self._stream.writable())

    def on_readable(self) -> None:
        if self._stream is None:
            self._accept()
            return
        self._stream.on_readable()
        if self._stream.ended:
            self._drop()

    def on_writable(self) -> None:
        if self._stream:
            self._stream.on_writable()

    def _unheard(self) -> None:
        """Nobody listens: keep the latest for whoever comes."""
        self.line.host_read(max(self.line.available - MAX_UNHEARD, 0))

    def _accept(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._client, _ = self._listener.accept()
            self._client.setblocking(False)
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            descriptor = self._client.fileno()
            self._stream = StreamPort(self.line, descriptor, descriptor)

    def _drop(self) -> None:
        self._stream.close()
        self._client.close()
        self._client = self._stream = None

    def close(self) -> None:
        if self._stream:
            self._drop()
        self._listener.close()


class TerminalPort(StreamPort):
    """This process's terminal, raw: every key goes to the board. ESCAPE ends it.

    Where standard input is a pipe, the board has a second more to answer after its end.
    """

    ESCAPE = 0x1D  # Ctrl-]

    def __init__(self, line: Line, read_fd: int = 0, write_fd: int = 1):
        super().__init__(line, read_fd, write_fd)
        self._at_end = False
        self._saved = None
        if os.isatty(read_fd):
            self._saved = termios.tcgetattr(read_fd)
            tty.setraw(read_fd, termios.TCSANOW)

    def _drain(self) -> None:
        while self._held:
            _, ready, _ = select.select([], [self._write_fd], [], 0.5)
            if not ready:
                return
            del self._held[: os.write(self._write_fd, self._held)]

    def on_readable(self) -> None:
        data = os.read(self._read_fd, CHUNK)
        keys, escape, _ = data.partition(bytes([self.ESCAPE]))
        self.line.host_write(keys)
        if escape:
            self.ended = True
        elif not data:
            self._at_end = True
            self.line.call_after(QUIET_AT_END, self._hung_up)

    def readable(self) -> bool:
        return super().readable() and not self._at_end

    def close(self) -> None:
        super().close()
        if self._saved is not None:
            termios.tcsetattr(self._read_fd, termios.TCSADRAIN, self._saved)
