"""Provisioning: a phone hands the network's name and key over (nwp-protocol.md 3.4, 6.3).

The phone is the control interface: `deliver` a profile, and the confirmation takes its course
with the network of the world. Progress is WLAN_EV_PROVISIONING_STATUS.
"""

from __future__ import annotations

from .checks import text
from .codes import WLAN
from .registry import Group, NwpError, group, handles
from .wlan_policy import AUTO_PROVISIONING
from .wlan_profiles import SLOTS
from .wlan_security import OPEN, WPA_WPA2, Request

AP_MODES = (0, 2, 3)
EXTERNAL, STOP, ABORT_EXTERNAL = 3, 4, 5
SHORTEST = 30  # seconds of inactivity that may be asked for
HTTP_SERVER = 1


@group("wlan_prov")
class Provisioning(Group):
    """active: running; confirming: name of the network under test."""

    def __init__(self, np):
        super().__init__(np)
        self._clear()

    def _clear(self) -> None:
        self.active = False
        self.confirming: bytes | None = None
        self.timeout = 0
        self.timer = None
        self.limit_timer = None

    def power_on(self):
        self._clear()
        auto = self.np.groups["wlan_policy"].connection() & AUTO_PROVISIONING
        if auto and self.np.role == "STA":
            self.np.after(self.np.world.timing.provision_s, self._auto)

    def power_off(self):
        self._clear()

    def _auto(self) -> None:
        profiles = self.np.groups["wlan_profiles"]
        if not self.active and not any(profiles.slots) and not self.np.groups["wlan"].associated:
            self._begin(600, by_user=False)
            self._tell("AUTO_STARTED")

    # Commands

    @handles("WLAN_PROVISIONING")
    def command(self, cmd):
        if cmd.command == STOP or cmd.inactivity_timeout_s == 0:
            self._need_active()
            self.np.respond(cmd)
            self._end("STOPPED")
        elif cmd.command == ABORT_EXTERNAL:
            self._need_active()
            self.np.respond(cmd)
            self._end("ERROR_ABORT")
        else:
            self._check_start(cmd)
            self.np.respond(cmd)
            self._begin(cmd.inactivity_timeout_s, by_user=True)
            if cmd.command == EXTERNAL:
                self.np.set_status("PROVISIONING_ENABLE_API", True)
                self._tell("EXTERNAL_CONFIGURATION_READY")

    def _need_active(self) -> None:
        if not self.active:
            raise NwpError(WLAN.PROVISIONING_CMD_NOT_EXPECTED)

    def _check_start(self, cmd) -> None:
        bad = cmd.command > EXTERNAL or cmd.inactivity_timeout_s < SHORTEST
        if bad or cmd.role_after_success not in (0, 2, 0xFF):
            raise NwpError(WLAN.PROVISIONING_ABORT_INVALID_PARAM)
        if self.active:
            raise NwpError(WLAN.PROVISIONING_ABORT_PROVISIONING_ALREADY_STARTED)
        if all(self.np.groups["wlan_profiles"].slots[:SLOTS]):
            raise NwpError(WLAN.PROVISIONING_ABORT_PROFILE_LIST_FULL)
        if cmd.command in AP_MODES and not self.np.groups["netapp"].running & HTTP_SERVER:
            raise NwpError(WLAN.PROVISIONING_ABORT_HTTP_SERVER_DISABLED)

    def _begin(self, timeout: int, by_user: bool) -> None:
        self.active, self.timeout = True, timeout
        self.np.set_status("PROVISIONING_ACTIVE", True)
        self.np.set_status("PROVISIONING_USER_INITIATED", by_user)
        self._stay_awake()

    def _stay_awake(self) -> None:
        """Something happened: the inactivity time begins anew."""
        self.np.cancel(self.timer)
        self.timer = self.np.after(float(self.timeout), self._end, "STOPPED")

    def _end(self, status: str) -> None:
        self.np.cancel(self.timer)
        self.np.cancel(self.limit_timer)
        self._tell(status)
        self._clear()
        for bit in ("ACTIVE", "USER_INITIATED", "ENABLE_API"):
            self.np.set_status(f"PROVISIONING_{bit}", False)
        self.np.refresh()

    def _tell(self, status: str) -> None:
        wlan = self.np.groups["wlan"]
        state = {"idle": 0, "searching": 1, "joining": 2, "connected": 3}[wlan.state]
        ssid = self.confirming or b""
        self.np.event(
            "WLAN_EV_PROVISIONING_STATUS",
            status=self.np.protocol.enums["provisioning_status"][status],
            role=0,
            wlan_status=state,
            ssid_len=len(ssid),
            ssid=ssid,
        )

    # The phone

    def deliver(self, ssid: str | bytes, key: str | bytes = b"", priority: int = 1) -> bool:
        """The phone hands a network over; False while no provisioning runs."""
        if not self.active:
            return False
        ssid, key = text(ssid), text(key)
        request = Request(ssid, security=WPA_WPA2 if key else OPEN, key=key)
        self._stay_awake()
        try:
            self.np.groups["wlan_profiles"].put(request, priority)
        except NwpError:
            self._tell("ERROR_ABORT_INVALID_PARAM")
            return False
        fields = {"ssid_len": len(ssid), "ssid": ssid}
        self.np.event("WLAN_EV_PROVISIONING_PROFILE_ADDED", status=0, **fields)
        self.confirming = ssid
        self.np.groups["wlan"].attempt(request, by_user=True)
        self.limit_timer = self.np.after(self.np.world.timing.confirm_s, self._not_found)
        return True

    def synced(self) -> None:
        """SmartConfig has caught the phone's transmission."""
        if self.active:
            self._tell("SMART_CONFIG_SYNCED")

    # What the connection reports

    def connected(self) -> None:
        if self.confirming is not None:
            self.np.cancel(self.limit_timer)
            self._tell("CONFIRMATION_WLAN_CONNECT")

    def ip_acquired(self) -> None:
        if self.confirming is not None:
            self._tell("CONFIRMATION_IP_ACQUIRED")
            self._tell("CONFIRM_SUCCESS")
            self._end("STOPPED")

    def ip_failed(self) -> None:
        self._confirmation_failed("CONFIRM_IP_NOT_ACQUIRED")

    def connect_failed(self, reason: int) -> None:
        self._confirmation_failed("CONFIRM_FAIL_CONNECTION_FAILED")

    def _not_found(self) -> None:
        wlan = self.np.groups["wlan"]
        if wlan.state == "searching":
            wlan.give_up()
        self._confirmation_failed("CONFIRM_FAIL_NETWORK_NOT_FOUND")

    def _confirmation_failed(self, status: str) -> None:
        if self.confirming is not None:
            self.np.cancel(self.limit_timer)
            self._tell(status)
            self.confirming = None
