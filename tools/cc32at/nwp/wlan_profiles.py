"""Profiles and the connections they bring about (nwp-protocol.md 6.3, "Profiles", "Policies")."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from .codes import WLAN
from .registry import Group, NwpError, group, handles
from .wlan_policy import AUTO, FAST
from .wlan_security import WPA_ENT, Request

SLOTS = 7
ALL = 255
KEEP = 0x1F
AREA = "wlan_profile"
LAST = ("wlan_last", 0, 0)  # parameters and BSSID of the last connection, for fast connect


@dataclass
class Profile:
    request: Request
    priority: int = 0

    def to_bytes(self) -> bytes:
        data = {k: v.hex() if isinstance(v, bytes) else v for k, v in asdict(self.request).items()}
        return json.dumps({**data, "priority": self.priority}).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> Profile:
        data = json.loads(raw)
        priority = data.pop("priority")
        numbers = ("security", "eap")
        values = {k: v if k in numbers else bytes.fromhex(v) for k, v in data.items()}
        return cls(Request(**values), priority)


@group("wlan_profiles")
class Profiles(Group):
    """Seven slots, always stored; the automatic connection walks through them."""

    def __init__(self, np):
        super().__init__(np)
        self.slots: list[Profile | None] = [None] * SLOTS
        self.failed_once: list[int] = []  # slots that failed in this round
        self.timer = None

    def power_on(self):
        self._load()

    def _load(self) -> None:
        raw = [self.np.config.get(AREA, i, None) for i in range(SLOTS)]
        self.slots = [Profile.from_bytes(r) if r else None for r in raw]
        self.failed_once = []
        self.timer = None

    def _store(self, index: int, profile: Profile | None) -> None:
        self.slots[index] = profile
        if profile is None:
            self.np.config.delete(AREA, index, None)
        else:
            self.np.config.set(AREA, index, None, profile.to_bytes(), rule="persistent")

    # Commands

    @handles("WLAN_PROFILE_ADD", "WLAN_PROFILE_ADD_EAP")
    def add(self, cmd):
        request = Request.of(cmd, cmd.name.endswith("_EAP"))
        if cmd.wep_key_id > 3:
            raise NwpError(WLAN.ILLEGAL_WEP_KEY_INDEX)
        index = self.put(request, min(cmd.priority, 15))
        self.np.respond(cmd, index)
        self.trigger()

    def put(self, request: Request, priority: int) -> int:
        """Store a profile; its slot. NwpError: parameters, no free slot, a second EAP profile."""
        request.check()
        free = [i for i, p in enumerate(self.slots) if p is None]
        same = [i for i, p in enumerate(self.slots) if p and _same(p.request, request)]
        enterprise = [i for i, p in enumerate(self.slots) if p and p.request.security == WPA_ENT]
        if request.security == WPA_ENT and enterprise and not same:
            raise NwpError(WLAN.NO_FREE_PROFILE)
        if not free and not same:
            raise NwpError(WLAN.NO_FREE_PROFILE)
        index = (same or free)[0]
        self._store(index, Profile(request, priority))
        return index

    @handles("WLAN_PROFILE_UPDATE", "WLAN_PROFILE_UPDATE_EAP")
    def update(self, cmd):
        profile = self._profile(cmd.index)
        old = profile.request
        new = Request.of(cmd, cmd.name.endswith("_EAP"))
        if cmd.sec_type == KEEP:
            new.security, new.key = old.security, new.key or old.key
            new.user, new.anonymous = new.user or old.user, new.anonymous or old.anonymous
            new.eap = new.eap or old.eap
        new.ssid = new.ssid or old.ssid
        if cmd.bssid == bytes(6):
            new.bssid = old.bssid
        elif cmd.bssid == b"\xff" * 6:
            new.bssid = bytes(6)
        new.check()
        priority = profile.priority if cmd.priority == KEEP else min(cmd.priority, 15)
        self._store(cmd.index, Profile(new, priority))
        self.np.respond(cmd)
        self.trigger()

    @handles("WLAN_PROFILE_GET")
    def get(self, cmd):
        try:
            profile = self._profile(cmd.index)
        except NwpError as error:
            self.np.respond(cmd, sec_type=error.code)
            return
        r = profile.request
        fields = {"sec_type": r.security, "priority": profile.priority, "bssid": r.bssid}
        strings = {"ssid": r.ssid, "user": r.user, "anon_user": r.anonymous}
        self.np.respond(cmd, eap_bitmask=r.eap, **fields, **strings)

    def _profile(self, index: int) -> Profile:
        if index >= SLOTS or self.slots[index] is None:
            raise NwpError(WLAN.GET_PROFILE_INVALID_INDEX)
        return self.slots[index]

    @handles("WLAN_PROFILE_DEL")
    def delete(self, cmd):
        if cmd.index == ALL:
            for i in range(SLOTS):
                self._store(i, None)
            self.np.config.delete(*LAST)
            return 0
        self._profile(cmd.index)
        self._store(cmd.index, None)
        return 0

    # Automatic connection

    def _policy(self) -> int:
        return self.np.groups["wlan_policy"].connection()

    def auto_possible(self) -> bool:
        """Could a connection come about by itself?"""
        return bool(self._policy() & AUTO) and bool(self._active())

    def _active(self) -> list[int]:
        """Slots in the order in which they are tried: by priority, suspended ones left out."""
        suspended = self.np.groups["wlan_cfg"].suspended_profiles()
        slots = [i for i, p in enumerate(self.slots) if p and not suspended >> i & 1]
        return sorted(slots, key=lambda i: -self.slots[i].priority)

    def start(self) -> None:
        """After the boot as a station: fast connection first, then the profiles."""
        self._load()
        last = self.np.config.get(*LAST)
        if self._policy() & FAST and last:
            request = Profile.from_bytes(last).request
            ap = self.np.world.find("access_points", request.bssid)
            if ap is not None:
                self.np.groups["wlan"].attempt(request, by_user=False, ap=ap)
                return
        self.trigger()

    def trigger(self) -> None:
        """Something changed: connect by a profile if the policy says so and nothing goes on."""
        wlan = self.np.groups["wlan"]
        if self.np.role != "STA" or wlan.state != "idle" or not self._policy() & AUTO:
            return
        if self.np.groups["wlan_prov"].active:
            return
        wlan.paused = False
        self.np.cancel(self.timer)
        self.timer = self.np.after(self.np.world.timing.scan_s, self._choose)

    def _choose(self) -> None:
        """After a sweep: the best profile whose network is there; otherwise look again later."""
        self.timer = None
        wlan = self.np.groups["wlan"]
        if wlan.state != "idle" or wlan.paused or not self.auto_possible():
            return
        for i in self._active():
            if i not in self.failed_once:
                ap = wlan.best(self.slots[i].request)
                if ap is not None:
                    wlan.attempt(self.slots[i].request, by_user=False, ap=ap)
                    return
        timing = self.np.world.timing
        wait = timing.retry_s if self.failed_once else timing.rescan_s
        self.failed_once = []
        self.timer = self.np.after(wait, self._choose)

    def failed(self, request: Request) -> None:
        """An attempt failed: others come first now."""
        for i, profile in enumerate(self.slots):
            if profile and _same(profile.request, request):
                self.failed_once.append(i)
        if not self.np.groups["wlan"].by_user:
            self.trigger()

    def retry_soon(self) -> None:
        self.failed_once = []
        self.trigger()

    def connected(self, request: Request, ap) -> None:
        """Remember for fast connect; the round is over."""
        self.failed_once = []
        last = Request(**{**asdict(request), "ssid": ap.ssid, "bssid": ap.bssid})
        self.np.config.set(*LAST, Profile(last).to_bytes(), rule="persistent")


def _same(a: Request, b: Request) -> bool:
    return (a.ssid, a.bssid, a.security) == (b.ssid, b.bssid, b.security)
