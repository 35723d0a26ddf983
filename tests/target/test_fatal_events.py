"""A network processor that fails: events of guide tables 62 and 63, and the way back."""

import pytest

from cc32at.client import AtError
from tests.target import repl

pytestmark = pytest.mark.world
FATAL = -2005  # SL_API_ABORTED


def recovers(at):
    """Commands are refused after a fatal error until Stop and Start (nwp-protocol 3.6)."""
    at.command("AT+Test")
    with pytest.raises(AtError) as error:
        at.command("AT+Get=General,Version")
    assert (error.value.description, error.value.code) == ("process command", FATAL)
    at.command("AT+Stop=100")
    at.command("AT+Start")
    assert at.command("AT+Get=General,Version").fields
    at.command("AT+Test")


def failing_get(at):
    with pytest.raises(AtError) as error:
        at.command("AT+Get=General,Version", timeout=20)
    assert (error.value.description, error.value.code) == ("process command", FATAL)


def test_device_abort(at, world):
    world.abort(17, 34)
    assert at.wait_event("FatalError").raw == b"+EventFatalError: DEVICE_ABORT,17,34"
    recovers(at)


def test_no_answer_is_no_cmd_ack_with_the_opcode(at, world):
    world.fault(do="ignore", to="DEVICE_GET")
    start = at.clock()
    failing_get(at)
    assert 9.5 < at.clock() - start < 12
    assert at.wait_event("FatalError").raw == b"+EventFatalError: NO_CMD_ACK,33894"  # 0x8466
    recovers(at)


def test_a_wrong_sequence_is_sync_loss(at, world):
    world.fault(do="wrong_sequence", to="DEVICE_GET")
    failing_get(at)
    assert at.wait_event("FatalError").raw == b"+EventFatalError: SYNC_LOSS"
    recovers(at)


def test_no_sync_word_is_sync_loss(at, world):
    world.fault(do="bad_sync", to="DEVICE_GET")
    failing_get(at)
    assert at.wait_event("FatalError").raw == b"+EventFatalError: SYNC_LOSS"
    recovers(at)


@pytest.mark.parametrize(
    "fault", [{"do": "double_sync"}, {"do": "garbage"}, {"do": "misalign"}, {"do": "duplicate"}]
)
def test_what_the_link_recovers_from_is_not_noticed(at, world, fault):
    world.fault(to="DEVICE_GET", **fault)
    assert len(at.command("AT+Get=General,Version").fields) == 5
    assert len(at.command("AT+Get=General,Version").fields) == 5
    assert not at.events


def test_a_network_processor_that_does_not_come_up_is_cmd_timeout(at, world):
    at.command("AT+Stop=0")
    world.fault(do="lose", to="DEVICE_INIT_COMPLETE")
    with pytest.raises(AtError) as error:
        at.command("AT+Start", timeout=80)
    assert (error.value.description, error.value.code) == ("process command", FATAL)
    assert at.wait_event("FatalError").raw == b"+EventFatalError: CMD_TIMEOUT,8"  # 0x0008
    recovers(at)


def test_a_stop_that_is_never_done_is_cmd_timeout(at, world):
    world.fault(do="lose", to="DEVICE_STOP_DONE")
    at.write(b"AT+Stop=200\r\n")
    assert at.wait_event("FatalError", timeout=80).raw == b"+EventFatalError: CMD_TIMEOUT,115"
    at.messages(timeout=5, quiet=0.5)
    at.command("AT+Start")
    assert at.command("AT+Get=General,Version").fields


@pytest.mark.parametrize(("status", "code"), [(4, -4108), (9, -4112)])  # nwp-protocol 1.4
def test_a_start_that_fails_says_why(at, world, status, code):
    at.command("AT+Stop=0")
    world.fault(do="start_status", to="DEVICE_INIT_COMPLETE", status=status)
    with pytest.raises(AtError) as error:
        at.command("AT+Start")
    assert (error.value.description, error.value.code) == ("process command", code)


@pytest.mark.parametrize(
    ("sender", "name"), [(0, "OTHER"), (1, "WLAN"), (2, "NETCFG"), (3, "NETAPP"), (4, "SECURITY")]
)
def test_a_general_error_names_its_sender(at, world, sender, name):
    world.general_error(-6, sender)
    assert at.wait_event("General").raw == f"+EventGeneral: ERROR,-6,{name}".encode()
    at.command("AT+Get=General,Version")


def test_what_happens_while_the_network_processor_is_off_does_not_wait_for_it(at, world):
    at.command("AT+Stop=200")
    for _ in range(3):
        world.general_error(-6, 1)
    at.command("AT+Start")
    assert at.command("AT+Get=General,Version").fields
    at.sleep(1)
    assert not at.events


def test_events_faster_than_the_line_are_counted_and_the_loss_is_said(at, world):
    bursts = 20
    for _ in range(bursts):
        for _ in range(50):
            world.general_error(-6, 1)
        world.pass_time(0.02)
    events = [m for m in at.messages(timeout=30, quiet=1) if m.kind == "event"]
    shown = [e for e in events if e.raw == b"+EventGeneral: ERROR,-6,WLAN"]
    losses = [int(e.fields[0]) for e in events if e.name == "EventLost"]
    assert len(shown) + len(losses) == len(events)
    # A burst is cut once; what is printed meanwhile may part the gap.
    assert 0 < len(losses) <= 2 * bursts, "said once for each gap, not for each event"
    assert min(losses) >= 10
    assert len(shown) + sum(losses) + world.model.counters["events_dropped"] == 1000
    assert at.command("AT+Get=General,Version").fields


@pytest.mark.prompt
def test_driver_abort_has_no_value(at):
    # Only the driver's own checks raise it, and no network processor makes them fail.
    source = """
import atcore, simplelink
from atcore.commands import ALL
core = atcore.create(simplelink.SimpleLink(), ALL)
core.on_event(0xFF02, memoryview(bytes(8)))
buf = bytearray(64)
print(bytes(buf[:core.rcv(buf, 1)]))
"""
    assert repl.once(at, source) == "b'+EventFatalError: DRIVER_ABORT'\r\n"


def test_events_do_not_cut_a_line_being_typed_but_wait_no_longer_than_a_second(at, world):
    at.write(b"AT+Te")
    at.sleep(0.05)
    world.general_error(-6, 1)
    at.sleep(0.5)
    assert not at.events
    at.sleep(1.0)
    assert [e.raw for e in at.events] == [b"+EventGeneral: ERROR,-6,WLAN"]
    assert at.command("st").lines == []


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_nothing_is_held_back_once_a_line_has_ended(at, world, end):
    for line in (b"AT+Test", b"AT+Set=General,Time,13,30,57,24,12,2026"):
        at.write(line + end)
        at.sleep(0.05)
        world.general_error(-6, 1)
        at.sleep(0.1)
        assert at.events.popleft().raw == b"+EventGeneral: ERROR,-6,WLAN"


def test_a_line_left_half_typed_for_a_minute_keeps_no_event_for_long(at, world):
    at.write(b"AT+Te")
    for minute in range(6):
        world.general_error(-6, 1)
        at.sleep(10)
        assert len(at.events) == minute + 1
    assert at.command("st").lines == []


def test_an_event_comes_after_the_ok_of_a_command_in_progress(at, world):
    world.fault(do="delay", to="DEVICE_GET", seconds=0.5)
    at.write(b"AT+Get=General,Persistent\r\n")
    at.sleep(0.1)
    world.general_error(-6, 1)
    kinds = [m.kind for m in at.messages(timeout=5, quiet=1)]
    assert kinds in (["value", "ok", "event"], ["event", "value", "ok"])
