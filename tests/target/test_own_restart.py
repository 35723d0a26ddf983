"""The driver restarts the network processor by itself: commands wait until it takes them again.

It is asked to while provisioning (DEVICE_RESET_REQUEST, nwp-protocol 1.5 and 6.1), here with calls
allowed. The model takes some 7 ms to stop and 20 to boot.
"""

import pytest

pytestmark = pytest.mark.world
LINES = [
    ("AT+Set=AT,VERBOSE,1", []),
    ("AT+Get=General,Version", None),
    ("AT+Socket=INET,DGRAM,UDP", ["+Socket: 0"]),
    ("AT+Stop=200", []),
]


@pytest.fixture
def provisioning(talk, world):
    for bit in ("PROVISIONING_ACTIVE", "PROVISIONING_ENABLE_API"):
        world.control.call("status", bit=bit, on=True)
    world.control.call("dummy")
    talk.sleep(0.05)
    return talk


def frames(world) -> list[tuple[str, str]]:
    """(direction, name) of what crossed the link."""
    return [(direction, name) for _, direction, name in world.control.call("log", last=1000)]


@pytest.mark.parametrize(("line", "value"), LINES, ids=[line[0] for line in LINES])
@pytest.mark.parametrize("ms", range(0, 24, 2))
def test_a_command_waits_until_the_network_processor_takes_it(
    provisioning, world, ms, line, value
):
    talk = provisioning
    version = talk("AT+Get=General,Version")[:-1]
    world.model.log.clear()
    world.control.call("reset_request", caller=0, session=77)
    world.pass_time(ms / 1000)
    at = talk.at.clock()
    talk.send(line)
    assert talk.reply() == [*(version if value is None else value), "OK"]
    assert talk.at.clock() - at < 0.15 + 2 * (world.times.boot_s + world.times.stop_s)
    if line == "AT+Stop=200":
        talk.ok("AT+Start")
    assert talk("AT+Get=General,Version")[:-1] == version
    talk.ok("AT+Set=AT,ECHO,0", "AT+Test")
    crossed = frames(world)
    assert ("H", "DEVICE_STOP") in crossed and ("N", "DEVICE_INIT_COMPLETE") in crossed
    assert not talk.events and world.model.violations == []


def test_the_setting_made_meanwhile_is_in_the_file(provisioning, world, board):
    talk = provisioning
    world.control.call("reset_request", caller=0, session=77)
    world.pass_time(0.012)
    talk.ok("AT+Set=AT,VERBOSE,1")
    assert b"VERBOSE=1" in bytes.fromhex(world.control.call("file", name="/atcore/settings"))


def test_a_late_command_waits_in_the_background(provisioning, world):
    talk = provisioning
    world.control.call("reset_request", caller=0, session=77)
    world.pass_time(0.005)
    talk.send("AT+Recv=3,0,10")
    talk.send("AT+Test")
    assert [talk.reply(), talk.reply()] == [["OK"], ["OK"]]
    assert talk.late() == "ERROR:process command +Recv 3, -9"
    assert world.model.violations == []
