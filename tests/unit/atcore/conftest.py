"""The AT core under CPython: paths, the C byte work, a driver that notes what it is told."""

import sys

import pytest

from cc32at.hostlink import firmware_paths, install_atbytes

for path in firmware_paths():
    if path not in sys.path:
        sys.path.insert(0, path)
install_atbytes()


@pytest.fixture
def make():
    """Build a core over a Fake driver: make(style=..., stream=...) -> core."""
    import atcore
    from atcore.apps.at_commands import load
    from atcore.commands import ALL
    from tests.unit.atcore.fake import FakeDriver

    def build(stream=None, driver=None, **settings):
        core = atcore.create(driver or FakeDriver(), ALL, stream, **settings)
        core.load = load
        return core

    return build
