"""Which place on this PC an address of the device's world stands for. Never beyond loopback.

* 127.0.0.0/8 and ::1 are the PC itself.
* The device's own addresses, and 0.0.0.0 / ::, are 127.0.0.1 and ::1 with the same port.
* Other addresses go where the world's `routes` send them: to an address and port of loopback, or
  to a refusal, or nowhere. An address the world knows (hosts, pings, mdns_services) without a
  route refuses connections; an unknown one is unreachable.
* What leads beyond the PC's own addresses needs an address of the device and the radio link; an
  access point that is silent but not yet lost (`beacon_loss_s`) carries nothing.
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


def _bare(ip: bytes) -> bytes:
    """An address without the IPv6 clothes of an IPv4 one."""
    return ip[12:] if ip[:12] == bytes(10) + b"\xff\xff" else ip


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
        if self.within(ip):
            return loopback(ip, port)
        return None

    def within(self, ip: bytes) -> bool:
        """Traffic with this address stays on the PC."""
        ip = _bare(ip)
        return is_loopback(ip) or self.own(ip)

    # The radio link

    def on_air(self) -> bool:
        """Does the radio link carry anything now?"""
        return self._netcfg().on_air()

    def path(self, ip: bytes) -> tuple[bytes, bytes] | None:
        """(the device's address, the peer's) of a way over the radio; None where there is none."""
        ip = _bare(ip)
        if self.within(ip):
            return None
        here = self._netcfg().source_address(ip)
        return None if here is None else (here, ip)

    def through(self, path: tuple[bytes, bytes] | None) -> bool:
        """Does anything get to the end of this way now? None is within the PC."""
        if path is None:
            return True
        here, there = path
        return here in self._netcfg().own_addresses() and self.carried(there)

    def carried(self, ip: bytes) -> bool:
        """Does a packet to or from this address get through now?"""
        ip = _bare(ip)
        if self.within(ip):
            return True
        return self.on_air() and self._netcfg().reaches(ip)

    # Routes

    def route(self, ip: bytes, port: int) -> Route:
        """The way to a peer."""
        ip = _bare(ip)
        if self.within(ip):
            return loopback(ip, port)
        if not self._netcfg().reaches(ip):
            return Route(status=BSD.ENETUNREACH)
        found = self._beyond(ip, port)
        if found.status is not None and not self.on_air():
            return self._silence()  # whoever would say so is not heard
        return found

    def _beyond(self, ip: bytes, port: int) -> Route:
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
            return self._silence()
        if where == "unreachable":
            return Route(status=BSD.ENETUNREACH)
        found = loopback(where[0], where[1] or port)
        return found

    def _refusal(self) -> Route:
        return Route(status=BSD.ECONNREFUSED, delay=self.np.world.timing.refusal_s)

    def _silence(self) -> Route:
        return Route(status=BSD.ETIMEDOUT, delay=self.np.world.timing.silence_s)

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
