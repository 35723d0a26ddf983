"""The command slot: answers, time-outs, what was given up (nwp-protocol.md 3.2, 3.5)."""

from __future__ import annotations

import pytest
from scripted import message

GET = 0x8466


def test_an_answer_is_exact_and_any_opcode_will_do(rig):
    nwp = rig.nwp
    for opcode in (0x0466, 0x0CC0, 0x1407):
        rig.model.answers.append([message(opcode, b"12345")])
        assert nwp.request(GET, b"") == 5
        assert nwp.answer[:5] == b"12345"
        assert nwp.answer_opcode() == opcode


def test_submit_and_collect(rig):
    nwp = rig.nwp
    rig.model.answers.append([message(0x0466, b"late")])
    assert nwp.collect() == nwp.E_AGAIN
    assert nwp.submit(GET, b"") == 0
    assert nwp.submit(GET, b"") == nwp.E_BUSY
    assert nwp.request(GET, b"") == nwp.E_BUSY
    assert nwp.poll() == nwp.ANSWER
    assert nwp.submit(GET, b"") == nwp.E_BUSY  # its answer is not collected
    assert nwp.collect() == 4 and nwp.answer[:4] == b"late"
    assert nwp.collect() == nwp.E_AGAIN
    assert nwp.poll() == 0
    assert len(rig.model.frames) == 1


def test_a_missing_answer_is_fatal(rig):
    nwp = rig.nwp
    before = rig.clock.now()
    assert nwp.request(GET, b"") == nwp.E_NO_ACK
    assert 10.0 <= rig.clock.now() - before < 10.01
    assert rig.events() == [(0xFF04, 0, GET.to_bytes(4, "little") + bytes(4))]
    assert nwp.submit(GET, b"") == nwp.request(GET, b"") == nwp.E_CLOSED
    assert nwp.post(0x940C, b"", b"x", 0, 1) == nwp.E_CLOSED
    assert nwp.is_open()


def test_the_time_out_is_the_callers(rig):
    nwp = rig.nwp
    before = rig.clock.now()
    assert nwp.submit(GET, b"", None, 300) == 0
    assert nwp.wait(250) == nwp.TIMEOUT
    assert nwp.wait(-1) & nwp.FATAL
    assert 0.3 <= rig.clock.now() - before < 0.302
    assert nwp.collect() == nwp.E_NO_ACK
    assert nwp.collect() == nwp.E_CLOSED


def test_a_late_answer_within_the_time_is_taken(rig):
    rig.model.later(9.9, message(0x0466, b"ok"))
    assert rig.nwp.request(GET, b"") == 2


@pytest.mark.parametrize("outstanding", [False, True])
def test_device_abort(rig, outstanding):
    nwp = rig.nwp
    abort = message(
        0x000C, bytes.fromhex("0100feca"), tx_failure=0x1122, nonblocking=0x4433, status=0
    )
    if outstanding:
        rig.model.answers.append([abort])
        assert nwp.request(GET, b"") == nwp.E_ABORT
    else:
        rig.model.say(abort)
        assert nwp.wait(100) == nwp.FATAL | nwp.EVENT
    assert rig.events() == [(0xFF01, 0, bytes.fromhex("221133440100feca"))]
    assert nwp.tx_failure() == 0  # the header holds no bitmaps
    assert nwp.request(GET, b"") == nwp.E_CLOSED


def test_the_driver_can_fail_too(rig):
    nwp = rig.nwp
    nwp.fail(5, 0x1010, 7)
    nwp.fail(2, 0, 0)  # the first one counts
    assert nwp.poll() == nwp.FATAL | nwp.EVENT
    assert rig.events() == [(0xFF05, 0, b"\x10\x10\0\0\7\0\0\0")]
    nwp.close()
    nwp.fail(2, 0, 0)
    assert nwp.poll() == 0 and rig.events() == []


def test_after_a_fatal_nothing_is_read(rig):
    nwp = rig.nwp
    nwp.fail(2, 0, 0)
    rig.model.say(message(0x0880, b""))
    nwp.poll()
    assert len(rig.events()) == 1
    assert nwp.wait(10) == nwp.TIMEOUT
    assert len(rig.model.queue) == 1


def test_an_answer_nobody_asked_for_is_counted(rig):
    nwp = rig.nwp
    rig.model.say(message(0x0466, b"12345678"))
    assert nwp.poll() == 0
    assert rig.count("answers_unasked") == 1 and rig.count("drained") == 8
    rig.model.answers.append([message(0x0466, b"a"), message(0x0466, b"b")])
    assert nwp.request(GET, b"") == 1
    assert nwp.answer[:1] == b"a"
    assert nwp.poll() == 0
    assert nwp.answer[:1] == b"a"
    assert rig.count("answers_unasked") == 2


def test_an_answer_that_waits_is_not_overwritten(rig):
    nwp = rig.nwp
    rig.model.answers.append([message(0x0466, b"mine"), message(0x0466, b"another")])
    nwp.submit(GET, b"")
    nwp.poll()
    nwp.poll()
    assert nwp.collect() == 4 and nwp.answer[:4] == b"mine"
    nwp.poll()
    assert rig.count("answers_unasked") == 1


def test_what_comes_behind_an_answer_stays_behind_it(rig):
    nwp = rig.nwp
    rig.model.answers.append([message(0x0466, b"mine"), message(0x0880, b"ev")])
    nwp.submit(GET, b"")
    assert nwp.wait(100) == nwp.ANSWER
    assert nwp.wait(100) == nwp.ANSWER
    assert nwp.wait(100, nwp.UART) == nwp.TIMEOUT  # nor does it keep anybody from sleeping
    assert rig.events() == [] and nwp.answer[:4] == b"mine"
    assert nwp.collect() == 4
    assert nwp.wait(100) == nwp.EVENT
    assert rig.events() == [(0x0880, 0, b"ev")]


def test_an_answer_behind_events_is_queued_behind_them(rig):
    nwp = rig.nwp
    rig.model.answers.append(
        [message(0x0880, b"ev"), message(0x0466, b"late"), message(0x0881, b"last")]
    )
    nwp.submit(GET, b"")
    assert nwp.poll() == nwp.EVENT
    assert nwp.collect() == nwp.E_AGAIN
    rig.model.answers.append([message(0x0466, b"next")])
    assert nwp.request(GET, b"") == 4 and nwp.answer[:4] == b"next"  # the slot is free
    assert rig.events() == [(0x0880, 0, b"ev"), (0xFF00, 0, b"late"), (0x0881, 0, b"last")]


def test_an_answer_that_is_waited_for_comes_past_events(rig):
    nwp = rig.nwp
    rig.model.answers.append([message(0x0880, b"ev"), message(0x0466, b"now")])
    assert nwp.request(GET, b"") == 3 and nwp.answer[:3] == b"now"
    assert rig.events() == [(0x0880, 0, b"ev")]


def test_an_answer_in_the_queue_gives_way_to_no_event(rig):
    nwp = rig.nwp
    rig.model.answers.append([message(0x0880, b"ev"), message(0x0466, bytes(2100))])
    nwp.submit(GET, b"")
    for _ in range(20):
        rig.model.say(message(0x0880, bytes(600)))
    while rig.model.queue:
        nwp.poll()
    frames = {opcode: args for opcode, _, args in rig.events()}
    assert frames[0xFF00] == bytes(2044)


def test_an_answer_longer_than_the_buffer_is_cut(rig):
    nwp = rig.nwp
    body = bytes(i & 0xFF for i in range(2077))
    rig.model.answers.append([message(0x0466, body)])
    assert nwp.request(GET, b"") == 2048
    assert nwp.answer == body[:2048]
    assert rig.count("overruns") == 1 and rig.count("drained") == 29
    assert rig.model.unread == 0


@pytest.mark.parametrize("length", range(8))
def test_a_length_below_the_header_is_an_empty_body(rig, length):
    rig.model.answers.append([message(0x0466, b"", length=length)])
    assert rig.nwp.request(GET, b"") == 0
    assert rig.count("short") == 1


def test_an_interrupt_gives_the_answer_up(rig):
    nwp = rig.nwp
    rig.clock.call_at(rig.clock.now() + 1, lambda: setattr(rig.port, "interrupt", True))
    with pytest.raises(KeyboardInterrupt):
        nwp.request(GET, b"")
    assert rig.clock.now() < 1.1
    assert nwp.submit(GET, b"") == nwp.E_BUSY
    # The next request waits for it, then sends.
    rig.model.later(1, message(0x0466, b"of the first"))
    rig.model.answers.append([message(0x0466, b"of the second")])
    assert nwp.request(GET, b"second") == 13
    assert nwp.answer[:13] == b"of the second"
    assert rig.count("answers_unasked") == 1
    assert len(rig.model.frames) == 2


def test_an_answer_given_up_that_never_comes_is_fatal(rig):
    nwp = rig.nwp
    rig.port.interrupt = True
    with pytest.raises(KeyboardInterrupt):
        nwp.request(GET, b"")
    assert nwp.request(GET, b"") == nwp.E_CLOSED
    assert rig.events() == [(0xFF04, 0, GET.to_bytes(4, "little") + bytes(4))]
    assert len(rig.model.frames) == 1


def test_closing_forgets_everything(rig):
    nwp = rig.nwp
    nwp.submit(GET, b"")
    nwp.expect(1, bytearray(4))
    rig.model.say(message(0x0880, b""))
    nwp.poll()
    nwp.close()
    assert not nwp.is_open() and not rig.model.powered
    assert nwp.collect() == nwp.E_CLOSED
    assert rig.events() == [] and nwp.poll() == 0
    assert nwp.request(GET, b"") == nwp.E_CLOSED
    nwp.open()
    assert nwp.is_open() and rig.model.powered
    rig.model.answers.append([message(0x0466, b"!")])
    assert nwp.request(GET, b"") == 1
