"""One TLS session: bytes in, bytes out, no sockets and no threads."""

from __future__ import annotations

import hashlib
import ssl

from cryptography import x509
from cryptography.x509.oid import NameOID

from .codec import protocol
from .codes import BSD
from .registry import NwpError
from .tls_tables import ALPN_BITS, CIPHERS, NO_SIGNER, VERSION_NUMBERS, error_code

READ_AHEAD = 16384


class TlsSession:
    """OpenSSL's side of a connection, fed and drained by sock_stream.py.

    plain: decrypted bytes that wait. end: None, or the code with which the stream ended
    (0 = TCP ended between records, ESECCLOSED = close_notify, others are errors).
    """

    def __init__(self, context: ssl.SSLContext, server: bool, name: str | None, checks):
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.ssl = context.wrap_bio(self.incoming, self.outgoing, server, name)
        self.checks = checks
        self.server = server
        self.plain = bytearray()
        self.end: int | None = None
        self.ended_input = False
        self.missing_root = ""  # name of the CA that would have been needed
        self.verdict: int | None = None
        self._header = b""  # of the record that is coming in
        self._left = 0  # bytes of it that have not come yet

    def feed(self, data: bytes) -> None:
        """Bytes from the peer; empty ones are the end of TCP."""
        if data:
            self.incoming.write(data)
            self._follow(data)
        else:
            self.ended_input = True
            self.incoming.write_eof()

    def _follow(self, data: bytes) -> None:
        """Keep track of where records end (5 bytes of header, the last two the length)."""
        while data:
            if self._left:
                taken = min(self._left, len(data))
                self._left -= taken
            else:
                taken = min(5 - len(self._header), len(data))
                self._header += data[:taken]
                if len(self._header) == 5:
                    self._left = int.from_bytes(self._header[3:], "big")
                    self._header = b""
            data = data[taken:]

    def output(self) -> bytes:
        """Bytes for the peer."""
        return self.outgoing.read()

    def rest(self) -> bytes:
        """What came behind the peer's close_notify."""
        return self.incoming.read()

    def handshake(self) -> int | None:
        """None: more bytes are needed; 0 or a warning: done. NwpError: refused."""
        try:
            self.ssl.do_handshake()
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLError as error:
            code = error_code(error)
            if code == NO_SIGNER and not self.server:
                self.missing_root = self._top_issuer()
            raise NwpError(code) from None
        self.verdict = self.checks.verdict(self.ssl.getpeercert(True), self._chain())
        return self.verdict

    def decrypt(self, want: int) -> None:
        """Move up to `want` decrypted bytes to `plain`, or find the end."""
        while self.end is None and len(self.plain) < want:
            try:
                data = self.ssl.read(min(want - len(self.plain), READ_AHEAD))
            except ssl.SSLWantReadError:
                return
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLEOFError:
                partial = self._left or self._header
                self.end = BSD.ESECTCPDISCONNECTEDUNCOMPLETERECORD if partial else 0
                return
            except ssl.SSLError as error:
                self.end = error_code(error)
                return
            if not data:
                self.end = BSD.ESECCLOSED
                return
            self.plain += data

    def take(self, max_len: int) -> bytes:
        data = bytes(self.plain[:max_len])
        del self.plain[:max_len]
        return data

    def encrypt(self, data: bytes) -> bytes:
        """Records for these bytes; NwpError when the session is closed."""
        try:
            self.ssl.write(data)
        except ssl.SSLError as error:
            raise NwpError(error_code(error)) from None
        return self.output()

    def close(self) -> None:
        """Queue a close_notify."""
        try:
            self.ssl.unwrap()
        except (ssl.SSLError, ValueError):
            return

    # What the peer showed

    def _chain(self) -> list[bytes]:
        certificates = self.ssl._sslobj.get_verified_chain() or []
        return [c.public_bytes(2) for c in certificates]  # 2: DER

    def _top_issuer(self) -> str:
        """Name of the issuer of the last certificate that the peer sent."""
        certificates = self.ssl._sslobj.get_unverified_chain() or []
        if not certificates:
            return ""
        return common_name(x509.load_der_x509_certificate(certificates[-1].public_bytes(2)).issuer)

    def alpn(self) -> str:
        return self.ssl.selected_alpn_protocol() or ""

    def alpn_bit(self) -> int:
        """The chosen protocol as a bit of option 40; 0 when none was."""
        return next((bit for bit, name in ALPN_BITS.items() if name == self.alpn()), 0)

    def parameters(self) -> bytes:
        """Record ssl_connection_params (option 36)."""
        cipher = (self.ssl.cipher() or ("",))[0]
        values = {
            "version": VERSION_NUMBERS.get(self.ssl.version(), 0),
            "cipher": next((bit for bit, name in CIPHERS.items() if name == cipher), 0),
            "peer_validated": int(self.verdict == 0),
            "alpn": self.alpn_bit(),
        }
        der = self.ssl.getpeercert(True)
        if der:
            values |= _certificate_fields(x509.load_der_x509_certificate(der))
        return protocol().pack("ssl_connection_params", **values)


def common_name(name: x509.Name) -> str:
    """The common name, or the whole name where there is none."""
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else name.rfc4514_string()


def _certificate_fields(certificate: x509.Certificate) -> dict:
    """Names cut to 16 bytes, dates as YYYYMMDD, hashes over the encoded names."""
    values = {
        "from_date": certificate.not_valid_before_utc.strftime("%Y%m%d").encode(),
        "to_date": certificate.not_valid_after_utc.strftime("%Y%m%d").encode(),
    }
    for field, name in (("subject", certificate.subject), ("issuer", certificate.issuer)):
        text = common_name(name).encode()[:16]
        digest = hashlib.sha256(name.public_bytes()).digest()
        values[field] = text
        values[f"{field}_len"] = len(text)
        values[f"{field}_hash"] = int.from_bytes(digest[:2], "little")
    return values
