"""The README of the AT core: its chapter works when it is put where it says."""

import re

from cc32at.gen import commands as generator
from tests.unit.atcore import checkout

README = checkout.ROOT / "atcore" / "README.md"
CHAPTER, TEST = re.findall(r"^```python\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)
NAMES = re.findall(r'^    b"(Trial\w+)",$', CHAPTER, re.MULTILINE)
SCREEN = 80  # lines


def test_the_chapter_answers_as_its_test_says(tmp_path):
    folder = checkout.copy(tmp_path)
    (folder / "atcore" / "commands" / "trial.py").write_text(CHAPTER)
    checkout.generate(folder)
    checkout.run(folder, TEST + "\ntest_trial(talk)\n")


def test_what_is_generated_has_its_commands(tmp_path):
    folder = checkout.copy(tmp_path)
    (folder / "atcore" / "commands" / "trial.py").write_text(CHAPTER)
    texts = generator.outputs(folder)
    assert len(NAMES) == 3
    for name in NAMES:
        assert f"### AT+{name}\n" in texts[folder / generator.REFERENCE]
        assert f'{{"name": "{name}", ' in texts[folder / generator.CLIENT]
        assert f" at+{name.lower()} " in texts[folder / generator.CHAPTERS]


def test_its_test_asks_each_command():
    assert {name for name in NAMES if f"AT+{name}=" in TEST} == set(NAMES)


def test_it_is_a_screen():
    assert len(README.read_text().splitlines()) <= SCREEN
