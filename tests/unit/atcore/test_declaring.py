"""What is declared at run time must say what its commands need (atcore/declaring.py)."""

import pytest

from tests.unit.atcore.fake import FakeDriver, FakeStream, ask, listen

SIZE, FORMAT, DATA = ("Length", "size", ""), ("Format", "format", ""), ("Data", "data", "")
ROLE = ("Role", "key", "", b"wlan_role")
NUMBER = ("Number", "u8", "")
LADEN = ((0, (FORMAT, SIZE, DATA)), (2, (NUMBER, NUMBER, NUMBER)))


@pytest.fixture
def commands():
    from atcore.dispatch import Commands

    return Commands()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"payload": True}, "has no payload in any form: declare payload=False"),
        ({"args": (NUMBER,), "payload": True}, "has no payload in any form"),
        ({"args": (ROLE,), "forms": LADEN[1:], "payload": True}, "has no payload in any form"),
        ({"args": (ROLE,), "forms": LADEN}, "has a payload in a form: declare payload=True"),
        ({"args": (ROLE,), "forms": ((0, ()), (2, (NUMBER,)))}, "declare varies=True"),
        ({"args": (DATA,)}, 'needs its length: an argument of kind "size" before it'),
        ({"args": (ROLE,), "forms": ((0, (FORMAT, DATA)),), "payload": True}, "needs its length"),
        ({"args": (SIZE, SIZE, SIZE, DATA)}, "one length or two, and one format"),
        ({"args": (FORMAT, FORMAT, SIZE, DATA)}, "one length or two, and one format"),
        ({"args": (("Length", "size", "?"), DATA)}, "Length may not be empty"),
        ({"args": (("Format", "format", "?"), SIZE, DATA)}, "Format may not be empty"),
        ({"args": (SIZE, DATA, NUMBER)}, 'nothing stands behind an argument of kind "data"'),
        ({"args": (("V", "forms", "", LADEN), NUMBER)}, 'behind an argument of kind "forms"'),
        ({"args": (NUMBER,), "forms": LADEN, "payload": True}, "chosen by keywords"),
        ({"forms": LADEN, "payload": True}, "nothing stands before what chooses the form"),
        ({"args": (ROLE,), "forms": (((1, 0), (NUMBER,)),)}, "nothing stands before what chooses"),
        (
            {
                "args": (ROLE,),
                "payload": True,
                "forms": ((2, (NUMBER, NUMBER)), (None, (SIZE, DATA))),
            },
            "a form for any value has a payload, and one before it has none",
        ),
        ({"args": (ROLE,), "forms": ((0, NUMBER, 1), 5)}, "is .name, kind, flags., not 'Number'"),
        ({"args": (ROLE,), "forms": (0, ())}, "a row of forms is .choice, arguments., not 0"),
        ({"args": (("Number", "u9", ""),)}, 'Number is of a kind that is none: "u9"'),
        ({"args": (("Number", "u8"),)}, "an argument is .name, kind, flags., not"),
        ({"args": ("Number",)}, "an argument is .name, kind, flags., not 'Number'"),
        ({"args": (("Name", "str", ""),)}, 'Name, of kind "str", lacks a limit'),
        ({"args": (("Role", "key", ""),)}, 'Role, of kind "key", lacks a limit'),
        ({"args": (("Low", "range", "", 1),)}, 'Low, of kind "range", lacks a limit'),
        ({"args": (("Role", "key", "", b"no_such"),)}, "keywords of a table that is none"),
        ({"args": (("Role", "mask", "", "wlan_role"),)}, "keywords of a table that is none"),
        ({"args": (("O", "sub", "", ((1, b"wlan_role"),)),)}, "O goes with a value before it"),
        ({"args": (ROLE, ("O", "sub", "", ((1, b"no_such"),)))}, "keywords of a table that is"),
        ({"args": (("Address", "addr", "", "Family"),)}, "Address.*family"),
        ({"args": (("Address", "addr", ""),)}, "Address.*family"),
        ({"args": 25 * (NUMBER,)}, "at most 24 parameters"),
        ({"name": "Trial"}, "the name is bytes"),
        ({"name": 30 * b"x", "args": (SIZE, DATA)}, "its name may have 29 letters"),
    ],
)
def test_what_is_forgotten_is_told(commands, said, what):
    with pytest.raises(ValueError, match="^(Trial|x+): .*" + what):
        commands.command(**{"name": b"Trial", **said})
    assert not commands.table and not commands.payloads


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"args": (NUMBER, ("Name", "str", "", 9), ("All", "any", "?"))},
        {"args": (SIZE, DATA)},
        {"args": (FORMAT, SIZE, SIZE, DATA)},
        {"args": (ROLE,), "forms": LADEN, "payload": True, "varies": True},
        {"args": (ROLE,), "forms": ((None, (SIZE, DATA)),), "payload": True},
        {"args": (NUMBER,), "forms": ((1, (NUMBER,)), (None, (ROLE,)))},
        {"args": (("F", "family", ""), ("A", "addr", "", "F"), ("L", "list", ""))},
    ],
)
def test_what_can_work_is_taken(commands, said):
    commands.command(b"Trial", **said)(lambda *values: None)
    assert list(commands.table) == [b"at+trial"]


def test_what_the_firmware_declares_is_as_it_must_be():
    from atcore.declaring import check
    from tests.target import declared

    for name, row in declared.load().items():
        args = list(row[declared.ARGS])
        for at, arg in enumerate(args):
            if arg[1] == "addr":  # it has the number of its family by now
                args[at] = (*arg[:3], args[arg[3]][0], *arg[4:])
        check(name.encode(), tuple(args), payload=row[declared.PAYLOAD], varies=True)


def test_one_that_is_declared_again_is_framed_as_it_says_last(commands):
    """Who tries at the prompt does so again and again."""
    import atcore

    got = []
    first = {"args": (NUMBER, SIZE, DATA)}
    ways = [first, {"args": (SIZE, DATA)}, {"args": (NUMBER,)}, first]
    commands.command(b"Other", (SIZE, DATA), offline=True)(lambda cmd, n, data: None)
    for said in ways:
        commands.command(b"Trial", offline=True, **said)(lambda cmd, *values: got.append(values))
    driver = FakeDriver()
    stream = FakeStream(driver.link)
    core = atcore.create(driver, commands, stream)
    for said in ways:
        commands.command(b"Trial", offline=True, **said)(lambda cmd, *values: got.append(values))
        line = b"AT+Trial=7" if len(said["args"]) == 1 else b"AT+Trial=7,7,a\nAT+x\n"
        line = line if len(said["args"]) != 2 else b"AT+Trial=7,a\nAT+x\n"
        stream.feed(line + b"\r\n" + b"AT+Other=4,AT+x\r\n")
        assert listen(core, 30) == [b"OK", b"OK"], said
    assert [len(values) for values in got] == [3, 2, 1, 3]
    assert ask(core, b"AT+Trial=1,1,x") == [b"OK"]
