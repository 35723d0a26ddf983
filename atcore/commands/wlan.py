"""WLAN commands: guide tables 27-35; at-commands.md chapter 10. For 36, 37 see wlan_config."""

from struct import pack

from simplelink.errors import SlError
from simplelink.waiter import Sleep

from ..compat import const, ticks_add, ticks_diff
from ..dispatch import REPEATED
from ..events import word
from . import command

_EAGER = const("wlan")

_SECURITY = const(b"wlan_security")
_ENTERPRISE = const(5)
_AGAIN = const(-2073)  # the scan has only started
_AGAIN_MS = const(500)  # style guide asks again by itself
_PATIENCE_MS = const(10000)
_ENTRY = const(44)

_NETWORK = const(
    (
        ("SSID", "str", "", 32, 1),
        ("BSSID", "mac", "?"),
        ("SecurityType", "key", "", _SECURITY),
        ("SecurityKey", "str", "?!", 64),
        ("SecurityExtUser", "str", "?", 32),
        ("SecurityExtAnonUser", "str", "?", 32),
        ("SecurityExtEapMethod", "key", "?", b"wlan_eap"),
    )
)
_INDEX = const((("index", "u8", ""),))


def enterprise(security, user, anonymous, eap):
    """(user, anonymous user, EAP method) as the driver wants them: for WPA_ENT only."""
    if security != _ENTERPRISE:
        return None, None, 0
    if user is None and anonymous is None and eap is not None:
        user = b""
    return user, anonymous, eap or 0


@command(b"WlanConnect", _NETWORK)
def connect(cmd, ssid, bssid, security, key, user, anonymous, eap):
    """Ask for a connection; an event tells what came of it (table 27)."""
    user, anonymous, eap = enterprise(security, user, anonymous, eap)
    cmd.sl.wlan.connect(ssid, security, key or b"", bssid, user, anonymous, eap)


@command(b"WlanDisconnect")
def disconnect(cmd):
    """Leave the network (table 28)."""
    cmd.sl.wlan.disconnect()


@command(b"WlanProfileAdd", _NETWORK + (("Priority", "range", "", 0, 15),))
def profile_add(cmd, ssid, bssid, security, key, user, anonymous, eap, priority):
    """Store a network (table 29)."""
    user, anonymous, eap = enterprise(security, user, anonymous, eap)
    add = cmd.sl.wlan.profile_add
    return cmd.value().num(add(ssid, security, key or b"", bssid, user, anonymous, eap, priority))


@command(b"WlanProfileGet", _INDEX)
def profile_get(cmd, index):
    """Tell a stored network, never its key (table 30)."""
    security, ssid, bssid, priority, user, anonymous, eap = cmd.sl.wlan.profile_get(index)
    line = cmd.value().text(ssid, 0, len(ssid))
    if bssid == bytes(6):
        line.none()
    else:
        line.mac(bssid, 0)
    line.key(_SECURITY, security)
    if cmd.ti:
        line.none().none().none().none()
    else:
        line.text(user, 0, len(user)).text(anonymous, 0, len(anonymous))
        if eap:
            line.key(b"wlan_eap", eap)
        else:
            line.none()
    return line.num(priority)


@command(b"WlanProfileDel", _INDEX)
def profile_del(cmd, index):
    """Forget a network, 255: all (table 31)."""
    cmd.sl.wlan.profile_del(index)


_CONNECTION = const(16)
_SCAN = const(32)
_PM = const(48)
_P2P = const(64)
_LONG_SLEEP = const(4)

# Type of policy: its options, as an argument (table 32).
POLICIES = {
    _CONNECTION: ("Option", "mask", "?", b"wlan_policy_connection"),
    _SCAN: ("Option", "key", "", b"wlan_policy_scan"),
    _PM: ("Option", "key", "", b"wlan_policy_pm"),
    _P2P: ("Option", "key", "", b"wlan_policy_p2p_role"),
}
_INITIATOR = const(b"wlan_policy_p2p_initiator")


@command(
    b"WlanPolicySet",
    (
        ("Type", "key", "", b"wlan_policy_type"),
        ("Option", "later", "?"),
        ("Value", "later", "?"),
    ),
)
def policy_set(cmd, type, _, __):
    """Set a policy (table 32)."""
    option = cmd.parameter(1, POLICIES[type]) or 0
    data = b""
    if type == _SCAN:
        interval = cmd.parameter(2, ("Value", "u32", "")) if option else 0
        data = pack("<I", interval)
    elif type == _PM and option == _LONG_SLEEP:
        data = pack("<4xHxx", cmd.parameter(2, ("Value", "u16", "?")) or 0)
    elif type == _P2P:
        option |= cmd.parameter(2, ("Value", "key", "", _INITIATOR)) << 5
    cmd.sl.wlan.policy_set(type, option, data)


@command(b"WlanPolicyGet", (("Type", "key", "", b"wlan_policy_type"),))
def policy_get(cmd, type):
    """Get a policy (table 33)."""
    option, data = cmd.sl.wlan.policy_get(type)
    data = bytes(data) + bytes(8 - len(data))
    line = cmd.value()
    if type == _CONNECTION:
        line.mask(b"wlan_policy_connection", option)
        return line if cmd.ti else line.none()
    if type == _P2P:
        return line.key(b"wlan_policy_p2p_role", option & 0x1F).key(_INITIATOR, option >> 5)
    line.key(POLICIES[type][3], option)
    if type == _SCAN and option:
        return line.num(word(data, 0, 4))
    if type == _PM and option == _LONG_SLEEP:
        return line.num(word(data, 4, 2))
    return line.none()


@command(
    b"WlanScan", (("Index", "range", "", 0, 29), ("Count", "few", "", 30, 0)), values=REPEATED
)
async def scan(cmd, index, count):
    """Tell the networks found (table 34); in style guide wait for a scan that has only started."""
    networks = cmd.sl.wlan.scan_results
    link = cmd.sl.link
    end = ticks_add(link.ticks(), _PATIENCE_MS)
    while True:
        try:
            data = bytes(networks(index, count))
            break
        except SlError as error:
            if cmd.ti or error.code != _AGAIN or ticks_diff(end, link.ticks()) <= 0:
                raise
        await Sleep(link, _AGAIN_MS)
    for at in range(0, len(data), _ENTRY):
        await network(cmd, data[at : at + _ENTRY])


async def network(cmd, entry: bytes):
    """One network, a record network_entry."""
    size = min(entry[38], 32)
    if cmd.ti and not size:
        return
    info = word(entry, 40, 2)
    security = info >> 8 & 7
    management = 0 if security < 2 else info >> 11 & 3 or 4
    rssi = entry[39]
    line = cmd.value().text(entry, 0, size).mac(entry, 32)
    line.num(rssi - 256 if rssi > 127 else rssi).num(entry[42])
    line.key(b"wlan_scan_security", security).num(info >> 13 & 1)
    line.key(b"wlan_scan_cipher", info >> 4 & 15).key(b"wlan_scan_key_mgmt", management)
    if not cmd.ti:
        line.close(0x3B)
    await cmd.emit(line)


@command(b"WlanSetMode", (("Mode", "key", "", b"wlan_role"),))
def set_mode(cmd, mode):
    """Role at the next start (table 35)."""
    cmd.sl.wlan.set_mode(mode)
