"""Argument types: from the text of one parameter to a Python value.

A declaration names an argument as a tuple of constants, so that it stays in flash:

    (name, kind, flags[, limit...])     ("Timeout", "u16", ""), ("SSID", "str", "", 32)

`flags`: "?" the parameter may be empty (its value is then None), "!" it is a secret and is masked
in every log. Kinds and their limits are the functions below; each gets the line, first and last
index of the text, the tokenizer's flags, the declaration and the values so far, and raises
ParseError with a code of at-commands.md chapter 6.2. The tokenizer marks text that holds escapes
(guide-style.md V8).
"""

from atbytes import cut, kw_find, kw_mask, number, unquote

from ._keywords import TABLES
from .compat import const

try:
    from atbytes import parse as quick
except ImportError:

    def quick(tables, line, fields, count, args, index, values):
        """What the device has in C: the leading numbers and keywords that are as declared."""
        return 0


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


_SIX = const(("MAC", "array", "", 6, b":"))
_FAMILY = const(("Family", "key", "", b"socket_family"))
_INET6 = const(3)


class ParseError(Exception):
    """A parameter is not what its declaration says. `code` is printed, `name` if asked for."""

    def __init__(self, code: int, name=None):
        self.code = code
        self.name = name


def plain(line, start, end, flags):
    """A number that is not quoted, or None."""
    if flags & (_QUOTED | _TABBED):
        if flags & _QUOTED:
            return None
        text = cut(line, start, end).strip(_AROUND)
        return number(text, 0, len(text))
    return number(line, start, end)


def u8(line, start, end, flags, arg, before):
    """0-255."""
    value = plain(line, start, end, flags)
    if value is None or value < 0 or value > 255:
        raise ParseError(WRONG)
    return value


def u16(line, start, end, flags, arg, before):
    """0-65535."""
    value = plain(line, start, end, flags)
    if value is None or value < 0 or value > 65535:
        raise ParseError(WRONG)
    return value


def ranged(line, start, end, flags, arg, before):
    """From arg[3] to arg[4]."""
    value = plain(line, start, end, flags)
    if value is None or value < arg[3] or value > arg[4]:
        raise ParseError(WRONG)
    return value


def u32(line, start, end, flags, arg, before):
    """0-4294967295."""
    value = plain(line, start, end, flags)
    if value is None or value < 0 or value > 4294967295:
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


def i32(line, start, end, flags, arg, before):
    """-2^31 to 2^31 - 1."""
    value = plain(line, start, end, flags)
    if value is None or value < -2147483648 or value > 2147483647:
        raise ParseError(WRONG)
    return value


def key(line, start, end, flags, arg, before):
    """One keyword of the table arg[3], any case, not quoted."""
    value = None if flags & _QUOTED else kw_find(TABLES, arg[3], line, start, end)
    if value is None:
        raise ParseError(WRONG)
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
        raise ParseError(MISSING)
    return size


def few(line, start, end, flags, arg, before):
    """0 to arg[3]; more is an explicit limit with the code arg[4] (recordings)."""
    size = plain(line, start, end, flags)
    if size is None or size < 0:
        raise ParseError(WRONG)
    if size > arg[3]:
        raise ParseError(arg[4])
    return size


def family(line, start, end, flags, arg, before):
    """INET or INET6 where an address follows; the transceiver has none (-1)."""
    found = key(line, start, end, flags, _FAMILY, before)
    if found == 6:
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
    """An address of the family two before it: 4 or 16 bytes in network order."""
    if before[-2] != _INET6:
        return ip4(line, start, end, flags, arg, before).to_bytes(4, "big")
    words = ip6(line, start, end, flags, arg, before)
    return b"".join([word.to_bytes(4, "big") for word in words])


def option(line, start, end, flags, arg, before):
    """A keyword; arg[3] has its table for the value before it (-1 for a value without one)."""
    group = before[-1]
    for pair in arg[3]:
        if pair[0] == group:
            value = None if flags & _QUOTED else kw_find(TABLES, pair[1], line, start, end)
            if value is None:
                raise ParseError(WRONG)
            return value
    raise ParseError(MISSING)


def later(line, start, end, flags, arg, before):
    """Left to the handler, because its type depends on others."""
    return None


KINDS = {
    "u8": u8,
    "u16": u16,
    "u32": u32,
    "i16": i16,
    "i32": i32,
    "range": ranged,
    "few": few,
    "length": length,
    "key": key,
    "sub": option,
    "mask": mask,
    "str": text,
    "array": array,
    "mac": mac,
    "ip4": ip4,
    "ip6": ip6,
    "addr": address,
    "family": family,
    "list": numbers,
    "later": later,
}


def parse(line, fields, count: int, args: tuple, index: int, last, values: list) -> list:
    """Append to `values` the parameters from `index` on; only `last` may end the text.

    fields, count: what the tokenizer made of the line. A parameter that is legally empty is None.
    """
    done = quick(TABLES, line, fields, count, args, index, values)
    return (
        values
        if done == len(args)
        else parse_from(line, fields, count, args, index, last, values, done)
    )


def parse_from(line, fields, count, args, index, last, values, done) -> list:
    """parse() from declaration number `done` on."""
    index += done
    try:
        while done < len(args):
            arg = args[done]
            if index >= count:
                raise ParseError(NO_DELIMITER)
            at = 3 * index + 2
            start = fields[at]
            end = fields[at + 1]
            flags = fields[at + 2]
            if start == end and not flags & _PRESENT:
                if "?" not in arg[2]:
                    raise ParseError(MISSING)
                values.append(None)
            else:
                values.append(KINDS[arg[1]](line, start, end, flags, arg, values))
            index += 1
            done += 1
    except ParseError as error:
        error.name = arg[0]
        if index == count - 1 and arg is not last:
            error.code = NO_DELIMITER
        raise
    return values
