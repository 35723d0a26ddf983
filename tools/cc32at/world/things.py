"""The things of a world as plain objects, and the tables that read them from YAML."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field, fields
from pathlib import Path

import yaml

from . import load

SECURITIES = ("open", "wep", "wpa", "wpa2", "wpa_wpa2", "wpa3", "wpa2_plus", "wpa_ent")
FILE_FLAGS = {
    "failsafe": 0x01,
    "secure": 0x02,
    "nosignature": 0x04,
    "static_token": 0x08,
    "vendor_token": 0x10,
    "public_write": 0x20,
    "public_read": 0x40,
    "encrypted": 0x200,
}


@dataclass
class Device:
    """The board: identity, versions, start."""

    mac: bytes = bytes.fromhex("0800285a91ea")
    udid: bytes = bytes.fromhex("c4d1a5b2f00e4b6c93e7582b1d6f0a37")
    chip_id: int = 0x31100019
    fw_version: tuple = (3, 7, 0, 1)
    phy_version: tuple = (3, 1, 0, 26)
    nwp_version: tuple = (3, 22, 0, 0)
    rom_version: int = 0
    role: str = "STA"
    boot_ms: float = 20.0
    flash_kb: int = 4096
    time: datetime.datetime = datetime.datetime(2024, 1, 1)

    @property
    def boot_s(self) -> float:
        return self.boot_ms / 1000


@dataclass
class Dhcp:
    """Addresses as numbers (10.0.0.1 = 0x0A000001), lease in seconds."""

    start: int = 0xC0A80164
    end: int = 0xC0A801C7
    gateway: int = 0xC0A80101
    mask: int = 0xFFFFFF00
    dns: int = 0xC0A80101
    server: int = 0xC0A80101
    lease_s: int = 86400


@dataclass
class Failure:
    """What goes wrong with an access point: at which step, with which reason, how often."""

    when: str
    reason: int = 0
    count: int = 1
    after_s: float = 0.0


@dataclass
class AccessPoint:
    ssid: bytes
    bssid: bytes
    channel: int = 1
    rssi: int = -50
    security: str = "open"
    key: bytes = b""
    users: dict = field(default_factory=dict)
    hidden: bool = False
    pmf: str = "none"
    wps: str = "none"
    country: bytes = b"US"
    dhcp: Dhcp | None = field(default_factory=Dhcp)
    ipv6: dict | None = None
    failures: list = field(default_factory=list)
    internet: bool = True

    key_field = "bssid"


@dataclass
class Station:
    mac: bytes
    name: bytes = b""
    key: bytes = b""
    join_s: float | None = None
    leave_s: float | None = None
    rssi: int = -40

    key_field = "mac"


@dataclass
class Peer:
    mac: bytes
    name: bytes
    wps: str = "pbc"
    pin: bytes = b""
    intent: int = 7
    ssid: bytes = b""
    appear_s: float = 0.1
    request_s: float | None = None

    key_field = "mac"


@dataclass
class HttpRequest:
    uri: bytes
    at_s: float | None = None
    method: str = "GET"
    query: bytes = b""
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    key_field = "uri"


@dataclass
class MdnsService:
    name: bytes
    host: bytes = b""
    ip: int = 0
    ipv6: bytes = bytes(16)
    port: int = 0
    text: bytes = b""
    ttl: int = 120

    key_field = "name"


@dataclass
class File:
    name: bytes
    content: bytes
    max_size: int = 0
    flags: int = 0

    key_field = "name"


_seconds = load.optional(load.number)
_rssi = load.whole(-120, 0, "a level in dBm")
_port = load.whole(0, 65535, "a port")

_dhcp = load.record(
    {
        **{n: load.ip4 for n in ("start", "end", "gateway", "mask", "dns", "server")},
        "lease_s": load.whole(1, 0xFFFFFFFF),
    }
)
_failure = load.record(
    {
        "when": load.choice("auth", "assoc", "key", "dhcp", "link"),
        "reason": load.whole(0, 255),
        "count": load.whole(-1, 1 << 30),
        "after_s": load.number,
    },
    ("when",),
)


def _body(value, ctx):
    if isinstance(value, dict):
        return load.content_of(value, ctx)
    return load.text()(value, ctx)


def _wps(value, ctx):
    return load.text(8)(value if value is not None else "none", ctx).decode()


DEVICE = load.record(
    {
        "mac": load.mac,
        "udid": load.hexadecimal(16),
        "chip_id": load.whole(0, 0xFFFFFFFF),
        **{n: load.four_numbers for n in ("fw_version", "phy_version", "nwp_version")},
        "rom_version": load.whole(0, 65535),
        "role": load.choice("STA", "AP", "P2P", "TAG"),
        "boot_ms": load.number,
        "flash_kb": load.whole(256, 65536),
        "time": load.moment,
    }
)
_ACCESS_POINT = {
    "ssid": load.text(32),
    "ssid_hex": load.hexadecimal(),
    "bssid": load.mac,
    "channel": load.whole(1, 13, "a channel"),
    "rssi": _rssi,
    "security": load.choice(*SECURITIES),
    "key": load.text(64),
    "users": load.mapping(load.text(64), load.text(64)),
    "hidden": load.flag,
    "pmf": load.choice("none", "capable", "required"),
    "wps": _wps,
    "country": load.text(2),
    "dhcp": load.optional(_dhcp),
    "ipv6": load.optional(load.record({"prefix": load.ip6, "dns": load.ip6}, ("prefix",))),
    "failures": load.list_of(_failure),
    "internet": load.flag,
}
_STATION = {
    "mac": load.mac,
    "name": load.text(32),
    "key": load.text(64),
    "join_s": _seconds,
    "leave_s": _seconds,
    "rssi": _rssi,
}
_PEER = {
    "mac": load.mac,
    "name": load.text(32),
    "wps": load.choice("pbc", "display", "keypad"),
    "pin": load.text(8),
    "intent": load.whole(0, 15),
    "ssid": load.text(32),
    "appear_s": load.number,
    "request_s": _seconds,
}
_HTTP = {
    "uri": load.text(512),
    "at_s": _seconds,
    "method": load.choice("GET", "POST", "PUT", "DELETE"),
    "query": load.text(512),
    "headers": load.mapping(lambda value, ctx: str(value), load.text(512)),
    "body": _body,
}
_MDNS = {
    "name": load.text(60),
    "host": load.text(64),
    "ip": load.ip4,
    "ipv6": load.ip6,
    "port": _port,
    "text": load.text(256),
    "ttl": load.whole(0, 0xFFFFFFFF),
}


def _access_point(value, ctx) -> AccessPoint:
    data = load.record(_ACCESS_POINT, ("bssid",))(value, ctx)
    if ("ssid" in data) == ("ssid_hex" in data):
        ctx.fail("exactly one of ssid, ssid_hex is needed")
    data.setdefault("ssid", data.pop("ssid_hex", b""))
    if len(data["ssid"]) > 32:
        ctx.below("ssid_hex").fail("longer than 32 bytes")
    if data.get("security", "open") not in ("open", "wpa_ent") and not data.get("key"):
        ctx.fail("a secured access point needs a key")
    if data.get("dhcp") is not None:
        data["dhcp"] = Dhcp(**data["dhcp"])
        if data["dhcp"].start > data["dhcp"].end:
            ctx.below("dhcp").fail("start is above end")
    data["failures"] = [Failure(**item) for item in data.get("failures", [])]
    return AccessPoint(**data)


def _file(value, ctx) -> File:
    rest = {k: v for k, v in value.items() if k not in ("text", "hex", "base64", "path")}
    data = load.record(
        {
            "name": load.text(179),
            "max_size": load.whole(0, 0xFF0000),
            "flags": load.list_of(load.choice(*FILE_FLAGS)),
        },
        ("name",),
    )(rest, ctx)
    data["flags"] = sum(FILE_FLAGS[name] for name in set(data.get("flags", ())))
    return File(content=load.content_of(value, ctx), **data)


def _plain(cls, table: dict, required: tuple):
    convert = load.record(table, required)
    return lambda value, ctx: cls(**convert(value, ctx))


KINDS = {
    "access_points": _access_point,
    "stations": _plain(Station, _STATION, ("mac",)),
    "p2p_peers": _plain(Peer, _PEER, ("mac", "name")),
    "http_requests": _plain(HttpRequest, _HTTP, ("uri",)),
    "mdns_services": _plain(MdnsService, _MDNS, ("name",)),
    "files": _file,
}


def _addresses(value, ctx):
    return [
        str(load.text(45)(v, ctx), "ascii") for v in ([value] if isinstance(value, str) else value)
    ]


_PING = load.record({"rtt_ms": load.number, "loss": load.number})
_TOP = {
    "device": DEVICE,
    **{kind: load.list_of(convert) for kind, convert in KINDS.items()},
    "hosts": load.mapping(lambda value, ctx: str(value).lower(), _addresses),
    "pings": load.mapping(lambda value, ctx: str(value), _PING),
    "trusted_roots": load.list_of(load.read_path),
    "faults": load.list_of(load.mapping(lambda value, ctx: value, lambda value, ctx: value)),
}


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
    trusted_roots: list = field(default_factory=list)
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
            data = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            raise load.WorldError(f"{source}: {error}") from None
        ctx = load.Context(source, Path(folder))
        data = load.record(_TOP)(data, ctx)
        data["device"] = Device(**data.get("device", {}))
        world = cls(**data, folder=Path(folder))
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
        """The thing with this key (BSSID, MAC, name ...); None without one."""
        for item in getattr(self, kind):
            if getattr(item, item.key_field) == key:
                return item
        return None

    def add(self, kind: str, **values):
        """Add a thing given as in the YAML file; WorldError as there."""
        item = KINDS[kind](values, load.Context("world", self.folder, kind))
        getattr(self, kind).append(item)
        self._tell("add", kind, item)
        return item

    def remove(self, kind: str, key: bytes) -> None:
        """Take a thing away; KeyError when it is not there."""
        item = self._need(kind, key)
        getattr(self, kind).remove(item)
        self._tell("remove", kind, item)

    def change(self, kind: str, key: bytes, **values):
        """Change fields of a thing, given as in the YAML file."""
        item = self._need(kind, key)
        ctx = load.Context("world", self.folder, kind)
        old = {f.name: getattr(item, f.name) for f in fields(item)}
        table = _TABLES[kind]
        for name, value in values.items():
            if name not in table:
                ctx.below(name).fail("cannot be changed")
            old[name] = table[name](value, ctx.below(name))
        if kind == "access_points" and isinstance(old["dhcp"], dict):
            old["dhcp"] = Dhcp(**old["dhcp"])
        if kind == "access_points":
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


_TABLES = {
    "access_points": _ACCESS_POINT,
    "stations": _STATION,
    "p2p_peers": _PEER,
    "http_requests": _HTTP,
    "mdns_services": _MDNS,
}
