"""NetApp group: which applications run, their configuration (nwp-protocol.md 6.5, 8.5).

Name service is in netapp_dns.py, mDNS in netapp_mdns.py, ping in netapp_ping.py, requests to the
HTTP server in netapp_http.py.
"""

from __future__ import annotations

import re
import struct

from . import netapp_dns, netapp_http, netapp_mdns, netapp_ping  # noqa: F401 (groups)
from .checks import BAD, length, number, record
from .codes import GENERAL, NETAPP
from .registry import Group, NwpError, group, handles

HTTP, DHCP, MDNS, DNS_SERVER, DEVICE, DNS_CLIENT, STATUS = (1 << i for i in range(7))
APPLICATIONS = HTTP | DHCP | MDNS | DNS_SERVER
URN = b"mysimplelink"
DOMAIN = b"mysimplelink.net"
DHCP_DEFAULT = struct.pack("<3I", 86400, 0x0A7B2D02, 0x0A7B2DFE)  # 10.123.45.2-254


def _urn(self, value):
    """Length 0 restores the default."""
    if len(value) > 32:
        raise NwpError(NETAPP.INVALID_URN_LENGTH)
    if not re.fullmatch(rb"[0-9A-Za-z-]*", value):
        raise NwpError(GENERAL.DEVICE_NAME_INVALID)
    return value or URN


def _domain(self, value):
    if not 1 <= len(value) <= 24:
        raise NwpError(GENERAL.DOMAIN_NAME_LEN_ERR)
    if not re.fullmatch(rb"[0-9A-Za-z.-]+", value):
        raise NwpError(GENERAL.DOMAIN_NAME_INVALID)
    return value


def _dhcp_options(self, value):
    if self.np.role == "STA":
        raise NwpError(NETAPP.INCORECT_ROLE_FOR_APP)
    if self.running & DHCP:
        raise NwpError("SL_ERROR_STATUS_ERROR")  # stop the server first
    if len(value) < 12:
        raise NwpError(BAD)
    lease, first, last = struct.unpack("<3I", value[:12])
    if not lease or not 0 < first <= last:
        raise NwpError(BAD)
    return value[:12]


def _dns_time(self, value):
    if len(value) < 4:
        raise NwpError(NETAPP.DNS_PARAM_ERROR)
    response, retries = struct.unpack("<2H", value[:4])
    if not 0 < response <= 2000 or retries > 100:
        raise NwpError(NETAPP.DNS_PARAM_ERROR)
    return value[:4]


_port = number(1, 65535, NETAPP.HTTP_INVALID_PARAMETER, size=2)
_switch = number(0, 1, NETAPP.HTTP_INVALID_PARAMETER)
_short = length(0, 20, NETAPP.HTTP_INVALID_PARAMETER)
_file = length(1, 179, NETAPP.HTTP_INVALID_PARAMETER)

# (application, option) -> check of a value to set, default of a value to read.
_OPTIONS = {
    (HTTP, 0): (_port, struct.pack("<H", 80)),
    (HTTP, 1): (_switch, b"\0"),
    (HTTP, 2): (_short, b"admin"),
    (HTTP, 3): (_short, b"admin"),
    (HTTP, 4): (_short, b"Simple Link CC31xx"),
    (HTTP, 5): (_switch, b"\1"),
    (HTTP, 6): (_port, struct.pack("<H", 8080)),
    (HTTP, 7): (_switch, b"\0"),
    (HTTP, 8): (_switch, b"\0"),
    (HTTP, 9): (_file, b""),
    (HTTP, 10): (_file, b""),
    (HTTP, 11): (_file, b""),
    (HTTP, 12): (length(0, 255), b""),
    (HTTP, 13): (length(0, 255), b""),
    (HTTP, 14): (length(1, 16, NETAPP.HTTP_INVALID_TIMEOUT), b""),
    (DHCP, 0): (_dhcp_options, DHCP_DEFAULT),
    (MDNS, 1): (length(0, 60, NETAPP.MDNS_PARAM_ERROR), b""),
    (MDNS, 2): (number(0, 0xFFFFFFFF, size=4), bytes(4)),
    (MDNS, 3): (
        record("mdns_timing", NETAPP.MDNS_PARAM_ERROR),
        struct.pack("<6I", 100, 1, 2, 100, 6000, 6000),
    ),
    (DNS_SERVER, 0): (_domain, DOMAIN),
    (DEVICE, 0): (_urn, URN),
    (DEVICE, 1): (_domain, DOMAIN),
    (DNS_CLIENT, 0): (_dns_time, struct.pack("<2H", 2000, 4)),
    (DNS_CLIENT, 1): (length(0, 4), b""),
    (DNS_CLIENT, 2): (number(0, 1), b"\1"),
}

# Strings, and the room for them: the request does not tell it, so what they may have at most.
_STRINGS = {
    **{(HTTP, option): 20 for option in (2, 3, 4)},
    (MDNS, 1): 60,
    (DNS_SERVER, 0): 24,
    (DEVICE, 0): 32,
    (DEVICE, 1): 24,
}


@group("netapp")
class NetApp(Group):
    """`running`: bit map of the applications."""

    def __init__(self, np):
        super().__init__(np)
        self.running = 0

    def power_on(self):
        self.running = HTTP | MDNS
        if self.np.role in ("AP", "P2P"):
            self.running |= DHCP | DNS_SERVER

    def power_off(self):
        self.running = 0

    # Start and stop

    def _check_bitmap(self, bitmap: int) -> None:
        if not bitmap or bitmap & ~APPLICATIONS:
            raise NwpError(NETAPP.INCORECT_APP_MASK)
        if bitmap & (DHCP | DNS_SERVER) and self.np.role in ("STA", "TAG"):
            raise NwpError(NETAPP.INCORECT_ROLE_FOR_APP)

    @handles("NETAPP_START")
    def start(self, cmd):
        self._check_bitmap(cmd.app_bitmap)
        if cmd.app_bitmap & self.running & HTTP:
            raise NwpError(NETAPP.HTTP_SERVER_ALREADY_STARTED)
        if cmd.app_bitmap & self.running & MDNS:
            raise NwpError(NETAPP.MDNS_ALREADY_STARTED)
        self.running |= cmd.app_bitmap
        return 0

    @handles("NETAPP_STOP")
    def stop(self, cmd):
        self._check_bitmap(cmd.app_bitmap)
        if cmd.app_bitmap & MDNS and not self.running & MDNS:
            raise NwpError(NETAPP.MDNS_NOT_STARTED)
        self.running &= ~cmd.app_bitmap
        return 0

    # Configuration

    def _access(self, app: int, option: int) -> str:
        for row in self.np.protocol.config["netapp"]:
            if (row["id"], row["option"]) == (app, option):
                return row["access"]
        return ""

    @handles("NETAPP_SET")
    def set(self, cmd):
        key = (cmd.app_id, cmd.option)
        if "set" not in self._access(*key) or key not in _OPTIONS:
            raise NwpError(BAD)
        value = _OPTIONS[key][0](self, cmd.payload)
        self.np.config.set("netapp", *key, value)
        return 0

    @handles("NETAPP_GET")
    def get(self, cmd):
        key = (cmd.app_id, cmd.option)
        if "get" not in self._access(*key):
            raise NwpError(BAD)
        value = self.running.to_bytes(4, "little") if key == (STATUS, 0) else self.value(*key)
        if key in _STRINGS:
            value = self.np.string(value, _STRINGS[key])
        self.np.respond(cmd, payload=value, length=len(value))

    def value(self, app: int, option: int) -> bytes:
        """What is set, or the default."""
        found = self.np.config.get("netapp", app, option)
        return _OPTIONS[app, option][1] if found is None else found

    def urn(self) -> bytes:
        """The device's name."""
        return self.value(DEVICE, 0)

    def dhcp_server(self):
        """Record dhcp_server_opt in force; None while the server is off."""
        if not self.running & DHCP:
            return None
        raw = self.np.config.effective("netapp", DHCP, 0) or DHCP_DEFAULT
        return self.np.protocol.unpack("dhcp_server_opt", raw)

    def dns_time(self) -> float:
        """Seconds that a DNS query may take in all."""
        response, retries = struct.unpack("<2H", self.value(DNS_CLIENT, 0))
        return response / 1000 * max(1, retries)

    # Tables of neighbours: nothing is cached, so there is nothing to forget

    @handles("NETAPP_ARP_FLUSH", "NETAPP_ND_FLUSH")
    def flush(self, cmd):
        return 0
