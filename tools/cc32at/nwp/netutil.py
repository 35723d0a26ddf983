"""NetUtil group: random numbers and keys on the curve secp256r1 (nwp-protocol.md 6.7).

Key 0 is the device's own and never changes; the others are temporary (lost with the power) or
installed from a file of the store (kept).
"""

from __future__ import annotations

import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from .codes import NETUTIL
from .registry import Group, NwpError, group, handles
from .tls import load_key

PUBLIC_KEY, PUBLIC_KEY_INFO, TRUE_RANDOM = 1, 2, 3
CREATE_CERT, SIGN_MSG, VERIFY_MSG, TEMP_KEYS, INSTALL_OP, ARP_LOOKUP = range(1, 7)
KEYS = 8
RANDOM_ROOM = 172
CREATE, REMOVE = 1, 2
EC, NAMED, SECP256R1 = 1, 1, 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
AREA = "netutil_key"
INVALID = 1  # verdict of a signature that is not valid; 0: valid
DIGEST = 11  # sig_type: the message is the digest
_HASHES = {4: hashes.SHA1(), 6: hashes.SHA256(), 8: hashes.SHA384(), 10: hashes.SHA512()}


class Key:
    """A slot's key: a private number, and for installed ones the names of its files."""

    def __init__(self, number: int, kind: str, key_name: str = "", cert_name: str = ""):
        self.number = number
        self.kind = kind  # device, temporary, installed
        self.key_name = key_name
        self.cert_name = cert_name

    def private(self):
        return ec.derive_private_key(self.number, ec.SECP256R1())

    def public_der(self) -> bytes:
        return (
            self.private()
            .public_key()
            .public_bytes(
                serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


@group("netutil")
class NetUtil(Group):
    """Slots 0 to 7."""

    def __init__(self, np):
        super().__init__(np)
        self.keys: dict[int, Key] = {}

    def power_on(self):
        seed = hashlib.sha512(b"device key" + self.np.world.device.udid).digest()
        number = int.from_bytes(seed, "big") % (ORDER - 1) + 1
        self.keys = {0: Key(number, "device")}
        for i in range(1, KEYS):
            raw = self.np.config.get(AREA, i, None)
            if raw:
                data = json.loads(raw)
                self.keys[i] = Key(data["number"], "installed", data["key"], data["cert"])

    def power_off(self):
        self.keys = {}

    def _key(self, index: int) -> Key:
        if index >= KEYS:
            raise NwpError(NETUTIL.INVALID_INDEX)
        if index not in self.keys:
            raise NwpError(NETUTIL.EMPTY_DB_ENTRY)
        return self.keys[index]

    def _free_slot(self, index: int) -> None:
        if not 0 < index < KEYS:
            raise NwpError(NETUTIL.INVALID_INDEX)
        if index in self.keys:
            raise NwpError(NETUTIL.DB_ENTRY_NOT_FREE)

    # Get

    @handles("NETUTIL_GET")
    def get(self, cmd):
        reader = {
            PUBLIC_KEY: self._public_key,
            PUBLIC_KEY_INFO: self._public_key_info,
            TRUE_RANDOM: self._random,
        }.get(cmd.option)
        if reader is None:
            raise NwpError(NETUTIL.UNSUPPORTED_OPTION)
        value = reader(cmd.obj_id, cmd.value_len)
        if len(value) > cmd.value_len:
            raise NwpError(NETUTIL.BUFFER_TOO_SMALL)
        self.np.respond(cmd, payload=value, value_len=len(value))

    def _public_key(self, index: int, room: int) -> bytes:
        return self._key(index).public_der()

    def _public_key_info(self, index: int, room: int) -> bytes:
        """The record, then key name and certificate name with their NULs."""
        key = self._key(index)
        names = [f"{n}\0".encode() if n else b"" for n in (key.key_name, key.cert_name)]
        record = self.np.protocol.pack(
            "crypto_pubkey_info",
            key_algo=EC,
            curve_type=NAMED,
            curve=SECP256R1,
            key_name_len=len(names[0]),
            cert_name_len=len(names[1]),
        )
        return record + names[0] + names[1]

    def _random(self, index: int, room: int) -> bytes:
        if not 0 < room <= RANDOM_ROOM:
            raise NwpError(NETUTIL.INVALID_PARAM)
        return self.np.random.randbytes(room)

    # Commands

    @handles("NETUTIL_CMD")
    def command(self, cmd):
        worker = self._WORKERS.get(cmd.command)
        if worker is None:  # CREATE_CERT has no documented input (U11), ARP_LOOKUP is CC3235's
            raise NwpError(NETUTIL.UNSUPPORTED_OPTION)
        record, work = worker
        size = self.np.protocol.structs[record].size
        if cmd.attrib_len < size:
            raise NwpError(NETUTIL.INVALID_PARAM)
        attributes = self.np.protocol.unpack(record, cmd.payload)
        data = cmd.payload[cmd.attrib_len :]
        try:
            status, output = 0, work(self, attributes, data)
            if len(output) > cmd.output_len:
                status, output = NETUTIL.BUFFER_TOO_SMALL, b""
        except NwpError as error:
            status, output = error.code, b""
        self.np.respond(cmd)
        seconds = self.np.world.timing.crypto_s
        self.np.after(seconds, self._done, attributes.obj_id, status, cmd.command, output)

    def _done(self, obj_id: int, status: int, command: int, output: bytes) -> None:
        fields = {"obj_id": obj_id, "status": status, "command": command}
        self.np.event("NETUTIL_CMD_DONE", output=output, **fields)

    def _algorithm(self, sig_type: int, data: bytes):
        if sig_type == DIGEST:
            for algorithm in (hashes.SHA1(), *_HASHES.values()):
                if algorithm.digest_size == len(data):
                    return utils.Prehashed(algorithm)
            raise NwpError(NETUTIL.INVALID_PARAM)
        if sig_type not in _HASHES:
            raise NwpError(NETUTIL.UNSUPPORTED_OPTION)
        return _HASHES[sig_type]

    def _sign(self, attributes, data: bytes) -> bytes:
        """DER signature; deterministic (RFC 6979), so that runs repeat."""
        algorithm = self._algorithm(attributes.sig_type, data)
        scheme = ec.ECDSA(algorithm, deterministic_signing=True)
        return self._key(attributes.obj_id).private().sign(data, scheme)

    def _verify(self, attributes, data: bytes) -> bytes:
        if attributes.msg_len + attributes.sig_len > len(data):
            raise NwpError(NETUTIL.INVALID_PARAM)
        message = data[: attributes.msg_len]
        signature = data[attributes.msg_len :][: attributes.sig_len]
        public = self._key(attributes.obj_id).private().public_key()
        verdict = 0
        try:
            public.verify(
                signature, message, ec.ECDSA(self._algorithm(attributes.sig_type, message))
            )
        except InvalidSignature:
            verdict = INVALID
        return verdict.to_bytes(4, "little")

    def _temporary(self, attributes, data: bytes) -> bytes:
        index = attributes.obj_id
        if attributes.sub_cmd == CREATE:
            self._free_slot(index)
            self.keys[index] = Key(self.np.random.randrange(1, ORDER), "temporary")
        elif attributes.sub_cmd == REMOVE:
            if self._key(index).kind != "temporary":
                raise NwpError(NETUTIL.NON_TEMPORARY_KEY)
            del self.keys[index]
        else:
            raise NwpError(NETUTIL.INVALID_PARAM)
        return b""

    def _install(self, attributes, data: bytes) -> bytes:
        index = attributes.obj_id
        if attributes.sub_cmd == CREATE:
            self._free_slot(index)
            self.keys[index] = key = self._from_files(data)
            stored = {"number": key.number, "key": key.key_name, "cert": key.cert_name}
            raw = json.dumps(stored).encode()
            self.np.config.set(AREA, index, None, raw, rule="persistent")
        elif attributes.sub_cmd == REMOVE:
            if self._key(index).kind != "installed":
                raise NwpError(NETUTIL.INVALID_PARAM)
            del self.keys[index]
            self.np.config.delete(AREA, index, None)
        else:
            raise NwpError(NETUTIL.INVALID_PARAM)
        return b""

    def _from_files(self, data: bytes) -> Key:
        """Record crypto_pubkey_info, certificate name, key name (each with its NUL)."""
        info = self.np.protocol.unpack("crypto_pubkey_info", data)
        if (info.key_algo, info.curve_type, info.curve) != (EC, NAMED, SECP256R1):
            raise NwpError(NETUTIL.UNSUPPORTED_OPTION)
        names = data[8:]
        cert_name = names[: info.cert_name_len].rstrip(b"\0")
        key_name = names[info.cert_name_len :][: info.key_name_len].rstrip(b"\0")
        content = self.np.storage.content(key_name)
        if content is None or (cert_name and self.np.storage.content(cert_name) is None):
            raise NwpError(NETUTIL.INVALID_PARAM)
        try:
            key = load_key(content)
        except (ValueError, TypeError):
            raise NwpError(NETUTIL.INVALID_PARAM) from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise NwpError(NETUTIL.INVALID_PARAM)
        number = key.private_numbers().private_value
        return Key(number, "installed", key_name.decode(), cert_name.decode())

    _WORKERS = {
        SIGN_MSG: ("crypto_sign_attrib", _sign),
        VERIFY_MSG: ("crypto_verify_attrib", _verify),
        TEMP_KEYS: ("crypto_key_attrib", _temporary),
        INSTALL_OP: ("crypto_key_attrib", _install),
    }
