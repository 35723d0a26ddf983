"""Network configuration: addresses of the device, commands (nwp-protocol.md 6.2, 8.2).

The DHCP client and what happens when a link comes up are in addressing.py.
"""

from __future__ import annotations

import ipaddress
import struct

from .addressing import DHCP, DHCP_LLA, STATIC, Addressing
from .checks import BAD
from .codes import GENERAL
from .registry import NwpError, group, handles

(MAC_SET, MAC_GET, AP_COUNT, AP_LIST, AP_DROP, IF, STA4, AP4) = range(1, 9)
LOCAL6, GLOBAL6, CLIENT, DNS4, DNS6 = range(9, 14)
RELEASE_SET, RELEASE_OFF = 7, 8
FAST_RENEW = (9, 10, 11, 12)
STATELESS, STATEFUL = 5, 6
MASK_KEY = ("netcfg", IF, 0)
IF_BITS = 0xFFCC


def _contiguous(mask: int) -> bool:
    """Ones, then zeros."""
    return mask != 0 and ((~mask & 0xFFFFFFFF) + 1) & (~mask & 0xFFFFFFFF) == 0


@group("netcfg")
class NetCfg(Addressing):
    """Commands by configuration id."""

    def mac(self) -> bytes:
        """The MAC address in use."""
        return self.np.config.effective("netcfg", MAC_SET, 1) or self.np.world.device.mac

    # Set

    @handles("NETCFG_SET")
    def set(self, cmd):
        handler = self._SETTERS.get(cmd.config_id)
        if handler is None:
            raise NwpError(BAD)
        handler(self, cmd.option, cmd.payload)
        return 0

    def _set_mac(self, option: int, value: bytes) -> None:
        if len(value) != 6 or value[0] & 1 or not any(value):
            raise NwpError(BAD)
        self.np.config.set("netcfg", MAC_SET, 1, value)

    def _drop_station(self, option: int, value: bytes) -> None:
        if len(value) != 6:
            raise NwpError(BAD)
        self.np.groups["wlan_ap"].drop(value)

    def _set_if(self, option: int, value: bytes) -> None:
        if len(value) != 4 or int.from_bytes(value, "little") & ~IF_BITS:
            raise NwpError(BAD)
        self.np.config.set(*MASK_KEY, value)  # counts from the next connection on

    def _set_sta4(self, option: int, value: bytes) -> None:
        if option == STATIC:
            self._check_ip4(value)
        elif option == DHCP_LLA:
            if len(value) not in (0, 4):
                raise NwpError(BAD)
        elif option in (RELEASE_SET, RELEASE_OFF):
            self.np.config.set("netcfg_release", 0, 0, bytes([option == RELEASE_SET]), "system")
            return
        elif option in FAST_RENEW:
            self.np.config.set("netcfg", STA4, option, value)
            return
        elif option != DHCP:
            raise NwpError(BAD)
        before = self._configured4()
        value = value[:16] if option == STATIC else value
        self.np.config.set("netcfg", STA4, None, bytes([option]) + value, "system")
        self.mode_changed(before)

    def _check_ip4(self, value: bytes) -> None:
        if len(value) < 16:
            raise NwpError(BAD)
        ip, mask, gateway, _ = struct.unpack("<4I", value[:16])
        if not _contiguous(mask) or ip == 0 or ip >> 28 >= 14:
            raise NwpError(GENERAL.STATIC_ADDR_SUBNET_ERROR)
        if gateway and (ip ^ gateway) & mask:
            raise NwpError(GENERAL.STATIC_ADDR_SUBNET_ERROR)

    def _set_ap4(self, option: int, value: bytes) -> None:
        if option != STATIC:
            raise NwpError(BAD)
        self._check_ip4(value)
        self.np.config.set("netcfg", AP4, STATIC, value[:16])

    def _set_local6(self, option: int, value: bytes) -> None:
        if option == STATIC:
            if len(value) < 36:
                raise NwpError(BAD)
            if struct.unpack("<I", value[:4])[0] >> 22 != 0xFE80 >> 6:
                raise NwpError(GENERAL.INCORRECT_IPV6_STATIC_LOCAL_ADDR)
        elif option not in (STATELESS, STATEFUL):
            raise NwpError(BAD)
        self.np.config.set("netcfg", LOCAL6, None, bytes([option]) + value, "system")

    def _set_global6(self, option: int, value: bytes) -> None:
        if option == STATIC:
            if len(value) < 36:
                raise NwpError(BAD)
            top = struct.unpack("<I", value[:4])[0] >> 29
            if top not in (1, 7) or value[3] in (0xFE, 0xFF):
                raise NwpError(GENERAL.INCORRECT_IPV6_STATIC_GLOBAL_ADDR)
            if not self.interfaces() & 4:
                raise NwpError(GENERAL.IPV6_LOCAL_ADDR_SHOULD_BE_SET_FIRST)
        elif option not in (STATELESS, STATEFUL):
            raise NwpError(BAD)
        self.np.config.set("netcfg", GLOBAL6, None, bytes([option]) + value, "system")

    def _set_dns4(self, option: int, value: bytes) -> None:
        if len(value) != 4:
            raise NwpError(BAD)
        self.np.config.set("netcfg", DNS4, 0, value)

    def _set_dns6(self, option: int, value: bytes) -> None:
        if len(value) != 16:
            raise NwpError(BAD)
        self.np.config.set("netcfg", DNS6, 0, value)

    _SETTERS = {
        MAC_SET: _set_mac,
        AP_DROP: _drop_station,
        IF: _set_if,
        STA4: _set_sta4,
        AP4: _set_ap4,
        LOCAL6: _set_local6,
        GLOBAL6: _set_global6,
        DNS4: _set_dns4,
        DNS6: _set_dns6,
    }

    # Get

    @handles("NETCFG_GET")
    def get(self, cmd):
        handler = self._GETTERS.get(cmd.config_id)
        if handler is None:
            raise NwpError(BAD)
        option, value = handler(self, cmd.option, cmd.length)
        self.np.respond(cmd, payload=value, option=option, length=len(value))

    def _get_mac(self, option: int, room: int):
        return 0, self.mac()

    def _get_count(self, option: int, room: int):
        return 0, bytes([len(self.np.groups["wlan_ap"].stations)])

    def _get_list(self, option: int, room: int):
        return option, self.np.groups["wlan_ap"].records(option, room)

    def _get_if(self, option: int, room: int):
        return 0, self.interfaces().to_bytes(4, "little")

    def _get_sta4(self, option: int, room: int):
        """The response's option tells the mode."""
        return self.mode4(), self.np.protocol.pack("ipv4_config", **self.address4())

    def _get_ap4(self, option: int, room: int):
        return STATIC, self.np.config.get("netcfg", AP4, STATIC) or self.ap_default()

    def _get_local6(self, option: int, room: int):
        return self._get6(LOCAL6, self.local6)

    def _get_global6(self, option: int, room: int):
        return self._get6(GLOBAL6, self.global6)

    def _get6(self, config_id: int, address: bytes):
        mode, configured = self.mode6(config_id)
        if any(address) or mode != STATIC:
            words = struct.unpack(">4I", address)
            dns = struct.unpack(">4I", self.dns6)
            value = {"ip": words, "dns": dns, "flags": int(any(address))}
            return mode, self.np.protocol.pack("ipv6_config", **value)
        return mode, configured[:32].ljust(36, b"\0")

    def _get_client(self, option: int, room: int):
        return 0, self.np.protocol.pack("dhcp_client_info", **self.client_info())

    def _get_dns4(self, option: int, room: int):
        return 0, self.np.config.get("netcfg", DNS4, 0) or bytes(4)

    def _get_dns6(self, option: int, room: int):
        return 0, self.np.config.get("netcfg", DNS6, 0) or bytes(16)

    _GETTERS = {
        MAC_GET: _get_mac,
        AP_COUNT: _get_count,
        AP_LIST: _get_list,
        IF: _get_if,
        STA4: _get_sta4,
        AP4: _get_ap4,
        LOCAL6: _get_local6,
        GLOBAL6: _get_global6,
        CLIENT: _get_client,
        DNS4: _get_dns4,
        DNS6: _get_dns6,
    }

    # For the address world (net.py)

    def own_addresses(self) -> list[bytes]:
        """Addresses in use, as bytes in network order."""
        found = [self.ip.to_bytes(4, "big")] if self.ip else []
        return found + [a for a in (self.local6, self.global6) if any(a)]

    def source_address(self, ip: bytes) -> bytes | None:
        """Our address towards a peer; None without one."""
        if len(ip) == 4:
            return self.ip.to_bytes(4, "big") if self.ip else None
        found = self.local6 if ip[0] in (0xFE, 0xFF) else self.global6
        return found if any(found) else None

    def reaches(self, ip: bytes) -> bool:
        """Is there an interface from which this address can be reached?"""
        if len(ip) == 16:
            if ip[0] == 0xFE or ip[0] == 0xFF:
                return any(self.local6)
            return any(self.global6) and self._beyond(ip)
        if not self.ip:
            return False
        inside = not (int.from_bytes(ip, "big") ^ self.ip) & self.mask
        return inside or ip[0] >= 224 or self._beyond(ip)

    def _beyond(self, ip: bytes) -> bool:
        """Does the network lead further than its own addresses?"""
        return self.access_point is None or self.access_point.internet

    def is_broadcast(self, ip: bytes) -> bool:
        if len(ip) != 4:
            return False
        number = int.from_bytes(ip, "big")
        subnet = bool(self.ip) and number == self.ip | ~self.mask & 0xFFFFFFFF
        return number == 0xFFFFFFFF or subnet

    def addresses(self) -> dict:
        """For the control interface: what the device is called now."""
        return {
            "ip": str(ipaddress.IPv4Address(self.ip)),
            "gateway": str(ipaddress.IPv4Address(self.gateway)),
            "dns": str(ipaddress.IPv4Address(self.dns)),
            "local6": str(ipaddress.IPv6Address(self.local6)),
            "global6": str(ipaddress.IPv6Address(self.global6)),
        }
