"""Pins: an input's edge interrupts, an output is seen outside."""


def test_a_led_follows_a_button(guest):
    machine = guest("gpio")
    seen = []
    machine.chip.on_pins = lambda port, before, now: seen.append((port, before & 2, now & 2))
    machine.run(until=lambda: machine.result(1) == 1, timeout=1)
    assert machine.result(0) == 0, "bit 1 was written 0, inputs are low"
    for level in (True, False):
        machine.drive(13, level)
        machine.run(timeout=0.001)
        assert machine.pin(9) is level
    assert machine.word("edges") == 2
    assert seen == [(1, 0, 2), (1, 2, 0)]


def test_a_level_that_does_not_change_does_nothing(guest):
    machine = guest("gpio")
    machine.run(until=lambda: machine.result(1) == 1, timeout=1)
    machine.drive(13, False)
    machine.run(timeout=0.001)
    assert machine.word("edges") == 0
