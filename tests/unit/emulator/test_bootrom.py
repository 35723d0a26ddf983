"""What an image finds when the boot ROM hands over to it."""

import pytest

from .test_faults import ENABLED, NULL

MASKS, DELAY = range(2)


def test_interrupts_are_not_masked(guest, accelerate):
    """Vendor images get to their first task without a CPSIE."""
    machine = guest("entry", MASKS, accelerate=accelerate)
    machine.finish()
    assert machine.words("result", 4) == [0, 0, 0, 0], "PRIMASK, BASEPRI, FAULTMASK, CONTROL"
    assert machine.result(4) >= 5


def test_an_option_masks_them(guest, accelerate):
    machine = guest("entry", MASKS, accelerate=accelerate, primask=True)
    machine.finish()
    assert machine.words("result", 5) == [1, 0, 0, 0, 0]


def test_the_delay_loop_takes_three_cycles_a_turn(guest, accelerate):
    """Word 0x440, the table there, its first entry: as the SDK's platform code goes."""
    machine = guest("entry", DELAY, accelerate=accelerate)
    machine.finish()
    one, many = machine.words("result", 2)
    assert many - one == 3 * 5332
    assert one < 20
    assert machine.reports == machine.faults == []


@pytest.mark.parametrize("address", [0x4, 0x408, 0x424, 0x804, 0xFFC, 0x1000, 0x2000, 0x7FFFC])
def test_the_rest_of_the_rom_cannot_be_read(guest, address):
    """The next tables, the next entry of ours, the loop itself, what lies behind it."""
    machine = guest("faults", NULL + ENABLED)
    machine.choose(address, "address")
    machine.finish()
    assert machine.result(4) == address
    assert "null pointer or ROM" in machine.faults[0]
