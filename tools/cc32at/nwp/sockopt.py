"""Socket options: which exist, how long their values are, what they start as (chapter 8.6)."""

from __future__ import annotations

import struct

from .codec import protocol
from .codes import BSD
from .registry import NwpError

SOCKET, IP, PHY = 1, 2, 3
RCVBUF, KEEPALIVE, LINGER, RCVTIMEO, SNDTIMEO, NONBLOCKING = 8, 9, 13, 20, 21, 24
SECMETHOD, SECURE_MASK, SECURE_FILES, CHANGE_CHANNEL = 25, 26, 27, 28
PRIVATE_KEY, CERTIFICATE, CA, PEER_CERT_OR_DH = 30, 31, 32, 33
STARTTLS, CONNECTION_PARAMS, KEEPALIVETIME, DISABLE_CERT_STORE = 35, 36, 37, 38
RX_NO_IP_BOUNDARY, ALPN, CLIENT_CHALLENGE, DOMAIN_NAME, OCSP, ALPN_GENERAL = 39, 40, 41, 42, 43, 44
MULTICAST_IF, MULTICAST_TTL, ADD_MEMBERSHIP, DROP_MEMBERSHIP = 60, 61, 65, 66
HDRINCL, RAW_RX_NO_HEADER, RAW_IPV6_HDRINCL = 67, 68, 69
IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, IPV6_MULTICAST_HOPS = 70, 71, 72

SECURE_OPTIONS = {SECMETHOD, SECURE_MASK, SECURE_FILES, PRIVATE_KEY, CERTIFICATE, CA}
SECURE_OPTIONS |= {PEER_CERT_OR_DH, DISABLE_CERT_STORE, ALPN, CLIENT_CHALLENGE, DOMAIN_NAME}
SECURE_OPTIONS |= {OCSP, ALPN_GENERAL}
NAMES = {PRIVATE_KEY, CERTIFICATE, CA, PEER_CERT_OR_DH, DOMAIN_NAME, ALPN_GENERAL}
_MULTICAST = {ADD_MEMBERSHIP: 8, DROP_MEMBERSHIP: 8}
_MULTICAST |= {IPV6_ADD_MEMBERSHIP: 20, IPV6_DROP_MEMBERSHIP: 20}

# Lengths accepted where it is not the 4 bytes of a u32.
_LENGTHS = {
    (SOCKET, LINGER): (8,),
    (SOCKET, RCVTIMEO): (8,),
    (SOCKET, SNDTIMEO): (8,),
    (SOCKET, SECMETHOD): (1, 4),
    (SOCKET, DISABLE_CERT_STORE): (1, 4),
    (IP, MULTICAST_IF): (4, 16),
    (IP, MULTICAST_TTL): (1, 4),
    (IP, IPV6_MULTICAST_HOPS): (1, 4),
    **{(IP, number): (length,) for number, length in _MULTICAST.items()},
}

# Largest allowed value of a number; flags and such.
_LIMITS = {
    (SOCKET, KEEPALIVE): (0, 1),
    (SOCKET, NONBLOCKING): (0, 1),
    (SOCKET, SECMETHOD): (0, 5),
    (SOCKET, OCSP): (0, 1),
    (SOCKET, ALPN): (0, 31),
    (SOCKET, RX_NO_IP_BOUNDARY): (0, 1),
    (IP, MULTICAST_TTL): (0, 255),
    (IP, IPV6_MULTICAST_HOPS): (0, 255),
    (PHY, 100): (1, 21),
    (PHY, 101): (0, 15),
    (PHY, 103): (0, 1),
    (PHY, 104): (1, 6),
    (PHY, 105): (0, 100),
    (PHY, 106): (0, 1),
    (PHY, 107): (0, 1),
    (SOCKET, 107): (0, 1),
}

_DEFAULTS = {
    (SOCKET, RCVBUF): struct.pack("<I", 32768),
    (SOCKET, KEEPALIVE): struct.pack("<I", 1),
    (SOCKET, LINGER): bytes(8),
    (SOCKET, RCVTIMEO): bytes(8),
    (SOCKET, SNDTIMEO): bytes(8),
    (SOCKET, NONBLOCKING): bytes(4),
    (SOCKET, SECMETHOD): b"\x04",
    (SOCKET, SECURE_MASK): struct.pack("<I", 0x7FFFFF),
    (SOCKET, SECURE_FILES): bytes(4),
    (SOCKET, CHANGE_CHANNEL): struct.pack("<I", 1),
    (SOCKET, KEEPALIVETIME): struct.pack("<I", 300),
    (SOCKET, RX_NO_IP_BOUNDARY): bytes(4),
    (SOCKET, ALPN): bytes(4),
    (SOCKET, ALPN_GENERAL): b"",
    (IP, MULTICAST_IF): bytes(4),
    (IP, MULTICAST_TTL): b"\x01",
    (IP, IPV6_MULTICAST_HOPS): b"\x01",
    (PHY, 100): struct.pack("<I", 6),
    (PHY, 101): struct.pack("<I", 15),
    (PHY, 102): struct.pack("<I", 1),
    (PHY, 104): struct.pack("<I", 6),
}


def is_name(level: int, number: int) -> bool:
    """A string: the name of a file, a domain or a protocol."""
    return level == SOCKET and number in NAMES


def _rows() -> dict:
    """(level, option) -> access, from the table; 107 is known at both levels (U9)."""
    rows = {(row["level"], row["option"]): row["access"] for row in protocol().config["sockopt"]}
    rows |= {(level, 107): "set/get" for level in (SOCKET, PHY)}
    return rows


class Options:
    """The option values of one socket, as bytes on the wire."""

    def __init__(self):
        self.values: dict[tuple[int, int], bytes] = {}

    def copy_secure_from(self, other: Options) -> None:
        """What a socket that accept() made takes over from the listening one."""
        for key, value in other.values.items():
            if key[0] == SOCKET and (key[1] in SECURE_OPTIONS or key[1] in (RCVBUF, KEEPALIVE)):
                self.values[key] = value

    def set(self, level: int, number: int, value: bytes) -> None:
        """Check and keep a value. NwpError: -92 unknown or read-only, -22 wrong value."""
        if "set" not in _rows().get((level, number), ""):
            raise NwpError(BSD.ENOPROTOOPT)
        if is_name(level, number):
            if not value:
                raise NwpError(BSD.EINVAL)
        elif len(value) not in _LENGTHS.get((level, number), (4,)):
            raise NwpError(BSD.EINVAL)
        low, high = _LIMITS.get((level, number), (None, None))
        if low is not None and not low <= int.from_bytes(value, "little") <= high:
            raise NwpError(BSD.EINVAL)
        if number in (RCVTIMEO, SNDTIMEO) and level == SOCKET and min(_timeval(value)) < 0:
            raise NwpError(BSD.EINVAL)
        self.values[level, number] = bytes(value)

    def get(self, level: int, number: int) -> bytes:
        """The value as the host reads it back. NwpError -92 for an unknown or set-only one."""
        # The names of the security files may be read back too (recordings sock.getopt.*).
        name = is_name(level, number)
        if "get" not in _rows().get((level, number), "") and not name:
            raise NwpError(BSD.ENOPROTOOPT)
        absent = b"" if name else bytes(4)
        return self.values.get((level, number), _DEFAULTS.get((level, number), absent))

    def number(self, number: int, level: int = SOCKET) -> int:
        value = self.values.get((level, number), _DEFAULTS.get((level, number), b""))
        return int.from_bytes(value, "little")

    def text(self, number: int) -> str:
        """A name (file, domain, protocol), without the NUL that some hosts send along."""
        return self.values.get((SOCKET, number), b"").rstrip(b"\0").decode("utf-8", "replace")

    @property
    def nonblocking(self) -> bool:
        return bool(self.number(NONBLOCKING))

    @property
    def receive_timeout(self) -> float:
        """Seconds; 0 = for ever. 10 ms resolution, rounded up."""
        return self._seconds(RCVTIMEO)

    @property
    def send_timeout(self) -> float:
        return self._seconds(SNDTIMEO)

    @property
    def linger(self) -> float | None:
        """Seconds close() may take to send what is queued; None when the option is off."""
        on, seconds = struct.unpack("<II", self.get(SOCKET, LINGER))
        return float(seconds) if on else None

    def _seconds(self, number: int) -> float:
        seconds, microseconds = _timeval(self.get(SOCKET, number))
        return -(-(seconds * 100 + microseconds / 10000) // 1) / 100


def _timeval(value: bytes) -> tuple[int, int]:
    return struct.unpack("<ii", value)
