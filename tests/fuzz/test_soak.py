"""Some minutes of the soak, and it finds what is planted."""

import pytest

from cc32at.nwp.model import CREDIT_POOL
from tests.fuzz.soak import LARGEST, LEAK, Sample, Soak

GAP_MS = 1000


@pytest.fixture(scope="module")
def soaked(elf):
    """A board that has lived through every episode twice."""
    soak = Soak(elf, 1)
    soak.run(0, GAP_MS)
    soak.run(0, GAP_MS)
    return soak


def test_a_short_life_leaves_nothing_behind(soaked):
    assert soaked.wrong == []
    first, second = soaked.samples
    assert first.lines > 300 and second.lines > 2 * first.lines - 50
    assert first.errors > 50


def test_the_largest_free_block_stays_large(soaked):
    assert min(sample.narrow for sample in soaked.samples) >= LARGEST


def sample(**changed):
    well = {"ms": 0, "bursts": 1, "lines": 1, "errors": 0, "free": 160000, "low": 9000}
    well |= {"largest": LARGEST, "narrow": LARGEST, "used": 30000, "exceptions": 0}
    return Sample(**well | {"credits": CREDIT_POOL, "sockets": 0} | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"largest": LARGEST - 1},
        {"narrow": LARGEST - 1},
        {"used": 30000 + LEAK + 1},
        {"exceptions": 1},
        {"credits": CREDIT_POOL - 1},
        {"sockets": 1},
    ],
)
def test_what_is_wrong_is_found(changed):
    assert sample().wrong(sample()) == []
    assert len(sample(**changed).wrong(sample())) == 1


def test_a_line_that_is_not_answered_is_found(elf):
    soak = Soak(elf, 1)
    soak.game.call("fault", {"do": "ignore", "to": "*"})
    soak.user.ask(b"AT+WlanProfileDel=1", 2000)
    assert "is not answered" in soak.user.wrong[0]
