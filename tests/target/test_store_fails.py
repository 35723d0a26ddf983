"""The PC's disk fails while the board runs: it ends with a reason, and the store is as it was."""

import contextlib
import subprocess
import sys

import pytest

from cc32at.client import AtClient, AtTimeout
from cc32at.emulator.settings import NAME, decode
from cc32at.nwp.storage import Storage
from tests.boards import start_on_pty

pytestmark = pytest.mark.world


def test_a_store_that_cannot_be_written_ends_the_emulator(elf, tmp_path, transcript):
    folder = tmp_path / "kept"
    folder.mkdir()
    store = folder / "flash.json"
    process, device = start_on_pty(elf, tmp_path, "--nwp-store", str(store))
    with AtClient.open(device.path, device.baud, transcript=transcript) as at:
        at.sync()
        assert store.stat().st_mode & 0o777 == 0o600
        at.command("AT+Set=AT,VERBOSE,1")
        folder.rename(tmp_path / "unplugged")
        with contextlib.suppress(AtTimeout, OSError):
            at.command("AT+Set=AT,ECHO,1", timeout=5)
        assert process.wait(30) == 1
    assert process.stderr.read().endswith(f"No such file or directory: '{store}'\n")
    assert not (tmp_path / "console").is_symlink()
    kept = decode(Storage(tmp_path / "unplugged" / "flash.json").content(NAME))
    assert kept["verbose"] == "1" and kept.get("echo", "0") == "0"


def test_the_client_says_so_too(elf, tmp_path):
    folder = tmp_path / "kept"
    folder.mkdir()
    command = [sys.executable, "-m", "cc32at.client", "--store", str(folder / "flash.json")]
    command += ["--elf", str(elf)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdin.write("AT+Test\n")
    process.stdin.flush()
    assert process.stdout.readline() == "OK\n"
    folder.rename(tmp_path / "unplugged")
    _, said = process.communicate("AT+Set=AT,ECHO,1\n", timeout=60)
    assert process.returncode == 1
    assert said.count("\n") == 1 and said.startswith("port: [Errno 2]")
