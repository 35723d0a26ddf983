"""Nothing that a handler, an event or a job raises ends the application or is met again.

DESIGN.md, One pump: it becomes one error line, and is counted; a line is consumed before it is
executed.
"""

import pytest

from tests.unit.atcore.fake import FakeDriver, Wait, listen, messages
from tests.unit.atcore.test_app import Quiet, Screen, Script

OK = b"OK"
BROKEN = b"ERROR:process command, -2010"
NO_MEMORY = b"ERROR:allocate, 0"
ERRORS = (KeyError("data"), TypeError(), ValueError(), ZeroDivisionError(), AssertionError("x"))


class Desk:
    """The application on a screen, with commands that raise `error`."""

    def __init__(self, error, **settings):
        import atcore
        from atcore.apps.at_commands import AtCommands
        from atcore.dispatch import AT_ONCE, FIRST, Commands

        driver = FakeDriver()
        self.link = driver.link = Script()
        self.stream = Screen(self.link)
        self.calls = []
        self.wait = Wait()
        commands = Commands()
        command = commands.command

        @command(b"Test")
        def test(cmd):
            pass

        @command(b"Zap", (("Name", "str", "", 32),), offline=True)
        def zap(cmd, name):
            self.calls.append(name)
            raise error

        @command(b"Slow", (("Name", "str", "", 32),))
        async def slow(cmd, name):
            self.calls.append(name)
            await self.wait
            raise error

        @command(b"Soon", (("Name", "str", "", 32),))
        async def soon(cmd, name):
            raise error

        @command(b"Late", (("sd", "u8", ""),), ok=AT_ONCE, late_name=FIRST)
        async def late(cmd, sd):
            await self.wait
            raise error

        @command(b"Prompt", (("sd", "u8", ""),), ok=AT_ONCE, late_name=FIRST)
        async def prompt(cmd, sd):
            raise error

        @command(b"Odd")
        def odd(cmd):
            return 5

        @command(b"OddLater", (("what", "u8", ""),))
        async def odd_later(cmd, what):
            return (5, "text", b"text", ())[what]

        @command(b"Put", (("length", "size", ""), ("data", "data", "")))
        def put(cmd, length, data):
            self.calls.append(bytes(data))
            raise error

        self.core = atcore.create(driver, commands, self.stream, **settings)
        self.app = AtCommands(driver, self.stream, core=self.core)
        self.core.load = lambda name: False
        self.app.fetched = 99  # there are no chapters to fetch

    def __call__(self, data, ms=100):
        """Lines printed within `ms` after these bytes."""
        self.stream.out.clear()
        self.stream.feed(data)
        self.link.end = self.link.now + ms
        with pytest.raises(Quiet):
            self.app.run()
        return bytes(self.stream.out).split(b"\r\n")[:-1]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
@pytest.mark.parametrize("name", [b"Zap", b"Soon"])
def test_an_exception_of_a_handler_is_one_error_line_and_the_next_command_is_answered(error, name):
    desk = Desk(error)
    line = b"AT+" + name + b"=a\r\n"
    assert desk(line) == [BROKEN]
    assert desk(b"AT+Test\r\n" * 3) == [OK] * 3
    assert desk(b"AT+Test\r\n" + line + b"AT+Test\r\n") == [OK, BROKEN, OK]
    assert desk.core.exceptions == 2
    assert desk.core.last_exception[0] == type(error).__name__.encode()
    file, _, function = desk.core.last_exception[1].rpartition(b":")
    assert file.endswith(b"test_exceptions.py") and function in (b"zap", b"soon")


def test_the_error_line_is_in_the_style_in_force():
    assert Desk(KeyError(), style=1)(b"AT+Zap=a\r\n") == [b"ERROR: process command,-2010"]
    assert Desk(MemoryError(), style=1)(b"AT+Zap=a\r\n") == [b"ERROR: allocate,0"]


def test_want_of_memory_is_said_to_be_that():
    desk = Desk(MemoryError())
    assert desk(b"AT+Zap=a\r\nAT+Soon=a\r\nAT+Test\r\n") == [NO_MEMORY, NO_MEMORY, OK]
    assert (desk.core.exceptions, desk.core.last_exception[0]) == (2, b"MemoryError")


def test_an_exception_after_a_wait_answers_before_the_commands_behind_it():
    desk = Desk(KeyError("data"))
    assert desk(b"AT+Slow=a\r\nAT+Test\r\n") == []
    desk.wait.finish()
    desk.link.woken = True
    assert desk(b"AT+Test\r\n") == [BROKEN, OK, OK]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (KeyError(), b"ERROR:process command +Late 3, -2010"),
        (MemoryError(), b"ERROR:allocate +Late 3, 0"),
    ],
)
def test_an_exception_of_a_late_command_names_it(error, told):
    desk = Desk(error)
    assert desk(b"AT+Late=3\r\nAT+Test\r\n") == [OK, OK]
    desk.wait.finish()
    desk.link.woken = desk.core.active = True
    assert desk(b"", 10) == [told]
    assert desk.core.background == []


def test_want_of_memory_before_ok_is_out_is_the_only_answer():
    desk = Desk(MemoryError())
    assert desk(b"AT+Prompt=3\r\nAT+Test\r\n") == [NO_MEMORY, OK]
    assert desk.core.background == []
    told = b"ERROR:process command +Prompt 3, -2010"
    assert Desk(KeyError())(b"AT+Prompt=3\r\n") == [OK, told]


@pytest.mark.parametrize("name", [b"Slow", b"Late"])
def test_want_of_memory_for_a_command_that_waits_is_its_answer(monkeypatch, name):
    desk = Desk(None)
    desk.core.load = lambda name: False
    closed = []
    desk.wait = Witness(closed)

    def none(*_):
        raise MemoryError

    monkeypatch.setattr(desk.core, "new_command", none)
    assert desk(b"AT+" + name + b"=3\r\nAT+Test\r\n") == [NO_MEMORY, OK]
    assert closed == [True]
    monkeypatch.undo()
    assert desk(b"AT+" + name + b"=3\r\n") == ([OK] if name == b"Late" else [])
    desk.wait.finish()
    desk.link.woken = desk.core.active = True


class Witness(Wait):
    """Notes that its coroutine was closed."""

    def __init__(self, closed):
        super().__init__()
        self.closed = closed

    def __iter__(self):
        try:
            while not self.ready():
                yield self
        except GeneratorExit:
            self.closed.append(True)
            raise

    __await__ = __iter__


def test_a_handler_that_returns_nonsense_is_no_end():
    desk = Desk(None)
    assert desk(b"AT+Odd\r\nAT+Test\r\n") == [BROKEN, OK]
    for what in (b"0", b"1", b"2", b"3"):
        line = b"AT+OddLater=" + what + b"\r\n"
        assert desk(line * 12 + b"AT+Test\r\n") == [BROKEN] * 12 + [OK]


def test_a_payload_is_consumed_with_its_command():
    desk = Desk(KeyError())
    assert desk(b"AT+Put=9,AT+Zap=xy\r\nAT+Test\r\n") == [BROKEN, OK]
    assert desk.calls == [b"AT+Zap=xy"]


def test_a_waiter_that_raises_ends_its_command():
    desk = Desk(None)
    desk.wait = Moody()
    assert desk(b"AT+Slow=a\r\nAT+Test\r\n") == []
    desk.wait.mood = OSError(5)
    assert desk(b"AT+Test\r\n") == [BROKEN, OK, OK]
    assert desk.core.last_exception[0] == b"OSError"


class Moody(Wait):
    """Raises what it is told to when it is looked at."""

    mood = None

    def ready(self):
        if self.mood:
            raise self.mood
        return False

    def __iter__(self):
        while not self.ready():
            yield self

    __await__ = __iter__


def test_an_exception_of_an_event_is_one_error_line(monkeypatch):
    import atcore

    def broken(*_):
        raise IndexError("args")

    desk = Desk(None)
    monkeypatch.setattr(atcore, "line_of", broken)
    desk.core.on_event(0xFF04, b"")
    assert desk(b"AT+Test\r\n") == [BROKEN, OK]
    assert desk.core.exceptions == 1


def test_an_event_without_memory_is_lost_and_told_with_the_next_one(monkeypatch):
    import atcore

    def broken(*_):
        raise MemoryError

    desk = Desk(None)
    with monkeypatch.context() as patch:
        patch.setattr(atcore, "line_of", broken)
        desk.core.on_event(0xFF04, b"")
    assert desk(b"AT+Test\r\n") == [OK]
    desk.core.on_event(0xFF02, b"")
    assert desk(b"") == [b"+EventLost: 1", b"+EventFatalError: DRIVER_ABORT"]


def test_an_exception_of_the_driver_is_one_error_line_and_news_go_on():
    desk = Desk(None)

    def broken():
        raise ValueError

    for ms in (0, 10, 20):
        desk.link.scheduled.append((desk.link.now + ms, broken))
    assert sorted(desk(b"AT+Test\r\n")) == [BROKEN, BROKEN, BROKEN, OK]
    assert desk.core.exceptions == 3


def test_an_exception_at_power_up_leaves_the_port():
    desk = Desk(None)

    async def start():
        raise RuntimeError("start")

    desk.core.sl.device.start = start
    desk.app.begin()
    assert desk(b"AT+Test\r\n") == [BROKEN, OK]
    assert desk.core.booting is None


def test_an_exception_of_the_framing_drops_what_came_up_to_a_pause(monkeypatch):
    """Nobody knows then where a payload ends: nothing of it may be executed."""
    from atcore import framing

    def broken(*_):
        raise MemoryError

    desk = Desk(None)
    monkeypatch.setattr(framing, "header", broken)
    assert desk(b"AT+Put=20,\r\nAT+Zap=a\r\n") == [NO_MEMORY]
    assert desk(b"AT+Zap=a\r\n", 1000) == []
    desk(b"", 2500)
    assert desk.calls == []
    assert desk(b"AT+Test\r\n") == [OK]


def test_want_of_memory_behind_a_line_costs_that_line_alone(monkeypatch):
    from atcore import framing

    desk = Desk(None)
    left = [True]

    def tokenize(*args):
        if left and left.pop():
            raise MemoryError
        return tokenize_all(*args)

    tokenize_all = framing.tokenize
    monkeypatch.setattr(framing, "tokenize", tokenize)
    assert desk(b"AT+Put=8,AT+Zap=x\r\nAT+Test\r\n") == [NO_MEMORY, OK]
    assert desk.calls == []


def test_a_line_that_is_half_printed_waits_for_memory(monkeypatch):
    from atcore.apps import at_commands

    desk = Desk(None)
    write, left = desk.stream.write, [True, True]

    def view(data):
        if left and left.pop():
            raise MemoryError
        return memoryview(data)

    monkeypatch.setattr(at_commands, "memoryview", view, raising=False)
    desk.stream.write = lambda data: write(bytes(data)[:3])
    assert desk(b"AT+Foo\r\nAT+Test\r\n", 5000) == [b"ERROR:command not exist, 0", OK]
    assert not left and desk.core.exceptions == 2


def test_what_fails_again_and_again_outside_of_commands_is_raised():
    desk = Desk(None)

    def broken(*_):
        raise RuntimeError("loop")

    desk.app.look_around = broken
    desk.core.active = True
    with pytest.raises(RuntimeError, match="loop"):
        desk.app.run()


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_program_can_end_the_application_and_is_not_met_again(error):
    desk = Desk(error())
    desk.stream.feed(b"AT+Zap=a\r\nAT+Test\r\n")
    with pytest.raises(error):
        desk.app.run()
    assert desk(b"\r\n") == [OK]
    assert desk.calls == [b"a"]


def test_send_and_rcv_tell_it_too(make):
    import atcore
    from atcore.dispatch import Commands

    commands = Commands()

    @commands.command(b"Zap")
    def zap(cmd):
        raise KeyError

    core = atcore.create(FakeDriver(), commands)
    core.send(b"AT+Zap")
    assert messages(core) == [BROKEN]
    assert listen(core, 10) == []
