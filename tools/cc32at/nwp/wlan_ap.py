"""Access-point role: stations that join and leave, their addresses (nwp-protocol.md 6.3, 8.2)."""

from __future__ import annotations

from ..world.things import wep_key
from .checks import mac as as_mac
from .codes import WLAN
from .registry import Group, NwpError, group
from .wlan_cfg import AP
from .wlan_security import pmk

RELEASED, DECLINED, EXPIRED = 0, 1, 2  # reasons of NETAPP_EV_DHCPV4_RELEASED


class Joined:
    """A station in our network; ip 0 before it has an address."""

    def __init__(self, station):
        self.station = station
        self.ip = 0


@group("wlan_ap")
class AccessPointRole(Group):
    """The device as access point. `stations`: by MAC, in the order of joining."""

    def __init__(self, np):
        super().__init__(np)
        self.up = False
        self.stations: dict[bytes, Joined] = {}
        np.world.listeners.append(self.world_changed)

    def power_off(self):
        self.up = False
        self.stations = {}

    def start(self) -> None:
        """The role begins: address first, then whoever the world sends."""
        self.up = True
        self.stations = {}
        self.np.groups["netcfg"].ap_up()
        for station in self.np.world.stations:
            if station.join_s is not None:
                self.np.after(station.join_s, self.join, station.mac)

    def world_changed(self, action: str, kind: str, item) -> None:
        if kind != "stations" or not self.up:
            return
        if action == "add" and item.join_s is not None:
            self.np.after(item.join_s, self.join, item.mac)
        elif action == "remove" and item.mac in self.stations:
            self.leave(item.mac)

    def _secret_fits(self, station) -> bool:
        cfg = self.np.groups["wlan_cfg"]
        security = cfg.value(AP, 6, True)[0]
        if security == 0:
            return True
        password, ssid = cfg.value(AP, 7, True), cfg.value(AP, 0, True)
        if security == 1:
            return wep_key(station.key) == password
        return pmk(station.key, ssid) == pmk(password, ssid)

    def join(self, mac: bytes | str) -> bool:
        """A station of the world tries to join; False when it is not let in."""
        station = self.np.world.find("stations", as_mac(mac))
        limit = self.np.groups["wlan_cfg"].value(AP, 19, True)[0]
        if not self.up or station is None or station.mac in self.stations:
            return False
        denied = self.np.groups["wlan_cfg"].denied(station.mac)
        if denied or len(self.stations) >= limit or not self._secret_fits(station):
            return False
        self.stations[station.mac] = Joined(station)
        self.np.after(self.np.world.timing.station_s, self._associated, station.mac)
        if station.leave_s is not None:
            self.np.after(station.leave_s, self.leave, station.mac)
        return True

    def _associated(self, mac: bytes) -> None:
        if mac in self.stations:
            self.np.event("WLAN_EV_STA_ADDED", mac=mac)
            self.np.after(self.np.world.timing.lease_s, self._lease, mac)

    def _lease(self, mac: bytes) -> None:
        joined = self.stations.get(mac)
        options = self.np.groups["netapp"].dhcp_server()
        if joined is None or options is None:
            return
        taken = {s.ip for s in self.stations.values()}
        free = (ip for ip in range(options.ip_first, options.ip_last + 1) if ip not in taken)
        joined.ip = next(free, 0)
        if joined.ip:
            self.np.event(
                "NETAPP_EV_DHCPV4_LEASED", ip=joined.ip, lease_time=options.lease_time, mac=mac
            )

    def leave(self, mac: bytes | str, reason: int = RELEASED) -> bool:
        """A station goes; its address comes back."""
        joined = self.stations.pop(as_mac(mac), None)
        if joined is None:
            return False
        mac = joined.station.mac
        self.np.event("WLAN_EV_STA_REMOVED", mac=mac)
        if joined.ip:
            self.np.event("NETAPP_EV_DHCPV4_RELEASED", ip=joined.ip, mac=mac, reason=reason)
        return True

    def drop(self, mac: bytes) -> None:
        """The host throws a station out (netcfg id 5); the events follow the response."""
        if mac not in self.stations:
            raise NwpError(WLAN.AP_STA_NOT_FOUND)
        self.np.after(0, self.leave, mac)

    def connection(self) -> dict:
        """Fields of connection_info."""
        cfg = self.np.groups["wlan_cfg"]
        ssid = cfg.value(AP, 0, True)
        return {
            "status": 4 if self.stations else 0,
            "sec_type": cfg.value(AP, 6, True)[0],
            "ssid_len": len(ssid),
            "ssid": ssid,
            "bssid": self.np.groups["netcfg"].mac(),
            "channel": cfg.value(AP, 3, True)[0],
        }

    def records(self, first: int, room: int) -> bytes:
        """Records ap_station_info from this index on, as many as fit `room` bytes."""
        found = list(self.stations.values())[first : first + room // 44]
        return b"".join(
            self.np.protocol.pack(
                "ap_station_info",
                ip=joined.ip,
                mac=joined.station.mac,
                status=1 if joined.ip else 0,
                name=joined.station.name,
            )
            for joined in found
        )
