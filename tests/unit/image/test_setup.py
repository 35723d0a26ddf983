"""tools/setup.sh on machines of all kinds: the commands that it asks are played by scripts."""

import os
import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[3] / "tools" / "setup.sh"
# dpkg-query prints nothing for a package that is not there; id -u prints 0 for root.
ABSENT, PRESENT = "exit 1", "echo -n installed"
SUDO_WORKS, SUDO_REFUSES = '"$@"', "exit 1"


@pytest.fixture
def machine(tmp_path):
    """run(commands) -> the finished `setup.sh packages`, and the apt-get calls it made."""

    def run(**commands: str) -> tuple[subprocess.CompletedProcess, list[str]]:
        calls = tmp_path / "calls"
        commands.setdefault("apt_get", "exit 0")
        commands["apt_get"] = f'echo "$@" >>{calls}; ' + commands["apt_get"]
        for name, script in commands.items():
            file = tmp_path / name.replace("_", "-")
            file.write_text(f"#!/bin/sh\n{script}\n")
            file.chmod(0o755)
        done = subprocess.run(
            ["bash", SETUP, "packages"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=20,
        )
        return done, calls.read_text().splitlines() if calls.exists() else []

    return run


def test_nothing_is_done_or_said_where_all_is_there(machine):
    done, calls = machine(dpkg_query=PRESENT, id="echo 1000", sudo=SUDO_REFUSES)
    assert (done.returncode, done.stdout + done.stderr, calls) == (0, "", [])


@pytest.mark.parametrize(("user", "sudo"), [("0", SUDO_REFUSES), ("1000", SUDO_WORKS)])
def test_what_is_missing_is_installed_as_root_or_by_sudo(machine, user, sudo):
    done, calls = machine(dpkg_query=ABSENT, id=f"echo {user}", sudo=sudo)
    assert done.returncode == 0
    assert done.stdout == ""
    assert [call.split()[1] for call in calls] == ["update", "install"]
    assert "gcc-arm-none-eabi" in calls[1] and "gcc-arm-none-eabi" in done.stderr


def test_without_root_and_sudo_it_says_what_to_install(machine):
    done, calls = machine(dpkg_query=ABSENT, id="echo 1000", sudo=SUDO_REFUSES)
    assert (done.returncode, calls) == (1, [])
    assert "neither root nor sudo works" in done.stderr
    assert "apt-get install gcc-arm-none-eabi " in done.stderr


def test_a_failure_of_apt_is_not_taken_for_one_of_sudo(machine):
    trouble = "echo E: no such network >&2; exit 100"
    done, _ = machine(dpkg_query=ABSENT, id="echo 1000", sudo=SUDO_WORKS, apt_get=trouble)
    assert done.returncode == 1
    assert "E: no such network" in done.stderr and "apt-get could not install" in done.stderr
    assert "neither root nor sudo" not in done.stderr
