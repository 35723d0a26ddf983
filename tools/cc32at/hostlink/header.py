"""The numbers of firmware/link/link.h."""

from __future__ import annotations

import functools
import re

from .build import LINK

_DEFINE = re.compile(r"^#define LINK_(\w+) +\((-?(?:0x[0-9a-f]+|[0-9]+))u?\)", re.MULTILINE)


@functools.cache
def numbers() -> dict[str, int]:
    """The value of each constant that is a number, by its name without LINK_."""
    text = (LINK / "link.h").read_text()
    return {name: int(value, 0) for name, value in _DEFINE.findall(text)}
