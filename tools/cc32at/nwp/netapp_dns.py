"""Names to addresses: DNS of the world, mDNS hosts, literals (nwp-protocol.md 6.5)."""

from __future__ import annotations

import ipaddress
import struct

from .codes import NETAPP
from .registry import Group, NwpError, group, handles

LOCAL = {2: "127.0.0.1", 3: "::1"}


def literal(name: str, family: int) -> bytes | None:
    """The address that a name spells out, if it is one of this family (2 or 3)."""
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return address.packed if address.version == (4 if family == 2 else 6) else None


@group("netapp_dns")
class Dns(Group):
    """One query at a time."""

    def __init__(self, np):
        super().__init__(np)
        self.pending = False

    def power_off(self):
        self.pending = False

    @handles("NETAPP_DNS_BY_NAME")
    def by_name(self, cmd):
        name, family = cmd.payload.rstrip(b"\0").decode("ascii", "replace").lower(), cmd.family
        if family not in (2, 3):
            raise NwpError(NETAPP.DNS_INVALID_FAMILY_TYPE)
        if not 0 < len(name) <= 255:
            raise NwpError(NETAPP.DNS_PARAM_ERROR)
        if self.pending:
            raise NwpError(NETAPP.DNS_EXECUTION_ERROR)
        status, address = self.look_up(name.rstrip("."), family)
        late = status == NETAPP.DNS_QUERY_NO_RESPONSE
        seconds = self.np.groups["netapp"].dns_time() if late else self.np.world.timing.dns_s
        self.pending = True
        self.np.respond(cmd)
        self.np.after(seconds, self._done, family, status, address)

    def _done(self, family: int, status: int, address: bytes) -> None:
        self.pending = False
        if family == 3:
            self.np.event(
                "NETAPP_DNS_BY_NAME_DONE_V6", status=status, ip=struct.unpack(">4I", address)
            )
        else:
            number = int.from_bytes(address, "big")
            self.np.event("NETAPP_DNS_BY_NAME_DONE_V4", status=status, ip=number)

    def look_up(self, name: str, family: int) -> tuple[int, bytes]:
        """(status, address); the address is zeros where there is none."""
        nothing = bytes(4 if family == 2 else 16)
        found = literal(LOCAL[family] if name == "localhost" else name, family)
        if found is not None:
            return 0, found
        netcfg = self.np.groups["netcfg"]
        if family == 3 and not any(netcfg.local6) and not any(netcfg.global6):
            return NETAPP.DNS_IPV6_REQ_BUT_IPV6_DISABLED, nothing
        if name.endswith(".local"):
            return self._by_mdns(name, family, nothing)
        if not netcfg.dns and not any(netcfg.dns6):
            return NETAPP.DNS_NO_SERVER, nothing
        quiet = netcfg.access_point is not None and not netcfg.access_point.internet
        if quiet or not netcfg.on_air():
            return NETAPP.DNS_QUERY_NO_RESPONSE, nothing
        addresses = self.np.world.hosts.get(name)
        if addresses is None:
            return NETAPP.DNS_QUERY_FAILED, nothing
        for text in addresses:
            found = literal(text, family)
            if found is not None:
                return 0, found
        return (NETAPP.DNS_RETRY_A_QUERY if family == 3 else NETAPP.DNS_QUERY_FAILED), nothing

    def _by_mdns(self, name: str, family: int, nothing: bytes) -> tuple[int, bytes]:
        for service in self.np.groups["netapp_mdns"].visible():
            if service.host.decode("utf-8", "replace").lower() == name:
                address = service.ip.to_bytes(4, "big") if family == 2 else service.ipv6
                if any(address):
                    return 0, address
        return NETAPP.DNS_QUERY_NO_RESPONSE, nothing
