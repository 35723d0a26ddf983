"""Between the chip and the network processor: power, mailbox, and words on the SPI.

The wire is full duplex and the model's seam is not: what the host shifts out is a write when it
belongs to a host message or is the read-request word, otherwise the host is reading
(nwp-protocol.md 2.1, 2.2, 5).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chip import Chip

H2N_SYNC = 0x1234_4321
READ_REQUEST = 0x5678_8765
IDLE = 0xFFFF_FFFF
MIN_OFF_US = 20


class NoNwp:
    """Stands in when a machine has no network processor: never answers, never interrupts."""

    irq = False
    shutdown_ready = True

    def attach(self, clock, on_irq) -> None: ...
    def power(self, on: bool) -> None: ...
    def write(self, data: bytes) -> None: ...
    def trigger(self) -> None: ...
    def service(self) -> None: ...
    def restore(self, state) -> None: ...

    def read(self, n: int) -> bytes:
        return b"\xff" * n

    def fds(self) -> list:
        return []

    def snapshot(self) -> None:
        return None


class NwpPort:
    """Power state and the word stream. `tap(direction, data)` sees both ways ("H", "N")."""

    def __init__(self, chip: "Chip", nwp):
        self.chip = chip
        self.nwp = nwp
        self.tap: Callable[[str, bytes], None] | None = None
        self.powered = False
        self._held = False
        self._left = 0  # words of the current host message that are still to come
        self._header = False
        self._off_since = -(1 << 40)
        self.words = 0

    # Power and mailbox

    def ready_for_power_off(self) -> bool:
        return not self.powered or self.nwp.shutdown_ready

    def hold(self, on: bool) -> None:
        """SPARE_REG_5 bit 1: holds the NWP in reset; letting go alone does not start it."""
        self._held = on
        if on:
            self._power(False)

    def wake(self) -> None:
        """Wake request: starts an NWP that is not held."""
        if not self._held:
            self._power(True)

    def _power(self, on: bool) -> None:
        if on == self.powered:
            return
        now = self.chip.now()
        if not on:
            self._off_since = now
        elif now - self._off_since < MIN_OFF_US * 80:
            self.chip.report("nwp", f"NWP off for less than {MIN_OFF_US} us")
        self.powered = on
        self._left = 0
        self._header = False
        self.nwp.power(on)
        if not on:
            self.chip.common.set_line(False)

    def cut(self) -> None:
        """Hibernation or reset of the whole chip: power goes without being asked."""
        self._held = False
        self._power(False)

    def trigger(self) -> None:
        if self.powered:
            self.nwp.trigger()

    # Words

    def exchange(self, word: int) -> int:
        """One 32-bit word out; returns the word that came in."""
        self.words += 1
        if not self.powered:
            return IDLE
        if self._left:
            self._write(word)
            self._left -= 1
            if self._header:
                self._header = False
                self._left = (word >> 16) + 3 >> 2
            return IDLE
        if word == H2N_SYNC:
            self._write(word)
            self._left = 1
            self._header = True
            return IDLE
        if word == READ_REQUEST:
            self._write(word)
            return IDLE
        data = self.nwp.read(4)
        if self.tap:
            self.tap("N", data)
        return int.from_bytes(data, "little")

    def _write(self, word: int) -> None:
        data = word.to_bytes(4, "little")
        if self.tap:
            self.tap("H", data)
        self.nwp.write(data)

    def exchange_block(self, data: bytes) -> bytes:
        """A DMA block out; returns as many bytes that came in."""
        words = memoryview(data).cast("I")
        count = len(words)
        if self.powered and self._left >= count and not self._header:
            self.words += count
            self._left -= count
            if self.tap:
                self.tap("H", data)
            self.nwp.write(data)
            return b"\xff" * len(data)
        if self.powered and not self._left and not any(words):
            self.words += count
            received = self.nwp.read(len(data))
            if self.tap:
                self.tap("N", received)
            return received
        return b"".join(self.exchange(word).to_bytes(4, "little") for word in words)

    # Snapshot

    def save(self) -> Any:
        state = self.powered, self._held, self._left, self._header, self._off_since, self.words
        return state, self.nwp.snapshot()

    def load(self, saved: Any) -> None:
        state, model = saved
        self.powered, self._held, self._left, self._header, self._off_since, self.words = state
        self.nwp.restore(model)
