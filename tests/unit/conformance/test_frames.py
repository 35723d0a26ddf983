"""Taking frames apart and putting them together (protocol.json)."""

from pathlib import Path

import pytest

from cc32at.conformance import cases, frames
from cc32at.conformance.compare import same_frames

VECTORS = Path(__file__).parents[2] / "vectors"


@pytest.mark.parametrize("file", sorted(VECTORS.glob("*.json")), ids=lambda path: path.stem)
def test_every_recorded_frame_is_put_together_again(file):
    sent = [e for case in cases.load(file) for step in case.steps for e in step.frames]
    assert sent or file.stem == "gen"
    for exchange in sent:
        wanted = [(exchange.host, exchange.uninitialised)]
        assert same_frames(wanted, [frames.edited(exchange.host)]), exchange.host.hex()


def test_a_string_that_changes_has_another_length():
    sent = frames.build("WLAN_CONNECT", {"sec_type": 2, "ssid": b"a~b", "password": b"key"})
    changed = frames.edited(sent, lambda data: data.replace(b"~", b""))
    assert changed == frames.build(
        "WLAN_CONNECT", {"sec_type": 2, "ssid": b"ab", "password": b"key"}
    )
    assert changed[6:8] == len(changed[8:]).to_bytes(2, "little")


def test_a_payload_that_is_replaced_has_another_length():
    sent = frames.build("SOCKET_SEND", {"len": 3, "sd": 1}, b"abc")
    assert frames.edited(sent, None, {"payload": b"hello"}) == frames.build(
        "SOCKET_SEND", {"len": 5, "sd": 1}, b"hello"
    )


def test_records_of_a_message():
    message = bytes.fromhex("bddccdab 3384 0000".replace(" ", ""))
    assert list(frames.records([message], "NETCFG_GET", "ap_station_info")) == []


@pytest.mark.parametrize(
    ("frame", "aligned"),
    [("bddccdab01", "bddccdab01"), ("0011bddccdab01", "bddccdab01"), ("0011", "0011")],
)
def test_a_frame_begins_with_its_sync_word(frame, aligned):
    assert frames.aligned(bytes.fromhex(frame)) == bytes.fromhex(aligned)
