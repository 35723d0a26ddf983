"""The file that keeps files and settings over runs: whole or as it was, and nobody else's."""

import os

import pytest

from cc32at.nwp.storage import Storage


@pytest.fixture
def path(tmp_path):
    return tmp_path / "flash.json"


def mode(path) -> int:
    return path.stat().st_mode & 0o777


def test_it_is_its_owners_alone_from_the_start(path, monkeypatch):
    seen = []
    replace = os.replace

    def watched(old, new):
        seen.append(os.stat(old).st_mode & 0o777)
        replace(old, new)

    monkeypatch.setattr(os, "replace", watched)
    before = os.umask(0)
    try:
        Storage(path).put(b"key.pem", b"secret")
    finally:
        os.umask(before)
    assert seen == [0o600] and mode(path) == 0o600
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_one_that_others_could_read_is_taken_from_them(path):
    Storage(path).put(b"key.pem", b"secret")
    path.chmod(0o644)
    assert Storage(path).content(b"key.pem") == b"secret"
    assert mode(path) == 0o600


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_one(path, monkeypatch, call):
    Storage(path).put(b"a", b"old")
    store = Storage(path)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space"):
        store.put(b"a", b"new")
    assert Storage(path).content(b"a") == b"old"
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_content_is_on_the_disk_before_its_name(path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda *a, name=name, real=real: (calls.append(name), real(*a))
        )
    Storage(path).put(b"a", b"b")
    assert calls == ["fsync", "replace", "fsync"]  # the content, the name, the folder


def test_a_link_to_the_store_stays_one(path, tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(path)
    Storage(link).put(b"a", b"b")
    assert link.is_symlink() and Storage(path).content(b"a") == b"b"
