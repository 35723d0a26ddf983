"""What the WLAN tests share: names, a world of every security type, short commands."""

CONNECTED, DISCONNECTED = "WLAN_EV_CONNECTED", "WLAN_EV_DISCONNECTED"
ACQUIRED = "NETAPP_EV_IPV4_ACQUIRED"
OPEN, WEP, WPA2, WPS_PBC, WPS_PIN, ENT, WEP_SHARED, PLUS, WPA3, PMK = (
    *range(6),
    10,
    11,
    12,
    15,
)
MANY = """
access_points:
  - {ssid: wep, bssid: "02:00:00:00:00:01", security: wep, key: abcde}
  - {ssid: mix, bssid: "02:00:00:00:00:02", security: wpa_wpa2, key: mixed-secret}
  - {ssid: sae, bssid: "02:00:00:00:00:03", security: wpa3, key: third-secret}
  - {ssid: plus, bssid: "02:00:00:00:00:04", security: wpa2_plus, key: plus-secret}
  - {ssid: corp, bssid: "02:00:00:00:00:05", security: wpa_ent, users: {alice: wonderland}}
  - {ssid: button, bssid: "02:00:00:00:00:06", security: wpa2, key: pushed-it, wps: pbc}
  - {ssid: digits, bssid: "02:00:00:00:00:07", security: wpa2, key: typed-it, wps: "12345670"}
  - {ssid: must, bssid: "02:00:00:00:00:08", security: wpa2, key: must-protect, pmf: required}
  - {ssid: ghost, bssid: "02:00:00:00:00:09", security: open, hidden: true}
"""


def profile(host, ssid, key=b"", kind=WPA2, priority=0, bssid=bytes(6)):
    return host.command(
        "WLAN_PROFILE_ADD",
        sec_type=kind,
        ssid=ssid,
        ssid_len=len(ssid),
        password=key,
        password_len=len(key),
        priority=priority,
        bssid=bssid,
    ).status


def policy(host, kind, option, value=b""):
    return host.command(
        "WLAN_POLICY_SET", value, policy_type=kind, option=option, value_len=len(value)
    ).status


def enterprise(host, eap, user=b"alice", password=b"wonderland", name="WLAN_CONNECT_EAP"):
    return host.command(
        name,
        sec_type=ENT,
        ssid=b"corp",
        ssid_len=4,
        password=password,
        password_len=len(password),
        user=user,
        user_len=len(user),
        eap_bitmask=eap,
    ).status


def reason(host):
    return host.take(DISCONNECTED)[0].reason
