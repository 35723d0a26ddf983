"""Signatures of secure files: RSA or ECDSA over SHA-1 or SHA-256, by a certificate in the store.

The chain goes from the certificate file to a self-signed root in the catalog (the world's
`trusted_roots`); an issuer in between is a file named after its common name.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from .registry import NwpError

CHAIN_LIMIT = 8


def load_certificate(data: bytes) -> x509.Certificate:
    """A certificate in PEM or DER; ValueError for anything else."""
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificate(data)
    return x509.load_der_x509_certificate(data)


def _matches(key, signature: bytes, content: bytes) -> bool:
    for digest in (hashes.SHA1(), hashes.SHA256()):
        try:
            if isinstance(key, rsa.RSAPublicKey):
                key.verify(signature, content, padding.PKCS1v15(), digest)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, content, ec.ECDSA(digest))
            else:
                return False
            return True
        except InvalidSignature:
            continue
    return False


def _issuer_name(certificate: x509.Certificate) -> bytes:
    names = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value).encode() if names else b""


def check_chain(certificate: x509.Certificate, storage, roots: list[bytes]) -> None:
    """NwpError unless the chain ends at a root of the catalog."""
    if not roots:
        raise NwpError("SL_ERROR_FS_NO_CERTIFICATE_STORE")
    catalog = {root.subject: root for root in map(load_certificate, roots)}
    for _ in range(CHAIN_LIMIT):
        root = catalog.get(certificate.issuer)
        data = None if root else storage.content(_issuer_name(certificate))
        if root is None and (data is None or certificate.issuer == certificate.subject):
            raise NwpError("SL_ERROR_FS_ROOT_CA_IS_UNKOWN")
        try:
            issuer = root or load_certificate(data)
            certificate.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            raise NwpError("SL_ERROR_FS_CERT_CHAIN_ERROR_SECURITY_ALERT") from None
        if root is not None:
            return
        certificate = issuer
    raise NwpError("SL_ERROR_FS_CERT_CHAIN_ERROR_SECURITY_ALERT")


def verify(content: bytes, signature: bytes, cert_name: bytes, storage, roots: list) -> None:
    """NwpError unless `signature` of `content` is good and its certificate is trusted."""
    if not signature or not cert_name:
        raise NwpError("SL_ERROR_FS_WRONG_SIGNATURE_OR_CERTIFIC_NAME_LENGTH")
    data = storage.content(cert_name)
    if data is None:
        raise NwpError("SL_ERROR_FS_WRONG_CERTIFICATE_FILE_NAME")
    try:
        certificate = load_certificate(data)
    except ValueError:
        raise NwpError("SL_ERROR_FS_CERT_CHAIN_ERROR_SECURITY_ALERT") from None
    check_chain(certificate, storage, roots)
    if not _matches(certificate.public_key(), signature, content):
        raise NwpError("SL_ERROR_FS_WRONG_SIGNATURE_SECURITY_ALERT")
