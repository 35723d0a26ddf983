"""SysTick, DWT and the general purpose timers count the same cycles."""

import pytest

SLACK = 120  # cycles from the event to where the guest looks at the counter


@pytest.fixture(scope="module")
def counted(image):
    from .conftest import Guest

    machine = Guest(image("timers"))
    machine.finish()
    yield machine
    machine.close()


def test_systick_period(counted):
    assert counted.result(0) == pytest.approx(8000, abs=2)
    assert counted.result(1) == pytest.approx(16000, abs=2)


def test_countflag_is_read_once(counted):
    assert counted.result(2) == 1 << 16
    assert counted.result(3) == 0


def test_systick_counts_down_with_the_cycles(counted):
    assert counted.result(4) <= 7999
    assert counted.result(5) in (0, 0xFFFFFFFF, 1, 2, 8000 & 0xFFFFFFFF, (-8000) & 0xFFFFFFFF)


def test_a_stopped_systick_holds(counted):
    assert counted.result(6) == 1


def test_one_shot_with_match(counted):
    assert counted.result(7) == pytest.approx(100001, abs=SLACK)
    assert counted.words("result", 22)[20:22] == [0x10, 1], "match first, then time-out"
    assert counted.result(8) & 1 == 0, "one shot stops"


def test_periodic(counted):
    assert counted.result(9) == pytest.approx(10 * 2000, abs=SLACK)
    assert counted.result(10) == 1


def test_halves_with_prescaler(counted):
    assert counted.result(11) == pytest.approx(1000 * 10, abs=SLACK)
    assert counted.result(12) == pytest.approx(4 * 5000, abs=SLACK)


def test_cpi_makes_instructions_longer(image):
    from .conftest import Guest

    times = []
    for cpi in (1, 1.5, 2):
        machine = Guest(image("busy"), cpi=cpi)
        machine.run(max_insns=100_000)
        times.append(machine.cycles / machine.instructions)
        machine.close()
    assert times == pytest.approx([1, 1.5, 2], rel=1e-3)
