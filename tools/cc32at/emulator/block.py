"""A block of registers: what every peripheral is made of."""

import copy
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chip import Chip

_COPIED = (dict, list, bytearray, deque, set)


class Block:
    """Registers at `base`. A subclass fills `readers` and `writers`, keyed by offset.

    Offsets in `regs` without reader or writer are plain storage with that reset value; other
    offsets read 0 and are reported once (a driver should not know registers that we do not),
    unless `storage` is True. `clocked` is False while the clock gate is closed or the block is
    held in reset; the bus then faults every access, and those of unprivileged code to a block
    that is `privileged`.
    """

    name = ""
    base = 0
    size = 0x1000
    storage = False
    privileged = False
    gate: int | None = None  # offset of its CLK_GATING register in ARCM; SOFT_RESET is 4 above
    RESET: dict[int, int] = {}
    STATE: tuple[str, ...] = ()

    def __init__(self, chip: "Chip"):
        self.chip = chip
        self.readers: dict[int, Callable[[], int]] = {}
        self.writers: dict[int, Callable[[int], None]] = {}
        self.regs: dict[int, int] = dict(self.RESET)
        self.clocked = self.gate is None

    def reset(self) -> None:
        """Registers to their reset values; the gate is not touched."""
        self.regs.clear()
        self.regs.update(self.RESET)

    def gating(self) -> None:
        """The clock gate has changed (`clocked` is new already)."""

    def narrow(self, offset: int, size: int, value: int) -> tuple[int, int]:
        """A byte or halfword write as a word write: (offset, value)."""
        at = offset & -4
        shift = 8 * (offset - at)
        if at in self.writers or at not in self.regs:
            return at, value << shift
        mask = ((1 << 8 * size) - 1) << shift
        return at, self.regs[at] & ~mask | value << shift & mask

    def clear_bits(self, offset: int) -> Callable[[int], None]:
        """A writer: ones clear bits of `offset`."""

        def write(value: int) -> None:
            self.regs[offset] &= ~value

        return write

    def save(self) -> dict[str, Any]:
        state = {name: copy.copy(getattr(self, name)) for name in self.STATE}
        return state | {"regs": dict(self.regs), "clocked": self.clocked}

    def load(self, state: dict[str, Any]) -> None:
        for name in self.STATE:
            value = state[name]
            current = getattr(self, name)
            if isinstance(current, dict):
                current.clear()
                current.update(value)
            elif isinstance(current, _COPIED):
                setattr(self, name, copy.copy(value))
            else:
                setattr(self, name, value)
        self.regs.clear()
        self.regs.update(state["regs"])
        self.clocked = state["clocked"]
