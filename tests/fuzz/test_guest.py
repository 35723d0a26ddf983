"""The view from outside into the firmware's heap."""

import struct

from unicorn.arm_const import UC_ARM_REG_SP

from cc32at.image import heap
from tests.fuzz.board import BoardGame
from tests.fuzz.guest import BLOCK, ROOM


def test_what_lies_below_the_stack_is_no_reference(elf):
    """Calls leave addresses of garbage there; it is counted as the board's own collector does."""
    game = BoardGame(elf, 1)
    for _ in range(10):
        game.ask(b"AT+Get=General,Version\r\n", 200)
    machine = game.machine
    live = heap.measure(machine).live
    before = machine.snapshot()
    top = game.board.guest.look(collected=False)
    assert top.used > live  # there is garbage
    machine.restore(before)
    end = machine.symbol("_heap_end")
    addresses = range(end - top.total, end, BLOCK)
    stack = machine.cpu.read(UC_ARM_REG_SP)
    for at in range(0, len(addresses), 2 * ROOM // 4):
        machine.restore(before)
        some = addresses[at : at + 2 * ROOM // 4]
        machine.chip.sram.write(stack - 4 * len(some), struct.pack(f"<{len(some)}I", *some))
        assert game.board.guest.look().used == live
