"""Scanning: policy-driven sweeps, one-shot sweeps, the result table (nwp-protocol.md 6.3)."""

from __future__ import annotations

from ..world.things import wep_key
from .codes import WLAN
from .registry import Group, NwpError, group, handles

ENTRIES = 30

# Fields of security_info: cipher sets, security type, key management.
WEP40, WEP104, TKIP, CCMP = 1, 2, 4, 8
_INFO = {  # security -> group cipher, unicast ciphers, type, key management
    "open": (0, 0, 0, 0),
    "wep": (WEP104, WEP104, 1, 0),  # WEP40 where the key is the short one
    "wpa": (TKIP, TKIP, 2, 2),
    "wpa2": (CCMP, CCMP, 4, 2),
    "wpa_wpa2": (TKIP, TKIP | CCMP, 6, 2),
    "wpa3": (CCMP, CCMP, 5, 3),
    "wpa2_plus": (CCMP, CCMP, 4, 0),
    "wpa_ent": (CCMP, CCMP, 4, 1),
}
_PMF = {"none": 0, "capable": 0x4000, "required": 0xC000}


def security_info(ap) -> int:
    """The bit field of enum security_info."""
    group_cipher, unicast, kind, management = _INFO[ap.security]
    if ap.security == "wep" and len(wep_key(ap.key)) == 5:
        group_cipher = unicast = WEP40
    pmf = "required" if ap.security in ("wpa3", "wpa2_plus") else ap.pmf
    info = group_cipher | unicast << 4 | kind << 8 | management << 11 | _PMF[pmf]
    return info | (0x2000 if ap.hidden else 0)


@group("wlan_scan")
class Scan(Group):
    """The result table and what fills it."""

    def __init__(self, np):
        super().__init__(np)
        self._clear()

    def _clear(self) -> None:
        self.results: list | None = None  # access points of the last sweep, strongest first
        self.taken_at = 0.0
        self.sweep = None  # timer of the running sweep
        self.next = None  # timer of the next sweep by policy

    def power_on(self):
        self._clear()
        self.policy_changed()

    def power_off(self):
        self._clear()

    def policy_changed(self) -> None:
        """Sweep now and then in the policy's interval, or not at all."""
        self.np.cancel(self.next)
        self.next = None
        if self.np.groups["wlan_policy"].scan()[0]:
            self._begin()

    def _begin(self) -> None:
        on, _, interval = self.np.groups["wlan_policy"].scan()
        if on:
            self.np.cancel(self.next)
            self.next = self.np.after(float(interval), self._begin)
        if self.sweep is None:
            self.sweep = self.np.after(self.np.world.timing.scan_s, self._swept)

    def _swept(self) -> None:
        self.sweep = None
        hidden = self.np.groups["wlan_policy"].scan()[1]
        found = [ap for ap in self.np.world.access_points if self.hears(ap)]
        found = [self._entry(ap) for ap in found if hidden or not ap.hidden]
        self.results = sorted(found, key=lambda e: -e["rssi"])[:ENTRIES]
        self.taken_at = self.np.now()

    def hears(self, ap) -> bool:
        """On one of the scanned channels and above the threshold (config GENERAL/18)."""
        mask, threshold = self.np.groups["wlan_cfg"].scan_params()
        return bool(mask >> (ap.channel - 1) & 1) and ap.rssi >= threshold

    def _entry(self, ap) -> dict:
        ssid = b"" if ap.hidden else ap.ssid
        return {
            "ssid": ssid,
            "ssid_len": len(ssid),
            "bssid": ap.bssid,
            "rssi": ap.rssi,
            "security_info": security_info(ap),
            "channel": ap.channel,
            "country": ap.country,
        }

    def _stale(self) -> bool:
        on, _, interval = self.np.groups["wlan_policy"].scan()
        limit = 2.0 * interval if on else self.np.world.timing.stale_s
        return self.np.now() - self.taken_at > limit

    @handles("WLAN_SCAN_RESULTS_GET")
    def get(self, cmd):
        """Starts a one-shot sweep when there is nothing recent; -2073 until it is done."""
        self._check(cmd)
        if self.results is None or self._stale():
            self.results = None
            self._begin()
            raise NwpError(WLAN.GET_NETWORK_LIST_EAGAIN)
        self._answer(cmd, "network_entry")

    @handles("WLAN_EXT_SCAN_RESULTS_GET")
    def get_extended(self, cmd):
        """Never starts a sweep."""
        self._check(cmd)
        if self.results is None:
            raise NwpError(WLAN.GET_NETWORK_LIST_EAGAIN)
        self._answer(cmd, "ext_network_entry")

    def _check(self, cmd) -> None:
        if cmd.index >= ENTRIES or not 0 < cmd.count <= ENTRIES:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        if self.np.groups["sockets"].transceiver_open():
            raise NwpError(WLAN.TRANSCEIVER_ENABLED)

    def _answer(self, cmd, record: str) -> None:
        part = self.results[cmd.index : cmd.index + cmd.count]
        payload = b""
        for entry in part:
            values = dict(entry)
            country = values.pop("country")
            if record == "ext_network_entry":
                channels = 0x7FF if country == b"US" else 0x1FFF
                values |= {"country": country, "channels_2g4": channels}
            payload += self.np.protocol.pack(record, **values)
        self.np.respond(cmd, len(part), payload=payload)
