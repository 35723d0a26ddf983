"""What style `guide` prints and style `ti` does not must be what came over the wire.

The messages are laid out as in nwp-protocol.md.
"""

import struct

import pytest

from cc32at.conformance.cases import Exchange, Step
from cc32at.conformance.guide import NotGuide, Translator
from cc32at.conformance.replay import translated

SYNC = bytes.fromhex("bddccdab")
PEAP0_MSCHAPV2 = 0x18180020


def message(opcode: int, arguments: bytes) -> bytes:
    return SYNC + struct.pack("<HHQ", opcode, 8 + len(arguments), 0) + arguments


def profile(user: bytes, anon: bytes, eap: int) -> bytes:
    head = struct.pack("<hBB6sBBBBBxI", 5, 4, 7, bytes(6), 0, 0, len(user), len(anon), 0, eap)
    return message(0x0C84, head + b"Corp" + user + anon)


def file_info(*tokens: int) -> bytes:
    return message(0x2442, struct.pack("<HH2I4I2I", 0, 0, 1000, 4096, *tokens, 8192, 7))


def select_done(bits: int) -> bytes:
    return message(0x1007, struct.pack("<hBBHH", bits.bit_count(), 0, 0, bits, 0))


def provisioning(status: int) -> bytes:
    return message(0x089A, struct.pack("<4B32sI", status, 0, 0, 4, b"MyAP", 0))


def client_added(device: bytes, ssid: bytes) -> bytes:
    head = struct.pack("<6sB32sB32s", bytes(6), len(device), device, len(ssid), ssid)
    return message(0x0896, head)


WIRE = {
    "AT+WlanProfileGet=0": profile(b"me", b"anon", PEAP0_MSCHAPV2),
    "AT+WlanProfileGet=1": profile(b"", b"", 0),
    "AT+WlanProfileGet=2": profile(b"me", b"", 0x82),
    "AT+FileGetInfo=a,": file_info(1, 2, 4, 4294967295),
    "AT+Select=3,[0|2],5,0": select_done(0),
    "AT+Select=3,0|2,5,0": select_done(0b101),
    "": provisioning(6),
    None: provisioning(21),
    " ": client_added(b"a,b", b"c"),
}


def say(line, printed):
    step = Step("at", line and line.encode(), (Exchange(b"", frozenset(), (WIRE[line],)),), ())
    return translated(Translator(), step, printed.encode() + b"\r\n")


@pytest.mark.parametrize(
    ("line", "printed", "wanted"),
    [
        (
            "AT+WlanProfileGet=0",
            "+WlanProfileGet: Corp,,WPA_ENT,me,anon,PEAP0_MSCHAPv2,7",
            "+wlanprofileget:Corp,,wpa_ent,,,,,7",
        ),
        (
            "AT+WlanProfileGet=1",
            "+WlanProfileGet: Corp,,WPA_ENT,,,,7",
            "+wlanprofileget:Corp,,wpa_ent,,,,,7",
        ),
        (
            "AT+WlanProfileGet=2",
            "+WlanProfileGet: Corp,,WPA_ENT,me,,130,7",
            "+wlanprofileget:Corp,,wpa_ent,,,,,7",
        ),
        (
            "AT+FileGetInfo=a,",
            "+FileGetInfo: ,1000,4096,1|2|4|4294967295,8192,7",
            "+filegetinfo:1000,4096,write_read|write_only|8192,7",
        ),
        ("AT+Select=3,[0|2],5,0", "OK\r\n+Select:", "OK\r\n+select:0|2\r\nOK"),
        ("AT+Select=3,0|2,5,0", "OK\r\n+Select: 0|2", "OK\r\n+select:0|2\r\nOK"),
        (
            "",
            "+EventWlan: PROVISIONING_STATUS,ABORT",
            "+eventwlan:provisioning_status,abort",
        ),
        (None, "+EventWlan: PROVISIONING_STATUS,21", "+eventwlan:provisioning_status,21"),
        (
            " ",
            '+EventWlan: P2P_CLIENT_ADDED,0x0:0x0:0x0:0x0:0x0:0x0,"a,b",c',
            "+eventwlan:p2p_client_added,0x0:0x0:0x0:0x0:0x0:0x0,a,b,c",
        ),
    ],
)
def test_what_came_over_the_wire_may_be_printed(line, printed, wanted):
    assert say(line, printed) == wanted.encode() + b"\r\n"


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,,anon,PEAP0_MSCHAPv2,7"),
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,me,me,PEAP0_MSCHAPv2,7"),
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,anon,me,PEAP0_MSCHAPv2,7"),
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,me,anon,,7"),
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,me,anon,PEAP0_TLS,7"),
        ("AT+WlanProfileGet=0", "+WlanProfileGet: Corp,,WPA_ENT,me,anon,404226080,7"),
        ("AT+WlanProfileGet=1", "+WlanProfileGet: Corp,,WPA_ENT,me,,,7"),
        ("AT+WlanProfileGet=1", "+WlanProfileGet: Corp,,WPA_ENT,,,0,7"),
        ("AT+WlanProfileGet=2", "+WlanProfileGet: Corp,,WPA_ENT,me,,131,7"),
        ("AT+FileGetInfo=a,", "+FileGetInfo: ,1000,4096,1|2|5|4294967295,8192,7"),
        ("AT+FileGetInfo=a,", "+FileGetInfo: ,1000,4096,1|2|4294967295|4,8192,7"),
        ("AT+Select=3,[0|2],5,0", "OK\r\n+Select: 0|2"),
        ("AT+Select=3,0|2,5,0", "OK\r\n+Select:"),
        ("AT+Select=3,0|2,5,0", "OK\r\n+Select: 0"),
        ("", "+EventWlan: PROVISIONING_STATUS,6"),
        ("", "+EventWlan: PROVISIONING_STATUS,SUCCESS"),
        (None, "+EventWlan: PROVISIONING_STATUS,20"),
        (" ", '+EventWlan: P2P_CLIENT_ADDED,0x0:0x0:0x0:0x0:0x0:0x0,a,"b,c"'),
    ],
)
def test_anything_else_is_wrong(line, printed):
    with pytest.raises(NotGuide, match=" is not "):
        say(line, printed)


def test_a_value_whose_message_did_not_come():
    step = Step("at", b"AT+FileGetInfo=a,", (), ())
    with pytest.raises(NotGuide, match="FS_GET_INFO"):
        translated(Translator(), step, b"+FileGetInfo: ,1,2,0|0|0|0,3,4\r\n")
