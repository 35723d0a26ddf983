"""Builds firmware/link for this machine.

The library is kept under build/hostlink (or in the temporary directory, where the tree cannot be
written), named by the hash of its sources, so that it is compiled once a change.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
LINK = ROOT / "firmware" / "link"

FLAGS = ("-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-fPIC", "-shared")
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", "-DSANITIZED")


class BuildError(RuntimeError):
    """The C compiler is missing or refused the sources; the text says which."""


def sources() -> list[Path]:
    """Every C file of the library: firmware/link and this directory."""
    return sorted(LINK.glob("*.c")) + sorted(HERE.glob("*.c"))


def _digest(flags: tuple[str, ...], files: list[Path]) -> str:
    digest = hashlib.sha256(" ".join(flags).encode())
    for path in files + sorted(LINK.glob("*.h")) + sorted(HERE.glob("*.h")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _cache() -> Path:
    for place in (ROOT / "build" / "hostlink", Path(tempfile.gettempdir()) / "cc32at-hostlink"):
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(place, os.W_OK):
            return place
    raise BuildError("no directory to build the host link in")


def build(sanitize: bool = False, extra: tuple[Path, ...] = ()) -> Path:
    """Path of the shared library, compiled now if there is none of these sources.

    With `sanitize` it is built with the address and undefined-behaviour sanitizers; a program that
    loads it must run with `asan_environment()`. `extra`: more C files. Raises BuildError.
    """
    flags = FLAGS + (SANITIZERS if sanitize else ())
    files = sources() + list(extra)
    target = _cache() / f"link-{'asan-' if sanitize else ''}{_digest(flags, files)}.so"
    if target.exists():
        return target
    compiler = os.environ.get("CC", "gcc")
    scratch = target.with_suffix(f".{os.getpid()}.tmp")
    command = [compiler, *flags, f"-I{LINK}", f"-I{HERE}", "-o", str(scratch)]
    command += [str(path) for path in files]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    except FileNotFoundError as error:
        raise BuildError(f"{compiler} is not installed") from error
    if result.returncode != 0:
        raise BuildError(f"{' '.join(command)}\n{result.stderr}")
    os.replace(scratch, target)
    return target


def asan_environment() -> dict[str, str]:
    """Environment for a Python process that loads the sanitized library."""
    compiler = os.environ.get("CC", "gcc")
    found = [
        subprocess.run(
            [compiler, f"-print-file-name={name}"], capture_output=True, text=True, check=True
        ).stdout.strip()
        for name in ("libasan.so", "libubsan.so")
    ]
    return {
        **os.environ,
        "LD_PRELOAD": " ".join(found),
        "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
