"""Value lines by their specs: one declaration, two styles, and lines of any length (reply.py)."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import atcore
from atcore import LINE_SIZE, commands
from atcore.dispatch import AT_ONCE, BY_OPTION, REPEATED, Commands
from atcore.reply import Line, Pieces, written
from simplelink.errors import SlError
from tests.unit.atcore.fake import FakeDriver, Wait, listen, messages

FOLDER = Path(commands.__file__).parent


def whole(message):
    """A message in one piece, without its line end."""
    if type(message) is Pieces:
        parts = message.parts
        assert len(parts) > 1 and all(len(part) <= LINE_SIZE for part in parts)
        assert len(message) == sum(map(len, parts))
        message = b"".join(parts)
    assert message.endswith(b"\r\n")
    return message[:-2]


def both(spec, values):
    """What follows the name in style guide and in style ti."""
    in_guide, in_ti = [
        whole(written(Line(600), b"Name", spec, values, ti)) for ti in (False, True)
    ]
    assert in_guide.startswith(b"+Name:") and in_ti.startswith(b"+name:")
    return in_guide[6:].removeprefix(b" "), in_ti[6:]


# --- Values ---

WIRE = bytes.fromhex("80ff 0102 fffffffe fe800000 0501a8c0 080028abcdef 03 6162 2c63")


@pytest.mark.parametrize(
    ("field", "in_guide", "in_ti"),
    [
        (("u8", 0), b"128", b"128"),
        (("i8", 0), b"-128", b"-128"),
        (("u16", 0), b"65408", b"65408"),
        (("i16", 0), b"-128", b"-128"),
        (("u32", 4), b"4278190079", b"-16777217"),  # V1 against at-commands.md 2.9
        (("i32", 4), b"-16777217", b"-16777217"),
        (("hex", 4), b"0xfeffffff", b"0xfeffffff"),  # V2
        (("ip4", 12), b"192.168.1.5", b"192.168.1.5"),
        (("version", 12), b"5.1.168.192", b"5.1.168.192"),
        (("ip6", 0), *[b"0x201ff80:0xfeffffff:0x80fe:0xc0a80105"] * 2),
        (("mac", 16), *[b"0x8:0x0:0x28:0xab:0xcd:0xef"] * 2),
        (("array", 16, 3, 0x3A), *[b"0x8:0x0:0x28"] * 2),
        (("str", 23), b'"ab,c"', b"ab,c"),  # V7
        (("str", 23, 2), b"ab", b"ab"),
        (("text", 22, 23), b'"ab,"', b"ab,"),
        (("key", 22, b"socket_family"), b"INET6", b"inet6"),
        (("lower", 22, b"socket_family"), b"inet6", b"inet6"),
        (("key16", 0, b"socket_family"), b"65408", b"65408"),  # V5
        (("key32", 4, b"socket_family"), b"4278190079", b"-16777217"),
        (("mask", 8, b"alpn"), b"H2|H2C|H2_14|H2_16|0x80e0", b"h2|h2c|h2_14|h2_16|0x80e0"),  # V6
        (("always", 2, b"socket_family"), b"INET", b"inet"),
        (("none",), b"", b""),
        (("guide", ("u8", 0), ("u8", 22)), b"128,3", b""),
        (("ti", ("u8", 0), ("u8", 22)), b"", b"128,3"),
    ],
)
def test_a_value_at_its_offset_in_the_bytes_of_the_driver(field, in_guide, in_ti):
    assert both((field,), WIRE) == (in_guide, in_ti)
    assert both((field,), memoryview(bytearray(WIRE))) == (in_guide, in_ti)


@pytest.mark.parametrize(
    ("field", "value", "in_guide", "in_ti"),
    [
        (("u32", 0), 0xFFFFFFFF, b"4294967295", b"-1"),
        (("i8", 0), -70, b"-70", b"-70"),
        (("hex", 0), 0x31100019, b"0x31100019", b"0x31100019"),
        (("bits", 0), 0x80000005, b"0|2|31", b"0|2|31"),
        (("addr", 0), b"\xc0\xa8\x01\x05", b"192.168.1.5", b"192.168.1.5"),
        (("addr", 0), WIRE[8:12] + bytes(11) + b"\x01", *[b"0xfe800000:0x0:0x0:0x1"] * 2),
        (("mac", 0), WIRE[16:22], *[b"0x8:0x0:0x28:0xab:0xcd:0xef"] * 2),
        (("str", 0), b'a"\0', b'"a\\"\\x00"', b'a"\0'),
        (("raw", 0), b"a,b", b"a,b", b"a,b"),
        (("key", 0, b"wlan_eap"), 0x18180010, b"TTLS_MSCHAPv2", b"ttls_mschapv2"),
        (("mask", 0, b"alpn"), 31, b"FULL_LIST", b"full_list"),
        (("of", 0, ("u8", 22), ("mac", 16)), WIRE, *[b"3,0x8:0x0:0x28:0xab:0xcd:0xef"] * 2),
    ],
)
def test_a_value_of_a_tuple(field, value, in_guide, in_ti):
    assert both((field,), (value,)) == (in_guide, in_ti)
    if type(value) is int:
        assert both((field,), value) == (in_guide, in_ti)


def test_a_value_that_does_not_exist_is_an_empty_field():
    for kind in ("u8", "hex", "mac", "addr", "str", "bits"):
        assert both((("u8", 0), (kind, 1), ("u8", 2)), (1, None, 3)) == (b"1,,3", b"1,,3")
    assert both((("key", 0, b"alpn"),), None) == (b"", b"")
    assert both((("u8", 0), ("given", 1, ("str", 1))), (1, None)) == (b"1,", b"1")
    assert both((("u8", 0), ("given", 1, ("str", 1))), (1, b"x")) == (b"1,x", b"1,x")


def test_a_mark_behind_the_last_field():
    spec = (("u8", 0), ("guide", ("end", 0x3B)))
    assert both(spec, 7) == (b"7;", b"7")


def test_a_line_that_style_ti_has_only_with_its_string():
    spec = (("must", 0, ("str", 0)), ("u8", 1))
    assert both(spec, (b"a", 1)) == (b"a,1", b"a,1")
    assert whole(written(Line(80), b"Name", spec, (b"", 1), False)) == b"+Name: ,1"
    assert written(Line(80), b"Name", spec, (b"", 1), True) is None


def test_lists():
    spec = (("list", 3, ("u8", 0), ("u16", 1)),)
    assert both(spec, b"\1\2\0\3\4\0") == (b"1,2;3,4",) * 2
    assert both(spec, b"\1\2\0\3") == (b"1,2",) * 2  # what is no whole member is none
    assert both(spec, b"") == (b"",) * 2  # M3
    assert both(spec, [(1, 2), (3, 4)]) == (b"1,2;3,4",) * 2
    assert both((("u8", 0), ("of", 1, *spec)), (9, ())) == (b"9,",) * 2


@pytest.mark.parametrize(
    ("spec", "values"),
    [
        ((("u32", 1),), bytes(4)),
        ((("mac", 0),), bytes(5)),
        ((("str", 5),), bytes(4)),
        ((("text", 0, 1),), b"\5abc"),
        ((("u8", 1),), (1,)),
        ((("addr", 0),), (bytes(6),)),
        ((("hex", 0),), -1),
        ((("nothing", 0),), (1,)),
        ((("array", 0, 17, 0x3A),), bytes(16)),
    ],
)
def test_a_spec_never_reads_what_is_not_there(spec, values):
    with pytest.raises(ValueError):
        written(Line(80), b"Name", spec, values, False)


# --- Long lines ---

VALUES = st.lists(
    st.tuples(
        st.integers(0, 0xFFFFFFFF),
        st.binary(max_size=70),
        st.one_of(st.none(), st.binary(min_size=6, max_size=6)),
        st.integers(0, 31),
    ),
    min_size=1,
    max_size=12,
)
MEMBER = (("u32", 0), ("str", 1), ("mac", 2), ("mask", 3, b"alpn"), ("ti", ("none",)))


@given(VALUES, st.integers(12, 400), st.booleans())
def test_pieces_are_the_line_that_a_large_buffer_gives(values, size, ti):
    spec = (("list", 0, *MEMBER), ("end", 0x3B))
    long = written(Line(8000), b"Name", spec, values, ti)
    assert type(long) is bytes
    short = written(Line(size), b"Name", spec, values, ti)
    if type(short) is Pieces:
        assert all(short.parts)
        assert b"".join(short.parts) == long
    else:
        assert short == long


def test_a_value_longer_than_the_buffer():
    for size in (LINE_SIZE - 12, LINE_SIZE - 5, LINE_SIZE, 3 * LINE_SIZE):
        text = b"x," * (size // 2)
        spec = (("u8", 0), ("str", 1), ("u8", 2))
        message = written(Line(LINE_SIZE), b"Name", spec, (1, text, 2), False)
        assert b"".join(message.parts) == b'+Name: 1,"' + text + b'",2\r\n'


SERVICES = [
    (b"\x0a\x00\x00" + bytes([i]), 80 + i, b"Printer, no. %d" % i, b"host%d.local" % i, b"t" * 90)
    for i in range(32)
]
SERVICE = (("addr", 0), ("u16", 1), ("str", 2), ("str", 3), ("str", 4))


def service_list(ti):
    """The line as the guide has it (table 55, M3, V7), by hand."""
    quote = b"%s" if ti else b'"%s"'
    return b";".join(
        b"10.0.0.%d,%d," % (i, port) + quote % name + b",%s,%s" % (host, text)
        for i, (_, port, name, host, text) in enumerate(SERVICES)
    )


class Bench:
    """A core with a command on trial, as a program adds it at run time."""

    def __init__(self, **settings):
        ALL = Commands()
        self.wait = Wait()

        @ALL.command(b"NetAPPGetServiceList", reply=(("list", 0, *SERVICE),), offline=True)
        def get_service_list(cmd):
            return SERVICES

        @ALL.command(b"Late", reply=(("list", 0, *SERVICE),), ok=AT_ONCE, offline=True)
        async def late(cmd):
            await self.wait
            return SERVICES

        @ALL.command(b"Many", values=REPEATED, reply=(("list", 0, *SERVICE),), offline=True)
        async def many(cmd):
            for _ in range(3):
                await cmd.emit(SERVICES)

        @ALL.command(b"ByHand", (("size", "u16", ""),), offline=True)
        def by_hand(cmd, size):
            line = cmd.value().num(size)
            for name in (b"a,b", b"c"):
                line.raw(b"r" * size).text(name * size, 0, len(name) * size).also(0x3B)
            return line.none().mac(bytes(6), 0)

        @ALL.command(b"Numbers", (("size", "u16", ""),), offline=True)
        def numbers(cmd, size):
            line = cmd.value()
            for i in range(size):
                line.num(i)
            return line

        @ALL.command(b"Option", (("option", "u8", ""),), reply=BY_OPTION, offline=True)
        def option(cmd, option):
            return (("u8", 0),) if option else (("hex", 0),), 10

        @ALL.command(b"Test", offline=True)
        def test(cmd):
            pass

        self.core = atcore.create(FakeDriver(), ALL, **settings)

    def __call__(self, text):
        self.core.send(text)
        return messages(self.core, size=32768)


@pytest.fixture(params=["guide", "ti"])
def bench(request):
    bench = Bench(style=int(request.param == "ti"))
    bench.ti = request.param == "ti"
    bench.list = service_list(bench.ti)
    assert len(bench.list) > 4000
    return bench


def named(bench, name, text):
    return b"+" + name.lower() + b":" + text if bench.ti else b"+" + name + b": " + text


def test_a_service_list_of_4_kb(bench):
    line = named(bench, b"NetAPPGetServiceList", bench.list)
    assert bench(b"AT+NetAPPGetServiceList") == [line, b"OK"]
    assert bench(b"AT+Test") == [b"OK"]


def test_a_long_line_is_in_the_queue_in_pieces(bench):
    bench.core.send(b"AT+NetAPPGetServiceList")
    first = bench.core.entries[0]
    assert type(first) is Pieces
    assert whole(first) == named(bench, b"NetAPPGetServiceList", bench.list)


def test_a_buffer_that_is_too_small_for_it_loses_nothing(bench):
    bench.core.send(b"AT+NetAPPGetServiceList")
    with pytest.raises(atcore.BufferSmall) as error:
        bench.core.rcv(bytearray(100), True)
    buf = bytearray(error.value.needed)
    line = named(bench, b"NetAPPGetServiceList", bench.list)
    assert bench.core.rcv(buf, True) == len(buf) == len(line)
    assert buf == line


def test_a_late_line(bench):
    assert bench(b"AT+Late") == [b"OK"]
    bench.wait.finish()
    end = [b"OK"] if bench.ti else []
    assert listen(bench.core, 10) == [named(bench, b"Late", bench.list), *end]


def test_several_long_lines(bench):
    assert bench(b"AT+Many") == [named(bench, b"Many", bench.list)] * 3 + [b"OK"]


@pytest.mark.parametrize("size", [1, 500, 2030, 2040, 2048, 4096])
def test_a_command_added_at_run_time_builds_its_line_by_hand(bench, size):
    first = b"a,b" * size
    if not bench.ti:
        first = b'"' + first + b'"'
    text = b"%d,%s,%s;%s,%s;" % (size, b"r" * size, first, b"r" * size, b"c" * size)
    line = named(bench, b"ByHand", text + b",0x0:0x0:0x0:0x0:0x0:0x0")
    assert bench(b"AT+ByHand=%d" % size) == [line, b"OK"]
    assert bench(b"AT+Test") == [b"OK"]


def test_a_line_of_many_numbers(bench):
    text = b",".join(b"%d" % i for i in range(1500))
    assert bench(b"AT+Numbers=1500") == [named(bench, b"Numbers", text), b"OK"]


def test_a_spec_that_the_option_chooses(bench):
    assert bench(b"AT+Option=0") == [named(bench, b"Option", b"0xa"), b"OK"]
    assert bench(b"AT+Option=1") == [named(bench, b"Option", b"10"), b"OK"]


# --- Policy ---


@pytest.mark.parametrize(("style", "asked"), [(0, 3), (1, 1)])
def test_a_driver_that_is_asked_again_in_style_guide(style, asked):
    ALL = Commands()
    calls = []

    def driver(value):
        calls.append(value)
        if len(calls) < 3:
            raise SlError(-2073)
        return value

    @ALL.command(b"Ask", reply=(("u8", 0),), patience=(-2073, 500, 10000), offline=True)
    async def command(cmd):
        return await cmd.patiently(driver, 7)

    core = atcore.create(FakeDriver(), ALL, style=style)
    core.send(b"AT+Ask")
    answer = [b"ERROR: process command,-2073"] if style else [b"+Ask: 7", b"OK"]
    assert listen(core, 3000) == answer
    assert calls == [7] * asked


def test_no_command_knows_the_style():
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Attribute) and node.attr == "ti"), path.name
