"""Device commands in style `guide` (guide tables 9-13, guide-style.md sections 2-7)."""

import re

import pytest

from cc32at.client import AtError

VERSION = re.compile(r"\+Get: 0x[0-9a-f]+(,\d+\.\d+\.\d+\.\d+){3},\d+")


def fails(at, line, description, code):
    """The command answers exactly this error, in the form of guide-style O5, and nothing else."""
    at.write(line.encode() + b"\r\n")
    lines = [str(m) for m in at.messages(timeout=5, quiet=0.3)]
    assert lines == [f"ERROR:{description}, {code}"]


@pytest.mark.parametrize(
    "line", ["AT+Test", "at+test", "aT+tEsT", "AT +Test", "AT+ Test", "AT+Test  "]
)
def test_test_answers_ok_however_it_is_written(at, line):
    assert at.command(line).lines == []


def test_bare_at_answers_ok(at):
    assert at.command("AT").lines == []


def test_the_first_start_after_an_autostart_is_ok_and_the_next_is_not(at):
    at.command("AT+Start")
    fails(at, "AT+Start", "process command", -2012)


@pytest.mark.parametrize("timeout", ["0", "200", "0xFFFF", "65535"])
def test_stop_and_start_again(at, timeout):
    at.command(f"AT+Stop={timeout}")
    fails(at, "AT+Get=General,Version", "process command", -2018)
    at.command("AT+Test")
    at.command("AT+Start")
    assert at.command("AT+Get=General,Version").fields


def test_a_stopped_device_cannot_be_stopped(at):
    at.command("AT+Stop=200")
    fails(at, "AT+Stop=200", "process command", -2018)
    at.command("AT+Start")


def test_version_has_five_values(at):
    (line,) = at.command("AT+Get=General,Version").lines
    assert VERSION.fullmatch(line)


@pytest.mark.parametrize("value", ["0", "1"])
def test_persistent_reads_as_it_was_set(at, value):
    at.command(f"AT+Set=General,Persistent,{value}")
    assert at.command("AT+Get=General,Persistent").lines == [f"+Get: {value}"]
    at.command("AT+Set=General,Persistent,0x1")
    assert at.command("AT+Get=General,Persistent").lines == ["+Get: 1"]


def test_time_reads_as_it_was_set_and_goes_on(at):
    at.command("AT+Set=General,Time,13,30,57,24,12,2026")
    assert at.command("AT+Get=General,Time").lines in (
        ["+Get: 13,30,57,24,12,2026"],
        ["+Get: 13,30,58,24,12,2026"],
    )
    at.sleep(5)
    hour, minute, second, *date = at.command("AT+Get=General,Time").fields
    assert (hour, minute, date) == ("13", "31", ["24", "12", "2026"])
    assert 2 <= int(second) <= 4


def test_udid_is_16_bytes_in_hex(at):
    fields = at.command("AT+Get=IOT,UDID").fields
    assert len(fields) == 16
    assert all(re.fullmatch(r"0x(0|[1-9a-f][0-9a-f]?)", f) for f in fields)


@pytest.mark.parametrize("option", ["Device", "WLAN", "BSD", "NETAPP"])
def test_status_is_a_bit_mask_or_empty(at, option):
    (line,) = at.command(f"AT+Get=Status,{option}").lines
    assert re.fullmatch(r"\+Get:( [A-Z0-9_|]+)?", line)


def test_a_status_without_bits_is_the_name_and_a_colon(at):
    assert at.command("AT+Get=Status,Device").lines == ["+Get:"]


@pytest.mark.parametrize(
    ("line", "description", "code"),
    [
        ("AT+Foo", "command not exist", 0),
        ("AT+Foo=1,2", "command not exist", 0),
        ("AT+", "command not exist", 0),
        ("AT+Te st", "command not exist", 0),
        ("Test", "command not exist", 0),
        ("AT+Test?", "command not exist", 0),
        ("AT+Test=1", "number of parameters", 0),
        ("AT+Start=1", "number of parameters", 0),
        ("AT+Stop", "number of parameters", 0),
        ("AT+Stop=", "number of parameters", 0),
        ("AT+Stop=1,2", "number of parameters", 0),
        ("AT+Stop=,", "number of parameters", 0),
        ("AT+Stop=abc", "parse parameters", -4),
        ("AT+Stop=12abc", "parse parameters", -4),
        ("AT+Stop=65536", "parse parameters", -4),
        ("AT+Stop=-1", "parse parameters", -4),
        ("AT+Stop= ", "parse parameters", -1),
        ("AT+Get=General", "number of parameters", 0),
        ("AT+Get=General,Version,1", "number of parameters", 0),
        ("AT+Get=General,Foo", "parse parameters", -4),
        ("AT+Get=Foo,Version", "parse parameters", -4),
        ('AT+Get="General",Version', "parse parameters", -4),
        ("AT+Get=,Version", "parse parameters", -1),
        ("AT+Get=General,", "parse parameters", -1),
        ("AT+Get=Status,netcfg", "parse parameters", -1),
        ("AT+Get=Status,Version", "parse parameters", -4),
        ("AT+Set=General,Persistent,", "parse parameters", -1),
        ("AT+Set=General,Persistent", "parse parameters", -3),
        ("AT+Set=General,Persistent,abc", "parse parameters", -4),
        ("AT+Set=General,Persistent,2", "parse parameters", -4),
        ('AT+Set=General,Persistent,"1"', "parse parameters", -4),
        ("AT+Set=General,Time,13,30", "parse parameters", -3),
        ("AT+Set=General,Time,13,,59,24,12,2026", "parse parameters", -1),
        ("AT+Set=General,Time,13,30,59,32,12,2026", "parse parameters", -4),
        ("AT+Set=General,Time,13,30,59,0,12,2026", "parse parameters", -4),
        ("AT+Set=General,Time,13,30,59,24,13,2026", "parse parameters", -4),
        ("AT+Set=General,Version,1", "parse parameters", -1),
        ("AT+Set=General,Version", "parse parameters", -3),
        ("AT+Set=Status,WLAN", "parse parameters", -3),
        ("AT+Set=Status,WLAN,1", "parse parameters", -1),
        ("AT+Set=Foo,Bar,1", "parse parameters", -4),
    ],
)
def test_a_wrong_command_answers_one_error_line(at, line, description, code):
    fails(at, line, description, code)
    at.command("AT+Test")


@pytest.mark.parametrize(
    "line", ["AT+Stop=?", "AT+Stop= ?", "AT+Stop=? ", "at + stop = ?", "AT+Start=?", "AT+Set=?"]
)
def test_help_names_the_parameters_and_does_nothing(at, line):
    name = re.search(r"(?i)st\w+|set", line)[0]
    (usage,) = at.command(line).lines
    assert re.fullmatch(rf"(?i)\+{name}:( \S.*)?", usage)
    assert at.command("AT+Get=General,Version").fields, "the device was not stopped"


@pytest.mark.parametrize("line", ["AT=?", "at = ?", "ATE0=?", "ATE1=?"])
def test_help_of_what_is_not_in_the_guide_has_the_form_of_a_value_line(at, line):
    (usage,) = at.command(line).lines
    assert re.fullmatch(r"\+[A-Za-z]+:( .+)?", usage)  # guide-style L8


def test_help_of_stop_and_test_is_as_the_guide_names_the_parameters(at):
    assert at.command("AT+Test=?").lines == ["+Test:"]
    (usage,) = at.command("AT+Stop=?").lines
    assert usage.lower() in ("+stop: timeout", "+stop: [timeout]")


def test_numbers_may_be_hexadecimal_and_parameters_have_blanks(at):
    at.command("AT+Get = general , version ")
    at.command("AT+Set=General, Time, 0xd, 0x1E , 59,24,012,2026")
    hour, minute, _, day, month, year = at.command("AT+Get=General,Time").fields
    assert (hour, minute, day, month, year) == ("13", "31", "24", "12", "2026") or (
        hour,
        minute,
        day,
        month,
        year,
    ) == ("13", "30", "24", "12", "2026")


def test_errors_are_raised_with_description_and_code(at):
    with pytest.raises(AtError) as error:
        at.command("AT+Get=General,Foo")
    assert (error.value.description, error.value.code) == ("parse parameters", -4)
