"""What a declaration says beyond the parsing of a line: the usage of a command, and its payloads.

Declarations are those of grammar.py.
"""

from atbytes import kw_told

from ._keywords import TABLES
from .compat import const
from .grammar import FAMILY, ParseError, choose, convert, is_help, surplus, table_for

_CHOOSING = const(("key", "sub"))  # kinds of arguments
_WORD = const(("", "key"))
_ABSENT = const(0xFF)  # of a payload's positions
# table: keywords socket_family.INET socket_family.INET6
_INET = const(2)
_INET6 = const(3)
# end
_WITH_ADDRESSES = const((_INET, _INET6))


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
            args = args[:at] + (arg[:3] + (family,) + arg[4:],) + args[at + 1 :]
    return args


def payload_row(name: bytes, args: tuple) -> bytes:
    """Where a command has its payload, as atbytes.header() reads it (firmware/link/athead.h)."""
    forms = payloads(args, 0, (b"", 0), _ABSENT, _ABSENT, _ABSENT)
    return bytes((len(name),)) + name + bytes((len(forms),)) + b"".join(forms)


def without(rows: bytes, name: bytes) -> bytes:
    """Such rows but for the one of this command."""
    at = 0
    while at < len(rows):
        end = at + 1 + rows[at]
        found = rows[at + 1 : end] == name
        forms = rows[end]
        end += 1
        for _ in range(forms):
            words = rows[end + 4]
            end += 5
            for _ in range(words):
                end += 2 + rows[end + 1]
        if found:
            return rows[:at] + rows[end:]
        at = end
    return rows


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
                text, count = selectors(args[:at], index + at, row[0])
                more = (chosen[0] + text, chosen[1] + count)
                found += payloads(row[1], index + at, more, length, further, format)
    return found


def selectors(args: tuple, index: int, choice) -> tuple:
    """What selects a form: (text, how many keywords) of a row of athead.h.

    args: the arguments before the form, whose first parameter is number `index`.
    """
    text = b""
    if choice is None:
        return text, 0
    values = choice if type(choice) is tuple else (choice,)
    before = None
    for i in range(-len(values), 0):
        table = table_of(args[i], before)
        word = kw_told(TABLES, table, True, values[i:][:1], 0).encode()
        text += bytes((index + i, len(word))) + word
        before = values[i]
    return text, len(values)


# When a line has come in which no payload was found


def hides(core, args: tuple, line, fields, count: int) -> bool:
    """Whether what follows this line of a command with a payload in a form may be a payload.

    It may not if the line is of a form without, and no parameter too long. What chooses the form
    is then a keyword as it must be; the other parameters do not matter.
    """
    values = []
    form = chosen(args, line, fields, count, values)
    if form is None:
        return True
    if form is not args and is_help(line, fields, count, len(values)):
        return False
    args = form
    if count < 0 or args and args[-1][1] == "data":
        return True
    try:
        surplus(core, fields, count, len(values) + len(args), args[-1] if args else _WORD)
    except ParseError:
        return True
    return False


def payload_name(args: tuple, line, fields, count: int):
    """What the payload of a line is called, as far as that says it; None if it has none."""
    args = chosen(args, line, fields, count, [])
    return args[-1][0] if args and args[-1][1] == "data" else None


def chosen(args: tuple, line, fields, count: int, values: list):
    """The arguments behind the last keyword that chooses, None if that is not known.

    values: takes those before them; None where it does not matter.
    """
    while args and args[-1][1] == "forms":
        for arg in args[:-1]:
            try:
                if arg[1] == "str":  # it would be changed where it stands
                    values.append(None)
                else:
                    convert(line, fields, count, arg, len(values), values)
            except (ParseError, IndexError):
                if arg[1] in _CHOOSING or arg is args[-2]:
                    return None
                values.append(None)
        row = choose(args[-1][3], values)
        if row is None:
            return None
        args = row[1]
        if is_help(line, fields, count, len(values)):
            break
    return args


# Usage (rule O10)


def usage(args: tuple, values, ti: bool, keywords: bool) -> str:
    """The parameters as the guide names them, `[ID],[Option]`.

    values: those that are known: they stand for their parameters, and choose the form; what
    follows them ends with what chooses next. keywords: show which a parameter takes.
    """
    parts = []
    at = 0
    while at < len(args):
        arg = args[at]
        index = len(parts)
        table = table_of(arg, values[index - 1] if 0 < index <= len(values) else None)
        if arg[1] == "forms":
            if index <= len(values):
                args = choose(arg[3], values[:index])[1]
                at = 0
                continue
            if values:
                break
            if "?" not in arg[2]:
                names = arg[0].split(",")
                parts += ["[%s]" % name if name != "..." else name for name in names]
        elif index < len(values):
            value = values[index]
            parts.append(table and kw_told(TABLES, table, ti, (value,), 0) or "%s" % value)
        else:
            name = arg[0].replace(",", "],[")
            if keywords and table:
                most = arg[4] if len(arg) > 4 else 0xFFFFFFFF
                order = _WITH_ADDRESSES if arg[1] == "family" else choices(args, at, values[-1:])
                name += ":" + kw_told(TABLES, table, ti, order, most)
            parts.append("[%s]" % name)
        at += 1
    return ",".join(parts)


def table_of(arg: tuple, before):
    """The keyword table of an argument behind this value, None without one."""
    kind = arg[1]
    if kind in ("key", "mask"):
        return arg[3]
    if kind == "family":
        return FAMILY[3]
    return table_for(arg[3], before) if kind == "sub" and before is not None else None


def choices(args: tuple, at: int, before):
    """The values of an argument that choose something, in order; None if it chooses nothing.

    before: the value before it, in a list; empty if it is not known.
    """
    behind = args[at + 1 : at + 3]
    if not behind or behind[0][1] not in ("sub", "forms"):
        return None
    if behind[-1][1] != "forms":
        behind = behind[:1]
    found = []
    for row in behind[-1][3]:  # of forms, or of a "sub"
        choice = row[0]
        if type(choice) is not tuple:
            if behind[-1] is not behind[0]:
                return [pair[0] for pair in behind[0][3]]
        elif len(behind) == 1 and before and before[0] != choice[0]:
            continue
        else:
            choice = choice[-len(behind)]
        if choice is None:
            return None
        if choice not in found:
            found.append(choice)
    return found
