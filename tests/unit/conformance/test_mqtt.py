"""What MQTT servers acknowledge, in style `guide` (guide-style.md 8, E1; at-commands.md 17.6).

The sessions are recordings, the texts of style `guide` are written by hand.
"""

from pathlib import Path

import pytest

from cc32at.conformance import cases, mqtt, streams
from cc32at.conformance.guide import NotGuide, Translator
from cc32at.conformance.replay import translated

VECTORS = Path(__file__).parents[2] / "vectors"
CASES = {case.name: case for case in cases.load(VECTORS) if streams.concerns(case)}
OK = "OK"
CONNACK = "+EventMqtt: operation,Connack,0"
RECV = "+EventMqtt: recv,topic/a,QoS{},0,0,0,5,hello"
SUBACK = "+EventMqtt: operation,Suback,1,{}"


def said(name: str, *printed: list[str]) -> None:
    """Each step's text in style guide must be what was recorded in style ti."""
    case = CASES[name]
    acks = mqtt.acknowledgements(streams.script(case))
    translator = Translator()
    for step, lines, ack in zip(case.steps, printed, acks, strict=True):
        text = "".join(line + "\r\n" for line in lines).encode()
        wanted = b"".join(line + b"\r\n" for line in step.out)
        assert translated(translator, step, text, ack) == wanted


START = [[OK], ["+MqttCreate: 0", OK]]


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("mqtt.connect", [[CONNACK, OK]]),
        (
            "mqtt.connect.connack1",
            [
                [
                    "+EventMqtt: operation,Connack,1",
                    "ERROR:process command, -1",
                    "+EventMqtt: disconnect",
                ]
            ],
        ),
        ("mqtt.subscribe.qos1", [[CONNACK, OK], [SUBACK.format(1), OK]]),
        ("mqtt.subscribe.nb.qos1", [[CONNACK, OK], [OK, SUBACK.format(1)]]),
        ("mqtt.publish.nb.qos1", [[CONNACK, OK], [OK, "+EventMqtt: operation,Puback,1"]]),
        ("mqtt.publish.nb.qos2", [[CONNACK, OK], [OK, "+EventMqtt: operation,Puback,1"]]),
        (
            "mqtt.loop.qos1",
            [
                [CONNACK, OK],
                [SUBACK.format(1), OK],
                ["+EventMqtt: operation,Puback,3", OK, RECV.format(1)],
            ],
        ),
        (
            "mqtt.loop.qos2",
            [
                [CONNACK, OK],
                [SUBACK.format(2), OK],
                [RECV.format(2), "+EventMqtt: operation,Puback,3", OK],
            ],
        ),
        (
            "mqtt.unsubscribe.nb",
            [
                [CONNACK, OK],
                [OK, SUBACK.format(1)],
                [OK, "+EventMqtt: operation,Unsuback,3"],
            ],
        ),
        ("mqtt.unsubscribe.2", [[CONNACK, OK], ["+EventMqtt: operation,Unsuback,1", OK]]),
        ("mqtt.publish.qos0", [[CONNACK, OK], [OK]]),
    ],
)
def test_every_acknowledgement_is_told(name, printed):
    said(name, *START, *printed)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("mqtt.subscribe.qos1", [OK]),  # not told
        ("mqtt.subscribe.nb.qos1", [OK]),
        ("mqtt.subscribe.qos1", [OK, SUBACK.format(1)]),  # behind its OK
        ("mqtt.subscribe.qos1", [SUBACK.format(0), OK]),
        ("mqtt.subscribe.qos1", [SUBACK.format(1), SUBACK.format(1), OK]),
        ("mqtt.subscribe.nb.qos1", [OK, "+EventMqtt: operation,Suback,2,1"]),
        ("mqtt.subscribe.nb.qos1", [OK, "+EventMqtt: operation,Suback,1"]),
        ("mqtt.subscribe.nb.qos1", [OK, "+EventMqtt: operation,suback,1,1"]),
        ("mqtt.publish.nb.qos1", [OK, "+EventMqtt: operation,Puback,0"]),
        ("mqtt.publish.nb.qos1", [OK, "+EventMqtt: operation,Suback,1"]),
        ("mqtt.publish.nb.qos2", [OK, "+EventMqtt: operation"]),
        ("mqtt.publish.nb.qos2", [OK, "+EventMqtt: operation,"]),
        ("mqtt.publish.qos0", ["+EventMqtt: operation,Puback,1", OK]),
    ],
)
def test_what_is_not_told_so(name, wrong):
    with pytest.raises(NotGuide):
        said(name, *START, [CONNACK, OK], wrong)


def test_packets_may_come_in_any_pieces():
    case = CASES["live.mqtt.qos0"]
    guide = [[ack.guide for ack in acks] for acks in mqtt.acknowledgements(streams.script(case))]
    assert [told for told in guide if told] == [["Suback,1,0,1"], ["Unsuback,3"]]


def test_long_packets():
    body = bytes(300)
    stream = b"\x30\xac\x02" + body + b"\x40\x02\x01\x02\x40\x02\x03"
    assert list(mqtt._packets(stream)) == [(3, body, 303), (4, b"\1\2", 307)]
