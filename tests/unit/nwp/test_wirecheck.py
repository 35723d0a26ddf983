"""Violations of the wire are noted, proper hosts leave none, and no host breaks the model."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.nwp.codec import CNYS, H2N_SYNC, protocol
from tests.unit.nwp.netsupport import NetHost
from tests.unit.nwp.support import Host


def test_a_proper_host_leaves_no_note():
    host = Host()
    host.command("DEVICE_GET", set_id=1, option=5)
    host.command("FS_OPEN", b"f\0\0\0", mode=0x2001)
    host.command("DEVICE_STOP", timeout_ms=10)
    host.clock.advance(0.1)
    host.drain()
    host.power_cycle()
    assert host.np.violations == []


def frame(opcode: int, body: bytes) -> bytes:
    return H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body


@pytest.mark.parametrize(
    "stream, note",
    [
        (frame(0x8466, bytes(9)), "Len 9 is not a multiple of 4"),
        (frame(0x8466, bytes(12)), "DEVICE_GET: Len 12 does not fit"),
        (frame(0x8466, bytes(4)), "DEVICE_GET: Len 4 does not fit"),
        (frame(0x8464, bytes(8)) * 2, "DEVICE_EVENT_MASK_SET while DEVICE_EVENT_MASK_SET"),
        (CNYS, "read request without a message"),
    ],
)
def test_violations_are_noted(stream, note):
    host = Host()
    host.np.write(stream)
    assert len(host.np.violations) >= 1 and note in host.np.violations[0]
    assert host.np.control.call("violations") == host.np.violations


def test_command_before_the_boot_is_noted():
    host = Host(boot=False)
    host.np.power(True)
    host.send("DEVICE_GET", set_id=1, option=5)
    assert host.np.violations == ["0x8466 while the NWP is not running"]


def test_send_without_credits_is_noted():
    host = Host()
    host.np.handlers["SOCKET_SEND"] = host.np.hold
    for _ in range(22):
        host.send("SOCKET_SEND", b"x", len=1, sd=0)
    assert host.np.violations == []
    host.send("SOCKET_SEND", b"x", len=1, sd=0)
    assert host.np.violations == ["SOCKET_SEND without credits"]


def test_the_control_socket_of_a_select_needs_no_credits():
    """nwp-protocol 4.5; what others send afterwards does."""
    host = NetHost()
    control = host.socket(kind=2)
    assert host.bind(control, 12302) == 0
    host.np.handlers["SOCKET_SEND"] = host.np.hold
    for _ in range(22):
        host.post(control + 1, b"x")
    host.send_to(control, bytes(4), 12302)
    host.send("SOCKET_RECVFROM", sd=control, flags=0x20, max_len=4)
    assert host.np.violations == []
    host.recv(control + 1)
    assert host.np.violations == ["SOCKET_RECV without credits"]


def test_error_in_a_handler_ends_a_test_but_not_a_server(capsys):
    host = Host()

    def broken(cmd):
        raise ZeroDivisionError("broken handler")

    host.np.handlers["DEVICE_STOP"] = broken
    with pytest.raises(ZeroDivisionError):
        host.send("DEVICE_STOP", timeout_ms=1)
    host.np.strict = False
    host.np.power(False)
    host.start()
    status = host.command("DEVICE_STOP", timeout_ms=1).status
    assert status == protocol().errors["SL_ERROR_GENERAL_DEVICE"]
    assert "broken handler" in capsys.readouterr().err


OWN_GROUPS = [
    row for row in protocol().opcodes.values() if row.to_nwp and row.group in ("device", "fs")
]


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(OWN_GROUPS),
            st.binary(min_size=8, max_size=16),
            st.sampled_from([b"", b"f\0\0\0", b"\0\0\0\0f\0\0\0", b"f\0\0\0g\0\0\0"]),
            st.binary(max_size=40),
        ),
        max_size=12,
    )
)
def test_any_arguments_get_one_answer_each(commands):
    host = Host(world="{}")
    answers = 0
    for row, args, name, payload in commands:
        if row.name == "DEVICE_STOP":
            continue
        host.np.write(
            frame(row.opcode, args[: row.args.size].ljust(row.args.size) + name + payload)
        )
        assert host.message()[0] == row.name
        answers += 1
    assert not host.np.irq and host.np.counters["commands"] == answers
