"""Chapters that are read when they are used (boards/CC3220S_LAUNCHXL/board.md).

On an image for the CC3220SF that reads the same chapters as the one for the CC3220S, into the same
windows (TRIAL=chapters): it has a prompt to look behind them with, and two more that stand in for
clients. What is left is filled with 0xFF there, so that whoever still uses it is found out.
"""

import hashlib

import pytest

from cc32at.image import chapters
from tests.boards import EmulatedBoard
from tests.target import repl
from tests.target.talk import Talk

pytestmark = pytest.mark.world

NAME = "/atcore/chapters"
WRONG = "process command, -30801"
BUSY = "allocate, 0"
ADDRESS = "AT+NetCfgGet=IPV4_STA_ADDR"
POLICY = "AT+WlanPolicyGet=PM"
OPTION = "AT+WlanGet=GENERAL,COUNTRY_CODE"
TELL = "AT+KeeperTell=%d,0,%d,"

# The chapters of the stand-ins, which no table of the firmware knows.
STAND_INS = """
from atcore.apps import at_commands as app
from atcore.forms import payload_row
chapters = app._application.chapters
chapters.rows = app.CHAPTERS = chapters.rows + (
    ("keeper", None, b" at+keepercreate at+keepertell at+keeperwait at+keeperdelete "),
    ("rival", None, b" at+rivaltest "),
)
app.ALL.payloads += payload_row(b"at+keepertell", (
    ("handle", "u8", ""), ("format", "format", ""), ("length", "size", ""), ("data", "data", "")))
"""
LOADS = "from atcore.apps import at_commands as app\nprint(app._application.chapters.loads)"
EVERY_TIME = "from atcore.apps import at_commands as app\napp._application.chapters.strict = True"


@pytest.fixture(scope="module")
def chaptered(elf_chapters) -> EmulatedBoard:
    """The board, booted."""
    return EmulatedBoard(elf_chapters, files={NAME: content(elf_chapters)})


def content(elf) -> bytes:
    """The chapter file of an image."""
    return elf.with_name("chapters").read_bytes()


@pytest.fixture
def board(chaptered):
    """For the fixtures of tests/conftest.py."""
    return chaptered


@pytest.fixture
def stand_ins(talk) -> Talk:
    """A conversation with a board that has the stand-ins as well."""
    repl.once(talk.at, STAND_INS)
    talk.replies.clear()
    return talk


def told(talk: Talk, handle: int, data: bytes) -> str:
    """What KeeperTell answers to a payload."""
    reply = talk(TELL.encode() % (handle, len(data)) + data)
    assert reply[1:] == ["OK"], reply
    return reply[0].removeprefix("+KeeperTell: ")


def loads(talk: Talk) -> int:
    """Chapters that were read since power-up."""
    found = int(repl.once(talk.at, LOADS))
    talk.replies.clear()
    return found


def test_the_first_use_reads_a_chapter_and_the_next_does_not(talk):
    assert loads(talk) == 0
    first = talk.value(ADDRESS)
    assert loads(talk) == 1
    assert talk.value(ADDRESS) == first
    assert loads(talk) == 1


def test_chapters_take_each_others_place(talk):
    seen = [talk.value(line) for line in (ADDRESS, POLICY, OPTION)]
    for _ in range(3):
        assert [talk.value(line) for line in (ADDRESS, POLICY, OPTION)] == seen
    assert loads(talk) == 12


def test_a_command_behaves_as_if_its_chapter_had_been_there(talk):
    """Help, wrong parameters, their number, a keyword that is none."""
    for line in ("AT+NetCfgGet=?", "AT+NetCfgGet", "AT+NetCfgGet=IF,1,2", "AT+NetCfgGet=X"):
        talk.value(POLICY)
        first = talk(line)
        assert talk(line) == first


def test_the_next_commands_wait_and_are_answered_in_their_order(talk):
    talk.send(f"{POLICY}\r\n{ADDRESS}\r\nAT+Foo\r\n{POLICY}\r\nAT+Test")
    replies = [talk.reply() for _ in range(5)]
    assert [reply[-1] for reply in replies] == [
        "OK", "OK", "ERROR:command not exist, 0", "OK", "OK"
    ]  # fmt: skip
    assert replies[0] == replies[3] and replies[1][0].startswith("+NetCfgGet")


def test_two_hundred_swaps_leave_the_heap_as_it_was(talk, board):
    def swap(times):
        for _ in range(times):
            talk.value(ADDRESS)
            talk.value(POLICY)

    swap(5)
    before = board.heap(talk.at)
    talk.replies.clear()
    swap(100)
    after = board.heap(talk.at)
    assert after.live <= before.live
    assert after.largest > 0.9 * before.largest


# What is wrong with the file


def altered(content: bytes, name: str) -> bytes:
    """One bit of a chapter is another."""
    _, offset, size = chapters.unpacked(content)[name]
    changed = bytearray(content)
    changed[offset + size // 2] ^= 1
    return bytes(changed)


BROKEN = {
    "is missing": lambda content: None,
    "is no chapter file": lambda content: content[:20],
    "is too short": lambda content: content[: sum(chapters.unpacked(content)["netcfg"][1:]) - 1],
    "is of another image": lambda content: altered(
        content[:8] + bytes(32) + content[40:], "netcfg"
    ),
    "was altered": lambda content: altered(content, "netcfg"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_good_is_told_of_and_the_rest_goes_on(elf_chapters, transcript, what):
    broken = BROKEN[what](content(elf_chapters))
    board = EmulatedBoard(elf_chapters, files={NAME: broken} if broken else {})
    at = board.client(transcript)
    board.power_cycle(at)
    assert [str(m) for m in at.comments][-1] == f"# the file {NAME} {what}"
    talk = Talk(at)
    assert talk.error(ADDRESS) == WRONG
    assert talk.error(ADDRESS) == WRONG
    talk.ok("AT+Test", "AT+Set=AT,VERBOSE,0")
    assert talk.value("AT+Socket=INET,STREAM,TCP") == "0"
    assert talk.value("AT+Close=0") == "0"
    if what == "was altered":  # and the chapter before it was not
        talk.value(POLICY)
    at.close()


def test_a_good_file_is_not_told_of(talk, board):
    board.power_cycle(talk.at)
    assert not [m for m in talk.at.comments if NAME in str(m)]


def test_what_comes_back_is_used_again(talk, world):
    good = world.model.storage.content(NAME.encode())
    world.write_file(NAME, altered(good, "netcfg"))
    assert talk.error(ADDRESS) == WRONG
    talk.value(POLICY)
    world.write_file(NAME, good)
    talk.value(ADDRESS)


def test_the_file_knows_its_image(elf_chapters):
    """Identity and digests are those of the files as they are."""
    file = content(elf_chapters)
    image = bytearray(elf_chapters.with_name("firmware.bin").read_bytes())
    identity = file[8:40]
    at = image.find(identity)
    image[at : at + 32] = bytes(32)
    assert at > 0 and hashlib.sha256(image).digest() == identity
    for place, (_, offset, size) in enumerate(chapters.unpacked(file).values(), 1):
        digest = hashlib.sha256(file[offset : offset + size]).digest()
        assert image[at + 32 * place :][:32] == digest


# What goes wrong on the way


def test_a_stopped_network_processor_is_told_of(talk):
    talk.ok("AT+Stop=200")
    assert talk.error(ADDRESS) == "process command, -2018"
    talk.ok("AT+Test", "AT+Start")
    talk.value(ADDRESS)


def test_a_file_that_vanishes_midway(talk, world):
    world.fault(do="status", to="FS_READ", status="SL_ERROR_FS_FILE_NOT_EXISTS", skip=1)
    assert talk.error(ADDRESS) == WRONG
    world.fault(do="status", to="FS_READ", status="SL_ERROR_FS_FILE_NOT_EXISTS")
    assert talk.error(ADDRESS) == WRONG
    talk.value(ADDRESS)
    assert not world.model.storage.handles


def test_an_answer_that_is_lost(talk, world):
    """Its time is that of the settings' file; the wire is free when the protocol says so."""
    world.fault(do="lose", to="FS_READ")
    assert talk.error(ADDRESS, timeout=5) == "process command, -2005"
    talk.ok("AT+Test")


def test_a_full_table_of_handles(talk, world):
    for number in range(8):
        world.write_file(f"f{number}", b"x")
        repl.once(talk.at, OPEN % (number, ", 0, 0, True"))
    talk.replies.clear()
    assert talk.error(ADDRESS) == "process command, -10316"
    talk.ok("AT+Stop=200", "AT+Start")
    talk.value(ADDRESS)


def test_the_last_handle_is_kept_for_the_chapters(talk, world):
    for number in range(8):
        world.write_file(f"f{number}", b"x")
    said = [repl.once(talk.at, OPEN % (number, "")).strip() for number in range(8)]
    assert said == [""] * 7 + ["-10316"]
    talk.replies.clear()
    talk.value(ADDRESS)
    talk.value(POLICY)


OPEN = """
from atcore.apps import at_commands as app
sl = app._application.core.sl
try:
    sl.run(sl.fs.open(b"f%d", 0x40000000%s))
except Exception as error:
    print(error.code)
"""


@pytest.mark.parametrize("out", [b"AT+Stop=200\r\n", None], ids=["stop", "break"])
def test_there_is_a_way_out(talk, world, out):
    world.fault(do="delay", to="FS_OPEN", seconds=1.5)
    talk.send(ADDRESS)
    talk.sleep(0.1)
    if out:
        talk.at.write(out)
    else:
        talk.at.port.send_break(0.01)
    code = "-2017" if out else "-2005"
    assert talk.reply()[-1] == f"ERROR:process command, {code}"
    if out:
        assert talk.reply()[-1] == "OK"
        talk.ok("AT+Start")
    talk.sleep(2)
    talk.value(ADDRESS)


# Payloads, and what stays


def test_a_payload_is_found_before_its_chapter_is_there(stand_ins):
    """Nothing of it is a command, whatever it looks like."""
    talk = stand_ins
    data = b'AT+Set=AT,STYLE,ti\r\nAT+Foo\r\n\x00\xff,"' * 20
    answer = talk(TELL.encode() % (9, len(data)) + data)
    assert answer == [f"+KeeperTell: nobody,{len(data)},{sum(data)}", "OK"]
    assert talk.value("AT+Get=AT,STYLE") == "guide"


def test_a_payload_comes_while_the_file_is_slow(stand_ins, world):
    talk = stand_ins
    world.fault(do="delay", to="FS_READ", seconds=0.5, count=3)
    data = bytes(range(256)) * 5
    talk.send(TELL.encode() % (9, len(data)) + data + b"\r\n" + POLICY.encode())
    assert talk.reply()[0] == f"+KeeperTell: nobody,{len(data)},{sum(data)}"
    assert talk.reply()[-1] == "OK"


def test_a_client_stays_and_another_is_refused(stand_ins):
    talk = stand_ins
    assert talk.value("AT+RivalTest=7") == "7"
    assert talk.value("AT+KeeperCreate=one") == "0"
    for _ in range(2):
        assert talk.error("AT+RivalTest=7") == BUSY
        talk.value(ADDRESS)
        talk.value(POLICY)
        assert told(talk, 0, b"abc").startswith("one,")
    talk.ok("AT+KeeperDelete=0")
    assert talk.value("AT+RivalTest=8") == "8"


def test_a_command_under_way_keeps_its_chapter(stand_ins):
    talk = stand_ins
    talk.late_names.add("keeperwait")
    talk.ok("AT+KeeperWait=700")
    assert talk.error("AT+RivalTest=7") == BUSY
    assert talk.late("+KeeperWait: ") == "+KeeperWait: 700"
    assert talk.value("AT+RivalTest=7") == "7"


def test_everything_works_if_nothing_stays_longer_than_it_is_used(stand_ins):
    """Before every command all windows are left, and filled."""
    talk = stand_ins
    repl.once(talk.at, EVERY_TIME)
    talk.replies.clear()
    before = loads(talk)
    seen = [talk.value(line) for line in (ADDRESS, POLICY, OPTION)]
    assert [talk.value(line) for line in (ADDRESS, POLICY, OPTION)] == seen
    talk.ok("AT+WlanPolicySet=PM,Low_Latency,")
    assert talk.value(POLICY).startswith("Low_Latency")
    talk.join()
    assert talk.value(ADDRESS).startswith("DHCP,10.")
    assert talk.value("AT+KeeperCreate=two") == "0"
    assert told(talk, 0, b"ab").startswith("two,2,")
    talk.ok("AT+KeeperDelete=0")
    assert loads(talk) >= before + 9
