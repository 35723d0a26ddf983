"""Sockets under chance: each request that was taken completes once, whatever else happens.

nwp-protocol 5, rules 11 to 13: one completion for each accept, connect, select, receive and close;
all that waits on a socket ends with it; nothing comes that nobody asked for.
"""

import contextlib
import random
import socket
from collections import Counter

import pytest

from tests.unit.nwp.netsupport import LOOPBACK, WORLD, NetHost

STEPS = 250
KINDS = {
    "SOCKET_RECV_DONE": "receive",
    "SOCKET_RECVFROM_DONE_V4": "receive",
    "SOCKET_RECVFROM_DONE_V6": "receive",
    "SOCKET_ACCEPT_DONE_V4": "accept",
    "SOCKET_CONNECT_DONE": "connect",
    "SOCKET_CLOSE_DONE": "close",
    "SOCKET_SELECT_DONE": "select",
}
NOBODY = b"\x0a\1\0\7"  # an address of the office where nobody is


class Chance:
    """A host that does whatever comes to its mind, and counts what it is owed."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.host = NetHost(world=WORLD)
        self.host.online()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.port = self.listener.getsockname()[1]
        self.peers: list[socket.socket] = []
        self.open: set[int] = set()
        self.owed: Counter = Counter()

    def settle(self) -> None:
        """Let time pass, take what comes."""
        host = self.host
        host.np.service()
        host.clock.advance(self.random.choice((0.001, 0.02, 0.2)))
        for name, fields, _ in host.drain():
            if name in KINDS:
                key = KINDS[name], 0 if name == "SOCKET_SELECT_DONE" else fields.sd
                assert self.owed[key] > 0, f"nobody asked for {key}"
                self.owed[key] -= 1
                if name == "SOCKET_ACCEPT_DONE_V4" and fields.status >= 0:
                    self.open.add(fields.status & 0xFF)
        with contextlib.suppress(BlockingIOError):
            while True:
                peer, _ = self.listener.accept()
                peer.setblocking(False)
                self.peers.append(peer)

    def owes(self, sd: int) -> list:
        return [key for key, n in self.owed.items() if n and key[0] != "select" and key[1] == sd]

    def step(self) -> None:
        pick = self.random.choice
        known = self.open and self.random.random() < 0.93
        sd = pick(sorted(self.open)) if known else self.random.randrange(16)
        name = pick([n for n in dir(self) if n.startswith("do_")])
        getattr(self, name)(sd)
        self.settle()

    def command(self, kind: str, sd: int, status: int) -> None:
        if status == 0:
            self.owed[kind, sd] += 1

    def do_create(self, _):
        kind = self.random.choice((1, 1, 2))
        tls = 100 if kind == 1 and self.random.random() < 0.2 else 0
        got = self.host.command("SOCKET_CREATE", domain=2, type=kind, protocol=tls)
        if got.status == 0:
            assert got.sd not in self.open
            self.open.add(got.sd)

    do_create_more = do_create

    def do_receive(self, sd):
        if self.owed["receive", sd]:
            return  # one at a time (3.3)
        self.owed["receive", sd] += 1
        size, flags = self.random.choice((1, 100, 5000)), self.random.choice((0, 0, 8))
        if self.random.random() < 0.5:
            self.host.recv(sd, size, flags)
        else:
            family = self.random.choice((0x20, 0x30))
            self.host.send("SOCKET_RECVFROM", max_len=size, sd=sd, flags=family | flags)

    def do_send(self, sd):
        if self.host.np.told > 6:
            self.host.post(sd, bytes(self.random.choice((1, 100, 1460))))

    def do_send_to(self, sd):
        if self.host.np.told > 6:
            self.host.send_to(sd, b"hello", self.port)

    def do_bind(self, sd):
        self.host.bind(sd, 0)

    def do_listen(self, sd):
        self.host.listen(sd)

    def do_accept(self, sd):
        self.command("accept", sd, self.host.command("SOCKET_ACCEPT", sd=sd, family=2).status)

    def do_connect(self, sd):
        port, ip = self.random.choice((self.port, self.port, 1)), LOOPBACK
        if self.random.random() < 0.2:
            ip = NOBODY
        self.command("connect", sd, self.host.connect(sd, port, ip))

    def do_select(self, _):
        some = sum(1 << sd for sd in self.open if self.random.random() < 0.5)
        fields = {"read_fds": some, "write_fds": some, "tv_usec": self.random.choice((0, 50))}
        self.command("select", 0, self.host.command("SOCKET_SELECT", nfds=16, **fields).status)

    def do_option(self, sd):
        linger = 13, b"\1\0\0\0" * 2
        blocking, keep_alive, time_out = (24, bytes(4)), (9, bytes(4)), (20, bytes(8))
        number, value = self.random.choice((blocking, keep_alive, time_out, linger))
        self.host.option(sd, number, value)

    def do_not_wait(self, sd):
        self.host.option(sd, 24, b"\1\0\0\0")

    def do_peer_talks(self, _):
        if self.peers:
            with contextlib.suppress(OSError):
                peer = self.random.choice(self.peers)
                peer.send(bytes(self.random.choice((1, 2000))))
                peer.recv(9999)

    def do_peer_goes(self, _):
        if self.peers:
            self.peers.pop(self.random.randrange(len(self.peers))).close()

    def do_close(self, sd):
        status = self.host.command("SOCKET_CLOSE", sd=sd).status
        assert (status == 0) == (sd in self.open)
        self.command("close", sd, status)
        self.open.discard(sd)
        for _ in range(50):
            if not self.owes(sd):
                break
            self.settle()
        assert self.owes(sd) == [], "closed, but something waits"

    def end(self) -> None:
        for sd in sorted(self.open):
            self.do_close(sd)
        for _ in range(20):
            self.settle()
        assert +self.owed == Counter()
        assert self.host.np.header.credits == NetHost().np.header.credits, "credits are lost"
        assert self.host.np.violations == []

    def leave(self) -> None:
        self.host.np.power(False)
        for sock in (self.listener, *self.peers):
            sock.close()


@pytest.mark.parametrize("seed", range(8))
def test_each_request_completes_once(seed):
    chance = Chance(seed)
    try:
        for _ in range(STEPS):
            chance.step()
        chance.end()
    finally:
        chance.leave()
    assert not chance.host.np.groups["sockets"].has_real_io()
