"""Runs the driver against a network processor that lies: liar.py SEED FRAMES.

    PYTHONPATH=.:tools:firmware/modules python -m tests.unit.driver.liar 1 100000

Answers and completions of the right kind that are wrong in a field, in length, order or number;
frames with flipped bits; every call of the driver, several at a time, some cancelled. Whatever
comes, a call gives a value or raises SlError, nothing hangs, and behind Stop and Start all is as
new. Prints a JSON object with what happened, or a traceback.
"""

from __future__ import annotations

import faulthandler
import json
import random
import sys
from collections import Counter

from cc32at.nwp.linklayer import Message
from simplelink import events
from simplelink.errors import SlError
from tests.unit.driver import calls
from tests.unit.driver.rig import Peer, Rig
from tests.unit.driver.test_opcodes import SENT_BY
from tests.unit.driver.test_tables import _size as size_of

CALLS = {name: call for name, call in SENT_BY.items() if call and name != "DEVICE_STOP"}
ABORT = 0x000C
INCOMING = [r for r in calls.TABLE["opcodes"] if r["direction"] == "nwp_to_host"]
INCOMING = [row for row in INCOMING if row["opcode"] != ABORT]
TASKS = 6
ROUNDS = 150  # between two restarts
HANG_S = 60  # of wall time, for one life of the network processor


class Liar(Peer):
    """Answers, mostly, and mostly something that is wrong; `honest` makes it stop."""

    def __init__(self, chance: random.Random):
        self.chance = chance
        self.honest = True
        self.seen: Counter = Counter()
        super().__init__(self.reply)

    def likely(self, percent: float) -> bool:
        """True so often, unless it is honest."""
        return not self.honest and self.chance.random() * 100 < percent

    def reply(self, opcode: int, body: bytes) -> list:
        """What follows a command: its answer, its completion, what nobody asked for."""
        row = calls.OPCODES[opcode]
        messages = []
        if row["response_opcode"] is not None and not self.likely(0.3):
            messages.append((row["response_opcode"], self.body(row["response"])))
        if row["async_opcodes"] and not self.likely(10):
            done = calls.OPCODES[int(self.chance.choice(row["async_opcodes"]), 16)]
            data = self.chance.randbytes(self.chance.choice((0, 1, 4, 9, 60)))
            messages.append((done["opcode"], self.body(done["response"]), data))
        for _ in range(self.chance.randrange(4) if self.likely(20) else 0):
            messages.append(self.unasked())
        if self.likely(10):
            self.chance.shuffle(messages)
        return messages

    def body(self, fields: list[dict]) -> bytes:
        """Arguments: zeros and the descriptor 1 where it is honest, other numbers, other sizes."""
        out = bytearray(max((f["offset"] + size_of(f) for f in fields), default=0))
        for field in fields:
            at, n = field["offset"], size_of(field)
            if field["name"] == "sd":
                out[at] = 1
            if self.likely(15):
                out[at : at + n] = self.chance.randbytes(n)
            elif self.likely(15):
                number = self.chance.choice((1, 2, 8, 40, 1460))
                out[at : at + n] = number.to_bytes(132, "little")[:n]
        if self.likely(8):
            return bytes(out[: self.chance.randint(0, len(out))])
        if self.likely(8):
            out += self.chance.randbytes(self.chance.choice((1, 4, 50, 300, 2100)))
        return bytes(out)

    def unasked(self) -> tuple[int, bytes]:
        """An event or completion that nobody waits for, or an opcode that nobody knows."""
        if self.chance.random() < 0.7:
            row = self.chance.choice(INCOMING)
            return row["opcode"], self.body(row["response"])
        return self.chance.randrange(0x10000), self.chance.randbytes(self.chance.randrange(64))

    def _fill(self, message: Message, sequence: int) -> bytes:
        """The frame, with a header that is right for the most part."""
        self.seen["frames"] += 1
        header, pick = self.header, self.chance.choice
        header.dev_status = self.chance.randrange(256) if self.likely(4) else 1
        header.min_tx_payload = pick((0, 1, 4, 65535)) if self.likely(4) else 1536
        header.tx_failure = pick((2, 0xFFFF)) if self.likely(4) else 0
        header.non_blocking = pick((2, 0xFFFF)) if self.likely(4) else 0
        header.credits = pick((0, 2, 3, 255)) if self.likely(10) else 24
        frame = super()._fill(message, sequence)
        if not self.likely(6):
            return frame
        self.seen["spoilt"] += 1
        return self.spoilt(bytearray(frame))

    def spoilt(self, frame: bytearray) -> bytes:
        """The frame as it crosses a bad wire."""
        kind = self.chance.randrange(5)
        if kind == 0:
            frame[self.chance.randrange(4, len(frame))] ^= 1 << self.chance.randrange(8)
        elif kind == 1:
            length = self.chance.choice((0, 7, 8, 9, 20, 100, 3000))
            frame[6:8] = length.to_bytes(2, "little")
        elif kind == 2:
            frame[:0] = self.chance.randbytes(self.chance.randrange(12))
        elif kind == 3:
            del frame[self.chance.randrange(len(frame)) :]
        else:
            frame[:0] = frame[:4]
        return bytes(frame).ljust(-(-len(frame) // 4) * 4, b"\xff")


class Trial:
    """One driver and its liar; `seen` counts what happened."""

    def __init__(self, seed: int):
        self.chance = random.Random(seed)
        self.liar = Liar(self.chance)
        self.rig = Rig(self.liar)
        self.sl = self.rig.sl
        self.seen = self.liar.seen
        self.sl.on_event = self.told
        self.sl.netapp.on_request = self.request
        self.sl.netapp.on_token = lambda name: bytes(name)[::-1]

    def told(self, opcode: int, args) -> None:
        self.seen["events"] += 1
        if opcode > 0xFF00:
            self.seen[f"fatal {opcode & 0xFF}"] += 1
        events.decode(opcode, args)

    def request(self, app, kind, handle, flags, metadata, payload) -> None:
        self.seen["requests"] += 1
        self.sl.netapp.respond(handle, 200, b"", bytes(payload)[:100])

    async def call(self, name: str) -> None:
        """A call of the table; what else than SlError it raises is a finding."""
        try:
            result = CALLS[name](self.sl)
            if hasattr(result, "send"):
                await result
            self.seen["values"] += 1
        except SlError as error:
            self.seen["errors"] += 1
            assert error.code < 0 and str(error)

    def life(self) -> None:
        """From a start to a stop; all must be as new behind it."""
        self.liar.honest = True
        self.rig.run(self.sl.device.start())
        self.sl.wlan.disconnect()
        self.liar.honest = False
        for _ in range(ROUNDS):
            self.round()
            if self.sl.link.state & 4:
                break
        self.liar.honest = True
        self.rig.run(self.sl.device.stop(self.chance.choice((0, 100))))
        self.rig.pump(20)
        assert self.rig.tasks == [] and self.sl.link.idle()
        self.seen["lives"] += 1

    def round(self) -> None:
        """A few calls more, a message that nobody asked for, a cancellation, some time."""
        tasks = self.rig.tasks
        while len(tasks) < TASKS and self.chance.random() < 0.7:
            self.check(self.rig.start(self.call(self.chance.choice(list(CALLS)))))
        if self.chance.random() < 0.3:
            self.liar.send(*self.liar.unasked())
        waiting = list(tasks)
        if tasks and self.chance.random() < 0.05:
            self.chance.choice(tasks).cancel()
            self.seen["cancelled"] += 1
        self.rig.pump(self.chance.choice((1, 5, 30, 2000)))
        for task in waiting:
            self.check(task)

    def check(self, task) -> None:
        if task.error is not None:
            raise task.error


def run(seed: int, frames: int, before_life=lambda: None) -> Counter:
    """Lives until so many frames have crossed the link; what happened."""
    trial = Trial(seed)
    while trial.seen["frames"] < frames:
        before_life()
        trial.life()
    return trial.seen


def watch() -> None:
    """End the program, saying where it was, if the life that begins does not end."""
    faulthandler.dump_traceback_later(HANG_S, exit=True)


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]), int(sys.argv[2]), watch)))
