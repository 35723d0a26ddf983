"""The recordings: sessions of the vendor's AT core and driver, one JSON file a chapter.

The format is described in tests/vectors/README.md.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path

from .commands import name_of


@dataclass(frozen=True)
class Exchange:
    """One command on the link and what the NWP sent next; `host` empty: sent unasked."""

    host: bytes
    uninitialised: frozenset[int]
    nwp: tuple[bytes, ...]


@dataclass(frozen=True)
class Step:
    """A part of a session: an AT line, or an event (line None). `out`: messages to print.

    sent: descriptor (if it was noted) and payload of each send, None where nothing was noted.
    """

    kind: str
    line: bytes | None
    exchanges: tuple[Exchange, ...]
    out: tuple[bytes, ...]
    sent: tuple[tuple[int | None, bytes], ...] | None = None

    @property
    def frames(self) -> list[Exchange]:
        """Exchanges in which the host writes a frame."""
        return [e for e in self.exchanges if e.host]

    @property
    def asks_for_help(self) -> bool:
        """Whether it is AT+<Command>=?"""
        return (self.line or b"").partition(b"=")[2].startswith(b"?")


@dataclass(frozen=True)
class Case:
    """One session from power-up."""

    name: str
    file: str
    flags: tuple[str, ...]
    note: str
    steps: tuple[Step, ...] = field(repr=False)

    @property
    def commands(self) -> set[str]:
        """Lower-case names of the commands it sends, without `AT+`."""
        return {name for s in self.steps if s.line and (name := name_of(s.line))}

    @property
    def events(self) -> set[str]:
        """Names of the events it expects to be printed, as printed."""
        heads = (m.split(b":")[0] for s in self.steps for m in s.out)
        return {h[1:].decode() for h in heads if h.startswith(b"+event")}


def load(path: Path) -> list[Case]:
    """The cases of a file, or of every *.json of a folder in the order of their names.

    Raises ValueError naming the file that is not a list of cases, or the folder without any.
    """
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if not files:
        raise ValueError(f"{path}: no *.json in it")
    cases = []
    for file in files:
        try:
            cases += [_case(row, file.stem) for row in json.loads(file.read_text())]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{file}: no recording of the known form ({error!r})") from error
    return cases


def _case(row: dict, file: str) -> Case:
    return Case(
        name=row["id"],
        file=file,
        flags=tuple(row.get("flags") or ()),
        note=row.get("note") or "",
        steps=tuple(_step(s) for s in row["steps"]),
    )


def _step(row: dict) -> Step:
    line = None
    if row["kind"] != "event":
        encoded = row.get("at_b64")
        line = base64.b64decode(encoded) if encoded else row["at"].encode()
    return Step(
        kind=row["kind"],
        line=line,
        exchanges=tuple(_exchange(e) for e in row["exchanges"]),
        out=tuple(_message(m) for m in row["out"] if m.get("ret", 0) >= 0),
        sent=tuple(_sent(s) for s in row["tcp_sent"]) if "tcp_sent" in row else None,
    )


def _exchange(row: dict) -> Exchange:
    return Exchange(
        host=bytes.fromhex(row["host_frame_hex"]),
        uninitialised=frozenset(row.get("host_uninit_bytes") or ()),
        nwp=tuple(bytes.fromhex(f) for f in row["nwp_frames_hex"]),
    )


def _sent(row: dict | str) -> tuple[int | None, bytes]:
    if isinstance(row, str):
        return None, bytes.fromhex(row)
    return row["sd"], bytes.fromhex(row["data_hex"])


def _message(row: dict) -> bytes:
    if "raw_hex" in row:
        return bytes.fromhex(row["raw_hex"])
    return row["text"].encode("utf-8", "surrogateescape")
