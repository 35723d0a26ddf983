"""The driver of chance is like the real one: what it has, what it takes, and what it keeps to."""

import ast
import contextlib
import inspect
from pathlib import Path

import pytest

from simplelink.errors import SlError
from tests.fuzz.answers import PING, ROWS
from tests.fuzz.driver import CLASSES, EVENT, STARTED, Driver, Link, methods
from tests.fuzz.host import resume
from tests.fuzz.stream import stream

ATCORE = Path(__file__).parents[2] / "atcore"
SIGNATURES = [(group, name) for group in CLASSES for name in methods(group)]


def attributes(*owners: str) -> set[str]:
    """Names that the AT core takes from a variable or an attribute of one of these names."""
    found = set()
    for path in ATCORE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                owner = node.value
                name = getattr(owner, "id", None) or getattr(owner, "attr", None)
                if name in owners:
                    found.add(node.attr)
    return found


def test_it_has_every_group_and_every_method_of_the_real_driver():
    assert {group: set(rows) for group, rows in ROWS.items()} == {
        group: set(methods(group)) for group in CLASSES
    }


@pytest.mark.parametrize(("group", "name"), SIGNATURES)
def test_its_methods_take_what_the_real_ones_take(group, name):
    driver = Driver(1, resume)
    function = getattr(getattr(driver, group), name)
    assert_refused(function, wrong=1)
    wanted = methods(group)[name]
    required = [p for p in wanted.parameters.values() if p.default is p.empty]
    if required:
        assert_refused(function)
    assert_refused(function, *range(len(wanted.parameters) + 1))


def assert_refused(function, *args, **named):
    with pytest.raises(TypeError):
        function(*args, **named)


def test_its_link_has_what_the_core_takes_from_the_real_one():
    """Methods with the same parameters, and the attributes."""
    from simplelink.link import Link as RealLink

    link = Link(1, resume)
    used = attributes("link", "nwp") - {"nwp"}
    assert {"wait", "dispatch", "limit", "woken", "state", "ticks", "resume"} <= used
    for name in sorted(used):
        assert hasattr(link, name), name
        real = getattr(RealLink, name, None)
        if inspect.isfunction(real):
            wanted = list(inspect.signature(real).parameters.values())[1:]
            assert [
                p.default for p in inspect.signature(getattr(link, name)).parameters.values()
            ] == [p.default for p in wanted], name


def test_its_stream_has_what_the_core_takes_from_the_console():
    console = attributes("stream", "console")
    assert {"readinto", "write", "watch", "again", "forget"} <= console
    link = Link(1, resume)
    missing = [name for name in console if not hasattr(stream(link), name)]
    assert not missing


def test_the_same_calls_get_the_same_answers():
    def answers(seed):
        driver = Driver(seed, resume)
        driver.link.state = STARTED
        found = []
        for i in range(50):
            try:
                found.append(driver.sockets.open(2, 1 + i % 2, 6))
            except SlError as error:
                found.append(error.code)
        return found

    assert answers(5) == answers(5) != answers(6)
    assert any(answer < 0 for answer in answers(5))


def granted(function, *args, seeds=range(40)):
    """(driver, what a call gives) for the seeds with which it is not refused."""
    for seed in seeds:
        driver = Driver(seed, resume)
        driver.link.state = STARTED
        try:
            yield driver, function(driver)(*args)
        except SlError:
            continue


def reported(driver, reports, ms=100):
    """What a Reports gives until it suspends for good, or ends."""
    found = []
    for _ in range(ms):
        driver.link.now += 1
        driver.link.dispatch(EVENT)
        while reports.ready():
            report = resume(reports.__await__(), box := [None])
            assert report is None
            found.append(box[0])
            if box[0] is None:
                return found
    return found


def test_pings_report_as_often_as_they_say_and_own_their_lock_until_then():
    counts = set()
    for driver, reports in granted(lambda driver: driver.netapp.pings, 1):
        assert driver.link.owners[PING] is reports
        found = reported(driver, reports)
        counts.add(len(found))
        assert (driver.link.owners[PING] is None) == reports.done == bool(found)
        for _ in range(20):  # one in so many is refused
            with contextlib.suppress(SlError):
                driver.netapp.ping_stop()
        assert reports.done and driver.link.owners[PING] is None
    assert len(counts) == 4


def test_pings_end_with_the_driver():
    for driver, reports in granted(lambda driver: driver.netapp.pings, 1):
        driver.cancel(-2017)
        if not reports.reports:
            with pytest.raises(SlError, match="-2017"):
                reports.__await__().__next__()
        assert driver.link.owners[PING] is None


@pytest.mark.parametrize("room", [0, 16, 255])
def test_a_netutil_command_fills_what_room_it_is_given(room):
    sizes = set()
    for driver, coroutine in granted(lambda driver: driver.netutil.command, 1, b"", b"x"):
        coroutine.close()
        out = bytearray(room)
        call = driver.netutil.command(1, b"", b"data", out if room else b"")
        try:
            while (wait := call.send(None)) is not None:
                driver.link.now = wait.deadline or driver.link.now
        except StopIteration as stop:
            sizes.add(stop.value)
        except SlError:
            continue
    assert sizes and max(sizes) <= room and (room == 0 or max(sizes) > 0)


def test_nothing_but_a_start_works_before_it():
    driver = Driver(1, resume)
    with pytest.raises(SlError, match="-2018"):
        driver.sockets.open(2, 1, 6)
