"""The invented radio world: what the network processor would find around it.

`World.load(path)` reads a YAML file; `World.default()` the one shipped here (default.yaml);
`World.parse(text)` a string. Everything is optional. Errors are `WorldError` with the place:
`lab.yaml: access_points[1].channel: 99 is not a channel (1..13)`.

Schema (defaults in brackets)
-----------------------------
device:           the board itself
  mac: "08:00:28:5a:91:ea"      udid: 32 hex digits       chip_id: number [the chip's]
  fw_version, phy_version, nwp_version: [a, b, c, d]      rom_version: number
  role: STA | AP | P2P | TAG [STA]      boot_ms: timing.boot_s in ms     flash_kb: number [4096]
  time: "2024-01-01T00:00:00"   the clock after a cold start
  string_nul: bool [true]       string settings are answered with a NUL where there is room
access_points:    list of
  ssid: text (or ssid_hex)      bssid: MAC      channel: 1..13 [1]      rssi: dBm [-50]
  security: open | wep | wpa | wpa2 | wpa_wpa2 | wpa3 | wpa2_plus | wpa_ent [open]
  key: text (WEP: 5 or 13 characters, or 10 or 26 hex digits)
  users: {identity: password} (wpa_ent)
  hidden: bool [false]          pmf: none | capable | required [none]
  wps: none | pbc | PIN digits [none]
  country: two letters [US]
  dhcp: {start, end, gateway, mask, dns, server, lease_s} or none [192.168.x.100-199]
  ipv6: {prefix, dns} or none [none]
  failures: list of {when: auth | assoc | key | dhcp | link, reason: number,
             count: n [1; -1 = ever], after_s: seconds (link: so long after the connection)}
  internet: bool [true]         addresses and names of this world are reachable through it
stations:         that may join our access point: list of
  mac: MAC   name: text   key: text   join_s: seconds or none [none = on command]
  leave_s: seconds or none      rssi: dBm [-40]
p2p_peers:        list of
  mac: MAC   name: text   wps: pbc | display | keypad [pbc]   pin: digits   intent: 0..15 [7]
  ssid: text (of its group)   appear_s: seconds [0.1]   request_s: seconds or none
http_requests:    that reach the application's handler: list of
  at_s: seconds or none [none = on command]   method: GET | POST | PUT | DELETE [GET]
  uri: text   query: text   headers: {NAME of enum netapp_metadata_type: text}   body: text or hex
mdns_services:    list of
  name: "printer._ipp._tcp.local"   host: text   ip: IPv4   ipv6: IPv6   port: number
  text: text   ttl: seconds [120]
hosts:            {name: address or list of addresses} for DNS in this world
pings:            {address: {rtt_ms: number, loss: 0..1}} for addresses that are not loopback
routes:           {"address" or "address:port": where it leads}: an address or address:port of
                  loopback (127.x.x.x, ::1; the port stays the same when none is given), or
                  refused | silent | unreachable. Known addresses without a route refuse
                  connections, unknown ones are unreachable. A route needs the radio link: without
                  it datagrams are lost, and TCP waits until its patience ends (nwp/sock_radio.py)
timing:           seconds that things take in this world, names in cc32at.world.timing, and
  guesses: factor [1]           for the times that are guessed and not given here
zeroconf: bool [false]         mDNS also on the PC's loopback (package zeroconf), wall clock
files:            in the factory image: list of
  name: text   one of text / hex / base64 / path (relative to the YAML file)   max_size: bytes
  flags: list of failsafe, secure, nosignature, static_token, vendor_token, public_write,
  public_read, encrypted
trusted_roots:    certificate catalog: list of paths of PEM or DER files; a TLS server whose CA
                  is not in it is "connected, but root CA unknown" (-468), as on the chip
revoked_serials:  numbers of certificates that OCSP calls revoked (socket option 43)
faults:           list of faults (nwp/faults.py)

A world may change while it is in use: `add(kind, **fields)`, `remove(kind, key)`,
`change(kind, key, **fields)`; listeners (`world.listeners.append(fn)`) are called as
fn(action, kind, item) with action "add", "remove" or "change" and kind one of KINDS.
"""

from .load import WorldError
from .tables import KINDS
from .things import (
    AccessPoint,
    Device,
    Dhcp,
    Failure,
    File,
    HttpRequest,
    MdnsService,
    Peer,
    Station,
)
from .timing import Timing
from .world import World

__all__ = [
    "KINDS",
    "AccessPoint",
    "Device",
    "Dhcp",
    "Failure",
    "File",
    "HttpRequest",
    "MdnsService",
    "Peer",
    "Station",
    "Timing",
    "World",
    "WorldError",
]
