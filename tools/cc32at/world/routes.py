"""Where addresses of the world lead, and how long things take in it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, fields

from . import load

ENDS = ("refused", "silent", "unreachable")


@dataclass
class Timing:
    """Seconds that the radio and the network take."""

    scan_s: float = 0.12  # a sweep over all channels
    auth_s: float = 0.01
    assoc_s: float = 0.01
    key_s: float = 0.03  # four-way handshake, SAE, EAP
    dhcp_s: float = 0.05
    dhcp_timeout_s: float = 25.0  # until DHCP_TIMEOUT
    collision_probe_s: float = 0.05
    ipv6_s: float = 0.06
    beacon_loss_s: float = 0.5  # from the silence of an access point to BSS_LOSS
    rescan_s: float = 5.0  # between attempts to find a network
    retry_s: float = 10.0  # between automatic attempts after a failure
    station_s: float = 0.02  # a station's association with our access point
    lease_s: float = 0.03  # its DHCP exchange with us
    p2p_s: float = 0.3  # group negotiation
    dns_s: float = 0.01
    dns_timeout_s: float = 2.0  # of each try, where DNS_CLIENT TIME says nothing
    mdns_s: float = 0.03
    ping_s: float = 0.002  # round trip where `pings` says nothing


def endpoint(text: str, ctx) -> tuple[bytes, int | None]:
    """(address, port or None) of "10.0.0.1", "10.0.0.1:80", "2001:db8::1", "[2001:db8::1]:80"."""
    address, port = str(text), None
    if address.startswith("["):
        address, _, port = address[1:].partition("]")
        port = port.lstrip(":") or None
    elif address.count(":") == 1:
        address, port = address.split(":")
    try:
        ip = ipaddress.ip_address(address).packed
        number = None if port is None else int(port)
    except ValueError:
        ctx.fail(f"{text!r} is not an address or address:port")
    if number is not None and not 0 < number < 65536:
        ctx.fail(f"{text!r} has no valid port")
    return ip, number


def target(value, ctx):
    """One of ENDS, or a loopback endpoint of this PC; nothing beyond loopback is reached."""
    if value in ENDS:
        return value
    ip, port = endpoint(value, ctx)
    if not ipaddress.ip_address(ip).is_loopback:
        ctx.fail(f"{value!r} is not on loopback")
    return ip, port


def routes(value, ctx) -> dict:
    """{(address, port or None): end or (loopback address, port or None)}."""
    if not isinstance(value, dict):
        ctx.fail("a mapping is expected")
    return {endpoint(k, ctx.below(k)): target(v, ctx.below(k)) for k, v in value.items()}


def timing(value, ctx) -> Timing:
    names = {f.name: load.number for f in fields(Timing)}
    return Timing(**load.record(names)(value, ctx))
