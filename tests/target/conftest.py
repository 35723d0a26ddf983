"""Fixtures of the target tests beside those of tests/conftest.py."""

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.target.talk")

from tests.boards import ROOT  # noqa: E402
from tests.target.store import Store  # noqa: E402
from tests.target.talk import Talk  # noqa: E402 (rewritten first, so that it tells what it saw)


@pytest.fixture
def scratch(tmp_path) -> Path:
    """A folder with a blank in its path, in which README's examples find what a checkout has.

    What they leave there is in lab/, which git ignores.
    """
    folder = tmp_path / "a b"
    (folder / "lab").mkdir(parents=True)
    for name in (".venv", "build"):
        (folder / name).symlink_to(ROOT / name)
    before = set(folder.iterdir())
    yield folder
    assert set(folder.iterdir()) == before


@pytest.fixture
def talk(at) -> Talk:
    """A conversation with the board in style `guide`."""
    return Talk(at)


@pytest.fixture
def store(talk) -> Store:
    """The file commands of the board."""
    return Store(talk)
