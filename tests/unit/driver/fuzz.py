"""Throws random and mutated frames at driver and link.

    python -m tests.unit.driver.fuzz [FRAMES [SEED]]

Nothing but SlError may come out of a call, nothing at all out of pump(), and after a stop and a
start everything works. Under LINK_ASAN=1 the C of the link is watched as well; main() sees to it.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys

from cc32at.hostlink import asan_environment
from cc32at.nwp.linklayer import encode
from simplelink.errors import SlError

from .calls import OPCODES
from .rig import Peer, Rig
from .test_opcodes import SENT_BY

COMPLETIONS = [row["opcode"] for row in OPCODES.values() if row["direction"] == "nwp_to_host"]
CALLS = [call for name, call in SENT_BY.items() if call is not None and name != "DEVICE_STOP"]
TASKS = 30  # operations that wait at a time, at most


class Fuzzer:
    """One run: until the driver has read `frames` frames."""

    def __init__(self, frames: int, seed: int):
        self.random = random.Random(seed)
        self.frames = frames
        self.sent = 0
        self.restarts = 0
        self.peer = Peer(self.answer)
        self.read = 0  # frames that the driver took
        self.peer.link.fill = self.fill
        self.rig = Rig(self.peer)
        self.honest = True
        self.rig.run(self.rig.sl.device.start())

    def run(self) -> None:
        self.honest = False
        while self.read < self.frames:
            self.turn()
            if self.sent % 1000 == 0:
                self.rig.events.clear()
                self.peer.frames.clear()
        self.restart()
        self.honest = True
        self.rig.sl.wlan.disconnect()

    def turn(self) -> None:
        """A few frames, maybe a call, and what comes of them."""
        for _ in range(self.random.randrange(1, 6)):
            self.frame()
        if self.random.random() < 0.3 and len(self.rig.tasks) < TASKS:
            self.rig.start(self.guarded(self.random.choice(CALLS)))
        if self.rig.tasks and self.random.random() < 0.1:
            self.random.choice(self.rig.tasks).cancel()
            self.rig.tasks = [task for task in self.rig.tasks if not task.done]
        self.rig.pump(1)
        if self.rig.sl.link.state != 1:
            self.restart()

    async def guarded(self, call) -> None:
        """A call of which only SlError may come."""
        try:
            result = call(self.rig.sl)
            if hasattr(result, "send"):
                await result
        except SlError as error:
            assert error.code < 0

    def restart(self) -> None:
        self.honest = True
        self.restarts += 1
        try:
            self.rig.run(self.rig.sl.device.stop(0))
        except SlError as error:
            assert error.code == -2018
        assert self.rig.tasks == [] and self.rig.sl.link.idle()
        assert self.rig.run(self.rig.sl.device.start()) == 0
        self.honest = False

    # What the NWP sends

    def body(self) -> bytes:
        size = self.random.choice((0, 1, 2, 3, 4, 4, 8, 8, 12, 20, 24, 40, 76, 132, 1600, 1700))
        data = bytearray(self.random.randbytes(size))
        if data and self.random.random() < 0.5:
            data[:2] = b"\0\0"[: len(data)]  # a good status
        if len(data) > 2 and self.random.random() < 0.7:
            data[2] = self.random.choice((0, 1, 1, 2, 15, 16, 31, 0x81))
        return bytes(data)

    def frame(self) -> None:
        """One unasked message."""
        self.sent += 1
        header = self.peer.header
        header.credits = self.random.choice((0, 2, 3, 4, 24, 255))
        header.non_blocking = self.random.choice((0, 0, 0xFFFF, 2))
        header.tx_failure = self.random.choice((0, 0, 0, 0xFFFF, 2))
        header.min_tx_payload = self.random.choice((0, 1, 1536, 65535))
        header.dev_status = self.random.choice((0, 0, 0, 0, 1, 4, 8, 0x48))
        kind = self.random.random()
        if kind < 0.0005:
            self.peer.raw(self.random.randbytes(self.random.randrange(4, 60)))
        elif kind < 0.7:
            self.peer.send(self.random.choice(COMPLETIONS), self.body())
        else:
            opcode = self.random.randrange(0x10000)
            if opcode != 0x000C or kind > 0.99:
                self.peer.send(opcode, self.body())

    def fill(self, message, sequence: int) -> bytes:
        self.read += 1
        return encode(message, self.peer.header, sequence)

    def answer(self, opcode: int, body: bytes) -> list:
        """What a command is answered with."""
        row = OPCODES[opcode]
        if row["response_opcode"] is None:
            return []
        if self.honest or self.random.random() < 0.3:
            return [(row["response_opcode"], bytes(max(4, row["response_size"])))]
        self.sent += 1
        if self.random.random() < 0.001:
            return []  # never: fatal after its time
        return [(row["response_opcode"] | self.random.choice((0, 0, 0x200)), self.body())]


def main() -> int:
    if not os.environ.get("LINK_ASAN"):
        environment = {**asan_environment(), "LINK_ASAN": "1"}
        return subprocess.run(
            [sys.executable, "-m", __spec__.name, *sys.argv[1:]], env=environment
        ).returncode
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    fuzzer = Fuzzer(frames, int(sys.argv[2]) if len(sys.argv) > 2 else 1)
    fuzzer.run()
    nwp = fuzzer.rig.nwp
    counters = {name: nwp.counter(i) for i, name in enumerate(nwp.COUNTERS)}
    print(f"{fuzzer.read} frames read, {fuzzer.restarts} restarts, no finding; last {counters}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
