"""How long things take in a world, and how well each of these times is known.

A time's source is one of SOURCES. What is guessed may be ten times as long or as short on the
chip: `timing: {guesses: 10}` in a world file makes it so, and nothing that talks to the board may
depend on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

from . import load

SOURCES = {
    "data sheet": "a public text of TI or a standard says it",
    "recording": "seen on the wire of a chip",
    "guess": "nobody has measured it",
}
SHEET, RECORDING, GUESS = SOURCES


def _time(seconds: float, source: str, what: str):
    return field(default=seconds, metadata={"source": source, "what": what})


@dataclass
class Timing:
    """Seconds that the network processor, the radio and the network take.

    Each field's metadata tells its `source` and `what` takes so long.
    """

    # Start, stop and the file store's neighbours
    boot_s: float = _time(0.02, GUESS, "from power-on to INIT_COMPLETE")
    stop_s: float = _time(0.005, GUESS, "from the response of DEVICE_STOP to DEVICE_STOP_DONE")
    trigger_s: float = _time(0.005, GUESS, "from the out-of-band interrupt to rest")
    crypto_s: float = _time(0.005, GUESS, "a signature, or a key")
    # Finding and joining a network
    scan_s: float = _time(0.12, GUESS, "a sweep over all channels")
    stale_s: float = _time(20.0, SHEET, "for which results of a sweep count without scan policy")
    auth_s: float = _time(0.01, GUESS, "authentication")
    assoc_s: float = _time(0.01, GUESS, "association")
    key_s: float = _time(0.03, GUESS, "four-way handshake, SAE or EAP")
    rescan_s: float = _time(5.0, GUESS, "between attempts to find a network")
    retry_s: float = _time(10.0, GUESS, "between automatic attempts after a failure")
    beacon_s: float = _time(0.1024, SHEET, "between beacons: 100 time units (IEEE 802.11)")
    beacon_loss_s: float = _time(0.5, GUESS, "from an access point's silence to BSS_LOSS")
    provision_s: float = _time(2.0, GUESS, "from the boot to provisioning by policy")
    confirm_s: float = _time(15.0, GUESS, "until a delivered network counts as not found")
    # Addresses
    dhcp_s: float = _time(0.05, GUESS, "a lease")
    dhcp_timeout_s: float = _time(25.0, GUESS, "until DHCP_TIMEOUT")
    dhcp_retry_s: float = _time(5.0, GUESS, "between vain attempts to get a lease")
    lla_s: float = _time(25.0, SHEET, "of vain DHCP before a link-local address, if none is set")
    collision_probe_s: float = _time(0.05, GUESS, "until a static address is told")
    ipv6_s: float = _time(0.06, GUESS, "an IPv6 address")
    # Other roles
    station_s: float = _time(0.02, GUESS, "a station's association with our access point")
    lease_s: float = _time(0.03, GUESS, "its DHCP exchange with us")
    p2p_s: float = _time(0.3, GUESS, "group negotiation")
    p2p_backoff_s: float = _time(3.0, SHEET, "RAND_BACKOFF, 1 to 6 s (AT guide, table 32)")
    # Names and peers
    dns_s: float = _time(0.01, GUESS, "a name's address")
    dns_timeout_s: float = _time(2.0, GUESS, "of each try, where DNS_CLIENT TIME says nothing")
    mdns_s: float = _time(0.03, GUESS, "a service's address")
    ping_s: float = _time(0.002, GUESS, "a round trip where `pings` says nothing")
    refusal_s: float = _time(0.002, GUESS, "until a peer refuses a connection")
    silence_s: float = _time(30.0, GUESS, "until a peer that does not answer is given up")
    close_s: float = _time(5.0, GUESS, "a close waits for unsent data without option LINGER")
    handshake_s: float = _time(30.0, GUESS, "a TLS handshake may take")
    tls_end_s: float = _time(0.05, GUESS, "between a TLS close and the end of TCP behind it")

    def with_guesses(self, factor: float) -> Timing:
        """The same with all guesses so many times as long."""
        guesses = [f.name for f in fields(self) if f.metadata["source"] == GUESS]
        return replace(self, **{name: getattr(self, name) * factor for name in guesses})


__doc__ += "\n" + "\n".join(
    f"{f.name:18}{f.default:8g} s  {f.metadata['source']}: {f.metadata['what']}"
    for f in fields(Timing)
)


def _factor(value, ctx) -> float:
    if load.number(value, ctx) == 0:
        ctx.fail("0 is not a factor")
    return float(value)


def timing(value, ctx) -> Timing:
    """Of a world file: `guesses` for the times that the file does not give itself."""
    names = {f.name: load.number for f in fields(Timing)}
    given = load.record({"guesses": _factor, **names})(value, ctx)
    return replace(Timing().with_guesses(given.pop("guesses", 1.0)), **given)
