"""Where addresses of the world lead."""

from __future__ import annotations

import ipaddress

ENDS = ("refused", "silent", "unreachable")


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
