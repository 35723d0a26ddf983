"""The things of a world as plain objects."""

from __future__ import annotations

import datetime
import string
from dataclasses import dataclass, field


def wep_key(key: bytes) -> bytes | None:
    """The 5 or 13 bytes of a WEP key, given as such or in hexadecimal; None for other lengths."""
    if len(key) in (5, 13):
        return key
    if len(key) in (10, 26) and all(chr(c) in string.hexdigits for c in key):
        return bytes.fromhex(key.decode())
    return None


@dataclass
class Device:
    """The board: identity, versions, start."""

    mac: bytes = bytes.fromhex("0800285a91ea")
    udid: bytes = bytes.fromhex("c4d1a5b2f00e4b6c93e7582b1d6f0a37")
    chip_id: int | None = None  # None: that of the chip it is in
    fw_version: tuple = (3, 7, 0, 1)
    phy_version: tuple = (3, 1, 0, 26)
    nwp_version: tuple = (3, 22, 0, 0)
    rom_version: int = 0
    role: str = "STA"
    flash_kb: int = 4096
    string_nul: bool = True
    time: datetime.datetime = datetime.datetime(2024, 1, 1)


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
    """A network in the air; rssi in dBm, names and keys as bytes."""

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
    """A station that may join our access point; times in seconds after its start."""

    mac: bytes
    name: bytes = b""
    key: bytes = b""
    join_s: float | None = None
    leave_s: float | None = None
    rssi: int = -40

    key_field = "mac"


@dataclass
class Peer:
    """A Wi-Fi Direct device; times in seconds after the P2P role began."""

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
    """A request that reaches the application; at_s in seconds after the start."""

    uri: bytes
    at_s: float | None = None
    method: str = "GET"
    query: bytes = b""
    headers: dict = field(default_factory=dict)
    body: bytes = b""

    key_field = "uri"


@dataclass
class MdnsService:
    """A service that others advertise; ttl in seconds."""

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
    """A file of the factory image; flags as in enum fs_wire_flags."""

    name: bytes
    content: bytes
    max_size: int = 0
    flags: int = 0

    key_field = "name"
