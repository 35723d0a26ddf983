"""Options of the Set/Get commands as table rows, which are forms of their commands (grammar.py).

    (number, arguments, wire format)

The wire format is struct's; None for one string, address or byte array as it is. A string at its
end stands behind its length. The row parses what Set is given, and packs it. For Get:

    (number, [arguments,] bytes asked for, value line)

with the spec of a value line as in reply.py.
"""

from struct import pack


def packed(row: tuple, values) -> bytes:
    """The values of a row as they cross the wire."""
    form = row[2]
    if not form:
        return values[0] if values else b""
    if form[-1] == "s":
        return pack(form, *values[:-1], len(values[-1]), values[-1])
    return pack(form, *values)


def told(row: tuple, data) -> tuple:
    """What a handler returns (BY_OPTION) for a row (..., size, spec) and the bytes that came for
    it; bytes that did not come are 0.
    """
    size, spec = row[-2:]
    if len(data) < size:
        data = bytes(data) + bytes(size - len(data))
    return spec, data
