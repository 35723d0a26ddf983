"""TLS sockets in both roles against `openssl` (guide tables 14 and 21; nwp-protocol 4.7).

"Connected, but" codes are late errors although the session is up: -453 not verified, -461 date,
-468 the CA is not in the device's catalog.
"""

import contextlib
import re
import signal
import subprocess
import time

import pytest

from tests.target import peers
from tests.unit.nwp.pki import lab

pytestmark = pytest.mark.world
NOT_VERIFIED, DATE, UNKNOWN_ROOT, NO_SIGNER, WRONG_NAME = -453, -461, -468, -688, -722
NO_PEER_CERTIFICATE = -745


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The identities of the lab as PEM files, for openssl."""
    folder = tmp_path_factory.mktemp("pki")
    for name, identity in lab().items():
        (folder / f"{name}.pem").write_bytes(identity.pem)
        (folder / f"{name}.key").write_bytes(identity.key_pem)
    return folder


@pytest.fixture
def store(world):
    """The same in the device's store; the lab's CA is in its catalog of known roots."""
    for name, identity in lab().items():
        world.write_file(f"{name}.pem", identity.pem)
        world.write_file(f"{name}.key", identity.key_der)
    world.write_file("ca.der", lab()["ca"].der)
    world.model.world.trusted_roots.append(lab()["ca"].pem)
    return world


@contextlib.contextmanager
def openssl(*arguments: str, **options):
    """A running `openssl ...`; it is ended at the end."""
    process = subprocess.Popen(
        ["openssl", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **options,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdin.close()
        process.stdout.close()
        process.wait(timeout=peers.PATIENCE)


@contextlib.contextmanager
def s_server(folder, identity: str = "server", *more: str):
    """`openssl s_server` that sends every line back reversed; gives its port."""
    port = peers.free_port()
    files = ["-cert", f"{identity}.pem", "-key", f"{identity}.key"]
    arguments = ["s_server", "-accept", f"127.0.0.1:{port}", *files, "-rev", "-tls1_2", *more]
    with openssl(*arguments, cwd=folder) as process:
        line = b""
        while b"ACCEPT" not in line:
            line = process.stdout.readline()
            assert line, "openssl s_server did not start"
        yield port


def secure(talk, *options: str) -> int:
    """A TLS socket with these options of level SOCKET."""
    sd = talk.socket("INET,STREAM,SEC")
    for option in options:
        talk.ok(f"AT+SetSockOpt={sd},SOCKET,{option}")
    return sd


def connect(talk, sd: int, port: int) -> str:
    return talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1", timeout=20)


def reversed_line(talk, sd: int) -> None:
    """The session works: what is sent comes back reversed."""
    talk.ok(b"AT+Send=%d,0,6,hello\n" % sd)
    talk.ok(f"AT+Recv={sd},0,100")
    assert talk.late().startswith(f"+Recv: {sd},0,6,olleh")


@pytest.mark.parametrize("ca", ["ca.pem", "ca.der"])
def test_the_right_ca_connects(talk, store, folder, ca):
    with s_server(folder) as port:
        sd = secure(talk, f"SECURE_FILES_CA_FILE_NAME,{ca}")
        assert connect(talk, sd, port) == f"+Connect: {port},127.0.0.1"
        reversed_line(talk, sd)
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]


def test_the_wrong_ca_is_refused_and_an_event_says_so(talk, store, folder):
    with s_server(folder) as port:
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,other.pem")
        assert connect(talk, sd, port) == f"ERROR:process command +Connect {sd}, {NO_SIGNER}"
        event = talk.event("+EventSock: ASYNC_EVENT")
        assert event == f"+EventSock: ASYNC_EVENT,{sd},WRONG_ROOT_CA,{NO_SIGNER}"
        (answer,) = talk(f"AT+Send={sd},0,5,hello")
        assert answer != "OK" or talk.event("+EventSock: TX_FAILED")


@pytest.mark.parametrize(
    ("identity", "options", "code"),
    [
        ("old", ["SECURE_FILES_CA_FILE_NAME,ca.pem"], DATE),
        ("server", [], NOT_VERIFIED),
        ("stranger", ["SECURE_FILES_CA_FILE_NAME,other.pem"], UNKNOWN_ROOT),
    ],
)
def test_connected_but_is_an_error_with_a_session_that_works(
    talk, store, folder, identity, options, code
):
    with s_server(folder, identity) as port:
        sd = secure(talk, *options)
        assert connect(talk, sd, port) == f"ERROR:process command +Connect {sd}, {code}"
        reversed_line(talk, sd)


@pytest.mark.parametrize(("name", "right"), [("server.lab", True), ("elsewhere.lab", False)])
def test_the_domain_name_is_checked(talk, store, folder, name, right):
    with s_server(folder) as port:
        sd = secure(
            talk,
            "SECURE_FILES_CA_FILE_NAME,ca.pem",
            f"SECURE_DOMAIN_NAME_VERIFICATION,{name}",
        )
        late = connect(talk, sd, port)
        if right:
            assert late == f"+Connect: {port},127.0.0.1"
            reversed_line(talk, sd)
        else:
            assert late == f"ERROR:process command +Connect {sd}, {WRONG_NAME}"


def test_a_client_certificate_is_shown_to_a_server_that_asks(talk, store, folder):
    with s_server(folder, "server", "-Verify", "1", "-CAfile", "ca.pem") as port:
        sd = secure(
            talk,
            "SECURE_FILES_CA_FILE_NAME,ca.pem",
            "SECURE_FILES_CERTIFICATE_FILE_NAME,client.pem",
            "SECURE_FILES_PRIVATE_KEY_FILE_NAME,client.key",
        )
        assert connect(talk, sd, port) == f"+Connect: {port},127.0.0.1"
        reversed_line(talk, sd)


@pytest.mark.parametrize("with_certificate", [False, True])
def test_without_the_right_client_certificate_such_a_server_refuses(
    talk, store, folder, with_certificate
):
    own = [
        "SECURE_FILES_CERTIFICATE_FILE_NAME,stranger.pem",
        "SECURE_FILES_PRIVATE_KEY_FILE_NAME,stranger.key",
    ]
    required = ["-Verify", "1", "-verify_return_error", "-CAfile", "ca.pem"]
    with s_server(folder, "server", *required) as port:
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem", *(own if with_certificate else ()))
        late = connect(talk, sd, port)
        assert re.fullmatch(rf"ERROR:process command \+Connect {sd}, -\d+", late)


@pytest.mark.parametrize(
    ("mine", "theirs", "chosen"),
    [("H1|H2", "h2,http/1.1", "H2"), ("H1", "h2,http/1.1", "H1"), ("FULL_LIST", "h2", "H2")],
)
def test_alpn_offers_what_was_set(talk, store, folder, mine, theirs, chosen):
    names = {"H1": "http/1.1", "H2": "h2"}
    port = peers.free_port()
    files = ["-cert", "server.pem", "-key", "server.key", "-alpn", theirs, "-tls1_2"]
    with openssl("s_server", "-accept", f"127.0.0.1:{port}", *files, cwd=folder) as process:
        while b"ACCEPT" not in process.stdout.readline():
            pass
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem", f"SECURE_ALPN,{mine}")
        assert talk.value(f"AT+GetSockOpt={sd},SOCKET,SECURE_ALPN") == mine
        assert connect(talk, sd, port) == f"+Connect: {port},127.0.0.1"
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
        seen = b""
        while b"ALPN protocols selected" not in seen:
            seen = process.stdout.readline()
            assert seen, "openssl told no ALPN protocol"
        assert seen.split(b":")[1].strip().decode() == names[chosen]


@pytest.mark.parametrize(
    ("option", "code"),
    [
        ("SECURE_FILES_CA_FILE_NAME,nowhere.pem", -454),
        ("SECMETHOD,SSLV3", None),
        ("SECMETHOD,TLSV1", None),
        ("SECURE_MASK,SSL_RSA_WITH_RC4_128_SHA", None),
    ],
)
def test_what_cannot_be_agreed_on_is_a_late_error(talk, store, folder, option, code):
    with s_server(folder) as port:
        sd = secure(talk, option)
        late = connect(talk, sd, port)
        assert re.fullmatch(rf"ERROR:process command \+Connect {sd}, -\d+", late)
        assert code is None or late.endswith(f", {code}")
        assert late.rpartition(", ")[2] not in map(str, (NOT_VERIFIED, DATE, UNKNOWN_ROOT))


def test_a_cipher_mask_is_what_is_used(talk, store, folder):
    name = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
    with s_server(folder, "server", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256") as port:
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem", f"SECURE_MASK,{name}")
        assert talk.value(f"AT+GetSockOpt={sd},SOCKET,SECURE_MASK") == name
        assert connect(talk, sd, port) == f"+Connect: {port},127.0.0.1"


def test_a_plain_server_is_no_tls_server(talk, store):
    with peers.server(lambda connection: connection.sendall(b"220 hello\r\n")) as port:
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem")
        assert re.fullmatch(
            rf"ERROR:process command \+Connect {sd}, -\d+", connect(talk, sd, port)
        )


def listening(talk, *options: str) -> tuple[int, int]:
    """A TLS socket that listens with the server's certificate: (descriptor, port)."""
    port = peers.free_port()
    sd = secure(
        talk,
        "SECURE_FILES_CERTIFICATE_FILE_NAME,server.pem",
        "SECURE_FILES_PRIVATE_KEY_FILE_NAME,server.key",
        *options,
    )
    talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0", f"AT+Listen={sd},2", f"AT+Accept={sd},INET")
    return sd, port


def s_client(port: int, *more: str) -> tuple[str, ...]:
    return ("s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2", "-quiet", *more)


@pytest.mark.parametrize("mutual", [False, True])
def test_a_server_talks_to_s_client(talk, store, folder, mutual):
    options = ["SECURE_FILES_CA_FILE_NAME,ca.pem"] if mutual else []
    sd, port = listening(talk, *options)
    check = ["-CAfile", "ca.pem", "-verify_return_error", "-verify_hostname", "server.lab"]
    own = ["-cert", "client.pem", "-key", "client.key"] if mutual else []
    with openssl(*s_client(port, *check, *own), cwd=folder) as process:
        new = talk.late("+Accept: ", timeout=20)[9:].split(",")[0]
        process.stdin.write(b"from openssl\n")
        process.stdin.flush()
        assert talk.background(f"AT+Recv={new},1,100") == f"+Recv: {new},1,20,ZnJvbSBvcGVuc3NsCg=="
        talk.ok(f"AT+Send={new},0,14,from the board")
        seen = b""
        while b"from the board" not in seen:
            seen += process.stdout.read1(4096)
        assert talk(f"AT+Close={new}") == [f"+Close: {new}", "OK"]


def test_a_client_without_certificate_is_reported_and_the_next_one_accepted(talk, store, folder):
    sd, port = listening(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem")
    with openssl(*s_client(port), cwd=folder):
        event = talk.event("+EventSock: ASYNC_EVENT", timeout=20)
        assert event == f"+EventSock: ASYNC_EVENT,{sd},SSL_ACCEPT,{NO_PEER_CERTIFICATE}"
    with openssl(*s_client(port, "-cert", "client.pem", "-key", "client.key"), cwd=folder):
        assert talk.late(timeout=20).startswith("+Accept: ")


def test_listening_without_a_certificate_is_refused(talk, store):
    sd = secure(talk)
    talk.ok(f"AT+Bind={sd},INET,{peers.free_port()},0.0.0.0")
    assert re.fullmatch(r"process command, -4\d\d", talk.error(f"AT+Listen={sd},1"))


def test_a_seventh_tls_socket_is_refused(talk):
    """The chip has room for six (the world's limit; nwp-protocol: -460)."""
    for _ in range(6):
        talk.socket("INET,STREAM,SEC")
    assert talk.error("AT+Socket=INET,STREAM,SEC") == "process command, -460"
    talk.socket()


@pytest.mark.parametrize("when", ["before", "after"])
def test_the_end_of_a_tls_session_is_length_0(talk, store, folder, when):
    with s_server(folder) as port:
        sd = secure(talk, "SECURE_FILES_CA_FILE_NAME,ca.pem")
        assert connect(talk, sd, port).startswith("+Connect")
        if when == "before":
            talk.ok(f"AT+Recv={sd},0,10")
        time.sleep(0.1)
    if when == "after":
        talk.ok(f"AT+Recv={sd},0,10")
    late = talk.late()
    assert late == f"+Recv: {sd},0,0," or re.fullmatch(
        rf"ERROR:process command \+Recv {sd}, -\d+", late
    )
