"""After a run with known keys and passwords they are in nothing that was written (TESTS 19)."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEY = "correct-horse-battery"

INNER = f"""
import pytest
from cc32at.client import AtError

def test_passes_a_key_by_and_fails(at):
    for line in (
        "AT+WlanConnect=HomeNet,,WPA_WPA2,{KEY},,,",
        'AT+WlanProfileAdd=HomeNet,,WPA_WPA2,"{KEY}",,,,1',
        "AT+WlanSet=AP,PASSWORD,{KEY}",
        "AT+MqttSet=0,PASSWORD,{KEY}",
    ):
        with pytest.raises(AtError):
            at.command(line)
            raise AtError("accepted", 0)
    pytest.fail("so that the report shows its worst")
"""


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
    assert all(KEY not in text for text in written)


def board_options(config) -> list[str]:
    if not config.getoption("--port"):
        return []
    return ["--port", config.getoption("--port"), "--baud", str(config.getoption("--baud"))]
