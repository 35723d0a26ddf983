"""Sockets: waiting, cancelling, closing, flow control (nwp-protocol 3.3, 3.5, 4)."""

import struct

import pytest

from simplelink.errors import SlError
from tests.unit.driver.test_device import code_of
from tests.unit.driver.test_frames import yes

IP = b"\x0a\0\0\x01"
IP6 = bytes(range(16))


def status(peer, **fields):
    """Change the header and let the host see it."""
    for name, value in fields.items():
        setattr(peer.header, name, value)
    peer.send(0x0063)


def reply(status: int, sd: int) -> bytes:
    return struct.pack("<hBB", status, sd, 0)


def test_recv_gives_the_data_in_place(rig, peer):
    buf = bytearray(10)
    task = rig.start(rig.sl.sockets.recv(3, buf))
    rig.pump(500)
    assert not task.done and peer.frames == [(0x940A, b"\x0a\0\x03\0")]
    peer.send(0x100A, reply(5, 3), b"hello")
    rig.pump(5)
    assert task.result == 5 and buf == b"hello" + bytes(5)


def test_recv_of_nothing_is_refused(rig, peer):
    assert code_of(rig, lambda: rig.sl.sockets.recv(3, b"")) == -2002
    assert peer.frames == []


def test_recv_goes_to_the_socket_it_is_for(rig, peer):
    bufs = [bytearray(8) for _ in range(16)]
    tasks = [rig.start(rig.sl.sockets.recv(sd, bufs[sd])) for sd in range(16)]
    for sd in (5, 0, 15, 7):
        peer.send(0x100A, reply(2, sd), bytes((sd, 77)))
    rig.pump(10)
    assert [sd for sd in range(16) if tasks[sd].done] == [0, 5, 7, 15]
    assert bufs[15][:2] == b"\x0f\x4d"


def test_two_receives_on_a_socket_are_served_in_order(rig, peer):
    bufs = [bytearray(4), bytearray(4), bytearray(4)]
    tasks = [rig.start(rig.sl.sockets.recv(1, buf)) for buf in bufs]
    rig.pump(10)
    assert len(peer.frames) == 1
    for data in (b"one ", b"two ", b"tri "):
        peer.send(0x100A, reply(4, 1), data)
        rig.pump(10)
    assert [task.result for task in tasks] == [4, 4, 4]
    assert bufs == [b"one ", b"two ", b"tri "]


def test_other_sockets_do_not_wait_for_a_busy_one(rig, peer):
    rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    rig.start(rig.sl.sockets.recv(2, bytearray(4)))
    assert [body[2] for _, body in peer.frames] == [1, 2]


def test_cancelled_recv_keeps_the_socket_until_its_data_came(rig, peer):
    first = bytearray(4)
    task = rig.start(rig.sl.sockets.recv(1, first))
    rig.pump(5)
    task.cancel()
    second = bytearray(4)
    task = rig.start(rig.sl.sockets.recv(1, second))
    rig.pump(50)
    assert len(peer.frames) == 1
    peer.send(0x100A, reply(4, 1), b"lost")
    rig.pump(5)
    assert len(peer.frames) == 2 and rig.sl.link.late == 1
    peer.send(0x100A, reply(4, 1), b"kept")
    rig.pump(5)
    assert task.result == 4 and second == b"kept" and first == bytes(4)


def test_recv_ends_by_closing_its_socket(rig, peer):
    task = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    peer.handler = lambda op, body: [
        *yes(op, body),
        (0x100A, reply(-107, 1)),
        (0x1010, reply(0, 1)),
    ]
    rig.run(rig.sl.sockets.close(1))
    rig.pump(10)
    assert task.error.code == -107
    assert rig.sl.link.idle() and rig.sl.link.pending == []


def test_closing_ends_a_recv_that_the_nwp_forgets(rig, peer):
    task = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    waiting = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    closed = [(0x1402, reply(0, 1)), (0x1010, reply(0, 1))]
    peer.handler = lambda op, body: closed if op == 0x9402 else []
    rig.run(rig.sl.sockets.close(1))
    rig.pump(10)
    assert task.error.code == -9
    peer.send(0x100A, reply(-107, 1))  # asked for by the one that waited its turn
    rig.pump(10)
    assert waiting.error.code == -107 and rig.sl.link.idle()


def test_closing_ends_a_cancelled_recv(rig, peer):
    rig.start(rig.sl.sockets.recv(1, bytearray(4))).cancel()
    assert rig.sl.link.owners[1] is not None
    peer.handler = lambda op, body: [*yes(op, body), (0x1010, reply(0, 1))]
    rig.run(rig.sl.sockets.close(1))
    rig.pump(10)
    assert rig.sl.link.idle() and rig.sl.link.pending == []


def test_close_waits_for_its_completion(rig, peer):
    task = rig.start(rig.sl.sockets.close(2))
    rig.pump(60_000)
    assert not task.done
    peer.send(0x1010, reply(-15, 2))
    rig.pump(5)
    assert task.error.code == -15


def test_close_that_never_completes_is_fatal(rig, peer):
    task = rig.start(rig.sl.sockets.close(2))
    rig.pump(66_000)
    assert task.error.code == -2005
    assert rig.events == [(0xFF05, struct.pack("<II", 0x1010, 0))]


@pytest.mark.parametrize("what", ["recv", "recvfrom", "accept", "connect"])
def test_non_blocking_socket_is_given_ten_seconds(rig, peer, what):
    status(peer, non_blocking=1 << 4)
    rig.pump(5)
    sockets = rig.sl.sockets
    call = {
        "recv": lambda: sockets.recv(4, bytearray(4)),
        "recvfrom": lambda: sockets.recvfrom(4, bytearray(4)),
        "accept": lambda: sockets.accept(4, 2),
        "connect": lambda: sockets.connect(4, 80, IP),
    }[what]
    code = {"recv": 0x100A, "recvfrom": 0x100B, "accept": 0x1003, "connect": 0x1006}[what]
    task = rig.start(call())
    rig.pump(9_900)
    assert not task.done
    rig.pump(300)
    assert task.error.code == -2005
    assert rig.events == [(0xFF05, struct.pack("<II", code, 0))]


@pytest.mark.parametrize("what", ["recv", "accept", "connect", "start_tls"])
def test_blocking_socket_waits_for_ever(rig, peer, what):
    sockets = rig.sl.sockets
    task = rig.start(
        {
            "recv": lambda: sockets.recv(4, bytearray(4)),
            "accept": lambda: sockets.accept(4, 2),
            "connect": lambda: sockets.connect(4, 80, IP),
            "start_tls": lambda: sockets.start_tls(4),
        }[what]()
    )
    rig.pump(1_000_000)
    assert not task.done and rig.events == []


def test_accept_takes_both_opcodes(rig, peer):
    task = rig.start(rig.sl.sockets.accept(2, 3))
    peer.send(0x1203, struct.pack("<hBB2s2x", 5, 2, 3, b"\x1f\x90") + IP6)
    rig.pump(5)
    assert task.result == (5, 8080, IP6)


def test_cancelled_accept_closes_who_came_late(rig, peer):
    rig.start(rig.sl.sockets.accept(2, 2)).cancel()
    peer.handler = lambda op, body: [*yes(op, body), (0x1010, reply(0, 5))]
    peer.send(0x1003, struct.pack("<hBB2s2x", 5, 2, 2, b"\x1f\x90") + IP)
    rig.pump(20)
    assert peer.frames[-1] == (0x9402, b"\x05\0\0\0")
    assert rig.sl.link.idle() and rig.sl.link.late == 1 and rig.sl.link.jobs == []


def test_refused_request_frees_the_socket(rig, peer):
    peer.handler = lambda op, body: [(op & 0x7FFF, reply(-9, body[0]))]
    assert code_of(rig, lambda: rig.sl.sockets.accept(2, 2)) == -9
    assert rig.sl.link.idle() and rig.sl.link.pending == []


def test_start_tls_ends_by_its_own_events_only(rig, peer):
    task = rig.start(rig.sl.sockets.start_tls(2))
    assert peer.frames == [(0x9408, b"\x02\x01\x23\x04\0\0\0\0")]
    peer.send(0x100F, struct.pack("<BBh", 2, 5, -688) + b"ca".ljust(128, b"\0"))
    peer.send(0x100F, struct.pack("<BBh", 3, 3, 0))
    rig.pump(5)
    assert not task.done and len(rig.events) == 2
    peer.send(0x100F, struct.pack("<BBh", 2, 3, -453))
    rig.pump(5)
    assert task.result == -453
    task = rig.start(rig.sl.sockets.start_tls(2))
    peer.send(0x100F, struct.pack("<BBh", 2, 4, -340))
    rig.pump(5)
    assert task.error.code == -340


@pytest.mark.parametrize("sd", [0x10, 0x1F, 0x9F, 16])
def test_descriptor_that_is_none_is_refused(rig, peer, sd):
    for call in (
        lambda: rig.sl.sockets.recv(sd, bytearray(4)),
        lambda: rig.sl.sockets.accept(sd),
        lambda: rig.sl.sockets.close(sd),
        lambda: rig.sl.sockets.send(sd, b"x"),
    ):
        assert code_of(rig, call) == -9
    assert peer.frames == []


def test_ipv6_has_its_own_commands(rig, peer):
    rig.opened(2)
    sockets = rig.sl.sockets
    sockets.bind(1, 0x1234, IP6)
    rig.start(sockets.connect(1, 0x1234, IP6))
    rig.run(sockets.sendto(2, b"abc", 0x1234, IP6))
    want = struct.pack("<hBB2s2x", 0, 1, 0x30, b"\x12\x34") + IP6
    assert peer.frames[:2] == [(0x9604, want), (0x9606, want)]
    want = struct.pack("<hBB2s2x", 3, 2, 0x30, b"\x12\x34") + IP6 + b"abc\0"
    assert peer.frames[2] == (0x960D, want)


def test_recvfrom_gives_the_sender(rig, peer):
    buf = bytearray(4)
    task = rig.start(rig.sl.sockets.recvfrom(1, buf, 3, 8))
    assert peer.frames == [(0x940B, b"\x04\0\x01\x38")]
    peer.send(0x120B, struct.pack("<hBB2s2x", 3, 1, 3, b"\0\x35") + IP6, b"dns")
    rig.pump(5)
    assert task.result == (3, 53, IP6) and buf == b"dns\0"


# Flow control


def test_send_waits_for_credits(rig, peer):
    rig.opened(1)
    status(peer, credits=4)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.send(1, bytes(1537)))  # two credits, more than 2 + 2 wanted
    rig.pump(1000)
    assert not task.done and peer.frames == []
    status(peer, credits=5)
    rig.pump(5)
    assert task.result == 1537 and len(peer.frames) == 1


def test_sends_take_credits(rig, peer):
    rig.opened(1)
    status(peer, credits=5)
    rig.pump(1)
    for _ in range(2):
        rig.run(rig.sl.sockets.send(1, b"x"))
    third = rig.start(rig.sl.sockets.send(1, b"x"))
    rig.pump(100)
    assert len(peer.frames) == 2 and not third.done


def test_receive_may_take_the_last_credit_above_the_reserve(rig, peer):
    status(peer, credits=3)
    rig.pump(1)
    rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    second = bytearray(4)
    task = rig.start(rig.sl.sockets.recv(2, second))
    rig.pump(100)
    assert [body[2] for _, body in peer.frames] == [1]
    status(peer, credits=3)
    rig.pump(5)
    assert [body[2] for _, body in peer.frames] == [1, 2]
    peer.send(0x100A, reply(1, 2), b"x")
    rig.pump(5)
    assert task.result == 1


@pytest.mark.parametrize("seconds", [None, 1, 65])
def test_send_without_credits_gives_up_in_time(rig, peer, seconds):
    """Ten seconds unless said otherwise; nothing is sent then (guide-style O13)."""
    rig.opened(1)
    if seconds:
        rig.sl.send_ms = seconds * 1000
    status(peer, credits=3)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.send(1, b"x"))
    rig.pump((seconds or 10) * 1000 - 200)
    assert not task.done
    rig.pump(400)
    assert task.error.code == -110 and peer.frames == [] and rig.sl.link.pending == []


def test_non_blocking_send_does_not_wait(rig, peer):
    rig.opened(1)
    status(peer, credits=3, non_blocking=2)
    rig.pump(1)
    assert code_of(rig, lambda: rig.sl.sockets.send(1, b"x")) == -11


def test_failed_socket_refuses_and_ends_the_wait(rig, peer):
    rig.opened(1)
    status(peer, credits=3)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.send(1, b"x"))
    status(peer, tx_failure=2)
    rig.pump(5)
    assert task.error.code == -1
    assert code_of(rig, lambda: rig.sl.sockets.send(1, b"x")) == -1


def test_receive_on_a_failed_socket_waits_for_credits(rig, peer):
    """A failed transmitter ends no wait for the credit of a receive request."""
    status(peer, credits=2, tx_failure=2)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.recv(1, bytearray(4)))
    rig.pump(5)
    assert not task.done and peer.frames == []
    status(peer, credits=3, tx_failure=2)
    rig.pump(5)
    assert peer.opcodes() == [0x940A]


def test_large_stream_payload_goes_in_frames_that_the_pool_can_hold(rig, peer):
    peer.handler = lambda op, body: [(0x1401, reply(0, 1))] if op == 0x9401 else []
    sd = rig.sl.sockets.open(2, 1, 6)
    status(peer, credits=6)
    rig.pump(1)
    data = bytes(i * 7 % 251 for i in range(20_000))
    peer.frames.clear()
    task = rig.start(rig.sl.sockets.send(sd, data))
    for _ in range(20):
        status(peer, credits=6)
        rig.pump(5)
    assert task.result == 20_000
    pieces = [body[4:][: int.from_bytes(body[:2], "little")] for _, body in peer.frames]
    assert b"".join(pieces) == data and max(map(len, pieces)) == 3 * 1536


def test_large_stream_payload_goes_in_one_frame_when_it_can(rig, peer):
    peer.handler = lambda op, body: [(0x1401, reply(0, 1))] if op == 0x9401 else []
    sd = rig.sl.sockets.open(2, 1, 6)
    peer.frames.clear()
    rig.run(rig.sl.sockets.send(sd, bytes(4096)))
    assert [len(body) for _, body in peer.frames] == [4 + 4096]


def stream(rig, peer, sd: int) -> int:
    """A TCP socket that the peer gives this descriptor."""
    peer.handler = lambda op, body: [(0x1401, reply(0, sd))] if op == 0x9401 else []
    assert rig.sl.sockets.open(2, 1, 6) == sd
    peer.frames.clear()
    return sd


def test_non_blocking_send_is_taken_whole_or_not_at_all(rig, peer):
    """Two frames are wanted and one would go: -11 at once, and nothing of it is out."""
    sd = stream(rig, peer, 1)
    status(peer, credits=4, non_blocking=2)
    rig.pump(1)
    assert code_of(rig, lambda: rig.sl.sockets.send(sd, bytes(3000))) == -11
    assert peer.frames == [] and rig.sl.link.pending == []
    assert rig.run(rig.sl.sockets.send(sd, bytes(1500))) == 1500


def test_a_send_whose_rest_waits_too_long_does_not_claim_that_nothing_is_out(rig, peer):
    sd = stream(rig, peer, 1)
    status(peer, credits=6)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.send(sd, bytes(10_000)))
    rig.pump(11_000)
    assert len(peer.frames) == 1 and task.error.code == -105


def test_datagram_is_never_cut(rig, peer):
    rig.opened(1)
    assert code_of(rig, lambda: rig.sl.sockets.send(1, bytes(16_001))) == -7
    assert code_of(rig, lambda: rig.sl.sockets.sendto(1, bytes(16_001), 1, IP)) == -7
    rig.run(rig.sl.sockets.sendto(1, bytes(16_000), 1, IP))
    assert [len(body) for _, body in peer.frames] == [12 + 16_000]


def test_nothing_to_send_sends_nothing(rig, peer):
    assert rig.run(rig.sl.sockets.send(1, b"")) == 0
    assert rig.run(rig.sl.sockets.sendto(1, b"", 1, IP)) == 0
    assert peer.frames == []


def test_transceiver_frame_may_be_empty(rig, peer):
    rig.opened(0x81)
    rig.run(rig.sl.sockets.send(0x81, b"", 0x8846))
    assert peer.frames == [(0x940C, b"\0\0\x81\0\x46\x88\xff\xff")]


def test_send_while_a_file_command_holds_the_slot(rig, peer):
    rig.opened(1)
    peer.handler = lambda op, body: []
    rig.start(rig.sl.fs.del_(b"a"))
    assert rig.run(rig.sl.sockets.send(1, b"x")) == 1
    assert peer.opcodes() == [0xA443, 0x940C]


SENDS = {
    "send": lambda sockets, sd, data: sockets.send(sd, data),
    "sendto": lambda sockets, sd, data: sockets.sendto(sd, data, 53, IP),
}


@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
@pytest.mark.parametrize("sd", [0, 2, 3, 4, 9, 0x40, 0x43, 0x82, 0x83])
def test_a_socket_that_is_not_open_sends_nothing(rig, peer, send, sd):
    """Open are 3 and the transceiver 0x84; 2 was closed."""
    rig.opened(2, 3, 0x84)
    sockets = rig.sl.sockets
    peer.handler = lambda op, body: [*yes(op, body), (0x1010, reply(0, body[0]))]
    rig.run(sockets.close(2))
    peer.frames.clear()
    if sd != 3:
        assert code_of(rig, lambda: send(sockets, sd, b"hello")) == -9
    else:
        assert rig.run(send(sockets, sd, b"hello")) == 5
    assert len(peer.frames) == (sd == 3)


@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
def test_that_a_socket_is_not_open_is_looked_at_last(rig, peer, send):
    """Parameters, a failed transmitter and credits come first, with codes of their own."""
    sockets = rig.sl.sockets
    assert rig.run(send(sockets, 1, b"")) == 0
    assert code_of(rig, lambda: send(sockets, 1, bytes(16_001))) == -7
    status(peer, credits=3, tx_failure=2, non_blocking=2)
    rig.pump(1)
    assert code_of(rig, lambda: send(sockets, 1, b"x")) == -1
    status(peer, credits=3, tx_failure=0, non_blocking=2)
    rig.pump(1)
    assert code_of(rig, lambda: send(sockets, 1, b"x")) == -11
    status(peer, credits=3, non_blocking=0)
    rig.pump(1)
    waiting = rig.start(send(sockets, 1, b"x"))
    rig.pump(100)
    assert not waiting.done
    status(peer, credits=4)
    rig.pump(5)
    assert waiting.error.code == -9 and peer.frames == []


@pytest.mark.parametrize("send", SENDS.values(), ids=SENDS)
def test_no_socket_is_open_after_stop_and_start(rig, peer, send):
    rig.opened(1)
    assert rig.run(send(rig.sl.sockets, 1, b"x")) == 1
    rig.run(rig.sl.device.stop(0))
    rig.run(rig.sl.device.start())
    peer.frames.clear()
    assert code_of(rig, lambda: send(rig.sl.sockets, 1, b"x")) == -9
    assert peer.frames == []


def test_a_transceiver_that_is_not_open_sends_not_even_an_empty_frame(rig, peer):
    rig.opened(1)
    assert code_of(rig, lambda: rig.sl.sockets.send(0x81, b"", 0x8846)) == -9
    assert peer.frames == []


def test_option_longer_than_asked_for_is_an_error(rig, peer):
    peer.handler = lambda op, body: [(0x1409, reply(0, 0), b"12345")]
    assert bytes(rig.sl.sockets.getsockopt(0, 1, 9, 5)) == b"12345"
    assert code_of(rig, lambda: rig.sl.sockets.getsockopt(0, 1, 9, 4)) == -2001
    with pytest.raises(SlError):
        rig.sl.sockets.getsockopt(0, 1, 9, 0)


def test_credits_that_a_header_brings_end_the_wait_at_once(rig, peer):
    rig.opened(1)
    status(peer, credits=3)
    rig.pump(1)
    task = rig.start(rig.sl.sockets.send(1, b"x"))
    peer.header.credits = 24
    peer.send(0x0063, after=0.5)
    begin = rig.clock.now()
    while not task.done:
        rig.sl.link.pump(10_000)
        rig.resume()
    assert rig.clock.now() - begin < 0.6


@pytest.mark.parametrize("sd", [16, 0x90, 0x100, 0x101, 0x7FFF])
def test_no_socket_has_such_a_descriptor(rig, peer, sd):
    with pytest.raises(SlError) as caught:
        rig.run(rig.sl.sockets.close(sd))
    assert caught.value.code == -9 and peer.frames == []
