"""Each time of the model has a source, and what is guessed can be told from what is known."""

import ast
from dataclasses import fields
from pathlib import Path

import pytest

import cc32at.nwp
from cc32at.world import Timing, World, WorldError
from cc32at.world.timing import GUESS, SOURCES
from tests.unit.nwp.support import Host

MODULES = sorted(Path(cc32at.nwp.__file__).parent.glob("*.py"))
# Times that are no world's: rule 4 of nwp-protocol 5, and the replay of recordings.
OF_THE_LINK = {"RAISE_AFTER", "BOOT_TIME"}


@pytest.mark.parametrize("time", fields(Timing), ids=lambda time: time.name)
def test_every_time_tells_its_source_and_what_takes_so_long(time):
    assert time.metadata["source"] in SOURCES
    assert time.metadata["what"]
    assert time.default > 0


def test_guesses_are_scaled_together_and_what_is_known_stays():
    plain, slow = Timing(), World.parse("timing: {guesses: 10}").timing
    for time in fields(Timing):
        factor = 10 if time.metadata["source"] == GUESS else 1
        assert getattr(slow, time.name) == pytest.approx(factor * getattr(plain, time.name))


def test_a_time_that_the_file_gives_is_no_guess():
    timing = World.parse("timing: {guesses: 0.1, scan_s: 0.3}").timing
    assert (timing.scan_s, timing.dhcp_s) == (0.3, pytest.approx(0.005))


@pytest.mark.parametrize("value", ["0", "-1", "x", "true"])
def test_a_factor_is_a_number_above_zero(value):
    with pytest.raises(WorldError, match="timing.guesses: "):
        World.parse(f"timing: {{guesses: {value}}}")


def test_the_model_takes_its_times_from_its_world():
    host = Host(world="timing: {boot_s: 0.09, stop_s: 0.3}")
    start = host.clock.now()
    assert host.command("DEVICE_STOP", timeout_ms=200).status == 0
    while not host.np.irq:
        host.clock.advance(0.01)
    assert host.clock.now() - start == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_no_time_is_hidden_in_a_module(path):
    """Whoever waits takes the time from the world, a request or a record."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr not in ("after", "_after") or not node.args:
                continue
            seconds = node.args[1 if node.func.attr == "_after" else 0]
            if isinstance(seconds, ast.Constant):
                assert seconds.value == 0, f"{path.name}:{node.lineno}"
            elif isinstance(seconds, ast.Name) and seconds.id.isupper():
                assert seconds.id in OF_THE_LINK, f"{path.name}:{node.lineno}"
