"""RX statistics and link-quality triggers (nwp-protocol.md 6.3, 8.3)."""

from __future__ import annotations

from .registry import Group, NwpError, group, handles

BINS = (-40, -50, -60, -70, -80)  # lower ends of the RSSI histogram's bins; the last is open
LOW, HIGH, BOTH = 0, 1, 2
EDGE = 1


@group("wlan_stat")
class Statistics(Group):
    """Counts beacons of the connected network and frames of sockets."""

    def __init__(self, np):
        super().__init__(np)
        self.running = False
        self.since = 0.0
        self.frames = 0
        self.triggers: dict[int, dict] = {}

    def power_on(self):
        self.running = False
        self.since = self.np.now()
        self.triggers = {}

    @handles("WLAN_RX_STAT_START")
    def start(self, cmd):
        self.running, self.since = True, self.np.now()
        self.frames = self.np.counters["rx_bytes"]
        return 0

    @handles("WLAN_RX_STAT_STOP")
    def stop(self, cmd):
        self.running = False
        return 0

    @handles("WLAN_RX_STAT_GET")
    def get(self, cmd):
        """The bare record; counters begin anew."""
        now = self.np.now()
        fields = {"start_time": _us(self.since), "get_time": _us(now)}
        ap = self.np.groups["wlan"].ap
        if self.running and ap is not None and self.np.groups["wlan"].associated:
            count = int((now - self.since) / self.np.world.timing.beacon_s)
            rssi = [0] * 6
            rssi[sum(ap.rssi < edge for edge in BINS)] = min(count, 0xFFFF)
            rates = [min(count, 0xFFFF)] + [0] * 19
            fields |= {"valid_packets": count, "avg_mgmt_rssi": ap.rssi, "avg_data_rssi": ap.rssi}
            fields |= {"rate_histogram": rates, "rssi_histogram": rssi}
        self.since = now
        self.np.respond(cmd, **fields)

    # Link quality

    def register(self, raw: bytes) -> None:
        """Record link_quality_reg: one of two triggers on the level of the signal."""
        values = dict(self.np.protocol.unpack("link_quality_reg", raw))
        if values["trigger_id"] > 1 or values["direction"] > BOTH or values["pacing_ms"] > 60000:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        if not -100 <= values["threshold"] <= 100:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        if values["enable"]:
            self.triggers[values["trigger_id"]] = {**values, "told_at": None, "side": None}
            if self.np.groups["wlan"].associated:
                self.level_changed(self.np.groups["wlan"].ap.rssi)
        else:
            self.triggers.pop(values["trigger_id"], None)

    def level_changed(self, rssi: int) -> None:
        """The access point is heard at another level."""
        for number, trigger in self.triggers.items():
            side = self._side(trigger, rssi)
            crossed = trigger["side"] is not None and side != trigger["side"]
            trigger["side"] = side
            wanted = trigger["direction"] in (side, BOTH)
            if wanted and (crossed or trigger["type"] != EDGE) and self._paced(trigger):
                trigger["told_at"] = self.np.now()
                self.np.event("WLAN_EV_LINK_QUALITY", data=rssi, trigger_id=number)

    def _side(self, trigger: dict, rssi: int) -> int:
        """Below or above the threshold, with hysteresis around the side we are on."""
        threshold = trigger["threshold"]
        if trigger["side"] == LOW:
            threshold += trigger["hysteresis"]
        return LOW if rssi < threshold else HIGH

    def _paced(self, trigger: dict) -> bool:
        told = trigger["told_at"]
        return told is None or self.np.now() - told >= trigger["pacing_ms"] / 1000


def _us(seconds: float) -> int:
    return int(seconds * 1e6) & 0xFFFFFFFF
