"""The settings and their file (README, table of settings; atcore/settings.py has the format)."""

import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from atcore import settings
from atcore.settings import FILE, decode, encode
from simplelink.waiter import Completion
from tests.unit.atcore.fake import Wait, ask, listen

DEFAULTS = {"style": 0, "echo": 0, "banner": 1, "autostart": 1, "baud": 115200, "verbose": 0}
DEFAULTS["sendwait"] = 10
LIMITS = {"style": 1, "echo": 1, "banner": 1, "autostart": 1, "verbose": 2}

values = st.fixed_dictionaries(
    {name: st.integers(0, high) for name, high in LIMITS.items()}
    | {"baud": st.integers(1200, 3000000), "sendwait": st.integers(1, 65)}
)


def summed(text):
    """A file with this content and the right sum."""
    return text + b"SUM=%08x\n" % zlib.adler32(text)


@example(b"\xff" * 512)
@given(st.binary(max_size=600))
def test_the_sum_is_adler_32(data):
    assert settings.adler32(data) == zlib.adler32(data)


def test_the_file_is_as_documented():
    text = b"STYLE=guide\nECHO=0\nBANNER=1\nAUTOSTART=1\nBAUD=115200\nVERBOSE=0\nSENDWAIT=10\n"
    assert encode(DEFAULTS) == summed(text)
    assert encode(DEFAULTS | {"style": 1}).startswith(b"STYLE=ti\n")


@given(values)
def test_what_is_written_is_read_back(chosen):
    assert decode(encode(chosen)) == chosen
    assert decode(memoryview(encode(chosen))) == chosen


@given(values, st.data())
def test_any_damage_is_noticed(chosen, data):
    file = bytearray(encode(chosen))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= data.draw(st.integers(1, 255))
    assert decode(file) == {}


@given(values, st.integers(0, 200))
def test_a_file_that_was_cut_off_counts_as_damaged(chosen, size):
    file = encode(chosen)
    if size < len(file):
        assert decode(file[:size]) == {}


@given(st.binary(max_size=200))
def test_nonsense_counts_as_damaged(data):
    assert decode(data) == {}


@pytest.mark.parametrize("data", [b"", b"SUM=", b"SUM=00000001\n" * 2, bytes(512), b"\xff" * 512])
def test_files_that_are_none(data):
    assert decode(data) == {}


def test_an_empty_file_of_the_right_form_says_nothing():
    assert decode(summed(b"")) == {}


def test_unknown_names_are_skipped():
    assert decode(summed(b"COLOUR=blue\nECHO=1\nWIDTH=80\n")) == {"echo": 1}


@pytest.mark.parametrize(
    "text",
    [
        b"ECHO=2\n",
        b"ECHO=-1\n",
        b"ECHO=\n",
        b"ECHO=on\n",
        b"ECHO=0x1\n",
        b"ECHO= 1\n",
        b"ECHO\n",
        b"STYLE=french\n",
        b"STYLE=\n",
        b"STYLE=1\n",
        b"BAUD=1199\n",
        b"BAUD=3000001\n",
        b"BAUD=guide\n",
        b"ECHO=1\nBAUD=0\n",
        b"ECHO=ti\n",
    ],
)
def test_a_value_out_of_range_or_form_counts_as_damaged(text):
    assert decode(summed(text)) == {}


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (b"AT+Set=AT,ECHO,2", b"ERROR:parse parameters, -4"),
        (b"AT+Set=AT,ECHO,", b"ERROR:parse parameters, -1"),
        (b"AT+Set=AT,ECHO", b"ERROR:parse parameters, -3"),
        (b"AT+Set=AT,BAUD,1199", b"ERROR:parse parameters, -4"),
        (b"AT+Set=AT,BAUD,3000001", b"ERROR:parse parameters, -4"),
        (b"AT+Set=AT,STYLE,french", b"ERROR:parse parameters, -4"),
        (b"AT+Set=AT,STYLE,1", b"ERROR:parse parameters, -4"),
        (b"AT+Set=AT,COLOUR,1", b"ERROR:parse parameters, -4"),
        (b"AT+Get=AT,COLOUR", b"ERROR:parse parameters, -4"),
        (b"AT+Get=AT,", b"ERROR:parse parameters, -1"),
    ],
)
def test_wrong_settings_change_nothing(make, line, answer):
    core = make()
    assert ask(core, line) == [answer]
    assert {n: getattr(core.settings, n) for n in DEFAULTS} == DEFAULTS
    assert not core.sl.fs.files


@pytest.mark.parametrize(
    ("name", "value"),
    [("ECHO", "1"), ("BANNER", "0"), ("AUTOSTART", "0"), ("BAUD", "921600"), ("VERBOSE", "1")]
    + [("SENDWAIT", "1"), ("SENDWAIT", "65")],
)
def test_a_setting_is_told_and_kept(make, name, value):
    core = make()
    assert ask(core, f"AT+Set=AT,{name},{value}".encode()) == [b"OK"]
    assert ask(core, f"AT+Get=AT,{name}".encode()) == [f"+Get: {value}".encode(), b"OK"]
    kept = decode(core.sl.fs.files[FILE])
    assert kept == DEFAULTS | {name.lower(): int(value)}


def test_the_style_changes_with_the_next_command(make):
    core = make()
    assert ask(core, b"AT+Set=AT,STYLE,ti") == [b"OK"]
    assert ask(core, b"AT+Get=AT,STYLE") == [b"+get:ti", b"OK"]
    assert ask(core, b"AT+Set=AT,STYLE,GUIDE") == [b"OK"]
    assert ask(core, b"AT+Get=AT,STYLE") == [b"+Get: guide", b"OK"]


def test_what_the_store_refuses_is_an_error_and_not_in_force(make):
    core = make()
    core.sl.fs.fail = -10287
    assert ask(core, b"AT+Set=AT,ECHO,1") == [b"ERROR:process command, -10287"]
    assert ask(core, b"AT+Get=AT,ECHO") == [b"+Get: 0", b"OK"]
    assert ask(core, b"AT+Set=AT,STYLE,ti") == [b"ERROR:process command, -10287"]
    assert ask(core, b"AT+Start") == [b"OK"] and not core.settings.changes
    core.sl.fs.fail = 0
    assert ask(core, b"AT+Set=AT,BANNER,0") == [b"OK"]
    assert decode(core.sl.fs.files[FILE]) == DEFAULTS | {"banner": 0}


def test_what_the_store_refuses_leaves_what_it_has_not_got_yet(make):
    core = make()
    core.sl.link.state = 0
    assert ask(core, b"AT+Set=AT,ECHO,1") == [b"OK"]
    core.sl.link.state, core.sl.fs.fail = 1, -10287
    assert ask(core, b"AT+Set=AT,ECHO,0") == [b"ERROR:process command, -10287"]
    assert ask(core, b"AT+Get=AT,ECHO") == [b"+Get: 1", b"OK"]
    core.sl.fs.fail = 0
    assert ask(core, b"AT+Set=AT,BANNER,0") == [b"OK"]
    assert decode(core.sl.fs.files[FILE]) == DEFAULTS | {"echo": 1, "banner": 0}


@pytest.mark.parametrize(("name", "was"), [("ECHO", 0), ("BANNER", 1), ("STYLE", 0)])
def test_a_file_that_does_not_answer_costs_two_seconds_and_changes_nothing(make, name, was):
    """After that everything is as before; what is set meanwhile is kept as soon as that can be."""
    core = make()
    store = core.sl.fs.store
    core.sl.fs.store = lambda *args: stuck(core.link)
    value = "ti" if name == "STYLE" else 1 - was
    core.send(f"AT+Set=AT,{name},{value}".encode())
    assert listen(core, 1990) == []
    assert listen(core, 20) == [b"ERROR:process command, -2005"]
    core.sl.fs.store = store
    assert getattr(core.settings, name.lower()) == was and not core.ti
    assert ask(core, b"AT+Test") == [b"OK"]
    assert ask(core, b"AT+Set=AT,VERBOSE,1") == [b"OK"]
    assert ask(core, b"AT+Get=General,Persistent") == []
    assert not core.sl.fs.files
    core.link.state, core.link.owners[23] = 1, None  # the store has answered after all
    assert listen(core, 10) == [b"+Get: 1", b"OK"]
    assert decode(core.sl.fs.files[FILE]) == DEFAULTS | {"verbose": 1}


async def stuck(link):
    """A command that holds the slot for ever."""
    link.state, link.owners[23] = 17, Completion()
    await Wait()


@pytest.mark.parametrize("style", [0, 1])
def test_what_cannot_be_kept_is_told_and_does_not_make_a_start_fail(make, style):
    core = make(style=style)
    core.sl.link.state = 0
    ask(core, b"AT+Set=AT,ECHO,1")
    core.sl.link.state, core.sl.fs.fail = 1, -10287
    said = [b"OK"] if style else [b"OK", b"ERROR:process command +Set, -10287"]
    assert sorted(ask(core, b"AT+Start")) == sorted(said)
    assert core.settings.echo == 1
    core.sl.fs.fail = 0
    assert ask(core, b"AT+Set=AT,VERBOSE,1") == [b"OK"]
    assert decode(core.sl.fs.files[FILE]) == DEFAULTS | {"style": style, "echo": 1, "verbose": 1}


def test_settings_work_while_the_network_processor_is_stopped(make):
    core = make()
    core.sl.link.state = 0
    assert ask(core, b"AT+Set=AT,ECHO,1") == [b"OK"]
    assert ask(core, b"AT+Get=AT,ECHO") == [b"+Get: 1", b"OK"]
    assert not core.sl.fs.files
    core.sl.link.state = 1
    assert ask(core, b"AT+Start") == [b"OK"]
    assert decode(core.sl.fs.files[FILE])["echo"] == 1


def test_the_file_does_not_undo_what_was_set_before_it_was_read(make):
    core = make()
    core.sl.link.state = 0
    ask(core, b"AT+Set=AT,ECHO,1")
    core.settings.apply({"echo": 0, "verbose": 1})
    assert (core.settings.echo, core.settings.verbose) == (1, 1)


def test_a_baud_on_trial_is_kept_only_when_it_has_proved_itself(make):
    core = make()
    core.settings.on_trial = True
    assert ask(core, b"AT+Set=AT,BAUD,9600") == [b"OK"]
    assert core.attention and core.settings.baud == 9600
    ask(core, b"AT+Set=AT,ECHO,1")
    assert decode(core.sl.fs.files[FILE])["baud"] == 115200
    core.settings.prove()
    ask(core, b"AT+Set=AT,ECHO,0")
    assert decode(core.sl.fs.files[FILE])["baud"] == 9600
