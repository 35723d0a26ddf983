"""After a run with known keys and passwords they are in nothing that was written (TESTS 19)."""

import contextlib
import subprocess
import sys
from pathlib import Path

import pytest

from cc32at.client import AtClient, AtError
from cc32at.client.secrets import MASK, mask_line
from tests.boards import start_on_pty
from tests.target import declared

ROOT = Path(__file__).parents[2]
KEY, PASSWORD = "correct-horse-battery", "Tr0ub4dor-and-3"
COMMANDS = declared.load()
LINES = (
    f"AT+WlanConnect=HomeNet,,WPA_WPA2,{KEY},,,",
    f'AT+WlanProfileAdd=HomeNet,,WPA_WPA2,"{KEY}",,,,1',
    f"at + wlanconnect = HomeNet , , WPA_WPA2 , {KEY} , , , ",
    f"AT+WlanConnect=staff,,WPA_ENT,{PASSWORD},user,anon,PEAP0_MSCHAPv2",
    f"AT+WlanProfileAdd=staff,,WPA_ENT,{PASSWORD},user,anon,TTLS_MSCHAPv2,2",
    f"AT+WlanConnect=HomeNet,,WPA_WPA2,{KEY}",  # refused: too few parameters
    f"AT+WlanSet=AP,PASSWORD,{KEY}",
    "AT+WlanGet=AP,PASSWORD",
    "AT+WlanProfileGet=0",
    "AT+Socket=INET,STREAM,SEC",
    "AT+SetSockOpt=0,SOCKET,SECURE_FILES_CA_FILE_NAME,ca.pem",
    f"AT+MqttSet=0,PASSWORD,{KEY}",
)

INNER = f"""
import pytest
from cc32at.client import AtError

def test_passes_a_key_by_and_fails(at):
    for line in {LINES!r}:
        with pytest.raises(AtError):
            at.command(line)
            raise AtError("accepted", 0)
    pytest.fail("so that the report shows its worst")
"""


@pytest.mark.usefixtures("boards")  # the test inside takes one
def test_keys_are_in_no_log_and_no_report(tmp_path, request):
    (tmp_path / "test_inner.py").write_text(INNER)
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider",
            "--rootdir", str(ROOT), "--junit-xml", str(tmp_path / "junit.xml"),
            "--log-dir", str(tmp_path / "logs"), "--show-capture=all", "--tb=no",
            *board_options(request.config), str(tmp_path / "test_inner.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )  # fmt: skip
    assert "1 failed" in done.stdout, done.stdout + done.stderr
    logs = list((tmp_path / "logs").glob("*.log"))
    assert logs and "AT+WlanConnect=HomeNet" in logs[0].read_text()
    written = [done.stdout, done.stderr, (tmp_path / "junit.xml").read_text()]
    written += [log.read_text() for log in logs]
    assert not found(written)


@pytest.mark.world
def test_keys_are_in_no_trace_of_the_emulator(elf, tmp_path):
    trace = tmp_path / "trace"
    process, device = start_on_pty(elf, tmp_path, "--trace", str(trace))
    try:
        with AtClient.open(device.path, device.baud) as at:
            at.sync()
            for line in LINES:
                with contextlib.suppress(AtError):
                    at.command(line)
            at.command("AT+Test")
    finally:
        process.terminate()
        _, said = process.communicate(timeout=60)
    text = trace.read_text()
    assert "AT+WlanConnect=staff" in text and "SOCKET_SETSOCKOPT" in text
    assert not found([text, said])


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_declared_a_secret_is_masked_by_the_client(name):
    """And nothing else is, unless a wrong word makes it another line than the declaration's."""
    for form in declared.forms(COMMANDS[name]):
        for i in form.tried:
            arg = form.args[i]
            masked = mask_line(form.with_word(i, PASSWORD).replace(",OPEN,", ",WPA_ENT,"))
            if masked != f"AT+{name}={MASK}" or arg[1] in ("str", "any", "data"):
                assert (PASSWORD in masked) == ("!" not in arg[2]), masked


def found(written: list[str]) -> set[str]:
    """The secrets that are in these texts, as text or in hexadecimal."""
    text = "".join(written)
    digits = text.replace(" ", "").lower()
    return {s for s in (KEY, PASSWORD) if s in text or s.encode().hex() in digits}


def board_options(config) -> list[str]:
    if not config.getoption("--port"):
        return []
    return ["--port", config.getoption("--port"), "--baud", str(config.getoption("--baud"))]
