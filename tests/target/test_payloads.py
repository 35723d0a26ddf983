"""Payloads of any bytes, in both formats and both directions, and what is wrong with them.

TESTS 4; guide-style section 4; at-commands chapter 3 and its corrections (end of a payload).
"""

import base64
import socket

import pytest

from tests.target import peers

pytestmark = pytest.mark.world

NASTY = {
    "ctrl-a": b"\x01",
    "ctrl-a first": b"\x01raw",
    "ctrl-c twice": b"\x03\x03",
    "escape of modems": b"+++",
    "a command inside": b"\r\nAT+Stop=0\r\n",
    "a reply inside": b"\r\nOK\r\n+EventWlan: CONNECT,x,y\r\nERROR:allocate, 0\r\n",
    "only line ends": b"\r\n\r\n\n\r",
    "one cr": b"\r",
    "one lf": b"\n",
    "nul": b"\x00",
    "nuls": b"\x00" * 40,
    "commas": b",,,1,2,",
    "quotes": b'"a","b',
    "brackets": b"[[1|2]",
    "question": b"?",
    "blanks": b"  leading and trailing  ",
    "backspaces": b"abc\x08\x7f\x15",
    "xon xoff": b"\x11\x13",
    "high": b"\xff\xfe\x80",
    "all": bytes(range(256)),
}


@pytest.fixture
def echo(talk):
    """A socket connected to an echo server."""
    with peers.server(peers.echo) as port:
        sd = talk.socket()
        late = talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1")
        assert late.startswith("+Connect")
        yield sd


def sent(sd: int, data: bytes, length: int | None = None) -> bytes:
    """A Send in format 0 without its line end."""
    return b"AT+Send=%d,0,%d," % (sd, len(data) if length is None else length) + data


def received(talk, sd: int, length: int) -> bytes:
    """What comes back, in format 0, collected until it is `length` bytes."""
    data = b""
    while len(data) < length:
        talk.ok(f"AT+Recv={sd},0,4096")
        talk.late(f"+Recv: {sd},0,")
        part = next(m for m in reversed(talk.log) if m.name == "Recv")
        assert part.raw == b"+Recv: %d,0,%d," % (sd, len(part.data)) + part.data and part.data
        data += part.data
    return data


@pytest.mark.parametrize("name", NASTY)
def test_any_bytes_cross_in_format_0(talk, echo, name):
    data = NASTY[name]
    talk.ok(sent(echo, data))
    assert received(talk, echo, len(data)) == data
    talk.ok("AT+Test")


@pytest.mark.parametrize("end", [b"", b"\r", b"\n", b"\r\n", b"\n\r", b"\r\n\r\n"])
def test_a_payload_ends_by_its_count_whatever_line_end_follows(talk, echo, end):
    talk.at.write(sent(echo, b"a\r\nb") + end)
    assert talk.reply() == ["OK"]
    assert received(talk, echo, 4) == b"a\r\nb"
    talk.sleep(0.1)
    assert not talk.replies, "a line end behind the payload answered something"


def test_without_a_line_end_the_command_runs_after_20_ms(talk, echo):
    talk.ok("AT+Test")
    start = talk.at.clock()
    talk.at.write(sent(echo, b"hello"))
    assert talk.reply() == ["OK"]
    assert 0.02 < talk.at.clock() - start < 0.2


def test_cr_and_then_lf_half_a_second_later_is_one_line_end(talk, echo):
    talk.at.write(sent(echo, b"x") + b"\r")
    assert talk.reply() == ["OK"]
    talk.sleep(0.5)
    talk.at.write(b"\n")
    talk.sleep(0.2)
    assert not talk.replies
    talk.ok("AT+Test")


def test_payloads_in_a_row_are_told_apart(talk, echo):
    talk.at.write(b"\r\n".join(sent(echo, b"%d\r\n" % i) for i in range(9)) + b"\r\nAT+Test\r\n")
    assert [talk.reply() for _ in range(10)] == 10 * [["OK"]]
    assert received(talk, echo, 27) == b"".join(b"%d\r\n" % i for i in range(9))


def test_a_payload_in_slow_pieces_is_whole(talk, echo):
    line = sent(echo, b"one\r\ntwo\x01\x03\x03three") + b"\r\n"
    for i in range(0, len(line), 5):
        talk.at.write(line[i : i + 5])
        talk.sleep(0.7)
    assert talk.reply() == ["OK"]
    assert received(talk, echo, 16) == b"one\r\ntwo\x01\x03\x03three"


@pytest.mark.parametrize("tail", [b"", b"\r\n"])
def test_a_payload_that_stays_short_is_error_5_after_a_pause(talk, echo, tail):
    start = talk.at.clock()
    talk.at.write(sent(echo, b"abcd" + tail, 5 + len(tail)))
    assert talk.reply() == ["ERROR:parse parameters, -5"]
    assert 0.02 < talk.at.clock() - start < 10
    assert talk("AT+Stop=0") == ["ERROR:parse parameters, -5"]
    talk.ok("AT+Test", sent(echo, b"ok"))
    assert received(talk, echo, 2) == b"ok"


def test_an_empty_line_behind_a_payload_that_stayed_short_costs_nothing(talk, echo):
    assert talk(sent(echo, b"abcd", 5000)) == ["ERROR:parse parameters, -5"]
    talk.empty_line()
    talk.ok("AT+Test", sent(echo, b"ok"))
    assert received(talk, echo, 2) == b"ok"


def test_a_short_payload_ends_with_a_break_on_the_line(talk, echo):
    talk.at.write(sent(echo, b"abcd", 1000))
    talk.sleep(0.1)
    start = talk.at.clock()
    talk.at.port.send_break(0.01)
    assert talk.reply() == ["ERROR:parse parameters, -5"]
    assert talk.at.clock() - start < 0.5
    talk.ok("AT+Test")


@pytest.mark.parametrize("rest", [b"e", b"AT+Stop=0", b" ", b"\x00", b",1"])
def test_one_byte_too_many_is_error_5_and_the_rest_is_dropped(talk, echo, rest):
    assert talk(sent(echo, b"abcd" + rest, 4)) == ["ERROR:parse parameters, -5"]
    talk.ok("AT+Test", sent(echo, b"ok"))
    assert received(talk, echo, 2) == b"ok"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+Send=0,1,7,aGVsbG8", "parse parameters, -1"),  # no multiple of four
        ("AT+Send=0,1,8,aGVsbG8!", "parse parameters, -4"),
        ("AT+Send=0,1,8,aGVsbG=8", "parse parameters, -4"),
        ("AT+Send=0,1,8,aGVs=G8=", "parse parameters, -4"),
        ("AT+Send=0,1,8,aGV bG8=", "parse parameters, -4"),
        ("AT+Send=0,1,4,====", "parse parameters, -4"),
        ("AT+Send=0,1,8,aGVsbG8_", "parse parameters, -4"),
        ("AT+Send=0,2,5,hello", "parse parameters, -4"),
        ("AT+Send=0,,5,hello", "parse parameters, -1"),
        ("AT+Send=0,0,,hello", "parse parameters, -1"),
        ("AT+Send=0,0,-5,hello", "parse parameters, -4"),
        ("AT+Send=0,0,x,hello", "parse parameters, -4"),
        ("AT+Send=0,0,65536,hello", "parse parameters, -4"),
        ("AT+Send=,0,5,hello", "parse parameters, -1"),
        ("AT+Send=x,0,5,hello", "parse parameters, -4"),
        ("AT+Send=0,0,5", "parse parameters, -3"),
        ("AT+Send=0,0", "parse parameters, -3"),
        ("AT+SendTo=0,INET,1,127.0.0.1,0,5", "parse parameters, -3"),
        ("AT+SendTo=0,INET,1,127.0.0.1,1,5,hello", "parse parameters, -1"),
        ("AT+SendTo=0,INET,1,,0,5,hello", "parse parameters, -1"),
    ],
)
def test_what_is_wrong_with_a_payload_is_told_and_nothing_is_sent(talk, echo, line, error):
    assert echo == 0
    assert talk.error(line) == error
    talk.empty_line()
    talk.ok("AT+Test", sent(echo, b"ok"))
    assert received(talk, echo, 2) == b"ok"


@pytest.mark.parametrize(
    "line",
    [
        "AT+Send = 0 , 0 , 0x5 ,hello",
        "at+send=0,0,005,hello",
        "AT+Send=0, 0, 5,hello",
        "AT+Send=0,1,0x8,aGVsbG8=",
    ],
)
def test_blanks_and_hexadecimal_lengths_in_the_header(talk, echo, line):
    talk.ok(line)
    assert received(talk, echo, 5) == b"hello"


def test_a_payload_of_4096_bytes_crosses_and_one_more_is_refused(talk, echo):
    talk.speed_up()
    data = bytes(i * 31 & 0xFF for i in range(4096))
    talk.ok(sent(echo, data))
    assert received(talk, echo, 4096) == data
    assert talk(sent(echo, data + b"x")) == ["ERROR:parse parameters, -4"]
    talk.ok(b"AT+Send=%d,1,5464," % echo + base64.b64encode(data))
    assert received(talk, echo, 4096) == data


def test_length_0_is_legal_and_sends_nothing(talk, echo):
    talk.ok(f"AT+Send={echo},0,0,", f"AT+Send={echo},1,0,", sent(echo, b"ok"))
    assert received(talk, echo, 2) == b"ok"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 57, 256])
def test_base64_counts_characters_on_the_line_and_bytes_in_what_is_asked_for(talk, size):
    with peers.datagrams() as peer:
        port = peers.free_port(socket.SOCK_DGRAM)
        sd = talk.socket("INET,DGRAM,UDP")
        talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0")
        data = bytes(range(255, -1, -1))[:size]
        peer.sendto(data + b"more", ("127.0.0.1", port))
        late = talk.background(f"AT+RecvFrom={sd},INET,0,0.0.0.0,1,{size}")
        text = base64.b64encode(data).decode()
        assert late == f"+RecvFrom: {sd},1,{len(text)},{text}"
