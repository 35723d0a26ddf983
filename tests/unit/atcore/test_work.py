"""Background work of a chapter, and events that hold their source back (guide-style.md M, O9)."""

import base64
import types

import pytest

from simplelink.errors import SlError
from tests.unit.atcore.fake import FakeDriver, FakeStream, Wait, ask, listen, messages

OK = b"OK"
RECV = (("raw", 0), ("str", 1), ("raw", 2), ("u8", 3), ("u8", 4))
LOST = b"+EventToy: disconnect"


class Timer:
    """Done when its time has come."""

    done = False

    def __init__(self, link, ms):
        self.link, self.deadline = link, link.now + ms

    def ready(self):
        return self.link.now >= self.deadline

    def __iter__(self):
        while not self.ready():
            yield self

    __await__ = __iter__


class Toy:
    """A client as MQTT's will be: messages come in `inbox`, and are told one by one."""

    def __init__(self, core, format=0):
        self.core, self.format = core, format
        self.inbox = []
        self.more = Wait()
        self.taken = 0
        self.closed = 0
        self.buffer = bytearray(4096)

    def bring(self, *payloads):
        self.inbox += payloads
        self.more.done = True
        self.core.wake()

    def bring_error(self, code):
        self.more.finish(error=code)
        self.core.wake()

    async def receive(self):
        try:
            while True:
                await self.more
                self.more = Wait()
                while self.inbox:
                    data = self.inbox.pop(0)
                    self.taken += 1
                    self.buffer[: len(data)] = data
                    await self.core.work().tell(
                        b"EventToy",
                        RECV,
                        (b"recv", b"x,y", b"QoS1", 0, 1),
                        memoryview(self.buffer)[: len(data)],
                        self.format,
                    )
        finally:
            self.closed += 1

    def failed(self, error):
        return LOST + b"\r\n"


@pytest.fixture
def chapter():
    """(core, its clients): a core with the chapter of toys."""
    import atcore
    from atcore.commands import device  # noqa: F401
    from atcore.dispatch import Commands

    toys, table = [], Commands()

    @table.command(b"ToyCreate", (("format", "u8", ""),), offline=True)
    def create(cmd, format):
        toys.append(Toy(cmd.core, format))
        cmd.core.work().start(toys[-1], toys[-1].receive(), toys[-1].failed)

    @table.command(b"ToyDelete", (("index", "u8", ""),), offline=True)
    def delete(cmd, index):
        cmd.core.work().cancel(toys[index])

    @table.command(b"Stop", (("Timeout", "u16", ""),))
    async def stop(cmd, timeout):
        await device.stop(cmd, timeout)

    @table.command(b"Test", offline=True)
    def test(cmd):
        pass

    driver = FakeDriver()
    stream = FakeStream(driver.link)
    return types.SimpleNamespace(
        core=atcore.create(driver, table, stream), toys=toys, stream=stream, link=driver.link
    )


def line(data, format=0):
    if format:
        data = base64.b64encode(data)
    return b'+EventToy: recv,"x,y",QoS1,0,1,%d,%d,%s' % (format, len(data), data)


@pytest.mark.parametrize("format", [0, 1])
@pytest.mark.parametrize("data", [b"hello", b"", bytes(range(256)) * 16, b"\r\nOK\r\n"])
def test_an_event_has_its_payload(chapter, format, data):
    assert ask(chapter.core, b"AT+ToyCreate=%d" % format) == [OK]
    chapter.toys[0].bring(data)
    assert messages(chapter.core) == [line(data, format)]


def test_style_ti(chapter):
    chapter.core.ti = True
    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[0].bring(b"hello")
    assert messages(chapter.core) == [b"+eventtoy:recv,x,y,QoS1,0,1,0,5,hello"]


def test_a_topic_longer_than_the_event_buffer(chapter):
    topic = b"t" * 3000

    async def receive():
        await chapter.core.work().tell(b"EventToy", RECV, (b"recv", topic, b"QoS0", 0, 0), b"hi")

    chapter.core.work().start(None, receive())
    assert messages(chapter.core) == [b"+EventToy: recv," + topic + b",QoS0,0,0,0,2,hi"]


def test_nothing_is_dropped_and_the_source_is_held_back(chapter):
    """A thousand messages that nobody reads: one is taken from the source, in one buffer."""
    ask(chapter.core, b"AT+ToyCreate=0")
    toy = chapter.toys[0]
    sent = [b"message %d" % i for i in range(1000)]
    toy.bring(*sent)
    for _ in range(100):
        chapter.core.step(0)
    assert toy.taken == 1 and len(chapter.core.out) == 1
    got = []
    while more := messages(chapter.core):
        got += more
    assert got == [line(data) for data in sent]


def test_a_message_that_does_not_fit_the_callers_buffer_stays_as_it_is(chapter):
    import atcore

    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[0].bring(b"first", b"other")
    small = bytearray(10)
    for _ in range(3):
        with pytest.raises(atcore.BufferSmall):
            chapter.core.rcv(small, True)
        chapter.core.step(0)
    assert messages(chapter.core) == [line(b"first"), line(b"other")]


def test_it_is_placed_as_any_event(chapter):
    """Not inside a line that is half typed, nor inside a list, in its order with the others."""
    ask(chapter.core, b"AT+ToyCreate=0")
    core, toy = chapter.core, chapter.toys[0]
    chapter.stream.feed(b"AT+Te")
    assert listen(core, 1) == []
    core.out.push_event(b"+Event: 1\r\n")
    toy.bring(b"hello")
    assert listen(core, 100) == []
    core.out.push_event(b"+Event: 2\r\n")
    chapter.stream.feed(b"st\r\n")
    assert sorted(listen(core, 1)) == sorted([OK, b"+Event: 1", line(b"hello"), b"+Event: 2"])
    core.out.emit(core, b"+List: 1\r\n")
    toy.bring(b"more")
    assert listen(core, 1) == [b"+List: 1"]
    core.out.push(b"OK\r\n")
    core.out.finish(core)
    assert listen(core, 1) == [OK, line(b"more")]


def test_a_full_queue_of_events_drops_none_of_them(chapter):
    from atcore.queue import EVENTS

    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[0].bring(b"kept")
    chapter.core.step(0)
    for i in range(EVENTS + 5):
        chapter.core.out.push_event(b"+Event: %d\r\n" % i)
    got = messages(chapter.core)
    assert line(b"kept") in got and b"+EventLost: 5" in got and len(got) == EVENTS + 2


def test_the_reading_of_lines_goes_on(chapter):
    """Kept events hold their sources back, not the commands."""
    for _ in range(8):
        ask(chapter.core, b"AT+ToyCreate=0")
    for toy in chapter.toys:
        toy.bring(b"x")
    chapter.core.step(0)
    assert not chapter.core.out.full()
    chapter.stream.feed(b"AT+Test\r\n")
    assert sorted(listen(chapter.core, 1)) == sorted([OK] + 8 * [line(b"x")])


def test_failure_is_an_event(chapter):
    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[0].bring_error(-111)
    assert messages(chapter.core) == [LOST]
    assert chapter.toys[0].closed == 1 and not chapter.core.tasks


def test_failure_without_a_form_is_an_error_line_placed_as_an_event(chapter):
    async def broken():
        raise ValueError

    chapter.core.work().start(None, broken())
    assert messages(chapter.core) == [b"ERROR:process command, -2010"]
    assert chapter.core.exceptions == 1 and chapter.core.last_exception[0] == b"ValueError"


def test_a_form_that_fails_is_counted(chapter):
    async def broken():
        raise SlError(-5)

    chapter.core.work().start(None, broken(), lambda error: 1 // 0)
    assert messages(chapter.core) == [b"ERROR:process command, -2010"]


def test_delete_ends_the_work_of_one_client_in_silence(chapter):
    ask(chapter.core, b"AT+ToyCreate=0")
    ask(chapter.core, b"AT+ToyCreate=0")
    first, second = chapter.toys
    assert ask(chapter.core, b"AT+ToyDelete=0") == [OK]
    assert first.closed == 1 and second.closed == 0
    first.bring(b"nobody")
    second.bring(b"somebody")
    assert messages(chapter.core) == [line(b"somebody")]


def test_stop_ends_all_work_and_new_work_can_begin(chapter):
    ask(chapter.core, b"AT+ToyCreate=0")
    ask(chapter.core, b"AT+ToyCreate=0")
    assert ask(chapter.core, b"AT+Stop=0") == [OK]
    assert [toy.closed for toy in chapter.toys] == [1, 1] and not chapter.core.tasks
    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[2].bring(b"again")
    assert messages(chapter.core) == [line(b"again")]


def test_a_message_that_was_told_is_printed_although_its_source_is_cancelled(chapter):
    ask(chapter.core, b"AT+ToyCreate=0")
    chapter.toys[0].bring(b"last", b"never")
    chapter.core.step(0)
    assert ask(chapter.core, b"AT+ToyDelete=0") == [line(b"last"), OK]


def test_a_task_may_end_itself(chapter):
    core = chapter.core

    async def suicide():
        core.work().cancel("me")
        await Wait()
        raise AssertionError

    task = core.work().start("me", suicide())
    assert task.done and not core.tasks and messages(core) == []


def test_a_close_that_fails_is_counted(chapter):
    async def stubborn():
        try:
            await Wait()
        finally:
            await Wait()

    chapter.core.work().start("me", stubborn())
    chapter.core.work().cancel("me")
    assert messages(chapter.core) == [b"ERROR:process command, -2010"]
    assert not chapter.core.tasks


def test_a_command_may_wait_for_a_task(chapter):
    core, wait = chapter.core, Wait()

    async def dial():
        return await wait

    @core.declared.command(b"ToyDial", offline=True)
    async def toy_dial(cmd):
        return cmd.value().num(await cmd.core.work().start(None, dial()))

    assert ask(core, b"AT+ToyDial") == []
    wait.finish(7)
    core.wake()
    assert messages(core) == [b"+ToyDial: 7", OK]
    wait.__init__()
    ask(core, b"AT+ToyDial")
    wait.finish(error=-9)
    core.wake()
    assert b"ERROR:process command, -9" in messages(core)


def test_a_deadline_is_minded(chapter):
    told = []

    async def tick():
        for _ in range(3):
            await Timer(chapter.link, 500)
            told.append(chapter.link.now)

    begin = chapter.link.now
    chapter.core.work().start(None, tick())
    assert listen(chapter.core, 2000) == []
    assert told == [begin + 500, begin + 1000, begin + 1500]
    assert not chapter.core.active


def test_there_are_so_many_tasks_and_no_more(chapter):
    from atcore.work import TASKS

    for _ in range(TASKS):
        assert ask(chapter.core, b"AT+ToyCreate=0") == [OK]
    assert ask(chapter.core, b"AT+ToyCreate=0") == [b"ERROR:allocate, 0"]
    assert ask(chapter.core, b"AT+ToyDelete=3") == [OK]
    assert ask(chapter.core, b"AT+ToyCreate=0") == [OK]


def test_the_application_prints_a_kept_event_whole_and_lets_its_source_go_on():
    from atcore.apps.at_commands import AtCommands
    from tests.unit.atcore.test_app import Screen

    driver = FakeDriver()
    app = AtCommands(driver, Screen(driver.link))
    toy = Toy(app.core)
    app.core.work().start(toy, toy.receive(), toy.failed)
    toy.bring(b"a" * 4000, b"b" * 4000)
    for _ in range(5):
        app.core.step(0)
        if message := app.core.take():
            app.deliver(message)
    assert app.stream.out == b"".join(line(c * 4000) + b"\r\n" for c in (b"a", b"b"))
