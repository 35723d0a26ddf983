"""Which sockets can be made (nwp-protocol.md 4.7), and when a transceiver may be opened."""

from __future__ import annotations

from .codes import BSD
from .registry import NwpError
from .sock_air import RF

TLS = 100

# (domain, type) -> protocols and whether they are secure; None: any number.
_KINDS = {
    (2, 1): {0: False, 6: False, TLS: True},
    (3, 1): {0: False, 6: False, TLS: True},
    (2, 2): {0: False, 17: False},
    (3, 2): {0: False, 17: False},
    (2, 3): None,
    (3, 3): None,
    (17, 3): None,
}
_RF_TYPES = (2, 3, 4)
_CHANNELS = range(1, 15)


def check_kind(domain: int, kind: int, protocol: int) -> bool:
    """Whether the socket is a secure one. NwpError -97, -94, -93 or -91 for what cannot be.

    DTLS (datagram with protocol 100) is refused as an unsupported protocol: Python's ssl has none.
    """
    if domain not in (2, 3, RF, 17):
        raise NwpError(BSD.EAFNOSUPPORT)
    if domain == RF:
        if kind not in _RF_TYPES:
            raise NwpError(BSD.ESOCKTNOSUPPORT)
        if protocol not in _CHANNELS:
            raise NwpError(BSD.EPROTONOSUPPORT)
        return False
    if (domain, kind) not in _KINDS:
        raise NwpError(BSD.ESOCKTNOSUPPORT)
    protocols = _KINDS[domain, kind]
    if protocols is None:
        return False
    if protocol not in protocols:
        known = protocol in (6, 17)
        raise NwpError(BSD.EPROTOTYPE if known else BSD.EPROTONOSUPPORT)
    return protocols[protocol]


def check_transceiver(table, channel: int) -> None:
    """A transceiver wants the radio for itself: NwpError -86, -21, -72 or -69."""
    wlan = table.np.groups["wlan"]
    if table.np.role != "STA":
        raise NwpError(BSD.EUNSUPPORTED_ROLE)
    if table.transceiver_open():
        raise NwpError(BSD.EALREADY_ENABLED)
    if wlan.associated:
        raise NwpError(BSD.CONNECTION_PENDING)
    if wlan.busy_connecting:
        raise NwpError(BSD.EAUTO_CONNECT_OR_CONNECTING)
