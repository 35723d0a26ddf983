"""The C of firmware/link under CPython.

`install(model)` puts modules `nwp` and `atbytes` into sys.modules that behave as those of the
device, over the same C, with `model` behind the link. Everything that imports them, the driver and
the AT core, then runs without chip and emulator:

    from cc32at.hostlink import install
    from cc32at.nwp.model import NetworkProcessor

    port = install(NetworkProcessor())     # virtual time
    import nwp
    nwp.open()
    nwp.wait(5000)                         # EVENT: DEVICE_INIT_COMPLETE
"""

from __future__ import annotations

import sys

from .build import ROOT, BuildError, asan_environment, build
from .hostport import Deadlock, HostPort

__all__ = [
    "BuildError",
    "Deadlock",
    "HostPort",
    "asan_environment",
    "build",
    "firmware_paths",
    "install",
    "install_atbytes",
]


def install_atbytes(sanitize: bool = False):
    """Provide `import atbytes` alone; returns the module."""
    from .atbytes import make_module

    sys.modules["atbytes"] = module = make_module(sanitize)
    return module


def install(model, clock=None, uart=None, sanitize: bool = False) -> HostPort:
    """Provide `import nwp` and `import atbytes`; returns the port.

    model: what the link leads to (attach, power, write, read, irq, shutdown_ready, fds, service).
    clock: default a new virtual one, which moves when the program waits and 1.6 us a word on the
    link; RealClock for the wall clock. uart: an object with any() and space() that wait() watches.
    A second call takes the link over; modules that were imported before keep the names of the
    old one, so import the driver afterwards. `port.interrupt = True` is a KeyboardInterrupt that
    is pending.
    """
    from .nwp import make_module

    if clock is None:
        from ..nwp.clock import VirtualClock

        clock = VirtualClock()
    port = HostPort(model, clock, uart)
    sys.modules["nwp"] = make_module(port, sanitize)
    install_atbytes(sanitize)
    return port


def firmware_paths() -> list[str]:
    """Directories to put on sys.path for `import simplelink` and `import atcore`."""
    return [str(ROOT / "firmware" / "modules"), str(ROOT)]
