"""Replays recorded sessions of the vendor's driver against ours, without the AT core.

    python -m tests.unit.driver.replay [DIRECTORY]

Each recorded host frame is turned into the driver call it stands for; what our driver then writes
is compared with it, byte for byte outside what the vendor leaves uninitialised, and what the call
returns with what the recorded answer says. Prints what differs, and one line of totals.
"""

from __future__ import annotations

import contextlib
import json
import sys
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
    """A driver call under way, and what it must give."""

    def __init__(self, name: str, a: dict, expected, task):
        self.name = name
        self.a = a
        self.expected = expected
        self.task = task


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
        self.problems = []
        self.calls = []
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
        if name == "DEVICE_GET":
            a["size"] = DEVICE_SIZES.get((a["set_id"], a["option"]), 4)
        sd = a["sd"] if name in ("SOCKET_RECV", "SOCKET_RECVFROM", "SOCKET_ACCEPT") else None
        reply = calls.Reply(opcode, later, sd)
        call, expected = calls.CALLS[name]
        task = self.rig.start(self.awaited(call, a))
        self.calls.append(Call(name, a, lambda: expected(a, reply), task))
        if self.case["id"].startswith("wire.") and "process command,-2005" in self.case["out"]:
            self.calls[-1].expected = lost
        if opcode == SELECT:
            self.rig.pump(5)

    def internal(self, opcode: int, body: bytes) -> bool:
        """True for the frames of the control socket: select() sends them."""
        return (opcode == CREATE and body[:3] == b"\x02\x02\0") or (
            opcode == BIND and body[4:6] == b"\x30\x0e"
        )

    async def awaited(self, call, a: dict):
        """The value of a call, waited for if it is a coroutine; views become bytes."""
        result = call(self.sl, a)
        if hasattr(result, "send"):
            result = await result
        if isinstance(result, tuple):
            return tuple(bytes(x) if isinstance(x, memoryview) else x for x in result)
        return bytes(result) if isinstance(result, memoryview) else result

    def told(self) -> list[tuple[int, bytes]]:
        """The recorded messages that must have reached the application as events."""
        told = []
        for opcode, body in self.later[0] if self.later else ():
            if opcode == ABORT:
                return told + [(0xFF01, None)]
            if opcode == RESET_REQUEST and body[4:6] != b"\x01\0":
                continue
            if events.find(opcode) >= 0 and opcode not in (REQUEST, GET_TOKEN):
                told.append((opcode, body))
        return told

    def check(self) -> None:
        """Compare what calls gave with what the answers say, and events with the messages."""
        want = self.told()
        known = [event for event in self.rig.events if events.find(event[0]) >= 0]
        got = [(op, None if op == 0xFF01 else args) for op, args in known]
        if got != want and not self.case["id"].startswith(("slow.", "wire.")):
            self.problems.append(f"events: got {got}, recorded {want}")
        for call in self.calls:
            if not call.task.done:
                if call.name not in ("SOCKET_RECV", "SOCKET_RECVFROM", "SOCKET_ACCEPT"):
                    self.problems.append(f"{call.name}: still waits")
                continue
            got = call.task.error if call.task.error else call.task.result
            try:
                want = call.expected()
            except calls.Fails as fails:
                want = SlError(fails.args[0])
            except (TypeError, AttributeError):
                want = SlError(-2005)  # nothing was answered
            if isinstance(want, SlError):
                same = isinstance(got, SlError) and got.code == want.code
            else:
                same = got == want
            if not same:
                self.problems.append(f"{call.name}: gave {got!r}, recorded {want!r}")


def padding(frame: bytes | None) -> set[int]:
    """Offsets of the bytes behind a payload: the vendor's driver sends what lies there."""
    opcode = int.from_bytes(frame[4:6], "little") if frame else 0
    row = calls.OPCODES.get(opcode)
    if row is None or row["name"] not in ("SOCKET_SEND", "SOCKET_SENDTO_V4", "SOCKET_SENDTO_V6"):
        return set()
    end = 8 + row["args_size"] + int.from_bytes(frame[8:10], "little")
    return set(range(end, len(frame)))


def replay(case: dict) -> tuple[int, int, int, list[str]]:
    """(equal, different, not reached, what is wrong) of a case."""
    session = Session(case).play()
    equal = different = missing = 0
    problems = session.problems
    for row in session.model.result():
        if row.equal or set(row.differences()) <= padding(row.expected):
            equal += 1
        elif row.got is None:
            missing += 1
            problems.append(f"not reached: {row.expected.hex()}")
        else:
            different += 1
            expected = row.expected.hex() if row.expected else "nothing"
            problems.append(f"expected {expected}\n     got {row.got.hex()}")
    return equal, different, missing, problems


def cases(directory: Path) -> list[dict]:
    """All cases of a directory, in order."""
    return [
        case for path in sorted(directory.glob("*.json")) for case in json.loads(path.read_text())
    ]


def main() -> int:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "tests" / "vectors"
    totals = [0, 0, 0]
    wrong = 0
    for case in cases(directory):
        *numbers, problems = replay(case)
        totals = [a + b for a, b in zip(totals, numbers, strict=True)]
        wrong += bool(problems)
        for problem in problems:
            print(f"{case['id']}: {problem}")
    print("frames: {} equal, {} different, {} not reached; {} cases wrong".format(*totals, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
