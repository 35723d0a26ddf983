"""The register bus: pages of blocks behind Unicorn's memory-mapped I/O.

A callback costs 0.4 us before it does anything, so a page's callbacks are closures over the
tables of its blocks. They change device state only; whatever must happen between instructions is
left to the main loop (`Cpu.stop_soon`). An access to a block without clock ends the instruction
where it stands and becomes a bus fault.
"""

from collections import defaultdict
from collections.abc import Callable

from .block import Block
from .cpu import Cpu

PAGE = 0x1000


class BusFault:
    """An access that no one answers. address: of the access; pc: of the instruction."""

    __slots__ = ("address", "write", "why")

    def __init__(self, address: int, write: bool, why: str):
        self.address = address
        self.write = write
        self.why = why


class Bus:
    """Maps blocks into the core's address space and remembers the last failed access.

    allowed: whether the code that runs may access privileged blocks; None = all code may.
    """

    def __init__(
        self,
        cpu: Cpu,
        unknown: Callable[[Block, int, bool], None],
        allowed: Callable[[], bool] | None = None,
    ):
        self.cpu = cpu
        self.unknown = unknown
        self.allowed = allowed
        self.fault: BusFault | None = None
        self.blocks: list[Block] = []

    def attach(self, blocks: list[Block]) -> None:
        """Map every block; several may share a page."""
        self.blocks = blocks
        pages: dict[int, list[Block]] = defaultdict(list)
        for block in blocks:
            for page in range(block.base & -PAGE, block.base + block.size, PAGE):
                pages[page].append(block)
        for page, members in pages.items():
            self.cpu.map_io(page, PAGE, self._reader(page, members), self._writer(page, members))

    def _find(self, page: int, members: list[Block], offset: int) -> tuple[Block | None, int]:
        for block in members:
            at = page + offset - block.base
            if 0 <= at < block.size:
                return block, at
        return None, 0

    def refuse(self, address: int, write: bool, why: str) -> int:
        """Fail the access that is going on."""
        if self.fault is None:
            self.fault = BusFault(address, write, why)
        self.cpu.stop_now()
        return 0

    def _closed(self, block: Block, address: int, write: bool) -> int:
        return self.refuse(address, write, f"{block.name} has no clock or is held in reset")

    def _reader(self, page: int, members: list[Block]) -> Callable:
        if len(members) == 1 and members[0].base == page:
            return self._fast_reader(members[0])

        readers = {block: self._fast_reader(block) for block in members}

        def read(engine, offset, size, user):
            block, at = self._find(page, members, offset)
            if block is None:
                return self.refuse(page + offset, False, "nothing there")
            return readers[block](engine, at, size, user)

        return read

    def _forbidden(self, block: Block, address: int, write: bool) -> int:
        return self.refuse(address, write, f"{block.name} is not for unprivileged code")

    def _guard(self, block: Block) -> Callable[[], bool] | None:
        return self.allowed if block.privileged else None

    def _fast_reader(self, block: Block) -> Callable:
        readers, regs, unknown, crash = block.readers, block.regs, self.unknown, self.cpu.crash
        allowed = self._guard(block)

        def read(_engine, offset, size, _user):
            try:
                if not block.clocked:
                    return self._closed(block, block.base + offset, False)
                if allowed is not None and not allowed():
                    return self._forbidden(block, block.base + offset, False)
                at = offset & -4
                reader = readers.get(at)
                if reader is not None:
                    value = reader()
                elif at in regs:
                    value = regs[at]
                else:
                    unknown(block, at, False)
                    return 0
                return value if size == 4 else value >> 8 * (offset - at)
            except BaseException as error:
                crash(error)
                return 0

        return read

    def _writer(self, page: int, members: list[Block]) -> Callable:
        if len(members) == 1 and members[0].base == page:
            return self._fast_writer(members[0])

        writers = {block: self._fast_writer(block) for block in members}

        def write(engine, offset, size, value, user):
            block, at = self._find(page, members, offset)
            if block is None:
                self.refuse(page + offset, True, "nothing there")
            else:
                writers[block](engine, at, size, value, user)

        return write

    def _fast_writer(self, block: Block) -> Callable:
        writers, regs, unknown, crash = block.writers, block.regs, self.unknown, self.cpu.crash
        allowed = self._guard(block)

        def write(_engine, offset, size, value, _user):
            try:
                if not block.clocked:
                    self._closed(block, block.base + offset, True)
                    return
                if allowed is not None and not allowed():
                    self._forbidden(block, block.base + offset, True)
                    return
                if size != 4:
                    offset, value = block.narrow(offset, size, value)
                writer = writers.get(offset)
                if writer is not None:
                    writer(value)
                    return
                if offset not in regs and not block.storage:
                    unknown(block, offset, True)
                    return
                regs[offset] = value & 0xFFFF_FFFF
            except BaseException as error:
                crash(error)

        return write
