"""The test vectors of the protocol's specification (nwp-protocol.md 13)."""

import json
import re
from pathlib import Path

import pytest

from simplelink import events
from tests.unit.driver import calls
from tests.unit.driver.rig import Peer, Rig

VECTORS = json.loads((Path(__file__).parent / "frames.json").read_text())
OUT = [v for v in VECTORS if v["direction"] == "host_to_nwp"]
IN = [v for v in VECTORS if v["direction"] == "nwp_to_host"]
SIZES = {"device get version": 20}


def nibbles(text: str) -> str:
    return re.sub(r"\s", "", text).lower()


def whole(text: str) -> bytes:
    """A vector with its undefined nibbles as 0."""
    return bytes.fromhex(nibbles(text).replace("x", "0"))


def matches(got: bytes, text: str) -> bool:
    """Equal outside the undefined nibbles."""
    want = nibbles(text)
    have = got.hex()
    return len(have) == len(want) and all(w in ("x", h) for w, h in zip(want, have, strict=True))


def yes(opcode: int, body: bytes) -> list:
    """An NWP that agrees to everything and completes nothing."""
    answer = calls.OPCODES[opcode]["response_opcode"]
    if answer is None:
        return []
    return [(answer, bytes(max(calls.OPCODES[opcode]["response_size"], 4)))]


def ids(vector: dict) -> str:
    return vector["name"]


def started(peer: Peer) -> Rig:
    rig = Rig(peer)
    rig.run(rig.sl.device.start())
    peer.frames.clear()
    return rig


def written(opcode: int, body: bytes) -> bytes:
    return (
        b"\x21\x43\x34\x12" + opcode.to_bytes(2, "little") + len(body).to_bytes(2, "little") + body
    )


def make(rig: Rig, opcode: int, body: bytes, size: int = 4):
    """The driver call that a host frame stands for, as a task."""
    name, a = calls.prepared(opcode, body)
    if name == "DEVICE_GET":
        a["size"] = size
    if name == "NETAPP_REQUEST_RESPONSE":
        meta, rest = a["payload"][: a["metadata_len"]], a["payload"][a["metadata_len"] :]
        rest = rest[: a["payload_len"]]
        return rig.sl.netapp.respond(a["handle"], a["status"], meta, rest, a["flags"])

    async def call():
        result = calls.CALLS[name][0](rig.sl, a)
        return await result if hasattr(result, "send") else result

    return rig.start(call())


@pytest.mark.parametrize("vector", OUT, ids=ids)
def test_driver_writes_the_vector(vector):
    frame = whole(vector["hex"])
    opcode, body = int.from_bytes(frame[4:6], "little"), frame[8:]
    peer = Peer(yes)
    rig = started(peer)
    if opcode in (0x940C, 0x940D, 0x960D):
        rig.opened(body[2])
    if opcode == 0x9C2F:
        rig.sl.netapp.on_token = lambda name: b"val" if name == b"tok" else None
        peer.send(0x182E, b"\x03\0\0\0tok")
    elif opcode == 0x8473:
        rig.start(rig.sl.device.stop(200))
    else:
        if opcode == 0x9407:  # what the vector was recorded with has no control socket
            rig.sl.sockets.selector.control = -2
            rig.sl.sockets.selector._request = alone(rig.sl.sockets.selector)
        make(rig, opcode, body, SIZES.get(vector["name"], 4))
    rig.pump(20)
    got = [written(*frame) for frame in peer.frames]
    assert any(matches(frame, vector["hex"]) for frame in got), [f.hex() for f in got]


def alone(selector):
    """The request of a selector without control socket."""
    request = type(selector)._request

    async def call(*numbers):
        selector.control = -1
        return await request(selector, *numbers)

    return call


def initiators(opcode: int) -> list[int]:
    """Commands that an NWP message belongs to."""
    return [
        row["opcode"]
        for row in calls.TABLE["opcodes"]
        if row["response_opcode"] == opcode
        or opcode in [int(text, 16) for text in row["async_opcodes"]]
    ]


def start_of(opcode: int, body: bytes) -> bytes:
    """Arguments of a command whose completion is the given message."""
    sd = body[2] if len(body) > 2 else 0
    return {
        0x9401: b"\x02\x01\x64\0",
        0x9403: bytes((sd, 2, 0, 0)),
        0x9406: bytes((0, 0, sd, 0x20, 1, 0xBB, 0, 0, 10, 0, 0, 1)),
        0x940A: bytes((100, 0, sd, 0)),
        0x940B: bytes((100, 0, sd, 0x20)),
        0x9407: bytes((4, 0, 0, 0, 8, 0, 0, 0, 0, 0, 2, 0)),
        0x8CB6: bytes((0, 0, 0, 0, 0, 0, 33, 0)),
        0x8433: bytes((0, 0, 2, 0, 0, 0, 6, 0)),
        0x9C20: b"\x03\0\x02\0abc\0",
        0x9C21: bytes(32),
        0xA440: b"\x34\x12\0\0\0\0\0\0\x06\0\0\0",
        0xB4C1: b"\x02\0\x04\0\0\0\x20\0abcd",
        0x9C24: b"",
    }[opcode]


def completed(opcode: int, body: bytes, message: tuple[int, bytes]):
    """A handler that answers with the vector, or agrees and then sends it."""

    def handler(op, _):
        if op != opcode:
            return yes(op, _)
        return [message] if message[0] & 0x0400 else [*yes(op, _), message]

    return handler


@pytest.mark.parametrize("vector", IN, ids=ids)
def test_driver_understands_the_vector(vector):
    frame = whole(vector["hex"])
    opcode = int.from_bytes(frame[4:6], "little")
    body = frame[16 : 8 + int.from_bytes(frame[6:8], "little")]
    peer = Peer(yes)
    if opcode == 0x0008:
        peer.boot = [(opcode, body)]
        rig = Rig(peer)
        assert rig.run(rig.sl.device.start()) == 0
        assert rig.sl.device.chip_id == 0x31000019
        return
    if opcode == 0x0063:
        rig = started(peer)
        raw(peer, frame)
        rig.pump(5)
        assert rig.nwp.free_credits() == frame[8] and rig.nwp.nonblocking() == 8
        return
    if opcode == 0x000C:
        rig = started(peer)
        raw(peer, frame)
        rig.pump(5)
        assert rig.events == [(0xFF01, b"\x22\x11\x44\x33\x01\x00\xfe\xca")]
        return
    if events.find(opcode) >= 0:
        rig = started(peer)
        raw(peer, frame)
        rig.pump(5)
        if opcode == 0x1878:
            assert peer.frames == [(0x9C78, b"\x55\0\x94\x01" + bytes(8))]
        else:
            assert rig.events == [(opcode, body)]
        return
    check_completion(vector, opcode, body)


def raw(peer: Peer, frame: bytes) -> None:
    """Send a vector as it is but for the sequence number."""
    sync = 0xBA if frame[0] == 0xBA else 0xBC | peer.link.sequence & 3
    peer.raw(bytes((sync,)) + frame[1:])


def check_completion(vector: dict, opcode: int, body: bytes) -> None:
    """The vector as the answer or completion of a call: the call gives what it says."""
    command = next(op for op in initiators(opcode) if _known(op))
    args = start_of(command, body)
    peer = Peer(completed(command, args, (opcode, body)))
    rig = started(peer)
    if command == 0x9407:
        rig.sl.sockets.selector._open_control = lambda: None
    if command == 0x9C21:
        task = rig.start(rig.sl.netapp.ping(0x08080808, attempts=4))
    else:
        task = make(rig, command, args)
    rig.pump(50)
    name, a = calls.prepared(command, args)
    if command == 0x9C21:
        assert task.result == (0, 1, 9, 4, 3, 4, 400)
        return
    reply = calls.Reply(command, [*yes(command, b""), (opcode, body)])
    if opcode & 0x0400:
        reply = calls.Reply(command, [(opcode, body)])
    try:
        want = calls.CALLS[name][1](a, reply)
        assert task.error is None and plain(task.result) == want
    except calls.Fails as fails:
        assert task.error.code == fails.args[0]


def plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def _known(opcode: int) -> bool:
    try:
        start_of(opcode, b"\0\0\0\0")
    except KeyError:
        return False
    return True


def test_there_are_sixty_three():
    assert len(VECTORS) == 63
