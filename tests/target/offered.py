"""What the client's completion offers, and lines with each of that in its place."""

import functools
from collections.abc import Iterator
from pathlib import Path

from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from cc32at.client.terminal import AtCompleter
from cc32at.gen import commands as generator
from cc32at.gen import forms
from tests.target.words import good

ROOT = Path(__file__).parents[2]
INET6, ADDRESS = "INET6", "::1"
DATA, LENGTH = "AAAA", "4"  # a payload in either format


def completions(text: str) -> list[str]:
    """What stands in the list that Tab shows."""
    return [c.text for c in AtCompleter().get_completions(Document(text), CompleteEvent())]


@functools.cache
def commands() -> dict[str, list[list[dict]]]:
    """The declared forms of each command, see cc32at.gen.forms."""
    declared = generator.commands(generator.describe(ROOT))
    return {command["name"]: forms.forms(command["arguments"]) for command in declared}


def head(name: str, words: list[str]) -> str:
    """The line with these words."""
    return f"AT+{name}" + ("=" + ",".join(words) if words else "")


def sensible(form: list[dict]) -> list[str]:
    """A word that is understood for each place of a form."""
    words = [_word(place) for place in form]
    for i, place in enumerate(form):
        if place["argument"]["kind"] == "data":
            words[i - 1 :] = [LENGTH, DATA]
    return words


def _word(place: dict) -> str:
    argument = place["argument"]
    if place["words"]:
        return place["words"][0]
    limits = [one.encode() if isinstance(one, str) else one for one in argument["limits"]]
    return good((argument["name"], argument["kind"], "", *limits))


def fitting(words: list[str], form: list[dict]) -> list[str]:
    """The words with addresses of the family that is named among them."""
    if INET6 not in words:
        return words
    kinds = [place["argument"]["kind"] for place in form]
    return [ADDRESS if kind == "addr" else word for kind, word in zip(kinds, words, strict=True)]


def prefixes(name: str) -> Iterator[tuple[list[str], list[list[dict]]]]:
    """(words, forms): where a keyword stands next, and the forms that go on like this."""
    seen = set()
    for form in commands()[name]:
        words = sensible(form)
        for i, place in enumerate(form):
            if not place["words"]:
                continue
            choices = form[i - 1]["words"] if i and form[i - 1]["words"] else [None]
            for choice in choices:
                before = words[:i] if choice is None else [*words[: i - 1], choice]
                if tuple(before) not in seen:
                    seen.add(tuple(before))
                    yield before, [other for other in commands()[name] if _goes_on(other, before)]


def _goes_on(form: list[dict], words: list[str]) -> bool:
    return len(form) > len(words) and all(
        not place["words"] or word in place["words"]
        for place, word in zip(form, words, strict=False)
    )


def lines(name: str, before: list[str], ways: list[list[dict]], word: str) -> Iterator[str]:
    """Lines of a command with `word` behind the words before it, in each of the forms."""
    for form in ways:
        words = [*before, word, *sensible(form)[len(before) + 1 :]]
        yield head(name, fitting(words, form))
