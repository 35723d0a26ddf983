"""Hosts for the tests of sockets and networks: short ways to commands, bounded real waits."""

from __future__ import annotations

import select
import socket
import time

from tests.unit.nwp.support import Host

LOOPBACK = b"\x7f\x00\x00\x01"
OFFICE = "02:1a:11:f0:00:01"
WORLD = """
access_points:
  - {ssid: office, bssid: "02:1a:11:f0:00:01", channel: 6, rssi: -42, security: wpa2,
     key: correct-horse,
     dhcp: {start: 10.1.0.100, end: 10.1.0.199, gateway: 10.1.0.1, mask: 255.255.255.0,
            dns: 10.1.0.1, server: 10.1.0.1, lease_s: 3600}}
  - {ssid: guests, bssid: "02:1a:11:f0:00:02", channel: 1, rssi: -55, security: open,
     dhcp: {start: 10.2.0.100, end: 10.2.0.199, gateway: 10.2.0.1, mask: 255.255.255.0,
            dns: 10.2.0.1, server: 10.2.0.1, lease_s: 3600}}
"""
WPA_WPA2 = 2
PATIENCE_S = 60.0  # of real time, for what is bound to come


class NetHost(Host):
    """A Host that can also let real time pass while sockets are open."""

    def pump(self, done=None, seconds: float = PATIENCE_S) -> list:
        """Serve real sockets until done(events) or the time is over; returns all events so far."""
        end = time.monotonic() + seconds
        while True:
            self.np.service()
            self.clock.advance(0.001)
            while self.np.irq:
                self.events.append(self.message())
            if done is not None and done(self.events):
                return self.events
            left = end - time.monotonic()
            if left <= 0:
                if done is not None:
                    raise AssertionError(f"did not come: {[e[0] for e in self.events]}")
                return self.events
            fds = self.np.fds()
            if fds:
                select.select(fds, [], [], min(left, 0.01))
            else:
                time.sleep(min(left, 0.001))

    def wait(self, name: str, seconds: float = PATIENCE_S):
        """The first event of this name (taken out of the list): (fields, payload)."""
        self.pump(lambda events: any(e[0] == name for e in events), seconds)
        return self.take(name)

    def take(self, name: str):
        for i, event in enumerate(self.events):
            if event[0] == name:
                del self.events[i]
                return event[1], event[2]
        raise AssertionError(f"no {name} in {[e[0] for e in self.events]}")

    def after(self, seconds: float) -> list:
        """Names of the events of that much virtual time; they stay in `events`."""
        self.clock.advance(seconds)
        before = len(self.events)
        while self.np.irq:
            self.events.append(self.message())
        return [e[0] for e in self.events[before:]]

    # Sockets

    def socket(self, domain=2, kind=1, protocol=0) -> int:
        got = self.command("SOCKET_CREATE", domain=domain, type=kind, protocol=protocol)
        assert got.status == 0, got
        return got.sd

    def option(self, sd, number, value: bytes, level=1) -> int:
        return self.command(
            "SOCKET_SETSOCKOPT", value, sd=sd, level=level, name=number, value_len=len(value)
        ).status

    def read_option(self, sd, number, level=1):
        return self.command("SOCKET_GETSOCKOPT", sd=sd, level=level, name=number, value_len=255)

    def _to(self, ip: bytes, port: int) -> dict:
        return {"port": port.to_bytes(2, "big"), "ip": ip, "family_flags": 0x20}

    def bind(self, sd, port, ip=bytes(4)) -> int:
        return self.command("SOCKET_BIND_V4", sd=sd, **self._to(ip, port)).status

    def connect(self, sd, port, ip=LOOPBACK) -> int:
        return self.command("SOCKET_CONNECT_V4", sd=sd, **self._to(ip, port)).status

    def connected(self, sd, port, ip=LOOPBACK) -> int:
        """Connect and wait; the completion's status."""
        status = self.connect(sd, port, ip)
        return status or self.wait("SOCKET_CONNECT_DONE")[0].status

    def listen(self, sd, backlog=4) -> int:
        return self.command("SOCKET_LISTEN", sd=sd, backlog=backlog).status

    def post(self, sd, data: bytes) -> None:
        self.send("SOCKET_SEND", data, sd=sd, len=len(data))

    def recv(self, sd, length=1000, flags=0):
        self.send("SOCKET_RECV", max_len=length, sd=sd, flags=flags)

    def received(self, sd, length=1000, flags=0):
        """Receive and wait: (status, data)."""
        self.recv(sd, length, flags)
        fields, data = self.wait("SOCKET_RECV_DONE")
        assert fields.sd == sd
        return fields.status, data[: max(fields.status, 0)]

    def send_to(self, sd, data: bytes, port, ip=LOOPBACK) -> None:
        self.send("SOCKET_SENDTO_V4", data, sd=sd, len=len(data), **self._to(ip, port))

    def close(self, sd) -> int:
        assert self.command("SOCKET_CLOSE", sd=sd).status == 0
        return self.wait("SOCKET_CLOSE_DONE")[0].status

    def port_of(self, sd) -> int:
        return self.np.groups["sockets"].slots[sd & 15].local_port()

    # WLAN

    def join(self, ssid=b"office", key=b"correct-horse", kind=WPA_WPA2) -> int:
        return self.command(
            "WLAN_CONNECT",
            sec_type=kind,
            ssid=ssid,
            ssid_len=len(ssid),
            password=key,
            password_len=len(key),
        ).status

    def online(self) -> None:
        """Join and wait for the address; the events are gone."""
        assert self.join() == 0
        assert "NETAPP_EV_IPV4_ACQUIRED" in self.after(2.0)
        self.events.clear()


def listener() -> socket.socket:
    """A peer that waits for connections."""
    sock = socket.create_server(("127.0.0.1", 0))
    sock.settimeout(PATIENCE_S)
    return sock


def accept(sock: socket.socket) -> socket.socket:
    peer, _ = sock.accept()
    peer.settimeout(PATIENCE_S)
    return peer
