"""The ways to write a command, from its declaration: which words stand in which place.

A form is a list of places. A place is a dict: the guide's `name` of the parameter; its `kind`,
"number", "keyword", "mask" (keywords with a bar between) or "text"; the `words` that are keywords
there, in the guide's spelling and order; `secret` if it must be masked; and the `argument` that
was declared. Where a keyword or a number decides what else is legal it `chooses`, and there is a
form for each, or for several that go on in the same way.
"""

from __future__ import annotations

import json
from pathlib import Path

KEYWORDS = Path(__file__).with_name("keywords.json")
NUMBERS = ("u8", "u16", "u32", "i16", "i32", "range", "few", "length", "size", "format")
FAMILIES = "socket_family"
NO_ADDRESS = "RF"  # the transceiver's family has none (kind "family")

Form = list[dict]


def keywords() -> dict[str, dict[str, int]]:
    """The numbers of the keywords by the name of their table, without second names."""
    found = {}
    for name, row in json.loads(KEYWORDS.read_text()).items():
        printed = set(row["names"].values())
        others = {word: n for word, n in row.get("ti", {}).items() if n not in printed}
        found[name] = row["names"] | others
    return found


TABLES = keywords()


def forms(arguments: list[dict]) -> list[Form]:
    """The forms of a command with these arguments, as firmware/describe.py tells them."""
    return merged(extended([], arguments))


def extended(form: Form, arguments: list[dict]) -> list[Form]:
    """The forms that begin with this one and go on with these arguments."""
    found = [form]
    for argument in arguments:
        step = {"sub": options, "forms": rows}.get(argument["kind"])
        if step:
            found = [longer for one in found for longer in step(one, argument)]
        else:
            found = [[*one, place(argument)] for one in found]
    return found


def options(form: Form, argument: dict) -> list[Form]:
    """An option takes its keywords from a table for the keyword before it: a form for each."""
    found = []
    pairs = argument["limits"][0]
    named = [number for number, _ in pairs]
    for number, table in pairs:
        chosen = narrowed(form[-1], number, named)
        if chosen is None:
            continue
        kind = {"kind": "any"} if table is None else {"kind": "key", "limits": [table]}
        found.append([*form[:-1], chosen, place(argument | kind)])
    return found


def rows(form: Form, argument: dict) -> list[Form]:
    """What follows differs by the last values: the forms of each row that these may choose."""
    found = []
    before = []
    for choice, arguments, *_ in argument["limits"][0]:
        values = choice if isinstance(choice, list) else [choice]
        kept, last = form[: -len(values)], form[-len(values) :]
        if choice is None:
            chosen = [narrowed(last[0], None, before)]
        else:
            chosen = [chosen_by(*pair) for pair in zip(last, values, strict=True)]
        before.append(choice)
        if None not in chosen:
            found += extended([*kept, *chosen], arguments)
    return found


def chosen_by(one: dict, value: int | None) -> dict | None:
    """A place that chooses by its value; None for what has no value, if that has none either.

    A number that chooses is a word of its own.
    """
    if value is None:
        return one if not one["words"] else None
    if one["kind"] == "number" and not one["words"]:
        return one | {"words": [str(value)], "chooses": True}
    return narrowed(one, value, []) if one["words"] else None


def narrowed(one: dict, number: int | None, others: list) -> dict | None:
    """A place with the keywords of one number, or of all but others; None if there are none."""
    if not one["words"]:
        return one
    table = TABLES.get(one.get("table"))
    found = [(word, table[word] if table else int(word)) for word in one["words"]]
    words = [word for word, n in found if (n == number if number is not None else n not in others)]
    return one | {"words": words, "chooses": True} if words else None


def place(argument: dict) -> dict:
    """One parameter of a form."""
    kind, limits = argument["kind"], argument["limits"]
    found = {"name": argument["name"], "kind": "text", "words": [], "argument": argument}
    if kind in ("key", "mask"):
        most = limits[1] if kind == "key" and len(limits) > 1 else 1 << 32
        found |= {"kind": "keyword" if kind == "key" else "mask", "table": limits[0]}
        found["words"] = [word for word, number in TABLES[limits[0]].items() if number <= most]
    elif kind == "family":
        words = [word for word in TABLES[FAMILIES] if word != NO_ADDRESS]
        found |= {"kind": "keyword", "table": FAMILIES, "words": words}
    elif kind in NUMBERS:
        found["kind"] = "number"
    if "!" in argument["flags"]:
        found["secret"] = True
    return found


def merged(found: list[Form]) -> list[Form]:
    """Forms that differ by the keywords of one place alone are one."""
    result: list[Form] = []
    for form in found:
        for i, other in enumerate(result):
            if len(other) != len(form):
                continue
            apart = [n for n, one in enumerate(form) if one != other[n]]
            if len(apart) > 1:
                continue
            if not apart:
                break
            one, two = other[apart[0]], form[apart[0]]
            if one["words"] and one | {"words": two["words"]} == two:
                words = [*one["words"], *(w for w in two["words"] if w not in one["words"])]
                result[i] = other[: apart[0]] + [one | {"words": words}] + other[apart[0] + 1 :]
                break
        else:
            result.append(form)
    return result
