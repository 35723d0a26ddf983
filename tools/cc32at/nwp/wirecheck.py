"""Holding the host to the wire: what a driver must not do (nwp-protocol.md 2-4), noted.

The model goes on after a violation as well as it can; tests assert that `np.violations` is empty.
TI's own driver is known to read beyond WLAN_PROFILE_GET answers; reading beyond a message is
therefore only counted by the link.
"""

from __future__ import annotations

from collections import deque

from .codec import Command, align4

RESERVE = 2  # credits that data-class commands leave alone (4.2)


class WireCheck:
    """`found` holds (time in s, text), the newest last."""

    not_copied = frozenset({"np"})

    def __init__(self, np):
        self.np = np
        self.found: deque = deque(maxlen=200)
        self.outstanding: str | None = None

    def reset(self) -> None:
        """Power went; what was found stays."""
        self.outstanding = None

    def note(self, text: str) -> None:
        self.np.counters["violations"] += 1
        self.found.append((self.np.now(), text))

    def early(self, opcode: int) -> None:
        """A command before INIT_COMPLETE or after a stop."""
        self.note(f"0x{opcode:04X} while the NWP is not running")

    def command(self, cmd: Command) -> None:
        """Length, order and credits of a command that has just arrived."""
        if len(cmd.body) % 4:
            self.note(f"{cmd.name}: Len {len(cmd.body)} is not a multiple of 4")
        size = align4(cmd.row.args.total(cmd.body))
        if cmd.short or len(cmd.body) > size + align4(len(cmd.payload)):
            self.note(f"{cmd.name}: Len {len(cmd.body)} does not fit its arguments")
        if cmd.row.response_opcode is not None:
            if self.outstanding:
                self.note(f"{cmd.name} while {self.outstanding} is not answered")
            self.outstanding = cmd.name
        if cmd.cost and self.np.told < RESERVE and not self._control(cmd):
            self.note(f"{cmd.name} without credits")

    def _control(self, cmd: Command) -> bool:
        """Of the socket with which hosts wake their select: that waits for no credits (4.5)."""
        control = self.np.groups["sockets"].control_socket()
        return control is not None and cmd.args["sd"] == control.sd

    def answered(self, name: str) -> None:
        """The answer of a command was read by the host."""
        if name == self.outstanding:
            self.outstanding = None

    def request(self, waiting: bool) -> None:
        """A read request; `waiting` when there is a message."""
        if not waiting:
            self.note("read request without a message")
