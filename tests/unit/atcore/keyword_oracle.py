"""Keyword tables in Python: what the C of firmware/link/keywords.c must do (test_keywords.py)."""

BOTH, ALIAS, GUIDE, TI = 0, 1, 2, 3


def _table(tables: bytes, name: bytes) -> tuple:
    """First and last index of a table's entries, and the width of its values."""
    first, last = 0, tables[0] | tables[1] << 8
    while first < last:
        middle = (first + last) // 2
        at = tables[2 * middle + 2] | tables[2 * middle + 3] << 8
        body = at + 1 + tables[at]
        found = tables[at + 1 : body]
        if found == name:
            length = tables[body] | tables[body + 1] << 8
            return body + 3, body + 3 + length, tables[body + 2]
        if found < name:
            first = middle + 1
        else:
            last = middle
    raise KeyError(name)


def entries(tables: bytes, name: bytes):
    """Yield (kind, first index of the text, last, value) of each entry."""
    at, end, width = _table(tables, name)
    while at < end:
        kind, size = tables[at] >> 6, tables[at] & 63
        text = at + 1
        at = text + size
        value = int.from_bytes(tables[at : at + width], "little")
        at += width
        yield kind, text, text + size, value


def kw_find(tables: bytes, name: bytes, buf, start: int, end: int):
    """The value of the keyword buf[start:end], any case; None if the table lacks it."""
    wanted = bytes(buf[start:end]).lower()
    for _, first, last, value in entries(tables, name):
        if last - first == len(wanted) and tables[first:last].lower() == wanted:
            return value
    return None


def kw_put(tables: bytes, name: bytes, dst, at: int, value: int, ti: bool) -> int:
    """Print the keyword of a value at dst[at:], for style ti in lower case; -1 without one."""
    for kind, first, last, number in entries(tables, name):
        if number == value and (kind == BOTH or kind == (TI if ti else GUIDE)):
            text = tables[first:last]
            dst[at : at + last - first] = text.lower() if ti else text
            return at + last - first
    return -1


def kw_mask(tables: bytes, name: bytes, buf, start: int, end: int) -> int:
    """The value of `a|b|c`, with or without [ ]; -1 for an empty member, -4 for an unknown one."""
    if end - start >= 2 and buf[start] == 0x5B and buf[end - 1] == 0x5D:
        start, end = start + 1, end - 1
    total = 0
    for member in bytes(buf[start:end]).split(b"|"):
        if not member:
            return -1
        value = kw_find(tables, name, member, 0, len(member))
        if value is None:
            return -4
        total |= value
    return total


def kw_put_mask(tables: bytes, name: bytes, dst, at: int, value: int, ti: bool) -> int:
    """Print a bit mask as `a|b`, ascending; bits without a name follow as one 0x number."""
    first_at = at
    for kind, first, last, number in entries(tables, name):
        if not number or kind not in (BOTH, TI if ti else GUIDE):
            continue
        single = not number & (number - 1)
        if (single and value & number) or value == number:
            if at != first_at:
                dst[at] = 0x7C
                at += 1
            text = tables[first:last]
            dst[at : at + last - first] = text.lower() if ti else text
            at += last - first
            value &= ~number
    if value:
        text = (b"|" if at != first_at else b"") + hex(value).encode()
        dst[at : at + len(text)] = text
        at += len(text)
    return at
