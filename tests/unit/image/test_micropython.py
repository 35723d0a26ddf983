"""MicroPython's sources: the pin decides, and failures say what to do."""

import os
import subprocess
from pathlib import Path

import pytest

from cc32at.image import micropython


def stanza(version: str, digest: str) -> str:
    return (
        f"Package: micropython\nVersion: {version}\n"
        f"Checksums-Sha256:\n {digest} 5983992 {micropython.TARBALL}\n"
        f" {'0' * 64} 15664 micropython_{version}.debian.tar.xz\n"
    )


def test_any_revision_of_the_pinned_tarball_will_do():
    showsrc = "\n".join(
        [stanza("1.25.0+ds-1", "1" * 64), stanza("1.25.0+ds-7+deb13u2", micropython.SHA256)]
    )
    assert micropython.pick_version(showsrc) == "1.25.0+ds-7+deb13u2"


def test_another_tarball_will_not_do():
    with pytest.raises(micropython.FetchError, match="no revision"):
        micropython.pick_version(stanza("1.25.0+ds-1", "1" * 64))


def test_a_changed_tarball_is_refused(tmp_path: Path):
    tarball = tmp_path / micropython.TARBALL
    tarball.write_bytes(b"not it")
    with pytest.raises(micropython.FetchError, match="SHA-256"):
        micropython.check(tarball)


def test_the_tarball_is_unpacked_as_it_is(tmp_path: Path):
    folder = tmp_path / "micropython-1.25.0"
    (folder / "py").mkdir(parents=True)
    (folder / "py" / "mpconfig.h").write_text("#define ONE (1)\n")
    tarball = tmp_path / "source.tar.xz"
    subprocess.run(["tar", "-cJf", tarball, "-C", tmp_path, folder.name], check=True)
    target = tmp_path / "cache"
    micropython.unpack(tarball, target)
    assert (target / "py" / "mpconfig.h").read_text() == "#define ONE (1)\n"
    assert sorted(os.listdir(tmp_path)) == ["cache", "micropython-1.25.0", "source.tar.xz"]


def test_nothing_is_fetched_twice(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(micropython, "download", lambda *_: pytest.fail("fetched"))
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "mkenv.mk").touch()
    micropython.fetch(tmp_path)


def test_a_folder_with_something_else_in_it_stays_as_it_is(tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "sources" / "py").mkdir(parents=True)
    (tmp_path / "sources" / "py" / "mkenv.mk").touch()
    tarball = tmp_path / "source.tar.xz"
    subprocess.run(["tar", "-cJf", tarball, "-C", tmp_path, "sources"], check=True)
    monkeypatch.setattr(micropython, "download", lambda _: tarball)
    target = tmp_path / "cache"
    target.mkdir()
    (target / "mine").touch()
    assert micropython.main([str(target)]) == 1
    assert "not empty" in capsys.readouterr().err
    assert os.listdir(target) == ["mine"]


def test_a_machine_without_debian_sources_is_told(tmp_path: Path, monkeypatch, capsys):
    monkeypatch.setattr(micropython.aptsources, "read", lambda _: [])
    assert micropython.main([str(tmp_path / "target")]) == 1
    assert "MPY_DIR=" in capsys.readouterr().err
    assert not (tmp_path / "target").exists()
    assert list(tmp_path.iterdir()) == []


def test_what_apt_says_reaches_the_user(tmp_path: Path, monkeypatch):
    tool = tmp_path / "bin" / "apt-get"
    tool.parent.mkdir()
    tool.write_text("#!/bin/sh\necho 'E: The repository is not signed.' >&2\nexit 100\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    apt = micropython.Apt(tmp_path / "apt", "Types: deb-src\n")
    with pytest.raises(micropython.FetchError, match="not signed"):
        apt("apt-get", "update")
