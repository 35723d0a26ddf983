"""Fixtures of the target tests beside those of tests/conftest.py."""

import pytest

pytest.register_assert_rewrite("tests.target.talk")

from tests.target.talk import Talk  # noqa: E402 (rewritten first, so that it tells what it saw)


@pytest.fixture
def talk(at) -> Talk:
    """A conversation with the board in style `guide`."""
    return Talk(at)
