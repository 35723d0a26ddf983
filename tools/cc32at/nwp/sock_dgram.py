"""UDP sockets of the device over loopback sockets of the host, and raw IP where it is allowed."""

from __future__ import annotations

import socket as host_socket
from collections import deque

from . import sockopt as so
from .codes import BSD, from_os
from .hostio import READ, readable
from .net import CONTROL_PORT, is_loopback, is_multicast, text
from .sock_base import Socket

BIGGEST = 65535
WAITING = 256  # datagrams that are taken from the host when the radio link comes or goes
REASSEMBLY = 16384  # bytes; larger datagrams are dropped and reported (SOCKET_EV_ASYNC type 1)


class DatagramSocket(Socket):
    """One host socket an address family, one a multicast group, and a queue inside the model."""

    def __init__(self, table, sd, domain, kind, protocol):
        super().__init__(table, sd, domain, kind, protocol)
        self.hosts: dict = {}  # family -> host socket
        self.members: dict = {}  # group address -> host socket or None (inside the model only)
        self.queue: deque = deque()  # (data, (ip, port)) delivered inside the model
        self.left_over = None  # rest of a datagram (option RX_NO_IP_BOUNDARY)
        self.bound: tuple | None = None
        self.peer: tuple | None = None
        self.sent_to: dict = {}  # host address -> the device's name for it

    @property
    def virtual(self) -> bool:
        """Lives inside the model only: the select control socket."""
        return self.bound is not None and self.bound[1] == CONTROL_PORT and self.domain == 2

    # Opening

    def bind(self, ip, port):
        if self.bound is not None:
            return BSD.EINVAL
        if is_multicast(ip):
            ip = bytes(len(ip))
        target = self.table.net.local(ip, port)
        if target is None:
            return BSD.EADDRNOTAVAIL
        if port == CONTROL_PORT and self.domain == 2:
            if self.table.control_socket() is not None:
                return BSD.EADDRINUSE
            self.bound = (ip, port)
            return 0
        self.bound = (ip, port)
        try:
            self.host(target.family)
        except OSError as error:
            self.bound = None
            return from_os(error.errno)
        for group in self.members:
            self._join_host(group)
        return 0

    def connect(self, ip, port):
        self.peer = None if port == 0 else (ip, port)
        self.table.connect_done(self, 0)
        return 0

    def host(self, family: int):
        """The host socket of a family, made and bound on first use. Raises OSError."""
        sock = self.hosts.get(family)
        if sock is None:
            sock = self.make_host(family)
            try:
                self._bind_host(sock, family)
            except OSError:
                self.table.io.close(sock)
                raise
            self.hosts[family] = sock
            self.watch()
        return sock

    def make_host(self, family: int):
        sock = self.table.io.socket(family, host_socket.SOCK_DGRAM)
        sock.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_BROADCAST, 1)
        return sock

    def _bind_host(self, sock, family: int) -> None:
        port = self.bound[1] if self.bound else 0
        if family == host_socket.AF_INET:
            sock.bind(("127.0.0.1", port))
            here = host_socket.inet_aton("127.0.0.1")
            sock.setsockopt(host_socket.IPPROTO_IP, host_socket.IP_MULTICAST_IF, here)
        else:
            sock.bind(("::1", port))

    # Options

    def option_changed(self, level, number):
        if level == so.SOCKET and number == so.NONBLOCKING and self.options.nonblocking:
            self.complete_receive(BSD.EAGAIN)
        elif level == so.IP and number in (so.ADD_MEMBERSHIP, so.IPV6_ADD_MEMBERSHIP):
            self._join(self.options.values[level, number])
        elif level == so.IP and number in (so.DROP_MEMBERSHIP, so.IPV6_DROP_MEMBERSHIP):
            self._leave(self.options.values[level, number])

    def _group(self, value: bytes) -> bytes:
        return value[:4] if len(value) == 8 else value[:16]

    def _join(self, value: bytes) -> None:
        """Member of a group: a host socket of its own on loopback.

        IPv6 groups live inside the model: loopback has no route for them.
        """
        group = self._group(value)
        if not is_multicast(group):
            self.table.refuse(BSD.EINVAL)
        if group in self.members:
            self.table.refuse(BSD.EADDRINUSE)
        self.members[group] = None
        status = self._join_host(group)
        if status:
            del self.members[group]
            self.table.refuse(status)

    def _join_host(self, group: bytes) -> int:
        """Listen to an IPv4 group on the host, once there is a port to listen on."""
        if len(group) == 16 or not (self.bound and self.bound[1]) or self.virtual:
            return 0
        sock = self.make_host(host_socket.AF_INET)
        try:
            sock.setsockopt(host_socket.SOL_SOCKET, host_socket.SO_REUSEADDR, 1)
            sock.bind((text(group), self.bound[1]))
            mreq = group + host_socket.inet_aton("127.0.0.1")
            sock.setsockopt(host_socket.IPPROTO_IP, host_socket.IP_ADD_MEMBERSHIP, mreq)
        except OSError as error:
            self.table.io.close(sock)
            return from_os(error.errno)
        self.members[group] = sock
        self.watch()
        return 0

    def _leave(self, value: bytes) -> None:
        group = self._group(value)
        if group not in self.members:
            self.table.refuse(BSD.EADDRNOTAVAIL)
        self.table.io.close(self.members.pop(group))

    # Sending

    def send(self, cmd, data):
        if self.peer is None:
            self.table.tx_failed(self, BSD.EDESTADDRREQ)
        else:
            self.send_to(cmd, data, *self.peer)

    def send_to(self, cmd, data, ip, port):
        if port == CONTROL_PORT and is_loopback(ip) and len(ip) == 4:
            control = self.table.control_socket()
            if control is not None:
                control.deliver(data, (ip, self.source_port()))
            return
        route = self.table.net.route(ip, port)
        if route.status is not None:
            # Nobody answers a lost datagram; without a network there is no way at all.
            if route.status == BSD.ENETUNREACH:
                self.table.tx_failed(self, route.status)
            return
        if not self.table.net.carried(ip):
            return  # the radio has lost it, and nobody knows
        if is_multicast(ip) and len(ip) == 16:
            self.table.deliver_multicast(self, ip, port, data)
            return
        self._send_host(route, data, (ip, port))

    def _send_host(self, route, data: bytes, name: tuple) -> None:
        try:
            sock = self.host(route.family)
            if route.family == host_socket.AF_INET:
                ttl = max(1, self.options.number(so.MULTICAST_TTL, so.IP))
                sock.setsockopt(host_socket.IPPROTO_IP, host_socket.IP_MULTICAST_TTL, ttl)
            sock.sendto(data, route.address)
        except BlockingIOError:
            return
        except OSError as error:
            code = from_os(error.errno)
            if code != BSD.ECONNREFUSED:
                self.table.tx_failed(self, code)
            return
        self.sent_to[route.address[:2]] = name

    def source_port(self) -> int:
        """Port that a receiver inside the model sees."""
        if self.bound and self.bound[1]:
            return self.bound[1]
        return 49152 + self.sd

    # Receiving

    def deliver(self, data: bytes, source: tuple) -> None:
        """A datagram from inside the model."""
        self.queue.append((data, source))
        self.try_receive()
        self.table.changed()

    def take(self, max_len):
        if self.left_over is not None:
            return self._hand_out(*self.left_over, max_len)
        while True:
            found = self._next()
            if found is None:
                return None
            data, source = found
            if len(data) > REASSEMBLY:
                self.table.async_event(self, "RX_FRAGMENTATION_TOO_BIG", 0)
                continue
            if self.peer is None or source == self.peer:
                return self._hand_out(data, source, max_len)

    def _next(self):
        return self.queue.popleft() if self.queue else self._from_host()

    def _from_host(self, over_air: bool | None = None):
        """The next datagram of the host sockets.

        over_air: whether what has come over the radio counts; None: if that carries it now.
        """
        for sock in self._host_sockets():
            for _ in range(WAITING):
                try:
                    data, address = sock.recvfrom(BIGGEST)
                except OSError:  # nothing there, or the echo of an earlier datagram's failure
                    break
                name = self.sent_to.get(address[:2])
                if name is None or self.table.net.within(name[0]):
                    return self.shape(data), name or self.table.net.origin(address, self.domain)
                if self.table.net.carried(name[0]) if over_air is None else over_air:
                    return self.shape(data), name
        return None

    def sort_out(self, over_air: bool) -> None:
        """Take what waits on the host; what came over the radio only if it did so in time."""
        while len(self.queue) < WAITING:
            found = self._from_host(over_air)
            if found is None:
                break
            self.queue.append(found)

    def shape(self, data: bytes) -> bytes:
        """A datagram as the device gets it."""
        return data

    def _hand_out(self, data: bytes, source: tuple, max_len: int):
        """Cut to what was asked for; the rest is lost unless option 39 keeps it."""
        keep = self.options.number(so.RX_NO_IP_BOUNDARY) and len(data) > max_len
        self.left_over = (data[max_len:], source) if keep else None
        return min(len(data), max_len), data[:max_len], source

    def _host_sockets(self) -> list:
        return [*self.hosts.values(), *(s for s in self.members.values() if s is not None)]

    def readable(self):
        if not self.table.net.on_air():
            self.sort_out(False)
        if self.left_over is not None or self.queue:
            return True
        return any(readable(sock) for sock in self._host_sockets())

    # Host side

    def watch(self):
        wanted = READ if self.receive or self.table.selects_read(self) else 0
        for sock in self._host_sockets():
            self.table.io.watch(sock, wanted, self.ready)

    def ready(self) -> None:
        self.try_receive()
        self.table.changed()

    def finish(self):
        for sock in self._host_sockets():
            self.table.io.close(sock)
        self.hosts, self.members = {}, {}

    def has_real_io(self):
        return bool(self._host_sockets())

    def local_port(self):
        if self.virtual:
            return 0
        return next((s.getsockname()[1] for s in self.hosts.values()), 0)


class RawSocket(DatagramSocket):
    """Raw IP over a raw socket of the host; -13 where the host does not allow one."""

    virtual = False

    def make_host(self, family: int):
        sock = self.table.io.socket(family, host_socket.SOCK_RAW, self.protocol)
        if family == host_socket.AF_INET:
            own_header = self.options.number(so.HDRINCL, so.IP)
            sock.setsockopt(host_socket.IPPROTO_IP, host_socket.IP_HDRINCL, own_header)
        return sock

    def _bind_host(self, sock, family):
        sock.bind(("127.0.0.1", 0) if family == host_socket.AF_INET else ("::1", 0))

    def open(self) -> int:
        """Find out at once whether the host allows it."""
        family = host_socket.AF_INET if self.domain == 2 else host_socket.AF_INET6
        try:
            self.host(family)
        except OSError as error:
            return from_os(error.errno)
        return 0

    def bind(self, ip, port):
        if self.table.net.local(ip, port) is None:
            return BSD.EADDRNOTAVAIL
        self.bound = (ip, 0)
        return 0

    def option_changed(self, level, number):
        super().option_changed(level, number)
        if level == so.IP and number == so.HDRINCL:
            for sock in self.hosts.values():
                value = self.options.number(so.HDRINCL, so.IP)
                sock.setsockopt(host_socket.IPPROTO_IP, host_socket.IP_HDRINCL, value)

    def _send_host(self, route, data, name):
        route.address = (route.address[0], 0)
        super()._send_host(route, data, name)

    def shape(self, data):
        if self.domain == 2 and self.options.number(so.RAW_RX_NO_HEADER, so.IP):
            return data[4 * (data[0] & 15) :]
        return data

    def source_port(self):
        return 0
