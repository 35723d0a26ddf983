"""The blocks of constants inside the modules of the driver and of the AT core.

A block begins with a line `# table: WHAT NAMES...`, which may go on in lines indented by 5 blanks,
and ends with `# end`. WHAT is `opcodes` (NAMES are opcodes, or one group), `errors`, `constants`,
`enums`, `locks`, `states`, `dev_status`, `ids` or `options` (NAMES of config, as GROUP.NAME),
`completions`, or `link` (NAMES of firmware/link/link.h without LINK_); `keywords` (TABLE.WORD of
keywords.json), `declaration` (places in the declaration of a command) or `shape` (bits of its
shape); or `layout`, `spec` or `events`, see specs.py.
const() makes the compiler put the numbers into the code, so they take neither flash nor RAM of
their own.
"""

from __future__ import annotations

import functools
import itertools
import json
from pathlib import Path

from cc32at.hostlink.header import numbers

from . import header, specs

START = "# table: "
END = "# end"
KEYWORDS = Path(__file__).with_name("keywords.json")

# A command's declaration is a tuple of these (atcore/dispatch.py).
DECLARATION = (
    "NAME", "ARGS", "HANDLER", "SHAPE", "PAYLOAD", "COUNT", "OFFLINE", "REPLY", "PATIENCE"
)  # fmt: skip
# Its shape: bits, and where fields of more than one begin.
SHAPE = {
    "WHEN": 3,  # mask of when OK comes
    "TI_OK": 2,  # it begins: the same in style ti
    "LATE": 15,  # mask of both
    "FIRST": 16,  # a late error names the first parameter
    "GUIDE_ONLY": 32,  # style ti does not know it
    "REPEATED": 128,  # any number of value lines
    "ENDS": 8,  # it begins: what the command ends that waits before it
}


def fill(text: str, table: dict) -> str:
    """The text with every block written anew."""
    lines: list[str] = []
    source = iter(text.splitlines())
    for line in source:
        lines.append(line)
        if line.startswith(START):
            named = list(itertools.takewhile(_is_name, _body(source)))
            lines += named
            joined = "\n".join([line, *named]).replace("\n#     ", " ")
            first, *further = joined.splitlines()
            what, *names = first[len(START) :].split()
            if what in specs.MADE:
                lines += specs.MADE[what](table, names, [row[2:] for row in further])
            elif what == "completions":
                lines += _completions(table)
            else:
                lines += [f"_{name} = const({value})" for name, value in rows(table, what, names)]
            lines.append(END)
    return "\n".join(lines) + "\n"


def _is_name(line: str) -> bool:
    return line.startswith("#") and line != specs.FIRST


def _body(source) -> list[str]:
    """The lines of a block up to its end."""
    body = []
    for line in source:
        if line == END:
            return body
        body.append(line)
    raise ValueError("a block has no end")


def rows(table: dict, what: str, names: list[str]) -> list[tuple[str, str]]:
    """Name and value of the constants of one block, in the order asked for."""
    return [row for name in names for row in _ROWS[what](table, name)]


def _opcodes(table: dict, name: str) -> list[tuple[str, str]]:
    found = [
        (row["name"], f"0x{row['opcode']:04X}")
        for row in table["opcodes"]
        if name in (row["name"], row["group"])
    ]
    if not found:
        raise KeyError(name)
    return found


def _errors(table: dict, name: str) -> list[tuple[str, str]]:
    return [(name, str(next(row["code"] for row in table["errors"] if row["name"] == name)))]


def _constants(table: dict, name: str) -> list[tuple[str, str]]:
    return [(name.upper(), str(table["constants"][name]))]


def _enums(table: dict, name: str) -> list[tuple[str, str]]:
    return [
        (f"{name}_{key}".upper(), f"0x{value:X}" if value > 9 else str(value))
        for key, value in table["enums"][name].items()
    ]


def _numbers(table: dict, name: str, kind: str) -> list[tuple[str, str]]:
    """The number of an option, or of the group that it belongs to: GROUP.NAME."""
    group, _, name = name.partition(".")
    key = "id_name" if kind == "id" else "option_name" if group != "sockopt" else "name"
    found = {row[kind] for row in table["config"][group] if row[key] == name}
    (number,) = found  # one, and the same everywhere
    return [(name, str(number))]


def _ids(table: dict, name: str) -> list[tuple[str, str]]:
    return _numbers(table, name, "id")


def _options(table: dict, name: str) -> list[tuple[str, str]]:
    return _numbers(table, name, "option")


def _locks(table: dict, name: str) -> list[tuple[str, str]]:
    return [(f"LOCK_{name}", str(table["locks"][name.lower()]))]


def _states(table: dict, name: str) -> list[tuple[str, str]]:
    return [(name, str(table["states"][name.lower()]))]


_TOGETHER = {
    "PROVISIONING": ("PROVISIONING_ACTIVE", "PROVISIONING_USER_INITIATED"),
    "REFUSING": ("LOCKED", "PROVISIONING_ACTIVE", "PROVISIONING_USER_INITIATED"),
}


def _dev_status(table: dict, name: str) -> list[tuple[str, str]]:
    """A bit of the device status byte, or several; with REFUSING ones calls are refused (3.4)."""
    bits = table["enums"]["dev_status"]
    value = sum(bits[bit] for bit in _TOGETHER.get(name, (name,)))
    return [(f"DEV_STATUS_{name}", f"0x{value:X}")]


def _link(table: dict, name: str) -> list[tuple[str, str]]:
    value = numbers()[name]
    return [(name, str(value) if value < 10 else f"0x{value:X}")]


def _completions(table: dict) -> list[str]:
    """A tuple of what completes the operation of a command; those of IPv6 go by those of IPv4."""
    names = {row["opcode"]: row["name"] for row in table["opcodes"]}
    rows = [number for number in header.completions(table) if not number & 0x0200]
    return [
        "_COMPLETIONS = const(",
        "    (",
        *[f"        0x{number:04X},  # {names[number]}" for number in rows],
        "    )",
        ")",
    ]


@functools.cache
def _words() -> dict[str, dict[str, int]]:
    return {name: row["names"] for name, row in json.loads(KEYWORDS.read_text()).items()}


def _keywords(table: dict, name: str) -> list[tuple[str, str]]:
    group, _, word = name.partition(".")
    return [(word, str(_words()[group][word]))]


def _declaration(table: dict, name: str) -> list[tuple[str, str]]:
    return [(name, str(DECLARATION.index(name)))]


def _shape(table: dict, name: str) -> list[tuple[str, str]]:
    return [(name, str(SHAPE[name]))]


_ROWS = {
    "opcodes": _opcodes,
    "errors": _errors,
    "constants": _constants,
    "enums": _enums,
    "ids": _ids,
    "options": _options,
    "locks": _locks,
    "states": _states,
    "dev_status": _dev_status,
    "link": _link,
    "keywords": _keywords,
    "declaration": _declaration,
    "shape": _shape,
}
