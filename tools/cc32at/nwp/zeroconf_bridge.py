"""The device's mDNS on the PC's loopback interface, by the zeroconf package.

Only when a world asks for it (`zeroconf: true`) and the clock is the wall clock. zeroconf runs in
a thread of its own; what it finds crosses over through a queue and a pipe.
"""

from __future__ import annotations

import os
import queue
import socket

TYPES = ("_http._tcp.local.", "_ipp._tcp.local.", "_workstation._tcp.local.")


class Bridge:
    """Inert until `start`."""

    def __init__(self):
        self.running = False

    def start(self) -> None:
        from zeroconf import ServiceBrowser, Zeroconf

        self.found: queue.SimpleQueue = queue.SimpleQueue()
        self.pipe = os.pipe()
        os.set_blocking(self.pipe[0], False)
        self.zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        self.browser = ServiceBrowser(self.zeroconf, list(TYPES), handlers=[self._changed])
        self.infos: dict[bytes, object] = {}
        self.running = True

    def stop(self) -> None:
        if self.running:
            self.running = False
            self.zeroconf.close()
            for fd in self.pipe:
                os.close(fd)

    def fds(self) -> list:
        return [self.pipe[0]] if self.running else []

    def _changed(self, zeroconf, service_type, name, state_change) -> None:
        """In zeroconf's thread: hand over what has appeared."""
        info = zeroconf.get_service_info(service_type, name, timeout=1000)
        if info is not None and self.running:
            self.found.put(info)
            os.write(self.pipe[1], b".")

    def service(self, world) -> None:
        """Put what zeroconf has found into the world."""
        if not self.running:
            return
        try:
            os.read(self.pipe[0], 64)
        except BlockingIOError:
            return
        while not self.found.empty():
            info = self.found.get()
            name = info.name.rstrip(".").encode()
            if name not in self.infos and world.find("mdns_services", name) is None:
                world.add("mdns_services", **_fields(info))

    def register(self, service) -> None:
        if not self.running:
            return
        from zeroconf import ServiceInfo

        name = service.name.decode("utf-8", "replace") + "."
        info = ServiceInfo(
            name[name.index("._") + 1 :],
            name,
            addresses=[socket.inet_aton("127.0.0.1")],
            port=service.port,
            properties=dict(p.partition(b"=")[::2] for p in service.text.split(b";") if p),
            host_ttl=service.ttl,
            server="mysimplelink.local.",
        )
        self.infos[service.name] = info
        self.zeroconf.register_service(info)

    def unregister(self, service) -> None:
        if self.running and service.name in self.infos:
            self.zeroconf.unregister_service(self.infos.pop(service.name))


def _fields(info) -> dict:
    """A service as the world's YAML has it."""
    properties = (f"{k.decode()}={(v or b'').decode()}" for k, v in info.properties.items())
    addresses = info.parsed_addresses()
    four = next((a for a in addresses if ":" not in a), "0.0.0.0")
    return {
        "name": info.name.rstrip("."),
        "host": (info.server or "").rstrip("."),
        "ip": four,
        "port": info.port,
        "text": ";".join(properties),
    }
