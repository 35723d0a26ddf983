"""The optional accelerator: accel.c, built with the host's compiler at first use.

Slices then end at block starts instead of instructions, and a block counts as a whole when it
begins: still exact repetition from run to run, but interrupts come up to a block later than in
count mode, and figures differ from it by a few per cent. Count mode is the reference.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from unicorn import unicorn_const
from unicorn.unicorn_py3.unicorn import uclib

SOURCE = Path(__file__).with_name("accel.c")
BUILD_TIMEOUT = 60.0


class _State(ctypes.Structure):
    _fields_ = [
        ("counter", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("stopped", ctypes.c_uint64),
        ("ready", ctypes.c_uint64),
        ("stop", ctypes.c_void_p),
        ("memory", ctypes.c_uint64 * 9),
    ]


def cache_dir() -> Path:
    """Where the library is kept: build/ of a source tree, else the user's cache."""
    root = Path(__file__).resolve().parents[3]
    if (root / "firmware").is_dir() and os.access(root, os.W_OK):
        return root / "build" / "emulator"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "cc32at"


def build() -> Path | None:
    """The shared library's path; None when it cannot be built here."""
    compiler = os.environ.get("CC32AT_CC") or shutil.which("gcc") or shutil.which("cc")
    source = SOURCE.read_bytes()
    name = f"accel-{hashlib.sha256(source).hexdigest()[:16]}.so"
    try:
        folder = cache_dir()
        library = folder / name
        if library.exists():
            return library
        if compiler is None:
            return None
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as temporary:
            made = Path(temporary) / name
            command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(SOURCE)]
            subprocess.run(command, check=True, capture_output=True, timeout=BUILD_TIMEOUT)
            made.replace(library)
        return library
    except (OSError, subprocess.SubprocessError):
        return None


def load() -> "Accelerator | None":
    """A new accelerator for one core, or None where the library cannot be had."""
    library = build()
    try:
        return Accelerator(ctypes.CDLL(str(library))) if library else None
    except (OSError, AttributeError):
        return None


class Accelerator:
    """One core's counters in C."""

    def __init__(self, library: ctypes.CDLL):
        self._block = ctypes.cast(library.accel_block, ctypes.c_void_p)
        self._unmask = ctypes.cast(library.accel_unmask, ctypes.c_void_p)
        self._state = _State()
        self._user = ctypes.addressof(self._state)

    def attach(self, cpu, *memories) -> memoryview:
        """Hook every block of `cpu`, in up to three memories; returns its (counter, limit)."""
        state = self._state
        state.stop = ctypes.cast(uclib.uc_emu_stop, ctypes.c_void_p).value
        for n, memory in enumerate(memories):
            state.memory[3 * n : 3 * n + 3] = (memory.base, memory.size, memory.host_address)
        cpu.hook_native(unicorn_const.UC_HOOK_BLOCK, self._block, self._user, 1, 0)
        return memoryview(state).cast("B")[:16].cast("Q")

    def watch(self, cpu, address: int) -> None:
        """`address` holds an instruction that may unmask interrupts."""
        cpu.hook_native(unicorn_const.UC_HOOK_CODE, self._unmask, self._user, address, address)

    def set_ready(self, ready: bool) -> None:
        self._state.ready = ready

    def run(self, cpu, until: int, limit: int) -> int:
        """One slice; afterwards the counters look as in count mode. Returns Unicorn's status."""
        state = self._state
        state.counter = 0
        state.limit = limit
        state.stopped = 0
        status = uclib.uc_emu_start(cpu.engine, cpu.pc | 1, until, 0, 0)
        state.limit = state.counter
        if state.stopped:
            state.counter += 1
        return status
