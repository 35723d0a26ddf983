"""A command that the firmware does not have, typed at the prompt (trial/): what it takes.

NetAPPPing is one short file, which does not know a style. It answers as guide table 54 says.
"""

from pathlib import Path

import pytest

from tests.target import repl

FOLDER = Path(__file__).with_name("trial")
PING = (FOLDER / "ping.py").read_text(encoding="utf-8")
GATEWAY = "10.1.0.1"


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
    assert "cmd.ti" not in PING and ".value()" not in PING


@pytest.mark.prompt
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


@pytest.mark.prompt
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


@pytest.mark.prompt
def test_a_ping_that_is_refused_is_one_error(ping, talk, world):
    """Recording netapp.ping.nwperr: the driver does not accept, and there is no OK."""
    world.control.call("fault", do="status", to="NETAPP_PING_V4", status=-6161)
    assert talk.error(ping(f"{GATEWAY},64,500,1000,5,0")) == "process command, -6161"
    assert talk.error(ping("1.2.3,64,500,1000,5,0")) == "parse parameters, -3"
    assert talk.error(ping(f"{GATEWAY},64")) == "number of parameters, 0"
    assert talk.error(f"AT+NetAPPPing=RF,{GATEWAY},64,500,1000,5,0").startswith("parse parameters")
    talk.ok("AT+Test")
    assert not talk.lates
