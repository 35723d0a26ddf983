"""What a declaration says beyond the parsing of a line: the usage of a command, and its payloads.

Declarations are those of grammar.py.
"""

from atbytes import kw_all

from ._keywords import TABLES
from .compat import const
from .grammar import choose, table_for

_ABSENT = const(0xFF)  # of a payload's positions
_FAMILIES = const(b"socket_family")
_FAMILY = const((2, 3))  # those that have addresses


# When a command is declared


def settled(args: tuple) -> tuple:
    """The arguments with, for an "addr", the number of the argument that says its family.

    That has the name arg[3], or without one the kind "family". Forms have no addresses.
    """
    for at in range(len(args)):
        arg = args[at]
        if arg[1] == "addr":
            family = 0
            while args[family][0] != arg[3] if len(arg) > 3 else args[family][1] != "family":
                family += 1
            args = args[:at] + (arg[:3] + (family,),) + args[at + 1 :]
    return args


def payload_row(name: bytes, args: tuple) -> bytes:
    """Where a command has its payload, as atbytes.header() reads it (firmware/link/athead.h)."""
    forms = payloads(args, 0, (b"", 0), _ABSENT, _ABSENT, _ABSENT)
    return bytes((len(name),)) + name + bytes((len(forms),)) + b"".join(forms)


def payloads(args, index: int, chosen: tuple, length: int, further: int, format: int) -> list:
    """The forms with a payload.

    index: number of the first parameter of `args`; chosen: the keywords before it as the row has
    them, and how many; the others: what was met before.
    """
    found = []
    for at in range(len(args)):
        arg = args[at]
        kind = arg[1]
        if kind == "size":
            further = length
            length = index + at
        elif kind == "format":
            format = index + at
        elif kind == "data":
            text, count = chosen
            found.append(bytes((index + at, length, format, further, count)) + text)
        elif kind == "forms":
            for row in arg[3]:
                for text, count in selectors(args[:at], index + at, row[0]):
                    more = (chosen[0] + text, chosen[1] + count)
                    found += payloads(row[1], index + at, more, length, further, format)
    return found


def selectors(args: tuple, index: int, choice) -> list:
    """What selects a form, in each spelling: (text, how many keywords) of a row of athead.h.

    args: the arguments before the form, whose first parameter is number `index`.
    """
    if choice is None:
        return [(b"", 0)]
    values = choice if type(choice) is tuple else (choice,)
    found = [b""]
    for i in range(-len(values), 0):
        words = spellings(args[i], values[i])
        found = [text + bytes((index + i, len(w))) + w for text in found for w in words]
    return [(text, len(values)) for text in found]


def spellings(arg: tuple, value) -> list:
    """All that may be written for a value of a "key" or "sub", in lower case."""
    found = []
    for table in (arg[3],) if arg[1] == "key" else [pair[1] for pair in arg[3] if pair[1]]:
        words = kw_all(TABLES, table)
        found += [words[i - 1].lower() for i in range(1, len(words), 2) if words[i] == value]
    return found


# Usage (rule O10)


def usage(args: tuple, values, ti: bool, keywords: bool) -> bytes:
    """The parameters as the guide names them, `[ID],[Option]`.

    values: those that are known: they stand for their parameters, and choose the form; what
    follows them ends with what chooses next. keywords: show which a parameter takes.
    """
    parts = []
    at = 0
    while at < len(args):
        arg = args[at]
        index = len(parts)
        if arg[1] == "forms":
            if index <= len(values):
                args = choose(arg[3], values)[1]
                at = 0
                continue
            if values:
                break
            if "?" not in arg[2]:
                names = arg[0].split(",")
                parts += ["[%s]" % name if name != "..." else name for name in names]
        elif index < len(values):
            parts.append(spelled(arg, values, index, ti))
        else:
            words = offered(args, at, values, index, ti) if keywords else ""
            parts.append("[%s%s]" % (arg[0].replace(",", "],["), words))
        at += 1
    return ",".join(parts).encode()


def spelled(arg: tuple, values, index: int, ti: bool) -> str:
    """A value that is known."""
    value = values[index]
    table = table_of(arg, values, index)
    if table:
        words = kw_all(TABLES, table, ti)
        for i in range(1, len(words), 2):
            if words[i] == value:
                return words[i - 1].decode()
    return value.decode() if type(value) is bytes else "%d" % (value or 0)


def table_of(arg: tuple, values, index: int):
    """The keyword table of an argument, None without one."""
    kind = arg[1]
    if kind in ("key", "mask"):
        return arg[3]
    if kind == "family":
        return _FAMILIES
    if kind == "sub" and 0 < index <= len(values):
        return table_for(arg[3], values[index - 1])
    return None


def offered(args: tuple, at: int, values, index: int, ti: bool) -> str:
    """`:INET|INET6`, the keywords that an argument takes, in the order of its rows, or ""."""
    arg = args[at]
    table = table_of(arg, values, index)
    if not table:
        return ""
    words = kw_all(TABLES, table, ti)
    order = choices(args, at, values)
    if order is None:
        order = _FAMILY if arg[1] == "family" else words[1::2]
    most = arg[4] if arg[1] == "key" and len(arg) > 4 else 0xFFFFFFFF
    found = []
    for value in order:
        for i in range(1, len(words), 2):
            if words[i] == value and value <= most:
                text = words[i - 1].decode()
                if text not in found:
                    found.append(text)
    return ":" + "|".join(found)


def choices(args: tuple, at: int, values):
    """The values of an argument that choose something, in order; None if it chooses nothing."""
    behind = args[at + 1 : at + 3]
    rows = behind[-1][3] if behind and behind[-1][1] == "forms" else ()
    if not rows or len(behind) > 1 and behind[0][1] != "sub":
        if behind and behind[0][1] == "sub":
            return [pair[0] for pair in behind[0][3]]
        return None
    back = len(behind)
    found = []
    for row in rows:
        choice = row[0]
        if type(choice) is tuple:
            before = choice[:-back]
            if before == tuple(values[-len(before) :]) or not before or not values:
                found.append(choice[-back])
        elif back == 1:
            found.append(choice)
    if None in found:
        return None
    return found or leading(behind[0][3], rows)


def leading(pairs: tuple, rows: tuple) -> list:
    """The values in pairs of a "sub" behind which a row of forms can be chosen."""
    chosen = [row[0] for row in rows]
    return [
        pair[0]
        for pair in pairs
        if any([value in chosen for value in kw_all(TABLES, pair[1])[1::2]])
    ]
