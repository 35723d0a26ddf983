"""The queue of event frames: what is kept, what gives way, how long a wait lasts."""

from __future__ import annotations

import ctypes as ct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripted import message

from cc32at.hostlink import Deadlock
from cc32at.hostlink.library import load

COMPLETIONS = (0x0008, 0x0073, 0x1003, 0x1006, 0x1007, 0x100A, 0x1010, 0x1820, 0x187B, 0x30C1)
EVENTS = (0x0880, 0x0078, 0x100E, 0x1878, 0x1825)
SIZE, OVERHEAD, KEPT = 8192, 8, 1600


def stride(n: int) -> int:
    return OVERHEAD + n + -n % 4


class QueueModel:
    """What the queue must do, without any thought of memory."""

    def __init__(self):
        self.frames = []
        self.dropped = 0

    def used(self) -> int:
        return sum(stride(len(args)) for _, args in self.frames)

    def push(self, opcode, args) -> None:
        while self.used() + stride(len(args)) > SIZE:
            victim = next((f for f in self.frames if f[0] not in COMPLETIONS), None)
            self.dropped += 1
            if victim is None:
                return
            self.frames.remove(victim)
        self.frames.append((opcode, args))


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(COMPLETIONS + EVENTS), st.integers(0, KEPT)),
        st.none(),
    ),
    max_size=80,
)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_the_oldest_frame_that_completes_nothing_gives_way(steps):
    library = load()
    library.link_queue_reset()
    model = QueueModel()
    out = bytearray(4 + KEPT)
    target = (ct.c_ubyte * len(out)).from_buffer(out)
    for number, step in enumerate(steps + [None] * len(steps)):
        if step is None:
            n = library.link_queue_pop(target, len(out))
            if not model.frames:
                assert n == 0
                continue
            opcode, args = model.frames.pop(0)
            assert bytes(out[:n]) == opcode.to_bytes(2, "little") + b"\x07\0" + args
        else:
            opcode, size = step
            args = number.to_bytes(4, "little")[:size].ljust(size, b"\xaa")
            model.push(opcode, args)
            place = library.link_queue_reserve(size, False)
            if place:
                ct.memmove(place, args, size)
                library.link_queue_commit(opcode, 7, size)
        assert library.link_queue_dropped() == model.dropped


def test_dropped_events_are_counted_and_completions_stay(rig):
    for number in range(30):
        rig.model.say(message(0x1006, number.to_bytes(4, "little")))
        rig.model.say(message(0x0880, bytes(600)))
    while rig.model.queue:
        rig.nwp.poll()
    kept = rig.events()
    assert [args[0] for opcode, _, args in kept if opcode == 0x1006] == list(range(30))
    events = sum(opcode == 0x0880 for opcode, _, _ in kept)
    assert 0 < events < 30 and rig.count("events_dropped") == 30 - events


@pytest.mark.parametrize(("kind", "stays"), [(3, True), (4, True), (0, False), (5, False)])
def test_the_end_of_a_start_tls_is_a_completion(rig, kind, stays):
    rig.model.say(message(0x100F, bytes((2, kind, 0, 0))))
    for _ in range(20):
        rig.model.say(message(0x0880, bytes(600)))
    rig.nwp.poll()
    assert (rig.event()[0] == 0x100F) == stays


def test_a_fatal_condition_finds_room_among_completions(rig):
    for _ in range(300):
        rig.model.say(message(0x1010, bytes(40)))
    while rig.model.queue:
        rig.nwp.poll()
    rig.nwp.fail(2, 0, 0)
    assert rig.events()[-1][0] == 0xFF02
    assert rig.count("events_dropped") > 100


def test_a_long_event_is_cut(rig):
    rig.model.say(message(0x1878, bytes(range(250)) * 8))
    rig.model.say(message(0x0880, b"next", status=0x48))
    rig.nwp.poll()
    assert rig.event() == (0x1878, 0, (bytes(range(250)) * 8)[:1600])
    assert rig.event() == (0x0880, 0x48, b"next")
    assert rig.count("drained") == 400 and rig.count("overruns") == 1


def test_a_small_buffer_takes_what_fits(rig):
    for size in range(12):
        rig.model.say(message(0x0880, b"abcdefgh"))
        rig.nwp.poll()
        buf = bytearray(size)
        assert rig.nwp.event(buf) == size
        assert bytes(buf) == b"\x80\x08\0\0abcdefgh"[:size]
        assert rig.nwp.event(bytearray(20)) == 0


@pytest.mark.parametrize("opcode", [0x8880, 0x900A, 0xF801])
def test_a_frame_of_no_class_is_counted(rig, opcode):
    rig.model.say(message(opcode, b"12345"))
    assert rig.nwp.poll() == 0
    assert rig.count("unknown") == 1 and rig.model.unread == 0


@pytest.mark.parametrize("kind", range(1, 6))
def test_the_wire_cannot_imitate_a_fatal_condition(rig, kind):
    rig.model.say(message(0xFF00 | kind, bytes(8)))
    assert rig.nwp.poll() == 0 and rig.events() == []


def test_a_dummy_is_only_a_header(rig):
    rig.model.say(message(0x0063, b"with a body", credits=5))
    assert rig.nwp.poll() == 0
    assert rig.nwp.free_credits() == 5 and rig.count("drained") == 11


def test_one_poll_reads_a_bounded_number(rig):
    for _ in range(100):
        rig.model.say(message(0x0063))
    rig.nwp.poll()
    assert len(rig.model.queue) == 68


def test_wait_sleeps_until_something_comes(rig):
    nwp = rig.nwp
    rig.model.later(2.5, message(0x0063))
    rig.model.later(3.0, message(0x0880, b""))
    assert nwp.wait(10000) == 0  # a frame without news: its header may have brought credits
    assert 2.5 <= rig.clock.now() < 2.51
    assert nwp.wait(10000) == nwp.EVENT
    assert 3.0 <= rig.clock.now() < 3.01
    rig.events()
    assert nwp.wait(500) == nwp.TIMEOUT
    assert 3.5 <= rig.clock.now() < 3.51
    assert nwp.wait(0) == nwp.TIMEOUT


def test_wait_for_ever_with_nothing_to_come_is_an_error(rig):
    with pytest.raises(Deadlock):
        rig.nwp.wait(-1)


def test_an_interrupt_ends_a_wait(rig):
    rig.clock.call_at(5, lambda: setattr(rig.port, "interrupt", True))
    with pytest.raises(KeyboardInterrupt):
        rig.nwp.wait(-1)
    assert rig.clock.now() < 5.01


class Uart:
    waiting = 0
    room = 0

    def any(self):
        return self.waiting

    def space(self):
        return self.room


def test_wait_watches_what_it_is_told_to(rig):
    nwp = rig.nwp
    rig.port.uart = uart = Uart()
    rig.clock.call_at(1, lambda: setattr(uart, "waiting", 3))
    rig.clock.call_at(2, lambda: setattr(uart, "room", 9))
    assert nwp.wait(-1) == nwp.UART
    assert nwp.poll() == nwp.UART
    assert nwp.wait(100, nwp.EVENT) == nwp.TIMEOUT
    assert nwp.wait(-1, nwp.TX) == nwp.TX
    assert rig.clock.now() < 2.01


def test_an_error_of_the_model_reaches_the_caller(rig):
    def broken(sequence):
        raise LookupError("broken model")

    rig.model.say(broken)
    with pytest.raises(LookupError):
        rig.nwp.poll()
