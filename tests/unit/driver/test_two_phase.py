"""Every operation that completes by an event: how it ends, in time, late, never, or given up.

The limits are those of nwp-protocol 3.5, what may run at a time is 3.3.
"""

import struct
from dataclasses import dataclass
from typing import Any

import pytest

from simplelink.waiter import Completion
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_frames import yes

IP = b"\x0a\0\0\x01"
FOREVER = 1_000_000  # ms in which an operation without a limit does not end
STOPPED, ABORTED, STOP_DONE = -2017, -2005, 0x0073


def sd_reply(status: int, sd: int) -> bytes:
    return struct.pack("<hBB", status, sd, 0)


@dataclass
class Row:
    """call(sl) -> coroutine; its frame and its event on the wire; what it gives; limit in ms."""

    call: Any
    request: int
    done: tuple
    result: Any
    limit: int | None = None


OPERATIONS = {
    "connect": Row(
        lambda sl: sl.sockets.connect(1, 80, IP), 0x9406, (0x1006, sd_reply(0, 1)), None
    ),
    "connect_v6": Row(
        lambda sl: sl.sockets.connect(1, 80, bytes(16)), 0x9606, (0x1006, sd_reply(0, 1)), None
    ),
    "accept": Row(
        lambda sl: sl.sockets.accept(2, 2),
        0x9403,
        (0x1003, struct.pack("<hBB2s2x", 5, 2, 2, b"\x1f\x90") + IP),
        (5, 8080, IP),
    ),
    "start_tls": Row(
        lambda sl: sl.sockets.start_tls(3), 0x9408, (0x100F, struct.pack("<BBh", 3, 3, -453)), -453
    ),
    "recv": Row(
        lambda sl: sl.sockets.recv(4, bytearray(8)), 0x940A, (0x100A, sd_reply(3, 4), b"abc"), 3
    ),
    "recvfrom": Row(
        lambda sl: sl.sockets.recvfrom(4, bytearray(8)),
        0x940B,
        (0x100B, struct.pack("<hBB2s2x", 3, 4, 2, b"\x1f\x90") + IP, b"abc"),
        (3, 8080, IP),
    ),
    "dns": Row(
        lambda sl: sl.netapp.dns_by_name(b"host"),
        0x9C20,
        (0x1820, struct.pack("<hHI", 0, 0, 0x0A000002)),
        0x0A000002,
    ),
    "host_by_service": Row(
        lambda sl: sl.netapp.host_by_service(b"s"),
        0x9C35,
        (0x1835, struct.pack("<hHII", 0, 3, 80, 5) + b"a=b"),
        (5, 80, b"a=b"),
    ),
    "ping": Row(
        lambda sl: sl.netapp.ping(0x0A000001, interval=100, attempts=30),
        0x9C21,
        (0x1822, struct.pack("<HHHHIII", 0, 1, 3, 2, 30, 30, 60)),
        (0, 1, 3, 2, 30, 30, 60),
        20_000 + 100 * 30,
    ),
    "request_body": Row(
        lambda sl: sl.netapp.recv(7, bytearray(8)),
        0x9C7A,
        (0x187B, struct.pack("<HHI", 7, 3, 1), b"abc"),
        (3, 1),
    ),
    "netutil": Row(
        lambda sl: sl.netutil.command(2, bytes(12), b"text", bytearray(8)),
        0xB4C1,
        (0x30C1, struct.pack("<HHhHHH", 2, 0, 0, 0, 4, 0), b"sign"),
        4,
    ),
}
EVERY = pytest.mark.parametrize("row", OPERATIONS.values(), ids=OPERATIONS)


@pytest.fixture
def running(rig, peer):
    """Requests of the row that are on the wire so far."""
    return lambda row: peer.opcodes().count(row.request)


def nothing_left(rig) -> bool:
    link = rig.sl.link
    return link.idle() and not (link.limits or link.pending or link.leaving or link.jobs)


@EVERY
def test_it_gives_what_its_event_says(rig, peer, row):
    task = rig.start(row.call(rig.sl))
    rig.pump(100)
    assert not task.done
    peer.send(*row.done)
    rig.pump(10)
    assert task.error is None and task.result == row.result
    assert rig.events == [] and nothing_left(rig)


@EVERY
def test_its_event_may_overtake_the_answer(rig, peer, row):
    peer.handler = lambda op, body: ([row.done] if op == row.request else []) + yes(op, body)
    assert rig.run(row.call(rig.sl)) == row.result
    assert rig.events == [] and nothing_left(rig)


@EVERY
def test_the_next_waits_for_the_one_before(rig, peer, running, row):
    tasks = [rig.start(row.call(rig.sl)) for _ in range(3)]
    for n, task in enumerate(tasks, 1):
        rig.pump(50)
        assert running(row) == n and not task.done
        peer.send(*row.done)
        rig.pump(10)
        assert task.result == row.result
    assert nothing_left(rig)


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"recv"}))  # which needs none
def test_want_of_memory_for_its_event_ends_it_alone(rig, peer, running, name, monkeypatch):
    row = OPERATIONS[name]
    first, second = (rig.start(row.call(rig.sl)) for _ in range(2))
    rig.pump(50)

    complete, left = Completion.complete, [True]

    def none(self, args):
        if left and left.pop():
            raise MemoryError
        complete(self, args)

    monkeypatch.setattr(Completion, "complete", none)
    peer.send(*row.done)
    rig.pump(50)
    assert isinstance(first.error, MemoryError)
    assert running(row) == 2
    peer.send(*row.done)
    rig.pump(50)
    assert second.error is None and second.result == row.result
    assert rig.events == []


@EVERY
def test_the_late_event_of_a_cancelled_one_is_not_the_next_ones(rig, peer, running, row):
    first = rig.start(row.call(rig.sl))
    rig.pump(20)
    first.cancel()
    second = rig.start(row.call(rig.sl))
    rig.pump(500)
    assert running(row) == 1 and not second.done
    peer.send(*row.done)
    rig.pump(20)
    assert running(row) == 2 and not second.done and rig.sl.link.late == 1
    peer.send(*row.done)
    rig.pump(20)
    assert second.error is None and second.result == row.result


FILE = (0x2443, bytes(4), b"", 0.3)  # the answer of FS_DELETE, later


@pytest.mark.parametrize("name", sorted(OPERATIONS.keys() - {"recv", "recvfrom", "request_body"}))
def test_an_event_before_its_request_is_not_its_event(rig, peer, running, name):
    """It has its lock and waits for the wire: what comes is of one that was given up."""
    row = OPERATIONS[name]
    peer.handler = lambda op, body: [FILE] if op == 0xA443 else yes(op, body)
    rig.start(rig.sl.fs.del_(b"slow"))
    task = rig.start(row.call(rig.sl))
    rig.pump(100)
    assert running(row) == 0
    peer.send(*row.done)
    rig.pump(300)
    assert running(row) == 1 and not task.done
    peer.send(*row.done)
    rig.pump(20)
    assert task.error is None and task.result == row.result
    assert nothing_left(rig)


@pytest.mark.parametrize("name", ["connect", "accept", "dns"])
def test_an_event_while_its_request_finds_the_wire_taken_is_not_its_event(
    rig, peer, running, name
):
    """By a request that was interrupted from the keyboard: nobody is known to wait for it."""
    row = OPERATIONS[name]
    stray = (*row.done, b"")[:3] + (0.1,)
    peer.handler = lambda op, body: [stray, FILE] if op == 0xA443 else yes(op, body)
    assert rig.nwp.submit(0xA443, bytes(4), b"slow", 1000, b"", b"") == 0
    task = rig.start(row.call(rig.sl))
    rig.pump(500)
    assert running(row) == 1 and not task.done
    peer.send(*row.done)
    rig.pump(20)
    assert task.error is None and task.result == row.result and rig.sl.link.late >= 1


@pytest.mark.parametrize("name", ["recv", "recvfrom"])
def test_an_event_before_there_is_credit_for_it_is_not_its_event(
    rig, peer, running, name, monkeypatch
):
    row, none = OPERATIONS[name], [-11]
    for function in ("receive", "room"):
        real = getattr(rig.nwp, function)
        fake = lambda *args, real=real: none[0] if none else real(*args)  # noqa: E731
        monkeypatch.setattr(rig.nwp, function, fake)
    task = rig.start(row.call(rig.sl))
    peer.send(*row.done)
    rig.pump(20)
    assert running(row) == 0
    none.clear()
    rig.pump(20)
    assert running(row) == 1 and not task.done
    peer.send(*row.done)
    rig.pump(20)
    assert task.error is None and task.result == row.result


@EVERY
def test_one_that_is_cancelled_in_the_queue_is_never_sent(rig, peer, running, row):
    first = rig.start(row.call(rig.sl))
    rig.start(row.call(rig.sl)).cancel()
    peer.send(*row.done)
    rig.pump(20)
    assert first.result == row.result
    assert running(row) == 1 and rig.sl.link.late == 0 and nothing_left(rig)


@EVERY
def test_it_waits_as_long_as_the_protocol_says(rig, peer, row):
    task = rig.start(row.call(rig.sl))
    rig.pump((row.limit or FOREVER) - 100)
    assert not task.done and rig.events == []
    if row.limit:
        rig.pump(300)
        assert task.error.code == ABORTED
        assert rig.events == [(0xFF05, struct.pack("<II", row.done[0], 0))]
    else:
        peer.send(*row.done)
        rig.pump(10)
        assert task.result == row.result


@EVERY
def test_a_stop_ends_it_and_those_behind_it(rig, peer, row):
    tasks = [rig.start(row.call(rig.sl)) for _ in range(2)]
    rig.start(row.call(rig.sl)).cancel()
    peer.handler = lambda op, body: (
        yes(op, body) + ([(STOP_DONE, bytes(4))] if op == 0x8473 else [])
    )
    rig.run(rig.sl.device.stop(100))
    assert [task.error.code for task in tasks] == [STOPPED] * 2
    assert rig.run(rig.sl.device.start()) == 0 and nothing_left(rig)
    again = rig.start(row.call(rig.sl))
    peer.send(*row.done)
    rig.pump(20)
    assert again.result == row.result and rig.sl.link.late == 0


@EVERY
def test_a_fatal_condition_ends_it_and_those_behind_it(rig, peer, row):
    tasks = [rig.start(row.call(rig.sl)) for _ in range(2)]
    rig.pump(20)
    peer.abort(1, 2)
    rig.pump(20)
    assert [task.error.code for task in tasks] == [ABORTED] * 2
    rig.run(rig.sl.device.stop(0))
    assert rig.run(rig.sl.device.start()) == 0 and nothing_left(rig)


@pytest.mark.parametrize("answer", [0, -12290])
def test_a_netutil_command_that_is_cancelled_before_its_answer(answer):
    """What it still brings, if it was not refused, is not taken for the result of the next."""
    row = OPERATIONS["netutil"]
    peer = Peer(yes)
    rig = Rig(peer)
    rig.run(rig.sl.device.start())
    peer.handler = lambda op, body: []
    first = rig.start(row.call(rig.sl))
    rig.pump(20)
    first.cancel()
    second = rig.start(row.call(rig.sl))
    peer.handler = yes
    peer.send(0x34C1, struct.pack("<hH", answer, 0))
    if answer == 0:
        rig.pump(50)
        assert peer.opcodes().count(row.request) == 1 and not second.done
        peer.send(0x30C1, struct.pack("<HHhHHH", 2, 0, -12295, 0, 0, 0))
    rig.pump(50)
    assert peer.opcodes().count(row.request) == 2 and not second.done
    peer.send(*row.done)
    rig.pump(20)
    assert second.error is None and second.result == row.result and nothing_left(rig)


@pytest.mark.parametrize("name", ["connect", "accept", "dns"])
def test_the_late_event_of_an_interrupted_one_is_not_the_next_ones(
    rig, peer, running, monkeypatch, name
):
    """Ctrl-C when its request has been sent, before the answer is seen."""
    row, call = OPERATIONS[name], rig.sl.link.call

    def interrupted(*args):
        call(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(rig.sl.link, "call", interrupted)
    with pytest.raises(KeyboardInterrupt):
        row.call(rig.sl).send(None)
    monkeypatch.undo()
    second = rig.start(row.call(rig.sl))
    rig.pump(50)
    assert running(row) == 1
    peer.send(*row.done)
    rig.pump(50)
    assert running(row) == 2 and not second.done and rig.sl.link.late == 1
    peer.send(*row.done)
    rig.pump(20)
    assert second.error is None and second.result == row.result
