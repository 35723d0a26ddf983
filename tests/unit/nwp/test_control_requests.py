"""Whatever comes over the control interface is answered, and the model goes on."""

import inspect
import json
import random

import pytest

from cc32at.nwp.codec import CNYS
from cc32at.nwp.control import Control
from cc32at.nwp.controlserver import ControlServer
from cc32at.nwp.faults import KINDS
from tests.unit.nwp.netsupport import NetHost

OPERATIONS = sorted(name[3:] for name in dir(Control) if name.startswith("op_"))
FREE = "do to seconds status byte mask length hex bytes by skip count ssid bssid name text ip sd"
VALUES = [
    None, True, -1, 0, 1, 2, 16, 255, 256, 65535, 65536, 1 << 31, 1 << 32, 1 << 64, -1 << 70, 1.5,
    float("inf"), "", "x", "zz", "00", "ff" * 3000, "f" * 200_000, "\xe4" * 300,
    "02:1a:11:f0:00:01", "office", {"hex": "zz"}, {"hex": "00"}, {}, [], [1], ["a"], "WLAN_CONN",
    "DEVICE_GET", "DEVICE_DUMMY", "WLAN_EV_CONNECTED", "access_points", "files", "sockets", "GET",
]  # fmt: skip


def request(operation: str, chance: random.Random) -> dict:
    """A request with arguments of the right names and any values."""
    made = {"op": operation}
    for argument in inspect.signature(getattr(Control, f"op_{operation}")).parameters.values():
        if argument.kind is argument.VAR_KEYWORD:
            made |= {name: chance.choice(VALUES) for name in chance.sample(FREE.split(), 3)}
        elif argument.name != "self" and (
            argument.default is argument.empty or chance.random() < 0.5
        ):
            made[argument.name] = chance.choice(VALUES)
    if operation == "fault" and chance.random() < 0.9:
        made["do"] = chance.choice(sorted(KINDS))
    return made


def read_everything(host) -> None:
    """As a host does that reads whatever waits."""
    host.clock.advance(0.5)
    for _ in range(20):
        if host.np.irq:
            host.np.write(CNYS)
            host.np.read(2000)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_any_request_is_answered_and_the_host_goes_on(operation):
    chance = random.Random(operation)
    for _ in range(4):
        host = NetHost()
        server = ControlServer(host.np.control)
        for _ in range(25):
            answer = server.answer(json.dumps(request(operation, chance)).encode())
            assert answer["ok"] or answer["error"]
            assert json.loads(json.dumps(answer)) == answer
            read_everything(host)
        assert server.answer(b'{"op": "clear_faults"}') == {"ok": True, "result": None}
        host.power_cycle()
        server.close()


@pytest.mark.parametrize(
    "bad",
    [
        {"op": "message", "opcode": 0x10000},
        {"op": "message", "opcode": -1},
        {"op": "message", "opcode": "DEVICE_GET"},
        {"op": "message", "opcode": 0x0880, "args": "00" * 65528},
        {"op": "abort", "type": 1 << 32},
        {"op": "abort", "data": "x"},
        {"op": "station_join", "mac": 1.5},
        {"op": "p2p_found", "mac": "02:1a"},
    ],
    ids=lambda bad: "-".join(str(value)[:12] for value in bad.values()),
)
def test_what_no_message_can_hold_is_refused_at_once(bad):
    host = NetHost()
    with pytest.raises(ValueError, match="not|more"):
        host.np.control.call(**bad)
    assert not host.np.irq
