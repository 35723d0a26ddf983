"""Other lines that are played in place of a step's: the readings that a rule speaks of.

A rewriting gives a list of alternatives: a Rewrite, or Refused where a reading ends in an error.
Lines are text of one character a byte.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from cc32at.nwp.codec import protocol

from . import commands as table
from . import frames, reading
from .answers import NAME
from .compare import Told
from .lines import rows
from .parameters import FORMAT, parameters
from .reading import Refused

if TYPE_CHECKING:
    from .scenes import Scene

LETTERS = "~^{}_@%&$"  # stand for characters that mean something
_RUN = 64  # letters are left of a run in a line that is too long


@dataclass(frozen=True)
class Rewrite:
    """Lines in place of a step's, and how what comes of them is read.

    back: letters and what they stand for, in text, strings and payloads. fields: what is put into
    the frames that have such a field. wild: that run of bytes of a payload is not compared.
    without: lines of the text that are left out. answers: how the network processor's frames are
    changed (answers.py). other: the same for a
    number that is in no range: with the range's lowest `line` and highest `other` number frames
    differ where the `number` belongs.
    """

    lines: tuple[str, ...]
    back: tuple[tuple[str, str], ...] = ()
    fields: tuple[tuple[str, int | bytes], ...] = ()
    wild: str = ""
    without: str = ""
    answers: str = ""
    echo: tuple[str, int, str] | None = None
    other: str = ""
    number: int = 0

    def read(self, said: Told) -> Told:
        """What came of the lines, as it is compared."""
        text = said.text.decode("latin-1")
        if self.without:
            text = re.sub(rf"(?m)^{self.without}.*\r\n", "", text)
        for letter, meant in self.back:
            text = text.replace(letter, meant)
        if self.echo:
            text = _echoed(text, *self.echo)
        sent = tuple(self._frame(frame, holes) for frame, holes in said.frames)
        return replace(said, text=text.encode("latin-1"), frames=sent)

    def _frame(self, frame: bytes, holes: frozenset[int]) -> tuple[bytes, frozenset[int]]:
        taken = frames.command(frame)
        fields = {k: v for k, v in self.fields if taken and _has(taken, k)}
        if self.back or fields:
            frame = frames.edited(frame, self._meant if self.back else None, fields)
        at = frame.find(self.wild.encode("latin-1")) if self.wild else -1
        return frame, holes | set(range(at, at + len(self.wild))) if at >= 0 else holes

    def _meant(self, data: bytes) -> bytes:
        for letter, meant in self.back:
            data = data.replace(letter.encode("latin-1"), meant.encode("latin-1"))
        return data


def _has(taken: frames.Command, field: str) -> bool:
    return field in taken.args or field == "payload" and bool(taken.payload)


def _echoed(text: str, name: str, index: int, number: str) -> str:
    """Text in which field `index` of a value line is another number."""
    head, mark, rest = text.partition(f"{name}:")
    fields = rest.split(",", index + 1)
    if not mark or len(fields) <= index:
        return text
    fields[index] = number
    return head + mark + ",".join(fields)


Alternatives = list["Rewrite | Refused"]
Rewriting = Callable[[str, "Scene"], Alternatives]  # of a line and the scene that it is from
REWRITES: dict[str, Rewriting] = {}


def rewriting(function: Callable[[str], Alternatives]) -> Callable[[str], Alternatives]:
    """Register a rewriting by its name, with - for _."""
    REWRITES[function.__name__.replace("_", "-")] = lambda line, scene: function(line)
    return function


def substitution(*pairs: tuple[str, str]) -> Rewriting:
    """Regular expressions and what stands for what they find, whatever its case."""
    compiled = [(re.compile(pattern, re.IGNORECASE), text) for pattern, text in pairs]

    def rewrite(line: str, scene: "Scene") -> Alternatives:
        for pattern, text in compiled:
            line = pattern.sub(text, line)
        return [Rewrite((line,))]

    return rewrite


def one_after_the_other(first: Rewriting, second: Rewriting) -> Rewriting:
    """What the second makes of the line that the first made."""

    def rewrite(line: str, scene: "Scene") -> Alternatives:
        found: Alternatives = []
        for one in first(line, scene):
            if isinstance(one, Refused):
                found.append(one)
                continue
            for other in second(one.lines[0], scene):
                behind = isinstance(other, Rewrite)
                found.append(replace(other, back=one.back + other.back) if behind else other)
        return found

    return rewrite


def letters(characters: str) -> Rewriting:
    """Letters that mean nothing in place of these characters."""
    return lambda line, scene: lettered(
        line, {i: c for i, c in enumerate(line) if c in characters}
    )


def lettered(line: str, meant: dict[int, str]) -> Alternatives:
    """Letters that the line does not have otherwise at some places; what each stands for."""
    free = [c for c in LETTERS if c not in line]
    letter = dict(zip(dict.fromkeys(meant.values()), free, strict=False))
    if not set(meant.values()) <= set(letter):
        return []
    text = "".join(letter[meant[i]] if i in meant else c for i, c in enumerate(line))
    return [Rewrite((text,), tuple((new, old) for old, new in letter.items()))]


# --- Numbers, addresses, lists, masks ---


def guide(line: str, scene: "Scene") -> Alternatives:
    """Numbers and addresses as the guide reads them, in plain form.

    Style guide has the code -4 for explicit limits, too (guide-style.md O6).
    """
    plain = reading.by_guide(line, scene.style)
    if not isinstance(plain, Refused):
        return [Rewrite((plain,))]
    other = plain.limit and scene.style == "guide"
    return [plain, Refused(reading.WRONG)] if other else [plain]


REWRITES["guide"] = guide


@rewriting
def vendor(line: str) -> Alternatives:
    """Numbers and addresses as the vendor's core reads them, in plain form."""
    found: Alternatives = []
    for one in reading.by_vendor(line):
        if isinstance(one, Refused):
            found.append(one)
        elif one.field:
            found.append(Rewrite((one.line,), other=one.other, number=one.field.value))
        else:
            found += [Rewrite((one.line,), echo=echo) for echo in _format_echoes(line)]
    return found


def _format_echoes(line: str) -> list[tuple[str, int, str] | None]:
    """Where a value line repeats the format, and what it may be; [None] if the format is plain."""
    command = table.find(line)
    odd = next((p for p in parameters(line) if p.kind == FORMAT), None)
    if not command or not odd or odd.word in ("0", "1") or command.name not in rows():
        return [None]
    row = next((r for r in rows()[command.name] if "data" in r.types), None)
    if row is None:
        return [None]
    index = row.types.index("data") - 2
    numbers = sorted(reading.cut_formats(odd.word))
    return [(f"+{command.name.lower()}", index, str(number)) for number in numbers]


# --- Lines ---


@rewriting
def a_line_each(line: str) -> Alternatives:
    """What stands between line ends is a line of its own."""
    return [Rewrite(tuple(part for part in re.split("[\r\n]+", line) if part))]


@rewriting
def shorter(line: str) -> Alternatives:
    """Of a long run of the same character not all."""
    return [Rewrite((re.sub(rf"(.)\1{{{_RUN},}}", lambda m: m[1] * _RUN, line),))]


def _longer(count: int) -> Callable[[str], Alternatives]:
    def rewrite(line: str) -> Alternatives:
        letter = next((c for c in LETTERS if c not in line), "")
        text = re.sub(r'("?)( *)$', rf"{letter * count}\1\2", line, count=1)
        return [Rewrite((text,), ((letter, ""),))]

    return rewrite


# The last string is longer by letters, which are taken out of the frames again.
REWRITES["a-letter-more"] = lambda line, scene: _longer(1)(line)
REWRITES["two-letters-more"] = lambda line, scene: _longer(2)(line)


@rewriting
def a_name_of_a_letter(line: str) -> Alternatives:
    """The empty string is one letter long, which is taken out of the frames again."""
    letter = next((c for c in LETTERS if c not in line), "")
    return [Rewrite((line.replace('""', f'"{letter}"', 1),), ((letter, ""),))]


@rewriting
def blanks_of_the_first_parameter(line: str) -> Alternatives:
    """Blanks behind the first character of the first parameter are characters like others."""
    found = re.match(r"[^=]*= *[^ ]( +)", line)
    places = range(*found.span(1)) if found else ()
    return lettered(line, dict.fromkeys(places, " "))


@rewriting
def escapes_said(line: str) -> Alternatives:
    """What the escapes of style guide stand for (V8): letters, put back."""
    pieces, meant, at = [], {}, 0
    for found in re.finditer(r'\\(["\\]|x[\da-f]{2})', line):
        code = found[1]
        pieces.append(line[at : found.start()])
        meant[len("".join(pieces))] = code if len(code) == 1 else chr(int(code[1:], 16))
        pieces.append(" ")
        at = found.end()
    return lettered("".join(pieces) + line[at:], meant)


@rewriting
def networks(line: str) -> Alternatives:
    """Networks without a name have one, which is taken out again."""
    return [Rewrite((line,), ((NAME.decode(), ""),))]


@rewriting
def networks_with_names(line: str) -> Alternatives:
    """Networks without a name are left out."""
    return [Rewrite((line,), without=rf"\+wlanscan:{NAME.decode()},")]


def _option_answered(line: str, scene: "Scene") -> Alternatives:
    """The line asks for the option that the answer carries."""
    fields = next(frames.records((f for e in scene.step.exchanges for f in e.nwp), "WLAN_CFG_GET"))
    for row in protocol().config["wlan"]:
        if (row["id"], row["option"]) == (fields.config_id, fields.option):
            words = (_AT_WORDS.get(row[key], row[key]) for key in ("id_name", "option_name"))
            return [Rewrite((f"AT+WlanGet={','.join(words)}",))]
    return []


REWRITES["option-answered"] = _option_answered
_AT_WORDS = {"SECURITY_TYPE": "SECURITY", "RX_FILTERS": "RX_FILTER"}
