"""Random numbers and keys."""

import struct

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.nwp.netsupport import NetHost
from tests.unit.nwp.pki import lab

PUBLIC, INFO, RANDOM = 1, 2, 3
SIGN, VERIFY, TEMP, INSTALL = 2, 3, 4, 5
SHA1, SHA256, DIGEST = 4, 6, 11


@pytest.fixture
def host():
    host = NetHost(world="")
    host.np.storage.put(b"key.pem", lab()["client"].key_pem)
    host.np.storage.put(b"cert.pem", lab()["client"].pem)
    host.np.storage.put(b"junk", b"junk")
    return host


def get(host, option, obj=0, length=255):
    got = host.command("NETUTIL_GET", obj_id=obj, option=option, value_len=length)
    return got.payload if got.status == 0 else got.status


def run(host, command, attributes, data=b"", room=255):
    """(response status, completion status, output)."""
    fields = {"attrib_len": len(attributes), "input_len": len(data), "output_len": room}
    got = host.command("NETUTIL_CMD", attributes + data, command=command, **fields)
    if got.status:
        return got.status, None, b""
    assert host.after(0.1) == ["NETUTIL_CMD_DONE"]
    done, _ = host.take("NETUTIL_CMD_DONE")
    assert done.command == command
    return 0, done.status, done.output


def sign(host, obj, data, kind=SHA1, room=255):
    return run(host, SIGN, struct.pack("<III", obj, kind, 0), data, room)[1:]


def verify(host, obj, message, signature, kind=SHA1):
    record = struct.pack("<IIIHH", obj, kind, 0, len(message), len(signature))
    return run(host, VERIFY, record, message + signature)[1:]


def key(host, command, obj, what, data=b""):
    return run(host, command, struct.pack("<IIHH", obj, 0, what, 0), data)[1]


def install(host, obj, cert=b"cert.pem\0", name=b"key.pem\0", kind=(1, 1, 1)):
    data = bytes(kind) + bytes(3) + bytes([len(name), len(cert)]) + cert + name
    return key(host, INSTALL, obj, 1, data)


def test_random_numbers_repeat_with_the_seed_only(host):
    first, second = get(host, RANDOM, length=172), get(host, RANDOM, length=172)
    assert len(first) == 172
    assert first != second
    again = NetHost(world="")
    assert get(again, RANDOM, length=172) == first
    assert get(host, RANDOM, length=173) == -12291
    assert get(host, RANDOM, length=0) == -12291
    assert get(host, 9) == -12294


def test_public_key_of_the_device_is_der_and_stable(host):
    der = get(host, PUBLIC)
    assert len(der) == 91
    public = serialization.load_der_public_key(der)
    assert public.curve.name == "secp256r1"
    host.power_cycle()
    assert get(host, PUBLIC) == der
    assert get(host, PUBLIC, length=90) == -12295
    assert get(host, PUBLIC, obj=3) == -12296
    assert get(host, PUBLIC, obj=8) == -12290


@pytest.mark.parametrize(("kind", "algorithm"), [(SHA1, hashes.SHA1()), (SHA256, hashes.SHA256())])
def test_signatures_hold_outside(host, kind, algorithm):
    status, signature = sign(host, 0, b"message", kind)
    assert status == 0
    public = serialization.load_der_public_key(get(host, PUBLIC))
    public.verify(signature, b"message", ec.ECDSA(algorithm))
    with pytest.raises(InvalidSignature):
        public.verify(signature, b"massage", ec.ECDSA(algorithm))
    assert sign(host, 0, b"message", kind) == (0, signature)
    assert verify(host, 0, b"message", signature, kind) == (0, bytes(4))
    assert verify(host, 0, b"massage", signature, kind) == (0, b"\1\0\0\0")


def test_a_digest_is_signed_as_it_is(host):
    digest = bytes(range(32))
    status, signature = sign(host, 0, digest, DIGEST)
    assert (status, verify(host, 0, digest, signature, DIGEST)) == (0, (0, bytes(4)))
    assert sign(host, 0, b"no digest", DIGEST)[0] == -12291


def test_signing_errors(host):
    assert sign(host, 5, b"x")[0] == -12296
    assert sign(host, 99, b"x")[0] == -12290
    assert sign(host, 0, b"x", 0)[0] == -12294
    assert sign(host, 0, b"x", room=10)[0] == -12295
    record = struct.pack("<IIIHH", 0, SHA1, 0, 100, 100)
    assert run(host, VERIFY, record, b"short")[1] == -12291
    assert run(host, SIGN, b"")[0] == -12291
    assert run(host, 1, bytes(12))[0] == -12294
    assert run(host, 6, bytes(12))[0] == -12294


def test_temporary_keys_go_with_the_power(host):
    assert key(host, TEMP, 1, 1) == 0
    assert key(host, TEMP, 1, 1) == -12298
    assert sign(host, 1, b"x")[0] == 0
    assert key(host, TEMP, 1, 2) == 0
    assert key(host, TEMP, 1, 2) == -12296
    assert key(host, TEMP, 0, 2) == -12297
    assert key(host, TEMP, 0, 1) == -12290
    assert key(host, TEMP, 1, 3) == -12291
    key(host, TEMP, 1, 1)
    host.power_cycle()
    assert key(host, TEMP, 1, 2) == -12296


def test_installed_keys_stay(host):
    assert install(host, 5) == 0
    public = lab()["client"].key.public_key()
    der = serialization.PublicFormat.SubjectPublicKeyInfo
    assert get(host, PUBLIC, 5) == public.public_bytes(serialization.Encoding.DER, der)
    info = get(host, INFO, 5)
    assert info == bytes([1, 1, 1, 0, 0, 0, 8, 9]) + b"key.pem\0cert.pem\0"
    host.power_cycle()
    status, signature = sign(host, 5, b"x", SHA256)
    public.verify(signature, b"x", ec.ECDSA(hashes.SHA256()))
    assert install(host, 5) == -12298
    assert key(host, TEMP, 5, 2) == -12297
    assert key(host, INSTALL, 5, 2) == 0
    assert key(host, INSTALL, 5, 2) == -12296


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"kind": (0, 0, 0)}, -12294),
        ({"name": b"nowhere\0"}, -12291),
        ({"name": b"junk\0"}, -12291),
        ({"cert": b"nowhere\0"}, -12291),
        ({"cert": b""}, 0),
    ],
)
def test_installations_that_cannot_be(host, changes, status):
    assert install(host, 2, **changes) == status
