"""Wi-Fi Direct: peers, group negotiation, client and group-owner roles (nwp-protocol.md 6.3)."""

from __future__ import annotations

from .checks import mac as as_mac
from .codes import WLAN
from .registry import Group, NwpError, group
from .wlan_policy import ANY_P2P
from .wlan_security import (
    P2P_PBC,
    P2P_PIN_AUTO,
    P2P_PIN_DISPLAY,
    P2P_PIN_KEYPAD,
    P2P_TYPES,
    Request,
)

# WPS method of a peer -> number in enum p2p_wps_method, and the security types that fit it.
_METHODS = {
    "pbc": (4, (P2P_PBC,)),
    "display": (2, (P2P_PIN_KEYPAD, P2P_PIN_AUTO)),
    "keypad": (1, (P2P_PIN_DISPLAY, P2P_PIN_AUTO)),
}
NEGOTIATION_FAILED, WRONG_PIN = 1, 2
PASSIVE, BACKOFF = 1, 2  # initiator of the P2P policy; 0 asks at once
CLIENT, OWNER = 2, 3  # connection status in connection_info


@group("wlan_p2p")
class WifiDirect(Group):
    """state: off, listening, negotiating, client, owner."""

    def __init__(self, np):
        super().__init__(np)
        self.state = "off"
        self.peer = None
        self.found: list[bytes] = []
        np.world.listeners.append(self.world_changed)

    def power_off(self):
        self.state, self.peer, self.found = "off", None, []

    def start(self) -> None:
        self.state, self.peer, self.found = "listening", None, []
        for peer in self.np.world.p2p_peers:
            self._expect(peer)

    def _expect(self, peer) -> None:
        self.np.after(peer.appear_s, self.appear, peer.mac)
        if peer.request_s is not None:
            self.np.after(peer.request_s, self.request, peer.mac)

    def world_changed(self, action: str, kind: str, item) -> None:
        if kind != "p2p_peers" or self.state == "off":
            return
        if action == "add":
            self._expect(item)
        elif action == "remove" and item is self.peer:
            self.disconnect(3)

    def _find(self, mac):
        return self.np.world.find("p2p_peers", as_mac(mac))

    def appear(self, mac) -> bool:
        """A peer is found."""
        peer = self._find(mac)
        if self.state == "off" or peer is None or peer.mac in self.found:
            return False
        self.found.append(peer.mac)
        self._peer_event("WLAN_EV_P2P_DEV_FOUND", peer)
        self._join_any()
        return True

    def request(self, mac) -> bool:
        """A peer asks for a negotiation."""
        peer = self._find(mac)
        if self.state != "listening" or peer is None:
            return False
        self._peer_event("WLAN_EV_P2P_REQUEST", peer)
        if peer.mac in self.found:
            self._join(peer)
        return True

    def _peer_event(self, event: str, peer) -> None:
        self.np.event(
            event,
            name_len=len(peer.name),
            name=peer.name,
            mac=peer.mac,
            wps_method=_METHODS[peer.wps][0],
        )

    def policy_changed(self) -> None:
        if self.state == "listening":
            self._join_any()

    def _join_any(self) -> None:
        """Connection policy "any P2P": ask the first push-button peer, if the P2P policy lets."""
        _, initiator = self.np.groups["wlan_policy"].p2p()
        if initiator == BACKOFF:
            self.np.after(self.np.world.timing.p2p_backoff_s, self._join_first)
        elif initiator != PASSIVE:
            self._join_first()

    def _join_first(self) -> None:
        for mac in self.found:
            self._join(self._find(mac))

    def _join(self, peer) -> None:
        """Negotiate with a peer, under the policy "any P2P"."""
        wanted = self.np.groups["wlan_policy"].connection() & ANY_P2P
        if wanted and self.state == "listening" and peer is not None and peer.wps == "pbc":
            self.connect(Request(peer.name, peer.mac, P2P_PBC))

    def check_request(self, request: Request) -> None:
        """NwpError when the connect command cannot be accepted."""
        if request.security not in P2P_TYPES:
            raise NwpError(WLAN.INVALID_SECURITY_TYPE)
        if self.state in ("negotiating", "client", "owner"):
            raise NwpError("SL_ERROR_STATUS_ERROR")

    def connect(self, request: Request) -> None:
        self.state = "negotiating"
        self.np.after(self.np.world.timing.p2p_s, self._negotiated, request)

    def _negotiated(self, request: Request) -> None:
        if self.state != "negotiating":
            return
        peer = self._wanted(request)
        if peer is None or request.security not in _METHODS[peer.wps][1]:
            self._fail(NEGOTIATION_FAILED)
        elif peer.wps == "display" and request.key != peer.pin:
            self._fail(WRONG_PIN)
        elif self._we_own(peer):
            self._become_owner(peer)
        else:
            self._become_client(peer)

    def _wanted(self, request: Request):
        for peer in self.np.world.p2p_peers:
            if peer.mac in self.found and (
                peer.mac == request.bssid
                or (request.bssid == bytes(6) and peer.name == request.ssid)
            ):
                return peer
        return None

    def _fail(self, status: int) -> None:
        self.state = "listening"
        self.np.event("WLAN_EV_P2P_CONNECT_FAIL", status=status)

    def _we_own(self, peer) -> bool:
        """The higher intent owns the group; a tie goes by a coin, here the lower MAC address."""
        ours, _ = self.np.groups["wlan_policy"].p2p()
        if ours != peer.intent:
            return ours > peer.intent
        return self.np.groups["netcfg"].mac() < peer.mac

    def _become_client(self, peer) -> None:
        self.state, self.peer = "client", peer
        self.np.set_status("WLAN_CONN", True)
        self._link_event("WLAN_EV_P2P_CONNECTED")
        self.np.groups["netcfg"].p2p_client_up(peer)

    def _become_owner(self, peer) -> None:
        self.state, self.peer = "owner", peer
        self.np.set_status("WLAN_CONN", True)
        self._client_event("WLAN_EV_P2P_CLIENT_ADDED")
        self.np.groups["netcfg"].ap_up()
        self.np.after(self.np.world.timing.lease_s, self._lease)

    def _lease(self) -> None:
        options = self.np.groups["netapp"].dhcp_server()
        if self.state == "owner" and options is not None:
            self.np.event(
                "NETAPP_EV_DHCPV4_LEASED",
                ip=options.ip_first,
                lease_time=options.lease_time,
                mac=self.peer.mac,
            )

    def can_disconnect(self) -> int:
        """Status of the disconnect command."""
        return 0 if self.state in ("client", "owner") else WLAN.WIFI_ALREADY_DISCONNECTED

    def disconnect(self, reason: int = 3) -> None:
        """The group ends; reason of enum disconnect_reason."""
        if self.state == "client":
            self._link_event("WLAN_EV_P2P_DISCONNECTED", reason=reason)
        elif self.state == "owner":
            self._client_event("WLAN_EV_P2P_CLIENT_REMOVED")
        else:
            return
        self.state, self.peer = "listening", None
        self.np.set_status("WLAN_CONN", False)
        self.np.groups["netcfg"].link_down()

    def _group_ssid(self) -> bytes:
        return self.peer.ssid or b"DIRECT-" + self.peer.name[:25]

    def _link_event(self, event: str, **fields) -> None:
        ssid = self._group_ssid()
        name = self.peer.name
        common = {"ssid_len": len(ssid), "ssid": ssid, "bssid": self.peer.mac}
        self.np.event(event, **common, go_name_len=len(name), go_name=name, **fields)

    def _client_event(self, event: str) -> None:
        own = b"DIRECT-" + self.np.groups["netapp"].urn()[:25]
        self.np.event(
            event,
            mac=self.peer.mac,
            name_len=len(self.peer.name),
            name=self.peer.name,
            own_ssid_len=len(own),
            own_ssid=own,
        )

    def connection(self) -> dict:
        """Fields of connection_info."""
        if self.peer is None:
            return {}
        ssid, name = self._group_ssid(), self.peer.name
        return {
            "status": CLIENT if self.state == "client" else OWNER,
            "ssid_len": len(ssid),
            "ssid": ssid,
            "bssid": self.peer.mac,
            "go_name_len": len(name),
            "go_name": name,
        }
