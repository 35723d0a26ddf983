"""Device group: start and stop, version, time, status, persistence, identity, event masks.

Scripted trouble (aborts, general errors, reset requests) comes from the control interface.
"""

from __future__ import annotations

import datetime

from .registry import Group, NwpError, group, handles

GENERAL, STATUS, IOT, FIPS = 1, 2, 4, 6
DATE_TIME, PERSISTENT, VERSION, STAT_PM = 11, 5, 12, 14
UDID, DICE_VERSION = 41, 14
YEARS = 1970, 2999  # that the clock can be set to

# Bits of the status word of a class that an event leaves when it had to be dropped (enums
# dropped_*): message -> name in the enum of its class.
_DROPPED = {
    "DEVICE_GENERAL_ERROR": ("dropped_device", "GENERAL_ERROR"),
    "WLAN_EV_CONNECTED": ("dropped_wlan", "CONNECTED"),
    "WLAN_EV_DISCONNECTED": ("dropped_wlan", "DISCONNECTED"),
    "WLAN_EV_STA_ADDED": ("dropped_wlan", "STA_CONNECTED"),
    "WLAN_EV_STA_REMOVED": ("dropped_wlan", "STA_DISCONNECTED"),
    "WLAN_EV_P2P_DEV_FOUND": ("dropped_wlan", "P2P_DEV_FOUND"),
    "WLAN_EV_P2P_CONNECT_FAIL": ("dropped_wlan", "CONNECTION_FAILED"),
    "WLAN_EV_P2P_REQUEST": ("dropped_wlan", "P2P_NEG_REQ_RECEIVED"),
    "WLAN_EV_RX_FILTER": ("dropped_wlan", "RX_FILTERS"),
    "NETAPP_EV_IPV4_ACQUIRED": ("dropped_netapp", "IPACQUIRED"),
    "NETAPP_EV_IPV6_ACQUIRED": ("dropped_netapp", "IPACQUIRED_V6"),
    "NETAPP_EV_DHCPV4_LEASED": ("dropped_netapp", "IP_LEASED"),
    "NETAPP_EV_DHCPV4_RELEASED": ("dropped_netapp", "IP_RELEASED"),
    "NETAPP_EV_IPV4_LOST": ("dropped_netapp", "IPV4_LOST"),
    "NETAPP_EV_DHCP_TIMEOUT": ("dropped_netapp", "DHCP_ACQUIRE_TIMEOUT"),
    "NETAPP_EV_IP_COLLISION": ("dropped_netapp", "IP_COLLISION"),
    "NETAPP_EV_IPV6_LOST": ("dropped_netapp", "IPV6_LOST"),
    "SOCKET_EV_TX_FAILED": ("dropped_socket", "TX_FAILED"),
}


@group("device")
class Device(Group):
    """nwp-protocol.md 6.1 and 8.1."""

    def __init__(self, np):
        super().__init__(np)
        self.clock_set_at = None  # np.now() when the clock was set
        self.clock_base = np.world.device.time
        self.boot_time = 0.0
        self.session = 0

    def power_on(self) -> None:
        self.boot_time = self.np.now()
        if self.clock_set_at is None:
            self.clock_set_at = self.boot_time

    # Stop

    @handles("DEVICE_STOP")
    def stop(self, cmd) -> None:
        """Response, then STOP_DONE; then the wake-up register reads 0x20."""
        self.np.respond(cmd)
        self.np.after(self.np.world.timing.stop_s, self._stop_done)

    def _stop_done(self) -> None:
        self.np.event("DEVICE_STOP_DONE")
        self.np.stopped()

    # Get and set

    @handles("DEVICE_GET")
    def get(self, cmd) -> None:
        reader = self._READERS.get((cmd.set_id, cmd.option))
        if cmd.set_id == STATUS:
            value = self._status(cmd.option)
        elif reader:
            value = reader(self)
        else:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        self.np.respond(cmd, payload=value)

    @handles("DEVICE_SET")
    def set(self, cmd) -> None:
        writer = self._WRITERS.get((cmd.set_id, cmd.option))
        if writer is None:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        writer(self, cmd.payload)
        self.np.respond(cmd)

    def _status(self, event_class: int) -> bytes:
        """Dropped events of a class, cleared by reading."""
        if not 1 <= event_class <= 7:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        bits = self.np.dropped_events.pop(event_class, 0)
        if not self.np.dropped_events:
            self.np.set_status("DROPPED_EVENTS", False)
        return bits.to_bytes(4, "little")

    def event_dropped(self, message: str, event_class: int) -> None:
        """An event found the queue full (5, rule 14)."""
        enum, name = _DROPPED.get(message, (None, None))
        bit = self.np.protocol.enums[enum][name] if enum else 0
        self.np.dropped_events[event_class] = self.np.dropped_events.get(event_class, 0) | bit
        self.np.set_status("DROPPED_EVENTS", True)
        self.np.counters["events_dropped"] += 1

    def _version(self) -> bytes:
        device = self.np.world.device
        return self.np.protocol.pack(
            "device_version",
            chip_id=self.np.chip_id,
            fw_version=bytes(device.fw_version),
            phy_version=bytes(device.phy_version),
            nwp_version=bytes(device.nwp_version),
            rom_version=device.rom_version,
        )

    # Clock

    def now(self) -> datetime.datetime:
        """The device's clock; TLS checks certificate dates against it."""
        start = self.clock_set_at if self.clock_set_at is not None else self.np.now()
        return self.clock_base + datetime.timedelta(seconds=self.np.now() - start)

    def _get_time(self) -> bytes:
        t = self.now()
        return self.np.protocol.pack(
            "date_time",
            sec=t.second,
            min=t.minute,
            hour=t.hour,
            day=t.day,
            month=t.month,
            year=t.year,
            week_day=t.isoweekday() % 7,
            year_day=t.timetuple().tm_yday,
        )

    def _set_time(self, value: bytes) -> None:
        if len(value) < 24:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        t = self.np.protocol.unpack("date_time", value)
        try:
            if not YEARS[0] <= t.year <= YEARS[1]:
                raise ValueError
            base = datetime.datetime(t.year, t.month, t.day, t.hour, t.min, t.sec)
        except (ValueError, OverflowError):
            raise NwpError("SL_ERROR_INVALID_PARAM") from None
        self.clock_base, self.clock_set_at = base, self.np.now()

    # Persistence

    def _get_persistent(self) -> bytes:
        return b"\1" if self.np.config.persistent else b"\0"

    def _set_persistent(self, value: bytes) -> None:
        if value[:1] not in (b"\0", b"\1"):
            raise NwpError("SL_ERROR_INVALID_PERSISTENT_CONFIGURATION")
        self.np.config.set("device", GENERAL, PERSISTENT, value[:1])

    def _pm_statistics(self) -> bytes:
        """Power-management statistics: a modelled NWP is awake all the time."""
        start, now = (int(t * 1e6) for t in (self.boot_time, self.np.now()))
        awake = now - start
        words = [awake & 0xFFFFFFFF, awake >> 32]
        return self.np.protocol.pack(
            "pm_statistics",
            tx_frames=self.np.counters["tx_frames"],
            rx_bytes=self.np.counters["rx_bytes"],
            mac_awake=words,
            nwp_awake=words,
            start_time=start,
            get_time=now,
        )

    def _zeroize(self, value: bytes) -> None:
        """Not a FIPS device."""
        raise NwpError("SL_ERROR_FIPS_ERR")

    _READERS = {
        (GENERAL, VERSION): _version,
        (GENERAL, DATE_TIME): _get_time,
        (GENERAL, PERSISTENT): _get_persistent,
        (GENERAL, STAT_PM): _pm_statistics,
        (IOT, UDID): lambda self: self.np.world.device.udid,
        (IOT, DICE_VERSION): lambda self: b"\1\0",
    }
    _WRITERS = {
        (GENERAL, DATE_TIME): _set_time,
        (GENERAL, PERSISTENT): _set_persistent,
        (FIPS, 20): _zeroize,
    }

    # Event masks

    @handles("DEVICE_EVENT_MASK_SET")
    def mask_set(self, cmd) -> int:
        if not 1 <= cmd.event_class <= 7:
            raise NwpError("SL_ERROR_INVALID_PARAM")
        self.np.event_masks[cmd.event_class] = cmd.mask
        return 0

    @handles("DEVICE_EVENT_MASK_GET")
    def mask_get(self, cmd) -> None:
        self.np.respond(cmd, mask=self.np.event_masks.get(cmd.event_class, 0))

    @handles("DEVICE_SET_UART_MODE")
    def uart_mode(self, cmd) -> None:
        """The host interface is SPI here."""
        raise NwpError("SL_ERROR_INVALID_PARAM")

    # Scripted trouble, for the control interface; each tells whether it was sent

    def abort(self, abort_type: int, abort_data: int) -> bool:
        """DEVICE_ABORT, its two words 32 bits each; the NWP answers nothing any more."""
        for word in (abort_type, abort_data):
            if not isinstance(word, int) or not 0 <= word <= 0xFFFF_FFFF:
                raise ValueError(f"{word!r} is not a number of 32 bits")
        sent = self.np.event("DEVICE_ABORT", abort_type=abort_type, abort_data=abort_data)
        self.np.booted = False
        return sent

    def general_error(self, status: int | str, sender: int = 0) -> bool:
        code = self.np.protocol.error(status)
        return self.np.event("DEVICE_GENERAL_ERROR", status=code, sender=sender)

    def reset_request(self, caller: int = 1, session: int | None = None) -> bool:
        """DEVICE_RESET_REQUEST; a new session number unless one is given (6.1)."""
        session = self.session + 1 if session is None else session
        sent = self.np.event("DEVICE_RESET_REQUEST", session=session, caller=caller)
        self.session = session if sent else self.session
        return sent
