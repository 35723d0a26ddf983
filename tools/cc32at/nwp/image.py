"""Programming images of the model: what FS_PROGRAM takes.

TI's image format is not documented, so the model has its own: a 16-byte header (magic, total
length), then deflated JSON, padded to 16 bytes; optionally AES-128-CTR over everything.
"""

from __future__ import annotations

import base64
import json
import zlib

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

MAGIC = b"CC32AT image"
HEADER = 16


class ImageError(ValueError):
    """Not an image, damaged, or the wrong key."""


def _crypt(data: bytes, key: bytes) -> bytes:
    if not key:
        return data
    cipher = Cipher(algorithms.AES(key), modes.CTR(bytes(16)))
    return cipher.encryptor().update(data)


def pack_image(files: list, key: bytes = b"") -> bytes:
    """An image of (name, content, max_size, flags) tuples; key is 16 bytes or empty."""
    rows = [
        [base64.b64encode(name).decode(), base64.b64encode(content).decode(), size, flags]
        for name, content, size, flags in files
    ]
    body = zlib.compress(json.dumps(rows).encode())
    data = MAGIC + (HEADER + len(body)).to_bytes(4, "little") + body
    return _crypt(data.ljust(-(-len(data) // 16) * 16, b"\0"), key)


def unpack_image(data: bytes, key: bytes = b"") -> list | None:
    """The files of an image; None while it is not complete. Raises ImageError."""
    if len(data) < HEADER:
        return None
    data = _crypt(data, key)
    if not data.startswith(MAGIC):
        raise ImageError("magic number")
    length = int.from_bytes(data[12:16], "little")
    if len(data) < length:
        return None
    try:
        rows = json.loads(zlib.decompress(data[HEADER:length]))
        return [
            (base64.b64decode(name), base64.b64decode(content), size, flags)
            for name, content, size, flags in rows
        ]
    except (ValueError, zlib.error) as error:
        raise ImageError(str(error)) from error
