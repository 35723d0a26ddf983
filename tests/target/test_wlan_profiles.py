"""Profiles, policies and the connections they bring about (guide tables 29-33)."""

import pytest

pytestmark = [pytest.mark.world, pytest.mark.any_pace]
OFFICE, GUESTS = "0x2:0x1a:0x11:0xf0:0x0:0x1", "0x2:0x1a:0x11:0xf0:0x0:0x2"


def add(talk, text: str) -> str:
    return talk.value(f"AT+WlanProfileAdd={text}")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("HomeNet,,WPA_WPA2,longenough,,,,7", "HomeNet,,WPA_WPA2,,,,7"),
        ("HomeNet,,OPEN,,,,,0", "HomeNet,,OPEN,,,,0"),
        (
            '"Home Net",0xaa:0xbb:0xcc:0x1:0x2:0x3,WEP,abcde,,,,15',
            "Home Net,0xaa:0xbb:0xcc:0x1:0x2:0x3,WEP,,,,15",
        ),
        ("x,AA:bb:cc:01:02:03,WPA3,longenough,,,,1", "x,0xaa:0xbb:0xcc:0x1:0x2:0x3,WPA3,,,,1"),
        ("x,,WPA2_PLUS,longenough,,,,1", "x,,WPA2_PLUS,,,,1"),
        ("x,,WEP_SHARED,abcde,,,,1", "x,,WEP_SHARED,,,,1"),
        ("x,,WPS_PBC,,,,,1", "x,,WPS_PBC,,,,1"),
        ("x,,WPS_PIN,12345670,,,,1", "x,,WPS_PIN,,,,1"),
        (
            "x,,WPA_ENT,pass,alice,nobody,PEAP0_MSCHAPv2,3",
            "x,,WPA_ENT,alice,nobody,PEAP0_MSCHAPv2,3",
        ),
        ("x,,WPA_ENT,pass,alice,,TTLS_MSCHAPv2,3", "x,,WPA_ENT,alice,,TTLS_MSCHAPv2,3"),
        ("x,,WPA_ENT,,alice,,tls,3", "x,,WPA_ENT,alice,,TLS,3"),
        ("x,,OPEN,,alice,nobody,TLS,3", "x,,OPEN,,,,3"),
    ],
)
def test_a_profile_reads_as_it_was_added_but_for_its_key(talk, given, told):
    assert add(talk, given) == "0"
    assert talk.value("AT+WlanProfileGet=0") == told


def test_seven_profiles_have_room_and_the_eighth_is_refused(talk):
    for i in range(7):
        assert add(talk, f"net{i},,WPA_WPA2,longenough,,,,{i}") == str(i)
    assert talk.error("AT+WlanProfileAdd=net7,,WPA_WPA2,longenough,,,,7") == (
        "process command, -2076"
    )
    talk.ok("AT+WlanProfileDel=3")
    assert talk.error("AT+WlanProfileGet=3") == "process command, -2074"
    assert add(talk, "again,,WPA_WPA2,longenough,,,,9") == "3"
    talk.ok("AT+WlanProfileDel=0xFF")
    for i in range(7):
        assert talk.error(f"AT+WlanProfileGet={i}") == "process command, -2074"


def test_profiles_are_kept_over_a_restart_and_a_power_cut(talk, board):
    add(talk, "kept,,WPA_WPA2,longenough,,,,5")
    talk.restart()
    assert talk.value("AT+WlanProfileGet=0") == "kept,,WPA_WPA2,,,,5"
    board.power_cycle(talk.at)
    assert talk.value("AT+WlanProfileGet=0") == "kept,,WPA_WPA2,,,,5"


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("AT+WlanProfileAdd=x,,OPEN,,,,,300", "parse parameters, -4"),
        ("AT+WlanProfileAdd=x,,OPEN,,,,,16", "parse parameters, -4"),
        ("AT+WlanProfileAdd=x,,OPEN,,,,,-1", "parse parameters, -4"),
        ("AT+WlanProfileAdd=x,,OPEN,,,,,", "parse parameters, -1"),
        ("AT+WlanProfileAdd=,,OPEN,,,,,1", "parse parameters, -1"),
        ("AT+WlanProfileAdd=x,,OPEN,,,,1", "number of parameters, 0"),
        ("AT+WlanProfileGet=", "number of parameters, 0"),
        ("AT+WlanProfileGet=x", "parse parameters, -4"),
        ("AT+WlanProfileGet=256", "parse parameters, -4"),
        ("AT+WlanProfileGet=7", "process command, -2074"),
        ("AT+WlanProfileDel=x", "parse parameters, -4"),
        ("AT+WlanPolicySet=PM,Normal", "number of parameters, 0"),
        ("AT+WlanPolicySet=XYZ,Normal,", "parse parameters, -4"),
        ("AT+WlanPolicySet=PM,Auto,", "parse parameters, -4"),
        ("AT+WlanPolicySet=PM,,", "parse parameters, -1"),
        ("AT+WlanPolicySet=PM,Long_Sleep,x", "parse parameters, -4"),
        ("AT+WlanPolicySet=PM,Long_Sleep,65536", "parse parameters, -4"),
        ("AT+WlanPolicySet=SCAN,Hidden_SSID,", "parse parameters, -1"),
        ("AT+WlanPolicySet=SCAN,Normal,5", "parse parameters, -4"),
        ("AT+WlanPolicySet=CONNECTION,Auto|Normal,", "parse parameters, -4"),
        ("AT+WlanPolicySet=CONNECTION,Auto|,", "parse parameters, -1"),
        ("AT+WlanPolicySet=CONNECTION,1,", "parse parameters, -4"),
        ("AT+WlanPolicySet=P2P,CLIENT,", "parse parameters, -1"),
        ("AT+WlanPolicySet=P2P,CLIENT,Normal", "parse parameters, -4"),
        ("AT+WlanPolicyGet=XYZ", "parse parameters, -4"),
        ("AT+WlanPolicyGet=PM,", "number of parameters, 0"),
    ],
)
def test_what_cannot_be_understood_is_refused(talk, line, error):
    assert talk.error(line) == error


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("CONNECTION,Auto,", "Auto,"),
        ("CONNECTION,Auto|Fast,", "Auto|Fast,"),
        ("CONNECTION,[fast|AUTO],", "Auto|Fast,"),
        ("CONNECTION,Auto_Provisioning|P2P|Fast|Auto,ignored", "Auto|Fast|P2P|Auto_Provisioning,"),
        ("CONNECTION,,", ","),
        ("SCAN,Hidden_SSID,600", "Hidden_SSID,600"),
        ("SCAN,No_Hidden_SSID,0x3C", "No_Hidden_SSID,60"),
        ("SCAN,Disable_Scan,", "Disable_Scan,"),
        ("SCAN,Disable_Scan,77", "Disable_Scan,"),
        ("PM,Normal,", "Normal,"),
        ("PM,Low_Latency,", "Low_Latency,"),
        ("PM,low_power,5", "Low_Power,"),
        ("PM,Always_On,", "Always_On,"),
        ("PM,Long_Sleep,500", "Long_Sleep,500"),
        ("P2P,CLIENT,PASSIVE", "CLIENT,PASSIVE"),
        ("P2P,GROUP_OWNER,ACTIVE", "GROUP_OWNER,ACTIVE"),
        ("P2P,NEGOTIATE,RAND_BACKOFF", "NEGOTIATE,RAND_BACKOFF"),
    ],
)
def test_a_policy_reads_as_it_was_set_also_after_a_restart(talk, given, told):
    ask = "AT+WlanPolicyGet=" + given.split(",")[0]
    talk.ok(f"AT+WlanPolicySet={given}")
    assert talk.value(ask) == told
    talk.restart()
    assert talk.value(ask) == told


def test_a_scan_policy_scans_by_itself(talk, world):
    talk.ok("AT+WlanPolicySet=SCAN,No_Hidden_SSID,10")
    talk.sleep(1)
    world.control.call("ap_off", ssid="office")
    talk.sleep(11)
    lines = talk("AT+WlanScan=0,30")
    assert not any("office" in line for line in lines) and lines[-1] == "OK"


def test_auto_connects_to_the_profile_with_the_highest_priority(talk):
    talk.ok("AT+WlanPolicySet=CONNECTION,,")
    add(talk, "guests,,OPEN,,,,,2")
    add(talk, "office,,WPA_WPA2,correct-horse,,,,9")
    add(talk, "nowhere,,WPA_WPA2,longenough,,,,15")
    talk.sleep(5)
    assert not talk.events, "without the policy nothing connects by itself"
    talk.ok("AT+WlanPolicySet=CONNECTION,Auto,")
    assert talk.event() == f"+EventWlan: CONNECT,office,{OFFICE}"


@pytest.mark.parametrize("policy", ["Auto", "Auto|Fast"])
def test_after_a_restart_and_after_power_on_the_profile_connects_by_itself(talk, board, policy):
    talk.ok(f"AT+WlanPolicySet=CONNECTION,{policy},")
    add(talk, "office,,WPA_WPA2,correct-horse,,,,1")
    assert talk.event() == f"+EventWlan: CONNECT,office,{OFFICE}"
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    talk.restart()
    assert talk.event("+EventWlan: CONNECT") == f"+EventWlan: CONNECT,office,{OFFICE}"
    board.power_cycle(talk.at, wait=False)
    assert talk.event("+EventWlan: CONNECT") == f"+EventWlan: CONNECT,office,{OFFICE}"


def test_without_auto_nothing_connects_after_a_restart(talk):
    talk.ok("AT+WlanPolicySet=CONNECTION,,")
    add(talk, "office,,WPA_WPA2,correct-horse,,,,1")
    talk.restart()
    talk.sleep(10)
    assert not talk.events


def test_a_lost_network_that_is_back_is_connected_to_again(talk, world):
    add(talk, "office,,WPA_WPA2,correct-horse,,,,1")
    talk.ok("AT+WlanPolicySet=CONNECTION,Auto,")
    talk.event("+EventWlan: CONNECT,office")
    talk.event("+EventNetApp: IPV4_ACQUIRED")
    world.control.call("ap_off", ssid="office")
    assert talk.event("+EventWlan: DISCONNECT").endswith(",109")
    talk.sleep(10)
    world.control.call("ap_on", ssid="office")
    patience = 10 + 2 * world.times.rescan_s
    assert talk.event(timeout=patience) == f"+EventWlan: CONNECT,office,{OFFICE}"
    assert talk.event().startswith("+EventNetApp: IPV4_ACQUIRED,10.1.0.100")


def test_the_next_profile_steps_in_when_a_network_goes(talk, world):
    add(talk, "office,,WPA_WPA2,correct-horse,,,,9")
    add(talk, "guests,,OPEN,,,,,1")
    talk.event("+EventWlan: CONNECT,office")
    world.control.call("ap_off", ssid="office")
    talk.event("+EventWlan: DISCONNECT,office")
    patience = 10 + 2 * world.times.rescan_s
    event = talk.event("+EventWlan: CONNECT", timeout=patience)
    assert event == f"+EventWlan: CONNECT,guests,{GUESTS}"


def test_a_suspended_profile_is_not_used(talk):
    talk.ok("AT+WlanPolicySet=CONNECTION,,")
    add(talk, "office,,WPA_WPA2,correct-horse,,,,9")
    add(talk, "guests,,OPEN,,,,,1")
    talk.ok("AT+WlanSet=GENERAL,SUSPEND_PROFILES,1", "AT+WlanPolicySet=CONNECTION,Auto,")
    assert talk.event() == f"+EventWlan: CONNECT,guests,{GUESTS}"
