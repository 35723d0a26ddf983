"""The blocks of constants inside the driver's modules.

A block begins with a line `# table: WHAT NAMES...` and ends with `# end`. WHAT is `opcodes` (NAMES
are opcodes, or one group), `errors`, `constants` or `enums`. const() makes the compiler put the
numbers into the code, so they take neither flash nor RAM of their own.
"""

from __future__ import annotations

START = "# table: "
END = "# end"


def fill(text: str, table: dict) -> str:
    """The text with every block written anew."""
    lines: list[str] = []
    skipping = False
    for line in text.splitlines():
        if skipping and line == END:
            skipping = False
        if not skipping:
            lines.append(line)
        if line.startswith(START):
            what, *names = line[len(START) :].split()
            lines += [f"_{name} = const({value})" for name, value in rows(table, what, names)]
            skipping = True
    if skipping:
        raise ValueError("a block has no end")
    return "\n".join(lines) + "\n"


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


_ROWS = {"opcodes": _opcodes, "errors": _errors, "constants": _constants, "enums": _enums}
