"""File system group, second part: file list, control operations, programming (6.6)."""

from __future__ import annotations

from . import storage as st
from .fs import CHUNK, MASTER, WRITERS, FileGroup, split_name
from .image import ImageError, unpack_image
from .registry import NwpError, group, handles

RESTORE, ROLLBACK, COMMIT, RENAME = 0, 1, 2, 3  # enum fs_ctl
GET_STORAGE_INFO, BUNDLE_ROLLBACK, BUNDLE_COMMIT = 5, 6, 7
WITH_ATTRIBUTES = 1
FACTORY_DEFAULT, PRODUCTION_IMAGE = 2, 0


@group("fsctl")
class FileControl(FileGroup):
    """What concerns the store as a whole, and states of files between two starts."""

    @handles("FS_GET_FILE_LIST")
    def file_list(self, cmd) -> None:
        """Entries of a fixed stride; `index` is the table slot of the last one listed."""
        stride, room = cmd.max_entry_len, cmd.max_entry_len
        if cmd.flags & WITH_ATTRIBUTES:
            room -= 12
        if room < 2 or cmd.count * stride > CHUNK or cmd.index < -1:
            raise NwpError("SL_ERROR_FS_INVALID_ARGS")
        files = sorted(self.store.files.values(), key=lambda file: file.slot)
        files = [file for file in files if file.slot > cmd.index][: cmd.count]
        data = b""
        for file in files:
            entry = self._attributes(file) if cmd.flags & WITH_ATTRIBUTES else b""
            data += (entry + file.name[: room - 1]).ljust(stride, b"\0")
        index = files[-1].slot if files else cmd.index
        self.np.respond(cmd, payload=data, count=len(files), index=index, buffer_len=len(data))

    def _attributes(self, file: st.File) -> bytes:
        return self.np.protocol.pack(
            "file_attributes",
            max_size=file.max_size,
            properties=self.np.groups["fs"].flags_of(file, "fs_info_user_flags"),
            allocated_blocks=file.blocks,
        )

    @handles("FS_CTL")
    def control(self, cmd) -> None:
        operation = self._OPERATIONS.get(cmd.operation)
        if operation is None:
            raise NwpError("SL_ERROR_FS_NOT_SUPPORTED")
        operation(self, cmd)

    # One file

    def _pending(self, cmd) -> st.File:
        """The file of a commit or rollback: control data (4 bytes), then the name."""
        file = self.find(split_name(cmd.padded[4:]))
        self.authorise(file, cmd.token, WRITERS, st.PUBLIC_WRITE)
        if not file.flags & st.FAILSAFE:
            raise NwpError("SL_ERROR_FS_FILE_HAS_NO_FAILSAFE")
        if file.pending != st.MUST_COMMIT:
            raise NwpError("SL_ERROR_FS_INCORRECT_FILE_STATE_FOR_OPERATION")
        return file

    def _commit(self, cmd) -> None:
        file = self._pending(cmd)
        file.pending, file.mirror = 0, None
        self.store.changed()
        self.np.respond(cmd, token=cmd.token)

    def _rollback(self, cmd) -> None:
        file = self._pending(cmd)
        if self.opened(file):
            raise NwpError("SL_ERROR_FS_FILE_IS_ALREADY_OPENED")
        file.pending, file.active, file.mirror = 0, file.mirror, None
        self.store.changed()
        self.np.respond(cmd, token=cmd.token)

    def _rename(self, cmd) -> None:
        old = split_name(cmd.payload[: cmd.name_len])
        new = split_name(cmd.payload[cmd.name_len :])
        file = self.find(old)
        self.authorise(file, cmd.token, (MASTER,))
        if new.startswith(st.SYS_PREFIX) or file.is_system:
            raise NwpError("SL_ERROR_FS_FILE_NAME_RESERVED")
        if new in self.store.files:
            raise NwpError("SL_ERROR_FS_FILE_NAME_EXIST")
        if self.opened(file):
            raise NwpError("SL_ERROR_FS_FILE_IS_ALREADY_OPENED")
        del self.store.files[old]
        file.name = new
        self.store.files[new] = file
        self.store.changed()
        self.np.respond(cmd, token=cmd.token)

    # The bundle

    def _bundle_files(self) -> list[st.File]:
        files = [f for f in self.store.files.values() if f.pending == st.BUNDLE_FILE]
        if self.store.bundle == st.STOPPED:
            raise NwpError("SL_ERROR_FS_BUNDLE_NOT_IN_CORRECT_STATE")
        writing = [o for o in self.store.handles.values() if o.commit == st.BUNDLE_FILE]
        if writing or any(self.opened(f) for f in files):
            raise NwpError("SL_ERROR_FS_BUNDLE_FILES_ARE_OPENED")
        return files

    def _bundle_end(self, cmd) -> None:
        self.store.bundle = st.STOPPED
        self.store.changed()
        self.np.respond(cmd, self.store.bundle, token=cmd.token)

    def _bundle_commit(self, cmd) -> None:
        files = self._bundle_files()
        if self.store.bundle != st.PENDING_COMMIT:
            raise NwpError("SL_ERROR_FS_BUNDLE_NOT_IN_CORRECT_STATE")
        if not files:
            raise NwpError("SL_ERROR_FS_BUNDLE_NOT_CONTAIN_FILES")
        for file in files:
            file.pending, file.mirror = 0, None
        self._bundle_end(cmd)

    def _bundle_rollback(self, cmd) -> None:
        for file in self._bundle_files():
            if self.store.bundle == st.PENDING_COMMIT:
                file.active = file.mirror
            file.pending, file.mirror = 0, None
        self._bundle_end(cmd)

    # The whole store

    def _storage_info(self, cmd) -> None:
        store = self.store
        info = self.np.protocol.pack(
            "fs_storage_info",
            block_size=st.BLOCK,
            blocks_total=store.blocks_total,
            blocks_allocated=store.blocks_used,
            blocks_reserved=store.blocks_reserved,
            blocks_reserved_system=store.blocks_reserved // 2,
            largest_gap=store.blocks_free,
            blocks_free_user=store.blocks_free,
            max_files=st.MAX_FILES,
            dev_format=1,
            bundle_state=store.bundle,
            max_sys_files=st.MAX_FILES // 4,
            user_files=sum(not f.is_system for f in store.files.values()),
            sys_files=sum(f.is_system for f in store.files.values()),
            alerts=store.alerts,
            alerts_threshold=store.alerts_threshold,
            fat_write_counter=store.fat_writes,
        )
        self.np.respond(cmd, payload=info)

    def _restore(self, cmd) -> None:
        """Factory image; the next start reports it. Errors stand in the upper half (6.6)."""
        operation = self.np.protocol.unpack("fs_restore", cmd.payload).operation
        if operation not in (PRODUCTION_IMAGE, FACTORY_DEFAULT):
            error = self.np.protocol.error("SL_ERROR_FS_INVALID_ARGS")
            self.np.respond(cmd, error << 16)
            return
        self.store.handles.clear()
        self.store.factory_reset(self.np.world)
        self.np.set_status("LOCKED", False)
        self.np.respond(cmd)

    _OPERATIONS = {
        RESTORE: _restore,
        ROLLBACK: _rollback,
        COMMIT: _commit,
        RENAME: _rename,
        GET_STORAGE_INFO: _storage_info,
        BUNDLE_ROLLBACK: _bundle_rollback,
        BUNDLE_COMMIT: _bundle_commit,
    }

    # Programming

    @handles("FS_PROGRAM")
    def program(self, cmd) -> None:
        """Take a chunk of an image (image.py); at its end replace all files by its files."""
        key, chunk = cmd.payload[: cmd.key_len], cmd.payload[cmd.key_len :]
        try:
            if cmd.key_len not in (0, 16) or cmd.chunk_len % 16 or cmd.chunk_len > CHUNK:
                raise NwpError("SL_ERROR_FS_NOT_16_ALIGNED")
            status = self._program(key, chunk)
        except NwpError as error:
            self.store.programming = b""
            self.store.save()
            status = self.np.protocol.error(error.code) << 16
        self.np.respond(cmd, status)

    def _program(self, key: bytes, chunk: bytes) -> int:
        store = self.store
        if not chunk:
            if not store.program_image:
                raise NwpError("SL_ERROR_FS_PROGRAMMING_IMAGE_NOT_EXISTS")
            data = store.program_image
        else:
            data = store.programming + chunk
        try:
            files = unpack_image(data, key)
        except ImageError:
            raise NwpError("SL_ERROR_FS_PROGRAMMING_ILLEGAL_FILE") from None
        if files is None:
            store.programming = data
            store.save()
            return len(chunk)
        store.programming = b""
        store.program_image = data
        store.files.clear()
        store.handles.clear()
        store.config.clear()
        for name, content, max_size, flags in files:
            store.put(name, content, max_size, flags)
        return 0
