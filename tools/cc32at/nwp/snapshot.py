"""Snapshots of the model: a deep copy of every component's attributes.

References between components (and bound methods in timers) are kept as names, so that a snapshot
can be put back any number of times, also into another model of the same make.
"""

from __future__ import annotations

import copy


class SnapshotError(RuntimeError):
    """The model holds something that cannot be copied, for example a real socket."""


class _Ref:
    """Stands for a live component inside a snapshot."""

    def __init__(self, name: str):
        self.name = name

    def __deepcopy__(self, memo):
        return memo["components"][self.name] if "components" in memo else self


def _state_of(part) -> dict:
    """Attributes that a snapshot holds; a component names the others in `not_copied`."""
    leave = getattr(part, "not_copied", ())
    return {name: value for name, value in vars(part).items() if name not in leave}


def take(np) -> dict:
    """The state of the model; SnapshotError while real sockets are open."""
    busy = [name for name, group in np.groups.items() if group.has_real_io()]
    if busy:
        raise SnapshotError(f"real sockets are open in: {', '.join(busy)}")
    parts = np.components()
    memo = {id(part): _Ref(name) for name, part in parts.items()}
    return copy.deepcopy({name: _state_of(part) for name, part in parts.items()}, memo)


def put_back(np, state: dict) -> None:
    """Make the model what it was; its clock must show the time of the snapshot again.

    The host side hears the level of the snapshot and nothing of what goes down on the way: closing
    sockets give credits back, and a message would tell of them.
    """
    on_irq, np.on_irq = np.on_irq, None
    for group in np.groups.values():
        if group.has_real_io():
            group.power_off()
    np.timers.clear()
    parts = np.components()
    state = copy.deepcopy(state, {"components": parts})
    for name, values in state.items():
        part = parts[name]
        for gone in set(_state_of(part)) - set(values):
            delattr(part, gone)
        vars(part).update(values)
    np.timers.rearm()
    np.on_irq = on_irq
    np.line_restored()
