"""What an error tells from VERBOSE 1 and 2 on: guide-style.md 14."""

import pytest

from tests.unit.atcore.fake import Wait, ask, listen
from tests.unit.atcore.stream import answers, build

OK = b"OK"


def short(style, code=-5):
    form = b"ERROR: parse parameters (data),%d" if style else b"ERROR:parse parameters (data), %d"
    return form % code


@pytest.fixture(params=[0, 1], ids=["guide", "ti"])
def style(request):
    return request.param


@pytest.fixture
def line(style):
    return build(style=style, verbose=1)


# --- 1: the parameter, that of a payload, too ---


def test_a_payload_that_a_break_ends_is_named(line, style):
    core, stream, _ = line
    for head in (b"AT+Send=3,0,9,", b"at + sendto =3,INET,7,1.2.3.4,0,9,"):
        assert answers(line, head + b"abc", ms=30) == []
        stream.feed_break()
        assert listen(core, 21) == [short(style)]


def test_a_payload_that_a_pause_ends_is_named_and_a_line_that_is_lost_then_is_none(line, style):
    assert answers(line, b"AT+Send=3,0,9,abc", ms=2000) == [short(style)]
    told = answers(line, b"AT+Test\r\n", ms=25)
    assert told == [short(style).replace(b" (data)", b"")]


def test_a_payload_that_is_longer_than_announced_is_named(line, style):
    assert answers(line, b"AT+Send=3,0,2,abc", ms=21) == [short(style)]


def test_a_payload_that_is_too_long_is_named(line, style):
    data = b"AT+Send=3,0,%d," % 6000 + b"x" * 6000 + b"\r\n"
    assert answers(line, data, ms=1) == [short(style, -4)]
    assert answers(line, b"AT+Send=3,0,5000," + 5000 * b"x", ms=21) == [short(style, -4)]


def test_a_payload_that_misses_bytes_is_named(line, style):
    core, stream, _ = line
    missing = [3]
    core.framer.lost = lambda: missing.pop() if missing and core.framer.filled > 3 else 0
    told = answers(line, b"AT+Send=3,0,9,ab", ms=25)
    assert told[0] == short(style)


@pytest.mark.parametrize(("text", "code"), [(b"1,7,aGVsbG8", -1), (b"1,4,AA_A", -4)])
def test_a_payload_that_is_no_base64_is_named(line, style, text, code):
    assert answers(line, b"AT+Send=3," + text + b"\r\n") == [short(style, code)]
    assert ask(line[0], b"AT+Send=3," + text) == [short(style, code)]


def test_without_it_nothing_is_named():
    line = build()
    assert answers(line, b"AT+Send=3,0,2,abc", ms=21) == [b"ERROR:parse parameters, -5"]
    assert answers(line, b"AT+Send=3,1,7,aGVsbG8\r\n") == [b"ERROR:parse parameters, -1"]


def test_an_error_behind_that_of_a_payload_is_named_by_itself(line, style):
    assert answers(line, b"AT+Send=3,0,2,abc", ms=21) == [short(style)]
    (told,) = answers(line, b"A" * 3000 + b"\r\n")
    assert b"(" not in told


# --- 2: the name of the driver's code as well ---

ROWS = [
    (-2058, b"SL_ERROR_WLAN_PASSWORD_ERROR"),
    (-9, b"SL_ERROR_BSD_EBADF"),
    (-10341, b"SL_ERROR_FS_FILE_NOT_EXISTS"),
    (-31999, b""),
]


@pytest.mark.parametrize(("code", "name"), ROWS)
def test_the_name_of_a_code(make, style, code, name):
    for verbose in (0, 1, 2):
        core = make(style=style, verbose=verbose)
        core.sl.device.fail = code
        about = b" (%s)" % name if name and verbose == 2 else b""
        form = b"ERROR: process command%s,%d" if style else b"ERROR:process command%s, %d"
        assert ask(core, b"AT+Get=General,Persistent") == [form % (about, code)]


def test_a_late_error_names_its_command_first(make):
    core = make(verbose=2)
    core.sl.sockets.waits[3] = wait = Wait()
    core.send(b"AT+Recv=3,0,10")
    assert listen(core, 10) == [OK]
    wait.finish(error=-11)
    core.link.woken = True
    assert listen(core, 10) == [b"ERROR:process command +Recv 3 (SL_ERROR_BSD_EAGAIN), -11"]


def test_parameters_are_named_as_before(make):
    core = make(verbose=2)
    assert ask(core, b"AT+Close=x") == [b"ERROR:parse parameters (socket), -4"]
    assert ask(core, b"AT+Close") == [b"ERROR:number of parameters (1 wanted, 0 given), 0"]
