"""What a user reads about worlds, faults and the control interface is what there is."""

import json
import re
from pathlib import Path

import pytest

import cc32at.world
from cc32at.nwp import NetworkProcessor, control, control_net, faults
from cc32at.nwp.controlserver import ControlServer
from cc32at.world import World, tables
from tests.unit.nwp.support import Host

README = (Path(__file__).parents[3] / "README.md").read_text()
FIELDS = {name for fields in tables.FIELDS.values() for name in fields}


def block(language: str, about: str) -> str:
    """The README's example in a language that is about something."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
    (text,) = [block for block in found if about in block]
    return text


def rows(doc: str) -> set[str]:
    """First column of a module's table."""
    lines = [line.split("|")[1] for line in doc.splitlines() if line.startswith("| ")]
    return {name.strip() for line in lines[2:] for name in line.split("/")}


@pytest.mark.parametrize("name", sorted(set(tables.TOP) | FIELDS | set(tables.FILE_FLAGS)))
def test_the_schema_names_every_field_of_a_world(name):
    assert re.search(rf"\b{name}\b", cc32at.world.__doc__)


def test_the_tables_name_every_operation_and_every_fault():
    operations = {name[3:] for name in dir(control.Control) if name.startswith("op_")}
    assert rows(control.__doc__) | rows(control_net.__doc__) == operations
    assert rows(faults.__doc__) == faults.KINDS
    for parameters in faults.PARAMETERS.values():
        assert all(re.search(rf"\b{name}\b", faults.__doc__) for name in parameters)


def test_the_world_of_the_readme_is_one():
    world = World.parse(block("yaml", "access_points:"))
    (network,) = world.access_points
    assert (network.ssid, network.key) == (b"lab", b"battery-horse")
    host = Host(NetworkProcessor(world))
    assert host.np.storage.content(b"greeting.txt") == b"hello"
    assert host.np.control.call("faults")[0]["seconds"] == 3


def test_the_requests_of_the_readme_are_answered():
    host = Host()
    server = ControlServer(host.np.control)
    answers = [server.answer(line) for line in block("json", "ap_off").encode().splitlines()]
    server.close()
    assert [answer["ok"] for answer in answers] == [True] * 3, answers
    assert answers[2]["result"]["booted"] is True
    assert json.dumps(answers)
    assert b"office" not in {ap.ssid for ap in host.np.world.access_points}


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(?:[^`]* )?(cc32at\.[\w.]+)", README))))
def test_the_modules_of_the_readme_say_what_they_are(name):
    module = __import__(name, fromlist=["x"])
    assert module.__doc__
