"""Lines with a payload: another length than announced, more than the firmware has room for.

The vendor's core takes as many bytes as are announced, whatever came (at-commands.md 3.2).
"""

import base64
import re
from dataclasses import dataclass

from cc32at.client.values import split_parameters

from . import commands as table
from .reading import c_number
from .rewrites import Alternatives, Rewrite, rewriting

MOST = 4096  # bytes of a payload that the firmware has room for
LONG, SHORT, SHORT_LINE_END = "long", "short", "short-by-the-line-end"
MISSING, MOVED, JUNK = "missing", "moved", "junk-in-base64"
MUCH, MUCH_ASKED = "much", "much-asked"
_UNKNOWN = "\x01"  # stands for a byte of which nobody knows what it was
_BASE64 = re.compile(r"(?:[A-Za-z\d+/]{4})*(?:[A-Za-z\d+/]{2}==|[A-Za-z\d+/]{3}=)?")
_OUTSIDE = re.compile(r"[^A-Za-z\d+/=]|=(?!=?$)")
_ASKING = {"recv", "recvfrom", "fileread", "netapprecv", "httpreadresbody"}


@dataclass(frozen=True)
class Payload:
    """A line up to its payload; format and announced length as the vendor's core reads them."""

    head: str
    encoded: bool
    length: int
    data: str
    commas: int  # that are missing before the payload
    at: tuple[int, int]  # where the length stands in the head

    @property
    def bytes(self) -> bytes:
        """As many as are announced, decoded."""
        data = self.data[: self.length].encode("latin-1")
        return base64.b64decode(data + b"=" * (-len(data) % 4)) if self.encoded else data


def payload(line: str) -> Payload | None:
    """The payload of a line; None if its command has none."""
    command = table.find(line)
    if not command or not command.payload:
        return None
    format_index, length_index = command.payload
    start = line.find("=") + 1
    spans = split_parameters(line[start:]) if start else []
    place = len(command.parameters) - 1
    words = [line[start + a : start + b] for a, b in spans]
    encoded = format_index is not None and len(words) > format_index
    at = spans[length_index] if len(spans) > length_index else (len(line) - start,) * 2
    head = start + spans[place][0] if len(spans) > place else len(line)
    return Payload(
        head=line[:head],
        encoded=encoded and c_number(words[format_index]) == 1,
        length=c_number(line[start + at[0] : start + at[1]]) & 0xFFFF,
        data=line[head:],
        commas=max(0, place + 1 - len(spans)),
        at=(start + at[0], start + at[1]),
    )


def oddities(line: str) -> set[str]:
    """What is odd about the payload of a line, or about how much it asks for."""
    found = payload(line)
    if not found:
        command = table.find(line)
        asked = c_number(line.rpartition(",")[2])
        asks = command and command.name.lower() in _ASKING
        return {MUCH_ASKED} if asks and MOST < asked <= 0x7FFF else set()
    if found.commas:
        return {MISSING}
    if not line[slice(*found.at)].strip(" "):
        return set()  # nothing is announced
    odd = {_length(found)}
    if re.fullmatch(r"\s*0x[\da-f]+\s*", line[slice(*found.at)], re.IGNORECASE) and _blanks(found):
        odd.add(MOVED)
    if found.encoded and not _BASE64.fullmatch(found.data) and not len(found.data) % 4:
        odd.add(JUNK)
    if found.length > (4 * -(-MOST // 3) if found.encoded else MOST):
        odd.add(MUCH)
    return odd - {""}


def _length(found: Payload) -> str:
    less = found.length - len(found.data)
    if less <= 0:
        return LONG if less else ""
    return SHORT if less > 2 else SHORT_LINE_END


def _blanks(found: Payload) -> int:
    """Blanks of the head that the vendor's core takes out."""
    rest = found.head.partition("=")[2]
    return len(rest) - len(",".join(part.strip(" ") for part in rest.split(",")))


def _unknown(line: str, found: Payload, count: int, before: bool = False) -> Rewrite:
    wild = _UNKNOWN * count
    data = found.data[: found.length - count]
    return Rewrite((found.head + (wild + data if before else data + wild),), wild=wild)


@rewriting
def payload_as_announced(line: str) -> Alternatives:
    """As many bytes as are announced: the rest dropped, or what happened to be in memory."""
    found = payload(line)
    if found.commas:
        head = line + "=" * ("=" not in line) + "," * found.commas
        return [Rewrite((head,)), _unknown(head, payload(head), found.length)]
    if found.length > MOST:
        return []
    return [_unknown(line, found, max(0, found.length - len(found.data)))]


@rewriting
def payload_with_the_line_end(line: str) -> Alternatives:
    """The line end that a serial port puts behind the line belongs to the payload."""
    found = payload(line)
    return [Rewrite((line + "\r\n"[: found.length - len(found.data)],))]


@rewriting
def payload_moved(line: str) -> Alternatives:
    """Behind as many unknown bytes as there are blanks in the header, and cut (3.2)."""
    found = payload(line)
    return [_unknown(line, found, min(_blanks(found), found.length), before=True)]


@rewriting
def payload_without_junk(line: str) -> Alternatives:
    """What does not belong to Base64 counts as A, that is 0 (3.4)."""
    found = payload(line)
    return [Rewrite((found.head + _OUTSIDE.sub("A", found.data),))]


@rewriting
def payload_cut(line: str) -> Alternatives:
    """As much as the firmware has room for; then the whole of it in the frame."""
    found = payload(line)
    head, (start, end) = found.head, found.at
    short = f"{head[:start]}4{head[end:]}" + ("AAAA" if found.encoded else "aaaa")
    return [Rewrite((short,), fields=(("payload", found.bytes),))]


def _most(line: str) -> tuple[str, int]:
    head, _, asked = line.rpartition(",")
    return f"{head},{MOST}", c_number(asked)


@rewriting
def most(line: str) -> Alternatives:
    """As much asked for as the firmware has room for."""
    return [Rewrite((_most(line)[0],))]


@rewriting
def most_as_asked(line: str) -> Alternatives:
    """The same, but for the number that is asked for in the frame."""
    text, asked = _most(line)
    return [Rewrite((text,), fields=(("max_len", asked), ("len", asked)))]
