"""From a line to its handler: at-commands.md 2.1-2.6, guide-style.md O6 and O10."""

import pytest

from tests.unit.atcore.fake import FakeDriver, ask

OK = b"OK"
UNKNOWN = b"ERROR:command not exist, 0"
COUNT = b"ERROR:number of parameters, 0"
MORE = ("Value1", "u8", ""), ("Value2", "u8", "")


class Desk:
    """A core with a few commands of its own, which note how they are called."""

    def __init__(self, **settings):
        import atcore
        from atcore.dispatch import Commands

        commands = Commands()
        command = commands.command
        self.calls = []

        @command(b"Plain")
        def plain(cmd):
            self.calls.append("plain")

        @command(b"Two", (("Size", "u8", ""), ("Text", "str", "?", 8)))
        def two(cmd, size, text):
            self.calls.append((size, text))
            return cmd.value().num(size).text(text or b"", 0, len(text or b""))

        @command(b"Loose", (("a", "u8", ""),), varies=True)
        def loose(cmd, a):
            self.calls.append(a)

        @command(b"More", (("a", "u8", ""),), varies=True, forms=((None, MORE),))
        def more(cmd, a, *values):
            self.calls.append((a, *values))

        @command(b"", key=b"at", guide_only=True)
        def attention(cmd):
            self.calls.append("at")

        @command(b"Fails")
        def fails(cmd):
            from simplelink.errors import SlError

            raise SlError(-11)

        @command(b"Hungry")
        def hungry(cmd):
            raise MemoryError

        self.core = atcore.create(FakeDriver(), commands, **settings)

    def __call__(self, line):
        return ask(self.core, line)


@pytest.fixture
def desk():
    return Desk()


@pytest.mark.parametrize(
    "line",
    [
        b"AT+Plain",
        b"at+plain",
        b"At+pLAIN",
        b" AT + Plain ",
        b"AT+ Plain",
        b"AT +Plain",
        b"AT+Plain=",
    ],
)
def test_the_name_in_any_case_with_blanks(desk, line):
    assert desk(line) == [OK]
    assert desk.calls == ["plain"]


@pytest.mark.parametrize("line", [b"AT+Plain = ", b"AT+Plain=   "])
def test_blanks_are_a_parameter(desk, line):
    assert desk(line) == [COUNT]  # at-commands 2.1, 2.4


@pytest.mark.parametrize(
    "line",
    [
        b"AT+Plai",
        b"AT+Plain2",
        b"AT+Pl ain",
        b"AT+Plain?",
        b"AT+Plain\t",
        b"AT\t+Plain",
    ]
    + [b"AT+Plain\0", b"Plain", b"+Plain", b"AT&F", b"AT+", b"ATPlain", b"AT++Plain", b"=", b"A"]
    + [b"AT-Plain", b"AT+Plain\x80", b"ATE0", b"AT+Foo=1,2", b'AT+Foo="', b"AT+Foo=?"],
)
def test_unknown_names(desk, line):
    assert desk(line) == [UNKNOWN]
    assert not desk.calls


def test_bare_at_is_for_style_guide_alone():
    assert Desk()(b"AT") == [OK]
    assert Desk()(b" at ") == [OK]
    assert Desk(style=1)(b"AT") == [b"ERROR: command not exist,0"]


@pytest.mark.parametrize(
    ("line", "usage"),
    [
        (b"AT+Two=?", b"+Two: [Size],[Text]"),
        (b"at+TWO= ?", b"+Two: [Size],[Text]"),
        (b"AT+Two= ? ", b"+Two: [Size],[Text]"),
        (b"AT+Plain=?", b"+Plain:"),
        (b"AT+More=?", b"+More: [a],[Value1],...,[ValueX]"),
    ],
)
def test_help(desk, line, usage):
    assert desk(line) == [usage, OK]
    assert not desk.calls


@pytest.mark.parametrize("line", [b"AT+Two=?junk,1", b"AT+Two=?,1", b"AT+Two=??,1"])
def test_a_question_mark_that_is_not_alone_is_a_value(desk, line):
    """guide-style.md O11"""
    assert desk(line) == [b"ERROR:parse parameters, -4"]
    assert not desk.calls


def test_a_question_mark_that_is_not_first_is_data(desk):
    assert desk(b"AT+Two=1,?") == [b"+Two: 1,?", OK]
    assert desk(b'AT+Two="?",') == [b"ERROR:parse parameters, -4"]


@pytest.mark.parametrize(
    "line",
    [
        b"AT+Plain=1",
        b"AT+Plain=,",
        b"AT+Two",
        b"AT+Two=",
        b"AT+Two=1",
        b"AT+Two=1,a,",
        b"AT+Two=,,",
    ]
    + [b'AT+Two=1,"a', b"AT+Two=" + 200 * b","],
)
def test_a_wrong_count(desk, line):
    assert desk(line) == [COUNT]
    assert not desk.calls


def test_the_count_goes_before_what_is_in_the_parameters(desk):
    assert desk(b"AT+Two=x,123456789,") == [COUNT]


@pytest.mark.parametrize(
    ("line", "answer", "call"),
    [
        (b"AT+Loose=7", OK, 7),
        (b"AT+Loose=7,8,9", COUNT, None),
        (b"AT+Loose=7,,8", COUNT, None),
        (b'AT+Loose=7,""', COUNT, None),  # that is one of no length, and there
        (b"AT+Loose=7, ,", OK, 7),  # empty ones are ignored (O11)
        (b"AT+Loose", b"ERROR:parse parameters, -3", None),
        (b"AT+Loose=", b"ERROR:parse parameters, -3", None),
        (b"AT+Loose=,", b"ERROR:parse parameters, -1", None),
        (b"AT+More=1,2,3", OK, (1, 2, 3)),
        (b"AT+More=1,2,3,4", COUNT, None),
        (b"AT+More=1,2,3,,", OK, (1, 2, 3)),
        (b"AT+More=1,2", b"ERROR:parse parameters, -3", None),
        (b"AT+More=1", b"ERROR:parse parameters, -3", None),
        (b"AT+More=1,", b"ERROR:parse parameters, -3", None),  # ended before the comma behind it
        (b"AT+More=1,,", b"ERROR:parse parameters, -1", None),
        (b"AT+More=,2,3", b"ERROR:parse parameters, -1", None),
        (b"AT+More=1,2,", b"ERROR:parse parameters, -1", None),
        (b"AT+More=1,x,3", b"ERROR:parse parameters, -4", None),
        (b"AT+More=1,2,256", b"ERROR:parse parameters, -4", None),
        (b'AT+More=1,2,"3', b"ERROR:parse parameters, -3", None),
    ],
)
def test_where_the_count_is_not_checked(desk, line, answer, call):
    assert desk(line) == [answer]
    assert desk.calls == ([] if call is None else [call])


def test_what_the_driver_refuses(desk):
    assert desk(b"AT+Fails") == [b"ERROR:process command, -11"]
    assert Desk(style=1)(b"AT+Fails") == [b"ERROR: process command,-11"]


def test_no_memory(desk):
    assert desk(b"AT+Hungry") == [b"ERROR:allocate, 0"]
    assert desk(b"AT+Plain") == [OK]


def test_the_same_errors_in_style_ti():
    desk = Desk(style=1)
    assert desk(b"AT+Foo") == [b"ERROR: command not exist,0"]
    assert desk(b"AT+Two=1") == [b"ERROR: number of parameters,0"]
    assert desk(b"AT+Two=x,") == [b"ERROR: parse parameters,-4"]
    assert desk(b"AT+Two=1,ab") == [b"+two:1,ab", OK]


def test_a_chapter_is_loaded_when_its_command_is_asked_for(desk):
    asked = []

    def load(name):
        asked.append(name)
        if name != b"at+late":
            return False
        desk.core.commands[name] = desk.core.commands[b"at+plain"]
        return True

    desk.core.load = load
    assert desk(b"AT+Foo") == [UNKNOWN]
    assert desk(b"AT + Late") == [OK]
    assert desk(b"AT+Late") == [OK]
    assert asked == [b"at+foo", b"at+late"]


USAGE = """
Start:
Stop: [Timeout]
Get: [ID],[Option]
Set: [ID],[Option],[Value1],...,[ValueX]
Test:
Socket: [Domain],[Type],[Protocol]
Close: [socket]
Accept: [socket],[family]
Bind: [Socket],[Family],[Port],[Address]
Listen: [socket],[backlog]
Connect: [Socket],[Family],[Port],[Address]
Select: [nfds],[readsds],[timeout sec],[timeout usec]
SetSockOpt: [sd],[Level],[Option],[Value1],...,[ValueX]
GetSockOpt: [sd],[level],[option]
Recv: [sd],[format],[length]
RecvFrom: [sd],[family],[port],[addr],[format],[length]
Send: [sd],[format],[length],[data]
SendTo: [sd],[family],[port],[addr],[format],[length],[data]
WlanConnect: [SSID],[BSSID],[SecurityType],[SecurityKey],[SecurityExtUser],\
[SecurityExtAnonUser],[SecurityExtEapMethod]
WlanDisconnect:
WlanProfileAdd: [SSID],[BSSID],[SecurityType],[SecurityKey],[SecurityExtUser],\
[SecurityExtAnonUser],[SecurityExtEapMethod],[Priority]
WlanProfileGet: [index]
WlanProfileDel: [index]
WlanPolicySet: [Type],[Option],[Value]
WlanPolicyGet: [Type]
WlanScan: [Index],[Count]
WlanSetMode: [Mode]
WlanSet: [ID],[Option],[Value1],...,[ValueX]
WlanGet: [ID],[Option]
NetCfgSet: [ConfigId],[ConfigOpt],[Value1],...,[ValueX]
NetCfgGet: [ConfigId]
""".strip().split("\n")


@pytest.mark.parametrize("usage", USAGE, ids=lambda usage: usage.split(":")[0])
def test_help_names_the_parameters_as_the_guide_does(make, usage):
    """The argument lists of guide tables 9-37, 58 and 59; case aside, which the guide varies."""
    name = usage.partition(":")[0]
    text, ok = ask(make(), f"AT+{name}=?".encode())
    assert text.decode().lower() == "+" + usage.lower()
    assert text.decode().startswith(f"+{name}:") and ok == OK
