"""AT lines from a pipe: send each, print the answers, wait for late results at the end."""

import sys
from typing import BinaryIO, TextIO

from .errors import AtError, AtTimeout, DeviceFailed
from .messages import Message
from .scripted_input import commands_of
from .session import AtClient, Pending
from .shorthand import meant
from .values import split_parameters


class Batch:
    """Runs the commands of a stream; `run` returns 0, or 1 if any of them failed."""

    def __init__(self, at: AtClient, out: BinaryIO, complaints: TextIO = sys.stderr):
        self.at = at
        self.out = out
        self.complaints = complaints
        self.failed = False
        self._waiting: list[tuple[Pending, int]] = []
        at.listeners.append(self._print)

    def run(self, commands: BinaryIO, wait: float = 10.0, timeout: float = 60.0) -> int:
        """Send all commands, `timeout` s for each, then `wait` s at most for late results."""
        try:
            self._run(commands, wait, timeout)
        except DeviceFailed as error:
            self.failed = True
            print(*error.seen, error, sep="\n", file=self.complaints)
        except OSError as error:  # the port is gone, or the emulator behind it
            self.failed = True
            print(f"port: {error}", file=self.complaints)
        return int(self.failed)

    def _run(self, commands: BinaryIO, wait: float, timeout: float) -> None:
        for line, payload in commands_of(commands):
            self._send(meant(line), payload, timeout)
        end = self.at.clock() + wait
        for pending, count in self._waiting:
            for _ in range(count):
                self._late(pending, max(0.0, end - self.at.clock()))

    def _send(self, line: str, payload: bytes, timeout: float) -> None:
        try:
            if self.at.is_late(line):
                self._waiting.append((self.at.start(line, payload, timeout), late_values(line)))
            else:
                self.at.command(line, payload, timeout)
        except AtError:
            self.failed = True
        except AtTimeout as error:
            self._complain(error)

    def _late(self, pending: Pending, seconds: float) -> None:
        try:
            pending.result(seconds)
        except AtError:
            self.failed = True
        except AtTimeout as error:
            self._complain(error)

    def _complain(self, error: AtTimeout) -> None:
        self.failed = True
        print(f"no {error.waiting_for} within {error.seconds:g} s", file=self.complaints)

    def _print(self, message: Message) -> None:
        if message.kind != "comment":
            self.out.write(message.raw + b"\n")
            self.out.flush()


def late_values(line: str) -> int:
    """How many late value lines a command brings; NetAPPPing (guide table 54) may bring many."""
    name, _, rest = line.partition("=")
    if not name.replace(" ", "").lower().endswith("+netappping"):
        return 1
    words = [rest[slice(*span)].strip() for span in split_parameters(rest)]
    if len(words) != 7 or words[1] == "0":
        return 0
    return int(words[5]) if words[6] == "1" and words[5].isdigit() else 1
