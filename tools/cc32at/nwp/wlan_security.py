"""What a host asks for when it connects, and whether an access point lets it in."""

from __future__ import annotations

import hashlib
import string
from dataclasses import dataclass

from ..world.things import wep_key
from .codec import protocol
from .codes import GENERAL, WLAN
from .registry import NwpError

OPEN, WEP, WPA_WPA2, WPS_PBC, WPS_PIN, WPA_ENT = range(6)
P2P_PBC, P2P_PIN_KEYPAD, P2P_PIN_DISPLAY, P2P_PIN_AUTO, WEP_SHARED, WPA2_PLUS = range(6, 12)
WPA3, WPA_PMK = 12, 15
P2P_TYPES = (P2P_PBC, P2P_PIN_KEYPAD, P2P_PIN_DISPLAY, P2P_PIN_AUTO)
PASSPHRASES = (WPA_WPA2, WPA2_PLUS, WPA3)
KNOWN = (OPEN, WEP, WPA_WPA2, WPS_PBC, WPS_PIN, WPA_ENT, *P2P_TYPES, WEP_SHARED, *PASSPHRASES)
KNOWN += (WPA_PMK,)

# Disconnect reasons (enum disconnect_reason)
HANDSHAKE_TIMEOUT, EAP_FAILED = 15, 23
AUTH_TIMEOUT, ASSOC_TIMEOUT, SECURITY_FAILURE, MISSING_CERT = 202, 203, 204, 209

CA_FILE, CLIENT_FILE, KEY_FILE = (
    b"/sys/cert/ca.der",
    b"/sys/cert/client.der",
    b"/sys/cert/private.key",
)
EAP_TLS = 1  # phase-1 method in the low byte of the EAP mask

# Security of an access point -> security types that can join it.
_FITS = {
    "open": (OPEN,),
    "wep": (WEP, WEP_SHARED),
    "wpa": (WPA_WPA2, WPA_PMK),
    "wpa2": (WPA_WPA2, WPA2_PLUS, WPA_PMK),
    "wpa_wpa2": (WPA_WPA2, WPA2_PLUS, WPA_PMK),
    "wpa2_plus": (WPA2_PLUS,),
    "wpa3": (WPA3, WPA2_PLUS),
    "wpa_ent": (WPA_ENT,),
}

# What the type of an access point is called once connected.
TYPE_OF = {"open": OPEN, "wep": WEP, "wpa2_plus": WPA2_PLUS, "wpa3": WPA3, "wpa_ent": WPA_ENT}


@dataclass
class Request:
    """Connection parameters: of a command, of a profile, or of the last connection."""

    ssid: bytes
    bssid: bytes = bytes(6)
    security: int = OPEN
    key: bytes = b""
    user: bytes = b""
    anonymous: bytes = b""
    eap: int = 0

    @classmethod
    def of(cls, cmd, eap: bool) -> Request:
        """From a WLAN_CONNECT or WLAN_PROFILE_* command; NwpError for lengths out of range."""
        args = cmd.args
        if args.ssid_len > 32 or len(args.ssid) != args.ssid_len:
            raise NwpError(WLAN.SSID_LEN_ERROR)
        if args.password_len > 64 or len(args.password) != args.password_len:
            raise NwpError(WLAN.PASSPHRASE_TOO_LONG)
        request = cls(args.ssid, args.bssid, args.sec_type, args.password)
        if eap:
            if not 0 < args.user_len <= 64:
                raise NwpError(WLAN.USER_ID_LEN_ERROR)
            if args.anon_user_len > 64:
                raise NwpError(WLAN.EAP_ANONYMOUS_LEN_ERROR)
            request.user, request.anonymous = args.user, args.anon_user
            request.eap = args.eap_bitmask
            request.security = WPA_ENT
        return request

    def check(self) -> None:
        """NwpError for parameters that no network could want."""
        if self.security not in KNOWN:
            raise NwpError(WLAN.INVALID_SECURITY_TYPE)
        if not self.ssid and self.security not in (WPS_PBC, WPS_PIN, *P2P_TYPES):
            raise NwpError(WLAN.SSID_LEN_ERROR)
        if self.security in PASSPHRASES and not 8 <= len(self.key) <= 64:
            raise NwpError(WLAN.PASSWORD_ERROR)
        if self.security == WPA_PMK and len(self.key) not in (32, 64):
            raise NwpError(WLAN.PASSWORD_ERROR)
        if self.security in (WEP, WEP_SHARED) and wep_key(self.key) is None:
            raise NwpError(WLAN.PASSWORD_ERROR)
        if self.security == WPS_PIN and not (len(self.key) in (4, 8) and self.key.isdigit()):
            raise NwpError(GENERAL.WPS_NO_PIN_OR_WRONG_PIN_LEN)
        if self.security == WPA_ENT and self.eap not in protocol().enums["eap_method"].values():
            raise NwpError(WLAN.EAP_WRONG_METHOD)


def pmk(passphrase: bytes, ssid: bytes) -> bytes:
    """Pairwise master key of a passphrase (IEEE 802.11, J.4); 64 hex digits are the key itself."""
    if len(passphrase) == 64 and all(chr(c) in string.hexdigits for c in passphrase):
        return bytes.fromhex(passphrase.decode())
    return hashlib.pbkdf2_hmac("sha1", passphrase, ssid, 4096, 32)


def fits(ap, request: Request) -> bool:
    """Do the security types go together at all?"""
    if request.security in (WPS_PBC, WPS_PIN):
        return ap.wps != "none"
    if ap.pmf == "required" and request.security == WPA_WPA2:
        return False
    return request.security in _FITS[ap.security]


def type_of(ap) -> int:
    """The security type of a connection to this access point."""
    return TYPE_OF.get(ap.security, WPA_WPA2)


def wps(ap, request: Request) -> Request | None:
    """What WPS hands out: the real parameters; None when it refuses."""
    wanted = "pbc" if request.security == WPS_PBC else request.key.decode()
    if ap.wps != wanted:
        return None
    return Request(ap.ssid, ap.bssid, type_of(ap), ap.key)


def refusal(ap, request: Request, storage, skip_server_check: bool) -> int:
    """0, or the reason for which the key exchange with this access point fails."""
    if request.security == WPA_ENT:
        return _enterprise(ap, request, storage, skip_server_check)
    if ap.security == "open":
        return 0
    if ap.security == "wep":
        # An open-system WEP network takes everybody; a wrong key shows as silence later.
        wrong = request.security == WEP_SHARED and not same_key(ap, request)
        return AUTH_TIMEOUT if wrong else 0
    if same_key(ap, request):
        return 0
    return SECURITY_FAILURE if ap.security == "wpa3" else HANDSHAKE_TIMEOUT


def same_key(ap, request: Request) -> bool:
    if ap.security == "wep":
        return wep_key(ap.key) == wep_key(request.key)
    if request.security == WPA_PMK:
        key = request.key if len(request.key) == 32 else pmk(request.key, ap.ssid)
        return key == pmk(ap.key, ap.ssid)
    if len(request.key) == 64 or len(ap.key) == 64:
        return pmk(request.key, ap.ssid) == pmk(ap.key, ap.ssid)
    return request.key == ap.key


def _enterprise(ap, request: Request, storage, skip_server_check: bool) -> int:
    """EAP: certificates from their fixed file names, credentials from the world's users."""
    needed = [] if skip_server_check else [CA_FILE]
    if request.eap & 0xFF == EAP_TLS:
        needed += [CLIENT_FILE, KEY_FILE]
    if any(storage.content(name) is None for name in needed):
        return MISSING_CERT
    if request.eap & 0xFF == EAP_TLS:
        return 0 if request.user in ap.users else EAP_FAILED
    return 0 if ap.users.get(request.user) == request.key else EAP_FAILED


def take_failure(ap, step: str):
    """The access point's scripted failure for this step, used up by one; None without one."""
    for failure in ap.failures:
        if failure.when == step and failure.count:
            if failure.count > 0:
                failure.count -= 1
            return failure
    return None
