"""The engines by name: what a session for each is made of, and what plays it."""

import importlib

LINES = 40  # turns of a session
ENGINES = {"host": "tests.fuzz.host"}


def generate(engine: str, seed: int) -> list:
    """The session of a seed."""
    from tests.fuzz.lines import Speaker

    return Speaker(seed, LINES).session()


def play(engine: str, said: list, seed: int):
    """Play a session; its Outcome."""
    return importlib.import_module(ENGINES[engine]).play(said, seed)
