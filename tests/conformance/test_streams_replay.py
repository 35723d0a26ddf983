"""The firmware in the emulator as the client of a recorded session that is compared as streams.

The commands of sockets are taken for those of a client here, as MQTT and HTTP will be: the
recorded one sends and reads in pieces, ours does not.
"""

import json

import pytest
from click.testing import CliRunner

from cc32at.conformance import __main__ as cli
from cc32at.conformance import streams
from tests.unit.conformance.recorded_host import frame
from tests.unit.conformance.test_streams import (
    BOOT,
    came,
    closed,
    connected,
    opened,
    option,
    read,
    sent,
)

pytestmark = [pytest.mark.world, pytest.mark.timeout(600)]
WAIT = option(0, 20, b"\1" + bytes(7))
QUERY = frame("WLAN_CFG_GET", config_id=streams.CONNECTION)


def recording(bytes_sent=b"ping", answer=b"+recv:0,0,4,pong", ends=True) -> list:
    """A session as a file has it."""
    pieces = [sent(0, bytes_sent[n : n + 1]) for n in range(len(bytes_sent))]
    pongs = [part for n in range(4) for part in (WAIT, read(0, 1, came(0, b"pong"[n : n + 1])))]
    steps = [
        ("AT+Start", [(b"", BOOT)], [b"OK"]),
        ("AT+Socket=INET,STREAM,TCP", [(QUERY,), opened(0)], [b"+socket:0", b"OK"]),
        (
            "AT+Connect=0,INET,1883,10.0.0.1",
            [connected(0)],
            [b"OK", b"+connect:1883,10.0.0.1", b"OK"],
        ),
        ("AT+Send=0,0,4,ping", pieces, [b"OK"]),
        ("AT+Recv=0,0,1460", [*pongs, WAIT, read(0, 1)], [b"OK", answer, b"OK"]),
        ("AT+Close=0", [closed(0)] if ends else [], [b"+close:0", b"OK"]),
    ]
    return [{"id": "by.hand", "flags": [], "steps": [row(*step) for step in steps]}]


def row(line: str, exchanges: list, out: list) -> dict:
    wire = [
        {"host_frame_hex": host.hex(), "nwp_frames_hex": [f.hex() for f in nwp]}
        for host, *nwp in exchanges
    ]
    texts = [{"text": text.decode()} for text in out]
    return {"kind": "at", "at": line, "exchanges": wire, "out": texts}


@pytest.fixture
def replayed(elf, tmp_path, monkeypatch):
    """What `make conformance` says of a recording."""

    def replay(cases: list, *options: str) -> str:
        file = tmp_path / "hand.json"
        file.write_text(json.dumps(cases))
        done = CliRunner().invoke(cli.main, [str(file), "--elf", str(elf), *options])
        return done.output.splitlines()[-1]

    monkeypatch.setattr(streams, "CLIENTS", ("socket", "connect"))
    return replay


@pytest.mark.parametrize("options", [(), ("--guide",)])
def test_other_pieces_are_equal(replayed, options):
    assert replayed(recording(), *options).startswith("1 equal, 0 explained, 0 different")


@pytest.mark.parametrize(
    "wrong",
    [
        {"bytes_sent": b"pint"},
        {"bytes_sent": b"pin"},
        {"bytes_sent": b"pings"},
        {"answer": b"+recv:0,0,4,ponk"},
        {"ends": False},
    ],
)
def test_anything_else_is_different(replayed, wrong):
    assert replayed(recording(**wrong)).startswith("0 equal, 0 explained, 1 different")


def test_without_streams_the_same_would_be_different(replayed, monkeypatch):
    monkeypatch.setattr(streams, "CLIENTS", ("mqtt",))
    assert replayed(recording()).startswith("0 equal, 0 explained, 1 different")
