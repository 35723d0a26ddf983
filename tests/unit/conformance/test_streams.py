"""Recorded sessions of MQTT and HTTP clients as both sides: what is equal and what is not."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from cc32at.conformance import cases, deviations, streams
from cc32at.conformance.cases import Case, Exchange, Step
from cc32at.conformance.judge import DIFFERENT, EXPLAINED, Alone, Verdict, judge
from tests.unit.conformance.recorded_host import Host, frame, message
from tests.unit.conformance.spoiled_streams import spoiled

VECTORS = Path(__file__).parents[2] / "vectors"
CASES = {case.name: case for case in cases.load(VECTORS) if streams.concerns(case)}
PASSING = 0.01  # of the spoiled sessions may be called equal
TLS = {"domain": 2, "type": 1, "protocol": 100}


def test_there_are_recordings():
    sending = [case for case in CASES.values() if any(step.sent for step in case.steps)]
    assert len(CASES) >= 166 and len(sending) >= 82


@pytest.mark.parametrize("name", CASES)
def test_a_recording_is_equal_to_itself(name):
    assert Host(CASES[name]).play() == []


@pytest.mark.parametrize("name", CASES)
def test_other_pieces_are_equal(name):
    for seed in range(6):
        assert Host(CASES[name], random.Random(f"{name} {seed}")).play() == []


def test_other_pieces_are_other_frames():
    """So the test before this one is one."""
    case = CASES["mqtt.loop.qos2"]
    hosts = [Host(case), Host(case, random.Random(1)), Host(case, random.Random(2))]
    for host in hosts:
        host.play()
    assert len({tuple(host.link.written) for host in hosts}) == 3
    recorded = [e.host for step in case.steps for e in step.frames]
    assert hosts[0].link.written == recorded
    assert sum(len(step.frames) for step in case.steps) > 40


def excused(case: Case, what: str) -> bool:
    """Why a spoiled session may be called equal: its lines are recorded in a racy order."""
    return what == "order of lines" and "output_order_racy" in case.flags


def test_a_spoiled_session_is_different():
    """Once in what we do, once in the recording. Of a live peer only the text counts."""
    passed, unexcused, count = [], [], 0
    for case in CASES.values():
        if "live_peer" in case.flags:
            continue
        dice = random.Random(case.name)
        for what, wrong in spoiled(case, dice):
            for does, recorded in ((wrong, case), (case, wrong)):
                count += 1
                if not Host(does, random.Random(count), like=recorded).play():
                    passed.append(f"{case.name}: {what}")
                    unexcused += [] if excused(case, what) else passed[-1:]
    assert count > 7000
    assert unexcused == []
    assert len(passed) <= PASSING * count


def test_of_a_live_peer_only_the_text_counts():
    case = CASES["live.mqtt.qos12"]
    seen = set()
    for what, wrong in spoiled(case, random.Random(1)):
        different = bool(Host(wrong, random.Random(2), like=case).play())
        seen.add(different)
        assert different == (
            what in ("a letter", "a line missing", "a line doubled")
            or what == "order of lines"
            or what == "a line too many"
        )
    assert seen == {True, False}


def test_what_was_noted_as_sent_is_what_the_frames_send():
    noted = [step for case in CASES.values() for step in case.steps if step.sent]
    assert len(noted) > 100
    for step in noted:
        frames = [streams.command(e.host) for e in step.frames]
        sends = [c.payload for c in frames if c.name == "SOCKET_SEND"]
        assert b"".join(data for _, data in step.sent) == b"".join(sends)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if any(s.sent for s in c.steps)])
def test_a_note_that_is_spoiled_is_seen(name):
    case = CASES[name]
    if "live_peer" in case.flags:
        return
    number = max(n for n, step in enumerate(case.steps) if step.sent)
    (sd, data), *others = case.steps[number].sent
    wrong = (data[:-1], data + b"x", data[:-1] + bytes((data[-1] ^ 1,)))
    for notes in (*(((sd, text), *others) for text in wrong), tuple(others), ((7, data), *others)):
        step = replace(case.steps[number], sent=notes)
        steps = (*case.steps[:number], step, *case.steps[number + 1 :])
        spoiled_case = replace(case, steps=steps)
        assert Host(case, like=spoiled_case).play() == ["frames"]


# Sessions made by hand: what the recordings do not have.


def session(*steps) -> Case:
    """A case of (line, exchanges, out...), after a start; an exchange is (host, *nwp)."""
    start = Step("setup", b"AT+Start", (Exchange(b"", frozenset(), (BOOT,)),), (b"OK",))
    made = [
        Step("at", line, tuple(Exchange(h, frozenset(), tuple(n)) for h, *n in exchanges), out)
        for line, exchanges, *out in steps
    ]
    return Case("by hand", "hand", (), "", (start, *(replace(s, out=tuple(s.out)) for s in made)))


BOOT = message("DEVICE_INIT_COMPLETE", status=1)


def opened(sd: int, **kind) -> tuple:
    kind = kind or {"domain": 2, "type": 1, "protocol": 6}
    return frame("SOCKET_CREATE", **kind), message("SOCKET_CREATE", sd=sd)


def connected(sd: int, port: int = 1883) -> tuple:
    wire = frame(
        "SOCKET_CONNECT_V4",
        sd=sd,
        family_flags=0x20,
        port=port.to_bytes(2, "big"),
        ip=b"\x0a\0\0\x01",
    )
    return wire, message("SOCKET_CONNECT_V4", sd=sd), message("SOCKET_CONNECT_DONE", sd=sd)


def sent(sd: int, data: bytes, *nwp: bytes) -> tuple:
    return frame("SOCKET_SEND", data, len=len(data), sd=sd), *nwp


def read(sd: int, size: int, *nwp: bytes) -> tuple:
    return frame("SOCKET_RECV", max_len=size, sd=sd), *nwp


def came(sd: int, data: bytes, status: int | None = None) -> bytes:
    return message("SOCKET_RECV_DONE", data, sd=sd, status=len(data) if status is None else status)


def closed(sd: int) -> tuple:
    return (
        frame("SOCKET_CLOSE", sd=sd),
        message("SOCKET_CLOSE", sd=sd),
        message("SOCKET_CLOSE_DONE", sd=sd),
    )


def option(sd: int, name: int, value: bytes) -> tuple:
    wire = frame("SOCKET_SETSOCKOPT", value, sd=sd, level=1, name=name, value_len=len(value))
    return wire, message("SOCKET_SETSOCKOPT", sd=sd)


LOOKUP = (
    frame("NETAPP_DNS_BY_NAME", b"broker.lab\0", name_len=11, family=2),
    message("NETAPP_DNS_BY_NAME"),
    message("NETAPP_DNS_BY_NAME_DONE_V4"),
)
TWO_CLIENTS = session(
    (
        b"AT+MqttConnect=0",
        [
            LOOKUP,
            opened(0),
            connected(0),
            sent(0, b"connect"),
            read(0, 1, came(0, b"k")),
            read(0, 9),
        ],
        b"OK",
    ),
    (b"AT+HttpConnect=0,http://a.lab,,,,", [LOOKUP, opened(1), connected(1, 80)], b"OK"),
    (
        b"AT+HttpSendReq=0,GET,/,,,,",
        [
            sent(1, b"GET / "),
            sent(1, b"HTTP/1.1\r\n\r\n"),
            (b"", came(0, b"news")),
            read(0, 1),
            read(1, 255, came(1, b"HTTP/1.1 200 OK\r\n\r\nbody")),
        ],
        b"+httpsendreq:200",
        b"OK",
    ),
    (b"AT+HttpDisconnect=0", [closed(1)], b"OK"),
    (b"AT+HttpConnect=0,http://a.lab,,,,", [LOOKUP, opened(1), connected(1, 80)], b"OK"),
    (
        b"AT+HttpSendReq=0,GET,/,,,,",
        [sent(1, b"again"), read(1, 255, came(1, b"yes")), read(1, 3, came(1, b""))],
        b"OK",
    ),
    (b"AT+MqttDisconnect=0", [sent(0, b"\xe0\0"), closed(0)], b"OK"),
)
SECURE = session(
    (
        b"AT+MqttConnect=0",
        [
            opened(0, **TLS),
            option(0, 25, b"\3\0\0\0"),
            option(0, 32, b"ca.pem\0\0"),
            option(0, 20, bytes(8)),
            connected(0, 8883),
            option(0, 20, b"\x1e" + bytes(7)),
            sent(0, b"connect"),
            read(0, 2, came(0, b"ok")),
            (b"", message("SOCKET_EV_ASYNC", sd=0, type=2)),
        ],
        b"OK",
    ),
)
BESIDE_A_SOCKET = session(
    (b"AT+Socket=INET,STREAM,TCP", [opened(0)], b"+socket:0", b"OK"),
    (b"AT+Connect=0,INET,80,10.0.0.1", [connected(0)], b"OK", b"+connect:80,10.0.0.1", b"OK"),
    (
        b"AT+MqttConnect=0",
        [opened(1), connected(1), sent(1, b"connect"), read(1, 9, came(1, b"ok"))],
        b"OK",
    ),
    (b"AT+SetSockOpt=0,SOCKET,RCVTIMEO,1,0", [option(0, 20, b"\1" + bytes(7))], b"OK"),
    (b"AT+Send=0,0,4,ping", [sent(0, b"ping")], b"OK"),
    (b"AT+Recv=0,0,4", [read(0, 4, came(0, b"pong"))], b"OK", b"+recv:0,0,4,pong", b"OK"),
)
BY_HAND = {"two clients": TWO_CLIENTS, "secure": SECURE, "beside a socket": BESIDE_A_SOCKET}


@pytest.mark.parametrize("name", BY_HAND)
def test_sessions_made_by_hand(name):
    case = BY_HAND[name]
    assert Host(case).play() == []
    for seed in range(100):
        assert Host(case, random.Random(seed)).play() == []
    for number, (what, wrong) in enumerate(spoiled(case, random.Random(name))):
        assert Host(wrong, random.Random(number), like=case).play(), what
        assert Host(case, random.Random(number), like=wrong).play(), what


def without(case: Case, number: int, index: int, instead: tuple = ()) -> Case:
    """A case whose step does something else in place of an exchange."""
    exchanges = list(case.steps[number].exchanges)
    exchanges[index : index + 1] = [Exchange(h, frozenset(), tuple(n)) for h, *n in instead]
    step = replace(case.steps[number], exchanges=tuple(exchanges))
    return replace(case, steps=(*case.steps[:number], step, *case.steps[number + 1 :]))


@pytest.mark.parametrize(
    ("step", "index", "instead"),
    [
        (1, 2, []),  # the version of TLS
        (1, 2, [option(0, 25, b"\4\0\0\0")]),
        (1, 3, [option(0, 32, b"cb.pem\0\0")]),
        (1, 3, [option(0, 32, b"ca.pem\0\0"), option(0, 9, b"\1\0\0\0")]),  # keep-alive
    ],
)
def test_options_that_do_more_than_wait_are_bound(step, index, instead):
    wrong = without(SECURE, step, index - 1, instead)
    assert Host(wrong, like=SECURE).play() == ["frames"]


@pytest.mark.parametrize(
    "instead", [[], [option(0, 20, b"\7" + bytes(7))] * 3, [option(0, 24, bytes(4))]]
)
def test_options_that_only_wait_are_free(instead):
    for index in (3, 5):
        assert Host(without(SECURE, 1, index, instead), like=SECURE).play() == []


@pytest.mark.parametrize(
    ("number", "instead"),
    [
        (4, [option(0, 20, b"\2" + bytes(7))]),
        (4, []),
        (5, [sent(0, b"pi"), sent(0, b"ng")]),
        (6, [read(0, 2, came(0, b"po")), read(0, 2, came(0, b"ng"))]),
        (6, [read(0, 5, came(0, b"pong"))]),
    ],
)
def test_sockets_of_other_commands_are_bound_frame_by_frame(number, instead):
    wrong = without(BESIDE_A_SOCKET, number, 0, instead)
    assert set(Host(wrong, like=BESIDE_A_SOCKET).play()) == {"frames"}


def test_what_goes_before_and_behind_a_frame_is_bound():
    plain = session(
        (
            b"AT+MqttConnect=0",
            [
                opened(0),
                connected(0),
                sent(0, b"ab"),
                option(0, 35, bytes(4)),
                sent(0, b"cd"),
                closed(0),
            ],
            b"OK",
        )
    )
    moved = session(
        (
            b"AT+MqttConnect=0",
            [
                opened(0),
                connected(0),
                sent(0, b"abc"),
                option(0, 35, bytes(4)),
                sent(0, b"d"),
                closed(0),
            ],
            b"OK",
        )
    )
    assert Host(plain, like=plain).play() == []
    assert Host(moved, like=plain).play() == ["frames"]


@pytest.mark.parametrize(
    "marked",
    [
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi~\r\n",
        b"POST / HTTP/1.1\r\ncontent-length:2\r\n\r\nhi~\r\nGET / HTTP/1.1\r\n\r\n",
        b"PUT / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\n~\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi",
        b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nhi\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi\r\nmore",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n",
        b"GET / HTTP/1.1\r\n\r\n\r\n",
        b"\x10\x13\0\4MQTT\r\n",
    ],
)
def test_stray_line_ends(marked):
    """They stand behind ~."""
    assert streams.without_strays(marked.replace(b"~", b"")) == marked.replace(b"~\r\n", b"")


def tidy(case: Case) -> Case:
    """A session whose client sends no stray line ends."""
    steps = []
    for step in case.steps:
        stray = step.sent and len(step.sent) > 1 and step.sent[-1][1] == b"\r\n"
        frames = [e.host for e in step.frames if e.host[4:6] == b"\x0c\x94"] if stray else [b""]
        kept = [
            e if e.host != frames[-1] or not e.host else replace(e, host=b"")
            for e in step.exchanges
        ]
        steps.append(replace(step, exchanges=tuple(kept), sent=None))
    return replace(case, steps=tuple(steps))


POSTS = [
    name
    for name, case in CASES.items()
    if tidy(case).steps != tuple(replace(s, sent=None) for s in case.steps)
]


@pytest.mark.parametrize("name", [name for name in POSTS if not name.startswith("live")])
@pytest.mark.parametrize("style", ["ti", "guide"])
def test_a_client_without_stray_line_ends_is_explained(name, style):
    verdict = judged(tidy(CASES[name]), name, style)
    assert verdict.word == EXPLAINED
    assert [r.name for f in verdict.findings for r in f.rules] == ["line-end-behind-a-body"]
    for what, wrong in spoiled(tidy(CASES[name]), random.Random(name)):
        assert judged(wrong, name, style).word == DIFFERENT, what


def judged(case: Case, like: str, style: str) -> Verdict:
    """The verdict on what a client does in a session, held against another recording."""
    host = Host(case, random.Random(like), like=CASES[like])
    host.play()
    return judge(Alone(host.nwp.compared, host.said, style), deviations.load(style=style))


def test_there_are_requests_with_a_body():
    assert len(POSTS) >= 5
