"""The AT core under CPython: paths, the C byte work, and a driver that only notes what it is told."""

import sys
import types

import pytest
from cc32at.hostlink import firmware_paths, install_atbytes

for path in firmware_paths():
    if path not in sys.path:
        sys.path.insert(0, path)
install_atbytes()


@pytest.fixture
def make():
    """Build a core over a Fake driver: make(style=..., stream=...) -> core."""
    from fake import FakeDriver

    import atcore
    from atcore.commands import ALL
    from atcore.commands import device as _device

    def build(stream=None, driver=None, **settings):
        return atcore.create(driver or FakeDriver(), ALL, stream, **settings)

    return build
