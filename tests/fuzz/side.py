"""One side of the differential: plays sessions with the AT core of another checkout.

A program of its own, whatever that checkout has of this folder: `python side.py CHECKOUT` reads
pickled lists of (seed, items) from standard input, and writes for each a list of (printed bytes,
calls of the driver, what was wrong). Side is the other end of it.
"""

import os
import pickle
import subprocess
import sys
import types
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Side:
    """A process that plays sessions with the core of a checkout."""

    def __init__(self, checkout: Path):
        self.process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), str(checkout.resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def begin(self, sessions: list) -> None:
        """Let it play sessions, a list of (seed, items)."""
        pickle.dump(sessions, self.process.stdin)
        self.process.stdin.flush()

    def end(self) -> list:
        """What came of them: (printed bytes, calls, what was wrong) each."""
        return pickle.load(self.process.stdout)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(60)


def main(checkout: str) -> None:
    """Serve until the input ends."""
    sys.path[0] = checkout
    sys.path[:0] = [f"{checkout}/tools", f"{checkout}/firmware/modules"]
    tests = types.ModuleType("tests")
    tests.__path__ = [str(ROOT / "tests")]
    sys.modules["tests"] = tests  # of this checkout; all else is of the other
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    from tests.fuzz.host import play

    while True:
        try:
            sessions = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        played = [play(said, seed, judged=False) for seed, said in sessions]
        pickle.dump([(it.out, it.calls, [str(w) for w in it.wrong]) for it in played], answers)
        answers.flush()


if __name__ == "__main__":
    main(sys.argv[1])
