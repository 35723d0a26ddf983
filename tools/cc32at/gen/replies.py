"""How a value line looks, from its spec (atcore/reply.py): its fields in style guide, in words."""

from __future__ import annotations

from . import forms

KINDS = {
    "hex": "number with `0x`",
    "ip4": "IPv4 address",
    "ip6": "IPv6 address",
    "addr": "address",
    "version": "four numbers with dots",
    "mac": "MAC address",
    "bits": "sockets with `|` between",
    "array": "bytes in hex",
    "str": "text",
    "raw": "text",
    "text": "text",
    "none": "nothing",
}
KEYWORDS = ("key", "key16", "key32", "lower", "mask", "always")
NUMBERS = "ui"  # followed by their bits
FEW = 5  # keywords that are listed


def fields(spec: list) -> list[str]:
    """A word or some for each field of a spec."""
    return [word for field in spec for word in field_words(*field)]


def field_words(kind: str, *rest) -> list[str]:
    """One field; those that hold others give the words of these."""
    if kind in ("ti", "end"):
        return []
    if kind == "guide":
        return fields(rest)
    if kind in ("of", "given", "must"):
        return fields(rest[1:])
    if kind == "list":
        return ["any number, with `;` between, of: " + ", ".join(fields(rest[1:]))]
    if kind in KEYWORDS:
        return [keyword(kind, rest[1])]
    if kind[0] in NUMBERS and kind[1:].isdigit():
        return ["number"]
    return [KINDS.get(kind, kind)]


def keyword(kind: str, table: str) -> str:
    """A field that is a keyword, or several."""
    words = list(forms.TABLES[table])
    listed = ", ".join(f"`{word}`" for word in words[:FEW]) + (" ..." if len(words) > FEW else "")
    return f"keywords with `|` between ({listed})" if kind == "mask" else f"keyword ({listed})"
