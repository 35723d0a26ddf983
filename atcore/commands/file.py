"""File commands: guide 6.4, tables 38-45; at-commands.md chapter 11."""

from struct import unpack_from

from atbytes import kw_told

from .._keywords import TABLES
from ..compat import const
from ..dispatch import BY_OPTION, REPEATED
from ..grammar import MISSING, ParseError
from . import command

# table: enums fs_ctl
_FS_CTL_RESTORE = const(0)
_FS_CTL_ROLLBACK = const(1)
_FS_CTL_COMMIT = const(2)
_FS_CTL_RENAME = const(3)
_FS_CTL_GET_STORAGE_INFO = const(5)
_FS_CTL_BUNDLE_ROLLBACK = const(6)
_FS_CTL_BUNDLE_COMMIT = const(7)
# end
# table: layout file_attributes
_FILE_ATTRIBUTES_FORMAT = const("<III")
_FILE_ATTRIBUTES_SIZE = const(12)
# end
# table: spec STORAGE_LINE fs_storage_info none block_size blocks_total blocks_allocated
#     blocks_reserved blocks_reserved_system largest_gap blocks_free_user max_files dev_format
#     bundle_state max_sys_files user_files sys_files alerts alerts_threshold fat_write_counter
_STORAGE_LINE_SIZE = const(36)
_STORAGE_LINE = const(
    (
        (
            "packed",
            b"nH\x00H\x02H\x04H\x06H\x08H\x0aH\x0cB\x10B\x11B\x12B\x14B\x15B\x16I\x18I\x1cH ",
        ),
    )
)
# end
_CREATE = const(0x08000000)  # of file_open_option
_ENTRY = const(192)  # bytes of an entry of the file list: attributes, name, NUL
_MOST = const(6)  # entries of a frame
_WORDS = const(b"file_token")

_ID = const(("FileID", "i32", ""))
_OFFSET = const(("Offset", "u32", ""))
_FORMAT = const(("Format", "format", ""))
_FILE = const((("FileName", "str", "", 180, 1), ("SecureToken", "u32", "?!")))

_TOKEN = const(("Secure_Token", "u32", "!"))
_NAME = const(("Filename", "str", "", 180, 1))
_NO_TOKEN = const(("Secure_Token", "any", "?"))
_NO_NAME = const(("Filename", "any", "?"))
_NO_DATA = const(("Data", "any", "?"))
_TOKEN_LINE = const((("u32", 0), ("none",)))
_EMPTY_LINE = const((("must", 1, ("none",)), ("none",)))  # in style ti none at all
# Table 40: (command, arguments, bytes asked for, value line).
_CONTROL = const(
    (
        (
            _FS_CTL_RESTORE,
            (_NO_TOKEN, _NO_NAME, ("Data", "key", "", b"file_ctl_restore")),
            0,
            _EMPTY_LINE,
        ),
        (_FS_CTL_ROLLBACK, (_TOKEN, _NAME, _NO_DATA), 0, _TOKEN_LINE),
        (_FS_CTL_COMMIT, (_TOKEN, _NAME, _NO_DATA), 0, _TOKEN_LINE),
        (_FS_CTL_RENAME, (_TOKEN, _NAME, ("Data", "str", "", 180, 1)), 0, _EMPTY_LINE),
        (
            _FS_CTL_GET_STORAGE_INFO,
            (_NO_TOKEN, _NO_NAME, _NO_DATA),
            _STORAGE_LINE_SIZE,
            _STORAGE_LINE,
        ),
        (None, (_NO_TOKEN, _NO_NAME, _NO_DATA), 0, _EMPTY_LINE),
    )
)


@command(
    b"FileOpen",
    (_NAME, ("Options", "mask", "", b"file_open_option"), ("File size", "u32", "?")),
    reply=(("i32", 0), ("u32", 1)),
)
def open(cmd, name, options, size):
    """Open or create a file (table 38)."""
    if size is None and options & _CREATE:
        raise ParseError(MISSING, "File size")
    return cmd.sl.fs.open(name, options, size or 0)


@command(
    b"FileClose",
    (_ID, ("CertificateFileName", "str", "?", 180), ("Signature", "sign", "?", 344)),
)
def close(cmd, handle, certificate, signature):
    """Close a file, and keep what was written: one that is secure by its signature (table 39)."""
    return cmd.sl.fs.close(handle, certificate or b"", signature or b"")


@command(
    b"FileCtl",
    (
        ("Command", "key", "", b"file_ctl_command"),
        ("Secure_Token,Filename,Data", "forms", "", _CONTROL),
    ),
    reply=BY_OPTION,
)
async def control(cmd, number, token, name, data):
    """Change the state of a file or of the whole store, or tell that (table 40)."""
    _, _, size, spec = cmd.core.form
    out = bytearray(size)
    if number != _FS_CTL_RENAME:
        data = b"" if size else (data or 0).to_bytes(4, "little")
    _, token = await cmd.sl.fs.ctl(number, token or 0, name or b"", data, out)
    return spec, out if size else (token, b"")


@command(b"FileDel", _FILE)
def delete(cmd, name, token):
    """Delete a file (table 41)."""
    return cmd.sl.fs.del_(name, token or 0)


@command(
    b"FileGetFileList",
    values=REPEATED,
    reply=(("str", 3), ("u32", 0), ("given", 1, ("mask", 1, b"file_properties")), ("u32", 2)),
)
async def file_list(cmd):
    """Tell of all files (table 42)."""
    room = cmd.frame(_MOST * _ENTRY, 0)
    index, count = -1, _MOST
    while True:
        count, index = await cmd.sl.fs.list(index, count, _ENTRY, room)
        if not count:
            return
        for at in range(0, count * _ENTRY, _ENTRY):
            most, properties, blocks = unpack_from(_FILE_ATTRIBUTES_FORMAT, room, at)
            name = bytes(room[at + _FILE_ATTRIBUTES_SIZE : at + _ENTRY])
            await cmd.emit((most, properties or None, blocks, name[: name.find(b"\0")]))


@command(
    b"FileGetInfo",
    _FILE,
    reply=(
        ("given", 0, ("mask", 0, b"file_properties")),
        ("u32", 1),
        ("u32", 2),
        ("guide", ("raw", 3), ("u32", 4)),
        ("ti", ("raw", 6)),
        ("u32", 5),
    ),
)
async def info(cmd, name, token):
    """Tell of a file (table 43, rule M4)."""
    flags, size, most, tokens, storage, writes = await cmd.sl.fs.info(name, token or 0)
    numbers = b"|".join([b"%d" % one for one in tokens])
    # Style ti takes tokens for keywords; one that is none goes with the mark behind it.
    words = b""
    for at in range(4):
        word = kw_told(TABLES, _WORDS, True, tokens[at : at + 1], 0).encode()
        if word:
            words += word + (b"," if at == 3 else b"|")
    return flags or None, size, most, numbers, storage, writes, words + b"%d" % storage


@command(b"FileRead", (_ID, _OFFSET, _FORMAT, ("Length", "range", "", 0, 0x7FFFFFFF)))
async def read(cmd, handle, offset, format, length):
    """Read from a file (table 44); at most 4096 bytes."""
    room = cmd.frame(length, format)
    size = await cmd.sl.fs.read(handle, offset, room)
    return cmd.payload(room, size, format, ())


@command(
    b"FileWrite",
    (_ID, _OFFSET, _FORMAT, ("Length", "size", ""), ("Data", "data", "")),
    varies=True,
    reply=(("u32", 0),),
)
async def write(cmd, handle, offset, format, length, data):
    """Write to a file (table 45); tells how much was, in the unit of the format (rule D3)."""
    size = await cmd.sl.fs.write(handle, offset, cmd.data(format, data))
    return (size + 2) // 3 * 4 if format else size
