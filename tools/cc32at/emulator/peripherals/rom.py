"""The boot ROM as the application sees it: one version word (cc3220-hardware.md 8.2)."""

from ..block import Block

VERSION = 0x400
ROM_VERSION = 0x0001_0003  # low half at least 2, high half at least 1; the real value is unknown


class Rom(Block):
    """Every other access faults: it is a null pointer sooner than a wish to read ROM."""

    name = "ROM"
    base = 0x0000_0000

    def __init__(self, chip):
        super().__init__(chip)
        self.readers = _OnlyVersion(chip)
        self.writers = _Refuse(chip)


class _OnlyVersion(dict):
    def __init__(self, chip):
        super().__init__({VERSION: lambda: ROM_VERSION})
        self._chip = chip

    def get(self, offset, default=None):
        return super().get(offset) or (
            lambda: self._chip.bus.refuse(offset, False, "null pointer or ROM")
        )


class _Refuse(dict):
    def __init__(self, chip):
        super().__init__()
        self._chip = chip

    def get(self, offset, default=None):
        return lambda value: self._chip.bus.refuse(offset, True, "null pointer or ROM")

    def __contains__(self, offset):
        return True
