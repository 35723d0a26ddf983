"""Secure files over the port: tokens, signatures, certificates (guide tables 38, 39, 43).

The signatures are made and the certificates issued by the cryptography package, and the model
verifies them with it.
"""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding

from tests.target.store import error
from tests.unit.nwp.pki import lab

pytestmark = pytest.mark.world
CONTENT = bytes(range(256)) * 5  # a multiple of 16, as secure files want it
SIGNED = "CREATE|CREATE_SECURE|CREATE_FAILSAFE"
UNSIGNED = "CREATE|CREATE_SECURE|CREATE_NOSIGNATURE"
WRONG_TOKEN, WRONG_SIGNATURE, ABSENT = error(-10365), error(-10289), error(-10341)


@pytest.fixture
def certified(world, store):
    """A store with the certificates of the lab, uploaded, and the lab's CA in the catalog."""
    world.model.world.trusted_roots.append(lab()["ca"].pem)
    for name in ("rsa", "server", "stranger"):
        store.put(f"{name}.pem", lab()[name].pem)
    return store


def signature(name: str, content: bytes = CONTENT) -> str:
    """By RSA over SHA-1 or ECDSA over SHA-256, in Base64."""
    key = lab()[name].key
    if isinstance(key, ec.EllipticCurvePrivateKey):
        data = key.sign(content, ec.ECDSA(hashes.SHA256()))
    else:
        data = key.sign(content, padding.PKCS1v15(), hashes.SHA1())
    return base64.b64encode(data).decode()


def written(store, options: str = SIGNED, name: str = "f", content: bytes = CONTENT):
    """A new file that is written and still open: (handle, token)."""
    handle, token = store.opened(name, options, 4096)
    for at in range(0, len(content), 1024):
        store.write(handle, content[at : at + 1024], at)
    return handle, token


@pytest.mark.parametrize("name", ["rsa", "server"])
def test_a_good_signature_keeps_the_file(talk, certified, name):
    handle, token = written(certified, SIGNED + "|CREATE_PUBLIC_READ")
    text = signature(name)
    assert 32 < len(text) <= 344
    certified.close(handle, f"{name}.pem", text)
    assert certified.get("f", len(CONTENT)) == CONTENT
    assert certified.info("f", token)[0] == "SECURE|PUBLIC_READ"


@pytest.mark.parametrize(
    ("certificate", "key", "content", "code"),
    [
        ("rsa.pem", "rsa", b"another file", -10289),
        ("server.pem", "rsa", CONTENT, -10289),
        ("stranger.pem", "stranger", CONTENT, -10287),
        ("nobody.pem", "rsa", CONTENT, -10372),
        ("", "", b"", -10290),
    ],
)
def test_a_wrong_signature_or_certificate_leaves_nothing(
    talk, certified, certificate, key, content, code
):
    text = signature(key, content) if key else ""
    handle, _ = written(certified)
    assert talk.error(f"AT+FileClose={handle},{certificate},{text}") == error(code)
    assert talk.error("AT+FileOpen=f,READ,") == ABSENT
    alerts = talk.value("AT+FileCtl=GET_STORAGE_INFO,,,").split(",")[14]
    assert alerts == ("1" if code == -10289 else "0")


def test_a_signature_that_is_none_is_refused_and_nobody_is_asked(talk, board, certified):
    """The file is still open, and can be closed as it should."""
    handle, _ = written(certified)
    before = board.model.counters["commands"]
    close = f"AT+FileClose={handle},rsa.pem,"
    text = signature("rsa")
    assert talk.error(close + "s" * 33) == "parse parameters, -5"
    assert talk.error(close + text[:-1] + "!") == "parse parameters, -4"
    assert talk.error(close + text + "AAAA") == "parse parameters, -5"
    assert board.model.counters["commands"] == before
    talk.ok(close + text)


def test_what_is_written_can_be_given_up(talk, certified):
    """The signature `A` (nwp-protocol 6.6)."""
    handle, _ = written(certified)
    certified.close(handle, "", "A")
    assert talk.error("AT+FileOpen=f,READ,") == ABSENT


def test_an_ordinary_file_has_no_signature(talk, certified):
    handle, _ = written(certified, "CREATE")
    line = f"AT+FileClose={handle},rsa.pem,{signature('rsa')}"
    assert talk.error(line) == error(-10286)


def test_a_wrong_token_is_refused_and_counted(talk, store):
    handle, token = written(store, UNSIGNED)
    store.close(handle)
    wrong = token ^ 1
    for n, line in enumerate(
        (
            f"AT+FileGetInfo=f,{wrong}",
            f"AT+FileDel=f,{wrong}",
            f"AT+FileCtl=RENAME,{wrong},f,g",
            "AT+FileDel=f,",
            "AT+FileOpen=f,READ,",
            "AT+FileOpen=f,WRITE,",
        )
    ):
        assert talk.error(line) == WRONG_TOKEN
        assert talk.value("AT+FileCtl=GET_STORAGE_INFO,,,").split(",")[14] == str(n + 1)
    assert talk.error("AT+FileDel=f,token") == "parse parameters, -4"
    assert talk.value(f"AT+FileCtl=RENAME,{token},f,g") == ","
    talk.ok(f"AT+FileDel=g,{token:#x}")


@pytest.mark.parametrize("flags", ["CREATE_STATIC_TOKEN", "CREATE_VENDOR_TOKEN", ""])
def test_tokens_change_unless_they_are_static(store, flags):
    options = "|".join(filter(None, (UNSIGNED, "CREATE_PUBLIC_WRITE|CREATE_PUBLIC_READ", flags)))
    handle, token = written(store, options)
    store.close(handle)
    assert (token == 0) == ("VENDOR" in flags)  # that of the vendor cannot be given (table 38)
    store.close(store.open("f", "WRITE"))
    kept = store.info("f", token)[3] != "0|0|0|0"
    assert kept == ("STATIC" in flags)


def test_secure_files_are_written_in_units_of_16_bytes(talk, store):
    handle, _ = store.opened("f", UNSIGNED, 4096)
    store.write(handle, bytes(16))
    assert talk.error(f"AT+FileWrite={handle},8,0,1,x") == error(-10296)


def test_a_vendor_token_is_for_secure_files(talk, store):
    for flag in ("CREATE_VENDOR_TOKEN", "CREATE_STATIC_TOKEN", "CREATE_NOSIGNATURE"):
        assert talk.error(f"AT+FileOpen=f,CREATE|{flag},100") == error(-10340)
