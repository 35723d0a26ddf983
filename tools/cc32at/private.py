"""Files that may hold keys: nobody but their owner can read them, from their first byte on."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TextIO

OWNER_ONLY = 0o600
OTHERS = 0o077


def tighten(path: str | Path) -> None:
    """Take a file of ours away from others. Nothing where there is none; OSError if it is not."""
    with contextlib.suppress(FileNotFoundError):
        if os.stat(path).st_mode & OTHERS:
            os.chmod(path, OWNER_ONLY)


def owner_only(path: str, flags: int) -> int:
    """An opener for open(): a file that it creates is its owner's alone."""
    return os.open(path, flags, OWNER_ONLY)


def open_private(path: str | Path) -> TextIO:
    """A text file, empty, line buffered, for writing. Raises OSError.

    A file that others could read is not reused: somebody may hold it open. What is no regular
    file (a terminal, a pipe, /dev/null) is written to as it is.
    """
    real = os.path.realpath(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
    descriptor = os.open(real, flags, OWNER_ONLY)
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        if status.st_mode & OTHERS:
            os.close(descriptor)
            os.unlink(real)
            descriptor = os.open(real, flags | os.O_EXCL, OWNER_ONLY)
        os.ftruncate(descriptor, 0)
    return os.fdopen(descriptor, "w", encoding="utf-8", buffering=1)


def replace_private(path: str | Path, text: str) -> None:
    """Put a file in another one's place, whole or not at all, also when the power fails.

    Raises OSError; the old file is as it was then.
    """
    real = os.path.realpath(path)
    folder, name = os.path.split(real)
    try:
        descriptor, new = tempfile.mkstemp(prefix=f".{name}.", dir=folder)  # its owner's alone
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(new, real)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new)
        raise
    _settle(folder)


def _settle(folder: str) -> None:
    """The new name is on the disk as well."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
