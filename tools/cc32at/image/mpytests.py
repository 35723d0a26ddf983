"""MicroPython's own test suite on the firmware, over a pseudo-terminal of the emulator.

python -m cc32at.image.mpytests [--elf FILE] [--mpy-dir DIR] [--port DEVICE] [DIRECTORY...]

Uses the suite's run-tests.py as it is, only more patient. Directories: basics micropython float.
With --port the tests run on what is there, a board for instance.
"""

import argparse
import contextlib
import fnmatch
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ELF = ROOT / "build/CC3220SF_LAUNCHXL/firmware.elf"
MPY_DIR = ROOT / "build/cache/micropython-1.25.0"
SKIPS = ROOT / "tests/mpy/skips.txt"
RESULTS = ROOT / "build/mpytests"
DIRECTORIES = ("basics", "micropython", "float")
BOOT_LIMIT_S = 30


@dataclass
class Outcome:
    """What run-tests.py said, by test name (directory/name)."""

    passed: set[str]
    failed: set[str]
    skipped: set[str]
    output: str

    @property
    def complete(self) -> bool:
        """False if the run broke off."""
        return re.search(r"^\d+ tests performed", self.output, re.MULTILINE) is not None


def parse(output: str) -> Outcome:
    """Read the lines `pass|FAIL|skip  directory/name.py`."""
    found: dict[str, set[str]] = {"pass": set(), "FAIL": set(), "skip": set()}
    for kind, name in re.findall(r"^(pass|FAIL|skip)\s+(\S+)\.py", output, re.MULTILINE):
        found[kind].add("/".join(Path(name).parts[-2:]))
    return Outcome(found["pass"], found["FAIL"], found["skip"], output)


def read_skips(text: str) -> dict[str, str]:
    """Pattern -> reason. ValueError if a reason is missing."""
    skips = {}
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            pattern, _, reason = line.partition(" ")
            if not reason.strip():
                raise ValueError(f"skips.txt: {pattern} has no reason")
            skips[pattern] = reason.strip()
    return skips


def tests_of(mpy_dir: Path, directories: list[str]) -> set[str]:
    """The tests that a run of some directories has to account for."""
    return {
        f"{name}/{p.stem}" for name in directories for p in (mpy_dir / "tests" / name).glob("*.py")
    }


def complaints(
    outcome: Outcome, skips: dict[str, str], directories: list[str], tests: set[str]
) -> list[str]:
    """What is wrong with a run: failures, tests left out, skips that are not those of the list."""
    found = [f"{name}: fails" for name in sorted(outcome.failed)]
    if not outcome.complete:
        found.append("the run broke off")
    seen = outcome.passed | outcome.failed | outcome.skipped
    found += [f"{name}: was not run" for name in sorted(tests - seen)]
    for name in sorted(outcome.skipped):
        if not any(fnmatch.fnmatchcase(name, pattern) for pattern in skips):
            found.append(f"{name}: is skipped, and tests/mpy/skips.txt does not say why")
    for pattern in skips:
        if pattern.split("/")[0] in directories and not fnmatch.filter(outcome.skipped, pattern):
            found.append(f"{pattern}: is in tests/mpy/skips.txt, but is not skipped")
    return found


@contextlib.contextmanager
def emulator(elf: Path) -> Iterator[str]:
    """A booted emulator; the name of its terminal."""
    with contextlib.ExitStack() as stack:
        link = Path(stack.enter_context(tempfile.TemporaryDirectory()), "tty")
        command = [sys.executable, "-m", "cc32at.emulator", "--elf", elf, "--pty", link]
        RESULTS.mkdir(parents=True, exist_ok=True)
        log = stack.enter_context((RESULTS / "emulator.log").open("w"))
        process = subprocess.Popen(
            [*command, "--set", "autostart=0"], stdout=log, stderr=log, env=environment()
        )
        try:
            end = time.monotonic() + BOOT_LIMIT_S
            while not link.exists():
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"the emulator does not start, see {log.name}")
                time.sleep(0.05)
            yield str(link)
        finally:
            process.terminate()
            process.wait()


def environment() -> dict[str, str]:
    """This package can be imported by what we start; results are expected of this Python."""
    path = [str(ROOT / "tools"), os.environ.get("PYTHONPATH", "")]
    expected = {"MICROPY_CPYTHON3": sys.executable}
    return {**os.environ, **expected, "PYTHONPATH": os.pathsep.join(filter(None, path))}


def run(port: str, mpy_dir: Path, directories: list[str], timeout_s: float | None) -> Outcome:
    """Run the suite's tests of some directories. RuntimeError when the time is over."""
    suite = [sys.executable, "-m", "cc32at.image.patient"]
    command = [*suite, "-t", f"port:{port}", "-r", RESULTS, "-d"]
    try:
        done = subprocess.run(
            [*command, *directories],
            cwd=mpy_dir / "tests",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            env=environment(),
        )
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"MicroPython's tests take more than {timeout_s} s") from error
    return parse(done.stdout)


def check(
    directories: list[str],
    elf: Path = ELF,
    mpy_dir: Path = MPY_DIR,
    port: str | None = None,
    timeout_s: float | None = None,
) -> tuple[Outcome, list[str]]:
    """Run and judge; on an emulator of its own unless there is a port."""
    with contextlib.ExitStack() as stack:
        device = port or stack.enter_context(emulator(elf))
        RESULTS.mkdir(parents=True, exist_ok=True)
        outcome = run(device, mpy_dir, directories, timeout_s)
    skips, tests = read_skips(SKIPS.read_text()), tests_of(mpy_dir, directories)
    return outcome, complaints(outcome, skips, directories, tests)


def main() -> int:
    """The command: a summary, and 1 if anything is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m cc32at.image.mpytests", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--elf", type=Path, default=ELF)
    parser.add_argument("--mpy-dir", type=Path, default=MPY_DIR)
    parser.add_argument("--port", help="a device instead of the emulator")
    parser.add_argument("directories", nargs="*", default=list(DIRECTORIES))
    options = parser.parse_args()
    outcome, wrong = check(options.directories, options.elf, options.mpy_dir, options.port)
    if not outcome.complete:
        print(outcome.output)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(
        f"{len(outcome.passed)} passed, {len(outcome.failed)} failed, "
        f"{len(outcome.skipped)} skipped"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
