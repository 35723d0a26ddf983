"""Arguments by form: guide tables 40, 61, 75 and 80, as commands to come will declare them.

What a handler gets, which errors come instead, where a payload is found, and what help tells:
at-commands.md 2.4, 3.1 and 6.2, guide-style.md O6, O10 and O11.
"""

import pytest

from tests.unit.atcore.fake import FakeDriver, FakeStream, ask, listen

COUNT = "number of parameters, 0"
EMPTY, CUT, WRONG, LONG = (f"parse parameters, {code}" for code in (-1, -3, -4, -5))

KEY = ("Value1", "u32", "")
INSTALL = (
    (
        1,
        (
            ("Value3", "key", "", b"netutil_key_algorithm"),
            ("Value4", "key", "?", b"netutil_ec_curve"),
            ("Value5", "str", "?", 180),
            ("Value6", "str", "", 180),
        ),
        "install",
    ),
    (2, (), "uninstall"),
)
NETUTIL = (
    (2, (KEY, ("Value2", "format", ""), ("Value3", "size", ""), ("Value4", "data", "")), "sign"),
    (
        3,
        (
            KEY,
            ("Value2", "format", ""),
            ("Value3", "size", ""),
            ("Value4", "size", ""),
            ("Value5", "data", ""),
        ),
        "verify",
    ),
    (4, (KEY, ("Value2", "key", "", b"netutil_temp_keys_action")), "temporary"),
    (
        5,
        (
            KEY,
            ("Value2", "key", "", b"netutil_install_action"),
            ("Value3,...,ValueX", "forms", "", INSTALL),
        ),
    ),
)
TOKEN, NAME = ("Secure_Token", "u32", ""), ("Filename", "str", "", 180)
NO_TOKEN, NO_NAME, NO_DATA = ((name, "any", "?") for name in ("Secure_Token", "Filename", "Data"))
FILE = (
    (0, (NO_TOKEN, NO_NAME, ("Data", "key", "", b"file_ctl_restore")), "restore"),
    (1, (TOKEN, NAME, NO_DATA), "rollback"),
    (2, (TOKEN, NAME, NO_DATA), "commit"),
    (3, (TOKEN, NAME, ("Data", "str", "", 180)), "rename"),
    (None, (NO_TOKEN, NO_NAME, NO_DATA), "alone"),
)
WILL = (
    ("value1", "str", "", 64),
    ("value2", "key", "", b"mqtt_qos"),
    ("value3", "range", "", 0, 1),
    ("value4", "size", ""),
    ("value5", "data", ""),
)
MQTT = (
    (0, (("value1", "str", "", 64),), "user"),
    (1, (("value1", "str", "!", 64),), "password"),
    (2, WILL, "will"),
    (4, (("value1", "u16", ""),), "keepalive"),
    (5, (("value1", "range", "", 0, 1),), "clean"),
)
URI = ("uri", "str", "", 255), ("flags", "any", "?")
BODY = ("format", "format", ""), ("length", "size", ""), ("data", "data", "")
BODILESS = ("format", "any", "?"), ("length", "any", "?"), ("data", "any", "?")
HTTP = ((2, URI + BODY, "body"), (5, URI + BODY, "body"), (None, URI + BODILESS, "bodiless"))
# The address is the one before last, and two families are there.
PEER = (
    ("Kind", "key", "", b"socket_type"),
    ("Theirs", "family", ""),
    ("Address", "addr", "", "Theirs"),
    ("Ours", "family", ""),
)
LEVELS = ((1, b"socket_option_ip"), (2, b"socket_option_phy"))
PLAIN = (("Type", "key", "", b"socket_type"), ("Option", "sub", "", LEVELS), ("Value", "u8", ""))


class Desk:
    """A core with these commands, which note how they are called."""

    def __init__(self, **settings):
        import atcore
        from atcore.dispatch import Commands

        commands = Commands()
        self.calls = []
        command = commands.command
        command(
            b"NetUtilCmd", (("Cmd", "key", "", b"netutil_cmd"),), varies=True, forms=NETUTIL,
            payload=True,
        )(self.note)  # fmt: skip
        command(
            b"FileCtl",
            (
                ("Command", "key", "", b"file_ctl_command"),
                ("Secure_Token,Filename,Data", "forms", "", FILE),
            ),
        )(self.note)
        command(
            b"MqttSet",
            (
                ("index", "u8", ""),
                ("option", "key", "", b"mqtt_set_option"),
                ("value1,...,valueX", "forms", "", MQTT),
            ),
            varies=True,
            payload=True,
        )(self.note)
        command(
            b"HttpSendReq",
            (("index", "u8", ""), ("method", "key", "", b"http_method")),
            forms=HTTP,
            payload=True,
        )(self.note)
        command(b"Peer", PEER)(self.note)
        command(b"Plain", PLAIN)(self.note)
        command(b"Canary", offline=True)(self.note)
        driver = FakeDriver()
        self.stream = FakeStream(driver.link)
        self.core = atcore.create(driver, commands, self.stream, **settings)

    def note(self, cmd, *values):
        form = cmd.core.form
        values = [bytes(v) if isinstance(v, (bytearray, memoryview)) else v for v in values]
        self.calls.append((form[2] if form else None, *values))

    def __call__(self, line):
        """What the handler got, or the error."""
        self.calls.clear()
        self.core.form = None
        (answer,) = ask(self.core, line.encode() if isinstance(line, str) else line)
        if answer == b"OK":
            return self.calls[0]
        assert not self.calls
        return answer.decode().partition(":")[2].strip()

    def feed(self, data):
        """What is called by what comes over the line."""
        self.calls.clear()
        self.stream.feed(data, 0)
        listen(self.core, 100)
        return self.calls


@pytest.fixture
def desk():
    return Desk()


LEGAL = [
    ("NetUtilCmd=sign_msg,1,0,5,a,b\0c", ("sign", 2, 1, 0, 5, b"a,b\0c")),
    ("NetUtilCmd=verify_msg,7,1,4,8,AAAABBBBCCCC", ("verify", 3, 7, 1, 4, 8, b"AAAABBBBCCCC")),
    ("netutilcmd= Temp_Keys ,3,REMOVE", ("temporary", 4, 3, 2)),
    (
        "NetUtilCmd=install_op,1,install,ec,secp256r1,,key.der",
        ("install", 5, 1, 1, 1, 1, None, b"key.der"),
    ),
    ("NetUtilCmd=install_op,1,install,none,,,k", ("install", 5, 1, 1, 0, None, None, b"k")),
    ("NetUtilCmd=install_op,1,uninstall", ("uninstall", 5, 1, 2)),
    ("NetUtilCmd=install_op,1,uninstall,", ("uninstall", 5, 1, 2)),
    ("NetUtilCmd=install_op,1,uninstall,,,,", ("uninstall", 5, 1, 2)),
    ("FileCtl=RESTORE,,,FACTORY_DEFAULT", ("restore", 0, None, None, 2)),
    ("FileCtl=COMMIT,119,a.txt,", ("commit", 2, 119, b"a.txt", None)),
    ("FileCtl=ROLLBACK,119,a.txt,whatever", ("rollback", 1, 119, b"a.txt", None)),
    ('FileCtl=RENAME,0,"a,b",c', ("rename", 3, 0, b"a,b", b"c")),
    ("FileCtl=BUNDLE_COMMIT,,,", ("alone", 7, None, None, None)),
    ("FileCtl=GET_STORAGE_INFO,x,y,z", ("alone", 5, None, None, None)),
    ("MqttSet=0,user,me", ("user", 0, 0, b"me")),
    ("MqttSet=0,will,top,QoS1,1,3,a\r\n", ("will", 0, 2, b"top", 1, 1, 3, b"a\r\n")),
    ('MqttSet=0,WILL,"a,b",qos0,0,0,', ("will", 0, 2, b"a,b", 0, 0, 0, b"")),
    ("MqttSet=0,keepalive,25", ("keepalive", 0, 4, 25)),
    ("HttpSendReq=0,post,/,,0,2,xy", ("body", 0, 2, b"/", None, 0, 2, b"xy")),
    ("HttpSendReq=0,put,/,,0,2,,,", ("body", 0, 5, b"/", None, 0, 2, b",,")),
    ("HttpSendReq=0,get,/,,,,", ("bodiless", 0, 1, b"/", None, None, None, None)),
    ("HttpSendReq=0,del,/,,0,3,abc", ("bodiless", 0, 6, b"/", None, None, None, None)),
    ("Peer=RAW,INET6,::1,INET", (None, 3, 3, bytes(15) + b"\1", 2)),
    ("Peer=RAW,INET,1.2.3.4,INET6", (None, 3, 2, b"\1\2\3\4", 3)),
]


@pytest.mark.parametrize("style", [0, 1])
@pytest.mark.parametrize(("line", "call"), LEGAL)
def test_the_values_of_a_form(line, call, style):
    assert Desk(style=style)("AT+" + line) == call


@pytest.mark.parametrize(("line", "call"), LEGAL)
def test_the_same_over_a_line_and_a_payload_is_no_command(desk, line, call):
    """The finder of headers knows the form by its keyword; what is behind a payload is a line."""
    line = b"AT+" + line.encode() + b"\r\n"
    assert desk.feed(line) == [call]
    data = call[-1] if call[0] in ("sign", "verify", "will", "body") else None
    if data:
        canary = b"\r\nAT+Canary\r\n"[: len(data)].ljust(len(data), b"\n")
        at = line.rindex(data)
        spoiled = line[:at] + canary + line[at + len(data) :]
        assert desk.feed(spoiled) == [(*call[:-1], canary)]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("NetUtilCmd=create_cert,1", EMPTY),  # known, and none of its forms
        ("NetUtilCmd=create_cert", CUT),
        ("NetUtilCmd=nothing,1", WRONG),
        ("NetUtilCmd=nothing", CUT),
        ("NetUtilCmd=", CUT),
        ("NetUtilCmd=sign_msg", CUT),
        ("NetUtilCmd=sign_msg,1,0", CUT),
        ("NetUtilCmd=sign_msg,1,0,5", CUT),
        ("NetUtilCmd=sign_msg,x,0,5,abcde", WRONG),
        ("NetUtilCmd=sign_msg,1,2,5,abcde", WRONG),
        ("NetUtilCmd=sign_msg,1,0,5,abcd", LONG),
        ("NetUtilCmd=sign_msg,1,0,5,abcdef", LONG),
        ("NetUtilCmd=sign_msg,1,0,,", EMPTY),
        ("NetUtilCmd=verify_msg,1,0,2,3,abcd", LONG),
        ("NetUtilCmd=temp_keys,1,install", WRONG),
        ("NetUtilCmd=temp_keys,1,create,1", COUNT),
        ("NetUtilCmd=temp_keys,1,create,,,1", COUNT),
        ('NetUtilCmd=temp_keys,1,create,""', COUNT),
        ("NetUtilCmd=install_op,1,remove,", WRONG),
        ("NetUtilCmd=install_op,1,remove", CUT),
        ("NetUtilCmd=install_op,1,install", CUT),
        ("NetUtilCmd=install_op,1,uninstall,x", COUNT),
        ("FileCtl=COMMIT,119,a.txt", COUNT),
        ("FileCtl=COMMIT,119,a.txt,,", COUNT),
        ("FileCtl=BUNDLE_COMMIT", COUNT),
        ("FileCtl=COMMIT,,a.txt,", EMPTY),
        ("FileCtl=RESTORE,,,COMMIT", WRONG),
        ("MqttSet=0,password,half,pass", COUNT),  # never half a password with OK
        ("MqttSet=0,will,top,QoS1,2,1,x", WRONG),
        ("MqttSet=0,keepalive,25,1", COUNT),
        ("HttpSendReq=0,get,/", COUNT),
        ("HttpSendReq=0,post,/,,0,,", EMPTY),
        ("Peer=RAW,INET,::1,INET6", CUT),
        ("Peer=RAW,INET6,1.2.3.4,INET", CUT),
    ],
)
def test_what_a_form_refuses(desk, line, error):
    assert desk("AT+" + line) == error


def test_style_ti_ignores_what_stands_behind_numbers_alone():
    desk = Desk(style=1)
    assert desk("AT+MqttSet=0,keepalive,25,1") == ("keepalive", 0, 4, 25)
    assert desk("AT+MqttSet=0,user,me,too") == "number of parameters,0"
    assert desk("AT+NetUtilCmd=temp_keys,1,create,1") == "number of parameters,0"
    assert desk("AT+NetUtilCmd=install_op,1,uninstall,1") == "number of parameters,0"


HELP = [
    ("NetUtilCmd=?", "[Cmd],[Value1],...,[ValueX]"),
    ("FileCtl=?", "[Command],[Secure_Token],[Filename],[Data]"),
    ("MqttSet=?", "[index],[option],[value1],...,[valueX]"),
    ("NetUtilCmd=sign_msg,?", "sign_msg,[Value1],[Value2],[Value3],[Value4]"),
    ("NetUtilCmd=TEMP_KEYS, ? ", "temp_keys,[Value1],[Value2:create|remove]"),
    ("NetUtilCmd=install_op,?", "install_op,[Value1],[Value2:install|uninstall]"),
    (
        "NetUtilCmd=install_op,1,install,?",
        "install_op,1,install,[Value3:none|ec],[Value4:none|secp256r1],[Value5],[Value6]",
    ),
    ("NetUtilCmd=install_op,1,uninstall,?", "install_op,1,uninstall"),
    (
        "FileCtl=RESTORE,?",
        "RESTORE,[Secure_Token],[Filename],[Data:FACTORY_IMAGE|FACTORY_DEFAULT]",
    ),
    ("MqttSet=1,will,?", "1,will,[value1],[value2:QoS0|QoS1|QoS2],[value3],[value4],[value5]"),
    ("Peer=?", "[Kind],[Theirs],[Address],[Ours]"),
    ("Plain=?", "[Type],[Option],[Value]"),
]


@pytest.mark.parametrize(("line", "usage"), HELP)
def test_help_behind_what_chooses_a_form(desk, line, usage):
    name = line.partition("=")[0]
    assert ask(desk.core, b"AT+" + line.encode()) == [f"+{name}: {usage}".encode(), b"OK"]
    assert not desk.calls


@pytest.mark.parametrize(("line", "usage"), HELP)
def test_help_in_style_ti_is_bare(line, usage):
    """at-commands.md 2.3; keywords are in lower case there."""
    answer = ask(Desk(style=1).core, b"AT+" + line.encode())
    words = {"RESTORE", "FACTORY_IMAGE", "FACTORY_DEFAULT", "QoS0", "QoS1", "QoS2"}
    for word in words:
        usage = usage.replace(word, word.lower())
    assert answer == [usage.encode(), b"OK"]


def test_from_verbose_1_on_keywords_are_shown_without_being_chosen():
    core = Desk(verbose=1).core
    assert ask(core, b"AT+Peer=?") == [
        b"+Peer: [Kind:STREAM|DGRAM|RAW],[Theirs:INET|INET6],[Address],[Ours:INET|INET6]",
        b"OK",
    ]
    assert ask(core, b"AT+Plain=?") == [b"+Plain: [Type:STREAM|DGRAM],[Option],[Value]", b"OK"]
    commands = "sign_msg|verify_msg|temp_keys|install_op"
    assert ask(core, b"AT+NetUtilCmd=?") == [
        f"+NetUtilCmd: [Cmd:{commands}],[Value1],...,[ValueX]".encode(),
        b"OK",
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("NetUtilCmd=?,1", WRONG),
        ("NetUtilCmd=sign_msg,??", CUT),
        ('NetUtilCmd=temp_keys,"?"', CUT),
        ("NetUtilCmd=temp_keys,1,?", WRONG),  # a number chooses nothing
        ("FileCtl=COMMIT,?,a.txt,", WRONG),  # not the last
        ("FileCtl=COMMIT,119,?", COUNT),
        ("MqttSet=?,user,x", WRONG),
        ("MqttSet=?,", WRONG),
        ("Peer=RAW,?", COUNT),
    ],
)
def test_a_question_mark_elsewhere_is_a_value(desk, line, error):
    assert desk("AT+" + line) == error
    assert desk('AT+MqttSet=0,user,"?"') == ("user", 0, 0, b"?")


def test_errors_tell_more_from_verbose_1_on():
    core = Desk(verbose=1).core
    for line, error in (
        (b"FileCtl=COMMIT", b"number of parameters (4 wanted, 1 given), 0"),
        (b"MqttSet=0,password,half,pass", b"number of parameters (3 wanted, 4 given), 0"),
        (b"MqttSet=0,will,t,QoS3,0,1,x", b"parse parameters (value2), -4"),
        (b"NetUtilCmd=create_cert,1", b"parse parameters (Cmd), -1"),
        (b"NetUtilCmd=sign_msg,1,0,2,x", b"parse parameters (Value4), -5"),
    ):
        assert ask(core, b"AT+" + line) == [b"ERROR:" + error]


def test_a_family_that_is_not_declared_is_told_at_once():
    from atcore.dispatch import Commands

    with pytest.raises((ValueError, IndexError)):
        Commands().command(b"Peer", (("Address", "addr", "", "Family"),))


def declared_forms(args):
    """All lists of arguments."""
    yield args
    if args and args[-1][1] == "forms":
        for row in args[-1][3]:
            yield from declared_forms(row[1])


def test_the_declarations_of_the_built_commands():
    """What nobody checks while a line is parsed: a payload ends its form and is announced, the
    number of parameters is the same in all forms unless it varies.
    """
    from tests.target import declared

    for name, row in declared.load().items():
        args = row[declared.ARGS]
        lists = list(declared_forms(args))
        laden = [one for one in lists if one and one[-1][1] == "data"]
        assert bool(laden) == bool(row[declared.PAYLOAD]), name
        assert not any(arg[1] in ("data", "forms") for one in lists for arg in one[:-1]), name
        if row[declared.NUMBER] is not None:
            forms = [form for form in declared.forms(row) if not form.tail]
            assert {len(f.args) for f in forms} == {row[declared.NUMBER]}, name
