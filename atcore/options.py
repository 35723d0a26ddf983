"""Options of the Set/Get commands as table rows.

    (number, wire format, arguments)

The wire format is struct's; None for one string, address or byte array as it is. The arguments
are declared as in grammar.py; the row parses what Set is given, and packs it. For Get:

    (number, bytes asked for, value line)

with the spec of a value line as in reply.py.
"""

from struct import pack

from .grammar import MISSING, NO_DELIMITER, ParseError


def find(rows: tuple, number: int):
    """The row of an option; -1 without one: known, but not for this command."""
    for row in rows:
        if row[0] == number:
            return row
    raise ParseError(MISSING)


def unfit(cmd, index: int):
    """Refuse a known option, parameter number `index`, that does not go with those before it.

    The command has values behind it: if the text ends with it, what is missing is their comma.
    """
    raise ParseError(MISSING if cmd.core.count > index + 1 else NO_DELIMITER)


def packed(row: tuple, values: list) -> bytes:
    """The values of a row as they cross the wire."""
    form = row[1]
    if form:
        return pack(form, *values)
    return values[0] if values else b""


def told(row: tuple, data) -> tuple:
    """What a handler returns (BY_OPTION) for a row (..., size, spec) and the bytes that came for
    it; bytes that did not come are 0.
    """
    _, size, spec = row
    if len(data) < size:
        data = bytes(data) + bytes(size - len(data))
    return spec, data
