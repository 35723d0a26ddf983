"""The device's mDNS on the PC's loopback interface, by the zeroconf package.

Only when a world asks for it (`zeroconf: true`) and the clock is the wall clock. zeroconf runs in
threads of its own; what it finds crosses over through a queue and a pipe, and registering does not
wait for the second or two in which zeroconf asks whether a name is free.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import queue
import socket
from collections import defaultdict

from ..world import WorldError

ALL_TYPES = "_services._dns-sd._udp.local."  # answered with the types there are (RFC 6763, 9)
PATIENCE_MS = 10000  # for the details of a service that was seen
TYPE, SEEN, GONE = range(3)


class Bridge:
    """Inert until `start`. types: service types that are asked for by name, "_http._tcp" ..."""

    def __init__(self, types):
        self.types = [f"{name}.local." for name in types]
        self.running = False

    def start(self) -> None:
        from zeroconf import Zeroconf

        self.found: queue.SimpleQueue = queue.SimpleQueue()
        self.pipe = os.pipe()
        os.set_blocking(self.pipe[0], False)
        os.set_blocking(self.pipe[1], False)
        self.zeroconf = Zeroconf(interfaces=["127.0.0.1"])
        self.infos: dict[bytes, object] = {}  # ours, by name
        self.theirs: set[bytes] = set()  # names that are in the world because of us
        self.jobs: set[asyncio.Future] = set()
        self.turns: defaultdict[bytes, asyncio.Lock] = defaultdict(asyncio.Lock)  # by name
        self.browsed = {ALL_TYPES, *self.types}
        self._browse(sorted(self.browsed))
        self.running = True

    def stop(self, world) -> None:
        """End, and take out of the world what is known from the network only."""
        if not self.running:
            return
        self.running = False
        for job in list(self.jobs):
            job.cancel()
        self.zeroconf.close()  # its threads have ended: nobody writes to the pipe any more
        for fd in self.pipe:
            os.close(fd)
        for name in self.theirs:
            if world.find("mdns_services", name):
                world.remove("mdns_services", name)

    def fds(self) -> list:
        return [self.pipe[0]] if self.running else []

    # Theirs

    def _browse(self, types: list[str]) -> None:
        from zeroconf import ServiceBrowser

        ServiceBrowser(self.zeroconf, types, handlers=[self._changed])

    def _changed(self, zeroconf, service_type, name, state_change) -> None:
        """In a thread of zeroconf's: hand over what has appeared, changed or gone."""
        if service_type == ALL_TYPES:
            self._hand_over(TYPE, name)
        elif state_change.name == "Removed":
            self._hand_over(GONE, name)
        elif info := zeroconf.get_service_info(service_type, name, timeout=PATIENCE_MS):
            self._hand_over(SEEN, info)

    def _hand_over(self, what: int, item) -> None:
        self.found.put((what, item))
        with contextlib.suppress(BlockingIOError):  # full of reasons to look
            os.write(self.pipe[1], b".")

    def service(self, world) -> None:
        """Put into the world what zeroconf has found, take out what has gone."""
        if not self.running:
            return
        try:
            os.read(self.pipe[0], 4096)
        except BlockingIOError:
            return
        while not self.found.empty():
            what, item = self.found.get()
            if what == SEEN:
                self._seen(world, item)
            elif what == GONE:
                self._gone(world, item.rstrip(".").encode())
            elif item not in self.browsed:
                self.browsed.add(item)
                self._browse([item])

    def _seen(self, world, info) -> None:
        fields = _fields(info)
        name = fields["name"].encode()
        # More than a device's tables hold, or taken away by the control interface: left out.
        with contextlib.suppress(WorldError, KeyError):
            if name in self.theirs:
                world.change("mdns_services", name, **fields)
            elif name not in self.infos and world.find("mdns_services", name) is None:
                world.add("mdns_services", **fields)
                self.theirs.add(name)

    def _gone(self, world, name: bytes) -> None:
        if name in self.theirs:
            self.theirs.discard(name)
            if world.find("mdns_services", name):
                world.remove("mdns_services", name)

    # Ours

    def register(self, service) -> None:
        if not self.running:
            return
        from zeroconf import ServiceInfo

        name = service.name.decode("utf-8", "replace") + "."
        pairs = (p.partition(b"=") for p in service.text.split(b";") if p)
        info = ServiceInfo(
            name[name.index("._") + 1 :],
            name,
            addresses=[socket.inet_aton("127.0.0.1")],
            port=service.port,
            properties={key: value if equals else None for key, equals, value in pairs},
            host_ttl=service.ttl,
            server="mysimplelink.local.",
        )
        self.infos[service.name] = info
        self._run(service.name, self.zeroconf.async_register_service, info)

    def unregister(self, service) -> None:
        if self.running and service.name in self.infos:
            info = self.infos.pop(service.name)
            self._run(service.name, self.zeroconf.async_unregister_service, info)

    def _run(self, name: bytes, do, info) -> None:
        """Let zeroconf's own loop do it; who has our name already keeps it."""
        coroutine = self._in_turn(name, do, info)
        job = asyncio.run_coroutine_threadsafe(coroutine, self.zeroconf.loop)
        self.jobs.add(job)
        job.add_done_callback(self.jobs.discard)

    async def _in_turn(self, name: bytes, do, info) -> None:
        """To its end: an announcement behind the goodbye would bring the service back."""
        async with self.turns[name]:
            await (await do(info))


def _fields(info) -> dict:
    """A service as the world's YAML has it."""
    pairs = ((k, v) for k, v in info.properties.items())
    text = b";".join(k if v is None else k + b"=" + v for k, v in pairs)
    addresses = info.parsed_addresses()
    four = next((a for a in addresses if ":" not in a), "0.0.0.0")
    six = next((a.partition("%")[0] for a in addresses if ":" in a), "::")
    return {
        "name": info.name.rstrip("."),
        "host": (info.server or "").rstrip("."),
        "ip": four,
        "ipv6": six,
        "port": info.port,
        "text": text.decode(errors="replace"),
    }
