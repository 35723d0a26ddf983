"""Values that style `guide` prints and style `ti` does not, or not whole, held against the wire.

guide.yaml names the message of the network processor and the field that must hold each of them;
protocol.json has the layouts. Where a string with a comma ends style `ti` does not tell either:
it must be somewhere on the wire as it was printed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cc32at.nwp.codec import RESPONSE_HEADER, protocol

from .lines import Row, data, keywords

ARGUMENTS = 8 + RESPONSE_HEADER  # where the arguments of a message begin, sync word included


@dataclass(frozen=True)
class Given:
    """A printed value, its type in guide.yaml, and the field of a message that must hold it.

    Without a field any message may have it, from the network processor or to it.
    """

    message: str
    field: str
    kind: str
    value: str

    def __str__(self) -> str:
        place = f"{self.field} of a {self.message}" if self.field else "on the wire"
        return f"{self.value!r} is not {place}"


def given(row: Row, members: list[list[str]]) -> list[Given]:
    """The values of a line that must be held against the wire."""
    columns = [(k, wire) for k, wire in zip(row.types, row.wire, strict=True) if k != "~"]
    return [
        Given(row.message, wire, kind.lstrip("+"), value)
        for fields in members
        for (kind, wire), value in zip(columns, fields, strict=True)
        if wire or kind == "str" and ("," in value or ";" in value)
    ]


def came(value: Given, frames: Iterable[bytes]) -> bool:
    """Whether one of the frames has the value in its field."""
    if not value.field:
        return any(value.value.encode("latin-1") in frame for frame in frames)
    row = protocol().opcodes[value.message]
    opcode = row.response_opcode if row.to_nwp else row.opcode
    return any(
        _printed(value.kind, row.response.unpack(frame[ARGUMENTS:])[value.field]) == value.value
        for frame in frames
        if int.from_bytes(frame[4:6], "little") == opcode
    )


def _printed(kind: str, content: bytes | int | list[int]) -> str:
    """The content of a field as style `guide` prints it."""
    kind, _, name = kind.partition(":")
    if kind == "str":
        return content.decode("latin-1")
    if kind == "tokens":
        return "|".join(map(str, content))
    if kind == "bits":
        return "|".join(str(bit) for bit in range(content.bit_length()) if content >> bit & 1)
    words = dict(enumerate(keywords(name.rstrip("?"))))
    if enum := data()["enums"].get(name.rstrip("?")):
        words = {protocol().enums[enum][word]: word for word in words.values()}
    return "" if name.endswith("?") and not content else words.get(content, str(content))
