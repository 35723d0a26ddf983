"""Reading and changing worlds."""

import datetime

import pytest

from cc32at.world import World, WorldError


def test_default_world_loads():
    world = World.default()
    assert [ap.ssid for ap in world.access_points][:2] == [b"office", b"guests"]
    assert world.find("access_points", bytes.fromhex("021a11f00001")).security == "wpa2"


def test_everything_has_a_default():
    world = World.parse("")
    assert world.timing.boot_s == 0.02 and world.access_points == []
    assert world.device.time == datetime.datetime(2024, 1, 1)


def test_values_are_converted():
    world = World.parse(
        """
        device: {mac: "0a:0b:0c:0d:0e:0f", boot_ms: 5}
        access_points:
          - ssid: café
            bssid: "02:00:00:00:00:01"
            security: wpa2
            key: 12345678
            dhcp: {start: 10.0.0.5, end: 10.0.0.9}
            failures: [{when: auth, count: -1}]
          - {ssid_hex: "00ff", bssid: "02:00:00:00:00:02", dhcp: none, ipv6: {prefix: "fd00::"}}
        http_requests: [{uri: /x, headers: {HTTP_CONTENT_TYPE: text/plain}, body: {hex: "00"}}]
        hosts: {Example.COM: 127.0.0.1, two: [127.0.0.1, "::1"]}
        """
    )
    first, second = world.access_points
    assert first.ssid == "café".encode() and first.key == b"12345678"
    assert first.dhcp.start == 0x0A000005 and first.failures[0].count == -1
    assert second.ssid == b"\0\xff" and second.dhcp is None
    assert second.ipv6["prefix"][:2] == b"\xfd\0"
    assert world.device.mac == bytes(range(10, 16))
    assert world.http_requests[0].body == b"\0"
    assert world.hosts == {"example.com": ["127.0.0.1"], "two": ["127.0.0.1", "::1"]}


AP = 'access_points: [{ssid: a, bssid: "02:00:00:00:00:01", '


@pytest.mark.parametrize(
    "text, error",
    [
        ("nonsense: 1", "lab: nonsense: unknown name"),
        ("device: []", "lab: device: a mapping is expected"),
        ("device: {mac: 12}", "device.mac: 12 is not hexadecimal in quotes"),
        ("device: {mac: '12'}", "device.mac: '12' is not 6 bytes"),
        ("device: {role: KING}", "device.role: 'KING' is not one of STA, AP, P2P, TAG"),
        ("device: {fw_version: [1, 2]}", "device.fw_version: four numbers"),
        ("device: {time: noon}", "device.time: 'noon' is not a time"),
        ("access_points: {}", "access_points: a list is expected"),
        ("access_points: [{ssid: a}]", r"access_points\[0\]: bssid is missing"),
        (AP + "channel: 99}]", r"access_points\[0\].channel: 99 is not a channel \(1..13\)"),
        (AP + "rssi: 5}]", "rssi: 5 is not a level"),
        (AP + "rssi: true}]", "rssi: True is not a level"),
        (AP + "security: wpa2}]", "needs a key"),
        (AP + "security: wep, key: abcd}]", "key: a WEP key has 5 or 13 characters"),
        (AP + "security: wep, key: 0123456789abc}, 3]", r"\[1\]: a mapping is expected"),
        (AP + "security: wep, key: ghijklmnop}]", "key: a WEP key has"),
        (AP + "ssid_hex: '00'}]", "exactly one of ssid, ssid_hex"),
        (AP + "hidden: 3}]", "hidden: 3 is neither true nor false"),
        (AP + "dhcp: {start: x}}]", "dhcp.start: 'x' is not an IPv4 address"),
        (AP + "dhcp: {start: 10.0.0.9, end: 10.0.0.1}}]", "dhcp: start is above end"),
        (AP + "failures: [{when: never}]}]", r"failures\[0\].when"),
        (AP + "colour: red}]", "colour: unknown name"),
        (AP + '}, {ssid: b, bssid: "02:00:00:00:00:01"}]', r"\[1\]: bssid is used twice"),
        (f"access_points: [{{ssid: {'x' * 33}, bssid: 1}}]", "ssid: longer than 32 bytes"),
        ("files: [{name: a}]", r"files\[0\]: exactly one of text, hex, base64, path"),
        ("files: [{name: a, text: b, hex: 00}]", "exactly one of"),
        ("files: [{name: a, hex: zz}]", "hex: not valid hex"),
        ("files: [{name: a, base64: '*'}]", "base64: not valid base64"),
        ("files: [{name: a, path: missing.bin}]", "missing.bin: No such file"),
        ("files: [{name: a, text: b, flags: [shiny]}]", r"flags\[0\]: 'shiny'"),
        ("files: [3]", r"files\[0\]: a mapping is expected"),
        ("trusted_roots: [missing.pem]", r"trusted_roots\[0\]: missing.pem"),
        ("faults: [{do: explode}]", r"faults\[0\]: unknown kind"),
        ("faults: [3]", r"faults\[0\]: a mapping is expected"),
        ("hosts: {a: 3}", "hosts.a"),
        ("a: [", "lab: "),
        ("[]", "a mapping is expected"),
    ],
)
def test_errors_tell_the_place(text, error):
    with pytest.raises(WorldError, match=error):
        World.parse(text, "lab")


def test_change_is_checked_as_in_the_file():
    world = World.default()
    key = world.access_points[0].bssid
    with pytest.raises(WorldError, match="access_points.channel: 99"):
        world.change("access_points", key, channel=99)
    with pytest.raises(WorldError, match="colour"):
        world.change("access_points", key, colour="red")
    with pytest.raises(WorldError, match="access_points.key: a WEP key has"):
        world.change("access_points", key, security="wep", key="four")
    with pytest.raises(KeyError):
        world.change("access_points", bytes(6), channel=1)
    with pytest.raises(WorldError, match="used twice"):
        world.add("access_points", ssid="again", bssid=key.hex(":"))
    assert world.change("access_points", key, key="another-key", dhcp=None).key == b"another-key"
    assert world.access_points[0].dhcp is None
