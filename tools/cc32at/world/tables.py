"""How each kind of thing is read from YAML: field -> converter."""

from __future__ import annotations

import ipaddress

from . import load
from .routes import routes
from .things import (
    AccessPoint,
    Dhcp,
    Failure,
    File,
    HttpRequest,
    MdnsService,
    Peer,
    Station,
    wep_key,
)
from .timing import timing

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
        "string_nul": load.flag,
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


def check_key(security: str, key: bytes, ctx) -> None:
    """WorldError for an access point that cannot have this key."""
    if security not in ("open", "wpa_ent") and not key:
        ctx.fail("a secured access point needs a key")
    if security == "wep" and wep_key(key) is None:
        ctx.below("key").fail("a WEP key has 5 or 13 characters, or 10 or 26 hexadecimal digits")


def _access_point(value, ctx) -> AccessPoint:
    data = load.record(_ACCESS_POINT, ("bssid",))(value, ctx)
    if ("ssid" in data) == ("ssid_hex" in data):
        ctx.fail("exactly one of ssid, ssid_hex is needed")
    data.setdefault("ssid", data.pop("ssid_hex", b""))
    if len(data["ssid"]) > 32:
        ctx.below("ssid_hex").fail("longer than 32 bytes")
    check_key(data.get("security", "open"), data.get("key", b""), ctx)
    if data.get("dhcp") is not None:
        data["dhcp"] = Dhcp(**data["dhcp"])
        if data["dhcp"].start > data["dhcp"].end:
            ctx.below("dhcp").fail("start is above end")
    data["failures"] = [Failure(**item) for item in data.get("failures", [])]
    return AccessPoint(**data)


def _file(value, ctx) -> File:
    if not isinstance(value, dict):
        ctx.fail("a mapping is expected")
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
    """One address or a list of them, as text."""
    found = value if isinstance(value, list) else [value]
    for i, item in enumerate(found):
        try:
            ipaddress.ip_address(item if isinstance(item, str) else "")
        except ValueError:
            ctx.below(i).fail(f"{item!r} is not an address")
    return found


_PING = load.record({"rtt_ms": load.number, "loss": load.number})
TOP = {
    "device": DEVICE,
    **{kind: load.list_of(convert) for kind, convert in KINDS.items()},
    "hosts": load.mapping(lambda value, ctx: str(value).lower(), _addresses),
    "pings": load.mapping(lambda value, ctx: str(value), _PING),
    "routes": routes,
    "timing": timing,
    "zeroconf": load.flag,
    "revoked_serials": load.list_of(load.whole(0, 1 << 160)),
    "trusted_roots": load.list_of(load.read_path),
    "faults": load.list_of(load.mapping(lambda value, ctx: value, lambda value, ctx: value)),
}

FIELDS = {
    "access_points": _ACCESS_POINT,
    "stations": _STATION,
    "p2p_peers": _PEER,
    "http_requests": _HTTP,
    "mdns_services": _MDNS,
}
