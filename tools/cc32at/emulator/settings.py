"""`--set name=value`: the firmware's settings file, put into the NWP's store before boot.

The file is `/atcore/settings`: a line NAME=value for each setting, last a line SUM= with the
Adler-32 of what stands before it in eight hexadecimal digits.
"""

import zlib
from typing import Any

NAME = b"/atcore/settings"
MAX_SIZE = 512
FAILSAFE = 1
STYLES = ("guide", "ti")
RANGES = {  # name -> lowest, highest
    "echo": (0, 1),
    "banner": (0, 1),
    "autostart": (0, 1),
    "baud": (1200, 3_000_000),
    "verbose": (0, 2),
    "sendwait": (1, 65),
}


def encode(settings: dict[str, Any]) -> bytes:
    """The file's content. ValueError for an unknown name or a value out of range."""
    text = b""
    for name, value in settings.items():
        text += f"{name.upper()}={_checked(name.lower(), str(value))}\n".encode()
    return text + b"SUM=%08x\n" % zlib.adler32(text)


def _checked(name: str, value: str) -> str:
    if name == "style":
        if value.lower() not in STYLES:
            raise ValueError(f"setting style={value}: one of {', '.join(STYLES)}")
        return value.lower()
    if name not in RANGES:
        known = ", ".join(("style", *RANGES))
        raise ValueError(f"no setting {name!r}; there are {known}")
    low, high = RANGES[name]
    if not value.isdigit() or not low <= int(value) <= high:
        raise ValueError(f"setting {name}={value}: a number from {low} to {high}")
    return str(int(value))


def decode(content: bytes | None) -> dict[str, str]:
    """The settings in a file; nothing for a missing or damaged one."""
    text, mark, total = (content or b"").rpartition(b"SUM=")
    if not mark or total.strip() != b"%08x" % zlib.adler32(text):
        return {}
    lines = (line.partition("=") for line in text.decode(errors="replace").splitlines())
    return {name.lower(): value for name, _, value in lines}


def store(nwp: Any, settings: dict[str, Any]) -> None:
    """Change these settings in the file of `nwp`. ValueError when it has no file store here."""
    storage = getattr(nwp, "storage", None)
    if storage is None:
        raise ValueError("settings need a network processor with a file store in this process")
    merged = decode(storage.content(NAME)) | {k.lower(): v for k, v in settings.items()}
    storage.put(NAME, encode(merged), MAX_SIZE, FAILSAFE)
