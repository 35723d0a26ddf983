"""Socket commands: guide 6.2, tables 14-26; at-commands.md chapter 9."""

from ..compat import const
from ..dispatch import AT_ONCE, BY_OPTION, ENDS_SOCKET, FIRST
from ..grammar import MISSING, ParseError
from ..options import packed, told
from . import command

_EAGER = const("sockets")

# table: keywords socket_family.INET socket_family.INET6
_INET = const(2)
_INET6 = const(3)
# end

_SD = const(("socket", "u8", ""))
_FAMILY = const(("family", "family", ""))
_PORT = const(("Port", "u16", ""))
_ADDRESS = const(("Address", "addr", "", "family"))
_FORMAT = const(("format", "format", ""))
_LENGTH = const(("length", "size", ""))
_DATA = const(("data", "data", ""))
_SD_LINE = const((("u8", 0),))

_LEVELS = const(
    (
        (1, b"socket_option_socket"),
        (2, b"socket_option_ip"),
        (3, b"socket_option_phy"),
    )
)

_FLAG = const((("Value1", "range", "", 0, 1),))
_NUMBER = const((("Value1", "u32", ""),))
_NAME = const((("Value1", "str", "", 255),))
_GROUP = const((("Value1", "ip4", ""), ("Value2", "ip4", "")))

# table: options sockopt.RCVBUF sockopt.KEEPALIVE sockopt.LINGER sockopt.RCVTIMEO
#     sockopt.NONBLOCKING sockopt.SECMETHOD sockopt.SECURE_MASK sockopt.CHANGE_CHANNEL
#     sockopt.SECURE_PRIVATE_KEY_FILE sockopt.SECURE_CERTIFICATE_FILE sockopt.SECURE_CA_FILE
#     sockopt.SECURE_PEER_CERT_OR_DH_FILE sockopt.KEEPALIVETIME sockopt.RX_NO_IP_BOUNDARY
#     sockopt.SECURE_ALPN sockopt.SECURE_EXT_CLIENT_CHLNG_RESP sockopt.SECURE_DOMAIN_NAME
#     sockopt.MULTICAST_TTL sockopt.ADD_MEMBERSHIP sockopt.DROP_MEMBERSHIP sockopt.HDRINCL
#     sockopt.RAW_RX_NO_HEADER sockopt.RAW_IPV6_HDRINCL sockopt.PHY_RATE sockopt.PHY_TX_POWER
#     sockopt.PHY_NUM_FRAMES_TO_TX sockopt.PHY_PREAMBLE sockopt.PHY_TX_INHIBIT_THRESHOLD
#     sockopt.PHY_TX_TIMEOUT sockopt.PHY_ALLOW_ACKS
_RCVBUF = const(8)
_KEEPALIVE = const(9)
_LINGER = const(13)
_RCVTIMEO = const(20)
_NONBLOCKING = const(24)
_SECMETHOD = const(25)
_SECURE_MASK = const(26)
_CHANGE_CHANNEL = const(28)
_SECURE_PRIVATE_KEY_FILE = const(30)
_SECURE_CERTIFICATE_FILE = const(31)
_SECURE_CA_FILE = const(32)
_SECURE_PEER_CERT_OR_DH_FILE = const(33)
_KEEPALIVETIME = const(37)
_RX_NO_IP_BOUNDARY = const(39)
_SECURE_ALPN = const(40)
_SECURE_EXT_CLIENT_CHLNG_RESP = const(41)
_SECURE_DOMAIN_NAME = const(42)
_MULTICAST_TTL = const(61)
_ADD_MEMBERSHIP = const(65)
_DROP_MEMBERSHIP = const(66)
_HDRINCL = const(67)
_RAW_RX_NO_HEADER = const(68)
_RAW_IPV6_HDRINCL = const(69)
_PHY_RATE = const(100)
_PHY_TX_POWER = const(101)
_PHY_NUM_FRAMES_TO_TX = const(102)
_PHY_PREAMBLE = const(103)
_PHY_TX_INHIBIT_THRESHOLD = const(104)
_PHY_TX_TIMEOUT = const(105)
_PHY_ALLOW_ACKS = const(106)
# end
# Table 21, in its order: (option, values, format on the wire).
_OPTIONS = const(
    (
        (_KEEPALIVE, _FLAG, "<I"),
        (_KEEPALIVETIME, _NUMBER, "<I"),
        (_RX_NO_IP_BOUNDARY, _FLAG, "<I"),
        (
            _RCVTIMEO,
            (("Value1", "range", "", 0, 0x7FFFFFFF), ("Value2", "range", "", 0, 0x7FFFFFFF)),
            "<II",
        ),
        (_RCVBUF, _NUMBER, "<I"),
        (_NONBLOCKING, _FLAG, "<I"),
        (_SECMETHOD, (("Value1", "key", "", b"sec_method"),), "<B"),
        (_SECURE_MASK, (("Value1", "mask", "?", b"cipher"),), "<I"),
        (_SECURE_CA_FILE, _NAME, None),
        (_SECURE_PRIVATE_KEY_FILE, _NAME, None),
        (_SECURE_CERTIFICATE_FILE, _NAME, None),
        (_SECURE_PEER_CERT_OR_DH_FILE, _NAME, None),
        (_CHANGE_CHANNEL, (("Value1", "range", "", 1, 13),), "<I"),
        (_SECURE_ALPN, (("Value1", "mask", "", b"alpn"),), "<I"),
        (_LINGER, (("Value1", "range", "", 0, 1), ("Value2", "u32", "")), "<II"),
        (_SECURE_EXT_CLIENT_CHLNG_RESP, (), "<4x"),
        (_SECURE_DOMAIN_NAME, _NAME, None),
        (_MULTICAST_TTL, (("Value1", "u8", ""),), "<B"),
        (_ADD_MEMBERSHIP, _GROUP, ">II"),
        (_DROP_MEMBERSHIP, _GROUP, ">II"),
        (_RAW_RX_NO_HEADER, _FLAG, "<I"),
        (_HDRINCL, _FLAG, "<I"),
        (_RAW_IPV6_HDRINCL, _FLAG, "<I"),
        (_PHY_RATE, _NUMBER, "<I"),
        (_PHY_TX_POWER, (("Value1", "range", "", 1, 15),), "<I"),
        (_PHY_NUM_FRAMES_TO_TX, _NUMBER, "<I"),
        (_PHY_PREAMBLE, _NUMBER, "<I"),
        (
            _PHY_TX_INHIBIT_THRESHOLD,
            (("Value1", "key", "", b"phy_tx_inhibit_threshold"),),
            "<I",
        ),
        (_PHY_TX_TIMEOUT, (("Value1", "range", "", 0, 10),), "<I"),
        (_PHY_ALLOW_ACKS, _FLAG, "<I"),
    )
)
# Table 22: (options, bytes asked for, value line).
_GET = const(
    (
        (
            (
                _RCVBUF,
                _KEEPALIVE,
                _NONBLOCKING,
                _CHANGE_CHANNEL,
                _KEEPALIVETIME,
                _RX_NO_IP_BOUNDARY,
                _HDRINCL,
                _RAW_RX_NO_HEADER,
                _RAW_IPV6_HDRINCL,
                _PHY_RATE,
                _PHY_TX_POWER,
                _PHY_NUM_FRAMES_TO_TX,
                _PHY_PREAMBLE,
                _PHY_TX_TIMEOUT,
                _PHY_ALLOW_ACKS,
            ),
            4,
            (("u32", 0),),
        ),
        ((_LINGER, _RCVTIMEO), 8, (("u32", 0), ("u32", 4))),
        ((_SECMETHOD,), 1, (("key", 0, b"sec_method"),)),
        ((_MULTICAST_TTL,), 1, (("u8", 0),)),
        (
            (
                _SECURE_PRIVATE_KEY_FILE,
                _SECURE_CERTIFICATE_FILE,
                _SECURE_CA_FILE,
                _SECURE_PEER_CERT_OR_DH_FILE,
                _SECURE_DOMAIN_NAME,
            ),
            255,
            (("str", 0),),
        ),
        ((_ADD_MEMBERSHIP, _DROP_MEMBERSHIP), 8, (("version", 0), ("version", 4))),
        ((_SECURE_MASK,), 4, (("mask", 0, b"cipher"),)),
        ((_SECURE_ALPN,), 4, (("mask", 0, b"alpn"),)),
        ((_PHY_TX_INHIBIT_THRESHOLD,), 4, (("key32", 0, b"phy_tx_inhibit_threshold"),)),
        ((_SECURE_EXT_CLIENT_CHLNG_RESP,), 4, ()),
    )
)
_ALL_CIPHERS = const(0xFFFFFFFF)


@command(
    b"Socket",
    (
        ("Domain", "key", "", b"socket_family"),
        ("Type", "key", "", b"socket_type"),
        ("Protocol", "key", "", b"socket_protocol"),
    ),
    reply=_SD_LINE,
)
def socket(cmd, domain, type, protocol):
    """Create an end-point (table 14)."""
    return cmd.sl.sockets.open(domain, type, protocol)


@command(b"Close", (_SD,), reply=_SD_LINE, ends=ENDS_SOCKET)
async def close(cmd, sd):
    """Close a socket; what waits on it ends with an error (table 15)."""
    await cmd.sl.sockets.close(sd)
    return sd


@command(
    b"Accept",
    (_SD, _FAMILY),
    ok=AT_ONCE,
    late_name=FIRST,
    reply=(("u8", 0), ("key", 1, b"socket_family"), ("u16", 2), ("addr", 3)),
)
async def accept(cmd, sd, family):
    """Take the next connection (table 16)."""
    new, port, ip = await cmd.sl.sockets.accept(sd, family)
    return new, _INET6 if len(ip) == 16 else _INET, port, ip


@command(b"Bind", (_SD, _FAMILY, _PORT, _ADDRESS))
def bind(cmd, sd, family, port, address):
    """Give a socket its local address (table 17)."""
    cmd.sl.sockets.bind(sd, port, address)


@command(b"Listen", (_SD, ("backlog", "i16", "", b"listen")))
def listen(cmd, sd, backlog):
    """Take connections on a socket (table 18, whose word for the backlog is sent, too)."""
    cmd.sl.sockets.listen(sd, backlog)


@command(
    b"Connect",
    (_SD, _FAMILY, _PORT, _ADDRESS),
    ok=AT_ONCE,
    late_name=FIRST,
    reply=(("u16", 0), ("addr", 1)),
)
async def connect(cmd, sd, family, port, address):
    """Connect to a peer (table 19)."""
    await cmd.sl.sockets.connect(sd, port, address)
    return port, address


@command(
    b"Select",
    (
        ("nfds", "u8", ""),
        ("readsds", "list", ""),
        ("timeout sec", "u32", ""),
        ("timeout usec", "u32", ""),
    ),
    ok=AT_ONCE,
    reply=(("guide", ("bits", 0)), ("ti", ("bits", 1))),
)
async def select(cmd, nfds, readsds, sec, usec):
    """Wait for sockets to become readable (table 20)."""
    wanted = descriptors(readsds)
    highest = 0
    while wanted >> highest:
        highest += 1
    _, ready, _ = await cmd.sl.sockets.select(max(nfds, highest), wanted, 0, sec, usec)
    return ready, ready or wanted  # style ti prints what was asked for when the time is over


def descriptors(numbers) -> int:
    """Descriptors as bits."""
    bits = 0
    for number in numbers:
        bits |= 1 << (number & 0x0F)
    return bits


@command(
    b"SetSockOpt",
    (
        ("sd", "u8", ""),
        ("Level", "key", "", b"socket_level"),
        ("Option", "sub", "", _LEVELS),
    ),
    varies=True,
    forms=_OPTIONS,
)
def set_option(cmd, sd, level, option, *values):
    """Set a socket option (table 21)."""
    if option == _SECURE_MASK and values[0] is None:
        values = (_ALL_CIPHERS,)
    cmd.sl.sockets.setsockopt(sd, level, option, packed(cmd.core.form, values))


@command(
    b"GetSockOpt",
    (
        ("sd", "u8", ""),
        ("level", "key", "", b"socket_level"),
        ("option", "sub", "", _LEVELS),
    ),
    reply=BY_OPTION,
)
def get_option(cmd, sd, level, option):
    """Get a socket option (table 22)."""
    for row in _GET:
        if option in row[0]:
            break
    else:
        raise ParseError(MISSING)
    return told(row, cmd.sl.sockets.getsockopt(sd, level, option, row[1]))


@command(
    b"Recv", (("sd", "u8", ""), _FORMAT, ("length", "length", "")), ok=AT_ONCE, late_name=FIRST
)
async def recv(cmd, sd, format, length):
    """Receive from a connected socket (table 23); at most 4096 bytes."""
    data = cmd.frame(length, format)
    size = await cmd.sl.sockets.recv(sd, data)
    return cmd.payload(data, size, format, (sd,))


@command(
    b"RecvFrom",
    (
        ("sd", "u8", ""),
        _FAMILY,
        ("port", "u16", ""),
        ("addr", "addr", "", "family"),
        _FORMAT,
        ("length", "length", ""),
    ),
    ok=AT_ONCE,
    late_name=FIRST,
)
async def recv_from(cmd, sd, family, port, address, format, length):
    """Receive a datagram (table 24); at most 4096 bytes. Port and address are no filter."""
    data = cmd.frame(length, format)
    size, _, _ = await cmd.sl.sockets.recvfrom(sd, data, family)
    return cmd.payload(data, size, format, (sd,))


@command(
    b"Send",
    (("sd", "u8", ""), _FORMAT, _LENGTH, _DATA),
    varies=True,
)
def send(cmd, sd, format, length, data):
    """Write to a connected socket; OK when every byte was taken (table 25)."""
    return accepted(cmd.sl.sockets.send(sd, cmd.data(format, data)))


@command(
    b"SendTo",
    (
        ("sd", "u8", ""),
        _FAMILY,
        ("port", "u16", ""),
        ("addr", "addr", "", "family"),
        _FORMAT,
        _LENGTH,
        _DATA,
    ),
    varies=True,
)
def send_to(cmd, sd, family, port, address, format, length, data):
    """Send a datagram (table 26)."""
    return accepted(cmd.sl.sockets.sendto(sd, cmd.data(format, data), port, address))


async def accepted(sending):
    """What was sent is not told."""
    await sending
