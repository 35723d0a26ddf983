"""An RTOS in small: exception returns that choose the stack, two tasks, preemption."""

import pytest

from cc32at.emulator.cpu import NPRIV, SPSEL

from .test_machine import fingerprint

ROUNDS, TICK = 200, 611


@pytest.fixture(params=[0, NPRIV], ids=["privileged", "unprivileged"])
def privilege(request):
    return request.param


@pytest.fixture
def machine(guest, accelerate, privilege):
    return guest("tasks", privilege, accelerate=accelerate)


def test_two_tasks_run_on_stacks_of_their_own(machine):
    machine.finish()
    assert machine.words("rounds", 2) == [ROUNDS, ROUNDS]
    assert machine.word("wrong") == 0
    assert machine.word("switches") > 2 * ROUNDS, "those of the tick, too"
    assert machine.word("ticks") == machine.result(4) // TICK
    assert machine.faults == machine.reports == []


def test_control_says_which_stack_is_in_use(machine, privilege):
    machine.finish()
    assert machine.word("control_in_tasks") == SPSEL | privilege
    assert machine.word("control_in_handlers") == privilege
    assert machine.result(2) == 0, "of main(), before and after the tasks"
    assert machine.result(3) == 0, "its stack pointer is as it was"


def test_a_handler_is_privileged(machine):
    machine.finish()
    assert (machine.result(0), machine.result(1)) == (1, 1), "PRIMASK as its CPSID leaves it"


def test_a_fault_of_a_task_is_stacked_on_its_own_stack(machine):
    machine.choose(0x30000000, "faulty")
    machine.finish()
    assert machine.word("faults") == len(machine.faults) == 2 * ROUNDS
    assert machine.words("rounds", 2) == [ROUNDS, ROUNDS]
    assert machine.word("wrong") == 0


@pytest.mark.parametrize("address", [0xE000E010, 0xE000ED08, 0xE0001004])
def test_the_system_s_registers_are_for_privileged_code(machine, privilege, address):
    """SysTick, VTOR and the cycle counter; PendSV and SysTick handlers go on using them."""
    machine.choose(address, "faulty")
    machine.finish()
    assert machine.words("rounds", 2) == [ROUNDS, ROUNDS]
    assert machine.word("wrong") == 0
    assert machine.word("faults") == len(machine.faults) == (2 * ROUNDS if privilege else 0)
    assert all("not for unprivileged code" in text for text in machine.faults)


IN_A_TASK, IN_A_HANDLER, IN_MAIN = range(3)


def go(machine, place):
    """From power-on into the middle of things."""
    machine.power_cycle()
    if place == IN_MAIN:
        return
    machine.run(until=lambda: machine.word("switches") == 20, timeout=1)
    while bool(machine.chip.nvic.active) != (place == IN_A_HANDLER):
        machine.run(max_insns=1)


@pytest.mark.parametrize("meanwhile", [IN_A_TASK, IN_A_HANDLER, IN_MAIN])
@pytest.mark.parametrize("place", [IN_A_TASK, IN_A_HANDLER])
def test_a_snapshot_knows_stacks_and_privilege(machine, place, meanwhile):
    go(machine, place)
    state = machine.snapshot()
    machine.finish()
    first = fingerprint(machine)
    go(machine, meanwhile)
    machine.restore(state)
    machine.finish()
    assert fingerprint(machine) == first
    assert machine.word("wrong") == 0
