"""What the servers of recorded MQTT sessions acknowledged, and how each style tells of it.

Style `guide` tells every acknowledgement, and whose it is (guide-style.md section 8 and E1); style
`ti` only to a client that does not wait for them, and without packet identifier (at-commands.md
17.6).
"""

from dataclasses import dataclass

from .streams import Script, Sent

CONNECT = 0x10
ANSWERS = {4: "Puback", 7: "Puback", 9: "Suback", 11: "Unsuback"}  # by type of packet
IN_TI = {4: "puback,0", 7: "", 9: "suback", 11: "unsuback,0"}  # the last of QoS 2 has no word


@dataclass(frozen=True)
class Ack:
    """An acknowledgement; guide, ti: what stands behind `operation,` in either style."""

    guide: str
    ti: str


def acknowledgements(made: Script) -> list[list[Ack]]:
    """The acknowledgements that came in each step of a session."""
    found: list[list[Ack]] = [[] for _ in made.tapes]
    sent = {p.connection: p for tape in reversed(made.tapes) for p in reversed(tape) if _sends(p)}
    for connection, items in made.received.items():
        if connection not in sent or sent[connection].data[0] != CONNECT:
            continue
        stream = b"".join(item.data for item in items)
        steps = [item.step for item in items for _ in item.data]
        for kind, body, end in _packets(stream):
            if kind in ANSWERS:
                found[steps[end - 1]].append(_ack(kind, body))
    return found


def _sends(part) -> bool:
    return isinstance(part, Sent) and bool(part.data)


def _packets(stream: bytes):
    """Type, body and end of each packet that is whole (MQTT 3.1.1 section 2)."""
    at = 0
    while at < len(stream):
        size, shift, first = 0, 0, at + 1
        while first < len(stream) and shift < 28:
            size |= (stream[first] & 0x7F) << shift
            shift, first = shift + 7, first + 1
            if stream[first - 1] < 0x80:
                break
        end = first + size
        if end > len(stream):
            return
        yield stream[at] >> 4, stream[first:end], end
        at = end


def _ack(kind: int, body: bytes) -> Ack:
    codes = "".join(f",{code}" for code in body[2:])
    guide = f"{ANSWERS[kind]},{int.from_bytes(body[:2], 'big')}{codes}"
    return Ack(guide, IN_TI[kind] + codes)
