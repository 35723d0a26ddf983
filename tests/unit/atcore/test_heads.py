"""Heads that do not say whether a payload follows, or how long it is: guide-style.md O14.

Made of every form with a payload of every command there is, and of some that are on trial.
"""

import pytest

from tests.target import declared
from tests.unit.atcore.fake import listen
from tests.unit.atcore.test_forms import Desk

OK = b"OK"
CANARIES = (
    b"\r\nAT+Canary\r\nAT+Stop=0\r\n\x01AT+Canary\r\n\x03\x03\rAT+Canary\n"
    b"1,\nAT+Canary\r,,2,\r\nAT+Canary\r\n"
)
PAYLOADS = [
    CANARIES,
    b"abc,de,f" + CANARIES,
    b'a "quoted", word' + CANARIES,
    b"A" * 3000 + CANARIES,
]
# Of commands on trial: name, words of a head, which is the length and which the format.
TRIALS = [
    ("NetUtilCmd", ["sign_msg", "1", "0", "0"], 3, 2),
    ("NetUtilCmd", ["verify_msg", "7", "0", "0", "0"], 4, 2),
    ("MqttSet", ["0", "will", "top", "QoS1", "1", "0"], 5, None),
    ("HttpSendReq", ["0", "post", "/", "", "0", "0"], 5, 4),
    ("HttpSendReq", ["0", "PUT", '"/a,b"', "x", "0", "0"], 5, 4),
]
SILENCE, PAUSE = 20, 2000


class Cage(Desk):
    """What is built and has a payload, and what is on trial, on one line."""

    def __init__(self, **settings):
        super().__init__(**settings)
        from atcore.forms import payload_row

        commands = self.core.declared
        for row in declared.load().values():
            if row[declared.PAYLOAD]:
                key = b"at+" + row[declared.NAME].lower()
                commands.table[key] = row
                commands.payloads += payload_row(key, row[declared.ARGS])
        self.escaped = []
        self.core.framer.control = self.control

    def control(self, byte):
        self.escaped.append(byte)
        return True

    def say(self, data, ms=1):
        """The answers within `ms` behind these bytes."""
        self.stream.feed(data, 0)
        return listen(self.core, ms)

    def check(self):
        """No canary was executed, and none was for the prompt."""
        assert not self.escaped and (None,) not in self.calls


def built():
    """The same of the built commands."""
    for row in declared.load().values():
        for form in declared.forms(row):
            if form.payload:
                data, lengths, format = form.payload
                words = form.words[:data]
                for at in (*lengths, *(() if format is None else (format,))):
                    words[at] = "0"
                yield form.name, words, lengths[-1], format


HEADS = [*TRIALS, *built()]


def test_every_form_with_a_payload_is_tried():
    from atcore.forms import payload_row

    laden = [row for row in Cage().core.commands.values() if row[declared.PAYLOAD]]
    forms = [payload_row(b"", row[declared.ARGS])[1] for row in laden]
    assert sum(forms) == len(HEADS) and len(laden) == len({name for name, *_ in HEADS}) > 4


def spoiled(words, at, length, format):
    """Heads with a mistake at one word, which is none that chooses another legal form."""
    word = words[at]
    others = ["", f'"{word}"', f'"{word}', f"{word}x", "x", "-5", "9" * 20, f"{word},", "?"]
    if not word.isdigit():
        others.append("7")
    for other in others:
        yield [*words[:at], other, *words[at + 1 :]]
    yield [*words[:at], *words[at + 1 :]]
    if at < length:
        yield words[: at + 1]
    if at == format:
        yield [*words[:at], "2", *words[at + 1 :]]
        yield [*words[:at], words[length], "0", *words[length + 1 :]]


@pytest.mark.parametrize("style", [0, 1], ids=["guide", "ti"])
@pytest.mark.parametrize(
    ("name", "words", "length", "format"), HEADS, ids=lambda value: str(value)[:30]
)
def test_nothing_behind_a_spoiled_head_is_executed(name, words, length, format, style):
    for payload in PAYLOADS:
        words = [*words[:length], str(len(payload)), *words[length + 1 :]]
        for at in range(len(words)):
            for head in spoiled(words, at, length, format):
                cage = Cage(style=style)
                line = f"AT+{name}={','.join(head)},".encode()
                told = cage.say(line + payload + b"\r\n", PAUSE + SILENCE)
                assert told, line
                cage.check()
                cage.say(b"\r\n", SILENCE)
                cage.calls.clear()
                assert cage.say(b"AT+Canary\r\n") == [OK], line


# --- What announces no payload holds nothing back ---


@pytest.fixture
def cage():
    return Cage()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("MqttSet=0,keepalive,25", [OK]),
        ('MqttSet=0,user,"a\\"b\\\\"', [OK]),
        ("MqttSet=0,keepalive,x", [b"ERROR:parse parameters, -4"]),
        ("MqttSet=x,keepalive,25", [b"ERROR:parse parameters, -4"]),
        ("MqttSet=0,keepalive", [b"ERROR:parse parameters, -3"]),
        ("MqttSet=0,keepalive,25,,,", [OK]),
        (
            "NetUtilCmd=sign_msg,?",
            [b"+NetUtilCmd: sign_msg,[Value1],[Value2],[Value3],[Value4]", OK],
        ),
        ("MqttSet=?", [b"+MqttSet: [index],[option],[value1],...,[valueX]", OK]),
        ("NetUtilCmd=install_op,1,uninstall,,,,,,", [OK]),
        ("HttpSendReq=0,get,/", [b"ERROR:number of parameters, 0"]),
        ("HttpSendReq=0,get,/,,,,", [OK]),
        ("Send", [b"ERROR:parse parameters, -3"]),
        ("Sendd=3,0,x,y", [b"ERROR:command not exist, 0"]),
    ],
)
def test_the_next_line_counts_at_once(cage, line, told):
    assert cage.say(f"AT+{line}\r\nAT+Canary\r\n".encode()) == [*told, OK]
    if "user" in line:
        assert cage.calls[0] == ("user", 0, 0, b'a"b\\')


def test_values_that_are_too_many_for_a_form_without_payload_may_be_one(cage):
    line = b"AT+MqttSet=0,user,top,QoS1,1,%d," % len(CANARIES)
    assert cage.say(line + CANARIES + b"\r\n", SILENCE - 1) == []
    assert cage.say(b"", 1) == [b"ERROR:number of parameters, 0"]
    cage.check()


@pytest.mark.parametrize("head", [b"AT+Send=3,0,x,", b"AT+MqttSet=0,wil,top,QoS1,1,99,"])
def test_a_lone_wrong_head_is_told_at_once_and_what_comes_then_counts(cage, head):
    for pause in (SILENCE, 5000):
        assert cage.say(head + b"\r\n", SILENCE - 1) == []
        assert cage.say(b"", 1) == [b"ERROR:parse parameters, -4"]
        assert cage.say(b"", pause) == []
        assert cage.say(b"AT+Canary\r\n") == [OK]


@pytest.mark.parametrize("head", [b"AT+Send=3,0,x,", b"AT+MqttSet=0,wil,top,QoS1,1,99,"])
def test_behind_a_wrong_head_in_too_long_a_line_all_is_dropped(cage, head):
    assert cage.say(head + b"A" * 2600 + CANARIES, SILENCE - 1) == []
    assert cage.say(CANARIES, SILENCE) == [b"ERROR:parse parameters, -5"]
    cage.check()
    assert cage.say(b"AT+Canary\r\n") == [OK]


def test_a_wrong_head_handed_over_whole_holds_nothing_back(cage):
    """There is nothing behind it."""
    assert cage("AT+MqttSet=0,wil,top,QoS1,1,3,abc") == "parse parameters, -4"
    assert cage("AT+MqttSet=0,will,top,QoS1,1,x,abc") == "parse parameters, -4"
    assert cage("AT+MqttSet=0,user,me") == ("user", 0, 0, b"me")
