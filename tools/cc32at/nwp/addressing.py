"""How the device comes by its addresses: DHCP client, link-local, static, IPv6.

State is what is in use now; what is configured is in the configuration (netcfg.py). Addresses
are numbers for IPv4 (10.0.0.1 = 0x0A000001) and 16 bytes for IPv6. Times from the world's
`timing`.
"""

from __future__ import annotations

import struct

from .checks import mac as as_mac
from .codes import BSD
from .registry import Group
from .wlan_security import same_key, take_failure

DHCP, DHCP_LLA, STATIC = 1, 2, 4
STATELESS, STATEFUL = 5, 6
AP_ADDRESS = (0x0A7B2D01, 0xFFFFFF00, 0x0A7B2D01, 0x0A7B2D01)  # 10.123.45.1
V6_LOCAL_ON, V6_GLOBAL_ON, NO_DHCP, NO_LLA = 0x4, 0x8, 0x40, 0x1000
UNKNOWN, DISABLED, ENABLED, BOUND, RENEW, REBIND = range(6)  # dhcp_client_info.state


def eui64(prefix: bytes, mac: bytes) -> bytes:
    """Stateless address: a /64 prefix and the MAC address."""
    return prefix[:8] + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:]


class Addressing(Group):
    """Addresses of whichever interface is up."""

    def __init__(self, np):
        super().__init__(np)
        self.clear()
        np.world.listeners.append(self.world_changed)

    def on_air(self) -> bool:
        """The radio link carries what is sent; an access point may be silent before it is lost."""
        there = self.access_point in (None, *self.np.world.access_points)
        return self.up and there and not self.deaf

    def changed(self) -> None:
        """The link or an address has come or gone: the sockets want to know."""
        self.np.groups["sockets"].link_changed()

    def world_changed(self, action: str, kind: str, item) -> None:
        if kind == "access_points" and item is self.access_point:
            self.changed()

    def clear(self) -> None:
        self.access_point = None
        self.deaf = False  # wrong WEP key: associated, but nothing gets through
        self.up = False
        self.ip = self.mask = self.gateway = self.dns = 0
        self.local6 = self.global6 = self.dns6 = bytes(16)
        self.lease = None  # the access point's Dhcp that the address comes from
        self.lease_start = 0.0
        self.declined: set[int] = set()
        self.client_state = DISABLED
        self.timers: dict[str, int] = {}

    def power_off(self):
        self.clear()

    def _after(self, name: str, seconds: float, fn, *args) -> None:
        """One timer a purpose; a new one replaces the old."""
        self.np.cancel(self.timers.pop(name, None))
        self.timers[name] = self.np.after(seconds, fn, *args)

    def _cancel_all(self) -> None:
        for number in self.timers.values():
            self.np.cancel(number)
        self.timers = {}

    # What is configured

    def interfaces(self) -> int:
        """Bits of enum netcfg_if."""
        return int.from_bytes(self.np.config.get("netcfg", 6, 0) or b"", "little")

    def mode4(self) -> int:
        return self._configured4()[0]

    def _configured4(self) -> bytes:
        default = STATIC if self.interfaces() & NO_DHCP else DHCP
        return self.np.config.get("netcfg", 7, None) or bytes([default])

    def mode6(self, config_id: int) -> tuple[int, bytes]:
        """(mode, static ipv6_config) of the local (9) or global (10) address."""
        value = self.np.config.get("netcfg", config_id, None) or bytes([STATELESS])
        return value[0], value[1:]

    def releases(self) -> bool:
        return (self.np.config.get("netcfg_release", 0, 0) or b"\0") == b"\1"

    def ap_default(self) -> bytes:
        return struct.pack("<4I", *AP_ADDRESS)

    # Link

    def link_up(self, ap, request) -> None:
        """The station is associated."""
        self._cancel_all()
        self.clear()
        self.up, self.access_point = True, ap
        self.deaf = ap.security == "wep" and not same_key(ap, request)
        self._start4()
        self._start6()
        self.changed()

    def link_down(self) -> None:
        """No interface any more; the events of the WLAN tell it all."""
        self._cancel_all()
        self.clear()
        self.changed()

    def ap_up(self) -> None:
        """Our own network: the configured address, at once."""
        raw = self.np.config.effective("netcfg", 8, 4) or self.ap_default()
        self.clear()
        self.up = True
        self._acquired(*struct.unpack("<4I", raw))

    def p2p_client_up(self, peer) -> None:
        """The group owner's DHCP server gives us an address."""
        self.clear()
        self.up = True
        owner = AP_ADDRESS[0]
        seconds = self.np.world.timing.dhcp_s
        self._after("dhcp", seconds, self._acquired, owner + 1, AP_ADDRESS[1], owner, owner)

    def mode_changed(self, before: bytes) -> None:
        """Option and values of the IPv4 address are set; `before` they were these.

        What stays as it is goes on undisturbed, a lease in the other DHCP mode too. A static
        address takes the old one's place at once, so that no command finds the board without.
        """
        now = self._configured4()
        if self.access_point is None or now == before:
            return
        if self.lease is not None and now[0] != STATIC:
            return
        for name in ("dhcp", "lla", "late", "lease", "rebind"):
            self.np.cancel(self.timers.pop(name, None))
        self.lease = None
        if now[0] == STATIC:
            self.client_state = DISABLED
            self._use(*struct.unpack("<4I", now[1:17]))
            self._after("dhcp", self.np.world.timing.collision_probe_s, self._told4)
        else:
            self._use(0, 0, 0, 0)
            self._start4()

    # IPv4

    def _start4(self) -> None:
        mode, value = self._configured4()[0], self._configured4()[1:]
        timing = self.np.world.timing
        if mode == STATIC:
            self.client_state = DISABLED
            if len(value) >= 16:
                fields = struct.unpack("<4I", value[:16])
                self._after("dhcp", timing.collision_probe_s, self._acquired, *fields)
            return
        self.client_state = ENABLED
        self._after("dhcp", timing.dhcp_s, self._dhcp)
        if mode == DHCP_LLA and not self.interfaces() & NO_LLA:
            seconds = int.from_bytes(value[:4], "little") or timing.lla_s
            self._after("lla", float(seconds), self._link_local)
        self._after("late", timing.dhcp_timeout_s, self._dhcp_late)

    def _offer(self):
        """The access point's DHCP range, if its server answers us now."""
        ap = self.access_point
        if ap is None or not self.on_air() or ap.dhcp is None or take_failure(ap, "dhcp"):
            return None
        return ap.dhcp

    def _dhcp(self) -> None:
        offer = self._offer()
        address = None
        if offer is not None:
            free = (a for a in range(offer.start, offer.end + 1) if a not in self.declined)
            address = next(free, None)
        if address is None:
            self._after("dhcp", self.np.world.timing.dhcp_retry_s, self._dhcp)
            return
        self.np.cancel(self.timers.pop("lla", None))
        self.np.cancel(self.timers.pop("late", None))
        self.lease, self.lease_start, self.client_state = offer, self.np.now(), BOUND
        self._after("lease", offer.lease_s / 2, self._renew)
        self._acquired(address, offer.mask, offer.gateway, offer.dns)

    def _dhcp_late(self) -> None:
        self.np.event("NETAPP_EV_DHCP_TIMEOUT", status=BSD.ETIMEDOUT)
        self.np.groups["wlan_prov"].ip_failed()

    def _link_local(self) -> None:
        """169.254.x.y from the MAC address; DHCP goes on behind it."""
        mac = self.mac()
        low = 256 + (mac[4] << 8 | mac[5]) % 65024
        self._acquired(0xA9FE0000 | low, 0xFFFF0000, 0, 0)

    def _acquired(self, ip: int, mask: int, gateway: int, dns: int) -> None:
        self._use(ip, mask, gateway, dns)
        self._told4()

    def _use(self, ip: int, mask: int, gateway: int, dns: int) -> None:
        self.ip, self.mask, self.gateway, self.dns = ip, mask, gateway, dns
        self.changed()

    def _told4(self) -> None:
        self.np.event("NETAPP_EV_IPV4_ACQUIRED", ip=self.ip, gateway=self.gateway, dns=self.dns)
        if self._wants_probe_events():
            fields = {"ip": self.ip, "mac": self.mac(), "addr_mode": self.mode4()}
            self.np.event("NETAPP_EV_NO_IPV4_COLLISION", **fields)
        self.np.groups["wlan_prov"].ip_acquired()

    def _wants_probe_events(self) -> bool:
        """ "No collision" is told only to hosts that have set a mask for the netapp events."""
        return 4 in self.np.event_masks

    def _renew(self) -> None:
        """Half of the lease is over."""
        if self._offer() is not None:
            self.lease_start, self.client_state = self.np.now(), BOUND
            self._after("lease", self.lease.lease_s / 2, self._renew)
        else:
            self.client_state = RENEW
            self._after("rebind", self.lease.lease_s * 3 / 8, self._rebind)
            self._after("lease", self.lease.lease_s / 2, self.lose_lease)

    def _rebind(self) -> None:
        self.client_state = REBIND

    def lose_lease(self) -> bool:
        """The address is gone, the link is not; DHCP begins anew."""
        if not self.ip:
            return False
        self.np.cancel(self.timers.pop("lease", None))
        self.np.cancel(self.timers.pop("rebind", None))
        self._use(0, 0, 0, 0)
        self.lease, self.client_state = None, ENABLED
        self.np.event("NETAPP_EV_IPV4_LOST", status=0)
        self._after("dhcp", self.np.world.timing.dhcp_s, self._dhcp)
        self._after("late", self.np.world.timing.dhcp_timeout_s, self._dhcp_late)
        return True

    def release(self) -> None:
        """Give the address back before leaving."""
        self.lease = None

    def collide(self, mac: str = "02:bd:00:00:00:01") -> bool:
        """Another device uses our address; a leased one is declined and asked for anew."""
        if not self.ip:
            return False
        conflict = as_mac(mac)
        server = self.access_point.bssid if self.lease and self.access_point else bytes(6)
        self.np.event("NETAPP_EV_IP_COLLISION", ip=self.ip, dhcp_mac=server, conflict_mac=conflict)
        if self.lease is not None:
            self.declined.add(self.ip)
            self.lose_lease()
        return True

    def address4(self) -> dict:
        """Fields of ipv4_config: in use, or configured where nothing is."""
        if not self.ip and self.mode4() == STATIC:
            raw = self._configured4()[1:17].ljust(16, b"\0")
            return dict(self.np.protocol.unpack("ipv4_config", raw))
        return {"ip": self.ip, "mask": self.mask, "gateway": self.gateway, "dns": self.dns}

    def client_info(self) -> dict:
        """Fields of dhcp_client_info."""
        second = int.from_bytes(self.np.config.get("netcfg", 12, 0) or b"", "little")
        fields = {"state": self.client_state, "dns": [self.dns, second]}
        fields |= {"ip": self.ip, "gateway": self.gateway, "mask": self.mask}
        if self.lease is not None:
            left = self.lease_start + self.lease.lease_s / 2 - self.np.now()
            fields |= {"dhcp_server": self.lease.server, "lease_time": self.lease.lease_s}
            fields["time_to_renew"] = max(0, int(left))
        return fields

    # IPv6

    def _start6(self) -> None:
        bits = self.interfaces()
        seconds = self.np.world.timing.ipv6_s
        if bits & V6_LOCAL_ON and not self.deaf:
            self._after("local6", seconds, self._local6)
        if bits & V6_GLOBAL_ON and not self.deaf:
            self._after("global6", 2 * seconds, self._global6)

    def _local6(self) -> None:
        mode, value = self.mode6(9)
        if mode == STATIC:
            self.local6 = _bytes6(value[:16])
        else:
            self.local6 = eui64(b"\xfe\x80" + bytes(6), self.mac())
        self._told6(self.local6, bytes(16), "NETAPP_EV_NO_LOCAL_IPV6_COLLISION", mode)

    def _global6(self) -> None:
        mode, value = self.mode6(10)
        offered = self.access_point.ipv6 if self.access_point else None
        if mode == STATIC:
            self.global6, self.dns6 = _bytes6(value[:16]), _bytes6(value[16:32])
        elif offered is None:
            return
        elif mode == STATEFUL:
            self.global6 = offered["prefix"][:8] + bytes(6) + b"\1\0"
        else:
            self.global6 = eui64(offered["prefix"], self.mac())
        if mode != STATIC:
            self.dns6 = offered.get("dns", bytes(16))
        self._told6(self.global6, self.dns6, "NETAPP_EV_NO_GLOBAL_IPV6_COLLISION", mode)

    def _told6(self, address: bytes, dns: bytes, probe_event: str, mode: int) -> None:
        self.changed()
        words = struct.unpack(">4I", address)
        self.np.event("NETAPP_EV_IPV6_ACQUIRED", ip=words, dns=struct.unpack(">4I", dns))
        if self._wants_probe_events():
            self.np.event(probe_event, ip=words, mac=self.mac(), addr_mode=mode)

    def lose_ipv6(self) -> bool:
        """The global address is gone (its prefix ran out), or else the local one."""
        address = self.global6 if any(self.global6) else self.local6
        if not any(address):
            return False
        if address == self.global6:
            self.global6 = bytes(16)
        else:
            self.local6 = bytes(16)
        self.changed()
        self.np.event("NETAPP_EV_IPV6_LOST", ip=struct.unpack(">4I", address))
        return True


def _bytes6(words: bytes) -> bytes:
    """Network-order bytes of four host-order words (4.6)."""
    return struct.pack(">4I", *struct.unpack("<4I", words.ljust(16, b"\0")[:16]))
