"""The Python prompt on the AT port, by hand and by mpremote."""

import socket
import subprocess
import sys

import pytest

from tests.target import peers, repl
from tests.target.desk import Desk

pytestmark = pytest.mark.prompt
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


def test_what_comes_at_a_stroke_behind_ctrl_a_is_the_prompt_s(at):
    """And what was answered before it stands before the prompt."""
    at.write(b"AT+Test\r\nAT+Te\r\n\x01x = 6\r\nprint(x * 7)\x04")
    answers, _, said = repl.expect(at, b"\x04>").partition(b"raw REPL; CTRL-B to exit\r\n>")
    assert answers == b"OK\r\nERROR:command not exist, 0\r\n"
    assert said == b"OK42\r\n\x04\x04>"
    repl.leave(at)


def test_behind_ctrl_a_a_ctrl_c_is_the_prompt_s(at):
    at.write(b"\x03AT+Test\r\n\x01\x03print(6 * 7)\x04")
    assert b">OK42\r\n" in repl.expect(at, b"\x04>")
    repl.leave(at)


def test_what_comes_at_a_stroke_behind_ctrl_c_twice_is_the_prompt_s(at):
    at.write(b"\x03\x03print(6 * 7)\r\nprint(6 * 8)\r\n")
    repl.expect(at, b"\r\n48\r\n>>> ")
    at.write(b"\x04")
    at.flush(quiet=0.5)
    at.command("AT+Test")


@pytest.mark.parametrize("noise", [b"\x05", b"\x05noise\r"])
def test_a_paste_begun_by_noise_ends_though_a_host_goes_on(at, noise):
    friendly(at)
    at.write(noise)
    at.sleep(1)
    if len(noise) > 1:
        for _ in range(3):
            at.write(b"AT+Test\r\n")
            at.sleep(2)
    at.sleep(10)
    at.flush(quiet=0.2)
    at.write(b"AT+Get=AT,STYLE\r\n")
    lines = [str(m) for m in at.messages(timeout=5, quiet=0.5)]
    assert lines[-2:] == ["+Get: guide", "OK"]
    at.command("AT+Test")


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


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
@pytest.mark.parametrize("before", [b"", b"(\r", b"'''\r", b"if 1:\r", b"\x05", b"\x05\r\n"])
def test_an_at_line_behind_noise_at_the_prompt_gives_the_port_back(at, before, end):
    friendly(at)
    at.write(before)
    at.flush(quiet=0.2)
    at.write(b"AT+Get=AT,STYLE" + end)
    lines = [str(m) for m in at.messages(timeout=5, quiet=0.5)]
    assert lines[-2:] == ["+Get: guide", "OK"]
    at.command("AT+Test")


def test_lines_at_the_prompt_end_with_cr_or_lf_or_both(at):
    friendly(at)
    at.write(b"x = 6\ny = (x *\r\n7)\r\n\nprint(y)\n")
    repl.expect(at, b"print(y)\r\n42\r\n>>> ")
    at.write(b"\x05z = '''\nAT+Test\n'''\n\x04print(len(z))\r")
    repl.expect(at, b"print(len(z))\r\n9\r\n>>> ")
    at.write(b"\x04")
    at.flush(quiet=0.3)
    at.command("AT+Test")


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
        assert desk.process.wait(60) == 0
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


# --- A raw prompt that nobody wanted (noise, a wrong speed) ---

NO_BLOCK = "# no block for the raw prompt in 10 s: back to AT"
AT_LINE = "# an AT line at the raw prompt: back to AT"


def comments(at):
    """The lines that began with #."""
    return [str(message) for message in at.comments]


def given_back(at, notice, within=1.5):
    """Wait for the notice."""
    at.wait_until(lambda: notice in comments(at), within, notice)


@pytest.mark.parametrize(
    "noise",
    [
        b"",
        b"\x80\xfe\x7f garbage",
        b"print(1)",  # no end
        b"\x01\x01",
        b"\x05A\x01",  # a paste that never comes
        b"\x05A\x01print(1)\r\n",
        b"\x05B\x01",
        b"(((\x04",  # whole, but no source
    ],
)
def test_a_raw_prompt_without_a_block_gives_the_port_back(at, noise):
    repl.enter(at)
    at.write(noise)
    at.sleep(9.0)
    at.poll()
    assert NO_BLOCK not in comments(at)
    given_back(at, NO_BLOCK)
    assert at.command("AT+Get=General,Version").fields


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\x01"])
@pytest.mark.parametrize("line", [b"AT+Test\r\n", b"AT\r\n", b"AT\n"])
def test_an_at_line_first_gives_the_port_back_and_is_answered(at, before, line):
    repl.enter(at)
    at.write(before + line)
    given_back(at, AT_LINE)
    assert [str(m) for m in at.messages(timeout=5, quiet=0.3)][-1] == "OK"
    at.command("AT+Test")


def test_an_at_line_behind_noise_that_ran_gives_the_port_back(at):
    repl.enter(at)
    at.write(b"\xff\xfe\x04")
    repl.expect(at, b"\x04>")
    at.write(b"AT+Test\r\n")
    given_back(at, AT_LINE)
    at.command("AT+Test")


def test_a_raw_prompt_that_has_run_a_block_waits_for_ever(at):
    repl.enter(at)
    assert repl.run(at, "import time\ntime.sleep(25)\nprint(1)", 60) == "1\r\n"
    at.sleep(40)
    assert repl.run(at, "AT = 5\nprint(AT)") == "5\r\n"
    at.sleep(40)
    at.write(b"AT+2\x04")  # source like any other
    assert repl.expect(at, b"\x04>") == b"OK\x04\x04>"
    at.write(b"\x05A\x01")
    repl.expect(at, b"\x01")
    at.write(b"print('pas")
    at.sleep(15)
    at.write(b"ted')\x04")
    assert b"pasted\r\n" in repl.expect(at, b"\x04>")
    assert comments(at) == []
    repl.leave(at)


def test_a_program_that_fails_or_reads_the_port_is_a_block_too(at):
    repl.enter(at)
    at.write(b"import micropython\nmicropython.kbd_intr(-1)\nprint(input())\n1/0\x04")
    repl.expect(at, b"OK")
    at.sleep(15)
    at.write(b"said\r")
    assert b"ZeroDivisionError" in repl.expect(at, b"\x04>")
    at.sleep(15)
    assert repl.run(at, "print(6)") == "6\r\n"
    repl.leave(at)


def friendly(at):
    at.write(b"\x03\x03")
    repl.expect(at, b">>> ")


FILL = """
rest = []
try:
    while True:
        rest.append(bytearray(1024))
except MemoryError:
    del rest[-16:]
"""


@pytest.mark.parametrize("enter", [repl.enter, friendly])
def test_more_than_the_heap_holds_at_a_prompt_gives_the_port_back(at, enter):
    """There is little left of it, so that it does not take 200 KB of text."""
    repl.once(at, FILL)
    enter(at)
    for _ in range(6):
        at.write(b"x" * 4096)
        at.sleep(0.36)
    told = at.messages(timeout=30, quiet=3)
    assert told[-1].raw == b"ERROR:parse parameters, -5"  # the rest of it is too long for a line
    at.sleep(11)
    at.write(b"\x04\r\n")
    at.messages(timeout=5, quiet=1)
    at.comments.clear()
    at.command("AT+Test")
    repl.once(at, "del rest")


def test_mpremote_takes_its_time_between_blocks(serial_device):
    script = "import time\ntime.sleep(12)\nprint('done')"
    assert mpremote(serial_device.path, "exec", script) == "done\n"
    chain = ("exec", "a = 5", "sleep", "12", "exec", "print(a)")
    assert mpremote(serial_device.path, *chain) == "5\n"
    serial_device.answers_at()


# --- Exceptions in the AT application (DESIGN, One pump) ---

LONG = """
from atcore.commands import ALL
@ALL.command(b"Long", (("size", "u16", ""), ("Name", "str", "", 32)), offline=True)
def long(cmd, size, name):
    line = cmd.value().num(size)
    for i in range(size // 50):
        line.text(name, 0, len(name)).raw(b"r" * 40).also(0x3B)
    return line.none().raw(b"x" * size)
@ALL.command(b"Spec", (("size", "u16", ""),), offline=True,
    reply=(("list", 0, ("str", 0), ("u8", 1)),))
def spec(cmd, size):
    return [(b"a,b" * 9, i & 127) for i in range(size // 32)]
"""


@pytest.mark.parametrize("style", ["guide", "ti"])
def test_a_users_command_with_a_long_line(at, style):
    repl.once(at, LONG)
    at.command(f"AT+Set=AT,STYLE,{style}")
    head = "+Long: " if style == "guide" else "+long:"
    name = '"a,b"' if style == "guide" else "a,b"
    for size in (50, 2000, 4096, 4096):
        members = ";".join([f"{name},{'r' * 40}"] * (size // 50))
        at.write(b'AT+Long=%d,"a,b"\r\nAT+Test\r\n' % size)
        line = f"{head}{size},{members};,{'x' * size}"
        assert [str(m) for m in at.messages(timeout=10, quiet=0.5)] == [line, "OK", "OK"]
        quote = '"' if style == "guide" else ""
        members = [f"{quote}{'a,b' * 9}{quote},{i & 127}" for i in range(size // 32)]
        at.write(b"AT+Spec=%d\r\n" % size)
        line = ("+Spec: " if style == "guide" else "+spec:") + ";".join(members)
        assert [str(m) for m in at.messages(timeout=10, quiet=0.5)] == [line, "OK"]


LADEN = """
from atcore.commands import ALL
for arguments, flags in (
    ((), dict(payload=True)),
    ((("Data", "data", ""),), {}),
    ((("Length", "size", "?"), ("Data", "data", "")), {}),
    ((("Role", "key", "", b"none"),), {}),
):
    try:
        ALL.command(b"Put", arguments, **flags)
        print("taken")
    except ValueError as error:
        print(error)
@ALL.command(b"Put", (("Length", "size", ""), ("Data", "data", "")), offline=True,
    reply=(("u16", 0), ("raw", 1)))
def put(cmd, size, data):
    return size, bytes(data[:3])
"""


def test_a_users_command_with_a_payload(at):
    """What could not work is refused, and says why."""
    said = repl.once(at, LADEN).splitlines()
    assert [line.partition(": ")[0] for line in said] == 4 * ["Put"]
    assert "data" in said[0] and "size" in said[1] and "Length" in said[2] and "Role" in said[3]
    at.write(b"AT+Put=11,AT+Stop=0\r\n\r\nAT+Test\r\n")
    assert [str(m) for m in at.messages(timeout=10, quiet=0.5)] == ["+Put: 11,AT+", "OK", "OK"]
    at.write(b"AT+Put=x,AT+Stop=0\r\nAT+Test\r\n")
    lines = [str(m) for m in at.messages(timeout=10, quiet=0.5)]
    assert lines == ["ERROR:parse parameters, -4"]


BROKEN = "ERROR:process command, -2010"
ZAP = """
from atcore.commands import ALL
@ALL.command(b"Zap", (("Name", "str", "", 32),), offline=True)
def zap(cmd, name):
    BODY
@ALL.command(b"Soon", (("Name", "str", "", 32),), offline=True)
async def soon(cmd, name):
    BODY
"""


@pytest.mark.parametrize(
    ("body", "told", "name", "place"),
    [
        ("raise KeyError('data')", BROKEN, "KeyError", "<stdin>:soon"),
        ("bytearray(1 << 20)", "ERROR:allocate, 0", "MemoryError", "<stdin>:soon"),
        ("zap(cmd, name)", BROKEN, "RuntimeError", "<stdin>:zap"),
        ("import no_such_module", BROKEN, "ImportError", "<stdin>:soon"),
        (
            "from atcore.settings import number_of\n    number_of(5)",
            BROKEN,
            "AttributeError",
            "atcore/settings.py:number_of",
        ),
    ],
)
def test_a_users_command_that_raises_answers_one_error_and_the_next_is_answered(
    at, body, told, name, place
):
    assert at.command("AT+Get=AT,EXCEPTION").fields == ["0", "", ""]
    repl.once(at, ZAP.replace("BODY", body))
    for _ in range(2):
        for line in (b"AT+Zap=a\r\n", b"AT+Soon=a\r\n"):
            at.write(line)
            assert [str(m) for m in at.messages(timeout=5, quiet=0.3)] == [told]
            for _ in range(3):
                at.command("AT+Test")
    assert comments(at) == []
    assert at.command("AT+Get=AT,EXCEPTION").fields == ["4", name, place]


def test_an_exception_does_not_cost_heap(at, board):
    repl.once(at, ZAP.replace("BODY", "raise KeyError('data')"))
    at.write(b"AT+Zap=a\r\n")
    at.messages(timeout=5, quiet=0.3)
    board.heap(at)
    before = board.heap(at).free
    for _ in range(100):
        at.write(b"AT+Zap=a\r\n")
        at.messages(timeout=5, quiet=0.05)
    assert board.heap(at).free >= before - 64


@pytest.mark.parametrize("body", ["raise SystemExit", "import machine\n    machine.soft_reset()"])
def test_a_command_can_end_the_application_by_a_soft_reset(at, body):
    repl.once(at, ZAP.replace("BODY", body))
    at.write(b"AT+Zap=a\r\n")
    at.wait_until(lambda: "# soft reset" in comments(at), 5, "soft reset")
    at.wait_until(lambda: any("style guide" in line for line in comments(at)), 5, "banner")
    at.command("AT+Test")
    at.write(b"AT+Zap=a\r\n")
    assert [str(m) for m in at.messages(quiet=0.3)] == ["ERROR:command not exist, 0"]


@pytest.mark.world
def test_without_repl_its_characters_are_garbage(firmware_without_repl):
    at = firmware_without_repl
    at.write(b"\x01\r\n")
    assert [str(m) for m in at.messages(quiet=0.5)] == ["ERROR:command not exist, 0"]
    at.write(b"\x03\x03\r\n")
    assert [str(m) for m in at.messages(quiet=0.5)] == ["ERROR:command not exist, 0"]
    at.command("AT+Test")
