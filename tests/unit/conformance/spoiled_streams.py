"""Sessions of MQTT and HTTP clients in which one thing is wrong."""

from collections.abc import Iterator
from dataclasses import replace

from cc32at.conformance import streams
from cc32at.conformance.cases import Case, Exchange


def spoiled(case: Case, dice) -> Iterator[tuple[str, Case]]:
    """What is wrong, and the case: each kind of mistake once for each frame that can have it."""
    sockets = streams.Sockets()
    for number, step in enumerate(case.steps):
        sockets.begin(step.line)
        for text, wrong in _texts(step.out, dice):
            yield text, _with(case, number, out=wrong)
        written = []  # frames that count: where they are, and what kind they are of
        for at, exchange in enumerate(step.exchanges):
            kind = exchange.host and sockets.kind(exchange.host)[0]
            for answer in exchange.nwp:
                sockets.answered(answer)
            if kind in (streams.SETUP, streams.SEND):
                written.append((at, kind))
        for at, kind in written:
            for name, wrong in _frames(step.exchanges[at], kind, dice):
                exchanges = (*step.exchanges[:at], *wrong, *step.exchanges[at + 1 :])
                yield f"{name} in step {number}", _with(case, number, exchanges=exchanges)
        for (one, _), (other, _) in zip(written, written[1:], strict=False):
            exchanges = list(step.exchanges)
            exchanges[one] = replace(exchanges[one], host=step.exchanges[other].host)
            exchanges[other] = replace(exchanges[other], host=step.exchanges[one].host)
            yield f"order in step {number}", _with(case, number, exchanges=tuple(exchanges))


def _with(case: Case, number: int, **changed) -> Case:
    step = replace(case.steps[number], sent=None, **changed)
    return replace(case, steps=(*case.steps[:number], step, *case.steps[number + 1 :]))


def _texts(out: tuple[bytes, ...], dice) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    if not out:
        yield "a line too many", (b"OK",)
        return
    at = dice.randrange(len(out))
    place = dice.randrange(len(out[at]))
    letter = bytes((out[at][place] ^ 1,))
    yield "a letter", (*out[:at], out[at][:place] + letter + out[at][place + 1 :], *out[at + 1 :])
    yield "a line missing", (*out[:at], *out[at + 1 :])
    yield "a line doubled", (*out[: at + 1], *out[at:])
    if out[::-1] != out:
        yield "order of lines", out[::-1]


def _frames(right: Exchange, kind: int, dice) -> Iterator[tuple[str, tuple[Exchange, ...]]]:
    nobody = replace(right, host=b"")  # what the network processor sent comes unasked then
    yield "a frame missing", (nobody,)
    yield "a frame doubled", (replace(right, nwp=()), right)
    sure = [n for n in range(4, len(right.host)) if n not in right.uninitialised]
    if kind == streams.SETUP:
        host = bytearray(right.host)
        host[dice.choice(sure)] ^= 1 << dice.randrange(8)
        yield "a bit of a frame", (replace(right, host=bytes(host)),)
        return
    data = streams.command(right.host).payload
    at = dice.randrange(len(data))
    for name, wrong in (
        (
            "a bit of a stream",
            data[:at] + bytes((data[at] ^ 1 << dice.randrange(8),)) + data[at + 1 :],
        ),
        ("a byte missing", data[:at] + data[at + 1 :]),
        ("a byte too many", data[:at] + dice.randbytes(1) + data[at:]),
        ("the end missing", data[:at]),
    ):
        yield name, (replace(right, host=_send(right.host, wrong), uninitialised=frozenset({11})),)


def _send(host: bytes, data: bytes) -> bytes:
    """A frame as `host` that sends other bytes."""
    body = (
        len(data).to_bytes(2, "little") + host[10:12] + data.ljust(-(-len(data) // 4) * 4, b"\0")
    )
    return host[:6] + len(body).to_bytes(2, "little") + body
