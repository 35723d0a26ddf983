"""The link seam over TCP: any driver, one at a time; the model alone as a program."""

import signal
import socket
import struct
import subprocess
import sys
import threading

import pytest

from cc32at.nwp import NetworkProcessor
from cc32at.nwp.codec import CNYS
from cc32at.nwp.listen import LinkServer, TcpHost, pack_message
from cc32at.world import World

PERSISTENT = struct.pack("<HHHH", 0, 1, 5, 0)


@pytest.fixture
def server():
    """A served model; stopped and checked at the end."""
    server = LinkServer(NetworkProcessor(World.parse("device: {boot_ms: 5}")))
    stop = threading.Event()
    failed = []

    def run():
        try:
            server.serve(stop.is_set)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield server
    stop.set()
    thread.join(5)
    server.close()
    assert not thread.is_alive() and not failed


def started(server):
    host = TcpHost(server.port)
    host.power(True)
    assert host.message()[0] == 0x0008
    return host


def test_a_driver_starts_asks_and_stops(server):
    host = started(server)
    host.command(0x8466, PERSISTENT)
    assert host.message() == (0x0466, struct.pack("<HHHHB", 0, 1, 5, 1, 1))
    host.command(0x8473, struct.pack("<HH", 200, 0))
    assert host.message()[0] == 0x0473
    assert host.message()[0] == 0x0073
    host.power(False)
    host.power(True)
    assert host.message()[0] == 0x0008
    host.close()


def test_reads_and_writes_in_any_pieces(server):
    host = started(server)
    frame = bytes.fromhex("214334126684080000000100050000 00".replace(" ", ""))
    for at in range(len(frame)):
        host.write(frame[at : at + 1])
    host.wait_line()
    for at in range(4):
        host.write(CNYS[at : at + 1])
    data = b"".join(host.read(4) for _ in range(10))
    assert data[:4] == bytes.fromhex("bddccdab") and data[24:25] == b"\1"
    assert data[28:] == b"\xff" * 12
    host.close()


def test_reads_without_power_are_ff(server):
    host = TcpHost(server.port)
    assert host.read(16) == b"\xff" * 16
    host.write(CNYS)
    assert host.read(3) == b"\xff" * 3
    assert host.read(0) == b""
    host.close()


def test_next_driver_finds_the_files_but_no_power(server):
    host = started(server)
    name = b"f\0\0\0"
    host.command(0xA43C, struct.pack("<II", 0x2001, 0) + name)
    opcode, body = host.message()
    assert opcode == 0x243C
    handle = struct.unpack("<i", body[:4])[0]
    host.command(0xA441, struct.pack("<IIHH", handle, 0, 2, 0) + b"hi\0\0")
    assert host.message()[1][:2] == b"\2\0"
    host.command(0xA43D, struct.pack("<III", handle, 0, 0))
    host.message()
    host.close()
    host = TcpHost(server.port)
    assert host.read(4) == b"\xff" * 4
    host.power(True)
    assert host.message()[0] == 0x0008
    host.command(0xA43C, struct.pack("<II", 0, 0) + name)
    handle = struct.unpack("<i", host.message()[1][:4])[0]
    host.command(0xA440, struct.pack("<IIHH", handle, 0, 100, 0))
    assert host.message() == (0x2440, b"\2\0\0\0hi")
    host.close()


def test_second_driver_waits_for_the_first(server):
    first = started(server)
    second = TcpHost(server.port, timeout=0.3)
    with pytest.raises(TimeoutError):
        second.read(4)
    first.close()
    second.timeout = 5
    while not second.data:
        second._pump()
    assert second.data == [b"\xff" * 4]
    second.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        pack_message(b"Z", b""),
        pack_message(b"R", b"\1"),
        pack_message(b"R", b"\xff\xff\xff\xff"),
        pack_message(b"P", b""),
        pack_message(b"D", b"1234"),
        b"W\xff\xff\xff\xff",
    ],
)
def test_nonsense_ends_the_connection_only(server, nonsense):
    with socket.create_connection(("127.0.0.1", server.port), 5) as bad:
        assert bad.recv(6) == pack_message(b"I", b"\0")
        bad.sendall(nonsense)
        assert bad.recv(1) == b""
    started(server).close()


def test_driver_that_vanishes_in_the_middle(server):
    host = started(server)
    host.socket.sendall(pack_message(b"W", b"1234")[:6])
    host.close()
    started(server).close()


def test_program_serves_one_driver(tmp_path):
    (tmp_path / "lab.yaml").write_text("device: {boot_ms: 1, chip_id: 7}\n")
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--once"]
    command += ["--world", str(tmp_path / "lab.yaml"), "--store", str(tmp_path / "flash.json")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        host = TcpHost(port)
        host.power(True)
        assert host.message() == (8, struct.pack("<iii", 1, 7, 0))
        host.close()
        assert process.wait(10) == 0
    assert (tmp_path / "flash.json").exists()


def test_program_ends_on_interrupt():
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("listening on 127.0.0.1:")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_program_tells_what_is_wrong_with_a_world(tmp_path):
    (tmp_path / "bad.yaml").write_text("access_points: [{ssid: x}]\n")
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0"]
    command += ["--world", str(tmp_path / "bad.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    assert "bad.yaml: access_points[0]: bssid is missing" in done.stderr
