"""The README's sessions with real programs are what happens.

A line behind `$` is a command of the PC, run as it stands but for the ports, which are free ones
of the same length, as others may have taken those; one behind `>` is typed, and what follows it
must come.
"""

import contextlib
import io
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from prompt_toolkit.formatted_text.utils import fragment_list_to_text

from cc32at.client import AtClient, shorthand
from cc32at.client.shorthand import meant
from cc32at.client.terminal import formatted
from tests.target import peers
from tests.target.test_readme import README, blocks

pytestmark = [pytest.mark.world, pytest.mark.default_board, pytest.mark.timeout(300)]
LISTENERS = ("socat", "s_server")
CLIENT_PORT = r"(?<=^\+Accept: 1,INET,)\d+"


def session(program: str) -> tuple[str, dict[str, int]]:
    """The session with a program, its ports replaced; the new ports by the old ones."""
    (text,) = [b for b in blocks() if re.search(rf"^\$ {program}\b.*[^&]$", b, re.MULTILINE)]
    ports = {port: peers.free_port() for port in sorted(set(re.findall(r"\b1\d{4}\b", text)))}
    for old, new in ports.items():
        text = text.replace(old, str(new))
    return text, ports


@contextlib.contextmanager
def program(command: str, folder: Path) -> Iterator[subprocess.Popen]:
    """A command of the PC in the background; ended at the end, however it is then."""
    process = subprocess.Popen(
        shlex.split(command), cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(port: int) -> None:
    """Until something listens there."""
    end = time.monotonic() + 100
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on port {port}")


def play(at, text: str, ports: dict[str, int], folder: Path) -> str | None:
    """Do what a session says and see that what comes is what it shows; what curl prints."""
    process = None
    with contextlib.ExitStack() as stack:
        for part in re.split(r"^(?=[>$] )", text, flags=re.MULTILINE)[1:]:
            line, _, expected = part[2:].partition("\n")
            if part.startswith(">"):
                at.write(meant(line).encode() + b"\r\n")
            else:
                process = stack.enter_context(program(line, folder))
                if any(name in line.split() for name in LISTENERS):
                    wait_for(*ports.values())
            if expected:
                assert heard(at, expected) == expected.replace("40714", "PORT"), line
        if process.args[0] == "curl":
            return process.communicate(timeout=100)[0]


def heard(at, expected: str) -> str:
    """What the terminal shows until it is as much as is expected, and a little longer."""
    lines: list[str] = []
    end = time.monotonic() + 100
    while len(lines) < len(re.findall(r"^(\+|OK|ERROR)", expected, re.MULTILINE)):
        lines += [
            fragment_list_to_text(formatted(m)) + "\n" for m in at.messages(timeout=1, quiet=0.2)
        ]
        assert time.monotonic() < end, lines
    text = "".join(lines)
    return re.sub(CLIENT_PORT, "PORT", text)


def test_the_echo_server(at, scratch):
    play(at, *session("socat"), scratch)


def test_the_web_server(at, scratch):
    assert play(at, *session("curl"), scratch) == "Hi, curl.\n"


class Later(datetime):
    """Ten years from now."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(days=3653)


def prepared(make: str) -> str:
    """Make the CA and the world file of the TLS session in this folder; the latter's name."""
    subprocess.run(shlex.split(make[2:]), check=True, capture_output=True)
    (source,) = [block for block in blocks("yaml") if "trusted_roots" in block]
    (world,) = re.findall(r'`make run ARGS="--world (lab/tls.yaml)"`', README.read_text())
    Path(world).write_text(source)
    return world


@pytest.fixture
def tls(scratch, monkeypatch, elf):
    """The session over TLS and its ports; the board that README says, which has its files."""
    monkeypatch.chdir(scratch)
    text, ports = session("openssl")
    make, _, talk = text.partition("\n")
    world = prepared(make)
    with AtClient.open(f"emu://?world={world}") as at:
        at.sync()
        yield at, talk, ports


def test_the_tls_server(tls, scratch):
    at, talk, ports = tls
    play(at, talk, ports, scratch)


@pytest.mark.parametrize("how", ["without the time", "at another time"])
def test_a_certificate_is_not_valid_at_any_time(tls, scratch, monkeypatch, how):
    """What README says of !time: without it, or when the certificate is out of date."""
    at, talk, ports = tls
    (error,) = re.findall(r"`(ERROR:process command \+Connect 0, -\d+)`", README.read_text())
    talk = re.sub(r"^\+Connect: .*", error, talk, flags=re.MULTILINE)
    if how == "without the time":
        talk = talk.replace("> !time\nOK\n", "")
    else:
        monkeypatch.setattr(shorthand, "datetime", Later)
    play(at, talk, ports, scratch)


@pytest.mark.usefixtures("elf")
def test_an_uploaded_certificate_is_used(scratch, monkeypatch):
    monkeypatch.chdir(scratch)
    text, ports = session("openssl")
    make, server = re.findall(r"^\$ .*", text, re.MULTILINE)
    prepared(make)
    (source,) = [block for block in blocks("python") if "FileWrite" in block]
    shown = re.search(r"this prints `(.*?)`", README.read_text())[1] + "\n"
    for old, new in ports.items():
        source, shown = (one.replace(old, str(new)) for one in (source, shown))
    with program(server[2:], scratch), contextlib.redirect_stdout(io.StringIO()) as out:
        wait_for(*ports.values())
        exec(source, {})
    assert out.getvalue() == shown
