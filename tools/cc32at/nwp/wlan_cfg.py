"""WLAN configuration: WLAN_CFG_SET and WLAN_CFG_GET (nwp-protocol.md 8.3), one row an option.

A row has a check of the value to set, a default, or a function that makes the value. Which
options may be set or read, and how long they are kept, is in the table of protocol.json.
"""

from __future__ import annotations

import struct

from .checks import BAD, length, number, record
from .codes import WLAN
from .registry import Group, NwpError, group, handles

AP, GENERAL, P2P, ACCESS_LIST, RX_FILTERS, CONNECTION, ROAMING = range(7)
LIST_KEY = ("wlan", AP, 20)  # the access list, MAC addresses one after the other
LIST_ROOM = 8
CHANNELS = {b"US": 0x7FF, b"JP": 0x1FFF, b"EU": 0x1FFF, b"00": 0x1FFF}
REGIONS = {b"US": 0, b"EU": 1, b"JP": 2, b"00": 3}


def _country(self, value):
    if value[:2] not in CHANNELS:
        raise NwpError(WLAN.INVALID_COUNTRY_CODE)
    return value[:2]


def _password(self, value):
    """5 and 13 bytes are for WEP; what security it will be may still be open."""
    wpa = self.value(AP, 6)[0] == 2
    if not (8 <= len(value) <= 63 or len(value) == 5 and not wpa):
        raise NwpError(WLAN.INVALID_AP_PASSWORD_LENGTH)
    return value


def _channel(self, value):
    channel = value[0] if value else 0
    if not channel or not self.channels() >> (channel - 1) & 1:
        raise NwpError(WLAN.ILLEGAL_CHANNEL)
    return value[:1]


_CHECKS = {
    (AP, 0): length(1, 32, WLAN.SSID_LEN_ERROR),
    (AP, 3): _channel,
    (AP, 4): number(0, 2),
    (AP, 6): number(0, 2, WLAN.INVALID_SECURITY_TYPE),
    (AP, 7): _password,
    (AP, 19): number(1, 4),
    (AP, 25): number(0, 1, WLAN.AP_ACCESS_LIST_MODE_NOT_SUPPORTED),
    (AP, 26): number(1, 0xFFFF, size=2),
    (GENERAL, 9): _country,
    (GENERAL, 10): number(0, 15, WLAN.TX_POWER_OUT_OF_RANGE),
    (GENERAL, 11): number(0, 15, WLAN.TX_POWER_OUT_OF_RANGE),
    (GENERAL, 18): record("scan_params"),
    (GENERAL, 33): number(0, 0xFFFFFFFF, size=4),
    (GENERAL, 36): record("country_attrib"),
    (GENERAL, 39): record("coex_config"),
    (GENERAL, 40): record("antenna_config"),
    (GENERAL, 43): record("no_ps_poll"),
    (P2P, 13): length(1, 17),
    (P2P, 14): length(4, 4),
    (ROAMING, 45): record("assisted_roaming"),
    (ROAMING, 46): record("assisted_roaming"),
}

_DEFAULTS = {
    (AP, 3): b"\x06",
    (AP, 4): b"\0",
    (AP, 6): b"\0",
    (AP, 7): b"",
    (AP, 19): b"\x04",
    (AP, 25): b"\0",
    (AP, 26): (60).to_bytes(2, "little"),
    (GENERAL, 9): b"US",
    (GENERAL, 10): b"\0",
    (GENERAL, 11): b"\0",
    (GENERAL, 18): struct.pack("<Ii", 0x1FFF, -95),
    (GENERAL, 36): bytes(16),
    (GENERAL, 43): bytes(4),
    (P2P, 13): b"1-0050F204-1",
    (P2P, 14): bytes([6, 81, 6, 81]),
}


_STRINGS = {(AP, 0), (AP, 7), (GENERAL, 9), (P2P, 13)}


@group("wlan_cfg")
class WlanConfig(Group):
    """Options by (config id, option)."""

    def __init__(self, np):
        super().__init__(np)
        self.skip_once = False  # GENERAL/32: the next enterprise connection skips the server
        self.antenna = 1

    def power_off(self):
        self.skip_once = False

    def _access(self, config_id: int, option: int) -> str:
        for row in self.np.protocol.config["wlan"]:
            if row["id"] == config_id and row["option"] in (None, option):
                return row["access"]
        return ""

    # Set

    @handles("WLAN_CFG_SET")
    def set(self, cmd):
        key = (cmd.config_id, cmd.option)
        if "set" not in self._access(*key):
            raise NwpError(BAD)
        if cmd.config_id == RX_FILTERS:
            return self.np.groups["wlan_filters"].set(cmd.option, cmd.payload)
        special = self._SPECIAL_SET.get(key)
        if special:
            special(self, cmd.payload)
            return 0
        if key not in _CHECKS:
            raise NwpError(BAD)
        self.np.config.set("wlan", *key, _CHECKS[key](self, cmd.payload))
        return 0

    def _list(self) -> bytes:
        return self.np.config.get(*LIST_KEY) or b""

    def _list_add(self, value: bytes) -> None:
        macs = self._list()
        if len(value) != 6:
            raise NwpError(BAD)
        if value in _split(macs):
            return
        if len(macs) >= 6 * LIST_ROOM:
            raise NwpError(WLAN.AP_ACCESS_LIST_FULL)
        self.np.config.set(*LIST_KEY, macs + value)

    def _list_delete(self, value: bytes) -> None:
        macs = _split(self._list())
        if value not in macs:
            raise NwpError(WLAN.AP_ACCESS_LIST_NO_ADDRESS_TO_DELETE)
        self.np.config.set(*LIST_KEY, b"".join(m for m in macs if m != value))

    def _list_delete_index(self, value: bytes) -> None:
        macs = _split(self._list())
        if not value or value[0] >= len(macs):
            raise NwpError(WLAN.AP_ACCESS_LIST_NO_ADDRESS_TO_DELETE)
        self._list_delete(macs[value[0]])

    def _info_element(self, value: bytes) -> None:
        """At most 4 a role; length 0 deletes."""
        if len(value) < 8:
            raise NwpError(BAD)
        element = self.np.protocol.unpack("info_element", value)
        if element.index > 3 or element.role > 1 or element.length > 252:
            raise NwpError(BAD)
        key = ("wlan_ie", element.role, element.index)
        if element.length:
            self.np.config.set(*key, value[: 8 + element.length], rule="system")
        else:
            self.np.config.delete(*key)

    def _skip_server(self, value: bytes) -> None:
        self.skip_once = bool(value and value[0])

    def _antenna_set(self, value: bytes) -> None:
        choice = int.from_bytes(value, "little")
        if len(value) not in (1, 4) or choice not in (1, 2, 3):
            raise NwpError(BAD)
        self.antenna = 3 - self.antenna if choice == 3 else choice

    def _link_quality(self, value: bytes) -> None:
        self.np.groups["wlan_stat"].register(record("link_quality_reg")(self, value))

    def _band_5g(self, value: bytes) -> None:
        """A CC3220 has no 5 GHz radio."""
        raise NwpError(BAD)

    _SPECIAL_SET = {
        (AP, 20): _list_add,
        (AP, 21): _list_delete,
        (AP, 22): _list_delete_index,
        (GENERAL, 16): _info_element,
        (GENERAL, 32): _skip_server,
        (GENERAL, 34): _band_5g,
        (GENERAL, 35): _band_5g,
        (GENERAL, 38): _link_quality,
        (GENERAL, 41): _antenna_set,
    }

    # Get

    @handles("WLAN_CFG_GET")
    def get(self, cmd):
        key = (cmd.config_id, cmd.option)
        if "get" not in self._access(*key):
            raise NwpError(BAD)
        if cmd.config_id == RX_FILTERS:
            value = self.np.groups["wlan_filters"].get(cmd.option)
        elif cmd.config_id == ACCESS_LIST:
            value = b"".join(_split(self._list())[cmd.option :][: cmd.length // 6])
        elif cmd.config_id == CONNECTION:
            value = self.np.groups["wlan"].connection_info()
        else:
            special = self._SPECIAL_GET.get(key)
            value = special(self) if special else self.value(*key)
            if key in _STRINGS:
                value = self.np.string(value, cmd.length)
        self.np.respond(cmd, payload=value, length=len(value))

    def value(self, config_id: int, option: int, effective: bool = False) -> bytes:
        """What is set, or the default; `effective`: what the radio works with now."""
        read = self.np.config.effective if effective else self.np.config.get
        found = read("wlan", config_id, option)
        if found is not None:
            return found
        if (config_id, option) == (AP, 0):
            return b"mysimplelink-" + self.np.groups["netcfg"].mac()[3:].hex().upper().encode()
        if (config_id, option) not in _DEFAULTS:
            raise NwpError(BAD)
        return _DEFAULTS[config_id, option]

    def _list_size(self) -> bytes:
        return bytes([len(self._list()) // 6])

    def _country_attributes(self) -> bytes:
        code = self.value(GENERAL, 9)
        return self.np.protocol.pack(
            "country_attrib", region=REGIONS[code], active_2g4=CHANNELS[code]
        )

    def _antenna_get(self) -> bytes:
        return bytes([self.antenna])

    def _extended_connection(self) -> bytes:
        if not self.np.groups["wlan"].associated:
            raise NwpError(WLAN.WIFI_NOT_CONNECTED)
        return self.np.protocol.pack("ext_connection_info", beacon_interval=100, dtim_period=1)

    def _no_5g(self) -> bytes:
        return b"\0"

    def _no_5g_scan(self) -> bytes:
        return struct.pack("<Ii", 0, -95)

    _SPECIAL_GET = {
        (AP, 24): _list_size,
        (GENERAL, 34): _no_5g,
        (GENERAL, 35): _no_5g_scan,
        (GENERAL, 37): _country_attributes,
        (GENERAL, 42): _antenna_get,
        (GENERAL, 44): _extended_connection,
    }

    # For neighbours

    def channels(self) -> int:
        """2.4 GHz channels of the country, bit 0 = channel 1."""
        return CHANNELS[self.value(GENERAL, 9)]

    def scan_params(self) -> tuple[int, int]:
        """(channel mask, RSSI threshold in dBm)."""
        mask, threshold = struct.unpack("<Ii", self.value(GENERAL, 18))
        return mask & self.channels(), threshold

    def suspended_profiles(self) -> int:
        return int.from_bytes(self.np.config.get("wlan", GENERAL, 33) or b"", "little")

    def skip_server_check(self) -> bool:
        """Whether this enterprise connection skips the server's certificate; once (8.3)."""
        skip, self.skip_once = self.skip_once, False
        return skip

    def denied(self, mac: bytes) -> bool:
        """Is a station kept out of our access point?"""
        listed = self.np.config.effective(*LIST_KEY) or b""
        return self.value(AP, 25, True) == b"\1" and mac in _split(listed)


def _split(macs: bytes) -> list[bytes]:
    return [macs[i : i + 6] for i in range(0, len(macs), 6)]
