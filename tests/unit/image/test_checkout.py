"""A checkout may lie anywhere, also where there are blanks; what lies beside it is left alone."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.image import wheels

ROOT = Path(__file__).parents[3]
MPY_DIR = Path(os.environ.get("MPY_DIR") or ROOT / "build/cache/micropython-1.25.0")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


# Whoever owns the checkout, and whoever we are.
GIT = "[safe]\n\tdirectory = *\n[user]\n\tname = x\n\temail = x@localhost\n"
# What would choose something else than the defaults there.
LEFT_OUT = ("MAKE", "MPY_DIR", "PYTEST", "BOARD", "REPL", "GIT")


class Checkout:
    """`a b/c d` beside files of somebody else; packages and sources come from this machine."""

    def __init__(self, folder: Path):
        self.root = folder / "a b" / "c d"
        self.others = [folder / name / "file" for name in ("a", "a b/c", "b", "b c", "d")]
        for file in self.others:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("not yours")
        (folder / "a b" / "micro python").symlink_to(MPY_DIR)
        (folder / "wheels").mkdir()
        wheels.pack_all(folder / "wheels")
        (folder / "gitconfig").write_text(GIT)
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(LEFT_OUT)}
        self.environment |= {
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(folder / "wheels"),
        }
        self.clone()

    def git(self, *arguments: object, cwd: Path | None = None) -> str:
        """What git says of the clone, or of another checkout."""
        command = ["git", *map(str, arguments)]
        options = {"check": True, "capture_output": True, "text": True}
        where = cwd or self.root
        return subprocess.run(command, cwd=where, env=self.environment, **options).stdout

    def clone(self) -> None:
        """Clone this checkout, what is not committed yet included."""
        self.git("clone", "-q", ROOT, self.root, cwd=ROOT)
        changed = self.git("diff", "--name-only", "-z", "HEAD", cwd=ROOT)
        new = self.git("ls-files", "-oz", "--exclude-standard", cwd=ROOT)
        for name in filter(None, (changed + new).split("\0")):
            source, target = ROOT / name, self.root / name
            target.unlink(missing_ok=True)
            if source.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, target)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "As it is.")

    def make(self, *arguments: str, text: str = "") -> subprocess.CompletedProcess:
        """Run make there; nothing may have happened beside it."""
        done = subprocess.run(
            ["make", *arguments, "MPY_DIR=../micro python"],
            cwd=self.root,
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert all(file.read_text() == "not yours" for file in self.others), done.stderr
        return done

    def changes(self) -> str:
        """What git sees of what was done."""
        return self.git("status", "--porcelain")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no clone")
    return Checkout(tmp_path_factory.mktemp("checkout"))


def test_make_run_works_below_a_folder_with_a_blank(checkout):
    done = checkout.make("run", text="AT+Test\n")
    assert (done.stdout, done.returncode) == ("OK\n", 0), done.stderr
    assert (checkout.root / ".venv" / "bin" / "python").exists()


def test_make_test_works_below_a_folder_with_a_blank(checkout):
    readme = "tests/target/test_readme.py tests/target/test_readme_peers.py"
    done = checkout.make("test", f"TESTS=tests/unit/client tests/unit/link/test_ring.py {readme}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert checkout.changes() == ""


def test_no_test_runs_on_an_image_older_than_its_sources(checkout):
    """The banner is one of the first things that a test compares."""
    source = checkout.root / "atcore" / "apps" / "at_commands.py"
    before = source.read_text()
    source.write_text(before.replace("# AT commands", "# AT orders"))
    test = "tests/target/test_readme.py::test_the_first_session_is_real"
    done = checkout.make("test", f"TESTS={test}")
    source.write_text(before)
    assert done.returncode != 0 and "# AT orders" in done.stdout, done.stdout + done.stderr
    assert checkout.make("test", f"TESTS={test}").returncode == 0
    assert checkout.changes() == ""


def test_make_lint_works_below_a_folder_with_a_blank(checkout):
    done = checkout.make("lint")
    assert (done.stdout, done.returncode) == ("", 0), done.stderr


def test_cleaning_takes_what_was_made_and_nothing_else(checkout):
    (checkout.root / "build" / "my README.md").touch()
    (checkout.root / "lab" / "key.pem").touch()
    assert checkout.make("clean").returncode == 0
    assert {path.name for path in (checkout.root / "build").iterdir()} <= {"cache", "stamps"}
    assert checkout.changes() == ""
    assert checkout.make("distclean").returncode == 0
    left = {path.name for path in checkout.root.iterdir()}
    assert not left & {"build", ".venv"} and checkout.changes() == ""
    assert (checkout.root / "lab" / "key.pem").exists()
