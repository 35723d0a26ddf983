"""Where a command ends, and what rubbish on the line leads to (TESTS 5, 18; at-commands 19)."""

import random

import pytest

from cc32at.emulator.scheduler import CPU_HZ

LIMIT = 2560  # bytes of a command line without payload


def answers(at, data, quiet=0.3, timeout=20):
    """What the device says after these bytes, as lines."""
    at.write(data)
    return [str(m) for m in at.messages(timeout=timeout, quiet=quiet)]


@pytest.mark.parametrize(
    "data",
    [
        b"AT+Test\r",
        b"AT+Test\n",
        b"AT+Test\r\n",
        b"AT+Test\n\r",
        b"AT+Test\r\r\n",
        b"\r\n\r\n\n\r\rAT+Test\r\n\r\n",
    ],
)
def test_every_line_end_gives_one_ok(at, data):
    assert answers(at, data) == ["OK"]


def test_empty_lines_give_nothing(at):
    assert answers(at, b"\r\n\n\r\r\r\n\n") == []


def test_lf_half_a_second_after_cr_gives_nothing_more(at):
    assert answers(at, b"AT+Test\r") == ["OK"]
    at.sleep(0.5)
    assert answers(at, b"\nAT+Test\r\n") == ["OK"]


@pytest.mark.parametrize(
    "noise",
    [b"\x80\xff", b"+++", b"\xff\xfb\x01\xff\xfd\x03", b"\xff\xfbA\xff\xf9", b"\x00 \t\x1b"],
)
@pytest.mark.parametrize("style", ["guide", "ti"])
def test_noise_before_at_is_ignored(at, noise, style):
    at.command(f"AT+Set=AT,STYLE,{style}")
    lines = answers(
        at, noise + b"AT+Test\r\n" + noise + b"AT+SendTo=9,INET,7,[1.2.3.4],0,14,x\r\n"
    )
    assert lines == ["OK"]
    assert answers(at, b"AT+Stop=0\r\n\r\n")[0].startswith("ERROR")
    at.command("AT+Get=General,Persistent")


def test_a_line_in_pieces_is_one_command(at):
    for byte in b"AT+Get=General,Persistent":
        at.write(bytes([byte]))
        at.sleep(0.03)
    lines = answers(at, b"\r\n")
    assert lines[0] in ("+Get: 0", "+Get: 1") and lines[1:] == ["OK"]


def test_fifty_commands_at_once_are_answered_in_their_order(at):
    commands = [b"AT+Test", b"AT+Foo", b"AT+Get=General,Persistent", b"AT+Stop=x"]
    expected = [["OK"], ["ERROR:command not exist, 0"], None, ["ERROR:parse parameters, -4"]]
    at.command("AT+Set=General,Persistent,1")
    expected[2] = ["+Get: 1", "OK"]
    lines = answers(at, b"".join(commands[i % 4] + b"\r\n" for i in range(50)))
    assert lines == [line for i in range(50) for line in expected[i % 4]]


def test_the_longest_line_is_read_and_one_byte_more_is_refused_whole(at):
    head = b"AT+Set=AT,STYLE,"
    for length, refused in ((LIMIT, "ERROR:parse parameters, -4"), (LIMIT + 1, None)):
        line = head + b"x" * (length - len(head))
        (answer,) = answers(at, line + b"\r\n")
        assert answer.startswith("ERROR:"), answer
        assert refused is None or answer == refused
    at.command("AT+Test")


def test_nothing_of_a_line_that_is_too_long_is_executed(at):
    line = b"AT+Foo=" + b"A" * LIMIT + b"AT+Stop=0"
    (answer,) = answers(at, line + b"\r\n")
    assert answer.startswith("ERROR:")
    assert at.command("AT+Get=General,Version").fields


@pytest.mark.parametrize(
    "line",
    [
        b'AT+Get=General,"Version',
        b'AT+Get="General,Version',
        b"AT+Get=[General,Version",
        b"AT+Test\x00",
        b"AT+\x00Test",
        b"AT+\x80\xff\xfeTest",
        b"AT+Get=General,\xc3\xa9",
        b"AT\tTest",
        b"AT+Test\t",
        b"+++",
        b"=",
        b",",
        b"?",
        b"AT+=",
        b"AT+=?",
        b'"',
    ],
)
def test_a_broken_line_is_one_error_and_the_next_command_works(at, line):
    (answer,) = answers(at, line + b"\r\n")
    assert answer.startswith("ERROR:")
    assert answers(at, b"AT+Test\r\n") == ["OK"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"AT+Send=9,0,10,abc", -5),  # seven bytes short: the inter-byte time-out
        (b"AT+Send=9,0,3,abcdef\r\n", -5),  # three bytes long
        (b"AT+Send=9,0,3,abc,\r\n", -5),  # one byte long
        (b"AT+Send=9,1,5,abcde\r\n", -1),  # no multiple of four
        (b"AT+Send=9,1,4,a!cd\r\n", -4),  # not of the alphabet
        (b"AT+Send=9,2,3,abc\r\n", -4),  # no such format
        (b"AT+Send=9,0,abc,abc\r\n", -4),
        (b"AT+Send=9,0,-1,abc\r\n", -4),
        (b"AT+Send=9,0,4097," + b"x" * 4097 + b"\r\n", -4),  # over the limit
    ],
)
def test_a_wrong_payload_is_one_error_and_nothing_of_it_is_executed(at, sent, code):
    assert answers(at, sent, quiet=3.0) == [f"ERROR:parse parameters, {code}"]
    assert answers(at, b"\r\n") == []
    assert answers(at, b"AT+Test\r\n") == ["OK"]


@pytest.mark.parametrize(
    "payload",
    [
        b"\x01\x03\x03+++\x04\x02",
        b"\r\nAT+Stop=0\r\n",
        b"\x00\xff,\"',\r\n\n\r",
        b"",
        bytes(range(256)),
        b"x" * 4096,
    ],
    ids=["control", "command", "punctuation", "empty", "all", "longest"],
)
@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b""], ids=["crlf", "cr", "lf", "silence"])
def test_a_payload_may_hold_anything_and_is_never_executed(at, payload, end):
    sd = int(at.command("AT+Socket=INET,DGRAM,UDP").fields[0])
    line = b"AT+SendTo=%d,INET,9,127.0.0.1,0,%d," % (sd, len(payload))
    assert answers(at, line + payload + end, quiet=1.0) == ["OK"]
    assert at.command("AT+Get=General,Version").fields, "the device was not stopped"


def test_a_break_ends_a_payload(at):
    at.write(b"AT+Send=9,0,100,abc")
    at.sleep(0.005)
    at.port.send_break(0.01)
    at.sleep(0.05)
    assert answers(at, b"AT+Test\r\n")[-1] == "OK"
    assert answers(at, b"AT+Test\r\n") == ["OK"]


def busy(board, at, seconds=1.0):
    """How much of its time the board computes when nobody says anything."""
    machine = board.machine
    now, idle = machine.now, machine.idle_cycles
    at.sleep(seconds)
    return 1 - (machine.idle_cycles - idle) / CPU_HZ / (machine.now - now)


@pytest.mark.world
@pytest.mark.parametrize("echo", [0, 1])
@pytest.mark.parametrize("before", [b"", b"AT+Te", b"AT+Send=9,0,5,hello"])
def test_a_break_anywhere_lets_the_board_sleep_and_the_next_payload_whole(board, at, before, echo):
    """A USB adapter that is plugged in, a host that opens the port."""
    at.command(f"AT+Set=AT,ECHO,{echo}")
    at.write(before)
    for _ in range(3):
        at.sleep(0.005)
        at.port.send_break(0.01)
    at.sleep(0.1)
    assert busy(board, at) < 0.01
    at.write(b"st\r\n" if before.endswith(b"Te") else b"\r\n")
    at.messages(timeout=5, quiet=0.3)
    whole_payload(at)


@pytest.mark.world
def test_breaks_and_noise_at_another_speed_leave_the_board_asleep_and_in_step(board, at):
    at.port.baudrate = 9600
    at.write(b"AT+Test\r\nAT+Get=General,Version\r\n")
    at.sleep(0.2)
    at.port.send_break(0.01)
    at.port.baudrate = 921_600
    at.write(bytes(range(4, 256)) * 4)
    at.sleep(0.1)
    at.port.baudrate = 115_200
    at.port.send_break(0.01)
    at.sleep(3)  # what looked like the header of a payload is over
    at.write(b"\r\n")
    at.messages(timeout=10, quiet=0.5)
    assert busy(board, at) < 0.01
    whole_payload(at)


@pytest.mark.world
def test_a_break_before_the_boot_is_over_is_forgotten(board, at):
    board.power_cycle(at, wait=False)
    for _ in range(4):
        at.port.send_break(0.001)
        at.sleep(0.005)
    at.sleep(1.0)
    at.messages(timeout=5, quiet=0.3)
    assert busy(board, at) < 0.01
    whole_payload(at)


@pytest.mark.world
def test_a_break_while_a_command_waits_is_forgotten(board, at):
    at.write(b"AT+Stop=200\r\n")
    at.sleep(0.002)
    at.port.send_break(0.001)
    assert [str(m) for m in at.messages(timeout=10, quiet=0.5)] == ["OK"]
    assert busy(board, at) < 0.01
    at.command("AT+Start")
    whole_payload(at)


def whole_payload(at):
    """A payload that comes in two pieces is one, and is sent."""
    at.write(b"AT+Send=9,0,10,hello")
    at.sleep(0.1)
    said = answers(at, b"world\r\n", quiet=0.3)
    assert said[-1] in ("OK", "ERROR:process command, -9"), said
    at.command("AT+Test")


@pytest.mark.timeout(400)
def test_100000_random_bytes_leave_the_core_alive_with_the_same_free_heap(at, board):
    board.heap(at)  # the first time what asks at a prompt is compiled and its names are kept
    before = board.heap(at).free
    noise = random.Random(20).randbytes(100_000)
    # REPL escapes are valid input: keep out Ctrl-A at the start of a line and Ctrl-C.
    noise = noise.replace(b"\x01", b"\x11").replace(b"\x03", b"\x13")
    for start in range(0, len(noise), 1000):
        at.write(noise[start : start + 1000])
        at.messages(timeout=10, quiet=0.15)
    at.write(b"\r\n")
    at.sleep(3)
    at.messages(timeout=5, quiet=1)
    at.command("AT+Test")
    assert board.heap(at).free == before
