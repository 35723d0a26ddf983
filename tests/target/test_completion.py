"""What completion offers is accepted by the device (all of it: unit/atcore/test_completion.py)."""

import pytest

from tests.target import offered

pytestmark = pytest.mark.world
REFUSED = ("command not exist", "number of parameters", "parse parameters, -4")
ASKING = [name for name in offered.commands() if name.endswith(("Get", "GetSockOpt", "Socket"))]


def test_every_command_is_known(talk):
    for typed in offered.completions("AT+"):
        assert talk(typed.rstrip("=") + "=?")[-1] == "OK"


def test_a_line_of_each_command_is_understood(talk):
    for name, ways in offered.commands().items():
        line = offered.head(name, offered.sensible(ways[0]))
        assert not any(text in talk(line)[-1] for text in REFUSED), line


@pytest.mark.parametrize("name", ASKING)
def test_every_keyword_is_understood(talk, name):
    for before, ways in offered.prefixes(name):
        for word in offered.completions(offered.head(name, [*before, ""])):
            fit = [way for way in ways if word in way[len(before)]["words"]]
            said = [talk(line)[-1] for line in offered.lines(name, before, fit, word)]
            assert any(not any(text in one for text in REFUSED) for one in said), (before, word)
