"""TLS of the model's sockets against Python's own TLS on the other side."""

import os
import socket
import ssl
import struct
import tempfile
import threading

import pytest

from cc32at.nwp.codec import protocol
from tests.unit.nwp.netsupport import PATIENCE_S, WORLD, NetHost
from tests.unit.nwp.pki import dh_parameters, lab

KEY, CERT, CA, PEER, STARTTLS, PARAMS = 30, 31, 32, 33, 35, 36
NO_STORE, ALPN, DOMAIN, OCSP, ALPN_NAME = 38, 40, 42, 43, 44
NOT_VERIFIED, DATE, UNKNOWN_ROOT, WRONG_PEER = -453, -461, -468, -469
NO_SUCH_SUITE = -790


@pytest.fixture
def host():
    host = NetHost(world=WORLD)
    pki = lab()
    for name in pki:
        host.np.storage.put(f"{name}.pem".encode(), pki[name].pem)
        host.np.storage.put(f"{name}.key".encode(), pki[name].key_pem)
    host.np.storage.put(b"ca.der", pki["ca"].der)
    host.np.storage.put(b"server.kder", pki["server"].key_der)
    host.np.storage.put(b"junk", b"not a certificate")
    yield host
    host.np.power(False)
    assert not host.np.groups["sockets"].has_real_io()


def load(context, identity):
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(identity.key_pem + identity.pem)
    context.load_cert_chain(file.name)
    os.unlink(file.name)


class Peer(threading.Thread):
    """A TLS server of this PC for one connection: echoes one message, then closes."""

    def __init__(self, identity="server", client_ca=None, alpn=(), plain_first=False, **limits):
        super().__init__(daemon=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        load(self.context, lab()[identity])
        if client_ca:
            self.context.verify_mode = ssl.CERT_REQUIRED
            self.context.load_verify_locations(cadata=lab()[client_ca].pem.decode())
        if alpn:
            self.context.set_alpn_protocols(alpn)
        for name, value in limits.items():
            setattr(self.context, name, value)
        self.plain_first = plain_first
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        self.seen = None
        self.error = None
        self.start()

    def run(self):
        self.server.settimeout(PATIENCE_S)
        try:
            raw, _ = self.server.accept()
            raw.settimeout(PATIENCE_S)
            with self.context.wrap_socket(raw, server_side=True) as secure:
                self.seen = (secure.version(), secure.cipher(), secure.getpeercert(True))
                data = secure.recv(100)
                secure.sendall(data[::-1])
                if self.plain_first:
                    back = secure.unwrap()
                    back.sendall(b"in the clear")
                    back.close()
        except OSError as error:
            self.error = error
        finally:
            self.server.close()


def secure(host, **options):
    """A TLS socket with options {number: value}."""
    sd = host.socket(protocol=100)
    for number, value in options.items():
        value = value.encode() if isinstance(value, str) else value
        assert host.option(sd, int(number[1:]), value) == 0
    return sd


def connect(host, peer, **options):
    sd = secure(host, **options)
    return sd, host.connected(sd, peer.port)


def exchange(host, sd):
    host.post(sd, b"abc")
    assert host.received(sd) == (3, b"cba")


OFF = struct.pack("<I", 1)


def test_without_a_ca_the_server_is_not_verified_but_connected(host):
    sd, status = connect(host, peer := Peer())
    assert status == NOT_VERIFIED
    exchange(host, sd)
    assert host.received(sd)[0] in (0, -452)
    assert peer.seen[0] == "TLSv1.2"


@pytest.mark.parametrize("file", ["ca.pem", "ca.der"])
def test_right_ca_and_no_store_check(host, file):
    sd, status = connect(host, Peer(), o32=file, o38=OFF)
    assert status == 0
    exchange(host, sd)


def test_root_outside_the_catalog_is_a_warning(host):
    sd, status = connect(host, Peer(), o32="ca.pem")
    assert status == UNKNOWN_ROOT
    exchange(host, sd)


def test_root_in_the_catalog(host):
    host.np.world.trusted_roots.append(lab()["ca"].pem)
    assert connect(host, Peer(), o32="ca.pem")[1] == 0


def test_wrong_ca_fails_and_names_the_missing_root(host):
    sd, status = connect(host, Peer(), o32="other.pem", o38=OFF)
    assert status == -688
    fields, _ = host.take("SOCKET_EV_ASYNC")
    assert (fields.sd, fields.type) == (sd, 5)
    assert fields.extra.rstrip(b"\0") == b"Lab Root"
    assert host.received(sd)[0] == -107


def test_expired_certificate_is_a_warning_by_the_device_clock(host):
    sd, status = connect(host, Peer("old"), o32="ca.pem", o38=OFF)
    assert status == DATE
    exchange(host, sd)


def test_the_device_clock_decides(host):
    value = struct.pack("<11I", 0, 0, 0, 1, 6, 2050, 0, 0, 0, 0, 0)
    host.command("DEVICE_SET", value, set_id=1, option=11, length=44)
    assert connect(host, Peer(), o32="ca.pem", o38=OFF)[1] == DATE


def test_domain_name(host):
    assert connect(host, Peer(), o32="ca.pem", o38=OFF, o42="server.lab")[1] == 0
    assert connect(host, Peer(), o32="ca.pem", o38=OFF, o42="other.lab")[1] == -722


def test_pinned_certificate(host):
    assert connect(host, Peer(), o33="server.pem")[1] == 0
    assert connect(host, Peer(), o33="client.pem")[1] == WRONG_PEER


def test_revoked_certificate_with_ocsp(host):
    host.np.world.revoked_serials.append(4711)
    assert connect(host, Peer(), o32="ca.pem", o38=OFF)[1] == 0
    assert connect(host, Peer(), o32="ca.pem", o38=OFF, o43=OFF)[1] == -467


def test_client_certificate(host):
    peer = Peer(client_ca="ca")
    sd, status = connect(host, peer, o30="client.key", o31="client.pem")
    assert status == NOT_VERIFIED
    exchange(host, sd)
    assert peer.seen[2] == lab()["client"].der


def test_client_certificate_of_a_stranger(host):
    peer = Peer(client_ca="ca", maximum_version=ssl.TLSVersion.TLSv1_2)
    status = connect(host, peer, o30="stranger.key", o31="stranger.pem")[1]
    assert status == -713


def test_client_certificate_missing(host):
    peer = Peer(client_ca="ca", maximum_version=ssl.TLSVersion.TLSv1_2)
    assert connect(host, peer)[1] == -340


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"o32": "nowhere.pem"}, -454),
        ({"o32": "junk"}, -456),
        ({"o31": "nowhere.pem", "o30": "client.key"}, -457),
        ({"o31": "junk", "o30": "client.key"}, -457),
        ({"o31": "client.pem", "o30": "nowhere.key"}, -458),
        ({"o31": "client.pem", "o30": "junk"}, -458),
        ({"o31": "client.pem", "o30": "server.key"}, -458),
        ({"o25": b"\0"}, -674),
        ({"o25": b"\5"}, -674),
        ({"o26": struct.pack("<I", 3)}, -790),
    ],
)
def test_unusable_files_and_options(host, options, status):
    assert connect(host, Peer(), **options)[1] == status


@pytest.mark.parametrize(("method", "version"), [(1, "TLSv1"), (2, "TLSv1.1"), (3, "TLSv1.2")])
def test_versions(host, method, version):
    peer = Peer(minimum_version=ssl.TLSVersion.TLSv1)
    peer.context.set_ciphers("ALL:@SECLEVEL=0")
    sd, status = connect(host, peer, o25=bytes([method]))
    assert status == NOT_VERIFIED
    exchange(host, sd)
    assert peer.seen[0] == version


def test_version_the_peer_refuses(host):
    peer = Peer(minimum_version=ssl.TLSVersion.TLSv1_2)
    assert connect(host, peer, o25=b"\1")[1] == -370


def test_cipher_mask_and_connection_parameters(host):
    peer = Peer()
    mask = 0x80000  # ECDHE-ECDSA-AES256-GCM-SHA384
    sd, _ = connect(host, peer, o26=struct.pack("<I", mask), o32="ca.pem", o38=OFF)
    exchange(host, sd)
    assert peer.seen[1][0] == "ECDHE-ECDSA-AES256-GCM-SHA384"
    got = host.read_option(sd, PARAMS)
    values = host.np.protocol.unpack("ssl_connection_params", got.payload)
    assert (values.version, values.cipher, values.peer_validated) == (3, mask, 1)
    assert values.issuer[: values.issuer_len] == b"Lab Root"
    assert values.subject[: values.subject_len] == b"server"


# Cipher suites as IANA numbers them, by the names of enum cipher_mask.
SUITES = {
    "TLS_RSA_WITH_AES_256_CBC_SHA": 0x0035,
    "TLS_DHE_RSA_WITH_AES_256_CBC_SHA": 0x0039,
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": 0xC014,
    "TLS_RSA_WITH_AES_128_CBC_SHA256": 0x003C,
    "TLS_RSA_WITH_AES_256_CBC_SHA256": 0x003D,
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256": 0xC027,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256": 0xC023,
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": 0xC009,
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": 0xC00A,
    "TLS_RSA_WITH_AES_128_GCM_SHA256": 0x009C,
    "TLS_RSA_WITH_AES_256_GCM_SHA384": 0x009D,
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256": 0x009E,
    "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384": 0x009F,
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": 0xC02F,
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": 0xC030,
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": 0xC02B,
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": 0xC02C,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA9,
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCA8,
    "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256": 0xCCAA,
}
MASKS = {k: v for k, v in protocol().enums["cipher_mask"].items() if k != "SECURE_DEFAULT"}


def number_of(context, name: str) -> int:
    """The number of a suite that OpenSSL calls `name`."""
    return next(c["id"] & 0xFFFF for c in context.get_ciphers() if c["name"] == name)


@pytest.mark.parametrize("name", MASKS)
def test_each_cipher_suite(host, name):
    """A mask of one bit: that suite, or the NWP's refusal where OpenSSL has it no more (RC4)."""
    peer = Peer("server" if "_ECDSA_" in name else "rsa")
    peer.context.set_ciphers("ALL:@SECLEVEL=0")
    if "_DHE_" in name:
        with tempfile.NamedTemporaryFile() as file:
            file.write(dh_parameters())
            file.flush()
            peer.context.load_dh_params(file.name)
    mask = MASKS[name]
    sd, status = connect(host, peer, o26=struct.pack("<I", mask))
    if name not in SUITES:
        assert "_RC4_" in name and status == NO_SUCH_SUITE
        return
    assert status == NOT_VERIFIED
    exchange(host, sd)
    assert number_of(peer.context, peer.seen[1][0]) == SUITES[name]
    values = host.np.protocol.unpack("ssl_connection_params", host.read_option(sd, PARAMS).payload)
    assert values.cipher == mask


def test_cipher_the_peer_does_not_have(host):
    assert connect(host, Peer(), o26=struct.pack("<I", 0x10000))[1] == -340


def test_alpn(host):
    sd, _ = connect(host, Peer(alpn=["h2", "http/1.1"]), o40=struct.pack("<I", 1 | 4))
    exchange(host, sd)
    assert host.read_option(sd, ALPN).payload == struct.pack("<I", 1)
    sd, _ = connect(host, Peer(alpn=["mqtt"]), o44="mqtt")
    assert host.read_option(sd, ALPN_NAME).payload == b"mqtt"


def test_a_server_that_speaks_no_tls(host):
    server = socket.create_server(("127.0.0.1", 0))
    sd = secure(host)
    host.connect(sd, server.getsockname()[1])
    peer, _ = server.accept()
    peer.sendall(b"HTTP/1.0 400 what?\r\n\r\n")
    assert host.wait("SOCKET_CONNECT_DONE")[0].status == -711
    peer.close()
    server.close()


def test_a_server_that_says_nothing(host):
    server = socket.create_server(("127.0.0.1", 0))
    sd = secure(host)
    host.connect(sd, server.getsockname()[1])
    peer, _ = server.accept()
    host.pump(seconds=0.05)
    host.after(31.0)
    assert host.take("SOCKET_CONNECT_DONE")[0].status == -462
    peer.close()
    server.close()


def test_a_megabyte_through_tls(host):
    total = 1 << 20
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, lab()["server"])
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        with context.wrap_socket(server.accept()[0], server_side=True) as peer:
            left = total
            while left:
                left -= len(peer.recv(65536))
            peer.sendall(bytes(range(256)) * (total // 256))

    threading.Thread(target=serve, daemon=True).start()
    sd = secure(host)
    assert host.connected(sd, server.getsockname()[1]) == NOT_VERIFIED
    for _ in range(total // 1024):
        host.pump(lambda events: host.np.header.credits > 4)
        host.post(sd, bytes(1024))
    got = b""
    while len(got) < total:
        status, data = host.received(sd, 1460)
        assert status > 0
        got += data
    assert got == bytes(range(256)) * (total // 256)
    server.close()


class Client(threading.Thread):
    """A TLS client of this PC against the device's server."""

    def __init__(self, port, ca="ca", identity=None):
        super().__init__(daemon=True)
        self.context = ssl.create_default_context(cadata=lab()[ca].pem.decode())
        if identity:
            load(self.context, lab()[identity])
        self.port, self.answer, self.error = port, None, None
        self.start()

    def run(self):
        try:
            raw = socket.create_connection(("127.0.0.1", self.port), 5)
            with self.context.wrap_socket(raw, server_hostname="server.lab") as secured:
                secured.sendall(b"hello")
                self.answer = secured.recv(100)
        except OSError as error:
            self.error = error


def serve(host, **options):
    sd = secure(host, o30="server.key", o31="server.pem", **options)
    assert host.bind(sd, 0) == 0
    assert host.listen(sd) == 0
    assert host.command("SOCKET_ACCEPT", sd=sd, family=2).status == 0
    return sd


def test_server_accepts_after_the_handshake(host):
    sd = serve(host)
    client = Client(host.port_of(sd))
    fields, _ = host.wait("SOCKET_ACCEPT_DONE_V4")
    assert host.received(fields.status) == (5, b"hello")
    host.post(fields.status, b"welcome")
    client.join(PATIENCE_S)
    assert client.answer == b"welcome"


def test_a_failed_handshake_is_told_and_the_accept_goes_on(host):
    sd = serve(host)
    bad = Client(host.port_of(sd), ca="other")
    fields, _ = host.wait("SOCKET_EV_ASYNC")
    assert (fields.sd, fields.type) == (sd, 0)
    assert fields.value < 0
    bad.join(PATIENCE_S)
    good = Client(host.port_of(sd))
    new = host.wait("SOCKET_ACCEPT_DONE_V4")[0].status
    assert host.received(new) == (5, b"hello")
    host.close(new)
    good.join(PATIENCE_S)


def test_server_with_ca_wants_a_client_certificate(host):
    sd = serve(host, o32="ca.pem")
    client = Client(host.port_of(sd), identity="client")
    new = host.wait("SOCKET_ACCEPT_DONE_V4")[0].status
    assert host.received(new) == (5, b"hello")
    client.join(0.1)
    host.command("SOCKET_ACCEPT", sd=sd, family=2)
    Client(host.port_of(sd))
    fields, _ = host.wait("SOCKET_EV_ASYNC")
    assert (fields.type, fields.value) == (0, -745)


def test_server_needs_certificate_and_key_before_it_listens(host):
    sd = secure(host)
    assert host.listen(sd) == -457
    assert host.option(sd, CERT, b"server.pem") == 0
    assert host.listen(sd) == -717
    assert host.option(sd, KEY, b"server.kder") == 0
    assert host.listen(sd) == 0
    assert host.option(sd, CA, b"ca.pem") == -466


def test_start_tls(host):
    peer = Peer()
    sd = host.socket()
    assert host.option(sd, STARTTLS, bytes(4)) == -107
    assert host.connected(sd, peer.port) == 0
    assert host.option(sd, STARTTLS, bytes(4)) == 0
    fields, _ = host.wait("SOCKET_EV_ASYNC")
    assert (fields.sd, fields.type, fields.value) == (sd, 3, NOT_VERIFIED)
    exchange(host, sd)
    assert host.option(sd, STARTTLS, bytes(4)) == -106


def test_start_tls_that_fails(host):
    sd = host.socket()
    assert host.option(sd, CA, b"other.pem") == 0
    assert host.connected(sd, Peer().port) == 0
    assert host.option(sd, STARTTLS, bytes(4)) == 0
    host.pump(lambda events: len(events) == 2)
    assert [(e[1].type, e[1].value) for e in host.events] == [(5, -688), (4, -688)]


def test_plain_data_after_the_peer_ended_a_started_tls(host):
    sd = host.socket()
    assert host.connected(sd, Peer(plain_first=True).port) == 0
    host.option(sd, STARTTLS, bytes(4))
    host.wait("SOCKET_EV_ASYNC")
    exchange(host, sd)
    assert host.received(sd) == (12, b"in the clear")
    fields, _ = host.take("SOCKET_EV_ASYNC")
    assert (fields.sd, fields.type) == (sd, 2)


def test_secure_options_are_for_streams_only(host):
    sd = host.socket(kind=2)
    assert host.option(sd, CA, b"ca.pem") == -95
    assert host.option(host.socket(), 41, bytes(4)) == -674


def test_cut_in_the_middle_of_a_record(host):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    load(context, lab()["server"])
    server = socket.create_server(("127.0.0.1", 0))

    def serve_half():
        raw, _ = server.accept()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.sendall(outgoing.read())
                incoming.write(raw.recv(65536))
        raw.sendall(outgoing.read())
        tls.write(bytes(1000))
        raw.sendall(outgoing.read()[:500])
        raw.close()

    threading.Thread(target=serve_half, daemon=True).start()
    sd = secure(host)
    assert host.connected(sd, server.getsockname()[1]) == NOT_VERIFIED
    assert host.received(sd)[0] == -470
    server.close()
