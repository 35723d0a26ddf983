"""The file store of the network processor (nwp-protocol 6.6). Names are bytes, at most 179 of
them.
"""

from struct import pack, unpack, unpack_from

from .compat import const
from .errors import SlError, checked

# table: opcodes fs
_FS_OPEN = const(0xA43C)
_FS_CLOSE = const(0xA43D)
_FS_READ = const(0xA440)
_FS_WRITE = const(0xA441)
_FS_GET_INFO = const(0xA442)
_FS_DELETE = const(0xA443)
_FS_GET_FILE_LIST = const(0xA448)
_FS_PROGRAM = const(0xA44A)
_FS_CTL = const(0xA44B)
# end
# table: errors SL_ERROR_FS_INVALID_FILE_MODE SL_ERROR_FS_FILE_MAX_SIZE_EXCEEDED
_SL_ERROR_FS_INVALID_FILE_MODE = const(-10330)
_SL_ERROR_FS_FILE_MAX_SIZE_EXCEEDED = const(-10310)
# end
# table: errors SL_ERROR_FS_WRONG_FILE_NAME SL_EZEROLEN SL_ERROR_FS_NOT_16_ALIGNED
_SL_ERROR_FS_WRONG_FILE_NAME = const(-10298)
_SL_EZEROLEN = const(-2002)
_SL_ERROR_FS_NOT_16_ALIGNED = const(-10291)
# end
# table: errors SL_ERROR_FS_FAILED_TO_WRITE SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED
_SL_ERROR_FS_FAILED_TO_WRITE = const(-10336)
_SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED = const(-10316)
# end
# table: constants fs_chunk_size fs_max_file_name fs_max_file_size timeout_fs_open_program_ms
_FS_CHUNK_SIZE = const(1456)
_FS_MAX_FILE_NAME = const(180)
_FS_MAX_FILE_SIZE = const(16711680)
_TIMEOUT_FS_OPEN_PROGRAM_MS = const(655350)
# end

READ = const(0x40000000)
OVERWRITE = const(0x20000000)
WRITE = const(0x10000000)
CREATE = const(0x08000000)

_ACCESS = const(0x78000000)
_FLAGS = const(0x07FE0000)  # bits 17-26 of a mode: enum fs_wire_flags
_FLAGS_SHIFT = const(17)
_WIRE_FLAGS_SHIFT = const(16)
_FAILSAFE = const(0x20000)
_GIVE_UP = b"A"  # signature: discard what was written
_ROLLBACK = const(1)
_COMMIT = const(2)
_RENAME = const(3)
# Wire bits 0-13 of get info as bits of enum fs_info_user_flags; 0xFF: ignored.
_INFO_BITS = b"\x0c\x0b\x05\x08\x06\x00\x01\x02\x03\xff\x04\x0d\x09\x0a"


class Fs:
    """sl.fs

    most: how many files may be open at a time for who does not open `own` ones; the network
    processor has eight handles, and refuses more itself.
    """

    most = 8

    def __init__(self, link):
        self.link = link
        self.handles = []  # that are open
        link.sl.resets.append(self)

    def reset(self):
        """The network processor starts anew: nothing is open."""
        self.handles.clear()

    async def open(self, name, mode: int, size: int = 0, token: int = 0, own: bool = False):
        """Open or create; returns (handle, token).

        mode: READ, WRITE, OVERWRITE, CREATE or CREATE with WRITE or OVERWRITE, and flags in bits
        17-26 (0x20000 fail-safe, 0x40000 secure, ...). size: maximum in bytes when it creates.
        own: a file of the firmware itself, which the last handle is kept for (`most`).
        """
        if not own and len(self.handles) >= self.most:
            raise SlError(_SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED)
        args = pack("<II", _wire_mode(mode, size), token)
        end = b"" if mode & _ACCESS == READ else _GIVE_UP

        def undo(done):
            return self._shut(done, end)

        done = await self.link.command(_FS_OPEN, args, _name(name), head=8, undo=undo)
        handle, token = unpack("<iI", done.result)
        self.handles.append(checked(handle))
        return handle, token

    async def close(self, handle: int, cert=b"", signature=b"") -> None:
        """Close; with the name of a certificate and a signature for a secure file.

        The signature b"A" gives up what was written.
        """
        if handle in self.handles:
            self.handles.remove(handle)
        cert = _name(cert) if len(cert) else b""
        args = pack("<iII", handle, len(cert), len(signature))
        _status(await self.link.command(_FS_CLOSE, args, signature, prefix=cert))

    async def read(self, handle: int, offset: int, buf) -> int:
        """Read into buf from an offset; returns the count, 0 at the end of the file."""
        return await self._pieces(_FS_READ, handle, offset, buf, True)

    async def write(self, handle: int, offset: int, data) -> int:
        """Write data at an offset; returns the count."""
        return await self._pieces(_FS_WRITE, handle, offset, data, False)

    async def _pieces(self, opcode: int, handle: int, offset: int, data, into: bool) -> int:
        """Read or write in pieces of 1456 bytes. An error behind the first one only ends it."""
        at = total = 0
        data = memoryview(data)
        size = len(data)
        while True:
            piece = data[at : at + _FS_CHUNK_SIZE]
            args = pack("<iIHxx", handle, offset + at & 0xFFFFFFFF, len(piece))
            if into:
                done = await self.link.command(opcode, args, into=piece)
            else:
                done = await self.link.command(opcode, args, piece)
            status = unpack_from("<h", done.result)[0]
            if status < 0 and at:
                return total
            total += checked(status)
            at += len(piece)
            if at >= size:
                return total

    async def del_(self, name, token: int = 0) -> None:
        """Delete a file."""
        _status(await self.link.command(_FS_DELETE, pack("<I", token), _name(name)))

    async def info(self, name, token: int = 0):
        """(flags, length, maximum size, 4 tokens, bytes of storage, write counter) of a file.

        flags: enum fs_info_user_flags.
        """
        done = await self.link.command(_FS_GET_INFO, pack("<I", token), _name(name), head=36)
        got = unpack("<hHII4III", done.result)
        checked(got[0])
        flags = 0
        for bit in range(len(_INFO_BITS)):
            if got[1] >> bit & 1 and _INFO_BITS[bit] != 0xFF:
                flags |= 1 << _INFO_BITS[bit]
        return flags, got[2], got[3], got[4:8], got[8], got[9]

    async def list(self, index: int, count: int, stride: int, buf, flags: int = 1):
        """Names of files into buf; returns (count, index to go on with). Begin with index -1.

        Entries are `stride` bytes apart (a multiple of 4): with flags 1 a record file_attributes
        (12 bytes), then the name and a NUL. A count of 0 is the end.
        """
        if not len(buf):
            raise SlError(_SL_EZEROLEN)
        args = pack("<iBBBx", index, count, stride, flags)
        done = await self.link.command(_FS_GET_FILE_LIST, args, head=12, into=buf)
        count, index = unpack_from("<ii", done.result)
        return checked(count), index

    async def ctl(self, operation: int, token: int = 0, name=b"", data=b"", out=b""):
        """Control operation (enum fs_ctl); returns (status, new token); what it tells goes to out.

        1 rollback, 2 commit: name; 3 rename: name, data the new name; 0 restore, 6, 7 bundle: data
        is the record; 5 storage: out of 36 bytes.
        """
        prefix = b""
        name_len = 0
        if operation in (_ROLLBACK, _COMMIT):
            prefix, name_len, data = data or b"\0\0\0\0", len(name) + 1, _name(name)
        elif operation == _RENAME:
            prefix, data = _name(name), _name(data)
            name_len = len(prefix)
        args = pack("<IBxxxII", token, operation, name_len, len(prefix) + len(data))
        done = await self.link.command(_FS_CTL, args, data, head=12, into=out, prefix=prefix)
        status, token = unpack_from("<iI", done.result)
        return checked(status), token

    async def program(self, image=b"", key=b"", flags: int = 0) -> int:
        """A piece of an encrypted image (at most 1456 bytes); returns the count taken, 0 when
        finished.

        Nothing at all: extract the image that is stored. The code of an error has detail in its
        low 16 bits.
        """
        if len(image) % 16 or len(key) % 16:
            raise SlError(_SL_ERROR_FS_NOT_16_ALIGNED << 16)
        args = pack("<HHI", len(key), len(image), flags)
        prefix, data = (key, image) if len(image) else (b"", key)
        ms = _TIMEOUT_FS_OPEN_PROGRAM_MS
        done = await self.link.command(_FS_PROGRAM, args, data, prefix=prefix, ms=ms)
        status = unpack("<i", done.result)[0]
        if 0x8000 <= status <= 0xFFFF:  # a basic answer: the NWP does not know the command
            status -= 0x10000
        return checked(status)

    async def load(self, name, size: int, token: int = 0) -> bytes:
        """Content of a file, at most its first `size` bytes."""
        buf = bytearray(size)
        n = await self.fetch(name, 0, buf, True, token)
        return bytes(buf[:n])

    async def fetch(self, name, offset: int, buf, own: bool = False, token: int = 0) -> int:
        """Read a part of a file into buf; returns the count. own: see open()."""
        handle, _ = await self.open(name, READ, 0, token, own)
        try:
            n = await self.read(handle, offset, buf)
            await self.close(handle)
        except:  # noqa: E722 -- cancelled, refused, interrupted
            self.link.spawn(self._shut(pack("<i", handle)))
            raise
        return n

    async def store(self, name, data, size: int = 0, flags: int = _FAILSAFE) -> None:
        """Replace or create a file; size: its maximum from now on, at least that of data.

        Fail-safe: should anything go wrong the old content is still there.
        """
        size = max(size, len(data))
        handle, _ = await self.open(name, CREATE | OVERWRITE | flags, size, 0, True)
        try:
            if await self.write(handle, 0, data) != len(data):
                raise SlError(_SL_ERROR_FS_FAILED_TO_WRITE)
            await self.close(handle)
        except:  # noqa: E722 -- cancelled, refused, interrupted
            self.link.spawn(self._shut(pack("<i", handle), _GIVE_UP))
            raise

    async def _shut(self, done, signature=b""):
        """Close what an open brought, for nobody who could be told of an error."""
        handle = unpack_from("<i", done)[0] if len(done) >= 4 else -1
        if handle >= 0:
            try:
                await self.close(handle, b"", signature)
            except SlError:
                pass


def _status(done) -> None:
    """Raise the status of an answer."""
    checked(unpack_from("<h", done.result)[0])


def _name(name) -> bytes:
    """A file name as it travels: NUL, and zeros up to a multiple of 4."""
    if len(name) >= _FS_MAX_FILE_NAME:
        raise SlError(_SL_ERROR_FS_WRONG_FILE_NAME)
    return bytes(name) + b"\0\0\0\0"[: 4 - len(name) % 4]


def _wire_mode(mode: int, size: int) -> int:
    """Mode word of FS_OPEN (6.6)."""
    access = mode & _ACCESS
    flags = (mode & _FLAGS) >> _FLAGS_SHIFT << _WIRE_FLAGS_SHIFT
    if access == READ:
        return 0
    if access in (WRITE, OVERWRITE):
        return 0x1000 | flags
    if access in (CREATE, CREATE | WRITE):
        return 0x2000 | flags | _wire_size(size)
    if access == CREATE | OVERWRITE:
        return 0x3000 | flags | _wire_size(size)
    raise SlError(_SL_ERROR_FS_INVALID_FILE_MODE)


def _wire_size(size: int) -> int:
    """Maximum size as count (bits 0-7) and granularity (bits 8-11)."""
    size = (size + 255) // 256 * 256
    if size > _FS_MAX_FILE_SIZE:
        raise SlError(_SL_ERROR_FS_FILE_MAX_SIZE_EXCEEDED)
    step, shift = 0, 8
    while 255 << shift < size:
        step += 1
        shift += 2
    return step << 8 | (size + (1 << shift) - 1) >> shift
