"""Tables between the NWP's TLS and OpenSSL's: ciphers, versions, ALPN, error codes."""

from __future__ import annotations

import re
import ssl

from .codes import BSD

# Bit of option SECURE_MASK (enum cipher_mask) -> OpenSSL's name; RC4 is in no OpenSSL any more.
CIPHERS = {
    0x1: "RC4-SHA",
    0x2: "RC4-MD5",
    0x4: "AES256-SHA",
    0x8: "DHE-RSA-AES256-SHA",
    0x10: "ECDHE-RSA-AES256-SHA",
    0x20: "ECDHE-RSA-RC4-SHA",
    0x40: "AES128-SHA256",
    0x80: "AES256-SHA256",
    0x100: "ECDHE-RSA-AES128-SHA256",
    0x200: "ECDHE-ECDSA-AES128-SHA256",
    0x400: "ECDHE-ECDSA-AES128-SHA",
    0x800: "ECDHE-ECDSA-AES256-SHA",
    0x1000: "AES128-GCM-SHA256",
    0x2000: "AES256-GCM-SHA384",
    0x4000: "DHE-RSA-AES128-GCM-SHA256",
    0x8000: "DHE-RSA-AES256-GCM-SHA384",
    0x10000: "ECDHE-RSA-AES128-GCM-SHA256",
    0x20000: "ECDHE-RSA-AES256-GCM-SHA384",
    0x40000: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0x80000: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0x100000: "ECDHE-ECDSA-CHACHA20-POLY1305",
    0x200000: "ECDHE-RSA-CHACHA20-POLY1305",
    0x400000: "DHE-RSA-CHACHA20-POLY1305",
}

# Option SECMETHOD -> lowest and highest version; 0 (SSLv3 alone) and 5 (DTLS) are refused.
_V = ssl.TLSVersion
VERSIONS = {
    1: (_V.TLSv1, _V.TLSv1),
    2: (_V.TLSv1_1, _V.TLSv1_1),
    3: (_V.TLSv1_2, _V.TLSv1_2),
    4: (_V.TLSv1, _V.TLSv1_2),
}
VERSION_NUMBERS = {"SSLv3": 0, "TLSv1": 1, "TLSv1.1": 2, "TLSv1.2": 3}

ALPN_BITS = {1: "http/1.1", 2: "h2", 4: "h2c", 8: "h2-14", 16: "h2-16"}

# "Connected, but": reported although the connection stands (4.7).
WARNINGS = frozenset(
    (BSD.ESECSNOVERIFY, BSD.ESECDATEERROR, BSD.ESECUNKNOWNROOTCA, BSD.ESECCERTIFICATEREVOKED)
)

# OpenSSL's X509 verification codes.
_VERIFY = {
    2: BSD.ESEC_ASN_NO_SIGNER_E,  # issuer certificate not found
    7: BSD.ESEC_ASN_SIG_CONFIRM_E,  # signature of the certificate wrong
    18: BSD.ESEC_ASN_NO_SIGNER_E,  # self-signed leaf
    19: BSD.ESEC_ASN_NO_SIGNER_E,  # self-signed certificate in the chain
    20: BSD.ESEC_ASN_NO_SIGNER_E,  # local issuer not found
    21: BSD.ESEC_ASN_NO_SIGNER_E,  # first certificate cannot be verified
    22: BSD.ESEC_MAX_CHAIN_ERROR,
    23: BSD.ESEC_CRL_CERT_REVOKED,
    24: BSD.ESEC_NOT_CA_ERROR,
    62: BSD.ESEC_DOMAIN_NAME_MISMATCH,
    79: BSD.ESEC_NOT_CA_ERROR,
}
NO_SIGNER = BSD.ESEC_ASN_NO_SIGNER_E

_REASONS = {
    "NO_SHARED_CIPHER": BSD.ESEC_UNSUPPORTED_SUITE,
    "NO_CIPHERS_AVAILABLE": BSD.ESEC_UNSUPPORTED_SUITE,
    "NO_CIPHER_MATCH": BSD.ESEC_UNSUPPORTED_SUITE,
    "UNSUPPORTED_PROTOCOL": BSD.ESEC_PROTOCOL_VERSION,
    "NO_PROTOCOLS_AVAILABLE": BSD.ESEC_PROTOCOL_VERSION,
    "WRONG_SSL_VERSION": BSD.ESEC_PROTOCOL_VERSION,
    "VERSION_TOO_LOW": BSD.ESEC_PROTOCOL_VERSION,
    "WRONG_VERSION_NUMBER": BSD.ESEC_UNKNOWN_RECORD_TYPE,
    "HTTP_REQUEST": BSD.ESEC_UNKNOWN_RECORD_TYPE,
    "HTTPS_PROXY_REQUEST": BSD.ESEC_UNKNOWN_RECORD_TYPE,
    "UNEXPECTED_MESSAGE": BSD.ESEC_UNKNOWN_HANDSHAKE_TYPE,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": BSD.ESEC_NO_PEER_CERT,
    "DECRYPTION_FAILED_OR_BAD_RECORD_MAC": BSD.ESEC_VERIFY_MAC_ERROR,
    "BAD_SIGNATURE": BSD.ESEC_VERIFY_SIGN_ERROR,
    "DIGEST_CHECK_FAILED": BSD.ESEC_VERIFY_FINISHED_ERROR,
    "LENGTH_TOO_SHORT": BSD.ESEC_LENGTH_ERROR,
}

_ALERT = re.compile(r"^(?:SSLV3|TLSV1|TLSV13)_(?:ALERT_)?(\w+)$")


def alert_code(name: str) -> int:
    """An alert the peer sent; those without a number of their own are one fatal alert."""
    for suffix in ("", "1"):
        try:
            return getattr(BSD, f"ESEC_{name}{suffix}")
        except AttributeError:
            continue
    return BSD.ESEC_FATAL_ERROR


def error_code(error: ssl.SSLError) -> int:
    """What the NWP says where OpenSSL says this."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY.get(error.verify_code, BSD.ESEC_VERIFY_CERT_ERROR)
    if isinstance(error, ssl.SSLEOFError):
        return BSD.ESEC_SOCKET_ERROR_E
    reason = error.reason or ""
    if reason in _REASONS:
        return _REASONS[reason]
    alert = _ALERT.match(reason)
    return alert_code(alert.group(1)) if alert else BSD.ESECGENERAL


def cipher_names(mask: int) -> list[str]:
    return [name for bit, name in CIPHERS.items() if mask & bit]
