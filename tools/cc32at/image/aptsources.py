"""The machine's own apt sources, turned into a source of source packages of another suite.

Both formats are read: deb822 (`*.sources`) and one line each (`*.list`). Nothing here knows the
name of a server: where the machine gets its Debian from is where the sources come from.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

# What a Debian archive calls its suites; others (vendors' repositories) have names of their own.
DEBIAN_SUITES = frozenset(
    (
        *("stable", "oldstable", "testing", "unstable", "sid"),
        *("bullseye", "bookworm", "trixie", "forky", "duke"),
    )
)


@dataclass(frozen=True)
class Source:
    """One entry: where packages come from, and who signs for them."""

    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""  # a path, a fingerprint or an embedded key, as it was written

    @property
    def is_debian_archive(self) -> bool:
        """True for the main archive: not its security branch, not a vendor's repository."""
        return (
            "main" in self.components
            and any(kind in ("deb", "deb-src") for kind in self.types)
            and any(suite in DEBIAN_SUITES for suite in self.suites)
        )


def parse_deb822(text: str) -> Iterator[Source]:
    """The entries of a `.sources` file that are not switched off."""
    for stanza in re.split(r"\n[ \t]*\n", text):
        fields = _fields(stanza)
        if not fields or fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        words = {name: tuple(value.split()) for name, value in fields.items()}
        yield Source(
            types=words.get("types", ()),
            uris=words.get("uris", ()),
            suites=words.get("suites", ()),
            components=words.get("components", ()),
            signed_by=fields.get("signed-by", ""),
        )


def _fields(stanza: str) -> dict[str, str]:
    """Field name in lower case -> value, continuation lines kept."""
    fields: dict[str, str] = {}
    name = ""
    for line in stanza.splitlines():
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t":
            if name:
                fields[name] += "\n" + line
        elif ":" in line:
            name, _, value = line.partition(":")
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


LINE = re.compile(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)")


def parse_list(text: str) -> Iterator[Source]:
    """The entries of a `.list` file."""
    for line in text.splitlines():
        match = LINE.fullmatch(line.split("#", 1)[0].strip())
        if not match:
            continue
        kind, options, uri, suite, components = match.groups()
        settings = dict(
            option.split("=", 1) for option in (options or "").split() if "=" in option
        )
        yield Source(
            types=(kind,),
            uris=(uri,),
            suites=(suite,),
            components=tuple(components.split()),
            signed_by=settings.get("signed-by", "").replace(",", " "),
        )


def read(etc_apt: Path) -> list[Source]:
    """All entries of a machine, `/etc/apt` being its configuration."""
    parts = etc_apt / "sources.list.d"
    found: list[Source] = []
    for path in [etc_apt / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            found += parse_list(path.read_text(errors="replace"))
    for path in sorted(parts.glob("*.sources")):
        found += parse_deb822(path.read_text(errors="replace"))
    return found


def source_packages(sources: Iterable[Source], suite: str) -> str:
    """A deb822 file for the source packages of `suite`, from the same servers, with the same keys.

    Empty if no entry is a Debian archive. An entry that a machine trusts without a signature is
    not trusted so here.
    """
    stanzas = []
    for source in sources:
        if not source.is_debian_archive:
            continue
        stanza = (
            f"Types: deb-src\nURIs: {' '.join(source.uris)}\nSuites: {suite}\nComponents: main\n"
        )
        if source.signed_by:
            stanza += f"Signed-By: {source.signed_by}\n"
        if stanza not in stanzas:
            stanzas.append(stanza)
    return "\n".join(stanzas)
