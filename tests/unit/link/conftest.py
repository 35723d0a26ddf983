from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cc32at.hostlink.atbytes import make_module as make_atbytes
from cc32at.hostlink.hostport import HostPort
from cc32at.hostlink.nwp import make_module as make_nwp
from cc32at.nwp.clock import VirtualClock

sys.path.insert(0, str(Path(__file__).parent))


class Rig:
    """A link with a scripted network processor behind it, and its clock."""

    def __init__(self):
        from scripted import ScriptedNwp

        self.model = ScriptedNwp()
        self.clock = VirtualClock()
        self.port = HostPort(self.model, self.clock)
        self.nwp = make_nwp(self.port)
        self._event = bytearray(len(self.nwp.answer))

    def event(self) -> tuple[int, int, bytes] | None:
        """The next event frame: opcode, device status, arguments."""
        n = self.nwp.event(self._event)
        if n == 0:
            return None
        assert self._event[3] == 0
        return int.from_bytes(self._event[:2], "little"), self._event[2], bytes(self._event[4:n])

    def events(self) -> list[tuple[int, int, bytes]]:
        return list(iter(self.event, None))

    def count(self, name: str) -> int:
        return self.nwp.counter(self.nwp.COUNTERS.index(name))


@pytest.fixture
def rig():
    rig = Rig()
    rig.nwp.open()
    yield rig
    rig.nwp.close()


@pytest.fixture(scope="session")
def atbytes():
    return make_atbytes()
