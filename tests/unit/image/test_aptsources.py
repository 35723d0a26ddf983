"""The machine's apt sources, in both formats, become a source of source packages."""

from pathlib import Path

import pytest

from cc32at.image import aptsources

DEB822 = """\
Types: deb
# where it was taken from
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://vendor.example/repository
Suites: nodistro
Components: main
Trusted: yes
"""


def test_deb822_gives_the_archive_once_with_its_key():
    text = aptsources.source_packages(aptsources.parse_deb822(DEB822), "trixie")
    assert text == (
        "Types: deb-src\n"
        "URIs: http://mirror.example/debian\n"
        "Suites: trixie\n"
        "Components: main\n"
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n"
    )


def test_an_embedded_key_is_taken_over_line_by_line():
    key = (
        "\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEZ\n -----END PGP PUBLIC KEY BLOCK-----"
    )
    stanza = f"Types: deb\nURIs: file:/srv\nSuites: sid\nComponents: main\nSigned-By:{key}\n"
    text = aptsources.source_packages(aptsources.parse_deb822(stanza), "trixie")
    assert f"Signed-By: {key}\n" in text


@pytest.mark.parametrize("value", ["no", "No", "false", "0"])
def test_an_entry_that_is_switched_off_does_not_count(value):
    text = f"Enabled: {value}\n" + DEB822.split("\n\n")[0]
    assert list(aptsources.parse_deb822(text)) == []


@pytest.mark.parametrize(
    ("line", "signed_by"),
    [
        ("deb http://mirror.example/debian bookworm main", ""),
        ("deb [arch=amd64] http://mirror.example/debian/ trixie main non-free # note", ""),
        ("deb [signed-by=/k.gpg arch=amd64] http://mirror.example/debian sid main", "/k.gpg"),
        ("deb-src [ trusted=yes ] http://mirror.example/debian stable main", ""),
    ],
)
def test_one_line_entries(line, signed_by):
    (source,) = aptsources.parse_list(f"# comment\n\n{line}\n")
    assert source.is_debian_archive
    assert source.signed_by == signed_by
    text = aptsources.source_packages([source], "trixie")
    assert "Types: deb-src\n" in text
    assert ("Signed-By" in text) == bool(signed_by)


@pytest.mark.parametrize(
    "line",
    [
        "deb http://mirror.example/debian-security bookworm-security main",
        "deb https://vendor.example/apt cloud-sdk main",
        "deb http://mirror.example/debian bookworm non-free",
        "rpm http://mirror.example/debian bookworm main",
        "deb http://mirror.example/debian",
    ],
)
def test_what_is_not_the_archive_is_left_alone(line):
    assert aptsources.source_packages(aptsources.parse_list(line), "trixie") == ""


def test_a_machine_has_both_formats_and_repeats_itself(tmp_path: Path):
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    line = "deb http://mirror.example/debian bookworm main\n"
    (tmp_path / "sources.list").write_text(line)
    (parts / "again.list").write_text(line)
    (parts / "off.list.disabled").write_text(line.replace("mirror", "other"))
    (parts / "debian.sources").write_text(DEB822)
    text = aptsources.source_packages(aptsources.read(tmp_path), "trixie")
    assert text.count("Types: deb-src") == 2  # with and without a key
    assert "other" not in text
