"""The boot ROM as the application sees it (cc3220-hardware.md 1.8, 8.2, 11).

Its version word, and of its copy of the driver library the one function that the SDK's platform
code calls unconditionally: the delay loop, found by way of two tables.
"""

import struct

from ..block import Block
from ..memory import Memory

VERSION, TABLES = 0x400, 0x40C
ROM_VERSION = 0x0001_0003  # low half at least 2, high half at least 1; the real value is unknown
UTILITIES = 13  # index into TABLES; entry 0 of that table is the delay loop
UTILITIES_TABLE, CODE = 0x800, 0x1000  # where we put them; nobody may rely on it
CODE_SIZE = 0x1000
# subs r0, #1; nop; bne to the subs; bx lr: three cycles a turn at one an instruction
DELAY_LOOP = struct.pack("<4H", 0x3801, 0xBF00, 0xD1FC, 0x4770)
UNDEFINED = b"\x00\xde"
WORDS = {VERSION: ROM_VERSION, TABLES + 4 * UTILITIES: UTILITIES_TABLE, UTILITIES_TABLE: CODE | 1}
WHY = "null pointer or ROM"


def rom_code() -> Memory:
    """The page that can be executed; it cannot be read."""
    code = Memory(CODE, CODE_SIZE)
    code.fill(UNDEFINED)
    code.write(CODE, DELAY_LOOP)
    return code


class Rom(Block):
    """Every other access faults: it is a null pointer sooner than a wish to read ROM."""

    name = "ROM"
    base = 0x0000_0000

    def __init__(self, chip):
        super().__init__(chip)
        self.readers = _Words(chip)
        self.writers = _Refuse(chip)


class _Words(dict):
    def __init__(self, chip):
        super().__init__({offset: lambda word=word: word for offset, word in WORDS.items()})
        self._chip = chip

    def get(self, offset, default=None):
        return super().get(offset) or (lambda: self._chip.bus.refuse(offset, False, WHY))


class _Refuse(dict):
    def __init__(self, chip):
        super().__init__()
        self._chip = chip

    def get(self, offset, default=None):
        return lambda value: self._chip.bus.refuse(offset, True, WHY)

    def __contains__(self, offset):
        return True
