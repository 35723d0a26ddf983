"""Model of the CC3220's network processor (nwp-protocol.md), behind the chip or alone.

`NetworkProcessor` (model.py) is what the emulator and the in-process host link drive; `python -m
cc32at.nwp --listen PORT --world FILE` serves an outside driver; `ScriptedNwp` (scripted.py) plays
recordings.
"""

from .model import NetworkProcessor
from .scripted import Comparison, ScriptedNwp
from .snapshot import SnapshotError
from .storage import Storage

__all__ = ["Comparison", "NetworkProcessor", "ScriptedNwp", "SnapshotError", "Storage"]
