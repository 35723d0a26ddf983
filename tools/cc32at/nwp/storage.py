"""The serial flash behind the network processor: files, stored settings, alerts.

Everything here outlives the power; what is open does not. With `path` the content is also kept
in a file of the PC (JSON, its owner's alone, replaced as a whole after each change), so that it
survives the process. `provision(world)` fills an empty store with the world's files, as a factory
image would. File names, contents and values are bytes.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from ..private import replace_private, tighten

BLOCK = 4096  # bytes; unit of allocation
FILE_OVERHEAD = 260  # bytes of each copy kept for the file's own data
MAX_FILES = 240
SYS_PREFIX = b"/sys/"

# Flags of a file: enum fs_wire_flags (nwp-protocol.md 9)
FAILSAFE, SECURE, NOSIGNATURE, STATIC_TOKEN = 0x01, 0x02, 0x04, 0x08
VENDOR_TOKEN, PUBLIC_WRITE, PUBLIC_READ = 0x10, 0x20, 0x40
MUST_COMMIT, BUNDLE_FILE, ENCRYPTED = 0x80, 0x100, 0x200
CREATION_FLAGS = 0x7F | ENCRYPTED  # the two commit flags belong to one write, not to the file

# Bundle states: enum fs_bundle_state
STOPPED, STARTED, PENDING_COMMIT = 0, 1, 3


class File:
    """One file. `active` is the readable copy (None: no valid one), `mirror` the other one.

    pending: 0, MUST_COMMIT or BUNDLE_FILE; then `mirror` holds the copy to fall back to, or for a
    bundle that has not been activated yet the new copy. tokens: master, write-read, write-only,
    read-only.
    """

    def __init__(self, name: bytes, max_size: int, flags: int = 0, content: bytes | None = None):
        self.name = name
        self.max_size = max_size
        self.flags = flags & CREATION_FLAGS
        self.active = content
        self.mirror: bytes | None = None
        self.pending = 0
        self.tokens = [0, 0, 0, 0]
        self.write_counter = 0
        self.slot = -1  # place in the file table

    @property
    def blocks(self) -> int:
        """Blocks of flash the file occupies, mirror of a fail-safe file included."""
        copies = 2 if self.flags & FAILSAFE else 1
        return copies * -(-(self.max_size + FILE_OVERHEAD) // BLOCK)

    @property
    def is_system(self) -> bool:
        return self.name.startswith(SYS_PREFIX)

    def to_json(self) -> dict:
        return {
            "max_size": self.max_size,
            "flags": self.flags,
            "active": _b64(self.active),
            "mirror": _b64(self.mirror),
            "pending": self.pending,
            "tokens": self.tokens,
            "write_counter": self.write_counter,
            "slot": self.slot,
        }

    @classmethod
    def from_json(cls, name: bytes, data: dict) -> File:
        file = cls(name, data["max_size"], data["flags"], _unb64(data["active"]))
        file.mirror = _unb64(data["mirror"])
        file.pending = data["pending"]
        file.tokens = list(data["tokens"])
        file.write_counter = data["write_counter"]
        file.slot = data["slot"]
        return file


def _b64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _unb64(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


class Storage:
    """Files by name and settings by (area, id, option); see the module."""

    not_copied = frozenset({"path"})

    def __init__(self, path: str | Path | None = None, blocks: int = 1024):
        self.path = Path(path) if path else None
        self.blocks_total = blocks
        self.blocks_reserved = 32  # file table, system settings
        self.files: dict[bytes, File] = {}
        self.config: dict[tuple, bytes] = {}
        self.bundle = STOPPED
        self.alerts = 0
        self.alerts_threshold = 15
        self.fat_writes = 0
        self.restored = False  # the next start reports RESTORE_IMAGE_COMPLETE
        self.program_image = b""  # the last complete programming image
        self.programming = b""  # an incomplete one
        self.provisioned = False
        self.handles: dict[int, object] = {}  # open files; owned by fs.py, lost with the power
        self.next_handle = 0x1000
        if self.path and self.path.exists():
            self._load()

    # Factory image

    def provision(self, world) -> None:
        """Put the world's files in, once in the life of this store."""
        if self.provisioned:
            return
        for item in world.files:
            self.put(item.name, item.content, item.max_size, item.flags)
        self.provisioned = True
        self.save()

    def factory_reset(self, world) -> None:
        """Back to the factory image: user files and stored settings are gone."""
        self.files.clear()
        self.config.clear()
        self.bundle = STOPPED
        self.alerts = 0
        self.provisioned = False
        self.provision(world)
        self.restored = True
        self.save()

    def put(self, name: bytes, content: bytes, max_size: int = 0, flags: int = 0) -> File:
        """Write a file from outside, without opening it; ValueError when it does not fit."""
        size = max(max_size, len(content), 1)
        file = File(name, size, flags, bytes(content))
        old = self.files.get(name)
        if file.blocks - (old.blocks if old else 0) > self.blocks_free:
            raise ValueError(f"no room for {name.decode(errors='replace')}")
        file.write_counter = old.write_counter + 1 if old else 1
        self.insert(file)
        self.changed()
        return file

    def insert(self, file: File) -> None:
        """Give a file its place in the table: that of the one it replaces, or the first free."""
        old = self.files.get(file.name)
        taken = {f.slot for f in self.files.values()}
        file.slot = old.slot if old else min(set(range(len(taken) + 1)) - taken)
        self.files[file.name] = file

    def content(self, name: bytes) -> bytes | None:
        """The readable copy of a file; None when there is none."""
        file = self.files.get(name)
        return file.active if file else None

    # Settings

    def set_config(self, key: tuple, value: bytes | None) -> None:
        """Store a setting; None removes it."""
        if value is None:
            self.config.pop(key, None)
        else:
            self.config[key] = value
        self.save()

    # Accounting

    @property
    def blocks_used(self) -> int:
        return sum(file.blocks for file in self.files.values())

    @property
    def blocks_free(self) -> int:
        return self.blocks_total - self.blocks_reserved - self.blocks_used

    @property
    def locked(self) -> bool:
        """Too many security alerts: only the file system answers until a restore."""
        return self.alerts >= self.alerts_threshold

    def changed(self) -> None:
        """The file table was written."""
        self.fat_writes = (self.fat_writes + 1) & 0xFFFF
        self.save()

    # Power

    def power_on(self) -> None:
        """A bundle under way becomes active for trial; it stays pending until told otherwise."""
        if self.bundle != STARTED:
            return
        files = [file for file in self.files.values() if file.pending == BUNDLE_FILE]
        for file in files:
            file.active, file.mirror = file.mirror, file.active
        self.bundle = PENDING_COMMIT if files else STOPPED
        self.changed()

    def power_off(self) -> None:
        """Open files are lost; what a fail-safe file held before is still there."""
        self.handles.clear()

    # The PC's file

    def save(self) -> None:
        """Write it down; OSError if that fails, the file is as it was then."""
        if self.path is None:
            return
        data = {
            "files": [[_b64(n), f.to_json()] for n, f in self.files.items()],
            "config": [[*key, _b64(value)] for key, value in self.config.items()],
            "bundle": self.bundle,
            "alerts": self.alerts,
            "fat_writes": self.fat_writes,
            "restored": self.restored,
            "program_image": _b64(self.program_image),
            "programming": _b64(self.programming),
            "provisioned": self.provisioned,
        }
        replace_private(self.path, json.dumps(data))

    def _load(self) -> None:
        """Raises ValueError when the PC's file is not one of ours."""
        try:
            data = json.loads(self.path.read_text())
            tighten(self.path)
            for name, values in data["files"]:
                name = _unb64(name)
                self.files[name] = File.from_json(name, values)
            for area, number, option, value in data["config"]:
                self.config[area, number, option] = _unb64(value)
            for name in ("bundle", "alerts", "fat_writes", "restored", "provisioned"):
                setattr(self, name, data[name])
            self.program_image = _unb64(data["program_image"])
            self.programming = _unb64(data["programming"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{self.path}: not a file store ({error!r})") from error
