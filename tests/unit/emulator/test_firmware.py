"""The firmware itself, with the whole network processor: repetition and snapshots."""

import functools
import hashlib
import socket
import time

import pytest

from cc32at.emulator import Machine
from cc32at.emulator.serialport import EmuSerial
from cc32at.nwp import NetworkProcessor

COMMANDS = (b"AT+Test", b"AT+Get=General,Version", b"AT+Stop=100", b"AT+Start", b"AT+Test")


class Session:
    """A board that has booted, and what a list of commands makes of it."""

    def __init__(self, elf, **options):
        self.machine = Machine(elf, nwp=NetworkProcessor(), **options)
        self.port = EmuSerial(self.machine, baudrate=115200, timeout=0.3)
        self.port.read(4096)

    def talk(self) -> tuple:
        said = b""
        for command in COMMANDS:
            self.port.write(command + b"\r\n")
            said += self.port.read(4096)
        sram = hashlib.sha256(self.machine.chip.sram.view).hexdigest()
        return said, self.machine.instructions, self.machine.cycles, sram


@pytest.fixture
def boot(elf):
    """boot(...) -> a Session with these options of the machine."""
    return functools.partial(Session, elf)


def test_two_sessions_are_the_same_to_the_byte(accelerate, boot):
    first, second = (boot(accelerate=accelerate).talk() for _ in range(2))
    assert first == second
    assert first[0].count(b"OK\r\n") == len(COMMANDS)


def test_how_interrupts_are_masked_at_entry_makes_no_difference(boot):
    said = [boot(primask=primask).talk()[0] for primask in (False, True)]
    assert said[0] == said[1]


def test_a_session_from_a_snapshot_is_the_same(boot):
    session = boot()
    state = session.machine.snapshot()
    first = session.talk()
    session.machine.restore(state)
    assert session.talk() == first


def test_a_board_that_is_put_back_while_a_send_waits_is_as_new(boot):
    """The peer reads nothing: Send waits for credits, which come back when the socket goes."""
    session = boot()
    state, first = session.machine.snapshot(), session.talk()
    session.machine.restore(state)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        session.port.write(b"AT+Socket=INET,STREAM,TCP\r\n")
        assert session.port.read(4096) == b"+Socket: 0\r\nOK\r\n"
        session.port.write(b"AT+Connect=0,INET,%d,127.0.0.1\r\n" % server.getsockname()[1])
        assert session.port.read_until(b"127.0.0.1\r\n").startswith(b"OK\r\n+Connect")
        for _ in range(100):
            session.port.write(b"AT+Send=0,0,4096," + bytes(4096) + b"\r\n")
            session.port.timeout = 1.5
            if session.port.read_until(b"\r\n") != b"OK\r\n":
                break
        else:
            pytest.fail("the peer took 400 KB")
        session.machine.restore(state)
        session.port.timeout = 0.3
        assert session.talk() == first


def test_the_firmware_does_nothing_a_driver_should_not_do(boot):
    session = boot()
    session.talk()
    assert session.machine.reports == []
    assert session.machine.faults == []


@pytest.mark.parametrize("style, value", [("guide", b"+Get: "), ("ti", b"+get:")])
def test_settings_take_effect_at_the_first_boot(style, value, boot):
    session = boot(settings={"style": style, "banner": 0})
    session.port.write(b"AT+Get=General,Version\r\n")
    assert session.port.read(4096).startswith(value)


def test_an_idle_board_leaves_the_pc_alone(boot):
    """On the wall clock, connected and waiting for a line: under 5 % of a core."""
    session = boot(clock="real")
    session.port.write(b"AT+WlanConnect=office,,WPA_WPA2,correct-horse,,,\r\n")
    session.port.timeout = 100  # as long as it takes here
    assert b"IPV4_ACQUIRED" in session.port.read_until(b"IPV4_ACQUIRED")
    session.port.read_until(b"\r\n")
    cpu, wall = time.process_time(), time.monotonic()
    session.machine.run(timeout=3)
    assert time.monotonic() - wall >= 2.9
    assert time.process_time() - cpu < 0.05 * (time.monotonic() - wall)
