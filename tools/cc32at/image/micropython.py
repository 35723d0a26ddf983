"""Fetch MicroPython 1.25.0 from Debian's source package.

python -m cc32at.image.micropython DIRECTORY

The pin is the upstream tarball, by its SHA-256, whatever Debian revision carries it. Debian's own
patches are left out. Nothing is done if they are in the directory already.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import aptsources

PACKAGE = "micropython"
SUITE = "trixie"
TARBALL = "micropython_1.25.0+ds.orig.tar.xz"
SHA256 = "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"
APT_TIMEOUT_S = 600


class FetchError(RuntimeError):
    """The sources cannot be had; the message says what to do."""


class Apt:
    """apt-get and apt-cache on a directory of their own, with their own list of sources."""

    def __init__(self, directory: Path, sources: str):
        self.directory = directory
        parts = directory / "parts"
        for folder in (parts, directory / "lists" / "partial", directory / "cache"):
            folder.mkdir(parents=True)
        (parts / "source.sources").write_text(sources)
        self._options = [
            f"Dir::Etc::sourceparts={parts}",
            "Dir::Etc::sourcelist=/dev/null",
            f"Dir::State::lists={directory / 'lists'}",
            f"Dir::Cache={directory / 'cache'}",
            "APT::Get::Download-Only=true",
            "Acquire::Languages=none",
        ]
        if os.geteuid() == 0:
            # The download user could not write to these directories.
            self._options.append("APT::Sandbox::User=root")

    def __call__(self, program: str, *arguments: str) -> str:
        """Run it; its standard output. FetchError with what it said if it fails."""
        command = [program, *(f"-o{option}" for option in self._options), *arguments]
        try:
            done = subprocess.run(
                command,
                cwd=self.directory,
                capture_output=True,
                text=True,
                timeout=APT_TIMEOUT_S,
                env={**os.environ, "LC_ALL": "C"},
            )
        except FileNotFoundError:
            raise FetchError(f"{program} is not here; is this a Debian machine?") from None
        except subprocess.TimeoutExpired:
            raise FetchError(f"{program} {arguments[0]} takes too long") from None
        if done.returncode:
            errors = "\n".join(
                line for line in done.stderr.splitlines() if line.startswith(("E:", "W:"))
            )
            raise FetchError(f"{program} {arguments[0]} failed:\n{errors or done.stderr}")
        return done.stdout


def pick_version(showsrc: str) -> str:
    """The version that is made from the pinned tarball; `showsrc`: what apt-cache prints."""
    for stanza in showsrc.split("\n\n"):
        if f" {SHA256} " in stanza and TARBALL in stanza:
            match = re.search(r"^Version: (\S+)$", stanza, re.MULTILINE)
            if match:
                return match.group(1)
    raise FetchError(f"suite {SUITE} has no revision of {PACKAGE} made from {TARBALL}")


def download(directory: Path, etc_apt: Path = Path("/etc/apt")) -> Path:
    """The checked tarball, somewhere in `directory` (which must be empty)."""
    sources = aptsources.source_packages(aptsources.read(etc_apt), SUITE)
    if not sources:
        raise FetchError(f"no Debian archive among the apt sources in {etc_apt}")
    apt = Apt(directory, sources)
    apt("apt-get", "update", "--error-on=any")
    version = pick_version(apt("apt-cache", "showsrc", PACKAGE))
    apt("apt-get", "source", f"{PACKAGE}={version}")
    tarball = directory / TARBALL
    check(tarball)
    return tarball


def check(tarball: Path) -> None:
    """FetchError unless it is the pinned one."""
    digest = hashlib.sha256(tarball.read_bytes()).hexdigest()
    if digest != SHA256:
        raise FetchError(f"{tarball.name} has SHA-256 {digest}, not {SHA256}")


def unpack(tarball: Path, target: Path) -> None:
    """The tarball's one folder becomes `target`; half of it is never seen there."""
    scratch = Path(tempfile.mkdtemp(prefix="unpack-", dir=target.parent))
    try:
        subprocess.run(["tar", "-xJf", tarball, "-C", scratch, "--no-same-owner"], check=True)
        (folder,) = scratch.iterdir()
        folder.rename(target)
    finally:
        shutil.rmtree(scratch)


def fetch(target: Path) -> None:
    """Have the sources in `target`. FetchError if that cannot be."""
    if (target / "py" / "mkenv.mk").exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    print("setup: fetching MicroPython 1.25.0 from Debian's source package", file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix="apt-", dir=target.parent) as scratch:
        unpack(download(Path(scratch).resolve()), target)


def main(arguments: list[str]) -> int:
    """The command; 1 with a message if the sources cannot be had."""
    (directory,) = arguments
    try:
        fetch(Path(directory))
    except (FetchError, OSError, subprocess.CalledProcessError) as error:
        print(f"setup: MicroPython's sources: {error}", file=sys.stderr)
        print("setup: MPY_DIR=... points the build at a checkout of v1.25.0", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
