"""File commands on trial (guide 6.4, tables 41 and 43)."""

from atcore.commands import command

_FILE = (("FileName", "str", "", 179), ("SecureToken", "u32", "?"))
_NAMES = b"master", b"write_read", b"write_only", b"read_only"  # of tokens, in style ti
_INFO = (
    ("given", 0, ("mask", 0, b"file_properties")),
    ("u32", 1),
    ("u32", 2),
    ("guide", ("raw", 3)),
    ("ti", ("given", 4, ("raw", 4))),
    ("u32", 5),
    ("u32", 6),
)


@command(b"FileDel", _FILE)
async def delete(cmd, name, token):
    """Delete a file (table 41)."""
    await cmd.sl.fs.del_(name, token or 0)


@command(b"FileGetInfo", _FILE, reply=_INFO)
async def info(cmd, name, token):
    """Tell about a file (table 43, rule M4)."""
    flags, size, room, tokens, storage, writes = await cmd.sl.fs.info(name, token or 0)
    numbers = b"|".join([b"%d" % token for token in tokens])
    names = b"|".join([_NAMES[token] for token in tokens if token < len(_NAMES)])
    return flags or None, size, room, numbers, names or None, storage, writes
