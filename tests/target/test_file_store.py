"""The store of files as a whole (guide tables 40-43): lists, deletes, states, power."""

import pytest

from cc32at.nwp import storage
from tests.target import repl
from tests.target.store import BLOCK, error

pytestmark = pytest.mark.world
ALPHABET = bytes(range(256))
ABSENT = error(-10341)


def test_no_files_are_ok_alone(talk, board):
    board.model.storage.files.clear()
    assert talk("AT+FileGetFileList") == ["OK"]


def test_two_hundred_files_are_two_hundred_lines(board, store):
    files = board.model.storage.files
    for n in range(200 - len(files)):
        flags = storage.FAILSAFE if n % 2 else 0
        board.model.storage.put(b"/data/%d.bin" % n, bytes(n), 1 + n * 10, flags)
    wanted = [
        [
            file.name.decode(),
            str(file.max_size),
            "" if file.flags & storage.FAILSAFE else "NOT_FAILSAFE",
            str(file.blocks),
        ]
        for file in files.values()
    ]
    assert store.listed() == wanted and len(wanted) == 200


def test_a_list_is_not_interrupted_by_events(talk, board, world, store):
    """Rule O9: nothing stands between the lines of one list."""
    for n in range(100):
        board.model.storage.put(b"%d" % n, b"")
    talk.send("AT+FileGetFileList")
    for _ in range(5):
        talk.sleep(0.02)
        world.general_error(-6, 1)
    talk.reply()
    talk.event("+EventGeneral: ")
    lines = [line for line in talk.lines if line.startswith("+")]
    first = next(n for n, line in enumerate(lines) if line.startswith("+FileGet"))
    assert all(line.startswith("+FileGetFileList") for line in lines[first : first + 100])


def test_delete(talk, store):
    store.put("f", b"x")
    handle = store.open("f", "READ")
    assert talk.error("AT+FileDel=f,") == error(-10369)
    store.close(handle)
    talk.ok("AT+FileDel=f,")
    assert talk.error("AT+FileDel=f,0x1234") == ABSENT
    assert talk.error("AT+FileGetInfo=f,") == ABSENT
    assert talk.error("AT+FileDel=f") == "number of parameters, 0"
    assert talk.error("AT+FileGetInfo=f,x") == "parse parameters, -4"


def test_rename(talk, store):
    store.put("old", b"content")
    store.put("other", b"x")
    assert talk.value("AT+FileCtl=RENAME,0,old,new") == ","
    assert store.get("new", 7) == b"content"
    assert talk.error("AT+FileOpen=old,READ,") == ABSENT
    assert talk.error("AT+FileCtl=RENAME,0,new,other") == error(-10293)
    assert talk.error("AT+FileCtl=RENAME,,new,newer") == "parse parameters, -1"


STORED = """
from atcore.apps import at_commands
sl = at_commands._application.core.sl
sl.run(sl.fs.store(b"%s", b"%s", 100, 0x20000 | %#x))
"""
MUST_COMMIT, BUNDLE = 0x1000000, 0x2000000  # flags that no keyword has: set by a program


def stored(talk, name: str, data: str, flag: int = 0) -> None:
    repl.once(talk.at, STORED % (name, data, flag))
    talk.replies.clear()


@pytest.mark.prompt
@pytest.mark.parametrize(("word", "content"), [("COMMIT", b"new"), ("ROLLBACK", b"old")])
def test_commit_and_rollback_of_a_file(talk, store, word, content):
    stored(talk, "f", "old")
    assert talk.error(f"AT+FileCtl={word},0,f,") == error(-10284)
    stored(talk, "f", "new", MUST_COMMIT)
    assert store.info("f")[0] == "MUST_COMMIT|PENDING_COMMIT"
    assert talk.value(f"AT+FileCtl={word},0,f,whatever") == "0,"
    assert store.get("f", 3) == content and store.info("f")[0] == ""


@pytest.mark.prompt
@pytest.mark.parametrize(
    ("word", "content"), [("BUNDLE_COMMIT", b"new"), ("BUNDLE_ROLLBACK", b"old")]
)
def test_commit_and_rollback_of_a_bundle(talk, store, word, content):
    assert talk.error(f"AT+FileCtl={word},,,") == error(-10282)
    for name in ("a", "b"):
        stored(talk, name, "old")
        stored(talk, name, "new", BUNDLE)
    assert store.get("a", 3) == b"old"
    talk.restart()
    assert [store.get(name, 3) for name in "ab"] == [b"new", b"new"]
    assert "PENDING_BUNDLE_COMMIT" in store.info("a")[0]
    assert talk.value(f"AT+FileCtl={word},x,y,z") == ","
    assert [store.get(name, 3) for name in "ab"] == [content, content]


def test_storage_information(talk, board, store):
    """Table 40: an empty token and 16 numbers, in the order of the guide."""
    store.put("f", b"x" * 10, size=5000)
    model = board.model.storage
    token, *numbers = map(str, talk.value("AT+FileCtl=GET_STORAGE_INFO,,,").split(","))
    assert token == "" and len(numbers) == 16
    size, total, used, reserved, system, _, free, files, *_ = map(int, numbers)
    assert (size, total, used, free) == (BLOCK, 1024, model.blocks_used, model.blocks_free)
    assert total == used + reserved + free and system <= reserved and files == 240
    assert numbers[11:15] == [str(len(model.files)), "0", "0", "15"]
    assert numbers[15] == str(model.fat_writes)


@pytest.mark.parametrize("word", ["FACTORY_IMAGE", "FACTORY_DEFAULT"])
def test_restore(talk, board, store, word):
    store.put("f", b"x")
    assert talk.error("AT+FileCtl=RESTORE,,,") == "parse parameters, -1"
    assert talk.value(f"AT+FileCtl=RESTORE,,,{word}") == ","
    talk.ok("AT+Stop=200")
    talk("AT+Start")
    assert talk.error("AT+FileOpen=f,READ,") == ABSENT


@pytest.mark.parametrize("when", ["cut_power", "lose"])
@pytest.mark.parametrize("frame", range(5))
def test_power_lost_at_any_frame_leaves_old_or_new(talk, at, board, world, store, frame, when):
    """Of a fail-safe write: when the frame arrives, or when it has been carried out."""
    old, new = ALPHABET * 12, ALPHABET[::-1] * 12
    options = "CREATE|OVERWRITE|CREATE_FAILSAFE"
    store.put("f", old, options)
    frames = ["FS_OPEN", *["FS_WRITE"] * 3, "FS_CLOSE"]
    world.fault(do=when, to=frames[frame], skip=frames[:frame].count(frames[frame]))
    talk.send(f"AT+FileOpen=f,{options},{len(new)}")
    handle = board.model.storage.next_handle
    talk.at.write(b"AT+FileWrite=%d,0,0,%d,%s\r\n" % (handle, len(new), new))
    talk.send(f"AT+FileClose={handle},,")
    talk.sleep(1)
    board.power_cycle(at)
    talk.replies.clear()
    assert store.get("f", len(old)) == (new if (frame, when) == (4, "lose") else old)
