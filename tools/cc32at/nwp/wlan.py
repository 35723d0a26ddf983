"""WLAN group: connecting as a station, roles (nwp-protocol.md 6.3).

Neighbours: wlan_scan (scan policy and results), wlan_profiles (profiles, automatic connection),
wlan_cfg (configuration), wlan_policy, wlan_ap, wlan_p2p, wlan_filters, wlan_prov, wlan_stat.

A connection attempt: find the access point (repeated until one is there), authenticate,
associate, exchange keys; each step takes the world's `timing` and may meet one of the access
point's `failures`. Success and failure are events; the command's response only says "accepted".
"""

from __future__ import annotations

from . import (  # noqa: F401 (groups that register themselves)
    wlan_ap,
    wlan_cfg,
    wlan_filters,
    wlan_p2p,
    wlan_policy,
    wlan_profiles,
    wlan_prov,
    wlan_scan,
    wlan_stat,
)
from .codes import WLAN
from .registry import Group, NwpError, group, handles
from .wlan_security import (
    ASSOC_TIMEOUT,
    AUTH_TIMEOUT,
    P2P_TYPES,
    SECURITY_FAILURE,
    WPS_PBC,
    WPS_PIN,
    Request,
    fits,
    refusal,
    take_failure,
    type_of,
    wps,
)

USER_INITIATED, WHILE_CONNECTING, BSS_LOSS, NO_LONGER_VALID = 200, 208, 109, 2
ROLES = {0: "STA", 2: "AP", 3: "P2P", 4: "TAG"}
_REASONS = {"auth": AUTH_TIMEOUT, "assoc": ASSOC_TIMEOUT, "key": SECURITY_FAILURE}


@group("wlan")
class Wlan(Group):
    """The station. state: idle, searching, joining, connected."""

    def __init__(self, np):
        super().__init__(np)
        self.away: dict = {}  # access points the control interface has switched off
        self.servers_off: dict = {}  # and DHCP servers
        self.forget()
        np.world.listeners.append(self.world_changed)

    def forget(self) -> None:
        self.state = "idle"
        self.request: Request | None = None
        self.by_user = False  # the attempt comes from a command, not from a profile
        self.ap = None
        self.joined_as = None
        self.paused = False  # the user disconnected: no automatic connection until asked
        self.timer = None

    @property
    def associated(self) -> bool:
        return self.state == "connected"

    @property
    def busy_connecting(self) -> bool:
        return self.state in ("searching", "joining") or self._profiles().auto_possible()

    def _profiles(self):
        return self.np.groups["wlan_profiles"]

    # Power and mode

    def power_on(self):
        self.forget()
        if self.np.role in ("STA", "TAG"):
            self._profiles().start()
        elif self.np.role == "AP":
            self.np.groups["wlan_ap"].start()
        else:
            self.np.groups["wlan_p2p"].start()

    def power_off(self):
        self.forget()

    @handles("WLAN_SET_MODE")
    def set_mode(self, cmd):
        if cmd.mode not in ROLES:
            raise NwpError(WLAN.INVALID_ROLE)
        self.np.set_next_role(ROLES[cmd.mode])
        return 0

    # Commands

    @handles("WLAN_CONNECT", "WLAN_CONNECT_EAP")
    def connect(self, cmd):
        request = Request.of(cmd, cmd.name == "WLAN_CONNECT_EAP")
        request.check()
        if self.np.groups["sockets"].transceiver_open():
            raise NwpError(WLAN.TRANSCEIVER_ENABLED)
        if self.np.role == "P2P":
            self.np.groups["wlan_p2p"].check_request(request)
            self.np.respond(cmd)
            self.np.groups["wlan_p2p"].connect(request)
            return
        if self.np.role != "STA" or request.security in P2P_TYPES:
            raise NwpError(WLAN.INVALID_ROLE)
        self.np.respond(cmd)
        self.leave(USER_INITIATED)
        self.attempt(request, by_user=True)

    @handles("WLAN_DISCONNECT")
    def disconnect(self, cmd):
        if self.np.role == "P2P":
            status = self.np.groups["wlan_p2p"].can_disconnect()
            self.np.respond(cmd, status)
            if not status:
                self.np.groups["wlan_p2p"].disconnect(USER_INITIATED)
            return
        if self.state == "idle":
            raise NwpError(WLAN.WIFI_ALREADY_DISCONNECTED)
        self.np.respond(cmd)
        self.paused = True
        if self.np.groups["netcfg"].releases():
            self.np.groups["netcfg"].release()
        self.leave(USER_INITIATED if self.associated else WHILE_CONNECTING)

    # Connecting

    def attempt(self, request: Request, by_user: bool, ap=None) -> None:
        """Start to connect; `ap` skips the search (fast connect)."""
        self._stop_timer()
        self.request, self.by_user, self.ap = request, by_user, ap
        self.paused = False
        if ap is not None:
            self._join(ap)
        else:
            self.state = "searching"
            self.timer = self.np.after(self.np.world.timing.scan_s, self._searched)

    def _searched(self) -> None:
        ap = self.best(self.request)
        if ap is None:
            self.timer = self.np.after(self.np.world.timing.rescan_s, self._searched)
        else:
            self._join(ap)

    def best(self, request: Request):
        """The strongest access point of the wanted network, by fit of its security first."""
        found = [
            ap
            for ap in self.np.world.access_points
            if (ap.ssid == request.ssid or not request.ssid and fits(ap, request))
            and (request.bssid in (bytes(6), ap.bssid))
            and self.np.groups["wlan_scan"].hears(ap)
        ]
        found.sort(key=lambda ap: (fits(ap, request), ap.rssi), reverse=True)
        return found[0] if found else None

    def _join(self, ap) -> None:
        self.state, self.ap = "joining", ap
        self._next_step(["auth", "assoc", *(["key"] if ap.security != "open" else [])])

    def _next_step(self, steps: list) -> None:
        if not steps:
            self._joined()
            return
        seconds = getattr(self.np.world.timing, f"{steps[0]}_s")
        self.timer = self.np.after(seconds, self._step_done, steps)

    def _step_done(self, steps: list) -> None:
        step, ap = steps[0], self.ap
        if ap not in self.np.world.access_points:
            self._failed(AUTH_TIMEOUT if step == "auth" else ASSOC_TIMEOUT)
            return
        reason = self._step_fails(step, ap)
        if reason:
            self._failed(reason)
        else:
            self._next_step(steps[1:])

    def _step_fails(self, step: str, ap) -> int:
        """The reason for which this step fails; 0 when it does not."""
        scripted = take_failure(ap, step)
        if scripted is not None:
            return scripted.reason or _REASONS[step]
        if step == "auth":
            if not fits(ap, self.request):
                return SECURITY_FAILURE
            if self.request.security in (WPS_PBC, WPS_PIN):
                handed_out = wps(ap, self.request)
                if handed_out is None:
                    return SECURITY_FAILURE
                self.request = handed_out
            elif ap.security == "wep":
                return self._refusal(ap)
        return self._refusal(ap) if step == "key" else 0

    def _refusal(self, ap) -> int:
        skip = self.np.groups["wlan_cfg"].skip_server_check()
        return refusal(ap, self.request, self.np.storage, skip)

    def _failed(self, reason: int) -> None:
        request, ap = self.request, self.ap
        self.state, self.ap = "idle", None
        self.np.event(
            "WLAN_EV_DISCONNECTED",
            ssid_len=len(request.ssid),
            ssid=request.ssid,
            bssid=ap.bssid if ap else bytes(6),
            reason=reason,
        )
        self.np.groups["wlan_prov"].connect_failed(reason)
        self._profiles().failed(request)

    def _joined(self) -> None:
        ap = self.ap
        self.state = "connected"
        self.joined_as = (ap.ssid, ap.channel, ap.security, ap.key)
        self.np.set_status("WLAN_CONN", True)
        self.np.event(
            "WLAN_EV_CONNECTED",
            ssid_len=len(ap.ssid),
            ssid=ap.ssid,
            bssid=ap.bssid,
            channel=ap.channel,
        )
        self._profiles().connected(self.request, ap)
        self.np.groups["wlan_prov"].connected()
        self.np.groups["netcfg"].link_up(ap, self.request)
        link = take_failure(ap, "link")
        if link is not None:
            self.timer = self.np.after(link.after_s, self.lost, link.reason or BSS_LOSS)

    # Leaving

    def leave(self, reason: int) -> None:
        """End whatever there is, with the event that belongs to it."""
        self._stop_timer()
        if self.state == "idle":
            return
        request, ap, was_up = self.request, self.ap, self.associated
        self.state, self.ap = "idle", None
        if was_up:
            self.np.set_status("WLAN_CONN", False)
            self.np.groups["netcfg"].link_down()
        self.np.event(
            "WLAN_EV_DISCONNECTED",
            ssid_len=len(request.ssid),
            ssid=request.ssid,
            bssid=ap.bssid if ap else bytes(6),
            reason=reason,
        )

    def give_up(self) -> None:
        """Stop looking for a network, without an event."""
        self._stop_timer()
        self.state, self.ap = "idle", None

    def lost(self, reason: int = BSS_LOSS) -> None:
        """The network is gone, without the user's doing; profiles may bring us back."""
        if self.state != "connected":
            return
        self.leave(reason)
        self._profiles().retry_soon()

    def _stop_timer(self) -> None:
        self.np.cancel(self.timer)
        self.timer = None

    # World

    def world_changed(self, action: str, kind: str, item) -> None:
        """An access point went away or became another one."""
        if kind != "access_points" or item is not self.ap or not self.associated:
            return
        if action == "remove":
            self.np.after(self.np.world.timing.beacon_loss_s, self._still_gone, item)
            return
        ssid, channel, *secrets = self.joined_as
        if [item.security, item.key] != secrets:
            self.lost(NO_LONGER_VALID)
        elif (item.ssid, item.channel) != (ssid, channel):
            self.lost(BSS_LOSS)
        else:
            self.np.groups["wlan_stat"].level_changed(item.rssi)

    def _still_gone(self, item) -> None:
        if item is self.ap and item not in self.np.world.access_points:
            self.lost(BSS_LOSS)

    # For others

    def connection_info(self) -> bytes:
        """Record connection_info (config id 5)."""
        role = {"STA": 0, "AP": 2, "P2P": 3, "TAG": 4}[self.np.role]
        if self.np.role == "P2P":
            values = self.np.groups["wlan_p2p"].connection()
        elif self.np.role == "AP":
            values = self.np.groups["wlan_ap"].connection()
        elif self.associated:
            values = {
                "status": 1,
                "sec_type": type_of(self.ap),
                "ssid_len": len(self.ap.ssid),
                "ssid": self.ap.ssid,
                "bssid": self.ap.bssid,
                "channel": self.ap.channel,
            }
        else:
            values = {}
        return self.np.protocol.pack("connection_info", mode=role, **values)
