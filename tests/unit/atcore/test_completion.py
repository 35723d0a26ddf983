"""The client's completion offers what the AT core accepts, and nothing else."""

import pytest

import atcore
from atcore.apps.at_commands import load
from atcore.commands import ALL
from atcore.commands._chapters import CHAPTERS
from cc32at.client import table
from simplelink.errors import SlError
from tests.target import offered
from tests.target.words import KEYWORDS
from tests.unit.atcore.fake import FakeDriver

REFUSED = (b"ERROR:parse parameters", b"ERROR:number of parameters", b"ERROR:command not exist")
EVERY = {word.upper() for row in KEYWORDS.values() for word in row["names"]}


class Idle:
    """A group of the driver whose functions refuse: a command that gets here was understood."""

    def __getattr__(self, name):
        def refuse(*args):
            raise SlError(-2018)

        return refuse


class Driver(FakeDriver):
    """The network processor is not started."""

    def __getattr__(self, name):
        return Idle()


@pytest.fixture(scope="module")
def accepts():
    """Whether the core takes a line for a command that is right."""

    room = bytearray(2000)

    def ask(line: str) -> bool:
        core = atcore.create(Driver(), ALL)
        core.load = load
        core.send(line.encode())
        said = bytes(room[: core.rcv(room, True)])
        return not said.startswith(REFUSED)

    return ask


def test_the_client_knows_all_commands_and_no_other():
    typed = {word.rstrip("=").lower().encode() for word in offered.completions("AT+")}
    names = {name for row in CHAPTERS for name in row[2].split()}
    assert typed | {b"at", b"ate0", b"ate1"} == names


@pytest.mark.parametrize("name", offered.commands())
def test_completion_offers_what_is_accepted(accepts, name):
    for before, ways in offered.prefixes(name):
        words = set(offered.completions(offered.head(name, [*before, ""])))
        assert words
        for word in words:
            fit = [way for way in ways if word in way[len(before)]["words"]]
            tried = list(offered.lines(name, before, fit, word))
            assert any(map(accepts, tried)), tried
        for word in EVERY - {word.upper() for word in words}:
            tried = list(offered.lines(name, before, ways, word))
            assert not any(map(accepts, tried)), tried


@pytest.mark.parametrize("name", offered.commands())
def test_each_form_is_accepted_as_completion_writes_it(accepts, name):
    assert table.find(f"AT+{name}") is not None
    for way in offered.commands()[name]:
        words = offered.sensible(way)
        assert accepts(offered.head(name, words)), words
