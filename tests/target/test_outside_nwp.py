"""Board and network processor as programs of their own, the link between them over TCP."""

import contextlib
import json
import resource
import socket
import subprocess
import sys

import pytest

from cc32at.client import AtClient
from cc32at.nwp.listen import LinkServer, pack_message
from cc32at.nwp.remote import Remote
from tests.boards import start_on_pty
from tests.unit.nwp.support import served

pytestmark = pytest.mark.world
ROUNDS = 150  # of a command with an event inside


@contextlib.contextmanager
def stopped_at_the_end(process):
    """A program, which is ended behind the block."""
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def model(tmp_path):
    """A model that listens: (port of the link, address file of its control interface)."""
    file = tmp_path / "model.json"
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--control", str(file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with stopped_at_the_end(process):
        yield int(process.stdout.readline().rsplit(":", 1)[1]), file
    assert not file.exists()


def test_the_firmware_runs_on_a_model_outside(model, elf, tmp_path, transcript):
    link, file = model
    nwp = ("--nwp", f"tcp:127.0.0.1:{link}")
    process, device = start_on_pty(elf, tmp_path, *nwp)
    with (
        stopped_at_the_end(process),
        AtClient.open(device.path, device.baud, transcript=transcript) as at,
        Remote(file) as control,
    ):
        at.flush(quiet=1.0)
        at.command("AT+Start", timeout=10)
        assert len(at.command("AT+Get=General,Version", timeout=10).fields) == 5
        at.command("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,", timeout=10)
        assert at.wait_event("Wlan", timeout=10).fields[:2] == ["CONNECT", "office"]
        control.call("general_error", status=-6, sender=1)
        assert at.wait_event("General", timeout=10).raw == b"+EventGeneral: ERROR,-6,WLAN"
        at.command("AT+Stop=100", timeout=10)
        at.command("AT+Start", timeout=10)
        assert at.command("AT+Get=General,Version", timeout=10).fields
        assert control.call("violations") == []
        assert control.call("state")["booted"]


class InOnePiece(LinkServer):
    """Raises an event inside an answer if told to, and sends `D` and the `I` behind it at once."""

    def __init__(self, np):
        self.event: int | None = None
        self._held: list[bytes] | None = None
        super().__init__(np)

    def _send(self, kind: bytes, payload: bytes) -> None:
        if self._held is None:
            super()._send(kind, payload)
        else:
            self._held.insert(0 if kind == b"D" else len(self._held), pack_message(kind, payload))

    def _handle(self, kind: bytes, payload: bytes) -> None:
        waited, self._held = self.np.irq, []
        super()._handle(kind, payload)
        if kind == b"R" and waited and not self.np.irq and self.event is not None:
            self.np.control.call("general_error", status=self.event, sender=1)
            self.event = None
        held, self._held = self._held, None
        self._put(b"".join(held))


def test_an_interrupt_in_one_piece_with_data_is_not_lost(elf, tmp_path, transcript):
    with served("", InOnePiece) as server:
        nwp = ("--nwp", f"tcp:127.0.0.1:{server.port}")
        process, device = start_on_pty(elf, tmp_path, *nwp)
        with (
            stopped_at_the_end(process),
            AtClient.open(device.path, device.baud, transcript=transcript) as at,
        ):
            at.flush(quiet=1.0)
            at.command("AT+Start", timeout=30)
            for number in range(1, ROUNDS + 1):
                server.event = -number
                assert len(at.command("AT+Get=General,Version", timeout=30).fields) == 5
                event = at.wait_event("General", timeout=30)
                assert event.fields == ["ERROR", str(-number), "WLAN"]


@pytest.fixture
def controlled(elf, tmp_path):
    """A board that is controlled: (its device, the address file of its control interface)."""
    file = tmp_path / "control.json"
    process, device = start_on_pty(elf, tmp_path, "--control", str(file))
    with stopped_at_the_end(process):
        assert process.stderr.readline().startswith("control on 127.0.0.1:")
        yield device, file
        assert process.poll() is None
    assert not file.exists()


def test_the_world_changes_over_a_local_socket_while_the_firmware_runs(controlled, transcript):
    device, file = controlled
    with (
        AtClient.open(device.path, device.baud, transcript=transcript) as at,
        Remote(file) as control,
    ):
        at.flush(quiet=1.0)
        at.command("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,", timeout=10)
        at.wait_event("NetApp", "IPV4_ACQUIRED")
        assert control.call("station")["ssid"] == "office"
        control.call("ap_off", ssid="office")
        at.wait_event("Wlan", "DISCONNECT")
        control.call("ap_on", ssid="office")
        control.call("cut_power")
        assert control.call("state")["powered"] is False


def test_no_crowd_at_the_control_port_ends_or_stalls_the_board(controlled, transcript):
    """1,025 connections, and a client that never reads what it asked for."""
    device, file = controlled
    address = json.loads(file.read_text())
    where = address["host"], address["port"]
    with (
        AtClient.open(device.path, device.baud, transcript=transcript) as at,
        Remote(file) as control,
        descriptors(2000),
        contextlib.ExitStack() as crowd,
    ):
        at.flush(quiet=1.0)
        for _ in range(1025):
            crowd.enter_context(socket.create_connection(where, 10))
        at.command("AT+Test", timeout=10)
        assert control.call("state")["booted"]
        deaf = crowd.enter_context(socket.create_connection(where, 10))
        deaf.sendall(file.read_bytes())
        deaf.settimeout(0.2)
        with contextlib.suppress(OSError):  # it is dropped, or its requests are not taken
            for _ in range(1000):
                deaf.sendall(b'{"op": "world", "kind": "access_points"}\n' * 100)
        at.command("AT+Test", timeout=10)
        assert control.call("state")["booted"]


@contextlib.contextmanager
def descriptors(number: int):
    """So many may be open in this process."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[0] < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_the_control_interface_is_the_built_in_models(elf, tmp_path):
    command = [sys.executable, "-m", "cc32at.emulator", "--control", str(tmp_path / "control")]
    command += ["--elf", str(elf), "--nwp", "tcp:127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "control belong to the built-in NWP" in done.stderr
