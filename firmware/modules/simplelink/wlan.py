"""WLAN: connections, profiles, policies, scans, settings, filters (nwp-protocol 6.3, 8.3, 8.4).

Names, keys and addresses are bytes. connect() and disconnect() only ask: what comes of it is an
event.
"""

from struct import pack, pack_into, unpack_from

from .compat import const
from .device import get_setting, set_setting, size8
from .errors import SlError, checked

# table: states STARTED
_STARTED = const(1)
# end
# table: opcodes wlan
_WLAN_CONNECT = const(0x8C80)
_WLAN_CONNECT_EAP = const(0x8C82)
_WLAN_DISCONNECT = const(0x8C81)
_WLAN_PROFILE_ADD = const(0x8C83)
_WLAN_PROFILE_ADD_EAP = const(0x8C67)
_WLAN_PROFILE_UPDATE = const(0x8CC2)
_WLAN_PROFILE_UPDATE_EAP = const(0x8CC3)
_WLAN_PROFILE_GET = const(0x8C84)
_WLAN_PROFILE_DEL = const(0x8C85)
_WLAN_POLICY_SET = const(0x8C86)
_WLAN_POLICY_GET = const(0x8C87)
_WLAN_SCAN_RESULTS_GET = const(0x8C8C)
_WLAN_EXT_SCAN_RESULTS_GET = const(0x8C8D)
_WLAN_RX_FILTER_ADD = const(0x8C6C)
_WLAN_RX_STAT_START = const(0x8CAC)
_WLAN_RX_STAT_STOP = const(0x8CAD)
_WLAN_RX_STAT_GET = const(0x8CAF)
_WLAN_PROVISIONING = const(0x8C98)
_WLAN_SET_MODE = const(0x8CB4)
_WLAN_CFG_SET = const(0x8CB5)
_WLAN_CFG_GET = const(0x8CB6)
_WLAN_EV_CONNECTED = const(0x0880)
_WLAN_EV_DISCONNECTED = const(0x0881)
_WLAN_EV_STA_ADDED = const(0x082E)
_WLAN_EV_STA_REMOVED = const(0x082F)
_WLAN_EV_P2P_CONNECTED = const(0x0892)
_WLAN_EV_P2P_DISCONNECTED = const(0x0894)
_WLAN_EV_P2P_CLIENT_ADDED = const(0x0896)
_WLAN_EV_P2P_CLIENT_REMOVED = const(0x0898)
_WLAN_EV_P2P_DEV_FOUND = const(0x0830)
_WLAN_EV_P2P_REQUEST = const(0x0832)
_WLAN_EV_P2P_CONNECT_FAIL = const(0x0831)
_WLAN_EV_RX_FILTER = const(0x089D)
_WLAN_EV_PROVISIONING_STATUS = const(0x089A)
_WLAN_EV_PROVISIONING_PROFILE_ADDED = const(0x08B2)
_WLAN_EV_LINK_QUALITY = const(0x08BA)
# end
# table: errors SL_ESMALLBUF SL_EZEROLEN
_SL_ESMALLBUF = const(-2001)
_SL_EZEROLEN = const(-2002)
# end

_ENTRY = const(44)  # network_entry
_EXT_ENTRY = const(52)  # ext_network_entry
_STATISTICS = const(76)
_KEEP = const(0x1F)
_NO_BSSID = b"\0\0\0\0\0\0"


class Wlan:
    """sl.wlan"""

    def __init__(self, link):
        self.link = link
        self.option = 0  # option in the answer to the last get()

    # Connections and profiles. user, anon and eap make it an enterprise network: leave user and
    # anon None for any other. sec_type: 0 open, 1 WEP, 2 WPA/WPA2, 3 WPS button, 4 WPS PIN, 5
    # enterprise, 10 shared WEP, 11 WPA2+, 12 WPA3. eap: enum eap_method.

    def connect(self, ssid, sec_type=0, key=b"", bssid=None, user=None, anon=None, eap=0) -> None:
        """Ask for a connection."""
        if user is None and anon is None:
            head = pack("<BB6sB", sec_type, size8(ssid), bssid or _NO_BSSID, size8(key))
            self.link.call(_WLAN_CONNECT, _joined(head, ssid, key))
            return
        user, anon = user or b"", anon or b""
        head = pack(
            "<BB6sBBBBI",
            sec_type if len(key) else 0,
            size8(ssid),
            bssid or _NO_BSSID,
            size8(key),
            size8(user),
            size8(anon),
            0,
            eap,
        )
        self.link.call(_WLAN_CONNECT_EAP, _joined(head, ssid, key, user, anon))

    def disconnect(self) -> None:
        """Leave the network."""
        self.link.call(_WLAN_DISCONNECT, b"")

    def profile_add(
        self, ssid, sec_type=0, key=b"", bssid=None, user=None, anon=None, eap=0, priority=0
    ) -> int:
        """Store a network to connect to; priority 0 to 15, higher first. Returns its index, 0 to
        6.
        """
        head = pack(
            "<hBB6sBB",
            sec_type,
            size8(ssid),
            priority & 0xFF,
            bssid or _NO_BSSID,
            size8(key),
            0,
        )
        if user is None and anon is None:
            return self.link.call(_WLAN_PROFILE_ADD, _joined(head, ssid, key))
        user, anon = user or b"", anon or b""
        head += pack("<BBBBI", size8(user), size8(anon), 0, 0, eap)
        return self.link.call(_WLAN_PROFILE_ADD_EAP, _joined(head, ssid, key, user, anon))

    def profile_update(
        self,
        index,
        ssid=b"",
        sec_type=_KEEP,
        key=b"",
        bssid=None,
        user=None,
        anon=None,
        eap=0,
        priority=_KEEP,
    ) -> None:
        """Change a profile; what is left out stays. bssid of all 0xFF: remove it."""
        enterprise = user is not None or anon is not None
        user, anon = user or b"", anon or b""
        head = pack(
            "<hBB6sBBIBBBBI",
            sec_type,
            size8(ssid),
            priority & 0xFF,
            bssid or _NO_BSSID,
            size8(key),
            0,
            index,
            size8(user),
            size8(anon),
            0,
            0,
            eap,
        )
        opcode = _WLAN_PROFILE_UPDATE_EAP if enterprise else _WLAN_PROFILE_UPDATE
        self.link.call(opcode, _joined(head, ssid, key, user, anon))

    def profile_get(self, index: int):
        """(sec_type, ssid, bssid, priority, user, anon, eap) of a profile; keys are never told."""
        link = self.link
        pack_into("<I", link.args, 0, index & 0xFF)
        n = link.request(_WLAN_PROFILE_GET, link.args4, head=20)
        sec_type, ssid_len, priority, bssid, key_len, _, user_len, anon_len, eap = unpack_from(
            "<hBB6sBBBBxxI", link.answer
        )
        tail = bytes(link.answer[20:n])
        user_at = ssid_len + key_len
        anon_at = user_at + user_len
        return (
            sec_type,
            tail[:ssid_len],
            bssid,
            priority,
            tail[user_at:anon_at],
            tail[anon_at : anon_at + anon_len],
            eap,
        )

    def profile_del(self, index: int) -> None:
        """Forget a profile; 255: all."""
        self._byte(_WLAN_PROFILE_DEL, index)

    # Policies: 0x10 connection, 0x20 scan, 0x30 power management, 0x40 P2P (8.4)

    def policy_set(self, policy: int, option: int, data=b"") -> None:
        """Set a policy."""
        link = self.link
        pack_into("<BBBB", link.args, 0, policy, 0, option & 0xFF, size8(data))
        link.call(_WLAN_POLICY_SET, link.args4, data)

    def policy_get(self, policy: int, size: int = 8):
        """(option, value) of a policy; the value is a view good until the next request or wait."""
        link = self.link
        pack_into("<BBBB", link.args, 0, policy, 0, 0, 0)
        n = link.request(_WLAN_POLICY_GET, link.args4, status=False)
        if n - 4 > size:
            raise SlError(_SL_ESMALLBUF)
        return link.answer[2], link.answer[4:n]

    # Scan results

    def scan_results(self, index: int, count: int):
        """Networks found: records network_entry of 44 bytes, a view that lasts until the next
        request.

        index and count within 30. Raises -2073 when a scan has only been started: ask again in a
        second.
        """
        return self._networks(_WLAN_SCAN_RESULTS_GET, index, count, _ENTRY)

    def scan_results_ext(self, index: int, count: int):
        """The same with country and channels (52 bytes each); never starts a scan."""
        return self._networks(_WLAN_EXT_SCAN_RESULTS_GET, index, count, _EXT_ENTRY)

    def _networks(self, opcode: int, index: int, count: int, size: int):
        if count <= 0:
            raise SlError(_SL_EZEROLEN)
        link = self.link
        pack_into("<BBBB", link.args, 0, index & 0xFF, count & 0xFF, 0, 0)
        n = link.request(opcode, link.args4)
        found = min(unpack_from("<H", link.answer)[0], count, (n - 4) // size)
        return link.answer[4 : 4 + found * size]

    # Settings (8.3)

    def set_mode(self, mode: int) -> None:
        """Role at the next start: 0 station, 2 access point, 3 P2P, 4 tag."""
        self._byte(_WLAN_SET_MODE, mode)

    def set(self, id: int, option: int, data=b"") -> None:
        """Change a setting."""
        set_setting(self.link, _WLAN_CFG_SET, id, option, data)

    def get(self, id: int, option: int, size: int):
        """Value of a setting, `size` bytes at most: a view good until the next request or wait."""
        found = get_setting(self.link, _WLAN_CFG_GET, id, option, size, size)
        self.option = self.link.answer[4]
        return found

    # Receive filters and statistics

    def rx_filter_add(self, rule_type: int, flags: int, rule, trigger, action) -> int:
        """Add a receive filter; returns its id. rule, trigger, action: records of chapter 10."""
        link = self.link
        args = pack("<BBbx56s12s8s", rule_type, flags, 0, rule, trigger, action)
        link.request(_WLAN_RX_FILTER_ADD, args, head=6, status=False)
        number, status = unpack_from("<bxh", link.answer)
        checked(status)
        return number

    def rx_stat_start(self) -> None:
        """Begin to count received frames."""
        self.link.call(_WLAN_RX_STAT_START, b"")

    def rx_stat_stop(self) -> None:
        """Stop counting."""
        self.link.call(_WLAN_RX_STAT_STOP, b"")

    def rx_stat_get(self):
        """The record of 76 bytes (6.3), a view; the counters begin anew."""
        self.link.request(_WLAN_RX_STAT_GET, b"", head=_STATISTICS, status=False)
        return self.link.answer[:_STATISTICS]

    # Provisioning

    def provisioning(self, command: int, role: int, timeout: int, key=b"", flags: int = 0) -> None:
        """Start provisioning (command 0 to 3; timeout in seconds, 30 and more) or stop it (timeout
        0).

        role: after success, 0 station, 2 access point, 0xFF as it is. key: 16 bytes for
        SmartConfig, or none.
        """
        args = pack(
            "<BBHIIBBH16s",
            command,
            role,
            timeout,
            flags,
            0,
            1 if len(key) else 0,
            size8(key),
            0,
            key,
        )
        if timeout:
            self.link.call(_WLAN_PROVISIONING, args)
        else:
            self._end_provisioning(args)

    def _end_provisioning(self, args):
        """The one request that provisioning itself does not hold up."""
        link = self.link
        if link.state != _STARTED:
            link.check()
        n = link.nwp.request(_WLAN_PROVISIONING, args)
        if n < 4:
            link.broken(n)
        checked(unpack_from("<h", link.answer)[0])

    def _byte(self, opcode: int, number: int):
        link = self.link
        pack_into("<I", link.args, 0, number & 0xFF)
        link.call(opcode, link.args4)


def _joined(head: bytes, *strings) -> bytes:
    """Arguments with their strings behind, padded to a multiple of 4 with zeros."""
    args = head + b"".join(strings)
    return args + b"\0\0\0"[: -len(args) % 4]
