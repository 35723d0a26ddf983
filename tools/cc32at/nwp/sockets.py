"""Socket group: descriptors, commands, completions (nwp-protocol.md 4 and 6.4).

What a kind of socket does is in sock_tcp.py, sock_stream.py (TLS), sock_dgram.py and sock_air.py;
select in sock_select.py. Completions that happen while a command is handled wait until its
response has been sent.
"""

from __future__ import annotations

from . import sockopt as so
from .codes import BSD
from .hostio import HostIo
from .linklayer import Message
from .net import Net
from .registry import Group, NwpError, group, handles
from .sock_air import PACKET, RF, AirSocket
from .sock_create import check_kind, check_transceiver
from .sock_dgram import DatagramSocket, RawSocket
from .sock_radio import Orphans
from .sock_select import Select
from .sock_stream import StreamSocket
from .tls import Tls

MAX_SOCKETS = 16
MAX_SECURE = 6
ACCEPT_DONE = 0x1003


@group("sockets")
class Sockets(Group):
    """The table of sockets."""

    def __init__(self, np):
        super().__init__(np)
        self.slots: list = [None] * MAX_SOCKETS
        self.io = HostIo()
        self.net = Net(np)
        self.tls = Tls(np)
        self.select = Select(self)
        self.orphans = Orphans(self)
        self.on_air = False  # what the sockets know of the radio link
        self.late: list | None = None  # completions held back until the response is out

    # The model

    def power_off(self):
        self.select.forget()
        for sock in self.open():
            self.remove(sock)
        self.orphans.clear()
        self.late = None
        self.on_air = False

    def fds(self):
        return self.io.fds()

    def service(self):
        self.io.service()

    def has_real_io(self):
        return bool(self.io.open_sockets)

    def open(self) -> list:
        return [sock for sock in self.slots if sock is not None]

    # Descriptors

    def free_id(self) -> int | None:
        return next((i for i, sock in enumerate(self.slots) if sock is None), None)

    def room(self, secure: bool, new_socket: bool = True) -> int:
        """0, or why there can be no further socket."""
        if new_socket and self.free_id() is None:
            return BSD.ENSOCK
        used = sum(sock.secure for sock in self.open())
        return BSD.ESECT00MANYSSLOPENED if secure and used >= MAX_SECURE else 0

    def find(self, sd: int):
        """The socket of a descriptor; NwpError -9 for one that is not open."""
        sock = self.slots[sd & 15] if not sd & 0x70 else None
        if sock is None or sock.id_flag != sd & 0x80 or sock.closing:
            raise NwpError(BSD.EBADF)
        return sock

    def refuse(self, code: int) -> None:
        raise NwpError(code)

    def _install(self, sock) -> None:
        self.slots[sock.sd & 15] = sock
        self.np.forget_socket(sock.sd)

    def remove(self, sock) -> None:
        """The descriptor is free again."""
        sock.finish()
        self.slots[sock.sd & 15] = None
        self.np.forget_socket(sock.sd)

    def transceiver_open(self) -> bool:
        """The radio is in the hands of a transceiver socket."""
        return any(isinstance(s, AirSocket) and s.domain == RF for s in self.open())

    def accepted(self, listener) -> StreamSocket:
        """A socket for a connection that the listening one takes."""
        child = StreamSocket(
            self, self.free_id(), listener.domain, 1, listener.protocol, listener.secure
        )
        self._install(child)
        return child

    def control_socket(self):
        """The socket on the port that stays inside the model (net.py)."""
        for sock in self.open():
            if isinstance(sock, DatagramSocket) and sock.virtual:
                return sock
        return None

    def deliver_multicast(self, source, group_ip: bytes, port: int, data: bytes) -> None:
        """A datagram to an IPv6 group, for the members on this device."""
        origin = (bytes(15) + b"\1", source.source_port())
        for sock in self.open():
            member = isinstance(sock, DatagramSocket) and group_ip in sock.members
            if member and sock.bound and sock.bound[1] == port:
                sock.deliver(data, origin)

    def link_changed(self) -> None:
        """The radio link or an address of the device has come or gone."""
        before, self.on_air = self.on_air, self.net.on_air()
        for sock in self.open():
            if isinstance(sock, DatagramSocket) and before != self.on_air:
                sock.sort_out(before)
            elif sock.stream:
                sock.link_changed()
        self.orphans.link_changed()
        self.changed()

    # Completions

    def _complete(self, name: str, payload: bytes = b"", **fields) -> None:
        if self.late is not None:
            self.late.append((name, payload, fields))
        else:
            self._send(name, payload, fields)

    def _send(self, name: str, payload: bytes, fields: dict) -> None:
        if name == "SOCKET_ACCEPT_DONE_V6":
            args = self.np.protocol.opcodes[name].response.pack(fields)
            self.np.post(Message(ACCEPT_DONE, args, name=name))
        else:
            self.np.event(name, payload, **fields)

    def _after_response(self, work, respond) -> None:
        """respond(work()), then let the completions go that work() has caused."""
        self.late = []
        try:
            status = work()
        except NwpError as error:
            status = error.code
        late, self.late = self.late, None
        respond(status)
        for item in late:
            self._send(*item)

    def connect_done(self, sock, status: int) -> None:
        self._complete("SOCKET_CONNECT_DONE", status=status, sd=sock.sd)

    def accept_done(self, listener, status: int, peer) -> None:
        """status: the new descriptor or an error. The v4 opcode serves both families (U5)."""
        six = listener.domain == 3
        name = "SOCKET_ACCEPT_DONE_V6" if six else "SOCKET_ACCEPT_DONE_V4"
        self._complete(name, status=status, sd=listener.sd, **_address(peer, listener.domain))

    def receive_done(self, sock, family: int, status: int, data: bytes = b"", peer=None) -> None:
        self.np.counters["rx_bytes"] += len(data)
        if not family:
            self._complete("SOCKET_RECV_DONE", data, status=status, sd=sock.sd)
            return
        name = "SOCKET_RECVFROM_DONE_V6" if family == 3 else "SOCKET_RECVFROM_DONE_V4"
        self._complete(name, data, status=status, sd=sock.sd, **_address(peer, family))

    def tx_failed(self, sock, code: int) -> None:
        """A send came to nothing: the bit stays until the socket is closed (4.3)."""
        self.np.tx_failure(sock.sd, True)
        self._complete("SOCKET_EV_TX_FAILED", status=code, sd=sock.sd)

    def async_event(self, sock, kind: str, value: int, extra: bytes = b"") -> None:
        number = self.np.protocol.enums["socket_async_type"][kind]
        self._complete("SOCKET_EV_ASYNC", sd=sock.sd, type=number, value=value, extra=extra)

    # Select

    def selects_read(self, sock) -> bool:
        return self.select.wants_read(sock)

    def changed(self) -> None:
        """Something may have become ready."""
        self.select.check()

    @handles("SOCKET_SELECT")
    def on_select(self, cmd):
        def work():
            return self.select.start(cmd.read_fds, cmd.write_fds, cmd.tv_sec, cmd.tv_usec)

        self._after_response(work, lambda status: self.np.respond(cmd, status))

    def select_done(self, status: int, read: int = 0, write: int = 0) -> None:
        self._complete(
            "SOCKET_SELECT_DONE",
            status=status,
            read_count=read.bit_count(),
            write_count=write.bit_count(),
            read_fds=read,
            write_fds=write,
        )

    # Commands

    @handles("SOCKET_CREATE")
    def create(self, cmd):
        secure = check_kind(cmd.domain, cmd.type, cmd.protocol)
        if cmd.domain == RF:
            check_transceiver(self, cmd.protocol)
        room = self.room(secure)
        if room:
            raise NwpError(room)
        sd, shape = self.free_id(), (cmd.domain, cmd.type, cmd.protocol)
        if cmd.domain in (RF, PACKET):
            sock = AirSocket(self, sd | (0x80 if cmd.domain == RF else 0), *shape)
        elif cmd.type == 1:
            sock = StreamSocket(self, sd, *shape, secure)
        else:
            sock = (RawSocket if cmd.type == 3 else DatagramSocket)(self, sd, *shape)
            status = sock.open() if cmd.type == 3 else 0
            if status:
                raise NwpError(status)
        self._install(sock)
        self.np.respond(cmd, sd=sock.sd)

    @handles("SOCKET_CLOSE")
    def close(self, cmd):
        sock = self.find(cmd.sd)
        self.np.respond(cmd)
        sock.complete_receive(BSD.EBADF)
        if sock.waiting_connect:
            sock.waiting_connect = False
            self.connect_done(sock, BSD.EBADF)
        if sock.accepting is not None:
            sock.accepting = None
            self.accept_done(sock, BSD.EBADF, None)
        self.select.closed(sock)
        if sock.stream and sock.begin_close():
            limit = sock.options.linger
            limit = self.np.world.timing.close_s if limit is None else limit
            self.np.after(limit, self.close_late, sock)
        else:
            self._closed(sock, 0)

    def flushed(self, sock) -> None:
        """A closing socket has sent everything."""
        if self.slots[sock.sd & 15] is sock:
            self._closed(sock, 0)

    def close_late(self, sock) -> None:
        """What is left to send has come to nothing."""
        if self.slots[sock.sd & 15] is sock:
            self._closed(sock, BSD.ECLOSE)

    def _closed(self, sock, status: int) -> None:
        self.remove(sock)
        self._complete("SOCKET_CLOSE_DONE", status=status, sd=sock.sd)

    @handles("SOCKET_BIND_V4", "SOCKET_BIND_V6")
    def bind(self, cmd):
        return self.find(cmd.sd).bind(*self._peer(cmd))

    @handles("SOCKET_LISTEN")
    def listen(self, cmd):
        return self.find(cmd.sd).listen(cmd.backlog)

    @handles("SOCKET_ACCEPT")
    def accept(self, cmd):
        sock = self.find(cmd.sd)

        def work():
            status = sock.accept(cmd.family)
            if status == 0:
                sock.try_accept()
            return status

        self._after_response(work, lambda status: self.np.respond(cmd, status))

    @handles("SOCKET_CONNECT_V4", "SOCKET_CONNECT_V6")
    def connect(self, cmd):
        sock, peer = self.find(cmd.sd), self._peer(cmd)
        self._after_response(
            lambda: sock.connect(*peer), lambda status: self.np.respond(cmd, status)
        )

    def _peer(self, cmd) -> tuple[bytes, int]:
        """(address, port) of a command; NwpError when the family does not fit the opcode."""
        ip = cmd.raw("ip")
        if cmd.family_flags >> 4 != (3 if len(ip) == 16 else 2):
            raise NwpError(BSD.EAFNOSUPPORT)
        return ip, int.from_bytes(cmd.raw("port"), "big")

    # Data

    @handles("SOCKET_SEND", "SOCKET_SENDTO_V4", "SOCKET_SENDTO_V6")
    def send(self, cmd):
        if self.np.header.tx_failure >> (cmd.sd & 15) & 1:
            return
        try:
            sock = self.find(cmd.sd)
        except NwpError as error:
            if self.slots[cmd.sd & 15] is None:
                self.np.tx_failure(cmd.sd, True)  # until somebody gets that number
            self._complete("SOCKET_EV_TX_FAILED", status=error.code, sd=cmd.sd)
            return
        self.np.counters["tx_frames"] += 1
        if cmd.name == "SOCKET_SEND":
            sock.send(cmd, cmd.payload)
        else:
            sock.send_to(cmd, cmd.payload, *self._peer(cmd))

    @handles("SOCKET_RECV", "SOCKET_RECVFROM")
    def receive(self, cmd):
        family = cmd.flags >> 4 if cmd.name == "SOCKET_RECVFROM" else 0
        if cmd.name == "SOCKET_RECVFROM" and family not in (2, 3):
            family = 2
        try:
            sock = self.find(cmd.sd)
        except NwpError as error:
            self.receive_done(cmd, family, error.code)
            return
        sock.request(cmd.max_len, family, cmd.flags & 15)

    # Options

    @handles("SOCKET_SETSOCKOPT")
    def set_option(self, cmd):
        sock = self.find(cmd.sd)
        key = (cmd.level, cmd.args["name"])  # cmd.name is the command's
        self._check_secure_option(sock, *key)
        before = sock.options.values.get(key)
        sock.options.set(*key, cmd.payload)
        try:
            if key == (so.SOCKET, so.STARTTLS):
                return sock.start_tls()
            sock.option_changed(*key)
        except NwpError:
            sock.options.values.pop(key)
            if before is not None:
                sock.options.values[key] = before
            raise
        if key == (so.SOCKET, so.NONBLOCKING):
            self.np.non_blocking(cmd.sd, sock.options.nonblocking)
        self.np.respond(cmd)

    def _check_secure_option(self, sock, level: int, number: int) -> None:
        if level != so.SOCKET or number not in so.SECURE_OPTIONS | {so.STARTTLS}:
            return
        if not sock.stream:
            raise NwpError(BSD.EOPNOTSUPP)
        if sock.state == "listening":
            raise NwpError(BSD.ESECNOTALLOWEDWHENLISTENING)
        if sock.handshaking:
            raise NwpError(BSD.ESECSSLDURINGHANDSHAKE)
        if number == so.CLIENT_CHALLENGE:
            raise NwpError(BSD.ESEC_NOT_COMPILED_IN)

    @handles("SOCKET_GETSOCKOPT")
    def get_option(self, cmd):
        sock = self.find(cmd.sd)
        number = cmd.args["name"]
        value = sock.options.get(cmd.level, number)
        session = sock.tls
        if cmd.level == so.SOCKET and number == so.CONNECTION_PARAMS:
            if session is None:
                raise NwpError(BSD.ENOTCONN)
            value = session.parameters()
        elif session is not None and (cmd.level, number) == (so.SOCKET, so.ALPN):
            value = session.alpn_bit().to_bytes(4, "little")
        elif session is not None and (cmd.level, number) == (so.SOCKET, so.ALPN_GENERAL):
            value = session.alpn().encode()
        if so.is_name(cmd.level, number) and number != so.ALPN_GENERAL:  # its length counts (8.6)
            value = self.np.string(value, cmd.value_len)
        self.np.respond(cmd, payload=value, value_len=min(len(value), 255))


def _address(peer, family: int) -> dict:
    """Address fields of a completion, in the form that the request asked for."""
    ip, port = peer or (bytes(16 if family == 3 else 4), 0)
    if family == 3 and len(ip) == 4:
        ip = bytes(10) + b"\xff\xff" + ip if any(ip) else bytes(16)
    elif family != 3 and len(ip) == 16:
        ip = ip[12:]
    return {"family": 3 if family == 3 else 2, "port": port.to_bytes(2, "big"), "ip": ip}
