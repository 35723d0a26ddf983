"""WlanConnect and WlanProfileAdd: users and EAP methods, where vendor and guide part.

The vendor's core sends them whenever there is a user, the guide's table 27 for WPA_ENT alone.
"""

from cc32at.nwp.codec import protocol

from . import quotes
from .rewrites import Alternatives, Rewrite, rewriting

_SECURITY, _USER, _ANONYMOUS, _METHOD = 2, 4, 5, 6
_ENTERPRISE = "WPA_ENT"


def _words(line: str) -> list[str]:
    return [line[slice(*span)] for span in quotes.spans(line)]


def _with(line: str, words: dict[int, str]) -> str:
    for index, (first, end) in reversed(list(enumerate(quotes.spans(line)))):
        line = line[:first] + words.get(index, line[first:end]) + line[end:]
    return line


def _is(words: list[str], enterprise: bool, user: bool) -> bool:
    return (
        len(words) > _METHOD
        and (words[_SECURITY].upper() == _ENTERPRISE) == enterprise
        and bool(words[_USER] or words[_ANONYMOUS]) == user
    )


@rewriting
def enterprise(line: str) -> Alternatives:
    """As for WPA_ENT, with the number of the security that is asked for."""
    words = _words(line)
    number = protocol().enums["wlan_sec_type"].get(words[_SECURITY].upper()) if words[2:] else None
    if not _is(words, enterprise=False, user=True) or number is None:
        return []
    return [Rewrite((_with(line, {_SECURITY: _ENTERPRISE}),), fields=(("sec_type", number),))]


@rewriting
def no_enterprise(line: str) -> Alternatives:
    """Without user, anonymous user and method."""
    if not _is(_words(line), enterprise=False, user=True):
        return []
    return [Rewrite((_with(line, dict.fromkeys((_USER, _ANONYMOUS, _METHOD), "")),))]


@rewriting
def method_without_user(line: str) -> Alternatives:
    """The method is dropped."""
    words = _words(line)
    if not _is(words, enterprise=True, user=False) or not words[_METHOD]:
        return []
    return [Rewrite((_with(line, {_METHOD: ""}),))]


@rewriting
def method_with_empty_user(line: str) -> Alternatives:
    """The method goes with a user of no length."""
    words = _words(line)
    if not _is(words, enterprise=True, user=False) or not words[_METHOD]:
        return []
    return [Rewrite((_with(line, {_USER: '""'}),))]
