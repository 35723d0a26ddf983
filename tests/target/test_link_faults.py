"""A link that garbles: recovered or reported, never a hang, and Stop and Start set all right.

Faults are those of cc32at/nwp/faults.py, on an answer, an event, a completion and on data
(nwp-protocol 2.3 to 2.5, 3.2, 3.5, 3.6).
"""

import random

import pytest

from tests.target import peers

pytestmark = pytest.mark.world
ABORTED = "process command, -2005"
VERSION = "AT+Get=General,Version"

# What a driver must not notice.
HARMLESS = [
    {"do": "garbage"},
    {"do": "garbage", "hex": "00" * 64},
    {"do": "garbage", "hex": "bcdc" * 10},  # half of a sync word, over and over
    {"do": "garbage", "hex": "2143341265877856"},  # the host's own words
    {"do": "misalign", "hex": "00"},
    {"do": "misalign", "hex": "ffff"},
    {"do": "misalign", "hex": "bcdccd"},
    {"do": "double_sync"},
    {"do": "no_sequence"},
    {"do": "duplicate"},
    {"do": "delay", "seconds": 0.4},
    {"do": "flip", "byte": 0, "mask": 0x80},  # bits that may fail on SPI
    {"do": "flip", "byte": 1, "mask": 0x80},
    {"do": "flip", "byte": 3, "mask": 0x80},
]
# Whose frame is not found: sync loss.
LOST = [
    {"do": "bad_sync"},
    {"do": "wrong_sequence"},
    {"do": "wrong_sequence", "by": 3},
    {"do": "truncate", "bytes": 0},
    {"do": "flip", "byte": 1, "mask": 1},
]
# An answer that is none: no answer within 10 s.
UNANSWERED = [
    {"do": "lose"},
    {"do": "flip", "byte": 5, "mask": 0x04},  # becomes an event
    {"do": "flip", "byte": 5, "mask": 0x84},  # becomes a command
    {"do": "delay", "seconds": 11.0},
]
# A frame that says something wrong: an error, or a wrong value, of the command it belongs to.
WRONG = [
    {"do": "truncate", "bytes": 4},
    {"do": "truncate", "bytes": 8},
    {"do": "truncate", "bytes": 16},
    {"do": "truncate", "bytes": 20},
    {"do": "truncate", "bytes": 28},
    {"do": "length", "length": 0},
    {"do": "length", "length": 7},
    {"do": "length", "length": 8},
    {"do": "length", "length": 9},
    {"do": "length", "length": 17},
    {"do": "length", "length": 4000},
    {"do": "length", "length": 65535},
    {"do": "flip", "byte": 4, "mask": 0x5A},
    {"do": "status", "status": -32768},
]


def named(fault) -> str:
    return "-".join(str(part) for part in fault.values())


def restarts(talk) -> None:
    """Stop and Start give a network processor that is as new; nothing is left of before."""
    talk.send("AT+Stop=100")
    talk.reply("answer to AT+Stop", timeout=80)
    talk.ok("AT+Start")
    assert len(talk.value(VERSION).split(",")) == 5
    talk.ok("AT+Test")


def fatal(talk, event: str) -> None:
    """The event is told, once; commands are refused until Stop and Start."""
    assert talk.event("+EventFatalError", timeout=20) == f"+EventFatalError: {event}"
    assert talk.error(VERSION) == ABORTED
    talk.ok("AT+Test")
    restarts(talk)
    assert not talk.events


@pytest.mark.parametrize("fault", HARMLESS, ids=named)
def test_an_answer_is_found_behind(talk, world, fault):
    version = talk.value(VERSION)
    for count in (1, 3):
        world.fault(to="DEVICE_GET", count=count, **fault)
        for _ in range(3):
            assert talk.value(VERSION) == version
    assert not talk.events and not talk.lates
    assert world.model.violations == []


@pytest.mark.parametrize("fault", LOST, ids=named)
def test_an_answer_that_is_not_found_is_sync_loss(talk, world, fault):
    world.fault(to="DEVICE_GET", **fault)
    assert talk.error(VERSION) == ABORTED
    fatal(talk, "SYNC_LOSS")


@pytest.mark.parametrize("fault", UNANSWERED, ids=named)
def test_an_answer_that_does_not_come_is_no_cmd_ack(talk, world, fault):
    world.fault(to="DEVICE_GET", **fault)
    assert talk.error(VERSION, timeout=20) == ABORTED
    fatal(talk, "NO_CMD_ACK,33894")


@pytest.mark.parametrize("fault", WRONG, ids=named)
def test_a_wrong_answer_is_the_command_s_error_or_value(talk, world, fault):
    world.fault(to="DEVICE_GET", **fault)
    assert talk(VERSION, timeout=20)[-1].startswith(("OK", "ERROR:process command"))
    talk.ok("AT+Test")
    restarts(talk)


@pytest.mark.parametrize("fault", HARMLESS, ids=named)
def test_an_event_is_found_behind(talk, world, fault):
    world.fault(to="DEVICE_GENERAL_ERROR", **fault)
    world.general_error(-6, 1)
    assert talk.event() == "+EventGeneral: ERROR,-6,WLAN"
    talk.sleep(0.5)
    assert len(talk.events) == (fault["do"] == "duplicate")
    assert talk.value(VERSION)
    assert world.model.violations == []


def test_an_event_that_is_not_found_is_sync_loss(talk, world):
    world.fault(to="DEVICE_GENERAL_ERROR", do="bad_sync")
    world.general_error(-6, 1)
    fatal(talk, "SYNC_LOSS")


@pytest.mark.parametrize("fault", WRONG + UNANSWERED[:3], ids=named)
def test_a_wrong_event_disturbs_nobody(talk, world, fault):
    world.fault(to="DEVICE_GENERAL_ERROR", **fault)
    world.general_error(-6, 1)
    talk.sleep(0.5)
    talk.ok("AT+Test")
    restarts(talk)
    talk.events.clear()
    world.general_error(-6, 1)
    assert talk.event() == "+EventGeneral: ERROR,-6,WLAN"


SOME = [HARMLESS[0], HARMLESS[5], HARMLESS[7], HARMLESS[9], LOST[0], *UNANSWERED[:2], *WRONG[1::3]]


@pytest.mark.parametrize("fault", SOME, ids=named)
def test_a_connection_whose_completion_is_spoilt_ends_or_is_ended(talk, world, fault):
    """Blocking operations have no limit (nwp-protocol 3.5): Stop ends those that wait."""
    with peers.server(peers.silent) as port:
        sd = talk.socket()
        world.fault(to="SOCKET_CONNECT_DONE", **fault)
        talk.ok(f"AT+Connect={sd},INET,{port},127.0.0.1")
        talk.sleep(0.5)
        talk.ok("AT+Test")
        if fault in HARMLESS:
            assert talk.late() == f"+Connect: {port},127.0.0.1"
        restarts(talk)
        assert fault in HARMLESS or talk.late()


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        ({"do": "garbage"}, "5,hello"),
        ({"do": "misalign"}, "5,hello"),
        ({"do": "misalign", "hex": "010203"}, "5,hello"),
        ({"do": "double_sync"}, "5,hello"),
        ({"do": "duplicate"}, "5,hello"),  # the second is nobody's
        ({"do": "length", "length": 8 + 4 + 2}, "2,he"),
        ({"do": "status", "status": 4}, "4,hell"),
        ({"do": "status", "status": 6}, "5,hello"),
        ({"do": "status", "status": 32767}, "5,hello"),
    ],
    ids=str,
)
def test_data_is_never_more_than_came(talk, world, fault, shown):
    with peers.server(peers.echo) as port:
        sd = talk.socket()
        assert talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1")[0] == "+"
        world.fault(to="SOCKET_RECV_DONE", **fault)
        talk.ok(f"AT+Send={sd},0,5,hello")
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,{shown}"
        talk.ok(f"AT+Send={sd},0,5,again")
        assert talk.background(f"AT+Recv={sd},0,100") == f"+Recv: {sd},0,5,again"


@pytest.mark.parametrize("length", [0, 8, 9, 12])
def test_data_without_data_is_an_error(talk, world, length):
    with peers.server(peers.echo) as port:
        sd = talk.socket()
        assert talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1")[0] == "+"
        world.fault(do="length", to="SOCKET_RECV_DONE", length=length)
        talk.ok(f"AT+Send={sd},0,5,hello", f"AT+Recv={sd},0,100")
        talk.sleep(0.5)
        talk.ok("AT+Test")
        restarts(talk)
        assert talk.late("ERROR:process command +Recv")


def test_data_for_nobody_is_dropped(talk, world):
    for sd in range(16):
        world.control.call("message", opcode=0x100A, args=f"0500{sd:02x}00", payload="68656c6c6f")
        world.control.call("message", opcode=0x100B, args=f"0500{sd:02x}02" + "00" * 8)
    assert talk.value(VERSION)
    assert not talk.events and world.model.violations == []


def test_answers_that_nobody_asked_for_are_dropped(talk, world):
    version = talk.value(VERSION)
    for opcode in (0x0466, 0x1401, 0x2440, 0x34C0, 0x07FF):
        world.control.call("message", opcode=opcode, args="ffff" * 8)
    talk.sleep(0.1)
    assert talk.value(VERSION) == version and not talk.events


def test_opcodes_that_nobody_knows_are_dropped(talk, world):
    chance = random.Random(3)
    for _ in range(200):
        opcode = chance.randrange(0x10000) & ~0x0400
        while world.model.protocol.by_opcode.get(opcode) is not None:
            opcode = chance.randrange(0x10000) & ~0x0400
        args = chance.randbytes(chance.choice((0, 1, 3, 4, 40, 200)))
        world.control.call("message", opcode=opcode, args=args.hex())
    assert talk.value(VERSION)
    talk.ok("AT+Test")
    assert not [e for e in talk.events if not e.startswith("+EventLost")]
    assert world.model.violations == []


def test_many_events_on_one_interrupt_are_all_told_in_their_order(talk, world):
    for sd in range(16):
        fields = {"sd": sd, "status": -104 - sd}
        world.control.call("event", name="SOCKET_EV_TX_FAILED", fields=fields)
    shown = [talk.event() for _ in range(16)]
    assert shown == [f"+EventSock: TX_FAILED,{sd},{-104 - sd}" for sd in range(16)]


def test_events_inside_a_command_come_behind_its_answer(talk, world):
    world.fault(do="delay", to="DEVICE_GET", seconds=0.3)
    talk.send(VERSION)
    talk.sleep(0.1)
    for status in (-6, -7, -8):
        world.general_error(status, 1)
    talk.sleep(1.0)
    kinds = [m.kind for m in talk.log]
    assert kinds == ["value", "ok", "event", "event", "event"]


def test_nothing_the_link_does_ends_the_board(talk, world):
    """Any faults on any frames, 40 rounds: the board answers, Stop and Start set it right."""
    chance = random.Random(1)
    kinds = HARMLESS + LOST[:1] + WRONG + UNANSWERED
    lines = (
        VERSION,
        "AT+NetCfgGet=IPV4_STA_ADDR",
        "AT+Socket=INET,DGRAM,UDP",
        "AT+FileGetFileList",
    )
    for _ in range(40):
        for _ in range(chance.randint(1, 3)):
            fault = chance.choice(kinds)
            world.fault(to="*", skip=chance.randrange(3), **fault)
        for line in chance.sample(lines, 2):
            talk.send(line)
            assert talk.reply(f"reply to {line}", timeout=80)
        world.control.call("clear_faults")
        talk.ok("AT+Test")
        restarts(talk)
