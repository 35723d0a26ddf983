"""The driver of chance is like the real one: what it has, what it takes, and what it keeps to."""

import ast
import inspect
from pathlib import Path

import pytest

from simplelink.errors import SlError
from tests.fuzz.answers import ROWS
from tests.fuzz.driver import CLASSES, STARTED, Driver, Link, methods
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


def test_nothing_but_a_start_works_before_it():
    driver = Driver(1, resume)
    with pytest.raises(SlError, match="-2018"):
        driver.sockets.open(2, 1, 6)
