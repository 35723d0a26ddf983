"""Network applications: DNS, mDNS, ping, HTTP requests, server settings (nwp-protocol 6.5, 8.5).

Addresses are numbers in host order (10.0.0.2 is 0x0A000002); of IPv6: four words, most significant
first.
"""

from struct import pack, pack_into, unpack_from

from .compat import const
from .device import get_setting, set_setting, size8
from .errors import SlError, checked
from .reports import Reports

# table: opcodes netapp
_NETAPP_START = const(0x9C0A)
_NETAPP_STOP = const(0x9C61)
_NETAPP_SET = const(0x9C0B)
_NETAPP_GET = const(0x9C27)
_NETAPP_DNS_BY_NAME = const(0x9C20)
_NETAPP_DNS_BY_NAME_DONE_V4 = const(0x1820)
_NETAPP_DNS_BY_NAME_DONE_V6 = const(0x1A20)
_NETAPP_MDNS_SERVICE_LIST = const(0x9C71)
_NETAPP_MDNS_REGISTER = const(0x9C34)
_NETAPP_HOST_BY_SERVICE = const(0x9C35)
_NETAPP_HOST_BY_SERVICE_DONE_V4 = const(0x1835)
_NETAPP_HOST_BY_SERVICE_DONE_V6 = const(0x1A35)
_NETAPP_PING_V4 = const(0x9C21)
_NETAPP_PING_V6 = const(0x9E21)
_NETAPP_PING_REPORT = const(0x1822)
_NETAPP_ARP_FLUSH = const(0x9C24)
_NETAPP_ND_FLUSH = const(0x9EC2)
_NETAPP_HTTP_SEND_TOKEN = const(0x9C2F)
_NETAPP_REQUEST_RESPONSE = const(0x9C78)
_NETAPP_SEND = const(0x9C79)
_NETAPP_RECEIVE_REQUEST = const(0x9C7A)
_NETAPP_RECEIVE = const(0x187B)
_NETAPP_EV_REQUEST = const(0x1878)
_NETAPP_EV_HTTP_GET_TOKEN = const(0x182E)
_NETAPP_EV_HTTP_POST_TOKEN = const(0x1830)
_NETAPP_EV_IPV4_ACQUIRED = const(0x1825)
_NETAPP_EV_IPV6_ACQUIRED = const(0x1A25)
_NETAPP_EV_IP_COLLISION = const(0x1831)
_NETAPP_EV_DHCPV4_LEASED = const(0x182C)
_NETAPP_EV_DHCPV4_RELEASED = const(0x182D)
_NETAPP_EV_IPV4_LOST = const(0x1832)
_NETAPP_EV_DHCP_TIMEOUT = const(0x1833)
_NETAPP_EV_IPV6_LOST = const(0x1A32)
_NETAPP_EV_NO_IPV4_COLLISION = const(0x18C4)
_NETAPP_EV_NO_LOCAL_IPV6_COLLISION = const(0x1AC5)
_NETAPP_EV_NO_GLOBAL_IPV6_COLLISION = const(0x1AC6)
# end
# table: errors SL_EZEROLEN SL_RET_CODE_NET_APP_PING_INVALID_PARAMS
_SL_EZEROLEN = const(-2002)
_SL_RET_CODE_NET_APP_PING_INVALID_PARAMS = const(-2015)
# end
# table: locks DNS SERVICE PING RECEIVE
_LOCK_DNS = const(16)
_LOCK_SERVICE = const(17)
_LOCK_PING = const(18)
_LOCK_RECEIVE = const(19)
# end
# table: constants netapp_metadata_max netapp_data_max
_NETAPP_METADATA_MAX = const(1024)
_NETAPP_DATA_MAX = const(1364)
# end
# table: constants ping_guard_ms http_token_name_max http_token_value_max
_PING_GUARD_MS = const(20000)
_HTTP_TOKEN_NAME_MAX = const(20)
_HTTP_TOKEN_VALUE_MAX = const(64)
# end

_IPV4 = const(2)
_ADD_SERVICE = const(0x80000000)
_NOT_FOUND = const(404)
_REPORT = "<hHHHIII"
_EACH = const(1)  # flags of a ping
_FIRST_SUCCESS = const(2)


class NetApp:
    """sl.netapp

    on_request(app, type, handle, flags, metadata, payload) and on_token(name) may be set by the
    application; metadata, payload and name are views that last until they return. on_request
    answers by respond(), at once or later; an SlError that it lets through is dropped, as a link
    that fails reports itself. on_token returns the value. Without them requests are answered 404,
    tokens with NULs.
    """

    def __init__(self, link):
        self.link = link
        self.on_request = None
        self.on_token = None

    # Short requests

    def start(self, apps: int) -> None:
        """Start applications: bits 1 HTTP server, 2 DHCP server, 4 mDNS, 8 DNS server."""
        self._word(_NETAPP_START, apps)

    def stop(self, apps: int) -> None:
        """Stop applications."""
        self._word(_NETAPP_STOP, apps)

    def set(self, app: int, option: int, data=b"") -> None:
        """Change a setting (8.5)."""
        set_setting(self.link, _NETAPP_SET, app, option, data)

    def get(self, app: int, option: int, size: int):
        """Value of a setting, `size` bytes at most: a view good until the next request or wait."""
        return get_setting(self.link, _NETAPP_GET, app, option, size)

    def service_list(self, index: int, count: int, kind: int):
        """mDNS services heard of: (count, records as a view, good until the next wait or request).

        kind 1 to 6 (enum service_list_type): records of 388, 132, 8, 400, 144, 20 bytes.
        """
        link = self.link
        pack_into("<BBBB", link.args, 0, index, count, kind, 0)
        n = link.request(_NETAPP_MDNS_SERVICE_LIST, link.args4)
        return unpack_from("<H", link.answer)[0], link.answer[4:n]

    def mdns_register(self, name, text, port: int, ttl: int, options: int = 0) -> None:
        """Announce a service; name and text together at most 254 bytes. options: enum
        mdns_options.
        """
        self._mdns(name, text, port, ttl, options | _ADD_SERVICE)

    def mdns_unregister(self, name, options: int = 0) -> None:
        """Withdraw a service."""
        self._mdns(name, b"", 0, 0, options & 0x7FFFFFFF)

    def _mdns(self, name, text, port: int, ttl: int, options: int):
        args = pack("<BBHII", size8(name), size8(text), port, ttl, options)
        self.link.call(_NETAPP_MDNS_REGISTER, args, bytes(name) + bytes(text))

    def arp_flush(self) -> None:
        """Forget the ARP table."""
        self.link.call(_NETAPP_ARP_FLUSH, b"")

    def nd_flush(self) -> None:
        """Forget the IPv6 neighbours."""
        self.link.call(_NETAPP_ND_FLUSH, b"")

    def send(self, handle: int, flags: int, data) -> None:
        """More of an answer to a request: flags 1 more follows, 2 metadata, 4 accumulate."""
        link = self.link
        pack_into("<HHI", link.args, 0, handle, len(data), flags)
        link.call(_NETAPP_SEND, link.args8, data)

    # Two-phase operations

    async def dns_by_name(self, name, family: int = _IPV4):
        """Address of a host: a number, or four for family 3."""
        args = pack("<HBB", len(name), family, 0)
        done = await self.link.exchange(
            _LOCK_DNS, _NETAPP_DNS_BY_NAME, args, _NETAPP_DNS_BY_NAME_DONE_V4, name
        )
        _check(done)
        return _words(done, 4, family)

    async def host_by_service(self, name, family: int = _IPV4):
        """(address, port, text) of a service."""
        args = pack("<BBH", size8(name), family, 0)
        done = await self.link.exchange(
            _LOCK_SERVICE, _NETAPP_HOST_BY_SERVICE, args, _NETAPP_HOST_BY_SERVICE_DONE_V4, name
        )
        _check(done)
        size, port = unpack_from("<HI", done + b"\0\0\0\0\0\0", 2)
        at = 24 if family == 3 else 12
        return _words(done, 8, family), port, done[at : at + size]

    async def ping(self, ip, size=32, interval=1000, timeout=1000, attempts=1, flags=0):
        """Ping ip, a number or four, and wait for the end: (status, min, max, average ms,
        received, sent, ms).
        """
        if not attempts:
            raise SlError(_SL_RET_CODE_NET_APP_PING_INVALID_PARAMS)
        opcode, args = _ping(ip, size, interval, timeout, attempts, flags)
        ms = _PING_GUARD_MS + interval * attempts
        return _report(
            await self.link.exchange(_LOCK_PING, opcode, args, _NETAPP_PING_REPORT, ms=ms)
        )

    def pings(self, ip, size=32, interval=1000, timeout=1000, attempts=1, flags=0) -> Reports:
        """Ping ip; returns when the network processor has accepted, each report is to be awaited.

        attempts 0: until ping_stop(). flags: 1 a report each, 2 stop at the first success, else
        one report.
        """
        opcode, args = _ping(ip, size, interval, timeout, attempts, flags)

        def last(report):
            success = flags & _FIRST_SUCCESS and report[4]
            return success or not flags & _EACH or 0 < attempts <= report[5]

        self.link.call(opcode, args)
        reports = Reports(self.link, _LOCK_PING, _NETAPP_PING_REPORT, _report, last)
        reports.begin()
        return reports

    def ping_stop(self, ip=0) -> None:
        """End what pings() has begun, and its reports. ip: nothing but zeros, of either family."""
        self.link.call(*_ping(ip, 0, 0, 0, 0, 0))
        reports = self.link.owners[_LOCK_PING]
        if isinstance(reports, Reports):
            reports.end()

    async def recv(self, handle: int, buf, flags: int = 0):
        """More of a request that has it; returns (count, flags): 1 if there is still more."""
        link = self.link
        await link.admit()
        with await link.turn(_LOCK_RECEIVE, _NETAPP_RECEIVE) as wait:
            wait.head = 8
            wait.into = buf
            args = pack("<HHI", handle, len(buf), flags)
            code = link.nwp.post(_NETAPP_RECEIVE_REQUEST, args, b"", 0, -1)
            if code < 0:
                link.broken(code)
            wait.sent = True
            done = await wait
        if len(done) < 8 or unpack_from("<H", done)[0] != handle:
            return 0, 0
        size, flags = unpack_from("<HI", done, 2)
        return min(size, wait.size, len(buf)), flags

    # Requests from the network processor

    def event(self, opcode: int, args) -> None:
        """What the network processor wants to know."""
        if opcode == _NETAPP_EV_REQUEST:
            self._request(args)
        else:
            self._token(args)

    def respond(self, handle: int, status: int, metadata=b"", payload=b"", flags: int = 0) -> None:
        """Answer a request: by a plain 404 if metadata > 1024 bytes or both together > 1364.

        Provisioning does not refuse it, as the request came nevertheless (nwp-protocol 3.4).
        """
        size = len(metadata) + len(payload)
        if len(metadata) > _NETAPP_METADATA_MAX or size > _NETAPP_DATA_MAX:
            status, metadata, payload, flags = _NOT_FOUND, b"", b"", 0
        code = self._respond(handle, status, bytes(metadata), bytes(payload), flags)
        if code < 0:
            self.link.broken(code)

    def _respond(self, handle, status, metadata=b"", payload=b"", flags=0) -> int:
        args = pack("<HHHHI", handle, status, len(metadata), len(payload), flags)
        return self.link.nwp.post(_NETAPP_REQUEST_RESPONSE, args, metadata + payload, 0, -1)

    def _request(self, args):
        if len(args) < 12:
            return
        app, kind, handle, meta_len, size, flags = unpack_from("<BBHHHI", args)
        if self.on_request is None or meta_len + size > len(args) - 12:
            self._respond(handle, _NOT_FOUND)
        else:
            at = 12 + meta_len
            try:
                self.on_request(app, kind, handle, flags, args[12:at], args[at : at + size])
            except SlError:
                pass

    def _token(self, args):
        size = min(args[0], _HTTP_TOKEN_NAME_MAX) if len(args) else 0
        name = bytes(args[4 : 4 + size])
        value = self.on_token(name) if self.on_token is not None else None
        if value is None:
            value = bytes(_HTTP_TOKEN_VALUE_MAX)
        frame = pack("<BB20sxx", len(value), len(name), name)
        self.link.nwp.post(_NETAPP_HTTP_SEND_TOKEN, frame, value, 0, -1)

    def _word(self, opcode: int, number: int):
        link = self.link
        pack_into("<I", link.args, 0, number)
        link.call(opcode, link.args4)


def _check(done: bytes):
    """Raise the status of a completion."""
    checked(unpack_from("<h", done)[0] if len(done) > 1 else -1)


def _words(done: bytes, at: int, family: int):
    """One address word, or four."""
    if family == 3:
        return unpack_from("<4I", done + bytes(24), at)
    return unpack_from("<I", done + bytes(12), at)[0]


def _ping(ip, size, interval, timeout, attempts, flags):
    """(opcode, arguments) of a ping."""
    six = isinstance(ip, tuple)
    words = ip if six else (ip, 0, 0, 0)
    args = pack("<IHHIIIIII", interval, size, timeout, attempts, flags, *words)
    return _NETAPP_PING_V6 if six else _NETAPP_PING_V4, args


def _report(done):
    """Fields of a ping report."""
    return unpack_from(_REPORT, bytes(done) + bytes(20))
