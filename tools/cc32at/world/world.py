"""The world as a whole: loading, looking up, changing while in use."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

from . import load
from .tables import FIELDS, KINDS, TOP, check_key
from .things import Device, Dhcp, Failure
from .timing import Timing

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass
class World:
    """Everything around the device; lists keep the order of the file."""

    device: Device = field(default_factory=Device)
    access_points: list = field(default_factory=list)
    stations: list = field(default_factory=list)
    p2p_peers: list = field(default_factory=list)
    http_requests: list = field(default_factory=list)
    mdns_services: list = field(default_factory=list)
    hosts: dict = field(default_factory=dict)
    pings: dict = field(default_factory=dict)
    files: list = field(default_factory=list)
    routes: dict = field(default_factory=dict)
    timing: Timing = field(default_factory=Timing)
    zeroconf: bool = False
    trusted_roots: list = field(default_factory=list)
    revoked_serials: list = field(default_factory=list)
    faults: list = field(default_factory=list)
    listeners: list = field(default_factory=list)
    folder: Path = field(default_factory=Path)

    not_copied = frozenset({"listeners"})

    @classmethod
    def default(cls) -> World:
        return cls.load(Path(__file__).with_name("default.yaml"))

    @classmethod
    def load(cls, path: str | Path) -> World:
        """The world of a YAML file; WorldError, or OSError when it cannot be read."""
        path = Path(path)
        return cls.parse(path.read_text(), path.name, path.parent)

    @classmethod
    def parse(cls, text: str, source: str = "world", folder: Path | str = ".") -> World:
        """The world of a YAML text; paths in it are relative to `folder`."""
        try:
            data = yaml.load(text, _LOADER)
        except yaml.YAMLError as error:
            raise load.WorldError(f"{source}: {error}") from None
        ctx = load.Context(source, Path(folder))
        data = load.record(TOP)({} if data is None else data, ctx)
        device = data.pop("device", {})
        boot_ms = device.pop("boot_ms", None)
        world = cls(Device(**device), **data, folder=Path(folder))
        if boot_ms is not None:
            world.timing.boot_s = boot_ms / 1000
        world._check(ctx)
        return world

    def _check(self, ctx) -> None:
        """What only the whole can tell: keys are unique, faults are known."""
        for kind in KINDS:
            seen = set()
            for i, item in enumerate(getattr(self, kind)):
                value = getattr(item, item.key_field)
                if kind != "http_requests" and value in seen:
                    ctx.below(kind).below(i).fail(f"{item.key_field} is used twice")
                seen.add(value)
        from ..nwp.faults import check

        for i, spec in enumerate(self.faults):
            try:
                check(spec)
            except ValueError as error:
                ctx.below("faults").below(i).fail(str(error))

    # Changes while in use

    def find(self, kind: str, key: bytes):
        """The thing with this key (BSSID, MAC, name ...); None without one.

        KeyError for a kind that there is not.
        """
        if kind not in KINDS:
            raise KeyError(f"no such kind: {kind!r}")
        for item in getattr(self, kind):
            if getattr(item, item.key_field) == key:
                return item
        return None

    def add(self, kind: str, **values):
        """Add a thing given as in the YAML file; WorldError as there.

        Here a `path` leads below the world file's folder only.
        """
        ctx = load.Context("world", self.folder, kind, confined=True)
        item = KINDS[kind](values, ctx)
        if kind != "http_requests" and self.find(kind, getattr(item, item.key_field)):
            ctx.fail(f"{item.key_field} is used twice")
        getattr(self, kind).append(item)
        self._tell("add", kind, item)
        return item

    def put_back(self, kind: str, item) -> None:
        """Let a thing be there again that has been taken away."""
        getattr(self, kind).append(item)
        self._tell("add", kind, item)

    def remove(self, kind: str, key: bytes) -> None:
        """Take a thing away; KeyError when it is not there."""
        item = self._need(kind, key)
        getattr(self, kind).remove(item)
        self._tell("remove", kind, item)

    def change(self, kind: str, key: bytes, /, **values):
        """Change fields of a thing, given as in the YAML file."""
        item = self._need(kind, key)
        ctx = load.Context("world", self.folder, kind, confined=True)
        old = {f.name: getattr(item, f.name) for f in fields(item)}
        table = FIELDS[kind]
        for name, value in values.items():
            if name not in table:
                ctx.below(name).fail("cannot be changed")
            old[name] = table[name](value, ctx.below(name))
        if kind == "access_points" and isinstance(old["dhcp"], dict):
            old["dhcp"] = Dhcp(**old["dhcp"])
        if kind == "access_points":
            check_key(old["security"], old["key"], ctx)
            old["failures"] = [
                f if isinstance(f, Failure) else Failure(**f) for f in old["failures"]
            ]
        item.__dict__.update(old)
        self._tell("change", kind, item)
        return item

    def _need(self, kind: str, key: bytes):
        item = self.find(kind, key)
        if item is None:
            raise KeyError(f"no such thing in {kind}: {key!r}")
        return item

    def _tell(self, action: str, kind: str, item) -> None:
        for listener in list(self.listeners):
            listener(action, kind, item)
