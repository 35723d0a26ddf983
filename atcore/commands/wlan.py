"""WLAN commands: guide tables 27-35; at-commands.md chapter 10. For 36, 37 see wlan_config."""

from struct import pack, unpack_from

from ..compat import const
from ..dispatch import BY_OPTION, REPEATED
from . import command

_EAGER = const("wlan")

_SECURITY = const(b"wlan_security")
_ENTERPRISE = const(5)
# The scan has only started: style guide asks again by itself, every 500 ms for 10 s.
_PATIENCE = const((-2073, 500, 10000))
# table: layout network_entry pm_policy
_NETWORK_ENTRY_FORMAT = const("<32s6sBbhB1x")
_NETWORK_ENTRY_SIZE = const(44)
_PM_POLICY_FORMAT = const("<B1x2xH2x")
_PM_POLICY_SIZE = const(8)
# end

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


@command(
    b"WlanProfileAdd",
    _NETWORK + (("Priority", "range", "", 0, 15),),
    reply=(("u8", 0),),
)
def profile_add(cmd, ssid, bssid, security, key, user, anonymous, eap, priority):
    """Store a network (table 29)."""
    user, anonymous, eap = enterprise(security, user, anonymous, eap)
    add = cmd.sl.wlan.profile_add
    return add(ssid, security, key or b"", bssid, user, anonymous, eap, priority)


@command(
    b"WlanProfileGet",
    _INDEX,
    reply=(
        ("str", 0),
        ("mac", 1),
        ("key", 2, _SECURITY),
        ("guide", ("str", 3), ("str", 4), ("key", 5, b"wlan_eap")),
        ("ti", ("none",), ("none",), ("none",), ("none",)),
        ("u8", 6),
    ),
)
def profile_get(cmd, index):
    """Tell a stored network, never its key (table 30)."""
    security, ssid, bssid, priority, user, anonymous, eap = cmd.sl.wlan.profile_get(index)
    if bssid == bytes(6):
        bssid = None
    return ssid, bssid, security, user, anonymous, eap or None, priority


@command(b"WlanProfileDel", _INDEX)
def profile_del(cmd, index):
    """Forget a network, 255: all (table 31)."""
    cmd.sl.wlan.profile_del(index)


# table: ids wlan_policy.CONNECTION wlan_policy.SCAN wlan_policy.PM wlan_policy.P2P
_CONNECTION = const(16)
_SCAN = const(32)
_PM = const(48)
_P2P = const(64)
# end
_LONG_SLEEP = const(4)

_INITIATOR = const(b"wlan_policy_p2p_initiator")
_TYPE = const(("Type", "key", "", b"wlan_policy_type"))
_IGNORED = const((("Value", "any", "?"),))
_SECONDS = const((("Value", "u32", ""),))

# Table 32, in its order: (type, option and value, format of the value on the wire). The value
# differs by option where there is one more choice.
_POLICIES = const(
    (
        (
            _CONNECTION,
            (("Option", "mask", "?", b"wlan_policy_connection"), ("Value", "any", "?")),
            None,
        ),
        (
            _SCAN,
            (
                ("Option", "key", "", b"wlan_policy_scan"),
                (
                    "Value",
                    "forms",
                    "",
                    (
                        (3, _SECONDS, "<I"),  # Hidden_SSID
                        (1, _SECONDS, "<I"),  # No_Hidden_SSID
                        (0, _IGNORED, "<I"),  # Disable_Scan
                    ),
                ),
            ),
        ),
        (
            _PM,
            (
                ("Option", "key", "", b"wlan_policy_pm"),
                (
                    "Value",
                    "forms",
                    "",
                    ((_LONG_SLEEP, (("Value", "u16", "?"),), "<4xHxx"), (None, _IGNORED, None)),
                ),
            ),
        ),
        (
            _P2P,
            (
                ("Option", "key", "", b"wlan_policy_p2p_role"),
                ("Value", "key", "", _INITIATOR),
            ),
            None,
        ),
    )
)


@command(b"WlanPolicySet", (_TYPE, ("Option,Value", "forms", "", _POLICIES)))
def policy_set(cmd, type, option, value):
    """Set a policy (table 32)."""
    form = cmd.core.form[2]
    if type == _P2P:
        option |= value << 5
    cmd.sl.wlan.policy_set(type, option or 0, pack(form, value or 0) if form else b"")


# Table 33: the value line of the option and its value.
_POLICY = {
    _CONNECTION: (("mask", 0, b"wlan_policy_connection"), ("guide", ("none",))),
    _SCAN: (("key", 0, b"wlan_policy_scan"), ("u32", 1)),
    _PM: (("key", 0, b"wlan_policy_pm"), ("u16", 1)),
    _P2P: (("key", 0, b"wlan_policy_p2p_role"), ("key", 1, _INITIATOR)),
}


@command(b"WlanPolicyGet", (_TYPE,), reply=BY_OPTION)
def policy_get(cmd, type):
    """Get a policy (table 33)."""
    option, data = cmd.sl.wlan.policy_get(type)
    data = bytes(data) + bytes(_PM_POLICY_SIZE)
    value = None
    if type == _P2P:
        value = option >> 5
        option &= 0x1F
    elif type == _SCAN and option:
        value = unpack_from("<I", data)[0]
    elif type == _PM and option == _LONG_SLEEP:
        value = unpack_from(_PM_POLICY_FORMAT, data)[1]
    return _POLICY[type], (option, value)


@command(
    b"WlanScan",
    (("Index", "range", "", 0, 29), ("Count", "few", "", 30, 0)),
    values=REPEATED,
    patience=_PATIENCE,
    reply=(
        ("must", 0, ("str", 0)),
        ("mac", 1),
        ("i8", 2),
        ("u8", 3),
        ("key", 4, b"wlan_scan_security"),
        ("u8", 5),
        ("key", 6, b"wlan_scan_cipher"),
        ("key", 7, b"wlan_scan_key_mgmt"),
        ("guide", ("end", 0x3B)),
    ),
)
async def scan(cmd, index, count):
    """Tell the networks found (table 34); in style guide wait for a scan that has only started."""
    data = bytes(await cmd.patiently(cmd.sl.wlan.scan_results, index, count))
    for at in range(0, len(data), _NETWORK_ENTRY_SIZE):
        await cmd.emit(network(*unpack_from(_NETWORK_ENTRY_FORMAT, data, at)))


def network(ssid, bssid, size, rssi, info, channel):
    """What the line of a network is made from."""
    security = info >> 8 & 7
    management = 0 if security < 2 else info >> 11 & 3 or 4
    cipher = info >> 4 & 15
    return ssid[:size], bssid, rssi, channel, security, info >> 13 & 1, cipher, management


@command(b"WlanSetMode", (("Mode", "key", "", b"wlan_role"),))
def set_mode(cmd, mode):
    """Role at the next start (table 35)."""
    cmd.sl.wlan.set_mode(mode)
