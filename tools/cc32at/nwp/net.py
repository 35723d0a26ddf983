"""Which place on this PC an address of the device's world stands for. Never beyond loopback.

* 127.0.0.0/8 and ::1 are the PC itself.
* The device's own addresses, and 0.0.0.0 / ::, are 127.0.0.1 and ::1 with the same port.
* Other addresses go where the world's `routes` send them: to an address and port of loopback, or
  to a refusal, or nowhere. An address the world knows (hosts, pings, mdns_services) without a
  route refuses connections; an unknown one is unreachable.
* UDP port 12302 of 127.0.0.1 stays inside the model: hosts use it to wake their own select (4.5),
  and several models run on one PC.
"""

from __future__ import annotations

import ipaddress
import socket as host_socket
from dataclasses import dataclass

from .codes import BSD

CONTROL_PORT = 12302
ANY4, ANY6 = bytes(4), bytes(16)
LOOPBACK6 = bytes(15) + b"\1"


@dataclass
class Route:
    """Where traffic goes: a host address, or a status (error code) after a delay in seconds."""

    family: int = 0
    address: tuple = ()
    status: int | None = None
    delay: float = 0.0


def is_loopback(ip: bytes) -> bool:
    return ip[0] == 127 if len(ip) == 4 else ip == LOOPBACK6


def is_multicast(ip: bytes) -> bool:
    return 224 <= ip[0] <= 239 if len(ip) == 4 else ip[0] == 0xFF


def text(ip: bytes) -> str:
    return str(ipaddress.ip_address(ip))


def loopback(ip: bytes, port: int) -> Route:
    """The host's loopback address of the family of `ip`."""
    if len(ip) == 4:
        return Route(host_socket.AF_INET, ("127.0.0.1", port))
    return Route(host_socket.AF_INET6, ("::1", port))


class Net:
    """Looks addresses up in the world and in the device's own configuration."""

    def __init__(self, np):
        self.np = np

    def _netcfg(self):
        return self.np.groups["netcfg"]

    def own(self, ip: bytes) -> bool:
        """An address of the device itself, the unspecified one included."""
        return ip in (ANY4, ANY6) or ip in self._netcfg().own_addresses()

    def local(self, ip: bytes, port: int) -> Route | None:
        """Where a socket bound to this address listens; None: not an address of ours."""
        if self.own(ip) or is_loopback(ip):
            return loopback(ip, port)
        return None

    def route(self, ip: bytes, port: int, protocol: str) -> Route:
        """The way to a peer. protocol: tcp or udp."""
        if ip[:12] == bytes(10) + b"\xff\xff":
            ip = ip[12:]  # an IPv4 address in IPv6 clothes
        if is_loopback(ip) or self.own(ip):
            return loopback(ip, port)
        if not self._netcfg().reaches(ip):
            return Route(status=BSD.ENETUNREACH)
        if is_multicast(ip):
            family = host_socket.AF_INET if len(ip) == 4 else host_socket.AF_INET6
            return Route(family, (text(ip), port))
        if self._netcfg().is_broadcast(ip):
            return Route(host_socket.AF_INET, ("127.255.255.255", port))
        target = self._target(ip, port)
        if target is None:
            if self.known(ip):
                return self._refusal()
            return Route(status=BSD.ENETUNREACH)
        return target

    def _target(self, ip: bytes, port: int) -> Route | None:
        routes = self.np.world.routes
        for key in ((ip, port), (ip, None)):
            if key in routes:
                where = routes[key]
                break
        else:
            return None
        if where == "refused":
            return self._refusal()
        if where == "silent":
            return Route(status=BSD.ETIMEDOUT, delay=self.np.world.timing.silence_s)
        if where == "unreachable":
            return Route(status=BSD.ENETUNREACH)
        found = loopback(where[0], where[1] or port)
        return found

    def _refusal(self) -> Route:
        return Route(status=BSD.ECONNREFUSED, delay=self.np.world.timing.refusal_s)

    def known(self, ip: bytes) -> bool:
        """Some host of the world has this address, whatever it offers."""
        world = self.np.world
        name = text(ip)
        if any(name in addresses for addresses in world.hosts.values()) or name in world.pings:
            return True
        if any(key[0] == ip for key in world.routes):
            return True
        number = int.from_bytes(ip, "big") if len(ip) == 4 else None
        return any(s.ip == number or s.ipv6 == ip for s in world.mdns_services)

    def origin(self, address: tuple, domain: int) -> tuple[bytes, int]:
        """(address bytes, port) of a host address as a socket of this domain sees it."""
        ip = ipaddress.ip_address(address[0].partition("%")[0]).packed
        if domain == 3 and len(ip) == 4:
            ip = bytes(10) + b"\xff\xff" + ip
        return ip, address[1]
