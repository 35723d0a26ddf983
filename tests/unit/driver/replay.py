"""Replays recorded sessions of the vendor's driver against ours, without the AT core.

    PYTHONPATH=tools:firmware/modules python -m tests.unit.driver.replay [DIRECTORY]

Each recorded host frame is turned into the driver call it stands for; what our driver then writes
is compared with it, byte for byte outside what the vendor leaves uninitialised, and what the call
returns with what the recorded answer and completion say, and what the application is told with the
recorded events. Prints what differs, and how many of each were equal, different, not reached.
"""

from __future__ import annotations

import contextlib
import json
import re
import struct
import sys
from collections import Counter
from pathlib import Path

from cc32at.nwp.scripted import ScriptedNwp
from simplelink import events
from simplelink.errors import SlError

from . import calls
from .rig import Rig

ROOT = Path(__file__).resolve().parents[3]
INIT_COMPLETE = 0x0008
STOP = 0x8473
SELECT = 0x9407
CREATE = 0x9401
BIND = 0x9404
ABORT = 0x000C
RESET_REQUEST = 0x0099
REQUEST = 0x1878
GET_TOKEN = 0x182E
OWN_ANSWERS = (0x9C78, 0x9C2F)  # the driver gives them by itself
KINDS = ("frames", "results", "events")
FATAL = {"device_abort": 0xFF01, "sync_loss": 0xFF03, "no_cmd_ack": 0xFF04, "cmd_timeout": 0xFF05}
FATAL_LINE = re.compile(r"\+eventfatalerror:(\w+),?(\d*),?(\d*)")
DEVICE_SIZES = {(1, 12): 20, (1, 5): 1, (1, 11): 44, (4, 41): 16}


def messages(frames: list[bytes]) -> list[tuple[int, bytes]]:
    """(opcode, arguments and payload) of NWP frames, from their last sync word on."""
    found = []
    for frame in frames:
        frame = frame[max(frame.find(b"\xdc\xcd\xab") - 1, 0) :]
        while frame[:4] == frame[4:8]:
            frame = frame[4:]
        if len(frame) >= 16 and frame[1:4] == b"\xdc\xcd\xab":
            end = 8 + int.from_bytes(frame[6:8], "little")
            found.append((int.from_bytes(frame[4:6], "little"), frame[16:end]))
    return found


class Call:
    """A driver call under way, and what it must give; `ends`: whether the recording ends it."""

    def __init__(self, name: str, expected, task, ends: bool):
        self.name = name
        self.expected = expected
        self.task = task
        self.ends = ends

    def wanted(self):
        """What the recording says it gives: a value, or an SlError."""
        try:
            return self.expected()
        except calls.Fails as fails:
            return SlError(fails.args[0])
        except (TypeError, AttributeError):
            return SlError(-2005)  # nothing was answered

    def problem(self) -> str | None:
        """What is wrong with what it gave."""
        if not self.task.done:
            return f"{self.name}: still waits" if self.ends else None
        got = self.task.error if self.task.error else self.task.result
        want = self.wanted()
        if isinstance(want, SlError):
            same = isinstance(got, SlError) and got.code == want.code
        else:
            same = got == want
        return None if same else f"{self.name}: gave {got!r}, recorded {want!r}"


def lost():
    """Expectation where the recorded answer cannot be read."""
    raise calls.Fails(-2005)


class Session:
    """One case."""

    def __init__(self, case: dict):
        self.case = case
        self.model = ScriptedNwp(case)
        self.rig = Rig(self.model)
        self.sl = self.rig.sl
        self.totals = Counter()
        self.problems = []
        self.calls = []
        self.own = 0  # select's own socket, as a bit
        rest = [[bytes.fromhex(f) for f in e["nwp_frames_hex"]] for e in self.exchanges()]
        self.later = [
            messages([f for frames in rest[i:] for f in frames]) for i in range(len(rest))
        ]

    def exchanges(self):
        return [e for step in self.case["steps"] for e in step["exchanges"]]

    def play(self) -> Session:
        number = 0
        for i, step in enumerate(self.case["steps"]):
            self.model.begin_step(i)
            order = step.get("order", "")
            if order.startswith("o"):
                self.power_up()
            for j, exchange in enumerate(step["exchanges"]):
                frame = bytes.fromhex(exchange["host_frame_hex"])
                if frame:
                    self.exchange(frame, step["exchanges"], j, self.later[number])
                self.rig.pump(10)
                number += 1
            self.rig.pump(20_000 if "timing" in self.case["flags"] else 300)
            if "F" in order and not order.startswith("o"):
                self.power_down(step)
        self.check()
        for task in self.rig.tasks:
            task.cancel()
        return self

    def power_up(self) -> None:
        with contextlib.suppress(SlError):  # test_device has the start errors one by one
            self.rig.run(self.sl.device.start())

    def power_down(self, step: dict) -> None:
        if step["exchanges"]:
            return  # exchange() has done it
        try:
            self.rig.run(self.sl.device.stop(0))
        except SlError as error:
            if error.code != -2018:
                self.problems.append(f"stop: {error}")

    def exchange(self, frame: bytes, exchanges: list, at: int, later: list) -> None:
        """Make the call for one recorded host frame."""
        opcode = int.from_bytes(frame[4:6], "little")
        body = frame[8:]
        if opcode in OWN_ANSWERS or self.internal(opcode, body):
            return
        if opcode == STOP:
            self.rig.run(self.sl.device.stop(int.from_bytes(body[:2], "little")))
            return
        name, a = calls.prepared(opcode, body)
        if opcode == SELECT:
            a["read_fds"] &= ~self.own
        if name == "DEVICE_GET":
            a["size"] = DEVICE_SIZES.get((a["set_id"], a["option"]), 4)
        sd = a["sd"] if name in ("SOCKET_RECV", "SOCKET_RECVFROM", "SOCKET_ACCEPT") else None
        reply = calls.Reply(opcode, later, sd)
        call, expected = calls.CALLS[name]
        task = self.rig.start(self.awaited(call, a))
        ends = reply.done is not None or not reply.row["async_opcodes"]
        self.calls.append(Call(name, lambda: expected(a, reply), task, ends))
        if self.case["id"].startswith("wire.") and "process command,-2005" in self.case["out"]:
            self.calls[-1].expected = lost
        if opcode == SELECT:
            self.rig.pump(5)

    def internal(self, opcode: int, body: bytes) -> bool:
        """True for the frames of the control socket: select() sends them."""
        if opcode == BIND and body[4:6] == b"\x30\x0e":
            self.own = 1 << body[2]
            return True
        return opcode == CREATE and body[:3] == b"\x02\x02\0"

    async def awaited(self, call, a: dict):
        """The value of a call, waited for if it is a coroutine; views become bytes."""
        result = call(self.sl, a)
        if hasattr(result, "send"):
            result = await result
        if isinstance(result, tuple):
            return tuple(bytes(x) if isinstance(x, memoryview) else x for x in result)
        return bytes(result) if isinstance(result, memoryview) else result

    def told(self) -> list[tuple[int, bytes]]:
        """What must have reached the application: recorded events, then what was fatal."""
        told = []
        for opcode, body in self.later[0] if self.later else ():
            if opcode == ABORT:
                break
            if opcode == RESET_REQUEST and body[4:6] != b"\x01\0":
                continue
            if events.find(opcode) >= 0 and opcode not in (REQUEST, GET_TOKEN):
                told.append((opcode, body))
        for kind, *values in FATAL_LINE.findall(self.case["out"]):
            if kind not in FATAL:
                continue  # the vendor's own assertion, which no wire can bring about
            told.append((FATAL[kind], struct.pack("<II", *(int(v or 0) for v in values))))
        return told

    def check(self) -> None:
        """Compare what calls gave with what the answers say, and events with the messages."""
        want = self.told()
        got = [event for event in self.rig.events if events.find(event[0]) >= 0]
        self.count("events", len(want), got == want, f"events: got {got}, recorded {want}")
        for call in self.calls:
            problem = call.problem()
            self.count("results", 1, problem is None, problem)
        for row in self.model.result():
            same = row.equal or set(row.differences()) <= padding(row.expected)
            expected = row.expected.hex() if row.expected else "nothing"
            if not same and row.got is None:
                self.totals["frames not reached"] += 1
                self.problems.append(f"not reached: {expected}")
            else:
                got = row.got.hex()
                self.count("frames", 1, same, f"expected {expected}\n     got {got}")

    def count(self, kind: str, number: int, same: bool, problem: str | None) -> None:
        """Count `number` comparisons at once."""
        self.totals[f"{kind} {'equal' if same else 'different'}"] += number if same else 1
        if not same:
            self.problems.append(problem)


def padding(frame: bytes | None) -> set[int]:
    """Offsets of the bytes behind a payload: the vendor's driver sends what lies there."""
    opcode = int.from_bytes(frame[4:6], "little") if frame else 0
    row = calls.OPCODES.get(opcode)
    if row is None or row["name"] not in ("SOCKET_SEND", "SOCKET_SENDTO_V4", "SOCKET_SENDTO_V6"):
        return set()
    end = 8 + row["args_size"] + int.from_bytes(frame[8:10], "little")
    return set(range(end, len(frame)))


def replay(case: dict) -> tuple[Counter, list[str]]:
    """(counts, what is wrong) of a case; counts by "frames equal", "events different" ..."""
    session = Session(case).play()
    return session.totals, session.problems


def report(totals: Counter) -> list[str]:
    """A line for frames, results of calls, events."""
    words = ("equal", "different", "not reached")
    return [f"{k}: " + ", ".join(f"{totals[f'{k} {w}']} {w}" for w in words) for k in KINDS]


def cases(directory: Path) -> list[dict]:
    """All cases of a directory, in order."""
    return [
        case for path in sorted(directory.glob("*.json")) for case in json.loads(path.read_text())
    ]


def main() -> int:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "vectors"
    totals: Counter = Counter()
    wrong = 0
    for case in cases(directory):
        counts, problems = replay(case)
        totals += counts
        wrong += bool(problems)
        for problem in problems:
            print(f"{case['id']}: {problem}")
    print("\n".join(report(totals)))
    print(f"{wrong} cases wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
