"""Fixtures of the tests over a serial port.

`at` is an AT session, `board` what it talks to, `world` the radio world behind it. With --port
they use what is there; without, the firmware in the emulator.
"""

import functools
import re
from pathlib import Path

import hypothesis
import pytest

from cc32at.client import Transcript
from cc32at.conformance.commands import commands as guide_commands
from cc32at.image.size import symbols
from tests.boards import (
    DEFAULT,
    ON_SMALL,
    ROOT,
    Device,
    EmulatedBoard,
    SerialBoard,
    World,
    has_prompt,
    images,
    start_on_pty,
)

# How long an example takes says how busy this PC is.
hypothesis.settings.register_profile(
    "any load", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any load")


def pytest_addoption(parser):
    group = parser.getgroup("cc32at")
    group.addoption("--port", help="serial port or pyserial URL of a board (default: emulator)")
    group.addoption("--baud", type=int, default=115200, help="its speed")
    group.addoption("--board", default=DEFAULT, help="which one it is (a folder of boards/)")
    group.addoption("--short", action="store_true", help="only what a small board runs for all")
    group.addoption("--elf", type=Path, help="firmware for the emulator, with the board's prompt")
    group.addoption("--guesses", type=float, help="factor of all times that the model guesses")
    group.addoption("--log-dir", default="build/logs", help="where transcripts go")


def pytest_configure(config):
    if not (ROOT / "boards" / config.getoption("--board")).is_dir():
        raise pytest.UsageError(f"--board {config.getoption('--board')}: no folder of boards/")


def pytest_collection_modifyitems(config, items):
    option = config.getoption
    if option("--short"):
        left_out = [item for item in items if item.path.name not in ON_SMALL]
        items[:] = [item for item in items if item.path.name in ON_SMALL]
        config.hook.pytest_deselected(items=left_out)
    if option("--port"):
        skip_marked(items, "world", "needs control of the radio world")
    if not has_prompt(option("--board")):
        with_prompt = [item for item in items if "elf_without_repl" not in item.fixturenames]
        skip_marked(with_prompt, "prompt", "needs Python's prompt")
    if option("--board") != DEFAULT:
        skip_marked(items, "default_board", f"is about the {DEFAULT}")


def skip_marked(items, marker, reason):
    """Skip the tests that have a marker, unless they are skipped already."""
    for item in items:
        if item.get_closest_marker(marker) and not item.get_closest_marker("skip"):
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_generate_tests(metafunc):
    """A test marked any_pace must not notice how long the model's guesses are."""
    option = metafunc.config.getoption
    marked = metafunc.definition.get_closest_marker("any_pace")
    if marked and not option("--guesses") and not option("--port"):
        metafunc.parametrize("guesses", PACES, indirect=True)


PACES = (1, 0.1, 10)
LEAST_HEAP = 1024  # bytes that a report of a heap that is too small takes
SUMMARIES: list = []  # functions that return a line for the end of the run
LINES: list[str] = []  # such lines of other processes


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["summaries"] = [line() for line in SUMMARIES]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    LINES.extend(getattr(node, "workeroutput", {}).get("summaries", []))


def pytest_terminal_summary(terminalreporter):
    for line in [*LINES, *(line() for line in SUMMARIES)]:
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def summaries():
    """Functions that return a line for the end of the run."""
    return SUMMARIES


@pytest.fixture(scope="session")
def elf(pytestconfig) -> Path:
    """The firmware."""
    return pytestconfig.getoption("--elf") or built("elf", pytestconfig.getoption("--board"))


@pytest.fixture(scope="session")
def elf_without_repl(pytestconfig) -> Path:
    """The firmware that was built with REPL=0; what --elf gives has it in the folder beside."""
    given, board = pytestconfig.getoption("--elf"), pytestconfig.getoption("--board")
    if given and not has_prompt(board):
        return given
    name = given and given.parent.with_name(given.parent.name + "-norepl") / given.name
    return name or built("elf_without_repl", board)


@pytest.fixture(scope="session")
def elf_chapters() -> Path:
    """The firmware that reads chapters, on a board with room to look at it."""
    return built("elf_chapters")


@pytest.fixture(scope="session")
def elf_small() -> Path:
    """The firmware of the CC3220S."""
    return built("elf_small")


@pytest.fixture(scope="session")
def elf_small_that_starts(elf_small) -> Path:
    """The same; its heap is not so small that it cannot even say that it is too small."""
    names = symbols(elf_small)
    heap = names["_heap_end"] - names["_heap_start"]
    assert heap >= LEAST_HEAP, f"the CC3220S has no room for the image: {heap} bytes of heap"
    return elf_small


def built(name: str, board: str = DEFAULT) -> Path:
    """The image that a fixture of this name gives."""
    folder, choice = images(board)[name]
    path = ROOT / "build" / folder / "firmware.elf"
    assert path.exists(), f"no {path}: run make firmware {choice}"
    return path


@pytest.fixture(scope="session")
def boards(request, pytestconfig):
    """The board by the factor of the times that its model guesses, each booted once."""
    prompt = has_prompt(pytestconfig.getoption("--board"))
    if url := pytestconfig.getoption("--port"):
        board = SerialBoard(url, pytestconfig.getoption("--baud"), prompt)
        return lambda guesses: board
    elf = request.getfixturevalue("elf")
    return functools.cache(lambda guesses: EmulatedBoard(elf, guesses=guesses, prompt=prompt))


@pytest.fixture(scope="session")
def session_board(boards, pytestconfig):
    """The board of the tests that do not try several paces."""
    return boards(pytestconfig.getoption("--guesses") or 1)


@pytest.fixture
def guesses(request, pytestconfig) -> float:
    """How many times as long the model's guesses are; see pytest_generate_tests."""
    return getattr(request, "param", pytestconfig.getoption("--guesses") or 1)


@pytest.fixture
def transcript(request, pytestconfig):
    """A log of this test, named after it."""
    folder = Path(pytestconfig.getoption("--log-dir"))
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", request.node.nodeid.split("/")[-1])[:150]
    log = Transcript(folder / f"{name}.log")
    yield log
    log.close()


@pytest.fixture
def board(boards, guesses):
    """What the session talks to."""
    return boards(guesses)


@pytest.fixture
def at(board, transcript):
    """An AT session with the network processor started; stale input is gone."""
    client = board.client(transcript)
    yield client
    client.close()


@pytest.fixture
def world(board, at):
    """The radio world and the network processor's mishaps."""
    if not board.emulated:
        pytest.skip("needs control of the radio world")
    return World(board)


@pytest.fixture(scope="session")
def commands(session_board):
    """Lower-case names of the commands the firmware declares: those that have help."""
    at = session_board.client(Transcript())
    declared = set()
    for name in guide_commands():
        at.write(f"AT+{name}=?\r\n".encode())
        if all("command not exist" not in str(m) for m in at.messages(timeout=5, quiet=0.2)):
            declared.add(name)
    at.close()
    return declared


@pytest.fixture(scope="module")
def serial_device(request, pytestconfig, tmp_path_factory):
    """A serial device that other programs can open."""
    if url := pytestconfig.getoption("--port"):
        yield Device(url, pytestconfig.getoption("--baud"))
        return
    folder = tmp_path_factory.mktemp("pty")
    process, device = start_on_pty(request.getfixturevalue("elf"), folder)
    yield device
    process.terminate()
    process.wait(60)


@pytest.fixture
def firmware_without_repl(elf_without_repl, transcript):
    """An AT session with firmware that was built with REPL=0."""
    at = EmulatedBoard(elf_without_repl).client(transcript)
    yield at
    at.close()
