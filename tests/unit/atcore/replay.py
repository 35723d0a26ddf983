"""The recordings over the C link in this process: no chip, no emulator, the same atcore.

python tests/unit/atcore/replay.py [FILE or FOLDER ...]    prints what differs
"""

import contextlib
import sys
from dataclasses import replace
from pathlib import Path

from cc32at.conformance import answers, cases, deviations, report
from cc32at.conformance.compare import Said
from cc32at.conformance.judge import judge
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
        """What the application made of each step."""
        nwp = ScriptedNwp(case)
        uart = Uart()
        install(nwp, uart=uart)
        app = application(uart)
        said = []
        for index, step in enumerate(case.steps):
            nwp.begin_step(index)
            if step.line is not None:
                uart.rx += step.line + b"\r\n"
            text = self.answer(app, uart, sum(len(m) + 2 for m in step.out), nwp)
            frames = [row.got for row in nwp.result(index) if row.got is not None]
            said.append(Said(text, tuple(frames)))
        return said

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


class Sessions:
    """The session of a case with other lines in it (cc32at.conformance.judge.Session)."""

    style = "ti"

    def __init__(self, player, case):
        self.player = player
        self.compared = case
        self.here = player.run(case)

    def said(self, index):
        """What the application made of a step."""
        return self.here[index]

    def go_on(self, index, line):
        """Play the steps behind one as they are if that had another line, or none."""
        steps = self.compared.steps
        steps = (*steps[:index], replace(steps[index], line=line), *steps[index + 1 :])
        self.here[index + 1 :] = self.player.run(replace(self.compared, steps=steps))[index + 1 :]

    def play(self, index, lines, changes):
        """What comes of lines in place of that of a step."""
        case = self.compared
        case = answers.changed(case, index, changes) if changes else case
        first = replace(case.steps[index], out=(b"more than comes",))
        steps = [replace(first, line=line.encode("latin-1")) for line in lines]
        steps[1:] = [replace(step, exchanges=()) for step in steps[1:]]
        said = self.player.run(replace(case, steps=(*case.steps[:index], *steps)))[index:]
        frames = tuple(frame for one in said for frame in one.frames)
        return Said(b"".join(one.text for one in said), frames)


def main(paths):
    rules = deviations.load()
    seen = report.Report(rules)
    player = Player()
    for path in paths:
        for case in cases.load(Path(path)):
            verdict = judge(Sessions(player, case), rules)
            seen.add(case.file, verdict)
            if left := report.unexplained(verdict):
                print(report.describe(left))
    print(seen.summary)


if __name__ == "__main__":
    main(sys.argv[1:] or [VECTORS])
