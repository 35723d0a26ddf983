"""Module `nwp` for CPython: the functions of firmware/modnwp.c over the same C."""

from __future__ import annotations

import ctypes as ct
import struct
import types

from .header import numbers
from .hostport import FOREVER, HostPort
from .library import Frame, Part, load

COUNTERS = (
    "events_dropped",
    "drained",
    "unknown",
    "late_data",
    "sync_slips",
    "frames_in",
    "frames_out",
    "overruns",
    "answers_unasked",
    "short",
)

# Of link.h, as modnwp.c has them.
EXPORTED = ("UART", "ANSWER", "EVENT", "FATAL", "TIMEOUT", "TX", "OP_FATAL")
EXPORTED += ("E_BUSY", "E_NO_ACK", "E_SYNC", "E_ABORT", "E_CLOSED", "E_AGAIN", "E_SIZE")
CONSTANTS = {name: numbers()[name] for name in EXPORTED} | {"EVENT_SIZE": 1604}
E_BREAK = numbers()["E_BREAK"]
ANSWER_SIZE = numbers()["ANSWER_SIZE"]
HEED_MS = 100
TIMEOUT_MS = 10000
RECEIVE_MAX = 16000


def writable(buf):
    """A ctypes array over a writable buffer; it cannot be resized while the array lives."""
    view = memoryview(buf).cast("B")
    return (ct.c_ubyte * len(view)).from_buffer(view)


def _part(data) -> Part:
    if data is None:
        return Part(None, 0)
    data = bytes(data)
    return Part(data, len(data))


class Link:
    """The functions of the module, bound to one port.

    The C behind it is one. A Link that a later one has replaced is closed for good: coroutines of
    an old driver may still call it when they are collected.
    """

    holder: Link | None = None

    def __init__(self, port: HostPort, sanitize: bool = False):
        Link.holder = self
        self.port = port
        self.c = load(sanitize)
        self.c.host_port_set(ct.byref(port.table))
        self.c.link_close()  # forget an earlier user
        self._expected: dict[int, object] = {}
        self._heeds = None
        raw = (ct.c_ubyte * ANSWER_SIZE).in_dll(self.c, "link_answer_buf")
        self.answer = memoryview(raw).cast("B")

    def _done(self, result=None):
        self.port.check()
        return result

    def _release(self) -> None:
        expected = self.c.link_expected()
        for i in [i for i in self._expected if not expected >> i & 1]:
            del self._expected[i]

    def open(self) -> None:
        if Link.holder is not self:
            raise RuntimeError("another program has the link")
        self.c.link_open()
        self._release()
        self._done()

    def close(self) -> None:
        if Link.holder is not self:
            return
        self.c.link_close()
        self._release()
        self._done()

    def is_open(self) -> bool:
        return self.c.link_is_open()

    def shutdown_ready(self) -> bool:
        return bool(self.port.nwp.shutdown_ready)

    def _submit(self, opcode, args, payload=None, timeout_ms=None, prefix=None, payload2=None):
        if Link.holder is not self:
            return CONSTANTS["E_CLOSED"]
        frame = Frame(opcode, _part(args), _part(prefix), _part(payload), _part(payload2))
        timeout = TIMEOUT_MS if timeout_ms is None else timeout_ms
        return self.c.link_submit(ct.byref(frame), timeout)

    def submit(self, *command) -> int:
        return self._done(self._submit(*command))

    def heed(self, function) -> None:
        self._heeds = function

    def _look_up(self, why) -> None:
        self.port.check()
        if why != E_BREAK and self._heeds is not None:
            self._heeds()

    def request(self, *command) -> int:
        ms = 0
        while why := self.c.link_settle(ms):
            self._look_up(why)
            ms = HEED_MS
        n = self._submit(*command)
        if n != 0:
            return self._done(n)
        while (n := self.c.link_answer(HEED_MS)) in (E_BREAK, CONSTANTS["E_AGAIN"]):
            self.c.link_abandon(True)
            self._look_up(n)
            self.c.link_abandon(False)
        return self._done(n)

    def collect(self) -> int:
        return self.c.link_collect()

    def post(self, opcode, args, payload, sd, nbytes, prefix=None, payload2=None) -> int:
        if Link.holder is not self:
            return CONSTANTS["E_CLOSED"]
        frame = Frame(opcode, _part(args), _part(prefix), _part(payload), _part(payload2))
        return self._done(self.c.link_post(ct.byref(frame), sd, nbytes))

    def sockets(self, open, streams) -> None:
        if Link.holder is self:
            self.c.link_sockets(open & 0xFFFFFFFF, streams)

    def room(self, sd, nbytes) -> int:
        return self.c.link_room(sd & 0xFFFFFFFF, nbytes)

    def poll(self) -> int:
        return self._done(self.c.link_poll())

    def wait(self, ms, mask=7) -> int:
        self.port.check()
        return self._done(self.c.link_wait(FOREVER if ms < 0 else ms, mask))

    def event(self, buf) -> int:
        if self._expected:
            self._release()
        array = writable(buf)
        return self.c.link_event(array, len(array))

    def expect(self, sd, buf) -> None:
        if Link.holder is not self:
            return
        array = None if buf is None else writable(buf)
        if not self.c.link_expect(sd & 0xFFFFFFFF, array, 0 if array is None else len(array)):
            raise ValueError("sd")
        self._expected.pop(sd & 15, None)
        self._release()
        if array is not None:
            self._expected[sd & 15] = array

    def receive(self, opcode, sd, flags, buf) -> int:
        size = min(len(buf), RECEIVE_MAX)
        if not size:
            return CONSTANTS["E_SIZE"]
        self.expect(sd, buf)
        n = self.post(opcode, struct.pack("<HBB", size, sd, flags), None, sd, 0)
        if n:
            self.expect(sd, None)
            return n
        return self.nonblocking() >> (sd & 0x1F) & 1

    @staticmethod
    def resume(coroutine, box):
        try:
            return coroutine.send(None)
        except StopIteration as stop:
            box[0] = stop.value
            return None

    def fail(self, kind, arg0, arg1) -> None:
        self.c.link_fail(kind, arg0 & 0xFFFFFFFF, arg1 & 0xFFFFFFFF)

    def ticks_ms(self) -> int:
        """The clock of the port, with the period of time.ticks_ms()."""
        return int(self.port.clock.now() * 1000) & 0x3FFFFFFF

    def answer_opcode(self) -> int:
        return self.c.link_answer_opcode()

    def free_credits(self) -> int:
        return self.c.link_status().contents.credits

    def min_tx(self) -> int:
        return self.c.link_status().contents.min_tx

    def tx_failure(self) -> int:
        return self.c.link_status().contents.tx_failure

    def nonblocking(self) -> int:
        return self.c.link_status().contents.nonblocking

    def dev_status(self) -> int:
        return self.c.link_status().contents.dev_status

    def counter(self, index) -> int:
        return self.c.link_counter(index)


def make_module(port: HostPort, sanitize: bool = False) -> types.ModuleType:
    """A module object with the names of modnwp.c; `module.link` and `module.port` besides."""
    link = Link(port, sanitize)
    module = types.ModuleType("nwp", __doc__)
    for name in dir(link):
        if not name.startswith("_") and name not in ("c", "port"):
            setattr(module, name, getattr(link, name))
    for name, value in CONSTANTS.items():
        setattr(module, name, value)
    module.COUNTERS = COUNTERS
    module.link = link
    module.port = port
    return module
