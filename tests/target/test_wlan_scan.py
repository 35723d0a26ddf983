"""AT+WlanScan and names that mean harm (guide table 34; guide-style M1, V7; TESTS 6, 10)."""

import pytest

from cc32at.client.values import quote, split_fields

pytestmark = [pytest.mark.world, pytest.mark.any_pace]

OFFICE = "office,0x2:0x1a:0x11:0xf0:0x0:0x1,-42,6,WPA2,0,CCMP,PSK;"
STAFF = "staff,0x2:0x1a:0x11:0xf0:0x0:0x5,-48,3,WPA2,0,CCMP,802_1_X;"
GUESTS = "guests,0x2:0x1a:0x11:0xf0:0x0:0x2,-55,1,OPEN,0,None,None;"
HIDDEN = ",0x2:0x1a:0x11:0xf0:0x0:0x4,-61,6,WPA2,1,CCMP,PSK;"
NEIGHBOURS = "neighbours,0x2:0x1a:0x11:0xf0:0x0:0x3,-78,11,WPA_WPA2,0,TKIP_CCMP,PSK;"

HOSTILE = {
    "a reply": b"\r\nOK\r\n+EventWlan: CONNECT,x,y",
    "a late error": b'"\r\nERROR:process command +R',
    "a comma": b"a,b",
    "a semicolon": b"a;b",
    "quotes": b'a"b',
    "quoted": b'"a"',
    "a backslash": b"a\\b",
    "an escape": b"\\x41\\n",
    "a quote behind a backslash": b'a\\"b',
    "a bracket": b"[a]",
    "a bar": b"a|b",
    "a question": b"?",
    "blanks": b"  a  ",
    "inner blanks": b"a  b",
    "control bytes": bytes(range(1, 32)),
    "del and high": b"\x7f\x80\xff\xfe",
    "nul in the middle": b"a\x00b",
    "utf-8": "Caf\xe9 \u2603".encode(),
    "an equals": b"AT+Stop=0",
    "32 bytes": b"0123456789abcdefghijklmnopqrstu,",
}


def scan(talk, arguments: str = "0,30") -> list[str]:
    """The entries of a scan, without their name."""
    *lines, last = talk(f"AT+WlanScan={arguments}")
    assert last == "OK" and all(line.startswith("+WlanScan: ") for line in lines)
    return [line[11:] for line in lines]


def test_one_line_a_network_and_hidden_ones_are_left_out(talk):
    assert scan(talk) == [OFFICE, STAFF, GUESTS, NEIGHBOURS]


def test_with_hidden_ssids_the_nameless_network_has_an_empty_ssid(talk, world):
    talk.ok("AT+WlanPolicySet=SCAN,Hidden_SSID,60")
    talk.sleep(1 + world.times.scan_s)
    assert scan(talk) == [OFFICE, STAFF, GUESTS, HIDDEN, NEIGHBOURS]
    talk.ok("AT+WlanPolicySet=SCAN,No_Hidden_SSID,60")
    talk.sleep(1 + world.times.scan_s)
    assert scan(talk) == [OFFICE, STAFF, GUESTS, NEIGHBOURS]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("0,1", [OFFICE]),
        ("1,2", [STAFF, GUESTS]),
        ("3,30", [NEIGHBOURS]),
        ("4,1", []),
        ("29,1", []),
        ("0x1,0x1", [STAFF]),
    ],
)
def test_index_and_count_choose_entries(talk, arguments, expected):
    scan(talk)
    assert scan(talk, arguments) == expected


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("0,31", "parse parameters, -4"),  # guide-style O6
        ("30,1", "parse parameters, -4"),
        ("256,1", "parse parameters, -4"),
        ("0,x", "parse parameters, -4"),
        (",1", "parse parameters, -1"),
        ("0,", "parse parameters, -1"),
        ("0", "number of parameters, 0"),
    ],
)
def test_what_is_out_of_range_is_refused(talk, arguments, error):
    assert talk.error(f"AT+WlanScan={arguments}") == error


def test_all_thirty_entries_come_at_once_and_in_parts(talk, world):
    for i in range(33):
        world.control.call(
            "world_add",
            kind="access_points",
            ssid=f"net {i:02d}",
            bssid=f"02:77:00:00:00:{i:02x}",
            channel=1 + i % 11,
            rssi=-30 if i < 26 else -80 - i,
            security=("open", "wep", "wpa", "wpa3")[i % 4],
            key=("", "abcde" if i % 8 == 1 else "thirteenchars", "password", "password")[i % 4],
        )
    entries = scan(talk)
    assert len(entries) == 30
    assert sorted(entries) == sorted(scan(talk, "0,13") + scan(talk, "13,13") + scan(talk, "26,4"))
    kinds = {entry.split(",")[0]: entry.split(",", 4)[4] for entry in entries}
    assert kinds["net 00"] == "OPEN,0,None,None;"
    assert kinds["net 01"] == "WEP,0,WEP40,None;"  # a key of 5 characters
    assert kinds["net 05"] == "WEP,0,WEP104,None;"  # of 13
    assert kinds["net 02"] == "WPA,0,TKIP,PSK;"
    assert kinds["net 03"] == "WPA3,0,CCMP,PSK_SAE;"
    levels = [int(entry.split(",")[2]) for entry in entries]
    assert levels == sorted(levels, reverse=True)


def test_no_networks_are_only_ok(talk, world):
    world.model.world.access_points.clear()
    assert talk("AT+WlanScan=0,30") == ["OK"]


def test_a_scan_that_has_only_started_is_repeated_for_ten_seconds(talk, world):
    world.times.scan_s = 4.0
    start = talk.at.clock()
    assert len(scan(talk)) == 4
    assert 4 <= talk.at.clock() - start < 6
    world.times.scan_s = 60.0
    talk.sleep(25)
    start = talk.at.clock()
    assert talk.error("AT+WlanScan=0,30", timeout=15) == "process command, -2073"
    assert 9 < talk.at.clock() - start < 11.5


def test_a_scan_does_not_hold_back_what_is_late(talk, world):
    world.times.scan_s = 5.0
    talk.socket("INET,DGRAM,UDP")
    talk.ok("AT+Select=0,0,1,0")
    talk.send("AT+WlanScan=0,1")
    start = talk.at.clock()
    assert talk.late() == "+Select:"
    assert talk.at.clock() - start < 2
    assert talk.reply() == ["+WlanScan: " + OFFICE, "OK"]


def test_an_rssi_threshold_is_signed_and_hides_what_is_weaker(talk):
    assert talk.value("AT+WlanGet=GENERAL,SCAN_PARAMS") == "0x1fff,-95"
    talk.ok("AT+WlanSet=GENERAL,SCAN_PARAMS,0x1fff,-70")
    assert talk.value("AT+WlanGet=GENERAL,SCAN_PARAMS") == "0x1fff,-70"
    assert scan(talk) == [OFFICE, STAFF, GUESTS]
    talk.ok("AT+WlanSet=GENERAL,SCAN_PARAMS,0x20,-95")
    talk.sleep(30)  # results of the last sweep have become too old
    assert scan(talk) == [OFFICE]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_forges_no_line_and_makes_the_round_trip(talk, world, name):
    ssid = HOSTILE[name]
    world.model.world.access_points.clear()
    world.control.call(
        "world_add",
        kind="access_points",
        ssid_hex=ssid.hex(),
        bssid="02:66:00:00:00:01",
        rssi=-30,
        security="open",
    )
    bssid = "0x2:0x66:0x0:0x0:0x0:0x1"
    (entry,) = scan(talk)
    fields = split_fields(entry.removesuffix(";"))
    assert fields[0].encode("utf-8", "surrogateescape") == ssid
    assert fields[1:] == [bssid, "-30", "1", "OPEN", "0", "None", "None"]
    text = quote(ssid)
    talk.ok(f"AT+WlanConnect={text},,OPEN,,,,".encode("utf-8", "surrogateescape"))
    events = [talk.event("+EventWlan: CONNECT,"), talk.event("+EventNetApp: IPV4_ACQUIRED")]
    shown = split_fields(events[0][12:])
    assert shown == ["CONNECT", fields[0], bssid]
    station = split_fields(talk.value("AT+WlanGet=Connection,"))
    assert station == ["sta", "station_connected", "open", fields[0], bssid, ""]
    talk.ok("AT+WlanDisconnect")
    gone = split_fields(talk.event("+EventWlan: DISCONNECT,")[12:])
    assert gone == ["DISCONNECT", fields[0], bssid, "200"]
    line = f"AT+WlanProfileAdd={text},,WPA_WPA2,longenough,,,,0"
    talk.send(line.encode("utf-8", "surrogateescape"))
    assert talk.reply() == ["+WlanProfileAdd: 0", "OK"]
    profile = split_fields(talk.value("AT+WlanProfileGet=0"))
    assert profile == [fields[0], "", "WPA_WPA2", "", "", "", "0"]
