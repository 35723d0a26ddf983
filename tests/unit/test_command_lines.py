"""Command lines that cannot begin: status 2, one line that says why, no traceback."""

import re
import socket

import pytest
from click.testing import CliRunner

from cc32at.client.__main__ import main as client
from cc32at.conformance.__main__ import main as conformance
from cc32at.emulator.__main__ import main as emulator
from cc32at.nwp.__main__ import main as nwp
from cc32at.nwp.remote import main as remote

ABSENT = "no/such/file"


@pytest.fixture(scope="module")
def taken():
    """A TCP port that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def wrong_world(tmp_path):
    """A world file with a name that there is not."""
    path = tmp_path / "world.yaml"
    path.write_text("acces_points: []\n")
    return str(path)


CASES = [
    (client, "--colour", "No such option"),
    (client, f"--port {ABSENT}", f"cannot open {ABSENT}"),
    (client, "--port nonsense://x", "cannot open nonsense://x"),
    (client, "--baud fast", "'--baud'"),
    (client, "--baud 0", "'--baud'"),
    (client, "--wait -1", "'--wait'"),
    (client, "--set style", "NAME=VALUE"),
    (client, "--set style=loud", "one of guide, ti"),
    (client, "--set colour=1", "no setting 'colour'"),
    (client, f"--elf {ABSENT}", ABSENT),
    (client, "--elf HERE", "not an ELF file"),
    (client, f"--world {ABSENT}", ABSENT),
    (client, "--world WRONG", "acces_points: unknown name"),
    (client, "--control HERE", "no address file"),
    (client, f"--control {ABSENT}", ABSENT),
    (client, "--control 7777", "name the file"),
    (client, "--nwp tcp:127.0.0.1:CLOSED", "Connection refused"),
    (client, f"--log {ABSENT}", ABSENT),
    (client, f"--trace {ABSENT}", ABSENT),
    (emulator, "--colour", "No such option"),
    (emulator, "--tcp TAKEN", "Address already in use"),
    (emulator, "--tcp here", "port up to 65535"),
    (emulator, f"--pty {ABSENT}", ABSENT),
    (emulator, "--pty HERE", "File exists"),
    (emulator, "--world WRONG", "acces_points: unknown name"),
    (emulator, "--control HERE", "no address file"),
    (emulator, f"--control {ABSENT}", ABSENT),
    (emulator, "--elf HERE", "not an ELF file"),
    (emulator, f"--trace {ABSENT}", ABSENT),
    (emulator, "--cpi 0", "'--cpi'"),
    (nwp, "", "'--listen'"),
    (nwp, "--listen TAKEN", "Address already in use"),
    (nwp, "--listen 0 --control HERE", "no address file"),
    (nwp, "--listen 0 --world WRONG", "acces_points: unknown name"),
    (remote, ABSENT, ABSENT),
    (remote, "HERE", "no address file"),
    (remote, "DESERTED", "Connection refused"),
    (conformance, ABSENT, ABSENT),
    (conformance, "EMPTY", "no *.json in it"),
    (conformance, "HERE", "no recording of the known form"),
]


@pytest.mark.parametrize(("main", "line", "reason"), CASES)
def test_what_cannot_begin_says_why(main, line, reason, elf, taken, wrong_world, tmp_path):
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        empty = tmp_path / "empty"
        empty.mkdir()
        meanings = {"TAKEN": taken, "WRONG": wrong_world, "EMPTY": str(empty), "HERE": __file__}
        meanings["CLOSED"] = str(unheard.getsockname()[1])
        deserted = tmp_path / "deserted.json"
        deserted.write_text(f'{{"host": "127.0.0.1", "port": {meanings["CLOSED"]}, "token": "x"}}')
        meanings["DESERTED"] = str(deserted)
        meant = re.compile("|".join(meanings))
        words = [meant.sub(lambda m: meanings[m[0]], word) for word in line.split()]
        if main in (client, emulator) and not {"--elf", "--port"} & set(words):
            words += ["--elf", str(elf)]
        result = CliRunner().invoke(main, words, input="")
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    last = result.output.strip().splitlines()[-1]
    assert last.startswith("Error: ") and reason in last
