"""Three commands that the firmware does not have, typed at the prompt (trial/): what they take.

FileDel and FileGetInfo are a declaration with its handler, and a test; NetAPPPing is one short
file. None of them knows a style. They answer as guide tables 41, 43 and 54 say, and in style ti
as TI's core was recorded.
"""

from pathlib import Path

import pytest

from tests.target import repl

FOLDER = Path(__file__).with_name("trial")
FILES, PING = ((FOLDER / name).read_text(encoding="utf-8") for name in ("files.py", "ping.py"))
STORE = """
from atcore.apps import at_commands
sl = at_commands._application.core.sl
sl.run(sl.fs.store(b"f.txt", bytes(1000), 4096))
"""
ABSENT = "process command, -10341"
GATEWAY = "10.1.0.1"


@pytest.fixture
def files(talk):
    """A board with file commands, and a file of 1,000 bytes."""
    assert talk.error("AT+FileDel=f.txt,") == "command not exist, 0"
    repl.once(talk.at, FILES + STORE)
    talk.replies.clear()
    return talk


@pytest.fixture
def ping(talk):
    """A board with NetAPPPing that has joined a network."""
    repl.once(talk.at, PING)
    talk.replies.clear()
    talk.late_names.add("netappping")
    talk.join()
    return lambda values: f"AT+NetAPPPing=INET,{values}"


def test_what_they_take():
    assert len(PING.splitlines()) <= 40
    assert "cmd.ti" not in FILES + PING and ".value()" not in FILES + PING


def test_a_file_is_told_of_and_deleted(files):
    """Tables 41 and 43; rule M4."""
    talk = files
    flags, size, room, tokens, storage, writes = talk.value("AT+FileGetInfo=f.txt,").split(",")
    assert (size, room) == ("1000", "4096") and int(storage) > 4096
    assert len([int(token) for token in tokens.split("|")]) == 4
    assert int(writes) >= 0 and "SECURE" not in flags
    talk.ok("AT+FileDel=f.txt,")
    assert talk.error("AT+FileGetInfo=f.txt,") == ABSENT
    assert talk.error("AT+FileDel=f.txt,0x1234") == ABSENT
    assert talk.error("AT+FileDel=f.txt") == "number of parameters, 0"
    assert talk.error("AT+FileDel=,") == "parse parameters, -1"
    assert talk.error("AT+FileGetInfo=f.txt,x") == "parse parameters, -4"
    assert talk("AT+FileGetInfo=?") == ["+FileGetInfo: [FileName],[SecureToken]", "OK"]


def test_a_ping_reports_once_or_for_each(ping, talk):
    """Table 54, rules O3 and O4: reports behind OK, and no second OK."""
    talk.ok(ping(f"{GATEWAY},64,500,1000,5,0"))
    assert talk.late("+NetAPPPing: ").startswith("+NetAPPPing: 5,5,")
    talk.ok(ping(f"{GATEWAY},64,200,1000,3,1"))
    sent = [talk.late("+NetAPPPing: ").split(": ")[1].split(",")[:2] for _ in range(3)]
    assert sent == [["1", "1"], ["2", "2"], ["3", "3"]]
    talk.ok(ping(f"{GATEWAY},64,200,1000,9,2"))
    assert talk.late("+NetAPPPing: ").startswith("+NetAPPPing: 1,1,")
    talk.sleep(3)
    assert not talk.lates and not talk.replies


def test_a_ping_without_end_is_ended_by_destination_0_or_stop(ping, talk):
    talk.ok(ping(f"{GATEWAY},64,200,1000,0,1"))
    assert talk.late("+NetAPPPing: 2,2,")
    talk.ok("AT+Test", ping("0,0,0,0,0,0"))
    talk.sleep(1)
    talk.lates.clear()
    talk.sleep(2)
    assert not talk.lates
    talk.ok(ping(f"{GATEWAY},64,200,1000,0,1"), "AT+Stop=200")
    assert talk.late("ERROR:") == "ERROR:process command +NetAPPPing, -2017"
    talk.ok("AT+Start")


def test_a_ping_that_is_refused_is_one_error(ping, talk, world):
    """Recording netapp.ping.nwperr: the driver does not accept, and there is no OK."""
    world.control.call("fault", do="status", to="NETAPP_PING_V4", status=-6161)
    assert talk.error(ping(f"{GATEWAY},64,500,1000,5,0")) == "process command, -6161"
    assert talk.error(ping("1.2.3,64,500,1000,5,0")) == "parse parameters, -3"
    assert talk.error(ping(f"{GATEWAY},64")) == "number of parameters, 0"
    assert talk.error(f"AT+NetAPPPing=RF,{GATEWAY},64,500,1000,5,0").startswith("parse parameters")
    talk.ok("AT+Test")
    assert not talk.lates
