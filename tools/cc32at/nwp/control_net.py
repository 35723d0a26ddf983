"""Control operations on the radio world, the addresses, the applications and the sockets.

| op | arguments | result |
| --- | --- | --- |
| ap_off | ssid | an access point goes silent; kept for ap_on |
| ap_on | ssid | it is back as it was |
| ap_key | ssid, key, security [as it is] | its key changes; connected stations are thrown out |
| ap_rssi | ssid, rssi | it is heard at another level (dBm) |
| ap_fails | ssid, when, reason [0], count [1], after_s [0] | its next failures (world: failures) |
| deauth | reason [2] | the access point ends our connection |
| dhcp_off / dhcp_on | ssid | its DHCP server stops answering / answers again |
| lose_lease | | our IPv4 address is lost (IPV4_LOST), DHCP begins anew |
| lose_ipv6 | | our global or local IPv6 address is lost |
| ip_collision | mac [02:bd:00:00:00:01] | another device uses our address |
| station_join / station_leave | mac | a station of the world joins our network / leaves; bool |
| p2p_found / p2p_request | mac | a peer is found / asks for a negotiation; bool |
| p2p_leave | reason [3] | the peer ends the group |
| http_request | uri, method [GET], body, query, headers | its handle, 0: nobody serves |
| http_answer | handle | {status, metadata, payload, complete}, bytes as hex; null: none yet |
| http_get_token / http_post_token | name / action, name, value | whether the event was sent |
| http_tokens | | values the host gave, as hex |
| mdns_appear / mdns_vanish | name and fields of mdns_services / name | |
| rx_filter_hit | ids | filters that a frame matched; whether an event was sent |
| phone_deliver | ssid, key [""], priority [1] | the phone hands a network over; bool |
| phone_synced | | SmartConfig has caught the phone's transmission |
| air_frame | sd, hex, rate, channel, rssi | a frame for a transceiver socket |
| air_sent | sd | [parameters, frame as hex] of the last frames sent |
| sockets | | descriptor, kind, state, host port, what waits, of every open socket |
| station | | state of the station, network, addresses |
"""

from __future__ import annotations

from .sock_air import AirSocket


class NetControl:
    """Mixed into Control (control.py); uses its `np`."""

    def _ap(self, ssid: str):
        name = ssid.encode() if isinstance(ssid, str) else ssid
        for ap in self.np.world.access_points:
            if ap.ssid == name:
                return ap
        raise ValueError(f"no access point {ssid!r}")

    # Access points

    def op_ap_off(self, ssid: str) -> None:
        ap = self._ap(ssid)
        self.np.groups["wlan"].away[ap.ssid] = ap
        self.np.world.remove("access_points", ap.bssid)

    def op_ap_on(self, ssid: str) -> None:
        ap = self.np.groups["wlan"].away.pop(ssid.encode(), None)
        if ap is None:
            raise ValueError(f"{ssid!r} is not away")
        self.np.world.put_back("access_points", ap)

    def op_ap_key(self, ssid: str, key: str, security: str | None = None) -> None:
        fields = {"key": key} | ({"security": security} if security else {})
        self.np.world.change("access_points", self._ap(ssid).bssid, **fields)

    def op_ap_rssi(self, ssid: str, rssi: int) -> None:
        self.np.world.change("access_points", self._ap(ssid).bssid, rssi=rssi)

    def op_ap_fails(self, ssid: str, **failure) -> None:
        self.np.world.change("access_points", self._ap(ssid).bssid, failures=[failure])

    def op_deauth(self, reason: int = 2) -> None:
        self.np.groups["wlan"].lost(reason)

    # Addresses

    def op_dhcp_off(self, ssid: str) -> None:
        ap = self._ap(ssid)
        self.np.groups["wlan"].servers_off[ap.bssid] = ap.dhcp
        ap.dhcp = None

    def op_dhcp_on(self, ssid: str) -> None:
        ap = self._ap(ssid)
        ap.dhcp = self.np.groups["wlan"].servers_off.pop(ap.bssid, ap.dhcp)

    def op_lose_lease(self) -> bool:
        return self.np.groups["netcfg"].lose_lease()

    def op_lose_ipv6(self) -> bool:
        return self.np.groups["netcfg"].lose_ipv6()

    def op_ip_collision(self, mac: str = "02:bd:00:00:00:01") -> bool:
        return self.np.groups["netcfg"].collide(mac)

    # Stations and peers

    def op_station_join(self, mac: str) -> bool:
        return self.np.groups["wlan_ap"].join(mac)

    def op_station_leave(self, mac: str) -> bool:
        return self.np.groups["wlan_ap"].leave(mac)

    def op_p2p_found(self, mac: str) -> bool:
        return self.np.groups["wlan_p2p"].appear(mac)

    def op_p2p_request(self, mac: str) -> bool:
        return self.np.groups["wlan_p2p"].request(mac)

    def op_p2p_leave(self, reason: int = 3) -> None:
        self.np.groups["wlan_p2p"].disconnect(reason)

    # Applications

    def op_http_request(self, uri, method="GET", body="", query="", headers=None) -> int:
        return self.np.groups["netapp_http"].request(uri, method, body, query, headers)

    def op_http_answer(self, handle: int) -> dict | None:
        answer = self.np.groups["netapp_http"].answer(handle)
        if answer is None:
            return None
        metadata = {str(kind): value.hex() for kind, value in answer["metadata"].items()}
        return {**answer, "metadata": metadata, "payload": answer["payload"].hex()}

    def op_http_get_token(self, name: str) -> bool:
        return self.np.groups["netapp_http"].get_token(name)

    def op_http_post_token(self, action: str, name: str, value: str) -> bool:
        return self.np.groups["netapp_http"].post_token(action, name, value)

    def op_http_tokens(self) -> dict:
        values = self.np.groups["netapp_http"].token_values()
        return {name: value.hex() for name, value in values.items()}

    def op_mdns_appear(self, name: str, **fields) -> None:
        self.np.world.add("mdns_services", name=name, **fields)

    def op_mdns_vanish(self, name: str) -> None:
        self.np.world.remove("mdns_services", name.encode())

    def op_rx_filter_hit(self, ids: list) -> bool:
        return self.np.groups["wlan_filters"].hit(ids)

    def op_phone_deliver(self, ssid: str, key: str = "", priority: int = 1) -> bool:
        return self.np.groups["wlan_prov"].deliver(ssid, key, priority)

    def op_phone_synced(self) -> None:
        self.np.groups["wlan_prov"].synced()

    # Sockets

    def _air(self, sd: int) -> AirSocket:
        sock = self.np.groups["sockets"].slots[sd & 15]
        if not isinstance(sock, AirSocket):
            raise ValueError(f"{sd} is not a transceiver socket")
        return sock

    def op_air_frame(self, sd: int, hex: str, rate=0, channel=None, rssi=-50) -> None:
        self._air(sd).inject(bytes.fromhex(hex), rate, channel, rssi)

    def op_air_sent(self, sd: int) -> list:
        return [[parameters, frame.hex()] for parameters, frame in self._air(sd).sent]

    def op_sockets(self) -> list:
        return [
            {
                "sd": sock.sd,
                "domain": sock.domain,
                "type": sock.kind,
                "protocol": sock.protocol,
                "secure": sock.secure,
                "state": sock.state,
                "host_port": sock.local_port(),
                "receiving": sock.receive is not None,
                "accepting": sock.accepting is not None,
                "closing": sock.closing,
            }
            for sock in self.np.groups["sockets"].open()
        ]

    def op_station(self) -> dict:
        wlan = self.np.groups["wlan"]
        ssid = wlan.ap.ssid.decode(errors="replace") if wlan.ap else None
        return {"state": wlan.state, "ssid": ssid, **self.np.groups["netcfg"].addresses()}
