"""Files, network applications, utilities, WLAN: what their calls make of answers (chapter 6)."""

import struct

import pytest

from simplelink.errors import SlError
from tests.unit.driver.test_device import code_of
from tests.unit.driver.test_frames import yes

READ, WRITE, OVERWRITE, CREATE = 0x40000000, 0x10000000, 0x20000000, 0x08000000


class Store:
    """Handler: one file, read and written by offset."""

    def __init__(self):
        self.data = bytearray()
        self.closed = []
        self.fail_at = None

    def __call__(self, opcode, body):
        if opcode == 0xA43C:
            return [(0x243C, struct.pack("<iI", 17, 99))]
        if opcode == 0xA43D:
            self.closed.append(body[12:13])
            return [(0x243D, bytes(4))]
        if opcode in (0xA440, 0xA441):
            handle, offset, size = struct.unpack_from("<IIH", body)
            if offset == self.fail_at:
                return [(opcode & 0x7FFF, b"\x99\xd7\0\0")]
            if opcode == 0xA441:
                self.data[offset : offset + size] = body[12 : 12 + size]
                return [(0x2441, struct.pack("<hH", size, 0))]
            piece = bytes(self.data[offset : offset + size])
            return [(0x2440, struct.pack("<hH", len(piece), 0), piece)]
        return yes(opcode, body)


@pytest.fixture
def store(peer):
    peer.handler = Store()
    return peer.handler


@pytest.mark.parametrize("size", [0, 1, 1455, 1456, 1457, 2912, 10_000])
def test_file_comes_back_as_written(rig, peer, store, size):
    data = bytes(i * 31 % 253 for i in range(size))
    assert rig.run(rig.sl.fs.write(17, 0, data)) == size
    buf = bytearray(size)
    assert rig.run(rig.sl.fs.read(17, 0, buf)) == size
    assert buf == data == store.data
    assert max(len(body) for _, body in peer.frames) <= 12 + 1456


def test_read_at_the_end_gives_what_there_is(rig, store):
    store.data[:] = b"hello"
    buf = bytearray(3000)
    assert rig.run(rig.sl.fs.read(17, 2, buf)) == 3
    assert buf[:4] == b"llo\0"


def test_error_behind_the_first_piece_ends_a_transfer(rig, store):
    store.data[:] = bytes(range(256)) * 12
    store.fail_at = 1456
    assert rig.run(rig.sl.fs.read(17, 0, bytearray(3000))) == 1456
    assert rig.run(rig.sl.fs.write(17, 0, bytes(3000))) == 1456
    store.fail_at = 0
    assert code_of(rig, lambda: rig.sl.fs.read(17, 0, bytearray(8))) == -10343
    assert code_of(rig, lambda: rig.sl.fs.write(17, 0, bytes(8))) == -10343


@pytest.mark.parametrize(
    ("mode", "size", "wire"),
    [
        (READ, 0, 0),
        (READ | 0x20000, 100, 0),
        (WRITE, 100, 0x1000),
        (OVERWRITE, 0, 0x1000),
        (WRITE | 0x1000000, 0, 0x801000),
        (CREATE, 1, 0x2001),
        (CREATE | WRITE, 256, 0x2001),
        (CREATE | OVERWRITE, 65_281, 0x3140),
        (CREATE | OVERWRITE | 0x20000 | 0x40000, 70_000, 0x33145),
        (CREATE, 255 * 1024 + 1, 0x2240),
        (CREATE, 0xFF0000, 0x24FF),
    ],
)
def test_open_mode_on_the_wire(rig, peer, store, mode, size, wire):
    assert rig.run(rig.sl.fs.open(b"f", mode, size, 7)) == (17, 99)
    assert peer.frames[0][1] == struct.pack("<II", wire, 7) + b"f\0\0\0"


@pytest.mark.parametrize(
    "mode", [0, READ | WRITE, WRITE | OVERWRITE, CREATE | READ, CREATE | READ]
)
def test_open_mode_that_is_none(rig, peer, mode):
    assert code_of(rig, lambda: rig.sl.fs.open(b"f", mode)) == -10330
    assert peer.frames == []


def test_open_of_too_large_a_file(rig, peer):
    assert code_of(rig, lambda: rig.sl.fs.open(b"f", CREATE, 0xFF0001)) == -10310
    assert code_of(rig, lambda: rig.sl.fs.open(b"n" * 180, READ)) == -10298
    assert peer.frames == []
    rig.run(rig.sl.fs.open(b"n" * 179, READ))
    assert len(peer.frames[0][1]) == 8 + 180


def test_load_and_store(rig, store):
    fs = rig.sl.fs
    rig.run(fs.store(b"/settings", b"x" * 2000, 4096))
    assert rig.run(fs.load(b"/settings", 4096)) == b"x" * 2000
    assert rig.run(fs.load(b"/settings", 10)) == b"x" * 10
    assert store.closed == [b"", b"", b""]


def test_store_that_fails_leaves_the_old_content(rig, store):
    store.fail_at = 1456
    assert code_of(rig, lambda: rig.sl.fs.store(b"/s", bytes(2000))) == -10336
    assert store.closed == [b"A"]


def test_close_carries_name_and_signature(rig, peer, store):
    rig.run(rig.sl.fs.close(17, b"cert", b"SIGNATURE"))
    want = struct.pack("<III", 17, 8, 9) + b"cert\0\0\0\0" + b"SIGNATURE\0\0\0"
    assert peer.frames == [(0xA43D, want)]


def test_program_needs_multiples_of_16(rig, peer):
    assert code_of(rig, lambda: rig.sl.fs.program(bytes(15))) == -10291 << 16
    peer.handler = lambda op, body: [(0x244A, struct.pack("<i", -10278 << 16 | 5))]
    assert code_of(rig, lambda: rig.sl.fs.program(b"", bytes(16))) == -10278 << 16 | 5
    assert peer.frames == [(0xA44A, struct.pack("<HHI", 16, 0, 0) + bytes(16))]


def test_list_of_files_into_a_buffer(rig, peer):
    entries = b"".join(struct.pack("<III20s", 4096, 0, 1, name) for name in (b"a", b"b"))
    peer.handler = lambda op, body: [(0x2448, struct.pack("<iiI", 2, 5, 64), entries)]
    buf = bytearray(96)
    assert rig.run(rig.sl.fs.list(-1, 3, 32, buf)) == (2, 5)
    assert buf[:64] == entries


# Network applications


def test_one_dns_query_at_a_time(rig, peer):
    first = rig.start(rig.sl.netapp.dns_by_name(b"a"))
    second = rig.start(rig.sl.netapp.dns_by_name(b"bb", 3))
    other = rig.start(rig.sl.netapp.host_by_service(b"s"))
    rig.pump(20)
    assert peer.opcodes() == [0x9C20, 0x9C35]
    peer.send(0x1820, struct.pack("<hHI", 0, 0, 0x0A000002))
    rig.pump(20)
    assert first.result == 0x0A000002 and peer.opcodes() == [0x9C20, 0x9C35, 0x9C20]
    peer.send(0x1A20, struct.pack("<hH4I", 0, 0, 1, 2, 3, 4))
    peer.send(0x1835, struct.pack("<hHII", 0, 3, 80, 5) + b"a=b")
    rig.pump(20)
    assert second.result == (1, 2, 3, 4) and other.result == (5, 80, b"a=b")


def test_cancelled_query_holds_back_the_next_until_it_is_answered(rig, peer):
    rig.start(rig.sl.netapp.dns_by_name(b"a")).cancel()
    second = rig.start(rig.sl.netapp.dns_by_name(b"b"))
    rig.pump(20)
    assert len(peer.frames) == 1
    peer.send(0x1820, struct.pack("<hHI", 0, 0, 1))
    rig.pump(20)
    assert len(peer.frames) == 2 and not second.done and rig.sl.link.late == 1
    peer.send(0x1820, struct.pack("<hHI", 0, 0, 2))
    rig.pump(20)
    assert second.result == 2


def test_service_text_is_cut_to_what_came(rig, peer):
    task = rig.start(rig.sl.netapp.host_by_service(b"s"))
    peer.send(0x1835, struct.pack("<hHII", 0, 500, 80, 5) + b"abc")
    rig.pump(10)
    assert task.result == (5, 80, b"abc")


def test_ping_waits_its_guard_time(rig, peer):
    task = rig.start(rig.sl.netapp.ping(0x0A000001, interval=1000, attempts=5))
    rig.pump(24_900)
    assert not task.done
    rig.pump(300)
    assert task.error.code == -2005
    assert rig.events == [(0xFF05, struct.pack("<II", 0x1822, 0))]


def report(n, received=1, sent=1):
    """Arguments of a ping report (nwp-protocol 6.5)."""
    return struct.pack("<HHHHIII", 0, 1, 3, n, received, sent, 9)


def taken(reports, averages):
    """A coroutine that notes the averages of the reports until there are no more."""

    async def take():
        while True:
            got = await reports
            if got is None:
                return "end"
            averages.append(got[3])

    return take()


@pytest.mark.parametrize(
    ("attempts", "flags", "sent", "wanted"),
    [
        (5, 0, [(4, 5)], 1),  # one at the end
        (3, 1, [(1, 1), (2, 2), (3, 3)], 3),  # one a ping
        (0, 1, [(1, 1), (2, 2)], None),  # for ever
        (5, 2, [(1, 3)], 1),  # the first success
        (5, 3, [(0, 1), (0, 2), (1, 3)], 3),
    ],
)
def test_pings_end_with_their_last_report(rig, peer, attempts, flags, sent, wanted):
    averages = []
    reports = rig.sl.netapp.pings(1, attempts=attempts, flags=flags)
    task = rig.start(taken(reports, averages))
    for n, counts in enumerate(sent):
        rig.pump(10)
        assert not task.done
        peer.send(0x1822, report(n, *counts))
    rig.pump(10)
    assert averages == list(range(len(sent)))
    assert task.done == (wanted is not None)
    peer.send(0x1822, report(99))  # nobody's
    rig.pump(10)
    assert (99 in averages) == (wanted is None) and rig.events == []


def test_pings_are_stopped_and_get_no_more_reports(rig, peer):
    averages = []
    task = rig.start(taken(rig.sl.netapp.pings(1, attempts=0, flags=1), averages))
    rig.pump(10)
    rig.sl.netapp.ping_stop()
    peer.send(0x1822, report(7))
    rig.pump(10)
    assert task.result == "end" and averages == []
    assert peer.frames[-1] == (0x9C21, bytes(32))
    rig.sl.netapp.ping_stop((0, 0, 0, 0))
    assert peer.frames[-1] == (0x9E21, bytes(32))


def test_a_refused_ping_leaves_the_one_under_way(rig, peer):
    averages = []
    rig.start(taken(rig.sl.netapp.pings(1, attempts=0, flags=1), averages))
    peer.handler = lambda opcode, body: [(0x1C21, struct.pack("<hH", -6226, 0))]
    assert code_of(rig, lambda: calling(rig.sl.netapp.pings, 2)) == -6226
    peer.send(0x1822, report(7))
    rig.pump(10)
    assert averages == [7]


async def calling(function, *args):
    return function(*args)


def test_reports_that_nobody_takes_are_bounded_and_counted(rig, peer):
    reports = rig.sl.netapp.pings(1, attempts=0, flags=1)
    for n in range(11):
        peer.send(0x1822, report(n))
    rig.pump(20)
    assert [got[3] for got in reports.reports] == list(range(3, 11)) and reports.lost == 3


def test_reports_end_with_an_error_when_the_device_stops(rig, peer):
    averages = []
    task = rig.start(taken(rig.sl.netapp.pings(1, attempts=0, flags=1), averages))
    rig.pump(10)
    rig.run(rig.sl.device.stop())
    assert task.error.code == -2017


def test_endless_ping_needs_reports(rig, peer):
    assert code_of(rig, lambda: rig.sl.netapp.ping(1, attempts=0)) == -2015


def test_request_is_answered_404_without_a_handler(rig, peer):
    peer.send(0x1878, struct.pack("<BBHHHI", 1, 1, 16, 4, 2, 0) + b"metapp")
    rig.pump(10)
    assert peer.frames == [(0x9C78, struct.pack("<HHHHI", 16, 404, 0, 0, 0))]
    assert rig.events == []


def test_request_reaches_its_handler(rig, peer):
    seen = []

    def on_request(app, kind, handle, flags, metadata, payload):
        seen.append((app, kind, handle, flags, bytes(metadata), bytes(payload)))
        rig.sl.netapp.respond(handle, 200, b"m", b"hello")

    rig.sl.netapp.on_request = on_request
    peer.send(0x1878, struct.pack("<BBHHHI", 1, 2, 16, 4, 2, 1) + b"metapp")
    peer.send(
        0x1878, struct.pack("<BBHHHI", 1, 2, 17, 400, 2, 1) + b"metapp"
    )  # lies about lengths
    peer.send(0x1878, b"\x01\x02")
    rig.pump(10)
    assert seen == [(1, 2, 16, 1, b"meta", b"pp")]
    assert peer.frames == [
        (0x9C78, struct.pack("<HHHHI", 16, 200, 1, 5, 0) + b"mhello\0\0"),
        (0x9C78, struct.pack("<HHHHI", 17, 404, 0, 0, 0)),
    ]


def test_a_request_that_comes_while_provisioning_is_answered(rig, peer):
    """3.4 lets it through when calls are refused; 3.3: its answer is written by the handler."""
    rig.sl.netapp.on_request = lambda app, kind, handle, *rest: rig.sl.netapp.respond(handle, 200)
    peer.header.dev_status = 0x18
    peer.send(0x1878, struct.pack("<BBHHHI", 1, 1, 16, 0, 0, 0))
    rig.pump(10)
    assert code_of(rig, rig.sl.wlan.disconnect) == -2014
    assert peer.frames == [(0x9C78, struct.pack("<HHHHI", 16, 200, 0, 0, 0))]


@pytest.mark.parametrize(("metadata", "payload"), [(1025, 0), (1024, 341), (0, 1365), (0, 70000)])
def test_a_response_that_is_too_long_is_404(rig, peer, metadata, payload):
    rig.sl.netapp.respond(16, 200, bytes(metadata), bytes(payload), 1)
    assert peer.frames == [(0x9C78, struct.pack("<HHHHI", 16, 404, 0, 0, 0))]


def test_the_longest_response_is_sent(rig, peer):
    rig.sl.netapp.respond(16, 200, b"m" * 1024, b"p" * 340, 1)
    args = struct.pack("<HHHHI", 16, 200, 1024, 340, 1)
    assert peer.frames == [(0x9C78, args + b"m" * 1024 + b"p" * 340)]


def test_a_response_without_network_processor_is_an_error(rig):
    rig.run(rig.sl.device.stop(0))
    assert code_of(rig, lambda: rig.sl.netapp.respond(16, 200)) == -2018


def test_more_of_a_request(rig, peer):
    buf = bytearray(10)
    task = rig.start(rig.sl.netapp.recv(16, buf))
    assert peer.frames == [(0x9C7A, struct.pack("<HHI", 16, 10, 0))]
    peer.send(0x187B, struct.pack("<HHI", 16, 5, 1) + b"hello")
    rig.pump(10)
    assert task.result == (5, 1) and buf[:5] == b"hello"
    task = rig.start(rig.sl.netapp.recv(16, buf))
    peer.send(0x187B, struct.pack("<HHI", 15, 5, 0) + b"wrong")  # another handle
    rig.pump(10)
    assert task.result == (0, 0)


def test_more_of_a_request_than_fits(rig, peer):
    buf = bytearray(3)
    task = rig.start(rig.sl.netapp.recv(16, buf))
    peer.send(0x187B, struct.pack("<HHI", 16, 50, 0) + b"hello")
    rig.pump(10)
    assert task.result == (3, 0) and buf == b"hel"


def test_token_is_answered_by_its_handler(rig, peer):
    rig.sl.netapp.on_token = lambda name: name + b"!"
    peer.send(0x182E, b"\x03\0\0\0tok")
    rig.pump(10)
    assert peer.frames == [(0x9C2F, b"\x04\x03tok" + bytes(17) + b"\0\0tok!")]


def test_mdns_name_and_text_follow_each_other(rig, peer):
    rig.sl.netapp.mdns_register(b"name", b"text", 80, 120, 1)
    rig.sl.netapp.mdns_unregister(b"name", 0x80000001)
    assert peer.frames == [
        (0x9C34, struct.pack("<BBHII", 4, 4, 80, 120, 0x80000001) + b"nametext"),
        (0x9C34, struct.pack("<BBHII", 4, 0, 0, 0, 1) + b"name"),
    ]


# Utilities


def test_command_result_goes_to_its_buffer(rig, peer):
    out = bytearray(8)
    task = rig.start(rig.sl.netutil.command(2, b"attr", b"input", out))
    assert peer.frames == [(0xB4C1, struct.pack("<HHHH", 2, 4, 5, 8) + b"attrinput\0\0\0")]
    peer.send(0x30C1, struct.pack("<IhHHH", 0, 0, 2, 6, 0) + b"result")
    rig.pump(10)
    assert task.result == 6 and out == b"result\0\0"


def test_command_result_that_does_not_fit(rig, peer):
    task = rig.start(rig.sl.netutil.command(2, b"attr", b"input", bytearray(4)))
    peer.send(0x30C1, struct.pack("<IhHHH", 0, 0, 2, 6, 0) + b"result")
    rig.pump(10)
    assert task.error.code == -2001


def test_command_that_fails_late(rig, peer):
    task = rig.start(rig.sl.netutil.command(2, b"attr"))
    peer.send(0x30C1, struct.pack("<IhHHH", 0, -12295, 2, 0, 0))
    rig.pump(10)
    assert task.error.code == -12295


def test_one_command_at_a_time(rig, peer):
    tasks = [rig.start(rig.sl.netutil.command(4, bytes(12))) for _ in range(3)]
    rig.pump(10)
    assert len(peer.frames) == 1
    rig.sl.wlan.disconnect()  # the wire is free meanwhile
    for _ in range(3):
        peer.send(0x30C1, struct.pack("<IhHHH", 0, 0, 4, 0, 0))
        rig.pump(10)
    assert all(task.result == 0 for task in tasks)


def test_random_numbers_into_a_buffer(rig, peer):
    peer.handler = lambda op, body: [(0x34C0, struct.pack("<IhHHH", 0, 0, 3, 4, 0), b"rand")]
    buf = bytearray(8)
    assert rig.run(rig.sl.netutil.get(0, 3, buf)) == 4 and buf[:4] == b"rand"
    assert code_of(rig, lambda: rig.sl.netutil.get(0, 3, bytearray(2))) == -2001
    assert code_of(rig, lambda: rig.sl.netutil.get(0, 3, b"")) == -2002


# WLAN and configuration


def test_profile_comes_apart(rig, peer):
    args = struct.pack("<hBB6sBBBBBBI", 5, 4, 7, b"123456", 0, 0, 2, 3, 0, 0, 0x18180001)
    peer.handler = lambda op, body: [(0x0C84, args + b"homeusano")]
    assert rig.sl.wlan.profile_get(3) == (5, b"home", b"123456", 7, b"us", b"ano", 0x18180001)
    assert peer.frames == [(0x8C84, b"\x03\0\0\0")]


def test_empty_profile_is_an_error(rig, peer):
    peer.handler = lambda op, body: [(0x0C84, struct.pack("<h", -2074) + bytes(18))]
    assert code_of(rig, lambda: rig.sl.wlan.profile_get(3)) == -2074


def test_profile_with_lengths_that_lie(rig, peer):
    args = struct.pack("<hBB6sBBBBBBI", 5, 200, 7, b"123456", 200, 0, 200, 200, 0, 0, 0)
    peer.handler = lambda op, body: [(0x0C84, args + b"home")]
    assert rig.sl.wlan.profile_get(3)[1] == b"home"


def test_networks_are_as_many_as_came(rig, peer):
    peer.handler = lambda op, body: [(0x0C8C, struct.pack("<hH", 30, 0), bytes(44 * 2 + 10))]
    assert len(rig.sl.wlan.scan_results(0, 30)) == 88
    assert code_of(rig, lambda: rig.sl.wlan.scan_results(0, 0)) == -2002
    peer.handler = lambda op, body: [(0x0C8C, struct.pack("<hH", -2073, 0))]
    assert code_of(rig, lambda: rig.sl.wlan.scan_results(0, 1)) == -2073


def test_policy_longer_than_asked_for(rig, peer):
    peer.handler = lambda op, body: [(0x0C87, b"\x30\0\x04\x0c", bytes(12))]
    assert code_of(rig, lambda: rig.sl.wlan.policy_get(0x30)) == -2001
    option, value = rig.sl.wlan.policy_get(0x30, 12)
    assert option == 4 and len(value) == 12


def test_filter_has_its_status_elsewhere(rig, peer):
    peer.handler = lambda op, body: [(0x0C6C, struct.pack("<bxhxx", 9, 0))]
    assert rig.sl.wlan.rx_filter_add(0, 1, bytes(56), bytes(12), bytes(8)) == 9
    peer.handler = lambda op, body: [(0x0C6C, struct.pack("<bxhxx", 0, -2114))]
    with pytest.raises(SlError) as caught:
        rig.sl.wlan.rx_filter_add(0, 1, bytes(56), bytes(12), bytes(8))
    assert caught.value.code == -2114


def test_mode_of_an_address_is_the_option_of_its_answer(rig, peer):
    head = struct.pack("<hHHH", 0, 7, 0x0102, 16)
    peer.handler = lambda op, body: [(0x0433, head, bytes(16))]
    assert len(rig.sl.netcfg.get(7, 16)) == 16 and rig.sl.netcfg.option == 2


def test_enterprise_strings_stand_one_behind_the_other(rig, peer):
    rig.sl.wlan.profile_update(2, b"net", 5, b"key", b"bssid!", b"user", b"anon", 0x18180001, 9)
    head = struct.pack("<hBB6sBBIBBBBI", 5, 3, 9, b"bssid!", 3, 0, 2, 4, 4, 0, 0, 0x18180001)
    assert peer.frames == [(0x8CC3, head + b"netkeyuseranon\0\0")]
    rig.sl.wlan.profile_update(2)
    head = struct.pack("<hBB6sBBIBBBBI", 0x1F, 0, 0x1F, bytes(6), 0, 0, 2, 0, 0, 0, 0, 0)
    assert peer.frames[1] == (0x8CC2, head)


def test_statistics_are_76_bytes(rig, peer):
    peer.handler = lambda op, body: [(0x0CAF, bytes(range(76)))]
    assert bytes(rig.sl.wlan.rx_stat_get()) == bytes(range(76))
    peer.handler = lambda op, body: [(0x0CAF, bytes(40))]
    assert code_of(rig, rig.sl.wlan.rx_stat_get) == -2010
