"""Foreground, background, deadlines, power-up: guide-style.md O3-O9, DESIGN.md "One pump"."""

import pytest

from simplelink.errors import SlError
from tests.unit.atcore.fake import FakeDriver, FakeStream, Wait, ask, listen, messages

OK = b"OK"


class Timer(Wait):
    """A waiter that is done when its time has come."""

    def __init__(self, link, ms):
        super().__init__()
        self.link, self.deadline = link, link.now + ms

    def ready(self):
        self.done = self.done or self.link.now >= self.deadline
        return self.done


class Desk:
    """A core whose commands wait until a test completes them."""

    def __init__(self, stream=False, **settings):
        import atcore
        from atcore.dispatch import ACCEPTED, ANSWER, AT_ONCE, FIRST, REPEATED, Commands

        commands = Commands()
        command = commands.command
        driver = FakeDriver()
        self.link = driver.link
        self.waits = {}
        self.runs = []

        async def wait(cmd, number):
            self.runs.append(number)
            result = await self.waits.setdefault(number, Wait())
            return cmd.value().num(number).num(result)

        args = (("number", "u8", ""),)
        command(b"Slow", args)(wait)
        command(b"Recv", args, ok=AT_ONCE, late_name=FIRST)(wait)
        command(b"Select", args, ok=AT_ONCE)(wait)
        command(b"NetAPPRecv", args, ok=AT_ONCE, ti_ok=ANSWER, late_name=FIRST)(wait)

        @command(b"Ping", args, ok=ACCEPTED, values=REPEATED)
        async def ping(cmd, number):
            self.runs.append(number)
            if number & 1:
                await self.waits.setdefault("asked", Wait())
            if number & 2:
                raise SlError(-6161)
            cmd.accepted()
            while True:
                result = await self.waits.setdefault("report", Wait())
                if result is None:
                    return
                await cmd.emit(cmd.value().num(number).num(result))

        @command(b"List", args, values=REPEATED)
        async def list_(cmd, number):
            for i in range(number):
                await self.waits.setdefault(i, Wait())
                cmd.emit(cmd.value().num(i))

        @command(b"Long", args, values=REPEATED)
        async def long(cmd, number):
            for i in range(number):
                await cmd.emit(cmd.value().num(i))

        @command(b"Timed", args, ok=AT_ONCE)
        async def timed(cmd, number):
            await Timer(self.link, number)
            return cmd.value().num(number)

        @command(b"Ends")
        async def ends(cmd):
            await self.waits.setdefault("ends", Wait())
            for number in (1, 2):
                self.waits.pop(number).finish(error=-2005)

        @command(b"EndsTold")
        async def ends_told(cmd):
            await self.waits.setdefault("ends", Wait())
            line = cmd.value().num(3).num(4)
            self.waits.pop(1).finish(2)
            return line

        @command(b"Quick", offline=True)
        def quick(cmd):
            self.runs.append("quick")

        @command(b"Part", args, offline=7)
        def part(cmd, number):
            self.runs.append(number)

        @command(b"Cut", args)
        async def cut(cmd, number):
            await self.waits.setdefault(number, Wait())
            return b"short"[number]

        self.stream = FakeStream(driver.link) if stream else None
        self.core = atcore.create(driver, commands, self.stream, **settings)

    def __call__(self, line):
        return ask(self.core, line)

    def more(self, ms=1):
        return listen(self.core, ms)

    def finish(self, number, result=0, error=0):
        self.waits.pop(number).finish(result, error)
        self.link.woken = True


@pytest.fixture
def desk():
    return Desk()


# --- Foreground ---


def test_a_command_that_waits_holds_back_the_next(desk):
    assert desk(b"AT+Slow=1") == []
    assert desk(b"AT+Quick") == []
    assert desk.runs == [1]
    desk.finish(1, 5)
    assert desk.more() == [b"+Slow: 1,5", OK, OK]
    assert desk.runs == [1, "quick"]


def test_a_value_line_stays_whole_while_those_are_answered_whom_its_command_has_ended(desk):
    assert desk(b"AT+Select=1") == [OK] and desk(b"AT+EndsTold") == []
    desk.finish("ends")
    assert desk.more() == [b"+Select: 1,2", b"+EndsTold: 3,4", OK]


def test_a_line_of_the_stream_is_held_back_too():
    desk = Desk(stream=True)
    desk.stream.feed(b"AT+Slow=1\r\nAT+Quick\r\nAT+Foo\r\n")
    assert desk.more(100) == []
    desk.finish(1)
    assert desk.more() == [b"+Slow: 1,0", OK, OK, b"ERROR:command not exist, 0"]


def test_a_failure_of_the_foreground(desk):
    desk(b"AT+Slow=1")
    desk.finish(1, error=-9)
    assert desk.more() == [b"ERROR:process command, -9"]
    assert desk(b"AT+Quick") == [OK]


def test_an_answer_that_is_too_short_is_a_protocol_error(desk):
    desk(b"AT+Cut=9")
    desk.finish(9)
    assert desk.more() == [b"ERROR:process command, -2010"]
    assert desk(b"AT+Quick") == [OK]


# --- Background ---


def test_ok_first_and_the_result_later_without_a_second_ok(desk):
    assert desk(b"AT+Recv=3") == [OK]
    assert desk(b"AT+Quick") == [OK]
    desk.finish(3, 42)
    assert desk.more() == [b"+Recv: 3,42"]


def test_style_ti_has_a_second_ok_except_where_the_first_is_missing():
    desk = Desk(style=1)
    assert desk(b"AT+Recv=3") == [OK]
    desk.finish(3, 42)
    assert desk.more() == [b"+recv:3,42", OK]
    assert desk(b"AT+NetAPPRecv=4") == []
    desk.finish(4, 1)
    assert desk.more() == [b"+netapprecv:4,1", OK]


def test_a_result_that_is_there_at_once_comes_behind_the_ok(desk):
    desk.waits[3] = wait = Wait()
    wait.finish(1)
    assert desk(b"AT+Recv=3") == [OK, b"+Recv: 3,1"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"AT+Recv=3", b"+Recv 3"),
        (b"AT+Select=3", b"+Select"),
        (b"AT+NetAPPRecv=3", b"+NetAPPRecv 3"),
    ],
)
def test_a_late_failure_names_its_command(desk, line, text):
    assert desk(line) == [OK]
    desk.finish(3, error=-11)
    assert desk.more() == [b"ERROR:process command " + text + b", -11"]


def test_a_late_failure_in_style_ti():
    desk = Desk(style=1)
    desk(b"AT+Recv=3")
    desk.finish(3, error=-11)
    assert desk.more() == [b"ERROR: process command,-11"]


def test_sixteen_in_the_background_and_the_17th_is_refused(desk):
    for i in range(16):
        assert desk(b"AT+Recv=%d" % i) == [OK]
    assert desk(b"AT+Recv=16") == [b"ERROR:allocate, 0"]
    assert desk(b"AT+Quick") == [OK]
    assert 16 not in desk.runs
    desk.finish(5)
    assert desk.more() == [b"+Recv: 5,0"]
    assert desk(b"AT+Recv=16") == [OK]
    assert desk(b"AT+Recv=17") == [b"ERROR:allocate, 0"]
    for i in sorted(desk.waits, reverse=True):
        desk.finish(i)
    assert sorted(desk.more()) == sorted(b"+Recv: %d,0" % i for i in {*range(17)} - {5})


def test_a_wrong_parameter_takes_no_slot(desk):
    for _ in range(20):
        assert desk(b"AT+Recv=x") == [b"ERROR:parse parameters, -4"]
    assert desk(b"AT+Recv=1") == [OK]


def test_late_results_come_in_the_order_of_their_completion(desk):
    for i in range(3):
        desk(b"AT+Recv=%d" % i)
    for i in (2, 0, 1):
        desk.finish(i)
        assert desk.more() == [b"+Recv: %d,0" % i]


def test_what_a_command_ends_answers_before_it(desk):
    desk(b"AT+Recv=1")
    desk(b"AT+Recv=2")
    desk(b"AT+Slow=9")
    for number in (1, 2):
        desk.finish(number, error=-2005)
    desk.finish(9)
    assert desk.more() == [
        b"ERROR:process command +Recv 1, -2005",
        b"ERROR:process command +Recv 2, -2005",
        b"+Slow: 9,0",
        OK,
    ]


def test_what_a_command_ends_while_it_goes_on_answers_before_it_too(desk):
    desk(b"AT+Recv=1")
    desk(b"AT+Recv=2")
    desk(b"AT+Ends")
    desk.finish("ends")
    assert desk.more() == [
        b"ERROR:process command +Recv 1, -2005",
        b"ERROR:process command +Recv 2, -2005",
        OK,
    ]


def test_the_late_line_is_in_the_style_in_which_the_command_was_accepted(desk):
    desk(b"AT+Recv=1")
    desk(b"AT+Recv=2")
    desk.core.settings.set(0, 1)
    desk.finish(1, 7)
    desk.finish(2, error=-11)
    assert desk.more() == [b"+Recv: 1,7", b"ERROR:process command +Recv 2, -11"]
    assert desk(b"AT+Foo") == [b"ERROR: command not exist,0"]


def test_fifty_commands_at_once_are_answered_in_their_order():
    desk = Desk(stream=True)
    for i in range(16):
        desk.stream.feed(b"AT+Recv=%d\r\n" % i)
    desk.stream.feed(b"".join(b"AT+Quick\r\nAT+Foo%d\r\nAT+Part=x\r\n" % i for i in range(20)))
    assert desk.more() == 16 * [OK] + 20 * [
        OK,
        b"ERROR:command not exist, 0",
        b"ERROR:parse parameters, -4",
    ]


def test_a_deadline_of_the_background_wakes_the_core(desk):
    assert desk(b"AT+Timed=200") == [OK]
    assert desk(b"AT+Timed=50") == [OK]
    assert desk.more(49) == []
    assert desk.more(1) == [b"+Timed: 50"]
    assert desk.more(140) == []
    assert desk.more(10) == [b"+Timed: 200"]


# --- OK when the driver has accepted (NetAPPPing: O4, recording netapp.ping.nwperr) ---


@pytest.mark.parametrize("style", [0, 1])
def test_ok_comes_with_the_acceptance_and_reports_follow_without_another(style):
    desk = Desk(style=style)
    line = b"+ping:1,%d" if style else b"+Ping: 1,%d"
    assert desk(b"AT+Ping=1") == []
    assert desk(b"AT+Quick") == []  # it has not answered yet
    desk.finish("asked")
    assert desk.more() == [OK, OK]
    for number in (5, 6, 7):
        desk.finish("report", number)
        assert desk.more() == [line % number]
        assert desk(b"AT+Quick") == [OK]
    desk.finish("report", None)
    assert desk.more() == [] and desk.core.background == []


@pytest.mark.parametrize("number", [2, 3])
def test_a_refusal_is_the_error_alone(desk, number):
    assert desk(b"AT+Ping=%d" % number) == (
        [] if number & 1 else [b"ERROR:process command, -6161"]
    )
    if number & 1:
        desk.finish("asked")
        assert desk.more() == [b"ERROR:process command, -6161"]
    assert desk(b"AT+Quick") == [OK] and desk.core.background == []


def test_a_failure_behind_the_acceptance_names_the_command_alone(desk):
    assert desk(b"AT+Ping=4") == [OK]
    desk.finish("report", error=-2017)
    assert desk.more() == [b"ERROR:process command +Ping, -2017"]
    assert desk.core.background == []


def test_reports_stand_in_no_list(desk):
    assert desk(b"AT+Ping=4") == [OK]
    desk(b"AT+List=2")
    desk.finish(0)
    assert desk.more() == [b"+List: 0"]
    desk.finish("report", 8)
    assert desk.more() == []
    desk.finish(1)
    assert desk.more() == [b"+List: 1", OK, b"+Ping: 4,8"]


def test_the_17th_in_the_background_is_refused_before_the_driver_is_asked(desk):
    for i in range(16):
        assert desk(b"AT+Recv=%d" % (100 + i)) == [OK]
    assert desk(b"AT+Ping=4") == [b"ERROR:allocate, 0"]
    assert 4 not in desk.runs


def test_a_command_goes_by_its_own_name_although_commands_are_used_again(desk):
    """The object that stands for a command under way is used for the next, once it has ended."""
    assert desk(b"AT+Ping=4") == [OK]
    for i in range(5):
        assert desk(b"AT+Recv=9") == [OK]
        desk.finish(9, i)
        assert desk.more() == [b"+Recv: 9,%d" % i]
        desk.finish("report", i)
        assert desk.more() == [b"+Ping: 4,%d" % i]


# --- Lists ---


def test_nothing_stands_between_the_lines_of_a_list(desk):
    desk(b"AT+Recv=100")
    assert desk(b"AT+List=2") == []
    desk.finish(0)
    assert desk.more() == [b"+List: 0"]
    desk.core.on_event(0xFF03, b"")
    desk.finish(100, 1)
    assert desk.more() == []
    desk.finish(1)
    assert desk.more()[:2] == [b"+List: 1", OK]


def test_what_waited_for_a_list_follows_it(desk):
    desk(b"AT+Recv=100")
    desk(b"AT+List=1")
    desk.core.on_event(0xFF03, b"")
    desk.finish(0)
    desk.finish(100, 1)
    got = desk.more()
    at = got.index(b"+List: 0")
    assert got[at + 1] == OK
    assert sorted(got) == sorted(
        [b"+List: 0", OK, b"+EventFatalError: SYNC_LOSS", b"+Recv: 100,1"]
    )


def test_a_list_that_fails_in_the_middle(desk):
    desk(b"AT+List=2")
    desk.finish(0)
    assert desk.more() == [b"+List: 0"]
    desk.core.on_event(0xFF03, b"")
    desk.finish(1, error=-10)
    assert desk.more() == [b"ERROR:process command, -10", b"+EventFatalError: SYNC_LOSS"]


def test_a_long_list_waits_for_its_reader(desk):
    from atcore.queue import MANY

    desk.core.send(b"AT+Long=200")
    assert len(desk.core.out) <= MANY + 1
    assert messages(desk.core, 500) == [*(b"+Long: %d" % i for i in range(200)), OK]


@pytest.mark.parametrize("burst", [100, 1])
def test_replies_hold_back_the_reading_of_lines(burst):
    """Although the program goes on without taking messages, and the lines come one by one."""
    from atcore.queue import MANY

    desk = Desk(stream=True)
    for i in range(100 // burst):
        desk.stream.feed(b"AT+Quick\r" * burst, i)
    for _ in range(200):
        desk.core.step(1)
    assert len(desk.core.out) <= MANY
    assert desk.more(100) == 100 * [OK]


# --- Power-up ---


async def until(wait):
    await wait


def test_commands_that_need_the_processor_wait_for_its_start(desk):
    from atcore.pump import boot

    boot(desk.core, until(desk.waits.setdefault(99, Wait())))
    assert desk(b"AT+Quick") == [OK]
    assert desk(b"AT+Part=7") == [OK]  # the value for which it needs none
    assert desk(b"AT+Part=8") == []
    assert desk(b"AT+Quick") == []
    assert desk.runs == ["quick", 7]
    desk.finish(99)
    assert desk.more() == [OK, OK]
    assert desk.runs == ["quick", 7, 8, "quick"]


def test_a_late_command_during_power_up(desk):
    from atcore.pump import boot

    boot(desk.core, until(desk.waits.setdefault(99, Wait())))
    assert desk(b"AT+Recv=1") == [OK]
    assert desk.runs == []
    desk.finish(99)
    assert desk.more() == []
    assert desk.runs == [1]
    desk.finish(1, 3)
    assert desk.more() == [b"+Recv: 1,3"]
