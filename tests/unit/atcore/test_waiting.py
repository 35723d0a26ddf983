"""What waits for the stream, and what of the stream waits: guide-style.md O8 and O9, TESTS 12."""

import pytest

from tests.unit.atcore.fake import Wait, listen
from tests.unit.atcore.stream import answers, build

OK = b"OK"
UNKNOWN = b"ERROR:command not exist, 0"


@pytest.fixture
def line():
    """(core, stream, calls of the driver)."""
    return build()


# --- Time ---


def test_a_half_typed_line_holds_events_back_for_a_second(line):
    core, stream, _ = line
    assert answers(line, b"AT+Te", ms=10) == []
    core.sl.on_event(0xFF03, b"")
    assert listen(core, 980) == []
    assert listen(core, 20) == [b"+EventFatalError: SYNC_LOSS"]
    assert answers(line, b"st\r\n") == [OK]


def test_a_payload_that_comes_in_holds_events_back(line):
    core, stream, _ = line
    answers(line, b"AT+Send=3,0,4,ab", ms=10)
    core.sl.on_event(0xFF03, b"")
    assert listen(core, 1900) == []
    assert sorted(answers(line, b"cd\r\n")) == [b"+EventFatalError: SYNC_LOSS", OK]


def test_an_idle_stream_holds_nothing_back(line):
    core, _, _ = line
    assert answers(line, b"AT+Test\r\n") == [OK]
    core.sl.on_event(0xFF03, b"")
    assert listen(core) == [b"+EventFatalError: SYNC_LOSS"]


def test_events_during_a_line_left_half_typed_for_a_minute(line):
    """Each waits a second at most, counted from the last byte of the line (O9, TESTS 12)."""
    core, _, _ = line
    assert answers(line, b"AT+Te", ms=999) == []
    for _ in range(60):
        core.sl.on_event(0xFF03, b"")
        assert listen(core, 1000) == [b"+EventFatalError: SYNC_LOSS"]
    assert answers(line, b"s", ms=1) == []
    core.sl.on_event(0xFF03, b"")
    assert listen(core, 900) == []
    assert sorted(answers(line, b"t\r\n")) == [b"+EventFatalError: SYNC_LOSS", OK]


def test_a_thousand_events_while_nobody_reads(line):
    """The newest are kept, the rest is counted and told once, and nothing is stuck (TESTS 12)."""
    core, _, _ = line
    for number in range(1000):
        core.sl.on_event(0xFF04, number.to_bytes(4, "little"))
    lost, *kept = answers(line, b"AT+Test\r\n")
    assert kept.pop() == OK
    count = int(lost.removeprefix(b"+EventLost: "))
    assert count + len(kept) == 1000 and len(kept) >= 16
    assert kept == [b"+EventFatalError: NO_CMD_ACK,%d" % i for i in range(count, 1000)]
    core.sl.on_event(0xFF03, b"")
    assert answers(line, b"AT+Test\r\n") == [b"+EventFatalError: SYNC_LOSS", OK]


# --- A payload that has to wait stays as it was ---

MORE = b"AT+Test\r\n" + b"AT+Send=4,0,2000," + b"y" * 2000 + b"\r\nAT+Foo\r\n" * 200


@pytest.mark.parametrize("size", [5, 4096])
def test_a_payload_waits_for_credits_while_more_comes_in(line, size):
    core, stream, calls = line
    core.sl.sockets.waits[3] = wait = Wait()
    data = bytes(i & 0xFF for i in range(size))
    assert answers(line, b"AT+Send=3,0,%d," % size + data + b"\r\n", (MORE, 5), ms=500) == []
    assert not calls
    wait.finish()
    core.sl.link.woken = True
    assert listen(core, 10) == [OK, OK, OK] + 200 * [UNKNOWN]
    assert calls == [("send", 3, data), ("send", 4, b"y" * 2000)]


def test_a_payload_waits_for_power_up_while_more_comes_in(line):
    from atcore.pump import boot

    core, stream, calls = line
    wait = Wait()

    async def start():
        await wait

    boot(core, start())
    assert answers(line, b"AT+Send=3,1,8,aGVsbG8=\r\n", (MORE, 5), ms=500) == []
    wait.finish()
    core.sl.link.woken = True
    assert listen(core, 10) == [OK, OK, OK] + 200 * [UNKNOWN]
    assert calls == [("send", 3, b"hello"), ("send", 4, b"y" * 2000)]


def test_a_line_waits_for_power_up_while_more_comes_in(line):
    """The values of a command that waits are its own, not the buffer's."""
    from atcore.pump import boot

    core, stream, calls = line
    wait = Wait()

    async def start():
        await wait

    boot(core, start())
    name = b"AT+SetSockOpt=0,SOCKET,SECURE_DOMAIN_NAME_VERIFICATION,"
    assert answers(line, name + b"example.com\r\n" + MORE, ms=500) == []
    wait.finish()
    core.sl.link.woken = True
    assert listen(core, 10) == [OK, OK, OK] + 200 * [UNKNOWN]
    assert calls[0] == ("setsockopt", 0, 1, 42, b"example.com")


def test_a_background_command_keeps_its_parameters_while_more_comes_in(line):
    core, stream, calls = line
    core.sl.sockets.waits[7] = wait = Wait()
    assert answers(line, b"AT+Recv=0x7,1,32767\r\n" + MORE, ms=10)[0] == OK
    assert calls[0] == ("recv", 7, 4096)  # a larger request is served with 4096
    wait.finish(error=-11)
    core.sl.link.woken = True
    assert listen(core, 10) == [b"ERROR:process command +Recv 7, -11"]
