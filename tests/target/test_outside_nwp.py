"""Board and network processor as programs of their own, the link between them over TCP."""

import contextlib
import json
import socket
import subprocess
import sys

import pytest

from cc32at.client import AtClient
from cc32at.nwp.listen import LinkServer, pack_message
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
        process.communicate(timeout=10)


@pytest.fixture
def model():
    """A model that listens: (port of the link, port of its control interface)."""
    command = [sys.executable, "-m", "cc32at.nwp", "--listen", "0", "--control", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with stopped_at_the_end(process):
        yield tuple(int(process.stdout.readline().rsplit(":", 1)[1]) for _ in range(2))


def asked(port: int, **request):
    """The result of an operation of the control interface."""
    with socket.create_connection(("127.0.0.1", port), 5) as control:
        control.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(control.makefile().readline())
    assert answer["ok"], answer
    return answer["result"]


def test_the_firmware_runs_on_a_model_outside(model, pytestconfig, tmp_path, transcript):
    link, control = model
    nwp = ("--nwp", f"tcp:127.0.0.1:{link}")
    process, device = start_on_pty(pytestconfig.getoption("--elf"), tmp_path, *nwp)
    with (
        stopped_at_the_end(process),
        AtClient.open(device.path, device.baud, transcript=transcript) as at,
    ):
        at.flush(quiet=1.0)
        at.command("AT+Start", timeout=10)
        assert len(at.command("AT+Get=General,Version", timeout=10).fields) == 5
        at.command("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,", timeout=10)
        assert at.wait_event("Wlan", timeout=10).fields[:2] == ["CONNECT", "office"]
        asked(control, op="general_error", status=-6, sender=1)
        assert at.wait_event("General", timeout=10).raw == b"+EventGeneral: ERROR,-6,WLAN"
        at.command("AT+Stop=100", timeout=10)
        at.command("AT+Start", timeout=10)
        assert at.command("AT+Get=General,Version", timeout=10).fields
        assert asked(control, op="violations") == []
        assert asked(control, op="state")["booted"]


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
        if held and self.client:
            self.client.sendall(b"".join(held))


def test_an_interrupt_in_one_piece_with_data_is_not_lost(pytestconfig, tmp_path, transcript):
    with served("", InOnePiece) as server:
        nwp = ("--nwp", f"tcp:127.0.0.1:{server.port}")
        process, device = start_on_pty(pytestconfig.getoption("--elf"), tmp_path, *nwp)
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


def test_the_world_changes_over_a_local_socket_while_the_firmware_runs(
    pytestconfig, tmp_path, transcript
):
    process, device = start_on_pty(pytestconfig.getoption("--elf"), tmp_path, "--control", "0")
    with (
        stopped_at_the_end(process),
        AtClient.open(device.path, device.baud, transcript=transcript) as at,
    ):
        line = process.stderr.readline()
        assert line.startswith("control on 127.0.0.1:")
        control = int(line.rsplit(":", 1)[1])
        at.flush(quiet=1.0)
        at.command("AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,", timeout=10)
        at.wait_event("NetApp", "IPV4_ACQUIRED")
        assert asked(control, op="station")["ssid"] == "office"
        asked(control, op="ap_off", ssid="office")
        at.wait_event("Wlan", "DISCONNECT")
        asked(control, op="ap_on", ssid="office")
        asked(control, op="cut_power")
        assert asked(control, op="state")["powered"] is False


def test_the_control_port_is_the_built_in_models(pytestconfig):
    command = [sys.executable, "-m", "cc32at.emulator", "--control", "0"]
    command += ["--elf", str(pytestconfig.getoption("--elf")), "--nwp", "tcp:127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 2 and "control belong to the built-in NWP" in done.stderr
