"""The recordings over the C link in this process: no chip, no emulator, the same atcore.

python tests/unit/atcore/replay.py [FILE or FOLDER ...]    prints what differs
"""

import contextlib
import sys
from pathlib import Path

from cc32at.conformance import cases, compare, deviations
from cc32at.hostlink import firmware_paths, install
from cc32at.nwp.scripted import ScriptedNwp

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors"
PATIENCE = 12000  # ms: the longest time-out recorded is 10 s
SETTLE = 60
PIECE = 5

for path in firmware_paths():
    if path not in sys.path:
        sys.path.insert(0, path)


class Uart:
    """The stream of the application: two byte strings."""

    def __init__(self):
        self.rx = bytearray()
        self.tx = bytearray()

    def any(self):
        return len(self.rx)

    def space(self):
        return 4096

    def readinto(self, view):
        n = min(len(view), len(self.rx))
        view[:n] = self.rx[:n]
        del self.rx[:n]
        return n or None

    def write(self, data):
        self.tx += data
        return len(data)

    def brk(self):
        return False


def application(uart, style="ti"):
    """AT_Commands over the link that is installed, nothing started."""
    from atcore.apps.at_commands import AtCommands
    from simplelink import SimpleLink

    app = AtCommands(SimpleLink(sys.modules["nwp"]), uart, repl=False)
    app.core.settings.apply({"style": 1 if style == "ti" else 0})
    return app


class Quiet(BaseException):
    """The application has nothing more to say."""


class Player:
    """Plays one case at a time."""

    def run(self, case):
        """Everything that differs, step by step."""
        nwp = ScriptedNwp(case)
        uart = Uart()
        install(nwp, uart=uart)
        app = application(uart)
        found = []
        for index, step in enumerate(case.steps):
            nwp.begin_step(index)
            if step.line is not None:
                uart.rx += step.line + b"\r\n"
            text = self.answer(app, uart, sum(len(m) + 2 for m in step.out), nwp)
            frames = [row.got for row in nwp.result(index) if row.got is not None]
            racy = "output_order_racy" in case.flags
            found += compare.differences(case, index, text, frames, racy)
        return found

    def answer(self, app, uart, size, nwp):
        """What the application prints until it is quiet and what is expected is there."""
        core = app.core
        uart.tx.clear()
        begin = last = core.ticks()
        seen = 0
        sleep = core.link.nwp.wait

        def wait(ms, mask=7):
            nonlocal last, seen
            now = core.ticks()
            if len(uart.tx) != seen or uart.rx:
                last, seen = now, len(uart.tx)
            done = len(uart.tx) >= size and nwp.finished and not core.foreground
            if now - last >= SETTLE and (done or now - begin >= PATIENCE):
                raise Quiet
            return sleep(PIECE if ms < 0 else min(ms, PIECE), mask)

        core.wait = wait
        with contextlib.suppress(Quiet):
            app.run()
        return bytes(uart.tx)


def main(paths):
    rules = deviations.load()
    counts = dict(equal=0, explained=0, different=0)
    player = Player()
    for path in paths:
        for case in cases.load(Path(path)):
            found = player.run(case)
            unexplained = [d for d in found if rules.explain(d) is None]
            kind = "different" if unexplained else "explained" if found else "equal"
            counts[kind] += 1
            for d in unexplained:
                print(f"--- {case.name} [{d.index}] {d.what} {case.flags} {case.note}")
                print(f"    {d.step.line!r:.150}")
                print("    expected", d.expected.replace("\n", "\n             ")[:600])
                print("    got     ", d.got.replace("\n", "\n             ")[:600])
    print(counts)


if __name__ == "__main__":
    main(sys.argv[1:] or [VECTORS])
