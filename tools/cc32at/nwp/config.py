"""Configuration values and their persistence (nwp-protocol.md 8).

Every row of the configuration tables names one of four rules:

* system: effective at once; stored only while the system-wide mode (device id 1 option 5) is on
* reset: always stored, effective after the next start
* persistent: effective at once and always stored
* blank: effective at once, gone at power-off

`get` answers what a host reads back (for "reset" rows the new value); `effective` is what the NWP
works with until the next start. Values are bytes as on the wire. Keys are (area, id, option) with
area one of device, netcfg, wlan, wlan_policy, netapp; groups may keep private values under an
area of their own with an explicit rule.
"""

from __future__ import annotations

from .codec import protocol

PERSISTENT_MODE = ("device", 1, 5)


class Config:
    """Volatile and stored values; `stored` is a dict that outlives the power (see storage.py)."""

    not_copied = frozenset({"storage", "rules"})

    def __init__(self, storage):
        self.storage = storage
        self.live: dict = {}
        self.rules = {}
        for area, rows in protocol().config.items():
            if area != "sockopt":
                for row in rows:
                    self.rules[area, row["id"], row["option"]] = row["persistence"]

    def power_on(self) -> None:
        """Only stored values are left."""
        self.live = {}
        for key, value in self.storage.config.items():
            self.live[key] = value

    def rule(self, area: str, id: int, option: int | None) -> str:
        """The persistence rule of a row; a row without option number holds for all of them."""
        for key in ((area, id, option), (area, id, None)):
            if key in self.rules:
                return self.rules[key]
        return ""

    @property
    def persistent(self) -> bool:
        """The system-wide persistence mode."""
        return self.live.get(PERSISTENT_MODE, b"\1") != b"\0"

    def get(self, area: str, id: int, option: int | None = None, default=None):
        key = (area, id, option)
        if self.rule(*key) == "reset" and key in self.storage.config:
            return self.storage.config[key]
        return self.live.get(key, default)

    def effective(self, area: str, id: int, option: int | None = None, default=None):
        return self.live.get((area, id, option), default)

    def set(self, area, id, option, value: bytes, rule: str | None = None) -> None:
        """Take a value by its row's rule, or by the given one."""
        key = (area, id, option)
        rule = self.rule(*key) if rule is None else rule
        if rule != "reset":
            self.live[key] = bytes(value)
        if rule in ("reset", "persistent") or (rule == "system" and self.persistent):
            self.storage.set_config(key, bytes(value))

    def delete(self, area, id, option) -> None:
        """Back to the default, stored value included."""
        self.live.pop((area, id, option), None)
        self.storage.set_config((area, id, option), None)
