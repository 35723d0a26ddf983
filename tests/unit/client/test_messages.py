"""Cutting the device's output into messages. Lines are those of guide-style.md, section 12."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cc32at.client.messages import MessageReader, parse


def read(data: bytes, style: str = "guide") -> list:
    return MessageReader(style).feed(data)


def test_a_value_line_has_its_fields():
    (message,) = read(b"+Get: 0x31100000,3.7.0.0,2.0.0.0,4.0.0.0,8738\r\n")
    assert (message.kind, message.name) == ("value", "Get")
    assert message.fields == ["0x31100000", "3.7.0.0", "2.0.0.0", "4.0.0.0", "8738"]


def test_a_value_line_without_values_has_no_fields():
    (message,) = read(b"+Select:\r\n")
    assert (message.kind, message.name, message.fields) == ("value", "Select", [])


@pytest.mark.parametrize(
    ("line", "description", "name", "first", "code"),
    [
        (b"ERROR:command not exist, 0", "command not exist", "", "", 0),
        (b"ERROR:process command +Recv 3, -11", "process command", "Recv", "3", -11),
        (b"ERROR:process command +Select, -2", "process command", "Select", "", -2),
        (b"ERROR: parse parameters,-4", "parse parameters", "", "", -4),
        (b"ERROR:parse parameters (socket), -4", "parse parameters", "", "", -4),
        (b"ERROR: parse parameters (timeout sec),-4", "parse parameters", "", "", -4),
        (
            b"ERROR:number of parameters (1 wanted, 0 given), 0",
            "number of parameters",
            "",
            "",
            0,
        ),
    ],
)
def test_error_lines_of_both_styles(line, description, name, first, code):
    message = parse(line)
    assert message.kind == "error"
    assert (message.description, message.name, message.first, message.code) == (
        description,
        name,
        first,
        code,
    )


def test_a_binary_payload_may_hold_anything():
    payload = b"OK\r\n+EventWlan: CONNECT,x\r\n\x00,\xff"
    data = b"+Recv: 0,0,%d,%s\r\nOK\r\n" % (len(payload), payload)
    value, ok = read(data)
    assert value.data == payload
    assert value.fields[:3] == ["0", "0", str(len(payload))]
    assert ok.kind == "ok"


def test_an_empty_payload_ends_with_its_comma():
    value, ok = read(b"+Recv: 0,0,0,\r\nOK\r\n")
    assert value.data == b""
    assert ok.kind == "ok"


def test_a_quoted_field_is_unquoted_and_forges_nothing():
    line = (
        b'+WlanScan: "a,\\x0d\\x0aOK\\"\\\\",0xaa:0x0:0x0:0x0:0x0:0x5,-50,6,OPEN,0,None,None;\r\n'
    )
    (message,) = read(line)
    assert message.fields[0] == 'a,\r\nOK"\\'
    assert message.fields[7] == "None;"


def test_an_mqtt_message_behind_a_quoted_topic():
    (event,) = read(b'+EventMqtt: recv,"x,y",QoS1,0,0,0,5,he\r\no\r\n')
    assert (event.kind, event.data) == ("event", b"he\r\no")
    assert event.fields[1] == "x,y"


def test_an_mqtt_event_of_another_kind_has_no_payload():
    (event,) = read(b"+EventMqtt: operation,Suback,3,0,1,2\r\n")
    assert event.data is None
    assert event.fields == ["operation", "Suback", "3", "0", "1", "2"]


def test_true_random_is_no_payload():
    (message,) = read(b"+NetUtilGet: 0x1;0xaf;0x0\r\n")
    assert message.data is None


def test_a_comma_parts_fields_in_style_ti_quotes_or_not():
    (message,) = read(b'+wlanscan:"a,b",0xaa:0x0:0x0:0x0:0x0:0x6\r\n', "ti")
    assert message.fields == ['"a', 'b"', "0xaa:0x0:0x0:0x0:0x0:0x6"]


def test_the_banner_is_comment():
    assert [m.kind for m in read(b"# CC3220\r\n\r\nOK\r\n")] == ["comment", "ok"]


STREAM = (
    b"# ready\r\nOK\r\n+Recv: 0,0,4,a\r\nb\r\nERROR:process command, -9\r\n"
    b"+EventFatalError: SYNC_LOSS\r\n+Recv: 1,0,0,\r\n+Get:\r\nOK\r\n"
)


@given(st.lists(st.integers(1, 7), max_size=len(STREAM)))
def test_any_cut_of_the_stream_gives_the_same_messages(sizes):
    reader, got, rest = MessageReader(), [], STREAM
    for size in [*sizes, len(STREAM)]:
        got += reader.feed(rest[:size])
        rest = rest[size:]
    assert got == read(STREAM)
    assert [m.kind for m in got] == [
        "comment",
        "ok",
        "value",
        "error",
        "event",
        "value",
        "value",
        "ok",
    ]
