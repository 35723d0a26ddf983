"""Error numbers by their short names, from the error table (nwp-protocol.md 11).

`BSD.EAGAIN` is SL_ERROR_BSD_EAGAIN, `WLAN.KEY_ERROR` is SL_ERROR_WLAN_KEY_ERROR and so on.
"""

from __future__ import annotations

import errno

from .codec import protocol


class Codes:
    """The errors of one prefix as attributes; AttributeError for a name the table lacks."""

    def __init__(self, prefix: str):
        self._prefix = prefix

    def __getattr__(self, name: str) -> int:
        try:
            value = protocol().errors[self._prefix + name]
        except KeyError:
            raise AttributeError(self._prefix + name) from None
        setattr(self, name, value)
        return value


BSD = Codes("SL_ERROR_BSD_")
WLAN = Codes("SL_ERROR_WLAN_")
RXFL = Codes("SL_ERROR_RXFL_")
NETAPP = Codes("SL_ERROR_NET_APP_")
NETUTIL = Codes("SL_ERROR_NETUTIL_CRYPTO_")
GENERAL = Codes("SL_ERROR_")

_FROM_OS = {
    errno.EAGAIN: "EAGAIN",
    errno.EACCES: "EACCES",
    errno.EPERM: "EACCES",
    errno.EINVAL: "EINVAL",
    errno.EMSGSIZE: "E2BIG",
    errno.ENOMEM: "ENOMEM",
    errno.EADDRINUSE: "EADDRINUSE",
    errno.EADDRNOTAVAIL: "EADDRNOTAVAIL",
    errno.EAFNOSUPPORT: "EAFNOSUPPORT",
    errno.EPROTONOSUPPORT: "EPROTONOSUPPORT",
    errno.ESOCKTNOSUPPORT: "ESOCKTNOSUPPORT",
    errno.ENETUNREACH: "ENETUNREACH",
    errno.EHOSTUNREACH: "ENETUNREACH",
    errno.ENOBUFS: "ENOBUFS",
    errno.EISCONN: "EISCONN",
    errno.ENOTCONN: "ENOTCONN",
    errno.ETIMEDOUT: "ETIMEDOUT",
    errno.ECONNREFUSED: "ECONNREFUSED",
}


def from_os(number: int | None) -> int:
    """What the NWP says where the host's socket says this errno."""
    return getattr(BSD, _FROM_OS.get(number, "SOC_ERROR"))
