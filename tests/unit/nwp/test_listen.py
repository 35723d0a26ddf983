"""The link seam over TCP: any driver, one at a time; the model alone as a program."""

import contextlib
import random
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest

from cc32at.nwp.codec import CNYS, H2N_SYNC, N2H_SYNC, align4
from cc32at.nwp.listen import TcpHost, pack_message
from cc32at.nwp.remote import Remote
from tests.heed import heed_signals
from tests.unit.nwp.support import served

PERSISTENT = struct.pack("<HHHH", 0, 1, 5, 0)


@pytest.fixture
def server():
    """A served model."""
    with served("device: {boot_ms: 5}") as server:
        yield server


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
    second.timeout = 60
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
        assert process.wait(60) == 0
    assert (tmp_path / "flash.json").exists()


def test_program_tells_what_is_wrong_with_a_world(tmp_path):
    (tmp_path / "bad.yaml").write_text("access_points: [{ssid: x}]\n")
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0"]
    command += ["--world", str(tmp_path / "bad.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "bad.yaml: access_points[0]: bssid is missing" in done.stderr


class Sloppy(TcpHost):
    """A driver with other habits: it reads too much, too little, in pieces, and asks twice.

    All of it is what TI's driver does or nwp-protocol 2 allows.
    """

    def __init__(self, port: int, seed: int):
        super().__init__(port)
        self.chance = random.Random(seed)

    def pieces(self, n: int) -> bytes:
        """n bytes, clocked in by pieces of whole words, now and then by single bytes."""
        got = b""
        while len(got) < n:
            step = self.chance.choice((1, 4, 4, 8, 64, 4096))
            got += self.read(min(step, n - len(got)))
        return got

    def message(self, wanted: int | None = None) -> tuple[int, bytes]:
        """The next message, of its body at most `wanted` bytes; the rest stays unread."""
        self.wait_line()
        for _ in range(self.chance.choice((1, 1, 2, 3))):
            self.write(CNYS)
        self.write(bytes(4 * self.chance.randrange(3)))  # a full-duplex wire while it reads
        want = (N2H_SYNC | self.sequence & 3).to_bytes(4, "little")
        seen = self.pieces(4)
        for _ in range(8):
            if seen[-4:] == want:
                break
            seen += self.pieces(4)
        assert seen[-4:] == want, seen.hex()
        self.sequence += 1
        header = self.pieces(12)
        opcode, length = struct.unpack("<HH", header[:4])
        size = length - 8
        assert header[4] > 3 and header[6:8] != b"\0\0"
        take = size if wanted is None else min(size, wanted)
        body = self.pieces(align4(take))[:take]
        if wanted is None and self.chance.random() < 0.3:
            extra = 4 * self.chance.randrange(1, 60)
            assert self.read(extra) == b"\xff" * extra
        return opcode, body

    def command(self, opcode: int, body: bytes = b"") -> None:
        """A command in pieces, with nothing or zero words around it."""
        body = body.ljust(align4(len(body)), b"\0")
        frame = H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body
        frame = bytes(4 * self.chance.randrange(3)) + frame
        while frame:
            step = self.chance.choice((3, 4, 8, 100, 5000))
            self.write(frame[:step])
            frame = frame[step:]

    def ask(self, opcode: int, body: bytes = b"", wanted: int | None = None) -> bytes:
        self.command(opcode, body)
        got, answer = self.message(wanted)
        assert got == opcode & 0x7FFF
        return answer


@pytest.mark.parametrize("seed", range(4))
def test_a_driver_with_other_habits_gets_every_message_whole(server, seed):
    host = Sloppy(server.port, seed)
    host.power(True)
    assert host.message()[0] == 0x0008
    content = random.Random(seed).randbytes(2000)
    create = struct.pack("<II", 3 << 12 | 1 << 8 | 2, 0)  # overwrite, two units of 1024
    handle = struct.unpack("<i", host.ask(0xA43C, create + b"file\0")[:4])[0]
    assert handle > 0
    for at in range(0, 2000, 1000):
        part = content[at : at + 1000]
        args = struct.pack("<IIHH", handle, at, len(part), 0)
        assert host.ask(0xA441, args + part)[:2] == struct.pack("<H", len(part))
    host.ask(0xA43D, struct.pack("<III", handle, 0, 0))
    handle = struct.unpack("<i", host.ask(0xA43C, struct.pack("<II", 0, 0) + b"file\0")[:4])[0]
    for _ in range(60):
        at = host.chance.randrange(2000)
        args = struct.pack("<IIHH", handle, at, 1456, 0)
        wanted = host.chance.choice((None, None, 4, 8, 44, 104))
        whole = content[at : at + 1456]
        answer = host.ask(0xA440, args, wanted)
        assert answer[:2] == struct.pack("<H", len(whole))
        assert answer[4:] == whole[: len(answer) - 4]
        assert len(answer) == 4 + len(whole) or len(answer) == wanted
        assert host.ask(0x8466, PERSISTENT)[8:] == b"\1"
    host.ask(0xA43D, struct.pack("<III", handle, 0, 0))
    host.close()


def test_messages_that_wait_come_one_by_one_whatever_is_left_of_the_last(server):
    """Three answers, of the first two only the header is read (2.4: nothing is drained)."""
    host = Sloppy(server.port, 9)
    host.power(True)
    assert host.message()[0] == 0x0008
    for _ in range(3):
        host.command(0x8466, struct.pack("<HHHH", 0, 1, 12, 0))
    assert host.message(wanted=0) == (0x0466, b"")
    assert host.message(wanted=4)[0] == 0x0466
    assert len(host.message()[1]) == 28
    assert host.read(8) == b"\xff" * 8 and not host.line
    host.close()


def test_the_program_is_driven_by_its_control_port(tmp_path):
    """A driver joins a network; over the control port that is taken away."""
    world = tmp_path / "lab.yaml"
    world.write_text(
        'access_points: [{ssid: lab, bssid: "02:00:00:00:00:01", channel: 1, rssi: -40}]\n'
        "timing: {scan_s: 0.01, dhcp_s: 0.01, beacon_loss_s: 0.05}\n"
    )
    file = tmp_path / "control.json"
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--once"]
    command += ["--world", str(world), "--control", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline().rsplit(":", 1)[1])
        with contextlib.closing(TcpHost(port)) as host, Remote(file) as control:
            assert file.stat().st_mode & 0o777 == 0o600
            host.power(True)
            assert host.message()[0] == 0x0008
            host.command(0x8C80, struct.pack("<BB6sB3s", 0, 3, bytes(6), 0, b"lab"))
            seen = [host.message()[0] for _ in range(3)]
            assert seen == [0x0C80, 0x0880, 0x1825]
            assert control.call("station")["ssid"] == "lab"
            control.call("ap_off", ssid="lab")
            assert host.message()[0] == 0x0881
            assert control.call("violations") == []
        assert process.wait(60) == 0
    assert not file.exists()


def test_a_driver_that_does_not_read_holds_up_nobody(tmp_path):
    """It asks for a gigabyte; of that a bounded part is kept, and the model goes on."""
    with served("device: {boot_ms: 5}") as server:
        asked = pack_message(b"R", struct.pack("<I", 1 << 20))
        deaf = TcpHost(server.port)
        deaf.socket.sendall(pack_message(b"P", b"\1") + asked * 1000)
        end = time.monotonic() + 60
        while not server.np.booted and time.monotonic() < end:
            time.sleep(0.01)
        assert server.np.booted
        assert len(server.held) < 3 << 20
        for _ in range(20):  # and it may still change its mind
            while not deaf.data:
                deaf._pump()
            assert len(deaf.data.pop(0)) == 1 << 20
        deaf.close()
        started(server).close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_program_ends_on_a_signal(tmp_path, number):
    file = tmp_path / "control.json"
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--control", str(file)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=heed_signals
    ) as process:
        assert process.stdout.readline().startswith("listening on 127.0.0.1:")
        assert process.stdout.readline().startswith("control on 127.0.0.1:")
        assert file.exists()
        process.send_signal(number)
        assert process.wait(60) == 0
    assert not file.exists()
