"""What an image finds when the boot ROM hands over to it."""

MASKS = 0


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
