"""Cutting a script of AT lines into commands, counted binary payloads included."""

from collections.abc import Iterator
from typing import BinaryIO

from . import table
from .values import split_parameters


def commands_of(stream: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """Yield (line, payload) from a stream of AT lines.

    Empty lines and lines that begin with `#` are skipped. Where a line announces a payload that
    goes on behind its end, the rest is taken from the stream, line ends included.
    """
    while raw := stream.readline():
        line = raw.rstrip(b"\r\n")
        if not line or line.startswith(b"#"):
            continue
        start, length = payload_start(line)
        if start is None or len(line) - start >= length:
            yield line.decode("utf-8", "surrogateescape"), b""
            continue
        payload = raw[start:]
        while len(payload) < length and (more := stream.read(length - len(payload))):
            payload += more
        yield line[:start].decode("utf-8", "surrogateescape"), payload[:length]
        if len(payload) == length and payload[-1:] != b"\n":
            stream.readline()


def payload_start(line: bytes) -> tuple[int | None, int]:
    """Where the payload of a command begins and how long it says it is; None without one."""
    command = table.find(line)
    if command is None or command.payload is None or b"=" not in line:
        return None, 0
    offset = line.index(b"=") + 1
    text = line[offset:].decode("latin-1")
    spans = split_parameters(text)
    index = command.payload[1]
    if len(spans) <= index + 1:
        return None, 0
    try:
        length = int(text[slice(*spans[index])].strip(), 0)
    except ValueError:
        return None, 0
    return offset + spans[index + 1][0], length
