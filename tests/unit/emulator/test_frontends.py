"""Front ends, the outside network processor, trace, settings, profile, command line."""

import contextlib
import io
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import serial

from cc32at.emulator import bench
from cc32at.emulator.frames import FrameReader
from cc32at.emulator.ports import PtyPort, TcpPort, TerminalPort
from cc32at.emulator.profile import Profile
from cc32at.emulator.settings import NAME, decode, encode, store
from cc32at.emulator.tcpnwp import LinkError, TcpNwp
from cc32at.emulator.trace import Trace
from tests.heed import heed_signals

from .fakes import FakeNwp, message

ROOT = Path(__file__).parents[3]


class Running:
    """A machine that runs in a thread."""

    def __init__(self, machine):
        self.machine = machine
        self.thread = threading.Thread(target=machine.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self.machine

    def __exit__(self, *_):
        self.machine.stop()
        self.thread.join(10)


def test_a_pty_is_a_serial_port(guest, tmp_path):
    machine = guest("hello", clock="real")
    machine.boot()
    link = tmp_path / "console"
    port = PtyPort(machine.uart, link)
    machine.add_port(port)
    with serial.Serial(str(link), 115200, timeout=60) as tty, Running(machine):
        assert tty.read(7) == b"hello\r\n"
        data = bytes(range(256))
        tty.write(data)
        assert tty.read(256) == data
    port.close()
    machine.remove_port(port)
    assert not link.exists()


def test_tcp_serves_one_client_after_the_other(guest):
    machine = guest("hello", clock="real")
    machine.boot()
    port = TcpPort(machine.uart, 0)
    machine.add_port(port)
    assert port.address[0] == "127.0.0.1"
    with Running(machine):
        for n in range(2):
            with socket.create_connection(port.address, timeout=60) as client:
                stream = client.makefile("rb")
                if n == 0:
                    assert stream.read(7) == b"hello\r\n"
                client.sendall(b"ping")
                assert stream.read(4) == b"ping"


class Wire:
    """The console's line as a front end sees it, without a machine."""

    def __init__(self):
        self.on_output = lambda: None
        self.waiting = 0
        self.sent = b""
        self.received = b""

    @property
    def available(self):
        return len(self.sent)

    def host_read(self, size=None):
        size = len(self.sent) if size is None else size
        data, self.sent = self.sent[:size], self.sent[size:]
        return data

    def host_write(self, data):
        self.received += data

    def call_after(self, _seconds, _fn): ...

    def say(self, data):
        self.sent += data
        self.on_output()


def served(port):
    """One round of the pacer."""
    writers = {port.output_fileno(): port} if port.writable() else {}
    if port.readable() and select.select([port], [], [], 0.2)[0]:
        port.on_readable()
    if writers and select.select([], list(writers), [], 0)[1]:
        port.on_writable()


def test_a_client_that_is_gone_while_the_board_talks_makes_room():
    wire = Wire()
    with contextlib.closing(TcpPort(wire, 0)) as port:
        for _ in range(3):
            with socket.create_connection(port.address, timeout=60) as client:
                served(port)
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            for _ in range(3):
                wire.say(b"more\r\n")
                served(port)
        with socket.create_connection(port.address, timeout=60) as client:
            for _ in range(2):
                client.sendall(b"AT\r\n")
                served(port)
            assert wire.received.endswith(b"AT\r\n")


def test_a_web_page_does_not_reach_the_console():
    wire = Wire()
    with contextlib.closing(TcpPort(wire, 0)) as port:
        with socket.create_connection(port.address, timeout=60) as page:
            page.sendall(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nAT+Stop=0\r\n")
            for _ in range(3):
                served(port)
        assert wire.received == b""
        with socket.create_connection(port.address, timeout=60) as client:
            client.sendall(b"AT+Test\r\n")
            for _ in range(3):
                served(port)
        assert wire.received == b"AT+Test\r\n"


def test_a_reader_that_does_not_read_holds_nobody_up():
    """Standard output is a pipe that is full: the board goes on, and hears."""
    wire = Wire()
    (read_in, write_in), (read_out, write_out) = os.pipe(), os.pipe()
    port = TerminalPort(wire, read_in, write_out)
    start = time.process_time()
    for _ in range(300):
        wire.say(bytes(4096))
    os.write(write_in, b"AT\r\n")
    served(port)
    assert wire.received == b"AT\r\n" and port.lost > 0
    assert time.process_time() - start < 5
    while port.writable():
        assert os.read(read_out, 1 << 16)
        served(port)
    port.close()
    for descriptor in (read_in, write_in, read_out, write_out):
        os.close(descriptor)


class SeamServer(threading.Thread):
    """The far side of the link seam, around a FakeNwp without a clock."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.nwp = FakeNwp()
        self.nwp.attach(self, self.level)

    def now(self):
        return 0.0

    def call_at(self, _time, fn):
        fn()

    def level(self, on):
        self.send(b"I", bytes([on]))

    def send(self, kind, payload):
        self.connection.sendall(struct.pack("<cI", kind, len(payload)) + payload)

    def run(self):
        self.connection, _ = self.listener.accept()
        with self.connection.makefile("rb") as stream:
            while header := stream.read(5):
                kind, length = struct.unpack("<cI", header)
                payload = stream.read(length)
                if kind == b"W":
                    self.nwp.write(payload)
                elif kind == b"R":
                    self.send(b"D", self.nwp.read(struct.unpack("<I", payload)[0]))
                elif kind == b"P":
                    self.nwp.power(bool(payload[0]))


def test_a_network_processor_over_tcp(guest):
    server = SeamServer()
    server.start()
    nwp = TcpNwp("127.0.0.1", server.port)
    machine = guest("lspi", 0, nwp=nwp)
    machine.finish(timeout=20)
    received = b"".join(machine.word("received", n).to_bytes(4, "little") for n in range(12))
    assert received[16:] == message(0x0466, b"answer, sixteen.", 1)[:32]
    nwp.close()


def test_tcp_link_errors_are_named():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nwp = TcpNwp(*listener.getsockname())
        other, _ = listener.accept()
        other.sendall(struct.pack("<cI", b"X", 0))
        with pytest.raises(LinkError, match="unexpected"):
            nwp.read(4)
        other.close()
        with pytest.raises(LinkError, match="closed|gone"):
            nwp.read(4)
        nwp.close()


def link_message(kind: bytes, payload: bytes) -> bytes:
    return struct.pack("<cI", kind, len(payload)) + payload


def test_a_level_in_one_piece_with_data_is_seen():
    """Nothing is left on the socket then that would wake whoever watches it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nwp = TcpNwp(*listener.getsockname())
        other, _ = listener.accept()
        levels = []
        nwp.attach(None, levels.append)
        high, low = link_message(b"I", b"\1"), link_message(b"I", b"\0")
        for number in range(50):
            data = number.to_bytes(4, "little")
            other.sendall(low + link_message(b"D", data) + high)
            assert nwp.read(4) == data
            while len(levels) < 2:  # the piece was cut on its way
                assert select.select(nwp.fds(), [], [], 10)[0]
                nwp.service()
            assert levels == [False, True] and nwp.irq
            levels.clear()
        other.close()
        nwp.close()


def test_half_a_level_does_not_hold_the_board_up():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nwp = TcpNwp(*listener.getsockname())
        other, _ = listener.accept()
        levels = []
        nwp.attach(None, levels.append)
        high = link_message(b"I", b"\1")
        for at in range(len(high)):
            assert levels == []
            other.sendall(high[at : at + 1])
            assert select.select(nwp.fds(), [], [], 10)[0]
            nwp.service()
        assert levels == [True]
        other.close()
        nwp.close()


def test_stop_done_makes_it_ready_for_power_off():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nwp = TcpNwp(*listener.getsockname())
        other, _ = listener.accept()
        nwp.power(True)
        data = b"\xff" * 4 + message(0x0073, bytes(4), 3)
        for at in range(0, len(data), 8):
            piece = data[at : at + 8]
            other.sendall(struct.pack("<cI", b"D", len(piece)) + piece)
            assert not nwp.shutdown_ready or at >= 8
            assert nwp.read(len(piece)) == piece
        assert nwp.shutdown_ready
        other.close()
        nwp.close()


def test_frames_are_found_in_any_split():
    data = b"\xff" * 8 + message(0x0008, b"", 0) + message(0x1466, b"12345", 1) + b"\xff" * 4
    for size in (1, 4, 7, len(data)):
        seen = []
        reader = FrameReader("N", lambda opcode, body, seen=seen: seen.append((opcode, body[8:])))
        for at in range(0, len(data), size):
            reader.feed(data[at : at + size])
        if size % 4 == 0 or size == len(data):
            assert seen == [(0x0008, b""), (0x1466, b"12345")]


def test_trace_shows_lines_and_frames_but_no_secrets(guest):
    out = io.StringIO()
    nwp = FakeNwp()
    machine = guest("lspi", 0, nwp=nwp, trace=Trace(out))
    machine.uart.on_host_byte(b"AT+Test\r\nAT+WlanConnect=home,,WPA_WPA2,topsecret,,,\r\n")
    machine.uart.on_host_byte(b"AT+WlanConect=home,,WPA_WPA2,onlytyped,,,\r\n")
    for char in b"AT+WlanConect=home,,WPA_WPA2,onlytyped,,,\r\n":
        machine.uart.on_guest_byte(char)
    umlaut = "schlüssel".encode()
    machine.uart.on_host_byte(b"AT+WlanSet=AP,PASSWORD," + umlaut + b"\r\n\xff" + umlaut + b"\r\n")
    for char in b"+FileOpen: 7,305419896\r\nOK\r\n":
        machine.uart.on_guest_byte(char)
    machine.uart.on_host_byte(b"AT+FileDel=/a,305419896\r\n")
    machine.uart.on_host_byte(b"echo topsecret\r\n")
    machine.uart.on_host_byte(b"AT+FileWrite=1,0,0,16,a private\r\nkey\r\n\r\nAT+Next\r\n")
    for char in b"+FileRead: 0,9,more keys\r\nOK\r\n":
        machine.uart.on_guest_byte(char)
    machine.finish()
    tap = machine.chip.nwp_port.tap
    tap("H", bytes.fromhex("21433412 808c0c00") + b"hometopsecre")
    text = out.getvalue()
    assert "> AT+Test" in text and "+FileOpen: 7,***" in text
    assert "DEVICE_INIT_COMPLETE" in text and "DEVICE_GET answer" in text
    assert "WLAN_CONNECT 12 bytes: ***" in text
    assert "> \\xff***\n" in text
    assert "> AT+WlanConect=***\n" in text and "< AT+WlanConect=***\n" in text
    assert "topsecret" not in text and "onlytyped" not in text and "305419896" not in text
    assert b"topsecret".hex(" ", 4)[:8] not in text
    assert "> AT+FileWrite=1,0,0,16,*** (16 bytes)\n" in text and "> AT+Next\n" in text
    assert "< +FileRead: 0,9,*** (9 bytes)" in text and "key" not in text


def test_settings_are_a_file_of_the_store():
    content = encode({"style": "ti", "autostart": 0})
    assert content.startswith(b"STYLE=ti\nAUTOSTART=0\nSUM=")
    assert decode(content) == {"style": "ti", "autostart": "0"}
    assert decode(content[:-3]) == decode(None) == {}
    for bad in ({"style": "x"}, {"colour": 1}, {"baud": 10}, {"echo": "yes"}):
        with pytest.raises(ValueError):
            encode(bad)


def test_settings_join_those_in_the_store():
    class Storage:
        files = {}

        def content(self, name):
            return self.files.get(name)

        def put(self, name, content, max_size, flags):
            self.files[name] = content

    class Nwp:
        storage = Storage()

    store(Nwp, {"echo": "1"})
    store(Nwp, {"STYLE": "ti"})
    assert decode(Nwp.storage.content(NAME)) == {"echo": "1", "style": "ti"}
    with pytest.raises(ValueError):
        store(FakeNwp(), {"echo": "1"})


def test_profile_names_the_busy_function(guest):
    machine = guest("busy")
    profile = Profile()
    profile.attach(machine)
    machine.run(max_insns=500_000)
    assert profile.functions.most_common(1)[0][0] in ("work", "main")
    out = io.StringIO()
    profile.report(out)
    assert "%" in out.getvalue()


def test_speed_against_unicorn_alone():
    """The bounds that the product promises, with one more round if the machine was busy."""
    for _ in range(3):
        figures = bench.measure(2_000_000, rounds=2)
        assert figures.accelerated is not None
        if figures.counted_ratio >= 0.22 and figures.accelerated_ratio >= 0.5:
            return
    pytest.fail(str(figures))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_command_line(image, tmp_path, number):
    link = tmp_path / "tty"
    command = [sys.executable, "-m", "cc32at.emulator", "--elf", str(image("hello"))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    process = subprocess.Popen(
        [*command, "--pty", str(link), "--trace", str(tmp_path / "trace")],
        env=environment, stderr=subprocess.PIPE, preexec_fn=heed_signals,
    )  # fmt: skip
    try:
        ready, _, _ = select.select([process.stderr], [], [], 20)
        assert ready and str(link).encode() in process.stderr.readline()
        with serial.Serial(str(link), 115200, timeout=60) as tty:
            tty.write(b"AT+Test\r\n")
            assert tty.read_until(b"AT+Test\r\n").endswith(b"AT+Test\r\n")
    finally:
        process.send_signal(number)
        assert process.wait(60) == 0
    assert (tmp_path / "trace").stat().st_mode & 0o777 == 0o600
    assert "> AT+Test" in (tmp_path / "trace").read_text()
    assert not link.exists()


def test_a_hang_up_that_is_ignored_is_ignored(image, tmp_path):
    """As under nohup."""
    link = tmp_path / "tty"
    command = [sys.executable, "-m", "cc32at.emulator", "--elf", str(image("hello"))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    process = subprocess.Popen(
        ["nohup", *command, "--pty", str(link)], env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        while str(link).encode() not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        with serial.Serial(str(link), 115200, timeout=60) as tty:
            tty.write(b"AT+Test\r\n")
            assert tty.read_until(b"AT+Test\r\n").endswith(b"AT+Test\r\n")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert not link.exists()


def test_the_command_line_through_a_pipe(image):
    command = [sys.executable, "-m", "cc32at.emulator", "--elf", str(image("hello"))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    start = time.monotonic()
    done = subprocess.run(command, input=b"ping", capture_output=True, env=environment, timeout=30)
    assert done.stdout == b"hello\r\nping"
    assert done.returncode == 0
    assert time.monotonic() - start < 20
