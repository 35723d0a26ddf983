"""Options of the Set/Get commands as table rows.

    (number, wire format, arguments)

The wire format is struct's; None for one string, address or byte array as it is. The arguments
are declared as in grammar.py; the same row parses what Set is given, packs it, and prints what
Get returns.
"""

from struct import calcsize, pack, unpack_from

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


def text(line, data):
    """A string that ends at a NUL or with the data."""
    size = 0
    while size < len(data) and data[size]:
        size += 1
    line.text(data, 0, size)


def show(line, row: tuple, data):
    """Append the values of a row from their bytes."""
    form, args = row[1], row[2]
    if form is None:
        kind = args[0][1]
        if kind == "str":
            text(line, data)
        elif kind == "mac":
            line.mac(data, 0)
        else:
            line.bytes(data, 0, args[0][3], 0x3A)
        return
    if len(data) < calcsize(form):
        data = bytes(data) + bytes(calcsize(form) - len(data))
    at = 0
    for arg, value in zip(args, unpack_from(form, data)):
        kind = arg[1]
        if kind == "key":
            line.key(arg[3], value)
        elif kind == "mask":
            line.mask(arg[3], value)
        elif kind == "ip4":
            line.ip4(data, at, form[0] == ">")
        else:
            line.num(value)
        at += 4
