"""Argument types: from the text of one parameter to a Python value.

A declaration names an argument as a tuple of constants, so that it stays in flash:

    (name, kind, flags[, limit...])     ("Timeout", "u16", ""), ("SSID", "str", "", 32)

`flags`: "?" the parameter may be empty (its value is then None), "!" it is a secret and is masked
in every log. Kinds and their limits are the functions below; each gets the line, first and last
index of the text, the tokenizer's flags, the declaration and the values so far, and raises
ParseError with a code of at-commands.md chapter 6.2. The tokenizer marks text that holds escapes
(guide-style.md V8).

Three kinds stand at the end of a list alone, and are no parameter of the line like others:

    ("data", "data", "")                the payload, of which cmd.data() takes at most 4096 bytes,
                                        5464 characters of Base64: as long as the arguments of kind
                                        "size" before it say together, in the "format" before it,
                                        if there is one
    ("Value1,...,ValueX", "forms", flags, rows)
                                        what follows differs by the values before it; flags "?":
                                        the line may end there, and help says nothing of it

A row of forms is (choice, arguments[, what the handler makes of it]). choice: the last value, a
tuple for as many of the last values, or None for any; the first row that fits counts. A payload
is found by keywords: the choice of a form with one is of arguments of kind "key" or "sub".
"""

from atbytes import b64_decode, cut, kw_find, kw_mask, number, unquote

from ._keywords import TABLES
from .compat import const

try:
    from atbytes import parse as quick
except ImportError:

    def quick(tables, line, fields, count, args, values, core, data):
        """What the device has in C: the leading numbers and keywords that are as declared, and
        the payload, if that is all; whether it was.
        """
        return False


# Flags of the tokenizer.
_QUOTED = const(1)
_PRESENT = const(2)
_ESCAPED = const(8)
_TABBED = const(16)

_AROUND = const(
    b" \t"
)  # what may stand around a number in style ti (at-commands.md, correction of 2.6)

# Codes of ParseError.
MISSING = const(-1)
NO_DELIMITER = const(-3)
WRONG = const(-4)
TOO_LONG = const(-5)
# None that is printed: more parameters than there may be, and a question mark for one (rule O11).
SURPLUS = const(1)
ASKED = const(2)

_HELP = const(0x3F)

_PLAIN = const(32)  # bytes of a signature that is no Base64
_SIX = const(("MAC", "array", "", 6, b":"))
FAMILY = const(("Family", "key", "", b"socket_family"))
_WORDS = const(("str", "key", "sub", "mask", "family"))  # kinds
# table: keywords socket_family.INET6 socket_family.RF
_INET6 = const(3)
_RF = const(6)
# end


_RANGES = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 4294967295),
    "i32": (-2147483648, 2147483647),
    "size": (0, 65535),  # bytes of a payload that comes, as they cross the line
    "format": (0, 1),  # of a payload: binary, Base64
}


class ParseError(Exception):
    """A parameter is not what its declaration says. `code` is printed, `name` if asked for."""

    def __init__(self, code: int, name=None):
        self.code = code
        self.name = name


class BeyondLimit(ParseError):
    """A value is beyond a limit that has a code of its own in style ti: -4 in style guide."""


def plain(line, start, end, flags):
    """A number that is not quoted, or None."""
    if flags & (_QUOTED | _TABBED):
        if flags & _QUOTED:
            return None
        text = cut(line, start, end).strip(_AROUND)
        return number(text, 0, len(text))
    return number(line, start, end)


def ranged(line, start, end, flags, arg, before):
    """A number of the range that its kind has, or from arg[3] to arg[4]."""
    low, high = _RANGES.get(arg[1]) or arg[3:5]
    value = plain(line, start, end, flags)
    if value is None or value < low or value > high:
        raise ParseError(WRONG)
    return value


def i16(line, start, end, flags, arg, before):
    """-32768 to 32767, or the word arg[3], which stands for 0."""
    value = plain(line, start, end, flags)
    if (
        value is None
        and len(arg) > 3
        and not flags & _QUOTED
        and cut(line, start, end).lower() == arg[3]
    ):
        value = 0
    if value is None or value < -32768 or value > 32767:
        raise ParseError(WRONG)
    return value


def keyword(table: bytes, line, start, end, flags):
    """The value of one keyword, any case, not quoted."""
    value = None if flags & _QUOTED else kw_find(TABLES, table, line, start, end)
    if value is None:
        raise ParseError(WRONG)
    return value


def key(line, start, end, flags, arg, before):
    """One keyword of the table arg[3], with a value up to arg[4]."""
    value = keyword(arg[3], line, start, end, flags)
    if len(arg) > 4 and value > arg[4]:
        raise BeyondLimit(MISSING)
    return value


def mask(line, start, end, flags, arg, before):
    """Keywords of the table arg[3] with `|`, with or without [ ]: their bits."""
    value = WRONG if flags & _QUOTED else kw_mask(TABLES, arg[3], line, start, end)
    if value < 0:
        raise ParseError(value)
    return value


def text(line, start, end, flags, arg, before):
    """A string of at most arg[3] bytes (and at least arg[4])."""
    if flags & _ESCAPED:
        end = unquote(line, start, end)
    if end - start > arg[3]:
        raise ParseError(TOO_LONG)
    if len(arg) > 4 and end - start < arg[4]:
        raise ParseError(WRONG if end > start else MISSING)
    return cut(line, start, end)


def signature(line, start, end, flags, arg, before):
    """A signature: at most 32 bytes as they are (recordings), or arg[3] characters of Base64."""
    value = text(line, start, end, flags, arg, before)
    size = len(value)
    if size <= _PLAIN:
        return value
    if size & 3:
        raise ParseError(TOO_LONG)
    value = bytearray(value)
    size = b64_decode(value, 0, size, value)
    if size < 0:
        raise ParseError(WRONG)
    return value[:size]


def inner(line, start, end):
    """Indices without the [ ] of an array parameter."""
    if end - start >= 2 and line[start] == 0x5B and line[end - 1] == 0x5D:
        return start + 1, end - 1
    return start, end


def split(line, start, end, mark: bytes, flags):
    """The elements of an array parameter, brackets and blanks around elements removed."""
    start, end = inner(line, start, end)
    around = _AROUND if flags & _TABBED else b" "
    return [part.strip(around) for part in cut(line, start, end).split(mark)]


def element(part: bytes, high: int) -> int:
    """One number of an array."""
    if not part:
        raise ParseError(MISSING)
    value = number(part, 0, len(part))
    if value is None or not 0 <= value <= high:
        raise ParseError(WRONG)
    return value


def array(line, start, end, flags, arg, before):
    """arg[3] numbers of 8 bits with the mark arg[4]: their bytes."""
    parts = split(line, start, end, arg[4], flags)
    if len(parts) != arg[3]:
        raise ParseError(NO_DELIMITER)
    if arg[4] == b":" and usual_hex(parts):
        return bytes([int(part, 16) for part in parts])
    return bytes([element(part, 255) for part in parts])


def is_hex(part: bytes) -> bool:
    """Whether there are only hexadecimal digits."""
    return bool(part) and not part.lower().strip(b"0123456789abcdef")


def usual_hex(parts: list) -> bool:
    """Rule I1: `08:00:28:ab:cd:ef` is hex; `10:20:30:40:50:60` is decimal."""
    marked = False
    for part in parts:
        if len(part) != 2 or not is_hex(part):
            return False
        marked = marked or part[0] == 0x30 or not part.isdigit()
    return marked


def mac(line, start, end, flags, arg, before):
    """Six bytes with `:` (rule I1): bytes."""
    return array(line, start, end, flags, _SIX, before)


def ip4(line, start, end, flags, arg, before):
    """An IPv4 address: its 32-bit number, the first byte most significant."""
    parts = split(line, start, end, b".", flags)
    if len(parts) != 4:
        raise ParseError(NO_DELIMITER)
    value = 0
    for part in parts:
        value = value << 8 | element(part, 255)
    return value


def _group(part: bytes) -> int:
    """One group of the usual IPv6 notation."""
    if not is_hex(part) or len(part) > 4:
        raise ParseError(WRONG)
    return int(part, 16)


def _expand(parts: list) -> list:
    """The eight groups of the usual IPv6 notation, `::` filled with zeros."""
    gap = None
    if b"" in parts:
        gap = parts.index(b"")
        last = gap
        while last < len(parts) and not parts[last]:
            last += 1
        edge = gap == 0 or last == len(parts)
        if last - gap > (3 if len(parts) == 3 else 2 if edge else 1) or (edge and last - gap < 2):
            raise ParseError(WRONG)
        if b"" in parts[last:]:
            raise ParseError(WRONG)
        zeros = [b"0"] * max(1, 8 - len(parts) + last - gap)  # `::` is at least one group
        parts = parts[:gap] + zeros + parts[last:]
    if len(parts) != 8:
        raise ParseError(NO_DELIMITER)
    return [_group(part) for part in parts]


def ip6(line, start, end, flags, arg, before):
    """An IPv6 address (rule I2): four words or the usual notation; a tuple of four words."""
    parts = split(line, start, end, b":", flags)
    usual = b"::" in cut(line, start, end)
    if len(parts) == 4 and not usual:
        return tuple([element(part, 4294967295) for part in parts])
    if not usual and (len(parts) != 8 or b"" in parts):
        raise ParseError(WRONG if len(parts) == 8 else NO_DELIMITER)
    groups = _expand(parts)
    return tuple([groups[i] << 16 | groups[i + 1] for i in range(0, 8, 2)])


def length(line, start, end, flags, arg, before):
    """How much to read: -1 where the driver has no such number (recordings), -4 for nothing."""
    size = plain(line, start, end, flags)
    if size is None or size == 0:
        raise ParseError(WRONG)
    if not 0 < size <= 32767:
        raise BeyondLimit(MISSING)
    return size


def few(line, start, end, flags, arg, before):
    """0 to arg[3]; more is an explicit limit with the code arg[4] (recordings)."""
    size = plain(line, start, end, flags)
    if size is None or size < 0:
        raise ParseError(WRONG)
    if size > arg[3]:
        raise BeyondLimit(arg[4])
    return size


def family(line, start, end, flags, arg, before):
    """INET or INET6 where an address follows; the transceiver has none (-1)."""
    found = key(line, start, end, flags, FAMILY, before)
    if found == _RF:
        raise ParseError(MISSING)
    return found


def numbers(line, start, end, flags, arg, before):
    """Select's list of descriptors (rule I3), `0|2`, `[0|2]` or `0 2`: a list.

    Sockets are 0-15, transceivers 0x80 + 0-15; an empty member counts as an empty parameter.
    """
    found = []
    for member in split(line, start, end, b"|", flags):
        for part in member.split(b" ") if member else (b"",):
            if part or not member:
                number = element(part, 255)
                if number & 0x70:
                    raise ParseError(WRONG)
                found.append(number)
    return found


def address(line, start, end, flags, arg, before) -> bytes:
    """An address of the family arg[3]: 4 or 16 bytes in network order.

    arg[3]: the name of the argument that says it; once declared its number (forms.py).
    arg[4], if there is one: a text that stands for an address of nothing but zeros (rule I4).
    """
    if len(arg) > 4 and cut(line, start, end) == arg[4]:
        return bytes(16 if before[arg[3]] == _INET6 else 4)
    if before[arg[3]] != _INET6:
        return ip4(line, start, end, flags, arg, before).to_bytes(4, "big")
    words = ip6(line, start, end, flags, arg, before)
    return b"".join([word.to_bytes(4, "big") for word in words])


def table_for(pairs, value):
    """The keyword table of a "sub" behind this value, None for anything; or ParseError."""
    for pair in pairs:
        if pair[0] == value or pair[0] is None:
            return pair[1]
    raise ParseError(MISSING)


def option(line, start, end, flags, arg, before):
    """A keyword by the value before it. arg[3]: pairs of a value or None, which is any, and the
    table, or None: whatever stands there, the value is None.
    """
    table = table_for(arg[3], before[-1])
    return None if table is None else keyword(table, line, start, end, flags)


def ignored(line, start, end, flags, arg, before):
    """Whatever stands there does not count: None."""
    return None


KINDS = {
    "u8": ranged,
    "u16": ranged,
    "u32": ranged,
    "i16": i16,
    "i32": ranged,
    "range": ranged,
    "few": few,
    "length": length,
    "key": key,
    "sub": option,
    "mask": mask,
    "str": text,
    "sign": signature,
    "array": array,
    "mac": mac,
    "ip4": ip4,
    "ip6": ip6,
    "addr": address,
    "family": family,
    "list": numbers,
    "any": ignored,
    "size": ranged,
    "format": ranged,
}


def unchosen(core):
    """Nobody asks for the row any more that was chosen last."""
    core.form = None


def choose(rows: tuple, values: list):
    """The row of forms that the values so far choose, or None."""
    for row in rows:
        choice = row[0]
        if type(choice) is tuple:
            if choice == tuple(values[-len(choice) :]):
                return row
        elif choice is None or choice == values[-1]:
            return row
    return None


def is_help(line, fields, count: int, index: int) -> bool:
    """Whether the last parameter has this number and is `?`, not quoted."""
    at = 3 * index + 2
    return (
        count > 0
        and index == count - 1
        and fields[at] + 1 == fields[at + 1]
        and line[fields[at]] == _HELP
        and not fields[at + 2]
    )


def ends(args: tuple, at: int, data) -> bool:
    """Whether the line may end before declaration number `at`."""
    return (
        at == len(args)
        or (args[at][1] == "forms" and "?" in args[at][2])
        or (args[at][1] == "data" and data is not None)
    )


def finish(core, line, count: int, args: tuple, values: list, data):
    """Parse what quick() has left, from the first parameter without a value on.

    count: what the tokenizer made of the line in core.fields; data: the payload or None. A
    parameter that is legally empty is None. core.form is the row of forms that was chosen last.
    """
    fields = core.fields
    known = len(values)
    index = at = 0
    chosen = False  # the keyword before it chooses: `?` asks what goes with that
    last = arg = None
    try:
        while at < len(args):
            arg = args[at]
            at += 1
            kind = arg[1]
            if kind == "forms":
                row = choose(arg[3], values[:index])
                if row is None:
                    arg = last
                    at -= 1
                    index -= 1
                    raise ParseError(MISSING)
                core.form = row
                args = row[1]
                at = 0
                chosen = True
                continue
            if kind == "data" and data is not None and index == count:
                values.append(data)
                return
            if index >= known:
                if index >= count:
                    raise ParseError(NO_DELIMITER)
                if (chosen or kind == "sub") and is_help(line, fields, count, index):
                    raise ParseError(ASKED)
                index += convert(line, fields, count, arg, index, values) - 1
            index += 1
            last = arg
            chosen = False
    except ParseError as error:
        error.name = arg[0]
        if index == count - 1 and error.code != ASKED and not ends(args, at, data):
            error.code = NO_DELIMITER
        raise
    if chosen and is_help(line, fields, count, index):
        raise ParseError(ASKED)
    if index < count:
        surplus(core, fields, count, index, last)


def surplus(core, fields, count: int, index: int, last):
    """Refuse what stands behind the last parameter there is, unless it is empty (rule O11)."""
    if core.ti and last[1] not in _WORDS:
        return
    for at in range(3 * index + 2, 3 * count + 2, 3):
        if fields[at] != fields[at + 1] or fields[at + 2] & _PRESENT:
            raise ParseError(SURPLUS, index)


def convert(line, fields, count: int, arg: tuple, index: int, values: list) -> int:
    """Append the value of one argument; how many parameters it takes: an array with commas and
    without brackets all of its elements.
    """
    at = 3 * index + 2
    start = fields[at]
    end = fields[at + 1]
    flags = fields[at + 2]
    taken = 1
    if start == end and not flags & _PRESENT:
        if "?" not in arg[2]:
            raise ParseError(MISSING)
        values.append(None)
        return taken
    if arg[1] == "array" and arg[4] == b"," and inner(line, start, end)[0] == start:
        taken = min(arg[3], count - index)
        end = fields[at + 3 * taken - 2]
        for i in range(1, taken):
            flags |= fields[at + 3 * i + 2]
    values.append(KINDS[arg[1]](line, start, end, flags, arg, values))
    return taken
