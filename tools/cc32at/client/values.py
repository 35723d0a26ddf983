"""Fields of value lines and parameters of commands, in both reply styles."""

import re

_ESCAPE = re.compile(r'\\(x[0-9a-f]{2}|["\\])')
_NEEDS_QUOTES = re.compile(r'[,;"\x00-\x1f\x7f]|^ | $')


def split_parameters(text: str) -> list[tuple[int, int]]:
    """Spans of the comma-separated parameters of a command; a comma inside quotes is text."""
    spans, start, quoted, escaped = [], 0, False, False
    for i, char in enumerate(text):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            spans.append((start, i))
            start = i + 1
    spans.append((start, len(text)))
    return spans


def unquote(field: str) -> str:
    """A field as printed by style `guide` (guide-style V7) without its quotes and escapes."""
    if len(field) < 2 or field[0] != '"' or field[-1] != '"':
        return field
    return _ESCAPE.sub(lambda m: _unescape(m[1]), field[1:-1])


def _unescape(code: str) -> str:
    if code[0] != "x":
        return code
    return bytes([int(code[1:], 16)]).decode("utf-8", "surrogateescape")


def split_fields(text: str, style: str = "guide") -> list[str]:
    """Fields of a value line after `+Name: `. Style `ti` quotes nothing: every comma parts."""
    if text == "":
        return []
    if style == "ti":
        return text.split(",")
    return [unquote(text[start:end]) for start, end in split_parameters(text)]


def quote(value: object) -> str:
    """A parameter as a command wants it: numbers and keywords bare, awkward text in quotes.

    A tuple or list becomes a bit mask (`a|b`), None an empty parameter, bytes are text.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple | list):
        return "|".join(str(v) for v in value)
    text = value.decode("utf-8", "surrogateescape") if isinstance(value, bytes) else str(value)
    if text == "":
        return '""'
    if not (_NEEDS_QUOTES.search(text) or " " in text or text[0] in "?["):
        return text
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    body = re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\x{ord(m[0]):02x}", body)
    return f'"{body}"'
