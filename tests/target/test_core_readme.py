"""The chapter of the AT core's README, typed at the prompt, answers as its test says."""

import re
from pathlib import Path

import pytest

from tests.target import repl

README = Path(__file__).parents[2] / "atcore" / "README.md"
CHAPTER, TEST = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
AT_PROMPT = (
    ("from . import command", "from atcore.commands import command"),
    ("from ..", "from atcore."),
)


@pytest.mark.prompt
def test_its_chapter_at_the_prompt(talk):
    for name in re.findall(r'^    b"(Trial\w+)",$', CHAPTER, re.MULTILINE):
        assert talk.error(f"AT+{name}=?") == "command not exist, 0"
    source = CHAPTER
    for chapter, prompt in AT_PROMPT:
        source = source.replace(chapter, prompt)
    repl.once(talk.at, source)
    talk.replies.clear()  # what the prompt said
    # The client knows late commands from the declarations; this one is no part of the firmware.
    talk.late_names.add("trialwait")
    namespace: dict = {}
    exec(TEST, namespace)
    namespace["test_trial"](talk)
