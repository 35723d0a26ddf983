"""RX filters: a tree of rules with triggers and actions (nwp-protocol.md 6.3, 8.3, 10).

There are no frames in this model; the control interface says which filters a frame would have
matched (`hit`), and enabled ones with an event action report it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .codes import RXFL
from .registry import Group, NwpError, group, handles

STATE, REMOVE, STORE, UPDATE_ARGS, SYS_STATE = 27, 28, 29, 30, 31
HEADER, COMBINATION = 0, 1
PERSISTENT, ENABLED = 0x08, 0x10
DROP, COUNTERS, EVENT = 0x01, 0x1C, 0x40
ROOM = 64
PATTERNS = (19, 20)  # fields whose value is a pattern
AREA = "rx_filter"


@dataclass
class Filter:
    raw: bytes  # the record of WLAN_RX_FILTER_ADD
    enabled: bool

    @property
    def flags(self) -> int:
        return self.raw[1]

    @property
    def parent(self) -> int:
        return self.raw[60]

    @property
    def action(self) -> int:
        return self.raw[72]

    @property
    def user_id(self) -> int:
        return self.raw[76]


def bitmap(ids, size: int = 16) -> bytes:
    """One bit an id, most significant first within each byte."""
    data = bytearray(size)
    for i in ids:
        data[i // 8] |= 0x80 >> i % 8
    return bytes(data)


def ids_of(data: bytes) -> set[int]:
    return {i for i in range(8 * len(data)) if data[i // 8] & 0x80 >> i % 8}


@group("wlan_filters")
class Filters(Group):
    """Filters by id, 1 up."""

    def __init__(self, np):
        super().__init__(np)
        self.filters: dict[int, Filter] = {}
        self.system = bytes(4)

    def power_on(self):
        self.system = bytes(4)
        self.filters = {}
        for i in range(1, ROOM):
            raw = self.np.config.get(AREA, i, None)
            if raw:
                self.filters[i] = Filter(raw, bool(raw[1] & ENABLED))

    @handles("WLAN_RX_FILTER_ADD")
    def add(self, cmd):
        raw = cmd.body[:80]
        self._check_rule(cmd.rule_type, raw[4:60])
        self._check_trigger(raw[60:72], cmd.flags)
        self._check_action(raw[72:80])
        free = next((i for i in range(1, ROOM) if i not in self.filters), None)
        if free is None:
            raise NwpError(RXFL.NUMBER_OF_FILTER_EXCEEDED)
        self.filters[free] = Filter(raw, bool(cmd.flags & ENABLED))
        self.np.respond(cmd, filter_id=free)

    def _check_rule(self, kind: int, rule: bytes) -> None:
        if kind not in (HEADER, COMBINATION):
            raise NwpError(RXFL.RULE_HEADER_OUT_OF_RANGE)
        if kind == COMBINATION:
            if rule[0] > 2:
                raise NwpError(RXFL.RULE_HEADER_COMBINATION_OPERATOR_OUT_OF_RANGE)
            needed = rule[1:2] if rule[0] == 0 else rule[1:3]
            if any(i not in self.filters for i in needed):
                raise NwpError(RXFL.DEPENDENT_FILTER_DO_NOT_EXIST_3)
            return
        field, compare = rule[52], rule[53]
        if field not in self.np.protocol.enums["rx_filter_field"].values() or not field:
            raise NwpError(RXFL.RULE_HEADER_FIELD_ID_OUT_OF_RANGE)
        if compare > 3:
            raise NwpError(RXFL.RULE_HEADER_COMPARE_FUNC_OUT_OF_RANGE)
        if field in PATTERNS:
            if int.from_bytes(rule[0:2], "little") > 1535:
                raise NwpError(RXFL.OFFSET_TOO_BIG)
            if not 1 <= rule[2] <= 16:
                raise NwpError(RXFL.RXFL_INVALID_PATTERN_LENGTH)

    def _check_trigger(self, trigger: bytes, flags: int) -> None:
        parent = trigger[0]
        if trigger[8] > 3:
            raise NwpError(RXFL.RULE_HEADER_TRIGGER_COMPARE_FUNC_OUT_OF_RANGE)
        if trigger[1] > 8:
            raise NwpError(RXFL.RULE_HEADER_TRIGGER_OUT_OF_RANGE)
        if not parent:
            return
        if parent not in self.filters:
            raise NwpError(RXFL.DEPENDENT_FILTER_DO_NOT_EXIST_1)
        if self.filters[parent].action & DROP:
            raise NwpError(RXFL.DEPENDENT_FILTER_DEPENDENCY_ACTION_IS_DROP)
        if flags & PERSISTENT and not self.filters[parent].flags & PERSISTENT:
            raise NwpError(RXFL.DEPENDENCY_IS_NOT_PERSISTENT)

    def _check_action(self, action: bytes) -> None:
        if action[0] & ~(DROP | COUNTERS | EVENT):
            raise NwpError(RXFL.RULE_HEADER_ACTION_TYPE_NOT_SUPPORTED)
        if action[0] & COUNTERS and not 1 <= action[1] <= 8:
            raise NwpError(RXFL.ACTION_NO_REG_NUMBER)
        if action[4] > 63:
            raise NwpError(RXFL.ACTION_USER_EVENT_ID_TOO_BIG)

    # Configuration id 4

    def set(self, option: int, value: bytes) -> int:
        handler = {
            STATE: self._set_state,
            REMOVE: self._remove,
            STORE: self._store,
            UPDATE_ARGS: self._update,
            SYS_STATE: self._set_system,
        }[option]
        handler(value)
        return 0

    def get(self, option: int) -> bytes:
        if option == STATE:
            return bitmap(i for i, f in self.filters.items() if f.enabled)
        return self.system

    def _set_state(self, value: bytes) -> None:
        if len(value) < 16:
            raise NwpError(RXFL.OUTPUT_OR_INPUT_BUFFER_LENGTH_TOO_SMALL)
        wanted = ids_of(value[:16]) - {0}
        if not wanted <= set(self.filters):
            raise NwpError(RXFL.FILTER_DO_NOT_EXISTS)
        for i, item in self.filters.items():
            if item.parent and i in wanted and item.parent not in wanted:
                disabled_now = self.filters[item.parent].enabled
                raise NwpError(
                    RXFL.CHILD_IS_ENABLED if disabled_now else RXFL.DEPENDENCY_IS_DISABLED
                )
        for i, item in self.filters.items():
            item.enabled = i in wanted

    def _remove(self, value: bytes) -> None:
        if len(value) < 16:
            raise NwpError(RXFL.OUTPUT_OR_INPUT_BUFFER_LENGTH_TOO_SMALL)
        gone = ids_of(value[:16]) - {0}
        if not gone <= set(self.filters):
            raise NwpError(RXFL.FILTER_DO_NOT_EXISTS)
        if any(f.parent in gone and i not in gone for i, f in self.filters.items()):
            raise NwpError(RXFL.FILTER_HAS_CHILDS)
        for i in gone:
            del self.filters[i]

    def _store(self, value: bytes) -> None:
        """Keep the persistent filters over a restart, as they are now."""
        if not self.filters:
            raise NwpError(RXFL.NO_FILTERS_ARE_DEFINED)
        for i in range(1, ROOM):
            item = self.filters.get(i)
            if item and item.flags & PERSISTENT:
                flags = item.flags & ~ENABLED | (ENABLED if item.enabled else 0)
                raw = item.raw[:1] + bytes([flags]) + item.raw[2:]
                self.np.config.set(AREA, i, None, raw, rule="persistent")
            else:
                self.np.config.delete(AREA, i, None)

    def _update(self, value: bytes) -> None:
        if len(value) < 56:
            raise NwpError(RXFL.INVALID_FILTER_ARG_UPDATE)
        item = self.filters.get(value[0])
        if item is None:
            raise NwpError(RXFL.FILTER_DO_NOT_EXISTS)
        if item.raw[0] != HEADER:
            raise NwpError(RXFL.THE_FILTER_IS_NOT_OF_HEADER_TYPE)
        item.raw = item.raw[:4] + value[4:56] + item.raw[56:]

    def _set_system(self, value: bytes) -> None:
        if len(value) < 4:
            raise NwpError(RXFL.OUTPUT_OR_INPUT_BUFFER_LENGTH_TOO_SMALL)
        self.system = bytes(value[:4])

    # World

    def hit(self, ids: list[int]) -> bool:
        """A frame matched these filters; whether the host was told."""
        users = [
            self.filters[i].user_id
            for i in ids
            if i in self.filters and self.filters[i].enabled and self.filters[i].action & EVENT
        ]
        return bool(users) and self.np.event("WLAN_EV_RX_FILTER", user_ids=bitmap(users, 8))
