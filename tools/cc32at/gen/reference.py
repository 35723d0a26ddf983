"""The command reference, from what firmware/describe.py tells: atcore/commands/REFERENCE.md."""

from __future__ import annotations

import re

from . import forms, replies

HEAD = """# The commands

Generated from the declarations of the commands by `python -m cc32at.gen`; do not edit. The tables
are those of TI's *AT Command User's Guide*. `[Name]` stands for a value, `A|B` for one of these
keywords, `A,B` literally for what is typed. Keywords are read in any case. A number is decimal or
begins with `0x`; text with a comma, a quote or blanks at its ends stands in quotes.
"""
NUMBERS = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 0xFFFFFFFF),
    "i16": (-32768, 32767),
    "i32": (-0x80000000, 0x7FFFFFFF),
    "length": (1, 32767),
    "size": (0, 65535),
    "format": (0, 1),
}
OTHERS = {
    "mac": "MAC address, `0x8:0:40:1:2:3` or `08:00:28:01:02:03`",
    "ip4": "IPv4 address",
    "ip6": "IPv6 address, four words `0xfe800000:0:0:1` or `fe80::1`",
    "addr": "address of the family",
    "list": "sockets, `0|2`",
    "data": "so many bytes of anything",
    "any": "not looked at",
    "sign": "at most 32 bytes, or 36 to 344 characters of Base64",
}
ALSO = {
    "format": "0 binary, 1 Base64",
    "length": "bytes, at most 4096 are given",
}
OK = {
    "at once": "`OK` at once, the result later",
    "accepted": "`OK` when the network processor has accepted, results later",
}
LITERAL = 4  # keywords that are written into the line, at most
_TABLE = re.compile(r"\s*\(tables? (\d+(?:, \d+)*)[^)]*\)")


def text(chapters: list[dict]) -> str:
    """The whole file."""
    parts = [HEAD]
    for chapter in chapters:
        parts.append(f"\n## {chapter['about'].partition(':')[0]}\n")
        parts += [command(one) for one in chapter["commands"]]
    return "".join(parts)


def command(told: dict) -> str:
    """One command: what it does, the ways to write it, how it answers."""
    name = "AT+" + told["name"] if told["typed"][:3] == "at+" else told["typed"].upper()
    about = _TABLE.sub(f" (table {told['table']})", told["about"])
    lines = [f"\n### {name}\n", f"\n{' '.join(about.split())}\n\n"]
    lines += [way(name, form) for form in forms.forms(told["arguments"])]
    answers = "; ".join(answer(told))
    return "".join([*lines, f"\n{answers[0].upper()}{answers[1:]}.\n" if answers else ""])


def way(name: str, form: forms.Form) -> str:
    """One form: the line, and below it what the values are."""
    shown = [
        "|".join(place["words"]) if 0 < len(place["words"]) <= LITERAL else f"[{place['name']}]"
        for place in form
    ]
    values = []
    kinds = [place["argument"]["kind"] for place in form]
    for place, word in zip(form, shown, strict=True):
        said = value(place, word[0] != "[", kinds)
        if said and f"{place['name']}: {said}" not in values:
            values.append(f"{place['name']}: {said}")
    line = name + ("=" + ",".join(shown) if shown else "")
    return "".join([f"- `{line}`\n", *(f"  - {one}\n" for one in values)])


def value(place: dict, literal: bool, kinds: list[str]) -> str:
    """What a parameter may be; of keywords that the line shows, only what it does not show.

    kinds: of all parameters of the line.
    """
    argument = place["argument"]
    kind, limits = argument["kind"], argument["limits"]
    if place["words"]:
        said = "" if literal else ", ".join(f"`{word}`" for word in place["words"])
        if place["kind"] == "mask":
            said = f"{said} with `|` between" if said else "several with `|` between"
    elif bounds(argument):
        low, high = bounds(argument)
        said = f"{low} to {high}"
        if kind == "size":
            said = length(kinds)
        elif kind in ALSO:
            said = ALSO[kind]
    elif kind == "str":
        said = sizes(limits)
    elif kind == "array":
        said = f"{limits[0]} numbers with `{limits[1]}` between"
    else:
        said = OTHERS.get(kind, kind)
    if "!" in argument["flags"]:
        said += ", a secret"
    if "?" in argument["flags"] and kind != "any":
        said = f"{said}, may be empty" if said else "may be empty"
    return said


def length(kinds: list[str]) -> str:
    """What a length of the payload counts: without a format, bytes."""
    most = "4096 binary or 5464 Base64" if "format" in kinds else "4096"
    if kinds.count("size") > 1:
        return f"bytes of a part of the payload, all parts at most {most}"
    return f"bytes of the payload, at most {most}"


def bounds(argument: dict) -> tuple[int, int] | None:
    """The lowest and the highest number that an argument may be; None if it is none."""
    kind, limits = argument["kind"], argument["limits"]
    if kind == "range":
        return limits[0], limits[1]
    if kind == "few":
        return 0, limits[0]
    return NUMBERS.get(kind)


def sizes(limits: list) -> str:
    """How long a string may be."""
    low, high = (limits[1] if len(limits) > 1 else 0), limits[0]
    if low == high:
        return f"{high} bytes"
    return f"{low} to {high} bytes" if low else f"up to {high} bytes"


def answer(told: dict) -> list[str]:
    """When OK comes, and what else is to be known of the answer."""
    said = [OK[told["ok"]]] if told["ok"] in OK else []
    if told["ok_ti"] != told["ok"]:
        said.append(f"in style `ti` {OK.get(told['ok_ti'], '`OK` behind the result')}")
    if told["ok"] != "answer" and told["late_name"] == "first":
        said.append("an error behind `OK` names the command and its first parameter")
    if told["values"] == "repeated":
        said.append("any number of value lines")
    if told["reply"]:
        said.append("value line: " + ", ".join(replies.fields(told["reply"])))
    elif told["reply"] is not None:
        said.append("a value line that differs by what is asked for")
    if told["offline"] is True:
        said.append("needs no network processor")
    if told["guide_only"]:
        said.append("unknown in style `ti`")
    return said
