"""SHA-256: against the one of the PC, and the examples of FIPS 180-4."""

import ctypes
import hashlib

from hypothesis import given
from hypothesis import strategies as st

from cc32at.hostlink import library


def digest(data: bytes) -> bytes:
    """What firmware/link/sha256.c makes of this."""
    out = ctypes.create_string_buffer(32)
    library.load().sha256(data, len(data), out)
    return out.raw


def test_the_examples_of_the_standard():
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert digest(b"abc").hex() == expected


def test_every_length_about_a_block():
    for size in range(260):
        data = bytes(range(256))[:size] + bytes(max(0, size - 256))
        assert digest(data) == hashlib.sha256(data).digest(), size


@given(st.binary(max_size=9000))
def test_anything(data):
    assert digest(data) == hashlib.sha256(data).digest()
