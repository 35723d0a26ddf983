"""mDNS: services around us, services of ours (nwp-protocol.md 6.5)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .codes import NETAPP
from .registry import Group, NwpError, group, handles
from .zeroconf_bridge import Bridge

MDNS = 4
REGISTER, UPDATE_TEXT, NOT_PERSISTENT = 0x80000000, 0x20000000, 0x40000000
OWN_SERVICES = 5
REPLY_ROOM = 1480  # bytes of records in one answer
AREA = "mdns_service"

# Record kind -> (struct, IPv6?)
_KINDS = {
    1: ("service_full_text_v4", False),
    2: ("service_full_v4", False),
    3: ("service_short_v4", False),
    4: ("service_full_text_v6", True),
    5: ("service_full_v6", True),
    6: ("service_short_v6", True),
}

# Bit of enum mdns_service_type -> service label.
_TYPES = {
    0x1: "_ipp",
    0x2: "_device-info",
    0x4: "_http",
    0x8: "_https",
    0x10: "_workstation",
    0x20: "_guid",
    0x40: "_h323",
    0x80: "_ntp",
    0x100: "_objective",
    0x200: "_rdp",
    0x400: "_remote",
    0x800: "_rtsp",
    0x1000: "_sip",
    0x2000: "_smb",
    0x4000: "_soap",
    0x8000: "_ssh",
    0x10000: "_telnet",
    0x20000: "_tftp",
    0x40000: "_xmpp-client",
    0x80000: "_raop",
}


@dataclass
class OwnService:
    name: bytes
    text: bytes
    port: int
    ttl: int
    options: int

    def to_bytes(self) -> bytes:
        head = struct.pack("<BHII", len(self.name), self.port, self.ttl, self.options)
        return head + self.name + self.text

    @classmethod
    def from_bytes(cls, raw: bytes) -> OwnService:
        length, port, ttl, options = struct.unpack_from("<BHII", raw)
        body = raw[11:]
        return cls(body[:length], body[length:], port, ttl, options)


@group("netapp_mdns")
class Mdns(Group):
    """`own`: registered services by slot."""

    not_copied = frozenset({"np", "bridge"})

    def __init__(self, np):
        super().__init__(np)
        self.own: list[OwnService | None] = [None] * OWN_SERVICES
        self.bridge = Bridge(f"{label}._tcp" for label in _TYPES.values())

    def power_on(self):
        raw = [self.np.config.get(AREA, i, None) for i in range(OWN_SERVICES)]
        self.own = [OwnService.from_bytes(r) if r else None for r in raw]
        if self.np.world.zeroconf and self.np.real_time:
            self.bridge.start()
            for service in filter(None, self.own):
                self.bridge.register(service)

    def power_off(self):
        self.bridge.stop(self.np.world)

    def fds(self):
        return self.bridge.fds()

    def service(self):
        self.bridge.service(self.np.world)

    def has_real_io(self):
        return self.bridge.running

    def _need_running(self) -> None:
        if not self.np.groups["netapp"].running & MDNS:
            raise NwpError(NETAPP.MDNS_NOT_STARTED)

    # Services around us

    def visible(self) -> list:
        """Services of the world that reach us, without the masked types."""
        netcfg = self.np.groups["netcfg"]
        if not self.np.groups["netapp"].running & MDNS or not netcfg.ip or not netcfg.on_air():
            return []
        mask = int.from_bytes(self.np.groups["netapp"].value(MDNS, 2), "little")
        ignored = {label for bit, label in _TYPES.items() if mask & bit}
        return [s for s in self.np.world.mdns_services if not _labels(s.name) & ignored]

    @handles("NETAPP_MDNS_SERVICE_LIST")
    def list(self, cmd):
        self._need_running()
        if cmd.flags not in _KINDS:
            raise NwpError(NETAPP.MDNS_GET_SERVICE_LIST_FLAG_ERROR)
        record, six = _KINDS[cmd.flags]
        services = [s for s in self.visible() if (any(s.ipv6) if six else s.ip)]
        if cmd.index and cmd.index >= len(services):
            raise NwpError(NETAPP.MDNS_LOOKUP_INDEX_ERROR)
        room = REPLY_ROOM // self.np.protocol.structs[record].size
        part = services[cmd.index :][: min(cmd.max_count, room)]
        payload = b"".join(self._record(record, s, six) for s in part)
        self.np.respond(cmd, len(part), payload=payload)

    def _record(self, record: str, service, six: bool) -> bytes:
        values = {"ip": struct.unpack(">4I", service.ipv6) if six else service.ip}
        values["port"] = service.port
        if "full" in record:
            values |= {"name": service.name[:60], "host": service.host[:64]}
        if "text" in record:
            values["text"] = service.text[:256]
        return self.np.protocol.pack(record, **values)

    @handles("NETAPP_HOST_BY_SERVICE")
    def by_service(self, cmd):
        """Answered when the service is found, or when the query times out."""
        self._need_running()
        if cmd.family not in (2, 3):
            raise NwpError(NETAPP.DNS_INVALID_FAMILY_TYPE)
        name = cmd.payload.rstrip(b"\0").lower()
        if not name:
            raise NwpError(NETAPP.MDNS_PARAM_ERROR)
        self.np.respond(cmd)
        found = self._named(name)
        timing = self.np.world.timing
        wait = timing.mdns_s if found else timing.dns_timeout_s
        self.np.after(wait, self._found, name, cmd.family)

    def _named(self, name: bytes):
        """A service by its full name, or by the end of it ("_http._tcp.local")."""
        for service in self.visible():
            full = service.name.lower()
            if full == name or full.endswith(b"." + name):
                return service
        return None

    def _found(self, name: bytes, family: int) -> None:
        event = f"NETAPP_HOST_BY_SERVICE_DONE_V{4 if family == 2 else 6}"
        service = self._named(name)
        if service is None:
            self.np.event(event, status=NETAPP.MDNS_NO_ANSWER)
            return
        ip = service.ip if family == 2 else struct.unpack(">4I", service.ipv6)
        text = service.text[:120]
        self.np.event(event, status=0, port=service.port, ip=ip, text=text)

    # Services of ours

    @handles("NETAPP_MDNS_REGISTER")
    def register(self, cmd):
        self._need_running()
        name, text = cmd.payload[: cmd.name_len], cmd.payload[cmd.name_len :]
        if not cmd.options & REGISTER:
            return self._unregister(name)
        if b"._" not in name or not name.endswith(b".local"):
            raise NwpError(NETAPP.MDNS_ERROR_SERVICE_NAME_ERROR)
        if len(name) + len(text) > 254:
            raise NwpError(NETAPP.MDNS_DATA_SIZE_ERROR)
        service = OwnService(name, text, cmd.port, cmd.ttl, cmd.options & ~UPDATE_TEXT)
        index = self._slot(name)
        if cmd.options & UPDATE_TEXT:
            if index is None:
                raise NwpError(NETAPP.MDNS_ERROR_SERVICE_NAME_ERROR)
        elif index is not None:
            same = self.own[index] == service
            code = "IDENTICAL_SERVICES_ERROR" if same else "EXISTED_SERVICE_ERROR"
            raise NwpError(getattr(NETAPP, f"MDNS_{code}"))
        else:
            index = next((i for i, s in enumerate(self.own) if s is None), None)
            if index is None:
                raise NwpError(NETAPP.MDNS_MAX_SERVICES_ERROR)
        self._store(index, service)
        return 0

    def _slot(self, name: bytes) -> int | None:
        return next((i for i, s in enumerate(self.own) if s and s.name == name), None)

    def _store(self, index: int, service: OwnService | None) -> None:
        old, self.own[index] = self.own[index], service
        if old is not None:
            self.bridge.unregister(old)
        if service is None or service.options & NOT_PERSISTENT:
            self.np.config.delete(AREA, index, None)
        else:
            self.np.config.set(AREA, index, None, service.to_bytes(), rule="system")
        if service is not None:
            self.bridge.register(service)

    def _unregister(self, name: bytes) -> int:
        index = self._slot(name)
        if index is None:
            raise NwpError(NETAPP.MDNS_ERROR_SERVICE_NAME_ERROR)
        self._store(index, None)
        return 0


def _labels(name: bytes) -> set[str]:
    return set(name.decode("utf-8", "replace").lower().split("."))
