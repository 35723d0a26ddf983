"""The raw prompt of a board in the emulator, with the way back to any moment."""

from cc32at.client import Transcript
from tests.target import repl


class Prompt:
    """A session at the raw prompt; run() gives what a piece of Python prints."""

    def __init__(self, board):
        self.machine, self.model = board.machine, board.model
        self.at = board.client(Transcript())
        repl.enter(self.at)

    def run(self, source: str, timeout: float = 60.0) -> str:
        """What `source` prints; AssertionError with the traceback if it raises."""
        return repl.run(self.at, source, timeout).replace("\r\n", "\n")

    def control(self, op: str, **arguments):
        """An operation of the network processor's control interface."""
        return self.model.control.call(op, **arguments)

    def keep(self) -> None:
        """Remember this moment, with an empty log."""
        self.model.log.clear()
        self._kept = self.machine.snapshot()

    def back(self) -> None:
        """Go back to it."""
        self.machine.restore(self._kept)
        self.machine.uart.host_read()
