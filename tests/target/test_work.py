"""Background work of a chapter on the board: events with payload that are never dropped."""

import pytest

from tests.target import repl

COUNT = 40
TOY = f"""
from atcore.apps import at_commands
from simplelink.waiter import Sleep

core = at_commands._application.core
log = []
RECV = (("raw", 0), ("str", 1), ("u8", 2))

async def beat():
    buf = bytearray(1000)
    try:
        await Sleep(core.sl.link, 1500)
        for i in range({COUNT}):
            buf[:] = b"%c" % (97 + i % 26) * 1000
            await core.work().tell(b"EventToy", RECV, (b"recv", b"x,y", i), buf, 0)
        await Sleep(core.sl.link, 60000)
    finally:
        log.append(b"closed")

core.work().start("toy", beat())
"""


@pytest.mark.prompt
@pytest.mark.world
def test_a_task_tells_more_than_the_queue_holds_and_stop_ends_it(talk):
    """Lines are answered meanwhile; nothing is lost, each message is whole."""
    repl.once(talk.at, TOY)
    talk.replies.clear()
    for i in range(COUNT):
        event = talk.event("+EventToy: ")
        text = chr(97 + i % 26) * 1000
        assert event == f'+EventToy: recv,"x,y",{i},0,1000,{text}'
        if i % 5 == 0:
            talk.ok("AT+Test")
    assert not talk.events
    talk.ok("AT+Stop=0", "AT+Start")
    assert repl.once(talk.at, "print(log, core.tasks)").strip() == "[b'closed'] []"
