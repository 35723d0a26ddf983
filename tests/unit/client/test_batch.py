"""AT lines from a pipe: what is printed, and the exit status (0, or 1 if any command failed)."""

import io
from datetime import UTC, datetime

import pytest

from cc32at.client import shorthand
from cc32at.client.batch import Batch, late_values
from cc32at.client.scripted_input import commands_of
from cc32at.client.session import AtClient
from tests.unit.client.scripted import ScriptedPort


def run(text: bytes, answers: dict, wait: float = 10.0, later=()):
    port = ScriptedPort(answers)
    for when, data in later:
        port.at(when, data)
    out, complaints = io.BytesIO(), io.StringIO()
    batch = Batch(AtClient(port), out, complaints)
    status = batch.run(io.BytesIO(text), wait)
    return status, out.getvalue(), complaints.getvalue(), port


def test_answers_are_printed_and_the_banner_is_not():
    answers = {
        b"AT+Test": b"# CC3220SF\r\nOK\r\n",
        b"AT+Get=General,Persistent": b"+Get: 1\r\nOK\r\n",
    }
    status, out, complaints, _ = run(b"AT+Test\nAT+Get=General,Persistent\n", answers)
    assert (status, out, complaints) == (0, b"OK\n+Get: 1\nOK\n", "")


def test_one_failed_command_makes_the_status_1_and_the_rest_is_still_done():
    answers = {b"AT+Close=3": b"ERROR:process command, -9\r\n", b"AT+Test": b"OK\r\n"}
    status, out, _, _ = run(b"AT+Close=3\nAT+Test\n", answers)
    assert (status, out) == (1, b"ERROR:process command, -9\nOK\n")


class IsTheDay(datetime):
    """2 March 2031, 4:05:06 in UTC; still the first in New York."""

    @classmethod
    def now(cls, tz=None):
        return datetime(2031, 3, 2, 4, 5, 6, 789, UTC).astimezone(tz)


def test_the_time_of_this_pc_is_sent_in_utc(monkeypatch):
    monkeypatch.setattr(shorthand, "datetime", IsTheDay)
    answers = {b"AT+Set=General,Time,4,5,6,2,3,2031": b"OK\r\n", b"AT+Test": b"OK\r\n"}
    status, out, _, port = run(b"!time\n!time \r\nAT+Test\n", answers)
    assert (status, out) == (0, b"OK\nOK\nOK\n")
    assert port.written.count(b"Time,4,5,6,2,3,2031\r\n") == 2


def test_what_only_looks_like_a_command_of_the_terminal_is_the_boards():
    answers = {b"!times": b"ERROR:command not exist, 0\r\n"}
    answers[b"AT+Send=0,0,6,\n!time"] = b"OK\r\n"
    status, out, _, port = run(b"!times\nAT+Send=0,0,6,\n!time\n", answers)
    assert (status, out) == (1, b"ERROR:command not exist, 0\nOK\n")
    assert b"AT+Set" not in port.written


def test_a_late_result_is_waited_for():
    answers = {b"AT+Recv=0,0,9": b"OK\r\n"}
    status, out, _, port = run(b"AT+Recv=0,0,9\n", answers, later=[(3, b"+Recv: 0,0,1,x\r\n")])
    assert (status, out) == (0, b"OK\n+Recv: 0,0,1,x\n")
    assert port.clock() < 4


def test_a_late_error_is_a_failure():
    answers = {b"AT+Recv=0,0,9": b"OK\r\n"}
    later = [(1, b"ERROR:process command +Recv 0, -11\r\n")]
    assert run(b"AT+Recv=0,0,9\n", answers, later=later)[0] == 1


def test_waiting_for_late_results_has_a_limit():
    status, out, complaints, port = run(b"AT+Recv=0,0,9\n", {b"AT+Recv=0,0,9": b"OK\r\n"}, wait=2)
    assert (status, out) == (1, b"OK\n")
    assert "late result of AT+Recv=0,0,9" in complaints
    assert 2 <= port.clock() < 3


def test_a_device_that_gives_up_ends_it_at_once():
    """Its last words are shown, and nothing more is sent (atcore's lines with # are comments)."""
    answers = {b"AT+Test": b"# Traceback\r\n# fatal: no room\r\n# more\r\n", b"AT": b"OK\r\n"}
    status, out, complaints, port = run(b"AT+Test\nAT\n", answers)
    assert (status, out, bytes(port.written)) == (1, b"", b"AT+Test\r\n")
    assert "# Traceback\n" in complaints and complaints.endswith("gave up: no room\n")
    assert port.clock() < 1


def test_a_port_that_is_gone_is_said_in_a_line(monkeypatch):
    def gone(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(ScriptedPort, "read", gone)
    status, out, complaints, _ = run(b"AT+Test\n", {})
    assert (status, out) == (1, b"") and complaints == "port: [Errno 5] Input/output error\n"


@pytest.mark.parametrize(
    ("line", "count"),
    [
        ("AT+Recv=0,0,1", 1),
        ("AT+NetAPPPing=INET,10.0.0.1,64,500,1000,5,0", 1),
        ("AT+NetAPPPing=INET,10.0.0.1,64,500,1000,5,1", 5),
        ("AT+NetAPPPing=INET,10.0.0.1,64,500,1000,5,2", 1),
        ("AT+NetAPPPing=INET,0,64,500,1000,5,0", 0),
    ],
)
def test_how_many_late_lines_a_command_brings(line, count):
    assert late_values(line) == count


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        (b"AT+Test\r\n\n# remark\nAT\n", [("AT+Test", b""), ("AT", b"")]),
        (b"AT+Send=0,0,5,hello\n", [("AT+Send=0,0,5,hello", b"")]),
        (b"AT+Send=0,0,5,a\nb\n\nAT\n", [("AT+Send=0,0,5,", b"a\nb\n\n"), ("AT", b"")]),
        (b"AT+Send=0,0,3,a\nb\nAT\n", [("AT+Send=0,0,3,", b"a\nb"), ("AT", b"")]),
        (b"AT+Send=0,0,9,a\nb", [("AT+Send=0,0,9,", b"a\nb")]),
        (b"AT+Send=0,0,x,a\n", [("AT+Send=0,0,x,a", b"")]),
        (b'AT+SendTo=0,"INET",7,"1,2",0,3,\n,\nAT\n', [
            ('AT+SendTo=0,"INET",7,"1,2",0,3,', b"\n,\n"), ("AT", b"")]),
    ],
)  # fmt: skip
def test_a_script_is_cut_by_lines_and_by_counts(script, commands):
    assert list(commands_of(io.BytesIO(script))) == commands
