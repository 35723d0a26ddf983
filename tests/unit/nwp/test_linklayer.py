"""The NWP's end of the link: any split of the stream, any way of reading."""

import struct

from hypothesis import given, settings
from hypothesis import strategies as st

from cc32at.nwp.codec import CNYS, H2N_SYNC, align4
from cc32at.nwp.linklayer import Header, LinkLayer, Message, encode
from tests.unit.nwp.support import Host

WORDS = st.binary(min_size=4, max_size=4).filter(lambda w: w not in (H2N_SYNC, CNYS))


class Nwp:
    """A link layer with what it called."""

    def __init__(self):
        self.commands, self.levels = [], []
        self.header = Header()
        self.header.credits = 20
        self.link = LinkLayer(
            lambda *command: self.commands.append(command),
            self.levels.append,
            lambda message, sequence: encode(message, self.header, sequence),
        )


def frame(opcode: int, body: bytes) -> bytes:
    return H2N_SYNC + struct.pack("<HH", opcode, len(body)) + body


def pieces(data, stream: bytes) -> list[bytes]:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    return [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


BODIES = st.lists(
    st.tuples(
        st.integers(0, 0xFFFF), st.binary(max_size=40).map(lambda b: b + bytes(-len(b) % 4))
    ),
    max_size=5,
)


@given(BODIES, st.data())
def test_commands_survive_any_split_of_the_stream(commands, data):
    nwp = Nwp()
    stream = b"".join(frame(*command) for command in commands)
    for piece in pieces(data, stream):
        nwp.link.write(piece)
    assert nwp.commands == commands


@given(BODIES, st.lists(st.integers(0, 3), max_size=6), st.data())
def test_zero_words_and_read_requests_between_commands_change_nothing(commands, fill, data):
    nwp = Nwp()
    stream = b""
    for i, command in enumerate(commands):
        stream += bytes(4 * (fill[i] if i < len(fill) else 0))
        if data.draw(st.booleans()):
            stream += CNYS
        stream += frame(*command)
    for piece in pieces(data, stream):
        nwp.link.write(piece)
    assert nwp.commands == commands
    assert nwp.link.garbage == 0


@given(st.lists(WORDS, max_size=6), BODIES)
def test_garbage_words_are_skipped_and_counted(garbage, commands):
    noise = b"".join(garbage)
    if H2N_SYNC in noise or CNYS in noise:
        return
    nwp = Nwp()
    nwp.link.write(noise + b"".join(frame(*command) for command in commands))
    assert nwp.commands == commands


@given(st.lists(st.binary(max_size=30), min_size=1, max_size=4), st.data())
def test_messages_read_in_any_pieces(bodies, data):
    nwp = Nwp()
    for body in bodies:
        nwp.link.send(Message(0x1234, body))
    for number, body in enumerate(bodies):
        nwp.link.write(CNYS)
        want = encode(Message(0x1234, body), nwp.header, number)
        got = b""
        while len(got) < len(want):
            got += nwp.link.read(data.draw(st.integers(1, 4)) * 4)
        assert got[: len(want)] == want
        assert set(got[len(want) :]) <= {0xFF}


def test_line_is_high_while_unread_messages_wait():
    nwp = Nwp()
    link = nwp.link
    for _ in range(2):
        link.send(Message(0x63))
    assert link.line and nwp.levels == [True]
    link.write(CNYS)
    assert link.line, "the request alone takes nothing"
    link.read(4)
    assert not link.line, "low from the first word on"
    link.read(12)
    assert link.line, "the next message waits"
    link.write(CNYS)
    link.read(16)
    assert not link.line and nwp.levels == [True, False, True, False]


def test_reading_without_a_request_or_beyond_the_end_gives_ff():
    nwp = Nwp()
    nwp.link.send(Message(0x63))
    assert nwp.link.read(8) == b"\xff" * 8
    nwp.link.write(CNYS)
    nwp.link.read(16)
    nwp.link.send(Message(0x63))
    assert nwp.link.read(400) == b"\xff" * 400
    assert nwp.link.line


def test_read_request_drops_what_is_left_of_a_message():
    nwp = Nwp()
    nwp.link.send(Message(0x1001, bytes(range(40))))
    nwp.link.send(Message(0x1002, b"next"))
    nwp.link.write(CNYS)
    nwp.link.read(20)
    nwp.link.write(CNYS)
    second = nwp.link.read(20)
    assert second[:6] == bytes.fromhex("bddccdab0210") and second[16:] == b"next"
    assert nwp.link.dropped == 36


def test_repeated_read_requests_do_not_lose_a_message():
    nwp = Nwp()
    nwp.link.send(Message(0x1001, b"here"))
    nwp.link.write(CNYS + CNYS)
    nwp.link.write(CNYS)
    assert nwp.link.read(20)[16:] == b"here"


def test_message_that_comes_after_the_request_still_answers_it():
    nwp = Nwp()
    nwp.link.write(CNYS)
    assert nwp.link.read(4) == b"\xff" * 4
    nwp.link.send(Message(0x1001))
    assert nwp.link.read(4) == bytes.fromhex("bcdccdab")


def test_header_is_filled_after_commands_that_came_before_the_first_word():
    nwp = Nwp()
    nwp.link.send(Message(0x63))
    nwp.link.write(CNYS)
    nwp.header.credits = 7
    assert nwp.link.read(16)[8] == 7


def test_command_in_the_middle_of_a_read_out():
    nwp = Nwp()
    nwp.link.send(Message(0x1001, bytes(range(8))))
    nwp.link.write(CNYS)
    head = nwp.link.read(16)
    nwp.link.write(frame(0x8466, bytes(8)))
    assert nwp.commands == [(0x8466, bytes(8))]
    assert head + nwp.link.read(8) == encode(Message(0x1001, bytes(range(8))), nwp.header, 0)


def test_sequence_counts_every_message_modulo_four():
    nwp = Nwp()
    first_bytes = []
    for _ in range(6):
        nwp.link.send(Message(0x63))
        nwp.link.write(CNYS)
        first_bytes.append(nwp.link.read(16)[0])
    assert first_bytes == [0xBC, 0xBD, 0xBE, 0xBF, 0xBC, 0xBD]


def test_idle_words_before_the_sync():
    nwp = Nwp()
    nwp.link.idle_words = 2
    nwp.link.send(Message(0x63))
    nwp.link.write(CNYS)
    assert nwp.link.read(12) == b"\xff" * 8 + bytes.fromhex("bcdccdab")


def test_length_is_exact_and_the_wire_padded():
    nwp = Nwp()
    nwp.link.send(Message(0x243C, b"abcde", b"xyz"))
    nwp.link.write(CNYS)
    data = nwp.link.read(64)
    assert struct.unpack("<H", data[6:8])[0] == 8 + 8 + 3
    assert data[16:28] == b"abcde\0\0\0xyz\0"


def test_line_comes_back_for_a_host_that_leaves_a_message_unread():
    host = Host()
    for _ in range(2):
        host.np.event("WLAN_EV_STA_ADDED", mac=bytes(6))
    host.np.write(CNYS)
    host.np.read(16)
    assert not host.np.irq
    host.clock.advance(0.0015)
    assert host.np.irq
    host.sequence += 1
    assert host.message()[0] == "WLAN_EV_STA_ADDED"


@settings(max_examples=50)
@given(st.binary(max_size=300))
def test_no_stream_of_bytes_breaks_the_model(stream):
    host = Host()
    host.np.write(stream)
    host.np.write(bytes(align4(len(stream)) - len(stream)))
    assert len(host.np.read(100)) == 100
    host.power_cycle()
    assert host.command("DEVICE_GET", set_id=1, option=5).payload == b"\1"
