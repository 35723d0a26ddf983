"""tools/setup.sh on machines of all kinds: the commands that it asks are played by scripts.

And firmware/sources.sh: neither of them takes away what it has not made.
"""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SETUP = ROOT / "tools" / "setup.sh"
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
            install(tmp_path / name.replace("_", "-"), script)
        done = subprocess.run(
            ["bash", SETUP, "packages"],
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=100,
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


def install(path: Path, script: str) -> Path:
    """A program that is this script of the shell."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def setup(tmp_path):
    """setup("venv", folder) -> how it ends; Python is a script that makes what venv would."""
    made = 'mkdir -p "$3/bin"; printf "#!/bin/sh\\n" >"$3/bin/python"; chmod +x "$3/bin/python"'
    python = install(tmp_path / "python", f'[ "$1 $2" != "-m venv" ] || {{ {made}; }}')

    def run(what: str, folder: Path) -> subprocess.CompletedProcess:
        return subprocess.run(
            ["bash", SETUP, what, folder],
            env={**os.environ, "PYTHON": str(python)},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_a_folder_of_somebody_else_is_neither_cleared_nor_removed(setup, tmp_path):
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "file").write_text("not yours")
    for what in ("venv", "remove"):
        done = setup(what, tmp_path / "some")
        assert done.returncode == 1 and "left alone" in done.stderr
    assert os.listdir(tmp_path / "some") == ["file"]


@pytest.mark.parametrize("there", [True, False], ids=["empty", "absent"])
def test_what_it_has_made_it_makes_again_and_removes(setup, tmp_path, there):
    folder = tmp_path / "some dir" / ".venv"
    if there:
        folder.mkdir(parents=True)
    assert setup("venv", folder).returncode == 0
    install(folder / "bin" / "python", "exit 1")  # as after the Python below it has gone
    (folder / "rest").touch()
    assert setup("venv", folder).returncode == 0
    assert not (folder / "rest").exists()
    assert setup("remove", folder).returncode == 0
    assert not folder.exists()
    assert setup("remove", folder).returncode == 0


def test_a_venv_that_was_broken_off_is_begun_again(setup, tmp_path):
    python = tmp_path / "python"
    works = python.read_text()
    install(python, 'case $2 in venv) touch "$3/half"; exit 1;; esac')
    assert setup("venv", tmp_path / "some").returncode == 1
    python.write_text(works)
    assert setup("venv", tmp_path / "some").returncode == 0
    assert not (tmp_path / "some" / "half").exists()


@pytest.fixture
def link(tmp_path):
    """link(MPY_DIR, folder) -> how sources.sh ends; it links to `links`, the folder is a build."""

    def run(mpy_dir: str, folder: str) -> int:
        command = [ROOT / "firmware" / "sources.sh", mpy_dir, "links", folder]
        return subprocess.run(command, cwd=tmp_path, timeout=60).returncode

    for name in ("one", "the other"):
        for file in ("py/mkenv.mk", "mpy-cross/main.c"):
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
    return run


def test_other_sources_are_linked_and_what_was_built_of_the_first_goes(link, tmp_path):
    for name in ("one", "the other", "the other"):
        assert link(name, "build") == 0
        assert (tmp_path / "links" / "py" / "mkenv.mk").read_text() == name
        assert (tmp_path / "links" / "mpy-cross" / ".." / "py" / "mkenv.mk").read_text() == name
        assert (tmp_path / "links" / "mpy-cross" / "main.c").read_text() == name
        assert (tmp_path / "build" / "object").exists() == (tmp_path / "links" / "kept").exists()
        (tmp_path / "build" / "object").touch()
        (tmp_path / "links" / "kept").touch()
    assert (tmp_path / "build" / "object").exists()
    assert os.listdir(tmp_path / "one" / "mpy-cross") == ["main.c"]


def test_nothing_is_built_where_something_else_is(link, tmp_path):
    (tmp_path / "one" / "mine").touch()
    assert link("the other", "one") == 1
    assert (tmp_path / "one" / "mine").exists()


def test_without_sources_nothing_is_touched(link, tmp_path):
    assert link("build", "build") == 3
    assert sorted(os.listdir(tmp_path)) == ["one", "the other"]
