"""What silicon would fault on is reported with its place and reaches the guest."""

import pytest

from cc32at.emulator import Lockup

GATED, GATED_STORE, NOWHERE, FLASH_STORE, NULL, UDF, BRANCH, BKPT, IN_RESET = range(9)
ENABLED = 10  # BusFault and UsageFault have their own handlers
PRECISE, BFAR_VALID, IBUSERR, UNDEFINED, FORCED = 1 << 9, 1 << 15, 1 << 8, 1 << 16, 1 << 30


@pytest.mark.parametrize(
    "choice, place, address, why",
    [
        (GATED, "fault_load", 0x4000C018, "UARTA0 has no clock"),
        (GATED_STORE, "fault_store", 0x40005400, "GPIOA1 has no clock"),
        (NOWHERE, "fault_load", 0x30000000, "nothing there"),
        (FLASH_STORE, "fault_store", 0x01000900, "flash is read-only"),
        (NULL, "fault_load", 0, "null pointer"),
        (IN_RESET, "fault_load", 0x4000C000, "held in reset"),
    ],
)
def test_a_bad_access_is_a_precise_bus_fault(guest, accelerate, choice, place, address, why):
    machine = guest("faults", choice + ENABLED, accelerate=accelerate)
    machine.finish()
    assert machine.result(0) == 5
    assert machine.result(1) == machine.symbol(place)
    assert machine.result(2) == PRECISE | BFAR_VALID
    assert machine.result(4) == address
    assert machine.result(5) == 1, "the guest goes on behind the instruction"
    assert why in machine.faults[0] and place in machine.faults[0]


def test_without_its_own_handler_it_is_a_hard_fault(guest, accelerate):
    machine = guest("faults", GATED, accelerate=accelerate)
    machine.finish()
    assert machine.result(0) == 3
    assert machine.result(1) == machine.symbol("fault_load")
    assert machine.result(3) == FORCED


PRIMASK, BASEPRI_SAME, BASEPRI_LOWER, FAULTMASK, HANDLER_SAME, HANDLER_LOWER = (
    1, 2, 3, 4, 0x40, 0x60,
)  # fmt: skip


@pytest.mark.parametrize(
    "masked, number",
    [(PRIMASK, 3), (BASEPRI_SAME, 3), (BASEPRI_LOWER, 5), (HANDLER_SAME, 3), (HANDLER_LOWER, 5)],
)
def test_a_fault_that_cannot_be_taken_is_a_hard_fault(guest, accelerate, masked, number):
    machine = guest("faults", NOWHERE + ENABLED, accelerate=accelerate)
    machine.choose(masked, "masked")
    machine.finish()
    assert machine.result(0) == number
    assert machine.result(2) == PRECISE | BFAR_VALID
    assert machine.result(3) == (FORCED if number == 3 else 0)


def test_a_fault_behind_faultmask_locks_up(guest):
    machine = guest("faults", NOWHERE + ENABLED)
    machine.choose(FAULTMASK, "masked")
    with pytest.raises(Lockup, match="BusFault: read of 0x30000000"):
        machine.run(timeout=1)


def test_undefined_instruction(guest, accelerate):
    machine = guest("faults", UDF + ENABLED, accelerate=accelerate)
    machine.finish()
    assert machine.result(0) == 6
    assert machine.result(1) == machine.symbol("fault_udf")
    assert machine.result(2) == UNDEFINED


def test_branch_to_a_register(guest):
    machine = guest("faults", BRANCH)
    machine.finish()
    assert machine.result(0) == 3
    assert machine.result(1) == 0x40000000
    assert machine.result(2) == IBUSERR


def test_breakpoint_without_debugger(guest):
    machine = guest("faults", BKPT)
    machine.finish()
    assert machine.result(0) == 3
    assert machine.result(3) == 1 << 31
