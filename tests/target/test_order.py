"""Results and events in the order in which they came over the wire (guide-style O8, O9)."""

import struct

import pytest

pytestmark = pytest.mark.world
ACCEPT_DONE, CLOSE_DONE, RECV_DONE = 0x1003, 0x1010, 0x100A
TX_FAILED, DISCONNECTED, ACQUIRED = 0x100E, 0x0881, 0x1825
FS_CLOSED = 0x243D
NET = b"\4home".ljust(33, b"\0") + b"\2\0\0\0\0\7" + b"\6"
LEFT = "+EventWlan: DISCONNECT,home,0x2:0x0:0x0:0x0:0x0:0x7,6"


def comes(world, *frames: tuple) -> None:
    """The network processor has all these frames for the board before that looks."""
    for opcode, args, *payload in frames:
        payload = payload[0] if payload else b""
        assert world.control.call("message", opcode=opcode, args=args.hex(), payload=payload.hex())


def failed(number: int) -> tuple:
    return TX_FAILED, struct.pack("<hBB", -number, 9, 0)


def shown(number: int) -> str:
    return f"+EventSock: TX_FAILED,9,{-number}"


def received(sd: int, data: bytes) -> tuple:
    return RECV_DONE, struct.pack("<hBB", len(data), sd, 0), data


def behind(talk, before: int, seconds: float = 0.5) -> list[str]:
    """The lines from the one with this number on."""
    talk.sleep(seconds)
    return talk.lines[before:]


def test_what_was_received_comes_before_the_disconnection_behind_it(talk, world):
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok(f"AT+Recv={sd},0,100")
    before = len(talk.log)
    comes(world, received(sd, b"hello"), (DISCONNECTED, NET))
    assert behind(talk, before) == [f"+Recv: {sd},0,5,hello", LEFT]


def test_in_style_ti_too(talk, world):
    sd = talk.socket("INET,DGRAM,UDP")
    talk.ok("AT+Set=AT,STYLE,ti")
    talk.ok(f"AT+Recv={sd},0,100")
    talk.sleep(0.1)
    talk.at.port.reset_input_buffer()
    comes(world, received(sd, b"hello"), failed(1))
    world.pass_time(0.3)
    text = talk.at.port.read(talk.at.port.in_waiting)
    assert text == f"+recv:{sd},0,5,hello\r\nOK\r\n+eventsock:tx_failed,9,-1\r\n".encode()


def test_several_results_and_events_keep_their_order(talk, world):
    sockets = [talk.socket("INET,DGRAM,UDP") for _ in range(4)]
    for sd in sockets:
        talk.ok(f"AT+Recv={sd},0,100")
    before = len(talk.log)
    frames, wanted = [], []
    for number, sd in enumerate(reversed(sockets), 1):
        frames += [received(sd, b"x"), failed(number)]
        wanted += [f"+Recv: {sd},0,1,x", shown(number)]
    comes(world, *frames)
    assert behind(talk, before) == wanted


def test_an_accepted_connection_comes_before_the_events_behind_it(talk, world):
    sd = talk.socket()
    talk.ok(f"AT+Listen={sd},1", f"AT+Accept={sd},INET")
    before = len(talk.log)
    done = struct.pack("<hBBHHI", 9, sd, 2, 0x5000, 0, 0x0100007F)
    comes(world, (ACCEPT_DONE, done), failed(1), (DISCONNECTED, NET))
    assert behind(talk, before) == ["+Accept: 9,INET,80,127.0.0.1", shown(1), LEFT]


def test_an_access_points_start_is_answered_before_it_has_its_address(talk):
    talk.ok("AT+WlanSetMode=AP", "AT+Stop=100")
    before = len(talk.log)
    talk.ok("AT+Start")
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    first, second = talk.lines[before:]
    assert first == "OK" and second.startswith("+EventNetApp: IPV4_ACQUIRED")


def test_a_close_that_waits_comes_between_the_events_around_it(talk, world):
    sd = talk.socket()
    world.fault(do="lose", to="SOCKET_CLOSE_DONE")
    before = len(talk.log)
    talk.send(f"AT+Close={sd}")
    talk.sleep(0.2)
    comes(world, failed(1), (CLOSE_DONE, struct.pack("<hBB", 0, sd, 0)), failed(2))
    assert behind(talk, before) == [shown(1), f"+Close: {sd}", "OK", shown(2)]


def test_a_half_typed_line_does_not_let_the_answer_pass(talk, world):
    """The event waits for the line, a second at most, and the answer for the event."""
    sd = talk.socket()
    world.fault(do="lose", to="SOCKET_CLOSE_DONE")
    before = len(talk.log)
    talk.send(f"AT+Close={sd}")
    talk.sleep(0.2)
    talk.at.write(b"AT+Te")
    talk.sleep(0.1)
    comes(world, failed(1), (CLOSE_DONE, struct.pack("<hBB", 0, sd, 0)), failed(2))
    assert behind(talk, before, 0.5) == []
    talk.at.write(b"st\r\n")
    assert behind(talk, before) == [shown(1), f"+Close: {sd}", "OK", shown(2), "OK"]


@pytest.mark.parametrize("before", [0, 2])
def test_the_answer_of_a_file_command_comes_between_the_events_around_it(talk, world, before):
    """AT+Set writes a file; its answer is that to the close."""
    world.fault(do="lose", to="FS_CLOSE")
    begin = len(talk.log)
    talk.send("AT+Set=AT,VERBOSE,1")
    talk.sleep(0.5)
    events = [failed(number) for number in range(1, before + 1)]
    comes(world, *events, (FS_CLOSED, bytes(4)), failed(8), failed(9))
    assert behind(talk, begin) == [
        *[shown(number) for number in range(1, before + 1)],
        "OK",
        shown(8),
        shown(9),
    ]
    world.control.call("clear_faults")
    talk.restart()
    talk.ok("AT+Set=AT,VERBOSE,0")
