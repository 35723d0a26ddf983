"""Plays a session to the application AT_Commands over the driver of chance, and judges it.

What must hold, whatever was said: a marked AT+Test is answered within a second of silence, no
canary was executed, no payload moved while it was sent, nothing left the application as an
exception, and at rest nothing is queued and the core sleeps.
"""

from dataclasses import dataclass, field

from cc32at.hostlink import install_atbytes
from cc32at.hostlink.nwp import Link as HostLink
from tests.fuzz.driver import Driver, Over, Stuck

SETTLE_MS = 4000  # longer than any pause and any wait that is not for ever
ANSWER_MS = 1000
BUSY = 200  # rounds of the loop that an idle second may take


@dataclass
class Outcome:
    """What a session left behind: `out` what was printed, `calls` what the driver was asked."""

    out: bytes = b""
    calls: list = field(default_factory=list)
    wrong: list = field(default_factory=list)  # what must not be


class Stream:
    """A UART whose bytes come at their times."""

    def __init__(self, link):
        self.link = link
        link.stream = self
        self.coming = []  # (when, bytes or None for a break)
        self.broken = False
        self.out = bytearray()

    def due(self):
        if self.broken:
            return self.link.now
        return self.coming[0][0] if self.coming else None

    def readinto(self, view):
        got = 0
        while self.coming and self.coming[0][0] <= self.link.now and got < len(view):
            when, data = self.coming[0]
            if data is None:
                self.broken = True
                self.coming.pop(0)
                break
            n = min(len(data), len(view) - got)
            view[got : got + n] = data[:n]
            got += n
            if n < len(data):
                self.coming[0] = (when, data[n:])
            else:
                self.coming.pop(0)
        return got or None

    def brk(self):
        seen, self.broken = self.broken, False
        return seen

    def write(self, data):
        self.out += bytes(data)
        return len(data)

    def space(self):
        return 4096

    def any(self):
        return 0

    def init(self, baud):
        pass


def application(seed):
    """A started application and its driver; the canary is one of its commands."""
    from atcore import create
    from atcore.apps.at_commands import AtCommands
    from atcore.commands import ALL

    driver = Driver(seed, HostLink.resume)
    stream = Stream(driver.link)
    found = []
    if b"at+canary" not in ALL.table:

        @ALL.command(b"Canary", (("Number", "str", "", 2000),), offline=True)
        def canary(cmd, number):
            cmd.core.canaries.append(bytes(number))

    core = create(driver, ALL, stream)
    core.canaries = found
    app = AtCommands(driver, stream, repl=True, core=core)
    return app, driver, stream


def play(session, seed=0, legal_canaries=False):
    """Play a session; returns its Outcome."""
    install_atbytes()
    app, driver, stream = application(seed)
    link, core = driver.link, app.core
    outcome = Outcome(calls=driver.calls)
    now = link.now + 100
    for gap, kind, value in session:
        now += gap
        if kind == "event":
            link.scheduled.append((now, lambda value=value: driver.on_event(*value)))
        elif kind == "break":
            stream.coming.append((now, None))
        elif value:
            stream.coming.append((now, value))
    app.begin()
    run(app, link, now + SETTLE_MS, outcome)
    if outcome.wrong:
        return outcome
    stream.coming.append((link.now, b"\r\n"))
    run(app, link, link.now + ANSWER_MS, outcome)
    before = len(stream.out)
    stream.coming.append((link.now, b"AT+Test\r\n"))
    sleeps = link.sleeps
    run(app, link, link.now + ANSWER_MS, outcome)
    outcome.out = bytes(stream.out)
    judge(core, outcome, outcome.out[before:], link.sleeps - sleeps)
    if driver.moved:
        outcome.wrong.append(f"{driver.moved} payloads moved while they were sent")
    if core.canaries and not legal_canaries:
        outcome.wrong.append(f"canaries executed: {core.canaries[:3]}")
    return outcome


def run(app, link, until, outcome):
    """Let the application run until a time; a request for the prompt is given back at once."""
    link.end = until
    while True:
        try:
            app.run()
            app.core.escape = None
        except Over:
            link.now = until
            return
        except Stuck:
            outcome.wrong.append("the core never sleeps")
            return
        except Exception as error:
            outcome.wrong.append(f"{type(error).__name__} left the application: {error}")
            if len(outcome.wrong) > 10:
                return


def judge(core, outcome, answer, rounds):
    """What must hold at rest."""
    if not answer.endswith(b"OK\r\n"):
        outcome.wrong.append(f"AT+Test was answered {answer!r}")
    if rounds > BUSY:
        outcome.wrong.append(f"{rounds} rounds in an idle second")
    if core.foreground is not None:
        outcome.wrong.append("a command still waits in the foreground")
    if len(core.entries):
        outcome.wrong.append("messages are left")
