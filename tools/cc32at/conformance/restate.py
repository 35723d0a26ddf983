"""What a recording would tell if the vendor's core printed what is on the wire.

Each entry `told` of a rule names a message of protocol.json and says what the vendor's core made
of it and what must come instead; the values of both come from the recorded frames.

    line              nothing of the wire, but a line that matches this: recorded and instead are
                      the same whatever came
    message, record   the message, and if the value is in records behind its fields, their name
    recorded, instead
                      a line (or `all` lines, parted by LF): a regular expression, and what stands
                      for it. {field:form} is a field as it is printed (show() has the forms)
    numbers           instead of both: a regular expression for the firmware's line, whose groups
                      are fields of the message (`field_shift_bits`: a part of one). One that holds
                      a number must hold that of the wire, and the recording must have the line
                      without it. The first field of an answer must be one of keywords by
                      guide.yaml
    full              strings that must fill their fields, and the size of those
    joined            all records in one line, each as this says, with ; between: {each:said}; and
                      the first of them as often: {first:said}
    field, value      instead of both: a field of a frame of the host that is recorded as the
                      `vendor` has it, and its value (VALUES)
"""

import dataclasses
import ipaddress
import re
from dataclasses import dataclass, replace

from cc32at.nwp.codec import Fields, protocol

from . import commands as table
from . import frames, streams
from .compare import Told, lines, same_frames
from .lines import NotGuide, asked, choose, keywords, rows
from .parameters import LIST, parameters
from .reading import c_number

_FIELD = re.compile(r"\{(\w+)(?::([\w.]+))?\}")
_BITS = re.compile(r"(.*?)\|?(0x[\da-f]+)")  # a mask whose last member has no name
_PART = re.compile(r"(\w+?)_(\d+)_(\d+)")


@dataclass(frozen=True)
class Entry:
    """One entry of `told`; see the module."""

    message: str = ""
    line: str = ""
    record: str = ""
    recorded: str = ""
    instead: str = ""
    numbers: str = ""
    field: str = ""
    value: str = ""
    all: bool = False
    full: dict[str, int] = dataclasses.field(default_factory=dict, hash=False)
    joined: str = ""


def restated(entry: Entry, told: Told, scene) -> Told:
    """What is recorded of a step, with what must come instead where the entry applies."""
    if entry.field:
        return _with_field(entry, told, scene)
    if entry.line:
        mine = re.search(entry.line, scene.text, re.IGNORECASE)
        texts = [_line(entry, text, [Fields()]) if mine else text for text in told.lines]
        return told.with_lines(texts)
    wire = [frame for e in scene.step.exchanges for frame in e.nwp]
    values = list(frames.records(wire, entry.message, entry.record))
    if entry.numbers:
        return _with_numbers(entry, told, scene, values)
    if entry.joined:
        values = [_together(entry, values)] if values else []
    if entry.all:
        return _whole(entry, told, values)
    return told.with_lines([_line(entry, line, values) for line in told.lines])


def _line(entry: Entry, line: str, values: list[Fields]) -> str:
    for fields in values:
        if not _is_full(entry, fields):
            continue
        found = re.fullmatch(_filled(entry.recorded, fields, re.escape), line, re.DOTALL)
        if found:
            return found.expand(_filled(entry.instead, fields, _literal))
    return line


def _is_full(entry: Entry, fields: Fields) -> bool:
    """Whether strings have the size that leaves no room for a terminator; 0: whatever is sent."""
    for name, size in entry.full.items():
        value = fields[name][: fields.get(f"{name}_len", len(fields[name]))]
        if b"\0" in value or not value or size and len(value) != size:
            return False
    return True


def _literal(text: str) -> str:
    return text.replace("\\", r"\\")


def _whole(entry: Entry, told: Told, values: list[Fields]) -> Told:
    text = "\n".join(told.lines)
    for fields in values:
        if re.fullmatch(_filled(entry.recorded, fields, re.escape), text, re.DOTALL):
            return told.with_lines(_filled(entry.instead, fields, str).split("\n"))
    return told


def _filled(template: str, fields: Fields, quoted) -> str:
    return _FIELD.sub(lambda m: quoted(show(fields, m[1], m[2] or "n")), template)


def _together(entry: Entry, values: list[Fields]) -> Fields:
    """All records in one: `each` as `joined` says, with ; between, and the `first` as often."""
    each = [_filled(entry.joined, fields, str) for fields in values]
    return Fields(each=";".join(each), first=";".join(each[:1] * len(each)))


def show(fields: Fields, name: str, form: str) -> str:
    """A field as it is printed.

    Forms: n a number, text a string that ends at its length, NUL or size, mac, tail a MAC without
    its first byte, ip4 in host order, words four of network order, port of network order,
    behind.N what is in memory behind N bytes up to a NUL, said text as it is, sender.N the
    name that stands at the value's place in a list that begins with N.
    """
    value = fields[name]
    kind, _, rest = form.partition(".")
    if kind == "text":
        size = fields.get(f"{name}_len", len(value))
        return value[:size].split(b"\0")[0].decode("latin-1")
    if kind == "behind":
        size = int(rest)
        return value[size:].split(b"\0")[0].decode("latin-1")
    if kind == "sender":
        return _sender(value, int(rest))
    if kind == "word":
        return _words_of(rest).get(value, str(value))
    if kind == "lost":
        return f"{_words_of(rest)[value]}," if value in _words_of(rest) else ""
    return _FORMS[kind](value)


def _words_of(name: str) -> dict[int, str]:
    """The keywords of style ti by number: of an enumeration of protocol.json, or of guide.yaml."""
    if name in protocol().enums:
        return {number: word.lower() for word, number in protocol().enums[name].items()}
    return dict(enumerate(word.lower() for word in keywords(name)))


def _mac(value: bytes) -> str:
    return ":".join(hex(byte) for byte in value)


def _words(value: list[int]) -> str:
    data = b"".join(word.to_bytes(4, "little") for word in value)
    return ":".join(hex(int.from_bytes(data[i : i + 4], "big")) for i in range(0, 16, 4))


_FORMS = {
    "n": str,
    "said": str,
    "mac": _mac,
    "tail": lambda value: _mac(value).partition(":")[2],
    "ip4": lambda value: str(ipaddress.IPv4Address(value)),
    "words": _words,
    "port": lambda value: str(value >> 8 | (value & 0xFF) << 8),
}


def _sender(value: int, first: int) -> str:
    """The vendor's list of senders begins with 1, the wire's with 0 (at-commands.md 17.2)."""
    names = ("other", "wlan", "netcfg", "netapp", "security")
    if 0 <= value - first < len(names):
        return names[value - first]
    return "" if first else str(value)


# --- Numbers in place of keywords ---


def _with_numbers(entry: Entry, told: Told, scene, values: list[Fields]) -> Told:
    ours, theirs = lines(scene.said.text), told.lines
    if len(ours) != len(theirs):
        return told
    pairs = zip(theirs, ours, strict=True)
    return told.with_lines([_numbered(entry, scene.text, a, b, values) for a, b in pairs])


def _numbered(entry: Entry, line: str, recorded: str, ours: str, values: list[Fields]) -> str:
    found = re.fullmatch(entry.numbers, ours, re.DOTALL)
    if not found or recorded == ours or not _has_keywords(found, line):
        return recorded
    for fields in values:
        shorter = _shortened(found, fields)
        if shorter is not None and recorded == (entry.recorded or shorter):
            return ours
    return recorded


def _has_keywords(found: re.Match, line: str) -> bool:
    """Whether what the line asks for is told by keywords, if a number is the first field of it."""
    command = table.find(line)
    first = next(iter(found.re.groupindex))
    if command is None or found.start(first) != found.string.find(":") + 1:
        return True
    if command.name not in rows():
        return False
    try:
        row = choose(command.name, asked(line))
    except NotGuide:
        return False
    return row.types[0].startswith(("key:", "mask:"))


def _shortened(found: re.Match, fields: Fields) -> str | None:
    """The firmware's line without its numbers, each with its comma; None if one is not true."""
    text, at = "", 0
    for name in found.re.groupindex:
        start, end = found.span(name)
        text += found.string[at:start]
        left = _without_number(found[name], _part(fields, name))
        if left is None:
            return None
        text += left
        lost = left != found[name] and (not left or left.endswith("|"))
        at = end + (lost and found.string[end : end + 1] == ",")
    return text + found.string[at:]


def _part(fields: Fields, name: str) -> int:
    found = _PART.fullmatch(name)
    value = fields[found[1] if found else name]
    if isinstance(value, bytes):
        value = int.from_bytes(value, "little")
    return value >> int(found[2]) & (1 << int(found[3])) - 1 if found else value


def _without_number(field: str, value: int) -> str | None:
    """A field without its number; None if that is not the wire's.

    A mask whose highest bit has no name keeps the | before that (at-commands.md 2.9).
    """
    if field.isdigit():
        return "" if int(field) == value else None
    mask = _BITS.fullmatch(field)
    if not mask:
        return field
    rest, named = int(mask[2], 16), len([word for word in mask[1].split("|") if word])
    if value & rest != rest or (value ^ rest).bit_count() != named:
        return None
    return mask[1] + "|" * (bool(named) and rest.bit_length() == value.bit_length())


# --- Fields of the host's frames ---


def _with_field(entry: Entry, told: Told, scene) -> Told:
    row = protocol().opcodes[entry.message]
    sent = []
    for frame, holes in told.frames:
        taken = frames.command(frame)
        known = taken and taken.row is row and _is_whole(frame, holes)
        if known and (values := VALUES[entry.value](scene.text, taken)):
            frame = frames.edited(frame, None, values)
            payload = len(frame) - len(values.get("payload", b""))
            holes = frozenset(i for i in holes if i < payload)
        sent.append((frame, holes))
    return replace(told, frames=tuple(sent))


def _is_whole(frame: bytes, holes: frozenset[int]) -> bool:
    """Whether nothing of a frame is lost by taking it apart."""
    return same_frames([(frame, holes)], [frames.edited(frame)])


def highest_descriptor(line: str, taken: frames.Command) -> dict:
    """Of Select: one more than the highest descriptor, where the line has less (9.7)."""
    known = parameters(line)
    members = next((p.word.strip("[]").split("|") for p in known if p.kind == LIST), [])
    if not known or taken.nfds != c_number(known[0].word) & 0xFF:
        return {}
    bits = [c_number(part) & 0x0F for member in members for part in member.split()]
    return {"nfds": max([taken.nfds, *(bit + 1 for bit in bits)])}


def whole_number(line: str, taken: frames.Command) -> dict:
    """Of SUSPEND_PROFILES: all four bytes of the number, where its first is recorded (10.10)."""
    known = parameters(line)
    number = c_number(known[-1].word) if known else 0
    if not line.upper().partition("=")[2].replace(" ", "").startswith("GENERAL,SUSPEND_PROFILES,"):
        return {}
    if taken.payload != bytes([number & 0xFF]):
        return {}
    return {"payload": number.to_bytes(4, "little")}


def without_strays(line: str, taken: frames.Command) -> dict:
    """Of what a client sent: no line end behind the body of an HTTP request (16.5)."""
    if table.name_of(line) != "httpsendreq":
        return {}
    data = streams.without_strays(taken.payload)
    return {} if data == taken.payload else {"payload": data}


VALUES = {
    "highest-descriptor": highest_descriptor,
    "whole-number": whole_number,
    "without-strays": without_strays,
}
