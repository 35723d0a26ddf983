"""Exceptions by hand: entry, return, nesting, chaining, masks, sleep."""

import pytest

from cc32at.emulator import Lockup

NESTING, SUPERVISOR, MASKS, PROCESS_STACK, IT_BLOCKS, SLEEP_MASKED, BAD_SVC, HINTS, UDF = range(9)
SLEEP_OPEN_BASEPRI, SLEEP_BASEPRI, SLEEP_FAULTMASK, GROUPING = range(9, 13)
PRIMASK, BASEPRI, FAULTMASK, ACTIVE, TICK = range(5)


def order(machine):
    return machine.words("order", machine.result(63))


def test_a_higher_priority_nests_and_equals_chain(guest, accelerate):
    machine = guest("exceptions", NESTING, accelerate=accelerate)
    machine.finish()
    # 20 before 22 (same priority, lower number); 21 nests into 20 and pends it again; then 22.
    assert order(machine) == [1, 10, 20, 21, 11, 10, 11, 30, 2]


def test_svc_is_taken_at_once_and_pendsv_after_it(guest, accelerate):
    machine = guest("exceptions", SUPERVISOR, accelerate=accelerate)
    machine.finish()
    assert order(machine) == [1, 40, 41, 50, 2]


def test_basepri_and_faultmask_hold_back(guest, accelerate):
    machine = guest("exceptions", MASKS, accelerate=accelerate)
    machine.finish()
    assert order(machine) == [1, 30, 2, 3, 30, 4, 5, 30, 6]


def test_registers_flags_and_process_stack_survive(guest, accelerate):
    machine = guest("exceptions", PROCESS_STACK, accelerate=accelerate)
    machine.finish()
    assert machine.result(0) == 1
    assert order(machine) == [30]


def test_interrupts_in_it_blocks_do_no_harm(guest, accelerate):
    machine = guest("exceptions", IT_BLOCKS, accelerate=accelerate)
    machine.finish()
    assert machine.result(0) == 10000 * 2 + 10000 * 3
    assert machine.result(1) > 1000


def test_wfi_wakes_behind_primask(guest, accelerate):
    machine = guest("exceptions", SLEEP_MASKED, accelerate=accelerate)
    machine.finish()
    assert order(machine) == [1, 2, 30, 3]
    assert machine.idle_cycles > 7000


def test_wfi_wakes_for_what_basepri_lets_through(guest, accelerate):
    machine = guest("exceptions", SLEEP_OPEN_BASEPRI, accelerate=accelerate)
    machine.finish()
    assert order(machine) == [1]


@pytest.mark.parametrize("choice", [SLEEP_BASEPRI, SLEEP_FAULTMASK])
def test_wfi_sleeps_on_behind_basepri_and_faultmask(guest, accelerate, choice):
    machine = guest("exceptions", choice, accelerate=accelerate)
    assert machine.run(until=lambda: machine.word("finished") == 1, timeout=1) is False
    assert machine.chip.asleep


def test_subpriorities_order_but_do_not_nest(guest, accelerate):
    machine = guest("exceptions", GROUPING, accelerate=accelerate)
    machine.finish()
    # 21, then 20, which pends 21 and is not interrupted; both once more; 22. Then 22 held back.
    assert order(machine) == [20, 21, 10, 11, 20, 21, 10, 11, 30, 1, 2, 30, 3]


def test_hints_are_executed(guest, accelerate):
    machine = guest("exceptions", HINTS, accelerate=accelerate)
    machine.finish()
    assert order(machine) == [1000]
    assert machine.faults == []


def test_what_is_undefined_behind_a_hint_stays_undefined(guest, accelerate):
    machine = guest("exceptions", UDF, accelerate=accelerate)
    machine.finish()
    assert order(machine) == list(range(10))
    assert machine.result(0) == len(machine.faults) == 30


def test_svc_that_cannot_be_taken_is_a_hard_fault(guest):
    machine = guest("exceptions", BAD_SVC)
    machine.run(until=lambda: bool(machine.faults), timeout=1)
    assert "SVC where it cannot be taken" in machine.faults[0]


def test_a_fault_in_the_hard_fault_handler_locks_up(guest):
    machine = guest("exceptions", BAD_SVC)  # no handler: the dispatcher jumps to 0
    with pytest.raises(Lockup):
        machine.run(timeout=1)


@pytest.mark.parametrize("choice", [PRIMASK, BASEPRI, FAULTMASK, ACTIVE, TICK])
def test_an_exception_that_cannot_be_taken_does_not_hold_the_guest_up(guest, accelerate, choice):
    machine = guest("masked", choice, accelerate=accelerate)
    machine.finish()
    rounds, behind_the_mask, after = machine.words("result", 3)
    assert (rounds, behind_the_mask, after) == (100, 0, 1)
