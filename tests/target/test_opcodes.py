"""Each opcode of the table, from the firmware: its command sent, its answer and event understood.

The tests are generated from protocol.json; opcodes.yaml says how each opcode is brought about.
"""

from pathlib import Path

import pytest
import yaml

from cc32at.nwp.control import plain
from tests.target import peers
from tests.target.prompt import Prompt
from tests.unit.driver.calls import TABLE
from tests.unit.driver.test_tables import CLASS, EVENTS, expected

pytestmark = [pytest.mark.world, pytest.mark.prompt]
EXERCISES = yaml.safe_load(Path(__file__).with_name("opcodes.yaml").read_text())
OPCODES = {row["name"]: row for row in TABLE["opcodes"]}
COMMANDS = [name for name, row in OPCODES.items() if row["direction"] == "host_to_nwp"]
# What the application is told, as it stands on the wire; the rest only exercises can show.
TOLD = {e["message"]: e for e in EVENTS if e["group"] != "netapp_request"}
del TOLD["NETAPP_EV_HTTP_GET_TOKEN"], TOLD["DEVICE_RESET_REQUEST"]
MESSAGES = [name for name, row in OPCODES.items() if row["direction"] == "nwp_to_host"]
NOT_TOLD = [name for name in MESSAGES if name not in TOLD]
PROVES = {name: key for key, row in EXERCISES.items() for name in row.get("also", ())}
PROVES |= {key: key for key in EXERCISES}

PRELUDE = """
import simplelink
from simplelink import SlError, errors, events
from simplelink.compat import ticks_add, ticks_diff
from struct import pack, unpack
LOCAL, ANY = b"\\x7f\\0\\0\\1", bytes(4)
LOCAL6, ANY6 = bytes(15) + b"\\1", bytes(16)
told = []
sl = simplelink.SimpleLink()
sl.on_event = lambda opcode, args: told.append((opcode, bytes(args)))
run = sl.run

def pump(ms):
    end = ticks_add(sl.link.ticks(), ms)
    while ticks_diff(end, sl.link.ticks()) > 0:
        sl.link.pump(ticks_diff(end, sl.link.ticks()))

def news():
    opcodes = [hex(event[0]) for event in told]
    told.clear()
    return opcodes

def fails(call):
    try:
        call()
    except SlError as error:
        return errors.name(error.code).decode()
    return ""

def join():
    first = len(told)
    sl.wlan.connect(b"office", 2, b"correct-horse")
    for _ in range(100):
        pump(200)
        if any(event[0] == 0x1825 for event in told[first:]):
            return

def pair(family=2, local=LOCAL, any=ANY):
    global peer
    door, near = sl.sockets.open(family, 1), sl.sockets.open(family, 1)
    sl.sockets.bind(door, PORT, any)
    sl.sockets.listen(door, 1)
    run(sl.sockets.connect(near, PORT, local))
    far, *peer = run(sl.sockets.accept(door, family))
    return door, near, far

print(run(sl.device.start()))
"""


@pytest.fixture(scope="module")
def started(session_board):
    """The raw prompt with the driver started; the network processor knows nothing else."""
    if not session_board.emulated:
        pytest.skip("needs control of the radio world")
    prompt = Prompt(session_board)
    assert prompt.run(PRELUDE) == "0\n"
    prompt.keep()
    return prompt


@pytest.fixture
def board(started):
    """The same, as it was when it was new; what broke the rules of the wire fails the test."""
    started.back()
    yield started
    assert started.model.violations == []


def value(given):
    """A value of opcodes.yaml: {pattern: n} and {zeros: n} are bytes."""
    if isinstance(given, dict):
        if "pattern" in given:
            return bytes(i % 251 for i in range(given["pattern"]))
        if "zeros" in given:
            return bytes(given["zeros"])
        return {name: value(item) for name, item in given.items()}
    return given


def check_result(got, given) -> None:
    """A control operation's result is what the exercise says, at least in those parts."""
    wanted = plain(value(given))
    if isinstance(wanted, dict):
        assert wanted.items() <= got.items(), got
    else:
        assert got == wanted


def play(board, steps: list[dict]) -> None:
    """The steps of an exercise, one after another."""
    board.run(f"PORT, PORT2 = {peers.free_port()}, {peers.free_port()}")
    for step in steps:
        if "run" in step:
            assert board.run(step["run"]).strip() == step.get("says", "").strip()
            continue
        result = board.control(**{name: value(item) for name, item in step["world"].items()})
        if "gives" in step:
            check_result(result, step["gives"])


def needed(name: str) -> set[tuple[str, str]]:
    """(direction, name) as the model's log has them: an opcode, and its answer if it has one."""
    row = OPCODES[name]
    if row["direction"] == "nwp_to_host":
        return {("N", name)}
    return {("H", name), ("N", name)} if row["response_opcode"] else {("H", name)}


@pytest.mark.parametrize("name", COMMANDS + NOT_TOLD)
def test_every_opcode_is_exercised_from_the_firmware(name):
    assert name in PROVES, f"opcodes.yaml has nothing that brings about {name}"


@pytest.mark.parametrize("name", EXERCISES)
def test_the_exercise_of(board, name):
    exercise = EXERCISES[name]
    play(board, exercise["steps"])
    crossed = {(direction, name) for _, direction, name in board.model.log}
    for opcode in (name, *exercise.get("also", ())):
        assert needed(opcode) <= crossed


@pytest.mark.parametrize("name", TOLD)
def test_the_firmware_decodes_the_event(board, name):
    event = TOLD[name]
    args = bytes(1 + i % 5 for i in range(OPCODES[name]["response_size"]))
    tail = b"tail" if event["tail"] else b""
    board.control("message", opcode=OPCODES[name]["opcode"], args=(args + tail).hex())
    want = (
        CLASS[event["group"]],
        event["id"],
        tuple(expected(event, args)) + ((tail,) * bool(tail)),
    )
    assert board.run("pump(20)\nprint([events.decode(*e) for e in told])") == f"[{want}]\n"


def test_commands_are_answered_with_the_opcodes_of_the_table(board):
    """The model answers; what an answer is called on the wire stands in its trace."""
    seen = {}
    board.model.trace = lambda side, name, frame: seen.setdefault(frame[4:6], name)
    board.run("join()\nsl.netcfg.get(2, 6)\nsl.netapp.nd_flush()")
    board.model.trace = None
    for name in ("WLAN_CONNECT", "NETCFG_GET", "NETAPP_ND_FLUSH"):
        for opcode in (OPCODES[name]["opcode"], OPCODES[name]["response_opcode"]):
            assert seen[opcode.to_bytes(2, "little")] == name
