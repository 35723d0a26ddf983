"""Host memory behind the guest's flash and SRAM, mapped into Unicorn and open to the host."""

import ctypes
import mmap
import struct

ROM_SIZE = 0x8_0000  # at 0
FLASH_BASE = 0x0100_0000
FLASH_SIZE = 0x10_0000
SRAM_BASE = 0x2000_0000
SRAM_SIZE = 0x4_0000

_WORD = struct.Struct("<I")


class Memory:
    """A guest memory range, of size 0 where a chip has none. `view`: all of it, writable."""

    def __init__(self, base: int, size: int):
        self.base = base
        self.size = size
        self._map = mmap.mmap(-1, size or mmap.PAGESIZE)
        self.view = memoryview(self._map)[:size]
        self.host_address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))

    def holds(self, address: int, length: int = 1) -> bool:
        return self.base <= address and address + length <= self.base + self.size

    def word(self, address: int) -> int:
        return _WORD.unpack_from(self.view, address - self.base)[0]

    def put_word(self, address: int, value: int) -> None:
        _WORD.pack_into(self.view, address - self.base, value)

    def read(self, address: int, length: int) -> bytes:
        at = address - self.base
        return bytes(self.view[at : at + length])

    def write(self, address: int, data: bytes) -> None:
        at = address - self.base
        self.view[at : at + len(data)] = data

    def fill(self, pattern: bytes) -> None:
        """Repeat `pattern` (its length divides the size) over the whole range."""
        self.view[:] = pattern * (self.size // len(pattern))
