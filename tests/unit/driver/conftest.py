"""Fixtures of the driver's tests."""

import pytest

from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes


@pytest.fixture
def peer():
    """A network processor that agrees to everything; tests put their own handler in."""
    return Peer(yes)


@pytest.fixture
def rig(peer):
    """A driver over `peer`, started."""
    rig = Rig(peer)
    rig.run(rig.sl.device.start())
    peer.frames.clear()
    return rig


@pytest.fixture
def sl(rig):
    return rig.sl
