"""Nothing of a payload that ended early is executed: guide-style.md O14, TESTS 20."""

import base64

import pytest

CANARIES = (
    b"\r\nAT+Stop=0\r\n\x01AT+Stop=1\r\n\x03\x03\rAT+Set=AT,ECHO,1\nAT+Foo\r\n+++AT+Stop=2\r\n" * 2
)
HEAD = b"AT+Send=9,0,%d," % len(CANARIES)
SHORT = ["ERROR:parse parameters, -5"]
PLACES = [0, 1, 2, 9, 13, 14, 40, len(CANARIES) // 2, len(CANARIES) - 3]


@pytest.fixture
def cage(talk):
    """A conversation; afterwards the network processor runs, echo is off, lines are answered."""
    yield talk
    talk.sleep(0.1)
    assert not talk.replies
    assert talk.value("AT+Get=AT,ECHO") == "0"
    assert talk.value("AT+Get=General,Persistent") in "01"
    talk.ok("AT+Test")


def fed(cage, data):
    """The time when the last byte of these is out."""
    cage.at.write(data)
    cage.sleep(len(data) * 10 / cage.at.port.baudrate)


@pytest.mark.parametrize("place", PLACES)
def test_behind_a_break(cage, place):
    """Its sender's buffer may not be empty yet."""
    fed(cage, HEAD + CANARIES[:place])
    cage.at.port.send_break(0.01)
    fed(cage, CANARIES[place:] + b"\r\n")
    assert cage.reply() == SHORT


@pytest.mark.parametrize("place", PLACES)
def test_behind_a_pause(cage, place):
    fed(cage, HEAD + CANARIES[:place])
    assert cage.reply() == SHORT
    fed(cage, CANARIES[place:] + b"\r\n")
    assert cage.reply() == SHORT


@pytest.mark.parametrize("place", [2, 10, 15, 40, 60])
def test_behind_a_wrong_tail(cage, place):
    fed(cage, b"AT+Send=9,0,%d," % place + CANARIES + b"AT+Stop=0\r\n")
    assert cage.reply() == SHORT


def test_behind_a_length_that_is_too_long(cage):
    fed(cage, b"AT+Send=9,0,%d," % (len(CANARIES) + 9) + CANARIES + b"\r\n")
    assert cage.reply() == SHORT
    fed(cage, b"AT+Stop=0\r\n")
    assert cage.reply() == SHORT


@pytest.mark.parametrize(
    "head", [b"AT+Send=x,0,%d,", b"AT+Send=9,2,%d,", b"AT+SendTo=9,INET,80,1.2.3,0,%d,"]
)
def test_behind_the_header_of_a_refused_command(cage, head):
    fed(cage, head % len(CANARIES) + CANARIES + b"\r\n")
    (error,) = cage.reply()
    assert error.startswith("ERROR:parse parameters, ")


@pytest.mark.parametrize(
    "head",
    [
        b"AT+Send=9,0,x,",
        b"AT+Send=9,0,-%d,",
        b'AT+Send=9,0,"%d",',
        b"AT+Send=9,0,,%d,",
        b"AT+Send=9,%d,",
        b"AT+Send=9,%d,0,",
        b"AT+Send=9,3,%d,",
        b"AT+SendTo=9,INET,80,0,%d,",
        b'AT+SendTo=9,INET,80,"1.2.3.4,0,%d,',
    ],
)
def test_behind_a_head_that_does_not_say_how_long_it_is(cage, head):
    head = head % len(CANARIES) if b"%d" in head else head
    fed(cage, head + CANARIES + b"AT+Stop=0\r\n")
    (error,) = cage.reply()
    assert error.startswith("ERROR:parse parameters, ")
    (error,) = cage(head)  # and alone
    assert error.startswith("ERROR:parse parameters, ")


def test_in_wrong_base64(cage):
    text = base64.b64encode(CANARIES * 3)[:-6] + b"\r\nAT=\r"
    assert cage(b"AT+Send=9,1,%d," % len(text) + text)[-1].startswith("ERROR:parse")


def test_too_long_a_payload(cage):
    cage.speed_up()
    fed(cage, b"AT+Send=9,0,%d," % (200 * len(CANARIES)) + 200 * CANARIES + b"\r\n")
    assert cage.reply() == ["ERROR:parse parameters, -4"]
