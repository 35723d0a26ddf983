"""Order and loss of messages: guide-style.md O8 and O9, DESIGN.md "Full queues"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atcore.queue import EVENTS, MANY, Queue
from atcore.reply import Line


@pytest.fixture
def out():
    return Queue(Line(80))


def taken(out, held=False):
    """Everything that may be taken now."""
    found = []
    while (message := out.take(held, False)) is not None:
        found.append(message)
    return found


def reply(number):
    return b"reply %d\r\n" % number


def event(number):
    return b"event %d\r\n" % number


def late(number):
    return b"late %d\r\n" % number


def test_nothing(out):
    assert out.take(False, False) is None
    assert out.take(True, False) is None
    assert len(out) == 0


def test_replies_keep_their_order(out):
    for i in range(20):
        out.push(reply(i))
    assert taken(out) == [reply(i) for i in range(20)]


def test_the_order_is_that_of_what_happened(out):
    out.push(reply(1))
    out.push_event(event(1))
    out.push_late((late(1),))
    out.push(reply(2))
    assert taken(out) == [reply(1), event(1), late(1), reply(2)]


def test_events_and_late_lines_stay_while_they_are_held(out):
    out.push_event(event(1))
    out.push(reply(1))
    out.push_late((late(1),))
    out.push(reply(2))
    assert taken(out, held=True) == [reply(1), reply(2)]
    assert taken(out) == [event(1), late(1)]


def test_nothing_comes_between_the_lines_of_a_list(out):
    owner = object()
    out.emit(owner, reply(1))
    out.push_event(event(1))
    out.push_late((late(1),))
    assert taken(out) == [reply(1)]
    out.emit(owner, reply(2))
    out.push_event(event(2))
    assert taken(out) == [reply(2)]
    out.push(b"OK\r\n")
    out.finish(owner)
    assert taken(out) == [b"OK\r\n", event(1), late(1), event(2)]


def test_another_command_does_not_end_a_list(out):
    owner = object()
    out.emit(owner, reply(1))
    out.push_event(event(1))
    out.finish(object())
    assert taken(out) == [reply(1)]


def test_late_lines_that_belong_together_stay_together(out):
    out.push_late((late(1), b"OK\r\n"))
    assert out.take(False, True) == late(1)
    out.push(reply(1))
    out.push_event(event(1))
    # Even if a line is half typed by now: nothing may stand between them.
    assert out.take(True, True) == b"OK\r\n"
    assert taken(out) == [reply(1), event(1)]


def test_a_reply_in_the_queue_does_not_tear_them_apart(out):
    out.push_event(event(1))
    out.push_late((late(1), b"OK\r\n"))
    assert out.take(False, True) == event(1)
    assert out.take(False, True) == late(1)
    assert out.take(False, True) == b"OK\r\n"


def test_a_payload_that_is_a_reply_is_not_late(out):
    payload = memoryview(b"+X: 0,2,hi\r\n")
    out.push(payload)
    out.push(b"OK\r\n")
    assert taken(out, held=True) == [payload, b"OK\r\n"]


def test_the_oldest_events_are_dropped_counted_and_reported_once(out):
    out.push(reply(1))
    for i in range(EVENTS + 5):
        out.push_event(event(i))
    out.push(reply(2))
    kept = [event(i) for i in range(5, EVENTS + 5)]
    assert taken(out) == [reply(1), b"+EventLost: 5\r\n", *kept, reply(2)]
    out.push_event(event(1))
    assert taken(out) == [event(1)]


def test_a_loss_of_a_thousand_events(out):
    for i in range(1000):
        out.push_event(event(i))
    assert len(out) == EVENTS
    found = taken(out)
    assert found[0] == b"+EventLost: %d\r\n" % (1000 - EVENTS)
    assert found[1:] == [event(i) for i in range(1000 - EVENTS, 1000)]


def test_replies_and_late_lines_are_never_dropped(out):
    for i in range(100):
        out.push(reply(i))
        out.push_late((late(i),))
        out.push_event(event(i))
    found = taken(out)
    assert [m for m in found if m.startswith(b"reply")] == [reply(i) for i in range(100)]
    assert [m for m in found if m.startswith(b"late")] == [late(i) for i in range(100)]


def test_events_are_dropped_during_a_list_too(out):
    owner = object()
    out.emit(owner, reply(0))
    for i in range(EVENTS + 3):
        out.push_event(event(i))
    out.finish(owner)
    found = taken(out)
    assert found == [reply(0), b"+EventLost: 3\r\n", *[event(i) for i in range(3, EVENTS + 3)]]


def test_replies_fill_the_queue_and_events_do_not(out):
    for i in range(EVENTS):
        out.push_event(event(i))
    assert not out.full()
    for i in range(MANY):
        assert not out.full()
        out.push(reply(i))
    assert out.full()
    assert not out.room.ready()
    out.take(True, False)
    assert not out.full()
    assert out.room.ready()


OPERATIONS = ("reply", "late", "pair", "event", "emit", "finish", "take", "held")


@given(st.lists(st.sampled_from(OPERATIONS)))
def test_whatever_happens_nothing_is_lost_or_torn(operations):
    out, owner = Queue(Line(80)), object()
    replies, lates, events, got, listing = [], [], [], [], False
    for pushed, operation in enumerate(operations):
        if operation == "reply" and not listing:
            replies.append(reply(pushed))
            out.push(replies[-1])
        elif operation == "late":
            lates.append(late(pushed))
            out.push_late((lates[-1],))
        elif operation == "pair":
            lates += [late(pushed), b"OK %d\r\n" % pushed]
            out.push_late(tuple(lates[-2:]))
        elif operation == "event":
            events.append(event(pushed))
            out.push_event(events[-1])
        elif operation == "emit":
            listing = True
            replies.append(reply(pushed))
            out.emit(owner, replies[-1])
        elif operation == "finish":
            out.finish(owner)
            listing = False
        elif (message := out.take(operation == "held", False)) is not None:
            got.append(message)
    out.finish(owner)
    got += taken(out)
    assert [m for m in got if m.startswith(b"reply")] == replies
    assert [m for m in got if m.startswith((b"late", b"OK"))] == lates
    assert [m for m in got if m.startswith(b"event")] == events
    for i, message in enumerate(got):
        if message.startswith(b"OK"):
            assert got[i - 1].startswith(b"late") and got[i - 1][5:] == message[3:]
