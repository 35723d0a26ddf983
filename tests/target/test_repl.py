"""The Python prompt on the AT port, by hand and by mpremote."""

import socket
import subprocess
import sys

import pytest

from tests.target import peers, repl
from tests.target.desk import Desk

SCRIPT = """
import atcore, simplelink
from atcore.commands import ALL, device
core = atcore.create(simplelink.SimpleLink(), ALL)
buf = bytearray(64)
print(core.rcv(buf, 1))
core.send(b"AT+Test")
n = core.rcv(buf, 0)
print(bytes(buf[:n]))
core.send(b"AT+Foo")
small = bytearray(4)
try:
    core.rcv(small, 0)
except ValueError as error:
    print("too small", "26" in str(error))
n = core.rcv(buf, 0)
print(bytes(buf[:n]))
print(core.rcv(buf, 1))
"""
SAID = ["0", "b'OK'", "too small True", "b'ERROR:command not exist, 0'", "0"]


def test_ctrl_a_at_the_start_of_a_line_is_the_raw_repl(at):
    assert repl.once(at, "print(6 * 7)") == "42\r\n"


def test_ctrl_a_inside_a_line_is_an_ordinary_byte(at):
    at.write(b"AT+Test\x01\r\n")
    assert [str(m) for m in at.messages(quiet=0.3)] == ["ERROR:command not exist, 0"]


def test_ctrl_c_twice_on_an_empty_line_is_the_friendly_repl(at):
    at.write(b"\x03\x03")
    repl.expect(at, b">>> ")
    at.write(b"print(6 * 7)\r")
    assert b"\r\n42\r\n" in repl.expect(at, b">>> ")
    at.write(b"\x04")
    at.flush(quiet=0.5)
    at.command("AT+Test")


def test_ctrl_c_once_or_slowly_is_not(at):
    for _ in range(2):
        at.write(b"\x03")
        at.sleep(1.5)
    at.write(b"\r\n")
    at.flush(quiet=0.5)
    at.command("AT+Test")


def test_an_at_line_at_an_idle_prompt_gives_the_port_back(at):
    at.write(b"\x03\x03")
    repl.expect(at, b">>> ")
    at.write(b"AT+Test\r\n")
    at.messages(timeout=5, quiet=0.5)
    assert at.command("AT+Get=General,Version").fields


def test_the_interrupt_character_is_off_in_at_mode(at):
    at.write(b"\x03")
    at.sleep(1.2)
    at.write(b"\r\n")
    at.flush(quiet=0.3)
    assert at.command("AT+Get=General,Version").fields


WAITING = """
import atcore, simplelink, time
from atcore.commands import ALL, device, socket
sl = simplelink.SimpleLink()
core = atcore.create(sl, ALL)
buf = bytearray(600)

def said():
    return bytes(buf[:core.rcv(buf)])

def sends(line):
    core.send(line)
    return said()

print(sends(b"AT+Start"), sends(b"AT+Socket=INET,DGRAM,UDP"), said())
print(sends(b"AT+Bind=0,INET,PORT,0.0.0.0"), sends(b"AT+Select=0,0,2,0"))
begin = time.ticks_ms()
print(core.rcv(buf, True))
print(said(), time.ticks_diff(time.ticks_ms(), begin) >= 1900)
print(sends(b"AT+SendTo=0,INET,PORT,127.0.0.1,0,500," + bytes(range(250)) * 2))
core.send(b"AT+Recv=0,0,500")
print(said())
small = bytearray(100)
for _ in range(2):
    try:
        core.rcv(small)
    except atcore.BufferSmall as error:
        print(error.needed, error)
got = said()
print(len(got), got[:15], got[15:] == bytes(range(250)) * 2)
print(core.rcv(buf, True), sends(b"AT+Stop=0"), core.rcv(buf, nonblock=True))
"""
HEARD = r"""
b'OK' b'+Socket: 0' b'OK'
b'OK' b'OK'
0
b'+Select:' True
b'OK'
b'OK'
515 buffer too small, message of 515 bytes
515 buffer too small, message of 515 bytes
515 b'+Recv: 0,0,500,' True
0 b'OK' 0
"""


@pytest.mark.world
def test_rcv_waits_or_does_not_and_a_message_stays_until_a_buffer_holds_it(at):
    """Guide chapter 2; what is late comes when it comes (TESTS 16)."""
    port = str(peers.free_port(socket.SOCK_DGRAM))
    assert repl.once(at, WAITING.replace("PORT", port)).replace("\r\n", "\n") == HEARD[1:]


@pytest.mark.world
def test_mpremote_runs_a_script_that_waits(serial_device, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(WAITING.replace("PORT", str(peers.free_port(socket.SOCK_DGRAM))))
    assert mpremote(serial_device.path, "run", str(script)) == HEARD[1:]
    serial_device.answers_at()


def test_create_send_and_rcv_work_in_a_users_script(at):
    assert repl.once(at, SCRIPT).split("\r\n")[:-1] == SAID


def mpremote(port, *arguments, timeout=60):
    """Output of mpremote on the port; fails with what it said if it failed."""
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", port, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.replace("\r", "")


def test_mpremote_exec_and_eval(serial_device):
    assert mpremote(serial_device.path, "exec", "print(6 * 7)") == "42\n"
    assert mpremote(serial_device.path, "eval", "6 * 7") == "42\n"
    serial_device.answers_at()


def test_mpremote_runs_a_script(serial_device, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    assert mpremote(serial_device.path, "run", str(script)).split("\n")[:-1] == SAID
    serial_device.answers_at()


def test_mpremote_resume_keeps_and_soft_reset_forgets_variables(serial_device):
    path = serial_device.path
    mpremote(path, "exec", "kept = 5")
    assert mpremote(path, "resume", "eval", "kept") == "5\n"
    mpremote(path, "soft-reset")
    shown = mpremote(path, "resume", "exec", "print('kept' in globals())")
    assert shown == "False\n"
    serial_device.answers_at()


def test_mpremote_repl_is_a_terminal_on_the_port(serial_device, tmp_path):
    """AT first, by Ctrl-C twice Python, and AT again with the next AT line; Ctrl-] leaves."""
    command = [sys.executable, "-m", "mpremote", "connect", serial_device.path, "repl"]
    desk = Desk(tmp_path, *command)
    try:
        desk.expect(b"Use Ctrl-]")
        desk.type(b"\rAT+Get=AT,ECHO\r")
        desk.expect(b"+Get: 0\r\nOK\r\n")
        desk.type(b"\x03\x03")
        desk.expect(b">>> ")
        desk.type(b"print(6 * 7)\r")
        desk.expect(b"\r\n42\r\n>>> ")
        desk.type(b"AT+Get=AT,ECHO\r")
        desk.expect(b"+Get: 0\r\nOK\r\n")
        desk.type(b"\x1d")
        assert desk.process.wait(20) == 0
    finally:
        desk.close()
    serial_device.answers_at()


@pytest.mark.parametrize(
    ("arguments", "missing"), [(("ls",), "ilistdir"), (("mount", "."), "mount")]
)
def test_mpremote_is_refused_a_file_system(serial_device, arguments, missing):
    with pytest.raises(AssertionError, match=f"has no attribute '{missing}'"):
        mpremote(serial_device.path, *arguments)
    serial_device.answers_at()


def test_a_soft_reset_from_the_raw_repl_does_not_start_the_network_processor(at):
    repl.enter(at)
    at.write(b"\x04")
    repl.expect(at, b"raw REPL; CTRL-B to exit\r\n>")
    source = "import nwp\nprint(nwp.is_open())"
    assert repl.run(at, source) == "False\r\n"
    repl.leave(at)


@pytest.mark.world
def test_without_repl_its_characters_are_garbage(firmware_without_repl):
    at = firmware_without_repl
    at.write(b"\x01\r\n")
    assert [str(m) for m in at.messages(quiet=0.5)] == ["ERROR:command not exist, 0"]
    at.write(b"\x03\x03\r\n")
    assert [str(m) for m in at.messages(quiet=0.5)] == ["ERROR:command not exist, 0"]
    at.command("AT+Test")
