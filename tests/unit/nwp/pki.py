"""Certificates made on the spot, for the TLS tests."""

from __future__ import annotations

import base64
import datetime
import functools

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.x509.oid import NameOID

START, END = datetime.datetime(2023, 1, 1), datetime.datetime(2043, 1, 1)


class Identity:
    """A key and its certificate; `ca` signs it, or it signs itself."""

    def __init__(
        self, name, ca=None, is_ca=False, start=START, end=END, host=None, serial=None, key=None
    ):
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(ca.name if ca else self.name)
            .public_key(self.key.public_key())
            .serial_number(serial or x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(is_ca, None), critical=True)
        )
        if host:
            names = x509.SubjectAlternativeName([x509.DNSName(host)])
            builder = builder.add_extension(names, critical=False)
        self.certificate = builder.sign(ca.key if ca else self.key, hashes.SHA256())

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    @property
    def key_der(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


@functools.cache
def lab() -> dict:
    """Two CAs and some identities; the same for all tests of a run."""
    ca = Identity("Lab Root", is_ca=True)
    other = Identity("Other Root", is_ca=True)
    long_ago = datetime.datetime(2020, 1, 1), datetime.datetime(2021, 1, 1)
    return {
        "ca": ca,
        "other": other,
        "server": Identity("server", ca, host="server.lab", serial=4711),
        "rsa": Identity("rsa", ca, host="server.lab", key=rsa.generate_private_key(65537, 2048)),
        "old": Identity("old", ca, start=long_ago[0], end=long_ago[1], host="server.lab"),
        "client": Identity("client", ca),
        "stranger": Identity("stranger", other),
    }


@functools.cache
def dh_parameters() -> bytes:
    """A group in PEM, made in no time because its primes are those of DSA (PKCS #3 by hand)."""
    numbers = dsa.generate_parameters(1024).parameter_numbers()
    body = _der(2, _integer(numbers.p)) + _der(2, _integer(numbers.g))
    text = base64.encodebytes(_der(0x30, body))
    return b"-----BEGIN DH PARAMETERS-----\n" + text + b"-----END DH PARAMETERS-----\n"


def _integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big")


def _der(tag: int, body: bytes) -> bytes:
    return bytes((tag, 0x82)) + len(body).to_bytes(2, "big") + body
