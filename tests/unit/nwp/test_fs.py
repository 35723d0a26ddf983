"""The file store: open modes, fail-safe files, commit, bundle, tokens, signatures, lists."""

import datetime
import struct

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from cc32at.nwp import NetworkProcessor, Storage
from cc32at.nwp.codec import protocol
from cc32at.nwp.image import pack_image
from cc32at.world import World
from tests.unit.nwp.support import Host, file_name, open_mode

ERROR = protocol().errors
INFO = protocol().enums["fs_info_wire_flags"]
FAILSAFE, SECURE, NOSIGNATURE, STATIC, VENDOR, PUBLIC_WRITE, PUBLIC_READ = (
    1 << n for n in range(7)
)
MUST_COMMIT, BUNDLE = 0x80, 0x100
EMPTY = "{}"


class Disk(Host):
    """A host with file operations; negative results are returned, not raised."""

    def __init__(self, np=None, world=EMPTY, **more):
        super().__init__(np, None if np else world, **more)

    def open(self, name, access, size=0, flags=0, token=0):
        answer = self.command(
            "FS_OPEN", file_name(name), mode=open_mode(access, size, flags), token=token
        )
        self.token = answer.token
        handle = answer.handle
        return handle - (1 << 32) if handle >> 31 else handle

    def write(self, handle, offset, data):
        sent = self.command("FS_WRITE", data, handle=handle, offset=offset, len=len(data))
        return sent.status

    def read(self, handle, offset, length):
        answer = self.command("FS_READ", handle=handle, offset=offset, len=length)
        return answer.payload if answer.status >= 0 else answer.status

    def close(self, handle, signature=b"", cert=""):
        name = file_name(cert) if cert else b""
        return self.command(
            "FS_CLOSE",
            name + signature,
            handle=handle,
            cert_name_len=len(name),
            signature_len=len(signature),
        ).status

    def store(self, name, data, access="overwrite", flags=0, token=0, **more):
        """Open, write, close; the first error or the result of the close."""
        handle = self.open(name, access, max(len(data), 1), flags, token)
        if handle < 0:
            return handle
        for at in range(0, len(data), 1456):
            result = self.write(handle, at, data[at : at + 1456])
            if result < 0:
                return result
        return self.close(handle, **more)

    def load(self, name, token=0):
        handle = self.open(name, "read", token=token)
        if handle < 0:
            return handle
        data, part = b"", b"x"
        while isinstance(part := self.read(handle, len(data), 1456), bytes):
            data += part
        self.close(handle)
        return data

    def info(self, name, token=0):
        return self.command("FS_GET_INFO", file_name(name), token=token)

    def delete(self, name, token=0):
        return self.command("FS_DELETE", file_name(name), token=token).status

    def control(self, operation, name="", token=0):
        number = protocol().enums["fs_ctl"][operation]
        data, length = b"", 0
        if operation not in ("GET_STORAGE_INFO",):
            data = bytes(4)
        if name:
            data, length = data + file_name(name), len(name) + 1
        return self.command(
            "FS_CTL", data, token=token, operation=number, name_len=length, buffer_len=len(data)
        )

    def rename(self, old, new, token=0):
        data = file_name(old) + file_name(new)
        return self.command(
            "FS_CTL",
            data,
            token=token,
            operation=3,
            name_len=len(file_name(old)),
            buffer_len=len(data),
        ).status

    def storage(self):
        return protocol().unpack("fs_storage_info", self.control("GET_STORAGE_INFO").payload)


def test_written_content_is_read_back():
    disk = Disk()
    content = bytes(range(256)) * 20
    assert disk.store("a.bin", content) == 0
    assert disk.load("a.bin") == content
    assert disk.info("a.bin").file_len == len(content)


@pytest.mark.parametrize(
    "access, known, error",
    [
        ("read", False, "SL_ERROR_FS_FILE_NOT_EXISTS"),
        ("write", False, "SL_ERROR_FS_FILE_NOT_EXISTS"),
        ("create", True, "SL_ERROR_FS_FILE_ALREADY_EXISTS"),
    ],
)
def test_open_mode_must_fit_what_is_there(access, known, error):
    disk = Disk()
    if known:
        disk.store("f", b"old")
    assert disk.open("f", access, 100) == ERROR[error]


def test_create_then_overwrite_then_write():
    disk = Disk()
    assert disk.store("f", b"one", "create") == 0
    assert disk.store("f", b"two", "overwrite") == 0
    assert disk.store("f", b"3", "write") == 0
    assert disk.load("f") == b"3"
    assert disk.info("f").write_counter == 3


def test_maximum_size_holds_and_can_grow_by_overwriting():
    disk = Disk()
    handle = disk.open("f", "create", 256)
    assert disk.write(handle, 250, b"123456") == 6
    assert disk.write(handle, 250, b"1234567") == ERROR["SL_ERROR_FS_FILE_MAX_SIZE_EXCEEDED"]
    disk.close(handle)
    assert disk.info("f").alloc_len == 256
    assert disk.store("f", bytes(5000)) == 0
    assert disk.info("f").alloc_len == 5120


def test_old_content_is_not_kept_behind_a_shorter_one():
    disk = Disk()
    disk.store("f", b"a long content")
    disk.store("f", b"short", "write")
    assert disk.load("f") == b"short"


def test_reading_at_the_end_is_out_of_range():
    disk = Disk()
    disk.store("f", b"abc")
    handle = disk.open("f", "read")
    assert disk.read(handle, 1, 1456) == b"bc"
    assert disk.read(handle, 3, 10) == ERROR["SL_ERROR_FS_OFFSET_OUT_OF_RANGE"]
    assert disk.read(handle, 0, 0) == ERROR["SL_ERROR_FS_INVALID_LENGTH_FOR_READ"]
    assert disk.write(handle, 0, b"x") == ERROR["SL_ERROR_FS_INVALID_ACCESS_TYPE"]


def test_handles_end_with_the_close():
    disk = Disk()
    handle = disk.open("f", "create", 10)
    assert disk.close(handle) == 0
    assert disk.close(handle) == ERROR["SL_ERROR_FS_INVALID_HANDLE"]
    assert disk.read(handle, 0, 1) == ERROR["SL_ERROR_FS_INVALID_HANDLE"]


def test_one_writer_excludes_everybody():
    disk = Disk()
    disk.store("f", b"x")
    handle = disk.open("f", "write")
    assert disk.open("f", "read") == ERROR["SL_ERROR_FS_FILE_IS_OPEN_FOR_WRITE"]
    assert disk.open("f", "write") == ERROR["SL_ERROR_FS_FILE_IS_OPEN_FOR_WRITE"]
    assert disk.delete("f") == ERROR["SL_ERROR_FS_FILE_IS_ALREADY_OPENED"]
    assert disk.info("f").flags & INFO["OPEN_WRITE"]
    disk.write(handle, 0, b"y")
    disk.close(handle)
    first, second = disk.open("f", "read"), disk.open("f", "read")
    assert first > 0 and second > 0
    assert disk.open("f", "write") == ERROR["SL_ERROR_FS_FILE_IS_ALREADY_OPENED"]


def test_too_many_open_files():
    disk = Disk()
    disk.store("f", b"x")
    handles = [disk.open("f", "read") for _ in range(8)]
    assert min(handles) > 0
    assert disk.open("f", "read") == ERROR["SL_ERROR_FS_MAX_OPENED_FILE_EXCEEDED"]


def test_fail_safe_file_keeps_its_content_until_the_close():
    disk = Disk()
    disk.store("f", b"old", flags=FAILSAFE)
    handle = disk.open("f", "write")
    disk.write(handle, 0, b"new")
    disk.power_cycle()
    assert disk.load("f") == b"old"
    assert disk.store("f", b"newer", "write") == 0
    assert disk.load("f") == b"newer"


def test_other_file_has_no_valid_copy_after_an_interrupted_write():
    disk = Disk()
    disk.store("f", b"old")
    disk.write(disk.open("f", "write"), 0, b"new")
    disk.power_cycle()
    assert disk.load("f") == ERROR["SL_ERROR_FS_NO_VALID_COPY_EXISTS"]
    assert disk.info("f").flags & INFO["NOT_VALID"]
    assert disk.store("f", b"again", "write") == 0 and disk.load("f") == b"again"


def test_abort_discards_what_was_written():
    disk = Disk()
    disk.store("safe", b"old", flags=FAILSAFE)
    for name in ("safe", "fresh"):
        handle = disk.open(name, "overwrite", 10, FAILSAFE)
        disk.write(handle, 0, b"new")
        assert disk.close(handle, b"A") == 0
    assert disk.load("safe") == b"old"
    assert disk.load("fresh") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]


def test_commit_and_rollback():
    disk = Disk()
    disk.store("f", b"old", flags=FAILSAFE)
    for operation, left in (("ROLLBACK", b"old"), ("COMMIT", b"new")):
        assert disk.store("f", b"new", "write", MUST_COMMIT) == 0
        assert disk.load("f") == b"new"
        assert disk.info("f").flags & INFO["PENDING_COMMIT"]
        assert disk.open("f", "write") == ERROR["SL_ERROR_FS_FILE_IS_PENDING_COMMIT"]
        disk.power_cycle()
        assert disk.control(operation, "f").status == 0
        assert disk.load("f") == left
    error = ERROR["SL_ERROR_FS_INCORRECT_FILE_STATE_FOR_OPERATION"]
    assert disk.control("COMMIT", "f").status == error


def test_commit_needs_a_fail_safe_file():
    disk = Disk()
    disk.store("f", b"x")
    assert disk.open("f", "write", 0, MUST_COMMIT) == ERROR["SL_ERROR_FS_FILE_HAS_NO_FAILSAFE"]
    assert disk.control("COMMIT", "f").status == ERROR["SL_ERROR_FS_FILE_HAS_NO_FAILSAFE"]
    assert disk.control("COMMIT", "g").status == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]


def bundle_of_two(disk):
    for name in ("a", "b"):
        disk.store(name, b"old", flags=FAILSAFE)
    for name in ("a", "b"):
        assert disk.store(name, b"new", "write", BUNDLE) == 0


def test_bundle_becomes_active_together_after_a_restart():
    disk = Disk()
    bundle_of_two(disk)
    assert disk.storage().bundle_state == 1 and disk.load("a") == b"old"
    status = disk.control("BUNDLE_COMMIT").status
    assert status == ERROR["SL_ERROR_FS_BUNDLE_NOT_IN_CORRECT_STATE"]
    disk.power_cycle()
    assert disk.storage().bundle_state == 3
    assert (disk.load("a"), disk.load("b")) == (b"new", b"new")
    assert disk.info("a").flags & INFO["PENDING_BUNDLE_COMMIT"]
    assert disk.control("BUNDLE_COMMIT").status == 0
    assert disk.storage().bundle_state == 0 and disk.load("b") == b"new"


@pytest.mark.parametrize("restart", [False, True])
def test_bundle_rolls_back_together(restart):
    disk = Disk()
    bundle_of_two(disk)
    if restart:
        disk.power_cycle()
    assert disk.control("BUNDLE_ROLLBACK").status == 0
    assert (disk.load("a"), disk.load("b")) == (b"old", b"old")
    assert disk.storage().bundle_state == 0
    assert disk.control("BUNDLE_ROLLBACK").status < 0


def test_bundle_rules():
    disk = Disk()
    disk.store("plain", b"x")
    error = ERROR["SL_ERROR_FS_BUNDLE_FILE_SHOULD_BE_CREATED_WITH_FAILSAFE"]
    assert disk.open("plain", "write", 0, BUNDLE) == error
    bundle_of_two(disk)
    handle = disk.open("a", "read")
    error = ERROR["SL_ERROR_FS_BUNDLE_FILES_ARE_OPENED"]
    assert disk.control("BUNDLE_ROLLBACK").status == error
    disk.close(handle)
    assert disk.control("BUNDLE_ROLLBACK").status == 0


def test_rename_and_delete():
    disk = Disk()
    disk.store("old", b"content")
    disk.store("other", b"x")
    assert disk.rename("old", "other") == ERROR["SL_ERROR_FS_FILE_NAME_EXIST"]
    assert disk.rename("missing", "new") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    assert disk.rename("old", "a longer name") == 0
    assert disk.load("a longer name") == b"content"
    assert disk.load("old") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    assert disk.delete("other") == 0
    assert disk.delete("other") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]


def test_secure_file_needs_its_token():
    disk = Disk()
    flags = SECURE | NOSIGNATURE
    handle = disk.open("s", "create", 16, flags)
    master = disk.token
    assert master
    disk.write(handle, 0, b"secret")
    disk.close(handle)
    alert = ERROR["SL_ERROR_FS_INVALID_TOKEN_SECURITY_ALERT"]
    assert disk.load("s") == alert
    assert disk.load("s", master) == b"secret"
    tokens = disk.info("s", master).tokens
    assert tokens[0] == master and len(set(tokens)) == 4
    assert disk.open("s", "read", token=tokens[2]) == alert  # write-only
    assert disk.open("s", "write", token=tokens[3]) == alert  # read-only
    assert disk.info("s", tokens[3]).tokens == [0, 0, 0, 0]
    assert disk.delete("s", tokens[1]) == alert
    handle = disk.open("s", "write", token=tokens[2])
    assert handle > 0 and disk.token not in (0, tokens[2])
    disk.close(handle)
    assert disk.load("s", master) == alert, "tokens change at every open for writing"
    assert disk.storage().alerts == 5


def test_static_and_vendor_tokens_stay():
    disk = Disk()
    flags = SECURE | NOSIGNATURE | STATIC | VENDOR
    handle = disk.open("s", "create", 16, flags, token=0x1234)
    assert handle > 0 and disk.token == 0x1234
    disk.close(handle)
    handle = disk.open("s", "write", token=0x1234)
    assert handle > 0 and disk.token == 0x1234


def test_public_access_needs_no_token():
    disk = Disk()
    flags = SECURE | NOSIGNATURE | PUBLIC_READ
    assert disk.store("s", b"x", "create", flags) == 0
    assert disk.load("s") == b"x"
    assert disk.open("s", "write") == ERROR["SL_ERROR_FS_INVALID_TOKEN_SECURITY_ALERT"]


def test_secure_writes_are_aligned():
    disk = Disk()
    handle = disk.open("s", "create", 64, SECURE | NOSIGNATURE)
    assert disk.write(handle, 8, b"x") == ERROR["SL_ERROR_FS_OFFSET_NOT_16_BYTE_ALIGN"]
    assert disk.write(handle, 16, b"x") == 1


def test_too_many_alerts_lock_the_device_until_a_restore():
    disk = Disk(world="files: [{name: factory, text: image}]")
    disk.store("s", b"x", "create", SECURE | NOSIGNATURE)
    for _ in range(15):
        disk.open("s", "read", token=1)
    answer = disk.info("factory")
    assert answer.header.dev_status & 4
    assert disk.power_cycle().status == protocol().enums["start_status"]["ERR_FS_ALERT"]
    assert disk.load("factory") == b"image", "only file calls pass"
    restored = disk.command("FS_CTL", struct.pack("<I", 2), operation=0, buffer_len=4)
    assert restored.status == 0
    status = disk.power_cycle().status
    assert status == protocol().enums["start_status"]["RESTORE_IMAGE_COMPLETE"]
    assert disk.load("s") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    assert disk.power_cycle().status == 1


def authority(name, issuer=None, issuer_key=None, key=None):
    """A certificate and its key."""
    key = key or rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2020, 1, 1)
    cert = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=20000))
        .sign(issuer_key or key, hashes.SHA256())
    )
    return cert, key


@pytest.fixture(scope="module")
def chain():
    root, root_key = authority("root")
    middle, middle_key = authority("middle", root, root_key)
    leaf, leaf_key = authority("leaf", middle, middle_key)
    elliptic, elliptic_key = authority(
        "elliptic", root, root_key, ec.generate_private_key(ec.SECP256R1())
    )
    return {
        "root": (root, root_key),
        "middle": (middle, middle_key),
        "leaf": (leaf, leaf_key),
        "elliptic": (elliptic, elliptic_key),
    }


def der(cert):
    return cert.public_bytes(serialization.Encoding.DER)


@pytest.fixture
def signed_disk(chain):
    disk = Disk()
    disk.np.world.trusted_roots.append(der(chain["root"][0]))
    for name in ("middle", "leaf", "elliptic"):
        disk.np.storage.put(name.encode(), der(chain[name][0]))
    return disk


CONTENT = b"firmware to be signed"


def rsa_signature(key, content=CONTENT, digest=None):
    return key.sign(content, padding.PKCS1v15(), digest or hashes.SHA1())


def test_signed_file_with_a_good_signature(signed_disk, chain):
    good = rsa_signature(chain["leaf"][1])
    assert signed_disk.store("s", CONTENT, "create", SECURE, signature=good, cert="leaf") == 0
    curve = chain["elliptic"][1].sign(CONTENT, ec.ECDSA(hashes.SHA256()))
    assert signed_disk.store("e", CONTENT, "create", SECURE, signature=curve, cert="elliptic") == 0


@pytest.mark.parametrize(
    "cert, spoil, error",
    [
        ("leaf", "content", "SL_ERROR_FS_WRONG_SIGNATURE_SECURITY_ALERT"),
        ("leaf", "no middle", "SL_ERROR_FS_ROOT_CA_IS_UNKOWN"),
        ("leaf", "no root", "SL_ERROR_FS_NO_CERTIFICATE_STORE"),
        ("leaf", "other root", "SL_ERROR_FS_ROOT_CA_IS_UNKOWN"),
        ("leaf", "wrong middle", "SL_ERROR_FS_CERT_CHAIN_ERROR_SECURITY_ALERT"),
        ("nobody", "", "SL_ERROR_FS_WRONG_CERTIFICATE_FILE_NAME"),
        ("", "", "SL_ERROR_FS_WRONG_SIGNATURE_OR_CERTIFIC_NAME_LENGTH"),
    ],
)
def test_bad_signatures_are_refused(signed_disk, chain, cert, spoil, error):
    disk, roots = signed_disk, signed_disk.np.world.trusted_roots
    signature = rsa_signature(chain["leaf"][1])
    if spoil == "content":
        signature = rsa_signature(chain["leaf"][1], b"something else")
    elif spoil == "no middle":
        disk.delete("middle")
    elif spoil == "no root":
        roots.clear()
    elif spoil == "other root":
        roots[:] = [der(authority("another")[0])]
    elif spoil == "wrong middle":
        disk.np.storage.put(b"middle", der(authority("middle")[0]))
    assert (
        disk.store("s", CONTENT, "create", SECURE, signature=signature, cert=cert) == ERROR[error]
    )
    assert disk.load("s") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    assert disk.storage().alerts == ("SECURITY_ALERT" in error)


def test_signature_of_an_ordinary_file_is_refused(signed_disk, chain):
    signature = rsa_signature(chain["leaf"][1])
    error = ERROR["SL_ERROR_FS_FILE_IS_NOT_SECURE_AND_SIGN"]
    assert signed_disk.store("f", CONTENT, "create", 0, signature=signature, cert="leaf") == error


def listing(disk, count, stride, flags=1):
    index, names = -1, []
    while True:
        answer = disk.command(
            "FS_GET_FILE_LIST", index=index, count=count, max_entry_len=stride, flags=flags
        )
        if answer.count <= 0:
            return names if answer.count == 0 else answer.count
        assert len(answer.payload) == answer.count * stride == answer.buffer_len
        for at in range(0, len(answer.payload), stride):
            entry = answer.payload[at : at + stride]
            names.append(entry[12 if flags else 0 :].split(b"\0")[0].decode())
        index = answer.index


def test_file_list_goes_through_all_files():
    disk = Disk()
    names = [f"file{n}" for n in range(11)]
    for name in names:
        disk.store(name, b"x")
    assert listing(disk, 4, 32) == names
    assert listing(disk, 1, 8, 0) == names
    disk.delete("file5")
    disk.store("late", b"x")
    assert listing(disk, 4, 32) == [*names[:5], "late", *names[6:]]
    assert listing(disk, 60, 32) == ERROR["SL_ERROR_FS_INVALID_ARGS"]
    assert listing(disk, 2, 12) == ERROR["SL_ERROR_FS_INVALID_ARGS"]


def test_file_list_attributes():
    disk = Disk()
    disk.store("f", bytes(5000), flags=FAILSAFE | SECURE | NOSIGNATURE)
    answer = disk.command("FS_GET_FILE_LIST", index=-1, count=1, max_entry_len=32, flags=1)
    entry = protocol().unpack("file_attributes", answer.payload)
    user = protocol().enums["fs_info_user_flags"]
    assert entry.max_size == 5120 and entry.allocated_blocks == 4
    assert entry.properties == user["SECURE"] | user["NOSIGNATURE"]


def test_storage_is_accounted_in_blocks():
    disk = Disk(world="device: {flash_kb: 256}")
    before = disk.storage()
    assert (before.block_size, before.blocks_total) == (4096, 64)
    disk.store("f", bytes(4096), flags=FAILSAFE)
    after = disk.storage()
    assert before.blocks_free_user - after.blocks_free_user == 4
    assert after.user_files == 1 and disk.info("f").storage_size == 4 * 4096
    full = ERROR["SL_ERROR_FS_NOT_ENOUGH_STORAGE_SPACE"]
    assert disk.open("big", "create", 200000) == full
    handle = disk.open("small", "create", 100)
    disk.close(handle)
    assert disk.open("small", "overwrite", 200000) == full
    assert disk.info("small").alloc_len == 256


@pytest.mark.parametrize(
    "payload", [b"\0\0\0\0", b"noend!!!", b"x" * 180 + b"\0\0\0\0"], ids=["empty", "open", "long"]
)
def test_bad_names_are_refused(payload):
    disk = Disk()
    status = disk.command("FS_OPEN", payload, mode=open_mode("create", 10)).handle
    assert status - (1 << 32) == ERROR["SL_ERROR_FS_WRONG_FILE_NAME"]


def test_longest_name():
    disk = Disk()
    assert disk.store("n" * 179, b"x") == 0 and disk.load("n" * 179) == b"x"


def test_bad_modes_are_refused():
    disk = Disk()
    for mode, error in (
        (1 << 27, "SL_ERROR_FS_INVALID_FILE_MODE"),
        (4 << 12, "SL_ERROR_FS_INVALID_ACCESS_TYPE"),
        (2 << 12, "SL_ERROR_FS_FILE_INVALID_FILE_SIZE"),
        (2 << 12 | 1 | NOSIGNATURE << 16, "SL_ERROR_FS_WRONG_FILE_OPEN_FLAGS"),
    ):
        status = disk.command("FS_OPEN", file_name("f"), mode=mode).handle
        assert status - (1 << 32) == ERROR[error]
    disk.store("f", b"x")
    error = ERROR["SL_ERROR_FS_FILE_ACCESS_IS_DIFFERENT"]
    assert disk.open("f", "overwrite", 10, FAILSAFE) == error


def test_system_files_belong_to_the_nwp():
    disk = Disk()
    assert disk.store("/sys/mcuimg.bin", b"x") == 0
    assert disk.store("/sys/private", b"x") == ERROR["SL_ERROR_FS_FILE_NAME_RESERVED"]
    assert disk.info("/sys/mcuimg.bin").flags & INFO["SYS_FILE"]


def test_unknown_control_operation_is_refused():
    disk = Disk()
    status = disk.command("FS_CTL", operation=4).status
    assert status == ERROR["SL_ERROR_FS_NOT_SUPPORTED"]


def program(disk, data, key=b"", chunk=1456):
    status = None
    for at in range(0, len(data), chunk):
        part = data[at : at + chunk]
        answer = disk.command("FS_PROGRAM", key + part, key_len=len(key), chunk_len=len(part))
        status = answer.status
        if status <= 0:
            break
    return status


@pytest.mark.parametrize("key", [b"", b"0123456789abcdef"])
def test_programming_replaces_all_files(key):
    disk = Disk()
    disk.store("old", b"x")
    noise = bytes((n * n * 7919 >> 5) & 0xFF for n in range(9000))
    image = pack_image([(b"new", noise, 0, FAILSAFE)], key)
    assert program(disk, image, key) == 0
    assert disk.load("new") == noise
    assert disk.load("old") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    disk.delete("new")
    again = disk.command("FS_PROGRAM", key_len=0, chunk_len=0)
    assert (again.status == 0) == (not key)


def test_programming_errors_stand_in_the_upper_half():
    disk = Disk()
    assert program(disk, bytes(16)) >> 16 == ERROR["SL_ERROR_FS_PROGRAMMING_ILLEGAL_FILE"]
    assert program(disk, bytes(15)) >> 16 == ERROR["SL_ERROR_FS_NOT_16_ALIGNED"]
    empty = disk.command("FS_PROGRAM").status
    assert empty >> 16 == ERROR["SL_ERROR_FS_PROGRAMMING_IMAGE_NOT_EXISTS"]


def test_interrupted_programming_is_reported_at_the_start():
    disk = Disk()
    image = pack_image([(b"new", bytes(range(256)) * 8, 0, 0)])
    assert program(disk, image[:32]) == 32
    status = disk.power_cycle().status
    assert status == protocol().enums["start_status"]["ERR_INCOMPLETE_PROGRAMMING"]


def test_store_survives_the_process(tmp_path):
    path = tmp_path / "flash.json"
    world = World.parse("files: [{name: factory, text: image}]")
    disk = Disk(NetworkProcessor(world, Storage(path)))
    disk.store("f", b"content \xff\0", flags=FAILSAFE)
    disk.delete("factory")
    disk.np.set_next_role("AP")
    again = Disk(
        NetworkProcessor(World.parse("files: [{name: factory, text: image}]"), Storage(path)),
        boot=False,
    )
    assert again.start().status == 3
    assert again.load("f") == b"content \xff\0"
    assert again.load("factory") == ERROR["SL_ERROR_FS_FILE_NOT_EXISTS"]
    assert again.info("f").flags == disk.info("f").flags


def test_damaged_store_is_reported(tmp_path):
    path = tmp_path / "flash.json"
    path.write_text("{}")
    with pytest.raises(ValueError, match="flash.json: not a file store"):
        Storage(path)


def test_files_of_the_world_are_there(tmp_path):
    (tmp_path / "cert.der").write_bytes(b"\x30\x82")
    world = World.parse(
        """
        files:
          - {name: a.txt, text: hello}
          - {name: b.bin, hex: "00 ff", flags: [failsafe], max_size: 9000}
          - {name: c.der, path: cert.der}
        """,
        folder=tmp_path,
    )
    disk = Disk(NetworkProcessor(world))
    assert [disk.load(n) for n in ("a.txt", "b.bin", "c.der")] == [
        b"hello",
        b"\0\xff",
        b"\x30\x82",
    ]
    assert disk.info("b.bin").alloc_len == 9000
    assert not disk.info("b.bin").flags & INFO["NOT_FAILSAFE"]


def test_power_cut_in_the_middle_of_a_write():
    disk = Disk()
    disk.store("settings", b"old", flags=FAILSAFE)
    disk.np.control.call("fault", do="cut_power", to="FS_WRITE", skip=1)
    handle = disk.open("settings", "overwrite", 100, FAILSAFE)
    assert disk.write(handle, 0, b"new") == 3
    disk.send("FS_WRITE", b"more", handle=handle, offset=3, len=4)
    assert not disk.np.irq and not disk.np.powered
    disk.start()
    assert disk.load("settings") == b"old"
