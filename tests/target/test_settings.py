"""Settings, echo and line editing (DESIGN, Settings and console; TESTS 2, 17)."""

import pytest


def answers(at, data, quiet=0.3, timeout=5):
    at.write(data)
    return [str(m) for m in at.messages(timeout=timeout, quiet=quiet)]


@pytest.fixture
def restored(at):
    """Settings are kept on the board: put back what the test changes."""
    names = ("STYLE", "ECHO", "BANNER", "AUTOSTART", "VERBOSE")
    before = {name: at.command(f"AT+Get=AT,{name}").fields[0] for name in names}
    yield at
    at.style = "guide"
    at.write(b"\r\nAT+Set=AT,STYLE,guide\r\n")
    at.sync()
    for name, value in before.items():
        at.command(f"AT+Set=AT,{name},{value}")


def test_the_defaults(at):
    values = {
        name: at.command(f"AT+Get=AT,{name}").fields
        for name in ("STYLE", "ECHO", "AUTOSTART", "BAUD", "VERBOSE")
    }
    assert values == {
        "STYLE": ["guide"],
        "ECHO": ["0"],
        "AUTOSTART": ["1"],
        "BAUD": ["115200"],
        "VERBOSE": ["0"],
    }


@pytest.mark.parametrize("name", ["ECHO", "BANNER", "AUTOSTART", "VERBOSE"])
def test_a_switch_reads_as_it_was_set(restored, name):
    for value in ("0", "1", "0"):
        restored.command(f"AT+Set=AT,{name},{value}")
        assert restored.command(f"AT+Get=AT,{name}").fields == [value]


@pytest.mark.parametrize("line", ["AT+Set=AT,ECHO,2", "AT+Set=AT,STYLE,xyz", "AT+Set=AT,FOO,1"])
def test_a_wrong_setting_is_refused(at, line):
    assert answers(at, line.encode() + b"\r\n") == ["ERROR:parse parameters, -4"]


@pytest.mark.parametrize("baud", ["0", "1", "115201000", "abc"])
def test_an_impossible_speed_is_refused_and_nothing_changes(at, baud):
    (answer,) = answers(at, f"AT+Set=AT,BAUD,{baud}\r\n".encode())
    assert answer == "ERROR:parse parameters, -4"
    at.command("AT+Test")


def test_how_long_a_send_waits_is_a_setting(talk):
    assert talk.value("AT+Get=AT,SENDWAIT") == "10"
    for seconds in (1, 65, 10):
        talk.ok(f"AT+Set=AT,SENDWAIT,{seconds}")
        assert talk.value("AT+Get=AT,SENDWAIT") == str(seconds)
    for seconds in ("0", "66", "-1", "1.5", "ten"):
        assert talk.error(f"AT+Set=AT,SENDWAIT,{seconds}") == "parse parameters, -4"
    assert talk.value("AT+Get=AT,SENDWAIT") == "10"


def test_an_error_tells_as_much_as_is_asked_for(restored, board):
    """guide-style.md 14; small boards do not have the names of codes."""
    code = " (SL_ERROR_BSD_EBADF)" if board.prompt else ""
    tells = ((0, "", ""), (1, " (data)", ""), (2, " (data)", code))
    for verbose, name, code in tells:
        restored.command(f"AT+Set=AT,VERBOSE,{verbose}")
        assert restored.command("AT+Get=AT,VERBOSE").fields == [str(verbose)]
        restored.write(b"AT+Send=9,0,2,abc")
        assert [str(m) for m in restored.messages(timeout=1)] == [
            f"ERROR:parse parameters{name}, -5"
        ]
        assert answers(restored, b"AT+Close=9\r\n") == [f"ERROR:process command{code}, -9"]
    for value in ("3", "-1", "x"):
        line = f"AT+Set=AT,VERBOSE,{value}\r\n"
        assert answers(restored, line.encode()) == ["ERROR:parse parameters (Value1), -4"]


def test_style_ti_and_back(restored):
    at = restored
    at.command("AT+Set=AT,STYLE,ti")
    assert answers(at, b"AT+Get=General,Foo\r\n") == ["ERROR: parse parameters,-4"]
    assert answers(at, b"AT\r\n") == ["ERROR: command not exist,0"]
    lines = answers(at, b"AT+Get=General,Persistent\r\n")
    assert lines[0] in ("+get:0", "+get:1") and lines[1:] == ["OK"]
    assert answers(at, b"AT+Set=AT,STYLE,guide\r\n") == ["OK"]
    assert answers(at, b"AT+Get=General,Foo\r\n") == ["ERROR:parse parameters, -4"]


def test_verbose_errors_name_the_parameter(restored):
    at = restored
    at.command("AT+Set=AT,VERBOSE,1")
    (line,) = answers(at, b"AT+Stop=abc\r\n")
    assert line.lower() == "error:parse parameters (timeout), -4"
    at.command("AT+Set=AT,VERBOSE,0")
    assert answers(at, b"AT+Stop=abc\r\n") == ["ERROR:parse parameters, -4"]


def raw_answer(at, data, seconds=0.5):
    """Bytes the device sends back, line ends and all."""
    got = bytearray()
    at.listeners.clear()
    at.write(data)
    end = at.clock() + seconds
    while at.clock() < end:
        got += at.port.read(max(1, at.port.in_waiting))
    return bytes(got)


def test_every_line_ends_cr_lf_and_nothing_precedes_it(at):
    assert raw_answer(at, b"AT+Test\r\n") == b"OK\r\n"
    assert raw_answer(at, b"AT+Foo\r\n") == b"ERROR:command not exist, 0\r\n"


def test_echo_repeats_what_is_typed(restored):
    assert raw_answer(restored, b"ATE1\r\n").endswith(b"OK\r\n")
    assert raw_answer(restored, b"AT+Test\r\n") == b"AT+Test\r\nOK\r\n"
    assert raw_answer(restored, b"ATE0\r\n") == b"ATE0\r\nOK\r\n"
    assert raw_answer(restored, b"AT+Test\r\n") == b"OK\r\n"


def test_lines_back_to_back_are_all_answered_while_echo_is_on(restored, board):
    """The line out bounds it, nothing is lost, each answer stands behind its command's echo.

    What comes faster than it can be answered waits in the ring.
    """
    at, count = restored, 3000 if board.prompt else 1500
    at.command("AT+Set=AT,ECHO,1")
    at.write(count * b"AT+Test\r\n")
    text, end = bytearray(), at.clock() + 10
    while len(text) < count * 13 and at.clock() < end:
        text += at.port.read(4096)
    assert bytes(text) == count * b"AT+Test\r\nOK\r\n"
    at.write(b"AT+Set=AT,ECHO,0\r\n")


@pytest.mark.parametrize(
    "typed",
    [b"AT+Texx\b\bst\r\n", b"AT+Texx\x7f\x7fst\r\n", b"rubbish\x15AT+Test\r\n", b"\bAT+Test\r\n"],
)
def test_line_editing_works_while_echo_is_on(restored, typed):
    raw_answer(restored, b"ATE1\r\n")
    assert raw_answer(restored, typed).endswith(b"\r\nOK\r\n")


def test_backspace_is_an_ordinary_byte_while_echo_is_off(at):
    assert answers(at, b"AT+Tesx\bt\r\n") == ["ERROR:command not exist, 0"]


@pytest.mark.world
def test_settings_survive_a_power_cycle(at, board):
    at.command("AT+Set=AT,STYLE,ti")
    at.command("AT+Set=AT,ECHO,1")
    board.power_cycle(at)
    assert b"ERROR: parse parameters,-4\r\n" in raw_answer(at, b"AT+Get=General,Foo\r\n")
    assert raw_answer(at, b"AT+Test\r\n") == b"AT+Test\r\nOK\r\n"


@pytest.mark.world
def test_the_banner_is_comment_and_a_setting(at, board):
    board.power_cycle(at)
    assert at.comments and all(m.text.startswith("#") for m in at.comments)
    at.command("AT+Set=AT,BANNER,0")
    at.comments.clear()
    board.power_cycle(at)
    assert not at.comments


@pytest.mark.world
def test_without_autostart_the_network_processor_is_off(at, board):
    at.command("AT+Set=AT,AUTOSTART,0")
    board.power_cycle(at)
    assert answers(at, b"AT+Get=General,Version\r\n") == ["ERROR:process command, -2018"]
    assert answers(at, b"AT+Start\r\n") == ["OK"]
    assert answers(at, b"AT+Start\r\n") == ["ERROR:process command, -2012"]


@pytest.mark.world
def test_bytes_typed_during_the_boot_are_kept(at, board):
    board.power_cycle(at, wait=False)
    at.write(b"AT+Test\r\nAT+Get=General,Persistent\r\n")
    at.wait_until(lambda: len(at.stray) >= 3, 10, "three lines")
    assert [str(m) for m in at.stray] in (["OK", "+Get: 1", "OK"], ["OK", "+Get: 0", "OK"])


@pytest.mark.world
@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 64, b"\xff" * 64, b"STYLE=xyz\n" * 40],
    ids=["empty", "zeros", "erased", "nonsense"],
)
def test_a_damaged_settings_file_means_the_defaults(at, board, world, content):
    at.command("AT+Set=AT,ECHO,1")
    world.write_file("/atcore/settings", content)
    board.power_cycle(at)
    assert raw_answer(at, b"AT+Test\r\n") == b"OK\r\n"
    assert at.command("AT+Get=AT,STYLE").fields == ["guide"]


@pytest.mark.world
@pytest.mark.parametrize("command", ["FS_OPEN", "FS_WRITE", "FS_CLOSE"])
def test_a_power_cut_while_settings_are_written_leaves_the_old_or_the_new(
    at, board, world, command
):
    at.command("AT+Set=AT,VERBOSE,1")
    world.fault(do="cut_power", to=command)
    at.write(b"AT+Set=AT,ECHO,1\r\n")
    at.sleep(0.5)
    board.power_cycle(at)
    at.sync()
    assert at.command("AT+Get=AT,ECHO").fields in (["0"], ["1"])
    assert at.command("AT+Get=AT,VERBOSE").fields == ["1"]


def test_a_new_speed_holds_after_its_ok(restored):
    at = restored
    for baud in (921600, 115200):
        at.command(f"AT+Set=AT,BAUD,{baud}")
        at.port.baudrate = baud
        at.sleep(0.1)
        at.command("AT+Test")
        assert at.command("AT+Get=AT,BAUD").fields == [str(baud)]
        at.sleep(11)
        at.command("AT+Test")


def test_a_speed_that_the_host_does_not_follow_is_given_up(restored):
    at = restored
    at.command("AT+Set=AT,BAUD,921600")
    at.sleep(11)
    at.flush()
    at.command("AT+Test")
    assert at.command("AT+Get=AT,BAUD").fields == ["115200"]


def test_commands_sent_before_the_new_speed_holds_do_not_prove_it(restored):
    """They are answered at the old speed, and the way back stays open."""
    at = restored
    at.write(b"AT+Set=AT,BAUD,921600\r\n" + 3 * b"AT+Get=AT,ECHO\r\n")
    assert [str(m) for m in at.messages(quiet=0.3)] == ["OK"] + 3 * ["+Get: 0", "OK"]
    at.sleep(11)
    assert at.command("AT+Get=AT,BAUD").fields == ["115200"]


@pytest.mark.parametrize("typed", [b"AT+Te", b"AT+Send=0,0,4096,"])
def test_what_was_sent_at_the_wrong_speed_is_not_the_begin_of_the_next_command(restored, typed):
    at = restored
    at.command("AT+Set=AT,BAUD,9600")
    at.sleep(5)
    at.write(typed)
    at.sleep(6)
    at.flush()
    at.command("AT+Test")


@pytest.mark.world
def test_a_setting_made_during_the_boot_is_kept(at, board):
    board.power_cycle(at, wait=False)
    assert raw_answer(at, b"AT+Set=AT,ECHO,1\r\n").endswith(b"OK\r\n")
    at.sleep(2)
    board.power_cycle(at)
    assert raw_answer(at, b"AT+Test\r\n") == b"AT+Test\r\nOK\r\n"


FILE_COMMANDS = {"FS_OPEN": 42044, "FS_WRITE": 42049, "FS_CLOSE": 42045}


@pytest.mark.world
@pytest.mark.parametrize("command", FILE_COMMANDS)
def test_a_file_that_does_not_answer_keeps_the_port_for_two_seconds(talk, world, command):
    """Then an error and the old value; what needs no network processor goes on."""
    world.fault(do="lose", to=command)
    start = talk.at.clock()
    assert talk("AT+Set=AT,VERBOSE,1") == ["ERROR:process command, -2005"]
    assert 2.0 <= talk.at.clock() - start < 2.2
    free = talk.at.clock()
    talk.ok("AT+Test", "AT", "ATE0")
    assert talk.value("AT+Get=AT,VERBOSE") == "0"
    assert talk.at.clock() - free < 0.1
    talk.ok("AT+Set=AT,BANNER,0")  # in force, and kept later
    assert talk.event(timeout=80) == f"+EventFatalError: NO_CMD_ACK,{FILE_COMMANDS[command]}"
    assert 65 < talk.at.clock() - start < 66  # nwp-protocol 3.5
    talk.ok("AT+Test", "AT+Stop=100", "AT+Start")
    assert talk.value("AT+Get=AT,VERBOSE") == "0"
    kept = bytes.fromhex(world.control.call("file", name="/atcore/settings"))
    assert b"VERBOSE=0" in kept and b"BANNER=0" in kept


@pytest.mark.world
@pytest.mark.parametrize("command", FILE_COMMANDS)
def test_a_late_answer_of_the_file_is_taken_for_nothing_else(talk, world, command):
    version = talk.value("AT+Get=General,Version")
    world.fault(do="delay", to=command, seconds=5)
    start = talk.at.clock()
    assert talk("AT+Set=AT,VERBOSE,1") == ["ERROR:process command, -2005"]
    talk.ok("AT+Test")
    assert talk.value("AT+Get=General,Version") == version
    assert 5.0 < talk.at.clock() - start < 5.2
    talk.sleep(1)
    kept = world.control.call("file", name="/atcore/settings")
    assert kept is None or b"VERBOSE=0" in bytes.fromhex(kept)
    talk.ok("AT+Set=AT,ECHO,0")
    assert talk.value("AT+Get=AT,VERBOSE") == "0"
    assert not talk.events and world.model.violations == []
    assert not world.model.storage.handles


@pytest.mark.world
@pytest.mark.parametrize("command", FILE_COMMANDS)
def test_a_setting_made_before_the_late_answer_is_kept_then(talk, world, command):
    world.fault(do="delay", to=command, seconds=3)
    assert talk("AT+Set=AT,VERBOSE,1") == ["ERROR:process command, -2005"]
    talk.ok("AT+Set=AT,BANNER,0")
    assert talk.value("AT+Get=AT,BANNER") == "0"
    talk.sleep(1.5)
    kept = bytes.fromhex(world.control.call("file", name="/atcore/settings"))
    assert b"VERBOSE=0" in kept and b"BANNER=0" in kept
    talk.ok("AT+Set=AT,BANNER,1")
    assert not talk.events and not world.model.storage.handles


REFUSED = -10287


@pytest.mark.world
def test_a_setting_that_the_store_refuses_is_not_in_force(talk, board, world):
    """An error means that nothing has changed, now and after a loss of power."""
    talk.ok("AT+Set=AT,BANNER,1")
    world.fault(do="status", to="FS_WRITE", status=REFUSED)
    assert talk.error("AT+Set=AT,VERBOSE,1") == f"process command, {REFUSED}"
    assert talk.value("AT+Get=AT,VERBOSE") == "0"
    talk.ok("AT+Test")
    board.power_cycle(talk.at)
    assert talk.value("AT+Get=AT,VERBOSE") == "0"


@pytest.mark.world
def test_a_setting_that_cannot_be_written_later_is_told_and_tried_again(talk, board, world):
    talk.ok("AT+Stop=0", "AT+Set=AT,VERBOSE,1")
    world.fault(do="status", to="FS_WRITE", status=REFUSED)
    talk.ok("AT+Start")
    assert talk.late() == f"ERROR:process command +Set, {REFUSED}"
    assert talk.value("AT+Get=AT,VERBOSE") == "1"
    talk.ok("AT+Stop=200", "AT+Start")
    talk.sleep(1)
    assert not talk.lates
    board.power_cycle(talk.at)
    assert talk.value("AT+Get=AT,VERBOSE") == "1"


@pytest.mark.world
@pytest.mark.parametrize("command", ["FS_OPEN", "FS_READ", "FS_CLOSE"])
def test_settings_that_cannot_be_read_at_boot_keep_the_port_for_two_seconds(
    talk, board, world, command
):
    talk.ok("AT+Set=AT,VERBOSE,1")
    world.fault(do="delay", to=command, seconds=7)
    at = talk.at
    board.power_cycle(at, wait=False)
    start = at.clock()
    talk.send("AT+Test")
    assert talk.reply() == ["OK"]
    assert at.clock() - start < 3
    assert talk.value("AT+Get=AT,STYLE") == "guide"
    assert "# network processor: error -2005" in [m.text for m in at.comments]
    assert len(talk.value("AT+Get=General,Version").split(",")) == 5
    assert 7 < at.clock() - start < 7.5
    talk.ok("AT+Set=AT,ECHO,0")
    assert world.model.violations == [] and not world.model.storage.handles
