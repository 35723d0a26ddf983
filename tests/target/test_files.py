"""Files over the port, opened, written and read (guide tables 38, 39, 44, 45)."""

import math

import pytest

from tests.target.store import BLOCK, MOST, SETTINGS, error

pytestmark = pytest.mark.world
ALPHABET = bytes(range(256))
PEM = (
    "-----BEGIN CERTIFICATE-----\n"
    + "MIIBszCCAVmgAwIBAgIU,+/=\n" * 20
    + "-----END CERTIFICATE-----\n"
)
EXISTS, ABSENT, DIFFERENT, FLAGS, MODE = -10326, -10341, -10329, -10340, -10330
FILE_COMMANDS = (
    "AT+FileOpen={},READ,",
    "AT+FileOpen={},CREATE,100",
    "AT+FileDel={},",
    "AT+FileGetInfo={},",
    "AT+FileCtl=ROLLBACK,0,{},",
    "AT+FileCtl=RENAME,0,{},b",
    "AT+FileCtl=RENAME,0,b,{}",
)


def asked(board) -> int:
    """Commands that the network processor was given."""
    return board.model.counters["commands"]


# --- Open ---


@pytest.mark.parametrize(
    ("options", "new", "old"),
    [
        ("READ", ABSENT, 0),
        ("WRITE", ABSENT, 0),
        ("OVERWRITE", ABSENT, 0),
        ("CREATE", 0, EXISTS),
        ("CREATE|WRITE", 0, EXISTS),
        ("WRITE|CREATE", 0, EXISTS),
        ("CREATE|OVERWRITE", 0, 0),
        ("[overwrite|create]", 0, 0),
        ("CREATE|OVERWRITE|CREATE_FAILSAFE", 0, DIFFERENT),
        ("CREATE|CREATE_STATIC_TOKEN", FLAGS, EXISTS),
    ],
)
def test_what_may_be_opened_how(talk, store, options, new, old):
    """Table 38: each mode on a file that is not there, and on one that is."""
    store.put("old", b"content")
    for name, refused in (("new", new), ("old", old)):
        line = f"AT+FileOpen={name},{options},5000"
        if refused:
            assert talk.error(line) == error(refused)
        else:
            handle, token = talk.value(line).split(",")
            assert token == "0"
            store.close(int(handle))


@pytest.mark.parametrize(
    "options",
    ["READ|WRITE", "READ|CREATE", "WRITE|OVERWRITE", "CREATE|WRITE|OVERWRITE", "CREATE_FAILSAFE"]
    + ["CREATE_SECURE|CREATE_PUBLIC_READ", "READ|WRITE|CREATE|OVERWRITE"],
)
def test_modes_that_there_are_not_are_refused_and_nobody_is_asked(talk, board, options):
    before = asked(board)
    assert talk.error(f"AT+FileOpen=f,{options},5000") == error(MODE)
    assert asked(board) == before


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("", "NOT_FAILSAFE"),
        ("CREATE_FAILSAFE", ""),
        ("CREATE_SECURE|CREATE_NOSIGNATURE", "SECURE|NOT_FAILSAFE|NOSIGNATURE"),
        ("CREATE_SECURE|CREATE_NOSIGNATURE|CREATE_FAILSAFE", "SECURE|NOSIGNATURE"),
        (
            "CREATE_SECURE|CREATE_NOSIGNATURE|CREATE_STATIC_TOKEN|CREATE_PUBLIC_READ",
            "SECURE|NOT_FAILSAFE|PUBLIC_READ|NOSIGNATURE",
        ),
        (
            "CREATE_SECURE|CREATE_NOSIGNATURE|CREATE_PUBLIC_WRITE|CREATE_PUBLIC_READ",
            "SECURE|NOT_FAILSAFE|PUBLIC_WRITE|PUBLIC_READ|NOSIGNATURE",
        ),
    ],
)
def test_flags_of_a_new_file_are_told(talk, store, flags, said):
    handle, token = store.opened("f", "|".join(filter(None, ("CREATE", flags))), 5000)
    assert bool(token) == ("SECURE" in flags)
    store.write(handle, b"0123456789abcdef")
    store.close(handle)
    told, size, room, tokens, stored, writes = store.info("f", token)
    copies = 2 if "FAILSAFE" in flags else 1
    assert (told, size, room) == (said, "16", str(math.ceil(5000 / 256) * 256))
    assert tokens.split("|")[0] == str(token) and len(tokens.split("|")) == 4
    assert (int(stored), writes) == (copies * 2 * BLOCK, "1")


@pytest.mark.parametrize(
    ("size", "room"),
    [(1, 256), (256, 256), (257, 512), (65280, 65280), (65281, 65536), (300000, 303104)],
)
def test_sizes_are_rounded_to_what_the_mode_word_can_say(store, size, room):
    """nwp-protocol 6.6: a count of 8 bits, of 256 bytes, 1, 4, 16 or 64 KB."""
    store.close(store.open("f", "CREATE", size))
    assert store.info("f")[2] == str(room)


def test_a_size_that_is_missing_or_too_large(talk, board):
    before = asked(board)
    assert talk.error("AT+FileOpen=f,CREATE,") == "parse parameters, -1"
    assert talk.error("AT+FileOpen=f,CREATE,0xFF0001") == error(-10310)
    assert asked(board) == before
    assert talk.error("AT+FileOpen=f,CREATE,0xFF0000") == error(-10322)  # the store is full


def test_one_open_file_too_many(talk, store):
    for n in range(9):
        store.put(f"f{n}", b"x")
    handles = [store.open(f"f{n}", "READ") for n in range(8)]
    assert talk.error("AT+FileOpen=f8,READ,") == error(-10316)
    store.close(handles[3])
    assert store.open("f8", "READ") not in handles


@pytest.mark.parametrize("line", FILE_COMMANDS)
def test_names(talk, board, line):
    """179 bytes are the network processor's limit, 180 are refused by the driver."""
    before = asked(board)
    assert talk.error(line.format("n" * 181)) == "parse parameters, -5"
    assert talk.error(line.format("n" * 180)) == error(-10298)
    assert talk.error(line.format("")) == "parse parameters, -1"
    assert talk.error(line.format('""')) == "parse parameters, -1"
    assert asked(board) == before
    talk(line.format("n" * 179))
    assert asked(board) == before + 1


def test_a_name_of_any_bytes(store):
    """Rule V7: what is printed can be sent back."""
    name = r'"a, \"b\\\x01"'
    store.put(name, b"x")
    assert [row[0] for row in store.listed() if row[0] != SETTINGS] == [name]
    assert store.get(name, 1) == b"x"


# --- Write and read ---


@pytest.mark.parametrize("format", [0, 1])
@pytest.mark.parametrize("size", [1, 2, 3, 1455, 1456, 1457, 2912, 2913, 4095, 4096])
def test_a_payload_goes_in_as_many_frames_as_it_takes(store, board, size, format):
    """Rule D3: what was written is counted in the unit of the request."""
    data = (ALPHABET * 16)[:size]
    handle = store.open("f", "CREATE", size)
    before = asked(board)
    assert store.write(handle, data, 0, format) == (math.ceil(size / 3) * 4 if format else size)
    assert asked(board) - before == math.ceil(size / 1456)
    store.close(handle)
    handle = store.open("f", "READ")
    for other in (0, 1):
        before = asked(board)
        assert store.read(handle, 0, size, other) == data
        assert asked(board) - before == math.ceil(size / 1456)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_pem_file_pasted_raw(store, ends):
    text = PEM.replace("\n", ends).encode()
    store.put("cert.pem", text)
    assert store.get("cert.pem", len(text)) == text
    assert store.info("cert.pem")[1] == str(len(text))


@pytest.mark.parametrize("format", [0, 1])
def test_any_offset_and_any_order(store, format):
    data = ALPHABET * 40
    handle = store.open("f", "CREATE", len(data))
    for at in (7000, 0, 10000, 3500):
        store.write(handle, data[at : at + 3500], at, format)
    store.write(handle, b"again", 5, format)
    store.close(handle)
    data = data[:5] + b"again" + data[10:]
    handle = store.open("f", "READ")
    for at, size in ((0, 1), (1455, 2), (1456, 3000), (4097, MOST), (len(data) - 1, 1)):
        assert store.read(handle, at, size, format) == data[at : at + size]


def test_a_read_gives_what_there_is(talk, store):
    """At most 4,096 bytes, less at the end, the network processor's error behind it."""
    data = ALPHABET * 20
    store.put("f", data)
    handle = store.open("f", "READ")
    for asked_for in (4097, 32767, 0x7FFFFFFF):
        assert store.read(handle, 0, asked_for) == data[:4096]
    assert store.read(handle, 4096, 4096) == data[4096:]
    assert store.read(handle, 5119, 4096, 1) == data[5119:]
    assert talk(f"AT+FileRead={handle},5119,1,10") == ["+FileRead: 1,4,/w==", "OK"]
    for offset in (5120, 0xFFFFFFFF):
        assert talk.error(f"AT+FileRead={handle},{offset},0,{MOST}") == error(-10337)
    assert talk.error(f"AT+FileRead={handle},0,0,-1") == "parse parameters, -4"


def test_a_write_beyond_the_size_ends_there(talk, store):
    """What went before is counted (recording file.write.err2nd)."""
    handle = store.open("f", "CREATE", 2048)
    assert store.write(handle, bytes(MOST)) == 1456
    assert talk.error(f"AT+FileWrite={handle},2048,0,1,x") == error(-10310)
    assert store.write(handle, b"") == 0


def test_line_ends_in_a_payload_wake_nobody(store, board):
    """The stream knows of the payloads of a chapter that came later (cc3220.console)."""
    handle = store.open("f", "CREATE", 4000)
    costs = []
    for byte in (b"x", b"x", b"\n"):
        before = board.machine.instructions
        store.write(handle, byte * 1400)
        costs.append(board.machine.instructions - before)
    assert costs[2] < 1.5 * costs[1]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_file_of_a_megabyte(talk, store):
    talk.speed_up()
    data = b"".join(ALPHABET[n % 256 :] + ALPHABET[: n % 256] for n in range(4096))
    store.put("large", data)
    assert store.get("large", len(data)) == data


def test_handles_that_were_never_given(talk, store):
    store.put("f", b"x")
    gone = store.open("f", "READ")
    store.close(gone)
    for handle in (gone, 0, -1, 0x7FFFFFFF, -0x80000000):
        assert talk.error(f"AT+FileRead={handle},0,0,1") == error(-10335)
        assert talk.error(f"AT+FileWrite={handle},0,0,1,x") == error(-10335)
        assert talk.error(f"AT+FileClose={handle},,") == error(-10335)


def test_reading_is_not_writing(talk, store):
    store.put("f", b"x")
    handle = store.open("f", "READ")
    assert talk.error(f"AT+FileWrite={handle},0,0,1,y") == error(-10325)
    assert talk.error("AT+FileOpen=f,WRITE,") == error(-10369)
    store.close(handle)
    handle = store.open("f", "WRITE")
    assert talk.error(f"AT+FileRead={handle},0,0,1") == error(-10325)
    assert talk.error("AT+FileOpen=f,READ,") == error(-10370)


def test_what_goes_wrong_costs_no_heap(talk, board, store):
    store.put("f", b"x" * 1000)
    handle = store.open("f", "READ")
    lines = [line.format("n" * n) for line in FILE_COMMANDS for n in (0, 180, 181)]
    lines += [f"AT+FileRead={handle},1000,{form},4096" for form in (0, 1)]
    lines += ["AT+FileRead=1,0,1,4096", f"AT+FileWrite={handle},0,1,8,AAAAAAA_"]
    lines += [f"AT+FileClose={handle},,{'s' * 33}", "AT+FileOpen=f,READ|WRITE,"]

    def all_refused():
        for line in lines:
            talk.error(line)
        return board.heap(talk.at).free

    all_refused()
    talk.replies.clear()
    before = all_refused()
    talk.replies.clear()
    assert all_refused() >= before
