"""File system group: open, read, write, close, information, delete (nwp-protocol.md 6.6).

The store itself is storage.py; file list, control operations and programming are in fsctl.py.

* A write replaces the whole content. A fail-safe file keeps its old copy until the close; any
  other file has no valid copy from the open to the close, also across a loss of power.
* With MUST_COMMIT the new copy is readable after the close but waits for commit or rollback. With
  BUNDLE_FILE it becomes readable at the next start, together with all files of the bundle.
* Secure files: four tokens (master, write-read, write-only, read-only) that change at every open
  for writing unless static; a wrong one is refused and counts as a security alert. Without
  NOSIGNATURE the close must bring a signature and the name of a certificate file.
"""

from __future__ import annotations

from . import signing
from . import storage as st
from .registry import Group, NwpError, group, handles

READ, WRITE, CREATE, OVERWRITE = 0, 1, 2, 3  # enum fs_access
GRANULARITY = (256, 1024, 4096, 16384, 65536)
CHUNK = 1456  # bytes of data in one message
NAME_MAX = 179
OPEN_FILES = 8
MASTER, WRITE_READ, WRITE_ONLY, READ_ONLY = range(4)
READERS = (MASTER, WRITE_READ, READ_ONLY)
WRITERS = (MASTER, WRITE_READ, WRITE_ONLY)
ABORT = b"A"
# Files below /sys/ that a host may write; the others belong to the NWP.
HOST_SYSTEM_FILES = (b"/sys/mcu", b"/sys/cert", b"/sys/servicepack.ucf", b"/sys/httpsrv")
ALERTS = ("SL_ERROR_FS_WRONG_SIGNATURE_SECURITY_ALERT",)
ALERTS += ("SL_ERROR_FS_CERT_CHAIN_ERROR_SECURITY_ALERT",)
ALERTS += ("SL_ERROR_FS_INVALID_TOKEN_SECURITY_ALERT",)


class OpenFile:
    """What a handle stands for; `level` is the token level it was opened with."""

    def __init__(self, file: st.File, writing: bool, level: int | None = None):
        self.file = file
        self.writing = writing
        self.level = level
        self.created = False
        self.commit = 0
        self.buffer = bytearray()


def split_name(payload: bytes) -> bytes:
    """The NUL-terminated name at the start of a payload."""
    name, nul, _ = payload.partition(b"\0")
    if not name or not nul or len(name) > NAME_MAX:
        raise NwpError("SL_ERROR_FS_WRONG_FILE_NAME")
    return name


class FileGroup(Group):
    """What fs.py and fsctl.py share."""

    @property
    def store(self) -> st.Storage:
        return self.np.storage

    def find(self, name: bytes) -> st.File:
        file = self.store.files.get(name)
        if file is None:
            raise NwpError("SL_ERROR_FS_FILE_NOT_EXISTS")
        return file

    def opened(self, file: st.File) -> list[OpenFile]:
        return [o for o in self.store.handles.values() if o.file is file]

    def fail(self, error: str):
        """Refuse; a security alert is counted, and locks the device at the threshold."""
        if error in ALERTS:
            self.store.alerts += 1
            self.store.save()
            if self.store.locked:
                self.np.set_status("LOCKED", True)
        raise NwpError(error)

    def authorise(self, file: st.File, token: int, levels: tuple, public: int = 0):
        """The level of a token; None where none is needed, and this is no good one."""
        if not file.flags & st.SECURE:
            return None
        level = file.tokens.index(token) if token in file.tokens else None
        if level in levels:
            return level
        if not file.flags & public:
            self.fail("SL_ERROR_FS_INVALID_TOKEN_SECURITY_ALERT")
        return None


@group("fs")
class Files(FileGroup):
    """One file at a time: open to close, information, delete."""

    @handles("FS_OPEN")
    def open(self, cmd) -> None:
        name = split_name(cmd.padded)
        access = cmd.mode >> 12 & 15
        if cmd.mode >> 27:
            raise NwpError("SL_ERROR_FS_INVALID_FILE_MODE")
        if access > OVERWRITE:
            raise NwpError("SL_ERROR_FS_INVALID_ACCESS_TYPE")
        if len(self.store.handles) >= OPEN_FILES:
            raise NwpError("SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED")
        if access == READ:
            handle, token = self._open_read(name, cmd.token)
        else:
            handle, token = self._open_write(name, access, cmd.mode, cmd.token)
        number = self.store.next_handle
        self.store.next_handle += 1
        self.store.handles[number] = handle
        self.np.respond(cmd, handle=number, token=token)

    def _open_read(self, name: bytes, token: int):
        file = self.find(name)
        self.authorise(file, token, READERS, st.PUBLIC_READ)
        if any(o.writing for o in self.opened(file)):
            raise NwpError("SL_ERROR_FS_FILE_IS_OPEN_FOR_WRITE")
        if file.active is None:
            raise NwpError("SL_ERROR_FS_NO_VALID_COPY_EXISTS")
        return OpenFile(file, False), token if file.flags & st.SECURE else 0

    def _open_write(self, name: bytes, access: int, mode: int, token: int):
        flags = mode >> 16 & 0x7FF
        if name.startswith(st.SYS_PREFIX) and not name.startswith(HOST_SYSTEM_FILES):
            known = name in self.store.files
            denied = "SL_ERROR_FS_SYSTEM_FILE_ACCESS_DENIED"
            raise NwpError(denied if known else "SL_ERROR_FS_FILE_NAME_RESERVED")
        file = self.store.files.get(name)
        size = (mode & 0xFF) * GRANULARITY[min(mode >> 8 & 15, 4)]
        if file is None:
            if access == WRITE:
                raise NwpError("SL_ERROR_FS_FILE_NOT_EXISTS")
            return self._create(name, size, flags, token)
        if access == CREATE:
            raise NwpError("SL_ERROR_FS_FILE_ALREADY_EXISTS")
        level = self.authorise(file, token, WRITERS, st.PUBLIC_WRITE)
        self._check_rewrite(file, access, flags, size)
        handle = OpenFile(file, True, level)
        handle.commit = self._commit_flag(file, flags)
        if access == OVERWRITE and size > file.max_size:
            self._grow(file, size)
        if file.flags & st.SECURE and not file.flags & st.STATIC_TOKEN:
            self._new_tokens(file)
        if not file.flags & st.FAILSAFE:
            file.active = None
        self.store.changed()
        return handle, file.tokens[level] if level is not None else 0

    def _create(self, name: bytes, size: int, flags: int, token: int):
        if not size:
            raise NwpError("SL_ERROR_FS_FILE_INVALID_FILE_SIZE")
        if len(self.store.files) >= st.MAX_FILES:
            raise NwpError("SL_ERROR_FS_NO_ENTRIES_AVAILABLE")
        if flags & (st.NOSIGNATURE | st.VENDOR_TOKEN | st.STATIC_TOKEN) and not flags & st.SECURE:
            raise NwpError("SL_ERROR_FS_WRONG_FILE_OPEN_FLAGS")
        file = st.File(name, size, flags)
        if file.blocks > self.store.blocks_free:
            raise NwpError("SL_ERROR_FS_NOT_ENOUGH_STORAGE_SPACE")
        handle = OpenFile(file, True, MASTER if file.flags & st.SECURE else None)
        handle.commit = self._commit_flag(file, flags)
        handle.created = True
        if file.flags & st.SECURE:
            self._new_tokens(file)
            if flags & st.VENDOR_TOKEN:
                file.tokens[MASTER] = token
        self.store.insert(file)
        self.store.changed()
        return handle, file.tokens[MASTER]

    def _check_rewrite(self, file: st.File, access: int, flags: int, size: int) -> None:
        opened = self.opened(file)
        if any(o.writing for o in opened):
            raise NwpError("SL_ERROR_FS_FILE_IS_OPEN_FOR_WRITE")
        if opened:
            raise NwpError("SL_ERROR_FS_FILE_IS_ALREADY_OPENED")
        if file.pending:
            raise NwpError("SL_ERROR_FS_FILE_IS_PENDING_COMMIT")
        if access == OVERWRITE and flags & st.CREATION_FLAGS != file.flags:
            raise NwpError("SL_ERROR_FS_FILE_ACCESS_IS_DIFFERENT")

    def _commit_flag(self, file: st.File, flags: int) -> int:
        """MUST_COMMIT, BUNDLE_FILE or 0; a bundle begins with its first file."""
        if flags & st.BUNDLE_FILE:
            if not file.flags & st.FAILSAFE:
                raise NwpError("SL_ERROR_FS_BUNDLE_FILE_SHOULD_BE_CREATED_WITH_FAILSAFE")
            if self.store.bundle == st.PENDING_COMMIT:
                raise NwpError("SL_ERROR_FS_BUNDLE_NOT_IN_CORRECT_STATE")
            self.store.bundle = st.STARTED
            return st.BUNDLE_FILE
        if flags & st.MUST_COMMIT:
            if not file.flags & st.FAILSAFE:
                raise NwpError("SL_ERROR_FS_FILE_HAS_NO_FAILSAFE")
            return st.MUST_COMMIT
        return 0

    def _grow(self, file: st.File, size: int) -> None:
        old, file.max_size = file.max_size, size
        if self.store.blocks_free < 0:
            file.max_size = old
            raise NwpError("SL_ERROR_FS_NOT_ENOUGH_STORAGE_SPACE")

    def _new_tokens(self, file: st.File) -> None:
        file.tokens = [self.np.random.getrandbits(31) + 1 for _ in range(4)]

    def _handle(self, number: int) -> OpenFile:
        handle = self.store.handles.get(number)
        if handle is None:
            raise NwpError("SL_ERROR_FS_INVALID_HANDLE")
        return handle

    @handles("FS_READ")
    def read(self, cmd) -> None:
        handle = self._handle(cmd.handle)
        if handle.writing:
            raise NwpError("SL_ERROR_FS_INVALID_ACCESS_TYPE")
        if not 0 < cmd.len <= CHUNK:
            raise NwpError("SL_ERROR_FS_INVALID_LENGTH_FOR_READ")
        content = handle.file.active
        if cmd.offset >= len(content):
            raise NwpError("SL_ERROR_FS_OFFSET_OUT_OF_RANGE")
        data = content[cmd.offset : cmd.offset + cmd.len]
        self.np.respond(cmd, len(data), data)

    @handles("FS_WRITE")
    def write(self, cmd) -> int:
        handle = self._handle(cmd.handle)
        if not handle.writing:
            raise NwpError("SL_ERROR_FS_INVALID_ACCESS_TYPE")
        if cmd.len > CHUNK:
            raise NwpError("SL_ERROR_FS_INVALID_WRITE_BUFFER")
        if handle.file.flags & st.SECURE and cmd.offset % 16:
            raise NwpError("SL_ERROR_FS_OFFSET_NOT_16_BYTE_ALIGN")
        end = cmd.offset + cmd.len
        if end > handle.file.max_size:
            raise NwpError("SL_ERROR_FS_FILE_MAX_SIZE_EXCEEDED")
        if cmd.len:
            handle.buffer.extend(b"\xff" * (cmd.offset - len(handle.buffer)))
            handle.buffer[cmd.offset : end] = cmd.payload
        return cmd.len

    @handles("FS_CLOSE")
    def close(self, cmd) -> int:
        handle = self._handle(cmd.handle)
        cert = cmd.payload[: cmd.cert_name_len].partition(b"\0")[0]
        signature = cmd.payload[cmd.cert_name_len :]
        del self.store.handles[cmd.handle]
        if not handle.writing:
            return 0
        if signature == ABORT:
            self._abort(handle)
            return 0
        try:
            self._check_signature(handle.file, bytes(handle.buffer), signature, cert)
        except NwpError as error:
            self._abort(handle)
            self.fail(error.code)
        self._keep(handle)
        return 0

    def _check_signature(self, file, content: bytes, signature: bytes, cert: bytes) -> None:
        if not file.flags & st.SECURE or file.flags & st.NOSIGNATURE:
            if signature or cert:
                raise NwpError("SL_ERROR_FS_FILE_IS_NOT_SECURE_AND_SIGN")
            return
        signing.verify(content, signature, cert, self.store, self.np.world.trusted_roots)

    def _abort(self, handle: OpenFile) -> None:
        """What was written is discarded; a file that was new is gone."""
        if handle.created:
            del self.store.files[handle.file.name]
        self.store.changed()

    def _keep(self, handle: OpenFile) -> None:
        file, content = handle.file, bytes(handle.buffer)
        file.pending = handle.commit
        if handle.commit == st.BUNDLE_FILE:
            file.mirror = content
        else:
            file.mirror = file.active if handle.commit else None
            file.active = content
        file.write_counter += 1
        self.store.changed()

    @handles("FS_GET_INFO")
    def info(self, cmd) -> None:
        file = self.find(split_name(cmd.padded))
        level = self.authorise(file, cmd.token, (0, 1, 2, 3), st.PUBLIC_READ | st.PUBLIC_WRITE)
        self.np.respond(
            cmd,
            flags=self.flags_of(file, "fs_info_wire_flags"),
            file_len=len(file.active or b""),
            alloc_len=file.max_size,
            tokens=file.tokens if level == MASTER else [0] * 4,
            storage_size=file.blocks * st.BLOCK,
            write_counter=file.write_counter,
        )

    def flags_of(self, file: st.File, enum: str) -> int:
        """The state of a file in one of the two numberings (fs_info_wire/user_flags)."""
        opened = self.opened(file)
        state = {
            "OPEN_WRITE": any(o.writing for o in opened),
            "OPEN_READ": any(not o.writing for o in opened),
            "NOT_FAILSAFE": not file.flags & st.FAILSAFE,
            "NOT_VALID": file.active is None,
            "SYS_FILE": file.is_system,
            "MUST_COMMIT": file.pending == st.MUST_COMMIT,
            "BUNDLE_FILE": file.pending == st.BUNDLE_FILE,
            "PENDING_COMMIT": file.pending == st.MUST_COMMIT,
            "PENDING_BUNDLE_COMMIT": (
                file.pending == st.BUNDLE_FILE and self.store.bundle == st.PENDING_COMMIT
            ),
            "SECURE": file.flags & st.SECURE,
            "NOSIGNATURE": file.flags & st.NOSIGNATURE,
            "PUBLIC_WRITE": file.flags & st.PUBLIC_WRITE,
            "PUBLIC_READ": file.flags & st.PUBLIC_READ,
        }
        bits = self.np.protocol.enums[enum]
        return sum(bits[name] for name, on in state.items() if on)

    @handles("FS_DELETE")
    def delete(self, cmd) -> int:
        file = self.find(split_name(cmd.padded))
        self.authorise(file, cmd.token, (MASTER,))
        if file.is_system and not file.name.startswith(HOST_SYSTEM_FILES):
            raise NwpError("SL_ERROR_FS_SYSTEM_FILE_ACCESS_DENIED")
        if self.opened(file):
            raise NwpError("SL_ERROR_FS_FILE_IS_ALREADY_OPENED")
        del self.store.files[file.name]
        self.store.changed()
        return 0
