"""What the judge of recordings knows of parameters, from the forms of the commands.

Rows as tools/cc32at/conformance/parameters.py reads them: a kind a parameter, with commas between.
Of the forms of a command each that some keywords choose has a row, with these keywords.
"""

from __future__ import annotations

from . import forms
from .reference import bounds

ANY = "*"
LIMIT = {"length": "!-1"}  # explicit limits of a kind; of "few" the declaration has its code
KINDS = {"mac": "bytes6", "ip4": "ip4", "ip6": "ip6", "addr": "ip", "list": "list"}
NUMBERS_WITH_COMMAS = "channels"


def rows(ways: list[forms.Form]) -> list[str]:
    """The rows of a command; none for what says nothing, and what holds for any keyword last."""
    found, plain = [], []
    for way in ways:
        kinds = [kind(place) for place in way]
        while kinds and (kinds[-1] == ANY or "chooses" in way[len(kinds) - 1]):
            kinds.pop()
        row = ",".join(kinds)
        if row and row not in found + plain:
            chosen = any("chooses" in place for place in way[: len(kinds)])
            (found if chosen else plain).append(row)
    return found + plain


def kind(place: dict) -> str:
    """The kind of a parameter."""
    argument = place["argument"]
    name, limits = argument["kind"], argument["limits"]
    if "chooses" in place:
        return "|".join(word.upper() for word in place["words"])
    if name == "format":
        return "format"
    if bounds(argument):
        low, high = bounds(argument)
        if name == "few":
            return f"0..{high}!{limits[1]}"
        return f"{min(low, 0) if name == 'length' else low}..{high}{LIMIT.get(name, '')}"
    if name == "mask":
        return "mask" if "?" in argument["flags"] else ANY
    if name == "str":
        return "name" if len(limits) > 1 and limits[1] == 1 else ANY
    if name == "array":
        return f"bytes{limits[0]}" if limits[1] == ":" else NUMBERS_WITH_COMMAS
    return KINDS.get(name, ANY)
