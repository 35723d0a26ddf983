"""create, send and rcv: guide chapter 2, at-commands.md 4, TESTS 16 without the chip."""

import pytest

import atcore
from tests.unit.atcore.fake import FakeDriver, Wait, ask, messages

EVENT = 0xFF03  # SYNC_LOSS


@pytest.fixture
def core(make):
    return make()


def received(core, size=100, nonblock=True):
    """One message, and nothing written behind it."""
    buf = bytearray(b"\xee" * size)
    n = core.rcv(buf, nonblock)
    assert buf[n:] == b"\xee" * (size - n)
    return bytes(buf[:n])


def test_rcv_gives_one_message_a_call_without_line_end(core):
    core.send(b"AT+Get=General,Persistent")
    assert received(core) == b"+Get: 1"
    assert received(core) == b"OK"
    assert received(core) == b""


def test_rcv_without_a_message_returns_at_once(core):
    before = core.sl.link.now
    assert core.rcv(bytearray(10), True) == 0
    assert core.sl.link.now == before


def test_rcv_waits_for_ever(core):
    link = core.sl.link

    def later():
        if len(link.slept) > 5:
            core.on_event(EVENT, b"")

    link.on_sleep = later
    assert received(core, nonblock=False) == b"+EventFatalError: SYNC_LOSS"
    assert -1 in link.slept, "it looked again and again instead of sleeping"


def test_rcv_returns_when_the_stream_asks_for_the_repl(core):
    link = core.sl.link

    def later():
        core.escape = b"raw"

    link.on_sleep = later
    assert core.rcv(bytearray(10)) == 0


@pytest.mark.parametrize("line", [b"AT+Test", bytearray(b"AT+Test"), memoryview(b"AT+Test")])
def test_send_takes_any_bytes_and_leaves_them_as_they_are(core, line):
    assert ask(core, line) == [b"OK"]
    assert bytes(line) == b"AT+Test"


def test_send_copies_the_line(core):
    """The application owns its buffer and may use it again at once."""
    core.sl.device.stopping = wait = Wait()
    core.send(b"AT+Stop=0")
    buf = bytearray(b"AT+Get=General,Persistent")
    core.send(buf)
    buf[:] = bytes(len(buf))
    wait.finish()
    core.sl.link.woken = True
    assert messages(core) == [b"OK", b"+Get: 1", b"OK"]


def test_a_line_end_is_not_part_of_a_command(core):
    assert ask(core, b"AT+Test\r\n") == [b"ERROR:command not exist, 0"]
    assert ask(core, b"") == [b"ERROR:command not exist, 0"]


@pytest.mark.parametrize("size", [0, 1, 6])
def test_too_small_a_buffer_says_the_size_and_the_message_stays(core, size):
    core.send(b"AT+Get=General,Persistent")
    for _ in range(3):
        buf = bytearray(b"\xee" * size)
        with pytest.raises(atcore.BufferSmall) as caught:
            core.rcv(buf, True)
        assert caught.value.needed == len(b"+Get: 1")
        assert buf == b"\xee" * size, "a part was written"
    assert received(core, 7) == b"+Get: 1"
    assert received(core, 2) == b"OK"


def test_a_message_that_stays_keeps_its_place(core):
    core.send(b"AT+Get=General,Persistent")
    with pytest.raises(atcore.BufferSmall):
        core.rcv(bytearray(1), True)
    core.send(b"AT+Foo")
    core.on_event(EVENT, b"")
    assert messages(core) == [
        b"+Get: 1",
        b"OK",
        b"ERROR:command not exist, 0",
        b"+EventFatalError: SYNC_LOSS",
    ]


@pytest.mark.parametrize(("format", "text"), [(0, b"a\r\n\0b"), (1, b"YQ0KAGI=")])
def test_the_size_of_a_payload_is_known_before_it_is_copied(core, format, text):
    core.send(b"AT+Recv=3,%d,100" % format)
    assert messages(core) == [b"OK"]
    core.sl.sockets.waits[3].finish(b"a\r\n\0b")
    core.sl.link.woken = True
    whole = b"+Recv: 3,%d,%d,%s" % (format, len(text), text)
    for size in (0, 10, len(whole) - 1):
        with pytest.raises(atcore.BufferSmall) as caught:
            core.rcv(bytearray(size), True)
        assert caught.value.needed == len(whole)
    assert received(core, len(whole)) == whole
    assert received(core) == b""


def test_rcv_fills_a_part_of_a_larger_buffer(core):
    core.send(b"AT+Test")
    buf = bytearray(b"........")
    assert core.rcv(memoryview(buf)[3:5], True) == 2
    assert buf == b"...OK..."


def test_commands_that_wait_are_limited_and_none_is_lost(core):
    core.send(b"AT+Recv=1,0,10")
    assert messages(core) == [b"OK"]
    accepted = 0
    with pytest.raises(atcore.Busy):
        for _ in range(100):
            core.send(b"AT+Get=General,Persistent")
            accepted += 1
    # Something was executed at once until the queue was full, then WAITING more were kept.
    assert accepted > atcore.WAITING
    assert messages(core, 1000) == accepted * [b"+Get: 1", b"OK"]
    core.send(b"AT+Test")
    assert messages(core) == [b"OK"]


def test_busy_is_an_error_that_a_script_can_catch(core):
    with pytest.raises(OSError):
        for _ in range(100):
            core.send(b"AT+Test")


def test_create_takes_settings_by_name():
    from atcore.commands import ALL, device  # noqa: F401

    core = atcore.create(FakeDriver(), ALL, style=1, verbose=1)
    assert ask(core, b"AT+Get=General,Colour") == [b"ERROR: parse parameters (Option),-4"]
    assert ask(core, b"AT+Get=AT,VERBOSE") == [b"+get:1", b"OK"]


def test_two_cores_share_nothing():
    from atcore.commands import ALL, device  # noqa: F401

    one, two = (atcore.create(FakeDriver(), ALL, style=style) for style in (0, 1))
    one.send(b"AT+Get=General,Persistent")
    two.send(b"AT+Foo")
    assert messages(two) == [b"ERROR: command not exist,0"]
    assert messages(one) == [b"+Get: 1", b"OK"]


def test_the_longest_legal_line_and_what_is_longer(core):
    head = b"AT+Set=AT,STYLE,"
    assert ask(core, head + b"x" * (2560 - len(head))) == [b"ERROR:parse parameters, -4"]
    assert ask(core, head + b"x" * (2561 - len(head)))[0].startswith(b"ERROR:parse parameters")
    assert ask(core, head + b"x" * 70000) == [b"ERROR:parse parameters, -5"]
    assert ask(core, b"AT+Test") == [b"OK"]
