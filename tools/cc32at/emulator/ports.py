"""Front ends: a pseudo-terminal, a TCP listener, a pair of streams; each carries the console."""

import contextlib
import os
import re
import select
import socket
import termios
import tty
from collections.abc import Callable
from pathlib import Path

from cc32at.door import Door

from .line import Line

BACKLOG = 4096  # characters that may wait on the line before input is left with the other side
CHUNK = 1024
QUIET_AT_END = 1.0  # emulated seconds
MAX_UNHEARD = 1 << 16  # output kept while no TCP client is there
PATIENCE = 0.5  # seconds that a reader has at the end, each time
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

    def output_fileno(self) -> int:
        return self._write_fd

    def readable(self) -> bool:
        return not self.ended and self.line.waiting < BACKLOG

    def writable(self) -> bool:
        return bool(self._held) and not self.ended

    def _output(self) -> None:
        self._held += self.line.host_read()
        self._drain()
        if len(self._held) > MAX_HELD:
            surplus = len(self._held) - MAX_HELD
            del self._held[:surplus]
            self.lost += surplus

    def _drain(self) -> None:
        if not self.writable():
            return
        try:
            sent = self._write()
        except BlockingIOError:
            return
        except OSError:
            self._hung_up()
            return
        del self._held[:sent]

    def _write(self) -> int:
        return os.write(self._write_fd, self._held)

    def on_readable(self) -> None:
        self._drain()
        if not self.readable():
            return
        try:
            data = os.read(self._read_fd, CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._hung_up()
            return
        self._input(data)

    def _input(self, data: bytes) -> None:
        """What was read; nothing at the end."""
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


# How a web page's request begins; no AT line and no key of a prompt does.
_HTTP = re.compile(rb"(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|CONNECT|TRACE|PRI) ")


class ClientPort(StreamPort):
    """The console in the hands of a TCP client; `on_end` is called once, when it has gone."""

    def __init__(self, line: Line, client: socket.socket, on_end: Callable[[], None]):
        self._client = client
        self._on_end = on_end
        self._silent = True
        super().__init__(line, client.fileno(), client.fileno())

    def _input(self, data: bytes) -> None:
        if self._silent and _HTTP.match(data):
            data = b""
        self._silent = False
        super()._input(data)

    def _hung_up(self) -> None:
        if not self.ended:
            super()._hung_up()
            self.close()
            self._on_end()

    def close(self) -> None:
        super().close()
        self._client.close()


class TcpPort:
    """Listens; carries one client at a time, the next ones wait until it has gone.

    port 0 picks a free one, `address` tells which. A web page's request is turned away. Raises
    OSError.
    """

    def __init__(self, line: Line, port: int, host: str = "127.0.0.1"):
        self.line = line
        self._door = Door(port, host, backlog=1)
        self.address = self._door.address
        self._stream: ClientPort | None = None
        line.on_output = self._unheard

    def fileno(self) -> int:
        return (self._stream or self._door).fileno()

    output_fileno = fileno

    def readable(self) -> bool:
        return self._stream.readable() if self._stream else True

    def writable(self) -> bool:
        return bool(self._stream and self._stream.writable())

    def on_readable(self) -> None:
        if self._stream:
            self._stream.on_readable()
        elif client := self._door.accept():
            self._stream = ClientPort(self.line, client, self._left)

    def on_writable(self) -> None:
        if self._stream:
            self._stream.on_writable()

    def _unheard(self) -> None:
        """Nobody listens: keep the latest for whoever comes."""
        self.line.host_read(max(self.line.available - MAX_UNHEARD, 0))

    def _left(self) -> None:
        self._stream = None

    def close(self) -> None:
        if self._stream:
            self._stream.close()
        self._door.close()


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

    def _write(self) -> int:
        """Only as much as standard output takes at once: it may block."""
        if not select.select([], [self._write_fd], [], 0)[1]:
            return 0
        return os.write(self._write_fd, self._held[: select.PIPE_BUF])

    def _input(self, data: bytes) -> None:
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
        self._flush()
        if self._saved is not None:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(self._read_fd, termios.TCSADRAIN, self._saved)

    def _flush(self) -> None:
        """What is held goes out, if somebody reads it."""
        self.ended = False
        while self._held and select.select([], [self._write_fd], [], PATIENCE)[1]:
            self._drain()
            if self.ended:
                return
