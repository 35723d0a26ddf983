"""Every command of the opcode table has a handler that answers; generated from the table."""

import random

import pytest

from cc32at.nwp import NetworkProcessor
from cc32at.nwp.codec import align4, protocol
from cc32at.nwp.net import Route
from tests.unit.nwp.netsupport import NetHost

COMMANDS = [row for row in protocol().opcodes.values() if row.to_nwp]
ANSWERED = [row for row in COMMANDS if row.response_opcode is not None]

# Commands that are refused whatever they say, with the code and the reason.
REFUSED = {"DEVICE_SET_UART_MODE": -14338}  # the host interface of this chip is SPI

# Kinds of a command that are refused: name -> arguments, code.
REFUSED_KINDS = [
    ("SOCKET_CREATE", {"domain": 2, "type": 2, "protocol": 100}, -93),  # DTLS
    ("NETUTIL_CMD", {"command": 1, "attrib_len": 0}, -12294),  # CREATE_CERT: no layout known
    ("NETUTIL_CMD", {"command": 6, "attrib_len": 0}, -12294),  # ARP_LOOKUP: CC3235 only
    ("WLAN_CFG_SET", {"config_id": 1, "option": 34, "length": 0}, -14338),  # no 5 GHz radio
]


def test_the_table_is_the_one_we_know():
    assert len(COMMANDS) == 72


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_every_command_has_a_handler(row):
    assert row.name in NetworkProcessor().handlers


@pytest.mark.parametrize("row", ANSWERED, ids=lambda row: row.name)
def test_every_command_is_answered_once_with_its_layout(row):
    host = NetHost()
    fields = host.command(row.name)
    assert set(row.response.by_name) - {"pad", "pad0", "pad1"} <= set(fields)
    names = [e[0] for e in host.drain()]
    assert row.name not in names


@pytest.mark.parametrize(("name", "code"), REFUSED.items())
def test_refused_commands(name, code):
    assert NetHost().command(name).status == code


@pytest.mark.parametrize(("name", "args", "code"), REFUSED_KINDS)
def test_refused_kinds(name, args, code):
    assert NetHost().command(name, **args).status == code


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_no_content_of_a_command_breaks_the_model(row):
    """Random arguments and payloads: an answer or a completion, never an exception."""
    chance = random.Random(row.opcode)
    host = NetHost()
    net = host.np.groups["sockets"].net
    net.route = lambda *args: Route(status=-111)  # no random traffic on the PC
    for _ in range(60):
        body = bytearray(chance.randbytes(align4(row.args.size + chance.choice((0, 4, 16, 80)))))
        for i in range(len(body)):  # small numbers reach further than large ones
            if chance.random() < 0.6:
                body[i] = chance.choice((0, 0, 1, 2, 4, 8, 16, 100))
        if row.name == "DEVICE_STOP":
            continue
        head = b"\x21\x43\x34\x12" + row.opcode.to_bytes(2, "little")
        host.np.write(head + len(body).to_bytes(2, "little") + bytes(body))
        host.np.service()
        host.clock.advance(0.05)
        answers = [e for e in host.drain() if protocol().opcodes[e[0]].kind == "command"]
        assert len(answers) == (row.response_opcode is not None)
    host.np.power(False)
    assert not host.np.groups["sockets"].has_real_io()


def test_unknown_commands_are_answered_with_an_error():
    host = NetHost()
    host.np.write(bytes.fromhex("21433412") + b"\xff\x8f\0\0")
    raw = host.raw_message()
    assert int.from_bytes(raw[4:6], "little") == 0x0FFF
    assert int.from_bytes(raw[16:18], "little", signed=True) == -14337
