"""The nine commands that answer OK first and their result later (guide-style O3-O9; TESTS 3)."""

import random
import re
import socket

import pytest

from tests.target import peers

pytestmark = pytest.mark.world
EVENT = "+EventGeneral: ERROR,-6,WLAN"


def udp(talk, count: int) -> list[tuple[int, int]]:
    """Sockets on ports of their own: (descriptor, port)."""
    found = []
    for _ in range(count):
        port = peers.free_port(socket.SOCK_DGRAM)
        sd = talk.socket("INET,DGRAM,UDP")
        talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0")
        found.append((sd, port))
    return found


def recv_from(sd: int) -> str:
    return f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,100"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("AT+Connect=0,INET,9,127.0.0.1", r"\+Connect: 9,127\.0\.0\.1"),
        ("AT+Select=0,0,1,0", r"\+Select:"),
        ("AT+Recv=0,0,10", r"ERROR:process command \+Recv 0, -11"),
        ("AT+RecvFrom=0,INET,0,0.0.0.0,0,10", r"ERROR:process command \+RecvFrom 0, -11"),
        ("AT+Accept=1,INET", r"ERROR:process command \+Accept 1, -11"),
        (
            "AT+NetAPPGetHostByName=example.com,INET",
            r"\+NetAPPGetHostByName: example\.com,127\.0\.0\.1",
        ),
        (
            "AT+NetAPPGetHostByService=printer._ipp._tcp.local,INET",
            r"\+NetAPPGetHostByService: printer\._ipp\._tcp\.local,631,10\.1\.0\.50,rp=queue",
        ),
        ("AT+NetAPPRecv=77,0,10", r"ERROR:process command \+NetAPPRecv 77, -\d+"),
        ("AT+NetAPPPing=INET,10.1.0.1,64,100,1000,3,0", r"\+NetAPPPing: 3,3,2"),
    ],
)
def test_ok_comes_first_and_then_one_late_line_without_a_second_ok(talk, commands, line, result):
    if line[3 : line.index("=")].lower() not in commands:
        assert talk.error(line) == "command not exist, 0"
        return
    talk.join()
    assert (talk.socket("INET,DGRAM,UDP"), talk.socket()) == (0, 1)
    talk.ok("AT+SetSockOpt=0,SOCKET,RCVTIMEO,0,100000", "AT+Listen=1,1")
    talk.ok("AT+SetSockOpt=1,SOCKET,NONBLOCKING,1")
    before = len(talk.log)
    talk.ok(line)
    assert re.fullmatch(result, talk.late())
    talk.sleep(2)
    assert len(talk.log) == before + 2


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+Accept=0", "number of parameters, 0"),
        ("AT+Accept=0,INET,1", "number of parameters, 0"),
        ("AT+Accept=0,RF", "parse parameters, -1"),
        ("AT+Connect=0,INET,80,", "parse parameters, -1"),
        ("AT+Connect=0,INET,80,10.0.0.256", "parse parameters, -4"),
        ("AT+Select=0,0,x,0", "parse parameters, -4"),
        ("AT+Recv=0,2,10", "parse parameters, -4"),
        ("AT+Recv=0,0,0", "parse parameters, -4"),
        ("AT+RecvFrom=0,INET,0,0.0.0.0,0,0", "parse parameters, -4"),
        ("AT+RecvFrom=0,INET,0,0.0.0.0,0", "number of parameters, 0"),
    ],
)
def test_what_cannot_be_understood_is_an_error_instead_of_the_ok(talk, line, error):
    talk.socket()
    assert talk.error(line) == error
    talk.sleep(0.2)
    assert not talk.lates


def test_sixteen_wait_at_once_and_the_17th_is_refused(talk):
    waiting = udp(talk, 16)
    for sd, _ in waiting:
        talk.ok(recv_from(sd))
    for line in (recv_from(0), "AT+Select=0,0,1,0", "AT+Connect=0,INET,9,127.0.0.1"):
        assert talk.error(line) == "allocate, 0"
    talk.ok("AT+Test", "AT+SetSockOpt=3,SOCKET,RCVTIMEO,1,0")
    with peers.datagrams() as peer:
        peer.sendto(b"x", ("127.0.0.1", waiting[5][1]))
        assert talk.late() == "+RecvFrom: 5,0,1,x"
        talk.ok(recv_from(5))
        assert talk.error(recv_from(5)) == "allocate, 0"
        for sd, port in reversed(waiting):
            peer.sendto(b"%d" % sd, ("127.0.0.1", port))
        for sd, _ in waiting:
            assert talk.late(f"+RecvFrom: {sd},") == f"+RecvFrom: {sd},0,{len(str(sd))},{sd}"


def test_of_two_that_wait_the_one_that_fails_is_named(talk):
    (first, _), (second, port) = udp(talk, 2)
    talk.ok(f"AT+SetSockOpt={first},SOCKET,RCVTIMEO,0,300000")
    talk.ok(f"AT+Recv={first},0,10", f"AT+Recv={second},0,10")
    assert talk.late() == f"ERROR:process command +Recv {first}, -11"
    with peers.datagrams() as peer:
        peer.sendto(b"abc", ("127.0.0.1", port))
        assert talk.late() == f"+Recv: {second},0,3,abc"


def test_two_receives_on_one_socket_get_each_their_part(talk):
    ((sd, port),) = udp(talk, 1)
    talk.ok(recv_from(sd), recv_from(sd))
    with peers.datagrams() as peer:
        for data in (b"one", b"two"):
            peer.sendto(data, ("127.0.0.1", port))
        assert talk.late() == f"+RecvFrom: {sd},0,3,one"
        assert talk.late() == f"+RecvFrom: {sd},0,3,two"


def test_answers_come_in_the_order_of_their_commands_whatever_waits(talk):
    waiting = udp(talk, 16)
    lines, expected = [], []
    for i in range(50):
        if i % 3 == 0 and i // 3 < 16:
            lines.append(recv_from(waiting[i // 3][0]))
            expected.append(["OK"])
        elif i % 3 == 1:
            lines.append("AT+Get=General,Persistent")
            expected.append(["+Get: 1", "OK"])
        elif i % 6 == 2:
            lines.append(f"AT+GetSockOpt={i % 16},SOCKET,NONBLOCKING")
            expected.append(["+GetSockOpt: 0", "OK"])
        else:
            lines.append(f"AT+Close={16 + i}")
            expected.append(["ERROR:process command, -9"])
    with peers.datagrams() as peer:
        for sd, port in waiting[::2]:
            peer.sendto(b"%02d" % sd, ("127.0.0.1", port))
        talk.at.write("".join(line + "\r\n" for line in lines).encode())
        for line, answer in zip(lines, expected, strict=True):
            assert (line, talk.reply(line)) == (line, answer)
        for sd, port in waiting[1::2]:
            peer.sendto(b"%02d" % sd, ("127.0.0.1", port))
        for sd, _ in waiting:
            assert talk.late(f"+RecvFrom: {sd},") == f"+RecvFrom: {sd},0,2,{sd:02d}"
    assert not talk.lates and not talk.replies


@pytest.mark.parametrize("timeout", [0, 200])
def test_stop_ends_what_waits_before_its_ok(talk, commands, timeout):
    """Their code is that of nwp-protocol 1.5, step "always"."""
    (first, _), (second, _) = udp(talk, 2)
    listener = talk.socket()
    talk.ok(f"AT+Listen={listener},1")
    talk.ok(f"AT+Accept={listener},INET", f"AT+Recv={first},0,10", recv_from(second))
    talk.ok(f"AT+Select=0,{first},100,0")
    expected = {
        f"ERROR:process command +Accept {listener}, -2017",
        f"ERROR:process command +Recv {first}, -2017",
        f"ERROR:process command +RecvFrom {second}, -2017",
        "ERROR:process command +Select, -2017",
    }
    if "netappping" in commands:
        talk.ok("AT+NetAPPPing=INET,127.0.0.1,64,1000,1000,0,0")
        expected.add("ERROR:process command +NetAPPPing, -2017")
    before = len(talk.log)
    talk.ok(f"AT+Stop={timeout}")
    *late, last = [line for line in talk.lines[before:] if not line.startswith("+NetAPPPing:")]
    assert last == "OK"
    assert len(late) == len(expected) and set(late) == expected
    talk.ok("AT+Start")
    assert talk.socket() == 0


def test_a_command_that_takes_its_time_holds_back_the_next_but_not_what_is_late(talk, world):
    ((sd, port),) = udp(talk, 1)
    talk.ok(recv_from(sd))
    world.fault(do="delay", to="DEVICE_GET", seconds=1.0)
    before = len(talk.log)
    talk.at.write(b"AT+Get=General,Persistent\r\nAT+Test\r\n")
    with peers.datagrams() as peer:
        peer.sendto(b"x", ("127.0.0.1", port))
        talk.sleep(1.5)
    lines = talk.lines[before:]
    assert [line for line in lines if not line.startswith("+RecvFrom")] == ["+Get: 1", "OK", "OK"]
    assert lines.count(f"+RecvFrom: {sd},0,1,x") == 1
    assert lines.index("OK") == lines.index("+Get: 1") + 1


def test_events_and_late_lines_never_stand_inside_a_list_or_before_an_ok(talk, world):
    chance = random.Random(4)
    lists = ("AT+WlanScan=0,30", "AT+Get=General,Version", "AT+WlanPolicyGet=PM", "AT+Test")
    talk("AT+WlanScan=0,30")
    talk.log.clear()
    asked = [chance.choice(lists) for _ in range(40)]
    talk.at.write("".join(line + "\r\n" for line in asked).encode())
    for _ in range(60):
        world.general_error(-6, 1)
        world.pass_time(chance.random() * 0.02)
    for line in asked:
        talk.reply(line)
    talk.sleep(0.5)
    lines = talk.lines
    assert lines.count(EVENT) == 60
    for here, following in zip(lines, lines[1:], strict=False):
        if here.startswith("+WlanScan"):
            assert following == "OK" or following.startswith("+WlanScan")
        elif here.startswith(("+Get:", "+WlanPolicyGet")):
            assert following == "OK"


def test_events_wait_for_the_end_of_a_payload(talk, world):
    ((sd, _),) = udp(talk, 1)
    with peers.datagrams() as peer:
        port = peer.getsockname()[1]
        talk.at.write(b"AT+SendTo=%d,INET,%d,127.0.0.1,0,600," % (sd, port))
        talk.sleep(0.05)  # the header has arrived
        before = len(talk.log)
        for _ in range(5):
            talk.at.write(b"p" * 100)
            world.general_error(-6, 1)
            talk.sleep(0.5)
            assert len(talk.log) == before
        talk.at.write(b"p" * 100 + b"\r\n")
        talk.sleep(0.5)
        assert sorted(talk.lines[before:]) == 5 * [EVENT] + ["OK"]
        assert peer.recvfrom(1000)[0] == b"p" * 600


def test_an_event_never_stands_inside_a_payload_that_comes_out(talk, world):
    ((sd, port),) = udp(talk, 1)
    data = bytes(range(256)) * 5
    with peers.datagrams() as peer:
        for _ in range(5):
            peer.sendto(data, ("127.0.0.1", port))
            talk.ok(f"AT+RecvFrom={sd},INET,0,0.0.0.0,0,4096")
            for _ in range(20):
                world.general_error(-6, 1)
                world.pass_time(0.01)
            talk.at.wait_until(lambda: talk.lates, 5, "the datagram")
            talk.lates.clear()
            (message,) = [m for m in talk.log if m.name == "RecvFrom"]
            assert message.raw == b"+RecvFrom: %d,0,1280," % sd + data
            talk.log.clear()


STYLES = {"guide": ["+Recv: {},0,1,x"], "ti": ["+recv:{},0,1,x", "OK"]}
ACCEPTS = {
    "guide": "ERROR:process command +Accept {}, -9",
    "ti": "ERROR: process command,-9",
}


@pytest.mark.parametrize(("before", "after"), [("guide", "ti"), ("ti", "guide")])
def test_what_waits_answers_in_the_style_it_was_accepted_in(talk, before, after):
    """README: what a command before the change has still to say comes in its own style."""
    ((sd, port),) = udp(talk, 1)
    listener = talk.socket()
    talk.ok(f"AT+Listen={listener},1", f"AT+Set=AT,STYLE,{before}")
    talk.ok(f"AT+Accept={listener},INET", f"AT+Recv={sd},0,10", f"AT+Set=AT,STYLE,{after}")
    start = len(talk.log)
    with peers.datagrams() as peer:
        peer.sendto(b"x", ("127.0.0.1", port))
        talk.sleep(0.5)
    assert talk.lines[start:] == [line.format(sd) for line in STYLES[before]]
    start = len(talk.log)
    talk.send(f"AT+Close={listener}")
    talk.sleep(0.5)
    lines = talk.lines[start:]
    closed = {"guide": f"+Close: {listener}", "ti": f"+close:{listener}"}[after]
    assert sorted(lines) == sorted([closed, "OK", ACCEPTS[before].format(listener)])
    talk.replies.clear()
    talk.ok("AT+Set=AT,STYLE,guide")
