"""The usage of a command, as the guide's tables have its parameters (guide-style.md O10)."""

import pytest

from cc32at.conformance import commands as table
from cc32at.conformance.usage import is_usage, usage


@pytest.mark.parametrize(
    ("line", "style", "text"),
    [
        ("AT+Stop=?", "ti", "[Timeout]\nOK"),
        ("AT+Stop=?", "guide", "+Stop: [Timeout]\nOK"),
        ("at + test = ?", "guide", "+Test:\nOK"),
        ("AT+Test=?", "ti", "[]\nOK"),
        ("AT+Set=?", "guide", "+Set: [ID],[Option],[Value1],...,[ValueX]\nOK"),
        ("AT+Bind=?", "guide", "+Bind: [socket],[family],[Port],[Address]\nOK"),
    ],
)
def test_the_usage_of_a_command(line, style, text):
    assert is_usage(text, line, style)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "OK",
        "+Stop: [Timeout]",
        "+Stop:[Timeout]\nOK",
        "+stop: [Timeout]\nOK",
        "+Stop: [TIMEOUT]\nOK",
        "+Stop: [Timeou]\nOK",
        "+Stop: [Timeout],[x]\nOK",
        "+Stop: [Timeout]\nok",
        "+Stop: [Timeout]\nOK\nOK",
    ],
)
def test_anything_else_is_none(text):
    assert not is_usage(text, "AT+Stop=?", "guide")


def test_what_the_guide_does_not_have_has_no_usage():
    assert usage("AT+Foo=?", "guide") is None
    assert not is_usage("+Foo:\nOK", "AT+Foo=?", "guide")


def test_there_is_a_usage_for_all_parameters():
    for command in table.commands().values():
        text = usage(f"AT+{command.name}=?", "ti")
        assert ("[" in text.replace("[]", "")) == bool(command.parameters), command.name
