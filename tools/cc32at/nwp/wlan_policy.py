"""WLAN policies: connection, scan, power management, P2P (nwp-protocol.md 8.4)."""

from __future__ import annotations

from .codes import WLAN
from .registry import Group, NwpError, group, handles

CONNECTION, SCAN, PM, P2P = 0x10, 0x20, 0x30, 0x40
AUTO, FAST, ANY_P2P, AUTO_PROVISIONING = 1, 2, 8, 32
_CONNECTION_BITS = AUTO | FAST | ANY_P2P | AUTO_PROVISIONING
LONG_SLEEP, IOT_LOW_POWER = 4, 6
_PM_POLICIES = (0, 1, 2, 3, LONG_SLEEP, IOT_LOW_POWER)
AP_MINIMUM_INTERVAL = 10  # seconds

_DEFAULTS = {
    CONNECTION: bytes([AUTO]),
    SCAN: b"\0" + (600).to_bytes(4, "little"),
    PM: b"\0",
    P2P: bytes([3 | 2 << 5]),  # negotiate, random initiator
}


@group("wlan_policy")
class Policies(Group):
    """Values are the option byte followed by the policy's record."""

    def _value(self, kind: int) -> bytes:
        return self.np.config.get("wlan_policy", kind, None) or _DEFAULTS[kind]

    def connection(self) -> int:
        """Option bits of the connection policy."""
        return self._value(CONNECTION)[0]

    def scan(self) -> tuple[bool, bool, int]:
        """(on, hidden networks included, interval in seconds)."""
        value = self._value(SCAN)
        return bool(value[0] & 1), bool(value[0] & 2), int.from_bytes(value[1:5], "little")

    def p2p(self) -> tuple[int, int]:
        """(group-owner intent 0-15, initiator 0 active 1 passive 2 random)."""
        option = self._value(P2P)[0]
        return option & 15, option >> 5 & 3

    @handles("WLAN_POLICY_SET")
    def set(self, cmd):
        check = self._CHECKS.get(cmd.policy_type)
        if check is None:
            raise NwpError(WLAN.INVALID_POLICY_TYPE)
        rule = check(self, cmd.option, cmd.payload)
        value = bytes([cmd.option])
        if cmd.policy_type != CONNECTION:
            value += cmd.payload
        self.np.config.set("wlan_policy", cmd.policy_type, None, value, rule)
        self.np.respond(cmd)
        self._apply(cmd.policy_type)

    def _connection(self, option: int, value: bytes) -> str | None:
        """Bit 0 of a value asks for a change that is not stored."""
        if option & ~_CONNECTION_BITS:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        return "" if value and value[0] & 1 else None

    def _scan(self, option: int, value: bytes) -> None:
        interval = int.from_bytes(value[:4], "little") if len(value) >= 4 else None
        if option & ~3 or (option & 1 and not interval):
            raise NwpError(WLAN.SCAN_POLICY_INVALID_PARAMS)
        if option & 1 and self.np.role == "AP" and interval < AP_MINIMUM_INTERVAL:
            raise NwpError(WLAN.AP_SCAN_INTERVAL_TOO_LOW)

    def _pm(self, option: int, value: bytes) -> None:
        if option not in _PM_POLICIES:
            raise NwpError(WLAN.PM_POLICY_INVALID_OPTION)
        if option in (LONG_SLEEP, IOT_LOW_POWER):
            if len(value) < 8:
                raise NwpError(WLAN.PM_POLICY_INVALID_PARAMS)
            sleep = self.np.protocol.unpack("pm_policy", value).max_sleep_ms
            if option == LONG_SLEEP and not 100 <= sleep <= 2000:
                raise NwpError(WLAN.PM_POLICY_INVALID_PARAMS)

    def _p2p(self, option: int, value: bytes) -> None:
        if option >> 5 > 2:
            raise NwpError("SL_ERROR_INVALID_PARAM")

    _CHECKS = {CONNECTION: _connection, SCAN: _scan, PM: _pm, P2P: _p2p}

    def _apply(self, kind: int) -> None:
        if kind == CONNECTION:
            self.np.groups["wlan_profiles"].trigger()
            self.np.groups["wlan_p2p"].policy_changed()
        elif kind == SCAN:
            self.np.groups["wlan_scan"].policy_changed()

    @handles("WLAN_POLICY_GET")
    def get(self, cmd):
        """No status in the response: an unknown type answers with option 0 and no value."""
        value = self._value(cmd.policy_type) if cmd.policy_type in _DEFAULTS else b"\0"
        self.np.respond(cmd, option=value[0], value_len=len(value) - 1, payload=value[1:])
