"""Fixtures of the target tests beside those of tests/conftest.py."""

import pytest

from tests.target.talk import Talk


@pytest.fixture
def talk(at) -> Talk:
    """A conversation with the board in style `guide`."""
    return Talk(at)
