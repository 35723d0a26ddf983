"""The codec against the 63 recorded frames of nwp-protocol.md 13."""

import json
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc32at.nwp.codec import Command, align4, protocol
from cc32at.nwp.linklayer import Header, Message, encode

FRAMES = json.loads((Path(__file__).parents[1] / "driver/frames.json").read_text())

# What each frame says, from its name and the layouts of chapter 6: opcode, fields, payload.
MEANING = {
    "init complete, sequence 0, status 1 (STA)": (
        "DEVICE_INIT_COMPLETE",
        {"status": 1, "chip_id": 0x31000019, "more_data": 7},
    ),
    "create IPv4 stream TLS socket": ("SOCKET_CREATE", {"domain": 2, "type": 1, "protocol": 100}),
    "create socket response, sequence 1, sd 3": ("SOCKET_CREATE", {"status": 0, "sd": 3}),
    "set CA file name option, 6 bytes": (
        "SOCKET_SETSOCKOPT",
        {"sd": 3, "level": 1, "name": 32, "value_len": 6},
        b"ca.der",
    ),
    "connect 192.168.1.2:443 on sd 3": (
        "SOCKET_CONNECT_V4",
        {"sd": 3, "family_flags": 0x20, "port": 0xBB01, "ip": 0x0201A8C0},
    ),
    "connect completion, sequence 1": ("SOCKET_CONNECT_DONE", {"status": 0, "sd": 3}),
    "connect IPv6": (
        "SOCKET_CONNECT_V6",
        {"sd": 3, "family_flags": 0x30, "ip": [0xB80D0120, 0xB90D0120, 0xBA0D0120, 0xBB0D0120]},
    ),
    "accept on sd 3, IPv4 address wanted": ("SOCKET_ACCEPT", {"sd": 3, "family": 2}),
    "accept completion: new sd 5, peer 192.168.1.2:8080": (
        "SOCKET_ACCEPT_DONE_V4",
        {"status": 5, "sd": 3, "family": 2, "port": 0x901F, "ip": 0x0201A8C0},
    ),
    "send 5 bytes": ("SOCKET_SEND", {"len": 5, "sd": 3}, b"abcde"),
    "send 8-byte frame on transceiver socket 0x82, TX parameters 0x8846": (
        "SOCKET_SEND",
        {"len": 8, "sd": 0x82},
        struct.pack("<i", 0x8846 - 0x10000) + b"FRAMEDAT",
    ),
    "receive request, 100 bytes": ("SOCKET_RECV", {"max_len": 100, "sd": 3, "flags": 0}),
    "receive completion, 5 bytes": ("SOCKET_RECV_DONE", {"status": 5, "sd": 3}, b"HELLO"),
    "receive completion, would block (-11), socket 3 non-blocking": (
        "SOCKET_RECV_DONE",
        {"status": -11, "sd": 3},
    ),
    "receive-from request with IPv6 address": (
        "SOCKET_RECVFROM",
        {"max_len": 100, "sd": 3, "flags": 0x30},
    ),
    "receive-from completion IPv4, 3 bytes from 8.8.4.4:53": (
        "SOCKET_RECVFROM_DONE_V4",
        {"status": 3, "sd": 3, "family": 2, "port": 53 << 8, "ip": 0x04040808},
        b"abc",
    ),
    "send-to 8.8.4.4:53, 3 bytes": (
        "SOCKET_SENDTO_V4",
        {"len": 3, "sd": 3, "port": 53 << 8, "ip": 0x04040808},
        b"xyz",
    ),
    "select: nfds 4, read bit 3, 2.5 s": (
        "SOCKET_SELECT",
        {"nfds": 4, "read_fds": 8, "write_fds": 0, "tv_usec": 0x1E8, "tv_sec": 2},
    ),
    "select completion: one readable socket (3)": (
        "SOCKET_SELECT_DONE",
        {"status": 1, "read_fds": 8, "write_fds": 0},
    ),
    "close sd 3": ("SOCKET_CLOSE", {"sd": 3}),
    "WLAN get AP SSID, buffer 33": (
        "WLAN_CFG_GET",
        {"config_id": 0, "option": 0, "length": 33},
    ),
    "WLAN get response, 10-byte value": ("WLAN_CFG_GET", {"status": 0}, b"mysimpleli"),
    "netcfg get MAC": ("NETCFG_GET", {"config_id": 2, "option": 0, "length": 6}),
    "netcfg get MAC response": ("NETCFG_GET", {"status": 0}, bytes.fromhex("080028010203")),
    "device get version": ("DEVICE_GET", {"set_id": 1, "option": 12}),
    'WLAN connect "home"/"password1" WPA2': (
        "WLAN_CONNECT",
        {"sec_type": 2, "bssid": bytes(6), "ssid": b"home", "password": b"password1"},
    ),
    "WLAN connect EAP PEAP0-MSCHAPv2": (
        "WLAN_CONNECT_EAP",
        {
            "ssid": b"corp",
            "password": b"password1",
            "user": b"user",
            "anon_user": b"anon",
            "eap_bitmask": 0x18180020,
        },
    ),
    "profile add": (
        "WLAN_PROFILE_ADD",
        {"priority": 7, "ssid": b"home", "password": b"password1"},
    ),
    "profile update EAP, index 1": (
        "WLAN_PROFILE_UPDATE_EAP",
        {"index": 1, "ssid": b"corp", "user": b"user", "anon_user": b"anon"},
    ),
    "policy set scan, enable + hidden, 60 s": (
        "WLAN_POLICY_SET",
        {"policy_type": 0x20, "option": 3, "value_len": 4},
        struct.pack("<I", 60),
    ),
    "policy set connection auto+fast+autoprovisioning": (
        "WLAN_POLICY_SET",
        {"policy_type": 0x10, "option": 0x23, "value_len": 0},
    ),
    "network list, 10 entries from 0": ("WLAN_SCAN_RESULTS_GET", {"index": 0, "count": 10}),
    "provisioning AP+SC, 600 s, key": (
        "WLAN_PROVISIONING",
        {
            "command": 2,
            "inactivity_timeout_s": 600,
            "sc_cipher": 1,
            "sc_key_len": 16,
            "sc_key": b"Key0" * 4,
        },
    ),
    "DNS query IPv4": ("NETAPP_DNS_BY_NAME", {"name_len": 10, "family": 2}, b"www.ti.com"),
    "DNS answer 8.8.4.4": ("NETAPP_DNS_BY_NAME_DONE_V4", {"status": 0, "ip": 0x08080404}),
    "ping 8.8.8.8": (
        "NETAPP_PING_V4",
        {"interval_ms": 1000, "size": 56, "timeout_ms": 3000, "attempts": 4, "ip0": 0x08080808},
    ),
    "ping report 3 of 4": (
        "NETAPP_PING_REPORT",
        {"status": 0, "rtt_min": 1, "rtt_max": 9, "rtt_avg": 4, "received": 3, "sent": 4},
    ),
    "mDNS register": (
        "NETAPP_MDNS_REGISTER",
        {"name_len": 18, "text_len": 3, "port": 80, "ttl": 120, "options": 0x80000001},
        b"a._http._tcp.localt=1",
    ),
    "sign message: 12-byte attributes + 7-byte message": (
        "NETUTIL_CMD",
        {"command": 2, "attrib_len": 12, "input_len": 7, "output_len": 200},
        struct.pack("<III", 3, 4, 0) + b"message",
    ),
    "netutil command with unaligned attribute length 5 + input 6": (
        "NETUTIL_CMD",
        {"attrib_len": 5, "input_len": 6},
        b"ABCDEwxyz12",
    ),
    "netutil completion with 6 bytes": (
        "NETUTIL_CMD_DONE",
        {"obj_id": 3, "status": 0, "command": 2, "output": b"SIGSIG"},
    ),
    "file create secure+failsafe, 70000 bytes": ("FS_OPEN", {"mode": 0x33145, "token": 0}),
    "file open read": ("FS_OPEN", {"mode": 0}),
    "file open write, must-commit": ("FS_OPEN", {"mode": 0x801000}),
    "file create, 1000 bytes, no overwrite": ("FS_OPEN", {"mode": 0x2004}),
    "file write 10 bytes at 0": (
        "FS_WRITE",
        {"handle": 0x1234, "offset": 0, "len": 10},
        b"0123456789",
    ),
    "file read response 6 bytes": ("FS_READ", {"status": 6}, b"AAAAAA"),
    'file close with certificate "cert" and 9-byte signature': (
        "FS_CLOSE",
        {"handle": 0x1234, "cert_name_len": 8, "signature_len": 9},
        b"cert\0xxxSIGNATURE",
    ),
    "file abort close": ("FS_CLOSE", {"cert_name_len": 0, "signature_len": 1}, b"A"),
    "file commit": (
        "FS_CTL",
        {"token": 7, "operation": 2, "name_len": 6, "buffer_len": 12},
        b"\0\0\0\0f.txt\0xx",
    ),
    "file rename old -> newname": (
        "FS_CTL",
        {"operation": 3, "name_len": 4, "buffer_len": 12},
        b"old\0newname\0",
    ),
    "program 16-byte chunk with key": (
        "FS_PROGRAM",
        {"key_len": 16, "chunk_len": 16},
        b"KEYKEYKEYKEYKEYK0123456789ABCDEF",
    ),
    'WLAN connected event, SSID "home"': (
        "WLAN_EV_CONNECTED",
        {"ssid_len": 4, "ssid": b"home".ljust(32, b"\0")},
    ),
    "IPv4 acquired event 10.0.0.2": (
        "NETAPP_EV_IPV4_ACQUIRED",
        {"ip": 0x0A000002, "gateway": 0x0A000001, "dns": 0x08080808},
    ),
    "general error -14341 from netapp": ("DEVICE_GENERAL_ERROR", {"status": -14341, "sender": 3}),
    "dummy (credit refresh) message": ("DEVICE_DUMMY", {}),
    "abort: type 0x33441122, data 0xCAFE0001": ("DEVICE_ABORT", {"abort_data": 0xCAFE0001}),
    "HTTP request event, 4 bytes metadata, 2 bytes payload": (
        "NETAPP_EV_REQUEST",
        {"app_id": 1, "request_type": 1, "handle": 85, "metadata": b"MMMM", "payload": b"PP"},
    ),
    'answer: status 200, 5 bytes metadata + "hello!"': (
        "NETAPP_REQUEST_RESPONSE",
        {"handle": 85, "status": 200, "metadata_len": 5, "payload_len": 6},
        bytes.fromhex("000200c800") + b"hello!",
    ),
    'answer "val" for token "tok"': (
        "NETAPP_HTTP_SEND_TOKEN",
        {"value_len": 3, "name_len": 3},
        b"val",
    ),
    "stop, 200 ms": ("DEVICE_STOP", {"timeout_ms": 200}),
    "command without arguments (ARP flush)": ("NETAPP_ARP_FLUSH", {}),
    "response with sequence-less sync": ("NETAPP_ARP_FLUSH", {"status": 0}),
}


def wire(vector: dict) -> bytes:
    """The frame; undefined nibbles as the letter x stands for 0x78."""
    return bytes.fromhex(vector["hex"].replace(" ", "").replace("xx", "78").replace("x", "8"))


def test_every_recorded_frame_has_a_meaning():
    assert {v["name"] for v in FRAMES} == set(MEANING)
    assert len(FRAMES) == 63


@pytest.mark.parametrize("vector", FRAMES, ids=lambda v: v["name"])
def test_recorded_frame_decodes(vector):
    name, expected, *payload = MEANING[vector["name"]]
    frame = wire(vector)
    opcode, length = struct.unpack("<HH", frame[4:8])
    row = protocol().opcodes[name]
    if vector["direction"] == "host_to_nwp":
        assert row.opcode == opcode
        cmd = Command(row, frame[8 : 8 + length])
        assert not cmd.short
        fields, data = cmd.args, cmd.payload
    else:
        assert opcode == (row.opcode if row.response_opcode is None else row.response_opcode)
        body = frame[16 : 8 + length]
        fields = row.response.unpack(body)
        data = body[align4(row.response.total(body)) :]
    assert {key: fields[key] for key in expected} == expected
    if payload:
        assert data == payload[0]


@pytest.mark.parametrize(
    "vector", [v for v in FRAMES if v["direction"] == "nwp_to_host"], ids=lambda v: v["name"]
)
def test_recorded_message_is_made_again(vector):
    name, expected, *payload = MEANING[vector["name"]]
    frame = wire(vector)
    row = protocol().opcodes[name]
    header = Header()
    header.credits, header.dev_status, header.min_tx_payload = struct.unpack("<BBH", frame[8:12])
    header.tx_failure, header.non_blocking = struct.unpack("<HH", frame[12:16])
    length = struct.unpack("<H", frame[6:8])[0]
    fields = row.response.unpack(frame[16 : 8 + length])
    args = row.response.pack(fields)
    message = Message(struct.unpack("<H", frame[4:6])[0], args, *payload)
    made = encode(message, header, frame[0] & 3)
    assert len(made) == len(frame)
    digits = vector["hex"].replace(" ", "").lower()
    plain_sync = made[0] & 4 and not frame[0] & 4  # recorded without sequence: 2.3
    for at in range(1 if plain_sync else 0, 8 + length):
        if "x" not in digits[2 * at : 2 * at + 2]:
            assert made[at] == frame[at], f"byte {at}"


def test_integer_fields_take_negative_numbers_and_bytes():
    layout = protocol().opcodes["FS_OPEN"].response
    assert layout.pack({"handle": -10341})[:4] == struct.pack("<i", -10341)
    layout = protocol().opcodes["SOCKET_ACCEPT_DONE_V4"].response
    packed = layout.pack({"port": b"\x1f\x90", "ip": bytes((10, 0, 0, 1))})
    assert packed[4:6] == b"\x1f\x90" and packed[8:12] == bytes((10, 0, 0, 1))


def test_unknown_field_and_too_long_value_are_refused():
    layout = protocol().structs["ipv4_config"]
    with pytest.raises(KeyError):
        layout.pack({"nonsense": 1})
    with pytest.raises(ValueError):
        protocol().opcodes["WLAN_EV_STA_ADDED"].response.pack({"mac": bytes(7)})


@given(st.data())
def test_every_layout_round_trips(data):
    rows = list(protocol().opcodes.values())
    row = data.draw(st.sampled_from(rows))
    layout = row.args if row.to_nwp else row.response
    lengths = {length for _, length in layout.tail}
    values = {name: data.draw(st.binary(max_size=200)) for name, _ in layout.tail}
    for field in layout.fields:
        if field.is_pad or field.name in lengths:
            continue
        if field.raw:
            values[field.name] = data.draw(st.binary(min_size=field.size, max_size=field.size))
        else:
            low = -(1 << 8 * field.width - 1) if field.code.islower() else 0
            high = low + (1 << 8 * field.width) - 1
            number = st.integers(low, high)
            count = field.count
            one = number if count is None else st.lists(number, min_size=count, max_size=count)
            values[field.name] = data.draw(one)
    fields = layout.unpack(layout.pack(values))
    assert {key: fields[key] for key in values} == values
