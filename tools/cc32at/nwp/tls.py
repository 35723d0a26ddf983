"""TLS of the device's sockets: OpenSSL over memory buffers, certificates from the file store.

A socket's options name the files (30-33); what they hold may be PEM or DER. Certificate dates are
checked against the device's clock, not the PC's. What the NWP reports as "connected, but" is a
warning, everything else a refusal (nwp-protocol.md 4.7).
"""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from . import sockopt as so
from .codes import BSD
from .registry import NwpError
from .tls_session import TlsSession
from .tls_tables import ALPN_BITS, VERSIONS, WARNINGS, cipher_names

__all__ = ["WARNINGS", "Tls", "load_certificates", "load_key"]

NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME: dates are checked here, after the handshake
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: an intermediate CA file is enough


def load_certificates(data: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM or DER file; ValueError when there is none."""
    if b"-----BEGIN" in data:
        return x509.load_pem_x509_certificates(data)
    return [x509.load_der_x509_certificate(data)]


def load_key(data: bytes):
    """The private key of a PEM or DER file; ValueError or TypeError when there is none."""
    if b"-----BEGIN" in data:
        return serialization.load_pem_private_key(data, None)
    return serialization.load_der_private_key(data, None)


class Tls:
    """Makes sessions for the socket group."""

    def __init__(self, np):
        self.np = np

    def _file(self, options, number: int, absent: int) -> bytes | None:
        """Content of the file an option names; None without a name, NwpError without a file."""
        name = options.text(number)
        if not name:
            return None
        content = self.np.storage.content(name.encode())
        if content is None:
            raise NwpError(absent)
        return content

    def _certificates(self, options, number: int, absent: int, bad: int):
        data = self._file(options, number, absent)
        if data is None:
            return None
        try:
            return load_certificates(data)
        except ValueError:
            raise NwpError(bad) from None

    def check_server(self, options) -> None:
        """A listening socket needs a certificate and its key; NwpError tells what is wrong."""
        if not options.text(so.CERTIFICATE):
            raise NwpError(BSD.ESECBADCERTFILE)
        if not options.text(so.PRIVATE_KEY):
            raise NwpError(BSD.ESEC_NO_PRIVATE_KEY)
        self._context(options, True)

    def session(self, options, server: bool) -> TlsSession:
        """A session as the options ask for; NwpError where files or options are unusable."""
        context, roots = self._context(options, server)
        pinned = None
        if not server:
            pinned = self._certificates(
                options, so.PEER_CERT_OR_DH, BSD.ESECBADCERTFILE, BSD.ESECBADCERTFILE
            )
        name = options.text(so.DOMAIN_NAME)
        checks = Checks(self.np, options, server, bool(roots), pinned)
        return TlsSession(context, server, None if server else name or None, checks)

    def _context(self, options, server: bool):
        versions = VERSIONS.get(options.number(so.SECMETHOD))
        if versions is None:
            raise NwpError(BSD.ESEC_NOT_COMPILED_IN)
        protocol = ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version, context.maximum_version = versions
        context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION
        try:
            names = cipher_names(options.number(so.SECURE_MASK))
            context.set_ciphers(":".join([*names, "@SECLEVEL=0"]) if names else "NULL-NONE")
        except ssl.SSLError:
            raise NwpError(BSD.ESEC_UNSUPPORTED_SUITE) from None
        self._own_certificate(context, options)
        if server:
            self._dh_parameters(context, options)
        roots = self._roots(context, options, server)
        self._alpn(context, options)
        return context, roots

    def _own_certificate(self, context, options) -> None:
        chain = self._certificates(
            options, so.CERTIFICATE, BSD.ESECBADCERTFILE, BSD.ESECBADCERTFILE
        )
        key = self._file(options, so.PRIVATE_KEY, BSD.ESECBADPRIVATEFILE)
        if chain is None or key is None:
            return
        try:
            pem = load_key(key).private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        except (ValueError, TypeError):
            raise NwpError(BSD.ESECBADPRIVATEFILE) from None
        text = b"".join(c.public_bytes(serialization.Encoding.PEM) for c in chain)
        try:
            _with_file(pem + text, context.load_cert_chain)
        except ssl.SSLError:
            raise NwpError(BSD.ESECBADPRIVATEFILE) from None

    def _dh_parameters(self, context, options) -> None:
        data = self._file(options, so.PEER_CERT_OR_DH, BSD.ESECBADDHFILE)
        if data is not None:
            try:
                _with_file(data, context.load_dh_params)
            except ssl.SSLError:
                raise NwpError(BSD.ESECBADDHFILE) from None

    def _roots(self, context, options, server: bool):
        """Load the CA file: the peer must then show a certificate that it signed."""
        roots = self._certificates(options, so.CA, BSD.ESECNOCAFILE, BSD.ESECBADCAFILE)
        if roots:
            data = b"".join(c.public_bytes(serialization.Encoding.DER) for c in roots)
            context.load_verify_locations(cadata=data)
            context.verify_mode = ssl.CERT_REQUIRED
            context.verify_flags |= NO_CHECK_TIME | PARTIAL_CHAIN
            context.check_hostname = bool(options.text(so.DOMAIN_NAME)) and not server
        return roots

    def _alpn(self, context, options) -> None:
        mask = options.number(so.ALPN)
        names = [name for bit, name in ALPN_BITS.items() if mask & bit]
        if general := options.text(so.ALPN_GENERAL):
            names.append(general)
        if names:
            context.set_alpn_protocols(names)


class Checks:
    """What is looked at after the handshake, in the order in which the NWP reports it."""

    def __init__(self, np, options, server, verified, pinned):
        self.np = np
        self.server = server
        self.verified = verified  # OpenSSL has checked the chain against the CA file
        self.pinned = pinned
        self.catalog = not options.number(so.DISABLE_CERT_STORE)
        self.ocsp = bool(options.number(so.OCSP))

    def verdict(self, leaf: bytes | None, chain: list[bytes]) -> int:
        """0 or a warning code; NwpError when the connection must not stand.

        leaf, chain: DER of the peer's certificate and of the verified chain, root last.
        """
        if self.pinned:
            if leaf != self.pinned[0].public_bytes(serialization.Encoding.DER):
                raise NwpError(BSD.ESECWRONGPEERCERT)
        elif not self.verified:
            return 0 if self.server else BSD.ESECSNOVERIFY
        certificates = [x509.load_der_x509_certificate(c) for c in chain or [leaf]]
        if self.ocsp and any(c.serial_number in self._revoked() for c in certificates):
            return BSD.ESECCERTIFICATEREVOKED
        now = self.np.groups["device"].now()
        for certificate in certificates:
            start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
            if not start.replace(tzinfo=None) <= now <= end.replace(tzinfo=None):
                return BSD.ESECDATEERROR
        if self.catalog and self.verified and not self.server and not self._known(chain):
            return BSD.ESECUNKNOWNROOTCA
        return 0

    def _revoked(self) -> set:
        return set(self.np.world.revoked_serials)

    def _known(self, chain: list[bytes]) -> bool:
        """Is the root in the device's certificate catalog (the world's `trusted_roots`)?"""
        roots = _digests(self.np.world.trusted_roots)
        return any(hashlib.sha256(der).digest() in roots for der in chain)


def _digests(roots) -> set:
    found = set()
    for data in roots:
        for certificate in load_certificates(data):
            der = certificate.public_bytes(serialization.Encoding.DER)
            found.add(hashlib.sha256(der).digest())
    return found


def _with_file(data: bytes, use) -> None:
    """Hand data to a function that only reads files; the file is gone afterwards."""
    fd, path = tempfile.mkstemp(prefix="cc32at-")
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
        use(path)
    finally:
        os.unlink(path)
