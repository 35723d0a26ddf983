"""Ping, in the world only: no packet leaves the PC (nwp-protocol.md 6.5)."""

from __future__ import annotations

import struct

from .codes import NETAPP
from .net import is_loopback, text
from .registry import Group, NwpError, group, handles

EACH, FIRST_SUCCESS, DONT_FRAGMENT = 1, 2, 4
STOPPED = 1  # response status that says so
BIGGEST = 16384
WHOLE = {4: 1472, 6: 1452}  # bytes of payload that fit one packet


@group("netapp_ping")
class Ping(Group):
    """One ping at a time. Times in seconds."""

    def __init__(self, np):
        super().__init__(np)
        self.job = None

    def power_off(self):
        self.job = None

    @handles("NETAPP_PING_V4", "NETAPP_PING_V6")
    def ping(self, cmd):
        six = cmd.name.endswith("V6")
        words = [cmd.ip0, cmd.ip1, cmd.ip2, cmd.ip3]
        ip = struct.pack(">4I", *words) if six else struct.pack(">I", cmd.ip0)
        if cmd.ip0 == 0 and (not six or not any(words)):
            self.np.respond(cmd, STOPPED if self.job else 0)
            if self.job:
                self._end()
            return
        self._check(cmd, ip)
        self.np.respond(cmd)
        self.job = {
            "ip": ip,
            "interval": cmd.interval_ms / 1000,
            "timeout": cmd.timeout_ms / 1000,
            "left": cmd.attempts or None,
            "flags": cmd.flags,
            "sent": 0,
            "times": [],
            "start": self.np.now(),
            "timer": self.np.after(0, self._send),
        }

    def _check(self, cmd, ip: bytes) -> None:
        if self.job:
            raise NwpError(NETAPP.CMD_PING_STATE_ERROR)
        netcfg = self.np.groups["netcfg"]
        if not is_loopback(ip) and not netcfg.reaches(ip):
            raise NwpError(NETAPP.CMD_PING_NOT_CONNECTED)
        whole = WHOLE[4 if len(ip) == 4 else 6]
        limit = whole if cmd.flags & DONT_FRAGMENT else BIGGEST
        if cmd.size > limit:
            raise NwpError(NETAPP.CMD_PING_TOO_BIG)

    def _round_trip(self, ip: bytes) -> float | None:
        """Seconds to the answer; None when none comes."""
        world, netcfg = self.np.world, self.np.groups["netcfg"]
        if not self.np.groups["sockets"].net.carried(ip):
            return None
        known = world.pings.get(text(ip))
        if known:
            lost = self.np.random.random() < known.get("loss", 0.0)
            return None if lost else known.get("rtt_ms", 1.0) / 1000
        if is_loopback(ip) or ip in netcfg.own_addresses():
            return 0.0
        gateway = netcfg.gateway.to_bytes(4, "big")
        if ip == gateway or self.np.groups["sockets"].net.known(ip):
            return world.timing.ping_s
        return None

    def _send(self) -> None:
        job = self.job
        job["sent"] += 1
        if job["left"] is not None:
            job["left"] -= 1
        trip = self._round_trip(job["ip"])
        late = trip is None or trip > job["timeout"]
        job["sent_at"] = self.np.now()
        wait = job["timeout"] if late else trip
        job["timer"] = self.np.after(wait, self._result, None if late else trip)

    def _result(self, trip: float | None) -> None:
        job = self.job
        if trip is not None:
            job["times"].append(round(trip * 1000))
        over = job["left"] == 0 or (trip is not None and job["flags"] & FIRST_SUCCESS)
        if over:
            self._end()
            return
        if job["flags"] & EACH:
            self._report()
        wait = max(0.0, job["sent_at"] + job["interval"] - self.np.now())
        job["timer"] = self.np.after(wait, self._send)

    def _end(self) -> None:
        """The last report; a stopped ping gives one too."""
        self.np.cancel(self.job["timer"])
        self._report()
        self.job = None

    def _report(self) -> None:
        job, times = self.job, self.job["times"]
        fields = {"received": len(times), "sent": job["sent"]}
        if times:
            fields |= {"rtt_min": min(times), "rtt_max": max(times)}
            fields["rtt_avg"] = round(sum(times) / len(times))
        elapsed = round((self.np.now() - job["start"]) * 1000)
        self.np.event("NETAPP_PING_REPORT", status=0, test_time=elapsed, **fields)
