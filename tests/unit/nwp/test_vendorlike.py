"""Whole sessions of a driver that is not ours, over the link seam, with peers that are real."""

import contextlib
import random
import socket
import ssl
import struct
import threading

import pytest

from tests.unit.nwp.pki import Identity
from tests.unit.nwp.support import served
from tests.unit.nwp.vendorlike import VendorLike, address

WORLD = """
device: {boot_ms: 5}
access_points:
  - {ssid: lab, bssid: "02:00:00:00:00:01", channel: 1, rssi: -40, security: wpa2, key: password1}
  - {ssid: open, bssid: "02:00:00:00:00:02", channel: 6, rssi: -60}
timing: {scan_s: 0.01, dhcp_s: 0.01}
hosts: {peer.test: 127.0.0.1}
"""
VERSION = struct.pack("<HHHH", 0x55AA, 1, 12, 0x9999)  # DEVICE_GET
OVERWRITE_8K, FAILSAFE = 3 << 12 | 1 << 8 | 8, 1 << 16


@pytest.fixture
def server():
    """A served model."""
    with served(WORLD) as server:
        yield server


@pytest.fixture
def host(server):
    """The driver, started; the model has nothing to say against it."""
    with contextlib.closing(VendorLike(server.port)) as host:
        host.start()
        yield host
        assert server.np.violations == []


@pytest.fixture
def joined(host):
    args = struct.pack("<BB6sB", 2, 3, bytes(6), 9) + b"lab" + b"password1"
    assert host.ask("WLAN_CONNECT", args)[0] == 0
    host.event(0x0880), host.event(0x1825)
    return host


def echo(context: ssl.SSLContext | None = None) -> int:
    """A peer that sends back what it gets, once; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run():
        with contextlib.suppress(OSError), listener:
            peer, _ = listener.accept()
            peer.settimeout(60)
            if context:
                peer = context.wrap_socket(peer, server_side=True)
            while data := peer.recv(65536):
                peer.sendall(data)
            peer.close()

    threading.Thread(target=run, daemon=True).start()
    return listener.getsockname()[1]


def test_what_is_not_read_of_an_answer_is_forgotten(joined):
    """2.4: nothing drained, one word left over, 244 bytes read where there are fewer."""
    host = joined
    assert host.ask("WLAN_POLICY_SET", bytes((0x20, 9, 1, 4)), struct.pack("<I", 10))[0] == 0
    for _ in range(500):
        found, _, networks = host.ask("WLAN_SCAN_RESULTS_GET", bytes((0, 20, 1, 1)), room=880)
        if found == 2:
            break
    assert found == 2 and len(networks) == 88
    for room in (13, 50, 4, 87):
        assert host.ask("WLAN_SCAN_RESULTS_GET", b"\0\x14ab", room=room)[0] == 2
        assert host.ask("DEVICE_GET", VERSION)[1][2:6] == b"\1\0\x0c\0"
    args = struct.pack("<hBB6sBB", 2, 3, 7, bytes(6), 9, 0) + b"lab" + b"password1"
    index = host.ask("WLAN_PROFILE_ADD", args)[0]
    got = host.ask("WLAN_PROFILE_GET", bytes((index, 1, 2, 3)), fixed=244)[1]
    assert got[:4] == b"\2\0\3\7" and got[20:23] == b"lab"
    assert host.ask("DEVICE_GET", VERSION, room=20)[0] == 0


def test_names_streams_and_an_end(joined):
    host = joined
    assert host.ask("NETAPP_DNS_BY_NAME", struct.pack("<HBB", 9, 2, 7), b"peer.test")[0] == 0
    assert host.event(0x1820)[0][4:8] == b"\1\0\0\x7f"
    sd = host.open_socket()
    assert host.connect(sd, echo()) == 0
    data = random.Random(1).randbytes(60_000)
    for at in range(0, len(data), 5000):
        host.post(sd, data[at : at + 5000])
        assert host.receive(sd, 5000) == data[at : at + 5000]
    host.send("SOCKET_RECV", struct.pack("<HBB", 100, sd, 0))
    assert host.ask("DEVICE_GET", VERSION, room=20)[0] == 0
    assert host.ask("SOCKET_CLOSE", bytes((sd, 0, 0, 0)))[0] == 0
    assert host.event(0x100A, sd)[0][1] & 0x80, "the pending receive ends with an error"
    host.event(0x1010, sd)


def test_a_socket_that_does_not_wait(joined):
    host = joined
    sd = host.open_socket()
    host.option(sd, 24, b"\1\0\0\0")
    assert host.nonblocking == 1 << sd, "in the answer already (6.4)"
    port, result = echo(), -114
    assert host.connect(sd, port) == -114
    while result == -114:
        assert (
            host.ask("SOCKET_SELECT", struct.pack("<BBBxHHHH", 1, 0, 0, 0, 1 << sd, 0, 2))[0] == 0
        )
        assert struct.unpack("<hHHH", host.event(0x1007)[0][:8])[3] == 1 << sd
        result = host.connect(sd, port)
    assert result == 0
    host.send("SOCKET_RECV", struct.pack("<HBB", 100, sd, 0))
    assert struct.unpack("<h", host.event(0x100A, sd)[0][:2])[0] == -11
    host.close_socket(sd)
    assert host.nonblocking == 0


def test_the_control_socket_of_select(joined):
    """4.5: a datagram to oneself ends a select without limit; its receipt costs no credit."""
    host = joined
    control, other = host.open_socket(2), host.open_socket(2)
    any_ip = address(control, 12302, bytes(4))
    assert any_ip[4:6] == b"\x30\x0e"
    assert host.ask("SOCKET_BIND_V4", any_ip)[0] == 0
    assert host.ask("SOCKET_BIND_V4", address(other, 0, bytes(4)))[0] == 0
    for _ in range(3):
        watched = 1 << control | 1 << other
        args = struct.pack("<BBBxHHHH", 0, 0, 0, watched, 0, 0xFFFF, 0xFFFF)
        assert host.ask("SOCKET_SELECT", args)[0] == 0
        host.send("SOCKET_SENDTO_V4", address(control, 12302, size=4), bytes(4))
        done = struct.unpack("<hHHH", host.event(0x1007)[0][:8])
        assert done[0] == 1 and done[2:] == (1 << control, 0)
        host.send("SOCKET_RECVFROM", struct.pack("<HBB", 4, control, 0x20))
        assert host.event(0x100B, control)[1] == bytes(4)


def test_datagrams_in_both_forms_of_an_address(joined):
    host = joined
    sd = host.open_socket(2, 17)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(60)
        port = peer.getsockname()[1]
        for size in (1, 3, 1472, 9000):
            data = random.Random(size).randbytes(size)
            host.send("SOCKET_SENDTO_V4", address(sd, port, size=size), data)
            got, source = peer.recvfrom(65535)
            assert got == data
            peer.sendto(got, source)
            host.send("SOCKET_RECVFROM", struct.pack("<HBB", 16000, sd, 0x20))
            args, got = host.event(0x100B, sd)
            assert got == data and len(args) == 12
            assert args[4:6] == struct.pack(">H", port) and args[8:12] == b"\x7f\0\0\1"
        peer.sendto(b"six", source)
        host.send("SOCKET_RECVFROM", struct.pack("<HBB", 30, sd, 0x30))
        args, got = host.event(0x120B, sd)
        assert got == b"six" and len(args) == 24


def test_a_secure_stream_with_files_that_were_written_before(joined, tmp_path):
    host = joined
    ca = Identity("ca", is_ca=True)
    server = Identity("server", ca=ca, host="peer.test")
    (tmp_path / "pem").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    host.write_file(b"ca", ca.pem, OVERWRITE_8K)
    sd = host.open_socket(1, 100)
    host.option(sd, 32, b"ca")
    host.option(sd, 42, b"peer.test")
    host.option(sd, 38, b"\1\0\0\0")
    assert host.connect(sd, echo(context)) == 0
    data = random.Random(2).randbytes(16_000)
    host.post(sd, data)
    assert host.receive(sd, len(data)) == data
    host.close_socket(sd)


def test_power_that_goes_in_the_middle_of_everything(joined):
    """What a fail-safe file held is still there, all the rest is as new."""
    host = joined
    host.write_file(b"safe", b"old" * 1000, OVERWRITE_8K | FAILSAFE)
    handle = host.open_file(b"safe", OVERWRITE_8K | FAILSAFE)
    sd = host.open_socket(2)
    assert host.ask("SOCKET_BIND_V4", address(sd, 0, bytes(4)))[0] == 0
    host.send("SOCKET_RECVFROM", struct.pack("<HBB", 30, sd, 0x20))
    host.send("FS_WRITE", struct.pack("<IIHH", handle, 0, 1400, 0), b"n" * 1400)
    host.wait_line()
    host.write(bytes.fromhex("65877856"))
    host.read(8)
    host.write(bytes.fromhex("21433412 66840800"))  # and in the middle of a command
    host.power(False)
    host.start()
    assert host.read_file(b"safe", 3000) == b"old" * 1000
    assert host.open_socket(2) == 0


@pytest.mark.parametrize("way", ["close", "reset", "half a message", "half a command"])
def test_the_next_driver_finds_a_fresh_start(server, way):
    first = VendorLike(server.port)
    first.start()
    first.write_file(b"kept", b"data", OVERWRITE_8K)
    sd = first.open_socket(2)
    first.send("SOCKET_RECVFROM", struct.pack("<HBB", 30, sd, 0x20))
    if way == "reset":
        first.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif way == "half a message":
        first.write(bytes.fromhex("65877856"))
    elif way == "half a command":
        first.write(bytes.fromhex("21433412 668408"))
    first.close()
    with contextlib.closing(VendorLike(server.port)) as second:
        second.start()
        assert second.read_file(b"kept", 4) == b"data"
        assert second.open_socket(2) == 0
