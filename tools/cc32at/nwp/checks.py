"""Checks of configuration values, for tables of options: check(group, value) -> value to keep."""

from __future__ import annotations

from .codec import protocol
from .registry import NwpError

BAD = "SL_ERROR_INVALID_PARAM"


def length(low: int, high: int, error=BAD):
    """Bytes of any kind, so many of them."""

    def check(group, value: bytes) -> bytes:
        if not low <= len(value) <= high:
            raise NwpError(error)
        return value

    return check


def number(low: int, high: int, error=BAD, size: int = 1):
    """A number of one to four bytes, kept in `size` bytes."""

    def check(group, value: bytes) -> bytes:
        found = int.from_bytes(value, "little")
        if not 1 <= len(value) <= 4 or not low <= found <= high:
            raise NwpError(error)
        return found.to_bytes(size, "little")

    return check


def record(name: str, error=BAD):
    """A record of nwp-protocol.md 10; what is longer is cut."""

    def check(group, value: bytes) -> bytes:
        size = protocol().structs[name].size
        if len(value) < size:
            raise NwpError(error)
        return value[:size]

    return check


def mac(address: bytes | str) -> bytes:
    """A MAC address given as bytes or as "02:1a:11:f0:00:01". Raises ValueError."""
    found = bytes.fromhex(address.replace(":", "")) if isinstance(address, str) else address
    if not isinstance(found, bytes) or len(found) != 6:
        raise ValueError(f"{address!r} is not a MAC address")
    return found


def text(value: bytes | str) -> bytes:
    """Bytes given as such or as text. Raises ValueError."""
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError(f"{value!r} is not text")
    return bytes(value)
