"""The network processor of a recorded client's session: when it gives what (nwp-protocol.md 4)."""

import struct

import pytest

from cc32at.conformance.cases import Case
from cc32at.conformance.compare import Said, differing, told
from cc32at.conformance.streamed import StreamedNwp
from tests.unit.conformance.recorded_host import Link, frame, message
from tests.unit.conformance.test_streams import (
    BOOT,
    CASES,
    came,
    closed,
    connected,
    opened,
    option,
    read,
    sent,
    session,
)
from tests.unit.driver.rig import Rig

FOR_EVER = 0xFFFF
CLIENT = session(
    (
        b"AT+MqttConnect=0",
        [
            opened(2),
            connected(2),
            sent(2, b"abc"),
            read(2, 1, came(2, b"0")),
            read(2, 9, came(2, b"123")),
            read(2, 9),
        ],
    ),
    (b"AT+MqttPublish=0,t,QOS0,0,1,x", [sent(2, b"de", came(2, b"45"))]),
    (b"AT+HttpReadResBody=0,0,9", [read(2, 9, came(2, b"67")), read(2, 9, came(2, b"", 0))]),
    (b"AT+MqttDisconnect=0", [closed(2)]),
)


class Desk:
    """A host by hand behind CLIENT, connected; what it reads is (status, data)."""

    def __init__(self, case=CLIENT, sends=b"abc"):
        self.nwp = StreamedNwp(case)
        self.link = Link(self.nwp)
        self.nwp.begin_step(0)
        self.link.power(True)
        self.link.inbox.clear()
        self.nwp.begin_step(1)
        for wire, *_ in (opened(2), connected(2)):
            self.write(wire)
        if sends:
            self.send(sends)

    def write(self, wire: bytes) -> list[bytes]:
        self.link.write(wire, int(wire[4:6] in (b"\x0a\x94", b"\x0c\x94")))
        answers, self.link.inbox = self.link.inbox, []
        return answers

    def send(self, data: bytes) -> list[tuple[int, bytes]]:
        return received(self.write(sent(2, data)[0]))

    def read(self, size: int, flags: int = 0) -> list[tuple[int, bytes]]:
        return received(self.write(frame("SOCKET_RECV", max_len=size, sd=2, flags=flags)))

    def select(self, seconds: int = FOR_EVER, read: int = 1 << 2, write: int = 0) -> list:
        waits = {"tv_sec": seconds, "tv_usec": seconds if seconds == FOR_EVER else 0}
        wire = frame("SOCKET_SELECT", nfds=3, read_fds=read, write_fds=write, **waits)
        return selected(self.write(wire))

    def wait(self, seconds: float) -> list[bytes]:
        self.link.clock.advance(seconds)
        self.link.listen()
        answers, self.link.inbox = self.link.inbox, []
        return answers


def received(frames: list[bytes]) -> list[tuple[int, bytes]]:
    """Status and data of each receive that was answered."""
    found = []
    for one in frames:
        if one[4:6] == b"\x0a\x10":
            status, sd = struct.unpack_from("<hB", one, 16)
            assert sd == 2
            found.append((status, one[20 : 20 + max(0, status)]))
    return found


def selected(frames: list[bytes]) -> list[tuple[int, int, int]]:
    """Status and bitmaps of each Select that came to an end."""
    found = [struct.unpack_from("<hBBHH", f, 16) for f in frames if f[4:6] == b"\x07\x10"]
    assert all(count == bits.bit_count() for _, count, _, bits, _ in found)
    return [(status, bits, write) for status, _, _, bits, write in found]


@pytest.mark.parametrize("sizes", [[1, 3], [4], [2, 2], [9], [1, 1, 9], [3, 1]])
def test_a_receive_gets_what_is_there(sizes):
    desk, got = Desk(), b""
    for size in sizes:
        ((status, data),) = desk.read(size)
        assert 0 < status == len(data) <= size
        got += data
    assert got == b"0123"


def test_nothing_is_there_before_what_asked_for_it_was_sent():
    desk = Desk(sends=b"ab")
    assert desk.read(9) == []
    assert desk.send(b"c") == [(4, b"0123")]


def test_a_receive_waits_until_something_comes():
    desk = Desk()
    assert desk.read(9) == [(4, b"0123")]
    assert desk.read(9) == []
    assert desk.wait(100) == []
    desk.nwp.begin_step(2)
    assert received(desk.wait(1)) == []
    assert desk.send(b"d") == []
    assert desk.send(b"e") == [(4, b"4567")]  # 67 was there when it was asked for


def test_the_end_of_a_stream_stays():
    desk = Desk()
    desk.nwp.begin_step(2)
    desk.send(b"de")
    assert desk.read(99) == [(8, b"01234567")]
    assert desk.read(1) == desk.read(1) == [(0, b"")]


def test_a_receive_that_does_not_wait():
    desk = Desk(sends=b"")
    assert desk.read(9, flags=8) == [(-11, b"")]
    assert desk.send(b"abc") == []
    assert desk.read(9, flags=8) == [(4, b"0123")]


def test_a_socket_that_does_not_wait():
    desk = Desk(sends=b"")
    (answer,) = desk.write(option(2, 24, b"\1\0\0\0")[0])
    assert answer[14:16] == b"\4\0"  # the bitmap of every header
    assert desk.read(9) == [(-11, b"")]
    (answer,) = desk.write(option(2, 24, bytes(4))[0])
    assert answer[14:16] == b"\0\0"
    assert desk.read(9) == []


def test_select():
    desk = Desk(sends=b"")
    assert desk.select(write=1 << 2) == [(1, 0, 1 << 2)]
    assert desk.select(seconds=0) == [(0, 0, 0)]
    assert desk.select(seconds=2) == []
    assert selected(desk.wait(1.9)) == []
    assert selected(desk.wait(0.2)) == [(0, 0, 0)]
    assert desk.select() == []
    assert selected(desk.write(sent(2, b"abc")[0])) == [(1, 1 << 2, 0)]
    assert desk.select() == [(1, 1 << 2, 0)]
    assert desk.read(9) == [(4, b"0123")]
    assert desk.select(seconds=0) == [(0, 0, 0)]
    desk.nwp.begin_step(2)
    desk.send(b"de")
    desk.read(9)
    assert desk.select() == [(1, 1 << 2, 0)]  # the end of the stream


def test_a_close_ends_what_waits():
    desk = Desk()
    desk.read(9)
    assert desk.read(9) == []
    desk.nwp.begin_step(4)
    frames = desk.write(closed(2)[0])
    assert [f[4:6] for f in frames] == [b"\x02\x14", b"\x0a\x10", b"\x10\x10"]
    assert received(frames) == [(-9, b"")]


def test_a_receive_that_nothing_came_for_says_so_only_while_that_is_true():
    steps = [
        opened(2),
        connected(2),
        read(2, 9, came(2, b"", -11)),
        read(2, 9),
        sent(2, b"abc", came(2, b"x")),
    ]
    desk = Desk(session((b"AT+MqttConnect=0", steps)), sends=b"")
    assert desk.select(seconds=0) == [(0, 0, 0)]
    assert desk.send(b"abc") == []
    assert desk.read(9) == [(1, b"x")]
    desk = Desk(session((b"AT+MqttConnect=0", steps)), sends=b"")
    assert desk.read(9) == [(-11, b"")]
    assert desk.read(9) == []


def test_credits_never_run_out():
    desk = Desk(sends=b"")
    for _ in range(200):
        desk.send(b"x")  # Link checks
    for _ in range(3):
        desk.send(bytes(9000))


def test_what_a_recorded_header_says_holds_on():
    """Device connected, packets of 1024 bytes, sends on descriptor 2 fail."""
    failed = bytearray(message("SOCKET_EV_TX_FAILED", sd=2, status=-1))
    failed[9:14] = b"\1\0\4\4\0"
    steps = [opened(2), connected(2), sent(2, b"abc", bytes(failed)), read(2, 9, came(2, b"x"))]
    desk = Desk(session((b"AT+MqttConnect=0", steps)))
    (answer,) = desk.write(option(2, 20, bytes(8))[0])
    assert answer[8:14] == b"\x18" + failed[9:14]


def test_what_nobody_expects_is_not_answered():
    desk = Desk()
    assert desk.write(frame("SOCKET_LISTEN", sd=2, backlog=1)) == []
    assert frame("SOCKET_LISTEN", sd=2, backlog=1) in desk.nwp.frames(1)


def test_a_step_is_over_when_all_was_done():
    desk = Desk(sends=b"")
    assert not desk.nwp.finished
    desk.send(b"ab")
    assert not desk.nwp.finished
    desk.send(b"c")
    assert desk.nwp.finished
    desk.nwp.begin_step(4)
    assert not desk.nwp.finished


@pytest.mark.parametrize("tail", [b"", b"\r\n"])
def test_an_answer_does_not_wait_for_a_stray_line_end(tail):
    desk = post(tail)
    assert desk.read(99) == [(2, b"ok")]
    assert desk.nwp.finished


def post(tail: bytes) -> Desk:
    request = b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
    steps = [
        opened(2),
        connected(2),
        sent(2, request),
        sent(2, b"\r\n"),
        read(2, 9, came(2, b"ok")),
    ]
    desk = Desk(session((b"AT+HttpSendReq=0,POST,/,,0,2,hi", steps)), sends=request)
    if tail:
        desk.send(tail)
    return desk


def test_power_ends_all_connections():
    steps = [opened(2), connected(2), sent(2, b"abc"), read(2, 9, came(2, b"0"))]
    case = session((b"AT+MqttConnect=0", steps), (b"AT+Start", [(b"", BOOT)]))
    desk = Desk(case)
    desk.write(option(2, 24, b"\1\0\0\0")[0])
    desk.link.power(False)
    desk.nwp.begin_step(2)
    desk.link.power(True)
    (boot,) = desk.link.inbox
    assert boot[:16] == BOOT[:16]
    assert desk.nwp.finished


# Our driver, as a client that reads as much as there is and sends a message in one piece.


class Client:
    """A connection of the driver, and what it reads."""

    def __init__(self, case: Case):
        self.nwp = StreamedNwp(case)
        self.rig = Rig(self.nwp)
        self.sockets = self.rig.sl.sockets
        self.nwp.begin_step(0)
        self.rig.run(self.rig.sl.device.start())

    def connect(self, port: int, ip: bytes = b"\x0a\0\0\1") -> None:
        self.sd = self.sockets.open(2, 1, 6)
        self.rig.run(self.sockets.connect(self.sd, port, ip))

    def send(self, data: bytes) -> None:
        self.rig.run(self.sockets.send(self.sd, data))

    def read(self) -> bytes:
        buffer = bytearray(1460)
        return bytes(buffer[: self.rig.run(self.sockets.recv(self.sd, buffer))])

    def differences(self) -> list[str]:
        """Of all steps begun; the text is taken for granted."""
        found = []
        for number, step in enumerate(self.nwp.case.steps):
            text = b"".join(line + b"\r\n" for line in step.out)
            said = Said(text, tuple(self.nwp.frames(number)))
            found += differing(told(self.nwp.compared, self.nwp.compared.steps[number]), said)
        return found


def test_our_driver_as_an_mqtt_client():
    """It reads whatever there is, once for each message that the broker answers."""
    client = Client(CASES["mqtt.loop.qos2"])
    client.nwp.begin_step(1)
    for number in (2, 3, 4):
        step = client.nwp.case.steps[number]
        client.nwp.begin_step(number)
        if step.line == b"AT+MqttConnect=0":
            client.connect(1883)
        got = b""
        for _, data in step.sent:
            client.send(data)
            if data[:1] != b"\x70":  # PUBCOMP is the last word
                got += client.read()
        assert got == given(step)
    assert client.differences() == []


def test_our_driver_as_an_http_client():
    """It reads a body whole that the vendor's client reads in two pieces."""
    client = Client(CASES["http.body.big_b64"])
    for number, step in enumerate(client.nwp.case.steps[1:], 1):
        client.nwp.begin_step(number)
        if step.line.startswith(b"AT+HttpConnect"):
            client.rig.run(client.rig.sl.netapp.dns_by_name(b"www.example.com"))
            client.connect(80, b"\x0a\0\0\2")
        for _, data in step.sent or ():
            client.send(data)
            assert client.read() == b"".join(given(s) for s in client.nwp.case.steps)
    assert client.differences() == []


def given(step) -> bytes:
    """All that could be read in a step."""
    frames = [f for e in step.exchanges for f in e.nwp if f[4:6] == b"\x0a\x10"]
    return b"".join(f[20 : 20 + struct.unpack_from("<h", f, 16)[0]] for f in frames)
