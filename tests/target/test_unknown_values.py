"""Values without a name keep their place: unknown bits and keywords (TESTS 9; V5, V6, L5)."""

import pytest

from cc32at.client.values import split_fields

pytestmark = pytest.mark.world
HEADER = 16  # bytes of a frame before its arguments
LONGEST = 88  # bytes of arguments that hold a value with a name

# What is asked, and the opcode that answers.
ASKED = {
    "AT+Get=Status,WLAN": "DEVICE_GET",
    "AT+Get=Status,NETAPP": "DEVICE_GET",
    "AT+GetSockOpt=0,SOCKET,SECMETHOD": "SOCKET_GETSOCKOPT",
    "AT+GetSockOpt=0,SOCKET,SECURE_MASK": "SOCKET_GETSOCKOPT",
    "AT+GetSockOpt=0,SOCKET,SECURE_ALPN": "SOCKET_GETSOCKOPT",
    "AT+GetSockOpt=0,PHY,PHY_TX_INHIBIT_THRESHOLD": "SOCKET_GETSOCKOPT",
    "AT+WlanProfileGet=0": "WLAN_PROFILE_GET",
    "AT+WlanPolicyGet=CONNECTION": "WLAN_POLICY_GET",
    "AT+WlanPolicyGet=SCAN": "WLAN_POLICY_GET",
    "AT+WlanPolicyGet=PM": "WLAN_POLICY_GET",
    "AT+WlanPolicyGet=P2P": "WLAN_POLICY_GET",
    "AT+WlanScan=0,1": "WLAN_SCAN_RESULTS_GET",
    "AT+WlanGet=AP,SECURITY": "WLAN_CFG_GET",
    "AT+WlanGet=Connection": "WLAN_CFG_GET",
    "AT+NetCfgGet=IF": "NETCFG_GET",
    "AT+NetCfgGet=IPV4_STA_ADDR": "NETCFG_GET",
    "AT+NetCfgGet=IPV4_DHCP_CLIENT": "NETCFG_GET",
}


@pytest.fixture
def joined(talk):
    """Connected, with a TLS socket and a profile: every field has its value."""
    talk.join()
    talk.ok("AT+WlanPolicySet=SCAN,Hidden_SSID,60")
    talk("AT+WlanProfileAdd=staff,,WPA_ENT,pw,user,anon,PEAP0_MSCHAPv2,1")
    assert talk.socket("INET,STREAM,SEC") == 0
    return talk


@pytest.mark.parametrize("line", ASKED)
def test_the_number_of_fields_stays_whatever_a_byte_says(joined, world, line):
    talk = joined
    *before, ok = talk(line)
    assert ok == "OK"
    fields = len(split_fields(before[0]))
    seen = set()
    for at in range(HEADER, HEADER + LONGEST):
        world.model.faults.clear()
        world.fault(do="flip", to=ASKED[line], byte=at, mask=0xFF)
        *lines, last = talk(line, timeout=30)
        if last == "OK" and lines:
            assert (at, len(split_fields(lines[0]))) == (at, fields), lines
            seen.add(lines[0])
        else:
            assert last == "OK" or last.startswith("ERROR:process command"), last
        if lines == before and at > HEADER + 8:
            break  # behind the frame's end
    assert len(seen) > 1, "no byte told anything"
