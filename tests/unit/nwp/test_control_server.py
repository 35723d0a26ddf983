"""The control interface's socket: who is let in, and that nobody can end or stall the model."""

import contextlib
import json
import os
import resource
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cc32at.nwp import NetworkProcessor, controlserver
from cc32at.nwp.control import OPERATIONS
from cc32at.nwp.controlserver import SEATS
from cc32at.nwp.remote import Refused, Remote
from cc32at.world import World, WorldError
from tests.unit.nwp.support import Host

ROOT = Path(__file__).parents[3]
HELLO = b'{"op": "state"}\n'


@pytest.fixture
def file(tmp_path):
    return tmp_path / "control.json"


@pytest.fixture
def np(file):
    """A model that is controlled."""
    np = Host().np
    np.control.listen(file)
    yield np
    np.control.close()


def ready(*what, seconds: float = 0) -> bool:
    """Whether one of them can be read; select() knows no more than 1,024 descriptors."""
    poller = select.poll()
    for item in what:
        poller.register(item, select.POLLIN)
    return bool(poller.poll(1000 * seconds))


class Caller:
    """A connection; the model is served while it waits."""

    def __init__(self, np):
        self.np = np
        server = np.control.server
        self.socket = socket.create_connection((server.host, server.port), 5)
        self.got = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def pump(self, rounds: int = 1) -> bool:
        """Serve the model; False at the end of the connection."""
        for _ in range(rounds):
            ready(self.socket, *self.np.fds(), seconds=0.2)
            self.np.service()
            if ready(self.socket):
                try:
                    data = self.socket.recv(1 << 16)
                except ConnectionError:
                    return False
                if not data:
                    return False
                self.got += data
        return True

    def answer(self) -> dict | None:
        """The next line; None at the end."""
        while b"\n" not in self.got:
            if not self.pump():
                return None
        line, _, self.got = self.got.partition(b"\n")
        return json.loads(line)

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def caller(np):
    with contextlib.closing(Caller(np)) as caller:
        yield caller


def admitted(np, file) -> Caller:
    caller = Caller(np)
    caller.send(file.read_bytes())
    assert caller.answer() == {"ok": True, "result": None}
    return caller


def test_the_address_file_is_its_owners_and_goes_with_the_server(np, file):
    assert file.stat().st_mode & 0o777 == 0o600
    address = json.loads(file.read_text())
    assert set(address) == {"host", "port", "token"}
    assert address["host"] == "127.0.0.1" and len(address["token"]) >= 32
    np.control.close()
    assert not file.exists()


def test_every_server_has_a_token_of_its_own(np, file):
    first = file.read_text()
    other = NetworkProcessor()
    other.control.listen(file)
    second = file.read_text()
    assert json.loads(first)["token"] != json.loads(second)["token"]
    np.control.close()
    assert file.read_text() == second  # which is not the first one's to take away
    other.control.close()
    assert not file.exists()


@pytest.mark.parametrize("content", ["", "port: 7\n", "[]", "{}", '{"port": 1}', "7"])
def test_no_other_file_is_replaced(file, content):
    file.write_text(content)
    with pytest.raises(FileExistsError):
        NetworkProcessor().control.listen(file)
    assert file.read_text() == content


@pytest.mark.parametrize(
    "first",
    [
        HELLO,
        b'{"token": ""}\n',
        b'{"token": null}\n',
        b'{"token": ["x"]}\n',
        b'{"token": "\\ud800"}\n',
        b"[" * 3000 + b"\n",
        b"\xff\xfe\n",
        b'"token"\n',
        b"x" * 5000,
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 16\r\n\r\n" + HELLO,
        b"GET / HTTP/1.1\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\n\r\n",
    ],
    ids=lambda first: first[:12],
)
def test_without_the_token_nothing_is_done(np, caller, monkeypatch, first):
    done = []
    monkeypatch.setattr(np.control, "call", lambda op, **_: done.append(op))
    with contextlib.suppress(ConnectionError):
        caller.send(first + HELLO * 2)
    for _ in range(2):  # at most a line that says why
        answer = caller.answer()
        if answer is None:
            break
        assert answer["ok"] is False
    assert answer is None and done == []
    assert np.control.server.clients == {}


def test_a_web_page_with_the_token_in_its_body_is_refused(np, caller, file):
    """Even a page that knew it: the request's own first line comes first."""
    with contextlib.suppress(ConnectionError):
        caller.send(b"POST / HTTP/1.1\r\n\r\n" + file.read_bytes() + HELLO)
    assert caller.answer()["ok"] is False
    assert caller.answer() is None


def test_a_crowd_without_a_token_keeps_nobody_out(np, file):
    with contextlib.ExitStack() as stack:
        mine = stack.enter_context(contextlib.closing(admitted(np, file)))
        stack.enter_context(descriptors(2500))
        for _ in range(1025):
            stack.enter_context(contextlib.closing(Caller(np)))
            np.service()
            assert len(np.control.server.clients) <= SEATS
        mine.send(HELLO)
        assert mine.answer()["ok"]
        stack.enter_context(contextlib.closing(admitted(np, file)))


def test_there_are_so_many_seats(np, file):
    with contextlib.ExitStack() as stack:
        for _ in range(SEATS):
            stack.enter_context(contextlib.closing(admitted(np, file)))
        late = stack.enter_context(contextlib.closing(Caller(np)))
        assert "seats" in late.answer()["error"]
        assert late.answer() is None
    np.service()
    with contextlib.closing(admitted(np, file)) as again:
        again.send(HELLO)
        assert again.answer()["ok"]


@contextlib.contextmanager
def descriptors(number: int):
    """So many may be open in this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(number, before[1]), before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_without_descriptors_a_newcomer_is_sent_away_and_the_others_served(np, file):
    with (
        contextlib.closing(admitted(np, file)) as mine,
        contextlib.closing(Caller(np)) as late,
        descriptors(max(map(int, os.listdir("/proc/self/fd"))) + 1),
        contextlib.ExitStack() as stack,
    ):
        with contextlib.suppress(OSError):
            while True:
                stack.callback(os.close, os.dup(0))
        np.service()
        mine.send(HELLO)
        assert mine.answer()["ok"]
        assert not late.pump()
        assert not ready(*np.fds())  # nothing keeps the board awake
    with contextlib.closing(admitted(np, file)):
        pass


def test_one_that_does_not_read_is_dropped_and_nothing_waits_for_it(np, file):
    np.control.call("put_file", name="f", content="x" * 1_000_000)
    with (
        contextlib.closing(admitted(np, file)) as mine,
        contextlib.closing(admitted(np, file)) as deaf,
    ):
        deaf.send(b'{"op": "file", "name": "f"}\n' * 100)
        server = np.control.server
        for _ in range(20):
            np.service()
            held = sum(len(client.held) for client in server.clients.values())
            assert held < controlserver.MAX_HELD
            mine.send(HELLO)
            assert mine.answer()["ok"]
        assert len(server.clients) == 1


def test_a_long_answer_comes_whole_to_a_slow_reader(np, file):
    content = os.urandom(2_000_000)
    np.control.call("put_file", name="f", content={"hex": content.hex()})
    with contextlib.closing(admitted(np, file)) as mine:
        mine.send(b'{"op": "file", "name": "f"}\n' + HELLO)
        mine.socket.shutdown(socket.SHUT_WR)  # as socat and nc do at the end of their input
        assert mine.answer()["result"] == content.hex()
        assert mine.answer()["result"]["booted"]
        assert mine.answer() is None


def test_an_endless_request_ends_the_connection(np, file):
    with contextlib.closing(admitted(np, file)) as mine:
        mine.socket.settimeout(0.05)
        alive = True
        for _ in range(1000):
            with contextlib.suppress(TimeoutError, ConnectionError):
                mine.send(b"x" * 4096)
            alive = alive and mine.pump()
        assert not alive


def test_what_can_be_asked_for_is_a_table(np):
    assert {"state", "fault", "ap_off"} <= set(OPERATIONS)
    for inner in ("group", "call", "listen", "close", "service", "fds", "__init__", "np", "_ap"):
        with pytest.raises(ValueError, match="unknown operation"):
            np.control.call(inner)


@pytest.fixture
def lab(tmp_path):
    """The model of a world file with a folder around it."""
    (tmp_path / "secret").write_text("of the user")
    folder = tmp_path / "lab"
    (folder / "certs").mkdir(parents=True)
    (folder / "certs" / "ca.pem").write_text("of the lab")
    (folder / "out").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    (folder / "lab.yaml").write_text("files: [{name: theirs, path: ../secret}]\n")
    return NetworkProcessor(World.load(folder / "lab.yaml"))


@pytest.mark.parametrize("path", ["certs/ca.pem", "./certs/../certs/ca.pem"])
def test_files_below_the_world_files_folder_can_be_read(lab, path):
    lab.control.call("world_add", kind="files", name="x", path=path)
    assert lab.world.find("files", b"x").content == b"of the lab"


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/passwd", "/dev/zero", "certs/../../secret", "out", "pipe", "certs"]
)
def test_no_other_file_of_the_user_can_be_read(lab, path):
    with pytest.raises(WorldError, match=r"below the world file's folder|no regular file"):
        lab.control.call("world_add", kind="files", name="x", path=path)
    assert lab.world.find("files", b"x") is None


def test_the_world_files_own_paths_lead_anywhere(lab):
    """It was the user who wrote them."""
    assert lab.world.find("files", b"theirs").content == b"of the user"


@pytest.fixture
def program(file):
    """The model as a program."""
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--control", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(2):
            process.stdout.readline()
        yield process
        process.terminate()


def asked(file, *requests, **options):
    command = [sys.executable, "-m", "cc32at.nwp.remote", str(file), *requests]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, **options)


def test_a_program_asks_by_the_address_file(program, file):
    done = asked(file, '{"op": "ap_off", "ssid": "office"}', '{"op": "faults"}')
    assert done.stdout == '{"ok": true, "result": null}\n{"ok": true, "result": []}\n'
    assert done.returncode == 0, done.stderr
    done = asked(file, input='{"op": "ap_off", "ssid": "office"}\n\n{"op": "faults"}\n')
    first, second = map(json.loads, done.stdout.splitlines())
    assert not first["ok"] and second["ok"] and done.returncode == 1
    with Remote(file) as remote:
        remote.call("ap_on", ssid="office")
        with pytest.raises(Refused, match="not away"):
            remote.call("ap_on", ssid="office")
    address = json.loads(file.read_text())
    file.write_text(json.dumps({**address, "token": "guessed"}))
    with pytest.raises(Refused, match="token"):
        Remote(file)
    file.write_text(json.dumps(address) + "\n")
