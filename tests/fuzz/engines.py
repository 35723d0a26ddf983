"""The engines by name: what a session for each is made of, and what plays it."""

import importlib

LINES = 40  # turns of a session
# engine: (module and class that makes sessions, module that plays them)
ENGINES = {
    "host": ("tests.fuzz.lines", "Speaker", "tests.fuzz.host"),
    "link": ("tests.fuzz.radio", "Radio", "tests.fuzz.linked"),
    "board": ("tests.fuzz.desk", "Desk", "tests.fuzz.board"),
}
# Of a thousand lines so many: a line on the board takes as long as hundreds of the host.
SHARES = {"host": 969, "link": 30, "board": 1}


def generate(engine: str, seed: int) -> list:
    """The session of a seed."""
    module, name, _ = ENGINES[engine]
    return getattr(importlib.import_module(module), name)(seed, LINES).session()


def play(engine: str, said: list, seed: int):
    """Play a session; its Outcome."""
    return importlib.import_module(ENGINES[engine][2]).play(said, seed)
