"""Clocks and timers: order, cancelling, clocks that round."""

import pytest

from cc32at.nwp.clock import RealClock, Timers, VirtualClock
from cc32at.nwp.linklayer import RAISE_AFTER
from tests.unit.nwp.support import Host


def make():
    clock, timers, seen = VirtualClock(), Timers(), []
    timers.attach(clock)
    return clock, timers, seen


def test_timers_run_in_order_of_time_then_age():
    clock, timers, seen = make()
    for seconds, name in ((2, "c"), (1, "a"), (1, "b")):
        timers.after(seconds, seen.append, name)
    clock.advance(1)
    assert seen == ["a", "b"]
    clock.advance(5)
    assert seen == ["a", "b", "c"] and clock.next_deadline() is None


def test_cancelled_timers_do_not_run():
    clock, timers, seen = make()
    first = timers.after(1, seen.append, 1)
    timers.after(2, seen.append, 2)
    timers.cancel(first)
    timers.cancel(first)
    timers.cancel(None)
    clock.advance(3)
    assert seen == [2]
    timers.after(1, seen.append, 3)
    timers.clear()
    clock.advance(3)
    assert seen == [2]


def test_timer_set_by_a_timer():
    clock, timers, seen = make()
    timers.after(1, lambda: timers.after(1, seen.append, clock.now()))
    clock.advance(1.5)
    assert seen == []
    clock.advance(1)
    assert seen == [1.0]


class TickingClock(VirtualClock):
    """A clock of 1 ms ticks: it may call a little before the time it was asked for."""

    def call_at(self, t, fn):
        return super().call_at(round(t, 3), fn)


def test_clock_that_rounds_down_ends():
    clock, timers, seen = TickingClock(), Timers(), []
    timers.attach(clock)
    timers.after(0.0104, seen.append, 1)
    clock.advance(0.02)
    assert seen == [1]


def test_abandoned_read_on_a_clock_that_rounds():
    host = Host(boot=False)
    host.clock = TickingClock()
    host.np.attach(host.clock, host.levels.append)
    host.start()
    for _ in range(3):
        host.np.event("WLAN_EV_STA_ADDED", mac=bytes(6))
    host.np.write(bytes.fromhex("65877856"))
    host.np.read(4)
    host.clock.advance(RAISE_AFTER * 0.6)
    host.np.read(4)
    host.clock.advance(RAISE_AFTER * 0.6)
    assert not host.np.irq, "the host is still reading"
    host.clock.advance(2 * RAISE_AFTER)
    assert host.np.irq


def test_wall_clock_moves_by_itself():
    clock = RealClock()
    assert clock.now() <= clock.now()
    with pytest.raises(TypeError):
        clock.advance(1)
