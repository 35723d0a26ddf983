"""Checking and converting what a world file says; see the schema in the package's docstring."""

from __future__ import annotations

import base64
import binascii
import datetime
import ipaddress
from pathlib import Path


class WorldError(ValueError):
    """Something in a world file is wrong; the text says where and what."""


class Context:
    """Where we are in which file, for errors and for relative paths.

    confined: files may be read below `folder` only, as who asks may be somebody else than who
    wrote the world.
    """

    def __init__(self, source: str, folder: Path, at: str = "", confined: bool = False):
        self.source, self.folder, self.at, self.confined = source, folder, at, confined

    def below(self, name) -> Context:
        at = f"{self.at}[{name}]" if isinstance(name, int) else f"{self.at}.{name}".lstrip(".")
        return Context(self.source, self.folder, at, self.confined)

    def read(self, name: str) -> bytes:
        """The content of a file named relative to the world file. Raises OSError."""
        path = self.folder / name
        if self.confined:
            path = path.resolve()
            if not path.is_relative_to(self.folder.resolve()):
                self.fail("only files below the world file's folder can be read")
            if path.exists() and not path.is_file():
                self.fail(f"{name}: no regular file")
        return path.read_bytes()

    def fail(self, text: str):
        raise WorldError(f"{self.source}: {self.at + ': ' if self.at else ''}{text}")


def whole(low: int, high: int, what: str = ""):
    def convert(value, ctx):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            ctx.fail(f"{value!r} is not {what or 'a whole number'} ({low}..{high})")
        return value

    return convert


def number(value, ctx):
    """Seconds and the like, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        ctx.fail(f"{value!r} is not a number of 0 or more")
    return float(value)


def optional(convert):
    def wrapped(value, ctx):
        return None if value is None or value == "none" else convert(value, ctx)

    return wrapped


def choice(*names):
    def convert(value, ctx):
        value = {True: "on", False: "off", None: "none"}.get(value, value)
        if value not in names:
            ctx.fail(f"{value!r} is not one of {', '.join(names)}")
        return value

    return convert


def flag(value, ctx):
    if not isinstance(value, bool):
        ctx.fail(f"{value!r} is neither true nor false")
    return value


def text(limit: int = 1 << 20):
    """Text as UTF-8 bytes of at most so many."""

    def convert(value, ctx):
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            ctx.fail(f"{value!r} is not text")
        data = str(value).encode()
        if len(data) > limit:
            ctx.fail(f"longer than {limit} bytes")
        return data

    return convert


def hexadecimal(length: int | None = None):
    def convert(value, ctx):
        if not isinstance(value, str):
            ctx.fail(f"{value!r} is not hexadecimal in quotes")
        try:
            data = bytes.fromhex(value.replace(":", " "))
        except ValueError:
            ctx.fail(f"{value!r} is not hexadecimal")
        if length is not None and len(data) != length:
            ctx.fail(f"{value!r} is not {length} bytes")
        return data

    return convert


def mac(value, ctx):
    return hexadecimal(6)(value, ctx)


def ip4(value, ctx):
    """An IPv4 address as a number, 10.0.0.1 = 0x0A000001."""
    try:
        return int(ipaddress.IPv4Address(value))
    except ValueError:
        ctx.fail(f"{value!r} is not an IPv4 address")


def ip6(value, ctx):
    """An IPv6 address as 16 bytes."""
    try:
        return ipaddress.IPv6Address(value).packed
    except ValueError:
        ctx.fail(f"{value!r} is not an IPv6 address")


def moment(value, ctx):
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None)
    try:
        return datetime.datetime.fromisoformat(str(value)).replace(tzinfo=None)
    except ValueError:
        ctx.fail(f"{value!r} is not a time like 2024-01-01T00:00:00")


def list_of(convert):
    def wrapped(value, ctx):
        if not isinstance(value, list):
            ctx.fail("a list is expected")
        return [convert(item, ctx.below(i)) for i, item in enumerate(value)]

    return wrapped


def four_numbers(value, ctx):
    numbers = list_of(whole(0, 255))(value, ctx)
    if len(numbers) != 4:
        ctx.fail("four numbers are expected")
    return tuple(numbers)


def record(fields: dict, required: tuple = ()):
    """A mapping with these keys only; returns the converted values that are there."""

    def convert(value, ctx):
        if not isinstance(value, dict):
            ctx.fail("a mapping is expected")
        for name in value:
            if name not in fields:
                ctx.below(name).fail(f"unknown name; one of {', '.join(sorted(fields))}")
        for name in required:
            if name not in value:
                ctx.fail(f"{name} is missing")
        return {name: fields[name](item, ctx.below(name)) for name, item in value.items()}

    return convert


def mapping(key, item):
    def convert(value, ctx):
        if not isinstance(value, dict):
            ctx.fail("a mapping is expected")
        return {key(k, ctx): item(v, ctx.below(str(k))) for k, v in value.items()}

    return convert


def content_of(value: dict, ctx: Context) -> bytes:
    """The bytes of a file item: exactly one of text, hex, base64, path."""
    given = [name for name in ("text", "hex", "base64", "path") if name in value]
    if len(given) != 1:
        ctx.fail("exactly one of text, hex, base64, path is needed")
    kind, source = given[0], str(value[given[0]])
    try:
        if kind == "text":
            return source.encode()
        if kind == "hex":
            return bytes.fromhex(source)
        if kind == "base64":
            return base64.b64decode(source, validate=True)
        return ctx.below("path").read(source)
    except WorldError:
        raise
    except OSError as error:
        ctx.below("path").fail(f"{source}: {error.strerror}")
    except (ValueError, binascii.Error):
        ctx.below(kind).fail(f"not valid {kind}")


def read_path(value, ctx):
    """The content of a file named relative to the world file."""
    try:
        return ctx.read(str(value))
    except OSError as error:
        ctx.fail(f"{value}: {error.strerror}")
