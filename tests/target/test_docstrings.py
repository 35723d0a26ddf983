"""The scripts in docstrings do what is said there."""

import ast
import re
import textwrap

import pytest

from tests.boards import ROOT
from tests.target import peers, repl

NETWORK = {"ssid": "home", "bssid": "02:00:00:00:00:01", "channel": 6, "rssi": -40}


def docstring(path: str) -> tuple[str, str]:
    """The script in a module's docstring, and what is said behind it."""
    text = ast.get_docstring(ast.parse((ROOT / path).read_text()))
    before, script, behind = re.split(r"((?:^(?: {4}.*)?\n)+)(?=\S)", text, maxsplit=1, flags=re.M)
    return textwrap.dedent(script), behind


@pytest.mark.prompt
def test_a_script_drives_the_core(at):
    script, behind = docstring("atcore/__init__.py")
    said = re.findall(r"b'.*?'", behind.splitlines()[0])
    assert said[0] == "b'OK'" and any("+Get" in line for line in said)
    assert repl.once(at, script).splitlines() == said


@pytest.mark.prompt
@pytest.mark.world
def test_a_script_drives_the_network_processor(at, world):
    script, _ = docstring("firmware/modules/simplelink/__init__.py")
    key = {"security": "wpa2", "key": "password1"}
    world.control.call("world_add", kind="access_points", **NETWORK, **key)
    with peers.server(lambda connection: connection.sendall(b"hello")) as port:
        world.model.world.routes[bytes((10, 0, 0, 2)), 80] = (bytes((127, 0, 0, 1)), port)
        more = "print(sl.run(sl.sockets.recv(sd, bytearray(9))))"
        assert repl.once(at, script + more) == "5\r\n"
