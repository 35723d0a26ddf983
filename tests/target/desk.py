"""A terminal for programs that want one."""

import os
import pty
import select
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Desk:
    """A terminal in which somebody has typed a command, `make run` if nothing else is said."""

    def __init__(self, state: Path, *command: str):
        self.far, near = pty.openpty()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE")}
        environment |= {
            "TERM": "xterm",
            "PROMPT_TOOLKIT_NO_CPR": "1",
            "XDG_STATE_HOME": str(state),
        }
        self.process = subprocess.Popen(
            command or ("make", "run"), cwd=ROOT, env=environment, start_new_session=True,
            stdin=near, stdout=near, stderr=near,
        )  # fmt: skip
        os.close(near)
        self.seen = b""

    def expect(self, what: bytes) -> bytes:
        """What is on the screen up to `what`, from where the last one ended."""
        while what not in self.seen:
            ready, _, _ = select.select([self.far], [], [], 60)
            assert ready, f"no {what!r} in {self.seen!r}"
            self.seen += os.read(self.far, 4096)
        shown, _, self.seen = self.seen.partition(what)
        return shown

    def type(self, keys: bytes) -> None:
        os.write(self.far, keys)

    def close(self) -> None:
        """Whatever still runs ends."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.far)
