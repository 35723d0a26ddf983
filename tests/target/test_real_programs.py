"""The board talks to programs that know nothing of it: socat, curl; a megabyte each way."""

import contextlib
import hashlib
import queue
import random
import shutil
import subprocess

import pytest

from tests.target import peers

pytestmark = pytest.mark.world
MEGABYTE = 1 << 20
PIECE = 4096  # bytes of a payload at most


@pytest.fixture
def needs():
    """Skip where a program is missing."""

    def need(name: str) -> str:
        if not shutil.which(name):
            pytest.skip(f"no {name} on this machine")
        return name

    return need


@contextlib.contextmanager
def running(*command: str):
    """A program; killed at the end if it still runs."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def listening(talk) -> tuple[int, int]:
    port = peers.free_port()
    sd = talk.socket()
    talk.ok(f"AT+Bind={sd},INET,{port},0.0.0.0", f"AT+Listen={sd},4")
    return sd, port


def accepted(talk, listener: int) -> int:
    """The next connection's descriptor."""
    late = talk.background(f"AT+Accept={listener},INET", timeout=20)
    return int(late.removeprefix("+Accept: ").split(",")[0])


def read_until(talk, sd: int, end: bytes) -> bytes:
    """What comes in, up to `end`."""
    data = b""
    while not data.endswith(end):
        talk.ok(f"AT+Recv={sd},0,{PIECE}")
        talk.late(f"+Recv: {sd},0,")
        part = next(m for m in reversed(talk.log) if m.name == "Recv").data
        assert part, f"the peer closed after {data!r}"
        data += part
    return data


def answer_http(talk, listener: int, status: str, body: bytes) -> bytes:
    """Serve one request; returns its head."""
    sd = accepted(talk, listener)
    head = read_until(talk, sd, b"\r\n\r\n")
    reply = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n" % (status.encode(), len(body))
    reply += b"Content-Type: text/plain\r\nConnection: close\r\n\r\n" + body
    talk.ok(b"AT+Send=%d,0,%d," % (sd, len(reply)) + reply)
    assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
    return head


def test_curl_gets_a_page_from_a_server_scripted_with_accept(talk, needs):
    listener, port = listening(talk)
    for i in range(2):
        url = f"http://127.0.0.1:{port}/page{i}?a=b,c"
        with running(needs("curl"), "--silent", "--show-error", "--max-time", "30", url) as curl:
            body = b"Hello, curl %d\r\nOK\r\n" % i
            head = answer_http(talk, listener, "200 OK", body)
            assert head.startswith(b"GET /page%d?a=b,c HTTP/1.1\r\n" % i)
            assert curl.communicate(timeout=30)[0] == body and curl.returncode == 0


def test_curl_sees_the_status_of_the_server(talk, needs):
    listener, port = listening(talk)
    url = f"http://127.0.0.1:{port}/nothing"
    arguments = ["--silent", "--max-time", "30", "--output", "-", "--write-out", "%{http_code}"]
    with running(needs("curl"), *arguments, url) as curl:
        answer_http(talk, listener, "404 Not Found", b"")
        assert curl.communicate(timeout=30)[0] == b"404"


def test_socat_as_client_and_the_board_as_server(talk, needs):
    listener, port = listening(talk)
    with running(needs("socat"), "-", f"TCP4:127.0.0.1:{port}") as socat:
        sd = accepted(talk, listener)
        socat.stdin.write(b"from socat\n")
        socat.stdin.flush()
        assert read_until(talk, sd, b"\n") == b"from socat\n"
        talk.ok(b"AT+Send=%d,0,9,to socat\n" % sd)
        assert socat.stdout.readline() == b"to socat\n"
        talk(f"AT+Close={sd}")
        assert socat.wait(timeout=60) == 0


@pytest.mark.parametrize("protocol", ["TCP4-LISTEN", "UDP4-RECVFROM"])
def test_socat_as_echo_server(talk, needs, protocol):
    port = peers.free_port()
    options = f"{protocol}:{port},bind=127.0.0.1,reuseaddr"
    with running(needs("socat"), options, "EXEC:cat") as socat:
        kind = "INET,STREAM,TCP" if protocol.startswith("TCP") else "INET,DGRAM,UDP"
        sd = talk.socket(kind)
        for _ in range(100):
            late = talk.background(f"AT+Connect={sd},INET,{port},127.0.0.1")
            if late.startswith("+Connect"):
                break
            talk.sleep(0.1)
            talk(f"AT+Close={sd}")
            sd = talk.socket(kind)
        talk.sleep(0.3)
        talk.ok(b"AT+Send=%d,0,7,hello\r\n" % sd)
        assert read_until(talk, sd, b"\n") == b"hello\r\n"
        assert socat.poll() is None or socat.returncode == 0


@pytest.fixture
def fast(talk):
    """The line at 3,000,000 baud, and random bytes to move."""
    talk.speed_up()
    return random.Random(1).randbytes(MEGABYTE)


def connected(talk, port: int) -> int:
    sd = talk.socket()
    talk.ok(f"AT+Connect={sd},INET,{port},127.0.0.1")
    assert talk.late().startswith("+Connect")
    return sd


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_megabyte_out_arrives_whole(talk, fast):
    digests = queue.SimpleQueue()

    def serve(connection):
        digest = hashlib.sha256()
        while data := connection.recv(65536):
            digest.update(data)
        digests.put(digest.digest())

    with peers.server(serve) as port:
        sd = connected(talk, port)
        for at in range(0, MEGABYTE, PIECE):
            talk.ok(b"AT+Send=%d,0,%d," % (sd, PIECE) + fast[at : at + PIECE])
        assert talk(f"AT+Close={sd}") == [f"+Close: {sd}", "OK"]
        assert digests.get(timeout=20) == hashlib.sha256(fast).digest()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_megabyte_in_arrives_whole(talk, fast):
    digest, size = hashlib.sha256(), 0
    with peers.server(lambda connection: connection.sendall(fast)) as port:
        sd = connected(talk, port)
        talk.ok(f"AT+Recv={sd},0,{PIECE}")
        while True:
            talk.late(f"+Recv: {sd},0,")
            data = next(m for m in reversed(talk.log) if m.name == "Recv").data
            talk.log.clear()
            if not data:
                break
            digest.update(data)
            size += len(data)
            talk.ok(f"AT+Recv={sd},0,{PIECE}")
    assert size == MEGABYTE and digest.digest() == hashlib.sha256(fast).digest()
